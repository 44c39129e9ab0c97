"""The test of independent noise: exact independence, level, power, refusals."""

import numpy as np
import pytest
from scipy import stats

from causalrep.exceptions import DegenerateDataError, InvalidDataError
from discovery import independent_noise_test
from discovery.independent_noise import weighted_chi_square_tail
from discovery.latent_structure import cauchy_combination
from simulators import LinearSCM, ThreePoint

WEIGHTS = np.zeros((6, 6))  # L1 --> L2, L1 --> X1, X3, L2 --> X2, X4
WEIGHTS[0, [1, 2, 4]] = 1.0
WEIGHTS[1, [3, 5]] = 1.0
LATENT = np.array([True, True, False, False, False, False])


def sample(rng, law, n_samples=400):
    draw = getattr(rng, law)
    first = draw(size=n_samples)
    second = first + draw(size=n_samples)
    return np.column_stack([v + 0.4 * draw(size=n_samples) for v in [first, second] * 2])


def test_finds_exact_independence_in_a_factorial_design():
    X = LinearSCM(WEIGHTS, latent=LATENT, noise=ThreePoint(skewness=0.6)).sample_factorial().X
    forwards = independent_noise_test(X[:, [0, 1]], X[:, [2]])
    backwards = independent_noise_test(X[:, [0, 1]], X[:, [3]])
    assert forwards.statistic < 1e-20
    np.testing.assert_allclose(forwards.weights[0], -forwards.weights[1], rtol=1e-10)
    assert backwards.statistic > 10


@pytest.mark.parametrize("law", ["exponential", "uniform", "laplace", "normal"])
def test_holds_its_level_although_the_combination_is_estimated(law):
    rng = np.random.default_rng(3)
    found = []
    for _ in range(300):
        X = sample(rng, law)
        found.append(independent_noise_test(X[:, [0, 1]], X[:, [2]]).p_value)
    assert np.mean(np.array(found) < 0.05) < 0.09
    assert np.mean(np.array(found) < 0.5) == pytest.approx(0.5, abs=0.13)


def test_sees_the_wrong_direction():
    rng = np.random.default_rng(4)
    powers = {
        law: np.mean(
            [
                independent_noise_test(X[:, [0, 1]], X[:, [3]]).p_value < 0.05
                for X in (sample(rng, law, 1000) for _ in range(40))
            ]
        )
        for law in ("exponential", "uniform", "normal")
    }
    assert powers["exponential"] > 0.95
    assert powers["uniform"] > 0.4
    assert powers["normal"] < 0.2


def test_units_rows_and_columns_do_not_matter():
    rng = np.random.default_rng(5)
    X = sample(rng, "exponential", 300)
    one = independent_noise_test(X[:, [0, 1]], X[:, [2, 3]])
    Y = X[rng.permutation(300)] * 2.0 ** np.array([200, -100, 3, -300])
    two = independent_noise_test(Y[:, [1, 0]], Y[:, [3, 2]])
    assert two.statistic == pytest.approx(one.statistic, rel=1e-9)
    assert two.p_value == pytest.approx(one.p_value, rel=1e-9)


def test_the_tail_is_that_of_chi_square_where_terms_are_independent_or_equal():
    assert weighted_chi_square_tail(11.0, np.eye(4)) == pytest.approx(stats.chi2.sf(11, 4))
    assert weighted_chi_square_tail(11.0, np.ones((4, 4))) == pytest.approx(
        stats.chi2.sf(11 / 4, 1)
    )


def test_combines_p_values_that_depend_on_each_other():
    rng = np.random.default_rng(6)
    common = rng.standard_normal((20_000, 1)) + 0.5 * rng.standard_normal((20_000, 5))
    p_values = stats.norm.sf(common / np.sqrt(1.25)).T
    assert np.mean(cauchy_combination(p_values) < 0.01) == pytest.approx(0.01, abs=0.004)
    assert cauchy_combination(np.array([1e-200, 0.5])) == pytest.approx(2e-200, rel=1e-6)


def test_refuses_what_cannot_be_tested():
    X = sample(np.random.default_rng(0), "normal", 50)
    with pytest.raises(InvalidDataError, match=r"their shapes are \(50, 1\) and \(50, 2\)"):
        independent_noise_test(X[:, [0]], X[:, [2, 3]])
    with pytest.raises(InvalidDataError, match="wants Y to be finite"):
        independent_noise_test(X[:, :2] * np.nan, X[:, 2:])
    with pytest.raises(InvalidDataError, match="At least 6 samples are needed for 2 columns of Y"):
        independent_noise_test(X[:5, :2], X[:5, 2:])
    with pytest.raises(DegenerateDataError, match="columns of Z are linearly dependent"):
        independent_noise_test(X[:, :2], X[:, [2, 2]])
