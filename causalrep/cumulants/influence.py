"""Influence functions of joint cumulants, and the covariance that they give to k-statistics."""

from __future__ import annotations

from collections.abc import Sequence
from math import factorial
from typing import Any

import numpy as np
from array_api_compat import array_namespace, device

from causalrep.argument_arrays import shown
from causalrep.cumulants.index_sets import (
    Slots,
    checked_sets,
    distinct_rows,
    pairings,
    product_of,
    slots_of_size,
)
from causalrep.cumulants.products import (
    blocks_of,
    centred_variables,
    checked_samples,
    like,
    products,
    subset_moments,
    without_overflow,
)
from causalrep.exceptions import InvalidDataError

__all__ = [
    "cofactors",
    "combined_covariance",
    "cumulant_covariance",
    "distinct_products",
    "influences",
]

_FEWEST_OF_A_PRODUCT = 256


@without_overflow
def influences(X: Any, sets: Any) -> Any:
    r"""Influence functions of joint cumulants at every sample.

    What a sample y adds to the cumulant of I, to first order in its weight: with products
    :math:`y_B` of centred variables and their means :math:`m_B`

    .. math::

       \mathrm{IF}_I(y) = \sum_{\emptyset \ne B \subseteq I} (y_B - m_B)\, g_{I \setminus B} ,
       \qquad g_C = \sum_{\rho} (-1)^{|\rho|} |\rho|! \prod_{D \in \rho} m_D ,

    over the partitions of C into blocks of two or more; :math:`g_\emptyset = 1`.

    Parameters
    ----------
    X : array-like of numpy or torch of shape (n_samples, n_variables)
        The samples.
    sets : array-like of shape (n_sets, order), int
        Variables of each cumulant; orders 1 to 6.

    Returns
    -------
    array of shape (n_samples, n_sets), float64
        Every column has mean zero.

    Raises
    ------
    InvalidDataError
        If X is no matrix of finite numbers, or the sets are out of range.

    Notes
    -----
    Derived in the guide. Their covariance divided by n is the asymptotic covariance of the
    estimates; :func:`cumulant_covariance` computes it without this matrix.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.cumulants import influences
    >>> X = np.array([[0.0], [1.0], [5.0]])
    >>> influences(X, [[0, 0]])[:, 0].round(6).tolist()  # (y^2 - variance)
    [-0.666667, -3.666667, 4.333333]
    """
    X = checked_samples(X)
    sets = checked_sets(sets, X.shape[1])
    Y = centred_variables(X)
    xp = array_namespace(Y)
    moments = _moments(Y, sets)
    weights = cofactors(moments, sets.shape[1])
    terms = [moments[slots] * weight for slots, weight in weights.items()]
    constant = xp.sum(xp.stack(terms), axis=0)
    indices = like(Y, sets)
    blocks = [
        _weighted_products(block, indices, weights) - constant[:, None]
        for block in blocks_of(Y, sets.shape[1] * len(sets))
    ]
    return xp.permute_dims(xp.concat(blocks, axis=1), (1, 0))


@without_overflow
def cumulant_covariance(X: Any, sets: Sequence[Any]) -> Any:
    r"""Covariance of k-statistics of several orders, times the number of samples.

    It is the covariance of the influence functions, which are combinations of products of
    centred variables: one matrix product for the covariance of all products of these, and a
    sparse combination from either side.

    Parameters
    ----------
    X : array-like of numpy or torch of shape (n_samples, n_variables)
        The samples.
    sets : sequence of array-like of shape (n_sets, order), int
        Variables of the cumulants, one array for each order; orders 1 to 6.

    Returns
    -------
    array of shape (n_all_sets, n_all_sets), float64
        In the order of the sets as given. It is positive semidefinite.

    Raises
    ------
    InvalidDataError
        If X is no matrix of finite numbers, or the sets are out of range.

    Notes
    -----
    Consistent where moments of twice the highest order exist. Costs
    :math:`n u^2` operations for u distinct products, about as many as there are sets.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.cumulants import cumulant_covariance, sorted_sets
    >>> X = np.random.default_rng(0).normal(size=(10_000, 1))
    >>> S = cumulant_covariance(X, [sorted_sets(1, order) for order in (2, 3)])
    >>> S.diagonal().round().tolist()  # 2 and 6 for Gaussian samples
    [2.0, 6.0]
    """
    X = checked_samples(X)
    if not isinstance(sets, Sequence) or not sets:
        raise InvalidDataError(
            "cumulant_covariance wants a list of index sets, such as [sorted_sets(2, 3)], but got "
            f"{shown(sets)}."
        )
    checked = [checked_sets(group, X.shape[1]) for group in sets]
    Y = centred_variables(X)
    weights = [cofactors(_moments(Y, group), group.shape[1]) for group in checked]
    distinct, places = distinct_products(checked, weights)
    return combined_covariance(_product_covariance(Y, distinct), weights, places)


