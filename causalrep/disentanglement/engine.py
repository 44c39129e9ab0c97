"""From covariances of contexts to latent rows, targets and graph: the default algorithm."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from causalrep.disentanglement.closed_form import (
    ContextSplit,
    assign_targets,
    greedy_order,
    initial_rows,
    split_contexts,
)
from causalrep.disentanglement.information import Effects, ancestral_effects, direct_effects
from causalrep.disentanglement.likelihood import (
    RegressionFit,
    Regressions,
    perfect_terms,
    regress,
    soft_terms,
)
from causalrep.disentanglement.newton import maximise
from causalrep.disentanglement.orders import predecessors, search_order

__all__ = [
    "Intervention",
    "JointFit",
    "Steps",
    "WhitenedContexts",
    "fit_jointly",
    "prune",
    "start_closed_form",
    "supported",
]

Intervention = Literal["perfect", "soft"]
Steps = Callable[[Iterable[int], str], Iterator[int]]
"""Runs a named loop and reports its progress."""

_REASSIGNMENTS = 5
_STARTS_TIMES_LATENTS = 60
"""Fewer closed-form solutions are followed up where there are many latents."""
_PRUNING_ROUNDS = 10
_GRADUAL = 20
"""Up to so many latents effects are dropped in steps; beyond, each step would cost too much."""
_RIVALS = 3


@dataclass(frozen=True)
class WhitenedContexts:
    """Covariances of all contexts, whitened by the first, the reference.

    Parameters
    ----------
    covariances : ndarray of shape (n_contexts, n_latents, n_latents)
    sizes : ndarray of shape (n_contexts,)
    intervention : {"perfect", "soft"}
    """

    covariances: np.ndarray
    sizes: np.ndarray
    intervention: Intervention

    @property
    def n_latents(self) -> int:
        """Number of latents."""
        return self.covariances.shape[1]

    def without(self, left_out: np.ndarray) -> WhitenedContexts:
        """Leave out some contexts after the reference."""
        kept = np.r_[True, ~left_out]
        return replace(self, covariances=self.covariances[kept], sizes=self.sizes[kept])

    def splits(self) -> tuple[ContextSplit, ContextSplit]:
        """Split every context's change, taking eigenvalues near 1 as 1 and as they are.

        Near means within the largest fluctuation of two samples' eigenvalues. Taken as 1 they
        tell changed contexts from unchanged ones and a source's change from others; taken as
        they are they serve contexts with weak changes.
        """
        edges = 2 * np.sqrt(self.n_latents * (1 / self.sizes[0] + 1 / self.sizes[1:]))
        rounded = split_contexts(self.covariances[1:], edges)
        plain = split_contexts(self.covariances[1:], np.zeros_like(edges))
        return rounded, replace(plain, changed=rounded.changed)

    def terms(self, targets: np.ndarray, parents: np.ndarray) -> Regressions:
        """Likelihood terms for targets of the contexts after the reference."""
        build = perfect_terms if self.intervention == "perfect" else soft_terms
        return build(self.covariances, self.sizes, np.r_[-1, targets], parents)

    def effects(self, fit: JointFit, *, at_maximum: bool = True) -> Effects:
        """Effects of latents on one another; their standard errors exist at the maximum only."""
        measure = direct_effects if self.intervention == "perfect" else ancestral_effects
        return measure(fit.terms, fit.regressions, fit.free if at_maximum else None)


@dataclass(frozen=True)
class JointFit:
    """A point of the model and the likelihood there.

    Parameters
    ----------
    gamma : ndarray of shape (n_latents, n_latents)
        Unmixing rows in whitened coordinates; latents with a context come first.
    targets : ndarray of shape (n_contexts - 1,), int
        Latent that each context acts on; -1 for none.
    order : ndarray of shape (n_latents,), int
        Causal order; latents without a context come first.
    terms : Regressions
    regressions : RegressionFit
    n_iter : int
    converged : bool
    """

    gamma: np.ndarray
    targets: np.ndarray
    order: np.ndarray
    terms: Regressions
    regressions: RegressionFit
    n_iter: int = 0
    converged: bool = True

    @property
    def n_targets(self) -> int:
        """Number of latents that some context acts on."""
        return int(self.targets.max(initial=-1)) + 1

    @property
    def free(self) -> np.ndarray:
        """Entries of a relative step not fixed by the choice of scale and rotation."""
        untouched = np.arange(len(self.gamma)) >= self.n_targets
        rotated = untouched[:, None] & untouched[None, :] & np.tri(len(self.gamma), dtype=bool).T
        return ~(np.eye(len(self.gamma), dtype=bool) | rotated)

    @property
    def parents(self) -> np.ndarray:
        """Entry (j, i): latent i enters j's mechanism, wherever it acts."""
        causes = np.zeros(self.gamma.shape, dtype=bool)
        np.logical_or.at(causes, self.terms.rows, self.terms.parents)
        return causes

    @property
    def bic(self) -> float:
        """Twice the value plus the price of the parameters (BIC)."""
        n_parameters = self.free.sum() + self.terms.parents.sum() + len(self.terms.rows)
        return 2 * self.regressions.value + n_parameters * np.log(self.terms.n_samples)


