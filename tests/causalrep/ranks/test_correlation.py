"""Likelihood ratio tests of rank: exact matrices, laws, decisions, level, refusals."""

from itertools import combinations

import numpy as np
import pytest
import torch

from causalrep import Dataset
from causalrep.exceptions import DegenerateDataError, InvalidDataError
from causalrep.ranks import CorrelationRankTest, RankTest
from causalrep.ranks.tails import noncentral_chi2_sf

ROWS, COLUMNS = [[0, 1, 2]], [[3, 4, 5]]


def factor_correlation(n_factors, n_variables, seed=0):
    rng = np.random.default_rng(seed)
    loadings = rng.uniform(0.4, 1.2, size=(n_variables, n_factors))
    loadings[:, 1:] *= rng.choice([-1, 1], size=(n_variables, n_factors - 1))
    S = loadings @ loadings.T + np.eye(n_variables)
    return S / np.sqrt(np.outer(np.diag(S), np.diag(S)))


def factor_samples(rng, n_samples, n_factors, n_variables, strength=1.0):
    loadings = strength * rng.uniform(0.5, 1.2, size=(n_variables, n_factors))
    loadings[:, 1:] *= rng.choice([-1, 1], size=(n_variables, n_factors))[:, 1:]
    noise = rng.normal(size=(n_samples, n_variables))
    return rng.normal(size=(n_samples, n_factors)) @ loadings.T + noise


def random_sets(n_variables, sizes, n_tests=20, seed=0):
    numbers = np.tile(np.arange(n_variables), (n_tests, 1))
    order = np.random.default_rng(seed).permuted(numbers, axis=1)
    return np.split(order[:, : sum(sizes)], np.cumsum(sizes)[:-1], axis=1)


@pytest.mark.parametrize("eps", [0.0, 0.05])
def test_exact_ranks_are_seen_in_exact_matrices(eps):
    test = CorrelationRankTest(factor_correlation(2, 8), 10_000, eps=eps)
    assert test.p_values(ROWS, COLUMNS, 2)[0] > 1 - 1e-9
    assert test.p_values(ROWS, COLUMNS, 1)[0] < 1e-10
    one = CorrelationRankTest(factor_correlation(1, 8), 10_000, eps=eps)
    assert one.p_values([[0, 1]], [[2, 3]], 0, [[4]])[0] < 1e-10
    assert one.p_values([[0, 1]], [[2, 3]], 1, [[4]])[0] > 1 - 1e-9
    assert one.complement_p_values([[0, 1], [2, 5]], range(8)).min() > 1 - 1e-9


def test_a_separating_set_leaves_nothing():
    chain = np.array([[1, 0.8, 0.48], [0.8, 1, 0.6], [0.48, 0.6, 1]])
    test = CorrelationRankTest(chain, 500)
    assert test.p_values([[0]], [[2]], 0)[0] < 1e-20
    assert test.p_values([[0]], [[2]], 0, [[1]])[0] == pytest.approx(1)


def test_one_pair_is_bartletts_test_of_a_partial_correlation():
    S = np.cov(factor_samples(np.random.default_rng(0), 60, 1, 4, strength=0.3).T)
    precision = np.linalg.inv(S)
    squared = precision[0, 1] ** 2 / precision[0, 0] / precision[1, 1]
    expected = noncentral_chi2_sf(-(60 - 1 - 2 - 1.5) * np.log1p(-np.array([squared])), 1, 0.0)
    found = CorrelationRankTest(S, 60).p_values([[0]], [[1]], 0, [[2, 3]])
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_the_factor_is_bounded_by_the_sample_size():
    test = CorrelationRankTest(np.eye(6) + 1e-9, 200)
    p_values = [test.p_values(ROWS, COLUMNS, rank)[0] for rank in range(3)]
    np.testing.assert_allclose(p_values, 1)


@pytest.mark.parametrize("eps", [0.0, 0.03])
@pytest.mark.parametrize("given", [(), (12, 3)])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_complements_agree_with_explicit_columns(size, given, eps):
    X = factor_samples(np.random.default_rng(0), 400, 3, 14)
    test = CorrelationRankTest.from_samples(X, eps=eps)
    universe = [number for number in range(13) if number != 5]
    free = [number for number in universe if number not in given]
    sets = np.array(list(combinations(free, size)))
    found = test.complement_p_values(sets, universe, given)
    np.testing.assert_allclose(
        found, RankTest.complement_p_values(test, sets, universe, given), rtol=1e-8
    )


