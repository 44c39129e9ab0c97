"""Layered drawings of graphs: where nodes, edges and edge labels go, in points.

The steps are those of Sugiyama, Tagawa and Toda (1981): layers by longest paths, invisible
vertices where an edge passes a layer, few crossings by barycentres, and then coordinates. An
edge label is an invisible vertex of the label's size, so that it can overlap nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, sqrt
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
from scipy.interpolate import PchipInterpolator
from sklearn.isotonic import isotonic_regression

from causalrep.graph_crossings import Size, Vertex, with_few_crossings

if TYPE_CHECKING:
    from causalrep.edges import Edge
    from causalrep.graphs import Graph

__all__ = ["Layout", "Size", "cubic", "layered_layout"]

_NODE_SEPARATION = 24.0
_LINE_SEPARATION = 16.0
_LAYER_GAP = 46.0
_HALF_GAP = 20.0
_STEEPNESS = 0.2
_WIDEST_GAP = 130.0
_ARC = 20.0
_PLACEMENTS = 60
_CLEARANCE = 3.0


@dataclass(frozen=True)
class Layout:
    """Places in points, y upwards.

    Parameters
    ----------
    nodes : mapping of str to (float, float)
        Centre of each node.
    paths : mapping of Edge to ndarray of shape (n_points, 2)
        Line of each edge from the border of its source to the border of its target.
    labels : mapping of Edge to (float, float)
        Centre of the label of each labelled edge.
    """

    nodes: Mapping[str, tuple[float, float]]
    paths: Mapping[Edge, np.ndarray]
    labels: Mapping[Edge, tuple[float, float]]


def layered_layout(graph: Graph, sizes: Mapping[str, Size], labels: Mapping[Edge, Size]) -> Layout:
    """Place a graph in layers, causes above effects.

    Parameters
    ----------
    graph : Graph
        Any graph; directed edges decide about the layers, then those with circles, then
        undirected ones. Bidirected edges do not.
    sizes : mapping of str to Size
        Sizes of the nodes.
    labels : mapping of Edge to Size
        Sizes of the labels of those edges that have one; only edges between layers may.
    """
    layers = _layers(graph)
    stretch = 2 if labels or _has_parallel_edges(graph) else 1
    vertices = {
        node: Vertex(layers[node] * stretch, sizes[node], number, graph.is_latent(node))
        for number, node in enumerate(graph.nodes)
    }
    chains = {
        edge: _chain(vertices[edge.source], vertices[edge.target], labels.get(edge))
        for edge in graph.edges
    }
    rows = _rows(list(vertices.values()), chains)
    rows = with_few_crossings(rows)
    _place_x(rows)
    bands = _place_y(rows, stretch)
    boxes = [vertex for row in rows for vertex in row if vertex.size.width]
    paths = {edge: _path(chain, bands, boxes) for edge, chain in chains.items()}
    label_places = {edge: _label_place(chains[edge]) for edge in labels}
    return Layout({node: (v.x, v.y) for node, v in vertices.items()}, paths, label_places)


def cubic(start: np.ndarray, first: np.ndarray, second: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return points on a cubic Bezier curve, shape (17, 2)."""
    t = np.linspace(0, 1, 17)[:, None]
    return (
        (1 - t) ** 3 * start
        + 3 * (1 - t) ** 2 * t * first
        + 3 * (1 - t) * t**2 * second
        + t**3 * end
    )


