"""The search for covers, with the oracle of ranks in place of tests."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from causalrep.datasets import load_holzinger_swineford
from causalrep.exceptions import BudgetError
from causalrep.graphs import Graph
from causalrep.latent_covers import atomic_covers, identified_graph, minimal_graph
from causalrep.ranks import RankOracle
from discovery import RLCD
from discovery.rlcd.naming import NamedCovers
from discovery.rlcd.search import CoverSearch
from discovery.rlcd.structure import CoverGraph
from simulators import rlcd_condition_graph

RIGHT_OF_HUNDRED = 95


def search_of(graph: Graph, **options) -> CoverSearch:
    oracle = RankOracle(graph).bind(graph.observed)
    return CoverSearch(oracle, 0.5, **{"max_size": 3} | options).run()


def found(graph: Graph, **options) -> Graph:
    covers = CoverGraph(search_of(graph, **options)).thin(4, max_sets=20_000)
    return NamedCovers(covers, graph.observed, np.arange(len(graph.observed))).graph()


def is_same_up_to_latent_names(first: Graph, second: Graph) -> bool:
    def drawn(graph: Graph) -> nx.DiGraph:
        arrows = nx.DiGraph()
        for name in graph.nodes:
            arrows.add_node(name, label="latent" if graph.is_latent(name) else name)
        for edge in graph.edges:
            arrows.add_edge(edge.source, edge.target)
            if not edge.is_directed:
                arrows.add_edge(edge.target, edge.source)
        return arrows

    return nx.is_isomorphic(drawn(first), drawn(second), node_match=lambda a, b: a == b)


def is_identified(graph: Graph, **options) -> bool:
    return is_same_up_to_latent_names(found(graph, **options), identified_graph(graph))


def children(latents: str, first: int, number: int) -> str:
    return ", ".join(f"{name} --> X{i}" for i in range(first, first + number) for name in latents)


DRAWN = {
    "a star": f"{children('A', 0, 4)}; latent A",
    "a tree": (
        f"A --> B, A --> C, {children('A', 0, 2)}, {children('B', 2, 3)}, {children('C', 5, 3)}; "
        "latent A, B, C"
    ),
    "a cover of two latents": f"{children('AB', 0, 6)}; latent A, B",
    "a diamond": (
        f"A --> B, A --> C, B --> D, C --> D, {children('A', 0, 2)}, {children('B', 2, 2)}, "
        f"{children('C', 4, 2)}, {children('D', 6, 3)}, B --> Y, C --> Y; latent A, B, C, D"
    ),
    "a star with an observed centre": "C --> X0, C --> X1, C --> X2, C --> X3, C --> X4",
    "a chain of observed nodes": "A --> B, B --> C, C --> D, D --> E, E --> F",
    "an observed collider": "A --> C, B --> C, C --> D, E --> A, F --> B",
    "an observed member of a cover": (
        f"{children('AY', 0, 4)}, A --> B, {children('B', 4, 3)}, Y --> Z; latent A, B"
    ),
    "a hub between two larger covers": (
        f"H --> A, H --> B, H --> C, H --> D, {children('AB', 0, 5)}, {children('CD', 5, 5)}; "
        "latent A, B, C, D, H"
    ),
    "two hubs between two larger covers": (
        f"G --> A, G --> B, G --> Y, G --> H, H --> Z, H --> C, H --> D, {children('AB', 0, 5)}, "
        f"{children('CD', 5, 5)}; latent A, B, C, D, G, H"
    ),
    "an observed member of two covers": (
        f"{children('AY', 0, 3)}, {children('BY', 3, 3)}, H --> A, H --> B, H --> C, "
        f"{children('C', 6, 3)}, {children('H', 9, 2)}; latent A, B, C, H"
    ),
}


@pytest.mark.parametrize("name", DRAWN)
def test_finds_hand_drawn_graphs(name):
    assert is_identified(Graph.from_text(DRAWN[name]))


def test_finds_a_triangle_of_latents_with_enough_children_each():
    latents = ", ".join(children(name, 4 * i, 4) for i, name in enumerate("ABC"))
    text = f"A --> B, A --> C, B --> C, {latents}; latent A, B, C"
    assert is_identified(Graph.from_text(text))


@pytest.mark.parametrize("seed", [*range(5, 14), *range(15, 21), *range(22, 32)])
def test_finds_the_identified_graph_of_random_graphs(seed):
    assert is_identified(rlcd_condition_graph(random_state=seed))


@pytest.mark.slow
def test_finds_the_identified_graph_of_nearly_all_random_graphs():
    graphs = [rlcd_condition_graph(random_state=seed) for seed in range(1000, 1100)]
    largest = [max(3, *map(len, atomic_covers(minimal_graph(graph)))) for graph in graphs]
    right = [
        is_identified(graph, max_size=size) for graph, size in zip(graphs, largest, strict=True)
    ]
    assert sum(right) >= RIGHT_OF_HUNDRED


def test_latents_first_finds_measurement_models_too():
    graph = Graph.from_text(DRAWN["a tree"])
    assert is_identified(graph, latents_first=True)


def test_covers_larger_than_the_graph_cost_nothing():
    graph = Graph.from_text(DRAWN["a tree"])
    assert search_of(graph, max_size=2**40).n_tests == search_of(graph, max_size=20).n_tests
    many, few = (CoverGraph(search_of(graph)).thin(most) for most in (2**40, 20))
    np.testing.assert_array_equal(many.adjacent, few.adjacent)


def test_counts_its_tests_and_stops_at_the_budget():
    graph = Graph.from_text(DRAWN["a tree"])
    n_tests = search_of(graph).n_tests
    assert search_of(graph, max_tests=n_tests).n_tests == n_tests
    with pytest.raises(BudgetError, match=f"more than max_tests={n_tests - 1} tests. Raise"):
        search_of(graph, max_tests=n_tests - 1)


def test_starts_from_groups_that_are_given():
    graph = Graph.from_text(DRAWN["a star"])
    oracle = RankOracle(graph).bind(graph.observed)
    search = CoverSearch(oracle, 0.5).start_from([(1, range(4))])
    assert [cover.n_latents for cover in search.active] == [1]
    assert search.run().n_tests == 0


def test_ends_where_an_observed_member_left_before_its_group():
    """Resamples of real data led to a finding that could never be carried out, for ever."""
    X = load_holzinger_swineford().X
    model = RLCD(alpha=0.05, n_bootstraps=5, random_state=0).fit(X)
    assert 0 < model.n_latents_ < X.shape[1]
