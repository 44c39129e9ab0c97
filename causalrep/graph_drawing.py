"""Graph pictures from measured names, looks of edges and places."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np

from causalrep.edges import Edge
from causalrep.graph_artists import (
    Measured,
    edge_artists,
    label_artist,
    measured,
    node_artist,
    write,
)
from causalrep.graph_layout import Layout, Size
from causalrep.graph_legend import Legend
from causalrep.graph_looks import EdgeLook
from causalrep.graphs import Graph

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Drawing", "measured_labels", "measured_nodes"]

_NAME_SIZE = 11.0
_WEIGHT_SIZE = 9.0
_INTERVAL_SIZE = 7.5
_WRAP = 14
_LONGEST_WORD = 22
_MOST_LINES = 3
_MARGIN = 8.0
_USUAL_FIGURE = (13.0, 9.5)
_SMALLEST_SCALE, _LARGEST_SCALE = 0.7, 1.5
_POINTS_PER_INCH = 72


@dataclass(frozen=True)
class Drawing:
    """A graph whose places are known.

    Parameters
    ----------
    graph : Graph
        The graph.
    layout : Layout
        Places of nodes, lines and labels.
    nodes : mapping of str to Measured
        What is written into each node.
    looks : mapping of Edge to EdgeLook
        What each edge shows.
    labels : mapping of Edge to Measured
        What is written on each labelled edge.
    unidentified : collection of str
        Latents drawn with dashes.
    legend : Legend
        What is explained below.
    """

    graph: Graph
    layout: Layout
    nodes: Mapping[str, Measured]
    looks: Mapping[Edge, EdgeLook]
    labels: Mapping[Edge, Measured]
    unidentified: Collection[str]
    legend: Legend

    def draw(self, ax: Axes | None) -> Axes:
        """Draw, and return the axes; a new figure where ``ax`` is None."""
        low, high = self._extent()
        rows = self.legend.rows(high[0] - low[0])
        corner = low.copy()
        low, high = self.legend.room(rows, low, high)
        ax, scale = _fitted_axes(low - _MARGIN, high + _MARGIN, ax)
        for edge, look in self.looks.items():
            for artist in edge_artists(edge, look, self.layout.paths[edge], scale, f"edge:{edge}"):
                ax.add_artist(artist)
        self._add_nodes(ax, scale)
        for edge, label in self.labels.items():
            gid, place = f"label:{edge}", self.layout.labels[edge]
            ax.add_artist(label_artist(place, label.size, gid))
            write(ax, place, label, scale, gid, self.looks[edge].kind)
        self.legend.draw(ax, rows, corner, scale)
        return ax

    def _add_nodes(self, ax: Axes, scale: float) -> None:
        for node, text in self.nodes.items():
            place, latent = self.layout.nodes[node], self.graph.is_latent(node)
            known = node not in self.unidentified
            gid = f"node:{node}"
            ax.add_artist(node_artist(place, text.size, scale, gid, latent=latent, known=known))
            write(ax, place, text, scale, f"name:{node}")

    def _extent(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the lower left and the upper right corner of nodes, lines and labels."""
        places = [(self.layout.nodes[node], item.size) for node, item in self.nodes.items()]
        places += [(self.layout.labels[edge], item.size) for edge, item in self.labels.items()]
        corners = [
            np.array(centre) + sign * np.array(size) / 2
            for centre, size in places
            for sign in (-1, 1)
        ]
        nothing = [] if places else [[[0.0, 0.0]]]
        points = np.vstack([*corners, *self.layout.paths.values(), *nothing])
        return points.min(axis=0), points.max(axis=0)


def measured_nodes(graph: Graph) -> dict[str, Measured]:
    """Return the names as they are written into the nodes, and the sizes of these."""
    shown = [_folded(name) for name in graph.nodes]
    nodes = {}
    for name, lines in zip(graph.nodes, shown, strict=True):
        lines = lines if shown.count(lines) == 1 else tuple(wrap(name, _LONGEST_WORD))
        text = measured(lines, [_NAME_SIZE] * len(lines))
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
            text = measured(look.labels, [_WEIGHT_SIZE, _INTERVAL_SIZE][: len(look.labels)])
            labels[edge] = Measured(text.lines, Size(text.size.width + 4, text.size.height + 3))
    return labels


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
