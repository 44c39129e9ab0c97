"""What a worker does: draw a data set once, fit each estimator to it, score what came."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone

from causalrep.data import Dataset
from causalrep.exceptions import InvalidDataError
from identifiability.benchmarking.answers import answer_of, origin_of
from identifiability.benchmarking.isolation import recorded_warnings, single_threaded
from identifiability.benchmarking.metrics import BuiltInMetric, Metric
from identifiability.benchmarking.records import BenchmarkRecord
from identifiability.failed_answer import is_failure
from identifiability.score_report import ScoreReport
from identifiability.scoring import score

__all__ = ["Batch", "Fit", "Undrawn", "records_of", "try_to_draw"]

_LONGEST_TEXT = 500
_N_TEXTS = 3
_DATA, _ESTIMATOR, _SCORE = range(3)


@dataclass(frozen=True)
class Fit:
    """One estimator of a batch, and the names of its record.

    Parameters
    ----------
    name : str
        Name of the estimator.
    estimator : BaseEstimator
        Not fitted.
    key, task, version : str
        See :class:`BenchmarkRecord`.
    """

    name: str
    estimator: Any
    key: str
    task: str
    version: str


@dataclass(frozen=True)
class Batch:
    """Everything that is fitted to one draw of one data set.

    Parameters
    ----------
    dataset : str
        Name of the data set.
    draw : callable
        Returns the Dataset.
    seed : int
        Number of the draw.
    entropy : tuple of int
        What its generators start from.
    fits : tuple of Fit
        The estimators.
    metrics : tuple of Metric
        What is measured.
    code : str
        Version of the code that workers must have; empty where they cannot have another.
    """

    dataset: str
    draw: Callable[..., Any]
    seed: int
    entropy: tuple[int, ...]
    fits: tuple[Fit, ...]
    metrics: tuple[Metric, ...]
    code: str = ""


@dataclass(frozen=True)
class Undrawn:
    """A data set that could not be drawn.

    Parameters
    ----------
    dataset : str
        Name of the data set.
    seed : int
        Number of the draw.
    reason : str
        What was raised.
    """

    dataset: str
    seed: int
    reason: str


def drawn(batch: Batch) -> Dataset:
    """Draw the data of a batch, and refuse what cannot be scored.

    Parameters
    ----------
    batch : Batch

    Returns
    -------
    Dataset

    Raises
    ------
    InvalidDataError
        If what comes is no Dataset, or has no truth.
    """
    data = batch.draw(random_state=_state(batch, _DATA, 0))
    if not isinstance(data, Dataset) and callable(getattr(data, "sample", None)):
        data = data.sample(random_state=_state(batch, _DATA, 1))
    if not isinstance(data, Dataset):
        raise InvalidDataError(
            f"Data set {batch.dataset!r} must return a causalrep.Dataset, or a problem of which "
            f"samples can be drawn, but returned {type(data).__name__}."
        )
    if data.truth is None:
        raise InvalidDataError(
            f"Data set {batch.dataset!r} returned a Dataset without truth, so nothing can be "
            "scored. Give Dataset(truth=Truth(...)) what is known."
        )
    return data


def try_to_draw(batch: Batch) -> None:
    """Draw the data of a batch, and see that its truth can be scored against.

    Parameters
    ----------
    batch : Batch

    Raises
    ------
    InvalidDataError
        If not.
    """
    with single_threaded(), recorded_warnings():
        try:
            data = drawn(batch)
            if any(isinstance(metric, BuiltInMetric) for metric in batch.metrics):
                score(None, data, disentanglement=False)
        except InvalidDataError:
            raise
        except Exception as error:
            raise InvalidDataError(
                f"Data set {batch.dataset!r} could not be drawn at seed {batch.seed}. "
                f"{told(error)}"
            ) from error


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
                data = drawn(batch)
        except Exception as error:  # noqa: BLE001  whatever a user's simulator raises
            yield Undrawn(batch.dataset, batch.seed, told(error))
            return
        for fit in batch.fits:
            yield _record(batch, fit, data, failure)


def told(error: BaseException) -> str:
    """Write an exception as ``"Class: text"``, shortened."""
    text = f"{type(error).__name__}: {error}"
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 3]}..."


def _state(batch: Batch, role: int, position: int) -> int:
    sequence = np.random.SeedSequence(batch.entropy, spawn_key=(role, position))
    return int(sequence.generate_state(1)[0])


def _record(batch: Batch, fit: Fit, data: Dataset, failure: Exception | None) -> BenchmarkRecord:
    began, cpu_began = time.perf_counter(), time.thread_time()
    with recorded_warnings() as raised:
        outcome = failure or _fitted(fit.estimator, data, batch)
    seconds, cpu_seconds = time.perf_counter() - began, time.thread_time() - cpu_began
    with recorded_warnings():
        scores, unscored = _scored(outcome, data, batch)
    return BenchmarkRecord(
        estimator=fit.name,
        dataset=batch.dataset,
        seed=batch.seed,
        scores=scores,
        unscored=unscored,
        failure=told(outcome) if is_failure(outcome) else None,
        n_samples=len(data),
        n_features=data.shape[1],
        seconds=seconds,
        cpu_seconds=cpu_seconds,
        n_warnings=len(raised),
        warnings=tuple(text[:_LONGEST_TEXT] for text in dict.fromkeys(raised))[:_N_TEXTS],
        key=fit.key,
        task=fit.task,
        version=fit.version,
    )


def _fitted(estimator: BaseEstimator, data: Dataset, batch: Batch) -> Any:
    """Return a fitted clone, or the exception that its fit raised."""
    try:
        own = clone(estimator)
        names = sorted(own.get_params(deep=True))
        seeded = [name for name in names if name.split("__")[-1] == "random_state"]
        states = {
            name: _state(batch, _ESTIMATOR, position) for position, name in enumerate(seeded)
        }
        own.set_params(**states)
        return answer_of(own.fit(data, *origin_of(own, data)), data.X)
    except Exception as error:  # noqa: BLE001  any failure counts as the worst score
        return error


def _scored(outcome: Any, data: Dataset, batch: Batch) -> tuple[dict[str, float], dict[str, str]]:
    reports = _Reports(outcome, data, batch)
    scores: dict[str, float] = {}
    unscored: dict[str, str] = {}
    for metric in batch.metrics:
        value, reason = reports.value(metric)
        scores[metric.name] = reports.worst(metric) if value is None else value
        if reason:
            unscored[metric.name] = reason
    return scores, unscored


class _Reports:
    """Reports of the answer, and of a failed one, each computed at most once."""

    def __init__(self, outcome: Any, data: Dataset, batch: Batch) -> None:
        self.outcome, self.data, self.batch = outcome, data, batch
        self.known: dict[bool, ScoreReport | Exception] = {}

    def value(self, metric: Metric) -> tuple[float | None, str]:
        """Return the value and, where a fitted estimator has none, the reason."""
        if is_failure(self.outcome):
            return None, ""
        try:
            value = self.computed(metric)
        except Exception as error:  # noqa: BLE001  a metric's failure is not the sweep's
            return None, told(error)
        if value is None:
            return None, "could not be computed for this answer"
        return (None, "is not a number") if np.isnan(value) else (value, "")

    def computed(self, metric: Metric) -> float | None:
        if not isinstance(metric, BuiltInMetric):
            return float(metric.compute(self.outcome, self.data))
        return metric.read(self.report(failed=False))

    def worst(self, metric: Metric) -> float:
        """Return what a failed fit counts as."""
        if not isinstance(metric, BuiltInMetric):
            return metric.worst
        try:
            value = metric.read(self.report(failed=True))
        except Exception:  # noqa: BLE001  this draw's truth does not say what the first one's said
            return nan
        return nan if value is None else value

    def report(self, *, failed: bool) -> ScoreReport:
        if failed not in self.known:
            try:
                self.known[failed] = self.made(failed=failed)
            except Exception as error:  # noqa: BLE001  told at each metric that needs it
                self.known[failed] = error
        report = self.known[failed]
        if isinstance(report, Exception):
            raise report
        return report

    def made(self, *, failed: bool) -> ScoreReport:
        slow = [item for item in self.batch.metrics if getattr(item, "is_slow", False)]
        return score(
            None if failed else self.outcome,
            self.data,
            disentanglement=bool(slow),
            random_state=_state(self.batch, _SCORE, 0),
        )
