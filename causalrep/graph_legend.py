"""The legend of a graph picture: only what occurs in it and needs a word."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from causalrep.edges import Edge
from causalrep.graph_artists import Measured, edge_artists, measured, node_artist, write
from causalrep.graph_layout import Size
from causalrep.graph_looks import EdgeKind, EdgeLook
from causalrep.graphs import Graph

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Entry", "Legend"]

_TEXT_SIZE = 8.5
_SYMBOL = Size(24.0, 12.0)
_LINE = 16.0
_WITHIN, _BETWEEN = 5.0, 16.0
_ABOVE = 14.0
_EDGE = Edge("cause", "effect")


@dataclass(frozen=True)
class Entry:
    """A symbol and its meaning.

    Parameters
    ----------
    text : str
        The meaning.
    edge : EdgeKind, default=None
        Kind of the edge that is shown; None for a node.
    latent, known : bool
        Whether the node is latent, and identified.
    """

    text: str
    edge: EdgeKind | None = None
    latent: bool = False
    known: bool = True

    @property
    def measured(self) -> Measured:
        """The text with the room that it takes."""
        return measured((self.text,), [_TEXT_SIZE])

    @property
    def width(self) -> float:
        """Width of symbol and text in points."""
        return _SYMBOL.width + _WITHIN + self.measured.size.width

    def artists(self, left: float, middle: float, scale: float) -> Iterable[Any]:
        """Draw the symbol."""
        gid = f"legend:{self.text}"
        if self.edge is not None:
            path = np.linspace((left, middle), (left + _SYMBOL.width, middle), 9)
            return edge_artists(_EDGE, EdgeLook(kind=self.edge), path, scale, gid)
        centre = (left + _SYMBOL.width / 2, middle)
        return [node_artist(centre, _SYMBOL, scale, gid, latent=self.latent, known=self.known)]


@dataclass(frozen=True)
class Legend:
    """Entries below a picture, in rows.

    Parameters
    ----------
    entries : tuple of Entry, default=()
        What is explained.
    """

    entries: tuple[Entry, ...] = ()

    @classmethod
    def of(
        cls, graph: Graph, looks: Iterable[EdgeLook], unidentified: Collection[str] = ()
    ) -> Legend:
        """Explain what occurs: both shapes, dashed latents, every special kind of edge."""
        entries = []
        if graph.observed and graph.latent:
            entries.append(Entry("observed"))
            if set(graph.latent) - set(unidentified):
                entries.append(Entry("latent", latent=True))
        if unidentified:
            entries.append(Entry("latent, not identified", latent=True, known=False))
        kinds = {look.kind for look in looks} - {EdgeKind.KNOWN}
        entries += [Entry(kind.value, edge=kind) for kind in EdgeKind if kind in kinds]
        return cls(tuple(entries))

    def rows(self, width: float) -> list[list[Entry]]:
        """Break the entries into rows no wider than ``width``, or than one entry."""
        rows: list[list[Entry]] = []
        for entry in self.entries:
            if rows and _row_width([*rows[-1], entry]) <= width:
                rows[-1].append(entry)
            else:
                rows.append([entry])
        return rows

    def room(
        self, rows: list[list[Entry]], low: np.ndarray, high: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the corners of the picture with the rows below it."""
        if not rows:
            return low, high
        right = max(high[0], low[0] + max(map(_row_width, rows)))
        return low - np.array([0.0, _ABOVE + _LINE * len(rows)]), np.array([right, high[1]])

    def draw(self, ax: Axes, rows: list[list[Entry]], corner: np.ndarray, scale: float) -> None:
        """Draw the rows below the lower left corner of a picture."""
        for number, row in enumerate(rows):
            left, middle = corner - np.array([0.0, _ABOVE + _LINE * (number + 0.5)])
            for entry in row:
                for artist in entry.artists(left, middle, scale):
                    ax.add_artist(artist)
                text = entry.measured
                centre = (left + entry.width - text.size.width / 2, middle)
                write(ax, centre, text, scale, f"legend:{entry.text}")
                left += entry.width + _BETWEEN


def _row_width(row: list[Entry]) -> float:
    return sum(entry.width for entry in row) + _BETWEEN * (len(row) - 1)
