"""Edges between covers: conditional independence tests, latents seen by two sets of children."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from math import comb

import numpy as np

from discovery.rlcd.covers import Cover, Exit, size_of, with_observed
from discovery.rlcd.search import CoverSearch
from discovery.rlcd.separation import indicators


class CoverGraph:
    """Which covers are adjacent, and what separates those that are not.

    Parameters
    ----------
    search : CoverSearch
        A search that has run.

    Attributes
    ----------
    covers : list of Cover
        The observed variables, then the groups of latents.
    adjacent : ndarray of shape (n_covers, n_covers), bool
    certain : ndarray of shape (n_covers, n_covers), bool
        Pairs of a group of latents and its pure child, which are not tested again.
    """

    def __init__(self, search: CoverSearch) -> None:
        self.search = search
        seen = [cover for exit in search.exits for cover in (*exit.covers, *exit.by)]
        every = dict.fromkeys([*seen, *search.active])
        every = dict.fromkeys(with_observed(every))
        self.covers = sorted(every, key=lambda cover: (cover.is_latent, cover.surrogates))
        self.places = {id(cover): place for place, cover in enumerate(self.covers)}
        self._exits = {self.places[id(one)]: exit for exit in search.exits for one in exit.covers}
        self._order = {place: number for number, place in enumerate(self._exits)}
        self.separators: dict[frozenset[int], frozenset[int]] = {}
        self.adjacent = np.zeros((len(self.covers),) * 2, dtype=bool)
        self.certain = self.adjacent.copy()
        self._join_all(self._at(search.active))
        for exit in search.exits:
            self._join(exit)
        for cover in self.covers:
            self._part(self._at([cover]))

    def _join(self, exit: Exit) -> None:
        covers, by = [self.places[id(one)] for one in exit.covers], self._at(exit.by)
        self.adjacent[np.ix_(covers, by)] = self.adjacent[np.ix_(by, covers)] = True
        if exit.are_children:
            latent = [place for place in by if self.covers[place].is_latent]
            tied = {one for cover in exit.covers for one in cover.observed}
            sure = [self.places[id(one)] for one in exit.covers if one not in tied]
            self.certain[np.ix_(sure, latent)] = self.certain[np.ix_(latent, sure)] = True
        else:
            self._join_all(covers)

    def _part(self, members: list[int]) -> None:
        self.adjacent[np.ix_(members, members)] = False

    def _join_all(self, places: list[int]) -> None:
        for i, j in combinations(places, 2):
            self.adjacent[i, j] = self.adjacent[j, i] = True

    def thin(self, max_given: int, max_sets: int = 5_000) -> CoverGraph:
        """Remove edges between covers that up to ``max_given`` covers separate.

        Larger separating sets are not tried where there would be more than ``max_sets`` of them.
        """
        for n_given in range(min(max_given, len(self.covers)) + 1):
            adjacent = self.adjacent & self._may_separate()
            pairs = np.argwhere(np.triu(self.adjacent & ~self.certain))
            around = adjacent.sum(axis=1)
            if (
                sum(comb(around[i], n_given) + comb(around[j], n_given) for i, j in pairs)
                > max_sets
            ):
                break
            for i, j in pairs:
                self._try_to_cut(i, j, n_given, adjacent)
        return self

    @property
    def apart(self) -> np.ndarray:
        """Pairs that something known separates: neither adjacent nor in one group."""
        apart = ~(self.adjacent | np.eye(len(self.covers), dtype=bool))
        for cover in self.covers:
            members = self._at([cover])
            apart[np.ix_(members, members)] = False
            for i, j in zip(members[:1] * len(members), members[1:], strict=False):
                apart[i, j] = apart[j, i] = self._partners_apart(i, j) is not None
        return apart

    def _may_separate(self) -> np.ndarray:
        """Which covers may lie between others: all but observed ones with pure parents only."""
        latent = np.array([cover.is_latent for cover in self.covers])
        return latent | (self.adjacent & ~self.certain).any(axis=1) | ~self.certain.any(axis=1)

    def separator(self, i: int, j: int) -> frozenset[int]:
        """Return the places of the covers that separate two that are not adjacent."""
        found = self.separators.get(frozenset((i, j)))
        if found is not None:
            return found
        for pair in ((i, j), (j, i)):
            found = self._partners_apart(*pair)
            if found is not None:
                return found
        first = min((i, j), key=lambda place: self._order.get(place, len(self.covers)))
        return frozenset(self._at(self._exits[first].by))

    def _partners_apart(self, i: int, j: int) -> frozenset[int] | None:
        """Return what separates a group from an observed variable that belongs to it.

        Nothing does that is known, unless neighbours that are not adjacent to the variable show
        the group without it. Then what separates it from a child separates it from the group.
        """
        if self.covers[j] not in self.covers[i].observed:
            return None
        free = np.flatnonzero(self.adjacent[i] & ~self.adjacent[j])
        if size_of(self.covers[place] for place in free) <= self.covers[i].n_latents:
            return None
        children = [self.places[id(child)] for child in self.covers[i].children]
        separators = [self.separators.get(frozenset((child, j))) for child in children]
        return next((found for found in separators if found is not None and i not in found), None)

    def _try_to_cut(self, i: int, j: int, n_given: int, adjacent: np.ndarray) -> None:
        best, found = self.search.alpha, None
        for given in _neighbour_sets(adjacent, i, j, n_given):
            ends = self.covers[i], self.covers[j]
            by = tuple(self.covers[place] for place in self._with_partners(given, i, j))
            fixed = tuple(cover for cover in with_observed(by) if not cover.is_latent)
            one, other = (tuple(indicators(cover, (*ends, *by), fixed)) for cover in ends)
            p_value = self.search.separation(one, other, by)
            if p_value >= best:
                best, found = p_value, by
        if found is not None:
            self.adjacent[i, j] = self.adjacent[j, i] = False
            self.separators[frozenset((i, j))] = frozenset(self._at(found))

    def _with_partners(self, given: tuple[int, ...], i: int, j: int) -> list[int]:
        """Add the observed members of groups to a separating set: they are held fixed too."""
        ends = [self.covers[i], self.covers[j]]
        partners = [member for cover in ends for member in cover.observed]
        return list(dict.fromkeys([*given, *self._at(partners)]))

    def _at(self, covers: Iterable[Cover]) -> list[int]:
        """Return the places of covers and of their observed members."""
        return [self.places[id(cover)] for cover in with_observed(covers)]


def _neighbour_sets(adjacent: np.ndarray, i: int, j: int, size: int) -> Iterator[tuple[int, ...]]:
    """Go through the sets of neighbours of one of two nodes, each set once."""
    seen = set()
    for here, there in ((i, j), (j, i)):
        around = [int(place) for place in np.flatnonzero(adjacent[here]) if place != there]
        for some in combinations(around, size):
            if some not in seen:
                seen.add(some)
                yield some


def collider_arrows(graph: CoverGraph) -> np.ndarray:
    """Return the arrows of the v-structures between covers, shape (n_covers, n_covers)."""
    arrows = np.zeros_like(graph.adjacent)
    for i, j in np.argwhere(np.triu(graph.apart)):
        between = np.flatnonzero(graph.adjacent[i] & graph.adjacent[j])
        for middle in set(between.tolist()) - graph.separator(i, j):
            arrows[i, middle] = arrows[j, middle] = True
    return arrows
