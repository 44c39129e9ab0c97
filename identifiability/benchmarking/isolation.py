"""Around a fit: native libraries on one thread, warnings recorded, Ctrl-C noted.

These are settings of the whole process, and several threads may fit at once. So the first to
enter makes them and the last to leave takes them back.
"""

from __future__ import annotations

import signal
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

__all__ = ["noted_interrupts", "recorded_warnings", "single_threaded"]

_lock = threading.RLock()
_local = threading.local()


class _Shared:
    """A context that lasts while at least one thread is in it."""

    def __init__(self, enter: Any) -> None:
        self.enter = enter
        self.n_inside = 0
        self.stack = ExitStack()
        self.found: Any = None

    @contextmanager
    def entered(self) -> Iterator[None]:
        with _lock:
            if self.n_inside == 0:
                self.enter(self.stack)
            self.n_inside += 1
        try:
            yield
        finally:
            with _lock:
                self.n_inside -= 1
                if self.n_inside == 0:
                    self.stack.close()


def _record_by_thread(stack: ExitStack) -> None:
    stack.enter_context(warnings.catch_warnings())
    shown_before = warnings.showwarning

    def keep(message: Any, category: Any, *where: Any, **more: Any) -> None:
        kept = getattr(_local, "kept", None)
        if kept is None:
            shown_before(message, category, *where, **more)
        else:
            kept.append(f"{category.__name__}: {message}")

    warnings.showwarning = keep
    warnings.simplefilter("always")


def _limit_threads(stack: ExitStack) -> None:
    stack.enter_context(_controller().limit(limits=1))


def _controller() -> Any:
    """Return what knows the native libraries; it looks for them once while they are limited."""
    from threadpoolctl import ThreadpoolController

    if _limited.n_inside == 0 or _limited.found is None:
        _limited.found = ThreadpoolController()
    return _limited.found


_recording = _Shared(_record_by_thread)
_limited = _Shared(_limit_threads)


@contextmanager
def recorded_warnings() -> Iterator[list[str]]:
    """Give the list that the warnings of this thread go to, as ``"Category: text"``.

    Yields
    ------
    list of str
        Of every warning, however often it comes and whatever filters were set.
    """
    outer = getattr(_local, "kept", None)
    kept: list[str] = []
    with _recording.entered():
        _local.kept = kept
        try:
            yield kept
        finally:
            _local.kept = outer


@contextmanager
def noted_interrupts() -> Iterator[list[int]]:
    """Give a list that holds something as soon as Ctrl-C was pressed, whoever swallowed it.

    Yields
    ------
    list of int
        Numbers of the signals; always empty outside of the main thread, which alone gets them.
    """
    came: list[int] = []
    before = signal.getsignal(signal.SIGINT)
    if not callable(before) or threading.current_thread() is not threading.main_thread():
        yield came
        return

    def note(number: int, frame: Any) -> None:
        came.append(number)
        before(number, frame)

    signal.signal(signal.SIGINT, note)
    try:
        yield came
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def single_threaded() -> Iterator[None]:
    """Let native libraries use one thread, so that sums do not depend on the number of cores."""
    with _limited.entered(), _controller().limit(limits=1, user_api="openmp"):
        yield
