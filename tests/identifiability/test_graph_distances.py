"""Distances and rates against their definitions, pair by pair."""

from itertools import combinations, permutations

import networkx as nx
import numpy as np
import pytest

from causalrep.equivalence import equivalence_class, v_structures
from causalrep.exceptions import GraphError
from causalrep.graphs import Edge, Graph, Mark
from identifiability import (
    arrow_rates,
    compare_graphs,
    equivalence_class_distance,
    nearest_relabelling,
    skeleton_rates,
    structural_hamming_distance,
    transitive_closure_distance,
)

NAMES = ("A", "B", "C", "D", "E")
SYMBOLS = ("-->", "<--", "---", "<->", "o->", "<-o", "o-o")


def random_mixed_graph(rng):
    """Draw at most one edge of a random kind for each pair, and sometimes a second one."""
    edges = set()
    for a, b in combinations(NAMES, 2):
        if rng.uniform() < 0.5:
            edges.add(text_edge(a, str(rng.choice(SYMBOLS)), b))
        if rng.uniform() < 0.1:
            edges.add(Edge(a, b, Mark.ARROW, Mark.ARROW))
    return Graph(rng.permutation(NAMES).tolist(), edges)


def text_edge(a, symbol, b):
    left = {"<": Mark.ARROW, "o": Mark.CIRCLE, "-": Mark.TAIL}[symbol[0]]
    right = {">": Mark.ARROW, "o": Mark.CIRCLE, "-": Mark.TAIL}[symbol[2]]
    return Edge(a, b, left, right)


def random_dag(rng, names=NAMES, density=0.5):
    order = rng.permutation(names).tolist()
    pairs = [pair for pair in combinations(order, 2) if rng.uniform() < density]
    return Graph(sorted(names), pairs)


def end_marks(graph, a, b):
    """List what a pair looks like, read off edge by edge: [(mark at a, mark at b), ...]."""
    marks = []
    for edge in graph.edges:
        if {edge.source, edge.target} == {a, b}:
            pair = (edge.source_mark.value, edge.target_mark.value)
            marks.append(pair if edge.source == a else pair[::-1])
    return sorted(marks)


@pytest.mark.parametrize("seed", range(300))
def test_distance_and_rates_equal_their_definition_on_random_mixed_graphs(seed):
    rng = np.random.default_rng(seed)
    found, true = random_mixed_graph(rng), random_mixed_graph(rng)
    distance, adjacent, heads = 0, [0, 0, 0], [0, 0, 0]
    for a, b in permutations(NAMES, 2):
        in_found, in_true = end_marks(found, a, b), end_marks(true, a, b)
        into_b = [any(mark[1] == "arrow" for mark in marks) for marks in (in_found, in_true)]
        heads = [old + new for old, new in zip(heads, (*into_b, all(into_b)), strict=True)]
        if a < b:
            distance += in_found != in_true
            seen = [bool(in_found), bool(in_true), bool(in_found and in_true)]
            adjacent = [old + new for old, new in zip(adjacent, seen, strict=True)]
    assert structural_hamming_distance(found, true) == distance
    skeleton, arrows = skeleton_rates(found, true), arrow_rates(found, true)
    assert [skeleton.n_found, skeleton.n_true, skeleton.n_both] == adjacent
    assert [arrows.n_found, arrows.n_true, arrows.n_both] == heads
    for rates in (skeleton, arrows):
        assert all(0.0 <= rate <= 1.0 for rate in (rates.precision, rates.recall, rates.f1))


@pytest.mark.parametrize("seed", range(100))
def test_distance_is_a_metric_that_ignores_the_order_of_nodes(seed):
    rng = np.random.default_rng(seed)
    a, b, c = (random_mixed_graph(rng) for _ in range(3))
    ab = structural_hamming_distance(a, b)
    assert ab == structural_hamming_distance(b, a)
    assert structural_hamming_distance(a, a.subgraph(NAMES)) == 0
    assert ab <= structural_hamming_distance(a, c) + structural_hamming_distance(c, b)
    assert (ab == 0) == (a == b)


@pytest.mark.parametrize("seed", range(50))
def test_closure_distance_counts_pairs_that_differ_in_ancestry(seed):
    rng = np.random.default_rng(seed)
    graphs = [random_dag(rng, density=0.3) for _ in range(2)]
    plain = []
    for graph in graphs:
        plain.append(nx.DiGraph([(edge.source, edge.target) for edge in graph.edges]))
        plain[-1].add_nodes_from(NAMES)
    differ = sum(
        any(
            nx.has_path(plain[0], *pair) != nx.has_path(plain[1], *pair) for pair in (ab, ab[::-1])
        )
        for ab in combinations(NAMES, 2)
    )
    assert transitive_closure_distance(*graphs) == differ


@pytest.mark.parametrize(
    ("found", "true", "distance"),
    [
        ("A --> B", "A --> B", 0),
        ("A --> B", "B --> A", 1),
        ("A --- B", "A --> B", 1),
        ("A o-> B", "A --> B", 1),
        ("A <-> B", "A --> B", 1),
        ("A <-> B, A --> B", "A --> B", 1),
        ("A --> B, B --> C", "C --> B, B --> A", 2),
        ("A --> B, B --> C, A --> C", "A --> B; nodes A, B, C", 2),
    ],
)
def test_distance_equals_the_count_by_hand(found, true, distance):
    assert structural_hamming_distance(Graph.from_text(found), Graph.from_text(true)) == distance


