"""Cumulants that components share: derivatives, tests and their size, removal."""

from dataclasses import replace

import numpy as np
import pytest

from discovery.shared_components import JointCumulants, component_of, component_tests


def shared(n_samples, seed, n_children=3, direct=0.0):
    rng = np.random.default_rng(seed)
    latent, *noise = rng.exponential(size=(n_children + 1, n_samples)) - 1
    X = latent[:, None] + np.column_stack(noise)
    X[:, -1] += direct * X[:, 0]
    return JointCumulants.from_samples(X)


def test_derivatives_are_those_of_differences():
    cumulants = shared(500, 0)

    def function(k):
        return [k(0, 1) * k(0, 1, 1, 1) / k(0, 0, 1, 1), np.sqrt(k(0, 0))]

    values, slopes = cumulants.evaluate(function)
    moved = np.array(cumulants.values)
    direction = np.random.default_rng(1).normal(size=len(moved))
    step = 1e-6
    near = JointCumulants(moved + step * direction, cumulants.slopes, cumulants.covariance, 3)
    difference = (near.evaluate(function)[0] - values) / step
    np.testing.assert_allclose(slopes @ direction, difference, rtol=1e-3)


def test_removal_leaves_nothing_shared():
    cumulants = shared(200_000, 2)
    _, left = component_of(cumulants, 0, [1, 2], 0.01)
    assert cumulants.dependence(1, 2).p_value < 1e-10
    assert left.dependence(1, 2).p_value > 0.001
    assert abs(left.at(0, 1)) < 1e-12


def test_a_component_that_is_a_variable_has_an_owner():
    rng = np.random.default_rng(3)
    x, e = rng.exponential(size=(2, 50_000)) - 1
    component, _ = component_of(
        JointCumulants.from_samples(np.column_stack([x + e, x])), 0, [1], 0.01
    )
    assert component.owner == 1


def test_no_component_is_read_off_gaussian_cumulants():
    latent, a, b = np.random.default_rng(4).normal(size=(3, 5000))
    cumulants = JointCumulants.from_samples(np.column_stack([latent + a, latent + b]))
    assert component_of(cumulants, 0, [1], 0.01) is None


@pytest.mark.slow
def test_tests_keep_their_level():
    p_values = np.array(
        [
            [test.p_value for test in component_tests(shared(5000, seed), 0, [1, 2])]
            for seed in range(100)
        ]
    )
    assert ((p_values < 0.05).mean(axis=0) < 0.14).all()


@pytest.mark.parametrize(("law", "n_samples"), [("normal", 300), ("exponential", 100)])
def test_independence_keeps_its_level_with_few_samples(law, n_samples):
    """Without the correction for leverage .12 and .16 are rejected."""
    rng = np.random.default_rng(7)
    p_values = [
        JointCumulants.from_samples(getattr(rng, law)(size=(n_samples, 2)))
        .dependence(0, 1)
        .p_value
        for _ in range(150)
    ]
    assert np.mean(np.array(p_values) < 0.05) < 0.10


def test_without_influences_tests_are_plain():
    cumulants = shared(200, 8)
    plain = replace(cumulants, influences=None)
    assert plain.dependence(0, 1).statistic > cumulants.dependence(0, 1).statistic


def test_two_shared_components_are_seen():
    cumulants = shared(100_000, 5, direct=1.0)
    assert min(test.p_value for test in component_tests(cumulants, 0, [1, 2])) < 1e-4


def test_what_removal_made_zero_is_not_tested():
    """The covariances are zero but for rounding, and with one of the two features all but two."""
    tests = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        latent, noise = rng.exponential(size=10_000), rng.exponential(size=(10_000, 3))
        X = latent[:, None] * [1.0, 0.8, 1.2] + 0.6 * noise
        removal = component_of(JointCumulants.from_samples(X), 0, [1, 2], 0.01)
        tests += [] if removal is None else [removal[1].dependence(0, other) for other in (1, 2)]
    assert len(tests) >= 10
    assert {found.degrees_of_freedom for found in tests} == {2, 5}
    assert sum(found.p_value < 0.05 for found in tests) <= len(tests) / 4


def test_degrees_of_freedom_are_those_of_functions_that_are_free():
    X = np.random.default_rng(0).exponential(size=(1000, 2))
    cumulants = JointCumulants.from_samples(X)
    two = cumulants.test(lambda k: [k(0, 1), k(0, 0, 1)])
    three = cumulants.test(lambda k: [k(0, 1), k(0, 0, 1), k(0, 1) + 2 * k(0, 0, 1)])
    assert three.degrees_of_freedom == two.degrees_of_freedom == 2
    assert three.p_value == pytest.approx(two.p_value)
