"""Certificates of structural models by exact algebra."""

from __future__ import annotations

import numpy as np
import pytest

from causalrep import Edge, Graph
from causalrep.exceptions import GraphError
from identifiability import check_structural


def graph_of(*texts: str, latent: tuple[str, ...] = ()) -> Graph:
    edges = [Edge.from_text(text) for text in texts]
    names = sorted({name for edge in edges for name in edge.nodes})
    return Graph(names, edges, latent=latent)


def numeric_rank(graph: Graph, seed: int) -> int:
    """Rank of the Jacobian by finite differences at a random point: the referee."""
    rng = np.random.default_rng(seed)
    arrows = [(e.source, e.target) for e in graph.edges if e.is_directed]
    spouses = [(e.source, e.target) for e in graph.edges if e.is_bidirected]
    place = {name: number for number, name in enumerate(graph.nodes)}
    seen = [place[name] for name in graph.observed]

    def covariance(theta):
        effects, rest = theta[: len(arrows)], theta[len(arrows) :]
        Lambda, Omega = np.zeros((2, len(place), len(place)))
        for (a, b), value in zip(arrows, effects, strict=True):
            Lambda[place[a], place[b]] = value
        Omega[np.diag_indices(len(place))] = 2.0
        Omega[seen, seen] = 2 + rest[: len(seen)]
        for (a, b), value in zip(spouses, rest[len(seen) :], strict=True):
            Omega[place[a], place[b]] = Omega[place[b], place[a]] = value
        Q = np.linalg.inv(np.eye(len(place)) - Lambda)
        return (Q.T @ Omega @ Q)[np.ix_(seen, seen)][np.triu_indices(len(seen))]

    theta = rng.uniform(-0.6, 0.6, len(arrows) + len(seen) + len(spouses))
    step = 1e-6 * np.eye(len(theta))
    columns = [(covariance(theta + one) - covariance(theta - one)) / 2e-6 for one in step]
    return int(np.linalg.matrix_rank(np.array(columns), tol=1e-6))


def test_an_instrument_identifies_a_confounded_effect():
    certificate = check_structural(graph_of("z --> x", "x --> y", "x <-> y"))
    assert certificate.finite
    assert all(found for *_, found in certificate.effects)


def test_a_bow_does_not():
    certificate = check_structural(graph_of("x --> y", "x <-> y"))
    assert not certificate
    assert certificate.effects == (("x", "y", False),)


def test_tells_effects_that_are_determined_from_those_left_open():
    certificate = check_structural(graph_of("a --> x", "x --> y", "x <-> y", "u --> v", "u <-> v"))
    found = {(a, b): is_found for a, b, is_found in certificate.effects}
    assert found == {("a", "x"): True, ("x", "y"): True, ("u", "v"): False}


@pytest.mark.parametrize(("n_indicators", "finite"), [(2, False), (3, True), (4, True)])
def test_a_factor_needs_three_indicators(n_indicators, finite):
    texts = [f"L --> x{number}" for number in range(n_indicators)]
    assert check_structural(graph_of(*texts, latent=("L",))).finite is finite


def test_a_cycle_with_instruments_is_identified():
    cyclic = graph_of("a --> x", "b --> y", "x --> y", "y --> x", "x <-> y")
    assert check_structural(cyclic).finite


@pytest.mark.parametrize("seed", range(30))
def test_agrees_with_numeric_ranks_on_random_graphs(seed):
    rng = np.random.default_rng(seed)
    names = [f"v{number}" for number in range(rng.integers(3, 7))]
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    edges = [Edge.from_text(f"{a} --> {b}") for a, b in pairs if rng.random() < 0.5]
    edges += [Edge.from_text(f"{a} <-> {b}") for a, b in pairs if rng.random() < 0.3]
    graph = Graph(names, edges, latent=[name for name in names if rng.random() < 0.2])
    if graph.observed:
        assert check_structural(graph).rank == numeric_rank(graph, seed)


def test_refuses_edges_of_another_kind():
    with pytest.raises(GraphError, match=r"bidirected edges only, but 1 of 1 .* a --- b"):
        check_structural(graph_of("a --- b"))


def test_refuses_a_graph_of_latents_alone():
    with pytest.raises(GraphError, match="No node is observed"):
        check_structural(graph_of("a --> b", latent=("a", "b")))


def test_prints_a_verdict_for_every_effect():
    text = str(check_structural(graph_of("z --> x", "x --> y", "x <-> y")))
    assert text.startswith("All parameters are determined up to finitely many values.")
    assert text.count("determined") == 3
