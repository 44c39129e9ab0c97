"""Nonlinear mixings: polynomials and perceptrons, injective by construction where they can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from simulators.checks import (
    SimulatorError,
    checked_array,
    checked_count,
    checked_generator,
    checked_list,
    checked_positive,
)
from simulators.mechanisms import evaluate_monomials, in_blocks, monomial_exponents
from simulators.mixing import Mixing, has_full_column_rank, with_condition_number

__all__ = ["MLPMixing", "PolynomialMixing"]


@dataclass(frozen=True, eq=False, repr=False)
class PolynomialMixing(Mixing):
    r"""Polynomial mixing ``x = coefficients @ m(z / unit)`` with all monomials m of degree >= 1.

    With at least as many features as monomials and coefficients of full rank the mixing is
    injective and has a closed inverse, since the monomials contain the latents themselves.
    With fewer features it is a generic projection of the monomials' image, which is injective
    for generic coefficients from ``2 * n_latents + 1`` features on, but has no closed inverse.

    Parameters
    ----------
    n_latents : int
        Number of latents.
    degree : int
        Highest total degree.
    coefficients : array-like of shape (n_features, n_monomials)
        Coefficients of the monomials, which are ordered by degree and then by their first
        variables: a, b, aa, ab, bb, aaa, ...
    unit : float, default=1.0
        The latents are divided by this first, so that high powers do not drown the others.

    Examples
    --------
    >>> from simulators import PolynomialMixing
    >>> mixing = PolynomialMixing.random(2, 8, degree=2, random_state=0)
    >>> mixing.is_injective, mixing.coefficients.shape
    (True, (8, 5))
    >>> mixing.inverse(mixing.apply([[1.0, -2.0]])).round(9)
    array([[ 1., -2.]])
    """

    n_latents: int
    degree: int
    coefficients: Any
    unit: float = 1.0

    def __post_init__(self) -> None:
        checked_count("PolynomialMixing.n_latents", self.n_latents)
        exponents = monomial_exponents(self.n_latents, self.degree)
        coefficients = checked_array(
            "PolynomialMixing.coefficients", self.coefficients, (None, len(exponents))
        )
        unit = checked_positive("PolynomialMixing.unit", self.unit)
        self._set(coefficients=coefficients, n_features=len(coefficients), unit=unit)

    @classmethod
    def random(
        cls,
        n_latents: int,
        n_features: int,
        *,
        degree: int = 2,
        unit: float = 1.0,
        random_state: Any = None,
    ) -> PolynomialMixing:
        """Draw standard normal coefficients.

        Parameters
        ----------
        n_latents, n_features : int
            Numbers of latents and features.
        degree : int, default=2
            Highest total degree.
        unit : float, default=1.0
            What the latents are divided by.
        random_state : None, int or numpy.random.Generator, default=None
            Source of randomness.
        """
        n_latents = checked_count("n_latents", n_latents)
        n_monomials = len(monomial_exponents(n_latents, degree))
        shape = checked_count("n_features", n_features), n_monomials
        rng = checked_generator(random_state)
        return cls(n_latents, degree, rng.standard_normal(shape), unit)

    @property
    def is_injective(self) -> bool:
        """Whether the coefficients have full column rank."""
        return has_full_column_rank(self.coefficients)

    def _apply(self, Z: np.ndarray) -> np.ndarray:
        exponents = monomial_exponents(self.n_latents, self.degree)
        return in_blocks(
            lambda rows: evaluate_monomials(rows / self.unit, exponents) @ self.coefficients.T, Z
        )

    def _inverse(self, X: np.ndarray) -> np.ndarray:
        monomials = np.linalg.lstsq(self.coefficients, X.T, rcond=None)[0].T
        return monomials[:, : self.n_latents] * self.unit


@dataclass(frozen=True, eq=False, repr=False)
class MLPMixing(Mixing):
    r"""Perceptron with leaky rectifiers: ``x = W_k s(... s(W_1 z + b_1) ...) + b_k``.

    ``s(t) = max(t, negative_slope * t)`` is a bijection, so the mixing is injective, with a
    closed inverse layer by layer, when every matrix has full column rank. A layer narrower than
    the one before it breaks this: then injectivity is only generic, as in several papers.

    Parameters
    ----------
    weights : sequence of array-like
        Matrices of the layers, shape (width of the layer, width of the one before it).
    biases : sequence of array-like, default=()
        Vectors of the layers; none if empty.
    negative_slope : float, default=0.2
        Slope of the rectifier for negative values, positive.

    Examples
    --------
    >>> import numpy as np
    >>> from simulators import MLPMixing
    >>> mixing = MLPMixing.random(2, 10, widths=(4, 6), random_state=0)
    >>> Z = np.random.default_rng(0).normal(size=(100, 2))
    >>> bool(np.allclose(mixing.inverse(mixing.apply(Z)), Z))
    True
    """

    weights: Sequence[Any]
    biases: Sequence[Any] = ()
    negative_slope: float = 0.2

    def __post_init__(self) -> None:
        given = checked_list("MLPMixing.weights", self.weights)
        if not given:
            raise SimulatorError("MLPMixing.weights must hold the matrix of at least one layer.")
        weights = [
            checked_array(f"MLPMixing.weights[{layer}]", matrix, (None, None))
            for layer, matrix in enumerate(given)
        ]
        for layer, (before, after) in enumerate(pairwise(weights), start=1):
            checked_array(f"MLPMixing.weights[{layer}]", after, (None, before.shape[0]))
        self._set(
            weights=tuple(weights),
            biases=_checked_biases(self.biases, [len(matrix) for matrix in weights]),
            negative_slope=checked_positive("MLPMixing.negative_slope", self.negative_slope),
            n_latents=weights[0].shape[1],
            n_features=weights[-1].shape[0],
        )

    @classmethod
    def random(
        cls,
        n_latents: int,
        n_features: int,
        *,
        widths: Sequence[int] | None = None,
        condition_number: float | None = 4.0,
        negative_slope: float = 0.2,
        random_state: Any = None,
    ) -> MLPMixing:
        """Draw a perceptron with normal weights, its layers with a given condition number.

        Parameters
        ----------
        n_latents, n_features : int
            Numbers of latents and features.
        widths : sequence of int, default=None
            Widths of the hidden layers; None takes two as wide as the features. Widths that never
            fall make the mixing injective.
        condition_number : float, default=4.0
            Ratio of the extreme singular values of every layer (of a layer with a single
            singular value it is 1). None leaves the weights normal, with a variance that keeps
            the size of the signal.
        negative_slope : float, default=0.2
            Slope of the rectifier for negative values.
        random_state : None, int or numpy.random.Generator, default=None
            Source of randomness.
        """
        rng = checked_generator(random_state)
        slope = checked_positive("negative_slope", negative_slope)
        hidden = [n_features] * 2 if widths is None else checked_list("widths", widths)
        sizes = [checked_count("a width", size) for size in (n_latents, *hidden, n_features)]
        gain = np.sqrt(2 / (1 + slope**2))
        weights = []
        for before, after in pairwise(sizes):
            matrix = rng.standard_normal((after, before)) * gain / np.sqrt(before)
            if condition_number is not None:
                ratio = condition_number if min(before, after) > 1 else 1.0
                matrix = with_condition_number(matrix, ratio)
            weights.append(matrix)
        biases = [0.5 * rng.standard_normal(size) for size in sizes[1:]]
        return cls(weights, biases, slope)

    @property
    def is_injective(self) -> bool:
        """Whether every layer has full column rank."""
        return all(has_full_column_rank(matrix) for matrix in self.weights)

    def _apply(self, Z: np.ndarray) -> np.ndarray:
        return in_blocks(self._forward, Z)

    def _forward(self, Z: np.ndarray) -> np.ndarray:
        X = Z
        for layer, (matrix, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            if layer:
                X = np.where(X > 0, X, self.negative_slope * X)
            X = X @ matrix.T + bias
        return X

    def _inverse(self, X: np.ndarray) -> np.ndarray:
        Z = X
        for layer in reversed(range(len(self.weights))):
            Z = np.linalg.lstsq(self.weights[layer], (Z - self.biases[layer]).T, rcond=None)[0].T
            if layer:
                Z = np.where(Z > 0, Z, Z / self.negative_slope)
        return Z


def _checked_biases(biases: Sequence[Any], widths: Sequence[int]) -> tuple[np.ndarray, ...]:
    """Return one vector for each layer."""
    biases = checked_list("MLPMixing.biases", biases)
    if not biases:
        biases = [np.zeros(width) for width in widths]
    if len(biases) != len(widths):
        raise SimulatorError(
            f"MLPMixing.biases must hold one vector for each of the {len(widths)} layers, "
            f"but holds {len(biases)}."
        )
    return tuple(
        checked_array(f"MLPMixing.biases[{layer}]", bias, (width,))
        for layer, (bias, width) in enumerate(zip(biases, widths, strict=True))
    )
