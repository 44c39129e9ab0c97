"""The partial ancestral graph of a graph is what FCI finds when it asks the graph."""

import pytest

from causalrep.exceptions import GraphError
from causalrep.graphs import Graph
from discovery import FCI, DSeparationOracle
from discovery.graph_pag import pag_of_graph
from simulators import latent_confounding


@pytest.mark.parametrize("seed", range(12))
def test_it_is_what_the_search_finds_without_error(seed):
    problem = latent_confounding(5 + seed % 4, 1 + seed % 3, n_samples=20, random_state=seed)
    graph = problem.sample(random_state=0).truth.graph
    searched = FCI().fit_from_test(DSeparationOracle(graph), graph.observed).graph_
    assert pag_of_graph(graph) == searched


def test_a_latent_parent_of_two_and_a_bidirected_edge_tell_the_same():
    hidden = Graph.from_text("A --> C, L --> C, L --> D, B --> D").with_latent(["L"])
    assert pag_of_graph(hidden) == pag_of_graph(Graph.from_text("A --> C, C <-> D, B --> D"))


def test_refuses_edges_without_a_direction():
    with pytest.raises(GraphError):
        pag_of_graph(Graph.from_text("A --- B"))
