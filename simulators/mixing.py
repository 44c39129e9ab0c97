"""How the latents are turned into measurements: identity and linear mixings.

A mixing is one frozen object: all regimes and all splits of a simulation share it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from simulators.checks import (
    SimulatorError,
    checked_array,
    checked_count,
    checked_generator,
    checked_positive,
    checked_values,
)

__all__ = ["IdentityMixing", "LinearMixing", "Mixing"]


@dataclass(frozen=True, eq=False, repr=False)
class Mixing(ABC):
    """A function from the latents to the features.

    Base class; subclasses are frozen and never hold fitted state.

    Attributes
    ----------
    n_latents, n_features : int
        Numbers of latents and features.
    """

    n_latents: int = field(init=False)
    n_features: int = field(init=False)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.n_latents} latents, {self.n_features} features>"

    @property
    def matrix(self) -> np.ndarray | None:
        """Matrix of shape (n_features, n_latents) where the mixing is linear, else None."""
        return None

    @property
    @abstractmethod
    def is_injective(self) -> bool:
        """Whether different latents have different features, guaranteed by construction."""

    def apply(self, Z: Any) -> np.ndarray:
        """Mix latents of shape (n_samples, n_latents) into (n_samples, n_features).

        Raises
        ------
        InvalidDataError
            If Z has not ``n_latents`` columns.
        """
        return self._apply(checked_values("Latents", Z, self.n_latents))

    def inverse(self, X: Any) -> np.ndarray:
        """Return the latents of features on the image of the mixing.

        Off the image the answer is that of a projection onto it, layer by layer.

        Raises
        ------
        SimulatorError
            If the mixing is not injective by construction.
        InvalidDataError
            If X has not ``n_features`` columns.
        """
        if not self.is_injective:
            raise SimulatorError(
                f"This {type(self).__name__} is not injective by construction, so it has no "
                "closed inverse. Keep the latents (data.truth.Z), or take a mixing with at "
                "least as many features as it needs (see its class)."
            )
        return self._inverse(checked_values("Features", X, self.n_features))

    def _set(self, **fields: Any) -> None:
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    @abstractmethod
    def _apply(self, Z: np.ndarray) -> np.ndarray: ...

    @abstractmethod
    def _inverse(self, X: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True, repr=False)
class IdentityMixing(Mixing):
    """The features are the latents.

    Parameters
    ----------
    n_latents : int
        Number of latents and of features.

    Examples
    --------
    >>> from simulators import IdentityMixing
    >>> IdentityMixing(2).apply([[1.0, 2.0]])
    array([[1., 2.]])
    """

    n_latents: int

    def __post_init__(self) -> None:
        checked_count("IdentityMixing.n_latents", self.n_latents)
        self._set(n_features=self.n_latents)

    @property
    def matrix(self) -> np.ndarray:
        """The identity matrix."""
        return np.eye(self.n_latents)

    @property
    def is_injective(self) -> bool:
        """Whether the latents can be told from the features: yes."""
        return True

    def _apply(self, Z: np.ndarray) -> np.ndarray:
        return Z.copy()

    def _inverse(self, X: np.ndarray) -> np.ndarray:
        return X.copy()


@dataclass(frozen=True, eq=False, repr=False)
class LinearMixing(Mixing):
    """Linear mixing ``x = matrix @ z``.

    Parameters
    ----------
    matrix : array-like of shape (n_features, n_latents)
        Column j holds what latent j adds to the features.

    Examples
    --------
    >>> import numpy as np
    >>> from simulators import LinearMixing
    >>> mixing = LinearMixing.random(2, 5, condition_number=10.0, random_state=0)
    >>> round(float(np.linalg.cond(mixing.matrix)), 6)
    10.0
    >>> np.allclose(mixing.inverse(mixing.apply([[1.0, 2.0]])), [[1.0, 2.0]])
    True
    """

    matrix: Any = None

    def __post_init__(self) -> None:
        matrix = checked_array("LinearMixing.matrix", self.matrix, (None, None))
        if 0 in matrix.shape:
            raise SimulatorError(f"LinearMixing.matrix is empty: its shape is {matrix.shape}.")
        self._set(matrix=matrix, n_features=matrix.shape[0], n_latents=matrix.shape[1])

    @classmethod
    def random(
        cls,
        n_latents: int,
        n_features: int,
        *,
        condition_number: float | None = None,
        random_state: Any = None,
    ) -> LinearMixing:
        """Draw a mixing of full rank.

        Parameters
        ----------
        n_latents, n_features : int
            Numbers of latents and features.
        condition_number : float, default=None
            Ratio of the extreme singular values, at least 1; the others are spread evenly on
            the logarithmic scale, and their geometric mean is 1. None draws the entries from
            the standard normal law.
        random_state : None, int or numpy.random.Generator, default=None
            Source of randomness.
        """
        rng = checked_generator(random_state)
        shape = checked_count("n_features", n_features), checked_count("n_latents", n_latents)
        matrix = rng.standard_normal(shape)
        if condition_number is not None:
            matrix = with_condition_number(matrix, condition_number)
        return cls(matrix)

    @property
    def is_injective(self) -> bool:
        """Whether the matrix has full column rank."""
        return has_full_column_rank(self.matrix)

    def _apply(self, Z: np.ndarray) -> np.ndarray:
        return Z @ self.matrix.T

    def _inverse(self, X: np.ndarray) -> np.ndarray:
        return np.linalg.lstsq(self.matrix, X.T, rcond=None)[0].T


@dataclass(frozen=True, repr=False)
class Selection(Mixing):
    """The features are some of the nodes: how a model with hidden nodes is seen."""

    n_latents: int
    observed: tuple[int, ...]

    def __post_init__(self) -> None:
        self._set(n_features=len(self.observed))

    @property
    def matrix(self) -> np.ndarray:
        """The rows of the identity matrix that belong to observed nodes."""
        return np.eye(self.n_latents)[list(self.observed)]

    @property
    def is_injective(self) -> bool:
        """Whether every node is observed."""
        return len(self.observed) == self.n_latents

    def _apply(self, Z: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(Z[:, list(self.observed)])

    def _inverse(self, X: np.ndarray) -> np.ndarray:
        return X[:, np.argsort(self.observed)]


def with_condition_number(matrix: np.ndarray, condition_number: float) -> np.ndarray:
    """Replace the singular values by ones spread evenly on the logarithmic scale about 1."""
    ratio = checked_positive("condition_number", condition_number)
    if ratio < 1:
        raise SimulatorError(f"condition_number must be at least 1, but is {ratio:g}.")
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    if len(values) == 1 and ratio > 1:
        raise SimulatorError(
            f"A mixing with one column or one row has condition number 1, not {ratio:g}."
        )
    return (left * ratio ** np.linspace(0.5, -0.5, len(values))) @ right


def has_full_column_rank(matrix: np.ndarray) -> bool:
    """Whether no column is a combination of the others, to working precision."""
    return matrix.shape[0] >= matrix.shape[1] == np.linalg.matrix_rank(matrix)
