"""Rows on their way into networks and out of them."""

import numpy as np
import pytest
import torch

from causalrep.exceptions import InvalidDataError
from causalrep.neural.rows import decoded


class Cubes(torch.nn.Module):
    """A decoder whose features are the cubes of the latents."""

    def forward(self, z):
        return z**3


def test_decoded_features_have_the_units_of_the_samples():
    Z = np.array([[1.0, 2.0], [3.0, -1.0]])
    found = decoded(Cubes(), Z, np.array([2.0, 1.0]), np.array([0.0, 5.0]))
    np.testing.assert_array_equal(found, [[2.0, 13.0], [54.0, 4.0]])


def test_refuses_latents_whose_features_overflow():
    Z = np.array([[1.0, 2.0], [0.0, -1e150]])
    with pytest.raises(InvalidDataError, match=r"row 1 are up to 1e\+150 in size"):
        decoded(Cubes(), Z, np.ones(2), np.zeros(2))