def start_closed_form(contexts: WhitenedContexts, *, rng: np.random.RandomState) -> list[JointFit]:
    """Solve in closed form under several hypotheses, the most likely solution first.

    Targets are all different, or grouped by their rows; eigenvalues near 1 are 1, or not.
    """
    starts = []
    for split in contexts.splits():
        for distinct in (True, False):
            if distinct and split.changed.sum() > contexts.n_latents:
                continue
            hypothesis = assign_targets(split, contexts.n_latents, distinct=distinct, rng=rng)
            starts.append(_closed_form_fit(contexts, split, *hypothesis))
    starts.sort(key=lambda start: start.bic)
    values = np.array([start.bic for start in starts])
    return [starts[k] for k in np.unique(np.round(values, 6), return_index=True)[1]]


def fit_jointly(
    contexts: WhitenedContexts,
    *,
    rng: np.random.RandomState,
    max_iter: int,
    tol: float,
    steps: Steps,
) -> tuple[JointFit, ...]:
    """Maximise the joint likelihood over rows, orders and targets, from the closed form.

    Returns
    -------
    tuple of JointFit
        The best fit first, then fits of other orders that are almost as likely.
    """
    starts = start_closed_form(contexts, rng=rng)
    n_tried = max(1, _STARTS_TIMES_LATENTS // contexts.n_latents)
    fits = [_maximised(start, max_iter=max_iter, tol=tol) for start in starts[:n_tried]]
    best = min(fits, key=lambda fit: fit.bic)
    best, rivals = _searched(best, max_iter=max_iter, tol=tol)
    for _ in steps(range(_REASSIGNMENTS), "targets"):
        targets = _better_targets(contexts, best)
        if np.array_equal(targets, best.targets):
            break
        moved, others = _searched(
            _maximised(_retargeted(contexts, best, targets), max_iter=max_iter, tol=tol),
            max_iter=max_iter,
            tol=tol,
        )
        if moved.bic >= best.bic:
            break
        best, rivals = moved, others
    return best, *rivals[: min(_RIVALS, n_tried - 1)]


def prune(
    contexts: WhitenedContexts,
    fit: JointFit,
    *,
    max_iter: int,
    tol: float,
    steps: Steps,
) -> tuple[JointFit, Effects, Effects]:
    """Drop effects with ``|z| < sqrt(log N)`` and refit until all that remain are larger.

    Returns
    -------
    fit : JointFit
        The pruned fit.
    complete : Effects
        Effects before the first was dropped.
    effects : Effects
        Effects of the pruned fit.
    """
    fit = _without_needless_noises(fit, max_iter=max_iter, tol=tol)
    threshold = np.sqrt(np.log(fit.terms.n_samples))
    complete = effects = contexts.effects(fit)
    for _ in steps(range(_PRUNING_ROUNDS), "pruning"):
        kept = _kept(np.abs(effects.z), threshold, gradual=contexts.n_latents <= _GRADUAL)
        parents = supported(effects, kept, fit, contexts.intervention)
        if np.array_equal(fit.terms.with_parents(parents).parents, fit.terms.parents):
            break
        fit = _maximised(
            replace(fit, terms=fit.terms.with_parents(parents)), max_iter=max_iter, tol=tol
        )
        effects = contexts.effects(fit)
    curved = np.isfinite(complete.standard_errors).all()
    return replace(fit, converged=fit.converged and bool(curved)), complete, effects


def _kept(sizes: np.ndarray, threshold: float, *, gradual: bool) -> np.ndarray:
    """Drop the clearly small effects first, for the others may grow once these are gone."""
    small, clearly = sizes < threshold, sizes < threshold / 2
    return ~(clearly if gradual and clearly.any() else small)


def supported(
    effects: Effects, kept: np.ndarray, fit: JointFit, intervention: Intervention
) -> np.ndarray:
    """Parents with an effect that is kept; ancestors are closed under ancestry.

    The axes of latents without a context are arbitrary, so none of their effects is dropped
    alone.
    """
    parents = np.zeros(fit.gamma.shape, dtype=bool)
    parents[effects.targets[kept], effects.sources[kept]] = True
    parents[:, fit.n_targets :] = fit.parents[:, fit.n_targets :]
    if intervention == "perfect":
        return parents
    for middle in range(len(parents)):
        parents |= parents[:, [middle]] & parents[[middle], :]
    return parents


def _without_needless_noises(fit: JointFit, *, max_iter: int, tol: float) -> JointFit:
    """Drop all latents without a context as causes of a latent at once, where that pays (BIC).

    Their span is determined though their axes are not. A source keeps its exact row only without
    them: with them its rows before and after the intervention may turn apart unpunished.
    """
    for latent in range(fit.n_targets):
        parents = fit.parents
        if not parents[latent, fit.n_targets :].any():
            continue
        parents[latent, fit.n_targets :] = False
        simpler = _maximised(
            replace(fit, terms=fit.terms.with_parents(parents)), max_iter=max_iter, tol=tol
        )
        if simpler.bic < fit.bic:
            fit = simpler
    return fit


def _closed_form_fit(contexts, split, signs, targets) -> JointFit:
    """Rows, order and likelihood terms of one hypothesis on signs and targets."""
    n = contexts.n_latents
    before, after = initial_rows(split, signs, targets, n)
    if contexts.intervention == "perfect":
        gamma, dependence = after, before @ np.linalg.inv(after)
    else:
        gamma, dependence = before, after @ before.T
    n_targets = targets.max(initial=-1) + 1
    dependence = dependence / np.diag(dependence)[:, None]
    order = greedy_order(dependence, np.arange(n_targets, n))
    return _fit_at(contexts, gamma, targets, order)


def _fit_at(contexts, gamma, targets, order) -> JointFit:
    """Likelihood terms of an order."""
    terms = contexts.terms(targets, predecessors(order))
    return JointFit(gamma, targets, order, terms, regress(terms, gamma))


def _maximised(fit: JointFit, *, max_iter: int, tol: float) -> JointFit:
    gamma, regressions, n_iter, converged = maximise(
        fit.terms, fit.gamma, fit.free, max_iter=max_iter, tol=tol
    )
    return replace(
        fit,
        gamma=gamma,
        regressions=regressions,
        n_iter=fit.n_iter + n_iter,
        converged=converged,
    )


def _searched(fit: JointFit, *, max_iter: int, tol: float) -> tuple[JointFit, list[JointFit]]:
    """Search the order, then polish; also the orders almost as likely, as they were found."""
    if not fit.n_targets:
        return fit, []
    n_fixed = len(fit.gamma) - fit.n_targets
    order, gamma, rivals = search_order(
        fit.terms,
        fit.gamma,
        fit.order,
        n_fixed=n_fixed,
        free=fit.free,
        max_moves=2 * len(fit.order),
    )
    rivals = [_moved(fit, *rival) for rival in rivals]
    if np.array_equal(order, fit.order):
        return fit, rivals
    return _maximised(_moved(fit, order, gamma), max_iter=max_iter, tol=tol), rivals


def _moved(fit: JointFit, order: np.ndarray, gamma: np.ndarray) -> JointFit:
    """Put another order and other rows into a fit."""
    terms = fit.terms.with_parents(predecessors(order))
    return replace(fit, order=order, gamma=gamma, terms=terms, regressions=regress(terms, gamma))


def _better_targets(contexts: WhitenedContexts, fit: JointFit) -> np.ndarray:
    """Give each context the target that explains it best, all mechanisms held as they are.

    Declaring latent j the target of context k replaces its mechanism's Gaussian likelihood
    there by that of the best changed mechanism; the latent with the largest gain is the target,
    or none where no gain pays for the new parameters.
    """
    n, n_targets = contexts.n_latents, fit.n_targets
    if not n_targets:
        return fit.targets
    latent = fit.gamma @ contexts.covariances[1:] @ fit.gamma.T
    residual, variances = fit.regressions.residual[:n], fit.regressions.variances[:n]
    explained = np.einsum("ja,kab,jb->kj", residual, latent, residual)
    before = np.log(variances) + explained / variances - 1
    if contexts.intervention == "perfect":
        changed = np.diagonal(latent, axis1=1, axis2=2)
    else:
        changed = 1 / np.diagonal(np.linalg.inv(latent), axis1=1, axis2=2)
    gain = (contexts.sizes[1:, None] * (before - np.log(changed)))[:, :n_targets]
    best = gain.argmax(axis=1)
    worth = gain.max(axis=1) > np.log(contexts.sizes.sum())
    current = np.where(fit.targets >= 0, fit.targets, 0)
    margin = np.where(fit.targets >= 0, gain[np.arange(len(best)), current] + 1, -np.inf)
    return np.where(worth & (gain.max(axis=1) > margin), best, fit.targets)


def _retargeted(contexts: WhitenedContexts, fit: JointFit, targets: np.ndarray) -> JointFit:
    """Continue from a fit with other targets, latents renumbered so that targets come first."""
    n = contexts.n_latents
    used = np.unique(targets[targets >= 0])
    new_order = np.concatenate([used, np.setdiff1d(np.arange(n), used)])
    position = np.argsort(new_order)
    targets = np.where(targets >= 0, position[targets], -1)
    order = position[fit.order]
    order = np.concatenate([order[order >= len(used)], order[order < len(used)]])
    return _fit_at(contexts, fit.gamma[new_order], targets, order)
