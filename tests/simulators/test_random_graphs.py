from itertools import combinations

import networkx as nx
import numpy as np
import pytest

from causalrep.exceptions import GraphError
from causalrep.graphs import Graph
from simulators import (
    LinearSCM,
    SimulatorError,
    bow_free_graph,
    erdos_renyi_graph,
    factor_group_graph,
    latent_cover_graph,
    latent_tree_graph,
    measurement_graph,
    random_weights,
    scale_free_graph,
    with_explicit_latents,
)

SEEDS = range(20)


def pure_children(graph, group):
    return [node for node in graph.nodes if set(graph.parents(node)) == set(group)]


def skeleton(graph):
    return nx.Graph([edge.nodes for edge in graph.edges])


@pytest.mark.parametrize(
    "draw",
    [
        lambda seed: erdos_renyi_graph(8, random_state=seed),
        lambda seed: scale_free_graph(8, random_state=seed),
        lambda seed: measurement_graph(4, random_state=seed),
        lambda seed: factor_group_graph(random_state=seed),
        lambda seed: latent_tree_graph(5, random_state=seed),
        lambda seed: latent_cover_graph(random_state=seed),
    ],
)
def test_every_draw_is_acyclic_repeatable_and_can_be_simulated(draw):
    graphs = [draw(seed) for seed in SEEDS]
    assert all(graph.is_dag() for graph in graphs)
    assert graphs == [draw(seed) for seed in SEEDS]
    assert len(set(graphs)) > 1 or graphs[0].latent
    weights = random_weights(graphs[0], random_state=0)
    assert LinearSCM.from_graph(graphs[0], weights).graph == graphs[0]


def test_edges_occur_as_often_as_asked_for_in_both_directions():
    graphs = [erdos_renyi_graph(10, density=0.3, random_state=seed) for seed in range(200)]
    present = np.mean([graph.to_array(edge_direction="row->column") for graph in graphs], axis=0)
    assert np.sum(present) / 45 == pytest.approx(0.3, abs=0.02)
    assert np.triu(present).sum() == pytest.approx(np.tril(present).sum(), rel=0.1)


def test_the_expected_degree_is_the_mean_number_of_neighbours():
    graphs = [erdos_renyi_graph(20, expected_degree=3.0, random_state=seed) for seed in SEEDS]
    assert np.mean([2 * len(graph.edges) / 20 for graph in graphs]) == pytest.approx(3.0, abs=0.3)


def test_scale_free_graphs_have_hubs_among_the_causes():
    graph = scale_free_graph(200, n_attached=2, random_state=0)
    assert len(graph.edges) == 2 * 198
    n_children = [len(graph.children(node)) for node in graph]
    assert max(n_children) > 15
    assert max(len(graph.parents(node)) for node in graph) == 2


def test_latent_nodes_are_marked_on_request():
    assert erdos_renyi_graph(2, latent=True).latent == ("L1", "L2")
    assert scale_free_graph(3, latent=True).observed == ()


def test_bow_free_graphs_have_no_two_edges_between_two_nodes():
    for seed in SEEDS:
        graph = bow_free_graph(8, density=0.5, bidirected_density=0.3, random_state=seed)
        pairs = [frozenset(edge.nodes) for edge in graph.edges]
        assert len(set(pairs)) == len(pairs)
        assert {edge.is_directed for edge in graph.edges} == {True, False}


def test_explicit_latents_carry_the_bidirected_edges():
    graph = bow_free_graph(7, random_state=1)
    explicit = with_explicit_latents(graph)
    arcs = {frozenset(edge.nodes) for edge in graph.edges if edge.is_bidirected}
    assert {frozenset(explicit.children(name)) for name in explicit.latent} == arcs
    assert explicit.is_dag()
    assert explicit.observed == graph.nodes


def test_explicit_latents_get_free_names():
    graph = with_explicit_latents(Graph.from_text("L1 <-> X, X <-> Y"))
    assert graph.latent == ("L2", "L3")


def test_a_measurement_model_gives_each_latent_pure_children():
    graph = measurement_graph(4, n_children=3, density=1.0, random_state=0)
    assert all(len(pure_children(graph, [name])) >= 3 for name in graph.latent)
    assert len(graph.observed) == 12


def test_factor_groups_share_their_children():
    graph = factor_group_graph((1, 2, 3), n_children_per_latent=2, density=1.0, random_state=0)
    for group in (["L1"], ["L2", "L3"], ["L4", "L5", "L6"]):
        observed = set(pure_children(graph, group)) - set(graph.latent)
        assert len(observed) == 2 * len(group)
    assert not graph.adjacent("L4", "L5")


