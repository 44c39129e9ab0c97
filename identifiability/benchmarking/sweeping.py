"""The loop of a benchmark: keep each record as soon as it comes back, and tell the progress."""

from __future__ import annotations

from collections.abc import Iterator, Sized
from contextlib import closing
from dataclasses import dataclass
from typing import Self

from sklearn.base import BaseEstimator

from causalrep.progress import ProgressMixin, reports_progress
from identifiability.benchmarking.isolation import noted_interrupts
from identifiability.benchmarking.records import BenchmarkRecord
from identifiability.benchmarking.store import Store
from identifiability.benchmarking.tasks import Batch, Undrawn
from identifiability.benchmarking.workers import Clock, outcomes

__all__ = ["Benchmark"]


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
        clock, n_fits = Clock(self.max_time), sum(len(batch.fits) for batch in X)
        with noted_interrupts() as interrupts, closing(outcomes(X, self.n_jobs, clock)) as came:
            for outcome in self._steps(_Counted(came, n_fits), "fits"):
                if interrupts:  # the fit may have ended early because of it, and said nothing
                    raise KeyboardInterrupt
                self._keep(outcome, y)
        if clock.stopped:
            self.reason_ = f"max_time of {self.max_time:g} seconds had passed"
        return self

    def _keep(self, outcome: BenchmarkRecord | Undrawn, store: Store | None) -> None:
        if isinstance(outcome, Undrawn):
            self.undrawn_ = (*self.undrawn_, outcome)
            return
        if store is not None:
            store.append(outcome)
        self.records_[outcome.key] = outcome


@dataclass(frozen=True)
class _Counted(Sized):
    """Outcomes, with the number that is to be expected."""

    outcomes: Iterator[BenchmarkRecord | Undrawn]
    n_fits: int

    def __len__(self) -> int:
        return self.n_fits

    def __iter__(self) -> Iterator[BenchmarkRecord | Undrawn]:
        return self.outcomes
