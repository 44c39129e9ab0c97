"""Edges with intervals and p-values, out of effects and standard errors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special

from causalrep.disentanglement.fitting import Answer
from causalrep.disentanglement.information import Effects
from causalrep.results import EdgeEstimate, Identification, StatisticalTest

__all__ = ["edge_estimates", "edge_tests"]


def edge_estimates(
    answer: Answer, names: Sequence[str], identified: Identification, alpha: float
) -> tuple[EdgeEstimate, ...]:
    """List every tested pair of latents that some context acts on, causes first.

    Effects in the graph come from the pruned model, the others from the complete one.

    Parameters
    ----------
    answer : Answer
    names : sequence of str
        Names of the latents.
    identified : Identification
    alpha : float
        Intervals have level ``1 - alpha``.
    """
    statements = {frozenset(pair.split(", ")): rest for pair, *rest in identified.edges}
    strongest = {}
    for effects, in_graph in ((answer.tested, False), (answer.kept, True)):
        for pair, place, repeats in _strongest(effects):
            if in_graph or not answer.parents[pair]:
                strongest[pair] = (effects, place, repeats, in_graph)
    targeted = set(answer.model.targets)
    pairs = [pair for pair in strongest if set(pair) <= targeted]
    rank = np.argsort(answer.model.order)
    pairs.sort(key=lambda pair: (rank[pair[1]], rank[pair[0]]))
    return tuple(_estimate(pair, *strongest[pair], names, statements, alpha) for pair in pairs)


def edge_tests(edges: Sequence[EdgeEstimate]) -> tuple[StatisticalTest, ...]:
    """Log the Wald tests behind the edges.

    Parameters
    ----------
    edges : sequence of EdgeEstimate
    """
    return tuple(
        StatisticalTest(
            hypothesis=f"{edge.source} has no effect on {edge.target}",
            variables=(edge.source, edge.target),
            statistic=(edge.weight / edge.standard_error) ** 2,
            degrees_of_freedom=1.0,
            p_value=edge.p_value,
            rejected=edge.in_graph,
        )
        for edge in edges
        if np.isfinite(edge.standard_error)
    )


def _strongest(effects: Effects):
    """For each pair (effect, cause) the place of its clearest estimate, and how many it has."""
    clarity = np.where(np.isfinite(effects.z), np.abs(effects.z), np.abs(effects.values))
    places: dict[tuple[int, int], list[int]] = {}
    for place, pair in enumerate(zip(effects.targets, effects.sources, strict=True)):
        places.setdefault((int(pair[0]), int(pair[1])), []).append(place)
    for pair, found in places.items():
        yield pair, found[int(np.argmax(clarity[found]))], len(found)


def _estimate(pair, effects, place, repeats, in_graph, names, statements, alpha) -> EdgeEstimate:
    """One row; the p-value of the clearest of several contexts is multiplied by their number."""
    target, source = names[pair[0]], names[pair[1]]
    weight, error = float(effects.values[place]), float(effects.standard_errors[place])
    half_width = -special.ndtri(alpha / 2 / repeats) * error
    p_value = float(np.minimum(repeats * 2 * special.ndtr(-abs(weight / error)), 1.0))
    found, statement = statements[frozenset((source, target))]
    return EdgeEstimate(
        source=source,
        target=target,
        weight=weight,
        standard_error=error,
        lower=weight - half_width,
        upper=weight + half_width,
        p_value=p_value,
        in_graph=in_graph,
        identified=found,
        statement=statement,
    )
