"""Suites of measurement models and confounded graphs have the scales they promise."""

import numpy as np
import pytest

from simulators import Laplace, factor_group_graph, gin, latent_confounding, one_factor, rlcd


@pytest.mark.parametrize("strength", ["strong", "weak"])
@pytest.mark.parametrize("structure", ["chain", "dense"])
def test_all_nodes_of_a_one_factor_model_have_variance_one(structure, strength):
    problem = one_factor(structure, 10, strength=strength, n_impurities=4, random_state=0)
    variances = np.diag(problem.scm.covariance(of="Z"))
    assert np.allclose(variances, 1.0, atol=1e-12)


def test_weak_items_load_as_questionnaires_do():
    problem = one_factor("dense", 8, strength="weak", random_state=0)
    items = [not hidden for hidden in problem.scm.latent]
    loadings = np.abs(problem.scm.weights[:, items])
    loadings = loadings[loadings > 0]
    assert 0.4 <= loadings.min() <= loadings.max() <= 0.8
    assert min(law.variance for law in problem.scm.noise) >= 0.36 - 1e-9


def test_strong_items_are_the_plain_model_in_other_units():
    problem = one_factor("tree", 5, strength="strong", random_state=1)
    deviations = np.array([law.scale for law in problem.scm.noise])
    ratios = np.abs(problem.scm.weights) / deviations
    ratios = ratios[ratios > 0]
    assert ratios.min() > 1.0  # a weight of 1 over a noise deviation of at most 1


def test_the_noise_of_a_suite_has_the_shape_asked_for():
    assert all(isinstance(law, Laplace) for law in one_factor(noise=Laplace()).scm.noise)
    problem = gin((2, 1), random_state=0)
    assert not any(law.is_gaussian for law in problem.scm.noise)
    assert all(0.2 <= law.variance <= 1.0 for law in problem.scm.noise)


def test_a_group_of_two_latents_has_a_cross_covariance_of_rank_two():
    problem = gin((2, 1), random_state=3)
    graph, covariance = problem.scm.graph, problem.covariances()[0]
    pair = [name for name in graph.observed if len(graph.parents(name)) == 2]
    inside = np.isin(graph.observed, pair)
    assert np.linalg.matrix_rank(covariance[np.ix_(inside, ~inside)], tol=1e-9) == 1
    first, second = np.flatnonzero(inside)[:3], np.flatnonzero(inside)[3:]
    assert np.linalg.matrix_rank(covariance[np.ix_(first, second)], tol=1e-9) == 2


def test_confounders_leave_correlations_that_no_observed_node_explains():
    problem = latent_confounding(8, 3, random_state=0)
    assert (len(problem.scm.graph.latent), len(problem.scm.feature_names)) == (3, 8)
    assert np.linalg.eigvalsh(problem.covariances()[0]).min() > 0


@pytest.mark.parametrize("kind", ["tree", "measurement", "general", "gnfm"])
def test_random_sizes_stay_within_those_of_the_papers(kind):
    graphs = [rlcd(kind, group_sizes="random", random_state=seed).scm.graph for seed in range(40)]
    assert {len(graph.latent) for graph in graphs} <= set(range(2, 8))
    assert {len(graph.observed) for graph in graphs} <= set(range(9, 18))
    assert len({len(graph) for graph in graphs}) > 1


def test_the_groups_of_a_general_graph_are_ours_to_choose():
    graph = rlcd("general", group_sizes=(2, 2), random_state=0).scm.graph
    assert len(graph.latent) == 4
    with pytest.raises(ValueError, match="A tree has groups of one latent each"):
        rlcd("tree", group_sizes=(2, 1))
    with pytest.raises(ValueError, match="group_sizes must be one of 'random'"):
        rlcd("general", group_sizes="any")
    with pytest.raises(ValueError, match="group_sizes must be a list of numbers of latents"):
        factor_group_graph(group_sizes=b"\x02\x03")


@pytest.mark.parametrize("kind", ["tree", "measurement", "general", "gnfm", "conditions"])
def test_further_observed_nodes_are_effects_of_observed_ones(kind):
    graph = rlcd(kind, n_further=3, random_state=0).scm.graph
    effects = [
        name
        for name in graph.observed
        if graph.parents(name) and not any(map(graph.is_latent, graph.parents(name)))
    ]
    assert len(effects) >= 3
    assert kind != "tree" or len(graph.edges) == len(graph) - 1
