"""What a cumulant fit knows of the samples: joint cumulants and their sampling covariance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from numbers import Real
from typing import Any, Literal, Self

import numpy as np
from scipy import linalg, special

from causalrep.argument_arrays import real_array
from causalrep.cumulants import (
    cumulant_covariance,
    influences,
    plug_in_cumulants,
    sorted_sets,
)
from causalrep.exceptions import BudgetError, DegenerateDataError, InvalidDataError

__all__ = ["CumulantData"]

_SHRINKAGE = 1e-3
_MOST_SHRINKAGE = 0.9
_SKEWED = 1e-3
_FEW_MOMENTS = 0.05
_MOST_MOMENTS = 2500
_MOST_INFLUENCES = 25_000_000
_MOST_WEIGHTED = 10_000
_MOST_LEVERAGE = 0.5
_ROUND_OFF = 1e-10
_COLLINEAR = 1e-7


@dataclass(frozen=True, eq=False, kw_only=True)
class CumulantData:
    r"""Joint cumulants of decorrelated features, and how precisely the samples tell them.

    Parameters
    ----------
    orders : tuple of int
        Orders of the cumulants, rising.
    values : ndarray of shape (n_moments,)
        Cumulants of the decorrelated features over the sorted sets of each order in turn.
    covariance : ndarray of shape (n_moments, n_moments)
        Covariance of their influence functions: ``n_samples`` times that of the estimates. It
        gives the weights.
    influences : ndarray of shape (n_samples, n_moments) or None
        What every sample adds to the cumulants. Where None, or beyond 25 million entries, tests
        and standard errors are made without their corrections for few samples.
    n_samples : int
        Number of samples behind them.
    scales : ndarray of shape (n_features,)
        Standard deviations by which the features were divided.
    means : ndarray of shape (n_features,)
        Means of the features.
    decorrelation : ndarray of shape (n_features, n_features)
        Matrix applied to the features after they were divided: the inverse symmetric square root
        of their correlation.
    shrinkage : float, default=0.001
        Share by which the correlations of the influence functions are shrunk towards zero
        before they are inverted to weights. At 1 the weights are diagonal.

    Notes
    -----
    Cumulants of linear combinations are linear in cumulants, so decorrelation changes no
    unshrunk fit; it keeps the correlations of influence functions away from one.

    With D the standard deviations of the influence functions and R their correlation, ``W`` is
    the inverse Cholesky factor of ``(1 - s) R + s I`` times :math:`\sqrt n D^{-1}`: for s = 0 and
    many samples the vector ``W (values - truth)`` has covariance I. Tests and standard errors
    hold for any weights.

    References
    ----------
    Hansen. "Large sample properties of generalized method of moments estimators", Econometrica 50
    (1982) 1029-1054, doi:10.2307/1912775.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.cumulant_fit import CumulantData
    >>> X = np.random.default_rng(0).exponential(size=(500, 2))
    >>> data = CumulantData.from_samples(X)
    >>> data.orders, data.n_moments
    ((2, 3, 4), 12)
    """

    orders: tuple[int, ...]
    values: np.ndarray
    covariance: np.ndarray
    influences: np.ndarray | None
    n_samples: int
    scales: np.ndarray
    means: np.ndarray
    decorrelation: np.ndarray
    shrinkage: float = _SHRINKAGE

    def __post_init__(self) -> None:
        n_moments = sum(map(len, self.sets))
        shapes = (np.shape(self.values), np.shape(self.covariance))
        if shapes != ((n_moments,), (n_moments, n_moments)):
            raise InvalidDataError(
                f"{len(self.scales)} features have {n_moments} cumulants of orders {self.orders}, "
                f"but values and covariance have shapes {shapes[0]} and {shapes[1]}."
            )
        if not 0 <= self.shrinkage <= 1:
            raise InvalidDataError(
                f"shrinkage must be 'auto' or from 0 to 1, but is {self.shrinkage}."
            )
        if not (np.diag(self.covariance) > 0).all():
            raise DegenerateDataError(
                "Every cumulant must have a positive sampling variance, but "
                f"{(~(np.diag(self.covariance) > 0)).sum()} have none. Binary or constant "
                "features cannot be used; leave them out, or use lower orders."
            )

    @classmethod
    def from_samples(
        cls,
        X: Any,
        orders: Literal["auto"] | Sequence[int] = "auto",
        *,
        shrinkage: float | Literal["auto"] = "auto",
    ) -> Self:
        """Estimate cumulants and their covariance from independent samples.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Finite numbers, no column constant.
        orders : sequence of int or "auto", default="auto"
            Orders of cumulants, from 2 to 6; see :func:`choose_orders`.
        shrinkage : float or "auto", default="auto"
            From 0 to 1; "auto" is .001 unless there are many cumulants for the samples: it is
            twice what their number exceeds one for twenty samples by, relative to the samples.

        Returns
        -------
        CumulantData

        Raises
        ------
        InvalidDataError, DegenerateDataError
            If X has the wrong shape, too few rows or constant columns, or orders are not as above.
        BudgetError
            If there are more than 10,000 cumulants, whose covariance would fill 800 MB.
        """
        X = _checked(X)
        means = X.mean(axis=0)
        scales = (X - means).std(axis=0)
        Z = (X - means) / scales
        decorrelation = _inverse_root(Z.T @ Z / len(Z))
        orders = (
            choose_orders(Z)
            if isinstance(orders, str) and orders == "auto"
            else _checked_orders(orders)
        )
        _refuse_excess(X.shape[1], orders)
        sets = [sorted_sets(X.shape[1], order) for order in orders]
        wrong = isinstance(shrinkage, bool) or not isinstance(shrinkage, Real)
        if wrong and not (isinstance(shrinkage, str) and shrinkage == "auto"):
            raise InvalidDataError(f'shrinkage must be "auto" or a number, not {shrinkage!r}.')
        if shrinkage == "auto":
            share = 2 * (sum(map(len, sets)) / len(Z) - _FEW_MOMENTS)
            shrinkage = min(max(share, _SHRINKAGE), _MOST_SHRINKAGE)
        Z = Z @ decorrelation
        covariance, found = _covariance(Z, sets)
        return cls(
            orders=orders,
            values=np.concatenate([plug_in_cumulants(Z, some) for some in sets]),
            covariance=covariance,
            influences=found,
            n_samples=len(Z),
            scales=scales,
            means=means,
            decorrelation=decorrelation,
            shrinkage=float(shrinkage),
        )

    @property
    def n_features(self) -> int:
        """Number of features."""
        return len(self.scales)

    @property
    def n_moments(self) -> int:
        """Number of cumulants of all orders."""
        return len(self.values)

    @cached_property
    def sets(self) -> tuple[np.ndarray, ...]:
        """Sorted sets of features, shape (n_sets, order), of every order."""
        return tuple(sorted_sets(len(self.scales), order) for order in self.orders)

    @cached_property
    def whitening(self) -> np.ndarray:
        """Matrix W, shape (n_moments, n_moments), that weighs cumulants."""
        return self.weights(self.shrinkage)

    def weights(self, shrinkage: float) -> np.ndarray:
        """Return the matrix that weighs cumulants, at some other shrinkage."""
        spread = np.sqrt(np.diag(self.covariance))
        R = (1 - shrinkage) * self.covariance / (spread * spread[:, None])
        R[np.diag_indices_from(R)] = 1.0
        root = _root(R, shrinkage)
        scaled = np.diag(np.sqrt(self.n_samples) / spread)
        return linalg.solve_triangular(root, scaled, lower=True)

    @cached_property
    def leverages(self) -> np.ndarray:
        r"""Share of every sample in the covariance, shape (n_samples,), from 0 to 1.

        With influence :math:`u_i` it is :math:`h_i = u_i' (\sum_j u_j u_j')^{-1} u_i`, up to the
        shrinkage of the weights; zeros without influences.
        """
        if self.influences is None:
            return np.zeros(self.n_samples)
        return np.sum((self.influences @ self.whitening.T) ** 2, axis=1) / self.n_samples**2

    def estimate_covariance(self, responses: np.ndarray) -> np.ndarray:
        """Return the sampling covariance of estimates, corrected for leverage.

        With heavy tails a few samples make up most of an estimate and of its covariance alike, so
        that the plain covariance is too small just where it matters. As in regression, the
        influence of a sample enters divided by the root of one less its leverage. The weights
        of estimates come from the same samples, so what counts is the leverage in the whole space
        of cumulants, up to one half.

        Parameters
        ----------
        responses : ndarray of shape (n_estimates, n_moments)
            By how much each estimate moves with each cumulant.

        Returns
        -------
        ndarray of shape (n_estimates, n_estimates)

        References
        ----------
        MacKinnon, White. "Some heteroskedasticity-consistent covariance matrix estimators with
        improved finite sample properties", Journal of Econometrics 29 (1985) 305-325,
        doi:10.1016/0304-4076(85)90158-7 (HC2, there for regression).
        """
        if self.influences is None:
            return responses @ (self.covariance / self.n_samples) @ responses.T
        U = self.influences @ responses.T
        U /= np.sqrt(1 - np.minimum(self.leverages, _MOST_LEVERAGE))[:, None]
        return U.T @ U / self.n_samples**2

    @cached_property
    def keys(self) -> np.ndarray:
        """Fourth cumulant of every feature, or the last even one: tells features apart."""
        order = max((order for order in self.orders if order % 2 == 0), default=self.orders[-1])
        place = self.orders.index(order)
        start = sum(map(len, self.sets[:place]))
        own = self.sets[place][:, 0] == self.sets[place][:, -1]
        return self.values[start : start + len(own)][own]


def _covariance(Z: np.ndarray, sets: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray | None]:
    """Covariance of influence functions, and these where they are not too many."""
    if len(Z) * sum(map(len, sets)) > _MOST_INFLUENCES:
        return cumulant_covariance(Z, sets), None
    U = np.concatenate([influences(Z, some) for some in sets], axis=1)
    return U.T @ U / len(U), U


def _root(R: np.ndarray, shrinkage: float) -> np.ndarray:
    """Cholesky factor of a correlation of cumulants."""
    try:
        root = linalg.cholesky(R, lower=True)
    except linalg.LinAlgError:
        root = np.zeros((1, 1))
    if np.diag(root).min() < _COLLINEAR:
        raise DegenerateDataError(
            f"The {len(R)} cumulants are collinear in these samples, so that they have no optimal "
            f"weights at shrinkage {shrinkage:g}. Raise shrinkage, or take fewer orders."
        )
    return root


def _inverse_root(correlation: np.ndarray) -> np.ndarray:
    """Inverse symmetric square root of a correlation."""
    values, vectors = np.linalg.eigh(correlation)
    if values[0] < _ROUND_OFF:
        raise DegenerateDataError(
            "No feature may be a linear combination of others, but the correlation of the "
            f"features has an eigenvalue of {values[0]:.1e}. Leave one of them out."
        )
    return (vectors / np.sqrt(values)) @ vectors.T


def choose_orders(Z: np.ndarray) -> tuple[int, ...]:
    r"""Choose orders of cumulants by whether the features are skewed.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_features)
        Standardised features.

    Returns
    -------
    tuple of int
        (2, 3, 4) where the features are not symmetric, jointly at level .001; else (2, 4, 6), or
        (2, 4) where the sixth cumulants would be too many for the samples.

    Notes
    -----
    Symmetry is tested by the means of ``tanh z``, which are zero under it. Third cumulants have
    far less power for it, since they depend on the largest samples.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.cumulant_fit.data import choose_orders
    >>> rng = np.random.default_rng(0)
    >>> choose_orders(rng.exponential(size=(400, 2)) - 1), choose_orders(rng.normal(size=(400, 2)))
    ((2, 3, 4), (2, 4, 6))
    """
    n_samples, n_features = Z.shape
    odd = np.tanh(Z)
    influence = odd - np.mean(1 - odd**2, axis=0) * Z  # the mean of Z is an estimate
    covariance = np.cov(influence.T).reshape(n_features, n_features) / n_samples
    asymmetry = influence.mean(axis=0)
    statistic = asymmetry @ np.linalg.pinv(covariance, hermitian=True) @ asymmetry
    if special.chdtrc(n_features, statistic) < _SKEWED:
        return (2, 3, 4)
    n_moments = sum(special.comb(n_features + order - 1, order) for order in (2, 4, 6))
    return (2, 4, 6) if n_moments <= min(_MOST_MOMENTS, n_samples / 4) else (2, 4)


def _refuse_excess(n_features: int, orders: Sequence[int]) -> None:
    n_moments = sum(int(special.comb(n_features + order - 1, order)) for order in orders)
    if n_moments > _MOST_WEIGHTED:
        raise BudgetError(
            f"{n_features} features have {n_moments} cumulants of orders {tuple(orders)}, and at "
            f"most {_MOST_WEIGHTED} can be weighted. Take fewer features or lower orders."
        )


def _checked_orders(orders: Sequence[int]) -> tuple[int, ...]:
    if isinstance(orders, str) or not isinstance(orders, Sequence | np.ndarray):
        raise InvalidDataError(f'orders must be "auto" or numbers from 2 to 6, not {orders!r}.')
    found = tuple(sorted(set(orders)))
    if not found or not set(found) <= {2, 3, 4, 5, 6} or len(found) != len(orders):
        raise InvalidDataError(
            f"orders must be distinct numbers from 2 to 6, but are {tuple(orders)}."
        )
    return found


def _checked(X: Any) -> np.ndarray:
    X = real_array("X has to be", X, finite=False).astype(np.float64)
    if X.ndim != 2 or not X.size or not np.isfinite(X).all():
        raise InvalidDataError(
            f"X must be a finite matrix, one row a sample, but has shape {X.shape} or values that "
            "are not finite."
        )
    if len(X) < 8:
        raise InvalidDataError(f"Cumulants need eight samples at least, but there are {len(X)}.")
    constant = np.flatnonzero(np.ptp(X, axis=0) == 0)
    if len(constant):
        raise DegenerateDataError(
            f"Features must vary, but column {constant[0]} is constant. Leave it out."
        )
    return X
