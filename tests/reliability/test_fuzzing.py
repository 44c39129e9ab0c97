"""What hypothesis makes up is refused, or answered, but never ends in a cryptic error."""

import warnings

import numpy as np
import pytest
from battery.classes import class_subjects
from battery.functions import function_subjects
from battery.fuzzing import (
    BAD,
    ArgumentJudge,
    fuzzed,
    outcome_of_bytes,
    outcome_of_words,
    places_of,
    shares_of,
)
from battery.made_up import command_lines, made_up, values_for
from battery.outcomes import Verdict
from battery.promises import must_be_refused
from battery.public import PUBLIC
from battery.subjects import Subject


@pytest.fixture(scope="module")
def subjects():
    return [*function_subjects(PUBLIC.THINGS)[0], *class_subjects()]


def test_a_few_dozen_made_up_inputs_are_met_as_promised(subjects):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        met = [one for here in fuzzed(subjects, 60, seed=1) for one in here]
    assert [str(one) for one in met if one.outcome.verdict in BAD] == []
    assert len(met) == 60


def test_inputs_are_shared_out_evenly(subjects):
    places = places_of(subjects)
    shares = shares_of(places, 5000, seed=3)
    assert sum(shares) == 5000
    assert max(shares[:-2]) - min(shares[:-2]) == 1
    assert shares[-2:] == [250, 250]


def test_one_seed_makes_the_same_up_again():
    strategy = values_for("samples", np.eye(3))
    first, again, other = (list(map(repr, made_up(strategy, 20, seed))) for seed in (1, 1, 2))
    assert first == again
    assert len(first) == 20
    assert first != other
    assert made_up(command_lines, 5, 0) == made_up(command_lines, 5, 0)


def test_bytes_and_words_are_judged():
    assert outcome_of_bytes(b"\x10\0\0\0\0\0\0\0{}").verdict is Verdict.CLEAR
    assert outcome_of_words(["fit"]).verdict is Verdict.CLEAR
    assert outcome_of_words(["--help"]).verdict is Verdict.RIGHT


@pytest.mark.parametrize(
    ("value", "role"),
    [
        ("data", "samples"),
        ([[1.0, np.nan]], "samples"),
        ([[1.0], [2.0, 3.0]], "matrix"),
        (np.array(["a", "b"]), "vector"),
        (np.array([0.5]), "positions"),
        ([[1.0, 5.0], [0.0, 1.0]], "covariance"),
        ([[1.0, 5.0], [5.0, 1.0]], "covariance"),
        (True, "count"),
        (2.5, "count"),
        (-1, "seed"),
        (np.nan, "number"),
        ("1", "number"),
        (1, "flag"),
        (b"word", "word"),
        ([2.0, 1.0], "range"),
        (3, "listing"),
        ("A --> B", "graph"),
        (None, "graph"),
    ],
)
def test_what_has_no_right_answer_must_be_refused(value, role):
    assert must_be_refused(value, role)


@pytest.mark.parametrize(
    ("value", "role"),
    [
        ([[1.0, 2.0]], "samples"),
        (np.array([[1, 2]], object), "samples"),
        ([2**80, 1], "vector"),
        ([[2.0, 1.0], [1.0, 2.0]], "covariance"),
        (np.int64(3), "count"),
        (3.0, "count"),
        (-1, "number"),
        (None, "seed"),
        ((1, 2), "range"),
        ("data", "word"),
    ],
)
def test_what_may_have_a_right_answer_need_not_be_refused(value, role):
    assert not must_be_refused(value, role)


@pytest.mark.parametrize(
    "labels", [[0, 1], "abc", [0.0, np.nan, 1.0], ["a", None, "b"], np.arange(3) + 1j, np.eye(3)]
)
def test_there_must_be_a_label_for_each_sample(labels):
    assert must_be_refused(labels, "labels", good=np.arange(3))
    assert not must_be_refused(["a", "b", "a"], "labels", good=np.arange(3))


def changing(x):
    x[:] = 0.0
    return 1.0


def test_an_answer_with_nan_or_a_changed_array_is_no_right_one():
    good = {"x": np.ones(3)}
    judged = {
        call: ArgumentJudge(Subject("f", call, good), "x", "vector", good)(np.arange(3.0)).verdict
        for call in (lambda x: x.sum(), lambda x: x / x.min() * 0, changing)
    }
    assert list(judged.values()) == [Verdict.RIGHT, Verdict.SILENT, Verdict.SILENT]
