r"""Latents whose supports are independent, as the parallelotope around their samples.

The support of independent latents is a box, that of an affine image of them a parallelotope. Of
all parallelotopes around a box none is smaller than the box itself, so the rows :math:`\gamma_j`
minimise :math:`\sum_j \log \operatorname{range}(\gamma_j^\top z) - \log |\det \Gamma|`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linprog

__all__ = ["independent_supports", "volume"]

_MOST_SWEEPS = 50
_MOST_CUTS = 60
_GAIN = 1e-6
_SLACK = 1e-9


def independent_supports(
    samples: Sequence[np.ndarray], *, n_restarts: int, rng: np.random.RandomState
) -> np.ndarray:
    """Find rows whose products with the samples have independent supports.

    Row after row is replaced by the best one given the others, a linear program of the two ends
    of its range in every environment, until the volume does not shrink any more.

    Parameters
    ----------
    samples : sequence of ndarray of shape (n_samples, n_latents)
        One matrix for each environment.
    n_restarts : int
        Random rotations to start from; the smallest volume is kept.
    rng : RandomState

    Returns
    -------
    ndarray of shape (n_latents, n_latents)
        Rows of unit length.
    """
    n_latents = samples[0].shape[1]
    best, smallest = np.eye(n_latents), np.inf
    # Samples that cut once are likely to cut again: all programs share them.
    cuts = [some[_extremes(some, best)] for some in samples]
    for _ in range(n_restarts):
        rows = np.linalg.qr(rng.standard_normal((n_latents, n_latents)))[0]
        rows = _shrunk(rows, samples, cuts)
        size = volume(rows, samples)
        if size < smallest:
            best, smallest = rows, size
    return best / np.linalg.norm(best, axis=1, keepdims=True)


def volume(rows: np.ndarray, samples: Sequence[np.ndarray]) -> float:
    """Mean logarithm of the volumes of the parallelotopes around each environment's samples.

    Parameters
    ----------
    rows : ndarray of shape (n_latents, n_latents)
    samples : sequence of ndarray of shape (n_samples, n_latents)

    Returns
    -------
    float
    """
    ranges = np.array([np.ptp(some @ rows.T, axis=0) for some in samples])
    return float(np.log(ranges).sum() / len(samples) - np.linalg.slogdet(rows)[1])


def _shrunk(rows: np.ndarray, samples: Sequence[np.ndarray], cuts: list[np.ndarray]) -> np.ndarray:
    """Replace one row at a time until none makes the volume smaller."""
    size = volume(rows, samples)
    for _ in range(_MOST_SWEEPS):
        before = size
        for position in range(len(rows)):
            trial = rows.copy()
            trial[position] = _best_row(rows, position, samples, cuts)
            found = volume(trial, samples)
            if found < size:
                rows, size = trial, found
        if before - size < _GAIN:
            break
    return rows


def _best_row(
    rows: np.ndarray, position: int, samples: Sequence[np.ndarray], cuts: list[np.ndarray]
) -> np.ndarray:
    """Minimise a row's weighted ranges with the determinant held, adding samples as they cut."""
    normal = np.linalg.inv(rows)[:, position]
    row = rows[position]
    weights = np.array([1 / np.ptp(some @ row) for some in samples])
    for _ in range(_MOST_CUTS):
        row, low, high = _solve(cuts, weights, normal)
        violated = False
        for place, some in enumerate(samples):
            values = some @ row
            slack = _SLACK * (high[place] - low[place])
            if values.max() > high[place] + slack or values.min() < low[place] - slack:
                violated = True
                cuts[place] = np.vstack([cuts[place], some[[values.argmax(), values.argmin()]]])
        if not violated:
            break
    return row


def _extremes(some: np.ndarray, directions: np.ndarray) -> np.ndarray:
    values = some @ directions.T
    return np.unique(np.concatenate([values.argmax(axis=0), values.argmin(axis=0)]))


def _solve(cuts, weights, normal):
    """Solve ``min sum_k w_k (high_k - low_k)`` with ``low_k <= row @ z <= high_k``."""
    n_latents, n_contexts = len(normal), len(cuts)
    above, below = [], []
    for place, points in enumerate(cuts):
        ends = np.zeros((len(points), 2 * n_contexts))
        ends[:, 2 * place + 1] = -1
        above.append(np.hstack([points, ends]))
        ends = np.zeros((len(points), 2 * n_contexts))
        ends[:, 2 * place] = 1
        below.append(np.hstack([-points, ends]))
    matrix = np.vstack(above + below)
    costs = np.zeros(n_latents + 2 * n_contexts)
    costs[n_latents::2], costs[n_latents + 1 :: 2] = -weights, weights
    found = linprog(
        costs,
        A_ub=matrix,
        b_ub=np.zeros(len(matrix)),
        A_eq=np.r_[normal, np.zeros(2 * n_contexts)][None],
        b_eq=[1.0],
        bounds=(None, None),
        method="highs",
    )
    return found.x[:n_latents], found.x[n_latents::2], found.x[n_latents + 1 :: 2]
