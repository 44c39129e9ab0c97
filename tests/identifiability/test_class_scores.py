"""Misfit to the class of a certificate: definitions, laws and refusals."""

from itertools import permutations

import numpy as np
import pytest

from causalrep import Change, Graph
from causalrep.exceptions import InvalidDataError
from identifiability import (
    check_disentanglement,
    class_residual,
    off_pattern_energy,
    unique_share,
)
from identifiability.class_scores import sampled_energy

LOWER = np.tril(np.ones((3, 3), dtype=bool))


def correlated(n_samples=300, n_latents=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n_samples, n_latents)) @ rng.standard_normal((n_latents,) * 2)


def r2(source, target):
    X = np.column_stack([np.ones(len(source)), source])
    residual = target - X @ np.linalg.lstsq(X, target, rcond=None)[0]
    return 1.0 - residual @ residual / np.sum((target - target.mean()) ** 2)


def relabelled(Z, seed=1):
    rng = np.random.default_rng(seed)
    signs, powers = rng.choice([-1.0, 1.0], Z.shape[1]), 2.0 ** rng.integers(-30, 30, Z.shape[1])
    return (Z * signs * powers)[:, rng.permutation(Z.shape[1])]


@pytest.mark.parametrize("seed", range(10))
def test_the_residual_equals_its_definition(seed):
    rng = np.random.default_rng(seed)
    Z = correlated(seed=seed)
    W = Z @ rng.standard_normal((3, 3)) + rng.standard_normal((300, 3))
    pattern = rng.uniform(size=(3, 3)) < 0.4
    np.fill_diagonal(pattern, True)
    wanted = min(
        np.mean([1.0 - r2(Z[:, pattern[i]], W[:, order[i]]) for i in range(3)])
        for order in permutations(range(3))
    )
    assert class_residual(W, Z, pattern).value == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_the_energy_equals_its_definition(seed):
    rng = np.random.default_rng(seed)
    effective, spreads = rng.standard_normal((3, 3)), rng.uniform(0.2, 3.0, 3)
    energy = (effective * spreads) ** 2
    wanted = min(
        np.mean([energy[order[i], ~LOWER[i]].sum() / energy[order[i]].sum() for i in range(3)])
        for order in permutations(range(3))
    )
    found = off_pattern_energy(effective, LOWER, spreads=spreads)
    assert found.value == pytest.approx(wanted, abs=1e-14)


def test_answers_within_the_class_have_no_misfit_and_others_do():
    Z, rng = correlated(), np.random.default_rng(2)
    within = relabelled(Z @ np.where(LOWER, rng.uniform(0.5, 2.0, (3, 3)), 0.0).T)
    assert class_residual(within, Z, LOWER).value < 1e-12
    assert sampled_energy(within, Z, LOWER).value < 1e-20
    assert class_residual(within, Z).value > 0.01
    assert class_residual(Z @ rng.uniform(0.5, 2.0, (3, 3)), Z, LOWER).value > 0.01


def test_a_certificate_is_a_pattern():
    chain = Graph(["L1", "L2"], [("L1", "L2")], latent=["L1", "L2"])
    certificate = check_disentanglement(chain, [(), Change("L1"), Change("L2", "soft")])
    Z = correlated(n_latents=2)
    answer = Z @ [[1.0, 0.7], [0.0, 1.0]]
    assert class_residual(answer, Z, certificate).value < 1e-12
    assert class_residual(answer[:, ::-1], Z[:, ::-1], certificate).value > 0.01


def test_the_energy_of_samples_is_what_the_unique_share_leaves():
    Z = correlated()
    W = Z @ np.random.default_rng(3).standard_normal((3, 3))
    assert sampled_energy(W, Z, np.eye(3, dtype=bool)).value == pytest.approx(
        1.0 - unique_share(W, Z)
    )


@pytest.mark.parametrize("regression", ["affine", "splines"])
def test_order_sign_and_powers_of_two_do_not_matter(regression):
    Z = correlated()
    W = Z + np.random.default_rng(4).standard_normal(Z.shape)
    plain = class_residual(W, Z, LOWER, regression=regression)
    other = class_residual(relabelled(W), Z * [-4.0, 0.5, 2.0], LOWER, regression=regression)
    assert other.value == pytest.approx(plain.value, rel=1e-9)
    order = [2, 0, 1]
    turned = class_residual(W, Z[:, order], LOWER[np.ix_(order, order)], regression=regression)
    assert turned.value == pytest.approx(plain.value, rel=1e-9)


def test_splines_allow_monotone_maps_and_still_see_mixtures():
    Z = np.random.default_rng(5).standard_normal((2000, 3))
    bent = np.column_stack([np.tanh(Z[:, 0]), Z[:, 1] + Z[:, 1] ** 3 / 9, np.exp(Z[:, 2] / 2)])
    assert class_residual(bent, Z).value > 0.05
    assert class_residual(bent, Z, regression="splines").value < 0.005
    mixed = bent @ np.random.default_rng(6).uniform(0.3, 1.0, (3, 3))
    assert class_residual(mixed, Z, regression="splines").value > 0.2


def test_unrelated_latents_score_at_chance():
    rng = np.random.default_rng(7)
    # The best of six matchings is a little below the expectation of one.
    values = [
        class_residual(*rng.standard_normal((2, 100, 3)), pattern=LOWER).value for _ in range(200)
    ]
    chance = class_residual(*rng.standard_normal((2, 100, 3)), pattern=LOWER).chance
    assert chance == pytest.approx(1.0 - 2.0 / 99)
    assert chance - 0.02 < np.mean(values) < chance


def test_missing_and_constant_answers_count_as_misfits():
    Z = correlated()
    assert class_residual(Z[:, :2], Z).value == pytest.approx(1 / 3)
    collapsed = np.column_stack([Z[:, 0], np.ones(300), np.ones(300)])
    assert class_residual(collapsed, Z).value == pytest.approx(2 / 3)
    assert sampled_energy(collapsed, Z, np.eye(3, dtype=bool)).value == pytest.approx(2 / 3)
    assert class_residual(Z[:, :2], Z).permutation.tolist() == [0, 1, -1]


@pytest.mark.parametrize(
    ("answer", "truth", "sentence"),
    [
        (np.ones((9, 2)), np.ones((8, 2)), "9 and 8 rows"),
        (np.full((9, 2), np.nan), np.ones((9, 2)), "18 of its entries are not"),
        (np.ones((9, 2)), np.ones((9, 2)), "number 0 is constant"),
        (np.eye(3), np.eye(3) + np.eye(3)[::-1], "wants at least 5 samples, but there are 3"),
    ],
)
def test_refuses_samples_that_cannot_be_scored(answer, truth, sentence):
    full = np.ones((truth.shape[1],) * 2, dtype=bool)
    with pytest.raises(InvalidDataError, match=sentence):
        class_residual(answer, truth, full)


def test_refuses_other_patterns_spreads_and_regressions():
    Z = correlated()
    with pytest.raises(InvalidDataError, match=r"must be 3 x 3, but has shape \(2, 2\)"):
        class_residual(Z, Z, np.eye(2))
    with pytest.raises(InvalidDataError, match="3 positive numbers"):
        off_pattern_energy(np.eye(3), spreads=[1.0, 0.0, 1.0])
    with pytest.raises(InvalidDataError, match="wants effective to be finite"):
        off_pattern_energy(np.full((3, 3), np.inf))
    with pytest.raises(ValueError, match="'affine' or 'splines', but is 'trees'"):
        class_residual(Z, Z, regression="trees")
