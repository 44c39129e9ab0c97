"""Tests of what a context does: one latent changed, and cut from its parents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from causalrep.disentanglement.closed_form import ContextSplit
from causalrep.disentanglement.model import LatentModel

__all__ = ["ChiSquare", "perfect_tests", "raised_variances", "settled_rows", "single_change_tests"]


@dataclass(frozen=True)
class ChiSquare:
    """One chi-square test for each context after the reference; NaN where there is none.

    Parameters
    ----------
    statistic : ndarray of shape (n_contexts,)
    degrees_of_freedom : ndarray of shape (n_contexts,)
    """

    statistic: np.ndarray
    degrees_of_freedom: np.ndarray

    @property
    def p_value(self) -> np.ndarray:
        """Upper tail probabilities."""
        return special.chdtrc(self.degrees_of_freedom, self.statistic)


def single_change_tests(
    split: ContextSplit,
    noise: np.ndarray,
    sizes: np.ndarray,
    samples: Sequence[np.ndarray] | None,
) -> ChiSquare:
    r"""Test that every context changes at most one latent.

    A change of one latent moves at most one eigenvalue of the whitened precision above one and
    at most one below. The logarithms of the d - 2 others behave as those of a symmetric matrix
    with independent entries of variance ``1/n_0 + 1/n_k`` (twice that on the diagonal), so
    ``sum log^2 / (2 (1/n_0 + 1/n_k))`` is chi-square with ``(d - 2)(d - 1)/2`` degrees of
    freedom for large samples. Where only one eigenvalue moved, the most extreme of the others on
    the other side is left out: the level of .05 is then .02 for d = 8 and .07 for d = 4. With
    samples at hand, each ``1/n`` is multiplied by the mean variance of the entries found in the
    d - 2 directions (the scaling of
    Satorra and Bentler, 1994); without, by their mean variance for Gaussian data, which is 1
    but for the sensors' noise.

    Parameters
    ----------
    split : ContextSplit
    noise : ndarray of shape (n_latents, n_latents)
        Covariance of the sensors' noise in whitened coordinates.
    sizes : ndarray of shape (n_contexts + 1,)
    samples : sequence of ndarray of shape (n_samples, n_latents) or None
        Samples of all contexts in whitened coordinates.
    """
    d = split.log_eigenvalues.shape[1]
    if d < 3:
        unknown = np.full(len(split.changed), np.nan)
        return ChiSquare(unknown, unknown)
    bulk = split.log_eigenvalues[:, 1:-1] ** 2
    spread = _spread(split.vectors[:, :, 1:-1], noise, sizes, samples)
    freedom = np.full(len(spread), (d - 2) * (d - 1) / 2)
    return ChiSquare(bulk.sum(axis=1) / (2 * spread), freedom)


def perfect_tests(model: LatentModel, covariances: np.ndarray, sizes: np.ndarray) -> ChiSquare:
    """Test that the contexts on one target all cut it from its parents.

    A perfect intervention makes the target independent of the latents before it. One context
    cannot show that: any row after a soft intervention is a row that makes it look perfect. R
    contexts on one latent share that row, so the sum over them of ``n_k log(marginal /
    residual variance)`` is chi-square with R - 1 times the number of earlier latents, for
    Gaussian data and nearly so for others.

    Parameters
    ----------
    model : LatentModel
        Fitted by maximum likelihood under perfect interventions.
    covariances : ndarray of shape (n_contexts + 1, n_latents, n_latents)
        In the coordinates of ``model.rows``, the reference first.
    sizes : ndarray of shape (n_contexts + 1,)
    """
    latent = model.rows @ covariances[1:] @ model.rows.T
    ratios = np.array(
        [_log_ratio(*item, model) for item in zip(latent, model.targets, strict=True)]
    ).reshape(len(latent), 2)
    statistic, freedom = _shared(sizes[1:] * ratios[:, 0], ratios[:, 1], model.targets)
    return ChiSquare(statistic, freedom)


def _spread(kept: np.ndarray, noise, sizes, samples) -> np.ndarray:
    """Variance of an entry of M_k in the directions that context k should leave alone."""
    spread = []
    for k, vectors in enumerate(kept, start=1):
        if samples is not None:
            both = _entry_variance(samples[0] @ vectors), _entry_variance(samples[k] @ vectors)
        else:
            covariance = np.eye(vectors.shape[1]) + vectors.T @ noise @ vectors
            both = (_gaussian_entry_variance(covariance),) * 2
        spread.append(both[0] / sizes[0] + both[1] / sizes[k])
    return np.array(spread)


def _entry_variance(sample: np.ndarray) -> float:
    """Mean variance of a product of two coordinates, that of squares halved."""
    centred = sample - sample.mean(axis=0)
    products = centred.T @ centred / len(sample)
    return _mean_entry((centred**2).T @ centred**2 / len(sample) - products**2)


def _gaussian_entry_variance(covariance: np.ndarray) -> float:
    variances = np.diag(covariance)
    return _mean_entry(variances[:, None] * variances + covariance**2)


def _mean_entry(matrix: np.ndarray) -> float:
    """Mean of the lower triangle, its diagonal halved."""
    rows, columns = np.tril_indices_from(matrix)
    return float((matrix[rows, columns] / np.where(rows == columns, 2, 1)).mean())


def _shared(statistics, n_earlier, targets) -> tuple[np.ndarray, np.ndarray]:
    """Add up the statistics of contexts on one target; NaN for a target's only context."""
    same = (targets[:, None] == targets) & (targets >= 0)
    repeats = same.sum(axis=1)
    freedom = np.where((repeats > 1) & (n_earlier > 0), (repeats - 1) * n_earlier, np.nan)
    return same @ np.nan_to_num(statistics), freedom


