"""Minimisations that end early keep the best point that they looked at."""

import numpy as np
import pytest

from causalrep.neural.patience import Patience


def bowl(x, calls=None, failure=None, after=np.inf):
    """A parabola that fails after some calls."""
    if calls is not None:
        calls.append(float(x @ x))
        if len(calls) > after:
            raise failure
    return float(x @ x), 2 * x


def test_goes_to_the_minimum_where_nothing_stops_it():
    patience = Patience(None)
    found = patience.minimum(bowl, np.array([3.0, -4.0]), (), 50)
    assert patience.stopped == ""
    assert found.value == pytest.approx(0.0, abs=1e-12)


def test_ctrl_c_gives_the_best_point():
    patience, calls = Patience(None), []
    found = patience.minimum(bowl, np.array([3.0, -4.0]), (calls, KeyboardInterrupt, 1), 50)
    assert patience.stopped == "interrupt"
    assert (found.x.tolist(), found.value) == ([3.0, -4.0], 25.0)


def test_ctrl_c_before_anything_was_seen_gives_the_start():
    patience = Patience(None)
    found = patience.minimum(bowl, np.array([3.0, -4.0]), ([], KeyboardInterrupt, 0), 50)
    assert found.x.tolist() == [3.0, -4.0]


def test_looks_at_the_start_even_where_time_is_over():
    patience, calls = Patience(1e-9), []
    found = patience.minimum(bowl, np.array([3.0, -4.0]), (calls,), 50)
    assert (patience.stopped, calls, found.value) == ("time", [25.0], 25.0)


def test_other_errors_are_not_swallowed():
    with pytest.raises(ZeroDivisionError):
        Patience(None).minimum(bowl, np.ones(2), ([], ZeroDivisionError, 1), 50)
