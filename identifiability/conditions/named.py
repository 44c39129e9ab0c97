"""The function behind each condition that theorems name."""

from __future__ import annotations

from collections import Counter

import numpy as np

from causalrep.arguments import checked, instance
from causalrep.cover_conditions import meets_conditions
from causalrep.exceptions import InterventionError
from causalrep.graphs import Graph
from causalrep.interventions import InterventionKind
from causalrep.results import names_of
from identifiability.conditions.graphical import (
    global_identifiability,
    no_nesting,
    one_component_at_a_time,
    pure_features,
)
from identifiability.conditions.results import ConditionResult
from identifiability.half_trek import HalfTrekVerdict, half_trek_criterion
from identifiability.structural_algebra import check_structural
from identifiability.theorems.terms import Condition
from identifiability.verdicts import Answer

__all__ = ["check_condition"]

_PAIR = 2
_TETRAD = 3


@checked(condition=instance("Condition"))
def check_condition(
    condition: Condition, graph: Graph, changes: list[dict[int, InterventionKind]]
) -> ConditionResult:
    """Check a condition that a theorem names.

    Parameters
    ----------
    condition : Condition
        Which one to check.
    graph : Graph
        Latent and, where there are any, observed nodes.
    changes : list of dict from int to InterventionKind
        For every environment, the kinds of intervention by the number of the latent.

    Returns
    -------
    ConditionResult

    Examples
    --------
    >>> from causalrep import Graph
    >>> from identifiability.conditions import check_condition
    >>> from identifiability.theorems import Condition
    >>> print(check_condition(Condition.TWO_LATENTS, Graph(["a", "b", "c"]), [{}]))
    no: There are 3 latents.
    """
    if not isinstance(changes, list) or not all(isinstance(some, dict) for some in changes):
        raise InterventionError(
            "check_condition wants one mapping of positions to kinds for each environment, such "
            f"as [{{}}, {{0: InterventionKind.DO}}], but got {changes!r}."
        )
    if condition is Condition.BLOCKS_SEPARATE:
        return _blocks_separate(graph, changes)
    return _ON_GRAPHS[condition](graph)


def _acyclic(graph: Graph) -> ConditionResult:
    directed = Graph(graph.nodes, [edge for edge in graph.edges if edge.is_directed])
    holds = directed.is_dag()
    return _decided(holds, f"There is {'no' if holds else 'a'} directed cycle.")


def _nothing_hidden(graph: Graph) -> ConditionResult:
    if graph.is_dag() and not graph.latent:
        return ConditionResult(answer=Answer.YES, reason="The graph is a DAG of observed nodes.")
    return ConditionResult(
        answer=Answer.NO, reason="The graph has latent nodes, a cycle, or edges of another kind."
    )


def _two_latents(graph: Graph) -> ConditionResult:
    number = len(graph.latent or graph.nodes)
    return _decided(number == _PAIR, f"There are {number} latents.")


def _half_treks(graph: Graph) -> ConditionResult:
    if graph.latent:
        return ConditionResult(
            answer=Answer.INCONCLUSIVE, reason="Half-treks want bidirected edges for latents."
        )
    verdict = half_trek_criterion(graph).verdict
    answer = {
        HalfTrekVerdict.IDENTIFIED: Answer.YES,
        HalfTrekVerdict.NOT_IDENTIFIED: Answer.NO,
        HalfTrekVerdict.INCONCLUSIVE: Answer.INCONCLUSIVE,
    }[verdict]
    return ConditionResult(answer=answer, reason=f"By half-treks: {verdict.value}.")


def _global(graph: Graph) -> ConditionResult:
    if graph.latent:
        return ConditionResult(
            answer=Answer.INCONCLUSIVE, reason="The criterion wants bidirected edges for latents."
        )
    return global_identifiability(graph)


def _finite_effects(graph: Graph) -> ConditionResult:
    if not graph.observed:
        return ConditionResult(answer=Answer.INCONCLUSIVE, reason="No node is observed.")
    certificate = check_structural(graph)
    open_ones = certificate.n_parameters - certificate.rank
    return _decided(
        certificate.finite,
        f"{open_ones} of {certificate.n_parameters} dimensions of the parameters are left open.",
    )


def _covers(graph: Graph) -> ConditionResult:
    if not graph.observed or not graph.is_dag():
        return ConditionResult(
            answer=Answer.INCONCLUSIVE, reason="The graph must be a DAG with observed nodes."
        )
    report = meets_conditions(graph)
    return _decided(bool(report), str(report))


def _two_pure(graph: Graph) -> ConditionResult:
    causing = tuple(node for node in graph.observed if graph.children(node))
    if graph.latent and causing:
        return ConditionResult(
            answer=Answer.NO,
            reason=f"Features must cause nothing, but {names_of(causing)} does."
            if len(causing) == 1
            else f"Features must cause nothing, but {names_of(causing)} do.",
            witnesses=causing,
        )
    return pure_features(graph, _PAIR)


def _components(graph: Graph) -> ConditionResult:
    if not graph.is_dag():
        return ConditionResult(answer=Answer.INCONCLUSIVE, reason="The graph must be a DAG.")
    return one_component_at_a_time(graph)


def _hierarchy(graph: Graph) -> ConditionResult:
    return ConditionResult(
        answer=Answer.INCONCLUSIVE, reason="Irreducible hierarchies have no check here."
    )


def _blocks_separate(graph: Graph, changes: list[dict[int, InterventionKind]]) -> ConditionResult:
    names = graph.latent or graph.nodes
    often = Counter(frozenset(change) for change in changes)
    spanned = [block for block, number in often.items() if block and number >= len(block)]
    blocks = np.zeros((len(spanned), len(names)), dtype=bool)
    for row, block in zip(blocks, spanned, strict=True):
        row[list(block)] = True
    mixed = []
    for place, name in enumerate(names):
        around = blocks[blocks[:, place]]
        if not len(around) or around.all(axis=0).sum() > 1:
            mixed.append(name)
    if mixed:
        return ConditionResult(
            answer=Answer.NO,
            reason=(
                f"No blocks that are changed in as many ways as they have latents have "
                f"{names_of(mixed)} alone in common."
            ),
            witnesses=tuple(mixed),
        )
    return ConditionResult(
        answer=Answer.YES, reason="Every latent is all that some changed blocks have in common."
    )


def _decided(holds: bool, reason: str) -> ConditionResult:
    return ConditionResult(answer=Answer.YES if holds else Answer.NO, reason=reason)


_ON_GRAPHS = {
    Condition.ACYCLIC: _acyclic,
    Condition.NOTHING_HIDDEN: _nothing_hidden,
    Condition.TWO_LATENTS: _two_latents,
    Condition.HALF_TREKS: _half_treks,
    Condition.GLOBALLY_IDENTIFIED: _global,
    Condition.FINITE_EFFECTS: _finite_effects,
    Condition.ATOMIC_COVERS: _covers,
    Condition.THREE_PURE_CHILDREN: lambda graph: pure_features(graph, _TETRAD),
    Condition.TWO_PURE_CHILDREN: _two_pure,
    Condition.ONE_PURE_CHILD: lambda graph: pure_features(graph, 1),
    Condition.NO_NESTING: no_nesting,
    Condition.ONE_COMPONENT_A_TIME: _components,
    Condition.HIERARCHY: _hierarchy,
}
