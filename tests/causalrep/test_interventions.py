"""Interventions without their numbers."""

from __future__ import annotations

import pytest

from causalrep import Change, InterventionKind
from causalrep.exceptions import InterventionError
from causalrep.interventions import as_changes
from simulators import Do, Gaussian, Perfect, Shift, Soft

NAMES = ("L1", "L2", "L3")


def test_reads_the_interventions_of_the_simulators():
    environment = (Do(0, 1.0), Perfect(1), Shift(2, 1.0))
    kinds = [InterventionKind.DO, InterventionKind.PERFECT, InterventionKind.SHIFT]
    assert as_changes([environment], NAMES) == [dict(enumerate(kinds))]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"weights": [0, 0, 1.0]}, "mechanism"),
        ({"noise": Gaussian(2.0)}, "noise"),
        ({"weights": [0, 0, 1.0], "noise": Gaussian(2.0)}, "soft"),
    ],
)
def test_a_soft_intervention_is_what_it_changes(change, kind):
    assert Soft(0, **change).kind is InterventionKind(kind)


def test_names_and_positions_mean_the_same():
    assert as_changes([Change("L2"), ()], NAMES) == as_changes([[Change(1, "perfect")], []], NAMES)


@pytest.mark.parametrize(
    ("environments", "message"),
    [
        ([], r"Give \[\(\)\] for observational data"),
        (3, "Environments come as a list"),
        ({"": 3}, "Environments come as a list"),
        (b"", "Environments come as a list"),
        ([0], "holds interventions such as"),
        (["L1"], "holds interventions such as"),
        ([Change("L4")], "'L4' is no latent. They are L1, L2, L3"),
        ([Change(3)], "3 is no latent"),
        ([Change(-1)], "-1 is no latent"),
        ([(Change(0), Change("L1", "do"))], "Two interventions on L1"),
    ],
)
def test_refuses_what_is_no_environment(environments, message):
    with pytest.raises(InterventionError, match=message):
        as_changes(environments, NAMES)


def test_refuses_an_unknown_kind():
    with pytest.raises(InterventionError, match="of one of the kinds 'do', 'perfect'"):
        Change(0, "hard")
