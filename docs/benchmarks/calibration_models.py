"""Tests and intervals of fitted models, as lines of the table: disentanglement and structure."""

from dataclasses import replace

import numpy as np
from calibration_cells import ALL_LAWS, LAWS, Study, sources

from causalrep import Graph
from causalrep.disentanglement import LinearCausalDisentanglement
from causalrep.neural.actions import effect_rank_test
from causalrep.neural.variance_changes import VarianceChanges, proportional_variances
from causalrep.structural import fit_structural, modification_indices
from causalrep.structural.indices import close_fit_p_value, rmsea_interval
from identifiability import structural_conditioning
from simulators import linear_disentanglement

HEAVY = ("elliptical t5",)
TWO = Graph.from_text(
    "L --> A, L --> B, L --> C, L --> M, M --> C, M --> D, M --> E, M --> F; latent L, M"
)
LOADINGS = {"A": 1.0, "B": -1.2, "C": 0.9, "M": 0.8}, {"C": 0.9, "D": 1.1, "E": 0.8, "F": 1.0}
PLACES = [TWO.nodes.index(node) for node in "LM"]
FEW = (100, 1000)
HEADED = ("gaussian", "elliptical t5")


def factors(rng, law, n_samples, effect):
    """Six indicators of a latent and its effect; if false, two errors are correlated."""
    S = sources(rng, law, n_samples, 8)
    first = S[:, 0]
    second = 0.8 * first + S[:, 1]
    errors = S[:, 2:].copy()
    errors[:, 5] += 0.3 * effect * errors[:, 4]
    X = np.outer(first, [LOADINGS[0].get(node, 0.0) for node in "ABCDEF"]) + errors
    return X + np.outer(second, [LOADINGS[1].get(node, 0.0) for node in "ABCDEF"])


def true_weights(standardised):
    """Weights in the order of the edges, latents scaled as a fit has them."""
    weights = np.zeros((len(TWO.nodes),) * 2)
    for place, loadings in zip(PLACES, LOADINGS, strict=True):
        for node, value in loadings.items():
            weights[place, TWO.nodes.index(node)] = value
    total = np.linalg.inv(np.eye(len(weights)) - weights)
    spread = np.sqrt(np.diag(total.T @ total))
    scaled = weights * spread[:, None] / spread if standardised else weights
    return scaled[weights != 0], weights != 0


def with_weights(standardised):
    """Samples with the true weights; zero is wrong of all."""
    truth, edges = true_weights(standardised)

    def drawn(rng, law, n_samples):
        return (factors(rng, law, n_samples, 0.0), edges), truth, 0.0 * truth

    return drawn


def misfit_of_the_population():
    """The RMSEA of the model where two errors are correlated."""
    weights, edges = true_weights(False)
    arrows, errors = np.zeros(edges.shape), np.eye(len(edges))
    arrows[edges] = weights
    E, F = TWO.nodes.index("E"), TWO.nodes.index("F")
    errors[E, F] = errors[F, E] = 0.3
    errors[F, F] = 1 + 0.3**2
    total = np.linalg.inv(np.eye(len(edges)) - arrows)
    seen = [TWO.nodes.index(node) for node in "ABCDEF"]
    many = 10**6
    fit = fit_structural(TWO, (total.T @ errors @ total)[np.ix_(seen, seen)], many, list("ABCDEF"))
    return np.sqrt(fit.statistic / many / fit.degrees_of_freedom)


def misfitting(rng, law, n_samples, effect):
    """Samples of a model whose RMSEA is just what is allowed, or larger."""
    return factors(rng, law, n_samples, 1.0 + 2.0 * effect)


def with_misfit(rng, law, n_samples):
    """The same for an interval of the RMSEA; .25 is wrong."""
    return factors(rng, law, n_samples, 1.0), MISFIT, 0.25


