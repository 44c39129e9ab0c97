"""How much single samples move a score, where it is a function of covariances."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

__all__ = ["careful_spread"]

_STEP = 1e-5
_MOST_LEVERAGE = 0.9


def careful_spread(
    compute: Callable[[np.ndarray], float], samples: np.ndarray
) -> tuple[float, float]:
    r"""Return the standard error of a function of covariances, and its degrees of freedom.

    Parameters
    ----------
    compute : callable
        Takes the matrix of products of centred columns, of shape (m, m).
    samples : ndarray of shape (n_samples, m)
        Columns of any scale that vary.

    Returns
    -------
    spread : float
        Root of the sum of squared influences, each divided by the root of one minus its leverage
        (HC2), since a fit comes near to samples of much leverage; larger than what resampling
        gives where few samples decide.
    freedom : float
        That of the estimate of the variance, :math:`2 n / (k - 1)` for influences of kurtosis k.

    Notes
    -----
    With G the derivatives by the entries of the matrix :math:`C = \sum_i x_i x_i'`, a sample has
    the influence :math:`x_i' G x_i - \operatorname{tr}(G C) / n` and the leverage
    :math:`1/n + x_i' C^{-1} x_i`. A sum of squares of n values of kurtosis k, as an estimate of
    a variance, has the relative variance :math:`(k - 1) / n`; a chi-square variable of f degrees
    of freedom over f has :math:`2 / f`.

    References
    ----------
    J. G. MacKinnon, H. White, "Some heteroskedasticity-consistent covariance matrix estimators
    with improved finite sample properties", Journal of Econometrics 29 (1985) 305-325; F. E.
    Satterthwaite, "An approximate distribution of estimates of variance components", Biometrics
    Bulletin 2 (1946) 110-114.

    Examples
    --------
    >>> import numpy as np
    >>> from identifiability.score_influences import careful_spread
    >>> x = np.random.default_rng(0).standard_normal((400, 1))
    >>> spread, freedom = careful_spread(lambda C: np.log(C[0, 0]), x)
    >>> bool(abs(spread - np.sqrt(2 / 400)) < 0.01), 20 < freedom < 60
    (True, True)
    """
    X = samples - samples.mean(axis=0)
    C = X.T @ X
    G = _gradient(compute, C)
    influences = np.sum((X @ G) * X, axis=1) - np.sum(G * C) / len(X)
    leverages = 1.0 / len(X) + np.sum((X @ np.linalg.pinv(C, hermitian=True)) * X, axis=1)
    squares = influences**2 / (1.0 - np.minimum(leverages, _MOST_LEVERAGE))
    total = float(squares.sum())
    if not total > 0.0:
        return 0.0, np.inf
    kurtosis = len(X) * float(np.sum(squares**2)) / total**2
    return float(np.sqrt(total)), 2.0 * len(X) / max(kurtosis - 1.0, 1e-9)


def _gradient(compute: Callable[[np.ndarray], float], C: np.ndarray) -> np.ndarray:
    """Symmetric G (m, m) with change ``sum(G * dC)``, by central differences."""
    G = np.zeros_like(C)
    for i, j in zip(*np.triu_indices(len(C)), strict=True):
        change = np.zeros_like(C)
        change[i, j] = change[j, i] = _STEP * np.sqrt(C[i, i] * C[j, j])
        rise = compute(C + change) - compute(C - change)
        G[i, j] = G[j, i] = rise / (2.0 * change[i, j]) / (1.0 if i == j else 2.0)
    return G
