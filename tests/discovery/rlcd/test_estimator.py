"""RLCD: exact answers, background knowledge, refusals, what is said, files."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from causalrep import Graph, load, save
from causalrep.datasets import load_holzinger_swineford
from causalrep.exceptions import (
    InvalidDataError,
    ModelMismatchWarning,
)
from causalrep.ranks import RankOracle
from discovery import RLCD, BackgroundKnowledge
from identifiability import match_latents, skeleton_rates
from simulators import LinearSCM, random_weights, rlcd

PAIR = Graph.from_text(
    "L1 --> L2, L1 --> A, L1 --> B, L1 --> C, L2 --> D, L2 --> E, L2 --> F; latent L1, L2"
)
COLLIDER = Graph.from_text(
    "L1 --> L3, L2 --> L3, L1 --> A, L1 --> B, L1 --> C, L2 --> D, L2 --> E, L2 --> F, "
    "L3 --> G, L3 --> H, L3 --> I; latent L1, L2, L3"
)
TREE = Graph.from_text(
    "L1 --> L2, L1 --> L3, L1 --> A, L1 --> B, L2 --> C, L2 --> D, L2 --> E, L3 --> F, "
    "L3 --> G, L3 --> H; latent L1, L2, L3"
)
OBSERVED = Graph.from_text("A --> C, B --> C, C --> D, C --> E")
TWO = Graph(
    ["L1", "L2", *(f"X{k}" for k in range(1, 8))],
    [(latent, f"X{k}") for latent in ("L1", "L2") for k in range(1, 8)],
    latent=["L1", "L2"],
)
ANGLES = np.pi * np.arange(7) / 7


def model_of(graph, seed=1):
    return LinearSCM.from_graph(graph, random_weights(graph, 0.6, 1.2, random_state=seed))


def two_factors():
    weights = np.zeros((9, 9))
    weights[:2, 2:] = 1.3 * np.cos(ANGLES), 1.3 * np.sin(ANGLES)
    return LinearSCM.from_graph(TWO, weights)


def fit_exactly(scm, graph, n_samples=100_000, **parameters):
    model = RLCD(n_bootstraps=0, **parameters)
    return model.fit_from_covariance(scm.covariance(of="X"), n_samples, list(graph.observed))


def fit(data, **parameters):
    return RLCD(**{"n_bootstraps": 0, **parameters}).fit(data)


def standardized(scm, nodes):
    """The structural coefficients where every variable, latent or not, has variance one."""
    spread = np.sqrt(np.diag(scm.covariance(of="Z")))
    weights = scm.weights * spread[:, None] / spread
    places = [scm.names.index(node) for node in nodes]
    return weights[np.ix_(places, places)]


@pytest.mark.parametrize("graph", [PAIR, COLLIDER, TREE], ids=["pair", "collider", "tree"])
def test_noise_free_covariances_give_the_graph_and_its_class(graph):
    model = fit_exactly(model_of(graph), graph)
    assert model.graph_.skeleton() == graph.skeleton()
    assert model.fit_.rmsea == 0
    oracle = fit_exactly(model_of(graph), graph, test=RankOracle(graph))
    assert oracle.graph_ == model.graph_


def test_what_colliders_tell_is_directed_and_nothing_else():
    edges = {str(edge) for edge in fit_exactly(model_of(COLLIDER), COLLIDER).graph_.edges}
    assert {e for e in edges if "---" not in e} == {
        "L1 --> L3",
        "L2 --> L3",
        "L3 --> G",
        "L3 --> H",
        "L3 --> I",
    }


def test_observed_variables_alone_give_the_class_of_their_graph():
    model = fit_exactly(model_of(OBSERVED), OBSERVED)
    assert model.graph_.skeleton() == OBSERVED.skeleton()
    assert not model.graph_.latent
    directed = {str(edge) for edge in model.graph_.edges}
    assert directed == {str(edge) for edge in OBSERVED.edges}


@pytest.mark.parametrize("graph", [PAIR, COLLIDER], ids=["pair", "collider"])
def test_weights_are_the_true_ones_up_to_the_signs_of_latents(graph):
    scm = model_of(graph)
    model = fit_exactly(scm, graph)
    nodes = model.dag_.nodes
    truth = np.abs(standardized(scm, nodes))
    # In trees an edge has the same standardised weight in either direction.
    np.testing.assert_allclose(
        np.abs(model.weights_) + np.abs(model.weights_).T, truth + truth.T, atol=1e-5
    )


def test_finds_two_latents_with_the_same_children():
    model = fit_exactly(two_factors(), TWO)
    (cluster,) = model.clusters_
    assert cluster.latents == ("L1", "L2")
    assert set(cluster.children) == set(TWO.observed)
    assert not model.identification_.rows[0][1]
    assert "up to a rotation with L2" in str(model.identification_)


@pytest.mark.parametrize("seed", [2, 3])
def test_finds_two_latents_with_nearly_the_same_loadings(seed):
    """Some sets of children are short of rank for the tests, not for the likelihood."""
    rng = np.random.default_rng(seed)
    first = rng.uniform(0.8, 1.4, 7)
    second = rng.normal(size=7)
    second -= first * (first @ second) / (first @ first)
    loadings = np.c_[first, 0.5 * second]
    covariance = loadings @ loadings.T + np.eye(7)
    model = RLCD(n_bootstraps=0).fit_from_covariance(covariance, 100_000)
    (cluster,) = model.clusters_
    assert cluster.latents == ("L1", "L2")
    assert len(cluster.children) == 7


@pytest.mark.parametrize("graph", [PAIR, COLLIDER, TREE], ids=["pair", "collider", "tree"])
def test_samples_give_the_same_as_their_population(graph):
    """Sampling error adds an edge now and then, so one sample of three may differ."""
    scm = model_of(graph)
    truth = fit_exactly(scm, graph).graph_
    same = [fit(scm.sample(3000, random_state=seed)).graph_ == truth for seed in range(3)]
    assert sum(same) >= 2


def test_samples_and_their_covariance_give_the_same():
    data = model_of(PAIR).sample(500, random_state=0)
    one = fit(data)
    covariance = np.cov(data.X, rowvar=False, bias=True)
    two = RLCD(n_bootstraps=0).fit_from_covariance(covariance, 500, data.names)
    assert one.graph_ == two.graph_
    np.testing.assert_allclose(one.weights_, two.weights_, atol=1e-10)
    np.testing.assert_allclose(one.components_, two.components_, atol=1e-10)


def test_independent_columns_give_no_edges():
    X = np.random.default_rng(0).normal(size=(2000, 6))
    model = fit(X, alpha=0.001)
    assert not model.graph_.edges
    assert not model.clusters_
    assert set(model.labels_) == {-1}
    assert model.transform(X).shape == (2000, 0)
    assert "No latent variables" in str(model.identification_)


def test_three_indicators_are_a_triangle_and_four_show_their_latent():
    three = Graph.from_text("L1 --> A, L1 --> B, L1 --> C; latent L1")
    model = fit_exactly(model_of(three), three)
    assert {str(edge) for edge in model.graph_.edges} == {"A --- B", "A --- C", "B --- C"}
    four = Graph.from_text("L1 --> A, L1 --> B, L1 --> C, L1 --> D; latent L1")
    assert fit_exactly(model_of(four), four).graph_.skeleton() == four.skeleton()


def test_two_features_are_enough():
    graph = Graph.from_text("A --> B")
    assert str(fit_exactly(model_of(graph), graph).graph_) == "A --- B"


def test_tiers_direct_edges_between_observed_variables():
    graph = Graph.from_text("A --> B, B --> C")
    free = fit_exactly(model_of(graph), graph)
    assert all("---" in str(edge) for edge in free.graph_.edges)
    tiers = BackgroundKnowledge(tiers=[["C"], ["B"], ["A"]])
    known = fit_exactly(model_of(graph), graph, background=tiers)
    assert {str(edge) for edge in known.graph_.edges} == {"C --> B", "B --> A"}


def test_required_edges_are_there_and_forbidden_ones_are_not():
    graph = Graph.from_text("A --> B, B --> C, D --> C")
    scm = model_of(graph)
    must = BackgroundKnowledge(required=[("A", "D")])
    required = fit_exactly(scm, graph, background=must)
    assert "A --> D" in {str(edge) for edge in required.graph_.edges}
    assert "A" in required.dag_.parents("D")
    both = BackgroundKnowledge(forbidden=[("A", "B"), ("B", "A")])
    forbidden = fit_exactly(scm, graph, background=both)
    assert not forbidden.graph_.adjacent("A", "B")
    assert not forbidden.dag_.adjacent("A", "B")


def test_parts_of_the_answer_agree():
    data = model_of(COLLIDER).sample(1000, random_state=0)
    model = fit(data)
    nodes = model.dag_.nodes
    assert model.graph_.nodes == nodes
    assert nodes[: model.n_latents_] == model.graph_.latent == tuple(model.get_feature_names_out())
    assert model.graph_.observed == data.names
    assert {tuple(sorted(e.nodes)) for e in model.dag_.edges} == {
        tuple(sorted(e.nodes)) for e in model.graph_.edges
    }
    present = model.dag_.to_array(edge_direction="row->column").astype(bool)
    np.testing.assert_array_equal(model.weights_ != 0, present)
    for edge in model.edges_:
        weight = model.weights_[nodes.index(edge.source), nodes.index(edge.target)]
        assert edge.weight == weight
        assert edge.lower < weight < edge.upper
        assert edge.identified == (f"{edge.source} --> {edge.target}" in str(model.graph_))
    assert len(model.edges_) == present.sum()
    for number, cluster in enumerate(model.clusters_):
        shown = {
            name for name, label in zip(data.names, model.labels_, strict=True) if label == number
        }
        assert shown == set(cluster.children) & set(data.names)


def test_noise_and_weights_account_for_unit_variances():
    model = fit(model_of(COLLIDER).sample(1000, random_state=0))
    paths = np.linalg.inv(np.eye(len(model.weights_)) - model.weights_)
    implied = paths.T @ np.diag(model.noise_variances_) @ paths
    np.testing.assert_allclose(np.diag(implied), 1, atol=1e-6)


def test_latents_of_samples_resemble_the_true_ones():
    scm = rlcd("measurement", weight_range=(1.0, 3.0), random_state=0).scm
    data = scm.sample(2000, random_state=0)
    model = fit(data).set_output(transform="pandas")
    frame = model.transform(data)
    assert list(frame.columns) == list(model.get_feature_names_out()) == ["L1", "L2", "L3"]
    latents = data.truth.Z[:, [scm.names.index(name) for name in data.truth.graph.latent]]
    agreement = np.abs(np.corrcoef(frame.to_numpy(), latents, rowvar=False)[:3, 3:])
    assert (agreement.max(axis=0) > 0.9).all()
    assert (frame.std() > 0.8).all()
    assert (frame.std() < 1.05).all()
    back = model.inverse_transform(frame)
    assert back.shape == data.X.shape
    shared = [np.corrcoef(a, b)[0, 1] for a, b in zip(back.T, data.X.T, strict=True)]
    assert min(shared) > 0.6
    with pytest.raises(InvalidDataError, match="wants 3 latents"):
        model.inverse_transform(np.zeros((2, 4)))


def test_a_fitted_model_comes_back_from_a_file_and_from_a_pickle(tmp_path):
    data = model_of(PAIR).sample(300, random_state=0)
    knowledge = BackgroundKnowledge(tiers=[["A"], ["B"]])
    model = fit(data, n_bootstraps=2, random_state=0, background=knowledge)
    save(model, tmp_path / "model.safetensors")
    for copy in (load(tmp_path / "model.safetensors"), pickle.loads(pickle.dumps(model))):
        assert copy.graph_ == model.graph_
        assert copy.clusters_ == model.clusters_
        assert list(map(repr, copy.edges_)) == list(map(repr, model.edges_))
        assert copy.setting_ == model.setting_
        assert copy.background == knowledge
        np.testing.assert_array_equal(copy.transform(data), model.transform(data))


def test_a_model_of_an_oracle_comes_back_from_a_file(tmp_path):
    model = RLCD(RankOracle(PAIR)).fit(model_of(PAIR).sample(50, random_state=0))
    save(model, tmp_path / "model.safetensors")
    copy = load(tmp_path / "model.safetensors")
    assert copy.test == RankOracle(PAIR)
    assert copy.graph_ == model.graph_


def test_a_clone_is_not_fitted_and_fits_to_the_same():
    data = model_of(PAIR).sample(300, random_state=0)
    model = fit(data)
    other = clone(model)
    assert not hasattr(other, "graph_")
    assert other.fit(data).graph_ == model.graph_


def test_finds_the_three_factors_of_holzinger_and_swineford():
    model = fit(load_holzinger_swineford())
    shown = {
        frozenset(model.graph_.adjacents(name)) - {*model.graph_.latent}
        for name in ["L1", "L2", "L3"]
    }
    assert shown == {
        frozenset({"x1", "x2", "x3", "x9"}),
        frozenset({"x4", "x5", "x6"}),
        frozenset({"x7", "x8", "x9"}),
    }


def test_clusters_hold_variables_that_were_set_aside_where_they_depend_on_nothing_else():
    """At this level x5 is set aside by x4, so it does not show the latent."""
    model = fit(load_holzinger_swineford(), alpha=0.05, eps=0.03)
    cluster = next(one for one in model.clusters_ if "x4" in one.children)
    assert cluster.children == ("x4", "x5", "x6")
    assert len(set(model.labels_[3:6])) == 1
    assert model.labels_[3] >= 0
    assert model.labels_[8] == -1  # x9 depends on two latents


def test_candidates_say_how_they_fared():
    model = fit(model_of(PAIR).sample(300, random_state=0))
    best = min(model.candidates_, key=lambda candidate: candidate.score)
    assert best.n_latents == model.n_latents_
    assert model.n_tests_ == sum(candidate.n_tests for candidate in model.candidates_)
    alone = fit(model_of(PAIR).sample(300, random_state=0), alpha=0.02)
    assert {candidate.setting.alpha for candidate in alone.candidates_} == {0.02}


def test_close_fit_is_scored_as_few_samples_whatever_the_test_is_called():
    data = model_of(PAIR).sample(2000, random_state=0)
    for parameters in ({"test": "close"}, {"eps": 0.05}):
        model = fit(data, prune=False, **parameters)
        expected = model.fit_.statistic * 400 / 2000 + model.fit_.n_parameters * np.log(400)
        best = min(model.candidates_, key=lambda candidate: candidate.score)
        assert best.score == pytest.approx(expected, abs=1e-6)
    exact = fit(data, prune=False, eps=0.0)
    expected = exact.fit_.statistic + exact.fit_.n_parameters * np.log(2000)
    assert min(c.score for c in exact.candidates_) == pytest.approx(expected, abs=1e-6)


def test_heavy_tails_are_borne_by_the_robust_test():
    rng = np.random.default_rng(0)
    data = model_of(PAIR).sample(2000, random_state=0)
    X = data.X / np.sqrt(rng.chisquare(5, 2000) / 5)[:, None]
    model = fit(pd.DataFrame(X, columns=data.names), test="robust", alpha=0.01)
    assert model.graph_.skeleton() == PAIR.skeleton()


def test_ordered_categories_are_borne_by_the_ordinal_test():
    graph = Graph.from_text("L1 --> A, L1 --> B, L1 --> C, L1 --> D; latent L1")
    data = model_of(graph).sample(1500, random_state=0)
    X = np.digitize(data.X / data.X.std(axis=0), [-0.7, 0.3, 1.0]).astype(float)
    model = fit(pd.DataFrame(X, columns=data.names), test="ordinal", alpha=0.01)
    assert model.graph_.skeleton() == graph.skeleton()
    exact = np.corrcoef(data.X, rowvar=False)
    assert np.abs(model.fit_.implied_covariance[1:, 1:] - exact).max() < 0.1


def test_a_triangle_beside_a_group_with_an_observed_member_is_judged():
    """What separates the two was asked for although nothing is known to."""
    problem = rlcd("general", group_sizes="random", random_state=6002)
    data = problem.sample(2000, random_state=6002)
    with pytest.warns(ModelMismatchWarning):
        model = RLCD(alpha=0.1, n_bootstraps=0).fit(data)
    assert model.n_latents_ > 0


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "bar"), [("tree", 0.85), ("measurement", 0.85)])
def test_finds_most_of_the_edges_of_fresh_problems(kind, bar):
    scores = []
    for seed in range(900, 910):
        problem = rlcd(kind, random_state=seed)
        data = problem.sample(2000, random_state=seed)
        matching = match_latents(fit(data).graph_, data.truth.graph)
        scores.append(skeleton_rates(matching.estimate, matching.truth).f1)
    assert np.mean(scores) >= bar
