"""Latent rows from the change of one precision matrix at a time, without iterations.

In coordinates where the reference covariance is the identity, the precision of context k is
``M_k = I + u u' - v v'`` with ``|v| = 1``: v is the row of the intervened latent's mechanism in
the reference context, u its row after the intervention. The two extreme eigenpairs of M_k give
u and v up to one sign, and the v of different latents are orthogonal, which settles the signs.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.linalg import null_space
from scipy.spatial.distance import squareform

__all__ = ["ContextSplit", "assign_targets", "greedy_order", "initial_rows", "split_contexts"]

_EXACT_SIGNS = 10
_RESTARTS = 20
_SAME_TARGET = 0.7
"""|cosine| of two rows above which contexts start as sharing a target (0 or 1 without noise)."""


@dataclass(frozen=True)
class ContextSplit:
    """The two candidate rank-two splits of every context's precision change.

    Parameters
    ----------
    before : ndarray of shape (n_contexts, 2, n_latents)
        Candidates of v, the target's row in the reference context, of unit length.
    after : ndarray of shape (n_contexts, 2, n_latents)
        Candidates of u, the target's row in the context.
    ambiguous : ndarray of shape (n_contexts,), bool
        Whether the two candidates differ.
    changed : ndarray of shape (n_contexts,), bool
        Whether the context differs from the reference at all.
    log_eigenvalues : ndarray of shape (n_contexts, n_latents)
        Logarithms of the eigenvalues of M_k, ascending.
    vectors : ndarray of shape (n_contexts, n_latents, n_latents)
        Eigenvectors in columns, in the same order.
    """

    before: np.ndarray
    after: np.ndarray
    ambiguous: np.ndarray
    changed: np.ndarray
    log_eigenvalues: np.ndarray
    vectors: np.ndarray


def split_contexts(covariances: np.ndarray, edges: np.ndarray) -> ContextSplit:
    """Split the precision change of every context into the row before and the row after.

    Parameters
    ----------
    covariances : ndarray of shape (n_contexts, n_latents, n_latents)
        Covariances of the contexts, whitened by the reference.
    edges : ndarray of shape (n_contexts,)
        A logarithm of an eigenvalue below this size counts as zero.
    """
    variances, vectors = np.linalg.eigh(covariances)
    precisions = -np.log(variances)[:, ::-1]
    raised, lowered = precisions[:, -1], precisions[:, 0]
    mu_plus = np.where(raised > edges, np.expm1(np.maximum(raised, 0)), 0)
    mu_minus = np.where(-lowered > edges, -np.expm1(np.minimum(lowered, 0)), 0)
    total = mu_plus + mu_minus
    changed = total > 0
    sinh2 = (1 - mu_minus) / np.where(changed, total, 1)
    sinh, cosh = np.sqrt(sinh2)[:, None], np.sqrt(1 + sinh2)[:, None]
    plus = np.sqrt(mu_plus)[:, None] * vectors[:, :, 0]
    minus = np.sqrt(mu_minus)[:, None] * vectors[:, :, -1]
    before = np.stack([sinh * plus + sign * cosh * minus for sign in (1, -1)], axis=1)
    after = np.stack([cosh * plus + sign * sinh * minus for sign in (1, -1)], axis=1)
    return ContextSplit(
        before=before,
        after=after,
        ambiguous=(mu_plus > 0) & (mu_minus > 0),
        changed=changed,
        log_eigenvalues=precisions,
        vectors=vectors[:, :, ::-1],
    )


def assign_targets(
    split: ContextSplit, n_latents: int, *, distinct: bool, rng: np.random.RandomState
) -> tuple[np.ndarray, np.ndarray]:
    """Choose every context's sign and the latent it acts on.

    Parameters
    ----------
    split : ContextSplit
        Candidates of all contexts.
    n_latents : int
        Number of latents, the most targets there can be.
    distinct : bool
        Whether no two contexts share a target.
    rng : RandomState
        Source of the random restarts.

    Returns
    -------
    signs : ndarray of shape (n_contexts,), int
        Chosen candidate, 0 or 1.
    targets : ndarray of shape (n_contexts,), int
        Number of the target, counted by first appearance; -1 for an unchanged context.
    """
    active = np.flatnonzero(split.changed)
    signs = np.zeros(len(split.changed), dtype=int)
    targets = np.full(len(split.changed), -1)
    cosines = np.einsum("ksd,ltd->kslt", split.before[active], split.before[active]) ** 2
    costs = cosines if distinct else cosines * (1 - cosines)
    signs[active] = _choose_signs(costs, split.ambiguous[active], rng)
    rows = split.before[active, signs[active]]
    if distinct:
        targets[active] = np.arange(len(active))
    elif len(active):
        targets[active] = _cluster(np.abs(rows @ rows.T), n_latents)
    return signs, targets


def initial_rows(
    split: ContextSplit, signs: np.ndarray, targets: np.ndarray, n_latents: int
) -> tuple[np.ndarray, np.ndarray]:
    """Average the rows of contexts with one target; complete the rest by an orthonormal basis.

    Returns
    -------
    before : ndarray of shape (n_latents, n_latents)
        Orthonormal rows of the latents' mechanisms in the reference context.
    after : ndarray of shape (n_latents, n_latents)
        Rows after the interventions; those of latents without a context repeat ``before``.
    """
    contexts = np.arange(len(targets))
    n_targets = targets.max(initial=-1) + 1
    before = np.array(
        [_axis(split.before[contexts, signs][targets == t]) for t in range(n_targets)]
    ).reshape(n_targets, n_latents)
    after = np.array(
        [_axis(split.after[contexts, signs][targets == t]) for t in range(n_targets)]
    ).reshape(n_targets, n_latents)
    left, _, right = np.linalg.svd(before, full_matrices=False)
    before = left @ right
    rest = null_space(before).T if n_targets else np.eye(n_latents)
    return np.vstack([before, rest]), np.vstack([after, rest])


def greedy_order(coefficients: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Order latents so that each depends on earlier ones only, as nearly as can be.

    Parameters
    ----------
    coefficients : ndarray of shape (n_latents, n_latents)
        Entry (j, i) is the dependence of j on i, in units of j's own noise.
    first : ndarray of int
        Latents that come first, whatever their coefficients.
    """
    order = list(first)
    remaining = [j for j in range(len(coefficients)) if j not in set(order)]
    energy = coefficients**2
    np.fill_diagonal(energy, 0)
    while remaining:
        dependence = energy[np.ix_(remaining, remaining)].sum(axis=1)
        order.append(remaining.pop(int(np.argmin(dependence))))
    return np.array(order, dtype=int)


