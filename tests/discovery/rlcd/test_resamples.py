"""Resamples end with time and with Ctrl-C, and what was searched counts."""

import warnings

import pytest
from joblib import parallel_config

from causalrep.exceptions import ConvergenceWarning
from discovery import RLCD
from discovery.rlcd import resamples
from simulators import rlcd

DATA = rlcd("measurement", random_state=0).scm.sample(300, random_state=0)
SETTING = {"test": "exact", "alpha": 0.01, "random_state": 0}


@pytest.fixture(scope="module")
def whole():
    return RLCD(n_bootstraps=3, **SETTING).fit(DATA)


def test_says_that_all_were_searched(whole):
    assert whole.converged_
    assert all(cluster.stability is not None for cluster in whole.clusters_)


def test_ctrl_c_keeps_the_graph_and_the_resamples_so_far(whole, interrupt, monkeypatch):
    interrupt(3, resamples, "found")
    with pytest.warns(ConvergenceWarning, match="after 2 resamples because of Ctrl-C") as caught:
        model = RLCD(n_bootstraps=3, **SETTING).fit(DATA)
    assert caught[0].filename == __file__
    assert not model.converged_
    assert model.graph_ == whole.graph_
    monkeypatch.undo()
    two = RLCD(n_bootstraps=2, **SETTING).fit(DATA)
    assert model.edges_ == two.edges_


def test_without_time_there_is_a_graph_without_stability(whole):
    with pytest.warns(ConvergenceWarning, match="after 0 resamples because max_time was over"):
        model = RLCD(n_bootstraps=3, max_time=1e-9, **SETTING).fit(DATA)
    assert model.graph_ == whole.graph_
    assert not model.converged_


def test_tasks_that_nobody_waits_for_are_not_told_of():
    with (
        parallel_config("threading"),
        pytest.warns(ConvergenceWarning, match="after 0 resamples") as caught,
    ):
        RLCD(n_bootstraps=3, n_jobs=2, max_time=1e-9, **SETTING).fit(DATA)
    assert len(caught) == 1


def test_enough_time_changes_nothing(whole):
    with warnings.catch_warnings(action="error"):
        model = RLCD(n_bootstraps=3, max_time=1e6, **SETTING).fit(DATA)
    assert model.edges_ == whole.edges_
