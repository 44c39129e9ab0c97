"""Matching of estimated to true latents."""

import numpy as np
import pytest

from causalrep.exceptions import InvalidDataError
from causalrep.graphs import Graph
from identifiability import (
    Alignment,
    align_by_correlation,
    align_by_environments,
    align_by_rows,
)


def scrambled(d=4, p=6, seed=0):
    """Draw a model z = A'z + e, x = Gz and an answer in another order and other units."""
    rng = np.random.default_rng(seed)
    weights = np.triu(rng.uniform(0.3, 1.0, (d, d)), 1)
    mixing = rng.standard_normal((p, d))
    order = rng.permutation(d)
    factors = rng.choice([-1.0, 1.0], d) * rng.uniform(0.5, 3.0, d)
    found_weights = (weights * factors[None, :] / factors[:, None])[np.ix_(order, order)]
    found_mixing = (mixing / factors)[:, order]
    Z = rng.standard_normal((50, d))
    return weights, mixing, Z, found_weights, found_mixing, (Z * factors)[:, order]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("way", ["rows", "correlation"])
def test_an_answer_in_other_order_and_units_is_brought_back(seed, way):
    weights, mixing, Z, found_weights, found_mixing, found_Z = scrambled(seed=seed)
    unmixing, found_unmixing = np.linalg.pinv(mixing), np.linalg.pinv(found_mixing)
    if way == "rows":
        alignment = align_by_rows(found_unmixing, unmixing)
    else:
        alignment = align_by_correlation(found_Z, Z)
    np.testing.assert_allclose(alignment.weights(found_weights), weights, atol=1e-12)
    np.testing.assert_allclose(alignment.components(found_unmixing), unmixing, atol=1e-12)
    np.testing.assert_allclose(alignment.mixing(found_mixing), mixing, atol=1e-12)
    np.testing.assert_allclose(alignment.latents(found_Z), Z, atol=1e-12)
    graph = Graph.from_weights(found_weights, latent=True)
    truth = Graph.from_weights(weights, names="abcd", latent="abcd")
    assert alignment.graph(graph, "abcd") == truth


def test_environments_match_latents_whatever_the_rows_say():
    true = [(), (0,), (1,), (2,)]
    rows = np.eye(3)
    alignment = align_by_environments([-1, 1, 2, 0], true, n_estimated=3, n_true=3, relation=-rows)
    assert alignment.permutation.tolist() == [1, 2, 0]


def test_environments_set_signs_and_match_untouched_latents_by_the_relation():
    relation = np.array([[0.1, -0.9, 0.0], [0.9, 0.1, 0.0], [0.0, 0.2, -0.5]])
    alignment = align_by_environments(
        [-1, 1, 0], [(), (0,), (1,)], n_estimated=3, n_true=3, relation=relation
    )
    assert alignment.permutation.tolist() == [1, 0, 2]
    assert alignment.signs.tolist() == [-1.0, 1.0, -1.0]


def test_environments_leave_untouched_latents_unmatched_without_a_relation():
    alignment = align_by_environments([-1, 1], [(), (0,)], n_estimated=2, n_true=2)
    assert alignment.permutation.tolist() == [1, -1]
    assert (alignment.missing, alignment.extra) == ((1,), (0,))


def test_most_environments_decide():
    estimated, true = [0, 0, 0, 1], [(0,), (0,), (1,), (1,)]
    alignment = align_by_environments(estimated, true, n_estimated=2, n_true=2)
    assert alignment.permutation.tolist() == [0, 1]


def test_a_missing_latent_is_nan_in_arrays_and_bare_in_graphs():
    alignment = align_by_rows(np.eye(3)[[2, 0]], np.eye(3))
    assert np.isnan(alignment.components(np.eye(3)[[2, 0]])[1]).all()
    assert np.isnan(alignment.weights(np.zeros((2, 2)))[:, 1]).all()
    graph = alignment.graph(Graph.from_text("L1 --> L2; latent L1, L2"), ("a", "b", "c"))
    assert graph == Graph.from_text("c --> a; nodes a, b, c; latent a, b, c")


def test_extra_latents_get_names_of_their_own():
    alignment = align_by_rows(np.eye(3), np.eye(3)[:2])
    graph = alignment.graph(
        Graph.from_text("L1 --> L3, L2 --> L3; nodes L1, L2, L3"), ("L3", "L1")
    )
    assert graph == Graph.from_text("L3 --> extra1, L1 --> extra1")


def test_forgetting_units_keeps_order_and_signs():
    alignment = align_by_rows(np.diag([-2.0, 4.0])[::-1], np.eye(2))
    plain = alignment.without_units()
    assert alignment.factors.tolist() == [-0.5, 0.25]
    assert plain.factors.tolist() == [-1.0, 1.0]
    assert plain.permutation.tolist() == [1, 0]


def test_the_inverse_takes_true_latents_for_estimated_ones():
    weights, mixing, _, found_weights, found_mixing, _ = scrambled()
    back = align_by_rows(np.linalg.pinv(found_mixing), np.linalg.pinv(mixing)).inverse()
    np.testing.assert_allclose(back.weights(weights), found_weights, atol=1e-12)
    np.testing.assert_allclose(back.mixing(mixing), found_mixing, atol=1e-12)
    lacking = align_by_rows(np.eye(3)[[2, 0]], np.eye(3)).inverse()
    assert lacking.permutation.tolist() == [2, 0]
    assert align_by_rows(np.eye(3), np.eye(3)[[2, 0]]).inverse().missing == (1,)


def test_an_alignment_cannot_be_changed():
    alignment = align_by_rows(np.eye(2), np.eye(2))
    assert isinstance(alignment, Alignment)
    with pytest.raises(AttributeError):
        alignment.basis = "luck"


def test_refuses_targets_that_are_no_lists():
    with pytest.raises(InvalidDataError, match="true to be a list of lists, but one of them is 3"):
        align_by_environments([0, 1], [(0,), 3], n_estimated=2, n_true=2)


def test_refuses_what_is_not_over_the_matched_latents():
    alignment = align_by_rows(np.eye(2), np.eye(2))
    with pytest.raises(InvalidDataError, match=r"components of 2 estimated latents.*\(3, 2\)"):
        alignment.components(np.ones((3, 2)))
    with pytest.raises(InvalidDataError, match="got a graph of 3 nodes and 2 names"):
        alignment.graph(Graph(["A", "B", "C"]), "ab")


@pytest.mark.parametrize(
    ("estimated", "true", "sentence"),
    [
        ([0], [(0,), (1,)], "got 1 and 2"),
        ([2], [(0,)], "below 2, the number of latents, but an estimated target is 2"),
        ([0], [(5,)], "below 3, the number of latents, but a true target is 5"),
    ],
)
def test_refuses_targets_that_do_not_exist(estimated, true, sentence):
    with pytest.raises(InvalidDataError, match=sentence):
        align_by_environments(estimated, true, n_estimated=2, n_true=3)