@pytest.mark.parametrize("seed", SEEDS)
def test_every_latent_of_a_hierarchy_has_the_children_and_neighbours_of_an_atomic_cover(seed):
    graph = latent_tree_graph(6, random_state=seed)
    tree = skeleton(graph)
    assert nx.is_tree(tree)
    for name in graph.latent:
        assert len(graph.children(name)) >= 3
        assert tree.degree[name] >= 4


@pytest.mark.parametrize("seed", SEEDS)
def test_no_latent_of_a_cover_graph_lies_in_a_triangle(seed):
    graph = latent_cover_graph((1, 2, 2, 1), n_further=4, random_state=seed)
    triangles = [c for c in nx.enumerate_all_cliques(skeleton(graph)) if len(c) == 3]
    assert not any(graph.is_latent(name) for triangle in triangles for name in triangle)
    for group in (["L1"], ["L2", "L3"], ["L4", "L5"], ["L6"]):
        assert len(pure_children(graph, group)) >= 2 * len(group) + 2


@pytest.mark.parametrize("seed", SEEDS)
def test_colliders_of_a_cover_graph_are_observed_with_dependent_parents(seed):
    graph = latent_cover_graph((1, 2, 1), n_further=4, random_state=seed)
    pure = [pure_children(graph, group) for group in (["L1"], ["L2", "L3"], ["L4"])]
    further = set(graph.observed) - {name for names in pure for name in names}
    for node in further:
        assert not set(graph.parents(node)) & set(graph.latent)
        for first, second in combinations(graph.parents(node), 2):
            assert not graph.d_separated(first, second, given=())


def test_random_weights_stand_where_the_edges_are():
    graph = erdos_renyi_graph(12, random_state=0)
    weights = random_weights(graph, 0.5, 2.0, random_state=0)
    assert ((weights != 0) == graph.to_array(edge_direction="row->column")).all()
    sizes = np.abs(weights[weights != 0])
    assert sizes.min() >= 0.5
    assert sizes.max() <= 2.0
    assert 0 < np.mean(weights[weights != 0] > 0) < 1
    assert (random_weights(graph, random_state=0, signs=False) >= 0).all()


@pytest.mark.parametrize(
    ("build", "error", "sentence"),
    [
        (lambda: erdos_renyi_graph(0), SimulatorError, "n_nodes must be at least 1, but is 0"),
        (lambda: erdos_renyi_graph(3, density=1.5), SimulatorError, "between 0 and 1, but is 1.5"),
        (lambda: erdos_renyi_graph(3, expected_degree=3), SimulatorError, "between 0 and 2 for 3"),
        (
            lambda: erdos_renyi_graph(3, density=0.5, expected_degree=1),
            SimulatorError,
            "either density= or expected_degree=",
        ),
        (lambda: scale_free_graph(2, n_attached=2), SimulatorError, "n_nodes must be at least 3"),
        (
            lambda: bow_free_graph(3, density=0.7, bidirected_density=0.7),
            SimulatorError,
            "must be at most 1.* but is 1.4",
        ),
        (
            lambda: with_explicit_latents(Graph.from_text("A o-> B")),
            GraphError,
            "such as A o-> B",
        ),
        (
            lambda: random_weights(Graph.from_text("A --> B"), -1.0),
            SimulatorError,
            "low must not be",
        ),
        (
            lambda: random_weights(Graph.from_text("A --> B"), 2.0, 1.0),
            SimulatorError,
            "low <= high",
        ),
        (lambda: random_weights(Graph.from_text("A --- B")), GraphError, "directed"),
        (
            lambda: measurement_graph(2, n_children=0),
            SimulatorError,
            "must be at least 1, but is 0",
        ),
        (lambda: factor_group_graph(()), SimulatorError, "must be a list of numbers of latents"),
        (lambda: factor_group_graph((0,)), SimulatorError, "a group size must be at least 1"),
        (lambda: latent_cover_graph(3), SimulatorError, "must be a list of numbers of latents"),
        (lambda: latent_cover_graph(n_further=-1), SimulatorError, "n_further must be at least 0"),
        (
            lambda: latent_tree_graph("4"),
            SimulatorError,
            "n_latents must be an integer, but is '4'",
        ),
    ],
)
def test_refuses_graphs_that_do_not_exist(build, error, sentence):
    with pytest.raises(error, match=sentence):
        build()
