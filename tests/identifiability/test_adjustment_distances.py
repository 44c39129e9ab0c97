"""Distances by effects, against the library of their authors and against their definition."""

from __future__ import annotations

import gadjid
import numpy as np
import pytest

from causalrep import Edge, Graph
from causalrep.equivalence import equivalence_class
from causalrep.exceptions import GraphError
from identifiability import (
    adjustment_identification_distance,
    structural_intervention_distance,
)

REFEREES = {
    "parent": gadjid.parent_aid,
    "ancestor": gadjid.ancestor_aid,
    "optimal": gadjid.oset_aid,
}


def random_dag(rng: np.random.Generator, n_nodes: int) -> Graph:
    names = [f"v{number}" for number in range(n_nodes)]
    order, density = rng.permutation(n_nodes), rng.uniform(0.1, 0.7)
    pairs = [(order[i], order[j]) for i in range(n_nodes) for j in range(i + 1, n_nodes)]
    edges = [(names[a], names[b]) for a, b in pairs if rng.random() < density]
    return Graph(names, edges)


def coded(graph: Graph) -> np.ndarray:
    """Return the matrix that gadjid reads."""
    matrix = np.zeros((len(graph), len(graph)), dtype=np.int8)
    for edge in graph.edges:
        a, b = graph.nodes.index(edge.source), graph.nodes.index(edge.target)
        matrix[a, b] = 1 if edge.is_directed else 2
    return matrix


def pairs_of_graphs(seed: int, most_nodes: int = 8) -> list[tuple[Graph, Graph]]:
    """Return an estimate and a truth, as DAGs and as CPDAGs in all four ways."""
    rng = np.random.default_rng(seed)
    n_nodes = int(rng.integers(2, most_nodes + 1))
    estimate, truth = random_dag(rng, n_nodes), random_dag(rng, n_nodes)
    classes = equivalence_class(estimate), equivalence_class(truth)
    return [(a, b) for a in (estimate, classes[0]) for b in (truth, classes[1])]


def check_equal_to_referee(seed: int, most_nodes: int = 8) -> None:
    for estimate, truth in pairs_of_graphs(seed, most_nodes):
        for strategy, referee in REFEREES.items():
            found = adjustment_identification_distance(estimate, truth, strategy=strategy)
            wanted = referee(coded(truth), coded(estimate), edge_direction="from row to column")
            assert found.n_mistakes == wanted[1]
            assert found.share == pytest.approx(wanted[0])


@pytest.mark.parametrize("seed", range(25))
def test_equals_the_library_of_the_authors(seed):
    check_equal_to_referee(seed)


@pytest.mark.slow
def test_equals_the_library_of_the_authors_on_many_and_larger_graphs():
    # Four pairs of graphs a seed, each by three strategies.
    for seed in range(1000, 1180):
        check_equal_to_referee(seed, most_nodes=8)


@pytest.mark.parametrize("seed", range(5))
def test_sid_is_the_distance_by_parents(seed):
    estimate, truth = pairs_of_graphs(seed)[0]
    distance = structural_intervention_distance(estimate, truth)
    assert (
        distance.n_mistakes == gadjid.sid(coded(truth), coded(estimate), "from row to column")[1]
    )


@pytest.mark.parametrize("strategy", REFEREES)
def test_a_graph_makes_no_mistake_about_itself(strategy):
    for graph in pairs_of_graphs(3)[3]:
        distance = adjustment_identification_distance(graph, graph, strategy=strategy)
        assert distance.n_mistakes == 0


def test_order_and_names_of_the_nodes_do_not_matter():
    estimate, truth = pairs_of_graphs(5)[0]
    turned = Graph(estimate.nodes[::-1], estimate.edges)
    first = adjustment_identification_distance(estimate, truth)
    assert adjustment_identification_distance(turned, truth).pairs == first.pairs


def test_tells_which_effects_are_wrong():
    truth = Graph.from_text("smoking --> tar, tar --> cancer")
    estimate = Graph.from_text("tar --> smoking, tar --> cancer")
    pairs = structural_intervention_distance(estimate, truth).pairs
    assert set(pairs) == {("smoking", "tar"), ("smoking", "cancer"), ("tar", "smoking")}


def test_refuses_a_graph_that_is_neither_dag_nor_cpdag():
    truth = Graph.from_text("a --> b, b --> c")
    mixed = Graph.from_text("a --> b, b --- c")
    with pytest.raises(GraphError, match="estimated graph must be a DAG or the CPDAG of one"):
        adjustment_identification_distance(mixed, truth)
    confounded = Graph(["a", "b", "c"], [Edge.from_text("a <-> b")])
    with pytest.raises(GraphError, match="true graph must be a DAG or the CPDAG"):
        adjustment_identification_distance(truth, confounded)


def test_refuses_cpdags_where_parents_must_be_known():
    truth = Graph.from_text("a --> b, b --> c")
    with pytest.raises(GraphError, match=r"estimated graph must be a DAG\. For CPDAGs take"):
        structural_intervention_distance(equivalence_class(truth), truth)


def test_refuses_other_nodes_and_strategies():
    first, second = Graph.from_text("a --> b"), Graph.from_text("a --> c")
    with pytest.raises(GraphError, match="compared over the same nodes"):
        adjustment_identification_distance(first, second)
    with pytest.raises(TypeError, match="strategy to be one of 'parent'"):
        adjustment_identification_distance(first, first, strategy="children")
