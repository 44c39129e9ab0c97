"""The graphical conditions under which ranks of covariances show the whole minimal graph."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, islice
from typing import Literal, NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from causalrep.arguments import checked
from causalrep.cover_masks import Dag, members, union_of
from causalrep.graphs import Graph
from causalrep.latent_covers import with_complete_covers

__all__ = ["ConditionsReport", "Violation", "meets_conditions"]

Condition = Literal["cover", "triangle", "twins", "collider"]


@dataclass(frozen=True)
class Violation:
    """One place at which a graph fails a condition.

    Parameters
    ----------
    condition : {"cover", "triangle", "twins", "collider"}
        Which one, see :func:`meets_conditions`.
    nodes : tuple of str
        The nodes at fault, in the order of the graph.
    reason : str
        The same as a sentence.

    Examples
    --------
    >>> from causalrep.cover_conditions import Violation
    >>> print(Violation("cover", ("L1",), "L1 lies in no atomic cover."))
    L1 lies in no atomic cover.
    """

    condition: Condition
    nodes: tuple[str, ...]
    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True)
class ConditionsReport:
    """Whether a graph meets the conditions of rank-based discovery, and if not, where it fails.

    Parameters
    ----------
    violations : tuple of Violation
        Empty where all conditions hold; the report is true then.

    Examples
    --------
    >>> from causalrep.cover_conditions import ConditionsReport
    >>> bool(ConditionsReport(())), print(ConditionsReport(()))
    All conditions hold.
    (True, None)
    """

    violations: tuple[Violation, ...]

    def __bool__(self) -> bool:
        return not self.violations

    def __str__(self) -> str:
        return " ".join(map(str, self.violations)) or "All conditions hold."


@checked()
def meets_conditions(graph: Graph) -> ConditionsReport:
    r"""Check the conditions under which rank-based discovery finds the minimal graph.

    The conditions concern the graph with complete covers, which has the same ranks.

    ``cover``
        Each latent lies in exactly one atomic cover (Condition 1).
    ``triangle``
        No latent is one of three nodes that are adjacent to one another (Condition 1).
    ``twins``
        The latents of one cover have the same parents and the same children, of which the
        observed members of the cover are parents too.
    ``collider``
        Let V1 and V2 be disjoint unions of atomic covers, C the nodes that have all of V1 and V2
        as parents, and A a smallest set that d-separates V1 from V2. Where C is not empty and a
        latent lies in V1, V2, C or A, then ``|C| + |A| >= |V1| + |V2|`` (Condition 2).

    Parameters
    ----------
    graph : Graph
        Directed and acyclic, with latent nodes marked.

    Returns
    -------
    ConditionsReport
        True where all hold; its ``violations`` name the nodes at fault.

    Raises
    ------
    GraphError
        If the graph is not a DAG.

    Notes
    -----
    The paper [1]_ states Conditions 1 and 2, in places too weakly for its Theorem 12, so this
    check asks for more. A latent that two covers share is a different latent for each of them in
    a search that gives every cover latents of its own: hence *exactly one*. A search joins
    covers completely: hence the *twins*. Condition 2 speaks of two atomic covers; the example
    of Appendix B.14, and any three observed children of one latent with a common effect, show
    that V1 and V2 must run over unions of covers. Where V1 and V2 are adjacent no set A
    separates them, and the condition asks for nothing.

    References
    ----------
    .. [1] Dong, Huang, Ng, Song, Zheng, Jin, Legaspi, Spirtes, Zhang, "A versatile causal
       discovery framework to allow causally-related hidden variables", ICLR 2024,
       arXiv:2312.11001, Conditions 1 and 2, Theorem 12, Appendices A.17 and B.14.

    Examples
    --------
    >>> from causalrep.cover_conditions import meets_conditions
    >>> from causalrep.graphs import Graph
    >>> graph = Graph.from_text("L1 --> A, L1 --> B, L1 --> C, L1 --> D; latent L1")
    >>> bool(meets_conditions(graph))
    True
    >>> print(meets_conditions(graph.subgraph(["L1", "A", "B", "C"])))
    L1 lies in no atomic cover.
    """
    _, dag, covers = with_complete_covers(graph)
    found = [
        *_uncovered(dag, covers),
        *_triangles(dag),
        *_unequal(dag, covers),
        *_colliders(dag, covers),
    ]
    return ConditionsReport(
        tuple(
            Violation(condition, dag.named(nodes, graph), reason)
            for condition, nodes, reason in found
        )
    )


_Found = Iterator[tuple[Condition, int, str]]


def _uncovered(dag: Dag, covers: list[int]) -> _Found:
    for latent in members(dag.latent):
        number = sum(cover >> latent & 1 for cover in covers)
        if number != 1:
            where = "no atomic cover" if not number else f"{number} atomic covers"
            yield "cover", 1 << latent, f"{dag.names[latent]} lies in {where}."


def _triangles(dag: Dag) -> _Found:
    near = [causes | effects for causes, effects in zip(dag.parents, dag.children, strict=True)]
    for a, around in enumerate(near):
        for b, c in combinations(members(around >> a << a), 2):
            corners = 1 << a | 1 << b | 1 << c
            if near[b] >> c & 1 and corners & dag.latent:
                yield "triangle", corners, f"{_listed(dag, corners)} form a triangle."


def _unequal(dag: Dag, covers: list[int]) -> _Found:
    for cover in covers:
        latents = cover & dag.latent
        for node in members(dag.effects(latents)):
            yield from _lacking(dag, node, cover & ~dag.parents[node], "cause", cover)
        for node in members(dag.causes(latents)):
            yield from _lacking(dag, node, latents & ~dag.children[node], "effect", cover)


def _lacking(dag: Dag, node: int, nodes: int, word: str, cover: int) -> _Found:
    if nodes:
        yield (
            "twins",
            nodes | 1 << node,
            f"{dag.names[node]} has not all nodes of the cover {_listed(dag, cover)} "
            f"alike: it lacks {_listed(dag, nodes)} as {word}.",
        )


def _colliders(dag: Dag, covers: list[int]) -> _Found:
    """At most one violation for each set of parents."""
    singles = [1 << node for node in range(len(dag.names)) if not dag.latent >> node & 1]
    for causes in sorted(set(dag.parents)):
        unions = _unions([cover for cover in [*covers, *singles] if not cover & ~causes])
        pairs = [(a, b) for a, b in combinations(unions, 2) if not a & b]
        yield from islice((found for pair in pairs for found in _too_few_colliders(dag, *pair)), 1)


def _unions(covers: list[int]) -> list[int]:
    unions = {0}
    for cover in covers:
        unions |= {union | cover for union in unions}
    return sorted(unions - {0})


def _too_few_colliders(dag: Dag, first: int, second: int) -> _Found:
    both = first | second
    colliders = union_of(
        1 << node for node, causes in enumerate(dag.parents) if not both & ~causes
    )
    wanted = both.bit_count() - colliders.bit_count()
    if wanted <= 0 or not (dag.with_ancestors(both) | colliders) & dag.latent:
        return
    separator = separator_size(dag, first, second)
    if separator is None or separator.size >= wanted:
        return
    if separator.n_latents or (both | colliders) & dag.latent:
        yield (
            "collider",
            both | colliders,
            (
                f"{_listed(dag, first)} and {_listed(dag, second)} have the common effects "
                f"{_listed(dag, colliders)} and are separated by a set of size {separator.size}; "
                f"together these are fewer than the {both.bit_count()} causes."
            ),
        )


class Separator(NamedTuple):
    """Number of nodes that separate two sets, and how many of them may be latent."""

    size: int
    n_latents: int


def separator_size(dag: Dag, first: int, second: int) -> Separator | None:
    """Return the size of a smallest d-separator, and the most latents that one can hold.

    A smallest one lies among the ancestors, so it is a smallest vertex cut of their moral graph;
    a latent weighs a little less than an observed node.
    """
    region = dag.with_ancestors(first | second)
    near = _moral_neighbours(dag, region)
    if any(near[node] & second for node in members(first)):
        return None
    n = len(dag.names)
    unit, endless = n + 1, (n + 1) ** 2
    edges = [(n + a, b, endless) for a in members(region) for b in members(near[a])]
    for node in members(region):
        inside = (first | second) >> node & 1
        edges.append((node, n + node, endless if inside else unit - (dag.latent >> node & 1)))
    edges += [(2 * n, node, endless) for node in members(first)]
    edges += [(n + node, 2 * n + 1, endless) for node in members(second)]
    tails, heads, capacities = np.array(edges, dtype=np.int32).T
    network = csr_array((capacities, (tails, heads)), shape=(2 * n + 2, 2 * n + 2))
    weight = int(maximum_flow(network, 2 * n, 2 * n + 1).flow_value)
    size = -(-weight // unit)
    return Separator(size, size * unit - weight)


def _moral_neighbours(dag: Dag, region: int) -> list[int]:
    near = [0] * len(dag.names)
    for node in members(region):
        family = dag.parents[node] | 1 << node
        for member in members(family):
            near[member] |= family & ~(1 << member)
    return near


def _listed(dag: Dag, nodes: int) -> str:
    return ", ".join(dag.names[node] for node in members(nodes))
