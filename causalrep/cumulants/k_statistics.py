"""Unbiased estimates of joint cumulants."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from itertools import product
from math import factorial, prod
from typing import Any

from array_api_compat import array_namespace

from causalrep.cumulants.index_sets import Slots, checked_sets, pairings, product_of
from causalrep.cumulants.products import (
    centred_variables,
    checked_samples,
    like,
    subset_moments,
    without_overflow,
)

__all__ = ["coefficient", "combined_moments", "k_statistics", "plug_in_cumulants"]


@without_overflow
def k_statistics(X: Any, sets: Any) -> Any:
    r"""Unbiased estimates of joint cumulants, the multivariate k-statistics.

    With central moments :math:`m_B` of the sample

    .. math:: k_I = \sum_\rho c_\rho(n) \prod_{B \in \rho} m_B , \qquad
              E[k_I] = \kappa_I ,

    over the partitions of I into blocks of two or more.

    Parameters
    ----------
    X : array-like of numpy or torch of shape (n_samples, n_variables)
        The samples, at least as many as the order.
    sets : array-like of shape (n_sets, order), int
        Variables of each cumulant; orders 1 to 6.

    Returns
    -------
    array of shape (n_sets,), float64
        Of the kind, and on the device, of X.

    Raises
    ------
    InvalidDataError
        If X is no matrix of finite numbers or has fewer samples than the order, or the sets
        are out of range.

    Notes
    -----
    The coefficients are derived in the guide, and computed exactly. They are those of Kaplan up
    to order four.

    References
    ----------
    R. A. Fisher, "Moments and product moments of sampling distributions", Proceedings of the
    London Mathematical Society 30 (1929); E. L. Kaplan, "Tensor notation and the sampling
    cumulants of k-statistics", Biometrika 39 (1952).

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.cumulants import k_statistics
    >>> X = np.array([[0.0, 1.0], [2.0, 1.0], [4.0, 4.0]])
    >>> k_statistics(X, [[0, 0], [0, 1]]).tolist()
    [4.0, 3.0]
    >>> k_statistics(X, [[0, 1, 1]]).round(6).tolist()
    [9.0]
    """
    return _cumulants(X, sets, unbiased=True)


@without_overflow
def plug_in_cumulants(X: Any, sets: Any) -> Any:
    r"""Joint cumulants of the distribution that gives every sample the same weight.

    These are the maximum likelihood estimates, with a bias of order 1/n. On a full factorial
    design, where the samples are the population, they are exact and k-statistics are not.

    Parameters
    ----------
    X : array-like of numpy or torch of shape (n_samples, n_variables)
        The samples.
    sets : array-like of shape (n_sets, order), int
        Variables of each cumulant; orders 1 to 6.

    Returns
    -------
    array of shape (n_sets,), float64

    Raises
    ------
    InvalidDataError
        If X is no matrix of finite numbers, or the sets are out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.cumulants import plug_in_cumulants
    >>> coin = np.array([[-1.0], [1.0]])
    >>> plug_in_cumulants(coin, [[0, 0, 0, 0]]).tolist()
    [-2.0]
    """
    return _cumulants(X, sets, unbiased=False)


@cache
def coefficient(sizes: tuple[int, ...], n_samples: int) -> float:
    r"""Coefficient of a product of central moments in a k-statistic.

    A product of raw moments of a partition :math:`\pi` is estimated without bias by the mean
    over *different* samples, one for each block, and this is, by Moebius inversion, a
    combination of products of power sums over the coarser partitions. Collected,

    .. math:: c_\rho = n^{|\rho|} \sum_{m} \frac{(-1)^{M - 1} (M - 1)!}{n (n-1) \dots (n-M+1)}
              \prod_{B \in \rho} S(|B|, m_B) (-1)^{m_B - 1} (m_B - 1)! , \qquad M = \sum_B m_B ,

    where S counts the partitions of a block into :math:`m_B` parts (Stirling numbers).

    Parameters
    ----------
    sizes : tuple of int
        Sizes of the blocks.
    n_samples : int

    Returns
    -------
    float
        Exact up to one rounding.
    """
    total = Fraction(0)
    for parts in product(*(range(1, size + 1) for size in sizes)):
        n_parts = sum(parts)
        falling = prod(range(n_samples - n_parts + 1, n_samples + 1))
        ways = prod(
            _stirling(size, part) * (-1) ** (part - 1) * factorial(part - 1)
            for size, part in zip(sizes, parts, strict=True)
        )
        total += Fraction((-1) ** (n_parts - 1) * factorial(n_parts - 1) * ways, falling)
    return float(total * n_samples ** len(sizes))


def _cumulants(X: Any, sets: Any, *, unbiased: bool) -> Any:
    X = checked_samples(X)
    sets = checked_sets(sets, X.shape[1])
    order = sets.shape[1]
    Y = centred_variables(X, fewest=order if unbiased else 1)
    if order == 1:
        xp = array_namespace(X)
        return xp.mean(xp.astype(xp.take(X, like(Y, sets[:, 0]), axis=1), xp.float64), axis=0)
    sizes = [size for size in range(2, order + 1) if size != order - 1]
    moments = subset_moments(Y, sets, sizes)
    return combined_moments(moments, order, Y.shape[1], unbiased=unbiased)


def combined_moments(
    moments: dict[Slots, Any], order: int, n_samples: int, *, unbiased: bool
) -> Any:
    """Combine central moments of the subsets of index sets to cumulants.

    Parameters
    ----------
    moments : dict
        For each choice of two or more places, all but one excepted, an array of shape (n_sets,).
    order : int
        Number of places, at least two.
    n_samples : int
    unbiased : bool
        Whether to compute k-statistics or plug-in estimates.
    """
    total = 0.0
    for blocks in pairings(tuple(range(order))):
        sizes = tuple(map(len, blocks))
        weight = coefficient(sizes, n_samples) if unbiased else _sign(len(blocks))
        total = total + weight * product_of(moments, blocks)
    return total


def _sign(n_blocks: int) -> float:
    return float((-1) ** (n_blocks - 1) * factorial(n_blocks - 1))


def _stirling(n: int, k: int) -> int:
    """Count the partitions of n things into k parts, none empty."""
    if k in (0, n):
        return int(k == n)
    return k * _stirling(n - 1, k) + _stirling(n - 1, k - 1)
