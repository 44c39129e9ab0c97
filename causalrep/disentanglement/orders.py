"""Search for the causal order that gives the highest joint likelihood."""

from __future__ import annotations

import numpy as np

from causalrep.disentanglement.likelihood import (
    RegressionFit,
    regress,
)
from causalrep.disentanglement.newton import maximise

__all__ = ["predecessors", "search_order"]

_TRIED_MOVES = 10
_TRIED_PAIRS = 4500
"""Tried moves times squared latents stay below this where there are many latents."""
_TRIAL_STEPS = 20
_GAIN = 0.5


def predecessors(order: np.ndarray) -> np.ndarray:
    """Parents of the complete graph of an order, entry (j, i): i comes before j."""
    position = np.argsort(order)
    return position[None, :] < position[:, None]


def search_order(terms, gamma, order, *, n_fixed, free, max_moves):
    """Move one latent at a time to another place while a refit raises the likelihood.

    Parameters
    ----------
    terms : Regressions
        Terms whose parents are the predecessors in ``order``.
    gamma : ndarray of shape (n_latents, n_latents)
        Maximiser for ``order``.
    order : ndarray of shape (n_latents,), int
    n_fixed : int
        The first latents of the order that stay where they are.
    free : ndarray of shape (n_latents, n_latents), bool
        Free entries of the relative step, see :func:`maximise`.
    max_moves : int
        Most moves to accept.

    Returns
    -------
    order : ndarray of shape (n_latents,), int
    gamma : ndarray of shape (n_latents, n_latents)
    rivals : list of (order, gamma)
        Orders within the price of a parameter, the most likely first.
    """
    fit = regress(terms, gamma)
    tried = []
    for _ in range(max_moves):
        moves = _screened_moves(terms, fit, order, n_fixed)
        accepted = False
        for candidate in moves:
            trial = terms.with_parents(predecessors(candidate))
            moved, moved_fit, _, _ = maximise(trial, gamma, free, max_iter=_TRIAL_STEPS, tol=0.05)
            if moved_fit.value < fit.value - _GAIN:
                tried.append((fit.value, order, gamma))
                order, terms, gamma, fit = candidate, trial, moved, moved_fit
                accepted = True
                break
            tried.append((moved_fit.value, candidate, moved))
        if not accepted:
            break
    close = fit.value + 0.5 * np.log(terms.n_samples)
    tried = sorted((rival for rival in tried if rival[0] < close), key=lambda rival: rival[0])
    return order, gamma, [(other, rows) for _, other, rows in tried]


def _screened_moves(terms, fit, order, n_fixed) -> list[np.ndarray]:
    """Orders one move away, the most promising at the current gamma first."""
    n = len(order)
    changes = _insertion_changes(terms, fit, order)
    movable = np.arange(n) >= n_fixed
    allowed = movable[:, None] & movable[None, :]
    allowed &= ~np.eye(n, dtype=bool) & ~np.eye(n, k=-1, dtype=bool)
    changes = np.where(allowed, changes, np.inf)
    n_tried = max(2, min(_TRIED_MOVES, _TRIED_PAIRS // n**2))
    best = np.argsort(changes, axis=None)[:n_tried]
    places = [np.unravel_index(flat, changes.shape) for flat in best]
    return [_insert(order, *place) for place in places if np.isfinite(changes[place])]


def _insert(order: np.ndarray, source: int, destination: int) -> np.ndarray:
    return np.insert(np.delete(order, source), destination, order[source])


def _insertion_changes(terms, fit: RegressionFit, order) -> np.ndarray:
    """Change of the profile value, gamma fixed, when position a of the order moves to b.

    Passing a latent removes the mover from its predecessors, or adds it; both changes of the
    residual variance follow from the regressions at hand. The mover's own residual variance
    given the first b others comes from one Cholesky factor.
    """
    n = len(order)
    active = np.flatnonzero(terms.causal)
    rows, sizes = terms.rows[active], terms.sizes[active]
    position = np.argsort(order)
    shift = np.zeros((n, n))
    np.add.at(shift, rows, sizes[:, None] * _one_predecessor_changes(fit, active, rows))
    shift = 0.5 * shift[np.ix_(order, order)]
    own = np.zeros((n, n))
    np.add.at(own, position[rows], sizes[:, None] * _prefix_changes(fit, active, rows, order))
    later = np.cumsum(np.triu(shift.T, 1), axis=1)
    earlier = np.cumsum(np.tril(shift.T, -1)[:, ::-1], axis=1)[:, ::-1]
    return np.triu(later, 1) + np.tril(earlier, -1) + 0.5 * own


def _one_predecessor_changes(fit, active, rows) -> np.ndarray:
    """Change of log s^2 of each term when one latent leaves or joins its predecessors."""
    inverse = fit.parent_inverse[active]
    scaled = fit.scaled[active]
    residual = fit.residual[active]
    unexplained = scaled - scaled @ inverse @ scaled
    diagonal = np.diagonal(inverse, axis1=1, axis2=2)
    is_parent = diagonal > 0
    spread = np.diagonal(unexplained, axis1=1, axis2=2)
    shared = np.take_along_axis(unexplained, rows[:, None, None], axis=1)[:, 0]
    leave = np.log1p(residual**2 / np.where(is_parent, diagonal, 1))
    with np.errstate(divide="ignore"):
        join = np.log1p(-np.minimum(shared**2 / np.where(is_parent, 1, spread), 1))
    changes = np.where(is_parent, leave, join)
    changes[np.arange(len(rows)), rows] = 0
    return changes


def _prefix_changes(fit, active, rows, order) -> np.ndarray:
    """Log s^2 of each term given the first b others of the order, less its present value."""
    others = np.array([order[order != row] for row in rows])
    scaled = fit.scaled[active]
    count = np.arange(len(rows))
    block = scaled[count[:, None, None], others[:, :, None], others[:, None, :]]
    cross = scaled[count[:, None], others, rows[:, None]]
    explained = np.linalg.solve(np.linalg.cholesky(block), cross[:, :, None])[:, :, 0] ** 2
    total = scaled[count, rows, rows]
    left = total[:, None] - np.cumsum(explained, axis=1)
    return np.log(np.maximum(np.column_stack([total, left]), 1e-300))
