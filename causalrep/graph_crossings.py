"""The order of the vertices in the layers of a drawing, so that few edges cross."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np

__all__ = ["Size", "Vertex", "with_few_crossings"]

_SWEEPS = 12
_STARTS = 8
_SWAP_LIMIT = 150
_ORDER = 0.001


class Size(NamedTuple):
    """Width and height in points."""

    width: float
    height: float


_POINT = Size(0.0, 0.0)


@dataclass(eq=False)
class Vertex:
    """A node, or the invisible place where an edge passes a layer."""

    layer: int
    size: Size = _POINT
    number: int = -1
    is_round: bool = False
    x: float = 0.0
    y: float = 0.0
    above: list[Vertex] = field(default_factory=list)
    below: list[Vertex] = field(default_factory=list)
    beside: list[Vertex] = field(default_factory=list)

    @property
    def is_node(self) -> bool:
        """Whether it is a node of the graph, which its number then tells."""
        return self.number >= 0


def with_few_crossings(rows: list[list[Vertex]]) -> list[list[Vertex]]:
    """Sort the vertices of each row so that few edges cross.

    Several orders, always the same ones, are improved by barycentre sweeps and by exchanging
    neighbours; the best is kept.
    """
    small = sum(map(len, rows)) <= _SWAP_LIMIT
    best, best_cost = rows, np.inf
    for start in range(_STARTS if small else 1):
        shuffle = np.random.default_rng(start).permutation
        order = [[row[i] for i in shuffle(len(row))] for row in rows] if start else rows
        order = _swept_often(order)
        while small and _swap_neighbors(order):
            pass
        cost = _cost(order)
        if cost < best_cost:
            best, best_cost = order, cost
    return _with_leaves_in_order(best)


def _with_leaves_in_order(rows: list[list[Vertex]]) -> list[list[Vertex]]:
    """Exchange leaves of the same parent, with their edges, for the order of the graph."""
    families: dict[tuple[Vertex, int], list[list[Vertex]]] = defaultdict(list)
    for vertex in (vertex for row in rows for vertex in row):
        if vertex.is_node and len(vertex.above) == 1 and not (vertex.below or vertex.beside):
            branch = [vertex]
            while not branch[-1].above[0].is_node:
                branch.append(branch[-1].above[0])
            families[branch[-1].above[0], vertex.layer].append(branch)
    sorted_rows = [list(row) for row in rows]
    for branches in families.values():
        wanted = sorted(branches, key=lambda branch: branch[0].number)
        for new, old in zip(wanted, branches, strict=True):
            for vertex, place in zip(new, old, strict=True):
                sorted_rows[place.layer][rows[place.layer].index(place)] = vertex
    return sorted_rows


def _swept_often(rows: list[list[Vertex]]) -> list[list[Vertex]]:
    best, best_cost = [list(row) for row in rows], _cost(rows)
    for sweep in range(_SWEEPS):
        rows = _swept(rows, downwards=sweep % 2 == 0)
        cost = _cost(rows)
        if cost < best_cost:
            best, best_cost = rows, cost
    return best


def _swept(rows: list[list[Vertex]], downwards: bool) -> list[list[Vertex]]:
    """Sort each row by the mean place of its neighbours in the row before."""
    step = rows if downwards else rows[::-1]
    swept = step[:1]
    for row in step[1:]:
        place = {vertex: number for number, vertex in enumerate(swept[-1])}
        means = {}
        for number, vertex in enumerate(row):
            near = vertex.above if downwards else vertex.below
            means[vertex] = np.mean([place[v] for v in near]) if near else number
        swept.append(sorted(row, key=means.__getitem__))
    return swept if downwards else swept[::-1]


def _cost(rows: list[list[Vertex]]) -> float:
    crossings = sum(_crossings(upper, lower) for upper, lower in pairwise(rows))
    return crossings + sum(_spread(row) + _ORDER * _disorder(row) for row in rows)


def _crossings(upper: list[Vertex], lower: list[Vertex]) -> int:
    place = {vertex: number for number, vertex in enumerate(lower)}
    links = [(i, place[v]) for i, vertex in enumerate(upper) for v in vertex.below]
    if not links:
        return 0
    above, below = np.array(links).T
    turns = np.sign(above[:, None] - above) * np.sign(below[:, None] - below)
    return int((turns < 0).sum()) // 2


def _disorder(row: list[Vertex]) -> int:
    """Count the pairs of nodes of a row that stand against the order of the graph."""
    numbers = np.array([vertex.number for vertex in row if vertex.is_node])
    return int(np.triu(numbers[:, None] > numbers).sum())


def _spread(row: list[Vertex]) -> float:
    """Half the number of vertices that the edges within a row pass over."""
    place = {vertex: number for number, vertex in enumerate(row)}
    return sum(abs(place[v] - place[w]) - 1 for v in row for w in v.beside) / 4


def _swap_neighbors(rows: list[list[Vertex]]) -> bool:
    """Exchange neighbours in place wherever it lowers the cost; tell whether it ever did."""
    better = False
    for number, row in enumerate(rows):
        near = rows[max(number - 1, 0) : number + 2]
        cost = _cost(near)
        for i in range(len(row) - 1):
            row[i], row[i + 1] = row[i + 1], row[i]
            swapped = _cost(near)
            if swapped < cost:
                cost, better = swapped, True
            else:
                row[i], row[i + 1] = row[i + 1], row[i]
    return better