def drawn_weights(rng, law, n_samples):
    """Samples and the true weights in the order of their names; zero is wrong of all."""
    truth = true_weights(False)[0]
    return factors(rng, law, n_samples, 0.0), truth, 0.0 * truth


def contexts(per_latent=1):
    """Four latents and contexts that act on one each; if false, half of one is of another.

    With several contexts a latent, these are perfect interventions, or soft ones if false.
    """

    def draw(rng, law, n_samples, effect):
        seed = int(rng.integers(2**31))
        problem = linear_disentanglement(
            4,
            8,
            targets=[0, 1, 2, 3] * per_latent,
            kind="soft" if effect and per_latent > 1 else "hard",
            random_state=seed,
        )
        data = with_law(rng, law, problem.sample(n_samples, random_state=seed))
        if not effect or per_latent > 1:
            return data
        labels = np.array(data.environments)
        labels[np.flatnonzero(labels == 2)[::2]] = 1
        return replace(data, environments=labels)

    return draw


def with_law(rng, law, data):
    """The same covariances with elliptical tails."""
    if law != "elliptical t5":
        return data
    return replace(data, X=data.X * np.sqrt(3 / rng.chisquare(5, size=(len(data.X), 1))))


def latent_effects(rng, law, n_samples):
    """Contexts, and the standardised effects by pairs of latents; they are compared as 0."""
    seed = int(rng.integers(2**31))
    problem = linear_disentanglement(4, 8, targets=[0, 1, 2, 3], random_state=seed)
    data = with_law(rng, law, problem.sample(n_samples, random_state=seed))
    weights = data.truth.weights
    total = np.linalg.inv(np.eye(4) - weights)
    spread = np.sqrt([noise.variance for noise in problem.scm.noise] @ total**2)
    return (data, weights * spread[:, None] / spread), 0.0, 0.5


def changing(n_contexts):
    """Two latents whose variances change in proportion; if false, the other way round.

    The samples are those of all contexts together.
    """

    def draw(rng, law, n_samples, effect):
        rates = np.linspace(1.0, 2.0, n_contexts)
        numbers = np.arange(n_samples) % n_contexts
        S = sources(rng, law, n_samples, 2)
        other = rates[::-1] if effect else rates
        Z = S * np.sqrt(np.column_stack([rates, 1.5 * other]))[numbers]
        return VarianceChanges.of(Z, numbers)

    return draw


def moved(rng, law, n_samples, effect):
    """Three latents of which the actions move two directions, or all if false."""
    S = sources(rng, law, n_samples, 7)
    effects = np.array([[1.0, 0.5, 0.3, 0.0], [0.2, 1.0, -0.4, 0.6], [0.0, 0.0, 0.0, 0.0]])
    effects[2] = effects[0] - effects[1] + 0.3 * effect * np.array([1.0, -1.0, 1.0, 1.0])
    return S[:, 3:] @ effects.T + 0.7 * S[:, :3], S[:, 3:]


MISFIT = misfit_of_the_population()


def structural(X):
    return fit_structural(TWO, np.cov(X.T, bias=True), len(X), list("ABCDEF"))


def fit_p_value(X):
    return structural(X).p_value


def close_fit(X):
    fit = structural(X)
    return close_fit_p_value(fit.statistic, fit.degrees_of_freedom, len(X), MISFIT)


def modification(X):
    found = modification_indices(structural(X), directed=False, bidirected=True)
    return next(m.p_value for m in found if {m.edge.source, m.edge.target} == {"E", "F"})


def misfit_interval(X):
    fit = structural(X)
    return rmsea_interval(fit.statistic, fit.degrees_of_freedom, len(X), 0.95)


def weights(sample):
    X, edges = sample
    fit = structural(X)
    reach = 1.96 * fit.standard_errors[edges]
    return fit.weights[edges] - reach, fit.weights[edges] + reach


def standardised_weights(sample):
    X, edges = sample
    fit = structural(X)
    reach = 1.96 * fit.standardized_errors[edges]
    values = fit.standardized_weights[edges]
    return values - reach, values + reach


