"""What a simulator refuses: numbers, counts and matrices that cannot define a model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite
from numbers import Integral, Real
from typing import Any

import numpy as np

from causalrep import exceptions
from causalrep.exceptions import InvalidDataError
from causalrep.gaps import refuse_masked
from causalrep.graphs import Graph

__all__ = ["InterventionError", "SimulatorError"]


_MOST = 2**31 - 1


class SimulatorError(ValueError):
    """A parameter of a simulator cannot be used as it is."""


class InterventionError(SimulatorError, exceptions.InterventionError):
    """An intervention does not fit the model, or contradicts another one."""


def checked_real(name: str, value: Any) -> float:
    """Return a finite number as float, or refuse it by name."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise SimulatorError(f"{name} must be a number, but is {value!r}.")
    try:
        number = float(value)
    except OverflowError:
        raise SimulatorError(f"{name} is too large for a floating-point number.") from None
    if not isfinite(number):
        raise SimulatorError(f"{name} must be finite, but is {value!r}.")
    return number


def checked_positive(name: str, value: Any) -> float:
    """Return a positive finite number as float, or refuse it by name."""
    number = checked_real(name, value)
    if number <= 0:
        raise SimulatorError(f"{name} must be positive, but is {value!r}.")
    return number


def checked_count(name: str, value: Any, minimum: int = 1, maximum: int = _MOST) -> int:
    """Return an integer within bounds, or refuse it by name."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise SimulatorError(f"{name} must be an integer, but is {value!r}.")
    count = int(value)
    if not minimum <= count <= maximum:
        bounds = f"from {minimum} to {maximum}"
        if maximum >= _MOST:
            bounds = f"at least {minimum}" if count < minimum else f"at most {_shortened(maximum)}"
        raise SimulatorError(f"{name} must be {bounds}, but is {_shortened(count)}.")
    return count


def checked_fraction(name: str, value: Any) -> float:
    """Return a number between 0 and 1 as float, or refuse it by name."""
    number = checked_real(name, value)
    if not 0 <= number <= 1:
        raise SimulatorError(f"{name} must lie between 0 and 1, but is {value!r}.")
    return number


def checked_range(name: str, value: Any, *, positive: bool = True) -> tuple[float, float]:
    """Return a pair ``low <= high`` of finite (positive) numbers, or refuse it by name."""
    if not is_list(value) or len(value) != 2:
        raise SimulatorError(f"{name} must be a pair (low, high), but is {value!r}.")
    low, high = (checked_real(f"{name}[{place}]", bound) for place, bound in enumerate(value))
    if low > high or (positive and low <= 0):
        wanted = "0 < low <= high" if positive else "low <= high"
        raise SimulatorError(f"{name} must satisfy {wanted}, but is {value!r}.")
    return low, high


def checked_array(name: str, value: Any, shape: tuple[int | None, ...]) -> np.ndarray:
    """Return a read-only float64 array of the wanted shape (None: any length), or refuse it."""
    array = _as_floats(name, value, SimulatorError)
    fits = array.ndim == len(shape) and all(
        wanted in (None, found) for wanted, found in zip(shape, array.shape, strict=True)
    )
    if not fits:
        wanted = ", ".join("any" if length is None else str(length) for length in shape)
        raise SimulatorError(f"{name} must have shape ({wanted}), but has {array.shape}.")
    if not np.isfinite(array).all():
        where = tuple(int(place) for place in np.argwhere(~np.isfinite(array))[0])
        raise SimulatorError(f"{name} must be finite, but entry {where} is {array[where]}.")
    array.setflags(write=False)
    return array


def checked_values(name: str, values: Any, n_columns: int | None) -> np.ndarray:
    """Return data as a float64 array, finite with rows of a given length, or refuse them.

    ``None`` stands for data of any shape, which may be infinite.
    """
    array = _as_floats(name, values, InvalidDataError)
    if n_columns is None:
        return array
    if array.ndim != 2 or array.shape[1] != n_columns:
        raise InvalidDataError(
            f"{name} must have shape (n_samples, {n_columns}), but have shape {array.shape}."
        )
    if not np.isfinite(array).all():
        row, column = (int(place) for place in np.argwhere(~np.isfinite(array))[0])
        raise InvalidDataError(
            f"{name} must be finite, but row {row}, column {column} is {array[row, column]}."
        )
    return array


def is_list(value: Any) -> bool:
    """Whether it is a list, tuple or array; the bytes of a text are no numbers."""
    return isinstance(value, Sequence | np.ndarray) and not isinstance(value, str | bytes)


def checked_list(name: str, value: Any) -> list[Any]:
    """Return the items of a list, tuple or vector, or refuse it by name."""
    if not is_list(value):
        raise SimulatorError(f"{name} must be a list, but is {value!r}.")
    return list(value)


def checked_choice(name: str, value: Any, choices: Iterable[str]) -> str:
    """Return one of some words, or refuse it by name."""
    known = list(choices)
    if not isinstance(value, str) or value not in known:
        raise SimulatorError(
            f"{name} must be one of {', '.join(map(repr, known))}, but is {value!r}."
        )
    return value


def checked_flag(name: str, value: Any) -> bool:
    """Return True or False, or refuse it by name."""
    if not isinstance(value, bool | np.bool_):
        raise SimulatorError(f"{name} must be True or False, but is {value!r}.")
    return bool(value)


def checked_graph(value: Any) -> Graph:
    """Return a graph, or refuse what is none."""
    if not isinstance(value, Graph):
        raise SimulatorError(
            f"graph must be a Graph, but is {value!r}. Graph.from_text('A --> B') makes one."
        )
    return value


def checked_generator(random_state: Any) -> np.random.Generator:
    """Turn None, a seed or a generator into a generator; a generator is advanced in place."""
    numpys = np.random
    kinds = numpys.Generator | numpys.RandomState | numpys.SeedSequence | numpys.BitGenerator
    if random_state is not None and not isinstance(random_state, kinds):
        if isinstance(random_state, bool) or not isinstance(random_state, Integral):
            raise SimulatorError(
                "random_state must be None, an integer from 0 on or a generator, but is "
                f"{random_state!r}."
            )
        random_state = checked_count("random_state", random_state, 0, 2**128)
    if isinstance(random_state, np.random.RandomState):
        random_state = random_state.randint(0, 2**32, size=4, dtype=np.uint32)
    return np.random.default_rng(random_state)


def _as_floats(name: str, value: Any, error: type[ValueError]) -> np.ndarray:
    """Return a new float64 array, or raise an error that names what cannot be one."""
    refuse_masked(f"{name} must be complete", value, "it", error)
    try:
        kind = np.asarray(value).dtype
        if kind.kind in "cUSMm":
            raise error(f"{name} must be an array of real numbers, but is of type {kind}.")
        return np.array(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as reason:
        raise error(f"{name} must be an array of real numbers: {reason}.") from reason


def _shortened(count: int) -> str:
    """Return a number's digits, or how many of them there are."""
    return str(count) if abs(count) <= 2**64 else f"about 2 ** {count.bit_length()}"
