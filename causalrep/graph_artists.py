"""The ink of graph pictures: nodes, texts, lines and their marks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from causalrep.edges import Edge, Mark
from causalrep.graph_layout import Size
from causalrep.graph_looks import EdgeKind, EdgeLook

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Measured", "edge_artists", "label_artist", "measured", "node_artist", "write"]

# Colours of Okabe and Ito (2008), which stay apart for the colour-blind, and tints of them.
_OBSERVED = ("#e6f0f8", "#0072b2")
_LATENT = ("#fdebd3", "#d55e00")
_UNKNOWN = ("#fffaf3", "#d55e00")
_INK = "#222222"
_CONFOUNDED = "#00755a"

_DASHED, _DOTTED = (0, (4, 2.5)), (0, (1, 1.8))
_EDGES: dict[EdgeKind, tuple[str, str, Any]] = {
    EdgeKind.KNOWN: (_INK, _INK, "solid"),
    EdgeKind.UNCERTAIN: ("#8a8a8a", _INK, _DASHED),
    EdgeKind.UNIDENTIFIED: ("#ababab", "#808080", _DOTTED),
    EdgeKind.LOADING: ("#56a0cf", "#00568a", "solid"),
}

_LINE_HEIGHT = 1.25
_HEAD = 8.0
_CIRCLE = 3.2


class Measured(NamedTuple):
    """Lines of text with their font sizes, and the room they need."""

    lines: tuple[tuple[str, float], ...]
    size: Size


def measured(lines: tuple[str, ...], sizes: list[float]) -> Measured:
    """Return lines of text in these font sizes, with the width and height that they take."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    widths = [
        text_to_path.get_text_width_height_descent(line, FontProperties(size=size), False)[0]
        for line, size in zip(lines, sizes, strict=True)
    ]
    height = _LINE_HEIGHT * sum(sizes)
    return Measured(tuple(zip(lines, sizes, strict=True)), Size(max(widths, default=0.0), height))


def node_artist(
    centre: Any, size: Size, scale: float, gid: str, *, latent: bool, known: bool = True
) -> Any:
    """Draw a node: an ellipse where it is latent, with dashes where it is not identified."""
    from matplotlib.patches import Ellipse, FancyBboxPatch

    fill, border = (_LATENT if known else _UNKNOWN) if latent else _OBSERVED
    look = {
        "facecolor": fill,
        "edgecolor": border,
        "linewidth": 1.4 * scale,
        "linestyle": "solid" if known else (0, (3, 2)),
        "zorder": 3,
        "gid": gid,
    }
    if latent:
        return Ellipse(centre, *size, **look)
    corner = (centre[0] - size.width / 2, centre[1] - size.height / 2)
    return FancyBboxPatch(corner, *size, boxstyle="round,pad=0,rounding_size=5", **look)


def label_artist(centre: Any, size: Size, gid: str) -> Any:
    """Draw the white ground of a label."""
    from matplotlib.patches import Rectangle

    corner = (centre[0] - size.width / 2, centre[1] - size.height / 2)
    return Rectangle(corner, *size, facecolor="white", zorder=2, gid=gid)


def write(
    ax: Axes,
    centre: Any,
    text: Measured,
    scale: float,
    gid: str,
    kind: EdgeKind = EdgeKind.KNOWN,
) -> None:
    """Write lines of text around a point, in the colour of a kind of edge."""
    x, y = centre
    top = y + _LINE_HEIGHT * sum(size for _, size in text.lines) / 2
    for line, size in text.lines:
        top -= _LINE_HEIGHT * size / 2
        ax.text(
            x,
            top,
            line,
            fontsize=size * scale,
            ha="center",
            va="center_baseline",
            color=_EDGES[kind][1],
            parse_math=False,
            zorder=4,
            gid=gid,
        )
        top -= _LINE_HEIGHT * size / 2


def edge_artists(
    edge: Edge, look: EdgeLook, path: np.ndarray, scale: float, gid: str
) -> Iterator[Any]:
    """Draw the line and the marks of an edge along a path of shape (n_points, 2)."""
    from matplotlib.lines import Line2D

    colour, _, style = _EDGES[look.kind]
    if edge.is_bidirected and look.kind is EdgeKind.KNOWN:
        colour, style = _CONFOUNDED, _DASHED
    head = min(_HEAD + 1.5 * look.width, 0.45 * _length(path))
    for end, mark in zip((path[::-1], path), edge.marks, strict=True):
        if mark is not Mark.TAIL:
            yield _mark_artist(mark, end, head, colour, scale)
    line = path
    for mark in (edge.target_mark, edge.source_mark):
        line = _shortened_line(line, _room(mark, head))[::-1]
    yield Line2D(
        *line.T,
        color=colour,
        linewidth=look.width * scale,
        linestyle=style,
        solid_capstyle="butt",
        zorder=1,
        gid=gid,
    )


def _mark_artist(mark: Mark, path: np.ndarray, head: float, colour: str, scale: float) -> Any:
    """Draw the mark at the end of a path."""
    from matplotlib.patches import Circle, Polygon

    tip = path[-1]
    if mark is Mark.CIRCLE:
        centre = _shortened_line(path, _CIRCLE)[-1]
        look = {"facecolor": "white", "edgecolor": colour, "linewidth": 1.3 * scale}
        return Circle(centre, _CIRCLE, zorder=2, **look)
    base = _shortened_line(path, head)[-1]
    across = 0.38 * np.array([tip[1] - base[1], base[0] - tip[0]])
    return Polygon([tip, base + across, base - across], facecolor=colour, zorder=2)


def _room(mark: Mark, head: float) -> float:
    """Return how much of the line a mark takes the place of."""
    return {Mark.TAIL: 0.0, Mark.CIRCLE: 2 * _CIRCLE, Mark.ARROW: 0.8 * head}[mark]


def _length(path: np.ndarray) -> float:
    return float(np.hypot(*np.diff(path, axis=0).T).sum())


def _shortened_line(path: np.ndarray, cut: float) -> np.ndarray:
    """Take a length off the end of a path."""
    steps = np.hypot(*np.diff(path, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    stop = max(along[-1] - cut, 0.0)
    end = [np.interp(stop, along, path[:, axis]) for axis in (0, 1)]
    return np.vstack([path[along < stop], end])
