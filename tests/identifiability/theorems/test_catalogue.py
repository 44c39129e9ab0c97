"""The catalogue of theorems: complete, cited, and never finer than exact algebra."""

from __future__ import annotations

import re
from itertools import combinations, permutations, product

import numpy as np
import pytest

from causalrep import Change, Graph
from causalrep.exceptions import IdentifiabilityError
from identifiability import Evidence, Form, GraphClass, check, check_disentanglement
from identifiability.theorems import THEOREMS, Condition, DataRegime, Mixing, theorem

KINDS = ("perfect", "do", "soft", "noise", "mechanism", "shift")
ARXIV = re.compile(r"\d{4}\.\d{4,5}")


def dags(n_latents: int) -> list[Graph]:
    """Every DAG once, up to the names of its nodes."""
    names = [f"L{number}" for number in range(n_latents)]
    pairs = list(combinations(range(n_latents), 2))
    found: dict[tuple, Graph] = {}
    for chosen in product([False, True], repeat=len(pairs)):
        edges = [pair for pair, is_in in zip(pairs, chosen, strict=True) if is_in]
        orders = permutations(range(n_latents))
        key = min(tuple(sorted((order[a], order[b]) for a, b in edges)) for order in orders)
        found.setdefault(key, Graph(names, [(names[a], names[b]) for a, b in edges]))
    return list(found.values())


GRAPHS = [graph for size in (2, 3, 4) for graph in dags(size)]


def one_each(graph: Graph, kind: str, times: int = 1) -> list:
    return [(), *(Change(name, kind) for name in graph.nodes for _ in range(times))]


def drawn(graph: Graph, rng: np.random.Generator) -> list:
    """Environments that act on some latents in some ways, or cover them all in one way."""
    if rng.random() < 0.5:
        kind = KINDS[rng.integers(len(KINDS))]
        return one_each(graph, kind, int(rng.integers(1, 3)))
    environments = [()]
    for _ in range(len(graph) + 2):
        targets = np.flatnonzero(rng.random(len(graph)) < 0.5).tolist()
        environments.append([Change(place, KINDS[rng.integers(3)]) for place in targets])
    return environments


def algebra_of(graph, environments, certificate, *, skewed):
    """What exact ranks leave open, knowing of the graph what the certificate says is known."""
    known = {GraphClass.EXACT: "graph", GraphClass.KNOWN: "graph"}
    return check_disentanglement(
        graph,
        environments,
        known=known.get(certificate.graph, "ancestors"),
        third_order=skewed,
        means=True,
    )


def assert_not_finer(graph, environments, **words):
    certificate = check(graph, environments, **words).certificate
    skewed = words.get("noise") == "non-gaussian"
    exact = algebra_of(graph, environments, certificate, skewed=skewed)
    assert not (exact.pattern & ~certificate.pattern).any()
    return certificate


def test_there_are_39_graphs_of_two_to_four_latents():
    assert len(GRAPHS) == 39


@pytest.mark.parametrize("graph", GRAPHS, ids=str)
def test_no_claim_is_finer_than_algebra_allows(graph):
    rng = np.random.default_rng(len(graph.edges))
    for mechanism in ("linear", "nonparametric"):
        environments = drawn(graph, rng)
        for mixing in ("linear", "polynomial", "diffeomorphism"):
            assert_not_finer(graph, environments, mixing=mixing, mechanism=mechanism)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mixing", ["linear", "polynomial", "diffeomorphism"])
def test_no_claim_for_two_interventions_on_each_is_finer_than_algebra_allows(kind, mixing):
    for graph in dags(3)[::2]:
        environments = one_each(graph, kind, times=2)
        assert_not_finer(graph, environments, mixing=mixing, targets_known=True)


@pytest.mark.parametrize("graph", dags(3), ids=str)
def test_general_environments_identify_up_to_surrounding_parents_as_algebra_says(graph):
    largest = max(len(graph.parents(name)) for name in graph.nodes)
    environments = [[Change(name, "soft") for name in graph.nodes]] * (largest + 1)
    words = {"data": "environments", "noise": "non-gaussian"}
    certificate = assert_not_finer(graph, environments, **words)
    exact = algebra_of(graph, environments, certificate, skewed=True)
    assert np.array_equal(exact.pattern, certificate.pattern)


@pytest.mark.parametrize("graph", dags(3), ids=str)
def test_soft_interventions_identify_up_to_ancestors_and_no_finer(graph):
    certificate = assert_not_finer(graph, one_each(graph, "soft"))
    exact = check_disentanglement(graph, one_each(graph, "soft"), known="ancestors")
    assert np.array_equal(exact.pattern, certificate.pattern)


