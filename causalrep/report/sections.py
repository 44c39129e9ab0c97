"""What a fitted model of latents says, as sections of a report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from causalrep.data import Dataset
from causalrep.loadings import standardised_loadings, strongest_features
from causalrep.report import pictures
from causalrep.report.findings import graph_section, identification_section
from causalrep.report.page import Block, Section, Table
from causalrep.report.words import counted, number, p_value

if TYPE_CHECKING:
    from causalrep.results import ContextDiagnosis
    from identifiability import ScoreReport

__all__ = ["fit_sections", "score_section"]

_STRONGEST = 4


def fit_sections(
    data: Dataset,
    estimator: Any,
    *,
    prefix: str,
    notes: Sequence[str] = (),
    true_weights: np.ndarray | None = None,
    seconds: float | None = None,
) -> tuple[Section, ...]:
    """Describe a fit: data, contexts, graph, what is identified, latents.

    Parameters
    ----------
    data : Dataset
        What was fitted.
    estimator : LinearCausalDisentanglement
        Fitted.
    prefix : str
        Starts the file names of the pictures.
    notes : sequence of str, default=()
        Warnings of the fit.
    true_weights : ndarray of shape (n_latents, n_latents), default=None
        True coefficients in the estimator's order, signs and units.
    seconds : float, default=None
        How long the fit took.
    """
    return (
        _data_section(data, estimator, notes, seconds),
        _context_section(estimator, prefix),
        graph_section(estimator, prefix, true_weights),
        identification_section(estimator.identification_),
        _latent_section(data, estimator, prefix),
    )


def score_section(report: ScoreReport, *, prefix: str) -> Section:
    """Show the scores against the truth.

    Parameters
    ----------
    report : ScoreReport
        What :func:`identifiability.score` returned.
    prefix : str
        Starts the file names of the pictures.
    """
    rows = tuple(row.cells() for row in report.rows())
    header = ("score", "value", "best", "baseline", "how to read it")
    remark = "How to read each score is in the report; a wider terminal shows it here."
    scores = Table(header, rows, numeric=(1, 2, 3), details=(4,), remarks=(remark,))
    blocks: list[Block] = [report.heading(), scores]
    if report.row_angles is not None and report.alignment and pictures.can_draw():
        blocks.append(
            pictures.angle_picture(
                report.row_angles, report.alignment.permutation, f"{prefix}-row-angles"
            )
        )
    blocks += [f"Not computed: {item.score}. {item.reason}" for item in report.skipped]
    return Section("Scores against the truth", tuple(blocks))


def _data_section(
    data: Dataset, estimator: Any, notes: Sequence[str], seconds: float | None
) -> Section:
    features = f"{len(data)} samples of {data.shape[1]} features: {', '.join(data.names or ())}."
    search = "settled" if estimator.converged_ else "did not settle"
    chosen = " (chosen by BIC)" if estimator.n_latents is None else ""
    took = "" if seconds is None else f" It took {seconds:.{1 if seconds >= 1 else 2}f} s."
    fitted = (
        f"Fitted by method={estimator.method!r} for {estimator.intervention} interventions with "
        f"{counted(estimator.n_latents_, 'latent')}{chosen}; the search {search}.{took}"
    )
    blocks = [features, fitted, *notes]
    if estimator.n_latents_ == data.shape[1]:
        blocks.append(
            "There are as many latents as features: nothing says that fewer would do, and the "
            "latents are the features seen in other coordinates."
        )
    if not estimator.converged_:
        blocks.append(
            "As the search did not settle, the numbers below are not those of a best fit. Fewer "
            "latents, or contexts that fit the model better, may help."
        )
    return Section("Data and fit", tuple(blocks))


def _context_section(estimator: Any, prefix: str) -> Section:
    reference = estimator.environments_[int(np.flatnonzero(estimator.targets_ < 0)[0])]
    contexts = [item for item in estimator.contexts_ if item.environment != reference]
    rows = tuple(
        (
            str(context.environment),
            str(context.n_samples),
            "reference" if context.environment == reference else context.target or "none",
            number(context.statistic),
            number(context.degrees_of_freedom),
            p_value(context.p_value),
            "yes" if context.fits else "no",
            context.statement,
        )
        for context in estimator.contexts_
    )
    header = ("context", "samples", "target", "statistic", "df", "p-value", "fits", "what it says")
    table = Table(
        header, rows, numeric=(1, 3, 4, 5), details=(3, 4, 7), remarks=_remarks(contexts)
    )
    blocks: list[Block] = [_verdict(reference, contexts), table]
    tested = [item for item in contexts if np.isfinite(item.p_value)]
    if tested and pictures.can_draw():
        blocks.append(pictures.context_picture(tested, f"{prefix}-contexts"))
    return Section("Which contexts fit the model", tuple(blocks))


def _verdict(reference: Any, contexts: Sequence[ContextDiagnosis]) -> str:
    misfits = [str(context.environment) for context in contexts if not context.fits]
    total = counted(len(contexts), "context")
    if not misfits:
        verb = "is" if len(contexts) == 1 else "are"
        return (
            f"Beside the reference {reference} there {verb} {total}, and none contradicts the "
            "model of one intervention each."
        )
    fitting = len(contexts) - len(misfits)
    used = any(context.target is not None for context in contexts if not context.fits)
    so = "what rests on them is doubtful" if used else "they are left out of the fit"
    return (
        f"Beside the reference {reference} there {'is' if len(contexts) == 1 else 'are'} {total}. "
        f"The model of one intervention each fits {fitting or 'none'} and is contradicted by "
        f"{len(misfits)}, so {so}: {', '.join(misfits)}."
    )


def _remarks(contexts: Sequence[ContextDiagnosis]) -> tuple[str, ...]:
    """Say what the columns of target and fit do not, contexts with the same answer together."""
    names: dict[str, list[str]] = {}
    for context in contexts:
        if not context.fits or context.target is None:
            names.setdefault(context.statement, []).append(str(context.environment))
    return tuple(f"{', '.join(group)}: {text}." for text, group in names.items())


def _latent_section(data: Dataset, estimator: Any, prefix: str) -> Section:
    loadings = standardised_loadings(estimator, data)
    names, features = estimator.graph_.nodes, data.names or ()
    strongest = Table(
        ("latent", "features that load most on it"),
        tuple(
            (name, ", ".join(f"{features[row]} ({column[row]:.2f})" for row in order))
            for name, column, order in zip(
                names, loadings.T, strongest_features(loadings, _STRONGEST), strict=True
            )
        ),
    )
    blocks: list[Block] = [strongest]
    if pictures.can_draw():
        blocks += [
            pictures.feature_picture(estimator, data, f"{prefix}-features"),
            pictures.loading_picture(loadings, features, names, f"{prefix}-loadings"),
        ]
    return Section("Latents and features", tuple(blocks))
