r"""Exact answers: populations of linear models, and finite samples that reproduce them.

With independent sources e of cumulants ``k_r`` and ``x = N e`` every joint cumulant of x is
``sum_r k_r N[:, r] x ... x N[:, r]``; the covariance is the case of order two.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.linalg import solve_triangular

from causalrep.exceptions import BudgetError
from simulators.checks import SimulatorError
from simulators.noise import Noise

__all__ = [
    "cumulant_tensor",
    "draw_sources",
    "factorial_design",
    "gaussian_log_density",
    "white_sample",
]

_MOST_ROWS = 3**15


def cumulant_tensor(loadings: np.ndarray, source_cumulants: np.ndarray, order: int) -> np.ndarray:
    r"""Joint cumulants of ``x = loadings @ e`` for independent sources e.

    Parameters
    ----------
    loadings : ndarray of shape (n_features, n_sources)
        What each source adds to each feature.
    source_cumulants : ndarray of shape (n_sources,)
        Cumulant of this order of every source.
    order : int
        Order of the cumulant.

    Returns
    -------
    ndarray of shape (n_features,) * order
        Symmetric tensor of cumulants.

    Examples
    --------
    >>> import numpy as np
    >>> from simulators.exact import cumulant_tensor
    >>> cumulant_tensor(np.array([[1.0], [2.0]]), np.array([3.0]), order=2)
    array([[ 3.,  6.],
           [ 6., 12.]])
    """
    product = np.asarray(source_cumulants)[np.newaxis]
    for _ in range(order - 1):
        product = (product[:, np.newaxis] * loadings).reshape(-1, loadings.shape[1])
    return (product @ loadings.T).reshape((len(loadings),) * order)


def white_sample(sample: np.ndarray) -> np.ndarray:
    """Move a sample to mean 0 and covariance I, exactly up to rounding (divisor n).

    Parameters
    ----------
    sample : ndarray of shape (n_samples, n_columns)
        More rows than columns, in general position.

    Returns
    -------
    ndarray of shape (n_samples, n_columns)

    Raises
    ------
    SimulatorError
        If there are too few rows.

    Examples
    --------
    >>> import numpy as np
    >>> from simulators.exact import white_sample
    >>> white = white_sample(np.random.default_rng(0).exponential(size=(50, 2)))
    >>> np.allclose(white.T @ white / 50, np.eye(2), atol=1e-14)
    True
    """
    n_samples, n_columns = sample.shape
    if n_samples <= n_columns:
        raise SimulatorError(
            f"A sample with exact moments of {n_columns} independent sources needs more than "
            f"{n_columns} rows, but n_samples is {n_samples}."
        )
    for _ in range(2):
        sample = sample - sample.mean(axis=0)
        root = np.linalg.cholesky(sample.T @ sample / n_samples)
        sample = solve_triangular(root, sample.T, lower=True).T
    return sample


def draw_sources(
    laws: Sequence[Noise], n_samples: int, rng: np.random.Generator, exact: bool
) -> np.ndarray:
    """Draw independent columns, one a law, shape (n_samples, n_laws), column-major.

    With ``exact``, their empirical means and variances are those of the laws and their empirical
    correlations are zero, up to rounding (divisor n).
    """
    sources = np.empty((n_samples, len(laws)), order="F")
    for column, law in enumerate(laws):
        sources[:, column] = law.sample(n_samples, rng)
    if exact:
        means, scales = np.array([(law.mean, law.scale) for law in laws]).T
        varying = scales > 0
        white = white_sample((sources[:, varying] - means[varying]) / scales[varying])
        sources[:, varying] = means[varying] + scales[varying] * white
    return sources


def factorial_design(supports: Any) -> np.ndarray:
    """Every combination of the sources' values, once: a sample with independent columns.

    Parameters
    ----------
    supports : array-like of shape (n_sources, n_values)
        Equally likely values of each source.

    Returns
    -------
    ndarray of shape (n_values ** n_sources, n_sources)

    Raises
    ------
    BudgetError
        If the design has more than 3 ** 15 rows.

    Examples
    --------
    >>> from simulators.exact import factorial_design
    >>> factorial_design([[0, 1], [5, 7]]).tolist()
    [[0.0, 5.0], [0.0, 7.0], [1.0, 5.0], [1.0, 7.0]]
    """
    supports = np.asarray(supports, dtype=np.float64)
    n_rows = supports.shape[1] ** supports.shape[0]
    if n_rows > _MOST_ROWS:
        raise BudgetError(
            f"The full factorial design of {len(supports)} sources has {n_rows} rows; "
            f"at most {_MOST_ROWS} are made. Take fewer sources, or exact=True, which "
            "reproduces means and covariances in any number of rows."
        )
    grids = np.meshgrid(*supports, indexing="ij")
    return np.stack([grid.ravel() for grid in grids], axis=1)


def gaussian_log_density(x: np.ndarray, mean: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Log-density of a normal law with positive definite covariance, shape (n_samples,)."""
    root = np.linalg.cholesky(covariance)
    white = solve_triangular(root, (x - mean).T, lower=True)
    constant = np.log(np.diag(root)).sum() + 0.5 * len(root) * np.log(2 * np.pi)
    return -0.5 * np.sum(white**2, axis=0) - constant


def image_log_volume(matrix: np.ndarray) -> float:
    """Log of the volume that a full-rank matrix makes of the unit cube: ``logdet(G'G) / 2``."""
    return float(np.log(np.linalg.svd(matrix, compute_uv=False)).sum())