def _choose_signs(costs: np.ndarray, ambiguous: np.ndarray, rng: np.random.RandomState):
    """Minimise the sum of pairwise costs[k, s_k, l, s_l] over the signs of ambiguous contexts."""
    n_contexts = len(ambiguous)
    costs = costs.copy()
    costs[np.arange(n_contexts), :, np.arange(n_contexts), :] = 0
    free = np.flatnonzero(ambiguous)
    if len(free) <= _EXACT_SIGNS:
        starts = np.zeros((2 ** len(free), n_contexts), dtype=int)
        starts[:, free] = np.array(list(product((0, 1), repeat=len(free))), dtype=int)
    else:
        starts = np.zeros((_RESTARTS, n_contexts), dtype=int)
        starts[:, free] = rng.randint(0, 2, (_RESTARTS, len(free)))
        starts = _coordinate_descent(costs, starts, free)
    rows = np.arange(n_contexts)
    pairs = costs[rows[:, None], starts[:, :, None], rows[None, :], starts[:, None, :]]
    return starts[np.argmin(pairs.sum(axis=(1, 2)))]


def _coordinate_descent(costs: np.ndarray, signs: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Set one sign of every restart at a time to its better value until none changes."""
    columns = np.arange(signs.shape[1])
    for _ in range(100):
        previous = signs.copy()
        for k in free:
            choice = costs[k][:, columns, signs].sum(axis=-1)
            signs[:, k] = np.argmin(choice, axis=0)
        if np.array_equal(previous, signs):
            break
    return signs


def _cluster(cosines: np.ndarray, n_latents: int) -> np.ndarray:
    """Group contexts whose rows point the same way, into at most n_latents groups."""
    if len(cosines) == 1:
        return np.zeros(1, dtype=int)
    distances = np.clip(1 - cosines, 0, 1)
    np.fill_diagonal(distances, 0)
    tree = linkage(squareform(distances, checks=False), method="average")
    groups = fcluster(tree, 1 - _SAME_TARGET, criterion="distance")
    if groups.max() > n_latents:
        groups = fcluster(tree, n_latents, criterion="maxclust")
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse]


def _axis(rows: np.ndarray) -> np.ndarray:
    """Mean direction of rows given up to sign, with their root mean square length."""
    _, sizes, axes = np.linalg.svd(rows, full_matrices=False)
    return axes[0] * sizes[0] / np.sqrt(len(rows))
