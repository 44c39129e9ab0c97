"""Tests of vanishing tetrads: published values, laws, calibration, refusals."""

import numpy as np
import pytest
from scipy import stats

from causalrep.exceptions import DegenerateDataError, InvalidDataError
from discovery import (
    joint_tetrad_test,
    joint_tetrad_test_from_samples,
    one_factor_tetrads,
    single_tetrad_tests,
    tetrad_differences,
)


def symmetric(text):
    rows = [[float(value) for value in row.split()] for row in text.split("|")]
    lower = np.array([row + [0.0] * (len(rows) - len(row)) for row in rows])
    return lower + np.tril(lower, -1).T


UNION = symmetric(
    "14.610 | -5.250 11.017 | -8.057 11.087 31.971 | -0.482 .677 1.559 1.021 "
    "| -18.857 17.861 28.250 7.139 215.662"
)
BOLLEN_2000 = symmetric(
    "2.034 | .113 1.281 | .510 .093 1.572 | .105 .857 .447 1.708 | .998 .228 .170 .345 1.651"
)


def one_factor(m, seed=0):
    loadings = np.random.default_rng(seed).uniform(0.4, 0.9, m) * [(-1) ** j for j in range(m)]
    return np.outer(loadings, loadings) + np.diag(1 - loadings**2)


def test_gives_the_published_value_for_sympathy_with_unions():
    test = joint_tetrad_test(UNION, 173, [[0, 3, 4, 1]])
    assert (round(test.statistic, 4), test.degrees_of_freedom) == (0.7311, 1)
    assert round(test.p_value, 4) == 0.3925


def test_gives_the_published_value_for_five_simulated_variables():
    digits = ["1234", "1243", "1235", "1352", "1345"]
    tetrads = [[int(digit) - 1 for digit in four] for four in digits]
    test = joint_tetrad_test(BOLLEN_2000, 1000, tetrads)
    assert (round(test.statistic, 4), test.degrees_of_freedom) == (64.1319, 5)
    assert test.p_value == pytest.approx(stats.chi2.sf(test.statistic, 5), rel=1e-12)


def test_a_single_normal_test_is_the_joint_test_of_one_tetrad_in_large_samples():
    covariance = one_factor(4)
    covariance[[0, 1], [1, 0]] += 1e-6
    single = single_tetrad_tests(covariance, 10**7, [[0, 1, 2, 3]])
    joint = joint_tetrad_test(covariance, 10**7, [[0, 1, 2, 3]])
    assert single.statistics[0] ** 2 == pytest.approx(joint.statistic, rel=1e-4)


@pytest.mark.parametrize("m", [4, 5, 8])
def test_the_tetrads_of_one_factor_vanish_and_are_as_many_as_its_constraints(m):
    covariance = one_factor(m)
    tetrads = one_factor_tetrads(covariance)
    assert len(tetrads) == m * (m - 3) // 2
    np.testing.assert_allclose(tetrad_differences(covariance, tetrads), 0, atol=1e-15)
    assert joint_tetrad_test(covariance, 500, tetrads).p_value == pytest.approx(1)


def test_two_factors_are_seen_by_the_tetrads_of_one():
    loadings = np.kron(np.eye(2), np.full((3, 1), 0.8))
    covariance = loadings @ [[1, 0.3], [0.3, 1]] @ loadings.T + 0.36 * np.eye(6)
    test = joint_tetrad_test(covariance, 1000, one_factor_tetrads(covariance))
    assert test.p_value < 1e-10


