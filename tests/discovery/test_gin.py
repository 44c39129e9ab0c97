"""GIN: exact designs, laws, recovery of clusters and order, honesty on Gaussian data, refusals."""

import numpy as np
import pandas as pd
import pytest

from causalrep import Graph
from causalrep.exceptions import (
    BudgetError,
    DegenerateDataError,
    IdentifiabilityWarning,
    InvalidDataError,
    ModelMismatchWarning,
)
from discovery import GIN
from discovery.gin_order import SeenGroup, accepted_orders, tiers_of
from discovery.latent_structure import Indicators
from simulators import Exponential, Gaussian, LinearSCM, factor_group_graph, random_weights

CHAIN = Graph.from_text("L1 --> L2, L2 --> L3; latent L1, L2, L3")


def with_indicators(latents, n_indicators=3):
    edges = [
        (latent, f"X{n_indicators * k + j + 1}")
        for k, latent in enumerate(latents.nodes)
        for j in range(n_indicators)
    ]
    nodes = [*latents.nodes, *(effect for _, effect in edges)]
    return Graph(nodes, [*latents.edges, *edges], latent=latents.nodes)


def sample(graph, noise=None, n_samples=1500, seed=0, low=0.8, high=1.2):
    weights = random_weights(graph, low, high, random_state=seed)
    scm = LinearSCM.from_graph(graph, weights, noise=Exponential() if noise is None else noise)
    return scm.sample(n_samples, random_state=seed)


def renamed(model, n_indicators=3):
    """The graph between latents, each called after the truth by its first indicator."""
    parents = [model.graph_.parents(f"X{n_indicators * k + 1}")[0] for k in range(3)]
    names = {latent: f"L{k + 1}" for k, latent in enumerate(parents)}
    return names, model.graph_.subgraph(model.graph_.latent).rename(names)


@pytest.mark.parametrize("seed", range(4))
def test_finds_clusters_and_order_of_a_chain(seed):
    model = GIN().fit(sample(with_indicators(CHAIN), seed=seed))
    names, between = renamed(model)
    order = [tuple(names[latent] for latent in tier) for tier in model.causal_order_]
    assert order == [("L1",), ("L2",), ("L3",)]
    assert between == CHAIN
    assert model.n_latents_ == 3


def test_two_indicators_a_latent_are_enough():
    model = GIN().fit(sample(with_indicators(CHAIN, 2), n_samples=3000, seed=1))
    names, _ = renamed(model, 2)
    assert {frozenset(cluster) for cluster in model.clusters_} == {
        frozenset({"X1", "X2"}),
        frozenset({"X3", "X4"}),
        frozenset({"X5", "X6"}),
    }
    assert [names[tier[0]] for tier in model.causal_order_] == ["L1", "L2", "L3"]


def test_finds_a_cluster_of_two_latents():
    graph = factor_group_graph((1, 2), n_children_per_latent=3, density=1.0, random_state=1)
    model = GIN().fit(sample(graph, n_samples=4000, seed=1, low=0.3, high=3.0))
    truth = {frozenset(graph.parents(name)): set() for name in graph.observed}
    for name in graph.observed:
        truth[frozenset(graph.parents(name))].add(name)
    assert list(map(set, model.clusters_)) == sorted(truth.values(), key=len, reverse=True)
    assert model.latents_ == (("L1", "L2"), ("L3",))
    assert sum(model.causal_order_, ()) in {("L1", "L2", "L3"), ("L3", "L1", "L2")}
    assert len(model.graph_.edges) == 2 * 6 + 3 + 2


@pytest.mark.parametrize("seed", range(3))
def test_claims_no_order_for_gaussian_data(seed):
    data = sample(with_indicators(CHAIN), noise=Gaussian(), seed=seed)
    with pytest.warns(IdentifiabilityWarning, match="is not identified: the noise is nearly"):
        model = GIN().fit(data)
    assert len(model.causal_order_) == 1
    _, between = renamed(model)
    assert {str(edge) for edge in between.edges} == {"L1 --- L2", "L2 --- L3"}


def test_independent_latents_need_no_order():
    model = GIN().fit(sample(with_indicators(Graph(CHAIN.nodes, latent=CHAIN.nodes))))
    assert len(model.causal_order_) == 1
    assert not renamed(model)[1].edges


def test_says_when_no_order_fits():
    graph = with_indicators(Graph.from_text("U --> L1, U --> L2, U --> L3; latent U, L1, L2, L3"))
    graph = graph.subgraph([node for node in graph if node not in {"X1", "X2", "X3"}])
    with pytest.warns(ModelMismatchWarning, match="reject every causal order"):
        GIN().fit(sample(graph, n_samples=4000, low=1.0, high=1.5))


def test_the_order_of_columns_and_rows_and_units_do_not_matter():
    data = sample(with_indicators(CHAIN), seed=2)
    rng = np.random.default_rng(0)
    columns, rows = rng.permutation(9), rng.permutation(1500)
    names = np.array(data.names)
    one = GIN().fit(pd.DataFrame(data.X, columns=names))
    units = 2.0 ** rng.integers(-400, 400, 9)
    two = GIN().fit(pd.DataFrame(data.X[rows][:, columns] * units, columns=names[columns]))
    assert two.graph_ == one.graph_
    assert two.causal_order_ == one.causal_order_
    assert list(map(set, two.clusters_)) == list(map(set, one.clusters_))
    np.testing.assert_array_equal(two.labels_, one.labels_[columns])


def test_arranges_partial_orders_in_tiers():
    before = np.zeros((4, 4), dtype=bool)
    before[0, [1, 2]] = before[1, 2] = True
    related = ~np.eye(4, dtype=bool)
    related[3] = related[:, 3] = False
    assert tiers_of(before, related) == ((0, 3), (1,), (2,))
    before[1, 2] = False
    assert tiers_of(before, related) == ((0, 3), (1, 2))


def test_refuses_too_many_sets_too_few_samples_and_degenerate_columns():
    data = sample(with_indicators(CHAIN), n_samples=100)
    with pytest.raises(BudgetError, match="36 sets of 2 of the 9 features"):
        GIN(max_tests=20).fit(data)
    with pytest.raises(InvalidDataError, match="26 samples of 9 features"):
        GIN().fit(data.X[:26])
    with pytest.raises(DegenerateDataError, match="'X10' repeats 'X1'"):
        GIN().fit(np.column_stack([data.X, data.X[:, 0]]))
    with pytest.raises(ValueError, match="The 'max_latents' parameter of GIN"):
        GIN(max_latents=0).fit(data)


def test_claims_less_where_the_tests_are_used_up():
    data = sample(with_indicators(CHAIN), seed=1)
    X = (data.X - data.X.mean(axis=0)) / data.X.std(axis=0)
    R = X.T @ X / len(X)
    clusters = [(0, 1, 2), (3, 4, 5), (6, 7, 8)]
    groups = [SeenGroup.of(Indicators.of(some, 1, R), X, R) for some in clusters]
    names = [("L1",), ("L2",), ("L3",)]
    whole = accepted_orders(groups, names, 0.05)
    np.testing.assert_array_equal(whole.before, np.triu(np.ones((3, 3), dtype=bool), 1))
    start = accepted_orders(groups, names, 0.05, max_tests=1)
    np.testing.assert_array_equal(start.before, [[False, True, True], [False] * 3, [False] * 3])
    assert len(start.log) == 3
