"""Sweeps that are killed at random moments: a few, by the script of `make bench-kills`."""

import importlib
import os
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[3] / "docs" / "benchmarks"


@pytest.fixture
def kills(monkeypatch):
    monkeypatch.syspath_prepend(SCRIPTS)
    yield importlib.import_module("kills")
    for name in ("kills", "printed"):
        sys.modules.pop(name, None)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_nothing_finished_is_lost_and_the_end_is_the_same(kills, monkeypatch):
    monkeypatch.setattr(kills, "N_SEEDS", 20)
    tallies = [tally for _, tally in kills.killed_sweeps(24, seed=1)]
    assert sum(tally.kills for tally in tallies) >= 24
    assert sum(tally.finished for tally in tallies) > 0
    assert not any(tally.lost or tally.different for tally in tallies)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_life_that_ends_by_an_error_is_no_kill(kills):
    life = kills.Life(lambda tell: 1 / 0)
    os.waitid(os.P_PID, life.pid, os.WEXITED | os.WNOWAIT)
    with pytest.raises(RuntimeError, match="ended by an error"):
        life.end()
