"""Markov equivalence of DAGs: v-structures, Meek's rules, CPDAGs and their members.

Latent nodes are nodes like any other here. `arrays_of` and `graph_of` translate to and from the
boolean matrices on which `causalrep.orientation` works.
"""

from __future__ import annotations

import numpy as np

from causalrep.arguments import checked
from causalrep.edges import Edge, Mark
from causalrep.exceptions import GraphError
from causalrep.graphs import Graph
from causalrep.orientation import apart_pairs, cpdag_arrows, meek_arrows, member_arrows

__all__ = [
    "a_member",
    "arrays_of",
    "close_orientations",
    "equivalence_class",
    "graph_of",
    "v_structures",
]


@checked()
def equivalence_class(graph: Graph) -> Graph:
    """Return the CPDAG of a DAG, which stands for all DAGs with the same separations.

    Parameters
    ----------
    graph : Graph
        A directed acyclic graph.

    Returns
    -------
    Graph
        The same nodes; an edge is directed where all DAGs with the skeleton and the v-structures
        of the given one direct it alike, and undirected elsewhere.

    Raises
    ------
    GraphError
        If an edge is not directed, or there is a cycle.

    Notes
    -----
    Two DAGs have the same d-separations exactly where they have the same adjacencies and the
    same v-structures [1]_; Meek's rules R1-R3 find all further arrows that these imply [2]_.

    References
    ----------
    .. [1] T. Verma, J. Pearl, "Equivalence and synthesis of causal models", UAI 1990.
    .. [2] C. Meek, "Causal inference and causal explanation with background knowledge",
       UAI 1995, Theorem 3, arXiv:1302.4972.

    Examples
    --------
    >>> from causalrep.equivalence import equivalence_class
    >>> from causalrep.graphs import Graph
    >>> print(equivalence_class(Graph.from_text("A --> B, B --> C, D --> C")))
    A --- B, B --> C, D --> C
    """
    graph.topological_order()
    arrows = graph.to_array(edge_direction="row->column")
    return graph_of(arrows | arrows.T, cpdag_arrows(arrows), graph)


@checked()
def a_member(cpdag: Graph) -> Graph:
    """Return one DAG of an equivalence class.

    Parameters
    ----------
    cpdag : Graph
        Directed and undirected edges: a CPDAG, or one with further arrows from background
        knowledge.

    Returns
    -------
    Graph
        A DAG with the same adjacencies, arrows and v-structures. Among several the choice
        follows the order of the nodes: earlier ones tend to be causes.

    Raises
    ------
    GraphError
        If an edge is of another kind, or no such DAG exists.

    References
    ----------
    D. Dor, M. Tarsi, "A simple algorithm to construct a consistent extension of a partially
    oriented graph", technical report R-185, UCLA 1992.

    Examples
    --------
    >>> from causalrep.equivalence import a_member
    >>> from causalrep.graphs import Graph
    >>> print(a_member(Graph.from_text("A --- B, B --> C, D --> C")))
    A --> B, B --> C, D --> C
    """
    adjacent, arrows = arrays_of(cpdag)
    member = member_arrows(adjacent, arrows)
    if member is None:
        raise GraphError(
            "A graph that some DAG extends without a new v-structure was wanted, but none "
            f"extends {cpdag}. Conflicting orientations do this; undirect some of its edges."
        )
    return graph_of(adjacent, member, cpdag)


@checked()
def close_orientations(graph: Graph) -> Graph:
    """Direct every undirected edge that has one direction in all members of the class.

    Parameters
    ----------
    graph : Graph
        Directed and undirected edges: all v-structures, and arrows known from elsewhere.

    Returns
    -------
    Graph
        The closure under Meek's rules R1-R4, which is complete [1]_.

    Raises
    ------
    GraphError
        If an edge is neither directed nor undirected.

    References
    ----------
    .. [1] C. Meek, "Causal inference and causal explanation with background knowledge",
       UAI 1995, Theorem 4, arXiv:1302.4972.

    Examples
    --------
    >>> from causalrep.equivalence import close_orientations
    >>> from causalrep.graphs import Graph
    >>> print(close_orientations(Graph.from_text("A --> B, B --- C, C --- D")))
    A --> B, B --> C, C --> D
    """
    adjacent, arrows = arrays_of(graph)
    return graph_of(adjacent, meek_arrows(adjacent, arrows), graph)


