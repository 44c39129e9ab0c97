"""Tests of linear independence: against plain regression, and their size."""

import numpy as np
import pytest
from scipy import stats

from causalrep import Graph
from causalrep.exceptions import DegenerateDataError, InvalidDataError
from causalrep.ranks import RankOracle
from discovery import FisherZTest, KernelTest, RankIndependenceTest, RobustTest
from discovery.independence import partial_correlations, same_given

ONE, TWO = np.array([0]), np.array([1])


def fisher_z(X):
    return FisherZTest(np.cov(X, rowvar=False), len(X))


def gaussian(n_samples, n_given):
    """Two variables with common causes, drawn by a seed."""

    def draw(rng):
        causes = rng.normal(size=(n_samples, n_given))
        both = causes.sum(axis=1)[:, None] + rng.normal(size=(n_samples, 2))
        return np.column_stack([both, causes])

    return draw


def heavy(n_samples, n_given):
    """Uncorrelated elliptical t with five degrees of freedom."""

    def draw(rng):
        size = np.sqrt(5 / rng.chisquare(5, size=(n_samples, 1)))
        return size * rng.normal(size=(n_samples, n_given + 2))

    return draw


def p_values(test, draw, n_given, n_times):
    given = np.arange(2, 2 + n_given)[None]
    samples = (draw(np.random.default_rng(seed)) for seed in range(n_times))
    return np.array([test(X).p_values(ONE, TWO, given)[0] for X in samples])


def test_partial_correlations_are_those_of_residuals():
    X = np.random.default_rng(0).normal(size=(50, 5)) @ np.random.default_rng(1).normal(
        size=(5, 5)
    )
    X -= X.mean(axis=0)
    residuals = X[:, :2] - X[:, 2:] @ np.linalg.lstsq(X[:, 2:], X[:, :2], rcond=None)[0]
    found = partial_correlations(np.cov(X.T), ONE, TWO, np.array([[2, 3, 4]]))
    assert found[0] == pytest.approx(np.corrcoef(residuals.T)[0, 1], rel=1e-10)


def test_one_call_answers_many_questions():
    X = gaussian(100, 3)(np.random.default_rng(2))
    first, second = np.array([0, 1, 0, 4]), np.array([1, 0, 2, 3])
    given = np.array([[2, 3], [3, 2], [3, 4], [0, 1]])
    for test in (fisher_z(X), RobustTest(X)):
        together = test.p_values(first, second, given)
        one_by_one = [
            test.p_values(first[[k]], second[[k]], given[[k]])[0] for k in range(len(first))
        ]
        np.testing.assert_allclose(together, one_by_one, rtol=1e-10)
        assert together[0] == pytest.approx(together[1])


def test_positions_may_be_unsigned():
    test = RobustTest(np.random.default_rng(0).normal(size=(50, 3)))
    unsigned = [part.astype(np.uint64) for part in (ONE, TWO, np.array([[2]]))]
    assert test.p_values(*unsigned) == test.p_values(ONE, TWO, np.array([[2]]))


def test_p_values_do_not_vanish_before_they_must():
    """Beyond 8.3 standard errors one minus a distribution function is zero."""
    correlation = np.array([[1, 0.3], [0.3, 1]])
    p_value = FisherZTest(correlation, 1000).p_values(ONE, TWO, np.zeros((1, 0), int))[0]
    z = np.sqrt(997) * np.arctanh(0.3)
    assert np.log(p_value) == pytest.approx(np.log(2) + stats.norm.logsf(z))


def test_robust_is_a_t_test_of_products_of_residuals():
    X = gaussian(40, 0)(np.random.default_rng(3))
    X = X - X.mean(axis=0)
    products = X[:, 0] * X[:, 1]
    found = RobustTest(X).statistics(ONE, TWO, np.zeros((1, 0), int))[0]
    assert found == pytest.approx(stats.ttest_1samp(products, 0).statistic)


def test_ranks_answer_as_an_independence_test():
    oracle = RankOracle(Graph.from_text("A --> B, B --> C, L --> A, L --> C; latent L"))
    test = RankIndependenceTest(oracle.bind(["A", "B", "C"]))
    assert test.n_variables == 3
    first, second, given = np.array([0, 0]), np.array([2, 1]), np.array([[1], [2]])
    assert test.p_values(first, second, given).tolist() == [0, 0]
    assert np.isnan(test.statistics(first, second, given)).all()


def test_tests_with_one_conditioning_set_are_found_together():
    given = np.array([[3, 1], [0, 2], [1, 3]])
    found = {tuple(members): tests.tolist() for members, tests in same_given(given)}
    assert found == {(1, 3): [0, 2], (0, 2): [1]}


@pytest.mark.parametrize("n_given", [0, 2])
@pytest.mark.parametrize(("test", "draw"), [(fisher_z, gaussian), (RobustTest, heavy)])
def test_size_is_the_level(test, draw, n_given):
    found = p_values(test, draw(100, n_given), n_given, 400)
    assert stats.kstest(found, "uniform").pvalue > 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("n_samples", [100, 200, 1000])
@pytest.mark.parametrize("n_given", [0, 1, 3])
@pytest.mark.parametrize(
    ("test", "draw"), [(fisher_z, gaussian), (RobustTest, gaussian), (RobustTest, heavy)]
)
def test_size_at_five_percent_over_2000_samples(test, draw, n_given, n_samples):
    found = p_values(test, draw(n_samples, n_given), n_given, 2000)
    assert 0.038 <= np.mean(found < 0.05) <= 0.063


def test_fisher_z_is_too_eager_under_heavy_tails():
    """Why there is a robust test."""
    assert np.mean(p_values(fisher_z, heavy(200, 2), 2, 300) < 0.05) > 0.1


@pytest.mark.parametrize("test", [fisher_z, RobustTest])
def test_finds_dependence(test):
    X = gaussian(200, 1)(np.random.default_rng(4))
    assert test(X).p_values(ONE, TWO, np.zeros((1, 0), int))[0] < 1e-6
    assert test(X).p_values(ONE, np.array([2]), np.array([[1]]))[0] < 1e-3


@pytest.mark.parametrize("test", [fisher_z, RobustTest])
def test_refuses_conditioning_sets_larger_than_the_sample_allows(test):
    X = np.random.default_rng(0).normal(size=(8, 8))
    with pytest.raises(InvalidDataError, match=r"8 samples are too few .* given 6 variables"):
        test(X).p_values(ONE, TWO, np.arange(2, 8)[None])


def test_refuses_a_variable_that_others_determine():
    X = gaussian(50, 2)(np.random.default_rng(0))
    X[:, 0] = X[:, 2] - X[:, 3]
    with pytest.raises(DegenerateDataError, match="linear combination of others"):
        fisher_z(X).p_values(ONE, TWO, np.array([[2, 3]]))


def test_kernels_want_some_samples():
    with pytest.raises(InvalidDataError, match=r"at least 20 samples, but 10 came"):
        KernelTest(np.zeros((10, 2)))
