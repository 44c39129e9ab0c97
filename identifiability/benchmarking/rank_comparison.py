"""Tests of ranks over blocks: Friedman's, Wilcoxon's with ties, and Holm's correction."""

from __future__ import annotations

from math import factorial

import numpy as np
from scipy import stats

__all__ = ["friedman", "holm", "signed_rank"]

_MOST_EXACT = 50


def friedman(ranks: np.ndarray) -> tuple[float, float]:
    """Return the statistic of Iman and Davenport, and its p-value.

    Parameters
    ----------
    ranks : ndarray of shape (n_blocks, n_estimators)
        Ranks within each block, ties at their mean.
    """
    n, k = ranks.shape
    spread = float(np.sum(ranks**2) - n * k * (k + 1) ** 2 / 4)
    if spread == 0.0:
        return 0.0, 1.0
    between = float(np.sum((ranks.mean(axis=0) - (k + 1) / 2) ** 2))
    chi2 = n**2 * (k - 1) * between / spread
    left = n * (k - 1) - chi2
    least = factorial(k) ** -(n - 1.0)
    if left <= np.sqrt(np.finfo(float).eps) * chi2:
        return float("inf"), least
    F = (n - 1) * chi2 / left
    return float(F), max(float(stats.f.sf(F, k - 1, (k - 1) * (n - 1))), least)


def signed_rank(differences: np.ndarray) -> float:
    """Return the two-sided p-value of the signed-rank test; 1 where nothing differs.

    Parameters
    ----------
    differences : ndarray of shape (n_blocks,)
        May be infinite; zeros take the smallest ranks, and drop out then (Pratt).
    """
    moved = differences != 0
    if not moved.any():
        return 1.0
    if moved.sum() > _MOST_EXACT:  # few among many ties are far from normal
        return float(stats.wilcoxon(differences, zero_method="pratt", method="asymptotic").pvalue)
    doubled = np.rint(2 * stats.rankdata(np.abs(differences))).astype(int)[moved]
    return _exact_tail(doubled, int(doubled[differences[moved] > 0].sum()))


def _exact_tail(weights: np.ndarray, total: int) -> float:
    """Chance that random signs give the positive weights a sum as far from half as this one.

    Counting sign patterns sum by sum is exact with ties and without blocks that do not differ,
    where tables of the test are not.
    """
    law = np.zeros(weights.sum() + 1)
    law[0] = 1.0
    for weight in weights:
        law[weight:] = (law[weight:] + law[: len(law) - weight]) / 2
        law[:weight] /= 2
    smaller = min(total, len(law) - 1 - total)
    return min(2.0 * float(law[: smaller + 1].sum()), 1.0)


def holm(p_values: np.ndarray) -> np.ndarray:
    """Correct p-values (m,) for their number by Holm's step-down procedure.

    Parameters
    ----------
    p_values : ndarray of shape (m,)
        As they came from the tests.
    """
    order = np.argsort(p_values)
    factors = np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(factors * p_values[order]), 1.0)
    return adjusted
