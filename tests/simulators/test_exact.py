import numpy as np
import pytest

from causalrep.exceptions import BudgetError
from simulators import SimulatorError
from simulators.exact import cumulant_tensor, factorial_design, white_sample


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_the_cumulant_tensor_is_a_sum_over_sources(order):
    rng = np.random.default_rng(0)
    loadings, cumulants = rng.normal(size=(3, 4)), rng.normal(size=4)
    tensor = cumulant_tensor(loadings, cumulants, order)
    for index in [(0,) * order, tuple(np.arange(order) % 3)]:
        wanted = np.sum(cumulants * np.prod(loadings[list(index)], axis=0))
        assert tensor[index] == pytest.approx(wanted, rel=1e-12)


def test_the_cumulant_tensor_is_symmetric():
    rng = np.random.default_rng(1)
    tensor = cumulant_tensor(rng.normal(size=(3, 4)), rng.normal(size=4), 4)
    assert np.allclose(tensor, tensor.transpose(2, 0, 3, 1), atol=1e-14)


def test_a_white_sample_has_mean_zero_and_unit_covariance_to_rounding():
    sample = np.random.default_rng(0).gamma(0.5, size=(200, 8)) * np.logspace(-6, 6, 8)
    white = white_sample(sample)
    assert np.abs(white.mean(axis=0)).max() < 1e-14
    assert np.abs(white.T @ white / 200 - np.eye(8)).max() < 5e-15


def test_whitening_refuses_fewer_rows_than_columns():
    with pytest.raises(SimulatorError, match="more than 5 rows, but n_samples is 5"):
        white_sample(np.zeros((5, 5)))


def test_a_factorial_design_has_each_combination_once_and_independent_columns():
    design = factorial_design([[0.0, 1.0, 5.0], [2.0, 3.0, 4.0], [-1.0, 0.0, 1.0]])
    assert len(np.unique(design, axis=0)) == 27
    powers = design**3
    assert np.mean(powers[:, 0] * design[:, 1]) == pytest.approx(
        powers[:, 0].mean() * design[:, 1].mean()
    )


def test_a_factorial_design_refuses_to_grow_without_bound():
    with pytest.raises(BudgetError, match="of 20 sources has 3486784401 rows"):
        factorial_design(np.zeros((20, 3)))
