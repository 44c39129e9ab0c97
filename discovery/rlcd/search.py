"""The search for covers: short ranks show groups of pure children, from the leaves upwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

import numpy as np

from causalrep.exceptions import BudgetError
from causalrep.ranks import RankTest
from discovery.rlcd.asides import Aside, AsideSearch
from discovery.rlcd.covers import (
    Cover,
    Exit,
    leaf,
    sets_of_size,
    size_of,
    surrogates_of,
    units_of,
    with_observed,
)
from discovery.rlcd.groups import Group, GroupSearch
from discovery.rlcd.separation import sides_of

__all__ = ["CoverSearch"]


class CoverSearch:
    """What is known while covers are found and set aside.

    Parameters
    ----------
    test : RankTest
    alpha : float
        Level of the tests; ranks are taken for short where p-values reach it.
    latents_first : bool, default=False
        Whether to explain by observed variables only what no latents explain.
    max_size : int, default=2
        Largest number of members of a cover.
    max_tests : float, default=inf
        Number of tests after which the search gives up.

    Attributes
    ----------
    active : list of Cover
        Covers that nothing known separates from the others.
    exits : list of Exit
        Covers that were set aside or got parents, in that order.
    n_tests : int
    """

    def __init__(
        self,
        test: RankTest,
        alpha: float,
        *,
        latents_first: bool = False,
        max_size: int = 2,
        max_tests: float = np.inf,
    ) -> None:
        self.test = test
        self.latents_first = latents_first
        self.alpha = alpha
        self.max_size = min(max_size, test.n_variables)
        self.max_tests = max_tests
        self.active = [leaf(variable) for variable in range(test.n_variables)]
        self.exits: list[Exit] = []
        self.n_tests = 0
        self._dependence: tuple[dict[int, int], np.ndarray] | None = None
        self._known: dict[int, tuple[list[Aside], list[Group]]] = {}

    def start_from(self, groups: Iterable[tuple[int, Iterable[int]]]) -> CoverSearch:
        """Take groups for granted: the number of latents of each, and its observed children."""
        leaves = {cover.surrogates[0]: cover for cover in self.active}
        for n_latents, variables in groups:
            covers = tuple(leaves[variable] for variable in variables)
            self._adopt(Group(covers, (), n_latents, is_large=True))
        return self

    def run(self) -> CoverSearch:
        """Set aside what few members separate from the rest, and group what shares parents."""
        while (
            self._sweep(hasty=False)
            or self._sweep(hasty=True)
            or self._narrow(self.active, np.inf)
            or self._set_aside(AsideSearch(self).find_wide())
        ):
            pass
        return self

    def _sweep(self, hasty: bool) -> bool:
        """Go on with the smallest covers that show, until there are none; say if there were."""
        size, found = 1, False
        while size <= self.max_size and len(self.active) > 1:
            if self._step(size, hasty):
                size, found = 1, True
                if hasty:
                    return True
            else:
                size += 1
        return found

    def count(self, n_tests: int) -> None:
        """Count tests that are about to be made, and refuse to exceed the budget."""
        self.n_tests += n_tests
        if self.n_tests > self.max_tests:
            raise BudgetError(
                f"The search for covers would take more than max_tests={self.max_tests:g} tests. "
                "Raise max_tests, or lower max_cover_size."
            )

    def separation(
        self, covers: tuple[Cover, ...], others: Iterable[Cover], by: tuple[Cover, ...]
    ) -> float:
        """Return the p-value of some covers separating others, 0 where nothing can tell."""
        others = tuple(others)
        sides = sides_of(by, (*covers, *others, *by))
        if sides is None or not covers or not others or sides.tear(covers, others):
            return 0.0
        sets = (np.array([surrogates_of(some)]) for some in (covers, others))
        self.count(1)
        p_values = sides.p_values(self.test, *sets)
        if p_values is None or not sides.can_tell(self.test, self.alpha, others, (*covers, *by)):
            return 0.0
        return float(p_values[0])

    def _step(self, size: int, hasty: bool) -> bool:
        """Set covers aside or group them, the clearest findings first; False if there are none.

        A cover that others separate from the rest may be what it seems, or one more child of the
        latents behind a group, of which the others are good proxies. So first come covers that
        share no group with what separates them, then groups that show themselves by more than
        the fewest members. Where latents come first, observed variables separate others only
        when nothing else is left.
        """
        asides, groups = self._findings(size)
        large = [group for group in groups if group.is_large]
        grouped = [set(group.covers) for group in groups]
        sure = [found for found in asides if not found.is_doubtful]
        early = [found for found in sure if self._may_explain(found.by)]
        clear = [found for found in early if not _within(found, grouped)]
        return (
            self._set_aside(clear)
            or self._explain_all(large, hasty)
            or self._set_aside(early)
            or self._explain_all(groups, hasty)
            or self._set_aside(sure)
            or self._set_aside(asides)
        )

    def _findings(self, size: int) -> tuple[list[Aside], list[Group]]:
        """Return what can be set aside and what can be grouped, unless nothing has changed."""
        if size not in self._known:
            asides = AsideSearch(self).find(size)
            groups = [group for seen in self._observed(size) for group in self._groups(size, seen)]
            self._known[size] = asides, groups
        return self._known[size]

    def _groups(self, size: int, observed: tuple[Cover, ...]) -> list[Group]:
        """Find groups with ``size`` parents in common, some observed and some not."""
        return GroupSearch(self, observed).find(size - len(observed))

    def _may_explain(self, by: tuple[Cover, ...]) -> bool:
        """Whether some covers may account for what others share before all groups are found."""
        return not self.latents_first or all(cover.is_latent for cover in by)

    def _set_aside(self, asides: list[Aside]) -> bool:
        """Remove covers from the search, unless what separates them is gone; say if any were.

        An observed variable of a group may be gone before the group is, so even a new finding may
        come too late.
        """
        changed = False
        for found in asides:
            unit, by = found.unit, found.by
            if not all(one in self.active for one in (*unit.covers, *by)):
                continue
            if not self._narrow(unit.covers, size_of(by)):
                self._leave(unit.covers, by)
            changed = True
        return changed

    def _leave(self, covers: tuple[Cover, ...], by: tuple[Cover, ...]) -> None:
        self._forget()
        self.exits.append(Exit(covers, by))
        self.active = [cover for cover in self.active if cover not in covers]

    def _forget(self) -> None:
        self._known.clear()
        self._dependence = None

    def _observed(self, size: int) -> Iterator[tuple[Cover, ...]]:
        """Go through sets of observed variables that may be members of a cover."""
        leaves = [cover for cover in self.active if not cover.is_latent]
        for count in range(size - 1, -1, -1):
            yield from combinations(leaves, count)

    def _explain_all(self, groups: list[Group], hasty: bool) -> bool:
        """Explain groups that do not overlap with those explained before."""
        found = False
        for number, group in enumerate(groups):
            if number == 0 or self._is_fresh(group):
                found |= self._explain(group, hasty)
        return found

    def _explain(self, group: Group, hasty: bool) -> bool:
        """Find what a group has in common: covers that are known, or else new latents."""
        size = group.n_latents + len(group.observed)
        for by in filter(self._may_explain, self._explanations(group, size)):
            block = tuple(cover for cover in group.covers if cover not in by)
            others = [c for c in self.active if c not in block and c not in by]
            if others and self.separation(block, others, by) < self.alpha:
                continue
            is_star = self._is_star(block, by)
            if not is_star and (not others or self._share_latents(block, by, group)):
                continue
            if is_star or hasty:
                self._leave(block, by)
            return is_star or hasty
        if not self._narrow(group.covers, group.n_latents):
            self._adopt(group)
        return True

    def _explanations(self, group: Group, size: int) -> Iterator[tuple[Cover, ...]]:
        """Go through sets of covers, with ``size`` members, that may be what a group shares.

        Observed ones lie in the group, or are what its other covers depend on most.
        """
        inside = [cover for cover in group.covers if not cover.is_latent]
        for count in range(size, -1, -1):
            for some in combinations(inside, count):
                block = [cover for cover in group.covers if cover not in some]
                near = self.blanket(block, size - count, but=some)
                if count == size or near:
                    yield (*some, *near)
        for by in sets_of_size(self.active, size):
            if any(cover.is_latent for cover in by) and set(with_observed(by)) <= set(by):
                yield by

    def blanket(
        self, covers: Sequence[Cover], size: int, but: tuple[Cover, ...] = ()
    ) -> tuple[Cover, ...]:
        """Return the ``size`` other observed variables that covers depend on most.

        What they depend on given all the rest cannot be missing from a set of observed variables
        that separates them. Empty where there are fewer others.
        """
        others = [c for c in self.active if not c.is_latent and c not in covers and c not in but]
        if not size or len(others) < size:
            return ()
        if self._dependence is None:
            universe = surrogates_of(self.active)
            strength = self.test.dependence_given_rest(universe)
            self._dependence = {number: place for place, number in enumerate(universe)}, strength
        places, strength = self._dependence
        rows, columns = (
            [places[number] for number in surrogates_of(some)] for some in (covers, others)
        )
        nearest = np.argsort(-strength[rows][:, columns].max(axis=0), kind="stable")[:size]
        return tuple(others[place] for place in np.sort(nearest))

    def _is_star(self, block: tuple[Cover, ...], by: tuple[Cover, ...]) -> bool:
        """Whether some covers separate every two of a block."""
        pairs = list(combinations(block, 2))
        level = self.alpha / max(len(pairs), 1)
        return bool(pairs) and all(
            self.separation((one,), (other,), by) >= level for one, other in pairs
        )

    def _share_latents(
        self, block: tuple[Cover, ...], by: tuple[Cover, ...], group: Group
    ) -> bool:
        """Whether short ranks within a block, and what separates it, call for new latents."""
        size = group.n_latents + 1
        units = units_of(
            [cover for cover in (*block, *by) if cover not in group.observed], group.observed
        )
        universe = surrogates_of(units)
        if len(universe) < 2 * size:
            return False
        inner = [unit for unit in units if set(unit.covers) <= set(block)]
        rows = np.array([surrogates_of(some) for some in sets_of_size(inner, size)])
        if not len(rows):
            return True
        self.count(len(rows))
        fixed = surrogates_of(group.observed)
        return bool(self.test.complement_accepts(rows, universe, self.alpha, fixed).all())

    def _adopt(self, group: Group) -> None:
        """Put a new group of latents in the place of its children."""
        others = tuple(cover for cover in self.active if cover not in group.covers)
        against = surrogates_of(cover for cover in others if cover not in group.observed)
        members, size = surrogates_of(group.covers), group.n_latents
        surrogates = members[:size]
        if len(against) >= size:
            self.test = self.test.with_composite(members, size, against)
            surrogates = tuple(range(self.test.n_variables - size, self.test.n_variables))
        cover = Cover(surrogates, group.covers, group.observed)
        self._forget()
        self.exits.append(Exit(group.covers, (cover,), are_children=True))
        self.active = [*others, cover]

    def _is_fresh(self, group: Group) -> bool:
        """Whether a group still is short of rank against what is left of the others."""
        if not all(one in self.active for one in (*group.covers, *group.observed)):
            return False
        return GroupSearch(self, group.observed).is_short(group)

    def _narrow(self, covers: Iterable[Cover], n_parents: float) -> bool:
        """Put latents before a cover that shares fewer dimensions with the rest than it has.

        If ``n_parents`` and its own members are more than these, it cannot be adjacent to all of
        them: covers between make it narrow.
        """
        wanted = {cover for cover in covers if cover.size > 1}
        if not wanted:
            return False
        groups = GroupSearch(self)
        for unit in groups.units:
            narrow = 0 < unit.size < min(size_of(unit.covers), n_parents)
            if len(unit.covers) == 1 and narrow and wanted.issuperset(unit.covers):
                others = [other for other in groups.units if other is not unit]
                if groups.n_members(others) <= unit.size:
                    continue
                children = unit.covers
                if len(others) == 1 and others[0].size < groups.n_members(others):
                    children += others[0].covers
                self._adopt(Group(children, (), unit.size, is_large=False))
                return True
        return False


def _within(found: Aside, groups: list[set[Cover]]) -> bool:
    """Whether a group holds a unit together with what separates it."""
    return any(group.issuperset((*found.unit.covers, *found.by)) for group in groups)
