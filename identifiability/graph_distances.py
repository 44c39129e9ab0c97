"""Distances between graphs over the same nodes, and rates of found edges."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np

from causalrep.arguments import checked
from causalrep.equivalence import a_member, equivalence_class
from causalrep.exceptions import GraphError
from causalrep.graphs import Edge, Graph, Mark

__all__ = [
    "GraphComparison",
    "Rates",
    "arrow_rates",
    "check_same_nodes",
    "compare_graphs",
    "equivalence_class_distance",
    "is_cpdag",
    "nearest_relabelling",
    "skeleton_rates",
    "structural_hamming_distance",
    "transitive_closure_distance",
]


@dataclass(frozen=True)
class Rates:
    """Precision and recall of a set of found items.

    A rate without a denominator (nothing found, or nothing to find) is 1 if there was nothing
    found *and* nothing to find, else 0: silence earns no credit.

    Parameters
    ----------
    n_found, n_true, n_both : int
        Sizes of the found set, of the true set and of their intersection.
    """

    n_found: int
    n_true: int
    n_both: int

    @property
    def precision(self) -> float:
        """Share of the found items that are true."""
        return self._rate(self.n_found)

    @property
    def recall(self) -> float:
        """Share of the true items that are found."""
        return self._rate(self.n_true)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, ``2 both / (found + true)``."""
        return self._rate((self.n_found + self.n_true) / 2.0)

    def _rate(self, size: float) -> float:
        if size > 0:
            return self.n_both / size
        return float(self.n_found == self.n_true)


@dataclass(frozen=True, kw_only=True)
class GraphComparison:
    """What :func:`compare_graphs` returns.

    Parameters
    ----------
    distance : int
        Structural Hamming distance.
    closure_distance : int or None
        Structural Hamming distance of the transitive closures; None unless both are DAGs.
    class_distance : int or None
        Structural Hamming distance of the CPDAGs; None unless both are DAGs or CPDAGs.
    skeleton, arrows : Rates
        Rates of adjacent pairs and of arrowheads.
    n_edges, n_true_edges : int
        Numbers of edges.
    """

    distance: int
    closure_distance: int | None
    class_distance: int | None
    skeleton: Rates
    arrows: Rates
    n_edges: int
    n_true_edges: int


@checked()
def compare_graphs(estimate: Graph, truth: Graph) -> GraphComparison:
    """Compare an estimated graph with the true one in every way of this module.

    Parameters
    ----------
    estimate, truth : Graph
        Over the same node names, in any order.

    Returns
    -------
    GraphComparison

    Examples
    --------
    >>> from causalrep.graphs import Graph
    >>> from identifiability import compare_graphs
    >>> result = compare_graphs(
    ...     Graph.from_text("A --> B, C --> B, A --- C"), Graph.from_text("A --> B, B --> C")
    ... )
    >>> result.distance, result.skeleton.precision, result.arrows.precision
    (2, 0.6666666666666666, 0.5)
    """
    dags = estimate.is_dag() and truth.is_dag()
    classes = dags or all(graph.is_dag() or is_cpdag(graph) for graph in (estimate, truth))
    return GraphComparison(
        distance=structural_hamming_distance(estimate, truth),
        closure_distance=transitive_closure_distance(estimate, truth) if dags else None,
        class_distance=equivalence_class_distance(estimate, truth) if classes else None,
        skeleton=skeleton_rates(estimate, truth),
        arrows=arrow_rates(estimate, truth),
        n_edges=len(estimate.edges),
        n_true_edges=len(truth.edges),
    )


