"""Which of six structures two features have, by cumulants of the two alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from causalrep.cumulant_fit import CumulantData
from causalrep.cumulant_fit.data import choose_orders
from discovery.cumulant_discovery.pair_independence import pair_independence
from discovery.cumulant_discovery.scoring import Scored, Scorer, checked, quick
from discovery.cumulant_discovery.structures import Allowed, Structure

__all__ = [
    "PairScores",
    "allowed_by",
    "pair_data",
    "pair_scores",
    "six_structures",
]

_ROUND_OFF = 1e-6
_OUT_OF_REACH = 20.0
_MISFIT = 1e-3


@dataclass(frozen=True, eq=False)
class PairScores:
    """The structures of two features, best first, and whether the two depend on one another.

    Parameters
    ----------
    features : (int, int)
        Their numbers, the smaller first; in the structures they are 0 and 1.
    scored : tuple of Scored
        Best first.
    statistic, p_value : float
        Test that all joint cumulants are zero, by permutations: see :func:`pair_independence`.
    dependent : bool
        Whether it rejects.
    shape_p_value : float
        Test that all joint cumulants but the covariance are zero, as for Gaussian samples.

    Examples
    --------
    >>> import numpy as np
    >>> from discovery.cumulant_discovery.pairs import pair_scores
    >>> x, e = np.random.default_rng(0).exponential(size=(2, 2000))
    >>> found = pair_scores(np.column_stack([x, x + e]), (0, 1), n_starts=8, seed=0)
    >>> found.best.relation(0, 1), found.p_value < 1e-6
    ((1, False), True)
    """

    features: tuple[int, int]
    scored: tuple[Scored, ...]
    statistic: float
    p_value: float
    dependent: bool
    shape_p_value: float

    @property
    def best(self) -> Structure:
        """The best structure."""
        return self.scored[0].structure

    @property
    def plausible(self) -> tuple[Structure, ...]:
        """Structures that come near the best; all, where not even the best fits."""
        best = self.scored[0]
        fits = best.fit is not None and not best.tested.p_value < _MISFIT
        near = best.bic + _OUT_OF_REACH if fits else np.inf
        return tuple(some.structure for some in self.scored if some.bic <= near)

    @property
    def lead(self) -> float:
        """By how much the best is better than the next; infinite where it is alone."""
        return self.scored[1].bic - self.scored[0].bic if len(self.scored) > 1 else np.inf

    def checked(self, Z: np.ndarray, reach: float, seed: int) -> list[Scored]:
        """Return the structures within reach of the best, with fits to be tested.

        Those are fits to cumulants of fewer orders with sturdier weights.
        """
        near = [some for some in self.scored if some.bic <= self.scored[0].bic + reach]
        return checked(near, CumulantData.from_samples(Z[:, list(self.features)]), seed)

    def renumbered(self, place: Mapping[int, int]) -> PairScores:
        """Return the same of features with other numbers, which must rise with the old ones."""
        i, j = self.features
        return replace(self, features=(place[i], place[j]))


def six_structures() -> tuple[Structure, ...]:
    """No edge or an edge either way, each with and without a latent.

    Examples
    --------
    >>> from discovery.cumulant_discovery.pairs import six_structures
    >>> len(six_structures())
    6
    """
    edges = ((), ((0, 1),), ((1, 0),))
    return tuple(Structure.of(2, some, hidden) for hidden in ((), ((0, 1),)) for some in edges)


def pair_data(Z: np.ndarray) -> CumulantData:
    """Cumulants of two features: one order more than elsewhere, for there are few of them.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, 2)

    Returns
    -------
    CumulantData
        Of orders 2 to 5 where the features are skewed, else of orders 2, 4 and 6.

    Examples
    --------
    >>> import numpy as np
    >>> from discovery.cumulant_discovery.pairs import pair_data
    >>> pair_data(np.random.default_rng(0).exponential(size=(500, 2))).orders
    (2, 3, 4, 5)
    """
    Z = (Z - Z.mean(axis=0)) / Z.std(axis=0)
    orders = choose_orders(Z)
    return CumulantData.from_samples(
        Z, (2, 3, 4, 5) if 3 in orders else orders, shrinkage=_ROUND_OFF
    )


def pair_scores(
    Z: np.ndarray, features: tuple[int, int], *, level: float = 0.01, n_starts: int, seed: int
) -> PairScores:
    """Fit the six structures to two columns, unless these look independent.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_features)
        Standardised samples.
    features : (int, int)
        The columns.
    level : float, default=0.01
        Of the test of independence.
    n_starts : int
        Random starts of each fit.
    seed : int
        Of the starts and of the permutations.

    Returns
    -------
    PairScores

    Examples
    --------
    >>> import numpy as np
    >>> from discovery.cumulant_discovery.pairs import pair_scores
    >>> x, y, latent = np.random.default_rng(0).exponential(size=(3, 20_000))
    >>> Z = np.column_stack([x + latent, y + latent])
    >>> pair_scores(Z, (0, 1), n_starts=8, seed=0).best.relation(0, 1)
    (0, True)
    """
    data = pair_data(Z[:, list(features)])
    scorer = Scorer(quick(data), n_starts=n_starts, seed=seed)
    none = scorer.score(Structure.of(2))
    tested = pair_independence(Z[:, features[0]], Z[:, features[1]], seed)
    independent = tested.p_value > level
    structures = [none.structure] if independent else six_structures()
    found = sorted((scorer.score(some) for some in structures), key=lambda one: one.bic)
    return PairScores(
        features=features,
        scored=tuple(found),
        statistic=tested.statistic,
        p_value=tested.p_value,
        dependent=not independent,
        shape_p_value=_shape_p_value(data),
    )


def allowed_by(pairs: Sequence[PairScores]) -> Allowed:
    """Tell what the pairs leave open: what some plausible structure of theirs holds.

    Parameters
    ----------
    pairs : sequence of PairScores
        Of features that depend on one another; others are not joined.

    Returns
    -------
    Allowed

    Notes
    -----
    A direct effect of i on j, or a latent with both as children, remains when all others are
    left out. So what no plausible structure of a pair holds is in no larger structure.

    Examples
    --------
    >>> import numpy as np
    >>> from discovery.cumulant_discovery.pairs import allowed_by, pair_scores
    >>> x, e = np.random.default_rng(0).exponential(size=(2, 5000))
    >>> allowed_by([pair_scores(np.column_stack([x, x + e]), (0, 1), n_starts=8, seed=0)]).edges
    frozenset({(0, 1)})
    """
    edges, confounded = set(), set()
    for some in pairs:
        i, j = some.features
        relations = [structure.relation(0, 1) for structure in some.plausible]
        edges |= {(i, j) if sign == 1 else (j, i) for sign, _ in relations if sign}
        confounded |= {(i, j) for _, common in relations if common}
    return Allowed(frozenset(edges), frozenset(confounded))


def _shape_p_value(data: CumulantData) -> float:
    """Wald test that the joint cumulants of order three and more are zero.

    With covariances not corrected for leverage it rejects .14 to .18 at level .05.
    """
    mixed = np.concatenate(
        [
            (sets[:, 0] != sets[:, -1]) & (order > 2)
            for order, sets in zip(data.orders, data.sets, strict=True)
        ]
    )
    covariance = data.estimate_covariance(np.eye(data.n_moments)[mixed])
    values = data.values[mixed]
    statistic = values @ np.linalg.pinv(covariance, hermitian=True) @ values
    return float(special.chdtrc(len(values), statistic))
