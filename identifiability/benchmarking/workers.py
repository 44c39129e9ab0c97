"""Hand out draws of data to joblib's workers, also after one of them has died."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from itertools import chain, islice
from typing import Any

import joblib
from joblib import parallel as joblib_parallel
from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.process_executor import BrokenProcessPool

from identifiability.benchmarking.fingerprints import code_version
from identifiability.benchmarking.fitting import records_of
from identifiability.benchmarking.isolation import single_threaded
from identifiability.benchmarking.limits import longest, time_is_over
from identifiability.benchmarking.records import BenchmarkRecord
from identifiability.benchmarking.tasks import Batch, Undrawn

__all__ = ["Clock", "outcomes"]

_Outcome = BenchmarkRecord | Undrawn
_Returned = tuple[int, list[_Outcome]]
_LOCAL = (
    joblib_parallel.LokyBackend,
    joblib_parallel.MultiprocessingBackend,
    joblib_parallel.SequentialBackend,
    joblib_parallel.ThreadingBackend,
)


class Clock:
    """Whether time is over, and whether it was when somebody asked last.

    Parameters
    ----------
    max_time : float or None
        Seconds from now on.
    """

    def __init__(self, max_time: float | None) -> None:
        self.end = None if max_time is None else time.monotonic() + max_time
        self.stopped = False

    def has_passed(self) -> bool:
        """Whether time is over."""
        self.stopped = self.end is not None and time.monotonic() >= self.end
        return self.stopped


def outcomes(
    batches: tuple[Batch, ...], n_jobs: int | None, clock: Clock
) -> Generator[_Outcome, None, None]:
    """Run batches where joblib is told to, and give what comes back in the order in which it does.

    Parameters
    ----------
    batches : tuple of Batch
        What is fitted.
    n_jobs : int or None
        As for joblib.
    clock : Clock
        No batch is handed out after its time.

    Yields
    ------
    BenchmarkRecord or Undrawn
        Where there is one worker only, each before the next fit begins.
    """
    if not batches:
        return
    backend, _ = joblib_parallel.get_active_backend()
    is_local = type(backend) in _LOCAL  # ray's backend inherits from one of them
    if is_local and joblib.effective_n_jobs(n_jobs) == 1:
        with single_threaded():
            yield from _in_this_process(batches, clock)
        return
    if not is_local:
        code = code_version()
        batches = tuple(replace(batch, code=code) for batch in batches)
    yield from _on_workers(batches, n_jobs, clock)


def _in_this_process(batches: tuple[Batch, ...], clock: Clock) -> Iterator[_Outcome]:
    for batch in batches:
        if clock.has_passed():
            return
        yield from records_of(batch)


def _on_workers(
    batches: tuple[Batch, ...], n_jobs: int | None, clock: Clock
) -> Generator[_Outcome, None, None]:
    """Give what workers return; what was under way when one died is run anew, fit by fit."""
    waiting = dict(enumerate(batches))
    while waiting and not clock.has_passed():
        under_way: dict[int, Batch] = {}
        tasks = _handed_out(waiting, under_way, clock)
        try:
            with closing(_returned(tasks, n_jobs)) as returned:
                yield from _struck_off(returned, waiting, under_way)
            return
        except BrokenProcessPool:
            yield from chain.from_iterable(map(_one_process_a_fit, under_way.values()))
        waiting = {place: batch for place, batch in waiting.items() if place not in under_way}


def _struck_off(
    returned: Iterator[_Returned], *lists: dict[int, Batch]
) -> Generator[_Outcome, None, None]:
    """Give the records, and take their batches from the lists."""
    for position, records in returned:
        for batches in lists:
            del batches[position]
        yield from records


def _handed_out(
    waiting: Mapping[int, Batch], under_way: dict[int, Batch], clock: Clock
) -> Iterator[Any]:
    for position, batch in list(waiting.items()):
        if clock.has_passed():
            return
        under_way[position] = batch
        yield joblib.delayed(_all_records)(position, batch)


def _returned(tasks: Iterator[Any], n_jobs: int | None) -> Generator[_Returned, None, None]:
    """Run joblib, in portions where its backend returns only all at once."""
    backend, _ = joblib_parallel.get_active_backend()
    settings = {"n_jobs": n_jobs, "batch_size": 1, "pre_dispatch": "1.5*n_jobs"}
    if backend.supports_return_generator:
        parallel = joblib.Parallel(return_as="generator_unordered", **settings)
        with closing(parallel(tasks)) as returned:
            yield from returned
        return
    while some := list(islice(tasks, 2 * joblib.effective_n_jobs(n_jobs))):
        yield from joblib.Parallel(**settings)(some)


def _all_records(position: int, batch: Batch, failure: Exception | None = None) -> _Returned:
    if batch.code and batch.code != code_version():
        raise RuntimeError(
            "A worker runs other sources of causalrep, or other libraries, than the process that "
            "asks it. Install the same versions on all machines; the records that were finished "
            "are kept."
        )
    return position, list(records_of(batch, failure))


def _one_process_a_fit(batch: Batch) -> Iterator[_Outcome]:
    """Fit each estimator in a process of its own; who dies there has failed."""
    death = ChildProcessError("The process died: it ran out of memory, or crashed.")
    for fit in batch.fits:
        single, began = replace(batch, fits=(fit,)), time.monotonic()
        if fitted := _in_a_process(single, None):
            yield from fitted
            continue
        limit = batch.max_fit_time
        is_late = limit is not None and time.monotonic() - began > longest(limit)
        failure = time_is_over(limit, "The fit") if is_late else death
        fitted = _in_a_process(single, failure)
        yield from fitted or [Undrawn(batch.dataset, batch.seed, str(death))]


def _in_a_process(batch: Batch, failure: Exception | None) -> list[_Outcome]:
    try:
        with ProcessPoolExecutor(max_workers=1) as executor:
            return executor.submit(_all_records, 0, batch, failure).result()[1]
    except BrokenProcessPool:
        return []
