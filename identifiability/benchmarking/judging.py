"""Score one fit by all metrics: one report for those that read it, and reasons for gaps."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np

from causalrep.data import Dataset
from identifiability.benchmarking.metrics import BuiltInMetric, Metric
from identifiability.benchmarking.tasks import Batch, state_of, told
from identifiability.failed_answer import is_failure
from identifiability.score_report import ScoreReport
from identifiability.scoring import score

__all__ = ["Scored", "scored"]

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Scored:
    """The value of every metric, and why some are the worst though the fit went well.

    Parameters
    ----------
    scores, unscored, lacking
        See :class:`BenchmarkRecord`.
    """

    scores: dict[str, float]
    unscored: dict[str, str]
    lacking: tuple[str, ...]


@dataclass(frozen=True)
class _Value:
    """What a metric gave, or why it gave nothing; whether that is for it does not apply."""

    value: float | None
    reason: str = ""
    lacks: bool = False


def scored(outcome: Any, data: Dataset, batch: Batch) -> Scored:
    """Score a fit by every metric.

    Parameters
    ----------
    outcome : fitted estimator or exception
        What came of a fit.
    data : Dataset
        What it was fitted to, with the truth.
    batch : Batch
        Names the metrics.

    Returns
    -------
    Scored
        The worst there is where a fit failed or could not be scored; NaN where not even the truth
        says enough. Reasons are of fits that went well only.
    """
    reports = _Reports(outcome, data, batch)
    found = [(metric, reports.value(metric)) for metric in batch.metrics]
    return Scored(
        scores={
            metric.name: reports.worst(metric) if item.value is None else item.value
            for metric, item in found
        },
        unscored={metric.name: item.reason for metric, item in found if item.reason},
        lacking=tuple(metric.name for metric, item in found if item.lacks),
    )


class _Reports:
    """Reports of the answer, and of a failed one, each computed at most once."""

    def __init__(self, outcome: Any, data: Dataset, batch: Batch) -> None:
        self.outcome, self.data, self.batch = outcome, data, batch
        self.known: dict[bool, ScoreReport | Exception] = {}

    def value(self, metric: Metric) -> _Value:
        """Return the value and, where a fitted estimator has none, the reason."""
        if is_failure(self.outcome):
            return _Value(None)
        try:
            value = self.computed(metric)
        except Exception as error:  # noqa: BLE001  a metric's failure is not the sweep's
            own = not isinstance(metric, BuiltInMetric)
            return _Value(None, told(error), lacks=own and isinstance(error, AttributeError))
        if value is None:
            return _Value(None, self.reason(metric), lacks=True)
        if np.isnan(value):
            return _Value(None, "is not a number")
        if not isinstance(metric, BuiltInMetric) and _is_beyond(value, metric):
            beyond = f"is {value:g}, worse than {metric.worst:g}, the worst of the metric"
            return _Value(None, beyond)
        return _Value(value)

    def computed(self, metric: Metric) -> float | None:
        if not isinstance(metric, BuiltInMetric):
            return float(metric.compute(self.outcome, self.data))
        return metric.read(self.report(failed=False))

    def reason(self, metric: Metric) -> str:
        found = isinstance(metric, BuiltInMetric) and metric.reason(self.report(failed=False))
        return found or "the answer does not have what it reads"

    def worst(self, metric: Metric) -> float:
        """Return what a failed fit counts as."""
        if not isinstance(metric, BuiltInMetric):
            return metric.worst
        try:
            value = metric.read(self.report(failed=True))
        except Exception:  # noqa: BLE001  this draw's truth does not say what the first one's said
            return nan
        if value is None:
            return nan
        is_worst = abs(value - metric.worst) <= _ROUNDING  # R2 of constants is 0 but for rounding
        return metric.worst if is_worst else value

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
            random_state=state_of(self.batch, "score"),
        )


def _is_beyond(value: float, metric: Metric) -> bool:
    """Whether a value is worse than the worst one, by more than rounding."""
    sign = 1.0 if metric.larger_is_better else -1.0
    return sign * (metric.worst - value) > _ROUNDING * max(abs(metric.worst), 1.0)
