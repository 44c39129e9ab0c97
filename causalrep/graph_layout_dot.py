"""The drawing of a graph by Graphviz' dot, through pygraphviz."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from causalrep.graph_layout import Layout, Size, cubic

if TYPE_CHECKING:
    from causalrep.edges import Edge
    from causalrep.graphs import Graph

__all__ = ["dot_is_present", "dot_layout"]

_POINTS_PER_INCH = 72


def dot_is_present() -> bool:
    """Whether pygraphviz can be imported."""
    try:
        return find_spec("pygraphviz") is not None
    except ValueError:  # what find_spec raises for a module that is blocked or half-loaded
        return False


def dot_layout(graph: Graph, sizes: Mapping[str, Size], labels: Mapping[Edge, Size]) -> Layout:
    """Place a graph by dot; the parameters are those of ``layered_layout``.

    A label is a node of its own for dot, half-way along the edge, so that neither nodes nor
    other edges run into it.

    Raises
    ------
    ImportError
        If pygraphviz is not installed.
    """
    if not dot_is_present():
        raise ImportError(
            "layout='dot' needs pygraphviz. Install it by `pip install 'causalrep[graphviz]'`, "
            "or take layout='layered'."
        )
    import pygraphviz

    drawing: Any = pygraphviz.AGraph(
        directed=True, strict=False, nodesep=0.3, ranksep=0.25 if labels else 0.5
    )
    keys = {node: f"n{number}" for number, node in enumerate(graph.nodes)}
    stops = {edge: [keys[edge.source], keys[edge.target]] for edge in graph.edges}
    for number, edge in enumerate(labels):
        stops[edge].insert(1, f"l{number}")
    for node, key in keys.items():
        shape = "ellipse" if graph.is_latent(node) else "box"
        drawing.add_node(key, shape=shape, **_fixed(sizes[node]))
    for edge, size in labels.items():
        drawing.add_node(stops[edge][1], shape="box", **_fixed(size))
    for number, (edge, places) in enumerate(stops.items()):
        for pair in pairwise(places):
            rank = {"constraint": not edge.is_bidirected, "dir": "none"}
            drawing.add_edge(*pair, key=f"e{number}", **rank)
    drawing.layout("dot")
    centres = {key: _point(drawing.get_node(key).attr["pos"]) for key in drawing.nodes()}
    paths = {
        edge: np.concatenate(
            [
                _curve(drawing.get_edge(*pair, f"e{number}").attr["pos"])
                for pair in pairwise(places)
            ]
        )
        for number, (edge, places) in enumerate(stops.items())
    }
    return Layout(
        {node: centres[key] for node, key in keys.items()},
        paths,
        {edge: centres[stops[edge][1]] for edge in labels},
    )


def _fixed(size: Size) -> dict[str, Any]:
    """Return the attributes of a blank node of that size."""
    width, height = (length / _POINTS_PER_INCH for length in size)
    return {"label": "", "fixedsize": True, "width": width, "height": height}


def _point(text: str) -> tuple[float, float]:
    x, y = text.split(",")
    return (float(x), float(y))


def _curve(text: str) -> np.ndarray:
    """Return points on the chain of cubic curves that dot writes as ``x,y x,y ...``."""
    points = np.array([_point(pair) for pair in text.replace("\\\n", "").split()])
    return np.concatenate([cubic(*points[i : i + 4]) for i in range(0, len(points) - 1, 3)])
