"""Exact generic ranks against trek separation, found as flows, and against known deficiencies."""

from itertools import chain, combinations, islice

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from causalrep.exceptions import GraphError, InvalidDataError
from causalrep.graphs import Graph
from causalrep.latent_covers import atomic_covers, minimal_graph
from causalrep.ranks import RankOracle
from simulators import (
    bow_free_graph,
    erdos_renyi_graph,
    factor_group_graph,
    latent_tree_graph,
    rlcd_condition_graph,
)


def trek_flow(graph, rows, columns):
    """Most treks from rows to columns of which no two share a node on the same side.

    Each node has an upper and a lower copy, which at most one trek may pass each; a trek climbs to
    its top in the upper copies and descends in the lower ones.
    """
    place = {node: number for number, node in enumerate(graph.nodes)}
    n = len(place)
    up_in, up_out, down_in, down_out = (np.arange(n) + side * n for side in range(4))
    arcs = [*zip(up_in, up_out, strict=True), *zip(down_in, down_out, strict=True)]
    arcs += zip(up_out, down_in, strict=True)
    for edge in graph.edges:
        a, b = place[edge.source], place[edge.target]
        both_ways = [(up_out[a], down_in[b]), (up_out[b], down_in[a])]
        directed = [(up_out[b], up_in[a]), (down_out[a], down_in[b])]
        arcs += both_ways if edge.is_bidirected else directed
    arcs += [(4 * n, up_in[place[node]]) for node in rows]
    arcs += [(down_out[place[node]], 4 * n + 1) for node in columns]
    network = csr_array((np.ones(len(arcs), dtype=np.int32), np.transpose(arcs)))
    network.resize((4 * n + 2, 4 * n + 2))
    return maximum_flow(network, 4 * n, 4 * n + 1).flow_value


def some_graphs(seeds):
    """DAGs of all densities, with bidirected edges, latents, covers and hierarchies."""
    for seed in seeds:
        yield erdos_renyi_graph(8, density=(0.2, 0.4, 0.7)[seed % 3], random_state=seed)
        yield bow_free_graph(7, random_state=seed)
        yield factor_group_graph((1, 2), random_state=seed)
        yield latent_tree_graph(4, n_children=2, random_state=seed)
        yield rlcd_condition_graph(max_observed=12, random_state=seed)


def random_sets(rng, n_nodes):
    """Rows, columns and given nodes, disjoint."""
    order = rng.permutation(n_nodes)
    ends = np.cumsum([rng.integers(1, 5), rng.integers(1, 5), rng.integers(0, 4)])
    return [order[None, start:end] for start, end in zip([0, *ends], ends, strict=False)]


def disagreements(graphs, n_pairs):
    """Pairs of sets whose exact rank is not the flow of treks between them."""
    rng = np.random.default_rng(0)
    for graph in graphs:
        oracle = RankOracle(graph).bind(graph.nodes)
        for _ in range(n_pairs):
            rows, columns, given = random_sets(rng, len(graph))
            names = [[graph.nodes[k] for k in part[0]] for part in (rows, columns, given)]
            flow = trek_flow(graph, names[0] + names[2], names[1] + names[2])
            if oracle.ranks(rows, columns, given)[0] != flow - len(names[2]):
                yield graph, names


def test_exact_ranks_are_the_numbers_of_treks_without_sided_intersection():
    assert not list(disagreements(some_graphs(range(3)), n_pairs=12))


@pytest.mark.slow
def test_exact_ranks_are_the_numbers_of_treks_on_thousands_of_sets():
    assert not list(disagreements(some_graphs(range(40)), n_pairs=20))


def test_a_rank_of_the_number_of_given_nodes_is_d_separation():
    """Lemma 10 of RLCD, against the d-separation of graphs."""
    rng = np.random.default_rng(1)
    for seed in range(40):
        graph = erdos_renyi_graph(7, density=0.35, random_state=seed)
        oracle = RankOracle(graph).bind(graph.nodes)
        order = rng.permutation(7)
        given = order[2 : 2 + seed % 5]
        rank = oracle.ranks(order[None, :1], order[None, 1:2], given[None])[0]
        a, b, *others = (graph.nodes[node] for node in order)
        assert (rank == 0) == graph.d_separated(a, b, given=others[: len(given)])


def deficient_sets(graph, cover):
    """Disjoint child covers with more nodes than a cover has latents, n + 1 neighbours left."""
    latents = [node for node in cover if graph.is_latent(node)]
    near = {other for node in latents for other in graph.adjacents(node)} - set(cover)
    children = [
        child
        for child in atomic_covers(graph)
        if all(graph.parents(n) and set(graph.parents(n)) <= set(cover) for n in child)
        and not set(child) & set(cover)
        and set(latents) & set(graph.parents(child[0]))
    ]
    for number in range(1, len(children) + 1):
        for chosen in combinations(children, number):
            nodes = set(chain.from_iterable(chosen))
            if len(nodes) == sum(map(len, chosen)) and len(near - nodes) > len(latents) < len(
                nodes
            ):
                yield nodes


