r"""Random graphs with hidden nodes: measurement models, hierarchies, groups of latents.

A *pure child* of a group of latents is a node whose parents are exactly the group. All graphs name
the latents ``L1``, ... and the observed nodes ``X1``, ..., latents first.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

import numpy as np

from causalrep.graphs import Graph
from simulators.checks import (
    SimulatorError,
    checked_count,
    checked_fraction,
    checked_generator,
    is_list,
)
from simulators.random_graphs import random_dag

__all__ = [
    "factor_group_graph",
    "latent_cover_graph",
    "latent_tree_graph",
    "measurement_graph",
]


def measurement_graph(
    n_latents: int = 3, *, n_children: int = 3, density: float = 0.5, random_state: Any = None
) -> Graph:
    """Draw a measurement model: latents in a random DAG, each with pure observed children.

    Parameters
    ----------
    n_latents : int, default=3
        Number of latents.
    n_children : int, default=3
        Observed children of each latent; none has another parent.
    density : float, default=0.5
        Probability of an edge between two latents.
    random_state : None, int or numpy.random.Generator, default=None
        Source of randomness.

    Returns
    -------
    Graph

    Examples
    --------
    >>> from simulators import measurement_graph
    >>> print(measurement_graph(2, n_children=2, density=1.0, random_state=1))
    L1 --> L2, L1 --> X1, L1 --> X2, L2 --> X3, L2 --> X4; latent L1, L2
    """
    n_latents = checked_count("n_latents", n_latents)
    return factor_group_graph(
        (1,) * n_latents,
        n_children_per_latent=n_children,
        density=density,
        random_state=random_state,
    )


def factor_group_graph(
    group_sizes: Sequence[int] = (1, 2, 2),
    *,
    n_children_per_latent: int = 2,
    density: float = 0.5,
    random_state: Any = None,
) -> Graph:
    """Draw a generalised factor model: groups of latents with pure children in common.

    Each group of k latents is the parent set of ``k * n_children_per_latent`` observed nodes. The
    groups have a random order; a latent may be a cause of any latent of a later group.

    Parameters
    ----------
    group_sizes : sequence of int, default=(1, 2, 2)
        Numbers of latents in the groups.
    n_children_per_latent : int, default=2
        Observed children of a group, divided by its size; at least 2 for identifiability.
    density : float, default=0.5
        Probability of an edge between two latents of different groups.
    random_state : None, int or numpy.random.Generator, default=None
        Source of randomness.

    Returns
    -------
    Graph

    References
    ----------
    Dong, Dai, Fan et al. "Score-based greedy search for structure identification of partially
    observed linear causal models", arXiv:2510.04378 (the class GNFM).

    Examples
    --------
    >>> from simulators import factor_group_graph
    >>> graph = factor_group_graph((2,), random_state=0)
    >>> graph.parents("X4"), len(graph.observed)
    (('L1', 'L2'), 4)
    """
    sizes = _checked_sizes(group_sizes)
    share = checked_count("n_children_per_latent", n_children_per_latent)
    density = checked_fraction("density", density)
    rng = checked_generator(random_state)
    groups = _named_groups(sizes)
    edges = []
    for cause, effect in np.argwhere(random_dag(len(groups), 1.0, rng)):
        present = rng.random((sizes[cause], sizes[effect])) < density
        edges += [(groups[cause][i], groups[effect][j]) for i, j in np.argwhere(present)]
    return with_pure_children(groups, edges, [share * size for size in sizes])


def latent_tree_graph(
    n_latents: int = 4, *, n_children: int = 3, random_state: Any = None
) -> Graph:
    """Draw a hierarchy: a random tree of latents, with observed nodes where it needs them.

    Every latent gets observed children until it has ``n_children`` in all, the root one more.

    Parameters
    ----------
    n_latents : int, default=4
        Number of latents; ``L1`` is the root, every other one has a random earlier parent.
    n_children : int, default=3
        Least number of children of a latent. From 3 on every latent is an atomic cover of RLCD:
        it has two pure children, and two neighbours beside them.
    random_state : None, int or numpy.random.Generator, default=None
        Source of randomness.

    Returns
    -------
    Graph

    Examples
    --------
    >>> from simulators import latent_tree_graph
    >>> graph = latent_tree_graph(3, n_children=3, random_state=0)
    >>> len(graph.edges), len(graph) - 1
    (10, 10)
    """
    n_latents = checked_count("n_latents", n_latents)
    n_children = checked_count("n_children", n_children)
    rng = checked_generator(random_state)
    groups = _named_groups([1] * n_latents)
    edges = _tree_edges(groups, rng)
    causes = [cause for cause, _ in edges]
    missing = [max(0, n_children - causes.count(name)) for (name,) in groups]
    missing[0] = max(0, n_children + 1 - causes.count("L1"))
    return with_pure_children(groups, edges, missing)


def latent_cover_graph(
    group_sizes: Sequence[int] = (1, 2, 1),
    *,
    n_further: int = 2,
    random_state: Any = None,
) -> Graph:
    r"""Draw a graph that meets Conditions 1 and 2 of rank-based discovery (RLCD).

    The groups of latents form a random tree, an edge of which joins every latent of a group to
    every latent of the next; a group of size k has ``2 k + 2`` pure observed children. Further
    observed nodes are effects of one or two observed ones.

    Parameters
    ----------
    group_sizes : sequence of int, default=(1, 2, 1)
        Numbers of latents in the groups.
    n_further : int, default=2
        Number of further observed nodes.
    random_state : None, int or numpy.random.Generator, default=None
        Source of randomness.

    Returns
    -------
    Graph

    Notes
    -----
    *Condition 1*: ``k + 1`` pure children and ``k + 1`` neighbours beside them make every group an
    atomic cover, and no latent lies in a triangle, since a tree of groups without edges inside
    them has none. *Condition 2* concerns colliders: latents and pure children have the parents
    of one group only, and a further node with the parents V1, V2 has C = 1 and V1 + V2 = 2,
    where any set A that separates V1 and V2 and holds a latent has at least one member.

    References
    ----------
    Dong, Huang, Ng, Song, Zheng, Jin, Legaspi, Spirtes, Zhang. "A versatile causal discovery
    framework to allow causally-related hidden variables", ICLR 2024, arXiv:2312.11001,
    Definition 5, Conditions 1 and 2.

    Examples
    --------
    >>> from simulators import latent_cover_graph
    >>> graph = latent_cover_graph((1, 2), n_further=1, random_state=0)
    >>> len(graph.latent), len(graph.observed)
    (3, 11)
    """
    sizes = _checked_sizes(group_sizes)
    n_further = checked_count("n_further", n_further, minimum=0)
    rng = checked_generator(random_state)
    groups = _named_groups(sizes)
    graph = with_pure_children(groups, _tree_edges(groups, rng), [2 * size + 2 for size in sizes])
    return with_observed_effects(graph, n_further, rng)


def with_observed_effects(
    graph: Graph, n_further: int, rng: np.random.Generator, most_causes: int = 2
) -> Graph:
    """Add observed nodes, each the effect of one or more observed ones that are there by then."""
    names, edges = list(graph.nodes), list(graph.edges)
    for number in range(len(graph.observed) + 1, len(graph.observed) + n_further + 1):
        observed = [name for name in names if name not in graph.latent]
        n_causes = int(rng.integers(1, most_causes + 1))
        causes = rng.choice(observed, size=n_causes, replace=False)
        names.append(f"X{number}")
        edges += [(str(cause), names[-1]) for cause in causes]
    return Graph(names, edges, latent=graph.latent)


def _checked_sizes(group_sizes: Any) -> list[int]:
    if not is_list(group_sizes) or not len(group_sizes):
        raise SimulatorError(
            f"group_sizes must be a list of numbers of latents, but is {group_sizes!r}."
        )
    return [checked_count("a group size", size) for size in group_sizes]


def _named_groups(sizes: Sequence[int]) -> list[list[str]]:
    numbers = count(1)
    return [[f"L{next(numbers)}" for _ in range(size)] for size in sizes]


def _tree_edges(groups: list[list[str]], rng: np.random.Generator) -> list[tuple[str, str]]:
    """Edges of a random recursive tree of groups, all of a group to all of the next."""
    parents = [int(rng.integers(place)) for place in range(1, len(groups))]
    return [
        (cause, effect)
        for place, parent in enumerate(parents, start=1)
        for cause in groups[parent]
        for effect in groups[place]
    ]


def with_pure_children(
    groups: list[list[str]], edges: list[tuple[str, str]], n_children: Sequence[int]
) -> Graph:
    """Give each group observed children whose parents are exactly its latents."""
    numbers = count(1)
    children = [[f"X{next(numbers)}" for _ in range(size)] for size in n_children]
    for group, observed in zip(groups, children, strict=True):
        edges = edges + [(cause, effect) for cause in group for effect in observed]
    latents = [name for group in groups for name in group]
    return Graph([*latents, *(name for some in children for name in some)], edges, latent=latents)
