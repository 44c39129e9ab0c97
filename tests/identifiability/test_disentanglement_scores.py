"""Metrics of disentanglement against their definitions, at chance, and under relabelling."""

import numpy as np
import pytest
from scipy.stats import entropy
from sklearn.metrics import mutual_info_score

from causalrep.exceptions import InvalidDataError
from identifiability import disentanglement_scores, mutual_information
from identifiability.disentanglement_scores import (
    concentration,
    gap,
    info_concentration,
    modularity,
)
from identifiability.factor_fits import fit_classes, fit_factors
from identifiability.information import binned

QUICK = {"n_permutations": 40, "n_baselines": 1}


def latents(n_samples=300, n_latents=3, seed=0):
    return np.random.default_rng(seed).standard_normal((n_samples, n_latents))


def relabelled(Z, seed=1):
    rng = np.random.default_rng(seed)
    signs, powers = rng.choice([-1.0, 1.0], Z.shape[1]), 2.0 ** rng.integers(-30, 30, Z.shape[1])
    return (Z * signs * powers)[:, rng.permutation(Z.shape[1])]


def test_information_equals_that_of_scikit_learn():
    Z = latents()
    W = np.column_stack([Z[:, 0] + Z[:, 1], np.round(Z[:, 2]), Z[:, 0] > 0])
    result = mutual_information(W, Z, n_bins=7, n_permutations=20)
    wanted = [[mutual_info_score(binned(w, 7), binned(z, 7)) for z in Z.T] for w in W.T]
    np.testing.assert_allclose(result.values, wanted, atol=1e-12)
    np.testing.assert_allclose(result.entropies, [np.log(7)] * 3, atol=1e-3)


@pytest.mark.parametrize("n_bins", [2, 3, 4, 7, 8])
def test_bins_are_of_equal_size_and_mirrored_by_a_change_of_sign(n_bins):
    column = np.random.default_rng(2).permutation(np.arange(100.0 + n_bins % 2))
    bins = binned(column, n_bins)
    counts = np.bincount(bins)
    assert len(counts) == n_bins
    assert counts.max() - counts.min() <= 2
    assert (np.diff(bins[np.argsort(column)]) >= 0).all()
    np.testing.assert_array_equal(binned(-column, n_bins), n_bins - 1 - bins)
    np.testing.assert_array_equal(binned(np.exp(column / 50.0), n_bins), bins)


def test_few_values_are_bins_of_their_own_and_ties_stay_together():
    assert binned(np.array([5.0, 1.0, 5.0, 9.0]), 4).tolist() == [1, 0, 1, 2]
    bins = binned(np.repeat([0.0, 1.0, 2.0, 3.0], [90, 5, 3, 2]), 3)
    assert all(len(set(bins[part])) == 1 for part in (slice(90), slice(90, 95), slice(95, 98)))


def test_the_chance_level_is_the_bias_of_the_estimate():
    result = mutual_information(latents(1000), latents(1000, seed=1), n_bins=9, n_permutations=50)
    assert result.chance.mean() == pytest.approx(64 / 2000, rel=0.1)
    assert abs((result.values - result.chance).mean()) < 0.005


@pytest.mark.parametrize("seed", range(5))
def test_the_parts_equal_their_definitions(seed):
    weights = np.random.default_rng(seed).exponential(size=(4, 3))
    for row, found, spread, mass in zip(
        weights,
        modularity(weights),
        concentration(weights),
        info_concentration(weights),
        strict=True,
    ):
        best = int(np.argmax(row))
        template = np.where(np.arange(3) == best, row[best], 0.0)
        deviation = np.sum((row - template) ** 2) / (row[best] ** 2 * 2)
        assert found == pytest.approx(1.0 - deviation)
        assert spread == pytest.approx(1.0 - entropy(row, base=3))
        assert mass == pytest.approx((row.max() / row.sum() - 1 / 3) / (2 / 3))
    for column, difference in zip(weights.T, gap(weights), strict=True):
        first, second = sorted(column)[::-1][:2]
        assert difference == pytest.approx(first - second)


def test_the_scores_are_means_of_the_parts():
    Z = latents(400)
    W = Z @ [[1.0, 0.3, 0.0], [0.0, 1.0, 0.5], [0.2, 0.0, 1.0]]
    result = disentanglement_scores(W, Z, **QUICK)
    shares = result.information.normalised
    assert result.information.active.all()
    assert result.mig.value == pytest.approx(gap(shares).mean())
    assert result.sap.value == pytest.approx(gap(np.corrcoef(W.T, Z.T)[:3, 3:] ** 2).mean())
    assert result.modularity.value == pytest.approx(modularity(shares).mean())
    assert result.info_modularity.value == pytest.approx(info_concentration(shares).mean())
    assert result.info_compactness.value == pytest.approx(info_concentration(shares.T).mean())


def test_importances_are_those_of_a_lasso_whose_other_coefficients_vanish():
    Z = latents(2000)
    W = np.column_stack([Z[:, 0], Z[:, 1] + Z[:, 2], Z[:, 2]])
    fits = fit_factors(W, Z, "lasso", 0)
    np.testing.assert_allclose(
        fits.importances[:, 1], np.array([0.0, 2**0.5, 1.0]) / (1 + 2**0.5), atol=0.02
    )
    np.testing.assert_allclose(fits.r2, 1.0, atol=1e-3)


