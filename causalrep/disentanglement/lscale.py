"""The score-based algorithm LSCALE-I for perfect interventions, on Gaussian scores."""

from __future__ import annotations

import numpy as np

from causalrep.disentanglement.model import LatentModel

__all__ = ["lscale"]


def lscale(covariances: np.ndarray) -> LatentModel:
    """Disentangle by the ranks of score differences.

    For Gaussian data the score difference of context m is ``(Theta_m - Theta_0) x``, with second
    moment ``R_m = (Theta_m - Theta_0) Sigma_0 (Theta_m - Theta_0)``. The sum of R_m over an
    ancestral set of contexts has the rank of the set: youngest latents are found first, and the
    direction that a latent adds to the column space of the older ones gives a column of the
    mixing's dual. Regression on the older latents inside the latent's own context undoes the
    remaining mixing with its ancestors.

    Parameters
    ----------
    covariances : ndarray of shape (n_latents + 1, n_latents, n_latents)
        In orthonormal coordinates, the reference first; one perfect intervention on each latent.

    Returns
    -------
    LatentModel
        Latent m is the target of context m; its graph is cut from the score differences by
        the caller's threshold.

    References
    ----------
    B. Varıcı, E. Acarturk, K. Shanmugam, A. Kumar, A. Tajer, "Score-based causal representation
    learning: linear and general transformations", JMLR 26 (2025), arXiv:2402.00849, Algorithm
    LSCALE-I; its search for transitive edges is left out: with perfect interventions the graph
    comes from the unmixed latents.
    """
    precisions = np.linalg.inv(covariances)
    changes = precisions[1:] - precisions[0]
    moments = changes @ covariances[0] @ changes
    order = _youngest_last(moments)
    encoder = _unmix(_encoder(moments, order), covariances[1:], order)
    encoder /= np.linalg.norm(encoder, axis=1, keepdims=True)
    return _model(encoder, covariances[0], order)


def _youngest_last(moments: np.ndarray) -> np.ndarray:
    """Remove, one at a time, the context whose removal lowers the rank of the sum most clearly."""
    n_latents = len(moments)
    remaining = list(range(n_latents))
    order = []
    while len(remaining) > 1:
        total = moments[remaining].sum(axis=0)
        spectrum = np.linalg.eigvalsh(total - moments[remaining])
        youngest = int(np.argmin(spectrum[:, n_latents - len(remaining)]))
        order.append(remaining.pop(youngest))
    return np.array([*remaining, *order[::-1]])


def _encoder(moments: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Rows of an unmixing in which every latent is still mixed with its ancestors."""
    n_latents = len(moments)
    duals = np.zeros((n_latents, n_latents))
    for age, latent in enumerate(order):
        space = np.linalg.eigh(moments[order[: age + 1]].sum(axis=0))[1][:, n_latents - age - 1 :]
        older = np.linalg.eigh(moments[order[:age]].sum(axis=0))[1][:, : n_latents - age]
        added = older @ older.T @ space
        lengths = np.linalg.norm(added, axis=0)
        duals[latent] = added[:, lengths.argmax()] / lengths.max()
    encoder = np.linalg.inv(duals.T)
    return encoder / np.linalg.norm(encoder, axis=1, keepdims=True)


def _unmix(encoder: np.ndarray, contexts: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Subtract from every latent its regression on the older ones in its own context."""
    encoder = encoder.copy()
    for age, latent in enumerate(order[1:], start=1):
        older = encoder[order[:age]]
        shared = older @ contexts[latent]
        encoder[latent] -= np.linalg.solve(shared @ older.T, shared @ encoder[latent]) @ older
    return encoder


def _model(encoder: np.ndarray, reference: np.ndarray, order: np.ndarray) -> LatentModel:
    """Regress every latent on the older ones in the reference context."""
    n_latents = len(encoder)
    latent = encoder @ reference @ encoder.T
    coefficients = np.zeros((n_latents, n_latents))
    for age, target in enumerate(order[1:], start=1):
        older = order[:age]
        coefficients[target, older] = np.linalg.solve(
            latent[np.ix_(older, older)], latent[older, target]
        )
    residual = np.eye(n_latents) - coefficients
    return LatentModel(
        rows=encoder,
        coefficients=coefficients,
        variances=np.einsum("ja,ab,jb->j", residual, latent, residual),
        targets=np.arange(n_latents),
        order=order,
    )
