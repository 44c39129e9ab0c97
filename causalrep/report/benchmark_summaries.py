"""One line for each data set and estimator: a median, or a share where scores are yes or no."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import binomtest

from causalrep.report.words import in_words

if TYPE_CHECKING:
    from identifiability import BenchmarkResult, BenchmarkRow

__all__ = ["are_shares", "mean_score", "remarks", "summaries"]

_CONFIDENCE = 0.95
_UNSCORED = "Not every answer could be scored"


def summaries(result: BenchmarkResult, metric: str) -> tuple[BenchmarkRow, ...]:
    """Return the rows of a metric that apply.

    Where a metric goes from 0 to 1 and all scores are 0 or 1, ``median`` is the share of ones,
    with the interval of Clopper and Pearson.

    Parameters
    ----------
    result : BenchmarkResult
        What :func:`identifiability.benchmark` returned.
    metric : str
        Which metric.
    """
    rows = [row for row in result.rows(metric) if row.n]
    if not are_shares(result, metric):
        return tuple(rows)
    return tuple(_as_share(row, scores_of(result, row)) for row in rows)


def are_shares(result: BenchmarkResult, metric: str) -> bool:
    """Whether a metric goes from 0 to 1, and all its scores are one or the other."""
    ends = {
        end for item in result.metrics if item.name == metric for end in (item.best, item.worst)
    }
    scores = np.array([record.scores[metric] for record in result.records])
    known = scores[~np.isnan(scores)]
    return ends == {0.0, 1.0} and bool(np.isin(known, (0.0, 1.0)).all())


def mean_score(result: BenchmarkResult, row: BenchmarkRow) -> float:
    """Mean score of a row; infinite where a failed fit is infinitely bad."""
    return float(np.mean(scores_of(result, row)))


def remarks(result: BenchmarkResult) -> tuple[str, ...]:
    """Return what the tables do not show, in brief where a metric applies to no answer at all.

    Parameters
    ----------
    result : BenchmarkResult
        What :func:`identifiability.benchmark` returned.
    """
    answered = [record for record in result.records if record.failure is None]
    scored = {
        (record.estimator, metric.name)
        for record in answered
        for metric in result.metrics
        if metric.name not in record.unscored
    }
    missed = {(record.estimator, name) for record in answered for name in record.unscored}
    lacking = all(set(record.unscored) <= set(record.lacking) for record in answered)
    sentences = result.sentences()
    if missed & scored or not missed or not lacking:
        return sentences
    kept = [text for text in sentences if not text.startswith(_UNSCORED)]
    names = {
        estimator: ", ".join(
            in_words(metric.name)
            for metric in result.metrics
            if (estimator, metric.name) in missed
        )
        for estimator in result.estimators
    }
    told = "; ".join(f"{estimator}: {metrics}" for estimator, metrics in names.items() if metrics)
    return (f"What does not apply to the answers of an estimator is left out ({told}).", *kept)


def scores_of(result: BenchmarkResult, row: BenchmarkRow) -> Sequence[float]:
    """Return the scores that a row is made of."""
    scores = [
        record.scores[row.metric]
        for record in result.records
        if (record.dataset, record.estimator) == (row.dataset, row.estimator)
    ]
    return [score for score in scores if not np.isnan(score)]


def _as_share(row: BenchmarkRow, scores: Sequence[float]) -> BenchmarkRow:
    test = binomtest(int(np.sum(scores)), len(scores))
    interval = test.proportion_ci(_CONFIDENCE)
    return replace(
        row, median=float(np.mean(scores)), low=float(interval.low), high=float(interval.high)
    )
