"""Tests of a class: exact answers, level, power, laws and refusals."""

import numpy as np
import pytest

from causalrep.exceptions import InvalidDataError
from identifiability import class_residual, examine_class
from identifiability.class_tests import _energy_test, _foreign_slopes, _tail_beyond, _upper_limit

LOWER = np.tril(np.ones((3, 3), dtype=bool))


def sample(seed, n_samples=200, foreign=0.0, noise=0.5, correlation=0.5):
    """Draw latents and an answer, of which a share `foreign` is each of the next latent's."""
    rng = np.random.default_rng(seed)
    covariance = correlation + (1.0 - correlation) * np.eye(3)
    Z = rng.multivariate_normal(np.zeros(3), covariance, n_samples)
    mixing = np.eye(3) + np.sqrt(foreign / (1.0 - foreign)) * np.roll(np.eye(3), 1, axis=0)
    return Z @ mixing + noise * rng.standard_normal((n_samples, 3)), Z


def test_slopes_and_their_covariance_are_those_of_the_sandwich_estimator():
    W, Z = sample(0, foreign=0.2)
    u, influence, leverage = _foreign_slopes(W[:, :1], Z, np.eye(3, dtype=bool)[:1])
    careful = influence / (1.0 - leverage)[:, None]
    V = careful.T @ careful
    X = np.column_stack([np.ones(len(Z)), Z])
    bread = np.linalg.inv(X.T @ X)
    slopes = bread @ X.T @ W[:, 0]
    residuals = (W[:, 0] - X @ slopes) / (1.0 - np.sum((X @ bread) * X, axis=1))
    sandwich = bread @ (X.T * residuals**2) @ X @ bread
    spread = 1.0 / np.sqrt(np.diag(np.linalg.inv(np.cov(Z.T))))
    scale = np.sqrt(3.0) * np.linalg.norm(slopes[1:] * spread)
    np.testing.assert_allclose(u, (slopes[1:] * spread)[1:] / scale, rtol=1e-10)
    wanted = sandwich[2:, 2:] * np.outer(spread[1:], spread[1:]) / scale**2
    np.testing.assert_allclose(V, wanted, rtol=1e-8)


def test_the_upper_limit_of_a_sphere_is_that_of_a_noncentral_chi_square():
    from scipy.optimize import brentq
    from scipy.stats import ncx2

    u, V = np.array([0.3, 0.1, 0.2, 0.0]), 0.01 * np.eye(4)
    exact = 0.01 * brentq(lambda size: ncx2.cdf(u @ u / 0.01, 4, size) - 0.05, 1e-6, 500.0)
    assert _upper_limit(u, V, 0.05) == pytest.approx(exact, rel=0.03)


def test_the_distribution_of_a_quadratic_form_is_close_to_a_simulated_one():
    rng = np.random.default_rng(1)
    spread, mean = np.array([1.0, 0.5, 0.1]), np.array([0.5, 1.0, 0.2])
    drawn = np.sum((mean + np.sqrt(spread) * rng.standard_normal((20_000, 3))) ** 2, axis=1)
    shares = mean**2 / np.sum(mean**2)
    for quantile in (0.05, 0.3, 0.7):
        energy = np.quantile(drawn, quantile)
        found = _tail_beyond(float(np.linalg.norm(mean)), shares, spread, energy, 0.0)
        assert found == pytest.approx(quantile, abs=0.03)


def test_an_exact_answer_is_within_its_class_and_outside_a_finer_one():
    Z = sample(2)[1]
    relabelled = Z[:, [2, 0, 1]] * [3.0, -1.0, 0.1]
    found = examine_class(relabelled, Z)
    assert found.equivalent
    assert found.upper_limit < 1e-15
    assert found.p_value == found.p_permutation == 1.0
    mixed = Z @ np.where(LOWER, 0.7, 0.0).T
    assert examine_class(mixed, Z, LOWER).equivalent
    outside = examine_class(mixed, Z)
    assert outside.rejected
    assert not outside.equivalent
    assert outside.p_permutation == 1.0 / 200


def test_the_pattern_that_allows_all_is_never_rejected():
    W, Z = sample(3, foreign=0.3)
    found = examine_class(W, Z, np.ones((3, 3)))
    assert (found.energy, found.upper_limit, found.p_value) == (0.0, 0.0, 1.0)


