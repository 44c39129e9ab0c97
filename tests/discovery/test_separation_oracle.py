"""The oracle of separations against networkx."""

from itertools import combinations

import numpy as np
import pytest

from causalrep.exceptions import GraphError
from causalrep.graphs import Edge, Graph, Mark
from discovery import DSeparationOracle


def random_graph(seed):
    """A random acyclic graph of seven nodes, some of them confounded."""
    rng = np.random.default_rng(seed)
    names = [f"V{number}" for number in rng.permutation(7)]
    pairs = list(combinations(names, 2))
    edges = [Edge(*pair) for pair in pairs if rng.random() < 0.3]
    edges += [Edge(*pair, Mark.ARROW, Mark.ARROW) for pair in pairs if rng.random() < 0.1]
    return Graph(sorted(names), edges)


def test_agrees_with_networkx():
    answers = []
    for seed in range(30):
        rng, graph = np.random.default_rng(seed), random_graph(seed)
        oracle = DSeparationOracle(graph).bind(None, graph.nodes)
        sets = np.array([rng.permutation(7)[:4] for _ in range(20)])
        p_values = oracle.p_values(sets[:, 0], sets[:, 1], sets[:, 2:])
        named = [[graph.nodes[k] for k in members] for members in sets]
        expected = [graph.d_separated(a, b, given) for a, b, *given in named]
        assert (p_values == expected).all()
        answers += expected
    assert 0.1 < np.mean(answers) < 0.9


def test_selection_is_always_given():
    graph = Graph.from_text("A --> S, B --> S")
    none = np.zeros((1, 0), dtype=int)
    for selection, expected in (((), 1.0), (("S",), 0.0)):
        oracle = DSeparationOracle(graph, selection).bind(None, ["A", "B"])
        assert oracle.p_values(np.array([0]), np.array([1]), none) == expected


def test_variables_have_the_numbers_they_are_bound_with():
    oracle = DSeparationOracle(Graph.from_text("A --> B, B --> C")).bind(None, ["C", "B", "A"])
    assert oracle.n_variables == 3
    assert oracle.p_values(np.array([0]), np.array([2]), np.array([[1]])) == 1


@pytest.mark.parametrize(
    ("text", "names", "sentence"),
    [
        ("A --> B", "AC", "has no node 'C'; it has A, B"),
        ("A o-> B", "AB", "such as A o-> B"),
        ("A --> B, B --> A", "AB", "no directed cycle"),
    ],
)
def test_refuses_graphs_without_separations(text, names, sentence):
    with pytest.raises(GraphError, match=sentence):
        DSeparationOracle(Graph.from_text(text)).bind(None, names)
