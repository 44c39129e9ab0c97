import numpy as np
import pytest

from causalrep import Graph
from causalrep.cumulant_fit import CumulantData, StructuralMixing, fit_cumulants, profile_entry
from causalrep.exceptions import InvalidDataError

INSTRUMENT = Graph.from_text("z --> x, x --> y, L --> x, L --> y; latent L")


def fitted(graph=INSTRUMENT, n_samples=4000):
    model = StructuralMixing(graph)
    sources = np.random.default_rng(0).exponential(size=(n_samples, model.n_sources))
    theta = np.linspace(0.7, 1.3, model.n_parameters)
    data = CumulantData.from_samples(sources @ model.mixing(theta).T)
    return data, model, fit_cumulants(data, model, random_state=0)


def entry_of(model, effect, cause):
    return tuple(model.graph.observed.index(node) for node in (effect, cause))


def test_profile_is_a_parabola_near_the_minimum():
    data, model, fit = fitted()
    entry = entry_of(model, "y", "x")
    slope = model.jacobian(fit.theta)[entry]
    error = np.sqrt(slope @ fit.plain_covariance @ slope)
    grid = fit.mixing[entry] + error * np.array([-0.5, -0.25, 0.25, 0.5])
    found = profile_entry(data, model, entry, grid, fit.theta[None], stiffness=1e6 / error**2)
    expected = ((found.values - fit.mixing[entry]) / error) ** 2
    np.testing.assert_allclose(found.distances - fit.distance, expected, rtol=0.25)


def test_values_that_were_reached_are_those_of_the_parameters():
    data, model, fit = fitted()
    entry = entry_of(model, "y", "z")
    found = profile_entry(data, model, entry, np.array([2.0, 0.3]), fit.theta[None], stiffness=1e5)
    reached = model.mixing(found.theta)[:, entry[0], entry[1]]
    np.testing.assert_allclose(found.values, reached)
    np.testing.assert_allclose(found.values, [0.3, 2.0], atol=0.05)


def test_both_effects_of_a_bow_are_minima_of_the_profile():
    bow = Graph.from_text("x --> y, L --> x, L --> y; latent L")
    data, model, fit = fitted(bow)
    first = fit.theta[0]
    second = first + fit.theta[2] / fit.theta[1]
    other = np.array([second, 1.0, -fit.theta[2]])
    starts = np.vstack([fit.theta, other])
    grid = np.array([first, (first + second) / 2, second])
    found = profile_entry(data, model, (1, 0), np.sort(grid), starts, stiffness=1e8)
    assert found.distances[[0, 2]].max() < fit.distance + 1e-3 < found.distances[1]


def test_refuses_starts_that_are_no_rows_of_parameters():
    data, model, _ = fitted(Graph.from_text("z --> x, z --> y"), 200)
    with pytest.raises(InvalidDataError, match="starts must be rows of 2 parameters"):
        profile_entry(data, model, (0, 1), np.ones(2), np.ones((3, 1)), stiffness=1.0)
