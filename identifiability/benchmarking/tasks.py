"""The unit of work of a benchmark: a draw of a data set and all that is fitted to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from causalrep.data import Dataset
from causalrep.exceptions import InvalidDataError
from identifiability.benchmarking.isolation import recorded_warnings, single_threaded
from identifiability.benchmarking.metrics import BuiltInMetric, Metric
from identifiability.scoring import score

__all__ = ["Batch", "Fit", "Undrawn", "drawn", "refuse_undrawable", "state_of", "told"]

LONGEST_TEXT = 500
_MOST_DRAWS = 10
_ROLES = ("data", "estimator", "score")


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
    max_fit_time : float, default=None
        Seconds that a fit may take, and its scoring again.
    """

    dataset: str
    draw: Callable[..., Any]
    seed: int
    entropy: tuple[int, ...]
    fits: tuple[Fit, ...]
    metrics: tuple[Metric, ...]
    code: str = ""
    max_fit_time: float | None = None


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
    data = batch.draw(random_state=state_of(batch, "data", 0))
    if not isinstance(data, Dataset) and callable(getattr(data, "sample", None)):
        data = data.sample(random_state=state_of(batch, "data", 1))
    if not isinstance(data, Dataset):
        raise InvalidDataError(
            "It must return a causalrep.Dataset, or a problem of which samples can be drawn, but "
            f"returned {type(data).__name__}."
        )
    if data.truth is None:
        raise InvalidDataError(
            "It returned a Dataset without truth, so nothing can be scored. Give "
            "Dataset(truth=Truth(...)) what is known."
        )
    return data


def refuse_undrawable(batches: Sequence[Batch]) -> None:
    """Refuse a data set of which no draw succeeds, or has a truth to score against.

    One draw that succeeds is enough: others may fail by bad luck, and are told of later.

    Parameters
    ----------
    batches : sequence of Batch
        All draws of one data set; the first ten of them are tried.

    Raises
    ------
    InvalidDataError
        With what the first draw raised.
    """
    tried = batches[:_MOST_DRAWS]
    errors = []
    for batch in tried:
        error = _error_of(batch)
        if error is None:
            return
        errors.append(error)
    seeds = f"seed {tried[0].seed}"
    if len(tried) > 1:
        seeds = f"any of the seeds {tried[0].seed} to {tried[-1].seed}. The first one"
    raise InvalidDataError(
        f"Data set {tried[0].dataset!r} could not be drawn at {seeds}: {told(errors[0])}"
    ) from errors[0]


def _error_of(batch: Batch) -> Exception | None:
    """Draw the data of a batch, score a failure against their truth, and return what it raised."""
    try:
        with single_threaded(), recorded_warnings():
            data = drawn(batch)
            if any(isinstance(metric, BuiltInMetric) for metric in batch.metrics):
                score(None, data, disentanglement=False)
    except Exception as error:  # noqa: BLE001  whatever a user's simulator raises
        return error
    return None


def told(error: BaseException) -> str:
    """Write an exception as ``"Class: text"``, shortened."""
    text = f"{type(error).__name__}: {error}"
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 3]}..."


def state_of(batch: Batch, role: str, position: int = 0) -> int:
    """Return the seed of one of the generators of a batch.

    Parameters
    ----------
    batch : Batch
    role : {"data", "estimator", "score"}
        What it draws.
    position : int, default=0
        Which of them.
    """
    sequence = np.random.SeedSequence(batch.entropy, spawn_key=(_ROLES.index(role), position))
    return int(sequence.generate_state(1)[0])
