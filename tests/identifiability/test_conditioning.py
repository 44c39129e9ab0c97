"""Numeric Jacobians beside the generic ranks: against differences, exact ranks and fits."""

from __future__ import annotations

import numpy as np
import pytest

from causalrep import Change, Graph, fit_structural
from causalrep.exceptions import InvalidDataError
from identifiability import (
    check_disentanglement,
    check_structural,
    conditioning,
    disentanglement_conditioning,
    structural_conditioning,
)

CHAIN = Graph(["L1", "L2", "L3"], [("L1", "L2"), ("L2", "L3"), ("L1", "L3")])
FACTOR = Graph.from_text("L --> a, L --> b, L --> c, L --> d; latent L")


def drawn(graph: Graph, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    size = len(graph.nodes)
    weights = np.zeros((size, size))
    for edge in graph.edges:
        if edge.is_directed:
            place = [graph.nodes.index(name) for name in edge.nodes]
            weights[tuple(place)] = rng.uniform(0.4, 0.9)
    errors = np.diag(rng.uniform(0.6, 1.4, size=size))
    for edge in graph.edges:
        if edge.is_bidirected:
            a, b = (graph.nodes.index(name) for name in edge.nodes)
            errors[a, b] = errors[b, a] = 0.3
    return weights, errors


def environments_of(
    graph: Graph, changes: list, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Weights and variances in every environment."""
    weights, errors = drawn(graph, rng)
    every = np.repeat(weights[None], len(changes), axis=0)
    variances = np.repeat(np.diag(errors)[None], len(changes), axis=0)
    for number, change in enumerate(changes):
        for one in [change] if isinstance(change, Change) else change:
            place = graph.nodes.index(one.target)
            every[number, :, place] *= 0.0 if one.kind.value == "perfect" else -0.6
            variances[number, place] *= 2.5
    return every, variances


@pytest.mark.parametrize(
    "text",
    [
        "z --> x, x --> y, x <-> y",
        "a --> b, b --> c, a --> c",
        "L --> a, L --> b, L --> c, L --> d; latent L",
        "x --> y, x <-> y",
    ],
)
def test_generic_rank_and_numeric_rank_agree(text):
    graph = Graph.from_text(text)
    found = structural_conditioning(graph, *drawn(graph, np.random.default_rng(0)))
    exact = check_structural(graph)
    assert len(found.singular_values) == exact.rank
    assert found.smallest > 1e-3
    assert found.generic is exact.finite
    assert np.isinf(found.standard_errors).any() == (not exact.finite)


def test_standard_errors_are_those_of_a_fit():
    weights = np.zeros((5, 5))
    weights[0, 1:] = [0.9, 0.7, 0.8, 0.6]
    errors = np.diag([1.0, 0.5, 0.7, 0.6, 0.9])
    Q = np.linalg.inv(np.eye(5) - weights)
    covariance = (Q.T @ errors @ Q)[1:, 1:]
    fit = fit_structural(FACTOR, covariance, n_samples=400)
    found = structural_conditioning(FACTOR, fit.weights, fit.error_covariance)
    loadings = [found.names.index(f"L --> {name}") for name in "abcd"]
    expected = fit.standard_errors[0, 1:] * np.sqrt(400)
    np.testing.assert_allclose(found.standard_errors[loadings], expected, rtol=0.01)


def test_a_weak_instrument_shows():
    graph = Graph.from_text("z --> x, x --> y, x <-> y")
    weights, errors = drawn(graph, np.random.default_rng(1))
    numbers = []
    for strength in (1.0, 1e-2, 1e-4):
        weights[0, 1] = strength
        numbers.append(structural_conditioning(graph, weights, errors))
    assert numbers[0].condition_number < numbers[1].condition_number
    assert numbers[2].condition_number > 1e4
    assert "x --> y" in [name for name, _ in numbers[2].weakest]
    assert "condition number" in str(numbers[2])


@pytest.mark.parametrize("factor", [2.0**10, 2.0**-10])
def test_units_of_the_features_do_not_matter(factor):
    weights, errors = drawn(FACTOR, np.random.default_rng(2))
    scale = np.array([1.0, factor, 1.0, 1.0, 1.0])
    turned = structural_conditioning(
        FACTOR, weights * scale / scale[:, None], errors * np.outer(scale, scale)
    )
    expected = structural_conditioning(FACTOR, weights, errors)
    np.testing.assert_allclose(turned.singular_values, expected.singular_values, rtol=1e-9)


@pytest.mark.parametrize("kind", ["perfect", "soft"])
def test_numeric_rank_is_the_exact_one_under_interventions(kind):
    changes = [(), *(Change(name, kind) for name in CHAIN.nodes)]
    found = disentanglement_conditioning(
        CHAIN, changes, *environments_of(CHAIN, changes, np.random.default_rng(0))
    )
    exact = check_disentanglement(CHAIN, changes, known="graph")
    assert found.generic is exact.identified
    assert len(found.singular_values) == exact.rank
    assert found.smallest > 1e-4
    for i, row in enumerate(CHAIN.nodes):
        for j, column in enumerate(CHAIN.nodes):
            if i != j:
                error = found.standard_errors[found.names.index(f"{column} in {row}")]
                assert np.isinf(error) == exact.pattern[i, j]


def test_derivatives_are_differences(monkeypatch):
    """A change of an effect moves whitened covariances as far as its column is long."""
    seen = []
    original = conditioning._conditioning
    monkeypatch.setattr(
        conditioning, "_conditioning", lambda *given: seen.append(given[0]) or original(*given)
    )
    changes = [(), Change("L1"), Change("L2"), Change("L3")]
    weights, variances = environments_of(CHAIN, changes, np.random.default_rng(3))
    found = disentanglement_conditioning(CHAIN, changes, weights, variances)
    moved, step = weights.copy(), 1e-6
    moved[[0, 1, 3], 0, 1] += step
    before, after = (covariances(some, variances) for some in (weights, moved))
    total = 0.0
    for old, new in zip(before, after, strict=True):
        root = np.linalg.cholesky(old)
        white = np.linalg.solve(root, np.linalg.solve(root, (new - old) / step).T)
        total += (white**2).sum() / (2 * len(changes))
    scale = np.sqrt(np.diag(before[0]))
    column = seen[0][:, found.names.index("L1 --> L2")]
    length = np.sqrt(total) * scale[1] / scale[0]
    assert np.linalg.norm(column) == pytest.approx(length, rel=1e-4)


def covariances(weights: np.ndarray, variances: np.ndarray) -> list[np.ndarray]:
    pairs = zip(weights, variances, strict=True)
    inverses = [(np.linalg.inv(np.eye(3) - one.T), some) for one, some in pairs]
    return [Q @ np.diag(some) @ Q.T for Q, some in inverses]


def test_latents_that_hardly_change_are_hardly_identified():
    changes = [(), Change("L1"), Change("L2"), Change("L3")]
    weights, variances = environments_of(CHAIN, changes, np.random.default_rng(4))
    strong = disentanglement_conditioning(CHAIN, changes, weights, variances)
    weights[0] *= 1e-3
    weights[1:] *= 1e-3
    variances[1:] = variances[0] * 1.001
    weak = disentanglement_conditioning(CHAIN, changes, weights, variances)
    assert weak.condition_number > 100 * strong.condition_number


def test_order_of_the_latents_does_not_matter():
    changes = [(), Change("L1"), Change("L2"), Change("L3")]
    weights, variances = environments_of(CHAIN, changes, np.random.default_rng(5))
    turned = Graph(CHAIN.nodes[::-1], CHAIN.edges)
    first = disentanglement_conditioning(CHAIN, changes, weights, variances)
    second = disentanglement_conditioning(
        turned, changes, weights[:, ::-1, ::-1], variances[:, ::-1]
    )
    np.testing.assert_allclose(first.singular_values, second.singular_values, rtol=1e-8)


def test_refuses_what_does_not_fit():
    with pytest.raises(InvalidDataError, match=r"weights must be finite numbers of shape \(5"):
        structural_conditioning(FACTOR, np.eye(2), np.eye(5))
    with pytest.raises(InvalidDataError, match="covariance is singular"):
        structural_conditioning(Graph.from_text("x --> y"), [[0, 1], [0, 0]], np.diag([1.0, 0.0]))
    with pytest.raises(InvalidDataError, match="variances must be positive"):
        disentanglement_conditioning(CHAIN, [()], np.zeros((1, 3, 3)), [[1.0, 0.0, 1.0]])
    with pytest.raises(InvalidDataError, match=r"weights must be 0 .* is 2 between 'x' and 'y'"):
        structural_conditioning(Graph(["x", "y"]), [[0, 2.0], [0, 0]], np.eye(2))
    with pytest.raises(
        InvalidDataError, match="error_covariance must be 0 where the graph has no"
    ):
        structural_conditioning(Graph(["x", "y"]), np.zeros((2, 2)), [[2.0, 1.0], [1.0, 2.0]])
    with pytest.raises(InvalidDataError, match="weights must be 0 where the graph has no edge"):
        disentanglement_conditioning(CHAIN, [()], np.tril(np.ones((1, 3, 3)), -1), np.ones((1, 3)))