def rank_of_children(graph, oracle, cover, nodes):
    """Rank of child covers and observed members against measured nodes that are not below."""
    below = nodes.union(*(graph.descendants(node) for node in nodes))
    own = [node for node in cover if not graph.is_latent(node)]
    rows, columns = sorted(nodes), [n for n in graph.observed if n not in below and n not in own]
    if not columns:
        return len(own)
    places = [[[graph.nodes.index(n) for n in part]] for part in (rows, columns, own)]
    return oracle.ranks(*map(np.array, places))[0] + len(own)


def shown_ranks(seeds):
    """For each cover of random graphs its size, and the ranks of sets of its child covers."""
    for seed in seeds:
        graph = minimal_graph(rlcd_condition_graph(random_state=seed))
        oracle = RankOracle(graph).bind(graph.nodes)
        for cover in atomic_covers(graph):
            if any(graph.is_latent(node) for node in cover):
                sets = islice(deficient_sets(graph, cover), 30)
                yield len(cover), [rank_of_children(graph, oracle, cover, some) for some in sets]


def test_every_cover_shows_its_size_as_a_rank():
    """Theorem 7: some set of child covers is short of rank, and none has too large a rank."""
    found = list(shown_ranks(range(12)))
    assert len(found) > 20
    assert all(size in ranks and max(ranks) <= size for size, ranks in found)


@pytest.mark.slow
def test_every_cover_of_hundreds_of_graphs_shows_its_size_as_a_rank():
    assert all(size in ranks and max(ranks) <= size for size, ranks in shown_ranks(range(120)))


def one_factor_oracle(names="ABCDE"):
    return RankOracle(
        Graph.from_text("L --> A, L --> B, L --> C, L --> D, C --> E; latent L")
    ).bind(list(names))


def test_p_values_say_yes_or_no():
    oracle = one_factor_oracle()
    assert oracle.p_values([[0, 1]], [[2, 3]], rank=1).tolist() == [1.0]
    assert oracle.p_values([[0, 2], [0, 1]], [[1, 4], [2, 4]], rank=1).tolist() == [0.0, 1.0]


def test_given_nodes_are_held_fixed():
    oracle = one_factor_oracle()
    assert oracle.ranks([[0]], [[4]], [[2]]).tolist() == [0]
    assert oracle.ranks([[0]], [[4]], [[1]]).tolist() == [1]


def test_the_order_of_names_is_that_of_the_caller():
    forward, backward = one_factor_oracle("ABCDE"), one_factor_oracle("EDCBA")
    assert (forward.ranks([[0, 2]], [[1, 4]]) == backward.ranks([[4, 2]], [[3, 0]])).all()


def test_complements_of_all_pairs_show_the_one_latent():
    oracle = one_factor_oracle()
    pairs = np.array(list(combinations(range(5), 2)))
    accepted = pairs[oracle.complement_accepts(pairs, range(5), alpha=0.5)]
    # Only C and E share more than L gives them; against the rest they too have rank one.
    assert {"".join("ABCDE"[k] for k in pair) for pair in accepted} == {"AB", "AD", "BD", "CE"}


def test_a_composite_of_pure_children_has_the_place_of_their_latent():
    """A random combination of A and B depends on the rest as L does."""
    oracle = one_factor_oracle().with_composite([0, 1], 1, against=[2, 3, 4])
    assert oracle.n_variables == 6
    assert oracle.ranks([[5, 3]], [[2, 4]]).tolist() == [1]
    assert oracle.ranks([[5, 2]], [[3, 4]]).tolist() == [2]


def test_bidirected_edges_count_as_latent_causes():
    mixed = Graph.from_text("A <-> B, B --> C")
    explicit = Graph.from_text("U --> A, U --> B, B --> C; latent U")
    for graph in (mixed, explicit):
        oracle = RankOracle(graph).bind(["A", "B", "C"])
        assert oracle.ranks([[0]], [[2]], [[1]]).tolist() == [0]
        assert oracle.ranks([[0]], [[2]]).tolist() == [1]


def test_other_random_elements_give_the_same_ranks():
    graph = rlcd_condition_graph(4, random_state=3)
    rng = np.random.default_rng(0)
    sets = [random_sets(rng, len(graph)) for _ in range(50)]
    first, second = (RankOracle(graph, random_state=seed).bind(graph.nodes) for seed in (0, 1))
    assert all(first.ranks(*some) == second.ranks(*some) for some in sets)


def test_refuses_names_that_the_graph_lacks():
    with pytest.raises(GraphError, match="no node 'Q'; it has L, A, B, C, D, E"):
        one_factor_oracle("ABQ")


def test_refuses_graphs_without_a_covariance():
    for text, words in (
        ("A --- B", "RankOracle wants directed"),
        ("A --> B, B --> A", "no directed cycle"),
    ):
        with pytest.raises(GraphError, match=words):
            RankOracle(Graph.from_text(text)).bind(["A", "B"])


def test_refuses_overlapping_sets():
    with pytest.raises(InvalidDataError, match="must not share a variable"):
        one_factor_oracle().ranks(np.array([[0, 1]]), np.array([[1, 2]]))
