"""Principal coordinates of samples as inputs of networks, the same for every order of columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["PrincipalCoordinates"]

_RANK = 1e-12
"""Share of the largest variance below which a principal axis counts as flat."""


@dataclass(frozen=True)
class PrincipalCoordinates:
    """Linear coordinates ``y = x @ forward`` of centred samples, and ``x = y @ back``.

    Parameters
    ----------
    forward : ndarray of shape (n_features, n_coordinates)
    back : ndarray of shape (n_coordinates, n_features)

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.neural.principal_coordinates import PrincipalCoordinates
    >>> X = np.random.default_rng(0).normal(size=(100, 3)) @ np.diag([3.0, 2.0, 1.0])
    >>> X -= X.mean(axis=0)
    >>> Y = X @ PrincipalCoordinates.of(X, whitened=1.0).forward
    >>> bool(np.allclose(Y.T @ Y / 100, np.eye(3)))
    True
    """

    forward: np.ndarray
    back: np.ndarray

    @classmethod
    def of(
        cls, X: np.ndarray, *, whitened: float, most: int | None = None
    ) -> PrincipalCoordinates:
        """Take the principal axes along which samples vary.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Centred.
        whitened : float
            0 keeps the proportions of the variances, 1 makes all of them 1, and what lies
            between brings them closer; the largest is 1 always.
        most : int, default=None
            Most coordinates.
        """
        values, axes = _axes(X)
        kept = slice(0, max(1, min(int((values > _RANK * values[0]).sum()), most or len(values))))
        values, axes = np.maximum(values[kept], np.finfo(float).tiny), axes[:, kept]
        scale = np.sqrt(values[0]) * (values / values[0]) ** (whitened / 2)
        return cls(axes / scale, scale[:, None] * axes.T)

    @classmethod
    def turned(cls, X: np.ndarray) -> PrincipalCoordinates:
        """Take all principal axes, and leave lengths as they are.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Centred.
        """
        _, axes = _axes(X)
        return cls(axes, axes.T)

    def before(self, encoder: Any) -> Any:
        """Return the encoder of centred samples, from one of their coordinates."""
        return encoder.after_affine(self.forward, np.zeros(self.forward.shape[1]))

    def undone_after(self, decoder: Any) -> Any:
        """Return the decoder to centred samples, from one to their coordinates."""
        return decoder.then_affine(self.back, np.zeros(self.back.shape[1]))


def _axes(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Variances along the principal axes, largest first, and the axes, skewed to the right."""
    values, axes = np.linalg.eigh(X.T @ X / len(X))
    values, axes = values[::-1], axes[:, ::-1]
    skew = ((X @ axes) ** 3).sum(axis=0)
    return values, axes * np.where(skew < 0, -1.0, 1.0)
