"""Targets of environments."""

import pytest

from causalrep.exceptions import InvalidDataError
from identifiability import target_accuracy, target_rand_index


def test_relabelled_targets_are_perfect():
    true = [(), (0,), (1,), (2,), (1,)]
    assert target_accuracy([-1, 2, 0, 1, 0], true, [2, 0, 1]) == 1.0
    assert target_rand_index([-1, 2, 0, 1, 0], true) == 1.0


def test_each_wrong_environment_costs_its_share():
    true = [(), (0,), (1,), (1,)]
    assert target_accuracy([-1, 0, 1, 0], true, [0, 1]) == 0.75
    assert target_accuracy([-1, 0, -1, -1], true, [0, -1]) == 0.5


def test_a_single_target_is_not_the_right_answer_to_two():
    assert target_accuracy([0], [(0, 1)], [0, 1]) == 0.0


def test_an_extra_latent_is_nobodys_target():
    assert target_accuracy([2, 1], [(0,), (1,)], [0, 1]) == 0.5


def test_merged_environments_lower_the_rand_index():
    assert target_rand_index([0, 0, 1, 1, 1], [(0,), (0,), (1,), (1,), (2,)]) == pytest.approx(
        0.5454545454545454
    )


def test_refuses_targets_of_other_environments():
    with pytest.raises(InvalidDataError, match="got 2 estimated and 1 true ones"):
        target_rand_index([0, 1], [(0,)])
    with pytest.raises(InvalidDataError, match="at least one"):
        target_accuracy([], [], [0])
    for estimated in (b"\0\1", {0: 1, 1: 0}, "01"):
        with pytest.raises(InvalidDataError, match="estimated to be a list, but got"):
            target_rand_index(estimated, [(0,), (1,)])
    with pytest.raises(InvalidDataError, match="true to be a list of lists, but one of them is 7"):
        target_accuracy([0, 1], [(0,), 7], [0, 1])
