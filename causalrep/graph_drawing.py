"""The ink of graph pictures: nodes, names, edges with their marks, and labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from textwrap import wrap
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from causalrep.edges import Edge, Mark
from causalrep.graph_layout import Layout, Size
from causalrep.graphs import Graph

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["EdgeLook", "Measured", "draw", "measured_labels", "measured_nodes"]

# Colours of Okabe and Ito (2008), which stay apart for the colour-blind, and tints of them.
_OBSERVED = ("#e6f0f8", "#0072b2")
_LATENT = ("#fdebd3", "#d55e00")
_INK = "#222222"
_CONFOUNDED = "#00755a"
_FAINT = "#8a8a8a"

_NAME_SIZE = 11.0
_WEIGHT_SIZE = 9.0
_INTERVAL_SIZE = 7.5
_LINE_HEIGHT = 1.25
_WRAP = 14
_LONGEST_WORD = 22
_MOST_LINES = 3
_MARGIN = 8.0
_HEAD = 8.0
_CIRCLE = 3.2
_THINNEST, _PLAIN, _THICKEST = 0.8, 1.2, 2.8
_USUAL_FIGURE = (13.0, 9.5)
_SMALLEST_SCALE, _LARGEST_SCALE = 0.7, 1.5
_POINTS_PER_INCH = 72


@dataclass(frozen=True)
class EdgeLook:
    """What an edge shows besides its marks.

    Parameters
    ----------
    labels : tuple of str, default=()
        The weight and, if it is known, its interval.
    weight : float, default=0.0
        The weight.
    uncertain : bool, default=False
        Whether the interval covers zero.
    width : float
        Width of the line in points.
    """

    labels: tuple[str, ...] = ()
    weight: float = 0.0
    uncertain: bool = False
    width: float = _PLAIN

    @classmethod
    def of(
        cls,
        weight: float | None,
        precision: int,
        bounds: tuple[float | None, float | None] = (None, None),
    ) -> EdgeLook:
        """Show a weight and its interval; None and NaN stand for what is not known."""
        weight, lower, upper = np.array([weight, *bounds], dtype=float).tolist()
        if not np.isfinite(weight):
            return cls()
        labels = [_number(weight, precision)]
        if not np.isnan([lower, upper]).any():
            labels.append(f"[{_number(lower, precision)}, {_number(upper, precision)}]")
        return cls(tuple(labels), weight, lower <= 0 <= upper)

    def scaled(self, largest: float) -> EdgeLook:
        """Return the look with a width in proportion to the largest weight."""
        if not self.labels:
            return self
        share = abs(self.weight) / largest
        return replace(self, width=_THINNEST + share * (_THICKEST - _THINNEST))


class Measured(NamedTuple):
    """Lines of text with their font sizes, and the room they need."""

    lines: tuple[tuple[str, float], ...]
    size: Size


def measured_nodes(graph: Graph) -> dict[str, Measured]:
    """Return the names as they are written into the nodes, and the sizes of these."""
    shown = [_folded(name) for name in graph.nodes]
    nodes = {}
    for name, lines in zip(graph.nodes, shown, strict=True):
        lines = lines if shown.count(lines) == 1 else tuple(wrap(name, _LONGEST_WORD))
        text = _measured(lines, [_NAME_SIZE] * len(lines))
        width, height = text.size
        if graph.is_latent(name):
            size = Size(max(1.25 * width + 14, 40.0), max(1.25 * height + 10, 28.0))
        else:
            size = Size(max(width + 16, 36.0), max(height + 12, 26.0))
        nodes[name] = Measured(text.lines, size)
    return nodes


def measured_labels(looks: Mapping[Edge, EdgeLook]) -> dict[Edge, Measured]:
    """Return the labels of those edges that have one, with some room around them."""
    labels = {}
    for edge, look in looks.items():
        if look.labels:
            text = _measured(look.labels, [_WEIGHT_SIZE, _INTERVAL_SIZE][: len(look.labels)])
            labels[edge] = Measured(text.lines, Size(text.size.width + 4, text.size.height + 3))
    return labels


def draw(
    graph: Graph,
    layout: Layout,
    nodes: Mapping[str, Measured],
    looks: Mapping[Edge, EdgeLook],
    labels: Mapping[Edge, Measured],
    ax: Axes | None,
) -> Axes:
    """Draw a graph whose places are known, and return the axes."""
    low, high = _extent(layout, nodes, labels)
    ax, scale = _fitted_axes(low, high, ax)
    for edge, look in looks.items():
        for artist in _edge_artists(edge, look, layout.paths[edge], scale):
            ax.add_artist(artist)
    for node in graph.nodes:
        ax.add_artist(_node_artist(graph, node, layout.nodes[node], nodes[node].size, scale))
        _write(ax, layout.nodes[node], nodes[node], scale, f"name:{node}")
    for edge, label in labels.items():
        ax.add_artist(_label_artist(edge, layout.labels[edge], label.size))
        _write(ax, layout.labels[edge], label, scale, f"label:{edge}")
    return ax


def _number(value: float, precision: int) -> str:
    text = f"{value:.{precision}f}"
    text = text if text.strip("-0.") else text.lstrip("-")
    return text.replace("-", "\N{MINUS SIGN}").replace("inf", "∞")


def _folded(name: str) -> tuple[str, ...]:
    """Break a long name at spaces and underscores, and shorten what stays too long."""
    if len(name) <= _WRAP:
        return (name,)
    words = name.replace("_", "_ ").split()
    lines = wrap(" ".join(_shortened(word) for word in words), _WRAP, break_long_words=False)
    lines = [line.replace("_ ", "_") for line in lines]
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 1], f"{lines[_MOST_LINES - 1]} …"]
    return tuple(lines)


def _shortened(word: str) -> str:
    if len(word) <= _LONGEST_WORD:
        return word
    return f"{word[: _LONGEST_WORD // 2]}…{word[-_LONGEST_WORD // 3 :]}"


def _measured(lines: tuple[str, ...], sizes: list[float]) -> Measured:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    widths = [
        text_to_path.get_text_width_height_descent(line, FontProperties(size=size), False)[0]
        for line, size in zip(lines, sizes, strict=True)
    ]
    height = _LINE_HEIGHT * sum(sizes)
    return Measured(tuple(zip(lines, sizes, strict=True)), Size(max(widths, default=0.0), height))


def _extent(
    layout: Layout, nodes: Mapping[str, Measured], labels: Mapping[Edge, Measured]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower left and the upper right corner of all that is drawn."""
    places = [(layout.nodes[node], item.size) for node, item in nodes.items()]
    places += [(layout.labels[edge], item.size) for edge, item in labels.items()]
    corners = [
        np.array(centre) + sign * np.array(size) / 2 for centre, size in places for sign in (-1, 1)
    ]
    points = np.vstack([*corners, *layout.paths.values(), *([[[0.0, 0.0]]] if not places else [])])
    return points.min(axis=0) - _MARGIN, points.max(axis=0) + _MARGIN


