"""Tables that travel inside the package, each beside the licence under which it came."""

from __future__ import annotations

import csv
import gzip
from importlib.resources import files

__all__ = ["licence", "read_table"]


def read_table(name: str) -> tuple[list[str], list[list[str]]]:
    """Return the header and the rows of a bundled CSV file, as text.

    Parameters
    ----------
    name : str
        File name in ``causalrep/datasets/data``; one that ends in ``.gz`` is unpacked.
    """
    content = (files("causalrep.datasets") / "data" / name).read_bytes()
    if name.endswith(".gz"):
        content = gzip.decompress(content)
    header, *rows = csv.reader(content.decode("utf-8").splitlines())
    return header, rows


def licence(name: str) -> str:
    """Return the licence of a bundled data set, such as ``"sachs"``."""
    return (files("causalrep.datasets") / "data" / f"{name}.LICENSE").read_text("utf-8")