def _moments(Y: Any, sets: np.ndarray) -> dict[Slots, Any]:
    """Moments of every subset; those of one variable are zero."""
    xp = array_namespace(Y)
    order = sets.shape[1]
    zero = xp.zeros((len(sets),), dtype=Y.dtype, device=device(Y))
    moments = {(slot,): zero for slot in range(order)}
    return moments | subset_moments(Y, sets, list(range(2, order + 1)))


def cofactors(moments: dict[Slots, Any], order: int) -> dict[Slots, Any]:
    """Return what multiplies the product of each subset: g of the places that it leaves.

    A single place left over has no partition, so such subsets are missing.
    """
    one = moments[(0,)] + 1.0
    cofactors: dict[Slots, Any] = {}
    for size in (size for size in range(1, order + 1) if size != order - 1):
        for slots in slots_of_size(order, size):
            rest = tuple(slot for slot in range(order) if slot not in slots)
            cofactors[slots] = one * sum(
                (-1) ** len(blocks) * factorial(len(blocks)) * product_of(moments, blocks)
                for blocks in pairings(rest)
            )
    return cofactors


def _weighted_products(block: Any, sets: Any, weights: dict[Slots, Any]) -> Any:
    """Sum the weighted products of all subsets, each built on the one that it extends."""
    xp = array_namespace(block)
    factors = [xp.take(block, sets[:, slot], axis=0) for slot in range(sets.shape[1])]

    def extended(slots: Slots, prefix: Any) -> Any:
        total = prefix * weights[slots][:, None] if slots in weights else 0.0
        for slot in range(slots[-1] + 1, len(factors)):
            total = total + extended((*slots, slot), prefix * factors[slot])
        return total

    return sum(extended((slot,), factor) for slot, factor in enumerate(factors))


def distinct_products(
    sets: Sequence[np.ndarray], weights: Sequence[dict[Slots, Any]]
) -> tuple[list[np.ndarray], list[dict[Slots, np.ndarray]]]:
    """Give every product that the influence functions are made of a number."""
    needed = [
        (group, slots, rows[:, slots])
        for group, rows in enumerate(sets)
        for slots in weights[group]
    ]
    places: list[dict[Slots, np.ndarray]] = [{} for _ in sets]
    distinct: list[np.ndarray] = []
    start = 0
    for size in sorted({len(slots) for _, slots, _ in needed}):
        chosen = [item for item in needed if len(item[1]) == size]
        rows, positions = distinct_rows(np.concatenate([item[2] for item in chosen]))
        ends = np.cumsum([len(item[2]) for item in chosen])[:-1]
        for (group, slots, _), part in zip(chosen, np.split(positions, ends), strict=True):
            places[group][slots] = part + start
        distinct.append(rows)
        start += len(rows)
    return distinct, places


def combined_covariance(
    covariance: Any,
    weights: Sequence[dict[Slots, Any]],
    places: Sequence[dict[Slots, np.ndarray]],
) -> Any:
    """Combine the covariance of products to that of influence functions.

    Parameters
    ----------
    covariance : array of shape (n_products, n_products)
    weights : sequence of dict
        For each group of sets, and choice of places, what multiplies its products.
    places : sequence of dict
        Likewise, the numbers of its products.
    """
    xp = array_namespace(covariance)
    for _ in range(2):  # from the left, and after a transposition from the right
        rows = []
        for group, place in zip(weights, places, strict=True):
            total = 0.0
            for slots, weight in group.items():
                chosen = xp.take(covariance, like(covariance, place[slots]), axis=0)
                total = total + weight[:, None] * chosen
            rows.append(total)
        covariance = xp.matrix_transpose(xp.concat(rows, axis=0))
    return (covariance + xp.matrix_transpose(covariance)) / 2


def _product_covariance(Y: Any, distinct: Sequence[np.ndarray]) -> Any:
    """Covariance of products of variables: first their means, then what varies about these."""
    xp = array_namespace(Y)
    groups = [like(Y, rows) for rows in distinct]
    width = sum(map(len, distinct))
    total = xp.zeros((width, 1), dtype=Y.dtype, device=device(Y))
    for block in blocks_of(Y, width):
        values = xp.concat([products(block, rows) for rows in groups], axis=0)
        total += xp.sum(values, axis=1, keepdims=True)
    mean = total / Y.shape[1]
    scatter = xp.zeros((width, width), dtype=Y.dtype, device=device(Y))
    for block in blocks_of(Y, width, _FEWEST_OF_A_PRODUCT):
        values = xp.concat([products(block, rows) for rows in groups], axis=0) - mean
        scatter += values @ xp.matrix_transpose(values)
    return scatter / Y.shape[1]
