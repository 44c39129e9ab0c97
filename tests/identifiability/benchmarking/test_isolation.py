"""Around fits: warnings by thread, one thread for native libraries, everything taken back."""

import signal
import threading
import warnings

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from identifiability.benchmarking.isolation import (
    noted_interrupts,
    recorded_warnings,
    single_threaded,
)


def test_warnings_are_recorded_even_where_they_are_errors():
    with recorded_warnings() as kept:
        for _ in range(2):
            warnings.warn("hm", RuntimeWarning, stacklevel=1)
        np.log(np.zeros(1))
    assert kept[:2] == 2 * ["RuntimeWarning: hm"]
    assert len(kept) == 3
    with pytest.raises(RuntimeWarning, match="hm"):
        warnings.warn("hm", RuntimeWarning, stacklevel=1)


def test_each_thread_gets_its_own_warnings():
    barrier, kept = threading.Barrier(3), {}

    def work(name):
        with recorded_warnings() as mine:
            barrier.wait()
            for _ in range(20):
                warnings.warn(name, UserWarning, stacklevel=1)
            barrier.wait()
        kept[name] = mine

    shown_before, filters = warnings.showwarning, list(warnings.filters)
    threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kept == {name: 20 * [f"UserWarning: {name}"] for name in "abc"}
    assert warnings.showwarning is shown_before
    assert warnings.filters == filters


def test_native_libraries_have_one_thread_inside_and_as_many_as_before_outside():
    def threads():
        return [library["num_threads"] for library in threadpool_info()]

    before = threads()
    with single_threaded(), single_threaded():
        assert set(threads()) <= {1}
    assert threads() == before


@pytest.mark.usefixtures("interruptible")
def test_interrupts_are_noted_and_passed_on():
    before = signal.getsignal(signal.SIGINT)
    with noted_interrupts() as came:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        assert came == [signal.SIGINT]
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_leave_signals_alone():
    before, seen = signal.getsignal(signal.SIGINT), []

    def work():
        with noted_interrupts() as came:
            seen.append((signal.getsignal(signal.SIGINT), came))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(before, [])]
