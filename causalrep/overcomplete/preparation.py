"""What both estimators of overcomplete mixings do before and after they search."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy import linalg

from causalrep.covariances import centred
from causalrep.overcomplete.whitening import Whitened, whiten
from causalrep.validation import (
    check_columns,
    check_samples,
    feature_names,
    power_of_two_scales,
)

__all__ = ["ColumnOrder", "PreparationMixin", "canonical_columns"]

_FEWEST_SAMPLES = 8


class ColumnOrder(NamedTuple):
    """How columns are arranged.

    Parameters
    ----------
    places : ndarray of shape (k,), int
        Columns, the first first.
    signs : ndarray of shape (k,)
        By which they are then multiplied.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.overcomplete.preparation import ColumnOrder
    >>> ColumnOrder(np.array([1, 0]), np.array([1.0, -1.0])).places.tolist()
    [1, 0]
    """

    places: np.ndarray
    signs: np.ndarray


def canonical_columns(standard: np.ndarray) -> ColumnOrder:
    """Order columns by falling length, and make the largest entry of each positive.

    Neither depends on the order of the rows.

    Parameters
    ----------
    standard : ndarray of shape (n_features, k)
        Mixing of features of variance one.

    Returns
    -------
    ColumnOrder

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.overcomplete.preparation import canonical_columns
    >>> order = canonical_columns(np.array([[0.1, -2.0], [0.3, 1.0]]))
    >>> order.places.tolist(), order.signs.tolist()
    ([1, 0], [-1.0, 1.0])
    """
    places = np.argsort(-np.sum(standard**2, axis=0), kind="stable")
    chosen = standard[:, places]
    largest = np.take_along_axis(chosen, np.abs(chosen).argmax(axis=0)[None], axis=0)[0]
    return ColumnOrder(places, np.where(largest < 0, -1.0, 1.0))


class PreparationMixin:
    """Whitens samples, and brings a mixing of white coordinates back to the features."""

    mean_: np.ndarray
    mixing_: np.ndarray
    components_: np.ndarray

    def _prepare(self, X: Any) -> tuple[Whitened, np.ndarray]:
        """Check and whiten samples; also return the scales by which features were divided."""
        X = check_samples(self, X, min_samples=_FEWEST_SAMPLES)
        scales = power_of_two_scales(X)
        X = X / scales
        mean = X.mean(axis=0)
        X -= mean  # a copy since the division
        X -= X.mean(axis=0)
        X = centred(X)
        check_columns(X.T @ X, feature_names(self))
        self.mean_ = mean * scales
        deviations = X.std(axis=0)
        return whiten(X / deviations), scales * deviations

    def _store_mixing(self, white: Whitened, A: np.ndarray, scales: np.ndarray) -> ColumnOrder:
        """Keep the mixing and its pseudo-inverse, in canonical order and sign."""
        deviations = np.linalg.norm(white.back, axis=1)
        order = canonical_columns(white.back @ A / deviations[:, None])
        A = A[:, order.places] * order.signs
        self.mixing_ = white.back @ A * scales[:, None]
        self.components_ = linalg.pinv(A) @ linalg.pinv(white.back) / scales
        return order
