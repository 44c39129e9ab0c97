"""Rows of samples on their way into networks and out of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from causalrep.exceptions import DegenerateDataError, InvalidDataError
from causalrep.validation import power_of_two_scales, reference_first

__all__ = [
    "decoded",
    "evaluated",
    "feature_units",
    "held_out",
    "numbered_environments",
    "standardisation",
]

_ROWS_AT_ONCE = 65_536


def standardisation(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return means and standard deviations of the columns, whatever their size.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)

    Returns
    -------
    mean : ndarray of shape (n_features,)
    scale : ndarray of shape (n_features,)
        Ones where a column does not vary.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.neural.rows import standardisation
    >>> mean, scale = standardisation(np.array([[1e200, 5.0], [-1e200, 5.0]]))
    >>> scale.tolist()
    [1e+200, 1.0]
    """
    units = power_of_two_scales(X)
    mean, scale = (X / units).mean(axis=0), (X / units).std(axis=0)
    constant = np.ptp(X / units, axis=0) == 0
    return mean * units, np.where(constant, 1.0, scale * units)


def feature_units(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what standardises features, at least one of which varies.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)

    Returns
    -------
    mean, scale : ndarray of shape (n_features,)
        As from :func:`standardisation`.

    Raises
    ------
    DegenerateDataError
        If all samples are equal.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.neural.rows import feature_units
    >>> feature_units(np.array([[1.0, 5.0], [3.0, 5.0]]))
    (array([2., 5.]), array([1., 1.]))
    """
    if (X[0] == X).all():
        raise DegenerateDataError(
            f"All {len(X)} samples are equal, so that X tells nothing of latents. Pass features "
            "that vary."
        )
    return standardisation(X)


def numbered_environments(y: np.ndarray, reference: Any) -> tuple[np.ndarray, np.ndarray]:
    """Give every environment a number, the reference 0.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Labels.
    reference : label or None
        As for :func:`causalrep.validation.reference_first`.

    Returns
    -------
    labels : ndarray of shape (n_environments,)
        The reference first.
    numbers : ndarray of shape (n_samples,), int
        Position of every sample's environment in ``labels``.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.neural.rows import numbered_environments
    >>> labels, numbers = numbered_environments(np.array(["a", "b", "a"]), "b")
    >>> labels.tolist(), numbers.tolist()
    (['b', 'a'], [1, 0, 1])
    """
    labels, places = np.unique(y, return_inverse=True)
    first = reference_first(labels, reference)
    return labels[first], np.argsort(first)[places]


def held_out(n_rows: int, share: float, rng: np.random.RandomState) -> np.ndarray:
    """Choose rows for validation.

    Parameters
    ----------
    n_rows : int
        Rows there are.
    share : float
        Share of them to choose, at least one row.
    rng : RandomState

    Returns
    -------
    ndarray of shape (n_rows,), bool
        Which rows were chosen.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.neural.rows import held_out
    >>> int(held_out(50, 0.1, np.random.RandomState(0)).sum())
    5
    """
    chosen = np.zeros(n_rows, dtype=bool)
    chosen[rng.permutation(n_rows)[: max(1, round(share * n_rows))]] = True
    return chosen


def evaluated(module: nn.Module, rows: np.ndarray) -> np.ndarray:
    """Put rows through a module on the CPU.

    Parameters
    ----------
    module : torch.nn.Module
        In double precision, such as a member of an ensemble.
    rows : ndarray of shape (n_rows, n_inputs)

    Returns
    -------
    ndarray of shape (n_rows, n_outputs), float64

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.neural import MLP
    >>> from causalrep.neural.rows import evaluated
    >>> evaluated(MLP([2, 3]), np.ones((4, 2))).shape
    (4, 3)
    """
    rows = np.ascontiguousarray(rows)  # torch reads no array that runs backwards
    with torch.no_grad():
        parts = [
            module(torch.tensor(rows[start : start + _ROWS_AT_ONCE], dtype=torch.float64)).numpy()
            for start in range(0, max(1, len(rows)), _ROWS_AT_ONCE)
        ]
    return np.concatenate(parts)


def decoded(decoder: nn.Module, Z: np.ndarray, scale: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Put latents through a decoder, in the units of the features.

    Parameters
    ----------
    decoder : torch.nn.Module
    Z : ndarray of shape (n_samples, n_latents)
    scale, mean : ndarray of shape (n_features,)

    Returns
    -------
    ndarray of shape (n_samples, n_features)

    Raises
    ------
    InvalidDataError
        If latents are so large that their features overflow.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        X = evaluated(decoder, Z) * scale + mean
    beyond = np.flatnonzero(~np.isfinite(X).all(axis=1))
    if len(beyond):
        raise InvalidDataError(
            f"Latents must be small enough for their features to be finite numbers, but those of "
            f"row {beyond[0]} are up to {np.abs(Z[beyond[0]]).max():.3g} in size."
        )
    return X
