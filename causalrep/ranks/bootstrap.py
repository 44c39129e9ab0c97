"""Correlation matrices of bootstrap resamples, without copies of the samples."""

from __future__ import annotations

from typing import Any

import numpy as np

from causalrep.arguments import checked, count
from causalrep.exceptions import DegenerateDataError, InvalidDataError
from causalrep.ranks.samples import standardised
from causalrep.seeds import legacy_generator

__all__ = ["bootstrap_correlations"]

_ATTEMPTS = 100
_ROUND_OFF = 1e-10


@checked(n_resamples=count(1))
def bootstrap_correlations(
    X: Any, n_resamples: int = 100, *, random_state: Any = None
) -> np.ndarray:
    """Draw resamples with replacement, and return the correlations of each.

    A resample is known by how often it holds each row; rows are weighted by these multinomial
    counts, never copied out. Rows take part in an order that depends on their values alone, so
    for one seed neither the order of rows nor that of columns, nor their units, matter.

    Parameters
    ----------
    X : Dataset, array-like or frame of shape (n_samples, n_features)
        The samples.
    n_resamples : int, default=100
        Number of resamples.
    random_state : int, Generator, RandomState or None, default=None
        Source of the counts.

    Returns
    -------
    ndarray of shape (n_resamples, n_features, n_features)

    Raises
    ------
    InvalidDataError
        If X is not a matrix of finite real numbers, or ``n_resamples`` is not positive.
    DegenerateDataError
        If columns are constant or duplicates, or become so in nearly all resamples. Single
        resamples where they do are drawn again.

    References
    ----------
    B. Efron, R. Tibshirani, "An Introduction to the Bootstrap", Chapman and Hall (1993).

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.ranks import bootstrap_correlations
    >>> X = np.random.default_rng(0).normal(size=(400, 3))
    >>> resampled = bootstrap_correlations(X, 200, random_state=0)
    >>> resampled.shape
    (200, 3, 3)
    >>> bool(abs(resampled[:, 0, 1].std() - 400**-0.5) < 0.01)
    True
    """
    if n_resamples < 1:
        raise InvalidDataError(f"n_resamples must be at least 1, but is {n_resamples!r}.")
    Z = standardised(X)
    Z = Z[np.lexsort(np.sort(Z, axis=1).T[::-1])]
    random = legacy_generator(random_state)
    return np.stack([_resampled(Z, random) for _ in range(n_resamples)])


def _resampled(Z: np.ndarray, random: np.random.RandomState) -> np.ndarray:
    n_samples, n_features = Z.shape
    for _ in range(_ATTEMPTS):
        counts = random.multinomial(n_samples, np.full(n_samples, 1 / n_samples))
        drawn = np.flatnonzero(counts)
        weights = counts[drawn] / n_samples
        rows = Z[drawn] - weights @ Z[drawn]
        rows *= np.sqrt(weights)[:, None]
        S = rows.T @ rows
        variances = np.diag(S)
        if variances.min() > _ROUND_OFF:
            R = S / np.sqrt(np.outer(variances, variances))
            np.fill_diagonal(R, 1.0)
            if np.abs(R - np.eye(n_features)).max() < 1 - _ROUND_OFF:
                return R
    raise DegenerateDataError(
        f"In {_ATTEMPTS} resamples out of {_ATTEMPTS} a column was constant or repeated another: "
        f"{n_samples} samples are too few to resample columns with so few values. Leave out "
        "columns that hardly vary."
    )
