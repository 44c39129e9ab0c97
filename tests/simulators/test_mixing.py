import numpy as np
import pytest

from causalrep.exceptions import InvalidDataError
from simulators import (
    IdentityMixing,
    LinearMixing,
    MLPMixing,
    PolynomialMixing,
    SimulatorError,
)

Z = np.random.default_rng(0).normal(size=(50, 3))
INJECTIVE = [
    IdentityMixing(3),
    LinearMixing.random(3, 3, random_state=0),
    LinearMixing.random(3, 8, condition_number=100.0, random_state=0),
    PolynomialMixing.random(3, 19, degree=3, unit=2.0, random_state=0),
    MLPMixing.random(3, 3, random_state=0),
    MLPMixing.random(3, 7, widths=(3, 5, 5), random_state=0),
    MLPMixing.random(3, 6, condition_number=None, random_state=0),
]


@pytest.mark.parametrize("mixing", INJECTIVE, ids=lambda mixing: type(mixing).__name__)
def test_an_injective_mixing_is_undone_by_its_inverse(mixing):
    assert mixing.is_injective
    X = mixing.apply(Z)
    assert X.shape == (50, mixing.n_features)
    assert np.allclose(mixing.inverse(X), Z, atol=1e-8)


@pytest.mark.parametrize(
    "mixing",
    [
        LinearMixing.random(3, 2, random_state=0),
        LinearMixing([[1, 2], [2, 4], [3, 6]]),
        PolynomialMixing.random(3, 10, degree=3, random_state=0),
        MLPMixing.random(3, 10, widths=(20, 20), random_state=0),
    ],
    ids=["wide", "dependent", "few features", "narrowing"],
)
def test_a_mixing_that_may_lose_latents_has_no_inverse(mixing):
    assert not mixing.is_injective
    with pytest.raises(SimulatorError, match="is not injective by construction, so it has no"):
        mixing.inverse(np.zeros((1, mixing.n_features)))


def test_only_linear_mixings_have_a_matrix():
    assert (IdentityMixing(2).matrix == np.eye(2)).all()
    assert MLPMixing.random(2, 2).matrix is None
    assert PolynomialMixing.random(2, 5).matrix is None


@pytest.mark.parametrize("condition_number", [1.0, 10.0, 1e6])
def test_a_linear_mixing_has_the_condition_number_asked_for(condition_number):
    matrix = LinearMixing.random(4, 6, condition_number=condition_number, random_state=0).matrix
    values = np.linalg.svd(matrix, compute_uv=False)
    assert values[0] / values[-1] == pytest.approx(condition_number, rel=1e-9)
    assert np.log(values).sum() == pytest.approx(0, abs=1e-9)


def test_a_polynomial_mixing_holds_every_monomial():
    mixing = PolynomialMixing(2, 2, np.eye(5), unit=2.0)
    a, b = 1.5, -2.0
    assert mixing.apply([[2 * a, 2 * b]]).tolist() == [[a, b, a * a, a * b, b * b]]


def test_a_perceptron_bends_its_hidden_layers_only():
    mixing = MLPMixing([[[1.0]], [[-2.0]]], [[1.0], [0.5]], negative_slope=0.1)
    assert np.allclose(mixing.apply([[1.0], [-3.0]]), [[-3.5], [0.9]])


def test_a_mixing_cannot_be_changed():
    mixing = LinearMixing(np.eye(2))
    with pytest.raises(ValueError, match="read-only"):
        mixing.matrix[0, 0] = 5.0
    with pytest.raises(AttributeError):
        mixing.matrix = np.eye(2)


def test_the_same_seed_draws_the_same_mixing():
    for kind in (LinearMixing, PolynomialMixing, MLPMixing):
        first, second, third = (kind.random(2, 6, random_state=seed) for seed in (0, 0, 1))
        assert (first.apply(Z[:, :2]) == second.apply(Z[:, :2])).all()
        assert (first.apply(Z[:, :2]) != third.apply(Z[:, :2])).any()


@pytest.mark.parametrize(
    ("build", "error", "sentence"),
    [
        (lambda: IdentityMixing(0), SimulatorError, "n_latents must be at least 1, but is 0"),
        (
            lambda: IdentityMixing(2).apply(Z),
            InvalidDataError,
            r"Latents must have shape \(n_samples, 2\)",
        ),
        (
            lambda: LinearMixing(np.eye(2)).inverse(Z),
            InvalidDataError,
            r"Features must have shape \(n_samples, 2\)",
        ),
        (lambda: LinearMixing(), SimulatorError, "LinearMixing.matrix must have shape"),
        (
            lambda: LinearMixing(np.empty((0, 2))),
            SimulatorError,
            r"is empty: its shape is \(0, 2\)",
        ),
        (lambda: LinearMixing([[np.inf]]), SimulatorError, "matrix must be finite"),
        (
            lambda: LinearMixing.random(2, 2, condition_number=0.5),
            SimulatorError,
            "at least 1, but is 0.5",
        ),
        (
            lambda: LinearMixing.random(1, 2, condition_number=3),
            SimulatorError,
            "condition number 1, not 3",
        ),
        (lambda: LinearMixing.random(0, 2), SimulatorError, "n_latents must be at least 1"),
        (lambda: PolynomialMixing(2, 2, np.eye(4)), SimulatorError, r"shape \(any, 5\)"),
        (lambda: PolynomialMixing(2, 0, np.eye(4)), SimulatorError, "degree must be at least 1"),
        (lambda: PolynomialMixing(1, 1, [[1.0]], unit=0), SimulatorError, "unit must be positive"),
        (lambda: MLPMixing([]), SimulatorError, "at least one layer"),
        (
            lambda: MLPMixing([np.eye(2), np.eye(3)]),
            SimulatorError,
            r"weights\[1\] must have shape",
        ),
        (
            lambda: MLPMixing([np.eye(2)], [[0, 0]] * 2),
            SimulatorError,
            "each of the 1 layers, but holds 2",
        ),
        (
            lambda: MLPMixing([np.eye(2)], [[1.0]]),
            SimulatorError,
            r"MLPMixing.biases.0. must have shape",
        ),
        (
            lambda: MLPMixing([np.eye(2)], negative_slope=0.0),
            SimulatorError,
            "slope must be positive",
        ),
        (
            lambda: MLPMixing.random(2, 4, widths=(0,)),
            SimulatorError,
            "a width must be at least 1",
        ),
    ],
)
def test_refuses_what_is_no_mixing(build, error, sentence):
    with pytest.raises(error, match=sentence):
        build()
