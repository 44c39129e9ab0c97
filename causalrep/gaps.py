"""Masked arrays, which numpy would read as if nothing were missing, are refused in one way."""

from __future__ import annotations

import numpy as np

from causalrep.exceptions import InvalidDataError

__all__ = ["refuse_masked"]


def refuse_masked(
    wanted: str, value: object, what: str, error: type[ValueError] = InvalidDataError
) -> None:
    """Refuse a masked array, whose hidden entries ``numpy.asarray`` would bring back.

    Parameters
    ----------
    wanted : str
        The beginning of the message, such as ``"PC wants complete samples"``.
    value : object
        What came.
    what : str
        What it is called in the message.
    error : type of ValueError, default=InvalidDataError
        What is raised.

    Raises
    ------
    ValueError
        The class given, if the value is a masked array.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.gaps import refuse_masked
    >>> refuse_masked("PC wants complete samples", np.ma.masked_equal([1, -99], -99), "X")
    Traceback (most recent call last):
    causalrep.exceptions.InvalidDataError: PC wants complete samples, but X is a masked array. \
Fill what is masked, or drop it.
    """
    if isinstance(value, np.ma.MaskedArray):
        raise error(f"{wanted}, but {what} is a masked array. Fill what is masked, or drop it.")
