"""Calls that take too long are ended, wherever they run, and others are not touched."""

import os
import signal
import threading
import time
from functools import partial

import pytest
from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.process_executor import BrokenProcessPool

from causalrep.exceptions import TimeLimitError
from identifiability.benchmarking.limits import limited

SOON = 0.1


def busy(seconds=20.0):
    """Be busy in Python."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.001)


def swallowing():
    """Swallow every Exception on the way."""
    for _ in range(10_000):
        try:
            busy()
        except Exception:  # noqa: BLE001  as estimators do
            continue


def partial_result():
    """Return what there is so far, however it ended."""
    try:
        busy()
    except BaseException:  # noqa: BLE001  as estimators do that return the best so far
        return "so far"


def deaf():
    """Hold the interpreter lock in native code, and return to it only late."""
    return sum(range(10**11))


def in_thread(call):
    """Return what a call returns or raises in another thread."""
    came = []

    def run():
        try:
            came.append(call())
        except TimeLimitError as error:
            came.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return came[0]


def test_without_a_limit_nothing_is_done():
    assert limited(lambda: 3, None, "It") == 3


@pytest.mark.usefixtures("alarm")
def test_waiting_in_the_main_thread_is_cut_off():
    with pytest.raises(TimeLimitError, match=r"took longer than the 0\.1 s of max_fit_time"):
        limited(partial(time.sleep, 60), SOON, "The fit")


@pytest.mark.usefixtures("alarm")
@pytest.mark.parametrize("call", [busy, swallowing, partial_result])
def test_no_except_and_no_partial_result_saves_a_fit_in_the_main_thread(call):
    with pytest.raises(TimeLimitError):
        limited(call, SOON, "It")


@pytest.mark.parametrize("call", [busy, swallowing, partial_result])
def test_no_except_and_no_partial_result_saves_a_fit_in_a_thread(call):
    came = in_thread(partial(limited, call, SOON, "It"))
    assert isinstance(came, TimeLimitError)


@pytest.mark.usefixtures("alarm")
def test_calls_in_time_return_and_raise_as_ever():
    assert limited(lambda: "done", 20.0, "It") == "done"
    assert in_thread(partial(limited, lambda: "done", 20.0, "It")) == "done"
    with pytest.raises(ZeroDivisionError):
        limited(lambda: 1 / 0, 20.0, "It")


def test_a_timer_of_somebody_else_stays_as_it_is():
    before = signal.setitimer(signal.ITIMER_REAL, 300.0)
    handler = signal.getsignal(signal.SIGALRM)
    try:
        with pytest.raises(TimeLimitError):
            limited(busy, SOON, "It")
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 200
        assert signal.getsignal(signal.SIGALRM) is handler
    finally:
        signal.setitimer(signal.ITIMER_REAL, *before)


@pytest.mark.usefixtures("alarm")
@pytest.mark.parametrize("where", [lambda call: call(), in_thread])
def test_limits_that_end_with_the_call_are_never_raised_outside_of_it(where):
    for _ in range(60):
        try:
            where(partial(limited, partial(time.sleep, 0.002), 0.002, "It"))
        except TimeLimitError:
            continue
    time.sleep(0.02)  # nothing is left that could be raised here


def wrapping():
    """Raise something else instead of what ended it."""
    try:
        busy()
    except BaseException as error:
        raise ValueError("It did not work.") from error


@pytest.mark.usefixtures("alarm")
def test_errors_of_its_own_do_not_hide_that_a_call_took_too_long():
    with pytest.raises(TimeLimitError):
        limited(wrapping, SOON, "It")
    assert isinstance(in_thread(partial(limited, wrapping, SOON, "It")), TimeLimitError)


@pytest.mark.usefixtures("alarm")
def test_a_limit_within_another_leaves_it_to_ring():
    with pytest.raises(TimeLimitError, match=r"^Outer took longer than the 0\.1 s"):
        limited(partial(limited, busy, 20.0, "Inner"), SOON, "Outer")


@pytest.mark.usefixtures("alarm")
def test_an_import_is_not_cut_in_two(tmp_path, monkeypatch):
    name = f"slow_module_{os.getpid()}"
    (tmp_path / f"{name}.py").write_text("import time\ntime.sleep(0.3)\nwhole = True\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(TimeLimitError):
        limited(partial(__import__, name), SOON, "It")
    assert __import__(name).whole


@pytest.mark.slow
def test_native_code_that_does_not_return_is_ended_with_its_process():
    with ProcessPoolExecutor(max_workers=1) as executor:
        hanging = executor.submit(limited, deaf, SOON, "It", grace=SOON)
        with pytest.raises(BrokenProcessPool):
            hanging.result(timeout=60)
