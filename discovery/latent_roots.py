"""Graphs of effects: every hidden cause a root, observed nodes the features, paths asked for."""

from __future__ import annotations

from collections.abc import Sequence

from causalrep.edges import Edge
from causalrep.exceptions import GraphError
from causalrep.graphs import Graph
from discovery.measurement import latent_names

__all__ = ["effect_pairs", "graph_over", "with_latent_roots"]


def with_latent_roots(graph: Graph) -> Graph:
    """Make every hidden cause a root with two observed children or more.

    A bidirected edge becomes a latent of its own. What comes before a latent is joined to what
    comes after it, and a latent left with one child is part of that child's noise.

    Parameters
    ----------
    graph : Graph
        Directed and bidirected edges, without directed cycle.

    Returns
    -------
    Graph
        Directed. Effects between observed nodes are those of the graph, but proportions among
        them that a latent between them would cause are not kept.

    Raises
    ------
    GraphError
        If there is another kind of edge, or a directed cycle.

    References
    ----------
    Hoyer, Shimizu, Kerminen, Palviainen. "Estimation of causal effects using linear non-Gaussian
    causal models with hidden variables", International Journal of Approximate Reasoning 49
    (2008) 362-378, doi:10.1016/j.ijar.2008.02.006 (canonical models).

    Examples
    --------
    >>> from causalrep import Graph
    >>> from discovery.latent_roots import with_latent_roots
    >>> print(with_latent_roots(Graph.from_text("x --> y, x <-> y")))
    x --> y, L1 --> x, L1 --> y; latent L1
    >>> print(with_latent_roots(Graph.from_text("M --> L, M --> x, L --> y; latent L, M")))
    M --> x, M --> y; latent M
    """
    directed = _with_latents_for_bidirected(graph)
    edges = {edge.nodes for edge in directed.edges}
    for latent in [node for node in directed.topological_order() if directed.is_latent(node)]:
        before = {cause for cause, effect in edges if effect == latent}
        after = {effect for cause, effect in edges if cause == latent}
        edges -= {(cause, latent) for cause in before}
        edges |= {(cause, effect) for cause in before for effect in after}
    children = {
        latent: [effect for cause, effect in edges if cause == latent]
        for latent in directed.latent
    }
    kept = [node for node in directed.nodes if len(children.get(node, "##")) > 1]
    return Graph(
        kept,
        [pair for pair in sorted(edges) if set(pair) <= set(kept)],
        [node for node in directed.latent if node in kept],
    )


def _with_latents_for_bidirected(graph: Graph) -> Graph:
    pairs = [edge.nodes for edge in graph.edges if edge.is_bidirected]
    graph.require_oriented("CumulantEffect")
    names = latent_names(len(pairs), graph.nodes)
    arrows = [Edge(name, end) for name, pair in zip(names, pairs, strict=True) for end in pair]
    return Graph(
        [*graph.nodes, *names],
        [*(edge for edge in graph.edges if edge.is_directed), *arrows],
        [*graph.latent, *names],
    )


def graph_over(graph: Graph | None, names: tuple[str, ...]) -> Graph:
    """Return the graph with latent roots, its observed nodes the features.

    Parameters
    ----------
    graph : Graph or None
        None stands for every feature being a possible cause of all later ones.
    names : tuple of str
        Names of the features.

    Raises
    ------
    GraphError
        If nodes are not features, or features not nodes.
    """
    if graph is None:
        return Graph(names, [pair for k in range(len(names)) for pair in _later(names, k)])
    if set(graph.observed) != set(names):
        missing = [node for node in graph.observed if node not in names]
        extra = [name for name in names if name not in graph.observed]
        raise GraphError(
            "The observed nodes of the graph must be the features, but "
            + "; ".join(
                f"{what}: {', '.join(some[:5])}"
                for what, some in (("not features", missing), ("not in the graph", extra))
                if some
            )
            + ". Rename or leave out columns, or mark nodes as latent."
        )
    return with_latent_roots(graph)


def _later(names: Sequence[str], place: int) -> list[tuple[str, str]]:
    return [(names[place], other) for other in names[place + 1 :]]


def effect_pairs(graph: Graph, cause: str | None, effect: str | None) -> list[tuple[str, str]]:
    """List cause and effect of every effect that is asked for.

    Parameters
    ----------
    graph : Graph
        The graph with latent roots.
    cause, effect : str or None
        None stands for all; both None for all causes of the last node in causal order.

    Raises
    ------
    GraphError
        If a name is no observed node, or there is no path between two that were named.
    """
    for what, name in (("cause", cause), ("effect", effect)):
        if name is not None and name not in graph.observed:
            raise GraphError(
                f"The {what} must be an observed node of the graph, but is {name!r}; there are "
                f"{', '.join(graph.observed[:8])}."
            )
    if cause is None and effect is None:
        effect = [node for node in graph.topological_order() if node in graph.observed][-1]
    found = [
        (one, other)
        for one in graph.observed
        for other in graph.descendants(one)
        if cause in (None, one) and effect in (None, other)
    ]
    if cause is not None and effect is not None and not found:
        raise GraphError(
            f"The graph has no directed path from {cause!r} to {effect!r}, so the effect is zero "
            "by assumption. Ask for another effect, or add the edge to be estimated."
        )
    return found
