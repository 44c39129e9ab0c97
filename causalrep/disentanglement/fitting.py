"""One answer from every method: rows, graph and effects of standardised latents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from causalrep.disentanglement.closed_form import ContextSplit
from causalrep.disentanglement.context_tests import ChiSquare, single_change_tests
from causalrep.disentanglement.engine import (
    Intervention,
    JointFit,
    Steps,
    WhitenedContexts,
    fit_jointly,
    prune,
    start_closed_form,
    supported,
)
from causalrep.disentanglement.information import Effects
from causalrep.disentanglement.lscale import lscale
from causalrep.disentanglement.model import LatentModel
from causalrep.disentanglement.orders import predecessors
from causalrep.disentanglement.reduction import Reduction
from causalrep.disentanglement.squires import squires
from causalrep.exceptions import EnvironmentLabelError
from causalrep.moments import Moments

__all__ = ["Answer", "Options", "disentangle", "measure"]

_PUBLISHED = {"squires": squires, "lscale": lscale}
_MISFIT_LEVEL = 0.001
"""Probability of calling any context of a right model a misfit."""
_CLOSE_RIVAL = 6.0
"""Difference in BIC below which a graph is not strongly preferred (Raftery, 1995)."""


@dataclass(frozen=True)
class Options:
    """How to fit; see the estimator's parameters of the same names."""

    method: str
    intervention: Intervention
    edge_threshold: float
    on_misfit: str
    max_iter: int
    tol: float


@dataclass(frozen=True)
class Answer:
    """What a method found, latents numbered by the first context that acts on them.

    Parameters
    ----------
    model : LatentModel
        Standardised, in the coordinates of ``reduction``.
    parents : ndarray of shape (n_latents, n_latents), bool
        Entry (j, i): i is a parent of j (perfect) or an ancestor (soft).
    tested : Effects
        All effects before any was dropped.
    kept : Effects
        Effects in the graph.
    reduction : Reduction
    split : ContextSplit
    single : ChiSquare
        Tests that each context changes one latent.
    misfits : ndarray of shape (n_contexts,), bool
        Contexts that failed that test.
    contested : ndarray of shape (n_latents, n_latents), bool
        Pairs whose edge an almost equally likely graph reverses.
    n_iter : int
    converged : bool
    """

    model: LatentModel
    parents: np.ndarray
    tested: Effects
    kept: Effects
    reduction: Reduction
    split: ContextSplit
    single: ChiSquare
    misfits: np.ndarray
    contested: np.ndarray
    n_iter: int
    converged: bool

    def signed(self, spread: np.ndarray) -> tuple[Answer, np.ndarray, np.ndarray]:
        """Sign each latent by its largest loading in standard deviations of the features.

        Latents without a context, known up to a rotation, become principal axes of theirs.

        Parameters
        ----------
        spread : ndarray of shape (n_features,)
            Standard deviations of the features.

        Returns
        -------
        answer : Answer
        unmixing : ndarray of shape (n_latents, n_features)
        loadings : ndarray of shape (n_features, n_latents)
        """
        rows = self.model.rows.copy()
        loadings = self.reduction.embedding @ np.linalg.inv(rows)
        free = np.setdiff1d(np.arange(len(rows)), self.model.targets)
        axes = np.linalg.svd(loadings[:, free] / spread[:, None], full_matrices=False)[2]
        rows[free], loadings[:, free] = axes @ rows[free], loadings[:, free] @ axes.T
        unmixing = rows @ self.reduction.basis
        largest = np.abs(loadings / spread[:, None]).argmax(axis=0)
        signs = np.sign(loadings[largest, np.arange(len(unmixing))])
        answer = replace(
            self,
            model=replace(self.model, rows=rows).with_signs(signs),
            tested=self.tested.with_signs(signs),
            kept=self.kept.with_signs(signs),
        )
        return answer, unmixing * signs[:, None], loadings * signs


def measure(
    reduction: Reduction, X: np.ndarray, y: np.ndarray, environments: np.ndarray
) -> tuple[Reduction, list[np.ndarray]]:
    """Whiten by the reference, measured again in whitened coordinates.

    Parameters
    ----------
    reduction : Reduction
    X : ndarray of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,)
        Labels.
    environments : ndarray of shape (n_contexts,)
        Labels in the order of the contexts.

    Returns
    -------
    whitened : Reduction
    samples : list of ndarray of shape (n_samples_of_context, n_latents)
        Samples of all contexts in the new coordinates.
    """
    rough = reduction.whitened()
    latents = X @ rough.basis.T
    samples = [latents[y == label] for label in environments]
    covariances = np.array([Moments.from_samples(sample).covariance() for sample in samples])
    fine = rough.remeasured(covariances).whitened()
    change = fine.basis @ rough.embedding
    return fine, [sample @ change.T for sample in samples]


