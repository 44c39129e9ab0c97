"""From sensors to as many dimensions as there are latents, less the sensors' noise."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from causalrep.exceptions import DegenerateDataError, InvalidDataError

__all__ = ["Reduction", "choose_n_latents", "reduce_dimension"]

_ROUND_OFF = 1e-13
_CLIP = 0.1
"""Eigenvalues of a context keep this share of the noise variance when it is subtracted."""


@dataclass(frozen=True)
class Reduction:
    """Covariances of all contexts in as many dimensions as there are latents.

    Parameters
    ----------
    basis : ndarray of shape (n_latents, n_features)
        Coordinates ``y = basis @ x``.
    embedding : ndarray of shape (n_features, n_latents)
        The way back: ``x = embedding @ y``, up to the sensors' noise.
    covariances : ndarray of shape (n_contexts, n_latents, n_latents)
        Covariances of y, less the sensors' noise.
    noise : ndarray of shape (n_latents, n_latents)
        Covariance that the sensors' isotropic noise has in y.
    noise_variance : float
        Variance of that noise.
    """

    basis: np.ndarray
    embedding: np.ndarray
    covariances: np.ndarray
    noise: np.ndarray
    noise_variance: float

    def whitened(self) -> Reduction:
        """Change coordinates so that the first context's covariance is the identity.

        Raises
        ------
        DegenerateDataError
            If that covariance is singular.
        """
        values, vectors = np.linalg.eigh(self.covariances[0])
        if values[0] <= values[-1] * len(values) * 4 * np.finfo(float).eps:
            raise DegenerateDataError(
                f"The reference environment spans fewer than the {len(values)} dimensions of the "
                "latents. Collect more of its samples, lower n_latents, or choose another "
                "reference."
            )
        whitening = vectors.T / np.sqrt(values)[:, None]
        return replace(
            self,
            basis=whitening @ self.basis,
            embedding=self.embedding @ (vectors * np.sqrt(values)),
            covariances=whitening @ self.covariances @ whitening.T,
            noise=whitening @ self.noise @ whitening.T,
        )

    def remeasured(self, covariances: np.ndarray) -> Reduction:
        """Take covariances of y that were measured in these coordinates, noise included.

        Products of the features lose twice the digits that the features lose in ill-conditioned
        coordinates; measuring again in whitened ones brings them back.
        """
        return replace(self, covariances=_clip(covariances - self.noise, self.noise))


def choose_n_latents(eigenvalues: np.ndarray, n_samples: float, rank: int) -> int:
    """Choose the number of latents by the BIC of probabilistic principal components.

    Parameters
    ----------
    eigenvalues : ndarray of shape (n_features,)
        Eigenvalues of the pooled covariance, ascending.
    n_samples : float
    rank : int
        Numerical rank of the covariance.

    Returns
    -------
    int
        n_features where the BIC finds no isotropic noise.

    References
    ----------
    M. E. Tipping and C. M. Bishop, "Probabilistic principal component analysis", Journal of the
    Royal Statistical Society B 61 (1999); T. P. Minka, "Automatic choice of dimensionality for
    PCA", NeurIPS 13 (2001), section on BIC.
    """
    spectrum = np.maximum(eigenvalues[::-1], np.finfo(float).tiny)
    p = len(spectrum)
    if p == 1:
        return 1
    d = np.arange(1, max(min(p, rank), 2))
    tail = np.cumsum(spectrum[::-1])[::-1][d] / (p - d)
    deviance = n_samples * (np.cumsum(np.log(spectrum))[d - 1] + (p - d) * np.log(tail))
    n_parameters = p * d - d * (d - 1) / 2 + 1
    best = int(d[np.argmin(deviance + n_parameters * np.log(n_samples))])
    return p if best == p - 1 else best


def reduce_dimension(
    covariances: np.ndarray, sizes: np.ndarray, n_latents: int | None, units: np.ndarray
) -> Reduction:
    """Project on the leading eigenvectors of the pooled covariance, and subtract the noise floor.

    With as many latents as features nothing is projected or subtracted, and the answer does not
    depend on the features' units.

    Parameters
    ----------
    covariances : ndarray of shape (n_contexts, n_features, n_features)
        The reference context first.
    sizes : ndarray of shape (n_contexts,)
    n_latents : int or None
        Where None, the rank of the data if it is deficient though there are enough samples
        (there is no noise then), and else chosen by BIC.
    units : ndarray of shape (n_features,)
        Powers of two that the features were divided by.

    Raises
    ------
    InvalidDataError
        If more latents than features are asked for.
    DegenerateDataError
        If the data span fewer dimensions than there are latents.
    """
    n_features = len(units)
    pooled = np.tensordot(sizes / sizes.sum(), covariances, axes=1)
    rank = _rank(pooled)
    common = np.diag(units / units.max())
    eigenvalues, vectors = np.linalg.eigh(common @ pooled @ common)
    d = n_latents
    if d is None:
        too_few = rank >= sizes.sum() - len(sizes)
        noisy = rank == n_features or too_few
        d = choose_n_latents(eigenvalues, sizes.sum(), rank) if noisy else rank
    if d > n_features:
        raise InvalidDataError(
            f"n_latents={d} latents cannot be told apart by {n_features} features; use at most "
            f"n_latents={n_features}, or an overcomplete method."
        )
    if d > rank:
        raise DegenerateDataError(
            f"n_latents={d}, but the features span only {rank} dimensions. Drop dependent "
            "columns or lower n_latents."
        )
    if d == n_features:
        powers = _nearest_powers(1 / np.sqrt(np.diag(pooled)))
        basis = np.diag(powers)
        measured = basis @ covariances @ basis
        return Reduction(basis, np.diag(1 / powers), measured, np.zeros((d, d)), 0.0)
    noise_variance = max(float(eigenvalues[: n_features - d].mean()), 0.0)
    vectors = vectors[:, n_features - d :]
    basis, embedding = vectors.T @ common, np.diag(1 / np.diag(common)) @ vectors
    noise = noise_variance * np.eye(d)
    reduction = Reduction(basis, embedding, covariances, noise, noise_variance)
    return reduction.remeasured(basis @ covariances @ basis.T)


def _rank(covariance: np.ndarray) -> int:
    """Count the eigenvalues of the correlation that stand out of round-off."""
    scale = np.sqrt(np.diag(covariance))
    eigenvalues = np.linalg.eigvalsh(covariance / scale / scale[:, None])
    return int((eigenvalues > eigenvalues[-1] * _ROUND_OFF).sum())


def _nearest_powers(values: np.ndarray) -> np.ndarray:
    return np.exp2(np.round(np.log2(values)))


def _clip(covariances: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Raise eigenvalues to a share of the noise where subtracting it took away too much."""
    values, vectors = np.linalg.eigh(covariances)
    floor = _CLIP * np.einsum("kai,ab,kbi->ki", vectors, noise, vectors)
    if (values >= floor).all():
        return covariances
    return (vectors * np.maximum(values, floor)[:, None, :]) @ np.swapaxes(vectors, 1, 2)
