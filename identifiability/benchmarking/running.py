"""Fit every estimator to every data set, over many seeds, and keep what came in a store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from typing import Any

from sklearn.base import BaseEstimator

from identifiability.benchmarking.metrics import Metric, checked_metrics
from identifiability.benchmarking.planning import Plan, checked_jobs, checked_time, planned
from identifiability.benchmarking.records import BenchmarkRecord
from identifiability.benchmarking.results import BenchmarkResult
from identifiability.benchmarking.store import Store
from identifiability.benchmarking.sweeping import Benchmark
from identifiability.benchmarking.tasks import Batch, refuse_undrawable

__all__ = ["benchmark"]


def benchmark(
    estimators: Mapping[str, BaseEstimator],
    datasets: Mapping[str, Callable[..., Any]],
    metrics: Sequence[str | Metric] = ("mcc", "graph_distance"),
    *,
    n_seeds: int = 10,
    store: str | PathLike[str] | None = None,
    n_jobs: int | None = None,
    random_state: int = 0,
    max_time: float | None = None,
    max_fit_time: float | None = None,
    callbacks: Sequence[Any] = (),
) -> BenchmarkResult:
    """Fit estimators to draws of data sets, score each fit, and survive whatever happens.

    Parameters
    ----------
    estimators : mapping of str to estimator
        Not fitted; pipelines and searches too. Clones are fitted, each parameter called
        ``random_state`` set from the seed.
    datasets : mapping of str to callable
        Each is called with ``random_state=`` an int and returns a Dataset with its truth, or a
        problem with ``sample(random_state=)``. An importable function or a
        ``functools.partial`` of one, because the key of a record tells its arguments.
    metrics : sequence of str or Metric, default=("mcc", "graph_distance")
        Names out of :func:`identifiability.metric_names`, or metrics of your own.
    n_seeds : int, default=10
        Draws of each data set. More of them later add to those that the store has.
    store : path-like, default=None
        File that each record is appended to as soon as it is there (:class:`Store`). Called again
        with the same store, the benchmark goes on where it stopped.
    n_jobs : int, default=None
        Draws at work at once, as for :class:`joblib.Parallel`; ``joblib.parallel_config`` chooses
        processes, threads, dask or ray.
    random_state : int, default=0
        Every draw and fit has its own generator, made of this number, the settings of the data
        set and the seed: neither ``n_jobs``, nor the order, nor what else is fitted changes it.
    max_time : float, default=None
        Seconds after which no further draw is begun; the result says what is missing.
    max_fit_time : float, default=None
        Seconds that a fit may take, and its scoring again; one that takes longer is ended, and
        has failed. What the store has counts whatever it took, except fits that ran out of less
        time than this: they are tried again. See Notes for what cannot be ended.
    callbacks : sequence of callback, default=()
        Of scikit-learn, such as ``sklearn.callback.ProgressBar()``, which tells the time left.

    Returns
    -------
    BenchmarkResult
        Prints as a table of medians with intervals. Failed fits count as the worst score.

    Raises
    ------
    InvalidDataError
        If an estimator, data set or metric is not what it should be. It is raised before
        anything is fitted; each data set that has fits to come is drawn once for that, at the
        first seed at which it can be, and refused where it cannot be at 10 of them.
    PersistenceError
        If the store cannot be used.

    Notes
    -----
    Native libraries use one thread during a fit, for sums in another order differ in their last
    digits. Warnings are recorded, not shown.

    ``max_fit_time`` raises an exception in the fit, which no ``except Exception`` swallows,
    between two instructions of Python. Native code is not interrupted: there it acts when that
    returns. A worker process of loky (``n_jobs`` of 2 or more) whose fit does not return within
    twice the time, or 30 seconds more, is ended. In threads, as dask's workers are, and on
    Windows waiting (``time.sleep``, a lock) is not interrupted either.

    Examples
    --------
    >>> from functools import partial
    >>> from discovery import PC
    >>> from identifiability import benchmark
    >>> from simulators import LinearSCM, Problem
    >>> chain = LinearSCM([[0, 1, 0], [0, 0, 1], [0, 0, 0]])
    >>> result = benchmark(
    ...     {"PC": PC()},
    ...     {f"n={n}": partial(chain.sample, n) for n in (100, 1000)},
    ...     ["skeleton_f1"],
    ...     n_seeds=2,
    ... )
    >>> [row.median for row in result.rows("skeleton_f1")]
    [1.0, 1.0]
    """
    measured = checked_metrics(metrics)
    plan = planned(estimators, datasets, measured, n_seeds, random_state)
    limit = checked_time("max_fit_time", max_fit_time)
    sweep = Benchmark(checked_time("max_time", max_time), checked_jobs(n_jobs))
    sweep.set_callbacks(*callbacks)
    kept = None if store is None else Store(store)
    found = _held(kept, limit)
    pending = _pending(plan, found, limit)
    _refuse_undrawable(plan, pending)
    sweep.fit(pending, kept)
    records = {**sweep.records_, **_held(kept, limit)}
    tasks = {fit.task for _, fit in plan.fits()}
    keys = {fit.key for _, fit in plan.fits()}
    undrawn = {(item.dataset, item.seed) for item in sweep.undrawn_}
    missing = tuple(
        (batch.dataset, fit.name, batch.seed)
        for batch, fit in plan.fits()
        if fit.key not in records and (batch.dataset, batch.seed) not in undrawn
    )
    return BenchmarkResult(
        records=_in_order(plan, records),
        metrics=measured,
        estimators=tuple(estimators),
        datasets=tuple(datasets),
        n_seeds=int(n_seeds),
        undrawn=sweep.undrawn_,
        missing=missing,
        reason=sweep.reason_ if missing else "",
        n_found=len(keys & found.keys()),
        n_other_versions=sum(
            record.task in tasks and record.key not in keys for record in found.values()
        ),
        damaged_lines=() if kept is None else kept.damaged_lines,
    )


def _held(store: Store | None, limit: float | None) -> dict[str, BenchmarkRecord]:
    """Return the records that need not be made again under a limit of time."""
    records = {} if store is None else store.records()
    return {key: record for key, record in records.items() if record.holds_under(limit)}


def _pending(
    plan: Plan, found: Mapping[str, BenchmarkRecord], limit: float | None
) -> tuple[Batch, ...]:
    """Leave out what the store has, and what occurs twice under different names."""
    seen = set(found)
    pending = []
    for batch in plan.batches:
        fits = {fit.key: fit for fit in batch.fits if fit.key not in seen}
        seen.update(fits)
        if fits:
            fits_to_come = tuple(fits.values())
            pending.append(replace(batch, fits=fits_to_come, max_fit_time=limit))
    return tuple(pending)


def _refuse_undrawable(plan: Plan, pending: tuple[Batch, ...]) -> None:
    """Draw each data set with fits to come once, so that refusals come before any fit."""
    for name in dict.fromkeys(batch.dataset for batch in pending):
        refuse_undrawable([batch for batch in plan.batches if batch.dataset == name])


def _in_order(plan: Plan, records: Mapping[str, BenchmarkRecord]) -> tuple[BenchmarkRecord, ...]:
    """Return the records under the names of today, by data set, estimator and seed."""
    ordered: dict[tuple[str, str], list[BenchmarkRecord]] = {
        (batch.dataset, fit.name): [] for batch, fit in plan.fits()
    }
    for batch, fit in plan.fits():
        if fit.key in records:
            named = replace(records[fit.key], estimator=fit.name, dataset=batch.dataset)
            ordered[batch.dataset, fit.name].append(named)
    return tuple(record for group in ordered.values() for record in group)
