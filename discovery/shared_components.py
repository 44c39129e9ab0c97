"""Components that variables share, read off cumulants in closed form and removed from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from typing import Any, NamedTuple, Self

import numpy as np
from scipy import special

from causalrep.cumulants import (
    cumulant_covariance,
    influences,
    k_statistics,
    plug_in_cumulants,
    sorted_sets,
)

__all__ = ["Component", "JointCumulants", "Wald", "component_of", "component_tests"]

_ORDERS = (2, 3, 4)
_MOST_INFLUENCES = 25_000_000
_MOST_LEVERAGE, _ROUND_OFF = 0.9, 1e-8
_STEP = 1e-20

Reader = Callable[..., complex]


class Wald(NamedTuple):
    """A test that functions of cumulants are zero.

    Parameters
    ----------
    statistic : float
    degrees_of_freedom : int
    p_value : float

    Examples
    --------
    >>> from discovery.shared_components import Wald
    >>> Wald(3.8, 1, 0.051).p_value
    0.051
    """

    statistic: float
    degrees_of_freedom: int
    p_value: float


class Component(NamedTuple):
    """A source that several variables share, of unit variance.

    Parameters
    ----------
    loadings : ndarray of shape (n_variables,)
        What it adds to each variable.
    slopes : ndarray of shape (n_variables, n_cumulants)
        Derivatives of the loadings by the estimated cumulants.
    surrogate : int
        The variable whose one shared component it is.
    owner : int or None
        The variable that is nothing but this component, if any.

    Examples
    --------
    >>> import numpy as np
    >>> from discovery.shared_components import Component
    >>> Component(np.array([1.0, 0.5]), np.zeros((2, 0)), 0, None).loadings
    array([1. , 0.5])
    """

    loadings: np.ndarray
    slopes: np.ndarray
    surrogate: int
    owner: int | None


@dataclass(frozen=True, eq=False)
class JointCumulants:
    """Cumulants of orders 2 to 4, what was removed from them, and their sampling errors.

    Parameters
    ----------
    values : ndarray of shape (n_cumulants,)
        What is left of the cumulants.
    slopes : ndarray of shape (n_cumulants, n_cumulants)
        Its derivatives by the estimated cumulants.
    covariance : ndarray of shape (n_cumulants, n_cumulants)
        Sampling covariance of the estimates.
    n_variables : int
    influences : ndarray of shape (n_samples, n_cumulants) or None, default=None
        What every sample adds to the estimates, over the number of samples. Where None, or beyond
        25 million entries, tests are made without their correction for leverage.

    Notes
    -----
    With few samples, those of much leverage make up most of a statistic and of its estimated
    covariance alike, and a Wald test rejects .10 to .20 at level .05. So the influences of
    samples on what is tested enter the covariance divided by the root of one less their leverage
    (HC2 of MacKinnon and White, 1985); then it rejects .01 to .09 from 150 samples on, and up to
    .17 of 50.

    Examples
    --------
    >>> import numpy as np
    >>> from discovery.shared_components import JointCumulants
    >>> X = np.random.default_rng(0).exponential(size=(2000, 2))
    >>> cumulants = JointCumulants.from_samples(X)
    >>> cumulants.test(lambda k: [k(0, 1), k(0, 0, 1), k(0, 1, 1)]).p_value > 0.01
    True
    """

    values: np.ndarray
    slopes: np.ndarray
    covariance: np.ndarray
    n_variables: int
    influences: np.ndarray | None = None

    @classmethod
    def from_samples(cls, X: np.ndarray, *, unbiased: bool = True) -> Self:
        """Estimate cumulants, without bias or as those of the sample itself."""
        sets = [sorted_sets(X.shape[1], order) for order in _ORDERS]
        estimate = k_statistics if unbiased else plug_in_cumulants
        values = np.concatenate([estimate(X, some) for some in sets])
        if len(X) * len(values) > _MOST_INFLUENCES:
            covariance = cumulant_covariance(X, sets) / len(X)
            return cls(values, np.eye(len(values)), covariance, X.shape[1])
        U = np.concatenate([influences(X, some) for some in sets], axis=1) / len(X)
        return cls(values, np.eye(len(values)), U.T @ U, X.shape[1], U)

    def at(self, *variables: int) -> float:
        """Return one cumulant."""
        return float(self.values[places(self.n_variables)[tuple(sorted(variables))]])

    def evaluate(self, function: Callable[[Reader], Any]) -> tuple[np.ndarray, np.ndarray]:
        """Evaluate a function of cumulants, with its derivatives by the estimates.

        Parameters
        ----------
        function : callable
            Takes a reader ``k(i, j, ...)`` of cumulants and returns some numbers. It must be
            analytic: derivatives are taken by imaginary steps, exact to rounding.

        Returns
        -------
        values : ndarray of shape (m,)
        slopes : ndarray of shape (m, n_cumulants)
        """
        values, local, used = self._differentiated(function)
        return values, local @ self.slopes[used]

    def _differentiated(
        self, function: Callable[[Reader], Any]
    ) -> tuple[np.ndarray, np.ndarray, list[int]]:
        """Return a function of cumulants, its derivatives by what is left of some, and which."""
        table = places(self.n_variables)
        used: dict[int, None] = {}

        def recorded(*variables: int) -> complex:
            place = table[tuple(sorted(variables))]
            used.setdefault(place)
            return complex(self.values[place])

        values = np.real(np.asarray(function(recorded)))
        local = np.empty((len(values), len(used)))
        for column, place in enumerate(used):

            def moved(*variables: int, _place: int = place) -> complex:
                found = table[tuple(sorted(variables))]
                return complex(self.values[found], _STEP if found == _place else 0.0)

            local[:, column] = np.imag(np.asarray(function(moved))) / _STEP
        return values, local, list(used)

    def test(self, function: Callable[[Reader], Any]) -> Wald:
        """Test that a function of cumulants is zero, where removal has not made it zero for sure.

        Parameters
        ----------
        function : callable
            As for :meth:`evaluate`.

        Returns
        -------
        Wald
            With one degree of freedom for each number that is free of the others.
        """
        values, local, used = self._differentiated(function)
        spread, R = self._uncertainty(local @ self.slopes[used])
        usual = np.abs(local) @ np.sqrt(np.diag(self.covariance)[used])
        gone = np.maximum(spread, np.abs(values)) <= _ROUND_OFF * usual
        z, R = (values / spread)[~gone], R[~gone][:, ~gone]
        variances, axes = np.linalg.eigh(R)
        kept = variances > _ROUND_OFF * max(variances, default=0.0)
        statistic = float(np.sum((axes[:, kept].T @ z) ** 2 / variances[kept]))
        freedom = int(kept.sum())
        p_value = float(special.chdtrc(freedom, statistic)) if freedom else 1.0
        return Wald(statistic, freedom, p_value)

    def _uncertainty(self, slopes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return standard errors (m,) and correlation (m, m) of functions with some slopes."""
        spread, R = _scaled(slopes @ self.covariance @ slopes.T)
        if self.influences is None:
            return spread, R
        W = self.influences @ (slopes.T / spread)
        inverse = np.linalg.pinv(R, rcond=_ROUND_OFF, hermitian=True)
        leverages = np.minimum(np.sum((W @ inverse) * W, axis=1), _MOST_LEVERAGE)
        larger, R = _scaled(R + W.T @ (W * (leverages / (1 - leverages))[:, None]))
        return spread * larger, R

    def dependence(self, x: int, z: int) -> Wald:
        """Test that all joint cumulants of two variables are zero."""
        return self.test(lambda k: [k(*some) for some in shared_sets(x, z)])

    def without(self, function: Callable[[Reader], tuple[np.ndarray, list[complex]]]) -> Self:
        """Take a component away from all cumulants.

        Parameters
        ----------
        function : callable
            From a reader of cumulants to loadings and cumulants of orders 2 to 4 of the source.
        """
        sets = [sorted_sets(self.n_variables, order) for order in _ORDERS]

        def removed(k: Reader) -> np.ndarray:
            loadings, omega = map(np.asarray, function(k))
            parts = zip(omega, sets, strict=True)
            return np.concatenate([w * loadings[some].prod(axis=1) for w, some in parts])

        values, slopes = self.evaluate(removed)
        return replace(self, values=self.values - values, slopes=self.slopes - slopes)


