"""Which pairs tests leave without an answer."""

from types import SimpleNamespace

from discovery.cumulant_discovery.pairs import PairScores
from discovery.cumulant_discovery.records import Group, is_unseen, unfitted_pairs
from discovery.cumulant_discovery.structures import Structure


def pair(features, dependent=True, shape=0.0):
    return PairScores(features, (), 1.0, 0.5, dependent, shape)


def group(features, p_value):
    return Group(features, [SimpleNamespace(tested=SimpleNamespace(p_value=p_value))])


def test_dependent_pairs_of_a_rejected_group_are_unfitted():
    groups = [group((0, 1, 2), 1e-9), group((3, 4), 0.5)]
    pairs = [pair((0, 1)), pair((0, 2), dependent=False), pair((1, 2)), pair((3, 4))]
    assert unfitted_pairs(groups, pairs) == {(0, 1), (1, 2)}


def test_pairs_outside_all_searches_are_unseen():
    assert is_unseen(pair((0, 1)), set(), [Structure.of(2)])


def test_pairs_that_a_larger_graph_explains_are_not_unseen():
    chain = Structure.of(3, [(0, 1), (1, 2)])
    seen = {(0, 1), (0, 2), (1, 2)}
    assert not is_unseen(pair((0, 2), shape=0.5), seen, [chain])
    assert is_unseen(pair((0, 1), shape=0.5), seen, [chain])
