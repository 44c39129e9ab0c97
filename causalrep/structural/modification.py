"""Which missing edge would improve a structural model most: score tests of all at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from causalrep.arguments import checked, instance
from causalrep.edges import Edge, Mark
from causalrep.structural.inference import InformationInverse, information_inverse
from causalrep.structural.layout import Directions, Layout
from causalrep.structural.likelihood import Point, cross_information, scores
from causalrep.structural.problem import fitted_point
from causalrep.structural.result import StructuralFit

__all__ = ["ModificationIndex", "modification_indices"]

_BLOCK = 4096
_NO_CHANGE = 1e-6
"""An edge whose information is explained to this share by others cannot change the fit."""


@dataclass(frozen=True, kw_only=True)
class ModificationIndex:
    """What adding one edge would do.

    Parameters
    ----------
    edge : Edge
        The edge that the graph lacks.
    statistic : float
        Score statistic: by how much the likelihood-ratio statistic should fall.
    p_value : float
        Of the test that the edge is not needed.
    expected_change : float
        Its standardised weight, or its error correlation, after one step of scoring.
    """

    edge: Edge
    statistic: float
    p_value: float
    expected_change: float

    def __str__(self) -> str:
        return f"{self.edge}  {self.statistic:.3f}  (about {self.expected_change:+.3f})"


@checked(fit=instance("StructuralFit"))
def modification_indices(
    fit: StructuralFit, *, directed: bool = True, bidirected: bool = False
) -> tuple[ModificationIndex, ...]:
    r"""Test for each pair of nodes without an edge whether the model wants one.

    Parameters
    ----------
    fit : StructuralFit
        The model to be improved.
    directed : bool, default=True
        Try directed edges, in each direction that makes no cycle.
    bidirected : bool, default=False
        Try bidirected edges.

    Returns
    -------
    tuple of ModificationIndex
        The largest statistic first. Left out are edges that cannot change the implied covariance
        to first order, because the edges at hand already can.

    Notes
    -----
    With gradient g and expected Hessian H of the discrepancy, a for the new parameter and p for
    those of the model, the score statistic is

    .. math:: \frac{n g_a^2}{2 (H_{aa} - H_{ap} H_{pp}^{+} H_{pa})} .

    References
    ----------
    Sörbom. "Model modification", Psychometrika 54 (1989) 371-384, doi:10.1007/BF02294623.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.datasets import load_holzinger_swineford
    >>> from causalrep.structural import fit_structural, modification_indices
    >>> data = load_holzinger_swineford()
    >>> fit = fit_structural(data.truth.graph, np.cov(data.X.T, bias=True), len(data), data.names)
    >>> best = modification_indices(fit)[0]
    >>> print(best.edge, round(best.statistic, 3), round(best.expected_change, 3))
    visual --> x9 36.411 0.515
    """
    problem, point = fitted_point(fit)
    layout = problem.layout
    ends, is_directed = _absent(layout, directed, bidirected)
    new = _directions(layout, ends, is_directed)
    bound = [len(layout.edges) + layout.nodes.index(node) for node in fit.at_bound]
    free = np.setdiff1d(layout.free, bound)
    inverse = information_inverse(layout, point, free)
    own, rest = _remaining_information(new, layout.directions.take(free), inverse, point)
    slope, possible = scores(new, point), rest > _NO_CHANGE * own
    change = np.where(possible, -slope / np.where(possible, rest, 1), 0)
    statistic = -0.5 * fit.n_samples * slope * change
    change *= _standardization(point, ends, is_directed)
    order = np.lexsort((*ends.T[::-1], -statistic))
    return tuple(
        ModificationIndex(
            edge=_edge(layout, ends[k], bool(is_directed[k])),
            statistic=float(statistic[k]),
            p_value=float(special.chdtrc(1, statistic[k])),
            expected_change=float(change[k]),
        )
        for k in order
        if possible[k]
    )


def _directions(layout: Layout, ends: np.ndarray, is_directed: np.ndarray) -> Directions:
    first, second = ends.T
    return Directions(
        left=np.where(is_directed, second, first),
        right=np.where(is_directed, len(layout.nodes) + first, second),
        scale=np.ones(len(ends)),
    )


def _standardization(point: Point, ends: np.ndarray, is_directed: np.ndarray) -> np.ndarray:
    """Factors that turn weights into standardised ones, and error covariances to correlations."""
    spread = np.sqrt(np.diag(point.covariance))
    errors = np.sqrt(np.diag(point.parameters.errors))
    first, second = ends.T
    return np.where(
        is_directed, spread[first] / spread[second], 1 / errors[first] / errors[second]
    )


def _absent(layout: Layout, directed: bool, bidirected: bool) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of nodes that no edge joins, with whether the candidate is directed."""
    n_nodes = len(layout.nodes)
    open_pairs = ~np.eye(n_nodes, dtype=bool)
    for i, j in ((layout.sources, layout.targets), (layout.firsts, layout.seconds)):
        open_pairs[i, j] = open_pairs[j, i] = False
    reaches = _reaches(layout)
    one_way = np.argwhere(open_pairs & ~reaches.T) if directed else np.zeros((0, 2), dtype=int)
    both = np.argwhere(np.triu(open_pairs)) if bidirected else np.zeros((0, 2), dtype=int)
    return np.concatenate([one_way, both]), np.arange(len(one_way) + len(both)) < len(one_way)


def _remaining_information(
    new: Directions, present: Directions, inverse: InformationInverse, point: Point
) -> tuple[np.ndarray, np.ndarray]:
    """Information on each new parameter, alone and beside those of the model."""
    gram = point.gram
    left, right, scale = new
    own = 2 * scale**2 * (gram[left, left] * gram[right, right] + gram[left, right] ** 2)
    shared = [
        ((cross_information(new.take(block), present, point) @ inverse.root) ** 2).sum(axis=1)
        for block in np.split(np.arange(len(left)), range(_BLOCK, len(left), _BLOCK))
    ]
    return own, own - np.concatenate(shared)


def _edge(layout: Layout, ends: np.ndarray, is_directed: bool) -> Edge:
    first, second = (layout.nodes[place] for place in ends)
    return Edge(first, second) if is_directed else Edge(first, second, Mark.ARROW, Mark.ARROW)


def _reaches(layout: Layout) -> np.ndarray:
    """Whether a directed path leads from one node to another."""
    reaches = np.zeros((len(layout.nodes), len(layout.nodes)), dtype=bool)
    for source, target in zip(layout.sources[::-1], layout.targets[::-1], strict=True):
        reaches[source] |= reaches[target]
        reaches[source, target] = True
    return reaches