def _log_ratio(latent, target, model) -> tuple[float, float]:
    """Log ratio of the target's marginal and residual variance, and the number of predecessors."""
    earlier = model.order[: list(model.order).index(target)] if target >= 0 else []
    if not len(earlier):
        return 0.0, 0.0
    cross = latent[earlier, target]
    explained = cross @ np.linalg.solve(latent[np.ix_(earlier, earlier)], cross)
    return -np.log1p(-min(explained / latent[target, target], 1 - 1e-15)), len(earlier)


def settled_rows(
    model: LatentModel, parents: np.ndarray, covariances: np.ndarray, sizes: np.ndarray
) -> np.ndarray:
    r"""Which latents' rows have one solution rather than two.

    The two candidates of v differ by a sign that products with the v of other targets settle,
    unless both are orthogonal to all of them. They are, unless another target is an ancestor. A
    source has one candidate, and two contexts of different strength have one in common.

    Parameters
    ----------
    model : LatentModel
    parents : ndarray of shape (n_latents, n_latents), bool
        Entry (j, i): i is a parent of j.
    covariances : ndarray of shape (n_contexts + 1, n_latents, n_latents)
        In the coordinates of ``model.rows``, the reference first.
    sizes : ndarray of shape (n_contexts + 1,)
    """
    targeted = np.isin(np.arange(len(parents)), model.targets)
    variances = _latent_variances(model, covariances)
    several = np.array(
        [
            _differ(variances[model.targets == j, j], sizes[1:][model.targets == j])
            for j in range(len(parents))
        ]
    )
    has_cause = parents[:, targeted].any(axis=1)
    return targeted & (~parents.any(axis=1) | has_cause | several)


def raised_variances(model: LatentModel, covariances: np.ndarray) -> np.ndarray:
    """Which latents vary more in some context that acts on them than in the reference.

    Parameters
    ----------
    model : LatentModel
        Standardised.
    covariances : ndarray of shape (n_contexts + 1, n_latents, n_latents)
        In the coordinates of ``model.rows``, the reference first.
    """
    variances = _latent_variances(model, covariances)
    own = model.targets[:, None] == np.arange(len(model.rows))
    return (own & (variances > 1)).any(axis=0)


def _latent_variances(model: LatentModel, covariances: np.ndarray) -> np.ndarray:
    """Variance of every latent in every context after the reference."""
    return np.einsum("ja,kab,jb->kj", model.rows, covariances[1:], model.rows)


def _differ(variances: np.ndarray, sizes: np.ndarray) -> bool:
    """Whether two of several variances differ, by BIC."""
    distance = (np.log(variances)[:, None] - np.log(variances)) ** 2
    spread = 2 / sizes[:, None] + 2 / sizes
    return bool((distance / spread > np.log(sizes.sum() + 1)).any())
