"""One answer from every method: rows, graph and effects of standardised latents."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from causalrep.disentanglement.closed_form import ContextSplit
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

__all__ = ["Answer", "Options", "disentangle"]

_PUBLISHED = {"squires": squires, "lscale": lscale}


@dataclass(frozen=True)
class Options:
    """How to fit; see the estimator's parameters of the same names."""

    method: str
    intervention: Intervention
    edge_threshold: float
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
    n_iter : int
    converged : bool
    """

    model: LatentModel
    parents: np.ndarray
    tested: Effects
    kept: Effects
    reduction: Reduction
    split: ContextSplit
    n_iter: int
    converged: bool

    def signed(self, spread: np.ndarray) -> tuple[Answer, np.ndarray, np.ndarray]:
        """Sign each latent by its largest loading in standard deviations of the features.

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
        unmixing = self.model.rows @ self.reduction.basis
        loadings = self.reduction.embedding @ np.linalg.inv(self.model.rows)
        largest = np.abs(loadings / spread[:, None]).argmax(axis=0)
        signs = np.sign(loadings[largest, np.arange(len(unmixing))])
        answer = replace(
            self,
            model=self.model.with_signs(signs),
            tested=self.tested.with_signs(signs),
            kept=self.kept.with_signs(signs),
        )
        return answer, unmixing * signs[:, None], loadings * signs


def disentangle(
    reduction: Reduction,
    whitened: Reduction,
    sizes: np.ndarray,
    options: Options,
    *,
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
    if options.method in _PUBLISHED:
        return _published(reduction, split, options)
    if options.method == "closed-form":
        fit = start_closed_form(contexts, rng=rng)[0]
        tested = kept = contexts.effects(fit, at_maximum=False)
        large = np.abs(tested.values) > options.edge_threshold
        parents = supported(tested, large, fit, options.intervention)
    else:
        limits = {"max_iter": options.max_iter, "tol": options.tol, "steps": steps}
        fit = fit_jointly(contexts, rng=rng, **limits)
        fit, tested, kept = prune(contexts, fit, **limits)
        parents = fit.parents
    return _numbered(
        Answer(
            model=_model(fit),
            parents=parents,
            tested=tested,
            kept=kept.among(parents),
            reduction=whitened,
            split=split,
            n_iter=fit.n_iter,
            converged=fit.converged,
        )
    )


def _model(fit: JointFit) -> LatentModel:
    """Structural model in the reference context; exogenous noises under soft interventions."""
    n = len(fit.gamma)
    return LatentModel(
        rows=fit.gamma,
        coefficients=np.where(fit.terms.parents[:n], -fit.regressions.residual[:n], 0.0),
        variances=fit.regressions.variances[:n],
        targets=fit.targets,
        order=fit.order,
    )


def _published(reduction: Reduction, split: ContextSplit, options: Options) -> Answer:
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
        tested=answer.tested.renumbered(position),
        kept=answer.kept.renumbered(position),
    )
