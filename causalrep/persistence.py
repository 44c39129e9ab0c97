"""Models, data and graphs in one file: safetensors with a JSON header, never pickle."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from causalrep.encoding import Decoder, Encoder
from causalrep.exceptions import PersistenceError
from causalrep.files import written_whole

__all__ = ["load", "save"]

_FORMAT = 1
_READABLE = ("F64", "F32", "F16", "I64", "I32", "I16", "I8", "U64", "U32", "U16", "U8", "BOOL")
_MALFORMED = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


def save(model: Any, path: str | os.PathLike[str]) -> None:
    """Write an estimator, Dataset, Graph or result to a file.

    The file appears under its name only when it is complete: it is written aside, flushed to
    the disk and renamed, so a crash leaves the old file or the new one.

    Parameters
    ----------
    model : object
        A fitted or unfitted estimator of causalrep, discovery, identifiability or simulators,
        with its parameters and learned attributes; or a Dataset, Graph, Moments, or other
        frozen record of these packages.
    path : str or path-like
        Where to write; the suffix ``.safetensors`` is customary. An existing file is replaced.

    Raises
    ------
    PersistenceError
        If a part of the model cannot be saved (the sentence names the attribute and its type),
        or the folder does not exist.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from causalrep import Graph, load, save
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(Graph.from_text("L1 --> X1; latent L1"), Path(folder) / "graph.safetensors")
    ...     print(load(Path(folder) / "graph.safetensors"))
    L1 --> X1; latent L1
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise PersistenceError(
            f"The folder {str(path.parent)!r} does not exist. Create it before."
        )
    encoder = Encoder()
    try:
        content = encoder.encode(model, type(model).__name__)
    except RecursionError as error:
        raise PersistenceError("The model refers to itself, which cannot be saved.") from error
    document = json.dumps(
        {"format": _FORMAT, "versions": _versions(), "content": content}, allow_nan=False
    )
    digest = _digest(document, encoder.arrays)
    _write(path, encoder.arrays, {"causalrep": document, "sha256": digest})


def load(path: str | os.PathLike[str]) -> Any:
    """Read what :func:`save` wrote.

    Nothing in the file is executed. Classes are taken from causalrep, discovery,
    identifiability and simulators only, and a file that is damaged or of an unknown version is
    refused. The checksum finds accidents; it does not prove who wrote the file.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    object
        Equal to what was saved. scikit-learn's callbacks and ``set_output`` choices are not
        part of the file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    PersistenceError
        If the file is not ours, damaged, or of an unknown version.

    Examples
    --------
    >>> from causalrep import load
    >>> load("nowhere.safetensors")
    Traceback (most recent call last):
    FileNotFoundError: There is no file 'nowhere.safetensors'.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {str(path)!r}.")
    metadata, arrays = _read(path)
    document = metadata.get("causalrep")
    if document is None or "sha256" not in metadata:
        raise PersistenceError(f"{str(path)!r} was not written by causalrep.save.")
    if _digest(document, arrays) != metadata["sha256"]:
        raise PersistenceError(f"{str(path)!r} is damaged: its checksum does not match.")
    try:
        header = json.loads(document)
        _refuse_unknown_version(header)
        return Decoder(arrays).decode(header["content"])
    except PersistenceError:
        raise
    except _MALFORMED as error:
        raise PersistenceError(
            f"{str(path)!r} holds no model that can be loaded: {error}"
        ) from error


def _versions() -> dict[str, str]:
    libraries = ("causalrep", "numpy", "scipy", "scikit-learn")
    return {library: version(library) for library in libraries}


def _refuse_unknown_version(header: Any) -> None:
    written, ours = header["versions"]["causalrep"], _versions()["causalrep"]
    if header["format"] != _FORMAT or _release(written) > _release(ours):
        raise PersistenceError(
            f"The file was written by causalrep {written} in format {header['format']}; this is "
            f"causalrep {ours}, which reads format {_FORMAT} of its own and earlier releases. "
            "Upgrade causalrep."
        )


def _release(text: str) -> tuple[int, int]:
    numbers = re.match(r"(\d+)\.(\d+)", text)
    if numbers is None:
        raise PersistenceError(f"The file names the version {text!r}, which is none.")
    return int(numbers[1]), int(numbers[2])


def _digest(document: str, arrays: Mapping[str, np.ndarray]) -> str:
    digest = hashlib.sha256(document.encode())
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"\0{name}\0{array.dtype.str}\0{array.shape}\0".encode())
        digest.update(np.ascontiguousarray(array).data.cast("B") if array.size else b"")
    return digest.hexdigest()


def _write(path: Path, arrays: dict[str, np.ndarray], metadata: dict[str, str]) -> None:
    from safetensors.numpy import save_file

    with written_whole(path) as aside:
        save_file(arrays, aside, metadata)


def _read(path: Path) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    """Read header and arrays; safetensors checks that sizes, types and offsets fit the file."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            metadata = file.metadata() or {}
            names = list(file.keys())
            unreadable = [
                name for name in names if file.get_slice(name).get_dtype() not in _READABLE
            ]
            if unreadable:
                raise PersistenceError(
                    f"{str(path)!r} holds {', '.join(unreadable)} of a type that is never saved."
                )
            return metadata, {name: file.get_tensor(name) for name in names}
    except (SafetensorError, OSError, UnicodeDecodeError) as error:
        raise PersistenceError(f"{str(path)!r} is no intact safetensors file: {error}") from error
