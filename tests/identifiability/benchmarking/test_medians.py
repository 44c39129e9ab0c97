"""Medians: the interval is that of the binomial distribution, and covers."""

import numpy as np
import pytest

from identifiability.benchmarking.medians import median_interval


@pytest.mark.parametrize(
    ("n", "k"), [(6, 1), (8, 1), (9, 2), (10, 2), (20, 6), (30, 10), (50, 18), (100, 40)]
)
def test_ends_are_those_of_tables_of_the_sign_test(n, k):
    median, low, high = median_interval(np.arange(1.0, n + 1)[::-1])
    assert (median, low, high) == ((n + 1) / 2, k, n + 1 - k)


def test_few_values_have_no_interval_and_none_no_median():
    assert np.isnan(median_interval([1.0, 2.0, 3.0, 4.0, 5.0])[1:]).all()
    assert median_interval([1.0, 2.0, 3.0, 4.0, 5.0])[0] == 3.0
    assert np.isnan(median_interval([])).all()


def test_failures_that_count_as_infinite_move_the_median_only_by_their_rank():
    assert median_interval([1.0, 2.0, 3.0, np.inf, np.inf, -np.inf, 0.0])[0] == 2.0
    assert median_interval([1.0, np.inf])[0] == np.inf
    assert median_interval([np.inf, np.inf])[0] == np.inf


@pytest.mark.parametrize("n", [6, 11, 25])
def test_covers_whatever_the_distribution(n):
    rng = np.random.default_rng(n)
    for draws, truth in (
        (rng.standard_cauchy((600, n)), 0.0),
        (rng.exponential(size=(600, n)), np.log(2.0)),
        (rng.integers(0, 3, (600, n)).astype(float), 1.0),
    ):
        ends = np.array([median_interval(draw)[1:] for draw in draws])
        assert np.mean((ends[:, 0] <= truth) & (truth <= ends[:, 1])) > 0.93