@pytest.mark.parametrize("eps", [0.0, 0.02])
@pytest.mark.parametrize("n_samples", [40, 150, 2000])
def test_decisions_are_those_of_the_p_values(n_samples, eps):
    X = factor_samples(np.random.default_rng(1), n_samples, 4, 20, strength=0.5)
    test = CorrelationRankTest.from_samples(X, eps=eps)
    for size in (1, 2, 3, 4):
        sets = np.array(list(combinations(range(20), size)))
        p_values = test.complement_p_values(sets, range(20))
        for alpha in (1e-6, 0.01, 0.3, *np.quantile(p_values, [0.2, 0.8]).clip(1e-300, 0.999)):
            found = test.complement_accepts(sets, range(20), alpha)
            away = np.abs(p_values / alpha - 1) > 1e-9
            np.testing.assert_array_equal(found[away], (p_values >= alpha)[away])


def test_decisions_hold_where_the_matrix_is_nearly_singular():
    rng = np.random.default_rng(2)
    X = factor_samples(rng, 300, 2, 10)
    X[:, 9] = X[:, :9].sum(axis=1) + 1e-4 * rng.normal(size=300)
    test = CorrelationRankTest.from_samples(X)
    sets = np.array(list(combinations(range(10), 2)))
    p_values = test.complement_p_values(sets, range(10))
    np.testing.assert_array_equal(test.complement_accepts(sets, range(10), 0.05), p_values >= 0.05)


def test_neither_order_nor_scale_of_the_columns_matters():
    rng = np.random.default_rng(3)
    X, order = factor_samples(rng, 300, 2, 9), rng.permutation(9)
    place = np.argsort(order)
    test = CorrelationRankTest.from_samples(X)
    other = CorrelationRankTest.from_samples(X[::-1][:, order] * np.exp2(np.arange(9) * 40 - 160))
    rows, columns, given = random_sets(9, (2, 3, 1))
    np.testing.assert_allclose(
        other.p_values(place[rows], place[columns], 1, place[given]),
        test.p_values(rows, columns, 1, given),
        rtol=1e-7,
    )
    np.testing.assert_allclose(
        test.p_values(columns, rows[:, ::-1], 1, given), test.p_values(rows, columns, 1, given)
    )


def test_composites_carry_what_members_share_with_others():
    test = CorrelationRankTest(factor_correlation(2, 10), 5000)
    extended = test.with_composite([0, 1, 2], 2, range(3, 10))
    assert extended.n_variables == 12
    np.testing.assert_allclose(extended.correlation[10:, 10:], np.eye(2), atol=1e-12)
    full = test.p_values([[0, 1, 2]], [[3, 4, 5]], 2), test.p_values([[0, 1, 2]], [[3, 4, 5]], 1)
    assert full[0][0] > 0.99
    assert full[1][0] < 1e-3
    assert extended.p_values([[10, 11, 6]], [[3, 4, 5]], 2)[0] > 0.99
    assert extended.p_values([[10, 11]], [[3, 4, 5, 6]], 1)[0] < 1e-3
    np.testing.assert_allclose(  # the composites leave nothing between members and others
        extended.p_values([[0]], [[5]], 0, [[10, 11]]), 1, atol=1e-6
    )
    assert test.n_variables == 10


def test_composites_do_not_depend_on_the_order_of_members():
    S = np.cov(factor_samples(np.random.default_rng(4), 200, 2, 8).T)
    S[0] *= -1
    S[:, 0] *= -1
    test = CorrelationRankTest(S, 200)
    first = test.with_composite([0, 1, 2], 2, [3, 4, 5, 6, 7]).correlation
    second = test.with_composite([2, 0, 1], 2, [7, 5, 3, 6, 4]).correlation
    np.testing.assert_allclose(first, second, atol=1e-12)


