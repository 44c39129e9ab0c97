"""The median of few values, with an interval that assumes nothing of their distribution."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy.stats import binom

__all__ = ["median_interval"]


def median_interval(
    values: Sequence[float] | np.ndarray, confidence: float = 0.95
) -> tuple[float, float, float]:
    r"""Return the median and the order statistics between which that of the population lies.

    Parameters
    ----------
    values : array-like of shape (n,)
        Independent draws; they may be infinite.
    confidence : float, default=0.95
        Least coverage.

    Returns
    -------
    median, low, high : float
        NaN for both ends where n is too small for any interval: below 6 at confidence 0.95.

    Notes
    -----
    The k-th smallest of n draws is above the median of their distribution with probability
    :math:`P(B < k)` at most, B binomial with n trials of probability 1/2. So the interval from the
    k-th smallest to the k-th largest holds it with probability :math:`1 - 2 P(B < k)` at least,
    whatever the distribution, and k is the largest with which that is the confidence or more.

    References
    ----------
    W. R. Thompson, "On confidence ranges for the median and other expectation distributions for
    populations of unknown distribution form", Annals of Mathematical Statistics 7 (1936).

    Examples
    --------
    >>> from identifiability.benchmarking.medians import median_interval
    >>> median_interval([3.0, 1.0, 2.0, 6.0, 5.0, 4.0])
    (3.5, 1.0, 6.0)
    """
    ordered = np.sort(np.asarray(values, dtype=float))
    n = len(ordered)
    if n == 0:
        return np.nan, np.nan, np.nan
    lower, upper = ordered[(n - 1) // 2], ordered[n // 2]
    median = float(lower) if lower == upper else float((lower + upper) / 2)
    k = _rank(n, confidence)
    if k == 0:
        return median, np.nan, np.nan
    return median, float(ordered[k - 1]), float(ordered[n - k])


@lru_cache(maxsize=1024)
def _rank(n: int, confidence: float) -> int:
    """Return the largest k with ``2 P(B < k) <= 1 - confidence``; 0 where there is none."""
    outside = binom.cdf(np.arange(n // 2 + 1), n, 0.5)
    return int(np.sum(outside <= (1 - confidence) / 2))
