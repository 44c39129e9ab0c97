"""What hypothesis makes up is refused, or answered, but never ends in a cryptic error."""

import warnings

from battery.classes import class_subjects
from battery.functions import function_subjects
from battery.fuzzing import fuzzed, must_be_refused, outcome_of_bytes, outcome_of_words
from battery.outcomes import Verdict
from battery.public import PUBLIC


def test_a_few_dozen_made_up_inputs_are_met_as_promised():
    subjects = [*function_subjects(PUBLIC.THINGS)[0], *class_subjects()]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        counts, faults = fuzzed(subjects, 60, seed=1)
    assert faults == []
    assert sum(counts.values()) >= 60


def test_bytes_and_words_are_judged():
    assert outcome_of_bytes(b"\x10\0\0\0\0\0\0\0{}").verdict is Verdict.CLEAR
    assert outcome_of_words(["fit"]).verdict is Verdict.CLEAR
    assert outcome_of_words(["--help"]).verdict is Verdict.RIGHT


def test_only_certain_samples_must_be_refused():
    assert must_be_refused("data", "samples")
    assert not must_be_refused([[1.0, 2.0]], "samples")
    assert not must_be_refused("data", "word")
