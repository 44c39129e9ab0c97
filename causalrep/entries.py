"""What samples and labels must not be made of: text, dates, gaps, complex numbers, rags."""

from __future__ import annotations

from typing import Any

import numpy as np

from causalrep.argument_arrays import shown
from causalrep.exceptions import EnvironmentLabelError, InvalidArgumentError, InvalidDataError
from causalrep.gaps import refuse_masked

__all__ = ["refuse_gaps", "refuse_kinds"]

_TEXT = (
    ", but {} holds text. Convert it by .astype(float), and encode or drop columns that are not "
    "numeric."
)
_ADVICE = {
    "U": _TEXT,
    "S": _TEXT,
    "M": ", but {} holds dates. Pass the time since some date, as a number.",
    "m": ", but {} holds spans of time. Divide them by a unit, such as np.timedelta64(1, 's').",
    "c": (
        ". Complex data not supported: pass real and imaginary parts, or the modulus, as columns "
        "of their own."
    ),
}


def refuse_kinds(name: str, X: Any, what: str = "X") -> None:
    """Refuse samples whose entries are no real numbers; missing ones are looked at later.

    Parameters
    ----------
    name : str
        Who wants the samples.
    X : object
        What came as samples.
    what : str, default="X"
        What it is called.

    Raises
    ------
    InvalidDataError
        If X is masked, ragged, or of text, dates or complex numbers.
    InvalidArgumentError
        If an entry is something else, or X is no array at all.

    Examples
    --------
    >>> from causalrep.entries import refuse_kinds
    >>> refuse_kinds("PC", [["1", "2"]])
    Traceback (most recent call last):
    causalrep.exceptions.InvalidDataError: PC wants real numbers, but X holds text. Convert it by \
.astype(float), and encode or drop columns that are not numeric.
    """
    refuse_masked(f"{name} wants complete samples", X, what)
    try:
        array = np.asarray(X)
    except ValueError as error:
        raise InvalidDataError(
            f"{name} wants a matrix, but the rows of {what} differ in length. Give each sample a "
            "value of every feature."
        ) from error
    except (RuntimeError, TypeError) as error:  # of tensors that have no like in numpy
        raise InvalidDataError(
            f"{name} wants {what} to be an array that numpy reads: {error}"
        ) from error
    if array.dtype.kind in _ADVICE:
        raise InvalidDataError(
            f"{name} wants real numbers{_ADVICE[array.dtype.kind].format(what)}"
        )
    if array.dtype.kind == "O" and not hasattr(X, "tocsr"):
        _refuse_objects(name, array, X, what)


def refuse_gaps(name: str, y: Any, *, mixed: bool = True) -> None:
    """Refuse labels that are masked, complex, ragged, or of different kinds at once.

    Parameters
    ----------
    name : str
        Who wants the labels.
    y : object
        What came as labels.
    mixed : bool, default=True
        Whether words among numbers are refused here.

    Raises
    ------
    EnvironmentLabelError
        If y is no array of labels of one kind.
    """
    refuse_masked(f"{name} wants a label for every sample", y, "y", EnvironmentLabelError)
    try:
        labels = np.asarray(y)
    except ValueError as error:
        raise EnvironmentLabelError(
            f"{name} wants one label for each sample, but y holds lists of different lengths."
        ) from error
    if labels.dtype.kind == "c":
        raise EnvironmentLabelError(
            f"{name} wants environment labels that are words or whole numbers, but y is complex."
        )
    if labels.dtype.kind != "O" or not mixed:
        return
    present = [label for label in labels.ravel().tolist() if label is not None]
    if len({isinstance(label, str) for label in present if label == label}) > 1:
        raise EnvironmentLabelError(
            f"{name} wants environment labels of one kind, but y mixes words and numbers. Write "
            "them all as words, by [str(label) for label in y]."
        )


def _refuse_objects(name: str, array: np.ndarray, X: Any, what: str) -> None:
    if array.ndim == 0:
        raise InvalidArgumentError(f"{name} wants a matrix of numbers, but {what} is {shown(X)}.")
    try:
        array.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        place, value = next(
            (place, value) for place, value in np.ndenumerate(array) if not _is_number(value)
        )
        columns = getattr(X, "columns", None)
        column = f"column {columns[place[1]]!r}" if columns is not None else f"column {place[-1]}"
        where = f"row {place[0]}, {column}" if array.ndim == 2 else f"place {place}"
        raise InvalidArgumentError(
            f"{name} wants numbers, but {what} holds {shown(value)} in {where} ({error}). Encode "
            "or drop what is not numeric."
        ) from error


def _is_number(value: Any) -> bool:
    try:
        np.float64(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return np.ndim(value) == 0
