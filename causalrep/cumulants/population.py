"""Cumulants of mixtures of independent sources."""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import array_namespace, is_torch_array

from causalrep.argument_arrays import real_array
from causalrep.cumulants.index_sets import checked_sets
from causalrep.cumulants.products import like, without_overflow
from causalrep.exceptions import InvalidDataError

__all__ = ["population"]


@without_overflow
def population(mixing: Any, source_cumulants: Any, sets: Any) -> Any:
    r"""Joint cumulants of ``x = B eta`` for independent sources eta.

    Cumulants are multilinear, and joint cumulants of independent variables vanish, so that

    .. math:: \kappa_I(x) = \sum_j \omega_j \prod_{i \in I} B_{ij} .

    Parameters
    ----------
    mixing : array-like of numpy or torch of shape (n_variables, n_sources)
        What each source adds to each variable.
    source_cumulants : array-like of shape (n_sources,)
        Cumulants of the sources, of the order of the sets.
    sets : array-like of shape (n_sets, order), int
        Variables of each cumulant; orders 1 to 6.

    Returns
    -------
    array of shape (n_sets,), float64

    Raises
    ------
    InvalidDataError
        If the shapes do not fit together, or the sets are out of range.

    Examples
    --------
    >>> from causalrep.cumulants import population
    >>> population([[1.0, 0.0], [2.0, 1.0]], [1.0, 3.0], [[0, 0], [0, 1], [1, 1]]).tolist()
    [1.0, 2.0, 7.0]
    """
    B = _numbers("mixing", mixing)
    xp = array_namespace(B)
    omega = xp.asarray(_numbers("source_cumulants", source_cumulants), dtype=B.dtype)
    if B.ndim != 2 or tuple(omega.shape) != (B.shape[1],):
        raise InvalidDataError(
            "Cumulants want a mixing of shape (n_variables, n_sources) and one cumulant for each "
            f"source, but got the shapes {tuple(B.shape)} and {tuple(omega.shape)}."
        )
    indices = like(B, checked_sets(sets, B.shape[0]))
    terms = xp.take(B, indices[:, 0], axis=0)
    for slot in range(1, indices.shape[1]):
        terms = terms * xp.take(B, indices[:, slot], axis=0)
    return terms @ omega


def _numbers(name: str, values: Any) -> Any:
    if is_torch_array(values):
        return values
    return real_array(f"population wants {name} to be", values).astype(np.float64)
