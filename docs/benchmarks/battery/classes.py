"""A good call of constructors and methods that take data: tests, moments, models, graphs."""

import inspect

import numpy as np

import discovery
import simulators
from battery.examples import CHAIN, CONTEXTS, COVARIANCE, MEASURED, OBSERVED, ONE_FACTOR
from battery.subjects import Subject
from causalrep import Dataset, EnvironmentMoments, Graph, Moments
from causalrep.cumulant_fit import CumulantData, StructuralMixing
from causalrep.cumulants import CumulantMoments
from causalrep.ranks import CorrelationRankTest, OrdinalRankTest, RankOracle, RobustRankTest

X_SAMPLES = {"X": "samples"}
PAIRS = {"rows": np.array([[0, 1]]), "columns": np.array([[2, 3]]), "rank": 1}
PLACES = {"rows": "positions", "columns": "positions"}
TRIPLE = {"first": np.array([0]), "second": np.array([2]), "given": np.array([[1]])}
LABELS = CONTEXTS.environments
ORDINAL = np.digitize(ONE_FACTOR, [0.5, 1.5, 2.5])
LINEAR = simulators.LinearSCM([[0, 2.0], [0, 0]])
PROBLEM = simulators.linear_disentanglement(2, 4, random_state=0)
MIXING = simulators.LinearMixing([[1.0, 0], [0, 1], [1, 1]])
EDGES = {"edges": [("A", "B")]}

