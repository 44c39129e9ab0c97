"""No bad input ends in a traceback from the depths, or in a wrong answer without a word."""

import warnings

import pytest
from battery.classes import class_subjects
from battery.estimators import (
    EXAMPLES,
    fit_subject,
    method_subjects,
    not_fitted,
    parameter_subject,
)
from battery.functions import ELSEWHERE, GOOD, function_subjects
from battery.outcomes import Verdict, outcome_of
from battery.public import PUBLIC
from battery.sweep import results_of

BAD = (Verdict.CRYPTIC, Verdict.SILENT)


KNOWN = {path: cls for path, cls in PUBLIC.ESTIMATORS.items() if path in EXAMPLES}
# A few subjects that fail often where the gate is left out; the slow tests and the benchmark
# go through all of them.
QUICK = (
    "causalrep.LinearCausalDisentanglement",
    "discovery.PC",
    "discovery.OneFactorClusters",
)
QUICK_FUNCTIONS = (
    "causalrep.cumulants.k_statistics",
    "causalrep.fit_structural",
    "discovery.one_factor_test_from_samples",
    "identifiability.correlation_matrix",
    "identifiability.row_angles",
    "identifiability.structural_hamming_distance",
    "simulators.linear_disentanglement",
)


def faults(subject):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [
            f"{result.key} {result.outcome.evidence}"
            for result in results_of(subject)
            if result.outcome.verdict in BAD
        ]


def subjects_of(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield fit_subject(path, KNOWN[path])
        yield from method_subjects(path, KNOWN[path])
        yield parameter_subject(path, KNOWN[path])


def test_no_public_estimator_is_forgotten():
    assert sorted(PUBLIC.ESTIMATORS.keys() - EXAMPLES.keys()) == []


def test_no_public_function_is_forgotten():
    assert function_subjects(PUBLIC.THINGS)[1] == []
    assert not GOOD.keys() & ELSEWHERE.keys()


@pytest.mark.parametrize("path", QUICK)
def test_bad_data_and_parameters_of_estimators_are_refused(path):
    assert [fault for subject in subjects_of(path) for fault in faults(subject)] == []


@pytest.mark.slow
@pytest.mark.parametrize("path", [path for path in KNOWN if path not in QUICK])
def test_bad_data_of_every_estimator_are_refused(path):
    fit, *_ = subjects_of(path)
    assert faults(fit) == []


@pytest.mark.parametrize("path", KNOWN)
def test_what_is_not_fitted_says_so(path):
    for _, _, call in not_fitted(path, KNOWN[path]):
        assert outcome_of(call, refused=True).verdict is Verdict.CLEAR


@pytest.mark.parametrize("path", QUICK_FUNCTIONS)
def test_bad_arguments_of_functions_are_refused(path):
    (subject,) = (some for some in function_subjects(PUBLIC.THINGS)[0] if some.path == path)
    assert faults(subject) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "subject",
    [some for some in function_subjects(PUBLIC.THINGS)[0] if some.path not in QUICK_FUNCTIONS],
    ids=lambda subject: subject.path,
)
def test_bad_arguments_of_every_function_are_refused(subject):
    assert faults(subject) == []


@pytest.mark.parametrize("subject", class_subjects(), ids=lambda subject: subject.path)
def test_bad_arguments_of_constructors_and_methods_are_refused(subject):
    assert faults(subject) == []