@pytest.mark.parametrize("exponent", [-300, 4, 200])
def test_units_do_not_matter(exponent):
    units = 2.0 ** np.array([exponent, 0, -exponent // 2, 3, 1])
    covariance = BOLLEN_2000 * np.outer(units, units)
    tetrads = one_factor_tetrads(BOLLEN_2000)
    np.testing.assert_array_equal(one_factor_tetrads(covariance), tetrads)
    one, two = (joint_tetrad_test(S, 400, tetrads) for S in (BOLLEN_2000, covariance))
    assert two.statistic == pytest.approx(one.statistic, rel=1e-9)


def test_the_order_of_variables_does_not_matter():
    order = np.random.default_rng(3).permutation(5)
    permuted = UNION[np.ix_(order, order)]
    tests = [joint_tetrad_test(S, 173, one_factor_tetrads(S)) for S in (UNION, permuted)]
    assert tests[1].statistic == pytest.approx(tests[0].statistic, rel=1e-9)


def p_values(draw, n_samples, repetitions, seed):
    rng = np.random.default_rng(seed)
    loadings = np.array([0.9, 0.7, 0.8, 0.6])
    for _ in range(repetitions):
        X = draw(rng, n_samples, loadings)
        S = np.cov(X.T)
        tetrads = one_factor_tetrads(S)
        yield (
            single_tetrad_tests(S, n_samples, [[0, 1, 2, 3]]).p_values[0],
            joint_tetrad_test(S, n_samples, tetrads).p_value,
            joint_tetrad_test_from_samples(X, tetrads).p_value,
        )


def normal(rng, n_samples, loadings):
    noise = rng.standard_normal((n_samples, len(loadings))) * np.sqrt(1 - loadings**2)
    return rng.standard_normal((n_samples, 1)) * loadings + noise


def heavy_tailed(rng, n_samples, loadings):
    return normal(rng, n_samples, loadings) * np.sqrt(7 / rng.chisquare(7, (n_samples, 1)))


def test_p_values_of_normal_data_are_uniform():
    found = np.array(list(p_values(normal, 800, 600, 1)))
    np.testing.assert_allclose((found < 0.05).mean(axis=0), 0.05, atol=0.025)
    assert min(stats.kstest(column, "uniform").pvalue for column in found.T) > 1e-3


def test_fourth_moments_hold_the_level_where_tails_are_heavy_in_common():
    found = np.array(list(p_values(heavy_tailed, 800, 400, 2)))
    _, normal_theory, distribution_free = (found < 0.05).mean(axis=0)
    assert normal_theory > 0.09
    assert abs(distribution_free - 0.05) < 0.025


@pytest.mark.parametrize(
    ("tetrads", "sentence"),
    [
        ([[0, 1, 2]], "rows of four whole numbers"),
        ([[0.0, 1, 2, 3]], "rows of four whole numbers"),
        ([[0, 1, 2, 7]], "the tetrads name 0 to 7"),
        ([[0, 1, 2, 1]], r"\[0, 1, 2, 1\] repeats one"),
        ([], "rows of four whole numbers"),
    ],
)
def test_refuses_what_are_no_tetrads(tetrads, sentence):
    with pytest.raises(InvalidDataError, match=sentence):
        joint_tetrad_test(UNION, 173, tetrads)


def test_refuses_what_is_no_covariance():
    with pytest.raises(InvalidDataError, match="negative eigenvalue"):
        tetrad_differences(np.ones((4, 4)) * 2 - np.eye(4), [[0, 1, 2, 3]])


def test_refuses_too_few_samples_and_variables():
    with pytest.raises(InvalidDataError, match="At least 6 samples"):
        joint_tetrad_test(UNION, 5, one_factor_tetrads(UNION))
    with pytest.raises(InvalidDataError, match="At least 5 samples"):
        single_tetrad_tests(UNION, 4, [[0, 1, 2, 3]])
    with pytest.raises(InvalidDataError, match="four variables or more"):
        one_factor_tetrads(np.eye(3))
    with pytest.raises(InvalidDataError, match="wants X to be finite"):
        joint_tetrad_test_from_samples(np.full((9, 4), np.nan), [[0, 1, 2, 3]])


def test_refuses_redundant_tetrads():
    every = [[0, 1, 2, 3], [0, 1, 3, 2], [0, 2, 3, 1], [0, 1, 2, 4], [0, 1, 2, 4]]
    with pytest.raises(DegenerateDataError, match="5 tetrads are redundant"):
        joint_tetrad_test(UNION, 173, every)
