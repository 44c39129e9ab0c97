"""Maximise the joint likelihood by Newton's method in relative steps ``(I + E) @ gamma``."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from scipy import linalg

from causalrep.disentanglement.likelihood import RegressionFit, Regressions, hessian, regress

__all__ = ["maximise"]

_DENSE = 400
"""Up to so many unknowns Newton's equation is solved by a Cholesky factor."""
_MAX_CG = 100
_CG_TOLERANCE = 0.1


def maximise(terms, gamma, free, *, max_iter=50, tol=1e-9):
    """Maximise the likelihood over gamma by damped Newton steps.

    Parameters
    ----------
    terms : Regressions
    gamma : ndarray of shape (n_latents, n_latents)
        Start.
    free : ndarray of shape (n_latents, n_latents), bool
        Entries of the relative step E that are not fixed by the choice of scale and rotation.
    max_iter : int
    tol : float
        Stop when a step promises to lower the value by less than this.

    Returns
    -------
    gamma : ndarray of shape (n_latents, n_latents)
    fit : RegressionFit
    n_iter : int
    converged : bool
    """
    gamma = _unit_variance(terms, gamma)
    fit = regress(terms, gamma)
    for n_iter in range(1, max_iter + 1):
        step, promise = _newton_step(terms, fit, free)
        gamma, fit, moved = _line_search(terms, gamma, fit, step, promise)
        if promise < tol or not moved:
            return gamma, fit, n_iter, promise < max(tol, 1e-6)
    return gamma, fit, max_iter, False


def _unit_variance(terms: Regressions, gamma: np.ndarray) -> np.ndarray:
    """Scale the latents, which the likelihood leaves open, so that relative steps compare."""
    undisturbed = terms.covariances[: len(gamma)]
    return gamma / np.sqrt(np.einsum("ja,jab,jb->j", gamma, undisturbed, gamma))[:, None]


class _Curvature:
    """Products with the Hessian of :func:`hessian`, without forming it."""

    def __init__(self, terms: Regressions, fit: RegressionFit, free: np.ndarray):
        self.fit, self.free = fit, free
        self.n_samples, self.sizes = terms.n_samples, terms.sizes[:, None]
        self.causal = np.flatnonzero(terms.parents.any(axis=1))
        self.slopes = fit.parent_inverse @ fit.scaled
        self.unexplained = fit.scaled - np.swapaxes(fit.scaled, 1, 2) @ self.slopes

    def __matmul__(self, direction: np.ndarray) -> np.ndarray:
        ell, rho, causal = self.fit.residual, self.fit.profile, self.causal
        moved, pulled = ell @ direction, rho[causal] @ direction.T
        left = _each(self.unexplained, moved) - 2 * (moved * rho).sum(1, keepdims=True) * rho
        slopes = self.slopes[causal] if len(causal) < len(rho) else self.slopes
        left[causal] -= (pulled[:, None, :] @ slopes)[:, 0]
        right = _each(slopes, moved[causal]) + _each(self.fit.parent_inverse[causal], pulled)
        product = ell.T @ (self.sizes * left) - (self.sizes[causal] * right).T @ rho[causal]
        return np.where(self.free, product + self.n_samples * direction.T, 0)

    def precondition(self, gradient: np.ndarray) -> np.ndarray:
        """Solve the 2 x 2 systems of E_ab and E_ba, made positive definite."""
        own, swap = self.blocks
        total, difference = np.where(self.free & self.free.T, swap, 0), own - own.T
        mean = 0.5 * (own + own.T)
        radius = np.sqrt(0.25 * difference**2 + total**2)
        shift = np.maximum(0, 0.05 * np.abs(mean) + 1e-3 * self.n_samples - (mean - radius))
        own = own + shift
        determinant = own * own.T - total**2
        return np.where(self.free, (own.T * gradient - total * gradient.T) / determinant, 0)

    @cached_property
    def blocks(self) -> tuple[np.ndarray, np.ndarray]:
        """Entries (ab, ab) and (ab, ba) of the Hessian."""
        ell, rho, n = self.fit.residual, self.fit.profile, self.sizes
        diagonal = np.diagonal(self.unexplained, axis1=1, axis2=2)
        inverse = np.diagonal(self.fit.parent_inverse, axis1=1, axis2=2)
        slope = np.diagonal(self.slopes, axis1=1, axis2=2)
        own = (n * ell**2).T @ (diagonal - 2 * rho**2) - (n * inverse).T @ rho**2
        own -= 2 * np.einsum("tab,ta,tb->ab", self.slopes, n * ell, rho, optimize=True)
        both = self.unexplained - 2 * rho[:, :, None] * rho[:, None, :]
        swap = np.einsum("tab,ta,tb->ab", both, n * ell, ell, optimize=True)
        swap -= np.einsum("tab,ta,tb->ab", self.fit.parent_inverse, n * rho, rho, optimize=True)
        crossed = (n * slope).T @ (rho * ell)
        return own, swap - crossed - crossed.T + self.n_samples


def _each(matrices: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    return (matrices @ vectors[:, :, None])[:, :, 0]


def _newton_step(terms, fit, free):
    """Newton's direction and the decrease that it promises."""
    step = None
    if free.sum() <= _DENSE:
        step = _dense_step(terms, fit, free)
    if step is None:
        step = _truncated_step(terms, fit, free)
    return step, -0.5 * (fit.gradient * step).sum()


def _dense_step(terms, fit, free):
    """Solve Newton's equation; None where the Hessian is not positive definite."""
    matrix = hessian(terms, fit)[free][:, free]
    try:
        factor = linalg.cho_factor(matrix, check_finite=False, overwrite_a=True)
    except linalg.LinAlgError:
        return None
    step = np.zeros_like(fit.gradient)
    step[free] = -linalg.cho_solve(factor, fit.gradient[free], check_finite=False)
    return step


def _truncated_step(terms, fit, free):
    """Conjugate gradients on Newton's equation, cut short at negative curvature."""
    curvature = _Curvature(terms, fit, free)
    residual = np.where(free, -fit.gradient, 0)
    first = np.sqrt(max((residual * curvature.precondition(residual)).sum(), 0))
    step = np.zeros_like(residual)
    direction = scaled = curvature.precondition(residual)
    size = (residual * scaled).sum()
    for _ in range(_MAX_CG):
        if np.sqrt(size) <= first * min(_CG_TOLERANCE, first / np.sqrt(terms.n_samples)):
            break
        product = curvature @ direction
        bend = (direction * product).sum()
        if bend <= 0:
            step = step if step.any() else direction
            break
        length = size / bend
        step = step + length * direction
        residual = residual - length * product
        scaled = curvature.precondition(residual)
        size, previous = (residual * scaled).sum(), size
        direction = scaled + size / previous * direction
    return step


def _line_search(terms, gamma, fit, step, promise):
    """Halve the step until the value falls; stay where it does not."""
    eye = np.eye(len(gamma))
    length = min(1.0, 1.0 / max(np.abs(step).max(), 1e-300))
    for _ in range(20):
        candidate = (eye + length * step) @ gamma
        trial = regress(terms, candidate)
        if trial.value <= fit.value - 0.1 * length * promise + 1e-10 * abs(fit.value):
            return candidate, trial, True
        length *= 0.5
    return gamma, fit, False
