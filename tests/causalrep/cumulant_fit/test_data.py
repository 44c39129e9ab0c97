from dataclasses import replace

import numpy as np
import pytest

from causalrep.cumulant_fit import CumulantData
from causalrep.cumulant_fit.data import choose_orders
from causalrep.exceptions import BudgetError, DegenerateDataError, InvalidDataError


def samples(n_samples=400, n_features=3, seed=0):
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(n_features, n_features + 1))
    return rng.exponential(size=(n_samples, n_features + 1)) @ mixing.T


def test_features_are_standardised_and_decorrelated():
    data = CumulantData.from_samples(samples())
    pairs = data.sets[0]
    np.testing.assert_allclose(data.values[: len(pairs)], pairs[:, 0] == pairs[:, 1], atol=1e-12)


def test_weights_whiten_the_covariance_but_for_shrinkage():
    data = CumulantData.from_samples(samples(), shrinkage=1e-9)
    W = data.whitening
    noise = W @ data.covariance @ W.T / data.n_samples
    np.testing.assert_allclose(noise, np.eye(data.n_moments), atol=1e-4)


def test_full_shrinkage_gives_diagonal_weights():
    W = CumulantData.from_samples(samples(), shrinkage=1.0).whitening
    np.testing.assert_array_equal(W, np.diag(np.diag(W)))


def test_leverages_are_shares_that_sum_to_the_number_of_cumulants():
    data = CumulantData.from_samples(samples(), shrinkage=1e-6)
    assert (data.leverages >= 0).all()
    assert (data.leverages <= 1 + 1e-6).all()
    assert data.leverages.sum() == pytest.approx(data.n_moments, rel=1e-3)


def test_without_influences_errors_are_those_of_the_covariance():
    data = replace(CumulantData.from_samples(samples()), influences=None)
    rows = np.eye(data.n_moments)[[5]]
    assert data.estimate_covariance(rows)[0, 0] == data.covariance[5, 5] / data.n_samples
    assert not data.leverages.any()


def test_errors_of_estimates_are_at_most_doubled_in_variance():
    data = CumulantData.from_samples(samples())
    responses = np.random.default_rng(0).normal(size=(4, data.n_moments))
    plain = responses @ data.covariance @ responses.T / data.n_samples
    found = data.estimate_covariance(responses)
    assert np.linalg.eigvalsh(found - plain).min() > 0
    assert np.linalg.eigvalsh(2 * plain - found).min() > 0


@pytest.mark.parametrize(
    ("law", "orders"), [("exponential", (2, 3, 4)), ("uniform", (2, 4, 6)), ("laplace", (2, 4, 6))]
)
def test_orders_follow_the_skewness(law, orders):
    rng = np.random.default_rng(0)
    X = getattr(rng, law)(size=(1000, 4)) @ rng.normal(size=(4, 3))
    assert CumulantData.from_samples(X).orders == orders


def test_sixth_order_is_left_out_where_it_would_be_too_much():
    Z = np.random.default_rng(0).uniform(-1, 1, size=(300, 5))
    assert choose_orders(Z) == (2, 4)


def test_symmetric_laws_are_seldom_called_skewed():
    found = [
        choose_orders(np.random.default_rng(seed).laplace(size=(300, 2))) for seed in range(200)
    ]
    assert found.count((2, 3, 4)) <= 2


def test_keys_tell_features_apart_without_their_order():
    X = samples()
    keys = CumulantData.from_samples(X).keys
    turned = CumulantData.from_samples(X[:, [2, 0, 1]]).keys
    np.testing.assert_allclose(turned, keys[[2, 0, 1]], rtol=1e-9)


@pytest.mark.parametrize(
    ("X", "error", "words"),
    [
        (np.zeros(5), InvalidDataError, "finite matrix"),
        (np.full((20, 2), np.nan), InvalidDataError, "not finite"),
        (np.eye(5), InvalidDataError, "eight samples"),
        (np.c_[np.arange(20.0), np.ones(20)], DegenerateDataError, "constant"),
        (np.c_[np.arange(20.0) ** 2, 2 * np.arange(20.0) ** 2], DegenerateDataError, "linear"),
    ],
)
def test_refuses_samples_without_cumulants(X, error, words):
    with pytest.raises(error, match=words):
        CumulantData.from_samples(X)


@pytest.mark.parametrize("orders", [(), (1, 2), (2, 7), (2, 2)])
def test_refuses_orders_that_are_not_there(orders):
    with pytest.raises(InvalidDataError, match="from 2 to 6"):
        CumulantData.from_samples(samples(), orders)


def test_refuses_coins_whose_squares_do_not_vary():
    coins = np.random.default_rng(0).choice([-1.0, 1.0], size=(100, 1))
    coins[:50], coins[50:] = 1.0, -1.0
    with pytest.raises(DegenerateDataError, match="sampling variance"):
        CumulantData.from_samples(coins, (2, 4))


def test_refuses_more_cumulants_than_can_be_weighted():
    X = np.random.default_rng(0).exponential(size=(100, 30))
    with pytest.raises(BudgetError, match="46345 cumulants"):
        CumulantData.from_samples(X, (2, 3, 4))


@pytest.mark.parametrize("shrinkage", [-0.1, 1.5])
def test_refuses_shrinkage_beyond_its_range(shrinkage):
    with pytest.raises(InvalidDataError, match="from 0 to 1"):
        CumulantData.from_samples(samples(), shrinkage=shrinkage)


@pytest.mark.parametrize("shrinkage", [True, "little", None])
def test_refuses_shrinkage_that_is_no_number(shrinkage):
    with pytest.raises(InvalidDataError, match='must be "auto" or a number'):
        CumulantData.from_samples(samples(), shrinkage=shrinkage)


def test_says_what_to_do_where_no_optimal_weights_exist():
    data = CumulantData.from_samples(samples(20), shrinkage=0)
    with pytest.raises(DegenerateDataError, match="Raise shrinkage"):
        data.whitening  # noqa: B018
