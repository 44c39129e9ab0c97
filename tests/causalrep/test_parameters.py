"""Numbers that no estimator means: True for 1, and counts beyond what arrays hold."""

import pytest

from causalrep import CumulantICA
from causalrep.exceptions import InvalidArgumentError
from causalrep.parameters import refuse_numbers
from discovery import PC, RLCD, CorrelationThresholding


@pytest.mark.parametrize(
    ("estimator", "sentence"),
    [
        (PC(max_given=True), "max_given of PC must be a number, but is True"),
        (RLCD(random_state=False), "random_state of RLCD must be a number, but is False"),
        (CorrelationThresholding(n_thresholds=2**31), "at most 2147483647 in size, but is about"),
        (CumulantICA(n_starts=10**30), "n_starts of CumulantICA must be at most 2147483647"),
        (RLCD(n_jobs=True), "n_jobs of RLCD must be a number, but is True"),
        (RLCD(n_jobs=-(2**40)), r"at most 2147483647 in size, but is about -2 \*\* 41"),
        (PC(max_tests=2**63), "max_tests of PC must be at most 9223372036854775807"),
    ],
)
def test_numbers_that_nobody_means_are_refused(estimator, sentence):
    with pytest.raises(InvalidArgumentError, match=sentence):
        refuse_numbers(estimator)


def test_budgets_may_be_any_number_that_is_counted():
    refuse_numbers(PC(max_tests=10**12))
    refuse_numbers(RLCD(random_state=None, n_bootstraps=0))
