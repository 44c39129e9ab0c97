"""What every test of ranks can do: the interface of samples, covariances and oracles."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from numbers import Integral

import numpy as np

from causalrep.argument_arrays import real_array
from causalrep.exceptions import InvalidDataError

__all__ = ["RankTest", "checked_sets", "complements"]


class RankTest(ABC):
    r"""Tests of the rank of cross-covariance matrices between sets of variables.

    Test t has the null hypothesis that the cross-covariance of the variables ``rows[t]`` and
    ``columns[t]``, partial on ``given[t]``, has at most the rank asked for. By the Schur
    complement this is a statement on plain covariances too,

    .. math:: \operatorname{rank} \Sigma_{A \cup C, B \cup C}
              = |C| + \operatorname{rank} \Sigma_{A, B \mid C}.

    Attributes
    ----------
    n_variables : int
        Number of variables; the first are the observed ones, composites follow.
    """

    @property
    @abstractmethod
    def n_variables(self) -> int:
        """Number of variables, composites included."""

    @abstractmethod
    def p_values(
        self, rows: np.ndarray, columns: np.ndarray, rank: int, given: np.ndarray | None = None
    ) -> np.ndarray:
        """Test many pairs of sets of the same sizes.

        Parameters
        ----------
        rows : ndarray of shape (n_tests, a), int
        columns : ndarray of shape (n_tests, b), int
            Numbers of variables.
        rank : int
            Largest rank under the null hypothesis, below min(a, b).
        given : ndarray of shape (n_tests, c), int, default=None
            Variables that are held fixed.

        Returns
        -------
        ndarray of shape (n_tests,)

        Raises
        ------
        InvalidDataError
            If the sets of one test overlap, numbers are out of range, the rank is not below the
            sizes of both sets, or there are too few samples.
        """

    @abstractmethod
    def with_composite(
        self, members: Sequence[int], size: int, against: Sequence[int]
    ) -> RankTest:
        """Return the test with more variables at the end: composites of some variables.

        Parameters
        ----------
        members : sequence of int
            The variables that are combined.
        size : int
            Number of composites.
        against : sequence of int
            The variables with which the composites are to share as much as they can.
        """

    def complement_p_values(
        self, sets: np.ndarray, universe: Sequence[int], given: Sequence[int] = ()
    ) -> np.ndarray:
        """Test whether each set is short of rank against all the rest.

        Parameters
        ----------
        sets : ndarray of shape (n_tests, a), int
            Subsets of the universe.
        universe : sequence of int
            The variables under consideration.
        given : sequence of int, default=()
            Variables that are held fixed, the same in all tests.

        Returns
        -------
        ndarray of shape (n_tests,)
            p-values of the rank being at most ``a - 1``.
        """
        sets = np.asarray(sets)
        if not len(sets):
            return np.zeros(0)
        columns = complements(sets, universe, given)
        fixed = np.tile(np.asarray(given, dtype=np.int64), (len(sets), 1))
        return self.p_values(sets, columns, sets.shape[1] - 1, fixed)

    def complement_accepts(
        self,
        sets: np.ndarray,
        universe: Sequence[int],
        alpha: float,
        given: Sequence[int] = (),
    ) -> np.ndarray:
        """Decide whether the p-values of :meth:`complement_p_values` are at least ``alpha``."""
        return self.complement_p_values(sets, universe, given) >= alpha

    def dependence_given_rest(self, universe: Sequence[int]) -> np.ndarray:
        """Say how strongly each pair of variables depends on one another given all others.

        Parameters
        ----------
        universe : sequence of int
            The variables under consideration.

        Returns
        -------
        ndarray of shape (n_universe, n_universe)
            One less the p-value of independence, by default; larger is stronger.
        """
        numbers = np.asarray(universe)
        pairs = np.array(np.triu_indices(len(numbers), 1)).T
        rest = complements(numbers[pairs], universe)
        p_values = self.p_values(numbers[pairs[:, :1]], numbers[pairs[:, 1:]], 0, rest)
        strength = np.zeros((len(numbers),) * 2)
        strength[tuple(pairs.T)] = 1 - p_values
        return strength + strength.T


def complements(
    sets: np.ndarray, universe: Sequence[int], given: Sequence[int] = ()
) -> np.ndarray:
    """Return what each set, and those given, leave of the universe; shape (n_tests, b)."""
    rest = np.setdiff1d(np.asarray(universe, dtype=np.int64), given)
    inside = (sets[:, :, None] == rest).any(axis=1)
    n_left = len(rest) - sets.shape[1]
    if (inside.sum(axis=1) != sets.shape[1]).any():
        raise InvalidDataError(
            "Every set must lie in the universe, hold no variable twice and none of those given."
        )
    return rest[np.nonzero(~inside)[1]].reshape(len(sets), n_left)


def checked_sets(
    n_variables: int,
    rows: np.ndarray,
    columns: np.ndarray,
    rank: int,
    given: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Validate the sets of many tests, and give those without fixed variables an empty set."""
    first = real_array("rows have to be", rows)
    n_tests = len(first) if first.ndim else 0
    fixed = np.zeros((n_tests, 0), dtype=np.int64) if given is None else given
    sets = [
        real_array("rows, columns and given have to be", part) for part in (first, columns, fixed)
    ]
    if any(part.ndim != 2 or part.shape[0] != len(sets[0]) for part in sets):
        shapes = ", ".join(str(part.shape) for part in sets)
        raise InvalidDataError(
            f"rows, columns and given must be matrices with one row a test, but have {shapes}."
        )
    if any(part.size and part.dtype.kind not in "iu" for part in sets):
        raise InvalidDataError("rows, columns and given must hold integer numbers of variables.")
    sets = [part.astype(np.int64) for part in sets]
    together = np.sort(np.concatenate(sets, axis=1), axis=1)
    if together.size and not (together.min() >= 0 and together.max() < n_variables):
        raise InvalidDataError(
            f"There are {n_variables} variables, 0 to {n_variables - 1}, but sets name "
            f"{together.min()} to {together.max()}."
        )
    repeated = (together[:, 1:] == together[:, :-1]).any(axis=1)
    if repeated.any():
        raise InvalidDataError(
            "rows, columns and given of a test must not share a variable, but those of test "
            f"{repeated.argmax()} do."
        )
    largest = min(sets[0].shape[1], sets[1].shape[1])
    if isinstance(rank, bool) or not isinstance(rank, Integral) or not 0 <= rank < largest:
        raise InvalidDataError(
            f"A rank below the {largest} variables of the smaller set is tested, but rank is "
            f"{rank}."
        )
    return sets[0], sets[1], sets[2]
