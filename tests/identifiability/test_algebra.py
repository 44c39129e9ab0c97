"""Certificates of linear disentanglement by exact algebra."""

from __future__ import annotations

from itertools import combinations, permutations, product

import networkx as nx
import numpy as np
import pytest

from causalrep import Change, Edge, Graph
from causalrep.exceptions import GraphError, IdentifiabilityError, InterventionError
from identifiability import IdentifiabilityClass, check_disentanglement, minimal_interventions
from simulators import Perfect, Shift


def all_dags(n_latents: int) -> list[Graph]:
    """Every DAG once, up to the names of its nodes."""
    names = [f"L{number}" for number in range(n_latents)]
    pairs, seen = list(combinations(range(n_latents), 2)), {}
    for chosen in product([False, True], repeat=len(pairs)):
        arrows = np.zeros((n_latents, n_latents), dtype=bool)
        for pair, is_in in zip(pairs, chosen, strict=True):
            arrows[pair] = is_in
        orders = map(list, permutations(range(n_latents)))
        key = min(arrows[np.ix_(order, order)].tobytes() for order in orders)
        edges = [(names[a], names[b]) for a, b in np.argwhere(arrows)]
        seen.setdefault(key, Graph(names, edges, latent=names))
    return list(seen.values())


SMALL = [graph for size in (2, 3, 4) for graph in all_dags(size)]


def one_each(graph: Graph, kind: str) -> list:
    return [(), *(Change(name, kind) for name in graph.nodes)]


def off_diagonal(certificate) -> np.ndarray:
    return certificate.pattern & ~np.eye(len(certificate.pattern), dtype=bool)


def surrounding(graph: Graph) -> np.ndarray:
    """Which latents are parents of one and of all its children, from the definition."""
    return np.array(
        [
            [
                other in graph.parents(node)
                and set(graph.children(node)) <= set(graph.children(other))
                for other in graph.nodes
            ]
            for node in graph.nodes
        ]
    )


def ancestors(graph: Graph) -> np.ndarray:
    drawn = graph.to_networkx()
    return np.array(
        [[other in nx.ancestors(drawn, node) for other in graph.nodes] for node in graph.nodes]
    )


def check_small_theorems(graph: Graph) -> None:
    perfect = check_disentanglement(graph, one_each(graph, "perfect"), known="order")
    assert perfect.identified
    soft = check_disentanglement(graph, one_each(graph, "soft"))
    assert np.array_equal(off_diagonal(soft), ancestors(graph))
    general = [[Change(name, "soft") for name in graph.nodes]] * (len(graph) + 2)
    many = check_disentanglement(graph, general, known="graph", third_order=True)
    assert np.array_equal(off_diagonal(many), surrounding(graph))


def test_there_are_39_small_dags():
    assert len(SMALL) == 39


@pytest.mark.parametrize("graph", SMALL, ids=str)
def test_says_what_the_theorems_say(graph):
    check_small_theorems(graph)


@pytest.mark.slow
def test_says_what_the_theorems_say_for_graphs_of_five_latents():
    """All 302 take a minute and a half; every fifth is checked here."""
    graphs = all_dags(5)
    assert len(graphs) == 302
    for graph in graphs[::5]:
        check_small_theorems(graph)


@pytest.mark.parametrize("graph", SMALL, ids=str)
def test_knowing_less_never_identifies_more(graph):
    environments = [(), *(Change(name, "mechanism") for name in graph.nodes[1:])]
    patterns = [
        off_diagonal(check_disentanglement(graph, environments, known=known))
        for known in ("graph", "ancestors", "order")
    ]
    assert (patterns[0] <= patterns[1]).all()
    assert (patterns[1] <= patterns[2]).all()


@pytest.mark.parametrize("graph", SMALL[::3], ids=str)
def test_names_and_order_of_the_latents_do_not_matter(graph):
    turned = Graph(graph.nodes[::-1], graph.edges, latent=graph.latent)
    environments = [(), Change("L0"), Change("L1", "soft")]
    first, second = (check_disentanglement(one, environments) for one in (graph, turned))
    assert np.array_equal(first.pattern, second.pattern[::-1, ::-1])
    assert first.up_to is second.up_to


