"""Rank tests of ordinal data: level, composites, laws, refusals."""

import numpy as np
import pytest

from causalrep import Dataset
from causalrep.exceptions import DegenerateDataError, InvalidDataError, ModelMismatchWarning
from causalrep.ranks import CorrelationRankTest, OrdinalRankTest

LOADINGS = np.array([0.8, 0.7, 0.85, 0.6, 0.75, 0.65])
CUTS = {3: [-0.43, 0.43], 5: [-0.84, -0.25, 0.25, 0.84]}
SETS = [[0, 1]], [[2, 3, 4, 5]], 1


def answers(rng, n_samples, n_categories, loadings=LOADINGS):
    noise = rng.normal(size=(n_samples, len(loadings))) * np.sqrt(1 - loadings**2)
    return np.digitize(rng.normal(size=(n_samples, 1)) * loadings + noise, CUTS[n_categories])


def test_one_common_cause_is_accepted_and_two_are_not():
    rng = np.random.default_rng(0)
    first, second = answers(rng, 1500, 5), answers(rng, 1500, 5)
    test = OrdinalRankTest(np.column_stack([first[:, :4], second[:, :4]]))
    assert test.p_values([[0, 1]], [[2, 3]], 1)[0] > 0.01
    assert test.p_values([[0, 4]], [[1, 5]], 1)[0] < 1e-10
    assert test.p_values([[0, 1]], [[4, 5]], 0)[0] > 0.01


@pytest.mark.parametrize("given", [None, [[4]], [[4, 5]]])
def test_a_composite_of_one_is_that_variable(given):
    test = OrdinalRankTest(answers(np.random.default_rng(1), 400, 5))
    extended = test.with_composite([0], 1, [2, 3])
    np.testing.assert_allclose(
        extended.p_values([[6, 1]], [[2, 3]], 1, given),
        test.p_values([[0, 1]], [[2, 3]], 1, given),
    )


def test_composites_keep_the_rank_and_have_unit_variance():
    loadings = np.tile(LOADINGS, 2)
    test = OrdinalRankTest(answers(np.random.default_rng(2), 2000, 5, loadings))
    extended = test.with_composite([0, 1, 2], 1, range(3, 12))
    assert extended.correlation[-1, -1] == pytest.approx(1)
    assert extended.p_values([[12, 3]], [[4, 5, 6]], 1)[0] > 0.01
    assert extended.p_values([[12]], [[4]], 0)[0] < 1e-20
    assert extended.n_variables == 13


def test_neither_order_nor_coding_matters():
    rng = np.random.default_rng(3)
    X, order = answers(rng, 300, 3), rng.permutation(6)
    place = np.argsort(order)
    test, other = OrdinalRankTest(X), OrdinalRankTest(3.0 * X[::-1][:, order] - 7)
    sets = rng.permuted(np.tile(np.arange(6), (20, 1)), axis=1)
    rows, columns, given = sets[:, :2], sets[:, 2:5], sets[:, 5:]
    np.testing.assert_allclose(
        other.p_values(place[rows], place[columns], 1, place[given]),
        test.p_values(rows, columns, 1, given),
        rtol=1e-6,
    )


@pytest.mark.parametrize("n_categories", [3, 5])
def test_true_ranks_are_rarely_rejected(n_categories):
    rng = np.random.default_rng(4)
    tests = [OrdinalRankTest(answers(rng, 300, n_categories)) for _ in range(60)]
    p_values = np.array([test.p_values(*SETS)[0] for test in tests])
    assert np.mean(p_values <= 0.05) < 0.15
    plain = [CorrelationRankTest(test.correlation, 300).p_values(*SETS)[0] for test in tests]
    assert np.mean(np.array(plain) <= 0.05) > np.mean(p_values <= 0.05)


@pytest.mark.slow
@pytest.mark.parametrize("n_samples", [300, 1000])
@pytest.mark.parametrize("n_categories", [3, 5])
def test_the_level_is_that_asked_for(n_categories, n_samples):
    rng = np.random.default_rng(5)
    tests = (OrdinalRankTest(answers(rng, n_samples, n_categories)) for _ in range(1000))
    p_values = np.array([test.p_values(*SETS)[0] for test in tests])
    assert 0.03 <= np.mean(p_values <= 0.05) <= 0.08


def test_warns_where_correlations_are_not_definite():
    X = answers(np.random.default_rng(0), 30, 3, np.full(7, 0.8))
    with pytest.warns(ModelMismatchWarning, match="not positive definite"):
        test = OrdinalRankTest(X)
    assert np.linalg.eigvalsh(test.correlation)[0] > 0
    np.testing.assert_allclose(np.diag(test.correlation), 1)


@pytest.mark.parametrize(
    ("X", "error", "sentence"),
    [
        (np.random.default_rng(0).normal(size=(50, 2)), InvalidDataError, "whole numbers"),
        (np.arange(60).reshape(30, 2), InvalidDataError, "at most 10 categories"),
        (np.full((9, 3), np.nan), InvalidDataError, "must be finite"),
        (np.ones((9, 3)), DegenerateDataError, "constant"),
        (np.repeat(np.arange(9)[:, None] % 3, 2, axis=1), DegenerateDataError, "duplicate"),
        (np.zeros((9, 129)), InvalidDataError, "at most 128 columns"),
    ],
)
def test_refuses_what_is_not_ordinal(X, error, sentence):
    with pytest.raises(error, match=sentence):
        OrdinalRankTest(X)


def test_refuses_columns_by_name():
    data = Dataset(X=np.array([[1.0, 0.5], [2.0, 1.0], [1.0, 2.0]]), names=["mood", "height"])
    with pytest.raises(InvalidDataError, match="'height'"):
        OrdinalRankTest(data)


def test_refuses_columns_of_whose_correlation_nothing_is_known():
    X = np.zeros((16, 3), dtype=int)
    X[1, 1:], X[3, 2], X[8, 1], X[10, 0], X[10, 2] = (-1, 2), -3, -2, -9, -1
    with pytest.raises(DegenerateDataError, match="say nothing of"):
        OrdinalRankTest(X)


def test_refuses_columns_that_determine_one_another():
    steps = np.repeat(np.arange(4), 2500)
    X = np.column_stack([steps, steps**2])
    with pytest.raises(DegenerateDataError, match="determine one another"):
        OrdinalRankTest(X)


def test_refuses_too_few_samples():
    test = OrdinalRankTest(answers(np.random.default_rng(7), 22, 3))
    with pytest.raises(InvalidDataError, match="wants at least 23 samples, but there are 22"):
        test.p_values(*SETS)
