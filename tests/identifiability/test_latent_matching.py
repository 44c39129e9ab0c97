"""Latents are recognised by their neighbours, whatever they are called and however many."""

from itertools import permutations

import numpy as np
import pytest

from causalrep.exceptions import GraphError
from causalrep.graphs import Graph
from identifiability import compare_graphs, latent_matching, match_latents, skeleton_rates

TRUTH = Graph.from_text(
    "L1 --> L2, L1 --> L3, L1 --> A, L1 --> B, L2 --> C, L2 --> D, L3 --> E, L3 --> F;"
    "latent L1, L2, L3"
)


def random_graph(rng, n_latents, letter):
    """Draw directed edges from latents to six observed nodes and to later latents."""
    latents = [f"{letter}{number}" for number in range(n_latents)]
    nodes = [*latents, *"ABCDEF"]
    chosen = rng.random((n_latents, len(nodes))) < 0.4
    edges = [(nodes[i], nodes[j]) for i, j in np.argwhere(chosen) if j > i]
    return Graph(nodes, edges, latent=latents)


def shared_pairs(estimate, truth):
    """Most pairs that are adjacent in both graphs, over all matchings, one by one."""
    fewer, more = sorted((estimate, truth), key=lambda graph: len(graph.latent))
    return max(
        sum(
            more.adjacent(*(dict(zip(fewer.latent, images, strict=True)).get(n, n) for n in pair))
            for pair in (edge.nodes for edge in fewer.edges)
        )
        for images in permutations(more.latent, len(fewer.latent))
    )


def test_names_of_latents_do_not_matter():
    found = TRUTH.rename({"L1": "L3", "L2": "L1", "L3": "L2"})
    matching = match_latents(found, TRUTH)
    assert dict(matching.pairs) == {"L3": "L1", "L1": "L2", "L2": "L3"}
    assert matching.estimate == TRUTH
    assert matching.exact


@pytest.mark.parametrize("seed", range(12))
def test_the_matching_shares_as_many_pairs_as_any(seed):
    rng = np.random.default_rng(seed)
    found, truth = (random_graph(rng, int(rng.integers(5)), letter) for letter in "GL")
    matching = match_latents(found, truth)
    rates = skeleton_rates(matching.estimate, matching.truth)
    assert rates.n_both == shared_pairs(found, truth)
    assert (rates.n_found, rates.n_true) == (len(found.edges), len(truth.edges))


@pytest.mark.parametrize("seed", range(12))
def test_the_local_search_rarely_falls_short(seed, monkeypatch):
    rng = np.random.default_rng(seed)
    found, truth = (random_graph(rng, size, letter) for size, letter in ((5, "G"), (4, "L")))
    monkeypatch.setattr(latent_matching, "_MOST_ENUMERATED", 0)
    matching = match_latents(found, truth)
    rates = skeleton_rates(matching.estimate, matching.truth)
    assert not matching.exact
    assert shared_pairs(found, truth) - 1 <= rates.n_both <= shared_pairs(found, truth)


def test_many_latents_are_found_again(monkeypatch):
    edges = [(f"L{i}", f"L{i + 1}") for i in range(29)]
    edges += [(f"L{i}", f"X{i}{child}") for i in range(30) for child in "ab"]
    truth = Graph({n: 0 for e in edges for n in e}, edges, latent=[f"L{i}" for i in range(30)])
    order = np.random.default_rng(0).permutation(30)
    found = truth.rename({f"L{i}": f"G{order[i]}" for i in range(30)})
    matching = match_latents(found, truth)
    assert not matching.exact
    assert compare_graphs(matching.estimate, matching.truth).distance == 0


def test_marks_decide_where_adjacencies_do_not():
    truth = Graph.from_text("L1 --> L2, L1 --> A, L2 --> A; latent L1, L2")
    found = Graph.from_text("G --> H, G --> A, H --> A; latent G, H")
    assert dict(match_latents(found, truth).pairs) == {"G": "L1", "H": "L2"}
    backwards = Graph.from_text("H --> G, G --> A, H --> A; latent G, H")
    assert dict(match_latents(backwards, truth).pairs) == {"H": "L1", "G": "L2"}


def test_latents_too_few_or_too_many_count_as_missed_and_as_wrong():
    none = Graph(TRUTH.observed)
    empty = match_latents(none, TRUTH)
    assert skeleton_rates(empty.estimate, empty.truth).f1 == 0
    more = Graph.from_text("L1 --> A, L9 --> A, L9 --> B; nodes C, D, E, F; latent L1, L9")
    matching = match_latents(more, TRUTH)
    rates = skeleton_rates(matching.estimate, matching.truth)
    assert (rates.n_found, rates.n_both) == (3, 2)
    assert set(matching.estimate.nodes) == set(matching.truth.nodes)


def test_a_latent_without_a_partner_does_not_take_the_name_of_a_true_one():
    found = Graph.from_text("L1 --> L2, L2 --> A; nodes B, C, D, E, F; latent L1, L2")
    truth = Graph.from_text("L1 --> A; nodes B, C, D, E, F; latent L1")
    matching = match_latents(found, truth)
    assert matching.pairs == (("L2", "L1"),)
    assert matching.estimate.latent == ("L1'", "L1")
    assert compare_graphs(matching.estimate, matching.truth).distance == 1


def test_refuses_graphs_over_other_observed_nodes():
    with pytest.raises(GraphError, match="but 'F', 'L1', 'L2', 'L3' are observed in one only"):
        match_latents(TRUTH.with_latent(()).subgraph([*"ABCDE", "L1", "L2", "L3"]), TRUTH)
    with pytest.raises(TypeError, match=r"a Graph, but got \[\], of type list"):
        match_latents([], TRUTH)
