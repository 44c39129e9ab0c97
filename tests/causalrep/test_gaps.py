"""Masked arrays are refused at every door, with the class of error that is at home there."""

import numpy as np
import pytest

from causalrep import Graph
from causalrep.argument_arrays import real_array
from causalrep.covariances import check_covariance
from causalrep.entries import refuse_gaps, refuse_kinds
from causalrep.exceptions import EnvironmentLabelError, GraphError, InvalidDataError
from causalrep.moments import Moments
from simulators.checks import SimulatorError, checked_array

MASKED = np.ma.masked_equal([[1.0, -99.0], [-99.0, 1.0]], -99.0)
DOORS = {
    "samples": (lambda: refuse_kinds("PC", MASKED), InvalidDataError, "but X is"),
    "labels": (lambda: refuse_gaps("PC", MASKED), EnvironmentLabelError, "but y is"),
    "an argument": (lambda: real_array("We want", MASKED), InvalidDataError, "but it is"),
    "a covariance": (lambda: check_covariance(MASKED), InvalidDataError, "but this one is"),
    "statistics": (lambda: Moments.from_samples(MASKED), InvalidDataError, "but X is"),
    "an adjacency": (
        lambda: Graph.from_array(MASKED, edge_direction="row->column"),
        GraphError,
        "but this one is",
    ),
    "an array of simulators": (
        lambda: checked_array("scale", MASKED, (2, 2)),
        SimulatorError,
        "but it is",
    ),
}


@pytest.mark.parametrize(("knock", "error", "words"), DOORS.values(), ids=DOORS)
def test_a_masked_array_is_refused_at_every_door(knock, error, words):
    with pytest.raises(error, match=f"{words} a masked array. Fill what is masked, or drop it."):
        knock()
