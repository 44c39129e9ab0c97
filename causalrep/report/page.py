"""What a report is made of, and how it becomes a page that needs nothing beside it."""

from __future__ import annotations

import base64
import html
from dataclasses import dataclass
from pathlib import Path
from string import Template

from causalrep.exceptions import InvalidDataError

__all__ = ["PICTURE_DPI", "Block", "Picture", "Report", "Section", "Table"]

PICTURE_DPI = 150
_SCREEN_DPI = 96
_UNFOLDED = 12
_WIDTH_IN_PNG = slice(16, 20)


@dataclass(frozen=True)
class Table:
    """A table of texts.

    Parameters
    ----------
    header : tuple of str
        Names of the columns.
    rows : tuple of tuple of str
        Cells, one for each column.
    numeric : tuple of int, default=()
        Columns whose cells are numbers, set flush right.
    details : tuple of int, default=()
        Columns that the page shows and a terminal too narrow for them leaves out; all columns
        where every terminal is to leave out the whole table.
    remarks : tuple of str, default=()
        Sentences that stand for the details where these are left out.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[int, ...] = ()
    details: tuple[int, ...] = ()
    remarks: tuple[str, ...] = ()

    def brief(self) -> Table:
        """Return the table without its details."""
        kept = [place for place in range(len(self.header)) if place not in self.details]
        return Table(
            header=tuple(self.header[place] for place in kept),
            rows=tuple(tuple(row[place] for place in kept) for row in self.rows),
            numeric=tuple(new for new, place in enumerate(kept) if place in self.numeric),
        )

    def to_html(self) -> str:
        """Return the table as HTML, every text escaped; long details can be unfolded."""
        head = "".join(self._cell("th", place, cell) for place, cell in enumerate(self.header))
        body = "".join(
            f"<tr>{''.join(self._cell('td', place, cell) for place, cell in enumerate(row))}</tr>"
            for row in self.rows
        )
        table = (
            f'<div class="wide"><table><thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>"
        )
        if self.brief().header or len(self.rows) <= _UNFOLDED:
            return table
        summary = f"The table of all {len(self.rows)}"
        return f"<details><summary>{summary}</summary>{table}</details>"

    def _cell(self, tag: str, place: int, text: str) -> str:
        kind = ' class="number"' if place in self.numeric else ""
        return f"<{tag}{kind}>{html.escape(text)}</{tag}>"


@dataclass(frozen=True)
class Picture:
    """A picture with the text that says what it shows.

    Parameters
    ----------
    name : str
        File name without its ending.
    caption : str
        What it shows.
    png : bytes
        The picture, drawn with ``PICTURE_DPI`` dots an inch.
    """

    name: str
    caption: str
    png: bytes

    def to_html(self) -> str:
        """Return the picture as HTML, its bytes inside."""
        source = base64.b64encode(self.png).decode("ascii")
        caption = html.escape(self.caption)
        width = round(int.from_bytes(self.png[_WIDTH_IN_PNG], "big") * _SCREEN_DPI / PICTURE_DPI)
        return (
            f'<figure style="width: {width}px">'
            f'<img alt="{caption}" src="data:image/png;base64,{source}">'
            f"<figcaption>{caption}</figcaption></figure>"
        )


Block = str | Table | Picture


@dataclass(frozen=True)
class Section:
    """A heading with sentences, tables and pictures.

    Parameters
    ----------
    title : str
        The heading.
    blocks : tuple of str, Table or Picture
        What stands below it, in order.
    level : {1, 2}, default=2
        1 for a part of the report, 2 for a section of a part.
    """

    title: str
    blocks: tuple[Block, ...] = ()
    level: int = 2

    def to_html(self) -> str:
        """Return the section as HTML."""
        tag = f"h{self.level + 1}"
        blocks = "".join(
            f"<p>{html.escape(block)}</p>" if isinstance(block, str) else block.to_html()
            for block in self.blocks
        )
        return f"<section><{tag}>{html.escape(self.title)}</{tag}>{blocks}</section>"


@dataclass(frozen=True)
class Report:
    """A title and sections.

    Parameters
    ----------
    title : str
        What the report is about.
    sections : tuple of Section
        Its content.

    Examples
    --------
    >>> from causalrep.report import Report, Section
    >>> "<h3>Data &amp; truth</h3>" in Report("A", (Section("Data & truth"),)).to_html()
    True
    """

    title: str
    sections: tuple[Section, ...]

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """All pictures, in order."""
        blocks = (block for section in self.sections for block in section.blocks)
        return tuple(block for block in blocks if isinstance(block, Picture))

    def to_html(self) -> str:
        """Return one page that holds everything, pictures included."""
        title = html.escape(self.title)
        body = "".join(section.to_html() for section in self.sections)
        return _PAGE.substitute(title=title, style=_STYLE, body=body)

    def write(self, folder: Path | str) -> Path:
        """Write ``index.html`` and each picture as a file of its own.

        Parameters
        ----------
        folder : path
            Made if it does not exist; files of the same names in it are replaced.

        Returns
        -------
        Path
            The page.

        Raises
        ------
        InvalidDataError
            If ``folder`` is a file.
        """
        folder = Path(folder)
        if folder.exists() and not folder.is_dir():
            raise InvalidDataError(
                f"The report wants a folder, but {str(folder)!r} is a file. Name another place."
            )
        folder.mkdir(parents=True, exist_ok=True)
        for picture in self.pictures:
            (folder / f"{picture.name}.png").write_bytes(picture.png)
        page = folder / "index.html"
        page.write_text(self.to_html(), encoding="utf-8")
        return page


_STYLE = """
:root { color-scheme: light; --ink: #1b2733; --quiet: #5b6875; --line: #d9dfe5; }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1.25rem 4rem; color: var(--ink);
  background: #fff; font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 1.8rem; line-height: 1.2; margin: 0 0 1.5rem; }
h2 { font-size: 1.4rem; margin: 3rem 0 .5rem; padding-top: 1rem;
  border-top: 2px solid var(--ink); }
h3 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { max-width: 46rem; margin: .5rem 0; }
.wide { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; }
th { color: var(--quiet); font-weight: 600; border-bottom-color: var(--ink); }
.number { text-align: right; white-space: nowrap; }
figure { display: inline-block; vertical-align: top; margin: 1.25rem 2rem 1rem 0;
  min-width: 18rem; max-width: 100%; }
summary { cursor: pointer; color: var(--quiet); margin: .5rem 0; }
img { max-width: 100%; height: auto; }
figcaption { color: var(--quiet); font-size: .9rem; }
"""

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>$style</style>
</head>
<body>
<h1>$title</h1>
$body
</body>
</html>
""")
