"""Independence of two features by permutations of products of polynomials."""

import numpy as np
import pytest

from discovery.cumulant_discovery.pair_independence import (
    _permuted,
    _polynomials,
    pair_independence,
)


def drawn(n_samples, seed, noise="exponential"):
    x, y, latent = getattr(np.random.default_rng(seed), f"standard_{noise}")(size=(3, n_samples))
    return x, y, latent


@pytest.mark.parametrize("noise", ["normal", "exponential", "cauchy"])
def test_few_samples_of_any_law_are_called_dependent_no_more_often_than_asked_for(noise):
    """The Wald test of cumulants rejected .3 here."""
    found = [pair_independence(*drawn(40, seed, noise)[:2], seed).p_value for seed in range(150)]
    assert abs(np.mean(np.array(found) < 0.05) - 0.05) < 4 * np.sqrt(0.05 * 0.95 / 150)


def test_many_samples_need_no_permutations_for_their_level():
    found = [pair_independence(*drawn(20_001, seed)[:2]) for seed in range(30)]
    assert {some.n_permutations for some in found} == {0}
    assert np.mean([some.p_value < 0.05 for some in found]) < 0.05 + 4 * 0.04


def test_dependence_without_correlation_is_seen():
    x, y, latent = drawn(1000, 0)
    x, y = x + latent, y + latent
    y = y - np.cov(x, y)[0, 1] / x.var() * x
    assert abs(np.corrcoef(x, y)[0, 1]) < 0.01
    assert pair_independence(x, y).p_value < 1e-4


def test_neither_order_nor_sign_nor_unit_changes_the_answer():
    x, y, latent = drawn(60, 1)
    y = y + 0.3 * x + latent
    order = np.random.default_rng(0).permutation(60)
    answers = [
        pair_independence(*pair, 5)
        for pair in ((x, y), (y, x), (-x, y), (4.0 * x, y + 1), (x[order], y[order]))
    ]
    np.testing.assert_allclose([one.p_value for one in answers], answers[0].p_value)
    np.testing.assert_allclose([one.statistic for one in answers], answers[0].statistic)


def test_permuted_statistics_have_their_exact_mean():
    P, Q = (_polynomials(z - z.mean()) for z in drawn(50, 2)[:2])
    found = _permuted(P, Q, np.inf, np.random.default_rng(0))
    assert len(found) == 5000
    assert found.mean() == pytest.approx(3, abs=5 * found.std() / np.sqrt(len(found)))


def test_a_permutation_and_its_inverse_count_once():
    """Of two features of one law they tell the same: .02 of 20,000 samples fell below .01."""
    x, y, _ = drawn(12_000, 6, "normal")
    P, Q = _polynomials(np.sort(x)), _polynomials(np.sort(y))
    found = _permuted(P[::6], Q[::6], np.inf, np.random.default_rng(0))
    assert np.corrcoef(found[:50], found[50:100])[0, 1] > 0.95
    tested = pair_independence(x, y)
    counted = tested.p_value * (2 + tested.n_permutations)
    assert counted == pytest.approx(round(counted))
    assert len(_permuted(P, Q, np.inf, np.random.default_rng(0))) == 200


def test_two_values_have_one_polynomial():
    rng = np.random.default_rng(3)
    x, y = rng.integers(0, 2, (2, 300)).astype(float)
    assert (_polynomials((x - x.mean()) / x.std())[:, 1:] == 0).all()
    assert pair_independence(x, y).p_value > 0.01
    assert pair_independence(x, np.where(rng.random(300) < 0.3, 1 - x, x)).p_value < 1e-6
