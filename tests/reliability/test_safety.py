"""Fits beside one another do not meet, and leave the process as it was."""

import warnings

import pytest
from battery.public import PUBLIC
from battery.safety import changed_by, fingerprint, in_processes, in_threads

ESTIMATORS = PUBLIC.ESTIMATORS
# One of each family; the benchmark goes through all.
IN_THREADS = (
    "causalrep.LinearCausalDisentanglement",
    "causalrep.ReconstructionICA",
    "discovery.PC",
    "discovery.RLCD",
    "causalrep.neural.LatentPolynomialVAE",
)


@pytest.fixture(autouse=True)
def no_worries():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize("path", IN_THREADS)
def test_four_threads_get_what_one_fit_gets(path):
    assert set(in_threads(path, ESTIMATORS[path])) == {fingerprint(path, ESTIMATORS[path])}


@pytest.mark.slow
def test_processes_get_what_one_fit_gets():
    chosen = {path: ESTIMATORS[path] for path in IN_THREADS}
    alone = {path: fingerprint(path, cls) for path, cls in chosen.items()}
    assert in_processes(chosen) == alone


@pytest.mark.parametrize("path", ESTIMATORS)
def test_a_fit_changes_nothing_that_others_share(path):
    assert changed_by(path, ESTIMATORS[path]) == []