@checked()
def structural_hamming_distance(a: Graph, b: Graph) -> int:
    """Count the pairs of nodes that the two graphs join differently.

    A missing, an additional and a reversed edge count 1 each. Mixed graphs: a pair counts 1
    if its sets of edges, marks included, differ in any way.

    Parameters
    ----------
    a, b : Graph
        Over the same node names, in any order.

    Raises
    ------
    GraphError
        If the nodes differ.
    TypeError
        If one is no Graph.

    References
    ----------
    I. Tsamardinos, L. E. Brown and C. F. Aliferis, "The max-min hill-climbing Bayesian network
    structure learning algorithm", Machine Learning 65 (2006).

    Examples
    --------
    >>> from causalrep.graphs import Graph
    >>> from identifiability import structural_hamming_distance
    >>> structural_hamming_distance(
    ...     Graph.from_text("A --> B, B --> C"), Graph.from_text("B --> A, C --- A")
    ... )
    3
    """
    check_same_nodes(a, b)
    joined_a, joined_b = _edges_by_pair(a), _edges_by_pair(b)
    pairs = joined_a.keys() | joined_b.keys()
    return sum(joined_a.get(pair) != joined_b.get(pair) for pair in pairs)


@checked()
def transitive_closure_distance(a: Graph, b: Graph) -> int:
    """Structural Hamming distance of the transitive closures of two DAGs.

    The closure says who is an ancestor of whom, which is all that single-node soft
    interventions on linearly mixed latents identify (Squires et al. 2023).

    Parameters
    ----------
    a, b : Graph
        Directed acyclic, over the same node names.

    Raises
    ------
    GraphError
        If the nodes differ, or one is not a DAG.

    Examples
    --------
    >>> from causalrep.graphs import Graph
    >>> from identifiability import transitive_closure_distance
    >>> chain = Graph.from_text("A --> B, B --> C")
    >>> transitive_closure_distance(chain, Graph.from_text("A --> B, B --> C, A --> C"))
    0
    """
    return structural_hamming_distance(a.transitive_closure(), b.transitive_closure())


@checked()
def equivalence_class_distance(a: Graph, b: Graph) -> int:
    """Structural Hamming distance of the Markov equivalence classes of two graphs.

    What separations cannot tell should not count: a claim about a class is compared as a class,
    whichever of its members an estimator returns.

    Parameters
    ----------
    a, b : Graph
        DAGs or CPDAGs over the same node names.

    Raises
    ------
    GraphError
        If the nodes differ, or a graph is neither.

    Examples
    --------
    >>> from causalrep.graphs import Graph
    >>> from identifiability import equivalence_class_distance
    >>> chain = Graph.from_text("A --> B, B --> C")
    >>> equivalence_class_distance(chain, Graph.from_text("B --> A, B --> C"))
    0
    >>> equivalence_class_distance(chain, Graph.from_text("A --> B, C --> B"))
    2
    """
    check_same_nodes(a, b)
    return structural_hamming_distance(as_equivalence_class(a), as_equivalence_class(b))


def as_equivalence_class(graph: Graph) -> Graph:
    """Return the CPDAG of a DAG, and a CPDAG as it is.

    Raises
    ------
    GraphError
        If it is neither.
    """
    if graph.is_dag():
        return equivalence_class(graph)
    if not is_cpdag(graph):
        raise GraphError(
            "Only DAGs and CPDAGs stand for a Markov equivalence class. close_orientations in "
            "causalrep.equivalence completes an unfinished CPDAG."
        )
    return graph


def is_cpdag(graph: Graph) -> bool:
    """Whether a graph is the CPDAG of some DAG."""
    if not all(edge.is_directed or edge.is_undirected for edge in graph.edges):
        return False
    try:
        return equivalence_class(a_member(graph)) == graph
    except GraphError:
        return False


@checked()
def skeleton_rates(estimate: Graph, truth: Graph) -> Rates:
    """Precision and recall of adjacent pairs, whatever the marks.

    Parameters
    ----------
    estimate, truth : Graph
        Over the same node names, in any order.

    Examples
    --------
    >>> from causalrep.graphs import Graph
    >>> from identifiability import skeleton_rates
    >>> estimate, truth = Graph.from_text("nodes C; A --> B"), Graph.from_text("B --> A, A --> C")
    >>> rates = skeleton_rates(estimate, truth)
    >>> rates.precision, rates.recall
    (1.0, 0.5)
    """
    check_same_nodes(estimate, truth)
    return _rates(set(_edges_by_pair(estimate)), set(_edges_by_pair(truth)))


