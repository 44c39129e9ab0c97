"""End a call that takes longer than it may, as far as Python lets one do that.

In the main thread of a process a signal of the clock raises an exception wherever the call is;
elsewhere another thread asks the interpreter to raise it. Both are raised between two
instructions of Python: native code is not interrupted, so they come when it returns. In a worker
process of loky, one that does not return is ended with its process.
"""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Protocol, TypeVar

from joblib.externals.loky.backend.process import LokyProcess

from causalrep.exceptions import TimeLimitError

__all__ = ["GRACE", "limited", "longest", "time_is_over"]

GRACE = 30.0  # seconds that native code has to return, before its process is ended
_AGAIN = 1.0
_TICK = 0.1
_IMPORTS = "<frozen importlib._bootstrap>"
_Answer = TypeVar("_Answer")


class _TimeIsUp(BaseException):
    """Raised within a call; no ``Exception``, for ``except Exception`` must not swallow it."""


class _Alarm(Protocol):
    rang: bool

    def start(self) -> None:
        """Begin to count the seconds."""

    def stop(self) -> None:
        """See to it that nothing is raised from now on; may be called again."""


def limited(
    call: Callable[[], _Answer], seconds: float | None, what: str, *, grace: float = GRACE
) -> _Answer:
    """Return what a call returns, or end it.

    Parameters
    ----------
    call : callable
        Without arguments.
    seconds : float or None
        How long it may take; None for any time.
    what : str
        How the message calls it.
    grace : float, default=30
        Seconds more after which the process is ended, in a worker process of loky.

    Returns
    -------
    object

    Raises
    ------
    TimeLimitError
        If it took longer, whatever came of it.
    """
    if seconds is None:
        return call()
    alarm, began, answers = _alarm(seconds), time.monotonic(), []
    with _process_ended_after(longest(seconds, grace)):
        try:
            try:
                alarm.start()
                answers.append(call())
            finally:
                _stop(alarm)
        except _TimeIsUp:
            _stop(alarm)  # it may have rung before the first stop had begun
            if not alarm.rang:
                raise  # the alarm of a call around this one
        except Exception as error:
            if alarm.rang:
                raise time_is_over(seconds, what) from error
            raise
    if alarm.rang or time.monotonic() - began > seconds:
        raise time_is_over(seconds, what)
    return answers[0]


def longest(seconds: float, grace: float = GRACE) -> float:
    """Return the seconds after which a process of loky is ended.

    Parameters
    ----------
    seconds : float
        How long a call may take.
    grace : float, default=30
        How long, at least, native code has to return.
    """
    return seconds + max(seconds, grace)


def time_is_over(seconds: float, what: str) -> TimeLimitError:
    """Return the error that says so.

    Parameters
    ----------
    seconds : float
        How long it might take.
    what : str
        What took longer.
    """
    return TimeLimitError(
        f"{what} took longer than the {seconds:g} s of max_fit_time. Raise it to try again."
    )


def _alarm(seconds: float) -> _Alarm:
    """Choose the signal where it can be had: it also ends waiting, and needs no thread."""
    in_main = threading.current_thread() is threading.main_thread()
    if in_main and hasattr(signal, "setitimer"):
        is_free = signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
        if is_free and signal.getsignal(signal.SIGALRM) is not None:
            return _SignalAlarm(seconds)
    return _ThreadAlarm(seconds)


def _stop(alarm: _Alarm) -> None:
    """Stop an alarm, also where it rings while it is being stopped."""
    while True:
        try:
            alarm.stop()
            return
        except _TimeIsUp:
            continue


class _SignalAlarm:
    """Raises in the main thread by SIGALRM, again and again while the call goes on."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.before = signal.getsignal(signal.SIGALRM)
        self.rang = self.over = False
        self.silent_until = 0.0

    def start(self) -> None:
        signal.signal(signal.SIGALRM, self.ring)
        signal.setitimer(signal.ITIMER_REAL, self.seconds, _TICK)

    def ring(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self.over or now < self.silent_until or _is_importing(frame):
            return
        self.rang, self.silent_until = True, now + _AGAIN
        raise _TimeIsUp

    def stop(self) -> None:
        self.over = True
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, self.before)


class _ThreadAlarm:
    """Asks the interpreter to raise in the thread that made it."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.rang = False
        self.identity = threading.get_ident()
        self.over = threading.Event()
        self.watch = threading.Thread(target=self.ring, daemon=True)

    def start(self) -> None:
        self.watch.start()

    def ring(self) -> None:
        wait = self.seconds
        while not self.over.wait(wait):
            wait = _TICK
            if not _is_importing(sys._current_frames().get(self.identity)):
                self.rang, wait = True, _AGAIN
                _raise_in(self.identity, _TimeIsUp)

    def stop(self) -> None:
        self.over.set()
        self.watch.join()
        _raise_in(self.identity, None)


def _raise_in(identity: int, kind: type[BaseException] | None) -> None:
    """Let an exception be raised in a thread; None takes back one that was not raised yet."""
    import ctypes

    wanted: Any = None if kind is None else ctypes.py_object(kind)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(identity), wanted)


def _is_importing(frame: FrameType | None) -> bool:
    """Whether a module is being imported, which many do not survive if it is cut off."""
    while frame is not None:
        if frame.f_code.co_filename == _IMPORTS:
            return True
        frame = frame.f_back
    return False


@contextmanager
def _process_ended_after(seconds: float) -> Iterator[None]:
    """End this process after that time, if it is a worker of loky and runs tasks one by one."""
    if not isinstance(multiprocessing.current_process(), LokyProcess):
        yield
        return
    with open(os.devnull, "w") as nowhere:
        faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()
