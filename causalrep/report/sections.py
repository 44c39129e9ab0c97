"""What a fitted model of latents says, as sections of a report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from causalrep.data import Dataset
from causalrep.report import pictures
from causalrep.report.page import Block, Section, Table

if TYPE_CHECKING:
    from causalrep.results import EdgeEstimate, Identification
    from identifiability import ScoreReport

__all__ = ["fit_sections", "number", "p_value", "score_section"]

_NONE = "n/a"
_SMALLEST_SHOWN = 1e-16


def fit_sections(
    data: Dataset,
    estimator: Any,
    *,
    prefix: str,
    notes: Sequence[str] = (),
    true_weights: np.ndarray | None = None,
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
    """
    return (
        _data_section(data, estimator, notes),
        _context_section(estimator, prefix),
        _graph_section(estimator, prefix, true_weights),
        _identification_section(estimator.identification_),
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
    blocks: list[Block] = [report.heading(), Table(header, rows, numeric=(1, 2, 3))]
    if report.row_angles is not None and report.alignment and pictures.can_draw():
        blocks.append(
            pictures.angle_picture(
                report.row_angles, report.alignment.permutation, f"{prefix}-row-angles"
            )
        )
    blocks += [f"Not computed: {item.score}. {item.reason}" for item in report.skipped]
    return Section("Scores against the truth", tuple(blocks))


def number(value: float | None) -> str:
    """Write a number with three decimals, integers as such, and nothing for none."""
    if value is None or not np.isfinite(value):
        return _NONE
    if float(value).is_integer():
        return str(int(value))
    return f"{value:.3f}" if abs(value) < 1e4 else f"{value:.3g}"


def p_value(value: float | None) -> str:
    """Write a p-value, small ones in powers of ten."""
    if value is None or not np.isfinite(value):
        return _NONE
    if value < _SMALLEST_SHOWN:
        return "< 1e-16"
    return f"{value:.3f}" if value >= 1e-3 else f"{value:.0e}"


def _data_section(data: Dataset, estimator: Any, notes: Sequence[str]) -> Section:
    features = f"{len(data)} samples of {data.shape[1]} features: {', '.join(data.names or ())}."
    search = "settled" if estimator.converged_ else "did not settle"
    fitted = (
        f"Fitted by method={estimator.method!r} for {estimator.intervention} interventions with "
        f"{estimator.n_latents_} latents{_chosen(estimator)}; the search {search}."
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
    reference = _reference(estimator)
    contexts = [item for item in estimator.contexts_ if item.environment != reference]
    misfits = [str(context.environment) for context in contexts if not context.fits]
    if not misfits:
        verdict = (
            f"Beside the reference {reference} there are {len(contexts)} contexts, and none "
            "contradicts the model of one intervention each."
        )
    else:
        verdict = (
            f"Beside the reference {reference}, {len(contexts) - len(misfits)} of {len(contexts)} "
            "contexts fit the model of one intervention each. These contradict it, so what rests "
            f"on them is doubtful: {', '.join(misfits)}."
        )
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
    blocks: list[Block] = [verdict, Table(header, rows, numeric=(1, 3, 4, 5), details=(3, 4))]
    tested = [item for item in contexts if np.isfinite(item.p_value)]
    if tested and pictures.can_draw():
        blocks.append(pictures.context_picture(tested, f"{prefix}-contexts"))
    return Section("Which contexts fit the model", tuple(blocks))


def _graph_section(estimator: Any, prefix: str, true_weights: np.ndarray | None) -> Section:
    kept = [edge for edge in estimator.edges_ if edge.in_graph]
    text = ", ".join(_arrow(edge).replace(" ", "") for edge in kept) or "none"
    tested = f"{len(kept)} of {len(estimator.edges_)} pairs considered are edges: {text}."
    blocks: list[Block] = [tested]
    if kept and estimator.intervention == "soft":
        blocks.append(
            "Soft interventions tell ancestors, not direct causes: an edge says that one latent "
            "acts on the other, through others or not."
        )
    doubtful = sum(not edge.identified for edge in kept)
    if doubtful:
        blocks.append(
            f"{doubtful} of these {len(kept)} edges are between latents that the data do not "
            "identify. Their intervals and p-values hold only if the model does, and the model "
            "is contradicted or incomplete: do not read them as findings."
        )
    if pictures.can_draw():
        blocks.append(pictures.graph_picture(estimator, f"{prefix}-graph"))
        if true_weights is not None:
            name = f"{prefix}-true-graph"
            blocks.append(pictures.true_graph_picture(estimator, true_weights, name))
    if kept:
        rows = tuple(
            (
                _arrow(edge),
                number(edge.weight),
                number(edge.standard_error),
                _interval(edge),
                p_value(edge.p_value),
                "yes" if edge.identified else "no",
            )
            for edge in kept
        )
        header = ("edge", "weight", "standard error", "95 % interval", "p-value", "identified")
        blocks.append(Table(header, rows, numeric=(1, 2, 3, 4), details=(2,)))
    if any(np.isfinite(edge.weight) for edge in estimator.edges_) and pictures.can_draw():
        blocks.append(pictures.edge_picture(estimator, true_weights, f"{prefix}-coefficients"))
    return Section("Recovered graph", tuple(blocks))


def _identification_section(identification: Identification) -> Section:
    header = ("identified", "up to what, or why not")
    pairs = _pairs_sentence(identification)
    return Section(
        "What is identified",
        (
            identification.summary,
            Table(("latent", *header), _answers(identification.rows)),
            pairs,
            Table(("pair", *header), _answers(identification.edges), details=(0, 1, 2)),
        ),
    )


def _pairs_sentence(identification: Identification) -> str:
    """Count the identified pairs, by what is identified about them."""
    total = len(identification.edges)
    by_statement: dict[str, list[str]] = {}
    for pair, found, statement in identification.edges:
        if found:
            by_statement.setdefault(statement, []).append(pair)
    if not by_statement:
        return f"Of {total} pairs of latents, none is identified."
    counts = [
        f"{statement}: {'all' if len(pairs) == total else '; '.join(pairs)}"
        for statement, pairs in by_statement.items()
    ]
    return f"Of {total} pairs of latents is identified: {'. '.join(counts)}."


def _answers(entries: Sequence[tuple[str, bool, str]]) -> tuple[tuple[str, ...], ...]:
    return tuple((name, "yes" if found else "no", text) for name, found, text in entries)


def _latent_section(data: Dataset, estimator: Any, prefix: str) -> Section:
    rows = data.X[data.environments == _reference(estimator)]
    loadings = estimator.mixing_ / rows.std(axis=0)[:, None]
    names, features = estimator.graph_.nodes, data.names or ()
    strongest = Table(
        ("latent", "features that load most on it"),
        tuple(
            (name, ", ".join(f"{features[row]} ({column[row]:.2f})" for row in order))
            for name, column in zip(names, loadings.T, strict=True)
            for order in [np.argsort(-np.abs(column))[:_STRONGEST]]
        ),
    )
    blocks: list[Block] = [strongest]
    if pictures.can_draw():
        picture = pictures.loading_picture(loadings, features, names, f"{prefix}-loadings")
        blocks.append(picture)
    return Section("Latents and features", tuple(blocks))


_STRONGEST = 4


def _interval(edge: EdgeEstimate) -> str:
    ends = (edge.lower, edge.upper)
    return " to ".join(map(number, ends)) if np.isfinite(ends).all() else _NONE


def _arrow(edge: EdgeEstimate) -> str:
    return f"{edge.source} → {edge.target}"


def _reference(estimator: Any) -> Any:
    return estimator.environments_[int(np.flatnonzero(estimator.targets_ < 0)[0])]


def _chosen(estimator: Any) -> str:
    return " (chosen by BIC)" if estimator.n_latents is None else ""
