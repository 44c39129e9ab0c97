"""What is kept of tests, and which pairs they leave without an answer."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from causalrep.results import StatisticalTest, names_of
from discovery.cumulant_discovery.pairs import PairScores
from discovery.cumulant_discovery.scoring import Scored
from discovery.cumulant_discovery.structures import Structure

__all__ = ["Group", "fit_log", "independence_log", "is_unseen", "unfitted_pairs"]

UNSEEN = 0.001
MISFIT = 1e-4


class Group(NamedTuple):
    """Features that hang together, and the structures that explain them.

    Parameters
    ----------
    features : tuple of int
    found : list of Scored
        Best first.

    Examples
    --------
    >>> from discovery.cumulant_discovery.records import Group
    >>> Group((0, 2), []).features
    (0, 2)
    """

    features: tuple[int, ...]
    found: list[Scored]


def is_unseen(
    some: PairScores, seen: set[tuple[int, int]], structures: Sequence[Structure]
) -> bool:
    """Whether a pair's relation rests on its covariance alone.

    Examples
    --------
    >>> from discovery.cumulant_discovery.pairs import PairScores
    >>> from discovery.cumulant_discovery.records import is_unseen
    >>> from discovery.cumulant_discovery.structures import Structure
    >>> found = PairScores((0, 1), (), 90.0, 1e-9, True, 0.4)
    >>> is_unseen(found, {(0, 1)}, [Structure.of(2, [(0, 1)])])
    True
    """
    if some.features not in seen:
        return True
    joined = any(best.relation(*some.features) != (0, False) for best in structures[:1])
    return joined and some.shape_p_value >= UNSEEN


def independence_log(
    pairs: Sequence[PairScores], names: tuple[str, ...]
) -> tuple[StatisticalTest, ...]:
    """Return the tests of independence of all pairs.

    Examples
    --------
    >>> from discovery.cumulant_discovery.records import independence_log
    >>> independence_log([], ("x", "y"))
    ()
    """
    return tuple(
        StatisticalTest(
            hypothesis="all joint cumulants are zero",
            variables=(names[some.features[0]], names[some.features[1]]),
            statistic=some.statistic,
            degrees_of_freedom=np.nan,  # by permutations
            p_value=some.p_value,
            rejected=some.dependent,
        )
        for some in pairs
    )


def fit_log(
    groups: Sequence[Group], names: tuple[str, ...], alpha: float
) -> tuple[StatisticalTest, ...]:
    """Return the tests that the best graphs hold.

    Examples
    --------
    >>> from discovery.cumulant_discovery.records import fit_log
    >>> fit_log([], ("x", "y"), 0.01)
    ()
    """
    best = [(group.features, group.found[0].tested) for group in groups]
    return tuple(
        StatisticalTest(
            hypothesis=f"the graph over {names_of([names[k] for k in features])} holds",
            variables=tuple(names[k] for k in features),
            statistic=fit.statistic,
            degrees_of_freedom=fit.degrees_of_freedom,
            p_value=fit.p_value,
            rejected=bool(fit.p_value < alpha),
        )
        for features, fit in best
    )


def unfitted_pairs(
    groups: Sequence[Group], pairs: Sequence[PairScores]
) -> frozenset[tuple[int, int]]:
    """Return the dependent pairs of groups whose best graph is rejected beyond doubt.

    Examples
    --------
    >>> from discovery.cumulant_discovery.records import unfitted_pairs
    >>> unfitted_pairs([], [])
    frozenset()
    """
    dependent = {some.features for some in pairs if some.dependent}
    rejected = [group for group in groups if group.found[0].tested.p_value < MISFIT]
    inside = {pair for group in rejected for pair in combinations(group.features, 2)}
    return frozenset(inside & dependent)
