"""Conditions on graphs: global identifiability, pure features, nesting, shared components."""

from __future__ import annotations

from causalrep.arguments import checked, count
from causalrep.graphs import Graph
from causalrep.results import names_of
from identifiability.conditions.results import ConditionResult
from identifiability.half_trek import MixedGraph
from identifiability.verdicts import Answer

__all__ = [
    "global_identifiability",
    "no_nesting",
    "one_component_at_a_time",
    "pure_features",
]


@checked()
def global_identifiability(graph: Graph) -> ConditionResult:
    r"""Decide whether covariances determine all parameters of a linear structural model.

    All of them, not almost all: the map from parameters to covariances is injective.

    Parameters
    ----------
    graph : Graph
        Directed and bidirected edges over observed nodes.

    Returns
    -------
    ConditionResult
        Inconclusive where there is a directed cycle.

    Raises
    ------
    GraphError
        If there are latent nodes, or edges of another kind.

    Notes
    -----
    An acyclic graph fails if and only if some set of two nodes or more is connected by
    bidirected edges inside it, while inside it directed paths lead from all of them to one. For
    every end of such paths the largest such set is found by taking nodes away.

    References
    ----------
    .. [1] M. Drton, R. Foygel, S. Sullivant, "Global identifiability of linear structural
       equation models", Annals of Statistics 39 (2011), arXiv:1003.1146.

    Examples
    --------
    >>> from causalrep import Graph
    >>> from identifiability.conditions import global_identifiability
    >>> instrument = Graph.from_text("z --> x, x --> y, x <-> y")
    >>> print(global_identifiability(instrument))
    no: x and y are connected by bidirected edges, and directed paths among them lead to y.
    >>> front_door = Graph.from_text("z --> x, x --> y, z <-> y")
    >>> bool(global_identifiability(front_door))
    True
    """
    mixed = MixedGraph.of(graph)
    if not Graph(graph.nodes, [e for e in graph.edges if e.is_directed]).is_dag():
        return ConditionResult(
            answer=Answer.INCONCLUSIVE, reason="The criterion is for graphs without cycles."
        )
    for end in graph.nodes:
        found = _converging(mixed, end)
        if len(found) > 1:
            names = tuple(node for node in graph.nodes if node in found)
            return ConditionResult(
                answer=Answer.NO,
                reason=(
                    f"{names_of(names)} are connected by bidirected edges, and directed paths "
                    f"among them lead to {end}."
                ),
                witnesses=names,
            )
    return ConditionResult(
        answer=Answer.YES, reason="No set connected by bidirected edges converges on a node."
    )


def _converging(mixed: MixedGraph, end: str) -> set[str]:
    """Return the largest set that bidirected edges connect and whose directed paths end alike."""
    kept = set(mixed.nodes)
    while True:
        connected = _reached(end, mixed.siblings, kept)
        fewer = _reached(end, mixed.parents, connected)
        if fewer == kept:
            return kept
        kept = fewer


def _reached(start: str, steps: dict[str, tuple[str, ...]], inside: set[str]) -> set[str]:
    """Return the nodes that steps inside a set lead to, with the start."""
    found, waiting = {start}, [start]
    while waiting:
        new = [node for node in steps[waiting.pop()] if node in inside and node not in found]
        found.update(new)
        waiting += new
    return found


@checked(least=count(0))
def pure_features(graph: Graph, least: int) -> ConditionResult:
    """Check whether every latent has features that measure nothing else.

    A pure feature of a latent has it as its only cause, and no other edge.

    Parameters
    ----------
    graph : Graph
        Latent and observed nodes.
    least : int
        Pure features asked for: three for tetrads, two for generalised independent noise.

    Returns
    -------
    ConditionResult
        Its witnesses are the latents with too few. Tetrads need four features in all.

    References
    ----------
    .. [1] R. Silva, R. Scheines, C. Glymour, P. Spirtes, "Learning the structure of linear latent
       variable models", JMLR 7 (2006).
    .. [2] F. Xie, R. Cai, B. Huang, C. Glymour, Z. Hao, K. Zhang, "Generalized independent noise
       condition for estimating latent variable causal graphs", NeurIPS 2020.

    Examples
    --------
    >>> from causalrep import Graph
    >>> from identifiability.conditions import pure_features
    >>> graph = Graph.from_text("L --> a, L --> b, L --> c, c --> d; latent L")
    >>> print(pure_features(graph, 3))
    no: Fewer than 3 pure features: L has 2.
    """
    if not graph.latent or not graph.observed:
        return ConditionResult(
            answer=Answer.INCONCLUSIVE,
            reason="The graph must hold latent and observed nodes.",
        )
    pure = {node: _pure(graph, node) for node in graph.latent}
    lacking = tuple(node for node, features in pure.items() if len(features) < least)
    if lacking:
        counts = ", ".join(f"{node} has {len(pure[node])}" for node in lacking)
        return ConditionResult(
            answer=Answer.NO,
            reason=f"Fewer than {least} pure features: {counts}.",
            witnesses=lacking,
        )
    if len(graph.observed) < _LEAST_FEATURES:
        return ConditionResult(
            answer=Answer.NO, reason=f"There are only {len(graph.observed)} features."
        )
    return ConditionResult(
        answer=Answer.YES, reason=f"Every latent has at least {least} pure features."
    )