def test_observational_covariances_mix_everything():
    certificate = check_disentanglement(SMALL[-1], [()])
    assert certificate.up_to is IdentifiabilityClass.MIXED
    assert len(certificate.missing) > 0


def test_skewed_noise_separates_without_interventions():
    certificate = check_disentanglement(SMALL[0], [()], third_order=True, known="graph")
    assert certificate.identified


def test_shifts_tell_only_with_means():
    chain = Graph(["L0", "L1"], [("L0", "L1")], latent=["L0", "L1"])
    environments = [(), Shift(0, 1.0), Shift(1, 1.0)]
    without = check_disentanglement(chain, environments)
    assert without.up_to is IdentifiabilityClass.MIXED
    certificate = check_disentanglement(chain, environments, means=True)
    assert certificate.contaminants("L0") == ()
    assert certificate.contaminants("L1") == ("L0",)


def test_what_is_missing_is_enough():
    graph = SMALL[20]
    environments = [(), Change(0)]
    certificate = check_disentanglement(graph, environments)
    more = [Change(text.split()[-1]) for text in certificate.missing]
    assert not certificate.identified
    assert check_disentanglement(graph, environments + more).identified


def test_asks_for_observational_data_where_interventions_alone_do_not_suffice():
    pair = Graph(["L0", "L1"], [("L0", "L1")])
    certificate = check_disentanglement(pair, [[Change("L0", "do"), Change("L1", "do")]])
    assert certificate.missing == (
        "observational data, and one perfect intervention on every latent",
    )


@pytest.mark.parametrize("graph", SMALL, ids=str)
def test_sources_of_skewed_noise_need_no_intervention_and_sinks_with_parents_do(graph):
    """With graph and targets known."""
    chosen = {c.target for c in minimal_interventions(graph, known="graph", third_order=True)}
    for name in graph.nodes:
        if not graph.parents(name):
            assert name not in chosen
        elif not graph.children(name):
            assert name in chosen


def test_covariances_alone_leave_two_sources_of_one_latent_free_to_rotate():
    collider = Graph(["L0", "L1", "L2"], [("L0", "L2"), ("L1", "L2")])
    chosen = [change.target for change in minimal_interventions(collider, known="graph")]
    assert chosen == ["L0", "L2"]


def test_soft_interventions_cannot_separate_a_chain():
    chain = Graph(["L0", "L1"], [("L0", "L1")], latent=["L0", "L1"])
    with pytest.raises(IdentifiabilityError, match="Not even one soft intervention on every lat"):
        minimal_interventions(chain, kind="soft")


def test_reads_the_environments_of_a_simulator():
    certificate = check_disentanglement(SMALL[3], [(), *map(Perfect, range(3))])
    assert certificate


@pytest.mark.parametrize(
    ("graph", "environments", "error", "message"),
    [
        (Graph(["a", "b"], [Edge.from_text("a <-> b")]), [()], GraphError, "must form a DAG"),
        (Graph(["a", "b"], [("a", "b"), ("b", "a")]), [()], GraphError, "no directed cycle"),
        (Graph(["a", "b"], [("a", "b")]), [Change("c")], InterventionError, "'c' is no latent"),
    ],
)
def test_refuses_what_it_cannot_certify(graph, environments, error, message):
    with pytest.raises(error, match=message):
        check_disentanglement(graph, environments)


def test_refuses_unknown_knowledge():
    with pytest.raises(TypeError, match="known to be one of 'graph', 'ancestors', 'order'"):
        check_disentanglement(SMALL[0], [()], known="all")


def test_says_it_in_a_notebook():
    html = check_disentanglement(SMALL[2], [(), Change(0)])._repr_html_()
    assert html.count("<tr>") == len(SMALL[2])
    assert "Grounds" in html