def _fitted_axes(low: np.ndarray, high: np.ndarray, ax: Axes | None) -> tuple[Axes, float]:
    """Return axes in which a point of the layout is ``scale`` points of the page."""
    wanted = (high - low) / _POINTS_PER_INCH
    if ax is None:
        import matplotlib.pyplot as plt

        scale = max(min(1.0, *(np.array(_USUAL_FIGURE) / wanted)), _SMALLEST_SCALE)
        figure = plt.figure(figsize=tuple(wanted * scale), facecolor="white")
        ax = figure.add_axes((0, 0, 1, 1))
    box = ax.get_window_extent().transformed(ax.figure.dpi_scale_trans.inverted())
    room = np.array([box.width, box.height])
    scale = min(_LARGEST_SCALE, *(room / wanted))
    centre, half = (low + high) / 2, room / scale * _POINTS_PER_INCH / 2
    ax.set(
        xlim=(centre[0] - half[0], centre[0] + half[0]),
        ylim=(centre[1] - half[1], centre[1] + half[1]),
        xticks=[],
        yticks=[],
        facecolor="white",
    )
    ax.spines[:].set_visible(False)
    return ax, scale


def _node_artist(graph: Graph, node: str, centre: Any, size: Size, scale: float) -> Any:
    from matplotlib.patches import Ellipse, FancyBboxPatch

    look = {"linewidth": 1.4 * scale, "zorder": 3, "gid": f"node:{node}"}
    if graph.is_latent(node):
        fill, border = _LATENT
        return Ellipse(centre, *size, facecolor=fill, edgecolor=border, **look)
    fill, border = _OBSERVED
    corner = (centre[0] - size.width / 2, centre[1] - size.height / 2)
    rounded = "round,pad=0,rounding_size=5"
    return FancyBboxPatch(
        corner, *size, boxstyle=rounded, facecolor=fill, edgecolor=border, **look
    )


def _label_artist(edge: Edge, centre: Any, size: Size) -> Any:
    from matplotlib.patches import Rectangle

    corner = (centre[0] - size.width / 2, centre[1] - size.height / 2)
    return Rectangle(corner, *size, facecolor="white", zorder=2, gid=f"label:{edge}")


def _write(ax: Axes, centre: Any, text: Measured, scale: float, gid: str) -> None:
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
            color=_INK,
            parse_math=False,
            zorder=4,
            gid=gid,
        )
        top -= _LINE_HEIGHT * size / 2


def _edge_artists(edge: Edge, look: EdgeLook, path: np.ndarray, scale: float) -> Iterator[Any]:
    from matplotlib.lines import Line2D

    colour = _CONFOUNDED if edge.is_bidirected else _FAINT if look.uncertain else _INK
    dashed = edge.is_bidirected or look.uncertain
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
        linestyle=(0, (4, 2.5)) if dashed else "solid",
        solid_capstyle="butt",
        zorder=1,
        gid=f"edge:{edge}",
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
