"""Graphs with hidden nodes of a chosen pattern: measurement models and confounded DAGs."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, pairwise
from typing import Any, Literal

import numpy as np

from causalrep.data import default_names
from causalrep.graphs import Graph
from simulators.checks import (
    SimulatorError,
    checked_choice,
    checked_count,
    checked_generator,
    checked_real,
)
from simulators.latent_graphs import with_pure_children
from simulators.random_graphs import edges_of, erdos_renyi_graph

__all__ = ["confounded_graph", "structured_measurement_graph"]


def _chain(n_latents: int) -> list[tuple[int, int]]:
    return list(pairwise(range(n_latents)))


def _tree(n_latents: int) -> list[tuple[int, int]]:
    return [((node - 1) // 2, node) for node in range(1, n_latents)]


def _dense(n_latents: int) -> list[tuple[int, int]]:
    return list(combinations(range(n_latents), 2))


def _triangles(n_latents: int) -> list[tuple[int, int]]:
    if n_latents % 3:
        raise SimulatorError(
            f"Triangles want a multiple of three latents, but n_latents is {n_latents}."
        )
    inside = [(i, j) for i, j in _dense(n_latents) if i // 3 == j // 3]
    return inside + [(corner - 1, corner) for corner in range(3, n_latents, 3)]


_PATTERNS: dict[str, Callable[[int], list[tuple[int, int]]]] = {
    "independent": lambda n_latents: [],
    "chain": _chain,
    "tree": _tree,
    "triangles": _triangles,
    "dense": _dense,
}


def structured_measurement_graph(
    structure: Literal["independent", "chain", "tree", "triangles", "dense"] = "chain",
    n_latents: int = 3,
    *,
    n_children: int = 3,
    n_impurities: int = 0,
    random_state: Any = None,
) -> Graph:
    """Build a measurement model whose latents form a chosen pattern.

    Parameters
    ----------
    structure : {"independent", "chain", "tree", "triangles", "dense"}, default="chain"
        How the latents ``L1``, ``L2``, ... cause one another: not at all; each the next one; as
        a complete binary tree; three and three in complete triangles, of which the last corner
        causes the first one of the next; each all later ones.
    n_latents : int, default=3
        Number of latents; a multiple of three for triangles.
    n_children : int, default=3
        Observed children of each latent.
    n_impurities : int, default=0
        Number of further edges that make children impure: by turns a second latent cause of an
        observed node, and an effect of an observed node on a child of another latent. No two
        of them touch the same child.
    random_state : None, int or numpy.random.Generator, default=None
        Source of randomness; only impurities are random.

    Returns
    -------
    Graph
        Latents first, then ``X1``, ... in the order of their latents.

    Raises
    ------
    SimulatorError
        If there are too few latents or children for the impurities.

    Examples
    --------
    >>> from simulators import structured_measurement_graph
    >>> graph = structured_measurement_graph("triangles", 3, n_children=2)
    >>> graph.children("L1")
    ('L2', 'L3', 'X1', 'X2')
    """
    pattern = _PATTERNS[checked_choice("structure", structure, _PATTERNS)]
    n_latents = checked_count("n_latents", n_latents)
    n_children = checked_count("n_children", n_children)
    n_impurities = checked_count("n_impurities", n_impurities, minimum=0)
    rng = checked_generator(random_state)
    latents = default_names(n_latents, "L")
    edges = [(latents[cause], latents[effect]) for cause, effect in pattern(n_latents)]
    pure = with_pure_children([[name] for name in latents], edges, [n_children] * n_latents)
    return Graph(
        pure.nodes, [*pure.edges, *_impurities(pure, n_impurities, rng)], latent=pure.latent
    )


def confounded_graph(
    n_observed: int = 10,
    n_latents: int = 3,
    *,
    expected_degree: float = 3.0,
    random_state: Any = None,
) -> Graph:
    """Draw a directed acyclic graph with independent edges, and hide some of its nodes.

    The hidden nodes are drawn from those with at least two children, as far as there are
    enough of them; they may have parents.

    Parameters
    ----------
    n_observed, n_latents : int, default=10 and 3
        Numbers of nodes that stay visible and that are hidden.
    expected_degree : float, default=3.0
        Expected number of neighbours of a node before hiding.
    random_state : None, int or numpy.random.Generator, default=None
        Source of randomness.

    Returns
    -------
    Graph
        Latents first.

    References
    ----------
    D. Colombo, M. H. Maathuis, M. Kalisch, T. S. Richardson, "Learning high-dimensional directed
    acyclic graphs with latent and selection variables", Annals of Statistics 40 (2012) 294-321,
    doi:10.1214/11-AOS940, section 5.

    Examples
    --------
    >>> from simulators import confounded_graph
    >>> graph = confounded_graph(6, 2, random_state=0)
    >>> len(graph.observed), graph.latent, graph.is_dag()
    (6, ('L1', 'L2'), True)
    """
    n_observed = checked_count("n_observed", n_observed)
    n_latents = checked_count("n_latents", n_latents, minimum=0)
    total = n_observed + n_latents
    rng = checked_generator(random_state)
    degree = checked_real("expected_degree", expected_degree)
    full = erdos_renyi_graph(total, expected_degree=degree, random_state=rng)
    present = full.to_array(edge_direction="row->column")
    drawn = rng.permutation(total)
    drawn = drawn[np.argsort(present[drawn].sum(axis=1) < 2, kind="stable")]
    order = np.concatenate([drawn[:n_latents], rng.permutation(drawn[n_latents:])])
    present = present[np.ix_(order, order)]
    names = (*default_names(n_latents, "L"), *default_names(n_observed))
    return Graph(names, edges_of(present, names), latent=names[:n_latents])


def _impurities(pure: Graph, n_wanted: int, rng: np.random.Generator) -> list[tuple[str, str]]:
    """Edges from latents and from observed nodes to children of other latents, by turns."""
    if n_wanted and (len(pure.latent) < 2 or n_wanted > len(pure.observed) // 2):
        raise SimulatorError(
            f"n_impurities must be 0 for one latent, and at most {len(pure.observed) // 2} for "
            f"{len(pure.observed)} children, but is {n_wanted}."
        )
    edges, free = [], [pure.observed[place] for place in rng.permutation(len(pure.observed))]
    for number in range(n_wanted):
        effect = free.pop()
        (own,) = pure.parents(effect)
        causes = [name for name in free if name not in pure.children(own)]
        if number % 2 == 0 or not causes:
            others = [name for name in pure.latent if name != own]
            edges.append((str(rng.choice(others)), effect))
            continue
        cause = str(rng.choice(causes))
        free.remove(cause)
        edges.append((cause, effect))
    return edges
