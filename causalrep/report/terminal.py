"""Sections of a report on a terminal, without their pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from causalrep.report.page import Section, Table

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["show"]

_BOUNDLESS = 100_000


def show(sections: Sequence[Section], console: Console) -> None:
    """Print sections; of a table that is too wide for the terminal only its brief form."""
    for section in sections:
        console.print()
        console.print(section.title, style="bold underline" if section.level == 1 else "bold")
        for block in section.blocks:
            if isinstance(block, str):
                console.print(block)
            elif isinstance(block, Table) and block.brief().header:
                _show_table(block, console)


def _show_table(table: Table, console: Console) -> None:
    whole = _as_rich(table)
    boundless = console.options.update(max_width=_BOUNDLESS)
    if console.measure(whole, options=boundless).maximum <= console.width:
        console.print(whole)
        return
    console.print(_as_rich(table.brief()))
    for remark in table.remarks:
        console.print(remark)


def _as_rich(table: Table) -> Any:
    import rich.box
    import rich.table

    shown = rich.table.Table(box=rich.box.SIMPLE_HEAD, pad_edge=False)
    for place, name in enumerate(table.header):
        shown.add_column(name, justify="right" if place in table.numeric else "left")
    for row in table.rows:
        shown.add_row(*row)
    return shown