def disentangle(
    reduction: Reduction,
    whitened: Reduction,
    sizes: np.ndarray,
    options: Options,
    *,
    samples: Sequence[np.ndarray] | None,
    rng: np.random.RandomState,
    steps: Steps,
) -> Answer:
    """Fit one method.

    Parameters
    ----------
    reduction : Reduction
        In orthonormal coordinates, the reference context first.
    whitened : Reduction
        In coordinates that the reference context whitens.
    sizes : ndarray of shape (n_contexts,)
    options : Options
    samples : sequence of ndarray of shape (n_samples, n_latents) or None
        Samples of all contexts in whitened coordinates.
    rng : RandomState
    steps : callable
        Runs the loops and reports their progress.

    Raises
    ------
    EnvironmentLabelError
        If a published method is given another number of contexts than it is made for.
    """
    contexts = WhitenedContexts(whitened.covariances, sizes, options.intervention)
    split, _ = contexts.splits()
    single = single_change_tests(split, whitened.noise, sizes, samples)
    misfits = single.p_value < _MISFIT_LEVEL / len(split.changed)
    if options.method in _PUBLISHED:
        return _published(reduction, split, single, misfits, options)
    left_out = misfits & (options.on_misfit == "exclude")
    fitted = contexts.without(left_out)
    if options.method == "closed-form":
        fit, tested, kept, parents = _closed_form(fitted, options, rng)
        contested = np.zeros_like(parents)
    else:
        fit, tested, kept, contested = _likely(fitted, options, rng, steps)
        parents = fit.parents
    targets = np.full(len(left_out), -1)
    targets[~left_out] = fit.targets
    return _numbered(
        Answer(
            model=_model(fit, targets),
            parents=parents,
            tested=tested,
            kept=kept.among(parents),
            reduction=whitened,
            split=split,
            single=single,
            misfits=misfits,
            contested=contested,
            n_iter=fit.n_iter,
            converged=fit.converged,
        )
    )


def _closed_form(contexts, options, rng):
    """Take the most likely closed-form solution and cut its effects at a size."""
    fit = start_closed_form(contexts, rng=rng)[0]
    effects = contexts.effects(fit, at_maximum=False)
    large = np.abs(effects.values) > options.edge_threshold
    return fit, effects, effects, supported(effects, large, fit, options.intervention)


def _likely(contexts, options, rng, steps):
    """Prune the best fit and its rivals; the best afterwards, and where close ones differ."""
    limits = {"max_iter": options.max_iter, "tol": options.tol, "steps": steps}
    pruned = [prune(contexts, fit, **limits) for fit in fit_jointly(contexts, rng=rng, **limits)]
    fit, tested, kept = min(pruned, key=lambda candidate: candidate[0].bic)
    reversed_pairs = [
        fit.parents & rival.parents.T
        for rival, _, _ in pruned
        if rival.bic < fit.bic + _CLOSE_RIVAL
    ]
    contested = np.any(reversed_pairs, axis=0)
    return fit, tested, kept, contested | contested.T


def _model(fit: JointFit, targets: np.ndarray) -> LatentModel:
    """Structural model in the reference context; exogenous noises under soft interventions."""
    n = len(fit.gamma)
    return LatentModel(
        rows=fit.gamma,
        coefficients=np.where(fit.terms.parents[:n], -fit.regressions.residual[:n], 0.0),
        variances=fit.regressions.variances[:n],
        targets=targets,
        order=fit.order,
    )


def _published(reduction, split, single, misfits, options) -> Answer:
    """Run a published method and cut its effects at a size."""
    n_contexts, n_latents = split.log_eigenvalues.shape
    if n_contexts != n_latents or options.intervention != "perfect":
        raise EnvironmentLabelError(
            f"method={options.method!r} wants one context with a perfect intervention for each of "
            f"the {n_latents} latents beside the reference, but got {n_contexts} context(s) and "
            f"intervention={options.intervention!r}. Use method='likelihood'."
        )
    model = _PUBLISHED[options.method](reduction.covariances)
    standard = model.standardised().coefficients
    targets, sources = np.nonzero(predecessors(model.order))
    effects = Effects(
        targets=targets,
        sources=sources,
        terms=targets,
        values=standard[targets, sources],
        standard_errors=np.full(len(targets), np.nan),
    )
    parents = np.abs(standard) > options.edge_threshold
    return _numbered(
        Answer(
            model=model,
            parents=parents,
            tested=effects,
            kept=effects.among(parents),
            reduction=reduction,
            split=split,
            single=single,
            misfits=misfits,
            contested=np.zeros_like(parents),
            n_iter=1,
            converged=True,
        )
    )


def _numbered(answer: Answer) -> Answer:
    """Give latents their final numbers and unit variance in the reference context."""
    new = answer.model.numbering()
    position = np.argsort(new)
    return replace(
        answer,
        model=answer.model.renumbered().standardised(),
        parents=answer.parents[np.ix_(new, new)],
        contested=answer.contested[np.ix_(new, new)],
        tested=answer.tested.renumbered(position),
        kept=answer.kept.renumbered(position),
    )