_LEAST_FEATURES = 4


def _pure(graph: Graph, latent: str) -> list[str]:
    children = [node for node in graph.children(latent) if not graph.is_latent(node)]
    return [node for node in children if graph.adjacents(node) == (latent,)]


@checked()
def no_nesting(graph: Graph) -> ConditionResult:
    """Check that no latent acts on features of which all are features of another latent too.

    Parameters
    ----------
    graph : Graph
        Latent and observed nodes.

    Returns
    -------
    ConditionResult
        Its witnesses are the two latents of the first nesting.

    References
    ----------
    .. [1] Y. Jiang, B. Aragam, "Learning nonparametric latent causal graphs with unknown
       interventions", NeurIPS 2023, arXiv:2306.02899.

    Examples
    --------
    >>> from causalrep import Graph
    >>> from identifiability.conditions import no_nesting
    >>> nested = Graph.from_text("L --> a, M --> a, M --> b; latent L, M")
    >>> print(no_nesting(nested))
    no: All features of L are features of M.
    """
    if not graph.latent or not graph.observed:
        return ConditionResult(
            answer=Answer.INCONCLUSIVE,
            reason="The graph must hold latent and observed nodes.",
        )
    features = {node: set(graph.children(node)) - set(graph.latent) for node in graph.latent}
    for inner in graph.latent:
        for outer in graph.latent:
            if inner != outer and features[inner] <= features[outer]:
                return ConditionResult(
                    answer=Answer.NO,
                    reason=f"All features of {inner} are features of {outer}.",
                    witnesses=(inner, outer),
                )
    return ConditionResult(
        answer=Answer.YES, reason="No latent's features are all features of another."
    )


@checked()
def one_component_at_a_time(graph: Graph) -> ConditionResult:
    """Check whether the components that features share can be read off one after the other.

    The components of a feature are its own noise and those of its ancestors. One that shares a
    single component with all others shows its loadings by cumulants; the component is then taken
    out, and another feature may share a single one. Latents must be in their plainest form,
    without causes and with two observed effects or more: others leave no trace of their own.

    Parameters
    ----------
    graph : Graph
        A DAG of latent and observed nodes.

    Returns
    -------
    ConditionResult
        Its witnesses are the features that still share components when none shares just one, or
        latents that are not in their plainest form.

    Raises
    ------
    GraphError
        If the graph is not a DAG.

    Notes
    -----
    Our reading of what the paper [1]_ calls the condition; only its abstract was read.

    References
    ----------
    .. [1] R. Cai, Z. Huang, W. Chen, Z. Hao, K. Zhang, "Causal discovery with latent confounders
       based on higher-order cumulants", ICML 2023, arXiv:2305.19582.

    Examples
    --------
    >>> from causalrep import Graph
    >>> from identifiability.conditions import one_component_at_a_time
    >>> pair = Graph.from_text("L --> x, L --> y, x --> y; latent L")
    >>> print(one_component_at_a_time(pair))
    no: x and y share several components, and no feature shares just one.
    >>> proxy = Graph.from_text("L --> x, L --> y, x --> y, L --> w; latent L")
    >>> bool(one_component_at_a_time(proxy))
    True
    """
    graph.topological_order()
    hollow = tuple(node for node in graph.latent if not _is_plain(graph, node))
    if hollow:
        return ConditionResult(
            answer=Answer.NO,
            reason=(
                f"Latents must have no causes and two observed effects, unlike {names_of(hollow)}."
            ),
            witnesses=hollow,
        )
    parts = {node: {node, *graph.ancestors(node)} for node in graph.observed}
    while shared := _shared(parts):
        single = next((some for some in shared.values() if len(some) == 1), None)
        if single is None:
            names = tuple(shared)
            return ConditionResult(
                answer=Answer.NO,
                reason=(
                    f"{names_of(names)} share several components, and no feature shares just one."
                ),
                witnesses=names,
            )
        parts = {node: some - single for node, some in parts.items()}
    return ConditionResult(
        answer=Answer.YES, reason="Shared components can be read off one at a time."
    )


def _is_plain(graph: Graph, latent: str) -> bool:
    observed = [node for node in graph.children(latent) if not graph.is_latent(node)]
    return not graph.parents(latent) and len(observed) >= _LEAST_EFFECTS


_LEAST_EFFECTS = 2


def _shared(parts: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return the components that each feature shares with others, where there are any."""
    shared = {
        node: {
            part
            for part in some
            if any(part in more for other, more in parts.items() if other != node)
        }
        for node, some in parts.items()
    }
    return {node: some for node, some in shared.items() if some}
