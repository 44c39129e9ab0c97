"""Which covers separate others: tests of rank in which both sides see the separating latents."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from causalrep.exceptions import DegenerateDataError
from causalrep.ranks import RankTest
from discovery.rlcd.covers import Cover, Unit, size_of, surrogates_of, units_of, with_observed

__all__ = ["Sides", "indicators", "sides_of"]


@dataclass(frozen=True)
class Sides:
    """How separating covers enter a test: observed ones held fixed, latent ones on both sides.

    If a set of covers separates A from B, the rank of the cross-covariance of A with B, both
    joined by indicators of the separating latents, is the number of these latents: all that the
    sides share goes through them. If it does not separate, the rank is larger by what A and B
    share directly, provided each side has indicators enough.

    Parameters
    ----------
    fixed : tuple of Cover
        The observed separating variables, among them those that belong to separating latents.
    left, right : tuple of int
        Indicators of the separating latents.
    rank : int
        Number of the separating latents.
    lacking : int
        How many of these latents the right side has no indicator for.
    """

    fixed: tuple[Cover, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    rank: int
    lacking: int

    def p_values(self, test: RankTest, rows: np.ndarray, columns: np.ndarray) -> np.ndarray | None:
        """Test whether rows (n_tests, a) and columns (n_tests, b) are separated.

        None where there are too few indicators to tell; 0, which separates nothing, where a
        composite is tested beside variables that it depends on.
        """
        rows, columns = (
            np.hstack([sets, np.tile(np.array(side, dtype=np.int64), (len(sets), 1))])
            for sets, side in ((rows, self.left), (columns, self.right))
        )
        if min(rows.shape[1], columns.shape[1]) <= self.rank:
            return None
        given = np.tile(np.array(surrogates_of(self.fixed), dtype=np.int64), (len(rows), 1))
        try:
            return test.p_values(rows, columns, self.rank, given)
        except DegenerateDataError:
            return _p_values_one_by_one(test, rows, columns, self.rank, given)

    def can_tell(
        self, test: RankTest, alpha: float, others: Sequence[Cover], rest: Sequence[Cover]
    ) -> bool:
        """Whether others share enough with the rest for a rank to exceed that of a separation.

        They must make up for what the right side lacks in indicators of the separating latents.
        """
        if self.lacking < 1:
            return True
        shown = [one for cover in rest for one in indicators(cover, others, self.fixed)]
        inside = surrogates_of(others)
        outside = sorted({*surrogates_of(shown)} - {*inside})
        if min(len(inside), len(outside)) <= self.lacking:
            return False
        return bool(
            test.p_values(np.array([inside]), np.array([outside]), self.lacking)[0] < alpha
        )

    def tear(self, covers: Sequence[Cover], others: Sequence[Cover]) -> bool:
        """Whether a group is on one side and a free observed variable of it on the other."""
        return any(
            one not in self.fixed and one in there
            for here, there in ((covers, others), (others, covers))
            for cover in here
            for one in cover.observed
        )


def _p_values_one_by_one(
    test: RankTest, rows: np.ndarray, columns: np.ndarray, rank: int, given: np.ndarray
) -> np.ndarray:
    """Test each pair of sets alone; a set of dependent variables tells nothing."""
    found = np.zeros(len(rows))
    for place in range(len(rows)):
        one = slice(place, place + 1)
        with suppress(DegenerateDataError):
            found[place] = test.p_values(rows[one], columns[one], rank, given[one])[0]
    return found


def sides_of(by: Sequence[Cover], named: Sequence[Cover]) -> Sides | None:
    """Deal the indicators of separating covers to two sides; None where there are too few.

    Parameters
    ----------
    by : sequence of Cover
        The separating covers.
    named : sequence of Cover
        All covers of the test; indicators that are among them, or have one below, stay out.
    """
    latent = [cover for cover in by if cover.is_latent]
    fixed = tuple(cover for cover in with_observed(by) if not cover.is_latent)
    found = [_halves(cover, (*named, *fixed), fixed) for cover in latent]
    splits = [halves for halves in found if halves is not None]
    if len(splits) < len(found) or any(cover in named and cover not in by for cover in fixed):
        return None
    return Sides(
        fixed=fixed,
        left=surrogates_of(child for left, _ in splits for child in left),
        right=surrogates_of(child for _, right in splits for child in right),
        rank=size_of(latent),
        lacking=sum(
            max(0, cover.n_latents - size_of(right))
            for cover, (_, right) in zip(latent, splits, strict=True)
        ),
    )


def indicators(cover: Cover, named: Sequence[Cover], fixed: Sequence[Cover]) -> list[Cover]:
    """Return what shows a cover in a test that names others.

    Its composites if it has no named cover below; otherwise those children that have none, and
    whose observed partners are held fixed or among them.
    """
    free = _free_children(cover, named, fixed)
    if sum(len(unit.covers) for unit in free) == len(cover.children):
        return [cover]
    return [child for unit in free for child in unit.covers]


def _free_children(cover: Cover, named: Sequence[Cover], fixed: Sequence[Cover]) -> list[Unit]:
    return units_of((child for child in cover.children if not child.holds(named)), fixed)


def _halves(
    cover: Cover, named: Sequence[Cover], fixed: Sequence[Cover]
) -> tuple[list[Unit], list[Unit]] | None:
    """Deal the children of a group to two sides, the left one with at least as many as latents.

    The left side takes what it needs first, as the right has other variables beside them.
    """
    left: list[Unit] = []
    right: list[Unit] = []
    for unit in sorted(_free_children(cover, named, fixed), key=lambda unit: -unit.size):
        needs = size_of(left) < cover.n_latents
        (left if needs or size_of(left) <= size_of(right) else right).append(unit)
    if size_of(left) < cover.n_latents or not right:
        return None
    return left, right
