"""Tests and intervals that rest on cumulants of non-Gaussian noise, as lines of the table."""

import numpy as np
import pandas as pd
from calibration_cells import LAWS, Study, sources

from causalrep import Graph
from causalrep.cumulant_fit import CumulantData, StructuralMixing, fit_cumulants
from causalrep.overcomplete import CumulantICA
from discovery import CumulantDiscovery, CumulantEffect, independent_noise_test
from discovery.cumulant_discovery.pair_independence import pair_independence
from discovery.cumulant_discovery.pairs import pair_scores
from discovery.gin_order import SeenGroup, accepted_orders
from discovery.latent_structure import Indicators
from discovery.shared_components import JointCumulants, component_tests

FEW = (100, 1000)
PROXY = Graph.from_text("x --> y, L --> x, L --> y, L --> w; latent L")
INSTRUMENT = Graph.from_text("z --> x, x --> y, L --> x, L --> y; latent L")
OPEN = Graph.from_text("x --> y, x --> z, y --> z")
SQUARE = np.array([[1.0, 0.5, -0.4], [0.3, 1.0, 0.6], [-0.5, 0.2, 1.0]])


def two_latents(n_latents):
    """Indicators of latents, of which the first acts on the others; reversed if false."""

    def draw(rng, law, n_samples, effect):
        S = sources(rng, law, n_samples, 4 * n_latents + 1)
        Z = S[:, : n_latents + 1].copy()
        Z[:, -1] += Z[:, :-1].sum(axis=1)
        noise = 0.4 * S[:, n_latents + 1 :]
        Y = Z + noise[:, : n_latents + 1]
        if effect:
            return Y, Z[:, 1:] + noise[:, n_latents + 1 : 2 * n_latents + 1]
        return Y, Z[:, :-1] + noise[:, n_latents + 1 : 2 * n_latents + 1]

    return draw


def cause_and_effect(rng, law, n_samples, effect):
    """Four indicators of a latent and of another that it acts on; asked the other way if false."""
    S = sources(rng, law, n_samples, 10)
    Z = np.column_stack([S[:, 0], 0.8 * S[:, 0] + 0.7 * S[:, 1]])
    X = np.repeat(Z[:, ::-1] if effect else Z, 4, axis=1) + 0.4 * S[:, 2:]
    return (X - X.mean(axis=0)) / X.std(axis=0)


def two_features(rng, law, n_samples, effect):
    """Independent features; if false, with a common cause."""
    S = sources(rng, law, n_samples, 3)
    return S[:, :2] + 0.5 * effect * S[:, 2:]


def gaussian_pair(rng, law, n_samples, effect):
    """Correlated Gaussian features; skewed ones if false."""
    S = sources(rng, "exponential" if effect else law, n_samples, 3)
    return S[:, :2] + S[:, 2:]


def one_component(rng, law, n_samples, effect):
    """Three features that share a source; the third is also an effect of the first if false."""
    S = sources(rng, law, n_samples, 4)
    X = S[:, :1] + S[:, 1:]
    X[:, 2] += effect * X[:, 0]
    return X


def structural(graph, weights, orders):
    """Samples of a graph, and what a fit needs; if false, the noises are large together."""
    model = StructuralMixing(graph)
    theta = np.array([weights[edge] for edge in model.edges])

    def draw(rng, law, n_samples, effect):
        S = sources(rng, law, n_samples, model.n_sources)
        if effect:
            S = S * (0.3 + np.abs(sources(rng, "gaussian", n_samples, 1)))
        return S @ model.mixing(theta).T, orders, model, theta

    return draw


def with_truth(draw, place, wrong):
    """The same draws for an interval: samples, truth and a wrong value."""

    def drawn(rng, law, n_samples):
        sample = draw(rng, law, n_samples, 0.0)
        return sample, np.array([sample[3][place]]), np.array([wrong])

    return drawn


def effect_in(graph, weights):
    """Frames of a graph whose effect of x on y is sought; 0 is wrong."""
    draw = structural(graph, weights, None)

    def drawn(rng, law, n_samples):
        return (draw(rng, law, n_samples, 0.0)[0], graph), weights["x", "y"], 0.0

    return drawn


