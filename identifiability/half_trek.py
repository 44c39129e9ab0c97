r"""The half-trek criterion: a graphical test of generic identifiability, by maximum flows.

A half-trek from y to u begins with one bidirected edge or none and goes on along arrows,
:math:`y \leftrightarrow x \to \dots \to u` or :math:`y \to \dots \to u`. Several have no sided
intersection if their left ends differ and no node, left ends apart, is on two of them; as a flow,
every node passes one unit on either side.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from enum import Enum

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import maximum_flow

from causalrep.arguments import checked
from causalrep.exceptions import GraphError
from causalrep.graphs import Graph

__all__ = ["HalfTrekResult", "HalfTrekVerdict", "MixedGraph", "half_trek_criterion"]

_Arc = tuple[Hashable, Hashable]


class HalfTrekVerdict(Enum):
    """What the criterion says about a graph.

    Attributes
    ----------
    IDENTIFIED
        Covariances determine almost all parameters uniquely, by rational formulas.
    NOT_IDENTIFIED
        Infinitely many parameters give the same covariance, whatever they are.
    INCONCLUSIVE
        Neither follows; :func:`check_structural` tells whether finitely many do.

    Examples
    --------
    >>> from identifiability import HalfTrekVerdict
    >>> HalfTrekVerdict.INCONCLUSIVE.value
    'inconclusive'
    """

    IDENTIFIED = "identified"
    NOT_IDENTIFIED = "not identified"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, kw_only=True)
class HalfTrekResult:
    """What :func:`half_trek_criterion` returns.

    Parameters
    ----------
    verdict : HalfTrekVerdict
        On all parameters together.
    solved : tuple of str
        Nodes all of whose incoming effects are determined.

    Examples
    --------
    >>> from causalrep import Graph
    >>> from identifiability import half_trek_criterion
    >>> half_trek_criterion(Graph.from_text("z --> x, x --> y, x <-> y")).solved
    ('z', 'x', 'y')
    """

    verdict: HalfTrekVerdict
    solved: tuple[str, ...]


@checked()
def half_trek_criterion(graph: Graph) -> HalfTrekResult:
    """Decide generic identifiability of a linear structural model by half-treks.

    Parameters
    ----------
    graph : Graph
        Directed and bidirected edges over observed nodes, for correlated noises; cycles are
        allowed.

    Returns
    -------
    HalfTrekResult

    Raises
    ------
    GraphError
        If there are latent nodes, or edges of another kind.

    Notes
    -----
    A node v is solved by a set Y of as many nodes as it has parents, none of them v or
    joined with v by a bidirected edge, if half-treks without sided intersection lead from Y to the
    parents, and members of Y that half-treks reach from v are solved before. Whether there is
    such a set is a maximum flow, so the time is polynomial.

    References
    ----------
    .. [1] R. Foygel, J. Draisma, M. Drton, "Half-trek criterion for generic identifiability of
       linear structural equation models", Annals of Statistics 40 (2012), arXiv:1107.5552.

    Examples
    --------
    >>> from causalrep import Graph
    >>> from identifiability import half_trek_criterion
    >>> half_trek_criterion(Graph.from_text("x --> y, x <-> y")).verdict
    <HalfTrekVerdict.NOT_IDENTIFIED: 'not identified'>
    """
    mixed = MixedGraph.of(graph)
    solved = {node for node in graph.nodes if not mixed.parents[node]}
    growing = True
    while growing:
        found = {node for node in graph.nodes if node not in solved and mixed.solves(node, solved)}
        solved |= found
        growing = bool(found)
    verdict = HalfTrekVerdict.INCONCLUSIVE
    if len(solved) == len(graph.nodes):
        verdict = HalfTrekVerdict.IDENTIFIED
    elif not mixed.may_be_finite():
        verdict = HalfTrekVerdict.NOT_IDENTIFIED
    return HalfTrekResult(
        verdict=verdict, solved=tuple(node for node in graph.nodes if node in solved)
    )


@dataclass(frozen=True)
class MixedGraph:
    """Directed and bidirected edges over observed nodes, read once."""

    nodes: tuple[str, ...]
    parents: dict[str, tuple[str, ...]]
    siblings: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, graph: Graph) -> MixedGraph:
        """Read a graph, or refuse latent nodes and other edges."""
        if graph.latent:
            raise GraphError(
                "This criterion wants bidirected edges in place of latent nodes, but "
                f"{', '.join(graph.latent)} are latent. check_structural takes them."
            )
        graph.require_oriented("A structural model")
        parents = {node: graph.parents(node) for node in graph.nodes}
        return cls(graph.nodes, parents, {node: graph.spouses(node) for node in graph.nodes})

    def reached(self, start: str) -> set[str]:
        """Return the nodes that half-treks lead to, beside the node itself where none does."""
        found: set[str] = set()
        waiting = [*self.siblings[start], *self._children(start)]
        while waiting:
            node = waiting.pop()
            if node not in found:
                found.add(node)
                waiting += self._children(node)
        return found

    def solves(self, node: str, solved: set[str]) -> bool:
        """Whether some set of allowed nodes solves a node."""
        risky = self.reached(node) - solved
        barred = {node, *self.siblings[node], *risky}
        arcs: list[_Arc] = []
        for source in self.nodes:
            if source not in barred:
                arcs += [("source", ("left", source))]
                arcs += [(("left", source), ("in", to)) for to in self._starts(source)]
        arcs += self._ways(self.parents[node], "")
        return _flow(arcs) == len(self.parents[node])

    def may_be_finite(self) -> bool:
        """Whether sets for all nodes at once could be, no pair of nodes used twice."""
        arcs: list[_Arc] = []
        for place, first in enumerate(self.nodes):
            for second in self.nodes[:place]:
                if second in self.siblings[first]:
                    continue
                pair = ("pair", first, second)
                arcs.append(("source", pair))
                for node, source in ((first, second), (second, first)):
                    arcs += [(pair, (f"{node} in", to)) for to in self._starts(source)]
        for node in self.nodes:
            arcs += self._ways(self.parents[node], f"{node} ")
        return _flow(arcs) == sum(map(len, self.parents.values()))

    def _starts(self, source: str) -> tuple[str, ...]:
        """Return where the right side of a half-trek can begin."""
        return (source, *self.siblings[source])

    def _ways(self, ends: Iterable[str], copy: str) -> list[_Arc]:
        """Return the arcs of the right side, each node split so that it is passed once."""
        arcs: list[_Arc] = [((f"{copy}in", node), (f"{copy}out", node)) for node in self.nodes]
        for node in self.nodes:
            arcs += [((f"{copy}out", up), (f"{copy}in", node)) for up in self.parents[node]]
        return arcs + [((f"{copy}out", end), "sink") for end in ends]

    def _children(self, node: str) -> list[str]:
        return [child for child in self.nodes if node in self.parents[child]]


def _flow(arcs: list[_Arc]) -> int:
    """Return the maximum flow from source to sink, every arc of capacity one."""
    ends = dict.fromkeys(["source", "sink", *(end for arc in arcs for end in arc)])
    number = {end: place for place, end in enumerate(ends)}
    rows = [number[start] for start, _ in arcs]
    columns = [number[end] for _, end in arcs]
    ones = np.ones(len(arcs), dtype=np.int32)
    capacity = coo_array((ones, (rows, columns)), shape=(len(number), len(number))).tocsr()
    capacity.data[:] = 1
    return int(maximum_flow(capacity, number["source"], number["sink"]).flow_value)
