r"""Tests of vanishing tetrads, one at a time and jointly.

The tetrad (a, b, c, d) is the difference :math:`\sigma_{ab}\sigma_{cd} - \sigma_{ac}\sigma_{bd}`,
the determinant of the covariances between the variables a, d and b, c.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import linalg, special

from causalrep.argument_arrays import real_array
from causalrep.arguments import array, checked, count, samples
from causalrep.covariances import check_covariance, correlation_of
from causalrep.data import default_names
from causalrep.exceptions import DegenerateDataError, InvalidDataError
from causalrep.moments import Moments
from causalrep.validation import check_columns

__all__ = [
    "JointTetradTest",
    "SingleTetradTests",
    "joint_tetrad_test",
    "joint_tetrad_test_from_samples",
    "single_tetrad_tests",
    "tetrad_differences",
    "usable_covariance",
]

_SINGULAR = 1e-10
_LARGEST = 1e70


@dataclass(frozen=True)
class SingleTetradTests:
    """Each tetrad by itself.

    Parameters
    ----------
    differences, standard_errors : ndarray of shape (n_tetrads,)
        The tetrads of the sample, and Wishart's standard errors.
    statistics, p_values : ndarray of shape (n_tetrads,)
        Their ratios, and two-sided normal p-values.
    """

    differences: np.ndarray
    standard_errors: np.ndarray
    statistics: np.ndarray
    p_values: np.ndarray


@dataclass(frozen=True)
class JointTetradTest:
    """Several tetrads together.

    Parameters
    ----------
    statistic : float
        The Wald statistic of Bollen and Ting.
    degrees_of_freedom : int
        Number of tetrads.
    p_value : float
        Upper tail of the reference law.
    """

    statistic: float
    degrees_of_freedom: int
    p_value: float


@checked(covariance=array(2, finite=False))
def tetrad_differences(covariance: Any, tetrads: Any) -> np.ndarray:
    r"""Return :math:`s_{ab} s_{cd} - s_{ac} s_{bd}` for each tetrad (a, b, c, d).

    Parameters
    ----------
    covariance : array-like of shape (n_variables, n_variables)
        Covariance or correlation matrix.
    tetrads : array-like of shape (n_tetrads, 4), int
        Four different variables a row.

    Returns
    -------
    ndarray of shape (n_tetrads,)

    Raises
    ------
    InvalidDataError
        If the matrix is no covariance, or a row does not name four different variables.

    Examples
    --------
    >>> import numpy as np
    >>> from discovery import tetrad_differences
    >>> loadings = np.array([1.0, 2.0, 0.5, 1.0])
    >>> one_factor = np.outer(loadings, loadings) + np.eye(4)
    >>> tetrad_differences(one_factor, [[0, 1, 2, 3], [0, 1, 3, 2]])
    array([0., 0.])
    """
    S = _in_range(usable_covariance(covariance))
    return _differences(S, _checked_tetrads(tetrads, len(S)))


@checked(covariance=array(2, finite=False), n_samples=count(1))
def single_tetrad_tests(covariance: Any, n_samples: int, tetrads: Any) -> SingleTetradTests:
    r"""Test each tetrad by itself, for normal data.

    Parameters
    ----------
    covariance : array-like of shape (n_variables, n_variables)
        Sample covariance or correlation matrix.
    n_samples : int
        Number of samples behind it, at least 5.
    tetrads : array-like of shape (n_tetrads, 4), int
        Four different variables a row.

    Returns
    -------
    SingleTetradTests

    Raises
    ------
    InvalidDataError
        If the matrix is no covariance, there are too few samples, or a row does not name four
        different variables.

    Notes
    -----
    The tetrad is the determinant of the covariances of (a, d) with (b, c). With N samples its
    variance is [1]_

    .. math:: \frac{1}{N - 2} \left( \frac{N + 1}{N - 1} \, D_{ad} D_{bc} - D_{abcd} \right),

    with D the determinant of the covariance of the variables in its index.

    References
    ----------
    .. [1] J. Wishart, "Sampling errors in the theory of two factors", British Journal of
       Psychology 19 (1928), 180-187.

    Examples
    --------
    >>> import numpy as np
    >>> from discovery import single_tetrad_tests
    >>> tests = single_tetrad_tests(0.5 + 0.5 * np.eye(4), 100, [[0, 1, 2, 3]])
    >>> tests.differences, tests.p_values
    (array([0.]), array([1.]))
    """
    S = _in_range(usable_covariance(covariance))
    tetrads = _checked_tetrads(tetrads, len(S))
    N = _checked_size(n_samples, 5)
    a, b, c, d = tetrads.T
    outer, inner = (_determinants(S, np.stack(pair, axis=1)) for pair in ((a, d), (b, c)))
    variances = (N + 1) / (N - 1) * outer * inner - _determinants(S, tetrads)
    errors = np.sqrt(variances / (N - 2))
    differences = _differences(S, tetrads)
    statistics = differences / errors
    return SingleTetradTests(
        differences, errors, statistics, 2 * special.ndtr(-np.abs(statistics))
    )


@checked(covariance=array(2, finite=False), n_samples=count(1))
def joint_tetrad_test(covariance: Any, n_samples: int, tetrads: Any) -> JointTetradTest:
    r"""Test that several tetrads vanish together, for normal data.

    Parameters
    ----------
    covariance : array-like of shape (n_variables, n_variables)
        Sample covariance or correlation matrix.
    n_samples : int
        Number of samples behind it, more than there are tetrads.
    tetrads : array-like of shape (n_tetrads, 4), int
        None of them implied by the others; :func:`one_factor_tetrads` lists such a set.

    Returns
    -------
    JointTetradTest

    Raises
    ------
    InvalidDataError
        If the matrix is no covariance, there are too few samples, or a row does not name four
        different variables.
    DegenerateDataError
        If the tetrads are redundant.

    Notes
    -----
    With t the n tetrads, D their derivatives by the covariances and Omega the asymptotic
    covariance of these, :math:`T = N t' (D \Omega D')^{-1} t` has asymptotically a chi-square law
    with n degrees of freedom [1]_. For normal data
    :math:`\Omega_{ef,gh} = \sigma_{eg} \sigma_{fh} + \sigma_{eh} \sigma_{fg}`, so that with
    J the symmetric matrix of derivatives of a tetrad, the entries of
    :math:`D \Omega D'` are :math:`2 \operatorname{tr}(J_t S J_u S)`.

    The level is that asked for from 1,000 samples on. With fewer the test is careful, for tetrads
    are products whose derivatives err as they do: with the five tetrads of five variables and 100
    samples it rejects less than .01 at level .05, with 300 about .03.
    :func:`~discovery.one_factor_test` asks the same of a single factor at its level.

    References
    ----------
    .. [1] K. A. Bollen, K. Ting, "Confirmatory tetrad analysis", Sociological Methodology 23
       (1993), 147-175; "A tetrad test for causal indicators", Psychological Methods 5 (2000).

    Examples
    --------
    Sympathy with unions (Bollen and Ting 2000): of five variables one tetrad should vanish.

    >>> from discovery import joint_tetrad_test
    >>> covariance = [
    ...     [14.610, -5.250, -8.057, -0.482, -18.857],
    ...     [-5.250, 11.017, 11.087, 0.677, 17.861],
    ...     [-8.057, 11.087, 31.971, 1.559, 28.250],
    ...     [-0.482, 0.677, 1.559, 1.021, 7.139],
    ...     [-18.857, 17.861, 28.250, 7.139, 215.662],
    ... ]
    >>> test = joint_tetrad_test(covariance, 173, [[0, 3, 4, 1]])
    >>> round(test.statistic, 4), test.degrees_of_freedom, round(test.p_value, 4)
    (0.7311, 1, 0.3925)
    """
    S = usable_covariance(covariance)
    tetrads = _checked_tetrads(tetrads, len(S))
    n_samples = _checked_size(n_samples, len(tetrads) + 1)
    J = _derivatives(S, tetrads)
    products = J @ S
    spread = 2 * np.einsum("tij,uji->tu", products, products)
    statistic = n_samples * _quadratic_form(_differences(S, tetrads), spread)
    return JointTetradTest(statistic, len(tetrads), float(special.chdtrc(len(tetrads), statistic)))


@checked(X=samples())
def joint_tetrad_test_from_samples(X: Any, tetrads: Any) -> JointTetradTest:
    r"""Test that several tetrads vanish together, whatever the law of the data.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_variables)
        Samples, more than there are tetrads and one.
    tetrads : array-like of shape (n_tetrads, 4), int
        None of them implied by the others; :func:`one_factor_tetrads` lists such a set.

    Returns
    -------
    JointTetradTest

    Raises
    ------
    InvalidDataError
        If samples are missing or too few, or a row does not name four different variables.
    DegenerateDataError
        If the tetrads are redundant.

    Notes
    -----
    As :func:`joint_tetrad_test`, but with the fourth moments of the data,
    :math:`\Omega_{ef,gh} = \mu_{efgh} - \sigma_{ef} \sigma_{gh}`: then
    :math:`D \Omega D'` is the covariance of each sample's contributions to the tetrads. Because
    it is estimated from N samples, the p-value is that of Hotelling's law,
    :math:`T (N - n) / (n (N - 1)) \sim F_{n, N - n}`; for large N it is the chi-square law.

    With fewer than 1,000 samples it is careful, as :func:`joint_tetrad_test` is. With five tetrads
    and heavy tails it rejects less than .01 at level .05 with 100 samples, and .03 with 1,000;
    :func:`~discovery.one_factor_test_from_samples` asks the same of one factor at its level.

    References
    ----------
    K. A. Bollen, K. Ting, "Confirmatory tetrad analysis", Sociological Methodology 23 (1993),
    147-175.

    Examples
    --------
    >>> import numpy as np
    >>> from discovery import joint_tetrad_test_from_samples
    >>> rng = np.random.default_rng(0)
    >>> factor = rng.exponential(size=(500, 1))
    >>> X = factor + rng.exponential(size=(500, 4))
    >>> joint_tetrad_test_from_samples(X, [[0, 1, 2, 3], [0, 1, 3, 2]]).p_value > 0.05
    True
    """
    tetrads = _checked_tetrads(tetrads, X.shape[1])
    N, n = _checked_size(len(X), len(tetrads) + 2), len(tetrads)
    moments = Moments.from_samples(X)
    X = X - moments.mean
    S = usable_covariance(moments.covariance())
    a, b, c, d = tetrads.T
    contributions = (
        S[c, d] * X[:, a] * X[:, b]
        + S[a, b] * X[:, c] * X[:, d]
        - S[b, d] * X[:, a] * X[:, c]
        - S[a, c] * X[:, b] * X[:, d]
    )
    spread = np.cov(contributions.T, bias=True).reshape(n, n)
    statistic = N * _quadratic_form(_differences(S, tetrads), spread)
    p_value = special.fdtrc(n, N - n, statistic * (N - n) / (n * N))
    return JointTetradTest(statistic, n, float(p_value))


def usable_covariance(covariance: Any) -> np.ndarray:
    """Return a covariance whose columns all tell something, and whose squares are in range.

    Parameters
    ----------
    covariance : array-like of shape (n_variables, n_variables)

    Returns
    -------
    ndarray of shape (n_variables, n_variables)

    Raises
    ------
    InvalidDataError
        If the matrix is no covariance.
    DegenerateDataError
        If a variable is constant, or a combination of the others.
    """
    S = check_covariance(covariance)
    check_columns(S, default_names(len(S)))
    return S


def _in_range(S: np.ndarray) -> np.ndarray:
    """Refuse covariances whose products are zero or infinite numbers."""
    variances = np.diag(S)
    if variances.max() > _LARGEST or variances.min() < 1 / _LARGEST:
        raise InvalidDataError(
            f"Tetrads are products of covariances, which leave the range of numbers where the "
            f"variances are {variances.min():.3g} to {variances.max():.3g}. Divide the columns by "
            "powers of ten or two before."
        )
    return S


def _checked_tetrads(tetrads: Any, n_variables: int) -> np.ndarray:
    array = real_array("Tetrads have to be", tetrads)
    if array.ndim != 2 or array.shape[1] != 4 or not len(array) or array.dtype.kind not in "iu":
        raise InvalidDataError(
            f"Tetrads are rows of four whole numbers, but an array of shape {array.shape} and "
            f"type {array.dtype} came."
        )
    if array.min() < 0 or array.max() >= n_variables:
        raise InvalidDataError(
            f"There are {n_variables} variables, 0 to {n_variables - 1}, but the tetrads name "
            f"{array.min()} to {array.max()}."
        )
    ordered = np.sort(array, axis=1)
    repeated = (ordered[:, 1:] == ordered[:, :-1]).any(axis=1)
    if repeated.any():
        raise InvalidDataError(
            f"A tetrad has four different variables, but {array[repeated.argmax()].tolist()} "
            "repeats one."
        )
    return array.astype(np.int64)


def _checked_size(n_samples: int, least: int) -> int:
    if n_samples < least:
        raise InvalidDataError(
            f"At least {least} samples are needed for this test, but there are {n_samples}."
        )
    return n_samples


def _differences(S: np.ndarray, tetrads: np.ndarray) -> np.ndarray:
    a, b, c, d = tetrads.T
    return S[a, b] * S[c, d] - S[a, c] * S[b, d]


def _determinants(S: np.ndarray, sets: np.ndarray) -> np.ndarray:
    return np.linalg.det(S[sets[:, :, None], sets[:, None, :]])


def _derivatives(S: np.ndarray, tetrads: np.ndarray) -> np.ndarray:
    """Symmetric matrices J with dt = tr(J dS), shape (n_tetrads, n_variables, n_variables)."""
    a, b, c, d = tetrads.T
    J = np.zeros((len(tetrads), len(S), len(S)))
    each = np.arange(len(tetrads))
    for i, j, value in ((a, b, S[c, d]), (c, d, S[a, b]), (a, c, -S[b, d]), (b, d, -S[a, c])):
        J[each, i, j] = J[each, j, i] = value / 2
    return J


def _quadratic_form(values: np.ndarray, spread: np.ndarray) -> float:
    """Return ``values' spread^-1 values``, the spread in units of its diagonal."""
    scale = np.sqrt(np.diag(spread))
    if not (scale > 0).all():
        raise DegenerateDataError("A tetrad has no variance: its variables do not vary together.")
    correlation = correlation_of(spread)
    if np.linalg.eigvalsh(correlation)[0] < _SINGULAR:
        raise DegenerateDataError(
            f"The {len(values)} tetrads are redundant: some are implied by the others. Leave "
            "those out; one_factor_tetrads lists a set without redundancy."
        )
    white = linalg.cho_solve(linalg.cho_factor(correlation), values / scale)
    return float(white @ (values / scale))
