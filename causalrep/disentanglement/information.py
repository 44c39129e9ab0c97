r"""Standard errors of standardised effects from the joint observed information.

With E the relative step of Gamma, and coefficients a and log-variance v of each regression,
the joint information has blocks that give, at the maximum,

.. math:: \operatorname{cov}(a_\tau, v_\tau) = \operatorname{diag}(K_\tau, 2) / n_\tau
          + J_\tau H^{-1} J_\tau',

H the Hessian of the profile likelihood in E and J the derivative of the profiled values.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from scipy import linalg

from causalrep.disentanglement.likelihood import RegressionFit, Regressions, hessian

__all__ = ["Effects", "ancestral_effects", "direct_effects"]


@dataclass(frozen=True)
class Effects:
    """Estimated effects with their standard errors.

    Parameters
    ----------
    targets : ndarray of shape (n_effects,), int
    sources : ndarray of shape (n_effects,), int
    terms : ndarray of shape (n_effects,), int
        Regression each effect belongs to.
    values : ndarray of shape (n_effects,)
    standard_errors : ndarray of shape (n_effects,)
    """

    targets: np.ndarray
    sources: np.ndarray
    terms: np.ndarray
    values: np.ndarray
    standard_errors: np.ndarray

    @property
    def z(self) -> np.ndarray:
        """Ratio of value and standard error."""
        return self.values / self.standard_errors

    def among(self, parents: np.ndarray) -> Effects:
        """Keep the effects of ``parents``, entry (j, i): i on j."""
        kept = parents[self.targets, self.sources]
        return Effects(*(getattr(self, field.name)[kept] for field in fields(self)))

    def renumbered(self, position: np.ndarray) -> Effects:
        """Give latent j the number ``position[j]``."""
        return replace(self, targets=position[self.targets], sources=position[self.sources])

    def with_signs(self, signs: np.ndarray) -> Effects:
        """Flip the latents whose sign is -1."""
        return replace(self, values=self.values * signs[self.targets] * signs[self.sources])


def direct_effects(terms: Regressions, fit: RegressionFit, free: np.ndarray | None) -> Effects:
    """Direct effects between latents scaled to unit variance in the reference context.

    With coefficients A (row = effect), noise variances Omega and Sigma = (I - A)^{-1} Omega
    (I - A)^{-T}, the effect of i on j is A_ji (Sigma_ii / Sigma_jj)^{1/2}; its gradient follows
    from d Sigma = Q dA Sigma + (...)' + Q dOmega Q' with Q = (I - A)^{-1}.
    """
    n = len(fit.gradient)
    coefficients = np.where(terms.parents[:n], -fit.residual[:n], 0)
    noise = fit.variances[:n]
    total = np.linalg.solve(np.eye(n) - coefficients, np.eye(n))
    sigma = (total * noise) @ total.T
    scale = np.sqrt(np.diag(sigma))
    targets, sources = np.nonzero(terms.parents[:n])
    values = coefficients[targets, sources] * scale[sources] / scale[targets]
    log_variance = total[:, :, None] * (sigma / scale[:, None] ** 2)[:, None, :]
    by_coefficient = values[:, None, None] * (log_variance[sources] - log_variance[targets])
    effects = np.arange(len(targets))
    by_coefficient[effects, targets, sources] += scale[sources] / scale[targets]
    share = total**2 * noise / scale[:, None] ** 2
    by_variance = 0.5 * values[:, None] * (share[sources] - share[targets])
    errors = _standard_errors(
        terms, fit, free, np.arange(n), by_coefficient * terms.parents[:n], by_variance
    )
    return Effects(targets, sources, targets, values, errors)


def ancestral_effects(terms: Regressions, fit: RegressionFit, free: np.ndarray | None) -> Effects:
    """Dependence of softly changed mechanisms on exogenous noises of unit reference variance.

    The coefficient of noise i in the changed mechanism of t vanishes unless i is an ancestor
    of t.
    """
    n = len(fit.gradient)
    count, sources = np.nonzero(terms.parents[n:])
    index = count + n
    targets = terms.rows[index]
    scale = np.sqrt(fit.variances[:n])
    values = -fit.residual[index, sources] * scale[sources] / scale[targets]
    changed = np.unique(index)
    by_coefficient = np.zeros((len(values), len(changed) + n, n))
    effects = np.arange(len(values))
    by_coefficient[effects, np.searchsorted(changed, index), sources] = (
        scale[sources] / scale[targets]
    )
    by_variance = np.zeros((len(values), len(changed) + n))
    by_variance[effects, len(changed) + sources] += 0.5 * values
    by_variance[effects, len(changed) + targets] -= 0.5 * values
    involved = np.concatenate([changed, np.arange(n)])
    errors = _standard_errors(terms, fit, free, involved, by_coefficient, by_variance)
    return Effects(targets, sources, index, values, errors)


def _standard_errors(terms, fit, free, involved, by_coefficient, by_variance) -> np.ndarray:
    """Delta method for functions of the coefficients and log-variances of some terms.

    Infinite where the point is no strict maximum: then the data say nothing about the effects.

    Parameters
    ----------
    free : ndarray of shape (n_latents, n_latents), bool, or None
        Free entries of the relative step; None away from the maximum, where there are no errors.
    involved : ndarray of shape (n_involved,), int
        Terms the functions depend on.
    by_coefficient : ndarray of shape (n_effects, n_involved, n_latents)
    by_variance : ndarray of shape (n_effects, n_involved)
    """
    if free is None:
        return np.full(len(by_variance), np.nan)
    inverse, sizes = fit.parent_inverse[involved], terms.sizes[involved]
    residual, profile = fit.residual[involved], fit.profile[involved]
    by_term = by_coefficient.transpose(1, 0, 2)
    pulled = by_term @ inverse
    own = ((pulled * by_term).sum(axis=2) / sizes[:, None]).sum(axis=0)
    own += 2 * (by_variance**2 / sizes).sum(axis=1)
    spread = pulled @ fit.scaled[involved]
    spread += 2 * by_variance.T[:, :, None] * profile[:, None, :]
    gradient = pulled.transpose(1, 2, 0) @ profile + residual.T @ spread.transpose(1, 0, 2)
    matrix = hessian(terms, fit)[free][:, free]
    try:
        factor = linalg.cholesky(matrix, lower=True, check_finite=False, overwrite_a=True)
    except linalg.LinAlgError:
        return np.full(len(by_variance), np.inf)
    through = linalg.solve_triangular(factor, gradient[:, free].T, lower=True, check_finite=False)
    return np.sqrt(own + (through**2).sum(axis=0))
