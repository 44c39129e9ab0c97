r"""Atomic covers: the sets of nodes that the ranks of observed covariances can tell apart.

Hidden nodes leave their mark on covariances in groups. A group of n latents with more than n
effects of its own makes these effects share n dimensions with all the rest, and no rank tells how
the n latents divide the work among themselves. So the unit of rank-based discovery is the group,
called an *atomic cover*; what can be learned of a graph is its *minimal graph*, and the
directions of edges between groups, not between their members.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from causalrep.arguments import checked
from causalrep.cover_masks import Dag, latent_covers, members, missing_edges, union_of
from causalrep.edges import Edge
from causalrep.equivalence import graph_of
from causalrep.graphs import Graph
from causalrep.orientation import boolean_product, meek_arrows

__all__ = [
    "atomic_covers",
    "complete_covers",
    "identified_graph",
    "merge_redundant_latents",
    "minimal_graph",
    "pure_children",
]


@checked()
def pure_children(graph: Graph, nodes: Iterable[str]) -> tuple[str, ...]:
    """Return the nodes whose parents all lie in a set, where together they use all of it.

    Parameters
    ----------
    graph : Graph
        Directed and acyclic.
    nodes : iterable of str
        The set, by names.

    Returns
    -------
    tuple of str
        Nodes outside the set that have parents, all of them in the set; empty where some member
        of the set is a parent of none of these.

    Raises
    ------
    GraphError
        If the graph is not a DAG, or lacks a node.

    References
    ----------
    Dong, Huang, Ng, Song, Zheng, Jin, Legaspi, Spirtes, Zhang, "A versatile causal discovery
    framework to allow causally-related hidden variables", ICLR 2024, arXiv:2312.11001,
    Definition 4.

    Examples
    --------
    >>> from causalrep.graphs import Graph
    >>> from causalrep.latent_covers import pure_children
    >>> graph = Graph.from_text("L1 --> A, L1 --> B, L2 --> B, L2 --> C, C --> D; latent L1, L2")
    >>> pure_children(graph, ["L1", "L2"]), pure_children(graph, ["L1"])
    (('A', 'B', 'C'), ('A',))
    >>> pure_children(graph, ["L1", "D"])
    ()
    """
    dag = Dag.of(graph)
    chosen = graph.subgraph(nodes)
    place = {name: number for number, name in enumerate(dag.names)}
    cover = union_of(1 << place[name] for name in chosen)
    reached = dag.effects(cover) & ~cover
    pure = union_of(1 << node for node in members(reached) if not dag.parents[node] & ~cover)
    return dag.named(pure, graph) if dag.causes(pure) == cover else ()


@checked()
def atomic_covers(graph: Graph) -> tuple[tuple[str, ...], ...]:
    r"""Return all atomic covers of a DAG with latent nodes.

    An observed node alone is one. A set V with n latents and any number of observed nodes is one
    if it has enough effects of its own and enough neighbours, and is not made of smaller ones:

    1. Among its pure children that have a latent of V as parent lie disjoint atomic covers C with
       at least n + 1 nodes in all.
    2. At least n + 1 further nodes are adjacent to its latents; those among them that are effects
       are observed, or have observed descendants, outside C and what lies below C.
    3. For any proper part of its latents, at most as many nodes as the part holds lie in
       disjoint atomic covers whose parents among the latents of V are in this part; and leaving
       out observed nodes of V does not leave an atomic cover.

    Parameters
    ----------
    graph : Graph
        Directed and acyclic.

    Returns
    -------
    tuple of tuple of str
        The covers with latents, then the observed nodes; names in the order of the graph.

    Raises
    ------
    GraphError
        If the graph is not a DAG.

    Notes
    -----
    This is Definition 5 of [1]_, read so that a cover has the rank that Theorem 7 ascribes to it.
    The letter of the definition admits more sets, which no rank shows. An effect, or a
    neighbour, of the observed members alone tells nothing of the latents; a neighbour that is
    seen only below C is lost where what is below C must be left out. And the definition forbids
    that V *splits* into atomic covers, while a latent that is left over beside an atomic cover
    is shown as little: with A1 -> X1, X2, X3 and A2 -> X4, the set {A1, A2} meets the letter;
    yet X1, X2, X3 share one dimension with the rest, not two. Point 3 is Hall's condition: any
    k <= n of the effects have at least k parents among the latents. It follows that no atomic
    cover holds another one that has latents.

    References
    ----------
    .. [1] Dong, Huang, Ng, Song, Zheng, Jin, Legaspi, Spirtes, Zhang, "A versatile causal
       discovery framework to allow causally-related hidden variables", ICLR 2024,
       arXiv:2312.11001, Definition 5.

    Examples
    --------
    >>> from causalrep.graphs import Graph
    >>> from causalrep.latent_covers import atomic_covers
    >>> graph = Graph.from_text("L1 --> A, L1 --> B, L1 --> C, L1 --> D; latent L1")
    >>> atomic_covers(graph)
    (('L1',), ('A',), ('B',), ('C',), ('D',))
    """
    dag = Dag.of(graph)
    covers = [dag.named(cover, graph) for cover in latent_covers(dag)]
    place = {name: number for number, name in enumerate(graph.nodes)}
    covers.sort(key=lambda cover: [place[name] for name in cover])
    return (*covers, *((name,) for name in graph.observed))


@checked()
def complete_covers(graph: Graph) -> Graph:
    r"""Join the latents of each atomic cover to all neighbours of the cover, if no rank objects.

    The skeleton operator of rank-based discovery, restricted to where it keeps all ranks and
    extended to all neighbours of a cover.

    Parameters
    ----------
    graph : Graph
        Directed and acyclic.

    Returns
    -------
    Graph
        With the same ranks of all covariances of observed nodes.

    Raises
    ------
    GraphError
        If the graph is not a DAG.

    Notes
    -----
    Any rotation of the n latents of a cover, scaled to have unit noise, describes the same
    distributions. By a QR decomposition some rotation leaves the first of n - 1 neighbours with
    one of the latents, the second with two, and so on; so up to ``n (n - 1) / 2`` missing edges
    in such a staircase say nothing, be the neighbours causes, pure or other effects. Definition
    8 of [1]_ adds all missing edges to pure children and no others. That is too much where two
    children have no latent in common: they are uncorrelated given the parents of the cover,
    which ranks show. And it is too little for a node that is an effect of one of two latents of
    a cover and of another cover: ranks cannot tell which.

    References
    ----------
    .. [1] Dong et al., ICLR 2024, arXiv:2312.11001, Definition 8.

    Examples
    --------
    >>> from causalrep.graphs import Graph
    >>> from causalrep.latent_covers import complete_covers
    >>> pairs = ", ".join(f"A --> X{i}, B --> X{i}" for i in range(5))
    >>> graph = Graph.from_text(f"{pairs}, B --> Y; latent A, B")
    >>> complete_covers(graph).parents("Y")
    ('A', 'B')
    >>> apart = Graph.from_text(f"{pairs}, A --> Z, B --> Y; latent A, B")
    >>> complete_covers(apart) == apart
    True
    """
    return with_complete_covers(graph)[0]


@checked()
def merge_redundant_latents(graph: Graph) -> Graph:
    r"""Merge groups of latents into a neighbouring group of the same size that says it all.

    Latents with the same parents and the same children form a group. A group L of n latents
    whose parents are exactly a group P of n latents is merged into P where

    - the children of L are one group of latents that has no other parents, or
    - P has no parents, and its children are L and one group of latents without other parents.

    Parameters
    ----------
    graph : Graph
        Directed and acyclic.

    Returns
    -------
    Graph
        Without the merged latents, whose children are now those of P.

    Raises
    ------
    GraphError
        If the graph is not a DAG.

    Notes
    -----
    The minimal-graph operator, Definition 7 of [1]_. Its words concern pure children of L and
    atomic covers; but with impure children of L, or parents of P, ranks do change, and without
    them L or P has too few neighbours for an atomic cover, so that the operator does nothing
    where Condition 1 holds. It is made for graphs where that condition fails, as in Figure 14
    of [1]_: there the groups need only be groups.

    References
    ----------
    .. [1] Dong et al., ICLR 2024, arXiv:2312.11001, Definition 7 and Appendix B.12.

    Examples
    --------
    >>> from causalrep.graphs import Graph
    >>> from causalrep.latent_covers import merge_redundant_latents
    >>> text = "P --> A, P --> B, P --> L, L --> M, L --> N, M --> C, M --> D, N --> C, N --> D"
    >>> print(merge_redundant_latents(Graph.from_text(text + "; latent P, L, M, N")))
    P --> A, P --> B, P --> M, P --> N, M --> C, M --> D, N --> C, N --> D; latent P, M, N
    """
    while True:
        dag = Dag.of(graph)
        pair = _redundant_pair(dag)
        if pair is None:
            return graph
        group, into = pair
        gone = dag.named(group, graph)
        new = {
            (dag.names[cause], dag.names[effect])
            for effect in members(dag.effects(group))
            for cause in members(into)
        }
        kept = graph.subgraph(name for name in graph.nodes if name not in gone)
        graph = Graph(kept.nodes, {*kept.edges, *(Edge(*pair) for pair in new)}, kept.latent)


@checked()
def minimal_graph(graph: Graph) -> Graph:
    """Return the graph that stands for all with the same ranks: covers complete, none redundant.

    Parameters
    ----------
    graph : Graph
        Directed and acyclic.

    Returns
    -------
    Graph
        :func:`merge_redundant_latents` of :func:`complete_covers`.

    Raises
    ------
    GraphError
        If the graph is not a DAG.

    References
    ----------
    Dong et al., ICLR 2024, arXiv:2312.11001, Theorem 12.

    Examples
    --------
    >>> from causalrep.graphs import Graph
    >>> from causalrep.latent_covers import minimal_graph
    >>> graph = Graph.from_text("L --> A, L --> B, L --> C, L --> D; latent L")
    >>> minimal_graph(graph) == graph
    True
    """
    return merge_redundant_latents(complete_covers(graph))


@checked()
def identified_graph(graph: Graph) -> Graph:
    r"""Return the minimal graph with those edges directed that ranks can direct.

    Latents with the same parents and children count as one node; an edge is directed where all
    graphs that are Markov equivalent to this graph of groups direct it alike.

    Parameters
    ----------
    graph : Graph
        Directed and acyclic; Conditions 1 and 2 of :func:`causalrep.cover_conditions
        .meets_conditions` make sure that ranks can direct these edges.

    Returns
    -------
    Graph
        Directed and undirected edges.

    Raises
    ------
    GraphError
        If the graph is not a DAG.

    Notes
    -----
    Theorem 12 of [1]_ speaks of the equivalence class of the minimal graph. For covers of one
    node that is the same. For larger ones it claims too much: with two latents A, B and six pure
    children, A -> X1 <- B is a v-structure, yet the graph in which X1 is the parent of both has
    the same ranks, even the same Gaussian distributions: the latents can be rotated until the
    effects of X1 on them have correlation zero or any other. The same holds where B is observed:
    adding a multiple of B to A makes them correlated or not. So no v-structure between members
    of one cover counts.

    References
    ----------
    .. [1] Dong et al., ICLR 2024, arXiv:2312.11001, Theorem 12.

    Examples
    --------
    >>> from causalrep.graphs import Graph
    >>> from causalrep.latent_covers import identified_graph
    >>> text = ", ".join(f"A --> X{i}, B --> X{i}" for i in range(6))
    >>> graph = identified_graph(Graph.from_text(text + "; latent A, B"))
    >>> graph.neighbors("X1")
    ('A', 'B')
    """
    graph = minimal_graph(graph)
    arrows = graph.to_array(edge_direction="row->column")
    chosen = np.array([graph.is_latent(name) for name in graph.nodes], dtype=bool)
    profile = np.hstack([arrows, arrows.T, ~chosen[:, None] * np.eye(len(arrows), dtype=bool)])
    _, first, group = np.unique(profile, axis=0, return_index=True, return_inverse=True)
    apart = ~(arrows | arrows.T | np.eye(len(arrows), dtype=bool))
    for cover in atomic_covers(graph):
        places = [graph.nodes.index(name) for name in cover]
        apart[np.ix_(places, places)] = False
    small, apart = (matrix[np.ix_(first, first)] for matrix in (arrows, apart))
    met = small & boolean_product(apart, small)
    directed = meek_arrows(small | small.T, met, apart=apart)[np.ix_(group, group)]
    return graph_of(arrows | arrows.T, directed, graph)


def with_complete_covers(graph: Graph) -> tuple[Graph, Dag, list[int]]:
    """Return the graph of :func:`complete_covers` with its masks and its covers."""
    while True:
        dag = Dag.of(graph)
        covers = latent_covers(dag)
        missing = missing_edges(dag, covers)
        if not missing:
            return graph, dag, covers
        edges = [(dag.names[cause], dag.names[effect]) for cause, effect in missing]
        graph = Graph(graph.nodes, [*graph.edges, *edges], graph.latent)


def _redundant_pair(dag: Dag) -> tuple[int, int] | None:
    """Return a group of latents and its parent group that can take it in, if any."""
    groups: dict[tuple[int, int], int] = {}
    for node in members(dag.latent):
        key = dag.parents[node], dag.children[node]
        groups[key] = groups.get(key, 0) | 1 << node
    known = set(groups.values())
    for (causes, effects), group in groups.items():
        if causes not in known or causes.bit_count() != group.bit_count():
            continue
        chain = effects in known and dag.causes(effects) == group
        others = dag.effects(causes) & ~group
        fork = not dag.causes(causes) and others in known and dag.causes(others) == causes
        if chain or fork:
            return group, causes
    return None
