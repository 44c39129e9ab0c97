"""Corruptions change what they name, and keep the truth."""

import numpy as np
import pytest

from causalrep import Dataset
from simulators import (
    Do,
    LeakyMechanism,
    LinearSCM,
    Problem,
    SimulatorError,
    linear_disentanglement,
    one_factor,
    rlcd,
    with_categories,
    with_copies,
    with_leaky_nodes,
)


def small(n_samples=400):
    return one_factor("chain", 3, random_state=0).sample(n_samples, random_state=1)


def test_a_leak_bends_negative_sums_only():
    problem = Problem(LinearSCM([[0, 2.0], [0, 0]]), [Do(0, -1.0), Do(0, 1.0)])
    bent = with_leaky_nodes(problem, slope=0.25)
    plain, other = (p.sample(50, random_state=0) for p in (problem, bent))
    low = plain.environments == 0
    assert np.allclose(other.X[low, 1] - plain.X[low, 1], 1.5)
    assert np.array_equal(other.X[~low], plain.X[~low])


def test_a_slope_of_one_changes_nothing():
    problem = rlcd("general", random_state=0)
    bent = with_leaky_nodes(problem, slope=1.0)
    assert bent.scm.graph == problem.scm.graph
    assert np.allclose(
        bent.sample(20, random_state=0).X, problem.sample(20, random_state=0).X, rtol=1e-12
    )


def test_a_leak_keeps_the_mixing_of_a_problem():
    problem = linear_disentanglement(3, 6, random_state=0)
    assert with_leaky_nodes(problem).scm.mixing is problem.scm.mixing


def test_categories_are_ordered_and_as_many_as_asked_for():
    data = small()
    coarse = with_categories(data, 4)
    assert np.unique(coarse.X).tolist() == [0, 1, 2, 3]
    for fine, steps in zip(data.X.T, coarse.X.T, strict=True):
        assert (np.diff(steps[np.argsort(fine)]) >= 0).all()
    assert coarse.truth is data.truth


def test_only_the_named_features_become_categories_and_skew_makes_them_lopsided():
    data = small(2000)
    coarse = with_categories(data, 2, skew=1.0, names=data.names[:2], random_state=0)
    assert np.array_equal(coarse.X[:, 2:], data.X[:, 2:])
    shares = coarse.X[:, :2].mean(axis=0)
    assert (np.abs(shares - 0.5) > 0.02).any()


def test_copies_are_effects_of_what_they_copy():
    data = with_copies(small(), ["X3", "X1"])
    assert data.names[-2:] == ("X3_copy", "X1_copy")
    assert np.array_equal(data.X[:, -1], data.X[:, data.names.index("X1")])
    assert data.truth.graph.parents("X3_copy") == ("X3",)
    assert data.truth.graph.latent == ("L1", "L2", "L3")


def test_noisy_copies_correlate_as_their_noise_says():
    data = with_copies(small(4000), ["X2"], noise=0.5, random_state=0)
    twice = data.X[:, [data.names.index("X2"), -1]]
    assert np.corrcoef(twice.T)[0, 1] == pytest.approx(1 / np.sqrt(1.25), abs=0.02)


def test_noise_is_not_negative():
    with pytest.raises(SimulatorError, match=r"noise must be at least 0, but is -0\.5"):
        with_copies(small(), 1, noise=-0.5)


def test_a_number_of_copies_is_drawn_at_random():
    names = {with_copies(small(), 1, random_state=seed).names[-1] for seed in range(10)}
    assert len(names) > 1
    assert with_copies(small(), 0).shape == (400, 9)


def test_data_without_truth_can_be_corrupted():
    data = Dataset(X=np.random.default_rng(0).normal(size=(20, 2)))
    assert with_copies(with_categories(data, 3), ["X1"]).truth is None


@pytest.mark.parametrize(
    ("corrupt", "sentence"),
    [
        (lambda: with_leaky_nodes(with_leaky_nodes(rlcd())), "wants a Problem with a LinearSCM"),
        (lambda: with_leaky_nodes(small()), "wants a Problem with a LinearSCM"),
        (lambda: with_leaky_nodes(rlcd(), slope=2.0), "slope must lie between 0 and 1"),
        (lambda: LeakyMechanism((0,), (1.0,), slope=-1), "LeakyMechanism.slope must lie"),
        (lambda: with_categories(small(), 1), "n_categories must be at least 2"),
        (
            lambda: with_categories(np.zeros((3, 2)), 3),
            "A Dataset was wanted, such as .* but a nd",
        ),
        (lambda: with_categories(small(), 3, names=["Y"]), "There is no feature 'Y'; there are"),
        (lambda: with_copies(small(), ["X1", "X1"]), "Each feature can be copied once"),
        (lambda: with_copies(with_copies(small(), ["X1"]), ["X1"]), "but 'X1_copy' would repeat"),
        (lambda: with_copies(small(), 10), "names must be from 0 to 9"),
    ],
)
def test_refuses_what_cannot_be_corrupted(corrupt, sentence):
    with pytest.raises(SimulatorError, match=sentence):
        corrupt()
