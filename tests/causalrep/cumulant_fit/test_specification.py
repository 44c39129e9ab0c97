from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from causalrep import Graph
from causalrep.cumulant_fit import CumulantData, StructuralMixing, fit_cumulants
from causalrep.cumulant_fit.specification import leverage_covariance, specification_statistic


def rejected(draw, n_samples, n_repeats, dimension):
    """Shares of Wald tests of sums of mean zero that reject at .05: plain, and as ours."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(n_repeats):
        V = draw(rng, (n_samples, dimension))
        Y = np.linalg.solve(np.linalg.cholesky(V.T @ V), V.T).T
        total = Y.sum(axis=0)
        found.append([total @ total, total @ np.linalg.solve(leverage_covariance(Y), total)])
    return (np.array(found) > stats.chi2.isf(0.05, dimension)).mean(axis=0)


def test_leverage_brings_skewed_sums_to_their_level():
    plain, ours = rejected(lambda rng, shape: rng.exponential(size=shape) - 1, 100, 2000, 6)
    assert 0.03 < ours < plain
    assert ours < 0.08


def test_light_and_symmetric_tails_are_left_alone():
    plain, ours = rejected(lambda rng, shape: rng.normal(size=shape), 300, 2000, 3)
    assert plain == pytest.approx(0.05, abs=0.02)
    assert ours == pytest.approx(0.05, abs=0.02)


def test_the_covariance_is_never_below_the_plain_one():
    Y = np.random.default_rng(0).exponential(size=(50, 3)) - 1
    Y = np.linalg.solve(np.linalg.cholesky(Y.T @ Y), Y.T).T
    assert np.linalg.eigvalsh(leverage_covariance(Y)).min() >= 1.0


def test_without_influences_the_statistic_is_plain():
    X = np.random.default_rng(0).exponential(size=(500, 2))
    data = CumulantData.from_samples(X, shrinkage=0.0)
    bare = replace(data, influences=None)
    residual = np.arange(12.0)
    directions = np.eye(12)[:, [3, 7]]
    plain = specification_statistic(bare, residual, directions)
    assert plain == pytest.approx(3.0**2 + 7.0**2)
    assert specification_statistic(data, residual, directions) < plain


@pytest.mark.slow
def test_the_test_of_a_true_model_keeps_its_level_with_skewed_noise():
    model = StructuralMixing(Graph.from_text("x --> y, L --> x, L --> y, L --> w; latent L"))
    theta = np.array([0.8, 1.0, 1.2, 0.9])
    rejected = []
    for seed in range(80):
        sources = np.random.default_rng(seed).gamma(0.7, size=(10_000, 4))
        data = CumulantData.from_samples(sources @ model.mixing(theta).T)
        fit = fit_cumulants(data, model, start=theta, n_starts=0, proper=True)
        rejected.append(fit.p_value < 0.05)
    assert 1 <= sum(rejected) <= 10
