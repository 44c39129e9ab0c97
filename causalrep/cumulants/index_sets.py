"""Index sets of joint cumulants: which variables, how often, and what their subsets share."""

from __future__ import annotations

from itertools import combinations
from math import prod
from numbers import Integral
from typing import Any

import numpy as np

from causalrep.argument_arrays import real_array, shown
from causalrep.exceptions import InvalidDataError

__all__ = [
    "MAX_ORDER",
    "checked_sets",
    "distinct_rows",
    "pairings",
    "product_of",
    "set_keys",
    "slots_of_size",
    "sorted_sets",
]

MAX_ORDER = 6
_MOST = 2**20
_LARGEST_KEY = 2**62

Slots = tuple[int, ...]


def sorted_sets(n_variables: int, order: int) -> np.ndarray:
    """Every index set of joint cumulants of one order, each once.

    Parameters
    ----------
    n_variables : int
        Number of variables p.
    order : int
        Number of indices in a set.

    Returns
    -------
    ndarray of shape (n_sets, order), int
        Non-decreasing rows in lexicographic order; there are ``comb(p + order - 1, order)``.

    Raises
    ------
    InvalidDataError
        If one of the numbers is not a positive integer.

    Examples
    --------
    >>> from causalrep.cumulants import sorted_sets
    >>> sorted_sets(2, 3).tolist()
    [[0, 0, 0], [0, 0, 1], [0, 1, 1], [1, 1, 1]]
    """
    for name, number in (("n_variables", n_variables), ("order", order)):
        if isinstance(number, bool) or not isinstance(number, Integral) or number < 1:
            raise InvalidDataError(f"{name} must be a positive integer, but is {number!r}.")
        if number > _MOST:
            raise InvalidDataError(f"{name} must be at most {_MOST}, but is {shown(number)}.")
    sets = np.arange(n_variables, dtype=np.int64)[:, np.newaxis]
    for _ in range(order - 1):
        counts = n_variables - sets[:, -1]
        rows = np.repeat(np.arange(len(sets)), counts)
        starts = np.cumsum(counts) - counts
        last = sets[rows, -1] + np.arange(len(rows)) - starts[rows]
        sets = np.column_stack([sets[rows], last])
    return sets


def checked_sets(sets: Any, n_variables: int) -> np.ndarray:
    """Return index sets as sorted rows of integers, or say what is wrong with them."""
    array = real_array("Index sets have to be", sets)
    if array.ndim != 2 or array.dtype.kind not in "iu":
        raise InvalidDataError(
            "Index sets must be integers of shape (n_sets, order), but are of type "
            f"{array.dtype} and shape {array.shape}. sorted_sets(n_variables, order) gives all."
        )
    if not 1 <= array.shape[1] <= MAX_ORDER:
        raise InvalidDataError(
            f"Cumulants are of orders 1 to {MAX_ORDER}, but the index sets have "
            f"{array.shape[1]} indices."
        )
    if array.size and not 0 <= array.min() <= array.max() < n_variables:
        raise InvalidDataError(
            f"Index sets must name the variables 0 to {n_variables - 1}, but reach from "
            f"{array.min()} to {array.max()}."
        )
    return np.sort(array.astype(np.int64), axis=1)


def distinct_rows(sets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct rows of index sets, and for each row the number of its like.

    Parameters
    ----------
    sets : ndarray of shape (n_sets, order), int

    Returns
    -------
    distinct : ndarray of shape (n_distinct, order), int
    positions : ndarray of shape (n_sets,), int
        ``distinct[positions]`` equals ``sets``.
    """
    base = int(sets.max(initial=0)) + 1
    if base ** sets.shape[1] > _LARGEST_KEY:
        distinct, positions = np.unique(sets, axis=0, return_inverse=True)
        return distinct, positions.reshape(-1)
    keys = set_keys(sets, base)
    _, first, positions = np.unique(keys, return_index=True, return_inverse=True)
    return sets[first], positions


def set_keys(sets: np.ndarray, base: int) -> np.ndarray:
    """Return numbers that are in the same order as the rows of index sets below a base."""
    return sets @ base ** np.arange(sets.shape[1] - 1, -1, -1)


def slots_of_size(order: int, size: int) -> list[Slots]:
    """Places of an index set, so many at a time."""
    return list(combinations(range(order), size))


def pairings(slots: Slots) -> list[tuple[Slots, ...]]:
    """Partitions of places into blocks of two or more.

    Blocks of one play no part, because central moments of order one vanish.

    Parameters
    ----------
    slots : tuple of int

    Returns
    -------
    list of tuple of tuple of int
        The empty set has one partition, which has no blocks; a single place has none.
    """
    if not slots:
        return [()]
    head, rest = slots[0], slots[1:]
    found: list[tuple[Slots, ...]] = []
    for size in range(1, len(rest) + 1):
        for others in combinations(rest, size):
            left = tuple(slot for slot in rest if slot not in others)
            found += [((head, *others), *blocks) for blocks in pairings(left)]
    return found


def product_of(values: dict[Slots, Any], blocks: tuple[Slots, ...]) -> Any:
    """Multiply the values of all blocks; one where there are none."""
    return prod((values[block] for block in blocks), start=1.0)
