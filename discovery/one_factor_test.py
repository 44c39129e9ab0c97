r"""The test that one common factor is behind several variables: all its tetrads at once.

One factor makes the covariances :math:`\sigma_{ij} = \lambda_i \lambda_j` products of loadings,
which is the same as that all tetrads vanish.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg, special

from causalrep.arguments import array, checked, count, samples
from causalrep.covariances import correlation_of
from causalrep.exceptions import InvalidDataError
from causalrep.moments import Moments
from discovery.tetrads import JointTetradTest, usable_covariance

__all__ = ["one_factor_test", "one_factor_test_from_samples", "one_factor_tetrads"]

_MOST_STEPS = 50
_SAMPLES_PER_DEGREE = 40
_LONGEST_STEP = 0.3
_SMALL_STEP = 1e-10


@checked(covariance=array(2, finite=False), n_samples=count(1))
def one_factor_test(covariance: Any, n_samples: int) -> JointTetradTest:
    r"""Test that all tetrads among some variables vanish, for normal data.

    Parameters
    ----------
    covariance : array-like of shape (n_variables, n_variables)
        Sample covariance or correlation matrix of at least four variables.
    n_samples : int
        Number of samples behind it.

    Returns
    -------
    JointTetradTest
        With ``n_variables * (n_variables - 3) / 2`` degrees of freedom.

    Raises
    ------
    InvalidDataError
        If the matrix is no covariance of four variables or more.

    Notes
    -----
    Let r be the correlations less the products of least-squares loadings, :math:`\Delta` the
    derivatives of these products and Q an orthonormal basis of what is orthogonal to
    :math:`\Delta`. The gradients of all tetrads at the fitted loadings span Q, so that

    .. math:: T = N \, r' Q (Q' \Omega Q)^{-1} Q' r

    is the statistic of Bollen and Ting for any set of tetrads without redundancy, linearised at
    the fitted factor [1]_ [2]_. It does not depend on the choice of the set, and its law is
    nearer to chi-square: at N = 300 a test of eight variables at level .05 rejects .04 to .05,
    that of :func:`~discovery.joint_tetrad_test` less than .01.

    References
    ----------
    .. [1] K. A. Bollen, K. Ting, "Confirmatory tetrad analysis", Sociological Methodology 23
       (1993), 147-175.
    .. [2] M. W. Browne, "Asymptotically distribution-free methods for the analysis of
       covariance structures", British Journal of Mathematical and Statistical Psychology 37
       (1984), 62-83.

    Examples
    --------
    >>> import numpy as np
    >>> from discovery import one_factor_test
    >>> two_factors = np.kron([[1, 0.2], [0.2, 1]], np.full((2, 2), 0.5)) + 0.5 * np.eye(4)
    >>> one_factor_test(two_factors, 200).p_value < 1e-6
    True
    """
    R, residual, basis = _residual_tetrads(usable_covariance(covariance))
    statistic = n_samples * _quadratic_form(_normal_spread(R, basis), residual)
    n = len(residual)
    return JointTetradTest(statistic, n, float(special.chdtrc(n, statistic)))


@checked(X=samples())
def one_factor_test_from_samples(X: Any) -> JointTetradTest:
    r"""Test that all tetrads among some variables vanish, whatever the law of the data.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_variables)
        Samples of at least four variables that all vary.

    Returns
    -------
    JointTetradTest

    Raises
    ------
    InvalidDataError
        If there are fewer than four variables, or no more samples than degrees of freedom.

    Notes
    -----
    For up to one degree of freedom in 40 samples it is :func:`one_factor_test` with the fourth
    moments of the data in Omega, and Hotelling's law for the p-value as in
    :func:`~discovery.joint_tetrad_test_from_samples`. For fewer it would reject too often,
    with 8 variables and 100 normal samples .09 at level .05, with 12 and 150 even .13. Then the
    statistic of :func:`one_factor_test` is divided by :math:`\operatorname{tr}(W^{-1} V) / n` and
    taken for chi-square [1]_; W is :math:`Q' \Omega Q` of normal data, and V that of the samples.
    That is right where V is a multiple of W: for elliptical laws, and for one factor with
    independent errors of any laws.

    References
    ----------
    .. [1] A. Satorra, P. M. Bentler, "Corrections to test statistics and standard errors in
       covariance structure analysis", in Latent Variables Analysis (1994), equation 16.7.

    Examples
    --------
    >>> import numpy as np
    >>> from discovery import one_factor_test_from_samples
    >>> rng = np.random.default_rng(0)
    >>> X = rng.exponential(size=(300, 1)) + rng.exponential(size=(300, 5))
    >>> one_factor_test_from_samples(X).degrees_of_freedom
    5
    """
    moments = Moments.from_samples(X)
    X = X - moments.mean
    R, residual, basis = _residual_tetrads(usable_covariance(moments.covariance()))
    N, n = len(X), len(residual)
    if n + 1 >= N:
        raise InvalidDataError(
            f"The fourth moments of {len(R)} variables need more than {n + 1} samples, but there "
            f"are {N}. Collect more, or use one_factor_test, which assumes normal data."
        )
    Z = X / X.std(axis=0)
    i, j = np.triu_indices(len(R), 1)
    spread = np.cov((Z[:, i] * Z[:, j] @ basis).T, bias=True).reshape(n, n)
    if n * _SAMPLES_PER_DEGREE <= N:
        statistic = N * _quadratic_form(spread, residual)
        p_value = special.fdtrc(n, N - n, statistic * (N - n) / (n * N))
    else:
        normal = _normal_spread(R, basis)
        scale = np.trace(linalg.solve(normal, spread, assume_a="pos")) / n
        statistic = N * _quadratic_form(normal, residual) / scale
        p_value = special.chdtrc(n, statistic)
    return JointTetradTest(float(statistic), n, float(p_value))


@checked(covariance=array(2, finite=False))
def one_factor_tetrads(covariance: Any) -> np.ndarray:
    """List the tetrads that a single common factor makes vanish, none implied by the others.

    Parameters
    ----------
    covariance : array-like of shape (n_variables, n_variables)
        Covariance of at least four variables.

    Returns
    -------
    ndarray of shape (n_variables * (n_variables - 3) / 2, 4), int

    Raises
    ------
    InvalidDataError
        If the matrix is no covariance of four variables or more.

    Notes
    -----
    Let 1, 2 be two anchors. The tetrads (1, 2, i, j) for all i < j give
    ``s_ij = s_1i s_2j / s_12``, and the tetrads (1, i, 3, 2) give ``s_1i s_23 = s_13 s_2i``:
    together ``s_ij`` is a product of loadings. Their number is that of the covariances less the
    loadings. The anchors are the pair that correlate most with each other, then that which
    correlates most with them, so that the list does not depend on the order of the variables.

    Examples
    --------
    >>> import numpy as np
    >>> from discovery import one_factor_tetrads
    >>> one_factor_tetrads(np.diag([1.0, 1, 1, 1]) + np.outer([3, 2, 1, 1], [3, 2, 1, 1]))
    array([[0, 1, 2, 3],
           [0, 3, 2, 1]])
    """
    S = usable_covariance(covariance)
    if len(S) < 4:
        raise InvalidDataError(
            f"A common factor makes tetrads vanish among four variables or more, but there are "
            f"{len(S)}."
        )
    size = np.abs(correlation_of(S))
    pair = np.array(np.unravel_index(np.triu(size, 1).argmax(), size.shape))
    first, second = pair[np.argsort(-size[pair].sum(axis=1), kind="stable")]
    others = np.delete(np.arange(len(S)), [first, second])
    others = others[np.argsort(-size[first, others] * size[second, others], kind="stable")]
    i, j = np.triu_indices(len(others), 1)
    anchors = np.repeat([[first, second]], len(i), axis=0)
    products = np.column_stack([anchors, others[i], others[j]])
    third, rest = others[0], others[1:]
    ratios = np.column_stack(
        [np.full_like(rest, first), rest, np.full_like(rest, third), np.full_like(rest, second)]
    )
    return np.concatenate([products, ratios])


def least_squares_loadings(R: np.ndarray) -> np.ndarray:
    """Find the loadings whose products are nearest to the correlations, by Gauss-Newton steps.

    Parameters
    ----------
    R : ndarray of shape (n_variables, n_variables)
        Correlations of at least three variables.

    Returns
    -------
    ndarray of shape (n_variables,)
    """
    i, j = np.triu_indices(len(R), 1)
    values, vectors = np.linalg.eigh(R)
    loadings = vectors[:, -1] * np.sqrt(max(values[-1] - 1, 0.1))
    for _ in range(_MOST_STEPS):
        misfit = R[i, j] - loadings[i] * loadings[j]
        step = np.linalg.lstsq(_slopes(loadings), misfit, rcond=None)[0]
        loadings = loadings + np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)
        if np.abs(step).max() < _SMALL_STEP:
            break
    return loadings


def _residual_tetrads(S: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return correlations R, their residuals along all tetrads, and the basis Q of the tetrads."""
    if len(S) < 4:
        raise InvalidDataError(
            f"One factor restricts the covariances of four variables or more, but there are "
            f"{len(S)}."
        )
    R = correlation_of(S)
    loadings = least_squares_loadings(R)
    i, j = np.triu_indices(len(R), 1)
    basis = np.linalg.svd(_slopes(loadings))[0][:, len(R) :]
    return R, basis.T @ (R[i, j] - loadings[i] * loadings[j]), basis


def _normal_spread(R: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Covariance of the residuals of normal data, times the number of samples."""
    i, j = np.triu_indices(len(R), 1)
    omega = R[np.ix_(i, i)] * R[np.ix_(j, j)] + R[np.ix_(i, j)] * R[np.ix_(j, i)]
    return basis.T @ omega @ basis


def _slopes(loadings: np.ndarray) -> np.ndarray:
    """Return the derivatives of the products of loadings, shape (n_pairs, n_variables)."""
    i, j = np.triu_indices(len(loadings), 1)
    slopes = np.zeros((len(i), len(loadings)))
    pairs = np.arange(len(i))
    slopes[pairs, i], slopes[pairs, j] = loadings[j], loadings[i]
    return slopes


def _quadratic_form(spread: np.ndarray, values: np.ndarray) -> float:
    return float(values @ linalg.solve(spread, values, assume_a="pos"))
