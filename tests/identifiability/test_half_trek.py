"""The half-trek criterion, against examples and the exact algebra."""

from __future__ import annotations

import numpy as np
import pytest

from causalrep import Edge, Graph
from causalrep.exceptions import GraphError
from identifiability import HalfTrekVerdict, check_structural, half_trek_criterion


def random_mixed_graph(seed: int) -> Graph:
    rng = np.random.default_rng(seed)
    names = [f"v{number}" for number in range(rng.integers(2, 6))]
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    density = rng.uniform(0.2, 0.8, 2)
    edges = [Edge.from_text(f"{a} --> {b}") for a, b in pairs if rng.random() < density[0]]
    edges += [Edge.from_text(f"{b} --> {a}") for a, b in pairs if rng.random() < 0.05]
    edges += [Edge.from_text(f"{a} <-> {b}") for a, b in pairs if rng.random() < density[1]]
    return Graph(names, edges)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("x --> y", HalfTrekVerdict.IDENTIFIED),
        ("x --> y, x <-> y", HalfTrekVerdict.NOT_IDENTIFIED),
        ("z --> x, x --> y, x <-> y", HalfTrekVerdict.IDENTIFIED),
        ("a --> x, b --> y, x --> y, y --> x, x <-> y", HalfTrekVerdict.IDENTIFIED),
        ("a --> b, b --> c, a <-> c, b <-> c", HalfTrekVerdict.NOT_IDENTIFIED),
    ],
)
def test_knows_textbook_graphs(text, verdict):
    assert half_trek_criterion(Graph.from_text(text)).verdict is verdict


def test_never_contradicts_the_algebra():
    verdicts = []
    for seed in range(300):
        graph = random_mixed_graph(seed)
        result, exact = half_trek_criterion(graph), check_structural(graph)
        verdicts.append(result.verdict)
        if result.verdict is HalfTrekVerdict.IDENTIFIED:
            assert exact.finite
        if result.verdict is HalfTrekVerdict.NOT_IDENTIFIED:
            assert not exact.finite
        determined = {(a, b) for a, b, found in exact.effects if found}
        for a, b, _ in exact.effects:
            assert b not in result.solved or (a, b) in determined
    assert {HalfTrekVerdict.IDENTIFIED, HalfTrekVerdict.NOT_IDENTIFIED} <= set(verdicts)


def test_leaves_open_what_the_algebra_settles():
    edges = "a --> b, b --> c, b <-> c, c --> d, c <-> d, d --> a"
    graph = Graph.from_text(edges)
    assert half_trek_criterion(graph).verdict is HalfTrekVerdict.INCONCLUSIVE
    assert check_structural(graph).finite


def test_names_the_nodes_that_are_solved():
    graph = Graph.from_text("z --> x, x --> y, x <-> y, u --> v, u <-> v")
    assert half_trek_criterion(graph).solved == ("z", "x", "y", "u")


def test_refuses_latent_nodes_and_other_edges():
    with pytest.raises(GraphError, match="wants bidirected edges in place of latent nodes"):
        half_trek_criterion(Graph.from_text("L --> x, L --> y; latent L"))
    with pytest.raises(GraphError, match=r"bidirected edges only, but .* x --- y"):
        half_trek_criterion(Graph.from_text("x --- y"))
