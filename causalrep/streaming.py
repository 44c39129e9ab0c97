"""Rows that arrive in pieces: arrays, memory-mapped files and dask arrays, a chunk at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from numbers import Integral
from typing import Any, Protocol, Self, TypeVar

import numpy as np

from causalrep.argument_arrays import real_array
from causalrep.data import Dataset, default_names, ordered_items
from causalrep.exceptions import InvalidDataError
from causalrep.gaps import refuse_masked

__all__ = ["Mergeable", "as_rows", "checked_names", "checked_rows", "map_merge", "sources_names"]

_CHUNK_BYTES = 2**25


class Mergeable(Protocol):
    """A summary of rows that can be joined with the summary of other rows."""

    def merge(self, other: Self, /) -> Self:
        """Return the summary of both."""
        ...


_Summary = TypeVar("_Summary", bound=Mergeable)


def as_rows(X: Any) -> Any:
    """Return X as something with a shape that is sliced by rows, without reading it.

    Memory-mapped and dask arrays stay what they are; a Dataset gives its sample matrix.
    """
    rows = X.X if isinstance(X, Dataset) else X
    rows = rows if is_dask_array(rows) else _refuse_unsliceable(rows)
    if rows.ndim != 2:
        raise InvalidDataError(
            f"X must have two dimensions (samples, features), but has {rows.ndim}. "
            "Reshape your data: X.reshape(-1, 1) makes one feature of a vector."
        )
    if 0 in rows.shape:
        raise InvalidDataError(
            f"X must hold at least one sample and one feature, but has shape {rows.shape}."
        )
    return rows


def sources_names(X: Any) -> tuple[str, ...] | None:
    """Names that a Dataset or a frame brings along; None for arrays."""
    if isinstance(X, Dataset):
        return X.names
    columns = getattr(X, "columns", None)
    return None if columns is None else tuple(str(column) for column in columns)


def checked_names(names: Sequence[str] | None, n_features: int) -> tuple[str, ...]:
    """Return the names given, checked, or ``X1``, ``X2``, ... where there are none."""
    if names is None:
        return default_names(n_features)
    names = tuple(map(str, ordered_items(names, n_features, InvalidDataError)))
    if len(set(names)) != n_features or len(names) != n_features:
        raise InvalidDataError(
            f"names must hold {n_features} different names, one for each feature, "
            f"but got {', '.join(map(repr, names)) or 'none'}."
        )
    return names


def checked_rows(chunk: Any, names: Sequence[str] | None = None) -> np.ndarray:
    """Return a chunk as a matrix of real numbers, or say what is wrong with it.

    Values are looked at later, where a pass over them is made anyway.
    """
    rows = np.asarray(as_rows(chunk))
    if rows.dtype.kind not in "fiub":
        raise InvalidDataError(
            f"X must hold real numbers, but is of type {rows.dtype}. "
            "Drop or encode what is not numeric."
        )
    if names is not None and rows.shape[1] != len(names):
        raise InvalidDataError(
            f"Every chunk must have the {len(names)} features of the first, "
            f"but one has {rows.shape[1]}."
        )
    return rows


def map_merge(
    summarise: Callable[..., _Summary],
    X: Any,
    *aligned: np.ndarray,
    chunk_size: int | None = None,
) -> _Summary:
    """Summarise chunk by chunk and merge: the whole never lies in memory at once.

    Parameters
    ----------
    summarise : callable
        Called as ``summarise(chunk, *chunks_of_aligned, start=first_row_of_the_chunk)``.
    X : array or dask array of shape (n_samples, n_features)
        The rows. The blocks of a dask array are summarised where the scheduler likes.
    *aligned : ndarray of shape (n_samples,)
        What belongs to the rows and is cut with them.
    chunk_size : int, default=None
        Rows in a chunk; as many as fit into 32 MiB where None is given. A dask array keeps
        its own blocks.
    """
    whole = isinstance(chunk_size, Integral) and not isinstance(chunk_size, bool)
    if chunk_size is not None and (not whole or chunk_size < 1):
        raise InvalidDataError(
            f"chunk_size must be at least 1 row, but is {chunk_size!r}; whole numbers count rows."
        )
    if is_dask_array(X):
        return _map_merge_dask(summarise, X, aligned)
    size = chunk_size or max(1, _CHUNK_BYTES // (8 * X.shape[1]))
    parts = (
        summarise(X[rows], *(array[rows] for array in aligned), start=rows.start)
        for rows in (slice(start, start + size) for start in range(0, len(X), size))
    )
    return reduce(_merge, parts)


def is_dask_array(X: Any) -> bool:
    """Tell a dask array by what it offers, so that dask is not imported for others."""
    return hasattr(X, "dask") and hasattr(X, "to_delayed") and hasattr(X, "rechunk")


def _refuse_unsliceable(rows: Any) -> np.ndarray:
    refuse_masked("Statistics want complete samples", rows, "X")
    if hasattr(rows, "tocsr"):
        raise InvalidDataError("X must be dense, but is sparse. Pass X.toarray().")
    return real_array("X has to be", rows, finite=False)


def _map_merge_dask(
    summarise: Callable[..., _Summary], X: Any, aligned: Sequence[np.ndarray]
) -> _Summary:
    import dask

    if any(np.isnan(X.chunks[0])):
        raise InvalidDataError(
            "The sizes of the dask array's blocks are not known. "
            "Call X.compute_chunk_sizes() before."
        )
    X = X.rechunk({1: -1})
    stops = np.cumsum(X.chunks[0]).tolist()
    lazily = dask.delayed(summarise)
    parts = [
        lazily(block, *(array[start:stop] for array in aligned), start=start)
        for block, start, stop in zip(X.to_delayed().ravel(), [0, *stops[:-1]], stops, strict=True)
        if stop > start
    ]
    while len(parts) > 1:
        pairs = [parts[first : first + 2] for first in range(0, len(parts), 2)]
        parts = [dask.delayed(reduce)(_merge, pair) for pair in pairs]
    return parts[0].compute()


def _merge(first: _Summary, second: _Summary) -> _Summary:
    return first.merge(second)
