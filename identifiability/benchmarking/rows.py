"""The scores of one estimator on one data set, over all seeds, as a row of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np

from identifiability.benchmarking.medians import median_interval
from identifiability.benchmarking.records import BenchmarkRecord, tells
from identifiability.score_rows import written

__all__ = ["BenchmarkRow", "row_of"]


@dataclass(frozen=True)
class BenchmarkRow:
    """The scores of one estimator on one data set, over all seeds.

    Parameters
    ----------
    estimator, dataset, metric : str
        Names.
    median : float
        Median score; a failed fit counts as the worst one. NaN where the metric does not apply.
    low, high : float
        Interval that holds the median of the distribution of scores; NaN where there are too few.
    n : int
        Number of scores.
    n_failed : int
        Those of them that are of failed fits, or of answers that could not be scored.
    """

    estimator: str
    dataset: str
    metric: str
    median: float
    low: float
    high: float
    n: int
    n_failed: int

    def __str__(self) -> str:
        if isnan(self.median):
            return "-"
        median, low, high = _shown(self.median, self.low, self.high)
        return median if isnan(self.low) else f"{median} [{low}, {high}]"


def row_of(
    records: Sequence[BenchmarkRecord],
    dataset: str,
    estimator: str,
    metric: str,
    confidence: float,
) -> BenchmarkRow:
    """Summarise one metric; where it applies to no answer, failures cannot make it apply.

    Parameters
    ----------
    records : sequence of BenchmarkRecord
        Of the estimator on the data set.
    dataset, estimator, metric : str
        Names.
    confidence : float
        Least coverage of the interval of the median.

    Returns
    -------
    BenchmarkRow
    """
    values = [record.scores[metric] for record in records if not isnan(record.scores[metric])]
    if not tells(metric, records):
        values = []
    failed = sum(record.failure is not None or metric in record.unscored for record in records)
    return BenchmarkRow(
        estimator,
        dataset,
        metric,
        *median_interval(values, confidence),
        len(values),
        min(failed, len(values)),
    )


def _shown(*values: float) -> list[str]:
    """Write numbers alike: as integers where all of them are."""
    known = [value for value in values if np.isfinite(value)]
    counts = all(value == int(value) for value in known)
    return [
        f"{'-' if value < 0 else ''}{written(int(abs(value)) if counts else abs(value))}"
        if np.isfinite(value)
        else str(value)
        for value in values
    ]