def _scaled(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return standard deviations and correlation of a covariance that may be singular."""
    spread = np.sqrt(np.maximum(np.diag(covariance), np.finfo(float).tiny))
    return spread, covariance / (spread * spread[:, None])


@cache
def places(n_variables: int) -> dict[tuple[int, ...], int]:
    """Position of every sorted index set of orders 2 to 4.

    Examples
    --------
    >>> from discovery.shared_components import places
    >>> places(2)[(0, 1)], places(2)[(0, 0, 0)]
    (1, 3)
    """
    rows = [tuple(row) for o in _ORDERS for row in sorted_sets(n_variables, o).tolist()]
    return {row: place for place, row in enumerate(rows)}


def shared_sets(x: int, z: int) -> list[tuple[int, ...]]:
    """Index sets of orders 2 to 4 that hold both of two variables.

    Examples
    --------
    >>> from discovery.shared_components import shared_sets
    >>> shared_sets(0, 1)[:3]
    [(0, 1), (0, 1, 1), (0, 0, 1)]
    """
    return [(x,) * many + (z,) * (order - many) for order in _ORDERS for many in range(1, order)]


def component_tests(cumulants: JointCumulants, z: int, others: Sequence[int]) -> list[Wald]:
    r"""Test that a variable shares one component with others: each alone, and every two.

    Parameters
    ----------
    cumulants : JointCumulants
    z : int
        The variable.
    others : sequence of int
        Those that depend on it.

    Returns
    -------
    list of Wald

    Notes
    -----
    If x and z share one component, their joint cumulants of one order are geometric
    sequences with a common ratio. If x and y share the same one with z, ``cov(y, z) x - cov(x,
    z) y`` has no joint cumulants with z, whatever else x and y share. See the guide.

    Examples
    --------
    >>> import numpy as np
    >>> from discovery.shared_components import JointCumulants, component_tests
    >>> latent, *noise = np.random.default_rng(0).exponential(size=(4, 20_000))
    >>> X = latent[:, None] + np.column_stack(noise)
    >>> found = component_tests(JointCumulants.from_samples(X), 0, [1, 2])
    >>> [test.p_value > 0.01 for test in found]
    [True, True, True]
    """

    def geometric(x: int) -> Wald:
        return cumulants.test(
            lambda k: [
                k(x, x, z) * k(x, z, z, z) - k(x, z, z) * k(x, x, z, z),
                k(x, x, z, z) ** 2 - k(x, z, z, z) * k(x, x, x, z),
            ]
        )

    def proportional(x: int, y: int) -> Wald:
        return cumulants.test(
            lambda k: [
                k(y, z) * k(x, *some) - k(x, z) * k(y, *some)
                for some in ((z, z), (z, z, z), (x, z, z), (y, z, z))
            ]
        )

    singles = [geometric(x) for x in others]
    return singles + [proportional(x, y) for x, y in combinations(others, 2)]


def component_of(
    cumulants: JointCumulants, z: int, others: Sequence[int], level: float
) -> tuple[Component, JointCumulants] | None:
    r"""Read off the component that a variable shares with others, and remove it.

    .. math:: a_z^2 = \frac{\mathrm{cov}(x, z)\, \mathrm{cum}(x, z, z, z)}
              {\mathrm{cum}(x, x, z, z)}, \qquad a_x = \frac{\mathrm{cov}(x, z)}{a_z} .

    Parameters
    ----------
    cumulants : JointCumulants
    z : int
        The variable.
    others : sequence of int
        Those that depend on it. The x of the formula is the one whose ``cum(x, x, z, z)`` is
        surest.
    level : float
        At which that must differ from zero, and of the test that the component is one of
        the variables itself.

    Returns
    -------
    tuple of (Component, JointCumulants) or None
        The component and what is left; None where the formula cannot be used.

    Examples
    --------
    >>> import numpy as np
    >>> from discovery.shared_components import JointCumulants, component_of
    >>> latent, e, f = np.random.default_rng(0).exponential(size=(3, 50_000))
    >>> X = np.column_stack([latent + e, 2 * latent + f])
    >>> component, left = component_of(JointCumulants.from_samples(X), 0, [1], 0.01)
    >>> component.loadings.round(1).tolist(), component.owner
    ([1.0, 2.1], None)
    """
    tests = {x: cumulants.test(lambda k, x=x: [k(x, x, z, z)]) for x in others}
    x = max(tests, key=lambda other: tests[other].statistic)
    ratio = cumulants.at(x, z) * cumulants.at(x, z, z, z) / (cumulants.at(x, x, z, z) or np.inf)
    if tests[x].p_value > level or not ratio > 0:
        return None

    def closed_form(k: Reader) -> tuple[np.ndarray, list[complex]]:
        a_z = np.sqrt(k(x, z) * k(x, z, z, z) / k(x, x, z, z))
        loadings = np.zeros(cumulants.n_variables, dtype=complex)
        loadings[z] = a_z
        for other in others:
            loadings[other] = k(other, z) / a_z
        a_x = loadings[x]
        skewness, kurtosis = k(x, z, z) / (a_x * a_z**2), k(x, z, z, z) / (a_x * a_z**3)
        return loadings, [1.0, skewness, kurtosis]

    def leftover(k: Reader, v: int) -> list[complex]:
        loadings, omega = closed_form(k)
        return [k(*(v,) * n) - w * loadings[v] ** n for n, w in zip(_ORDERS, omega, strict=True)]

    loadings, slopes = cumulants.evaluate(lambda k: closed_form(k)[0])
    alone = {v: cumulants.test(lambda k, v=v: leftover(k, v)).p_value for v in (z, *others)}
    owner = max(alone, key=alone.__getitem__)
    return (
        Component(loadings, slopes, z, owner if alone[owner] > level else None),
        cumulants.without(closed_form),
    )
