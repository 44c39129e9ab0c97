"""What a fit finds, the graph, and how far it is identified, as sections of a report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from causalrep.report import pictures
from causalrep.report.page import Block, Section, Table
from causalrep.report.words import counted, listed, number, p_value

if TYPE_CHECKING:
    from causalrep.results import EdgeEstimate, Identification

__all__ = ["graph_section", "identification_section"]


def graph_section(estimator: Any, prefix: str, true_weights: np.ndarray | None) -> Section:
    """Say which pairs of latents are edges, with weights and intervals."""
    kept = [edge for edge in estimator.edges_ if edge.in_graph]
    blocks: list[Block] = [_edges_sentence(kept, len(estimator.edges_))]
    if kept and estimator.intervention == "soft":
        blocks.append(
            "Soft interventions tell ancestors, not direct causes: an edge says that one latent "
            "acts on the other, through others or not."
        )
    doubtful = sum(not edge.identified for edge in kept)
    if doubtful:
        blocks.append(
            f"Edges that are not identified: {doubtful} of {len(kept)}. Each joins two latents of "
            "which the data do not identify both. Its interval and p-value hold only if the model "
            "does, and the model is contradicted or incomplete: do not read it as a finding."
        )
    if pictures.can_draw():
        blocks.append(pictures.graph_picture(estimator, f"{prefix}-graph"))
        if true_weights is not None:
            name = f"{prefix}-true-graph"
            blocks.append(pictures.true_graph_picture(estimator, true_weights, name))
    if kept:
        blocks.append(_edge_table(kept))
    if any(np.isfinite(edge.weight) for edge in estimator.edges_) and pictures.can_draw():
        blocks.append(pictures.edge_picture(estimator, true_weights, f"{prefix}-coefficients"))
    return Section("Recovered graph", tuple(blocks))


def identification_section(identification: Identification) -> Section:
    """Say latent by latent and pair by pair what is identified."""
    header = ("identified", "up to what, or why not")
    pairs = Table(("pair", *header), _answers(identification.edges), details=(0, 1, 2))
    return Section(
        "What is identified",
        (
            identification.summary,
            Table(("latent", *header), _merged(_answers(identification.rows))),
            pairs_sentence(identification.edges),
            *([pairs] if identification.edges else []),
        ),
    )


def pairs_sentence(pairs: Sequence[tuple[str, bool, str]]) -> str:
    """Count the identified pairs, and name them by what is identified about them.

    Parameters
    ----------
    pairs : sequence of (str, bool, str)
        The pair as ``"L1, L2"``, whether it is identified, and what is or why not.
    """
    total = len(pairs)
    by_statement: dict[str, list[str]] = {}
    for pair, found, statement in pairs:
        if found:
            by_statement.setdefault(statement, []).append(pair.replace(", ", "-"))
    count = sum(map(len, by_statement.values()))
    if not total:
        return "With one latent there is no pair."
    if not count:
        return f"No pair of latents ({total}) is identified."
    if count == total and len(by_statement) == 1:
        return f"Every pair of latents ({total}) is identified: {next(iter(by_statement))}."
    named = "; ".join(f"{listed(names)} ({text})" for text, names in by_statement.items())
    verb = "is" if count == 1 else "are"
    return f"{count} of {counted(total, 'pair')} of latents {verb} identified: {named}."


def _edges_sentence(kept: Sequence[EdgeEstimate], considered: int) -> str:
    if not kept:
        return f"None of the pairs considered ({considered}) is an edge."
    verb = "is an edge" if len(kept) == 1 else "are edges"
    arrows = ", ".join(_arrow(edge).replace(" ", "") for edge in kept)
    return f"{len(kept)} of {counted(considered, 'pair')} considered {verb}: {arrows}."


def _edge_table(edges: Sequence[EdgeEstimate]) -> Table:
    rows = tuple(
        (
            _arrow(edge),
            number(edge.weight),
            number(edge.standard_error),
            _interval(edge),
            p_value(edge.p_value),
            "yes" if edge.identified else "no",
        )
        for edge in edges
    )
    header = ("edge", "weight", "standard error", "95 % interval", "p-value", "identified")
    return Table(header, rows, numeric=(1, 2, 3, 4), details=(2,))


def _answers(entries: Sequence[tuple[str, bool, str]]) -> tuple[tuple[str, str, str], ...]:
    return tuple((name, "yes" if found else "no", text) for name, found, text in entries)


def _merged(rows: Sequence[tuple[str, str, str]]) -> tuple[tuple[str, str, str], ...]:
    """Write rows with the same answer as one."""
    names: dict[tuple[str, str], list[str]] = {}
    for name, *answer in rows:
        names.setdefault((answer[0], answer[1]), []).append(name)
    return tuple((listed(group), *answer) for answer, group in names.items())


def _interval(edge: EdgeEstimate) -> str:
    ends = (edge.lower, edge.upper)
    return " to ".join(map(number, ends)) if np.isfinite(ends).all() else number(None)


def _arrow(edge: EdgeEstimate) -> str:
    return f"{edge.source} → {edge.target}"