@pytest.mark.slow
def test_no_claim_is_finer_than_algebra_allows_for_five_latents():
    """One in 15 of the 302 graphs, with three designs each."""
    rng = np.random.default_rng(0)
    for graph in dags(5)[::15]:
        for environments in (one_each(graph, "soft"), one_each(graph, "do"), drawn(graph, rng)):
            assert_not_finer(graph, environments)


def test_keys_differ_and_every_theorem_is_cited():
    assert len({row.key for row in THEOREMS}) == len(THEOREMS)
    for row in THEOREMS:
        assert row.source.authors
        assert row.source.venue
        assert not row.source.arxiv or ARXIV.fullmatch(row.source.arxiv)
        assert theorem(row.key) is row


def test_no_arxiv_number_stands_for_two_papers():
    papers = {(row.source.arxiv, row.source.year) for row in THEOREMS if row.source.arxiv}
    assert len({arxiv for arxiv, _ in papers}) == len(papers)


def test_what_nobody_checked_makes_no_claim():
    for row in THEOREMS:
        assert row.evidence.verified or not row.claims
    chain = dags(3)[-1]
    polynomial = check(chain, one_each(chain, "noise"), mixing="polynomial")
    assert theorem("zhang-soft") in polynomial.unverified
    assert polynomial.certificate.graph is GraphClass.NOTHING


@pytest.mark.parametrize("kind", ["perfect", "soft", "shift"])
@pytest.mark.parametrize("graph", dags(3), ids=str)
def test_gaussian_latents_behind_any_mixing_are_found_as_behind_linear_ones(graph, kind):
    shifts = kind == "shift"
    words = {"noise": "gaussian", "graph_known": shifts, "targets_known": shifts}
    behind_any = assert_not_finer(
        graph,
        one_each(graph, kind),
        mixing="diffeomorphism",
        **(words | {"targets_known": True}),
    )
    behind_linear = check(graph, one_each(graph, kind), **words).certificate
    assert behind_any.evidence is Evidence.PROOF
    assert behind_any.form is Form.LINEAR
    assert np.array_equal(behind_any.pattern, behind_linear.pattern)
    assert behind_any.graph is behind_linear.graph


@pytest.mark.parametrize("mixing", ["linear", "diffeomorphism"])
def test_shifts_of_unknown_targets_tell_no_latents_even_of_a_known_graph(mixing):
    """The other latents have the same noises in another order, and the same graph.

    With P = (0, 1), L1 --> L2 and effects a and b they are e2 and e1 + b e2, and neither order of
    them is a function of L1 = e1 alone and of both.
    """
    pair = Graph(["L1", "L2"], [("L1", "L2")])
    shifts = [(), Change("L1", "shift"), Change("L2", "shift")]
    words = {"mixing": mixing, "noise": "gaussian", "graph_known": True}
    unknown, known = (
        check(pair, shifts, targets_known=flag, **words).certificate for flag in (False, True)
    )
    assert unknown.pattern.all()
    assert not known.pattern.all()
    loadings = np.linalg.inv([[1.0, 0.0], [-0.7, 1.0]]), np.linalg.inv([[1.0, 0.0], [-1.3, 1.0]])
    change = loadings[1] @ [[0.0, 1.0], [1.0, 0.0]] @ np.linalg.inv(loadings[0])
    assert all(abs(row[1]) > 0.1 for row in change)  # L2 is in both, so neither is L1


@pytest.mark.parametrize("kind", ["perfect", "soft"])
@pytest.mark.parametrize("graph", dags(3), ids=str)
def test_a_known_graph_needs_one_intervention_on_each_behind_any_mixing(graph, kind):
    known = {"targets_known": True, "graph_known": True}
    words = {"mixing": "diffeomorphism", "mechanism": "nonparametric", **known}
    certificate = assert_not_finer(graph, one_each(graph, kind), **words)
    assert certificate.citation == "Liang et al. 2023"
    assert certificate.identified or kind == "soft"


def test_every_condition_and_most_kinds_of_data_and_mixing_occur():
    assert {name for row in THEOREMS for name in row.conditions} == set(Condition)
    assert {row.mixing for row in THEOREMS} == set(Mixing)
    assert {row.data for row in THEOREMS} >= set(DataRegime) - {DataRegime.TEMPORAL}


def test_refuses_an_unknown_key():
    with pytest.raises(IdentifiabilityError, match="no theorem 'euler' in the catalogue"):
        theorem("euler")
