"""Fourth cumulants of many variables: as a symmetric matrix of pairs, or contracted."""

from __future__ import annotations

from typing import Any

from array_api_compat import array_namespace, device, is_torch_array

from causalrep.argument_arrays import real_array
from causalrep.cumulants.index_sets import sorted_sets
from causalrep.cumulants.k_statistics import coefficient
from causalrep.cumulants.pair_moments import pair_moments
from causalrep.cumulants.products import (
    blocks_of,
    centred_variables,
    checked_samples,
    like,
    without_overflow,
)
from causalrep.exceptions import InvalidDataError

__all__ = ["contracted", "fourth_flattening"]

_ORDER = 4
_PAIRS_AT_ONCE = 256


@without_overflow
def fourth_flattening(X: Any) -> Any:
    r"""Unbiased fourth cumulants of all variables, as a matrix over pairs.

    With the products :math:`z_{ij} = y_i y_j` of centred variables, the fourth moments are
    :math:`\frac{1}{n} Z' Z`, and

    .. math:: K_{(ij),(kl)} = c_4 \, m_{ijkl}
              + c_{22} \, (m_{ij} m_{kl} + m_{ik} m_{jl} + m_{il} m_{jk}) .

    Parameters
    ----------
    X : array-like of numpy or torch of shape (n_samples, n_variables)
        The samples, at least four.

    Returns
    -------
    array of shape (n_pairs, n_pairs), float64
        Rows and columns are the pairs ``sorted_sets(n_variables, 2)``. It is symmetric, and
        every cumulant stands in it as often as it can be cut into two sorted pairs.

    Raises
    ------
    InvalidDataError
        If X is no matrix of finite numbers, or has fewer than four samples.

    Notes
    -----
    Every product of four variables is summed once, which takes :math:`n p^4 / 12` operations, and
    half as much memory as the answer. Where p is larger than 150 or so, :func:`contracted` needs
    no such matrix.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.cumulants import fourth_flattening, sorted_sets
    >>> X = np.random.default_rng(0).uniform(-1, 1, size=(10_000, 2))
    >>> sorted_sets(2, 2).tolist()
    [[0, 0], [0, 1], [1, 1]]
    >>> np.abs(fourth_flattening(X).round(2))  # -2/15 for one uniform variable
    array([[0.13, 0.  , 0.  ],
           [0.  , 0.  , 0.  ],
           [0.  , 0.  , 0.13]])
    """
    Y = centred_variables(checked_samples(X), fewest=_ORDER)
    K = pair_moments(Y).fourth
    K *= coefficient((4,), Y.shape[1])
    _add_pairings(K, Y)
    return K


@without_overflow
def contracted(X: Any, directions: Any) -> Any:
    r"""Unbiased fourth cumulants contracted three times with each of some directions.

    .. math:: \kappa_4(x, a'x, a'x, a'x) = c_4 \, \mathrm{mean}\bigl(y (a'y)^3\bigr)
              + 3 c_{22} \, S a \, (a' S a)

    with the covariance S, divided by n: no tensor of fourth moments is formed.

    Parameters
    ----------
    X : array-like of numpy or torch of shape (n_samples, n_variables)
        The samples, at least four.
    directions : array-like of shape (n_variables, n_directions)
        The vectors a, one a column.

    Returns
    -------
    array of shape (n_variables, n_directions), float64

    Raises
    ------
    InvalidDataError
        If X is no matrix of finite numbers, has fewer than four samples, or the directions are
        not of as many variables.

    Notes
    -----
    Costs :math:`4 n p k` operations for k directions.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.cumulants import contracted, k_statistics
    >>> X = np.random.default_rng(0).exponential(size=(100, 2))
    >>> contracted(X, [[1.0], [0.0]]).round(6)[:, 0].tolist()
    [0.027676, -0.222598]
    >>> k_statistics(X, [[0, 0, 0, 0], [1, 0, 0, 0]]).round(6).tolist()
    [0.027676, -0.222598]
    """
    Y = centred_variables(checked_samples(X), fewest=_ORDER)
    xp, n_samples = array_namespace(Y), Y.shape[1]
    if not is_torch_array(directions):
        directions = real_array("contracted wants directions to be", directions)
    A = xp.asarray(directions, dtype=Y.dtype, device=device(Y))
    if A.ndim != 2 or A.shape[0] != Y.shape[0] or A.shape[1] == 0:
        raise InvalidDataError(
            f"directions must be of shape ({Y.shape[0]}, n_directions), one row for each "
            f"variable, but are of shape {tuple(A.shape)}."
        )
    fourth, second = xp.zeros_like(A), xp.zeros_like(A)
    for block in blocks_of(Y, Y.shape[0] + A.shape[1]):
        scores = xp.matrix_transpose(block) @ A
        second += block @ scores
        fourth += block @ scores**3
    fourth, second = fourth / n_samples, second / n_samples
    spread = xp.sum(A * second, axis=0)
    weights = coefficient((4,), n_samples), coefficient((2, 2), n_samples)
    return weights[0] * fourth + 3 * weights[1] * second * spread


def _add_pairings(K: Any, Y: Any) -> None:
    """Add the weighted products of covariances, some rows at a time."""
    xp, n_samples = array_namespace(Y), Y.shape[1]
    S = Y @ xp.matrix_transpose(Y) / n_samples
    S = (S + xp.matrix_transpose(S)) / 2  # not all libraries see that it is symmetric
    weight = coefficient((2, 2), n_samples)
    pairs = like(Y, sorted_sets(Y.shape[0], 2))
    first, second = pairs[:, 0], pairs[:, 1]
    variances = S[first, second]
    for start in range(0, K.shape[0], _PAIRS_AT_ONCE):
        tile = slice(start, start + _PAIRS_AT_ONCE)
        i, j = S[first[tile]], S[second[tile]]
        terms = xp.take(i, first, axis=1) * xp.take(j, second, axis=1)
        terms += xp.take(i, second, axis=1) * xp.take(j, first, axis=1)
        K[tile] += weight * (terms + variances[tile, None] * variances)
