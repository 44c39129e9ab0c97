"""Rank tests that keep their level when all variables share heavy tails."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any

import numpy as np

from causalrep.ranks.canonical import (
    canonical_angles,
    checked_cholesky,
    complement_angles,
    submatrices,
)
from causalrep.ranks.complement import ComplementTests
from causalrep.ranks.composites import canonical_weights, checked_members
from causalrep.ranks.null_space import NullDirections, null_directions
from causalrep.ranks.samples import standardised
from causalrep.ranks.tails import noncentral_chi2_sf
from causalrep.ranks.wald import WaldRankTest
from causalrep.ranks.wilks import WilksNull

__all__ = ["RobustRankTest"]

_ELEMENTS_AT_ONCE = 2**18
_SAMPLES_PER_DEGREE = 20
_SAMPLES_PER_ENTRY = 6
_SAMPLES_PER_VARIABLE = 4
_MOST_LEVERAGE = 0.9
_LEVERAGE_POWER = 0.25


class RobustRankTest(WaldRankTest):
    r"""Rank tests with the fourth moments of the samples, not those of a Gaussian.

    Few degrees of freedom (n/20 at most, and six samples for each entry of V) are tested by
    Kleibergen and Paap's statistic: with u, v the canonical variates beyond the rank and
    :math:`m_t = \operatorname{vec}(u'x_t\, x_t'v)`,

    .. math:: T = N\, \bar m' V^{-1} \bar m, \qquad V = \operatorname{cov}(m_t), \qquad
              T\, \frac{N - \nu}{N \nu} \sim F_{\nu, N - \nu}.

    For more of them V is too large to be inverted with profit. Then Wilks' statistic is divided by
    :math:`\operatorname{tr} V / \nu`, which needs no matrix at all: where V is a multiple of the
    identity, as it is for elliptical distributions and for linear models with independent noises,
    the quotient is chi-square of :math:`\nu` degrees of freedom. The trace is estimated by

    .. math:: \frac{\operatorname{tr} V}{\nu} \approx
              \frac{\overline{d_t e_t}}{\bar d\, \bar e} , \qquad
              d_t = \frac{|u'x_t|^2}{(1 - |u'x_t|^2 / N)^{1/4}} , \qquad
              e_t = \frac{|v'x_t|^2}{(1 - |v'x_t|^2 / N)^{1/4}} ,

    since large samples draw u and v towards themselves and look smaller than they are; the
    exponent was found by simulation. That takes at least four samples for each variable of a test;
    with less, the first statistic is used again, which is conservative then.

    Parameters
    ----------
    X : Dataset, array-like or frame of shape (n_samples, n_features)
        The samples.

    Raises
    ------
    InvalidDataError
        If X is not a matrix of finite real numbers.
    DegenerateDataError
        If columns are constant or duplicates of one another; they are named.

    Notes
    -----
    Time and memory of a test grow with the number of samples, unlike those of
    :class:`CorrelationRankTest`. Fourth moments must exist.

    References
    ----------
    F. Kleibergen, R. Paap, "Generalized reduced rank tests using the singular value
    decomposition", Journal of Econometrics 133 (2006), Theorem 1; A. Satorra, P. M. Bentler,
    "Corrections to test statistics and standard errors in covariance structure analysis", in
    Latent Variables Analysis (1994), equation 16.7, for the scaled statistic.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.ranks import CorrelationRankTest, RobustRankTest
    >>> rng = np.random.default_rng(8)
    >>> X = rng.normal(size=(500, 1)) + rng.normal(size=(500, 4))
    >>> X /= np.sqrt(rng.chisquare(4, size=(500, 1)))  # t-distributed, one common cause
    >>> CorrelationRankTest.from_samples(X).p_values([[0, 1]], [[2, 3]], rank=1).round(3)
    array([0.])
    >>> RobustRankTest(X).p_values([[0, 1]], [[2, 3]], rank=1).round(3)
    array([0.127])
    """

    def __init__(self, X: Any) -> None:
        Z = standardised(X)
        super().__init__(Z.T @ Z / len(Z), len(Z))
        self._samples = np.ascontiguousarray(Z.T)

    def complement_p_values(
        self, sets: Any, universe: Sequence[int], given: Sequence[int] = ()
    ) -> np.ndarray:
        """Test each set against all the rest, at a cost that does not grow with the rest.

        Parameters
        ----------
        sets : array-like of shape (n_tests, a), int
        universe : sequence of int
        given : sequence of int, default=()
            See :meth:`RankTest.complement_p_values`.

        Returns
        -------
        ndarray of shape (n_tests,)
        """
        sets = np.asarray(sets)
        b = len(np.setdiff1d(universe, given)) - sets.shape[-1]
        if not len(sets) or not self._is_large(sets.shape[1], b, sets.shape[1] - 1):
            return super().complement_p_values(sets, universe, given)
        problem = ComplementTests.of(
            self.correlation, universe, given, a=sets.shape[1], n_samples=self.n_samples
        )
        rest = self._residuals(problem, given)
        answer = np.empty(len(sets))
        step = max(_ELEMENTS_AT_ONCE // (sets.shape[1] * self.n_samples), 1)
        for first in range(0, len(sets), step):
            local = problem.local(sets[first : first + step])
            angles = complement_angles(problem.R, problem.precision, local)
            scales = _complement_scales(problem, rest, local)
            statistics = problem.null.statistics(*angles) / scales
            answer[first : first + step] = noncentral_chi2_sf(statistics, problem.null.df, 0.0)
        return answer

    def with_composite(
        self, members: Sequence[int], size: int, against: Sequence[int]
    ) -> RobustRankTest:
        """Return the test with the leading canonical variates of some variables at the end.

        Parameters
        ----------
        members : sequence of int
            The variables that are combined.
        size : int
            Number of composites.
        against : sequence of int
            The variables with which the composites share as much as they can.

        Raises
        ------
        InvalidDataError
            If the sets overlap or are out of range, or are smaller than ``size``.
        DegenerateDataError
            If members, or the others, are linearly dependent.
        """
        inside, outside = checked_members(self.n_variables, members, size, against)
        weights = canonical_weights(self.correlation, inside, size, outside)
        extended = copy(self)
        extended._samples = np.vstack([self._samples, weights @ self._samples[inside]])
        extended.correlation = extended._samples @ extended._samples.T / self.n_samples
        return extended

    def _is_large(self, a: int, b: int, rank: int) -> bool:
        df = (a - rank) * (b - rank)
        wanted = df * max(_SAMPLES_PER_DEGREE, _SAMPLES_PER_ENTRY * (df + 1) // 2)
        large = wanted > self.n_samples
        return large and (a + b) * _SAMPLES_PER_VARIABLE <= self.n_samples

    def _tested(
        self, rows: np.ndarray, columns: np.ndarray, rank: int, given: np.ndarray
    ) -> np.ndarray:
        a, b, c = rows.shape[1], columns.shape[1], given.shape[1]
        if not self._is_large(a, b, rank):
            return super()._tested(rows, columns, rank, given)
        null = WilksNull(a=a, b=b, rank=rank, n_fixed=c, n_samples=self.n_samples, eps=0.0)
        statistics = null.statistics(*canonical_angles(self.correlation, rows, columns, given))
        y, z = self._variates(null_directions(self.correlation, rows, columns, rank, given))
        scales = _scales((y**2).sum(axis=1), (z**2).sum(axis=1))
        return noncentral_chi2_sf(statistics / scales, null.df, 0.0)

    def _variates(self, null: NullDirections) -> tuple[np.ndarray, np.ndarray]:
        """Return combinations u'x and v'x of the samples, of shapes (n_tests, ., n_samples)."""
        left, right = np.swapaxes(null.left, 1, 2), np.swapaxes(null.right, 1, 2)
        return left @ self._samples[null.rows], right @ self._samples[null.columns]

    def _gap_covariance(self, null: NullDirections) -> np.ndarray:
        y, z = self._variates(null)
        products = (y[:, :, None, :] * z[:, None, :, :]).reshape(*null.gap.shape, self.n_samples)
        second = products @ np.swapaxes(products, 1, 2) / self.n_samples
        return second - null.gap[:, :, None] * null.gap[:, None, :]

    def _elements(self, n_rows: int, n_columns: int, df: int) -> int:
        return (n_rows + n_columns + df) * self.n_samples

    def _residuals(self, problem: ComplementTests, given: Sequence[int]) -> np.ndarray:
        """Return samples of a universe, scaled, with those held fixed partialled out."""
        rest = np.flatnonzero(problem.places >= 0)
        rest = rest[np.argsort(problem.places[rest])]
        fixed = np.asarray(given, dtype=np.int64).reshape(-1)
        inner = self.correlation[np.ix_(fixed, fixed)]
        slopes = np.linalg.solve(inner, self.correlation[np.ix_(fixed, rest)])
        left = self._samples[rest] - slopes.T @ self._samples[fixed]
        return left / np.sqrt((left**2).mean(axis=1))[:, None]


def _complement_scales(
    problem: ComplementTests, samples: np.ndarray, local: np.ndarray
) -> np.ndarray:
    r"""Mean of the eigenvalues of V for each set against the rest.

    With :math:`e = \Omega_{AA}^{-1} (\Omega x)_A`, the part of :math:`x_A` that the rest does not
    explain, the Mahalanobis distance of the rest is :math:`x'\Omega x - e'\Omega_{AA} e`, and its
    canonical variates are :math:`u_i'(x_A - e) / \rho_i`: no matrix of the size of the rest.

    Parameters
    ----------
    problem : ComplementTests
    samples : ndarray of shape (n_rest, n_samples)
    local : ndarray of shape (n_tests, a), int

    Returns
    -------
    ndarray of shape (n_tests,)
    """
    rates = problem.precision @ samples
    x, rates_of_sets = samples[local], rates[local]
    unexplained = np.linalg.solve(submatrices(problem.precision, local), rates_of_sets)
    distances = (samples * rates).sum(axis=0) - (unexplained * rates_of_sets).sum(axis=1)
    L = checked_cholesky(submatrices(problem.R, local))
    half = np.linalg.solve(L, x - unexplained)
    squares, W = np.linalg.eigh(half @ np.swapaxes(half, 1, 2) / samples.shape[1])
    explained = np.swapaxes(W, 1, 2) @ half
    y = np.swapaxes(W[:, :, :1], 1, 2) @ np.linalg.solve(L, x)
    leading = (explained[:, 1:] ** 2 / squares[:, 1:, None]).sum(axis=1)
    return _scales(y[:, 0] ** 2, distances - leading)


def _scales(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    r"""Mean of the eigenvalues of V, from the squared lengths of both sides' variates.

    Parameters
    ----------
    first, second : ndarray of shape (n_tests, n_samples)
        :math:`|u'x_t|^2` and :math:`|v'x_t|^2`, whose means are the numbers of u and v.

    Returns
    -------
    ndarray of shape (n_tests,)
    """
    n_samples = first.shape[1]
    first, second = (
        some / (1 - np.minimum(some / n_samples, _MOST_LEVERAGE)) ** _LEVERAGE_POWER
        for some in (first, second)
    )
    return (first * second).mean(axis=1) / (first.mean(axis=1) * second.mean(axis=1))
