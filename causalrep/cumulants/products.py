"""Means of products of centred variables: numpy or torch, in blocks of bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, ParamSpec

import numpy as np
from array_api_compat import array_namespace, device, is_torch_array

from causalrep.argument_arrays import real_array
from causalrep.cumulants.index_sets import Slots, distinct_rows, slots_of_size
from causalrep.exceptions import InvalidDataError

__all__ = [
    "blocks_of",
    "centred_variables",
    "checked_samples",
    "like",
    "product_means",
    "products",
    "subset_moments",
    "without_overflow",
]

_Parameters = ParamSpec("_Parameters")

_ELEMENTS_AT_ONCE = 2**18
_FEWEST_SAMPLES = 64
_FEWEST_OF_A_TABLE = 512
_WASTE = 16
_LARGEST_TABLE = 2**25


def checked_samples(X: Any) -> Any:
    """Return X as an array, of numpy or torch, or say what is wrong with it.

    Values are looked at later, when they have been centred.
    """
    X = X if is_torch_array(X) else real_array("Cumulants want X to be", X, finite=False)
    numeric = array_namespace(X).isdtype(X.dtype, ("real floating", "integral", "bool"))
    if X.ndim != 2 or not numeric:
        raise InvalidDataError(
            "Cumulants want real numbers of shape (n_samples, n_variables), but X is of type "
            f"{X.dtype} and shape {tuple(X.shape)}."
        )
    return X


def centred_variables(X: Any, fewest: int = 1) -> Any:
    """Return samples as variables in rows, each with mean zero.

    Parameters
    ----------
    X : array of shape (n_samples, n_variables)
    fewest : int, default=1
        Fewest samples to accept.

    Returns
    -------
    array of shape (n_variables, n_samples), float64
        On the device of X.

    Raises
    ------
    InvalidDataError
        If there are too few samples, or values are not finite.
    """
    xp = array_namespace(X)
    if X.shape[0] < fewest:
        raise InvalidDataError(
            f"These cumulants want at least {fewest} samples, but X has {X.shape[0]}."
        )
    Y = xp.asarray(xp.astype(xp.permute_dims(X, (1, 0)), xp.float64), copy=True)
    for _ in range(2):  # the second pass takes away what the rounding of a large mean left
        Y -= xp.mean(Y, axis=1, keepdims=True)
    if not bool(xp.all(xp.isfinite(Y))):
        raise InvalidDataError("X must be finite, but holds NaN, infinite or overflowing values.")
    return Y


def without_overflow(function: Callable[_Parameters, Any]) -> Callable[_Parameters, Any]:
    """Refuse samples, instead of answering, where the products of a function of them overflow."""

    @wraps(function)
    def call(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> Any:
        with np.errstate(over="ignore", invalid="ignore"):
            answer = function(*args, **kwargs)
        xp = array_namespace(answer)
        if not bool(xp.all(xp.isfinite(answer))):
            raise InvalidDataError(
                f"{function.__name__} multiplies values with one another, and these are so large "
                "that their products overflow. Divide the columns by powers of ten or two before."
            )
        return answer

    return call


def like(Y: Any, numbers: np.ndarray) -> Any:
    """Return numbers as an array of the kind, and on the device, of another."""
    return array_namespace(Y).asarray(numbers, device=device(Y))


def blocks_of(Y: Any, width: int, fewest: int = _FEWEST_SAMPLES) -> Iterator[Any]:
    """Cut the samples so that ``width`` numbers for each of them stay within 2 MiB, in the cache.

    No block but the last has fewer than ``fewest`` samples.
    """
    size = max(_ELEMENTS_AT_ONCE // max(width, 1), fewest)
    return (Y[:, first : first + size] for first in range(0, Y.shape[1], size))


def products(Y: Any, sets: Any) -> Any:
    """Multiply the variables of each set.

    Parameters
    ----------
    Y : array of shape (n_variables, n_samples)
    sets : array of shape (n_sets, order), int
        Of the kind of Y.

    Returns
    -------
    array of shape (n_sets, n_samples)
    """
    xp = array_namespace(Y)
    answer = xp.take(Y, sets[:, 0], axis=0)
    for slot in range(1, sets.shape[1]):
        answer = answer * xp.take(Y, sets[:, slot], axis=0)
    return answer


def product_means(Y: Any, sets: np.ndarray) -> Any:
    """Average the products of each set over the samples.

    The first half of every set is multiplied by all second halves at once, which is a matrix
    product, unless few of these are wanted.

    Parameters
    ----------
    Y : array of shape (n_variables, n_samples)
    sets : ndarray of shape (n_sets, order), int

    Returns
    -------
    array of shape (n_sets,)
    """
    xp = array_namespace(Y)
    half = (sets.shape[1] + 1) // 2
    front, rows = distinct_rows(sets[:, :half])
    back, columns = distinct_rows(sets[:, half:])
    n_entries = len(front) * len(back)
    if half == sets.shape[1] or n_entries > min(_WASTE * len(sets), _LARGEST_TABLE):
        return _means_one_by_one(Y, sets)
    front, back = like(Y, front), like(Y, back)
    table = xp.zeros((front.shape[0], back.shape[0]), dtype=Y.dtype, device=device(Y))
    for block in blocks_of(Y, front.shape[0] + back.shape[0], _FEWEST_OF_A_TABLE):
        table += products(block, front) @ xp.matrix_transpose(products(block, back))
    entries = like(Y, rows * back.shape[0] + columns)
    return xp.take(xp.reshape(table, (-1,)), entries) / Y.shape[1]


def subset_moments(Y: Any, sets: np.ndarray, sizes: list[int]) -> dict[Slots, Any]:
    """Central moments of subsets of every index set.

    Parameters
    ----------
    Y : array of shape (n_variables, n_samples)
    sets : ndarray of shape (n_sets, order), int
    sizes : list of int
        Sizes of the subsets.

    Returns
    -------
    dict
        For each choice of places an array of shape (n_sets,).
    """
    xp = array_namespace(Y)
    moments: dict[Slots, Any] = {}
    for size in sizes:
        choices = slots_of_size(sets.shape[1], size)
        rows = np.concatenate([sets[:, slots] for slots in choices])
        distinct, positions = distinct_rows(rows)
        means = product_means(Y, distinct)
        parts = np.split(positions, len(choices))
        moments |= {
            slots: xp.take(means, like(Y, part))
            for slots, part in zip(choices, parts, strict=True)
        }
    return moments


def _means_one_by_one(Y: Any, sets: np.ndarray) -> Any:
    xp = array_namespace(Y)
    size = _ELEMENTS_AT_ONCE // _FEWEST_SAMPLES
    parts = []
    for first in range(0, len(sets), size):
        part = like(Y, sets[first : first + size])
        sums = [xp.sum(products(block, part), axis=1) for block in blocks_of(Y, part.shape[0])]
        parts.append(xp.sum(xp.stack(sums), axis=0))
    return xp.concat(parts) / Y.shape[1]
