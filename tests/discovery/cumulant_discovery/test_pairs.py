"""Six structures of two features."""

import numpy as np
import pytest

from discovery.cumulant_discovery.pairs import (
    _shape_p_value,
    allowed_by,
    pair_data,
    pair_scores,
    six_structures,
)


def pair(kind, n_samples, seed, noise="exponential"):
    rng = np.random.default_rng(seed)
    draw = rng.exponential if noise == "exponential" else rng.uniform
    x, y, latent = draw(size=(3, n_samples))
    if "latent" in kind:
        x, y = x + 0.9 * latent, y + 0.7 * latent
    if "edge" in kind:
        y = y + 0.8 * x
    X = np.column_stack([x, y])
    return (X - X.mean(axis=0)) / X.std(axis=0)


KINDS = {
    "none": (0, False),
    "edge": (1, False),
    "latent": (0, True),
    "edge and latent": (1, True),
}


def test_there_are_six():
    assert len({some.relation(0, 1) for some in six_structures()}) == 6


@pytest.mark.parametrize("noise", ["exponential", "uniform"])
@pytest.mark.parametrize("kind", KINDS)
def test_finds_the_structure_of_a_pair(kind, noise):
    found = pair_scores(pair(kind, 30_000, 1, noise), (0, 1), n_starts=6, seed=0)
    assert found.best.relation(0, 1) == KINDS[kind]
    assert found.dependent == (kind != "none")


def test_the_order_of_two_features_only_turns_the_edge():
    Z = pair("edge and latent", 20_000, 1)
    one = pair_scores(Z, (0, 1), n_starts=6, seed=0)
    other = pair_scores(Z[:, ::-1], (0, 1), n_starts=6, seed=0)
    assert one.best.relation(0, 1) == (1, True)
    assert other.best.relation(0, 1) == (-1, True)
    assert one.scored[0].bic == pytest.approx(other.scored[0].bic, abs=1e-3)


def test_gaussian_pairs_show_in_their_covariance_only():
    rng = np.random.default_rng(2)
    x = rng.normal(size=5000)
    Z = np.column_stack([x, x + rng.normal(size=5000)])
    found = pair_scores(Z, (0, 1), n_starts=2, seed=0)
    assert found.dependent
    assert found.shape_p_value > 0.001


def test_symmetric_features_use_even_orders():
    assert pair_data(pair("edge", 3000, 3, "uniform")).orders == (2, 4, 6)
    assert pair_data(pair("edge", 3000, 3)).orders == (2, 3, 4, 5)


def test_what_no_plausible_structure_holds_is_excluded():
    found = pair_scores(pair("edge", 20_000, 4), (0, 1), n_starts=6, seed=0)
    allowed = allowed_by([found])
    assert allowed.edges == {(0, 1)}


def test_structures_of_a_pair_are_tested_with_sturdier_weights():
    Z = pair("edge", 5000, 5)
    found = pair_scores(Z, (0, 1), n_starts=6, seed=0).checked(Z, 6.0, 0)
    assert found[0].tested.orders == (2, 3, 4)
    assert found[0].tested.p_value > 0.01


def test_gaussian_pairs_are_told_to_have_a_shape_no_more_often_than_asked_for():
    """With the plain covariance .16 are."""
    rng = np.random.default_rng(5)
    samples = (rng.normal(size=(300, 1)) + rng.normal(size=(300, 2)) for _ in range(150))
    found = [_shape_p_value(pair_data(X)) for X in samples]
    assert np.mean(np.array(found) < 0.05) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 150)