def test_an_undirected_estimate_of_a_true_edge_claims_no_arrow():
    rates = arrow_rates(Graph.from_text("A --- B"), Graph.from_text("A --> B"))
    assert (rates.n_found, rates.n_true, rates.n_both) == (0, 1, 0)
    assert (rates.precision, rates.recall, rates.f1) == (0.0, 0.0, 0.0)
    assert skeleton_rates(Graph.from_text("A --- B"), Graph.from_text("A --> B")).f1 == 1.0


def test_a_bidirected_estimate_of_a_directed_edge_has_one_arrowhead_too_many():
    rates = arrow_rates(Graph.from_text("A <-> B"), Graph.from_text("A --> B"))
    assert (rates.precision, rates.recall) == (0.5, 1.0)


def test_two_empty_graphs_agree_and_silence_about_edges_earns_nothing():
    empty, edge = Graph(["A", "B"]), Graph.from_text("A --> B")
    assert skeleton_rates(empty, empty).f1 == arrow_rates(empty, empty).precision == 1.0
    assert skeleton_rates(empty, edge).precision == skeleton_rates(edge, empty).recall == 0.0


def test_comparison_of_cyclic_graphs_leaves_the_closure_out():
    cycle = Graph.from_text("A --> B, B --> C, C --> A")
    result = compare_graphs(cycle, Graph.from_text("A --> B, B --> C"))
    assert (result.distance, result.closure_distance, result.n_edges) == (1, None, 3)


@pytest.mark.parametrize("seed", range(20))
def test_relabelling_finds_the_graph_again_under_other_names(seed):
    rng = np.random.default_rng(seed)
    truth = random_dag(rng)
    mapping = dict(zip(NAMES, rng.permutation(NAMES).tolist(), strict=True))
    renamed = truth.rename(mapping).subgraph(NAMES)
    order = nearest_relabelling(renamed, truth)
    back = {renamed.nodes[found]: name for name, found in zip(truth, order, strict=True)}
    assert renamed.rename(back) == truth


@pytest.mark.parametrize("seed", range(20))
def test_relabelling_is_the_best_of_all(seed):
    rng = np.random.default_rng(seed)
    found, truth = random_dag(rng, NAMES[:4]), random_dag(rng, NAMES[:4])
    distances = {
        order: structural_hamming_distance(
            found.rename(dict(zip((found.nodes[i] for i in order), truth, strict=True))), truth
        )
        for order in permutations(range(4))
    }
    assert distances[nearest_relabelling(found, truth)] == min(distances.values())


def test_refuses_graphs_over_other_nodes_by_name():
    with pytest.raises(GraphError, match=r"'B', 'C' are in one only\. Rename the nodes"):
        structural_hamming_distance(Graph(["A", "B"]), Graph(["A", "C"]))


def test_refuses_what_is_no_graph_and_says_how_to_make_one():
    with pytest.raises(TypeError, match=r"of type ndarray.*Graph.from_array\(A, edge_direction"):
        skeleton_rates(np.eye(2), Graph(["A"]))


def test_refuses_to_relabel_large_or_unequal_graphs():
    with pytest.raises(GraphError, match="at most 7, but these have 8 and 8"):
        nearest_relabelling(Graph([*"ABCDEFGH"]), Graph([*"ABCDEFGH"]))
    with pytest.raises(GraphError, match="these have 2 and 3"):
        nearest_relabelling(Graph(["A", "B"]), Graph(["A", "B", "C"]))


def test_refuses_the_closure_of_a_cycle():
    with pytest.raises(GraphError, match="cycle"):
        transitive_closure_distance(Graph.from_text("A --> B, B --> A"), Graph(["A", "B"]))


@pytest.mark.parametrize("seed", range(40))
def test_class_distance_is_zero_exactly_for_equivalent_graphs(seed):
    rng = np.random.default_rng(seed)
    found, true = random_dag(rng, NAMES[:4]), random_dag(rng, NAMES[:4])
    classes = [equivalence_class(graph) for graph in (found, true)]
    distance = equivalence_class_distance(found, true)
    assert distance == structural_hamming_distance(*classes)
    assert distance == equivalence_class_distance(classes[0], true)
    separations = [v_structures(graph) for graph in (found, true)]
    same = skeleton_rates(found, true).f1 == 1.0 and separations[0] == separations[1]
    assert (distance == 0) == same


def test_a_reversible_edge_turned_round_is_no_mistake_about_the_class():
    result = compare_graphs(Graph.from_text("B --> A"), Graph.from_text("A --> B"))
    assert (result.distance, result.class_distance) == (1, 0)
    mixed = compare_graphs(Graph.from_text("A o-> B"), Graph.from_text("A --> B"))
    assert mixed.class_distance is None
    with pytest.raises(GraphError, match="Only DAGs and CPDAGs stand for"):
        equivalence_class_distance(Graph.from_text("A o-> B"), Graph.from_text("A --> B"))
