"""Where the command line writes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from causalrep.exceptions import InvalidDataError
from causalrep.report import Report

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["usable_folder", "write_report"]


def usable_folder(folder: Path) -> Path:
    """Refuse a place where no folder can be written, before anything is fitted."""
    if folder.exists() and not folder.is_dir():
        raise InvalidDataError(
            f"--output wants a folder, but {str(folder)!r} is a file. Name another place."
        )
    nearest = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        raise InvalidDataError(
            f"--output wants a folder that can be written, but {str(nearest)!r} cannot. Name "
            "another place."
        )
    return folder


def write_report(report: Report, folder: Path, console: Console) -> None:
    """Write a report, and say where it is."""
    page = report.write(folder)
    console.print()
    if not report.pictures:
        console.print("Pictures need matplotlib: pip install 'causalrep[viz]'.")
    console.print(f"The report is in {page}.", soft_wrap=True)