def _layers(graph: Graph) -> dict[str, int]:
    """Layers by longest paths; nodes with more effects than causes as low as possible."""
    order = nx.DiGraph()
    order.add_nodes_from(graph.nodes)
    for edge in sorted(graph.edges, key=lambda e: (not e.is_directed, e.is_undirected)):
        if not edge.is_bidirected and not nx.has_path(order, edge.target, edge.source):
            order.add_edge(*edge.nodes)
    if not graph.edges:
        width = ceil(sqrt(1.5 * len(graph)))
        return {node: number // width for number, node in enumerate(graph.nodes)}
    layers: dict[str, int] = {}
    sorted_nodes = list(nx.topological_sort(order))
    for node in sorted_nodes:
        layers[node] = max((layers[cause] + 1 for cause in order.predecessors(node)), default=0)
    for node in reversed(sorted_nodes):
        if order.out_degree(node) > order.in_degree(node):
            layers[node] = min(layers[effect] for effect in order.successors(node)) - 1
    return layers


def _has_parallel_edges(graph: Graph) -> bool:
    return max(Counter(frozenset(e.nodes) for e in graph.edges).values(), default=0) > 1


def _chain(source: Vertex, target: Vertex, label: Size | None) -> list[Vertex]:
    """Link two vertices by invisible ones in the layers between; the middle one is the label."""
    if source.layer == target.layer:
        source.beside.append(target)
        target.beside.append(source)
        return [source, target]
    upper, lower = sorted((source, target), key=lambda vertex: vertex.layer)
    between = [Vertex(layer) for layer in range(upper.layer + 1, lower.layer)]
    if label is not None:
        between[2 * (len(between) // 4)].size = label
    chain = [upper, *between, lower]
    for above, below in pairwise(chain):
        above.below.append(below)
        below.above.append(above)
    return chain if source is upper else chain[::-1]


def _label_place(chain: list[Vertex]) -> tuple[float, float]:
    label = next(vertex for vertex in chain[1:-1] if vertex.size.width)
    return (label.x, label.y)


def _rows(nodes: list[Vertex], chains: Mapping[Edge, list[Vertex]]) -> list[list[Vertex]]:
    found = dict.fromkeys(nodes) | dict.fromkeys(v for chain in chains.values() for v in chain)
    rows: dict[int, list[Vertex]] = defaultdict(list)
    for vertex in found:
        rows[vertex.layer].append(vertex)
    for number, layer in enumerate(sorted(rows)):
        for vertex in rows[layer]:
            vertex.layer = number
    return [rows[layer] for layer in sorted(rows)]


def _place_x(rows: list[list[Vertex]]) -> None:
    """Draw every vertex to its neighbours; isotonic regression keeps the distances in a row."""
    offsets = [_offsets(row) for row in rows]
    for row, offset in zip(rows, offsets, strict=True):
        for vertex, x in zip(row, offset - offset.mean(), strict=True):
            vertex.x = x
    paired = list(zip(rows, offsets, strict=True))
    for _ in range(_PLACEMENTS):
        for row, offset in paired:
            wanted, weight = np.array([_wish(vertex) for vertex in row]).T
            moved = isotonic_regression(wanted - offset, sample_weight=weight) + offset
            for vertex, x in zip(row, moved, strict=True):
                vertex.x = x
        paired.reverse()


def _offsets(row: list[Vertex]) -> np.ndarray:
    """Least distances of the vertices of a row from its first one."""
    steps = [
        (left.size.width + right.size.width) / 2
        + (_NODE_SEPARATION if left.is_node and right.is_node else _LINE_SEPARATION)
        for left, right in pairwise(row)
    ]
    return np.concatenate([[0.0], np.cumsum(steps)])


def _wish(vertex: Vertex) -> tuple[float, float]:
    """Return where the neighbours draw a vertex, and how strongly; bends cost most."""
    near = [*vertex.above, *vertex.below]
    if not near:
        return vertex.x, 0.01
    pull = [(1 + 2 * (not vertex.is_node)) * (1 + 2 * (not other.is_node)) for other in near]
    return float(np.average([other.x for other in near], weights=pull)), float(sum(pull))


def _place_y(rows: list[list[Vertex]], stretch: int) -> list[tuple[float, float]]:
    """Set the heights, and return the bottom and top of each row."""
    bands, bottom = [], 0.0
    for number, row in enumerate(rows):
        height = max(vertex.size.height for vertex in row)
        over = rows[number - 1] if number else []
        top = bottom - (_gap(row, stretch) + _arc_room(over, -1) + _arc_room(row, 1))
        bottom = top - height
        bands.append((bottom, top))
        for vertex in row:
            vertex.y = (top + bottom) / 2
    return bands


def _gap(row: list[Vertex], stretch: int) -> float:
    """Return the gap above a row, wide where edges run flat."""
    farthest = max((abs(v.x - w.x) for v in row for w in v.above), default=0.0)
    return max(_HALF_GAP if stretch > 1 else _LAYER_GAP, min(_STEEPNESS * farthest, _WIDEST_GAP))


def _arc_room(row: list[Vertex], side: int) -> float:
    return max(
        (_arc_height(v, w) for v in row for w in v.beside if _arc_side(v, w) == side),
        default=0.0,
    )


def _arc_height(one: Vertex, other: Vertex) -> float:
    return min(_ARC + 0.12 * abs(one.x - other.x), 3 * _ARC)


def _arc_side(one: Vertex, other: Vertex) -> int:
    """Return -1 if the arc between two vertices of a row runs below them, else 1."""
    over = len(one.above) + len(other.above)
    return -1 if over > len(one.below) + len(other.below) else 1


def _path(
    chain: list[Vertex], bands: list[tuple[float, float]], boxes: list[Vertex]
) -> np.ndarray:
    """Return the line of an edge, upright in those layers where it would meet something."""
    first, last = chain[0], chain[-1]
    if first.layer == last.layer:
        return _arc(first, last, bands[first.layer])
    if first.layer > last.layer:
        return _path(chain[::-1], bands, boxes)[::-1]
    start, end = _port(first, chain[1], -1), _port(last, chain[-2], 1)
    drop = (end - start) * np.array([0.25, 0.6])
    short = cubic(start, start + (end - start) / 3, end - drop, end)
    others = [vertex for vertex in boxes if vertex not in chain]
    upright: set[int] = set()
    while True:
        knots = _knots(chain, (start, end), bands, upright)
        path = _through(knots) if len(knots) > 2 else short
        met = {vertex.layer for vertex in others if _meets(path, vertex)}
        if met <= upright:
            return path
        upright |= met


def _knots(
    chain: list[Vertex],
    ends: tuple[np.ndarray, np.ndarray],
    bands: list[tuple[float, float]],
    upright: set[int],
) -> np.ndarray:
    """Return the points that a line goes through, two of them where it shall be upright."""
    (start_x, start_y), (end_x, end_y) = ends
    knots = [(start_x, start_y)]
    if chain[0].layer in upright:
        knots.append((start_x, bands[chain[0].layer][0]))
    for vertex in chain[1:-1]:
        heights = bands[vertex.layer][::-1] if vertex.layer in upright else (vertex.y,)
        knots.extend((vertex.x, height) for height in heights)
    if chain[-1].layer in upright:
        knots.append((end_x, bands[chain[-1].layer][1]))
    knots.append((end_x, end_y))
    points = np.array(knots)
    return points[np.diff(points[:, 1], prepend=np.inf) < 0]


def _through(points: np.ndarray) -> np.ndarray:
    """Return points on the monotone curve (Fritsch and Carlson 1980) down through points."""
    drops = -points[:, 1]
    fine = np.unique(np.concatenate([np.linspace(*pair, 17) for pair in pairwise(drops)]))
    return np.column_stack([PchipInterpolator(drops, points[:, 0])(fine), -fine])


def _meets(path: np.ndarray, box: Vertex) -> bool:
    near = np.abs(path - (box.x, box.y)) < np.array(box.size) / 2 + _CLEARANCE
    return bool(near.all(axis=1).any())


def _port(vertex: Vertex, towards: Vertex, side: int) -> np.ndarray:
    """Return the point of the lower (-1) or upper (1) border where an edge meets a node."""
    half_width, half_height = vertex.size.width / 2, vertex.size.height / 2
    shift = float(np.clip(0.25 * (towards.x - vertex.x), -0.6 * half_width, 0.6 * half_width))
    rise = half_height * (sqrt(1 - (shift / half_width) ** 2) if vertex.is_round else 1.0)
    return np.array([vertex.x + shift, vertex.y + side * rise])


def _arc(first: Vertex, last: Vertex, band: tuple[float, float]) -> np.ndarray:
    side = _arc_side(first, last)
    start, end = _port(first, last, side), _port(last, first, side)
    crest = band[max(side, 0)] + side * 4 / 3 * _arc_height(first, last)
    lean = 0.15 * (end[0] - start[0])
    over_start, over_end = (start[0] + lean, crest), (end[0] - lean, crest)
    return cubic(start, np.array(over_start), np.array(over_end), end)