def by_conditioning(X):
    """Intervals of the weights by the standard errors of an efficient estimate."""
    fit = structural(X)
    found = structural_conditioning(TWO, fit.weights, fit.error_covariance)
    values = fit.weights[true_weights(False)[1]]
    reach = 1.96 * found.standard_errors[: len(values)] / np.sqrt(len(X))
    return values - reach, values + reach


def one_change(data):
    return LinearCausalDisentanglement(4).fit(data).contexts_[1].p_value


def cut_from_parents(data):
    log = LinearCausalDisentanglement(4).fit(data).test_log_
    return next((test.p_value for test in log if "cut" in test.hypothesis), np.nan)


def an_effect(sample):
    """Interval of the effect between the first two latents in causal order, less the truth."""
    data, truth = sample
    model = LinearCausalDisentanglement(4).fit(data)
    place = {
        found.target: data.truth.targets_of(found.environment)[0] for found in model.contexts_[1:]
    }
    if len(place) < len(truth) or None in place:
        raise ValueError("a latent was not told from another")
    latents = model.transform(data.X)
    signs = {
        name: np.sign(latents[:, k] @ data.truth.Z[:, place[name]])
        for k, name in enumerate(model.graph_.nodes)
    }
    edge = next(edge for edge in model.edges_ if edge.identified)
    sign = signs[edge.source] * signs[edge.target]
    true = sign * truth[place[edge.source], place[edge.target]]
    return edge.lower - true, edge.upper - true


def proportional(changes):
    return proportional_variances(changes, ("L1", "L2"), 0.05)[0].p_value


def rank_of_actions(sample):
    return effect_rank_test(*sample, ("L1", "L2", "L3"), 0.05).p_value


STUDIES = (
    # name, about, draw, statistic
    Study("structure, fit", fit_structural, factors, fit_p_value, ALL_LAWS, sizes=FEW,
          beyond=HEAVY, most=1000),
    Study("structure, modification index", modification_indices, factors, modification, ALL_LAWS,
          sizes=FEW, beyond=HEAVY, most=1000),
    Study("structure, weights: intervals", fit_structural, with_weights(False), weights, LAWS,
          sizes=FEW, interval=True, beyond=LAWS[1:], most=1000),
    Study("structure, standardised weights: intervals", fit_structural, with_weights(True),
          standardised_weights, LAWS, sizes=FEW, interval=True, beyond=LAWS[1:], most=1000),
    Study("structure, close fit", close_fit_p_value, misfitting, close_fit, LAWS, sizes=FEW,
          most=1000),
    Study("structure, RMSEA: interval", rmsea_interval, with_misfit, misfit_interval, LAWS,
          sizes=FEW, interval=True, most=1000),
    Study("structure, weights, conditioning: intervals", structural_conditioning, drawn_weights,
          by_conditioning, LAWS, sizes=FEW, interval=True, beyond=LAWS[1:], most=1000),
    Study("contexts change one latent", LinearCausalDisentanglement, contexts(), one_change,
          HEADED, sizes=(1000,), most=200),
    Study("contexts cut latents from parents", LinearCausalDisentanglement, contexts(2),
          cut_from_parents, HEADED, sizes=(1000,), beyond=HEAVY, most=200),
    Study("effects between latents: intervals", LinearCausalDisentanglement, latent_effects,
          an_effect, HEADED, sizes=(1000,), interval=True, beyond=HEAVY, most=200),
    Study("variances change in proportion, 5 contexts", proportional_variances, changing(5),
          proportional, (*LAWS, "t5"), sizes=(300, 1000, 5000)),
    Study("variances change in proportion, 20 contexts", proportional_variances, changing(20),
          proportional, (*LAWS, "t5"), sizes=(1000, 5000)),
    Study("actions move fewer directions", effect_rank_test, moved, rank_of_actions, ALL_LAWS),
)  # fmt: skip
