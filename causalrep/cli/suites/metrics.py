"""What suites measure beside the scores of :func:`identifiability.score`: as their papers do.

An answer without the attribute that a metric reads raises ``AttributeError``, by which
:func:`identifiability.benchmark` knows that the metric does not apply.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from causalrep.data import Dataset
from causalrep.graphs import Graph, Mark
from causalrep.latent_covers import identified_graph
from discovery.graph_pag import pag_of_graph
from identifiability import (
    GraphComparison,
    Metric,
    affine_r2,
    compare_graphs,
    end_mark_confusion,
    match_latents,
    mean_correlation_coefficient,
    row_angle_matrix,
    target_rand_index,
)

__all__ = [
    "CLUSTER_F1",
    "COLUMN_ANGLE",
    "EXACT_GRAPH",
    "HIDDEN_DISTANCE",
    "HIDDEN_F1",
    "LATENT_MCC",
    "LATENT_R2",
    "MARGINAL_F1",
    "MARGINAL_MARKS",
    "PAIR_STRUCTURE",
    "RIGHT_TARGETS",
    "ROW_ANGLE",
]

_EDGE = 0.1


def right_targets(estimate: Any, data: Dataset) -> float:
    """Whether all targets are right, and no true edge is against the causal order.

    Every environment acts on a latent of its own, and its unmixing row is nearest to the true
    row of that latent.
    """
    return float(_partners(estimate, data) is not None)


def exact_graph(estimate: Any, data: Dataset) -> float:
    """Whether targets are right and the graph is, edges being effects above .1.

    Effects are those between latents whose unmixing rows have unit length.
    """
    truth: Any = data.truth
    partners = _partners(estimate, data)
    if partners is None:
        return 0.0
    lengths = np.linalg.norm(estimate.components_, axis=1)
    effects = np.abs(np.nan_to_num(estimate.weights_)) / lengths * lengths[:, None]
    found = effects[np.ix_(partners, partners)] > _EDGE
    return float((found == (truth.weights != 0)).all())


def _partners(estimate: Any, data: Dataset) -> np.ndarray | None:
    """Estimated latent of each true one (d,), by their environments; None where any is wrong."""
    truth: Any = data.truth
    if target_rand_index(estimate.targets_[1:], truth.targets[1:]) < 1:
        return None
    partners = np.full(len(truth.weights), -1)
    for true, found in zip(truth.targets[1:], estimate.targets_[1:], strict=True):
        partners[true[0]] = found
    angles = row_angle_matrix(np.linalg.pinv(truth.mixing), estimate.components_[partners])
    nearest = linear_sum_assignment(angles)[1]
    rank = np.argsort(estimate.causal_order_)[partners]
    causes, effects = np.nonzero(truth.weights)
    right = (nearest == np.arange(len(nearest))).all() and (rank[causes] < rank[effects]).all()
    return partners if right else None


def hidden_f1(estimate: Any, data: Dataset) -> float:
    """F1 of the skeleton over observed and latent nodes, latents matched for the best."""
    return _compared(estimate, data).skeleton.f1


def hidden_distance(estimate: Any, data: Dataset) -> float:
    """Pairs of nodes that are joined otherwise than in what ranks identify of the truth."""
    return float(_compared(estimate, data).distance)


def _compared(estimate: Any, data: Dataset) -> GraphComparison:
    truth: Any = data.truth
    matching = match_latents(estimate.graph_, identified_graph(truth.graph))
    return compare_graphs(matching.estimate, matching.truth)


def marginal_f1(estimate: Any, data: Dataset) -> float:
    """F1 of the skeleton against what independences between the observed nodes tell."""
    truth: Any = data.truth
    return compare_graphs(estimate.graph_, pag_of_graph(truth.graph)).skeleton.f1


def marginal_marks(estimate: Any, data: Dataset) -> float:
    """Share of end marks that are right, of pairs adjacent in both graphs."""
    truth: Any = data.truth
    return end_mark_confusion(estimate.graph_, pag_of_graph(truth.graph)).accuracy


def cluster_f1(estimate: Any, data: Dataset) -> float:
    """F1 of the pairs of observed nodes that are children of one latent."""
    truth: Any = data.truth
    found, right = (
        {pair for pair in combinations(truth.graph.observed, 2) if _shared(graph, *pair)}
        for graph in (estimate.graph_, truth.graph)
    )
    total = len(found) + len(right)
    return 2 * len(found & right) / total if total else 1.0


def pair_structure(estimate: Any, data: Dataset) -> float:
    """Whether edge, direction and hidden cause of every observed pair are right."""
    truth: Any = data.truth
    pairs = combinations(truth.graph.observed, 2)
    graph = estimate.graph_
    return float(all(_relation(graph, *pair) == _relation(truth.graph, *pair) for pair in pairs))


def _relation(graph: Graph, first: str, second: str) -> tuple[str, bool]:
    """Direction between two observed nodes, and whether they have a hidden common cause."""
    direction, hidden = "none", bool(_shared(graph, first, second))
    for edge in graph.edges:
        if {edge.source, edge.target} != {first, second}:
            continue
        marks = {edge.source: edge.source_mark, edge.target: edge.target_mark}
        ends = marks[first], marks[second]
        if ends == (Mark.ARROW, Mark.ARROW):
            hidden = True
        else:
            direction = _DIRECTIONS.get(ends, "open")
    return direction, hidden


_DIRECTIONS = {
    (Mark.TAIL, Mark.ARROW): "forward",
    (Mark.ARROW, Mark.TAIL): "backward",
}


def _shared(graph: Graph, first: str, second: str) -> set[str]:
    return set(graph.latent) & set(graph.parents(first)) & set(graph.parents(second))


def column_angle(estimate: Any, data: Dataset) -> float:
    """Mean angle of the columns of a mixing and those matched to them, a right angle being 1."""
    truth: Any = data.truth
    angles = row_angle_matrix(truth.mixing.T, estimate.mixing_.T) * 2 / np.pi
    return float(angles[linear_sum_assignment(angles)].mean())


def row_angle(estimate: Any, data: Dataset) -> float:
    """Root mean square angle in radians of true unmixing rows and those matched to them."""
    truth: Any = data.truth
    angles = row_angle_matrix(np.linalg.pinv(truth.mixing), estimate.components_)
    return float(np.sqrt(np.mean(np.square(angles[linear_sum_assignment(angles)]))))


def latent_mcc(estimate: Any, data: Dataset) -> float:
    """Mean correlation of the true latents with those found, matched for the best."""
    truth: Any = data.truth
    return mean_correlation_coefficient(estimate.transform(data), truth.Z, n_baselines=1).value


def latent_r2(estimate: Any, data: Dataset) -> float:
    """Share of the true latents' variance that an affine map of those found explains."""
    truth: Any = data.truth
    return affine_r2(estimate.transform(data), truth.Z)


RIGHT_TARGETS = Metric("all targets right", right_targets, best=1.0, worst=0.0)
EXACT_GRAPH = Metric("exact graph", exact_graph, best=1.0, worst=0.0)
HIDDEN_F1 = Metric("skeleton F1", hidden_f1, best=1.0, worst=0.0)
HIDDEN_DISTANCE = Metric("graph distance", hidden_distance, best=0.0, worst=np.inf)
MARGINAL_F1 = Metric("skeleton F1", marginal_f1, best=1.0, worst=0.0)
MARGINAL_MARKS = Metric("right end marks", marginal_marks, best=1.0, worst=0.0)
CLUSTER_F1 = Metric("cluster F1", cluster_f1, best=1.0, worst=0.0)
PAIR_STRUCTURE = Metric("structure right", pair_structure, best=1.0, worst=0.0)
COLUMN_ANGLE = Metric("column angle", column_angle, best=0.0, worst=1.0)
LATENT_MCC = Metric("MCC", latent_mcc, best=1.0, worst=0.0)
LATENT_R2 = Metric("affine R2", latent_r2, best=1.0, worst=0.0)
ROW_ANGLE = Metric("row angle", row_angle, best=0.0, worst=np.pi / 2)
