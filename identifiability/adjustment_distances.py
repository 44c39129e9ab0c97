"""Distances between causal graphs by the effects that they identify wrongly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from causalrep.arguments import checked
from causalrep.equivalence import arrays_of
from causalrep.exceptions import GraphError
from causalrep.graphs import Graph
from identifiability.adjustment import AdjustmentGraph, Strategy
from identifiability.graph_distances import check_same_nodes, is_cpdag

__all__ = [
    "AdjustmentDistance",
    "adjustment_identification_distance",
    "structural_intervention_distance",
]

_STRATEGIES = ("parent", "ancestor", "optimal")


@dataclass(frozen=True, eq=False)
class AdjustmentDistance:
    """How many effects a graph gets wrong, and which.

    Parameters
    ----------
    names : tuple of str
        Nodes, in the order of the true graph.
    mistakes : ndarray of shape (p, p), bool
        Whether the effect of the node of a row on that of a column is identified wrongly.

    Examples
    --------
    >>> from causalrep import Graph
    >>> from identifiability import structural_intervention_distance
    >>> truth = Graph.from_text("A --> B, B --> C")
    >>> distance = structural_intervention_distance(Graph.from_text("B --> A, B --> C"), truth)
    >>> distance.n_mistakes, distance.pairs
    (3, (('A', 'B'), ('A', 'C'), ('B', 'A')))
    """

    names: tuple[str, ...]
    mistakes: np.ndarray

    @property
    def n_mistakes(self) -> int:
        """Number of pairs whose effect is identified wrongly."""
        return int(self.mistakes.sum())

    @property
    def share(self) -> float:
        """Mistakes by the number of ordered pairs, 0 for graphs of one node."""
        p = len(self.names)
        return self.n_mistakes / max(p * (p - 1), 1)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The pairs: treatment and outcome."""
        places = np.argwhere(self.mistakes).tolist()
        return tuple((self.names[row], self.names[column]) for row, column in places)

    def __str__(self) -> str:
        p = len(self.names)
        return f"{self.n_mistakes} of {p * (p - 1)} effects are identified wrongly"


@checked()
def adjustment_identification_distance(
    estimate: Graph, truth: Graph, *, strategy: Strategy = "ancestor"
) -> AdjustmentDistance:
    """Count the effects that one would compute wrongly by trusting an estimated graph.

    For every ordered pair of nodes, the estimated graph claims that there is no effect, that
    adjustment cannot tell, or that adjusting for some nodes tells it. The claim is a mistake if
    it is false in the true graph.

    Parameters
    ----------
    estimate, truth : Graph
        DAGs or CPDAGs over the same nodes, in any order. Not symmetric.
    strategy : {"parent", "ancestor", "optimal"}, default="ancestor"
        Which nodes the estimated graph adjusts for: the parents of the treatment, its
        ancestors, or the set of least asymptotic variance.

    Returns
    -------
    AdjustmentDistance

    Raises
    ------
    GraphError
        If the nodes differ, a graph is neither a DAG nor a CPDAG, or the strategy is unknown.

    Notes
    -----
    Time grows as the cube of the number of nodes, for "optimal" as its fourth power. On random
    DAGs and CPDAGs all counts equal those of the authors' own library (see the tests).

    References
    ----------
    .. [1] L. Henckel, T. Wuertzen, S. Weichwald, "Adjustment identification distance: a gadjid
       for causal structure learning", UAI 2024, arXiv:2402.08616.

    Examples
    --------
    >>> from causalrep import Graph
    >>> from identifiability import adjustment_identification_distance
    >>> truth = Graph.from_text("A --> B, B --> C, A --> C")
    >>> missing = Graph.from_text("A --> B, B --> C")
    >>> print(adjustment_identification_distance(missing, truth))
    0 of 6 effects are identified wrongly
    >>> print(adjustment_identification_distance(missing, truth, strategy="parent"))
    1 of 6 effects are identified wrongly
    """
    check_same_nodes(estimate, truth)
    if strategy not in _STRATEGIES:
        raise GraphError(
            f"strategy must be one of {', '.join(map(repr, _STRATEGIES))}, but is {strategy!r}."
        )
    # Nodes in the order of the true graph on both sides.
    claimed = _read(Graph(truth.nodes, estimate.edges), "estimated")
    true = _read(Graph(truth.nodes, truth.edges), "true")
    rows = [true.mistakes(t, claimed.claims(strategy, t)) for t in range(len(truth.nodes))]
    return AdjustmentDistance(truth.nodes, np.array(rows))


@checked()
def structural_intervention_distance(estimate: Graph, truth: Graph) -> AdjustmentDistance:
    """Count the effects that one would compute wrongly by adjusting for estimated parents.

    Parameters
    ----------
    estimate, truth : Graph
        DAGs over the same nodes, in any order.

    Returns
    -------
    AdjustmentDistance

    Raises
    ------
    GraphError
        If the nodes differ, or a graph is not a DAG.

    References
    ----------
    .. [1] J. Peters, P. Buehlmann, "Structural intervention distance for evaluating causal
       graphs", Neural Computation 27 (2015), arXiv:1306.1043.

    Examples
    --------
    >>> from causalrep import Graph
    >>> from identifiability import structural_intervention_distance
    >>> truth = Graph.from_text("A --> B")
    >>> structural_intervention_distance(Graph.from_text("B --> A"), truth).n_mistakes
    2
    """
    for graph, which in ((estimate, "estimated"), (truth, "true")):
        if not graph.is_dag():
            raise GraphError(
                f"The {which} graph must be a DAG. For CPDAGs take "
                "adjustment_identification_distance."
            )
    return adjustment_identification_distance(estimate, truth, strategy="parent")


def _read(graph: Graph, which: str) -> AdjustmentGraph:
    """Return the arrays of a DAG or CPDAG, or refuse it."""
    if not graph.is_dag() and not is_cpdag(graph):
        raise GraphError(
            f"The {which} graph must be a DAG or the CPDAG of one. Take equivalence_class of a "
            "DAG, or close_orientations of an unfinished CPDAG, both in causalrep.equivalence."
        )
    adjacent, arrows = arrays_of(graph)
    directed = arrows & ~arrows.T
    return AdjustmentGraph(directed, adjacent & ~(directed | directed.T))
