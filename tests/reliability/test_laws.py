"""What must not change the answer does not: the order of columns and rows, names, units, labels.

Every public estimator is fitted to sixty samples or so, where ties and rounding decide what they
should not.
"""

import warnings
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from battery.estimators import EXAMPLES
from battery.public import PUBLIC
from scipy.optimize import linear_sum_assignment

from causalrep import Graph
from causalrep.neural import ContrastiveCRL

EXPONENTS = (-498, -200, -60, 3, 200, 498)  # up to 1e150
COMMON_UNIT = {
    "causalrep.LinearCausalDisentanglement": "its sensors' noise is isotropic in the units given",
}
EXCEPTIONS = {
    ("rows", "causalrep.neural.InterventionExtrapolator"): "it draws validation rows by position",
    ("rows", "causalrep.neural.Rep4Ex"): "it draws validation rows by position",
}
ROUGH = {"causalrep.neural.ContrastiveCRL": "its search begins at random weights of the contexts"}


@dataclass(frozen=True)
class Telling:
    """One way to tell the same data: orders of columns and rows, units, names, labels."""

    columns: np.ndarray
    rows: np.ndarray
    units: np.ndarray
    names: tuple[str, ...]
    labels: np.ndarray | None = None


@dataclass(frozen=True)
class Answer:
    """What a fit says, in the order, the names and the units of the first telling."""

    graph: Graph | None
    effects: dict[tuple[str, str], float]
    latents: np.ndarray | None
    prediction: np.ndarray | None


def plain(X):
    names = tuple(f"X{place + 1}" for place in range(X.shape[1]))
    return Telling(np.arange(X.shape[1]), np.arange(len(X)), np.ones(X.shape[1]), names)


def told(X, law, path, seed=0):
    """The data as a law tells them."""
    rng = np.random.default_rng(seed)
    parts = vars(plain(X))
    p = X.shape[1]
    if law in ("columns", "all"):
        parts["columns"] = np.roll(np.arange(p)[::-1], seed)
    if law in ("rows", "all"):
        parts["rows"] = rng.permutation(len(X))
    if law in ("names", "all"):
        parts["names"] = tuple(rng.permutation([*"zyxwvutsr"][:p]).tolist())
    if law in ("units", "all"):
        exponents = -490.0 if path in COMMON_UNIT else np.resize(EXPONENTS, p).astype(float)
        parts["units"] = np.exp2(exponents) * np.ones(p)
    if law == "labels":
        parts["labels"] = np.array([0, 2, 1])
    return Telling(**parts)


def answer(path, X, y, telling):
    """Fit what is told, and translate the answer back."""
    frame = pd.DataFrame(X * telling.units, columns=telling.names)
    frame = frame.iloc[telling.rows, telling.columns]
    if y is not None:
        y = (y if telling.labels is None else telling.labels[y])[telling.rows]
    new_names = dict(zip(plain(X).names, telling.names, strict=True))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = PUBLIC.ESTIMATORS[path](**parameters(path, new_names)).fit(frame, y)
        latents = model.transform(frame) if hasattr(model, "transform") else None
        prediction = model.predict(frame) if hasattr(model, "predict") else None
    back = np.argsort(telling.rows)
    graph = getattr(model, "graph_", None)
    old_names = {new: old for old, new in new_names.items()}
    if graph is not None:
        hidden = {node: f"hidden {place}" for place, node in enumerate(graph.latent)}
        old_names = {node: {**old_names, **hidden}[node] for node in graph.nodes}
    return Answer(
        None if graph is None else graph.rename(old_names),
        effects_between(model, graph, old_names),
        None if latents is None else np.asarray(latents)[back],
        None if prediction is None else prediction[back],
    )


def parameters(path, new_names):
    """Parameters, with the names of the features where they name some."""
    found = EXAMPLES[path].parameters
    return found | {
        name: value.rename(new_names) if isinstance(value, Graph) else new_names[value]
        for name, value in found.items()
        if name in ("graph", "cause", "effect")
    }


def effects_between(model, graph, old_names):
    """Weights of the edges between observed nodes, in old names."""
    weights = getattr(model, "weights_", None)
    if graph is None or np.shape(weights) != (len(graph), len(graph)):
        return {}
    place = {node: number for number, node in enumerate(graph.nodes)}
    return {
        (old_names[a], old_names[b]): weights[place[a], place[b]]
        for a in graph.observed
        for b in graph.observed
    }


def same_graph(one, two):
    """Whether graphs are equal but for the names of latents."""
    if one is None or len(one.latent) != len(two.latent):
        return one is two
    orders = permutations(two.latent)
    return any(two.rename(dict(zip(two.latent, some, strict=True))) == one for some in orders)


def same_latents(one, two, slack):
    """Whether latents are equal but for order and signs, up to a share of their size."""
    if one is None or one.shape != two.shape:
        return one is two
    distances = np.abs(np.abs(one[:, :, None]) - np.abs(two[:, None])).max(axis=0, initial=0.0)
    places = linear_sum_assignment(distances)
    signs = np.sign((one[:, places[0]] * two[:, places[1]]).sum(axis=0))
    return np.allclose(one[:, places[0]], signs * two[:, places[1]], atol=slack * one.std())


@lru_cache
def first_answer(path):
    example = EXAMPLES[path]
    return answer(path, example.X, example.y, plain(example.X))


@pytest.fixture(autouse=True)
def short_search(monkeypatch):
    monkeypatch.setattr(ContrastiveCRL, "_LINEAR_STARTS", 1)
    monkeypatch.setattr(ContrastiveCRL, "_LINEAR_STEPS", 20)


PAIRS = [
    (law, path)
    for law in ("columns", "rows", "names", "units", "labels")
    for path in PUBLIC.ESTIMATORS
    if (law, path) not in EXCEPTIONS and (law != "labels" or EXAMPLES[path].y_role == "labels")
]


@pytest.mark.parametrize(("law", "path"), PAIRS)
def test_the_answer_does_not_depend_on_how_the_data_are_told(law, path):
    example = EXAMPLES[path]
    one = first_answer(path)
    two = answer(path, example.X, example.y, told(example.X, law, path))
    assert same_graph(one.graph, two.graph)
    assert same_latents(one.latents, two.latents, 0.05 if path in ROUGH else 1e-3)
    if one.prediction is not None:
        np.testing.assert_allclose(two.prediction, one.prediction, rtol=1e-3, atol=1e-3)
    if law != "units":
        assert two.effects == pytest.approx(one.effects, rel=1e-4, abs=1e-6)


def others(path, seed):
    """Further samples of a mixture, with fewer or more sources, of as many features."""
    rng = np.random.default_rng(seed)
    p = EXAMPLES[path].X.shape[1]
    p = p if p < 4 else p + seed % 3
    noise = rng.normal(size=(60, p)) if seed % 2 else rng.gamma(2.0, size=(60, p)) - 2
    weights = np.triu(rng.uniform(0.2, 1, (p, p)) * (rng.random((p, p)) < 0.6), 1)
    return noise @ (np.eye(p) + weights)[:, rng.permutation(p)]


@pytest.mark.slow
@pytest.mark.parametrize("path", [path for path in PUBLIC.ESTIMATORS if "discovery." in path])
def test_nor_does_it_for_other_samples_with_all_changed_at_once(path):
    for seed in range(3):
        X = others(path, seed)
        one = answer(path, X, None, plain(X))
        two = answer(path, X, None, told(X, "all", path, seed))
        assert same_graph(one.graph, two.graph)
