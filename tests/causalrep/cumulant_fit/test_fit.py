from dataclasses import replace

import numpy as np
import pytest

from causalrep import Graph
from causalrep.cumulant_fit import CumulantData, FreeMixing, StructuralMixing, fit_cumulants
from causalrep.cumulants import population
from causalrep.exceptions import InvalidDataError

GRAPHS = {
    "proxy": "L --> z, L --> x, L --> y, x --> y; latent L",
    "proxy with an edge": "L --> z, L --> x, L --> y, z --> x, x --> y; latent L",
    "two latents": (
        "L --> z, L --> x, L --> y, M --> z, M --> x, M --> y, z --> x, x --> y; latent L, M"
    ),
    "instrument": "z --> x, x --> y, L --> x, L --> y; latent L",
}


def drawn(name, n_samples=2000, seed=0):
    """Return a model, its parameters and samples with exponential noise."""
    rng = np.random.default_rng(seed)
    model = StructuralMixing(Graph.from_text(GRAPHS[name]))
    sizes = rng.uniform(0.5, 1.2, model.n_parameters)
    theta = model.canonical(sizes * rng.choice([-1.0, 1.0], model.n_parameters))
    sources = rng.exponential(size=(n_samples, model.n_sources)) - 1
    return model, theta, sources @ model.mixing(theta).T


def noise_free(data, mixing, seed=0):
    """Return data whose cumulants are those of the mixing, with the same weights."""
    rng = np.random.default_rng(seed)
    B = data.decorrelation @ (mixing / data.scales[:, None])
    omega = rng.uniform(0.5, 2.0, size=(len(data.orders), mixing.shape[1]))
    parts = [population(B, some, sets) for some, sets in zip(omega, data.sets, strict=True)]
    return replace(data, values=np.concatenate(parts)), omega.T


@pytest.mark.parametrize("name", GRAPHS)
def test_population_cumulants_give_the_weights_back_from_cold_starts(name):
    model, theta, X = drawn(name)
    data, omega = noise_free(CumulantData.from_samples(X), model.mixing(theta))
    fit = fit_cumulants(data, model, random_state=0)
    assert fit.converged
    assert fit.distance < 1e-8  # what the ridge costs
    order = [0]
    if name == "two latents" and abs(fit.theta - theta).max() > 0.1:
        order = [0, 1, 5, 6, 7, 2, 3, 4]  # the latents have no names of their own
        theta, omega = theta[order], omega[[0, 1, 2, 4, 3]]
    np.testing.assert_allclose(fit.theta, theta, atol=1e-8)
    np.testing.assert_allclose(fit.source_cumulants, omega, atol=1e-7)


@pytest.mark.parametrize("orders", [(2, 3, 4), (2, 4)])
def test_population_cumulants_give_a_free_mixing_back_near_the_truth(orders):
    rng = np.random.default_rng(1)
    model = FreeMixing(4, 6)
    theta = model.canonical(rng.normal(size=24))
    X = rng.exponential(size=(3000, 6)) @ model.mixing(theta).T
    data, _ = noise_free(CumulantData.from_samples(X, orders), model.mixing(theta))
    start = theta + 0.03 * rng.normal(size=24)
    fit = fit_cumulants(data, model, start=start, n_starts=0)
    np.testing.assert_allclose(fit.theta, theta, atol=1e-8)


def test_order_of_columns_does_not_change_the_fit():
    model, _, X = drawn("instrument", 500)
    data = CumulantData.from_samples(X)
    fit = fit_cumulants(data, model, random_state=0)
    turned = Graph(["L", "y", "x", "z"], model.graph.edges, ["L"])
    other = StructuralMixing(turned)
    place = [model.graph.observed.index(node) for node in turned.observed]
    found = fit_cumulants(CumulantData.from_samples(X[:, place]), other, random_state=0)
    weights = dict(zip(model.edges, fit.theta, strict=True))
    assert found.statistic == pytest.approx(fit.statistic, rel=1e-6)
    assert weights["x", "y"] == pytest.approx(found.theta[other.edges.index(("x", "y"))], rel=1e-6)


