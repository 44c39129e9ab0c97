"""The judge itself: what counts as clear, warned, right, cryptic and silent."""

import warnings

import numpy as np
import pytest
from battery.outcomes import Verdict, holds_nan, outcome_of

from causalrep.exceptions import InvalidDataError, ModelMismatchWarning


def refuses():
    raise InvalidDataError("X must be a matrix of finite numbers.")


def mumbles():
    raise InvalidDataError("bad X")


def warns(category):
    warnings.warn("something is not as it should be", category, stacklevel=1)
    return 1.0


@pytest.mark.parametrize(
    ("call", "verdict"),
    [
        (refuses, Verdict.CLEAR),
        (mumbles, Verdict.CRYPTIC),
        (lambda: np.linalg.inv(np.zeros((2, 2))), Verdict.CRYPTIC),
        (lambda: [][3], Verdict.CRYPTIC),
        (lambda: warns(ModelMismatchWarning), Verdict.WARNED),
        (lambda: warns(RuntimeWarning), Verdict.SILENT),
        (lambda: 3.0, Verdict.SILENT),
    ],
)
def test_bad_inputs_have_to_be_refused_or_warned_of(call, verdict):
    assert outcome_of(call, refused=True).verdict is verdict


def test_strange_inputs_may_be_answered_rightly():
    def judged(call):
        return outcome_of(
            call, refused=False, accepts=lambda answer: not holds_nan(answer)
        ).verdict

    assert judged(lambda: 3.0) is Verdict.RIGHT
    assert judged(lambda: {"p": [np.nan]}) is Verdict.SILENT
    assert judged(lambda: warns(RuntimeWarning)) is Verdict.CRYPTIC
