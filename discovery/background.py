"""What is known before a search: tiers, edges that must be and edges that cannot be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np

from causalrep.exceptions import GraphError

__all__ = ["BackgroundKnowledge"]


@dataclass(frozen=True)
class BackgroundKnowledge:
    """Knowledge about causes that a search has to respect.

    Parameters
    ----------
    tiers : sequence of collections of str, default=()
        Names in the order of time: no variable causes one of an earlier tier. Variables in no
        tier are free.
    required : iterable of (str, str), default=()
        Pairs (cause, effect) that an edge joins in this direction.
    forbidden : iterable of (str, str), default=()
        Pairs (cause, effect) that no edge joins in this direction; the other one stays possible.

    Raises
    ------
    GraphError
        If a name is in two tiers, or the parts contradict one another: required edges that run
        against the tiers, that form a cycle, or that are forbidden too.

    Examples
    --------
    >>> from discovery import BackgroundKnowledge
    >>> knowledge = BackgroundKnowledge(tiers=[["age"], ["income"]])
    >>> knowledge.may_cause(["age", "income", "health"]).astype(int)
    array([[0, 1, 1],
           [0, 0, 1],
           [1, 1, 0]])
    """

    tiers: Sequence[Collection[str]] = ()
    required: Iterable[tuple[str, str]] = ()
    forbidden: Iterable[tuple[str, str]] = ()

    def __post_init__(self) -> None:
        for field in ("tiers", "required", "forbidden"):
            value = getattr(self, field)
            if isinstance(value, str) or not isinstance(value, Iterable):
                raise GraphError(f"{field} must be a list, but is {value!r}.")
        object.__setattr__(self, "tiers", tuple(map(_tier, self.tiers)))
        for field in ("required", "forbidden"):
            object.__setattr__(self, field, tuple(map(_pair, getattr(self, field))))
        listed = [name for tier in self.tiers for name in tier]
        repeated = sorted({name for name in listed if listed.count(name) > 1})
        if repeated:
            raise GraphError(f"{repeated[0]!r} occurs twice in the tiers; name it once.")
        both = [pair for pair in self.required if pair in set(self.forbidden)]
        if both:
            raise GraphError(f"{_arrow(both[0])} is both required and forbidden; choose one.")
        self._refuse_impossible()

    @property
    def names(self) -> tuple[str, ...]:
        """All variables that the knowledge is about."""
        pairs = (*self.required, *self.forbidden)
        groups = (*self.tiers, *pairs)
        return tuple(dict.fromkeys(name for group in groups for name in group))

    def may_cause(self, names: Sequence[str]) -> np.ndarray:
        """Tell which edges are possible.

        Parameters
        ----------
        names : sequence of str
            All variables of the search.

        Returns
        -------
        ndarray of shape (n_names, n_names), bool
            Whether the row may be a direct cause of the column: the tiers and the required edges
            (which have no way back) allow it, and it is not forbidden.

        Raises
        ------
        GraphError
            If the knowledge is about a variable that is not among the names.
        """
        possible = self.not_later(names) & ~np.eye(len(names), dtype=bool)
        closed = nx.transitive_closure_dag(nx.DiGraph(self.required))
        return (
            possible & ~self._matrix(names, closed.edges).T & ~self._matrix(names, self.forbidden)
        )

    def must_cause(self, names: Sequence[str]) -> np.ndarray:
        """Tell which edges are required.

        Parameters
        ----------
        names : sequence of str
            All variables of the search.

        Returns
        -------
        ndarray of shape (n_names, n_names), bool
            Row = cause, column = effect.
        """
        return self._matrix(names, self.required)

    def not_later(self, names: Sequence[str]) -> np.ndarray:
        """Tell which variables are not in a later tier than others.

        Parameters
        ----------
        names : sequence of str
            All variables of the search.

        Returns
        -------
        ndarray of shape (n_names, n_names), bool
            False where the tier of the row comes after that of the column.
        """
        self._matrix(names, ())
        tier = {name: place for place, group in enumerate(self.tiers) for name in group}
        place = np.array([tier.get(name, np.nan) for name in names])
        return ~(place[:, None] > place)

    def _matrix(self, names: Sequence[str], pairs: Iterable[tuple[str, str]]) -> np.ndarray:
        place = {name: number for number, name in enumerate(names)}
        unknown = [name for name in self.names if name not in place]
        if unknown:
            raise GraphError(
                f"The background knowledge is about {unknown[0]!r}, but the variables are "
                f"{', '.join(map(str, names))}. Correct the name or leave it out."
            )
        matrix = np.zeros((len(place), len(place)), dtype=bool)
        for cause, effect in pairs:
            matrix[place[cause], place[effect]] = True
        return matrix

    def _refuse_impossible(self) -> None:
        """Refuse required edges that form a cycle or lead, in one or more steps, back in time."""
        graph = nx.DiGraph(self.required)
        if not nx.is_directed_acyclic_graph(graph):
            cycle = [cause for cause, _ in nx.find_cycle(graph)]
            raise GraphError(
                f"The required edges form a cycle: {' --> '.join([*cycle, cycle[0]])}. "
                "Leave one of them out."
            )
        tier = {name: place for place, group in enumerate(self.tiers) for name in group}
        for cause, effect in nx.transitive_closure_dag(graph).edges:
            if tier.get(cause, -1) > tier.get(effect, len(self.tiers)):
                raise GraphError(
                    f"The required edges lead from {cause!r} to {effect!r}, which is in an "
                    "earlier tier. Correct the tiers or the edges."
                )


def _tier(names: Any) -> tuple[str, ...]:
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise GraphError(
            f"A tier is a collection of names such as ['age', 'sex'], but {names!r} came."
        )
    return tuple(names)


def _pair(pair: Any) -> tuple[str, str]:
    if not isinstance(pair, Sequence) or isinstance(pair, str) or len(pair) != 2:
        raise GraphError(
            f"Required and forbidden edges are pairs (cause, effect), but {pair!r} came."
        )
    if pair[0] == pair[1]:
        raise GraphError(f"An edge joins two variables, but {pair!r} names one twice.")
    return (pair[0], pair[1])


def _arrow(pair: tuple[str, str]) -> str:
    return f"{pair[0]} --> {pair[1]}"