def mixture(mixing):
    """More sources than features, or as many; dependent sources if false."""

    def draw(rng, law, n_samples, effect):
        S = sources(rng, law, n_samples, mixing.shape[1])
        if effect:
            S = S * (0.3 + np.abs(sources(rng, "gaussian", n_samples, 1)))
        return S @ mixing.T

    return draw


def mixture_with_truth(mixing):
    """The same for intervals of the entries; zero is the wrong value of all."""

    def drawn(rng, law, n_samples):
        return mixture(mixing)(rng, law, n_samples, 0.0), mixing, np.zeros_like(mixing)

    return drawn


def chain(rng, law, n_samples):
    """Three features x --> y --> z; zero is wrong of both effects."""
    S = sources(rng, law, n_samples, 3)
    y = 0.8 * S[:, 0] + S[:, 1]
    return np.column_stack([S[:, 0], y, S[:, 2] - 0.6 * y]), [0.8, -0.6], [0.0, 0.0]


def noise(sample):
    return independent_noise_test(*sample).p_value


def comes_first(X):
    R = X.T @ X / len(X)
    groups = [SeenGroup.of(Indicators.of(range(4 * k, 4 * k + 4), 1, R), X, R) for k in range(2)]
    tests = accepted_orders(groups, (("L1",), ("L2",)), 0.05).log
    return next(test.p_value for test in tests if test.variables == ("L1",))


def dependence(X):
    return JointCumulants.from_samples(X).dependence(0, 1).p_value


def components(X):
    tests = component_tests(JointCumulants.from_samples(X), 0, [1, 2])
    return [test.p_value for test in tests]


def pair(X):
    return pair_independence(*X.T).p_value


def shape(X):
    return pair_scores(X, (0, 1), level=0.0, n_starts=1, seed=0).shape_p_value


def fitted(sample):
    X, orders, model, theta = sample
    data = CumulantData.from_samples(X, orders)
    return fit_cumulants(data, model, start=theta, n_starts=0)


def specification(sample):
    return fitted(sample).p_value


def interval_of(place):
    """Ends of the interval of a parameter."""

    def ends(sample):
        fit = fitted(sample)
        reach = 1.96 * fit.stderr[place]
        return fit.theta[place] - reach, fit.theta[place] + reach

    return ends


def region(sample):
    """Ends of the region of the effect, filled where it has several parts."""
    X, graph = sample
    names = list(graph.observed)
    model = CumulantEffect(graph, "x", "y", n_starts=8, random_state=0)
    intervals = model.fit(pd.DataFrame(X, columns=names)).effects_[0].intervals
    return intervals[0][0], intervals[-1][1]


def model_of_sources(n_sources):
    """The p-value of the model of a mixture."""

    def p_value(X):
        return CumulantICA(n_sources, n_starts=0, random_state=0).fit(X).j_pvalue_

    return p_value


def columns(X):
    """Intervals of the entries of the mixing, columns matched to the true ones."""
    model = CumulantICA(SQUARE.shape[1], n_starts=0, random_state=0).fit(X)
    cosines = SQUARE.T @ model.mixing_ / np.linalg.norm(model.mixing_, axis=0)
    partner = np.abs(cosines / np.linalg.norm(SQUARE, axis=0)[:, None]).argmax(axis=1)
    found = model.mixing_[:, partner] * np.sign(cosines[np.arange(len(partner)), partner])
    reach = 1.96 * model.stderr_[:, partner]
    return found - reach, found + reach


def effects(X):
    """Intervals of the effects on the chain, none where the graph is another."""
    found = {(e.source, e.target): e for e in CumulantDiscovery(random_state=0).fit(X).edges_}
    chosen = [found[pair] for pair in (("X1", "X2"), ("X2", "X3")) if pair in found]
    if len(chosen) < 2:
        raise ValueError("another graph was found")
    return [edge.lower for edge in chosen], [edge.upper for edge in chosen]


