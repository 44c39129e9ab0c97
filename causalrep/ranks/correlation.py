"""Rank tests that need no more of the data than a correlation matrix and the sample size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from array_api_compat import array_namespace, device, is_torch_array

from causalrep.covariances import check_covariance, correlation_of
from causalrep.data import default_names
from causalrep.exceptions import InvalidDataError
from causalrep.moments import Moments
from causalrep.ranks.canonical import (
    canonical_angles,
)
from causalrep.ranks.complement import ComplementTests, as_indices, as_numpy
from causalrep.ranks.composites import canonical_weights, checked_members
from causalrep.ranks.rank_test import RankTest, checked_sets
from causalrep.ranks.wilks import WilksNull
from causalrep.validation import check_columns

__all__ = ["CorrelationRankTest"]

_ELEMENTS_AT_ONCE = 2**18
_LARGEST_EPS = 1e300


class CorrelationRankTest(RankTest):
    r"""Likelihood ratio tests of rank, from a correlation matrix.

    The statistic is Wilks', with the factor of Bartlett and Lawley in place of the sample size:

    .. math:: T = -f \sum_{i > r} \log(1 - \hat\rho_i^2), \qquad
              f = \min\Bigl\{ N, \; N - \frac{a + b + 1}{2}
                  + \sum_{i \le r} \bigl(\hat\rho_i^{-2} - 1\bigr) \Bigr\}, \qquad
              N = n - 1 - c,

    for the canonical correlations of a with b variables given c others. Under the hypothesis
    of rank r it is compared with chi-square of (a - r)(b - r) degrees of freedom.

    Parameters
    ----------
    correlation : array-like or torch tensor of shape (n_variables, n_variables)
        Correlations, or covariances, which are scaled. Tensors stay on their device.
    n_samples : int
        Number of samples that they come from.
    eps : float, default=0.0
        0 tests that the rank holds exactly. A positive value tests close fit: that the error of
        approximation per degree of freedom (RMSEA) is at most ``eps``, by the noncentral
        chi-square distribution with noncentrality :math:`N\,\nu\,\epsilon^2`.
    negligible : float, default=0.0
        p-values of close fit that are smaller may have fewer digits, or be given as 0. A search
        that asks for decisions at some level only is much faster with, say, 1e-9.

    Raises
    ------
    InvalidDataError
        If the matrix is not one of correlations, or ``n_samples`` or ``eps`` is out of range.
    DegenerateDataError
        If variables are constant or duplicates of one another.

    Notes
    -----
    For any linear model with independent noises the level holds, whatever their distributions;
    for heavy tails that the variables share, such as those of elliptical distributions, it does
    not: take :class:`RobustRankTest`. Where the true rank is below the one tested the level is
    kept conservatively.

    References
    ----------
    D. N. Lawley, "Tests of significance in canonical analysis", Biometrika 46 (1959), equation
    for the multiplying factor; M. S. Bartlett, "The goodness of fit of a single hypothetical
    discriminant function", Annals of Eugenics 16 (1951); M. W. Browne, R. Cudeck, "Alternative
    ways of assessing model fit", Sociological Methods and Research 21 (1992), for close fit.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.ranks import CorrelationRankTest
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(500, 1)) + rng.normal(size=(500, 4))
    >>> test = CorrelationRankTest.from_samples(X)
    >>> test.p_values([[0, 1]], [[2, 3]], rank=1).round(3)  # one common cause
    array([0.137])
    >>> bool(test.p_values([[0, 1]], [[2, 3]], rank=0)[0] < 1e-10)
    True
    """

    def __init__(
        self, correlation: Any, n_samples: int, eps: float = 0.0, negligible: float = 0.0
    ) -> None:
        if not isinstance(n_samples, Integral) or n_samples < 3:
            raise InvalidDataError(f"n_samples must be at least 3, but is {n_samples!r}.")
        if not _is_number(eps) or not 0 <= eps < _LARGEST_EPS:
            raise InvalidDataError(f"eps must be 0 or a positive number, but is {eps!r}.")
        if not _is_number(negligible) or not 0 <= negligible < 1:
            raise InvalidDataError(
                f"negligible must be at least 0 and below 1, not {negligible!r}."
            )
        self.correlation = _checked_correlation(correlation)
        self.n_samples = int(n_samples)
        self.eps = float(eps)
        self.negligible = float(negligible)

    @classmethod
    def from_samples(cls, X: Any, eps: float = 0.0) -> Self:
        """Compute the correlations of samples.

        Parameters
        ----------
        X : Dataset, array-like, frame or dask array of shape (n_samples, n_features)
            The samples, read once in blocks.
        eps : float, default=0.0
            See :class:`CorrelationRankTest`.

        Raises
        ------
        InvalidDataError
            If X is not a matrix of finite real numbers.
        DegenerateDataError
            If columns are constant or duplicates of one another; they are named.
        """
        moments = Moments.from_samples(X)
        check_columns(moments.scatter, moments.names, allow_dependent=True)
        return cls(moments.scatter, moments.n_samples, eps=eps)

    def __repr__(self) -> str:
        size = f"{self.n_variables} variables, {self.n_samples} samples"
        return f"<{type(self).__name__}: {size}, eps={self.eps:g}>"

    @property
    def n_variables(self) -> int:
        """Number of variables, composites included."""
        return self.correlation.shape[0]

    def p_values(self, rows: Any, columns: Any, rank: int, given: Any = None) -> np.ndarray:
        """Test many pairs of sets of the same sizes; see :meth:`RankTest.p_values`.

        Parameters
        ----------
        rows : array-like of shape (n_tests, a), int
        columns : array-like of shape (n_tests, b), int
        rank : int
        given : array-like of shape (n_tests, c), int, default=None

        Returns
        -------
        ndarray of shape (n_tests,)

        Raises
        ------
        InvalidDataError
            If the sets overlap or are out of range, the rank is not below their sizes, or there
            are too few samples for sets so large.
        DegenerateDataError
            If the variables of a test are linearly dependent.
        """
        rows, columns, given = checked_sets(self.n_variables, rows, columns, rank, given)
        null = self._null(rows.shape[1], columns.shape[1], rank, given.shape[1])
        answer = np.empty(len(rows))
        for part in _chunks(len(rows), rows.shape[1] + columns.shape[1] + given.shape[1]):
            sets = [self._indices(numbers[part]) for numbers in (rows, columns, given)]
            angles = canonical_angles(self.correlation, *sets)
            answer[part] = null.p_values(*(as_numpy(side) for side in angles))
        return answer

    def complement_p_values(
        self, sets: Any, universe: Sequence[int], given: Sequence[int] = ()
    ) -> np.ndarray:
        """Test each set against all the rest by the inverse of one matrix.

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
        if not len(sets):
            return np.zeros(0)
        problem = self._complement(universe, given, sets.shape[1])
        answer = np.empty(len(sets))
        for part in _chunks(len(sets), sets.shape[1]):
            local = self._indices(problem.local(sets[part]))
            answer[part] = problem.p_values(local)
        return answer

    def complement_accepts(
        self, sets: Any, universe: Sequence[int], alpha: float, given: Sequence[int] = ()
    ) -> np.ndarray:
        r"""Decide whether the p-values of :meth:`complement_p_values` are at least ``alpha``.

        The factor f lies between :math:`N - (a + b + 1)/2` and :math:`N`, so the least canonical
        correlation alone rejects, or accepts, all but the few sets that come close to the limit.
        Only these are tested in full.

        Parameters
        ----------
        sets : array-like of shape (n_tests, a), int
        universe : sequence of int
        alpha : float
        given : sequence of int, default=()

        Returns
        -------
        ndarray of shape (n_tests,), bool
        """
        sets = np.asarray(sets)
        if not 0 < alpha < 1:
            raise InvalidDataError(f"alpha must lie between 0 and 1, but is {alpha!r}.")
        if not len(sets):
            return np.zeros(0, dtype=bool)
        problem = self._complement(universe, given, sets.shape[1])
        parts = _chunks(len(sets), 1)
        return np.concatenate(
            [problem.accepts(self._indices(problem.local(sets[part])), alpha) for part in parts]
        )

    def dependence_given_rest(self, universe: Sequence[int]) -> np.ndarray:
        """Return the absolute partial correlation of each pair given all others.

        Parameters
        ----------
        universe : sequence of int
            The variables under consideration.

        Returns
        -------
        ndarray of shape (n_universe, n_universe)
        """
        places = np.asarray(universe, dtype=np.int64)
        order = np.argsort(places)
        precision = np.abs(as_numpy(self._complement(universe, (), 1).precision))
        scales = np.sqrt(np.diag(precision))
        strength = np.empty_like(precision)
        strength[np.ix_(order, order)] = precision / scales / scales[:, None]
        np.fill_diagonal(strength, 0.0)
        return strength

    def with_composite(
        self, members: Sequence[int], size: int, against: Sequence[int]
    ) -> CorrelationRankTest:
        """Return the test with the leading canonical variates of some variables at the end.

        Parameters
        ----------
        members : sequence of int
            The variables that are combined.
        size : int
            Number of composites.
        against : sequence of int
            The variables with which the composites share as much as they can.

        Returns
        -------
        CorrelationRankTest
            Composites have unit variance; they must not be tested together with all members.

        Raises
        ------
        InvalidDataError
            If the sets overlap or are out of range, or are smaller than ``size``.
        DegenerateDataError
            If members, or the others, are linearly dependent.
        """
        inside, outside = checked_members(self.n_variables, members, size, against)
        R, places = self.correlation, self._indices(inside)
        xp = array_namespace(R)
        weights = canonical_weights(R, places, size, self._indices(outside))
        shared = weights @ xp.take(R, places, axis=0)
        inner = xp.take(shared, places, axis=1) @ xp.linalg.matrix_transpose(weights)
        upper = xp.concat([R, xp.linalg.matrix_transpose(shared)], axis=1)
        extended = copy(self)
        extended.correlation = xp.concat([upper, xp.concat([shared, inner], axis=1)], axis=0)
        return extended

    def _indices(self, numbers: np.ndarray) -> Any:
        return as_indices(self.correlation, numbers)

    def _null(self, a: int, b: int, rank: int, n_fixed: int) -> WilksNull:
        return WilksNull(
            a=a,
            b=b,
            rank=rank,
            n_fixed=n_fixed,
            n_samples=self.n_samples,
            eps=self.eps,
            negligible=self.negligible,
        )

    def _complement(
        self, universe: Sequence[int], given: Sequence[int], a: int
    ) -> ComplementTests:
        return ComplementTests.of(
            self.correlation,
            universe,
            given,
            a=a,
            n_samples=self.n_samples,
            eps=self.eps,
            negligible=self.negligible,
        )


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _checked_correlation(correlation: Any) -> Any:
    """Scale a covariance matrix to unit variances, refusing what is none."""
    if is_torch_array(correlation):
        R, values = correlation, check_covariance(as_numpy(correlation))
    else:
        R = values = check_covariance(correlation)
    check_columns(values, default_names(len(values)), allow_dependent=True)
    xp = array_namespace(R)
    return xp.asarray(correlation_of(values), device=device(R))


def _chunks(n_tests: int, n_variables: int) -> Iterator[slice]:
    size = max(_ELEMENTS_AT_ONCE // n_variables**2, 1)
    return (slice(first, first + size) for first in range(0, n_tests, size))