@checked()
def arrow_rates(estimate: Graph, truth: Graph) -> Rates:
    """Precision and recall of arrowheads: which end of which adjacent pair.

    A directed edge has one arrowhead, a bidirected one two, an undirected or circle end none.
    An undirected estimate of a true edge therefore claims nothing: it lowers recall, leaves
    precision alone, and is never counted twice.

    Parameters
    ----------
    estimate, truth : Graph
        Over the same node names, in any order.

    Examples
    --------
    >>> from causalrep.graphs import Graph
    >>> from identifiability import arrow_rates
    >>> estimate = Graph.from_text("A --> B, A --- C")
    >>> rates = arrow_rates(estimate, Graph.from_text("A --> B, A --> C"))
    >>> rates.precision, rates.recall
    (1.0, 0.5)
    """
    check_same_nodes(estimate, truth)
    return _rates(_arrowheads(estimate), _arrowheads(truth))


@checked()
def nearest_relabelling(estimate: Graph, truth: Graph) -> tuple[int, ...]:
    """Find the matching of nodes under which the directed graphs differ least.

    Meant for latents of which nothing but the graph is known. All matchings are tried.

    Parameters
    ----------
    estimate, truth : Graph
        Directed, of equally many nodes, at most 7.

    Returns
    -------
    tuple of int
        Position in ``estimate.nodes`` for each node of ``truth``; ties go to the first in
        lexicographic order.

    Raises
    ------
    GraphError
        If the sizes differ or are larger than 7, or an edge is not directed.

    Examples
    --------
    >>> from causalrep.graphs import Graph
    >>> from identifiability import nearest_relabelling
    >>> nearest_relabelling(Graph.from_text("B --> A"), Graph.from_text("A --> B"))
    (0, 1)
    """
    size = len(truth)
    if len(estimate) != size or size > _LARGEST_RELABELLING:
        raise GraphError(
            f"A relabelling is searched for graphs of equally many nodes, at most "
            f"{_LARGEST_RELABELLING}, but these have {len(estimate)} and {size}. Align the "
            "latents by their targets, their rows or their values instead."
        )
    found = estimate.to_array(edge_direction="row->column")
    wanted = truth.to_array(edge_direction="row->column")
    orders = np.array(list(permutations(range(size))), dtype=int).reshape(-1, size)
    differ = found[orders[:, :, None], orders[:, None, :]] != wanted
    distances = (differ | differ.transpose(0, 2, 1)).sum(axis=(1, 2))
    return tuple(orders[np.argmin(distances)].tolist())


_LARGEST_RELABELLING = 7


def _edges_by_pair(graph: Graph) -> dict[frozenset[str], set[Edge]]:
    joined: dict[frozenset[str], set[Edge]] = {}
    for edge in graph.edges:
        joined.setdefault(frozenset(edge.nodes), set()).add(edge)
    return joined


def _arrowheads(graph: Graph) -> set[tuple[str, str]]:
    """Pairs (from, to) with an arrowhead at ``to`` on an edge between the two."""
    heads = set()
    for edge in graph.edges:
        ends = ((edge.source, edge.source_mark), (edge.target, edge.target_mark))
        for (other, _), (node, mark) in (ends, ends[::-1]):
            if mark is Mark.ARROW:
                heads.add((other, node))
    return heads


def _rates(found: set[Any], true: set[Any]) -> Rates:
    return Rates(n_found=len(found), n_true=len(true), n_both=len(found & true))


def check_same_nodes(a: Graph, b: Graph) -> None:
    """Refuse graphs over different nodes, and what is no graph."""
    for graph in (a, b):
        if not isinstance(graph, Graph):
            raise TypeError(
                f"A Graph was wanted, but a {type(graph).__name__} came. Graph.from_array(A, "
                "edge_direction=...) makes one of an adjacency matrix."
            )
    alone = sorted(set(a.nodes) ^ set(b.nodes))
    if alone:
        raise GraphError(
            f"Graphs are compared over the same nodes, but {', '.join(map(repr, alone))} "
            f"{'is' if len(alone) == 1 else 'are'} in one only. Rename the nodes of one "
            "(Graph.rename), or add what is missing as nodes without edges."
        )
