r"""A linear code to begin training with: it tells environments apart, and loses little.

It minimises the cross-entropy of the environments, for logits that are quadratic in the code,
plus the share of the features' variance that quadratic functions of the code miss. The second
keeps the code one-to-one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from causalrep.neural.interventional_autoencoder_networks import missed_share
from causalrep.neural.monomials import monomials, n_monomials
from causalrep.neural.patience import Patience

__all__ = ["LinearContrast", "fit_linear_contrast"]

_MOST_ROWS = 8000
_FLAT = 1e-12
_KEEPING = 0.3
"""Weight of the variance that is missed."""


@dataclass(frozen=True)
class LinearContrast:
    """Codes ``Y @ matrix``, and the logits ``monomials(codes, 2) @ weights + offsets``.

    Parameters
    ----------
    matrix : ndarray of shape (n_coordinates, n_latents)
    weights : ndarray of shape (n_monomials, n_contexts)
    offsets : ndarray of shape (n_contexts,)
    loss : float
        What was minimised, on the samples that were used.
    """

    matrix: np.ndarray
    weights: np.ndarray
    offsets: np.ndarray
    loss: float


def fit_linear_contrast(
    Y: np.ndarray,
    contexts: np.ndarray,
    n_latents: int,
    n_contexts: int,
    *,
    n_starts: int,
    max_iter: int,
    rng: np.random.RandomState,
    patience: Patience,
) -> LinearContrast:
    """Find a linear code from several random starts.

    Parameters
    ----------
    Y : ndarray of shape (n_samples, n_coordinates)
    contexts : ndarray of shape (n_samples,), int
        Environment of every sample, 0 for the reference.
    n_latents : int
        Length of the code.
    n_contexts : int
        Environments besides the reference.
    n_starts : int
        Random starts of L-BFGS, of which the best is kept.
    max_iter : int
        Most steps of each.
    rng : RandomState
        Chooses starts, and the samples that are used: at most 8000.
    patience : Patience
        How long to go on; once it is stopped, no further start is tried.

    Returns
    -------
    LinearContrast

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.neural.contrastive_start import fit_linear_contrast
    >>> from causalrep.neural.patience import Patience
    >>> rng = np.random.RandomState(0)
    >>> contexts = np.repeat([0, 1], 500)
    >>> Y = rng.normal(size=(1000, 3)) + 2 * np.outer(contexts, [0.0, 1.0, 0.0])
    >>> found = fit_linear_contrast(
    ...     Y, contexts, 1, 1, n_starts=1, max_iter=50, rng=rng, patience=Patience(None)
    ... )
    >>> int(np.abs(found.matrix).argmax())
    1
    """
    seen = rng.permutation(len(Y))[:_MOST_ROWS]
    Y, contexts = Y[seen], contexts[seen]
    unit = np.maximum(Y.std(axis=0), _FLAT)
    sizes = (Y.shape[1], n_latents), (n_monomials(n_latents, 2), n_contexts), (n_contexts,)
    kept = Y / np.sqrt((Y**2).mean())
    arguments = torch.tensor(Y / unit), torch.tensor(contexts), kept, unit, sizes
    found = []
    for start in [_start(sizes, rng) for _ in range(n_starts)]:
        if not patience.stopped:
            found.append(patience.minimum(_loss, start, arguments, max_iter))
    best = min(found, key=lambda one: one.value)
    matrix, weights, offsets = _parts(best.x, sizes)
    return LinearContrast(matrix / unit[:, None], weights, offsets, best.value)


def _start(sizes: tuple[tuple[int, ...], ...], rng: np.random.RandomState) -> np.ndarray:
    """Draw orthonormal columns for the code, and small logits."""
    (n_coordinates, n_latents), (n_terms, n_contexts), _ = sizes
    columns = np.linalg.qr(rng.standard_normal((n_coordinates, n_latents)))[0]
    weights = 0.01 * rng.standard_normal((n_terms, n_contexts))
    return np.concatenate([columns.ravel(), weights.ravel(), np.zeros(n_contexts)])


def _parts(flat, sizes):
    """Take matrix, weights and offsets out of one vector; of an array or a tensor."""
    found, start = [], 0
    for size in sizes:
        stop = start + int(np.prod(size))
        found.append(flat[start:stop].reshape(size))
        start = stop
    return found


def _loss(
    flat: np.ndarray,
    Y: torch.Tensor,
    contexts: torch.Tensor,
    kept: np.ndarray,
    unit: np.ndarray,
    sizes: tuple[tuple[int, ...], ...],
) -> tuple[float, np.ndarray]:
    """Cross-entropy and missed variance, and the gradient."""
    crossed, gradient = _crossed(flat, Y, contexts, sizes)
    matrix = _parts(flat, sizes)[0] / unit[:, None]
    missed, pull = missed_share(matrix.ravel(), kept, 2)
    pull = (pull.reshape(matrix.shape) / unit[:, None]).ravel()
    gradient[: len(pull)] += _KEEPING * pull
    return crossed + _KEEPING * missed, gradient


def _crossed(
    flat: np.ndarray,
    Y: torch.Tensor,
    contexts: torch.Tensor,
    sizes: tuple[tuple[int, ...], ...],
) -> tuple[float, np.ndarray]:
    """Cross-entropy of the environments, and its gradient."""
    variable = torch.tensor(flat, requires_grad=True)
    matrix, weights, offsets = _parts(variable, sizes)
    logits = monomials(Y @ matrix, 2) @ weights + offsets
    loss = nn.functional.cross_entropy(nn.functional.pad(logits, (1, 0)), contexts)
    (slope,) = torch.autograd.grad(loss, variable)
    return float(loss.detach()), slope.numpy().copy()
