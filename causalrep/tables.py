"""Samples of the user's from files: CSV, tab-separated, parquet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from causalrep.data import Dataset
from causalrep.exceptions import EnvironmentLabelError, InvalidDataError

__all__ = ["read_dataset", "read_table"]

_SEPARATORS = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
_SEPARATOR_NAMES = {",": "commas", "\t": "tabs"}
_PARQUET = (".parquet", ".pq")


def read_dataset(path: Path | str, *, environment: str, drop: Sequence[str] = ()) -> Dataset:
    """Read a file and take it apart into measurements and contexts.

    Parameters
    ----------
    path : path
        As for :func:`read_table`.
    environment : str
        Column that names the context of every sample; whole numbers written as decimals are
        taken for whole numbers.
    drop : sequence of str, default=()
        Columns to leave out.

    Returns
    -------
    Dataset

    Raises
    ------
    InvalidDataError
        If a column is missing, or one that is left is not numeric.
    EnvironmentLabelError
        If a sample has no context.
    """
    frame = read_table(path)
    columns = [str(column) for column in frame.columns]
    unknown = [name for name in (environment, *drop) if name not in columns]
    if unknown:
        raise InvalidDataError(
            f"{path} has no column {', '.join(map(repr, unknown))}; its columns are "
            f"{', '.join(map(repr, columns))}."
        )
    if environment in drop:
        raise InvalidDataError(
            f"Column {environment!r} names the contexts, so it cannot be dropped."
        )
    frame = frame.drop(columns=list(drop))
    frame[environment] = _labels(frame[environment])
    _check_numeric(frame.drop(columns=environment))
    return Dataset.from_frame(frame, environment=environment)


def read_table(path: Path | str) -> Any:
    """Read a table from a CSV, tab-separated or parquet file.

    Parameters
    ----------
    path : path
        Its ending (.csv, .tsv, .tab, .parquet, .pq) says which it is.

    Returns
    -------
    pandas.DataFrame
        A nameless first column that counts the rows is left out.

    Raises
    ------
    InvalidDataError
        If there is no such file, its ending is unknown, or it cannot be read as what its ending
        says.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in (*_SEPARATORS, *_PARQUET):
        raise InvalidDataError(
            f"A table is read from a file ending in {', '.join((*_SEPARATORS, *_PARQUET))}, but "
            f"{str(path)!r} came. Save it as one of these."
        )
    if not path.is_file():
        raise InvalidDataError(f"There is no file {str(path)!r}. Check the name and the folder.")
    frame = _read_parquet(path) if ending in _PARQUET else _read_text(path, _SEPARATORS[ending])
    if frame.empty:
        raise InvalidDataError(f"{str(path)!r} holds no rows below its header.")
    return _without_row_numbers(frame)


def _read_text(path: Path, separator: str) -> Any:
    import pandas as pd

    try:
        frame = pd.read_csv(path, sep=separator)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        reason = str(error).strip().rstrip(".")
        raise InvalidDataError(
            f"{str(path)!r} cannot be read as a table with a header line: {reason}."
        ) from error
    if len(frame.columns) == 1 and ";" in str(frame.columns[0]):
        raise InvalidDataError(
            f"{str(path)!r} seems to be separated by semicolons, but its ending says "
            f"{_SEPARATOR_NAMES[separator]}. Save it with {_SEPARATOR_NAMES[separator]}, and with "
            "decimal points."
        )
    return frame


def _read_parquet(path: Path) -> Any:
    import pandas as pd

    try:
        return pd.read_parquet(path, engine="pyarrow")
    except ImportError as error:
        raise InvalidDataError(
            "Parquet files are read by pyarrow, which is not installed: pip install pyarrow, or "
            "save the table as .csv."
        ) from error
    except ValueError as error:
        raise InvalidDataError(f"{str(path)!r} is no parquet file: {error}.") from error


def _without_row_numbers(frame: Any) -> Any:
    """Leave out the column that ``DataFrame.to_csv`` writes for the index."""
    first = frame.columns[0]
    if not str(first).startswith("Unnamed: "):
        return frame
    counted = np.asarray(frame[first])
    numbers = np.arange(len(frame))
    if np.array_equal(counted, numbers) or np.array_equal(counted, numbers + 1):
        return frame.drop(columns=first)
    return frame


def _labels(column: Any) -> Any:
    """Refuse missing labels and measurements, and take 1.0 for the 1 that it was in the file."""
    missing = np.flatnonzero(column.isna())
    if len(missing):
        raise EnvironmentLabelError(
            f"Column {column.name!r} must name the context of every sample, but does not in "
            f"{len(missing)} rows, the first below the header being row {missing[0] + 1}. Fill "
            "them in or leave them out."
        )
    if column.dtype.kind != "f":
        return column
    broken = column[column % 1 != 0]
    if len(broken):
        raise EnvironmentLabelError(
            f"Column {column.name!r} must name the context of every sample by words or whole "
            f"numbers, but holds {column.nunique()} different decimal numbers such as "
            f"{broken.iloc[0]:.6g}. Name another column, or write the contexts as words."
        )
    return column.astype(int)


def _check_numeric(frame: Any) -> None:
    texts = [str(name) for name, kind in frame.dtypes.items() if kind.kind not in "iufb"]
    if texts:
        raise InvalidDataError(
            f"Measurements must be numbers, but {_columns(texts)} not numeric. Leave them out by "
            f"--drop {' '.join(texts)} (drop= in Python), or write them as numbers."
        )


def _columns(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names))
    return f"column {shown} is" if len(names) == 1 else f"columns {shown} are"
