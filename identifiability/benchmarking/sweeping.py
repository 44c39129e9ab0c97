"""Hand out the draws to joblib's workers, and keep each record as soon as it comes back."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sized
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any, Self

import joblib
from joblib import parallel as joblib_parallel
from sklearn.base import BaseEstimator

from causalrep.progress import ProgressMixin, reports_progress
from identifiability.benchmarking.isolation import noted_interrupts, single_threaded
from identifiability.benchmarking.records import BenchmarkRecord
from identifiability.benchmarking.store import Store
from identifiability.benchmarking.tasks import Batch, Undrawn, records_of

__all__ = ["Benchmark"]

_Outcome = BenchmarkRecord | Undrawn
_LOCAL = (
    joblib_parallel.LokyBackend,
    joblib_parallel.MultiprocessingBackend,
    joblib_parallel.SequentialBackend,
    joblib_parallel.ThreadingBackend,
)


class Benchmark(ProgressMixin, BaseEstimator):
    """The loop over all fits; an estimator only for the sake of its callbacks.

    Parameters
    ----------
    max_time : float, default=None
        Seconds after which no further batch is handed out.
    n_jobs : int, default=None
        As for joblib.

    Attributes
    ----------
    records_ : dict of str to BenchmarkRecord
        By key.
    undrawn_ : tuple of Undrawn
        Data that could not be drawn.
    reason_ : str
        Why fits are missing, if they are.
    """

    def __init__(self, max_time: float | None = None, n_jobs: int | None = None) -> None:
        self.max_time = max_time
        self.n_jobs = n_jobs

    @reports_progress
    def fit(self, X: tuple[Batch, ...], y: Store | None = None) -> Self:
        """Run batches.

        Parameters
        ----------
        X : tuple of Batch
            What is fitted.
        y : Store or None
            Where each record is written at once; only this process writes.
        """
        self.records_: dict[str, BenchmarkRecord] = {}
        self.undrawn_: tuple[Undrawn, ...] = ()
        self.reason_ = "a callback ended the benchmark"
        clock, n_fits = _Clock(self.max_time), sum(len(batch.fits) for batch in X)
        with noted_interrupts() as interrupts, closing(_outcomes(X, self.n_jobs, clock)) as came:
            for outcome in self._steps(_Counted(came, n_fits), "fits"):
                if interrupts:  # the fit may have ended early because of it, and said nothing
                    raise KeyboardInterrupt
                self._keep(outcome, y)
        if clock.stopped:
            self.reason_ = f"max_time of {self.max_time:g} seconds had passed"
        return self

    def _keep(self, outcome: _Outcome, store: Store | None) -> None:
        if isinstance(outcome, Undrawn):
            self.undrawn_ = (*self.undrawn_, outcome)
            return
        if store is not None:
            store.append(outcome)
        self.records_[outcome.key] = outcome


@dataclass(frozen=True)
class _Counted(Sized):
    """Outcomes, with the number that is to be expected."""

    outcomes: Iterator[_Outcome]
    n_fits: int

    def __len__(self) -> int:
        return self.n_fits

    def __iter__(self) -> Iterator[_Outcome]:
        return self.outcomes


class _Clock:
    """Whether time is over, and whether it was when somebody asked last."""

    def __init__(self, max_time: float | None) -> None:
        self.end = None if max_time is None else time.monotonic() + max_time
        self.stopped = False

    def has_passed(self) -> bool:
        self.stopped = self.end is not None and time.monotonic() >= self.end
        return self.stopped


def _outcomes(
    batches: tuple[Batch, ...], n_jobs: int | None, clock: _Clock
) -> Generator[_Outcome, None, None]:
    """Give what comes back, in the order in which it does."""
    if not batches:
        return
    backend, _ = joblib_parallel.get_active_backend()
    n_workers = joblib.effective_n_jobs(n_jobs)
    if n_workers == 1 and isinstance(backend, _LOCAL):
        with single_threaded():
            yield from _in_this_process(batches, clock)
        return
    handed_out = (joblib.delayed(_all_records)(batch) for batch in _until(batches, clock))
    if backend.supports_return_generator:
        with closing(_parallel(n_jobs, "generator_unordered")(handed_out)) as returned:
            for records in returned:
                yield from records
        return
    while some := list(islice(handed_out, 2 * n_workers)):
        for records in _parallel(n_jobs, "list")(some):
            yield from records


def _in_this_process(batches: tuple[Batch, ...], clock: _Clock) -> Iterator[_Outcome]:
    """Give each record before the next fit begins."""
    for batch in _until(batches, clock):
        for record in records_of(batch):
            yield record
            if clock.has_passed():
                break


def _until(batches: tuple[Batch, ...], clock: _Clock) -> Iterator[Batch]:
    for batch in batches:
        if clock.has_passed():
            return
        yield batch


def _parallel(n_jobs: int | None, return_as: str) -> Any:
    return joblib.Parallel(
        n_jobs=n_jobs, batch_size=1, pre_dispatch="1.5*n_jobs", return_as=return_as
    )


def _all_records(batch: Batch) -> list[_Outcome]:
    return list(records_of(batch))
