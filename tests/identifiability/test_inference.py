"""Intervals of scores: coverage, the boundary, laws and refusals."""

import numpy as np
import pytest
from scipy.special import expit, logit

from causalrep.exceptions import InvalidDataError
from identifiability import mean_correlation_coefficient, score_interval, unique_share
from identifiability.inference import BY_MOMENTS, DIRECT, _logit_interval


def sample(seed, n_samples=200, mixing=0.4, noise=0.5):
    rng = np.random.default_rng(seed)
    Z = rng.standard_normal((n_samples, 3))
    M = np.eye(3) + mixing * np.array([[0.0, 1.0, 0.0], [0.5, 0.0, 1.0], [0.0, -1.0, 0.0]])
    return Z @ M + noise * rng.standard_normal((n_samples, 3)), Z


def test_the_interval_is_that_of_its_formula():
    drawn = np.random.default_rng(0).uniform(0.5, 0.9, 200)
    lower, upper = _logit_interval(0.8, drawn, 0.025)
    centre = 2.0 * logit(0.8) - logit(drawn).mean()
    reach = 1.959964 * logit(drawn).std(ddof=1)
    assert (lower, upper) == pytest.approx(tuple(expit([centre - reach, centre + reach])))


@pytest.mark.parametrize("score", ["pearson", "unique share", "r2"])
def test_scores_by_moments_are_those_of_their_functions(score):
    W, Z = sample(8)
    W = np.column_stack([W[:, :2], np.ones(len(W))])
    joint = np.column_stack([Z, W])
    found = BY_MOMENTS[score](np.cov(joint.T, bias=True), 3)
    assert found == pytest.approx(DIRECT[score](W, Z), abs=1e-12)


@pytest.mark.parametrize("score", ["pearson", "spearman", "unique share", "r2"])
def test_an_interval_holds_its_score_within_the_unit_interval(score):
    W, Z = sample(1)
    interval = score_interval(W, Z, score=score, n_resamples=100)
    assert 0.0 < interval.lower < interval.value < interval.upper < 1.0
    assert interval.value in interval
    assert not interval.at_boundary
    assert str(interval).startswith(f"{score} 0.")


def test_the_value_is_that_of_the_score():
    W, Z = sample(2)
    assert score_interval(W, Z, n_resamples=100).value == pytest.approx(
        mean_correlation_coefficient(W, Z, n_baselines=1).value
    )
    share = score_interval(W, Z, score="unique share", n_resamples=100)
    assert share.value == unique_share(W, Z)


def true_mcc(mixing=0.4, noise=0.5):
    M = np.eye(3) + mixing * np.array([[0.0, 1.0, 0.0], [0.5, 0.0, 1.0], [0.0, -1.0, 0.0]])
    return float(np.mean(np.diag(M) / np.sqrt(np.sum(M**2, axis=0) + noise**2)))


@pytest.mark.slow
def test_intervals_of_the_mean_correlation_cover_it():
    truth = true_mcc()
    inside = [truth in score_interval(*sample(seed), n_resamples=100) for seed in range(150)]
    # Three standard errors about .95; make bench-scores measures it closely.
    assert 0.89 < np.mean(inside) < 0.99


def test_at_the_boundary_the_limit_is_one_sided_and_covers():
    intervals = [
        score_interval(*sample(seed, mixing=0.0), score="unique share", n_resamples=100)
        for seed in range(40)
    ]
    told = [interval for interval in intervals if interval.at_boundary]
    assert len(told) > 32
    assert all(interval.upper == 1.0 and 1.0 in interval for interval in told)
    assert all("examine_class" in interval.explanation for interval in told)
    assert all(interval.lower > 0.9 for interval in told)


def test_a_perfect_answer_has_no_interval_and_is_told_why():
    Z = sample(3)[1]
    interval = score_interval(-2.0 * Z, Z)
    assert interval.at_boundary
    assert interval.method == "none: all resamples agree"
    assert "no evidence beyond these samples" in str(interval)
    assert score_interval(Z[:, :1], Z).at_boundary


def test_order_sign_and_powers_of_two_do_not_matter():
    W, Z = sample(4)
    plain = score_interval(W, Z, n_resamples=100)
    other = score_interval(
        W[:, [2, 0, 1]] * [-4.0, 0.5, 8.0], Z[:, [1, 2, 0]] * [2.0, -1.0, 0.25], n_resamples=100
    )
    assert (other.lower, other.upper) == pytest.approx((plain.lower, plain.upper))


def test_intervals_repeat_with_the_same_random_state_and_narrow_with_samples():
    W, Z = sample(5, n_samples=800)
    first, second = (score_interval(W, Z, n_resamples=100, random_state=3) for _ in range(2))
    assert first == second
    fewer = score_interval(W[:200], Z[:200], n_resamples=100)
    ratio = (fewer.upper - fewer.lower) / (first.upper - first.lower)
    assert 1.5 < ratio < 2.7


@pytest.mark.parametrize(
    ("W", "Z", "settings", "sentence"),
    [
        (np.ones((40, 2)), np.ones((39, 2)), {}, "40 and 39 rows"),
        (np.full((40, 2), np.nan), np.ones((40, 2)), {}, "80 of its entries are not"),
        (np.eye(20)[:, :3], np.eye(20)[:, :3], {}, "30 samples for 3 latents"),
        (*sample(6), {"n_resamples": 50}, "100 resamples .* but got 200, 50"),
        (*sample(6), {"confidence": 95}, "a confidence between 0 and 1"),
        (np.eye(3), np.eye(3), {}, "at least 5 samples"),
    ],
)
def test_refuses_what_has_no_interval(W, Z, settings, sentence):
    with pytest.raises(InvalidDataError, match=sentence):
        score_interval(W, Z, **settings)


def test_refuses_an_unknown_score():
    with pytest.raises(ValueError, match="pearson, spearman, unique share, r2, but is 'mig'"):
        score_interval(*sample(7), score="mig")
