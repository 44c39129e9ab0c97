"""Influences of samples on functions of covariances: against leaving samples out."""

import numpy as np
import pytest

from identifiability.score_influences import careful_spread


def log_ratio(C):
    return float(np.log(C[0, 0] / C[1, 1]) + C[0, 1] / np.sqrt(C[0, 0] * C[1, 1]))


def left_out(compute, X):
    """Jackknife standard error of a function of the covariance."""
    values = []
    for row in range(len(X)):
        rest = np.delete(X, row, axis=0)
        rest = rest - rest.mean(axis=0)
        values.append(compute(rest.T @ rest))
    values = np.array(values)
    n = len(X)
    return float(np.sqrt((n - 1) / n * np.sum((values - values.mean()) ** 2)))


def test_the_spread_is_near_what_leaving_samples_out_gives():
    X = np.random.default_rng(0).standard_t(6, (150, 2)) @ np.array([[1.0, 0.7], [0.0, 1.0]])
    spread, freedom = careful_spread(log_ratio, X)
    assert spread == pytest.approx(left_out(log_ratio, X), rel=0.06)
    assert 5 < freedom < 60


def test_units_do_not_matter():
    X = np.random.default_rng(1).standard_normal((100, 2))
    np.testing.assert_allclose(
        careful_spread(log_ratio, X * [1e-3, 1e4]), careful_spread(log_ratio, X), rtol=1e-6
    )


def test_heavier_tails_leave_fewer_degrees_of_freedom():
    rng = np.random.default_rng(2)
    light, heavy = rng.uniform(size=(300, 2)), rng.standard_t(4, (300, 2))
    assert careful_spread(log_ratio, light)[1] > 4 * careful_spread(log_ratio, heavy)[1]


def test_what_no_sample_moves_has_no_spread():
    X = np.random.default_rng(3).standard_normal((50, 2))
    assert careful_spread(lambda C: 1.0, X) == (0.0, np.inf)
