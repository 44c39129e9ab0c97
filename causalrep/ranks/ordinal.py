"""Rank tests of the Gaussian variables behind ordered categories, such as answers on a scale."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from copy import copy
from typing import Any

import numpy as np

from causalrep.arguments import checked, count
from causalrep.exceptions import (
    ConvergenceWarning,
    DegenerateDataError,
    InvalidDataError,
    ModelMismatchWarning,
)
from causalrep.moments import Moments
from causalrep.ranks.composites import canonical_weights, checked_members
from causalrep.ranks.null_space import NullDirections
from causalrep.ranks.polychoric import Polychoric, polychoric_correlations
from causalrep.ranks.wald import WaldRankTest
from causalrep.streaming import checked_rows
from causalrep.validation import check_columns

__all__ = ["OrdinalRankTest"]

_LEAST_EIGENVALUE = 1e-3
_MOST_COLUMNS = 128
_ELEMENTS_AT_ONCE = 2**22
_SHOWN = 3


class OrdinalRankTest(WaldRankTest):
    r"""Rank tests on polychoric correlations, with their asymptotic covariance.

    Each column is taken for a standard Gaussian of which only the category is seen. The ranks are
    those of the correlations of these Gaussians, estimated in two steps. With u and v the
    canonical variates beyond the rank, :math:`g = \operatorname{vec}(u' \hat R_{AB} v)` vanishes
    under the hypothesis but for errors of covariance :math:`C' \Gamma C / n`, where the rows of C
    hold the products of weights :math:`u_i v_j`, and :math:`\Gamma` is the covariance of the
    influences of samples on all correlations. So :math:`n\, g' (C' \Gamma C)^{-1} g` is compared
    with Hotelling's distribution.

    Parameters
    ----------
    X : Dataset, array-like or frame of shape (n_samples, n_features)
        Whole numbers, whose order is that of the categories; at most 128 columns.
    max_categories : int, default=10
        A column with more different values is taken for a measurement and refused.

    Attributes
    ----------
    thresholds_ : ndarray of shape (n_features, n_categories - 1)
        Where each Gaussian is cut; 40 stands for cuts that a column does not have.

    Raises
    ------
    InvalidDataError
        If X is not a matrix of finite whole numbers, or a column has too many values.
    DegenerateDataError
        If columns are constant or duplicates, or determine one another.

    Warns
    -----
    ModelMismatchWarning
        If the correlations are not positive definite and are made so.

    Notes
    -----
    Likelihood ratio tests on the same correlations reject a true rank far too often, since each
    polychoric correlation varies more than a correlation of the Gaussians would. The Gaussians are
    an assumption: two variables of skewed latent distributions do not have one.

    References
    ----------
    U. Olsson, "Maximum likelihood estimation of the polychoric correlation coefficient",
    Psychometrika 44 (1979); B. Muthen, "A general structural equation model with dichotomous,
    ordered categorical, and continuous latent variable indicators", Psychometrika 49 (1984), for
    the covariance; F. Kleibergen, R. Paap, "Generalized reduced rank tests using the singular
    value decomposition", Journal of Econometrics 133 (2006), Theorem 1.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.ranks import OrdinalRankTest
    >>> rng = np.random.default_rng(0)
    >>> Z = rng.normal(size=(600, 1)) + rng.normal(size=(600, 4))
    >>> test = OrdinalRankTest(np.digitize(Z, [-1, 0.5, 2]))
    >>> test
    <OrdinalRankTest: 4 variables, 600 samples>
    >>> test.p_values([[0, 1]], [[2, 3]], rank=1).round(2)
    array([0.34])
    """

    @checked(max_categories=count(2))
    def __init__(self, X: Any, max_categories: int = 10) -> None:
        codes, names = _checked_codes(X, max_categories)
        fit = polychoric_correlations(codes)
        _refuse_bounds(fit, names)
        super().__init__(_made_definite(fit.correlation), len(codes))
        self.thresholds_ = fit.thresholds
        self._covariance = _influence_covariance(codes, fit)
        self._pairs = fit.pairs
        self._weights = np.eye(codes.shape[1])

    def with_composite(
        self, members: Sequence[int], size: int, against: Sequence[int]
    ) -> OrdinalRankTest:
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
        extended._weights = np.vstack([self._weights, weights @ self._weights[inside]])
        shared = weights @ self.correlation[inside]
        inner = shared[:, inside] @ weights.T
        extended.correlation = np.block([[self.correlation, shared.T], [shared, inner]])
        return extended

    def _gap_covariance(self, null: NullDirections) -> np.ndarray:
        largest = max(null.rows.max(), null.columns.max())
        if largest < self._weights.shape[1]:
            return self._covariance_of_columns(null)
        return self._covariance_of_composites(null)

    def _covariance_of_columns(self, null: NullDirections) -> np.ndarray:
        """Take the entries of Gamma for the pairs of columns in each test."""
        n_features = self._weights.shape[1]
        numbers = np.full((n_features, n_features), len(self._pairs))
        numbers[tuple(self._pairs.T)] = numbers[tuple(self._pairs.T[::-1])] = np.arange(
            len(self._pairs)
        )
        pairs = numbers[null.rows[:, :, None], null.columns[:, None, :]].reshape(
            len(null.rows), -1
        )
        C = np.einsum("tip,tjq->tijpq", null.left, null.right)
        C = C.reshape(*pairs.shape, null.gap.shape[1])
        gamma = self._covariance[pairs[:, :, None], pairs[:, None, :]]
        return np.swapaxes(C, 1, 2) @ gamma @ C

    def _covariance_of_composites(self, null: NullDirections) -> np.ndarray:
        """Write the combinations in terms of columns, and use all of Gamma."""
        left = np.swapaxes(self._weights[null.rows], 1, 2) @ null.left
        right = np.swapaxes(self._weights[null.columns], 1, 2) @ null.right
        first, second = self._pairs.T
        C = np.einsum("tip,tiq->tipq", left[:, first], right[:, second])
        C += np.einsum("tip,tiq->tipq", left[:, second], right[:, first])
        C = C.reshape(len(left), len(first), -1)
        return np.swapaxes(C, 1, 2) @ (self._covariance[:-1, :-1] @ C)

    def _elements(self, n_rows: int, n_columns: int, df: int) -> int:
        return (n_rows * n_columns) ** 2 + (n_rows * n_columns + len(self._pairs)) * df


def _checked_codes(X: Any, max_categories: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """Replace categories by 0, 1, ..., refusing what is no category."""
    moments = Moments.from_samples(X)
    names = moments.names
    if len(names) > _MOST_COLUMNS:
        raise InvalidDataError(
            f"OrdinalRankTest keeps the covariance of all pairs of at most {_MOST_COLUMNS} "
            f"columns, but X has {len(names)}. Test parts of them."
        )
    values = np.asarray(checked_rows(X), dtype=np.float64)
    broken = np.flatnonzero((values != np.round(values)).any(axis=0))
    if len(broken):
        raise InvalidDataError(
            "Categories are whole numbers, but these columns hold others: "
            f"{_listed(names, broken)}. Use CorrelationRankTest or RobustRankTest for "
            "measurements."
        )
    found = [np.unique(column, return_inverse=True) for column in values.T]
    many = np.flatnonzero([len(categories) > max_categories for categories, _ in found])
    if len(many):
        raise InvalidDataError(
            f"A column has at most {max_categories} categories, but these have more: "
            f"{_listed(names, many)}. Use CorrelationRankTest or RobustRankTest for measurements, "
            "join categories, or raise max_categories."
        )
    check_columns(moments.scatter, names, allow_dependent=True)
    return np.column_stack([codes for _, codes in found]), names


def _refuse_bounds(fit: Polychoric, names: tuple[str, ...]) -> None:
    if fit.at_bound.any():
        i, j = fit.pairs[fit.at_bound.argmax()]
        raise DegenerateDataError(
            f"The categories of {names[i]!r} and {names[j]!r} determine one another, so that "
            "their correlation is one. Leave one of them out."
        )
    unknown = ~np.isfinite(fit.correlation[tuple(fit.pairs.T)])
    if unknown.any():
        i, j = fit.pairs[unknown.argmax()]
        raise DegenerateDataError(
            f"The samples say nothing of the polychoric correlation of {names[i]!r} and "
            f"{names[j]!r}: too few of them lie in some categories. Join categories, or leave one "
            "of the two out."
        )
    if not fit.converged.all():
        i, j = fit.pairs[(~fit.converged).argmax()]
        warnings.warn(
            f"The polychoric correlation of {names[i]!r} and {names[j]!r} did not converge.",
            ConvergenceWarning,
            stacklevel=3,
        )


def _made_definite(R: np.ndarray) -> np.ndarray:
    """Raise the eigenvalues of a correlation matrix that are not positive."""
    values, vectors = np.linalg.eigh(R)
    if values[0] >= _LEAST_EIGENVALUE:
        return R
    warnings.warn(
        f"The polychoric correlations are not positive definite: the smallest eigenvalue is "
        f"{values[0]:.2g}. It is raised to {_LEAST_EIGENVALUE:g}; tests that involve it are "
        "doubtful.",
        ModelMismatchWarning,
        stacklevel=3,
    )
    S = (vectors * np.maximum(values, _LEAST_EIGENVALUE)) @ vectors.T
    scales = np.sqrt(np.diag(S))
    return S / scales / scales[:, None]


def _influence_covariance(codes: np.ndarray, fit: Polychoric) -> np.ndarray:
    """Covariance of the influences, with a last row and column of zeros for constants."""
    n_pairs, K = fit.influences.shape[:2]
    flat = fit.influences.reshape(n_pairs, -1)
    total = np.zeros((n_pairs + 1, n_pairs + 1))
    step = max(_ELEMENTS_AT_ONCE // n_pairs, 1)
    for first in range(0, len(codes), step):
        part = codes[first : first + step].T
        cells = part[fit.pairs[:, 0]] * K + part[fit.pairs[:, 1]]
        influences = np.take_along_axis(flat, cells, axis=1)
        total[:-1, :-1] += influences @ influences.T
    return total / len(codes)


def _listed(names: tuple[str, ...], numbers: np.ndarray) -> str:
    shown = ", ".join(repr(names[number]) for number in numbers[:_SHOWN])
    return shown + (f" and {len(numbers) - _SHOWN} more" if len(numbers) > _SHOWN else "")
