"""Which fits a benchmark is made of, each with the key of its settings; refusals come first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from sklearn.base import BaseEstimator, clone

from causalrep.exceptions import InvalidDataError
from identifiability.benchmarking.fingerprints import (
    Fingerprint,
    code_version,
    digest,
    fingerprint,
)
from identifiability.benchmarking.metrics import Metric
from identifiability.benchmarking.tasks import Batch, Fit

__all__ = ["Plan", "checked_jobs", "checked_time", "planned"]


@dataclass(frozen=True)
class Plan:
    """All fits of a benchmark, by the draw of data that they share.

    Parameters
    ----------
    batches : tuple of Batch
        By seed, then by data set, so that a sweep that ends early has some seeds of all.
    """

    batches: tuple[Batch, ...]

    def fits(self) -> Iterator[tuple[Batch, Fit]]:
        """Give every fit with its batch."""
        for batch in self.batches:
            for fit in batch.fits:
                yield batch, fit


def planned(
    estimators: Mapping[str, Any],
    datasets: Mapping[str, Any],
    metrics: tuple[Metric, ...],
    n_seeds: int,
    random_state: int,
) -> Plan:
    """Lay out the fits, and refuse what cannot be one.

    Parameters
    ----------
    estimators, datasets, metrics, n_seeds, random_state
        As for :func:`identifiability.benchmark`, metrics looked up.

    Returns
    -------
    Plan

    Raises
    ------
    InvalidDataError
        If something is not what it should be, or its settings cannot be told in a key.
    """
    _refuse_unnamed("estimators", "name -> unfitted estimator", estimators)
    _refuse_unnamed("datasets", "name -> function of random_state", datasets)
    n_seeds = _checked_count("n_seeds", n_seeds, 1)
    random_state = _checked_count("random_state", random_state, 0)
    measured = fingerprint(sorted(metrics, key=lambda metric: metric.name), "the metrics")
    models = {name: _model(name, thing) for name, thing in estimators.items()}
    draws = {name: _draw(name, thing) for name, thing in datasets.items()}
    return Plan(
        tuple(
            Batch(
                dataset=dataset,
                draw=datasets[dataset],
                seed=seed,
                entropy=(random_state, int(digest(draw.text), 16), seed),
                fits=tuple(
                    _fit(name, estimators[name], (model, draw, measured), random_state, seed)
                    for name, model in models.items()
                ),
                metrics=metrics,
            )
            for seed in range(n_seeds)
            for dataset, draw in draws.items()
        )
    )


def checked_time(name: str, seconds: float | None) -> float | None:
    """Return a number of seconds, or None.

    Parameters
    ----------
    name : str
        How messages call it.
    seconds : float or None

    Raises
    ------
    InvalidDataError
        If it is no positive number.
    """
    is_number = isinstance(seconds, Real) and not isinstance(seconds, bool)
    if seconds is None or (is_number and seconds > 0):
        return seconds
    raise InvalidDataError(
        f"{name} must be a positive number of seconds or None, but is {seconds!r}."
    )


def checked_jobs(n_jobs: int | None) -> int | None:
    """Return a number of workers as joblib counts them, or None.

    Parameters
    ----------
    n_jobs : int or None

    Raises
    ------
    InvalidDataError
        If it is no int, or 0.
    """
    is_count = isinstance(n_jobs, Integral) and not isinstance(n_jobs, bool)
    if n_jobs is None or (is_count and n_jobs != 0):
        return n_jobs
    raise InvalidDataError(
        f"n_jobs must be a number of workers, -1 for all cores, or None, but is {n_jobs!r}."
    )


def _fit(
    name: str, estimator: Any, parts: Sequence[Fingerprint], random_state: int, seed: int
) -> Fit:
    task = digest(*(part.text for part in parts), str(random_state), str(seed))
    version = digest(code_version(), *sorted({hash_ for part in parts for hash_ in part.sources}))
    return Fit(name, estimator, digest(task, version), task, version)


def _model(name: str, thing: Any) -> Fingerprint:
    if isinstance(thing, type):
        raise InvalidDataError(
            f"Estimator {name!r} is the class {thing.__name__}. Give an object: "
            f"{thing.__name__}()."
        )
    if not isinstance(thing, BaseEstimator) or not hasattr(thing, "fit"):
        raise InvalidDataError(
            f"Estimator {name!r} must be an estimator with fit, get_params and set_params (a "
            f"sklearn.base.BaseEstimator), but is of type {type(thing).__name__}."
        )
    try:
        unseeded = clone(thing)
    except (RuntimeError, TypeError) as error:
        raise InvalidDataError(
            f"Estimator {name!r} cannot be cloned, which every fit begins with. {error}."
        ) from error
    seeds = [key for key in unseeded.get_params() if key.split("__")[-1] == "random_state"]
    unseeded.set_params(**dict.fromkeys(seeds))
    return fingerprint(unseeded, f"estimator {name!r}")


def _draw(name: str, thing: Callable[..., Any]) -> Fingerprint:
    if not callable(thing):
        raise InvalidDataError(
            f"Data set {name!r} must be a function that is called with random_state and returns a "
            f"Dataset, but is of type {type(thing).__name__}. Data that do not change from seed "
            "to seed are a function too, and want one seed."
        )
    return fingerprint(thing, f"data set {name!r}")


def _refuse_unnamed(what: str, wanted: str, things: Any) -> None:
    if not isinstance(things, Mapping):
        raise InvalidDataError(
            f"{what} must be a mapping {wanted}, but is of type {type(things).__name__}."
        )
    if not things:
        raise InvalidDataError(f"{what} is empty. Give a mapping {wanted}.")
    unfit = [name for name in things if not (isinstance(name, str) and name.strip())]
    if unfit:
        raise InvalidDataError(f"Names of {what} must be texts, but {unfit[0]!r} is one.")


def _checked_count(name: str, value: Any, least: int) -> int:
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise InvalidDataError(f"{name} must be an int of at least {least}, but is {value!r}.")
    return int(value)