def test_torch_tensors_give_the_same_answers():
    S = factor_correlation(2, 9) + 0.02 * np.eye(9)
    ours, theirs = CorrelationRankTest(S, 100), CorrelationRankTest(torch.tensor(S), 100)
    rows, columns, given = random_sets(9, (2, 3, 1))
    np.testing.assert_allclose(
        theirs.p_values(rows, columns, 1, given), ours.p_values(rows, columns, 1, given)
    )
    sets = np.array(list(combinations(range(9), 3)))
    np.testing.assert_array_equal(
        theirs.complement_accepts(sets, range(9), 0.5),
        ours.complement_accepts(sets, range(9), 0.5),
    )
    composed = [test.with_composite([0, 1], 1, [2, 3]).correlation for test in (theirs, ours)]
    np.testing.assert_allclose(composed[0].numpy(), composed[1], atol=1e-12)


def test_dependence_given_the_rest_is_the_partial_correlation():
    test = CorrelationRankTest(factor_correlation(1, 6), 100)
    strength = test.dependence_given_rest([4, 0, 2])
    statistic = -(100 - 1 - 1 - 1.5) * np.log1p(-(strength[0, 1:2] ** 2))
    p_value = noncentral_chi2_sf(statistic, 1, 0.0)
    np.testing.assert_allclose(p_value, test.p_values([[4]], [[0]], 0, [[2]]))
    np.testing.assert_allclose(strength, strength.T)


LEVELS = [
    (50, 3, 3, 0, 1.0),
    (50, 2, 4, 1, 1.0),
    (100, 3, 12, 2, 1.0),
    (100, 2, 30, 1, 1.0),
]


def rejections(n_simulations, n_samples, a, b, rank, strength):
    rng = np.random.default_rng(7)
    rows, columns = np.arange(a)[None], np.arange(a, a + b)[None]
    p_values = []
    for _ in range(n_simulations):
        X = factor_samples(rng, n_samples, rank, a + b, strength)
        p_values.append(CorrelationRankTest.from_samples(X).p_values(rows, columns, rank)[0])
    return np.mean(np.array(p_values) <= 0.05)


@pytest.mark.parametrize("case", LEVELS)
def test_true_ranks_are_rarely_rejected(case):
    assert rejections(250, *case) < 0.1


@pytest.mark.slow
@pytest.mark.parametrize("case", LEVELS)
def test_the_level_is_that_asked_for(case):
    assert 0.03 <= rejections(2000, *case) <= 0.07


def test_ranks_below_the_one_tested_are_rejected_no_more_often():
    rng = np.random.default_rng(8)
    rows, columns = np.arange(3)[None], np.arange(3, 7)[None]
    p_values = [
        CorrelationRankTest.from_samples(rng.normal(size=(60, 7))).p_values(rows, columns, 2)[0]
        for _ in range(250)
    ]
    assert np.mean(np.array(p_values) <= 0.05) <= 0.05


def test_close_fit_accepts_what_is_nearly_true():
    S = factor_correlation(1, 6)
    S[0, 3] = S[3, 0] = S[0, 3] + 0.04
    tests = [CorrelationRankTest(S, 13_000, eps=eps) for eps in (0.0, 0.05)]
    exact, close = (test.p_values([[0, 1, 2]], [[3, 4, 5]], 1)[0] for test in tests)
    assert exact < 0.05 < close
    assert CorrelationRankTest(factor_correlation(2, 6, 3), 13_000, eps=0.05).p_values(
        [[0, 1, 2]], [[3, 4, 5]], 0
    ) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("rows", "columns", "rank", "given", "sentence"),
    [
        ([[0, 1]], [[1, 2]], 1, None, "must not share a variable"),
        ([[0, 1]], [[2, 3]], 1, [[3]], "must not share a variable"),
        ([[0, 1]], [[2, 9]], 1, None, "0 to 5, but sets name"),
        ([[0, -1]], [[2, 3]], 1, None, "0 to 5, but sets name"),
        ([[0, 1]], [[2, 3]], 2, None, "rank is 2"),
        ([[0, 1]], [[2, 3]], -1, None, "rank is -1"),
        ([[0.0, 1.0]], [[2, 3]], 1, None, "integer"),
        ([0, 1], [2, 3], 1, None, "one row a test"),
    ],
)
def test_refuses_sets_that_make_no_test(rows, columns, rank, given, sentence):
    with pytest.raises(InvalidDataError, match=sentence):
        CorrelationRankTest(factor_correlation(1, 6), 50).p_values(rows, columns, rank, given)


