"""The state of a training run in a file that is whole or not there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Self

import torch

from causalrep.exceptions import InvalidDataError, PersistenceError
from causalrep.files import written_whole

__all__ = ["Checkpoint"]

_FORMAT = "causalrep training 2"
_GROWING = ("losses", "scores")


@dataclass(frozen=True)
class Checkpoint:
    """A file for the state of one run, which knows to what data and settings it belongs.

    Parameters
    ----------
    path : Path
    origin : str
        Hash of the data and settings.
    """

    path: Path
    origin: str

    @classmethod
    def at(
        cls,
        path: str | PathLike[str] | None,
        data: Sequence[torch.Tensor],
        settings: tuple[object, ...],
    ) -> Self | None:
        """Return the checkpoint at a path, and None where there is to be none.

        Parameters
        ----------
        path : path-like or None
        data : sequence of tensor
            What is trained on.
        settings : tuple
            What else the result depends on.

        Raises
        ------
        PersistenceError
            If the folder does not exist, or the path is one itself.
        """
        if path is None:
            return None
        path = Path(path)
        if not path.parent.is_dir():
            raise PersistenceError(
                f"The folder {str(path.parent)!r} does not exist. Create it before."
            )
        if path.is_dir():
            raise PersistenceError(f"The checkpoint {str(path)!r} is a folder. Name a file in it.")
        digest = hashlib.sha256(json.dumps(settings).encode())
        for some in data:
            array = some.detach().cpu().contiguous().numpy()
            digest.update(f"{array.dtype} {array.shape}".encode())
            digest.update(array.tobytes())
        return cls(path, digest.hexdigest())

    def write(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Replace the file by one with these tensors."""
        from safetensors.torch import save_file

        plain = {name: leaf.detach().cpu().contiguous() for name, leaf in tensors.items()}
        with written_whole(self.path) as aside:
            header = {"format": _FORMAT, "origin": self.origin}
            save_file(plain, aside, {**header, "sha256": _digest(self.origin, plain)})

    def read(self, like: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor] | None:
        """Return the tensors of the file, and None where there is no file.

        Parameters
        ----------
        like : mapping of str to tensor
            Tensors of the run that goes on: the same names and shapes are wanted.

        Raises
        ------
        PersistenceError
            If the file is damaged, or none of ours.
        InvalidDataError
            If it belongs to other data, settings or another module.
        """
        if not self.path.is_file():
            return None
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(self.path, framework="pt") as file:
                header = file.metadata() or {}
                self._check_format(header)
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError) as error:
            raise PersistenceError(
                f"{str(self.path)!r} is damaged: {error}. Delete it to begin anew."
            ) from error

        self._check_origin(header, _digest(header.get("origin", ""), tensors))
        self._check_shapes({name: tuple(leaf.shape) for name, leaf in tensors.items()}, like)
        return tensors

    def _check_format(self, header: Mapping[str, str]) -> None:
        if header.get("format") != _FORMAT:
            raise PersistenceError(
                f"{str(self.path)!r} is no checkpoint of this version. Choose another path, or "
                "delete it to begin anew."
            )

    def _check_origin(self, header: Mapping[str, str], digest: str) -> None:
        if header.get("sha256") != digest:
            raise PersistenceError(
                f"{str(self.path)!r} is damaged: its checksum does not match. Delete it to begin "
                "anew."
            )
        if header.get("origin") != self.origin:
            raise InvalidDataError(
                f"The checkpoint {str(self.path)!r} belongs to other data or settings. Choose "
                "another path, or delete it to begin anew."
            )

    def _check_shapes(
        self, shapes: Mapping[str, tuple[int, ...]], like: Mapping[str, torch.Tensor]
    ) -> None:
        for name, leaf in like.items():
            found = shapes.get(name)
            same = found == tuple(leaf.shape)
            grown = name in _GROWING and found is not None and found[1:] == tuple(leaf.shape[1:])
            if not (same or grown):
                raise InvalidDataError(
                    f"The checkpoint {str(self.path)!r} belongs to another module: {name} has "
                    f"shape {found} in it, but {tuple(leaf.shape)} here."
                )


def _digest(origin: str, tensors: Mapping[str, torch.Tensor]) -> str:
    """Hash what a checkpoint holds, so that a single flipped bit is found."""
    digest = hashlib.sha256(origin.encode())
    for name in sorted(tensors):
        leaf = tensors[name]
        digest.update(f"\0{name}\0{leaf.dtype}\0{tuple(leaf.shape)}\0".encode())
        digest.update(leaf.flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()