PROXY_WEIGHTS = {("x", "y"): 0.8, ("L", "x"): 1.0, ("L", "y"): 1.2, ("L", "w"): 0.9}
LIKE_INSTRUMENT = {("z", "x"): 0.9, ("x", "y"): 0.8, ("L", "x"): 1.0, ("L", "y"): 1.0}
OPEN_WEIGHTS = {("x", "y"): 0.8, ("x", "z"): -0.5, ("y", "z"): 0.6}
FIRST = StructuralMixing(PROXY).edges.index(("x", "y"))

STUDIES = (
    # name, about, draw, statistic
    Study("independent noise, 1 latent", independent_noise_test, two_latents(1), noise,
          sizes=FEW),
    Study("independent noise, 2 latents", independent_noise_test, two_latents(2), noise,
          sizes=FEW),
    Study("which latent comes first (GIN)", accepted_orders, cause_and_effect, comes_first,
          sizes=(1000,), most=500),
    Study("dependence of two features, cumulants", JointCumulants, two_features, dependence,
          sizes=FEW, most=1000),
    Study("one shared component, cumulants", component_tests, one_component, components,
          ("uniform", "exponential"), sizes=(1000, 3000), most=500),
    Study("independence of a pair, permutations", pair_independence, two_features, pair,
          (*LAWS, "t5"), most=1000),
    Study("Gaussian shape of a pair, cumulants", pair_scores, gaussian_pair, shape, ("gaussian",),
          sizes=FEW, most=500),
    Study("model of cumulants 2, 3, 4: proxy", fit_cumulants,
          structural(PROXY, PROXY_WEIGHTS, (2, 3, 4)), specification,
          ("exponential", "gamma"), sizes=(1000, 3000), most=500),
    Study("model of cumulants 2, 4, 6: proxy", fit_cumulants,
          structural(PROXY, PROXY_WEIGHTS, (2, 4, 6)), specification,
          ("uniform",), sizes=(1000, 3000), most=200),
    Study("model of cumulants 2, 4: proxy", fit_cumulants,
          structural(PROXY, PROXY_WEIGHTS, (2, 4)), specification, ("uniform",), sizes=(1000,),
          most=500),
    Study("model of cumulants 2, 3, 4: nothing hidden", fit_cumulants,
          structural(OPEN, OPEN_WEIGHTS, (2, 3, 4)), specification, ("exponential",),
          sizes=(1000,), most=500),
    Study("effect, cumulants 2, 3, 4: interval", fit_cumulants,
          with_truth(structural(PROXY, PROXY_WEIGHTS, (2, 3, 4)), FIRST, 0.0),
          interval_of(FIRST), ("exponential",), sizes=(1000, 3000), interval=True, most=500),
    Study("effect, cumulants 2, 4, 6: interval", fit_cumulants,
          with_truth(structural(PROXY, PROXY_WEIGHTS, (2, 4, 6)), FIRST, 0.0),
          interval_of(FIRST), ("uniform",), sizes=(1000,), interval=True, most=500),
    Study("region of an effect: proxy", CumulantEffect, effect_in(PROXY, PROXY_WEIGHTS), region,
          ("exponential",), sizes=(1000,), interval=True, most=200),
    Study("region of an effect: instrument", CumulantEffect,
          effect_in(INSTRUMENT, LIKE_INSTRUMENT), region, ("exponential",), sizes=(1000,),
          interval=True,
          most=200),
    Study("region of an effect: nothing hidden", CumulantEffect, effect_in(OPEN, OPEN_WEIGHTS),
          region, ("uniform", "exponential"), sizes=FEW, interval=True, most=500),
    Study("effects in a discovered graph", CumulantDiscovery, chain, effects,
          ("exponential",), sizes=(1000,), interval=True, most=200),
    Study("model of sources, 3 behind 3", CumulantICA, mixture(SQUARE), model_of_sources(3),
          ("exponential",), sizes=(1000, 3000), most=200),
    Study("mixing of sources, 3 behind 3: intervals", CumulantICA, mixture_with_truth(SQUARE),
          columns, ("exponential",), sizes=(1000, 3000), interval=True, most=200),
)  # fmt: skip
