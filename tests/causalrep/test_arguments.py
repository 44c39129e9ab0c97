"""What public functions take as numbers, names and arrays, and what they refuse."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

import numpy as np
import pandas as pd
import pytest
import torch

from causalrep import Graph, fit_structural
from causalrep.argument_arrays import real_array
from causalrep.arguments import checked, names
from causalrep.entries import refuse_kinds
from causalrep.exceptions import InvalidArgumentError, InvalidDataError
from discovery import DSeparationOracle
from identifiability import mutual_information, unique_share


@pytest.mark.parametrize(
    "given", [["S"], ("S",), {"S"}, frozenset("S"), np.array(["S"]), pd.Index(["S"]), {"S": 1}]
)
def test_names_come_in_any_collection(given):
    oracle = DSeparationOracle(Graph.from_text("A --> S, B --> S"), selection=given)
    assert oracle.selection == ("S",)


@pytest.mark.parametrize(
    "given", [3, None, [1, 2], [["a"], ["b", "c"]], np.array([["S"]]), np.array("S"), iter("S")]
)
def test_what_is_no_collection_of_names_is_refused(given):
    with pytest.raises(InvalidArgumentError, match="a sequence of names"):
        names("We want it to be", given)


@pytest.mark.parametrize("given", [{"A", "B"}, frozenset("AB"), {"A": 1, "B": 2}])
def test_names_of_columns_come_in_an_order(given):
    with pytest.raises(InvalidArgumentError, match="in the order of what they name"):
        fit_structural(Graph.from_text("A --> B"), np.eye(2), 50, given)


@pytest.mark.parametrize("n_permutations", [2**31, 10**12])
def test_what_is_made_is_counted_in_32_bits(n_permutations):
    Z = np.random.default_rng(0).normal(size=(30, 2))
    with pytest.raises(InvalidArgumentError, match="n_permutations to be at most 2147483647"):
        mutual_information(Z, Z, n_permutations=n_permutations)


def test_samples_have_all_their_digits():
    Z = np.random.default_rng(0).normal(size=(30, 2))
    with pytest.raises(InvalidDataError, match="column 1 are so small that they lost some"):
        unique_share(Z * [1, 5e-320], Z)
    assert unique_share(Z * [1, 1e-300], Z) == pytest.approx(1)


def test_objects_that_are_numbers_are_an_array():
    frame = pd.DataFrame({"a": [1.5, 2.5], "b": [2, 3]}).convert_dtypes()
    np.testing.assert_array_equal(real_array("X is", frame), [[1.5, 2], [2.5, 3]])
    assert real_array("X is", np.array([Fraction(1, 2), 3], object)).dtype == np.float64
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(30, 2))
    assert unique_share(Z.astype(object), Z) == pytest.approx(1)


@pytest.mark.parametrize("entry", [None, "1", True, 1j, pd.NA, 10**400, [1]])
def test_objects_that_are_no_numbers_are_refused(entry):
    values = np.empty(2, dtype=object)
    values[:] = [1.0, entry]
    with pytest.raises(InvalidDataError, match="array of real numbers, but is of type object"):
        real_array("We want it to be", values)


@pytest.mark.parametrize(
    "tensor", [torch.ones(2, 2, requires_grad=True), torch.ones(2, 2, dtype=torch.bfloat16)]
)
def test_tensors_that_numpy_cannot_read_are_refused_in_our_words(tensor):
    with pytest.raises(InvalidDataError, match="We want it to be an array that numpy reads"):
        real_array("We want it to be", tensor)
    with pytest.raises(InvalidDataError, match="PC wants X to be an array that numpy reads"):
        refuse_kinds("PC", tensor)


def test_annotations_are_read_whether_they_are_text_or_not():
    def asked(n, fair, mode):
        return n, fair, mode

    asked.__annotations__ = {"n": int, "fair": bool, "mode": Literal["a", "b"]}
    gate = checked()(asked)
    assert gate(2, True, "a") == (2, True, "a")
    for bad in [(2.0, True, "a"), (2, 1, "a"), (2, True, "c")]:
        with pytest.raises(InvalidArgumentError, match="asked wants"):
            gate(*bad)


@pytest.mark.parametrize("made", [np.array, torch.tensor])
def test_an_array_without_dimensions_is_its_entry(made):
    @checked()
    def asked(n: int, x: float, fair: bool):
        return n, x, fair

    assert asked(made(3), made(0.5), made(True)) == (3, 0.5, True)
    for bad in [(made(3.0), 1, True), (made(True), 1, True), (3, made([0.5]), True)]:
        with pytest.raises(InvalidArgumentError, match="asked wants"):
            asked(*bad)


def test_all_that_makes_a_generator_is_a_random_state():
    @checked()
    def drawn(random_state):
        return np.random.default_rng(random_state).integers(10**9)

    assert drawn(np.random.PCG64(3)) == drawn(np.random.default_rng(3))
    with pytest.raises(InvalidArgumentError, match="an integer from 0 on or a generator"):
        drawn(-1)
