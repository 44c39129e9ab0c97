"""The adjacencies of a causal graph, from conditional independences, in no order.

One search serves PC and FCI. It goes by the size of the conditioning sets; all tests of one size
are counted, compared with the budget and then made at once, and only after them edges are
removed [1]_. Of the sets that separate a pair the one with the largest p-value is kept, and sets
that tie with it are kept beside it, so neither the order of the variables nor their names matter.

.. [1] D. Colombo, M. H. Maathuis, "Order-independent constraint-based causal structure learning",
   JMLR 15 (2014), arXiv:1211.3295, Algorithm 4.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import comb

import numpy as np

from causalrep.arguments import checked, count, instance, number, ordered_names
from causalrep.exceptions import BudgetError, InvalidDataError
from discovery.background import BackgroundKnowledge
from discovery.independence import IndependenceTest

__all__ = ["Skeleton", "SkeletonSearch", "find_skeleton"]

_TESTS_AT_ONCE = 2**16
_TIE = 1e-9

# Which variables may be in a conditioning set of a pair, looked for on the side of the first.
Pool = Callable[[int, int], np.ndarray]


@dataclass(frozen=True, eq=False, kw_only=True)
class Skeleton:
    """Which variables are adjacent, and what separates the others.

    Parameters
    ----------
    names : tuple of str
        The variables.
    adjacent : ndarray of shape (n_variables, n_variables), bool
        Symmetric.
    separators : mapping of (int, int) to ndarray of shape (n_ties, size), int
        For each pair i < j that was separated, the sets with the largest p-value; several only
        where they tie.
    closest : mapping of (int, int) to ndarray of shape (size,), int
        For each pair i < j that was tested, the set with the largest p-value of all.
    p_values : ndarray of shape (n_variables, n_variables)
        That p-value; NaN where a pair was not tested.
    n_tests : int
        Number of tests made.
    """

    names: tuple[str, ...]
    adjacent: np.ndarray
    separators: Mapping[tuple[int, int], np.ndarray]
    closest: Mapping[tuple[int, int], np.ndarray]
    p_values: np.ndarray
    n_tests: int

    def shares(self, first: int, second: int) -> np.ndarray | None:
        """Return the share of the separating sets of a pair in which each variable is.

        Parameters
        ----------
        first, second : int
            Numbers of the variables.

        Returns
        -------
        ndarray of shape (n_variables,), or None
            1 or 0 for a variable in all or none of the sets; None for a pair without any.
        """
        sets = self.separators.get((min(first, second), max(first, second)))
        if sets is None:
            return None
        return np.bincount(sets.ravel(), minlength=len(self.names)) / len(sets)

    def unshielded(self) -> Iterator[tuple[int, int, np.ndarray, np.ndarray]]:
        """Tell colliders from others among the variables adjacent to both of a separated pair.

        Yields
        ------
        first, second : int
            A pair that was separated.
        colliders, others : ndarray of shape (n_variables,), bool
            Variables adjacent to both, in fewer and in more than half of the separating sets.
        """
        for first, second in sorted(self.separators):
            shares = self.shares(first, second)
            if shares is not None and not self.adjacent[first, second]:
                between = self.adjacent[first] & self.adjacent[second]
                yield first, second, between & (shares < 0.5), between & (shares > 0.5)


@checked(
    test=instance("IndependenceTest"),
    names=ordered_names,
    alpha=number(0, 1),
    max_given=count(0),
    background=instance("BackgroundKnowledge"),
    max_tests=count(0),
)
def find_skeleton(
    test: IndependenceTest,
    names: Sequence[str],
    *,
    alpha: float = 0.05,
    max_given: int | None = None,
    background: BackgroundKnowledge | None = None,
    confounding: bool = False,
    max_tests: int | None = None,
) -> Skeleton:
    """Find which variables no set of others separates.

    Parameters
    ----------
    test : IndependenceTest
        Bound to data, or to a graph.
    names : sequence of str
        The variables.
    alpha : float, default=0.05
        A pair is separated where a p-value reaches this level.
    max_given : int, default=None
        Largest size of the conditioning sets.
    background : BackgroundKnowledge, default=None
        Required edges stay. Variables later than both of a pair are no conditioning variables.
    confounding : bool, default=False
        Whether a pair may be adjacent although neither may cause the other. Otherwise it is not,
        and a set that separates it is still looked for, since orientation needs one.
    max_tests : int, default=None
        Most tests to make.

    Returns
    -------
    Skeleton

    Raises
    ------
    BudgetError
        Before tests are made that would exceed ``max_tests``.
    InvalidDataError
        If there are too few samples for the conditioning sets, or the test gives NaN.

    References
    ----------
    P. Spirtes, C. Glymour, R. Scheines, "Causation, prediction, and search", MIT Press 2000,
    section 5.4.2; Colombo and Maathuis (2014), arXiv:1211.3295, Algorithm 4.1.

    Examples
    --------
    >>> from causalrep import Graph
    >>> from discovery import DSeparationOracle
    >>> from discovery.skeleton import find_skeleton
    >>> oracle = DSeparationOracle(Graph.from_text("A --> B, B --> C")).bind(None, "ABC")
    >>> skeleton = find_skeleton(oracle, "ABC")
    >>> skeleton.adjacent.sum(), skeleton.shares(0, 2)
    (4, array([0., 1., 0.]))
    """
    search = SkeletonSearch(
        test,
        names,
        alpha=alpha,
        max_given=max_given,
        background=background,
        confounding=confounding,
        max_tests=max_tests,
    )
    search.among_adjacent()
    return search.result()


class SkeletonSearch:
    """A search for separating sets that can go on with other pools of conditioning variables.

    Parameters
    ----------
    test, names, alpha, max_given, background, confounding, max_tests
        See :func:`find_skeleton`.
    """

    def __init__(
        self,
        test: IndependenceTest,
        names: Sequence[str],
        *,
        alpha: float,
        max_given: int | None,
        background: BackgroundKnowledge | None,
        confounding: bool,
        max_tests: int | None,
    ) -> None:
        if len(set(names)) != test.n_variables or len(names) != test.n_variables:
            raise InvalidDataError(
                f"The test is one of {test.n_variables} variables, but there are {len(names)} "
                "names, or they repeat. Give each one of its own."
            )
        known = BackgroundKnowledge() if background is None else background
        may, must = known.may_cause(names), known.must_cause(names)
        possible = may | may.T | (confounding & ~np.eye(len(names), dtype=bool))
        self.names = tuple(names)
        self.adjacent = possible
        self._open = ~np.eye(len(names), dtype=bool) & ~must & ~must.T
        self._not_later = known.not_later(names)
        self._test, self._alpha = test, alpha
        self._max_given = len(names) - 2 if max_given is None else max_given
        self._max_tests = np.inf if max_tests is None else max_tests
        self._separators: dict[tuple[int, int], np.ndarray] = {}
        self._closest: dict[tuple[int, int], np.ndarray] = {}
        self._p_values = np.full((len(names), len(names)), np.nan)
        self._n_tests = 0

    def among_adjacent(self) -> None:
        """Look for separating sets among the variables adjacent to one of a pair."""
        size = 0
        while size <= self._max_given and self._level(size, self._adjacent_pool, None):
            size += 1

    def among(self, pool: Pool) -> None:
        """Look for separating sets in other pools, leaving out the sets that were tried.

        Parameters
        ----------
        pool : callable
            ``pool(i, j)`` tells which variables may separate the pair, found on the side of i.
        """
        tried = self.adjacent.copy()
        size = 1
        while size <= self._max_given and self._level(size, pool, tried):
            size += 1

    def result(self) -> Skeleton:
        """Return what was found so far."""
        return Skeleton(
            names=self.names,
            adjacent=self.adjacent.copy(),
            separators=dict(self._separators),
            closest=dict(self._closest),
            p_values=self._p_values.copy(),
            n_tests=self._n_tests,
        )

    def _adjacent_pool(self, i: int, j: int) -> np.ndarray:
        return self.adjacent[i]

    def _level(self, size: int, pool: Pool, tried: np.ndarray | None) -> bool:
        """Make all tests of one size; whether any pool was large enough for one."""
        pools = [
            (i, j, self._admitted(pool, i, j), self._admitted(pool, j, i))
            for i, j in np.argwhere(np.triu(self._open)).tolist()
        ]
        n_new = sum(_n_sets(left, right, size) for _, _, left, right in pools)
        if self._n_tests + n_new > self._max_tests:
            raise BudgetError(
                f"With conditioning sets of {size} variables the search would have made "
                f"{self._n_tests + n_new:,} tests, but max_tests is {self._max_tests:,}. Raise "
                f"it, or choose max_given below {size}."
            )
        found = [hit for tests in _batches(pools, size, tried) for hit in self._decide(tests)]
        for (i, j), hits in _by_pair(found).items():
            best = max(p for p, _ in hits)
            tied = [members for p, members in hits if p >= best * (1 - _TIE)]
            self._separators[i, j] = np.unique(tied, axis=0) if len(tied) > 1 else np.array(tied)
            self.adjacent[i, j] = self.adjacent[j, i] = False
            self._open[i, j] = self._open[j, i] = False
        return n_new > 0

    def _admitted(self, pool: Pool, i: int, j: int) -> np.ndarray:
        """Members of the pool that are not later than both of the pair."""
        admitted = pool(i, j) & (self._not_later[:, i] | self._not_later[:, j])
        admitted[[i, j]] = False
        return admitted

    def _decide(self, tests: np.ndarray) -> Iterator[tuple[int, int, float, np.ndarray]]:
        """Test rows (i, j, *given) and yield those that find independence."""
        first, second, given = tests[:, 0], tests[:, 1], tests[:, 2:]
        p_values = self._test.p_values(first, second, given)
        if np.isnan(p_values).any():
            raise InvalidDataError(
                f"The test of independence gave NaN for {self.names[first[0]]!r} and "
                f"{self.names[second[0]]!r}, where p-values were wanted."
            )
        self._n_tests += len(tests)
        self._remember(tests, p_values)
        for row in np.flatnonzero(p_values >= self._alpha):
            yield int(first[row]), int(second[row]), float(p_values[row]), given[row]

    def _remember(self, tests: np.ndarray, p_values: np.ndarray) -> None:
        """Keep, for each pair, the test that speaks most for independence."""
        order = np.lexsort((p_values, tests[:, 1], tests[:, 0]))
        pairs = tests[order, :2]
        last = np.r_[(pairs[1:] != pairs[:-1]).any(axis=1), True]
        for row in order[last]:
            i, j = tests[row, :2].tolist()
            if not p_values[row] <= self._p_values[i, j]:
                self._p_values[i, j] = self._p_values[j, i] = p_values[row]
                self._closest[i, j] = tests[row, 2:]


def _n_sets(left: np.ndarray, right: np.ndarray, size: int) -> int:
    """Count the sets that lie within one of two pools."""
    counts = [int(pool.sum()) for pool in (left, right, left & right)]
    return comb(counts[0], size) + comb(counts[1], size) - comb(counts[2], size)


def _batches(
    pools: list[tuple[int, int, np.ndarray, np.ndarray]], size: int, tried: np.ndarray | None
) -> Iterator[np.ndarray]:
    """Yield the tests of one size as rows (i, j, *given), many at a time."""
    parts: list[np.ndarray] = []
    n_rows = 0
    for i, j, left, right in pools:
        sets = _sets(left, right, size)
        if tried is not None:
            sets = sets[~(tried[i][sets].all(axis=1) | tried[j][sets].all(axis=1))]
        parts.append(np.column_stack([np.full(len(sets), i), np.full(len(sets), j), sets]))
        n_rows += len(sets)
        if n_rows >= _TESTS_AT_ONCE:
            yield np.concatenate(parts)
            parts, n_rows = [], 0
    if n_rows:
        yield np.concatenate(parts)


def _sets(left: np.ndarray, right: np.ndarray, size: int) -> np.ndarray:
    """Return the sets within one of two pools, each once, in increasing order."""
    of_left, of_right = (
        np.flatnonzero(pool)[_combinations(int(pool.sum()), size)] for pool in (left, right)
    )
    return np.concatenate([of_left, of_right[~left[of_right].all(axis=1)]])


@lru_cache(maxsize=64)
def _combinations(n_items: int, size: int) -> np.ndarray:
    """Return the places of all subsets of one size, of shape (n_subsets, size)."""
    sets = list(combinations(range(n_items), size))
    return np.array(sets, dtype=int).reshape(len(sets), size)


def _by_pair(
    found: list[tuple[int, int, float, np.ndarray]],
) -> dict[tuple[int, int], list[tuple[float, np.ndarray]]]:
    grouped: dict[tuple[int, int], list[tuple[float, np.ndarray]]] = {}
    for i, j, p_value, members in found:
        grouped.setdefault((i, j), []).append((p_value, members))
    return grouped
