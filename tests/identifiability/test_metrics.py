"""Scores of recovered latents."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.linear_model import LinearRegression

from causalrep.exceptions import InvalidDataError
from identifiability import (
    affine_r2,
    correlation_matrix,
    mean_correlation_coefficient,
    unique_share,
)


def correlated(n_samples=400, n_latents=4, correlation=0.6, seed=0):
    rng = np.random.default_rng(seed)
    common = rng.standard_normal((n_samples, 1))
    own = rng.standard_normal((n_samples, n_latents))
    return np.sqrt(correlation) * common + np.sqrt(1.0 - correlation) * own


def relabelled(Z, seed=1):
    rng = np.random.default_rng(seed)
    signs = rng.choice([-1.0, 1.0], Z.shape[1])
    return (Z * signs * 10.0 ** rng.uniform(-3, 3, Z.shape[1]))[
        :, rng.permutation(Z.shape[1])
    ] + 5.0


def test_correlations_equal_those_of_numpy_and_scipy():
    Z, W = correlated(seed=1), correlated(n_latents=3, seed=2)
    np.testing.assert_allclose(
        correlation_matrix(Z, W), np.corrcoef(Z, W, rowvar=False)[:4, 4:], atol=1e-14
    )
    ranks = spearmanr(np.round(Z, 1), W).statistic[:4, 4:]
    found = correlation_matrix(np.round(Z, 1), W, method="spearman")
    np.testing.assert_allclose(found, ranks, atol=1e-14)


def test_a_relabelled_answer_is_perfect_in_every_score():
    Z = correlated()
    answer = relabelled(Z)
    result = mean_correlation_coefficient(answer, Z, n_baselines=3)
    assert result.value == pytest.approx(1.0, abs=1e-12)
    assert result.skill == pytest.approx(1.0, abs=1e-11)
    assert unique_share(answer, Z) == pytest.approx(1.0, abs=1e-12)
    assert affine_r2(answer, Z) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("method", ["pearson", "spearman"])
def test_scores_ignore_order_sign_and_scale(method):
    Z = correlated()
    answer = Z + 0.5 * np.random.default_rng(3).standard_normal(Z.shape)
    plain = mean_correlation_coefficient(answer, Z, method=method, n_baselines=2)
    other = mean_correlation_coefficient(relabelled(answer), Z, method=method, n_baselines=2)
    assert other.value == pytest.approx(plain.value, rel=1e-12)
    assert unique_share(relabelled(answer), Z) == pytest.approx(unique_share(answer, Z))


def test_spearman_ignores_monotone_maps():
    Z = correlated()
    result = mean_correlation_coefficient(-np.exp(Z), Z, method="spearman", n_baselines=2)
    assert result.value == pytest.approx(1.0)
    assert mean_correlation_coefficient(-np.exp(Z), Z, n_baselines=2).value < 0.9


def test_unrelated_latents_score_at_chance():
    Z, noise = correlated(), np.random.default_rng(4).standard_normal((400, 4))
    result = mean_correlation_coefficient(noise, Z, n_baselines=50)
    assert abs(result.value - result.chance) < 0.05
    assert affine_r2(noise, Z) == pytest.approx(4 / 399, abs=0.01)


def test_a_full_mixture_of_correlated_latents_has_a_high_mcc_and_no_skill():
    Z = correlated(5000, 5, 0.9)
    mixture = Z @ np.random.default_rng(5).uniform(size=(5, 5))
    result = mean_correlation_coefficient(mixture, Z)
    assert result.value == pytest.approx(0.97, abs=0.01)
    assert abs(result.skill) < 0.3
    assert unique_share(mixture, Z) < 0.7
    assert affine_r2(mixture, Z) == pytest.approx(1.0)


def test_the_mixed_baseline_ignores_signs_of_the_true_latents():
    Z = correlated()
    flipped = Z * np.array([1.0, -1.0, 1.0, -1.0])
    plain, other = (mean_correlation_coefficient(Z, true).mixed for true in (Z, flipped))
    assert other == pytest.approx(plain, rel=1e-12)


def test_missing_latents_count_zero():
    Z = correlated(n_latents=4)
    assert mean_correlation_coefficient(Z[:, :3], Z).value == pytest.approx(0.75)
    assert unique_share(Z[:, [2]], Z) == pytest.approx(0.25)
    assert mean_correlation_coefficient(np.ones((400, 2)), Z, n_baselines=1).value == 0.0


def test_affine_r2_equals_that_of_linear_regression():
    Z, W = correlated(seed=6), correlated(n_latents=2, seed=7)
    W += Z[:, :2]
    fitted = LinearRegression().fit(W, Z)
    assert affine_r2(W, Z) == pytest.approx(fitted.score(W, Z))
    assert affine_r2(np.column_stack([W, W]), Z) == pytest.approx(affine_r2(W, Z))


def test_unique_share_equals_its_formula():
    Z = correlated()
    W = Z @ np.random.default_rng(8).standard_normal((4, 4))
    slopes = LinearRegression().fit(Z, W).coef_
    precision = np.linalg.inv(np.cov(Z.T))
    unique = slopes**2 / np.diag(precision)
    unique /= unique.sum(axis=1, keepdims=True)
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(-unique)
    assert unique_share(W, Z) == pytest.approx(unique[rows, columns].mean())


def test_baselines_repeat_with_the_same_random_state():
    Z = correlated()
    first, second = (mean_correlation_coefficient(Z, Z, random_state=7) for _ in range(2))
    assert first == second
    assert first != mean_correlation_coefficient(Z, Z, random_state=8)


@pytest.mark.parametrize(
    ("W", "sentence"),
    [
        (np.ones(5), "of 2 dimension"),
        (np.ones((4, 1)), "must describe the same samples, at least two, but have 5 and 4 rows"),
        (np.full((5, 1), np.nan), "5 of its entries are not"),
    ],
)
def test_refuses_latents_that_cannot_be_compared(W, sentence):
    with pytest.raises(InvalidDataError, match=sentence):
        correlation_matrix(np.arange(5.0)[:, None], W)


def test_refuses_unknown_kinds_of_correlation_and_dependent_true_latents():
    Z = correlated()
    with pytest.raises(ValueError, match="'pearson' or 'spearman', but is 'kendall'"):
        correlation_matrix(Z, Z, method="kendall")
    with pytest.raises(InvalidDataError, match="a linear function of the others"):
        unique_share(Z, np.column_stack([Z, Z[:, 0] + Z[:, 1]]))