@pytest.mark.parametrize("method", ["complement_p_values", "complement_accepts"])
@pytest.mark.parametrize(
    ("sets", "universe", "given", "sentence"),
    [
        ([[0, 0]], range(6), (), "no variable twice"),
        ([[0, 5]], range(5), (), "must lie in the universe"),
        ([[0, 1]], range(6), (1,), "none of those given"),
        ([[0, -1]], range(6), (), "must lie in the universe"),
        ([[0, 1]], range(3), (), "rank is 1"),
        ([[0, 1]], range(9), (), "0 to 5, but sets name"),
    ],
)
def test_refuses_sets_outside_the_universe(method, sets, universe, given, sentence):
    test = CorrelationRankTest(factor_correlation(1, 6), 50)
    more = {"alpha": 0.05} if method == "complement_accepts" else {}
    with pytest.raises(InvalidDataError, match=sentence):
        getattr(test, method)(np.array(sets), universe, given=given, **more)


@pytest.mark.parametrize(
    ("correlation", "n_samples", "eps", "sentence"),
    [
        (np.eye(3), 2, 0.0, "at least 3"),
        (np.eye(3), 50.0, 0.0, "at least 3"),
        (np.eye(3), 50, -0.1, "eps must be 0 or a positive number"),
        (np.eye(3), 50, np.nan, "eps must be 0 or a positive number"),
        (np.eye(3), 50, True, "eps must be 0 or a positive number"),
        (np.ones((2, 3)), 50, 0.0, "square and real"),
        (1j * np.eye(3), 50, 0.0, "square and real"),
        (np.full((2, 2), np.nan), 50, 0.0, "4 values that are not finite"),
        (np.array([[1, 0.5], [0.1, 1]]), 50, 0.0, "differences up to 0.4"),
        (np.array([[1, 0.9, 0.9], [0.9, 1, -0.9], [0.9, -0.9, 1]]), 50, 0.0, "eigenvalue -0.8"),
    ],
)
def test_refuses_what_is_no_correlation_matrix(correlation, n_samples, eps, sentence):
    with pytest.raises(InvalidDataError, match=sentence):
        CorrelationRankTest(correlation, n_samples, eps=eps)


def test_refuses_too_few_samples_for_the_sets():
    test = CorrelationRankTest(factor_correlation(1, 8), 8)
    with pytest.raises(InvalidDataError, match="wants at least 9 samples, but there are 8"):
        test.p_values([[0, 1]], [[2, 3, 4, 5]], 1, [[6, 7]])


@pytest.mark.parametrize("alpha", [0.0, 1.0, np.nan])
def test_refuses_levels_that_are_none(alpha):
    test = CorrelationRankTest(factor_correlation(1, 6), 50)
    with pytest.raises(InvalidDataError, match="alpha must lie between 0 and 1"):
        test.complement_accepts(np.array([[0, 1]]), range(6), alpha)


def test_refuses_degenerate_columns_by_name():
    X = np.random.default_rng(0).normal(size=(30, 3))
    X = np.column_stack([X, np.full(30, 7.0), X[:, 0]])
    with pytest.raises(DegenerateDataError, match="constant: 'd'; duplicate: 'e' repeats 'a'"):
        CorrelationRankTest.from_samples(Dataset(X=X, names=list("abcde")))


def test_refuses_a_composite_beside_its_members():
    test = CorrelationRankTest(factor_correlation(2, 8), 100).with_composite([0, 1], 1, [3, 4])
    with pytest.raises(DegenerateDataError, match="a composite depends on its members"):
        test.p_values([[0, 1, 8]], [[5, 6]], 1)
    with pytest.raises(DegenerateDataError, match="a composite depends on its members"):
        test.complement_p_values(np.array([[0, 8]]), range(9))


@pytest.mark.parametrize(
    ("members", "size", "against"), [([0, 1], 1, [1, 2]), ([0, 1], 3, [2, 3, 4]), ([0], 0, [1])]
)
def test_refuses_composites_that_cannot_be(members, size, against):
    with pytest.raises(InvalidDataError):
        CorrelationRankTest(factor_correlation(2, 8), 100).with_composite(members, size, against)


def test_no_tests_give_no_answers():
    test, none = CorrelationRankTest(np.eye(5), 50), np.zeros((0, 2), dtype=int)
    assert test.p_values(none, none, 1).shape == (0,)
    assert test.complement_p_values(none, range(5)).shape == (0,)
    assert test.complement_accepts(none, range(5), 0.1).shape == (0,)