GOOD = {
    "causalrep.Dataset": (
        Dataset,
        {"X": OBSERVED, "environments": LABELS[:60]},
        {"X": "", "environments": ""},
    ),
    "causalrep.Graph": (Graph, {"nodes": ["A", "B"], **EDGES, "latent": ["A"]}, {}),
    "causalrep.Graph.subgraph": (CHAIN.subgraph, {"nodes": ["A", "B"]}, {}),
    "causalrep.Graph.d_separated": (CHAIN.d_separated, {"a": "A", "b": "C", "given": "B"}, {}),
    "causalrep.Graph.from_weights": (
        Graph.from_weights,
        {"weights": np.triu(np.ones((3, 3)), 1)},
        {},
    ),
    "causalrep.Graph.from_text": (Graph.from_text, {"text": "A --> B"}, {}),
    "causalrep.Moments.from_samples": (
        Moments.from_samples,
        {"X": OBSERVED},
        {**X_SAMPLES, "names": "names"},
    ),
    "causalrep.EnvironmentMoments.from_samples": (
        EnvironmentMoments.from_samples,
        {"X": CONTEXTS.X, "environments": LABELS},
        {**X_SAMPLES, "environments": "labels", "names": "names"},
    ),
    "causalrep.EnvironmentMoments.from_covariances": (
        EnvironmentMoments.from_covariances,
        {"covariances": [COVARIANCE, COVARIANCE], "n_samples": 50},
        {"covariances": "", "names": "names"},
    ),
    "causalrep.cumulants.CumulantMoments.from_samples": (
        CumulantMoments.from_samples,
        {"X": OBSERVED},
        X_SAMPLES,
    ),
    "causalrep.cumulant_fit.CumulantData.from_samples": (
        CumulantData.from_samples,
        {"X": OBSERVED[:, :2]},
        X_SAMPLES,
    ),
    "causalrep.cumulant_fit.StructuralMixing": (StructuralMixing, {"graph": CHAIN}, {}),
    "causalrep.ranks.CorrelationRankTest": (
        CorrelationRankTest,
        {"correlation": COVARIANCE, "n_samples": 60},
        {"correlation": "covariance"},
    ),
    "causalrep.ranks.CorrelationRankTest.from_samples": (
        CorrelationRankTest.from_samples,
        {"X": ONE_FACTOR},
        X_SAMPLES,
    ),
    "causalrep.ranks.CorrelationRankTest.p_values": (
        CorrelationRankTest(COVARIANCE, 60).p_values,
        PAIRS,
        PLACES,
    ),
    "causalrep.ranks.OrdinalRankTest": (OrdinalRankTest, {"X": ORDINAL}, {"X": "matrix"}),
    "causalrep.ranks.OrdinalRankTest.p_values": (OrdinalRankTest(ORDINAL).p_values, PAIRS, PLACES),
    "causalrep.ranks.RobustRankTest": (RobustRankTest, {"X": ONE_FACTOR}, X_SAMPLES),
    "causalrep.ranks.RobustRankTest.p_values": (
        RobustRankTest(ONE_FACTOR).p_values,
        PAIRS,
        PLACES,
    ),
    "causalrep.ranks.RankOracle": (RankOracle, {"graph": MEASURED}, {}),
    "discovery.DSeparationOracle": (discovery.DSeparationOracle, {"graph": CHAIN}, {}),
    "discovery.FisherZTest": (
        discovery.FisherZTest,
        {"correlation": COVARIANCE, "n_samples": 60},
        {"correlation": "covariance"},
    ),
    "discovery.FisherZTest.p_values": (discovery.FisherZTest(COVARIANCE, 60).p_values, TRIPLE, {}),
    "discovery.KernelTest": (discovery.KernelTest, {"X": OBSERVED}, X_SAMPLES),
    "discovery.KernelTest.p_values": (discovery.KernelTest(OBSERVED).p_values, TRIPLE, {}),
    "discovery.RobustTest": (discovery.RobustTest, {"X": OBSERVED}, X_SAMPLES),
    "discovery.RobustTest.p_values": (discovery.RobustTest(OBSERVED).p_values, TRIPLE, {}),
    "discovery.RankIndependenceTest": (
        discovery.RankIndependenceTest,
        {"test": RobustRankTest(ONE_FACTOR)},
        {"test": "thing"},
    ),
    "discovery.BackgroundKnowledge": (
        discovery.BackgroundKnowledge,
        {"required": [("A", "B")]},
        {"tiers": "listing", "required": "listing", "forbidden": "listing"},
    ),
    "simulators.LinearSCM": (
        simulators.LinearSCM,
        {"weights": np.array([[0, 2.0], [0, 0]])},
        {"noise": "", "latent": "", "names": "names"},
    ),
    "simulators.LinearSCM.sample": (
        LINEAR.sample,
        {"n_samples": 10, "random_state": 0},
        {"interventions": "listing"},
    ),
    "simulators.LinearSCM.sample_environments": (
        LINEAR.sample_environments,
        {"environments": [()], "n_samples": 10},
        {"labels": ""},
    ),
    "simulators.LinearSCM.log_density": (
        LINEAR.log_density,
        {"Z": OBSERVED[:, :2]},
        {"Z": "features", "interventions": "listing"},
    ),
    "simulators.LinearSCM.cumulant": (LINEAR.cumulant, {"order": 3}, {"interventions": "listing"}),
    "simulators.LinearSCM.counterfactual": (
        LINEAR.counterfactual,
        {"data": LINEAR.sample(5, random_state=0)},
        {"data": "thing", "interventions": "listing", "given": ""},
    ),
    "simulators.LinearMixing": (simulators.LinearMixing, {"matrix": np.eye(3)[:, :2]}, {}),
    "simulators.LinearMixing.apply": (MIXING.apply, {"Z": OBSERVED[:, :2]}, {"Z": "features"}),
    "simulators.LinearMixing.inverse": (MIXING.inverse, {"X": OBSERVED[:, :3]}, {"X": "features"}),
    "simulators.Problem": (
        simulators.Problem,
        {"scm": LINEAR, "environments": [()]},
        {"scm": "thing"},
    ),
    "simulators.Problem.sample": (
        PROBLEM.sample,
        {"n_per_environment": 10, "random_state": 0},
        {"n_per_environment": "count"},
    ),
    "simulators.Do": (simulators.Do, {"target": 0, "value": 1.0}, {}),
    "simulators.Shift": (simulators.Shift, {"target": 0, "by": 1.0}, {}),
    "simulators.Perfect": (simulators.Perfect, {"target": 0}, {}),
    **{
        f"simulators.{kind.__name__}": (kind, {"scale": 1.0}, {})
        for kind in (
            simulators.Gaussian,
            simulators.Laplace,
            simulators.Uniform,
            simulators.Gamma,
            simulators.Exponential,
            simulators.StudentT,
            simulators.Beta,
            simulators.ThreePoint,
        )
    },
}


def class_subjects():
    """Return the subjects of constructors and methods that take data."""
    return [Subject(path, call, good, roles) for path, (call, good, roles) in GOOD.items()]


def classes_without(things):
    """Name the public classes with public constructors that take arrays and have no subject."""
    return sorted(
        path
        for path, thing in things.items()
        if inspect.isclass(thing) and takes_data(thing) and path not in GOOD
    )


def takes_data(cls):
    """Whether a constructor takes samples, or a correlation matrix."""
    try:
        names = inspect.signature(cls).parameters
    except ValueError:
        return False
    return bool({"X", "correlation", "covariance"} & set(names))
