r"""The joint Gaussian likelihood of all contexts as a sum of regressions.

With latents ``z = Gamma x``, every context replaces one row of a triangular system, so minus the
log-likelihood, profiled over coefficients and variances, is (up to a constant)

.. math:: f(\Gamma) = -N \log|\det\Gamma| + \tfrac12 \sum_\tau n_\tau \log s^2_\tau(\Gamma),

where term tau regresses latent ``row`` on its ``parents`` under the pooled covariance of the
contexts in which that mechanism acts, and s^2 is the residual variance. Perfect interventions:
one regression on the parents over all contexts that leave the latent alone, and one without
parents for every context that targets it. Soft interventions: the reverse.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

__all__ = [
    "RegressionFit",
    "Regressions",
    "hessian",
    "perfect_terms",
    "regress",
    "soft_terms",
]


@dataclass(frozen=True)
class Regressions:
    """The terms of the likelihood.

    Parameters
    ----------
    rows : ndarray of shape (n_terms,), int
        Latent that each term explains.
    parents : ndarray of shape (n_terms, n_latents), bool
        Latents it is regressed on.
    covariances : ndarray of shape (n_terms, n_latents, n_latents)
        Pooled covariance of the data of each term.
    sizes : ndarray of shape (n_terms,)
        Number of samples behind each term.
    causal : ndarray of shape (n_terms,), bool
        Whether the mechanism depends on other latents at all in the data of the term. Latents
        without a context have no parents: their axes are those of independent noises.
    n_samples : float
        Number of samples of all contexts together.
    """

    rows: np.ndarray
    parents: np.ndarray
    covariances: np.ndarray
    sizes: np.ndarray
    causal: np.ndarray
    n_samples: float

    def with_parents(self, parents: np.ndarray) -> Regressions:
        """Return the same terms with other parents, entry (j, i): i is a parent of j."""
        return replace(self, parents=parents[self.rows] & self.causal[:, None])


@dataclass(frozen=True)
class RegressionFit:
    """All regressions at one Gamma.

    Parameters
    ----------
    residual : ndarray of shape (n_terms, n_latents)
        l = e_row - coefficients: the residual is ``residual @ z``.
    profile : ndarray of shape (n_terms, n_latents)
        rho = C l / s^2: zero at the parents, one at the row.
    scaled : ndarray of shape (n_terms, n_latents, n_latents)
        Covariances of the latents divided by the residual variance, C / s^2.
    parent_inverse : ndarray of shape (n_terms, n_latents, n_latents)
        Inverse of the parents' block of ``scaled``, zero elsewhere.
    variances : ndarray of shape (n_terms,)
        Residual variances s^2.
    value : float
        Minus the profile log-likelihood, less its constant.
    gradient : ndarray of shape (n_latents, n_latents)
        Derivative at E = 0 along ``(I + E) @ gamma``.
    """

    residual: np.ndarray
    profile: np.ndarray
    scaled: np.ndarray
    parent_inverse: np.ndarray
    variances: np.ndarray
    value: float
    gradient: np.ndarray


def perfect_terms(covariances, sizes, targets, parents) -> Regressions:
    """Terms of perfect interventions: parents act wherever the latent is left alone.

    Parameters
    ----------
    covariances : ndarray of shape (n_contexts, n_latents, n_latents)
    sizes : ndarray of shape (n_contexts,)
    targets : ndarray of shape (n_contexts,), int
        Latent that each context acts on; -1 for none.
    parents : ndarray of shape (n_latents, n_latents), bool
        Entry (j, i): i is a parent of j.

    Returns
    -------
    Regressions
        One term for each latent, in order, then one for each context with a target.
    """
    return _terms(covariances, sizes, targets, parents, acts_untouched=True)


def soft_terms(covariances, sizes, targets, parents) -> Regressions:
    """Terms of soft interventions: exogenous noise elsewhere, ancestors act where targeted.

    Same arguments as :func:`perfect_terms`, with ancestors in the role of parents.
    """
    return _terms(covariances, sizes, targets, parents, acts_untouched=False)


def _terms(covariances, sizes, targets, parents, *, acts_untouched) -> Regressions:
    n_latents = len(parents)
    untouched = targets[None, :] != np.arange(n_latents)[:, None]
    weights = untouched * sizes
    observed = np.tensordot(weights, covariances, axes=1) / weights.sum(axis=1)[:, None, None]
    touched = np.flatnonzero(targets >= 0)
    rows = np.concatenate([np.arange(n_latents), targets[touched]])
    causal = (np.arange(len(rows)) < n_latents) == acts_untouched
    causal &= np.isin(rows, targets)
    return Regressions(
        rows=rows,
        parents=parents[rows] & causal[:, None],
        covariances=np.concatenate([observed, covariances[touched]]),
        sizes=np.concatenate([weights.sum(axis=1), sizes[touched]]).astype(float),
        causal=causal,
        n_samples=float(sizes.sum()),
    )


def regress(terms: Regressions, gamma: np.ndarray) -> RegressionFit:
    """Solve all regressions at gamma, with the value and gradient of the likelihood."""
    count = np.arange(len(terms.rows))
    latent = gamma @ terms.covariances @ gamma.T
    pairs = terms.parents[:, :, None] & terms.parents[:, None, :]
    padded = np.where(pairs, latent, 0)
    diagonal = np.arange(len(gamma))
    padded[:, diagonal, diagonal] += ~terms.parents
    inverse = np.linalg.inv(padded) * pairs
    own = latent[count, terms.rows]
    residual = -np.einsum("tab,tb->ta", inverse, own)
    residual[count, terms.rows] = 1
    product = np.einsum("tab,tb->ta", latent, residual)
    variances = product[count, terms.rows]
    profile = np.where(terms.parents, 0, product / variances[:, None])
    _, log_det = np.linalg.slogdet(gamma)
    value = -terms.n_samples * log_det + 0.5 * terms.sizes @ np.log(variances)
    gradient = (residual * terms.sizes[:, None]).T @ profile
    gradient[diagonal, diagonal] -= terms.n_samples
    return RegressionFit(
        residual=residual,
        profile=profile,
        scaled=latent / variances[:, None, None],
        parent_inverse=inverse * variances[:, None, None],
        variances=variances,
        value=float(value),
        gradient=gradient,
    )


def hessian(terms: Regressions, fit: RegressionFit) -> np.ndarray:
    """Second derivative of the profile likelihood along ``(I + E) @ gamma`` at E = 0.

    Returns
    -------
    ndarray of shape (n_latents, n_latents, n_latents, n_latents)
        Entry (a, b, c, d) belongs to E_ab and E_cd.
    """
    n = len(fit.gradient)
    flat = (len(terms.rows), n * n)
    slopes = fit.parent_inverse @ fit.scaled
    unexplained = fit.scaled - np.swapaxes(fit.scaled, 1, 2) @ slopes
    ell, rho, weight = fit.residual, fit.profile, terms.sizes[:, None, None]
    core = weight * (unexplained - 2 * rho[:, :, None] * rho[:, None, :])
    ll = (ell[:, :, None] * ell[:, None, :]).reshape(flat)
    rr = (rho[:, :, None] * rho[:, None, :]).reshape(flat)
    rl = (rho[:, :, None] * ell[:, None, :]).reshape(flat)
    acbd = ll.T @ core.reshape(flat) - (weight * fit.parent_inverse).reshape(flat).T @ rr
    bcad = rl.T @ (weight * slopes).reshape(flat)
    result = acbd.reshape(n, n, n, n).transpose(0, 2, 1, 3)
    mixed = bcad.reshape(n, n, n, n).transpose(2, 0, 1, 3)
    result = result - mixed - mixed.transpose(2, 3, 0, 1)
    a, b = np.indices((n, n))
    result[a, b, b, a] += terms.n_samples
    return result
