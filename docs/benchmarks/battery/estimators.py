"""A quick fit of every public estimator, so that data, labels and parameters can be spoiled."""

import inspect
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import clone

from battery.examples import ACTIONS, CONTEXTS, OBSERVED, ONE_FACTOR
from battery.inputs import BadInput
from battery.subjects import Subject
from causalrep import Graph

PAIR = Graph.from_text("X1 --> X2; L1 --> X1; L1 --> X2; latent L1")
QUICK = {
    "n_latents": 2,
    "hidden_widths": (4,),
    "n_restarts": 1,
    "max_epochs": 1,
    "random_state": 0,
}


@dataclass(frozen=True)
class Example:
    """Parameters with which a fit is quick, and data of the kind it wants."""

    X: np.ndarray
    parameters: dict[str, Any] = field(default_factory=dict)
    y: np.ndarray | None = None
    y_role: str = ""


in_contexts = partial(Example, X=CONTEXTS.X, y=CONTEXTS.environments, y_role="labels")
EXAMPLES = {
    "causalrep.CumulantICA": Example(
        OBSERVED, {"n_components": 2, "n_starts": 2, "random_state": 0}
    ),
    "causalrep.LinearCausalDisentanglement": in_contexts(parameters={"n_latents": 2}),
    "causalrep.ReconstructionICA": Example(
        OBSERVED, {"n_components": 2, "n_starts": 1, "max_iter": 20, "random_state": 0}
    ),
    "causalrep.neural.ContrastiveCRL": in_contexts(parameters=QUICK),
    "causalrep.neural.InterventionExtrapolator": Example(
        ACTIONS,
        {key: QUICK[key] for key in QUICK if key != "n_latents"},
        ACTIONS[:, 0] ** 2,
        "vector",
    ),
    "causalrep.neural.InterventionalAutoencoder": in_contexts(parameters=QUICK),
    "causalrep.neural.LatentPolynomialVAE": in_contexts(parameters=QUICK),
    "causalrep.neural.Rep4Ex": Example(OBSERVED, QUICK, ACTIONS, "samples"),
    "discovery.CorrelationThresholding": Example(ONE_FACTOR, {"n_thresholds": 5}),
    "discovery.CumulantDiscovery": Example(OBSERVED[:, :2], {"n_starts": 1, "random_state": 0}),
    "discovery.CumulantEffect": Example(
        OBSERVED[:, :2],
        {"graph": PAIR, "cause": "X1", "effect": "X2", "n_starts": 2, "random_state": 0},
    ),
    "discovery.CumulantRanks": Example(OBSERVED),
    "discovery.FCI": Example(OBSERVED),
    "discovery.GIN": Example(OBSERVED),
    "discovery.LvLiNGAM": Example(OBSERVED[:, :3], {"random_state": 0}),
    "discovery.OneFactorClusters": Example(ONE_FACTOR),
    "discovery.OneLatentComponent": Example(OBSERVED[:, :3]),
    "discovery.PC": Example(OBSERVED),
    "discovery.RLCD": Example(ONE_FACTOR, {"n_bootstraps": 2, "random_state": 0}),
}
METHODS = ("transform", "inverse_transform", "predict")


def fit_subject(path, cls):
    """Return the subject that fits."""
    example = EXAMPLES[path]

    def fit(X, y=None):
        return cls(**example.parameters).fit(X, y)

    good = {"X": example.X}
    roles = {"X": "samples", "y": ""}
    if example.y is not None:
        good["y"] = example.y
        roles["y"] = example.y_role
    return Subject(f"{path}.fit", fit, good, roles)


def method_subjects(path, cls):
    """Yield subjects for what a fitted estimator does with new rows."""
    example = EXAMPLES[path]
    fitted = cls(**example.parameters).fit(example.X, example.y)
    for name in METHODS:
        method = getattr(fitted, name, None)
        if method is None:
            continue
        rows = fitted.transform(example.X) if name == "inverse_transform" else example.X
        argument = "Z" if name == "inverse_transform" else "X"
        yield Subject(f"{path}.{name}", method, {argument: rows}, {argument: "features", "y": ""})


def parameter_subject(path, cls):
    """Return the subject whose arguments are the estimator's parameters."""
    example = EXAMPLES[path]

    def fit(**parameters):
        return clone(cls(**{**example.parameters, **parameters})).fit(example.X, example.y)

    parameters = cls(**example.parameters).get_params(deep=False)
    roles = {name: ROLE_OF_PARAMETER[name] for name in parameters if name in ROLE_OF_PARAMETER}
    return Subject(path, fit, parameters, roles, inspect.signature(cls).parameters)


ROLE_OF_PARAMETER = {
    "reference": "word",
    "test": "thing",
    "checkpoint": "",
    "device": "word",
    "max_time": "number",
    "hidden_widths": "listing",
    "max_epochs": "count",
    "n_latents": "count",
    "n_components": "count",
    "max_given": "count",
    "max_tests": "count",
    "alpha": "number",
    "eps": "number",
    "threshold": "number",
    "penalties": "listing",
    "graph": "graph",
    "cause": "word",
    "effect": "word",
}


def not_fitted(path, cls):
    """Yield a call before fit for every method that needs one."""
    example = EXAMPLES[path]
    for name in METHODS:
        if hasattr(cls, name):
            bad = BadInput("not fitted", "not fitted", lambda good: good)
            yield (
                f"{path}.{name}",
                bad,
                partial(getattr(cls(**example.parameters), name), example.X),
            )


def estimator_subjects(estimators):
    """Return the subjects of every public estimator, and the paths that have none."""
    known = [path for path in estimators if path in EXAMPLES]
    subjects = []
    for path in known:
        subjects.append(fit_subject(path, estimators[path]))
        subjects.extend(method_subjects(path, estimators[path]))
        subjects.append(parameter_subject(path, estimators[path]))
    return subjects, sorted(estimators.keys() - EXAMPLES.keys())
