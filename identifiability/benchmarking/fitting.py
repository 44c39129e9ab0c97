"""What a worker does: draw a data set once, fit each estimator to it, score what came."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from functools import partial
from math import nan
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone

from causalrep.data import Dataset
from causalrep.exceptions import TimeLimitError
from identifiability.benchmarking.answers import answer_of, origin_of
from identifiability.benchmarking.isolation import recorded_warnings, single_threaded
from identifiability.benchmarking.judging import Scored, scored
from identifiability.benchmarking.limits import limited
from identifiability.benchmarking.records import BenchmarkRecord
from identifiability.benchmarking.tasks import (
    LONGEST_TEXT,
    Batch,
    Fit,
    Undrawn,
    drawn,
    state_of,
    told,
)
from identifiability.failed_answer import is_failure

__all__ = ["records_of"]

_N_TEXTS = 3


def records_of(
    batch: Batch, failure: Exception | None = None
) -> Iterator[BenchmarkRecord | Undrawn]:
    """Yield the record of each fit as it ends.

    Parameters
    ----------
    batch : Batch
    failure : Exception, default=None
        What is known to come of its fits, which then are not tried.

    Yields
    ------
    BenchmarkRecord or Undrawn
        One for each fit, or only one that says that the data could not be drawn.
    """
    with single_threaded():
        try:
            with recorded_warnings():
                source = _Source(batch)
        except Exception as error:  # noqa: BLE001  whatever a user's simulator raises
            yield Undrawn(batch.dataset, batch.seed, told(error))
            return
        for fit in batch.fits:
            yield _record(batch, fit, source, failure)


class _Source:
    """The data of a batch, drawn again where a fit has written into them."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.drawn = drawn(batch)
        self.checksum = _checksum(self.drawn)

    def data(self) -> Dataset:
        if _checksum(self.drawn) != self.checksum:
            self.drawn = drawn(self.batch)
        return self.drawn


def _checksum(data: Dataset) -> int:
    truth = data.truth.Z if data.truth is not None else None
    total = 0
    for array in (data.X, data.environments, data.actions, data.outcome, truth):
        if array is not None and not array.dtype.hasobject:
            total = zlib.crc32(np.ascontiguousarray(array).view(np.uint8).data, total)
    return total


def _record(batch: Batch, fit: Fit, source: _Source, failure: Exception | None) -> BenchmarkRecord:
    began, cpu_began = time.perf_counter(), time.thread_time()
    with recorded_warnings() as raised:
        outcome = failure or _within_time(fit.estimator, source.data(), batch)
    seconds, cpu_seconds = time.perf_counter() - began, time.thread_time() - cpu_began
    if failure is not None:
        seconds = cpu_seconds = nan
    with recorded_warnings():
        data = source.data()
        outcome, found = _scored_within_time(outcome, data, batch)
    is_late = isinstance(outcome, TimeLimitError)
    return BenchmarkRecord(
        estimator=fit.name,
        dataset=batch.dataset,
        seed=batch.seed,
        scores=found.scores,
        unscored=found.unscored,
        lacking=found.lacking,
        failure=told(outcome) if is_failure(outcome) else None,
        time_limit=batch.max_fit_time if is_late else None,
        n_samples=len(data),
        n_features=data.shape[1],
        seconds=seconds,
        cpu_seconds=cpu_seconds,
        n_warnings=len(raised),
        warnings=tuple(text[:LONGEST_TEXT] for text in dict.fromkeys(raised))[:_N_TEXTS],
        key=fit.key,
        task=fit.task,
        version=fit.version,
    )


def _within_time(estimator: BaseEstimator, data: Dataset, batch: Batch) -> Any:
    """Return a fitted clone, or the exception that its fit raised, or that it took too long."""
    try:
        return limited(partial(_fitted, estimator, data, batch), batch.max_fit_time, "The fit")
    except TimeLimitError as error:
        return error


def _scored_within_time(outcome: Any, data: Dataset, batch: Batch) -> tuple[Any, Scored]:
    """Score an outcome; one that takes too long to score is a failure."""
    if not is_failure(outcome):
        score = partial(scored, outcome, data, batch)
        try:
            return outcome, limited(score, batch.max_fit_time, "Scoring the fit")
        except TimeLimitError as error:
            outcome = error
    return outcome, scored(outcome, data, batch)


def _fitted(estimator: BaseEstimator, data: Dataset, batch: Batch) -> Any:
    """Return a fitted clone, or the exception that its fit raised."""
    try:
        own = clone(estimator)
        names = sorted(own.get_params(deep=True))
        seeded = [name for name in names if name.split("__")[-1] == "random_state"]
        states = {
            name: state_of(batch, "estimator", position) for position, name in enumerate(seeded)
        }
        own.set_params(**states)
        own.fit(data, *origin_of(own, data))
        return answer_of(own, data.X)
    except Exception as error:  # noqa: BLE001  any failure counts as the worst score
        return error
