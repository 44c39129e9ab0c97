"""How separating covers are dealt to the sides of a test."""

from __future__ import annotations

import numpy as np

from causalrep.graphs import Graph
from causalrep.ranks import CorrelationRankTest, RankOracle
from discovery.rlcd.covers import Cover, leaf, units_of, with_observed
from discovery.rlcd.search import CoverSearch
from discovery.rlcd.separation import indicators, sides_of


def group(variables, n_latents=1, observed=()):
    children = tuple(leaf(variable) for variable in variables)
    return Cover(tuple(range(100, 100 + n_latents)), children, tuple(observed))


def test_both_sides_see_a_separating_latent():
    sides = sides_of([group(range(4))], [])
    assert sorted(sides.left + sides.right) == [0, 1, 2, 3]
    assert (sides.rank, sides.lacking, sides.fixed) == (1, 0, ())


def test_tells_how_many_indicators_the_right_side_lacks():
    assert sides_of([group(range(3), n_latents=2)], []).lacking == 1


def test_nothing_tells_where_all_children_are_on_one_side():
    assert sides_of([group([0])], []) is None


def test_named_children_are_no_indicators():
    cover = group(range(4))
    sides = sides_of([cover], [cover.children[0]])
    assert 0 not in sides.left + sides.right


def test_observed_members_are_held_fixed_and_cannot_be_tested():
    member = leaf(9)
    cover = group(range(4), observed=[member])
    assert sides_of([cover], []).fixed == (member,)
    assert sides_of([cover], [member]) is None


def test_groups_make_one_unit_with_members_that_are_not_fixed():
    member = leaf(9)
    cover = group(range(3), observed=[member])
    assert [unit.surrogates for unit in units_of([cover, member], ())] == [(100, 9)]
    assert [unit.surrogates for unit in units_of([cover], (member,))] == [(100,)]
    assert units_of([cover], ()) == []
    assert with_observed([cover]) == (cover, member)


def test_a_group_is_not_torn_from_its_observed_member():
    member = leaf(9)
    sides, cover = sides_of([], []), group(range(3), observed=[member])
    assert sides.tear([cover], [member])
    assert not sides.tear([cover, member], [leaf(8)])


def test_a_group_shows_by_composites_or_else_by_free_children():
    cover = group(range(3))
    assert indicators(cover, [], []) == [cover]
    assert indicators(cover, [cover.children[1]], []) == [cover.children[0], cover.children[2]]


def test_separation_agrees_with_the_graph():
    graph = Graph.from_text("A --> B, B --> C, B --> D")
    search = CoverSearch(RankOracle(graph).bind(graph.observed), 0.5)
    a, b, c, d = search.active
    assert search.separation((a,), (c, d), (b,)) == 1.0
    assert search.separation((a,), (c, d), ()) == 0.0
    assert search.separation((), (c,), (b,)) == 0.0
    assert np.isfinite(search.n_tests)


def test_a_composite_beside_its_members_separates_nothing_and_spoils_no_other_test():
    X = np.random.default_rng(0).standard_normal((500, 5))
    X[:, 4] = X[:, 0] + X[:, 1]
    test = CorrelationRankTest(np.corrcoef(X.T), 500)
    rows, columns = np.array([[0], [2]]), np.array([[1, 4], [3, 4]])
    p_values = sides_of([], []).p_values(test, rows, columns)
    assert p_values[0] == 0.0
    assert p_values[1] == test.p_values(rows[1:], columns[1:], 0)[0] > 0.0
