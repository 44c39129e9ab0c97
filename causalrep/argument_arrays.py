"""What public functions want of arrays: real, finite, of the right number of dimensions."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from numbers import Real
from typing import Any

import numpy as np

from causalrep.exceptions import InvalidDataError
from causalrep.gaps import refuse_masked

__all__ = ["array", "positions", "real_array", "samples", "shown"]

ArrayCheck = Callable[[str, Any], np.ndarray]
_LONGEST = 60
_LARGEST = 1e152


def array(
    *dimensions: int,
    finite: bool = True,
    bounded: bool = True,
    empty: bool = False,
    dtype: Any = None,
) -> ArrayCheck:
    """Want an array of real numbers.

    Parameters
    ----------
    *dimensions : int
        Numbers of dimensions that are allowed; any where none is given.
    finite : bool, default=True
        Whether NaN and infinity are refused.
    bounded : bool, default=True
        Whether numbers whose squares overflow are refused.
    empty : bool, default=False
        Whether an array without entries is allowed.
    dtype : dtype, default=None
        Type of the array that is passed on; its own where None is given.

    Returns
    -------
    callable
    """

    def check(wanted: str, value: Any) -> np.ndarray:
        found = real_array(wanted, value, finite=finite)
        if dimensions and found.ndim not in dimensions:
            allowed = " or ".join(map(str, dimensions))
            raise InvalidDataError(
                f"{wanted} an array of {allowed} dimension(s), but it has shape {found.shape}."
            )
        if 0 in found.shape:
            if empty:
                return found
            raise InvalidDataError(
                f"{wanted} an array with entries, but it has shape {found.shape}."
            )
        if finite and bounded and float(np.abs(found).max()) > _LARGEST:
            raise InvalidDataError(
                f"{wanted} an array of numbers whose squares do not overflow, but one is "
                f"{np.abs(found).max():.3g}. Divide by a power of ten or two before."
            )
        return found if dtype is None else found.astype(dtype, copy=False)

    return check


def samples(least: int = 1) -> ArrayCheck:
    """Want a finite matrix of samples, one a row, as float64, no column of it denormal.

    Parameters
    ----------
    least : int, default=1
        Fewest rows.

    Returns
    -------
    callable
    """
    matrix = array(2, dtype=np.float64)

    def check(wanted: str, value: Any) -> np.ndarray:
        rows = matrix(wanted, value)
        if len(rows) < least:
            raise InvalidDataError(
                f"{wanted} at least {least} samples, one a row, but got {len(rows)}."
            )
        largest = np.abs(rows).max(axis=0)
        tiny = np.flatnonzero((largest > 0) & (largest < np.finfo(np.float64).tiny))
        if len(tiny):
            raise InvalidDataError(
                f"{wanted} numbers with all their digits, but those of column {tiny[0]} are so "
                "small that they lost some. Multiply by a power of ten or two before."
            )
        return rows

    return check


def positions(*dimensions: int, least: int = 0) -> ArrayCheck:
    """Want an array of integers, as positions of variables are.

    Parameters
    ----------
    *dimensions : int
        Numbers of dimensions that are allowed; any where none is given.
    least : int, default=0
        The smallest position.

    Returns
    -------
    callable
    """
    numbers = array(*dimensions)

    def check(wanted: str, value: Any) -> np.ndarray:
        found = numbers(wanted, value)
        if found.dtype.kind not in "iu":
            raise InvalidDataError(f"{wanted} integers, but they are of type {found.dtype}.")
        if found.min() < least:
            raise InvalidDataError(f"{wanted} integers from {least} on, but one is {found.min()}.")
        return found

    return check


def real_array(wanted: str, value: Any, *, finite: bool = True) -> np.ndarray:
    """Return an array of real numbers, or say what came instead.

    Parameters
    ----------
    wanted : str
        Beginning of the sentence that refuses, such as "unique_share wants Z to be".
    value : object
    finite : bool, default=True
        Whether NaN and infinity are refused.

    Returns
    -------
    ndarray

    Raises
    ------
    InvalidDataError
        If it is masked, sparse, ragged, or of text, dates, complex numbers, or objects other than
        real numbers.

    Examples
    --------
    >>> from causalrep.argument_arrays import real_array
    >>> real_array("We want it to be", [1, 2])
    array([1, 2])
    """
    refuse_masked(f"{wanted} an array without gaps", value, "it")
    if hasattr(value, "tocsr"):
        raise InvalidDataError(f"{wanted} a dense array, but it is sparse. Pass .toarray().")
    try:
        found = _numbers(np.asarray(value))
    except ValueError as error:
        raise InvalidDataError(f"{wanted} an array, but its rows differ in length.") from error
    except (RuntimeError, TypeError) as error:  # of tensors that have no like in numpy
        raise InvalidDataError(f"{wanted} an array that numpy reads: {error}") from error
    if found.dtype.kind not in "fiub":
        came = f"got {shown(value)}" if found.ndim == 0 else f"is of type {found.dtype}"
        raise InvalidDataError(f"{wanted} an array of real numbers, but {came}.")
    if finite and found.dtype.kind == "f" and not np.isfinite(found).all():
        place = tuple(np.argwhere(~np.isfinite(found))[0].tolist())
        raise InvalidDataError(
            f"{wanted} finite, but {(~np.isfinite(found)).sum()} of its entries are not; the "
            f"first is {found[place]} at {place}."
        )
    return found


def _numbers(found: np.ndarray) -> np.ndarray:
    """Return objects that are real numbers, as of frames with columns of two types, as floats."""
    if found.dtype.kind != "O" or not found.ndim:
        return found
    if all(isinstance(one, Real) and not isinstance(one, bool | np.bool_) for one in found.flat):
        with suppress(OverflowError):
            return found.astype(np.float64)
    return found


def shown(value: Any) -> str:
    """Show a value in one short line."""
    text = " ".join(repr(value).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
