"""A linear model of latents in reduced coordinates, and its standard form."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

__all__ = ["LatentModel"]


@dataclass(frozen=True)
class LatentModel:
    """Latents ``z = rows @ y`` with ``z = coefficients @ z + noise`` in the reference context.

    Parameters
    ----------
    rows : ndarray of shape (n_latents, n_coordinates)
    coefficients : ndarray of shape (n_latents, n_latents)
        Row = effect, column = cause.
    variances : ndarray of shape (n_latents,)
        Variances of the noise.
    targets : ndarray of shape (n_contexts,), int
        Latent each context after the reference acts on; -1 for none.
    order : ndarray of shape (n_latents,), int
        Latents, causes first.
    """

    rows: np.ndarray
    coefficients: np.ndarray
    variances: np.ndarray
    targets: np.ndarray
    order: np.ndarray

    def standardised(self) -> LatentModel:
        """Scale every latent to unit variance in the reference context."""
        total = np.linalg.inv(np.eye(len(self.rows)) - self.coefficients)
        scale = np.sqrt(np.einsum("ja,a,ja->j", total, self.variances, total))
        return replace(
            self,
            rows=self.rows / scale[:, None],
            coefficients=self.coefficients * scale / scale[:, None],
            variances=self.variances / scale**2,
        )

    def renumbered(self) -> LatentModel:
        """Give latents the numbers of the first contexts that act on them, others last."""
        new = self.numbering()
        position = np.argsort(new)
        return LatentModel(
            rows=self.rows[new],
            coefficients=self.coefficients[np.ix_(new, new)],
            variances=self.variances[new],
            targets=np.where(self.targets >= 0, position[self.targets], -1),
            order=position[self.order],
        )

    def numbering(self) -> np.ndarray:
        """Present number of each latent of :meth:`renumbered`."""
        touched, first = np.unique(self.targets[self.targets >= 0], return_index=True)
        others = np.setdiff1d(np.arange(len(self.rows)), touched)
        return np.concatenate([touched[np.argsort(first)], others])

    def with_signs(self, signs: np.ndarray) -> LatentModel:
        """Flip the latents whose sign is -1."""
        return replace(
            self,
            rows=self.rows * signs[:, None],
            coefficients=self.coefficients * signs * signs[:, None],
        )
