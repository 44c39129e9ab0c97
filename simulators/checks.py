"""What a simulator refuses: numbers, counts and matrices that cannot define a model."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite
from numbers import Integral, Real
from typing import Any

import numpy as np

__all__ = ["InterventionError", "SimulatorError"]


class SimulatorError(ValueError):
    """A parameter of a simulator cannot be used as it is."""


class InterventionError(SimulatorError):
    """An intervention does not fit the model, or contradicts another one."""


def checked_real(name: str, value: Any) -> float:
    """Return a finite number as float, or refuse it by name."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise SimulatorError(f"{name} must be a number, but is {value!r}.")
    try:
        number = float(value)
    except OverflowError:
        number = inf
    if not isfinite(number):
        raise SimulatorError(f"{name} must be finite, but is {value!r}.")
    return number


def checked_positive(name: str, value: Any) -> float:
    """Return a positive finite number as float, or refuse it by name."""
    number = checked_real(name, value)
    if number <= 0:
        raise SimulatorError(f"{name} must be positive, but is {value!r}.")
    return number


def checked_count(name: str, value: Any, minimum: int = 1, maximum: int | None = None) -> int:
    """Return an integer within bounds, or refuse it by name."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise SimulatorError(f"{name} must be an integer, but is {value!r}.")
    count = int(value)
    if count < minimum or (maximum is not None and count > maximum):
        bounds = f"at least {minimum}" if maximum is None else f"from {minimum} to {maximum}"
        raise SimulatorError(f"{name} must be {bounds}, but is {count}.")
    return count


def checked_fraction(name: str, value: Any) -> float:
    """Return a number between 0 and 1 as float, or refuse it by name."""
    number = checked_real(name, value)
    if not 0 <= number <= 1:
        raise SimulatorError(f"{name} must lie between 0 and 1, but is {value!r}.")
    return number


def checked_range(name: str, value: Any, *, positive: bool = True) -> tuple[float, float]:
    """Return a pair ``low <= high`` of finite (positive) numbers, or refuse it by name."""
    if isinstance(value, str) or not isinstance(value, Sequence | np.ndarray) or len(value) != 2:
        raise SimulatorError(f"{name} must be a pair (low, high), but is {value!r}.")
    low, high = (checked_real(f"{name}[{place}]", bound) for place, bound in enumerate(value))
    if low > high or (positive and low <= 0):
        wanted = "0 < low <= high" if positive else "low <= high"
        raise SimulatorError(f"{name} must satisfy {wanted}, but is {value!r}.")
    return low, high


def checked_array(name: str, value: Any, shape: tuple[int | None, ...]) -> np.ndarray:
    """Return a read-only float64 array of the wanted shape (None: any length), or refuse it."""
    try:
        array = np.array(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise SimulatorError(f"{name} must be an array of real numbers: {error}") from error
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


def checked_generator(random_state: Any) -> np.random.Generator:
    """Turn None, a seed or a generator into a generator; a generator is advanced in place."""
    if random_state is not None and not isinstance(
        random_state, np.random.Generator | np.random.RandomState | np.random.SeedSequence
    ):
        random_state = checked_count("random_state", random_state, minimum=0)
    if isinstance(random_state, np.random.RandomState):
        random_state = random_state.randint(0, 2**32, size=4, dtype=np.uint32)
    return np.random.default_rng(random_state)