def test_predictions_of_bins_agree_with_what_is_known():
    Z = latents(2000)
    bins = np.column_stack([binned(column, 5) for column in Z.T])
    fits = fit_classes(Z[:, :2], bins, 0)
    assert (fits.auc[:2] > 0.98).all()
    assert (fits.information[:2] > 0.8).all()
    assert fits.auc[2] == pytest.approx(0.5, abs=0.03)
    assert fits.information[2] == 0.0


@pytest.mark.parametrize("learner", ["lasso", pytest.param("boosting", marks=pytest.mark.slow)])
def test_a_relabelled_answer_reaches_the_ceiling(learner):
    Z = latents()
    result = disentanglement_scores(relabelled(Z), Z, learner=learner, **QUICK)
    for name, score in result.scores():
        assert score.value == pytest.approx(score.ceiling, abs=0.01), name
        assert score.ceiling > 0.85, name
    assert result.n_inactive == 0


def test_order_sign_and_powers_of_two_do_not_matter():
    Z = latents(200) @ [[1.0, 0.5, 0.0], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]]
    W = Z @ np.random.default_rng(3).standard_normal((3, 3)) + 0.3 * latents(200, seed=4)
    plain = disentanglement_scores(W, Z, **QUICK)
    other = disentanglement_scores(relabelled(W), relabelled(Z, seed=5), **QUICK)
    for (name, first), (_, second) in zip(plain.scores(), other.scores(), strict=True):
        assert second.value == pytest.approx(first.value, abs=1e-5), name
        assert second.chance == pytest.approx(first.chance, abs=1e-5), name


@pytest.mark.slow
def test_a_random_code_scores_at_chance():
    rng = np.random.default_rng(6)
    found = [
        disentanglement_scores(rng.standard_normal((80, 3)), rng.standard_normal((80, 3)), **QUICK)
        for _ in range(15)
    ]
    for place, (name, _) in enumerate(found[0].scores()):
        scores = [list(result.scores())[place][1] for result in found]
        excess = np.mean([score.value - score.chance for score in scores])
        assert abs(excess) < 0.15, name
    assert np.mean([result.n_inactive == 3 for result in found]) > 0.7


def test_one_random_code_is_inactive_and_scores_nothing():
    result = disentanglement_scores(latents(200, seed=11), latents(200, seed=12), **QUICK)
    assert result.n_inactive == 3
    for name, score in result.scores():
        assert score.value < 0.05, name


def test_inactive_latents_are_left_out_and_lost_ones_count_zero():
    Z = latents(600)
    W = np.column_stack([Z[:, 0], np.ones(600), latents(600, 1, seed=7)])
    result = disentanglement_scores(W, Z, **QUICK)
    assert result.information.active.tolist() == [True, False, False]
    assert result.n_inactive == 2
    assert result.info_modularity.value > 0.9
    assert result.mig.value == pytest.approx(1 / 3, abs=0.02)
    assert result.info_compactness.value == pytest.approx(1 / 3, abs=0.02)
    assert result.dci_completeness.value == pytest.approx(1 / 3, abs=0.02)


def test_dependent_true_latents_lower_the_ceiling():
    common = latents(800, 1, seed=8)
    Z = common + 0.6 * latents(800)
    result = disentanglement_scores(Z, Z, **QUICK)
    assert result.mig.value == result.mig.ceiling < 0.9
    assert result.mig.skill == pytest.approx(1.0)


def test_copies_cost_compactness_but_not_modularity():
    Z = latents(600)
    result = disentanglement_scores(np.column_stack([Z, Z]), Z, **QUICK)
    assert result.modularity.value > 0.95
    assert result.mig.value == pytest.approx(0.0, abs=1e-12)
    assert result.info_compactness.value < 0.5


@pytest.mark.parametrize(
    ("W", "Z", "sentence"),
    [
        (latents(50), latents(60), "50 and 60 rows"),
        (np.full((50, 2), np.nan), latents(50), "100 of its entries are not"),
        (latents(50), np.ones((50, 1)), "number 0 is constant"),
        (latents(20), latents(20), "want 40 samples and a baseline, but got 20"),
        (latents(3, 4), latents(3, 4), "wants at least 6 samples, but there are 3"),
    ],
)
def test_refuses_latents_that_cannot_be_scored(W, Z, sentence):
    with pytest.raises(InvalidDataError, match=sentence):
        disentanglement_scores(W, Z)


def test_refuses_unknown_learners_and_too_few_bins():
    with pytest.raises(ValueError, match="'lasso' or 'boosting', but is 'forest'"):
        disentanglement_scores(latents(), latents(), learner="forest")
    for settings in ({"n_bins": 1}, {"n_permutations": 5}):
        with pytest.raises(InvalidDataError, match="at least 2 bins and 20 permutations"):
            mutual_information(latents(), latents(), **settings)
        with pytest.raises(InvalidDataError, match="at least 2 bins and 20 permutations"):
            disentanglement_scores(latents(), latents(), **settings)
    for call in (mutual_information, disentanglement_scores):
        with pytest.raises(InvalidDataError, match="one for each sample, but n_bins is 1000000"):
            call(latents(), latents(), n_bins=1_000_000)
