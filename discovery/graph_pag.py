"""The partial ancestral graph of a graph with latents, without a search."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from causalrep.graphs import Graph
from discovery.pag import Marks, complete_marks, marked_colliders, pag_of
from discovery.separation_oracle import DSeparationOracle
from discovery.skeleton import Skeleton

__all__ = ["pag_of_graph"]


def pag_of_graph(graph: Graph) -> Graph:
    """Return what independences between its observed nodes tell of a graph.

    It is what FCI finds when it asks the graph, in one test for each pair of nodes: some set of
    observed nodes separates two of them if and only if their observed ancestors do [1]_.

    Parameters
    ----------
    graph : Graph
        Directed and bidirected edges without a directed cycle; latent nodes are marked as such.

    Returns
    -------
    Graph
        The partial ancestral graph of its observed nodes.

    Raises
    ------
    GraphError
        If an edge is undirected or has a circle, or there is a cycle.

    References
    ----------
    .. [1] T. Richardson, P. Spirtes, "Ancestral graph Markov models", Annals of Statistics 30
       (2002), theorem 4.2.

    Examples
    --------
    >>> from causalrep import Graph
    >>> from discovery.graph_pag import pag_of_graph
    >>> graph = Graph.from_text("A --> C, L --> C, L --> D, B --> D").with_latent(["L"])
    >>> print(pag_of_graph(graph))
    A o-> C, C <-> D, B o-> D
    """
    names = graph.observed
    oracle = DSeparationOracle(graph).bind(None, names)
    above = [set(graph.ancestors(name)) for name in names]
    adjacent = ~np.eye(len(names), dtype=bool)
    separators = {}
    for i, j in combinations(range(len(names)), 2):
        members = (above[i] | above[j]) - {names[i], names[j]}
        given = np.array([[k for k, name in enumerate(names) if name in members]], dtype=int)
        if oracle.p_values(np.array([i]), np.array([j]), given)[0]:
            separators[i, j] = given
            adjacent[i, j] = adjacent[j, i] = False
    skeleton = Skeleton(
        names=names,
        adjacent=adjacent,
        separators=separators,
        closest={},
        p_values=np.full(adjacent.shape, np.nan),
        n_tests=len(names) * (len(names) - 1) // 2,
    )
    nothing = np.zeros_like(adjacent)
    marks, _ = marked_colliders(skeleton, Marks(adjacent, nothing, nothing))
    marks, _ = complete_marks(marks, skeleton)
    return pag_of(marks, names)
