"""The published algorithm of Squires, Seigal, Bhate and Uhler (ICML 2023), as it stands."""

from __future__ import annotations

import numpy as np
from scipy import linalg

from causalrep.disentanglement.model import LatentModel

__all__ = ["squires"]


def squires(covariances: np.ndarray, *, rank_one_share: float = 0.99) -> LatentModel:
    """Disentangle by greedy projections and a partial-order RQ decomposition.

    Contexts are taken in the order in which their precision change, projected off the
    directions found so far, is closest to rank one. Q stacks these directions, R the rows that
    change most between the Cholesky factors of ``Q^{-T} Theta_k Q^{-1}``, and H = R Q.

    Parameters
    ----------
    covariances : ndarray of shape (n_latents + 1, n_latents, n_latents)
        In orthonormal coordinates, the reference first; one perfect intervention on each latent.
    rank_one_share : float, default=0.99
        Share gamma of the squared singular values above which a matrix counts as rank one.

    Returns
    -------
    LatentModel
        Latent j's row belongs to row j of the Cholesky factors: causes come after effects.

    References
    ----------
    C. Squires, A. Seigal, S. Bhate, C. Uhler, "Linear causal disentanglement via
    interventions", ICML 2023, arXiv:2211.16467, Algorithms 1-3.
    """
    precisions = np.linalg.inv(covariances)
    directions = _peel(precisions[1:] - precisions[0], rank_one_share)
    factors = _upper_factors(precisions, directions)
    targets, rows = _match_rows(factors)
    gamma = rows @ directions
    gamma = gamma / np.linalg.norm(gamma, axis=1, keepdims=True)
    mechanism = _upper_factors(precisions[:1], gamma)[0]
    scale = np.diag(mechanism)
    coefficients = np.eye(len(gamma)) - mechanism / scale[:, None]
    return LatentModel(
        rows=gamma,
        coefficients=coefficients,
        variances=1 / scale**2,
        targets=targets,
        order=np.arange(len(gamma))[::-1],
    )


def _peel(changes: np.ndarray, rank_one_share: float) -> np.ndarray:
    """Directions q, the first one found in the last row."""
    n_latents = changes.shape[1]
    directions = np.zeros((n_latents, n_latents))
    found: list[int] = []
    remaining = list(range(len(changes)))
    for position in range(n_latents - 1, -1, -1):
        projected = _project_off(changes[remaining], directions[found])
        singular = np.linalg.svd(projected, compute_uv=False) ** 2
        context = remaining.pop(int(np.argmax(singular[:, 0] / singular.sum(axis=1))))
        ancestors = _ancestors(changes[context], directions, found, rank_one_share)
        left = np.linalg.svd(_project_off(changes[context], directions[ancestors]))[0]
        directions[position] = left[:, 0]
        found.append(position)
    return directions


def _ancestors(change, directions, found, rank_one_share) -> list[int]:
    """Found directions without which the projected change is no longer of rank one."""
    needed = []
    for candidate in found:
        others = [position for position in found if position != candidate]
        projected = _project_off(change, directions[others])
        singular = np.linalg.svd(projected, compute_uv=False) ** 2
        if singular[0] / singular.sum() <= rank_one_share:
            needed.append(candidate)
    return needed


def _project_off(matrices: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Project rows and columns on the orthogonal complement of some directions."""
    if not len(directions):
        return matrices
    basis = linalg.orth(directions.T)
    projector = np.eye(len(basis)) - basis @ basis.T
    return projector @ matrices @ projector


def _upper_factors(precisions: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Upper triangular C with ``C' C`` the precision of the coordinates ``rows @ y``."""
    inverse = np.linalg.inv(rows)
    return np.swapaxes(np.linalg.cholesky(inverse.T @ precisions @ inverse), 1, 2)


def _match_rows(factors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each context takes the free row of the Cholesky factor that changed most."""
    sizes = np.linalg.norm(factors[1:] - factors[0], axis=2)
    targets = np.empty(len(sizes), dtype=int)
    rows = np.zeros_like(factors[0])
    for context, size in enumerate(sizes):
        size[targets[:context]] = -np.inf
        targets[context] = np.argmax(size)
        rows[targets[context]] = factors[context + 1, targets[context]]
    return targets, rows