def test_missing_and_constant_answers_are_outside_every_class():
    W, Z = sample(4)
    for answer in (W[:, :2], np.column_stack([W[:, :2], np.ones(200)])):
        found = examine_class(answer, Z)
        assert found.n_missing == 1
        assert found.p_value == 0.0
        assert found.statistic == np.inf
        assert found.upper_limit > 1 / 3
        assert found.energy == pytest.approx(1 / 3, abs=0.02)


def test_order_sign_and_powers_of_two_do_not_matter():
    W, Z = sample(5, foreign=0.02)
    plain = examine_class(W, Z, LOWER, n_permutations=1)
    order = [1, 2, 0]
    other = examine_class(
        W[:, [2, 0, 1]] * [-4.0, 0.5, 8.0],
        (Z * [2.0, -0.25, -1.0])[:, order],
        LOWER[np.ix_(order, order)],
        n_permutations=1,
    )
    assert other.energy == pytest.approx(plain.energy)
    assert other.upper_limit == pytest.approx(plain.upper_limit, rel=1e-5)
    assert other.p_value == pytest.approx(plain.p_value, rel=1e-6)


@pytest.mark.slow
def test_levels_and_power_are_as_named():
    within = [examine_class(*sample(seed), n_permutations=39) for seed in range(100)]
    assert np.mean([found.rejected for found in within]) < 0.12
    assert np.mean([found.p_permutation <= 0.05 for found in within]) < 0.12
    assert np.mean([found.equivalent for found in within]) > 0.9
    at_limit = [
        examine_class(*sample(seed, foreign=0.05), n_permutations=1) for seed in range(100)
    ]
    assert np.mean([found.equivalent for found in at_limit]) < 0.11
    assert np.mean([found.rejected for found in at_limit]) > 0.9


def test_heavy_tails_and_many_foreign_slopes_do_not_raise_the_level():
    """Of 400 exact answers with 56 foreign slopes and 100 samples, the F test rejected .12."""
    rng = np.random.default_rng(0)
    p_values = []
    for _ in range(600):
        Z, noise = rng.standard_t(5, (2, 100, 8))
        u, influence, leverage = _foreign_slopes(Z + 0.5 * noise, Z, np.eye(8, dtype=bool))
        unbiased = influence / np.sqrt(1.0 - leverage)[:, None]
        p_values.append(_energy_test(u @ u, unbiased)[2])
    assert 0.014 < np.mean(np.array(p_values) < 0.05) < 0.086  # four standard errors about .05


def test_without_residuals_any_foreign_slope_is_certain():
    Z = sample(7)[1]
    found = examine_class(Z @ [[1.0, 1e-3, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], Z)
    assert found.p_value == 0.0
    assert found.statistic > 1e6


def test_says_what_it_found():
    text = str(examine_class(*sample(6, foreign=0.2)))
    assert "not shown to be within 0.05 of the class" in text
    assert "(energy)" in text.splitlines()[1]


@pytest.mark.parametrize(
    ("W", "Z", "sentence"),
    [
        (np.ones((9, 2)), np.ones((8, 2)), "9 and 8 rows"),
        (np.full((9, 2), np.inf), np.ones((9, 2)), "18 of its entries are not"),
        (np.ones((9, 2)), np.ones((9, 2)), "number 0 is constant"),
        (np.eye(3), np.eye(3), "wants at least 5 samples, but there are 3"),
        (np.eye(9)[:, :2], np.eye(9)[:, :1] * [1.0, 2.0], "a linear function of the others"),
    ],
)
def test_refuses_samples_that_cannot_be_tested(W, Z, sentence):
    with pytest.raises(InvalidDataError, match=sentence):
        examine_class(W, Z)


@pytest.mark.parametrize(
    "settings", [{"epsilon": 0.0}, {"confidence": 1.0}, {"n_permutations": 0}]
)
def test_refuses_settings_without_a_meaning(settings):
    with pytest.raises(InvalidDataError, match="epsilon and confidence between 0 and 1"):
        examine_class(*sample(7), **settings)


def test_agrees_with_the_residual_where_there_is_no_noise():
    W, Z = sample(8, foreign=0.1, noise=0.0, correlation=0.0)
    assert examine_class(W, Z).energy == pytest.approx(class_residual(W, Z).value, abs=0.01)
