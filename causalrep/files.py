"""Files that appear under their name only when they are complete."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["written_whole"]


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a path beside the final one to write to; flush and rename it when all went well.

    A crash or an error leaves the old file, or none, and nothing beside it that is taken for
    the new one.

    Parameters
    ----------
    path : Path
        Where the file is to appear.

    Yields
    ------
    Path
        Where to write it.
    """
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        yield aside
        with aside.open("rb") as file:
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