def test_scale_sign_and_shift_move_the_weights_as_they_must():
    model, _, X = drawn("instrument", 500)
    fit = fit_cumulants(CumulantData.from_samples(X), model, random_state=0)
    factors = np.array([-4.0, 0.5, 8.0])
    other = fit_cumulants(CumulantData.from_samples(3 + X * factors), model, random_state=0)
    assert other.statistic == pytest.approx(fit.statistic, rel=1e-6)
    np.testing.assert_allclose(
        other.theta, model.canonical(model.units(factors) * fit.theta), rtol=1e-5
    )
    np.testing.assert_allclose(
        other.stderr, np.abs(model.units(factors)) * fit.stderr, rtol=1e-4, atol=1e-9
    )


def test_more_steps_never_end_higher():
    model, _, X = drawn("two latents", 800)
    data = CumulantData.from_samples(X)
    ends = [
        fit_cumulants(data, model, random_state=0, max_iter=steps).distance
        for steps in (2, 10, 100)
    ]
    assert ends[0] >= ends[1] >= ends[2]


def test_a_good_start_is_kept_among_random_ones():
    model, theta, X = drawn("two latents", 3000)
    data = CumulantData.from_samples(X)
    alone = fit_cumulants(data, model, start=theta, n_starts=0)
    among = fit_cumulants(data, model, start=theta, n_starts=4, random_state=0)
    assert among.distance <= alone.distance + 1e-6


def test_wrong_model_is_rejected_and_scores_worse():
    model, _, X = drawn("proxy", 5000)
    data = CumulantData.from_samples(X)
    right = fit_cumulants(data, model, random_state=0)
    wrong_graph = Graph.from_text("z --> x, z --> y, x --> y")
    wrong = fit_cumulants(data, StructuralMixing(wrong_graph), random_state=0)
    assert right.p_value > 0.001 > wrong.p_value
    assert right.bic < wrong.bic


def test_other_local_minima_are_told_in_order():
    model, _, X = drawn("two latents", 2000, seed=5)
    fit = fit_cumulants(CumulantData.from_samples(X), model, random_state=0)
    heights = [fit.distance, *(other.statistic for other in fit.alternatives)]
    assert heights == sorted(heights)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"start": np.zeros(3)}, "4 finite parameters"),
        ({"start": np.full(4, np.nan)}, "4 finite parameters"),
        ({"n_starts": 0}, "wants a start"),
    ],
)
def test_refuses_starts_that_cannot_be_used(arguments, words):
    model, _, X = drawn("proxy", 200)
    with pytest.raises(InvalidDataError, match=words):
        fit_cumulants(CumulantData.from_samples(X), model, **arguments)


def test_refuses_a_model_of_other_features():
    _, _, X = drawn("proxy", 200)
    with pytest.raises(InvalidDataError, match="2 features"):
        fit_cumulants(CumulantData.from_samples(X), FreeMixing(2, 3))


@pytest.mark.slow
@pytest.mark.parametrize("law", ["exponential", "uniform"])
def test_size_of_the_specification_test_and_coverage_are_nominal(law):
    model, theta, _ = drawn("proxy", 200)
    place = model.edges.index(("x", "y"))
    rejected, covered = [], []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        sources = getattr(rng, law)(size=(3000, model.n_sources))
        orders = (2, 3, 4) if law == "exponential" else (2, 4, 6)
        data = CumulantData.from_samples(sources @ model.mixing(theta).T, orders)
        fit = fit_cumulants(data, model, start=theta, n_starts=0)
        rejected.append(fit.p_value < 0.05)
        covered.append(abs(fit.theta - theta)[place] < 1.96 * fit.stderr[place])
    assert np.mean(rejected) <= 0.09  # .05 and two standard errors
    assert 0.89 <= np.mean(covered) <= 0.99


def test_a_proper_fit_has_no_negative_variance_and_lies_no_lower():
    model = StructuralMixing(
        Graph.from_text("x --> y, L --> x, L --> y, L --> w, w --> x; latent L")
    )
    X = np.random.default_rng(13).exponential(size=(150, 4)) @ model.mixing(np.full(5, 0.5)).T
    data = CumulantData.from_samples(X)
    free = fit_cumulants(data, model, random_state=0)
    kept = fit_cumulants(data, model, random_state=0, proper=True)
    assert not free.proper
    assert kept.proper
    assert kept.distance >= free.distance - 1e-6
