"""Random causal graphs over observed nodes, and random weights for any directed graph.

Graphs with hidden nodes are in :mod:`simulators.latent_graphs`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import networkx as nx
import numpy as np

from causalrep.data import default_names
from causalrep.graphs import Edge, Graph, Mark
from simulators.checks import (
    SimulatorError,
    checked_count,
    checked_flag,
    checked_fraction,
    checked_generator,
    checked_graph,
    checked_range,
    checked_real,
)

__all__ = [
    "bow_free_graph",
    "erdos_renyi_graph",
    "random_weights",
    "scale_free_graph",
    "with_explicit_latents",
]


def erdos_renyi_graph(
    n_nodes: int,
    *,
    density: float | None = None,
    expected_degree: float | None = None,
    latent: bool = False,
    random_state: Any = None,
) -> Graph:
    """Draw a directed acyclic graph with independent edges in a random order of the nodes.

    Parameters
    ----------
    n_nodes : int
        Number of nodes.
    density : float, default=None
        Probability of an edge between two nodes; 0.5 where both are None.
    expected_degree : float, default=None
        Expected number of neighbours of a node, in place of ``density``.
    latent : bool, default=False
        Whether the nodes are latent, named ``L1``, ..., or observed, ``X1``, ...
    random_state : None, int or numpy.random.Generator, default=None
        Source of randomness.

    Returns
    -------
    Graph

    Examples
    --------
    >>> from simulators import erdos_renyi_graph
    >>> erdos_renyi_graph(4, density=1.0, random_state=0).is_dag()
    True
    """
    n_nodes = checked_count("n_nodes", n_nodes)
    density = _edge_probability(n_nodes, density, expected_degree)
    rng = checked_generator(random_state)
    return _graph_of(random_dag(n_nodes, density, rng), latent)


def scale_free_graph(
    n_nodes: int, *, n_attached: int = 2, latent: bool = False, random_state: Any = None
) -> Graph:
    """Draw a directed acyclic graph by preferential attachment, with hubs among the causes.

    Nodes arrive one after the other and become effects of ``n_attached`` earlier ones, chosen in
    proportion to their degrees; the names are shuffled afterwards.

    Parameters
    ----------
    n_nodes : int
        Number of nodes, more than ``n_attached``.
    n_attached : int, default=2
        Number of causes that a new node gets.
    latent : bool, default=False
        Whether the nodes are latent, named ``L1``, ..., or observed, ``X1``, ...
    random_state : None, int or numpy.random.Generator, default=None
        Source of randomness.

    Returns
    -------
    Graph

    References
    ----------
    Barabasi and Albert. "Emergence of scaling in random networks", Science 286, 1999.

    Examples
    --------
    >>> from simulators import scale_free_graph
    >>> len(scale_free_graph(20, n_attached=2, random_state=0).edges)
    36
    """
    n_attached = checked_count("n_attached", n_attached)
    n_nodes = checked_count("n_nodes", n_nodes, minimum=n_attached + 1)
    rng = checked_generator(random_state)
    tree = nx.barabasi_albert_graph(n_nodes, n_attached, seed=int(rng.integers(2**31)))
    present = np.triu(nx.to_numpy_array(tree, nodelist=range(n_nodes)) > 0)
    order = rng.permutation(n_nodes)
    return _graph_of(present[np.ix_(order, order)], latent)


def bow_free_graph(
    n_nodes: int,
    *,
    density: float = 0.4,
    bidirected_density: float = 0.2,
    random_state: Any = None,
) -> Graph:
    """Draw an acyclic mixed graph in which no two nodes have both kinds of edge.

    ``X1 <-> X2`` stands for a hidden common cause; bow-free linear models are identified almost
    everywhere. :func:`with_explicit_latents` turns the graph into one that can be simulated.

    Parameters
    ----------
    n_nodes : int
        Number of nodes.
    density : float, default=0.4
        Probability of a directed edge between two nodes.
    bidirected_density : float, default=0.2
        Probability of a bidirected edge between two nodes; the sum is at most 1.
    random_state : None, int or numpy.random.Generator, default=None
        Source of randomness.

    Returns
    -------
    Graph
        With directed and bidirected edges.

    References
    ----------
    Brito and Pearl. "A new identification condition for recursive models with correlated
    errors", Structural Equation Modeling 9, 2002.

    Examples
    --------
    >>> from simulators import bow_free_graph
    >>> graph = bow_free_graph(6, random_state=0)
    >>> any(edge.is_bidirected for edge in graph.edges)
    True
    """
    n_nodes = checked_count("n_nodes", n_nodes)
    density = checked_fraction("density", density)
    both = density + checked_fraction("bidirected_density", bidirected_density)
    if both > 1:
        raise SimulatorError(
            f"density + bidirected_density must be at most 1, since no two nodes have both kinds "
            f"of edge, but is {both:g}."
        )
    rng = checked_generator(random_state)
    names = default_names(n_nodes)
    order = rng.permutation(n_nodes)
    draws = rng.random((n_nodes, n_nodes))
    edges = []
    for first, second in zip(*np.triu_indices(n_nodes, k=1), strict=True):
        mark = Mark.TAIL if draws[first, second] < density else Mark.ARROW
        if draws[first, second] < both:
            edges.append(Edge(names[order[first]], names[order[second]], mark, Mark.ARROW))
    return Graph(names, edges)


def with_explicit_latents(graph: Graph) -> Graph:
    """Replace every bidirected edge by a new latent node with two children.

    Parameters
    ----------
    graph : Graph
        Graph with directed and bidirected edges.

    Returns
    -------
    Graph
        Directed graph; the new latents are named ``L1``, ``L2``, ... as far as these are free.

    Raises
    ------
    GraphError
        If the graph has other edges.

    Examples
    --------
    >>> from causalrep.graphs import Graph
    >>> from simulators import with_explicit_latents
    >>> graph = with_explicit_latents(Graph.from_text("X1 --> X2, X2 <-> X3"))
    >>> graph.children("L1"), graph.latent
    (('X2', 'X3'), ('L1',))
    """
    checked_graph(graph).require_oriented("with_explicit_latents")
    pairs = [edge.nodes for edge in graph.edges if edge.is_bidirected]
    free = (f"L{i}" for i in range(1, len(pairs) + len(graph) + 1) if f"L{i}" not in graph)
    added = [next(free) for _ in pairs]
    edges: list[Any] = [edge for edge in graph.edges if edge.is_directed]
    edges += [(name, end) for name, pair in zip(added, pairs, strict=True) for end in pair]
    return Graph((*graph.nodes, *added), edges, latent=(*graph.latent, *added))


def random_weights(
    graph: Graph,
    low: float = 0.5,
    high: float = 1.5,
    random_state: Any = None,
    *,
    signs: bool = True,
) -> np.ndarray:
    """Draw a structural coefficient for every edge of a directed graph.

    Parameters
    ----------
    graph : Graph
        Graph with directed edges only.
    low, high : float, default=0.5 and 1.5
        Bounds of the coefficients' absolute values.
    random_state : None, int or numpy.random.Generator, default=None
        Source of randomness.
    signs : bool, default=True
        Whether the signs are random; False makes all coefficients positive.

    Returns
    -------
    ndarray of shape (n_nodes, n_nodes)
        Row = cause, column = effect, in the order of ``graph.nodes``.

    Examples
    --------
    >>> from causalrep.graphs import Graph
    >>> from simulators import random_weights
    >>> random_weights(Graph.from_text("A --> B"), 1.0, 1.0, random_state=0, signs=False)
    array([[0., 1.],
           [0., 0.]])
    """
    if checked_real("low", low) < 0:
        raise SimulatorError(f"low must not be negative, but is {low!r}. signs=True draws signs.")
    low, high = checked_range("(low, high)", (low, high), positive=False)
    present = checked_graph(graph).to_array(edge_direction="row->column")
    rng = checked_generator(random_state)
    sizes = rng.uniform(low, high, present.shape)
    if checked_flag("signs", signs):
        sizes *= rng.choice([-1.0, 1.0], present.shape)
    return np.where(present, sizes, 0.0)


def random_dag(n_nodes: int, density: float, rng: np.random.Generator) -> np.ndarray:
    """Draw the boolean adjacency, row = cause, of independent edges along a random order."""
    present = np.triu(rng.random((n_nodes, n_nodes)) < density, k=1)
    order = rng.permutation(n_nodes)
    return present[np.ix_(order, order)]


def edges_of(present: np.ndarray, names: Iterable[str]) -> list[tuple[str, str]]:
    """Return the named edges of a boolean adjacency."""
    names = tuple(names)
    return [(names[cause], names[effect]) for cause, effect in np.argwhere(present)]


def _graph_of(present: np.ndarray, latent: bool) -> Graph:
    latent = checked_flag("latent", latent)
    names = default_names(len(present), "L" if latent else "X")
    return Graph(names, edges_of(present, names), latent=names if latent else ())


def _edge_probability(n_nodes: int, density: float | None, expected_degree: float | None) -> float:
    if density is not None and expected_degree is not None:
        raise SimulatorError("Give either density= or expected_degree=, not both.")
    if expected_degree is None:
        return checked_fraction("density", 0.5 if density is None else density)
    degree = checked_real("expected_degree", expected_degree)
    if not 0 <= degree <= n_nodes - 1:
        raise SimulatorError(
            f"expected_degree must lie between 0 and {n_nodes - 1} for {n_nodes} nodes, but is "
            f"{degree:g}."
        )
    return degree / max(n_nodes - 1, 1)