@checked()
def v_structures(graph: Graph) -> tuple[tuple[str, str, str], ...]:
    """Return the triples (a, collider, b) with a -> collider <- b and a, b not adjacent.

    Parameters
    ----------
    graph : Graph
        Directed and undirected edges.

    Returns
    -------
    tuple of (str, str, str)
        In the order of the nodes: by collider, then a before b.

    Raises
    ------
    GraphError
        If an edge is neither directed nor undirected.

    Examples
    --------
    >>> from causalrep.equivalence import v_structures
    >>> from causalrep.graphs import Graph
    >>> v_structures(Graph.from_text("A --> C, B --> C, C --> D"))
    (('A', 'C', 'B'),)
    """
    adjacent, arrows = arrays_of(graph)
    apart = apart_pairs(adjacent)
    return tuple(
        (graph.nodes[causes[a]], graph.nodes[effect], graph.nodes[causes[b]])
        for effect, column in enumerate(arrows.T)
        for causes in [np.flatnonzero(column)]
        for a, b in np.argwhere(np.triu(apart[np.ix_(causes, causes)]))
    )


@checked()
def arrays_of(graph: Graph) -> tuple[np.ndarray, np.ndarray]:
    """Return ``adjacent`` and ``arrows`` of a graph of directed and undirected edges.

    Parameters
    ----------
    graph : Graph
        At most one edge a pair, directed or undirected.

    Returns
    -------
    adjacent, arrows : ndarray of shape (n_nodes, n_nodes), bool
        Symmetric, an edge of either kind; and row = cause, the directed ones.

    Raises
    ------
    GraphError
        If an edge is of another kind, or two edges join one pair.

    Examples
    --------
    >>> from causalrep.equivalence import arrays_of
    >>> from causalrep.graphs import Graph
    >>> adjacent, arrows = arrays_of(Graph.from_text("A --> B, B --- C"))
    >>> int(adjacent.sum()), int(arrows.sum())
    (4, 1)
    """
    place = {node: number for number, node in enumerate(graph.nodes)}
    adjacent = np.zeros((len(place), len(place)), dtype=bool)
    arrows = adjacent.copy()
    for edge in graph.edges:
        a, b = place[edge.source], place[edge.target]
        if adjacent[a, b] or not (edge.is_directed or edge.is_undirected):
            raise GraphError(
                "An equivalence class of DAGs holds at most one edge a pair, directed or "
                f"undirected, but {edge} came{' beside another' if adjacent[a, b] else ''}."
            )
        adjacent[a, b] = adjacent[b, a] = True
        arrows[a, b] = edge.is_directed
    return adjacent, arrows


@checked()
def graph_of(adjacent: np.ndarray, arrows: np.ndarray, like: Graph) -> Graph:
    """Return the graph of two boolean matrices over the nodes of another graph.

    Parameters
    ----------
    adjacent, arrows : ndarray of shape (n_nodes, n_nodes), bool
        As `arrays_of` returns them; an arrow both ways counts as undirected.
    like : Graph
        Gives names and latent nodes.

    Returns
    -------
    Graph

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.equivalence import graph_of
    >>> from causalrep.graphs import Graph
    >>> full = ~np.eye(3, dtype=bool)
    >>> print(graph_of(full, np.triu(full) & (np.arange(3) == 2), Graph(["A", "B", "C"])))
    A --- B, A --> C, B --> C
    """
    shape = (len(like.nodes), len(like.nodes))
    if not adjacent.shape == arrows.shape == shape or not adjacent.dtype == arrows.dtype == bool:
        raise GraphError(
            f"graph_of wants two matrices of bools of shape {shape}, but they have shapes "
            f"{adjacent.shape} and {arrows.shape} and types {adjacent.dtype} and {arrows.dtype}."
        )
    one_way = arrows & ~arrows.T
    lines = np.triu(adjacent & ~one_way & ~one_way.T)
    nodes = like.nodes
    edges = [Edge(nodes[a], nodes[b]) for a, b in np.argwhere(one_way)]
    edges += [Edge(nodes[a], nodes[b], Mark.TAIL, Mark.TAIL) for a, b in np.argwhere(lines)]
    return Graph(nodes, edges, like.latent)
