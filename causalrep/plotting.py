"""Pictures of graphs, by matplotlib."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from causalrep.exceptions import GraphError
from causalrep.graph_drawing import EdgeLook, draw, measured_labels, measured_nodes
from causalrep.graph_layout import layered_layout
from causalrep.graph_layout_dot import dot_is_present, dot_layout
from causalrep.graphs import Edge, Graph

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["GraphDisplay"]


class WeightedEdge(Protocol):
    """What an element of ``intervals`` has to know."""

    source: str
    target: str
    weight: float
    lower: float
    upper: float


class GraphDisplay:
    """Picture of a graph, with weights and their intervals on its edges.

    Observed nodes are boxes and latent ones ellipses of another colour. Edges end in what
    their marks say: nothing, an arrow or a circle. Bidirected edges are dashed, and an edge
    whose interval covers zero is grey and dashed. The wider a line, the larger its weight.

    Parameters
    ----------
    graph : Graph
        The graph.
    weights : array-like of shape (n_nodes, n_nodes), default=None
        Coefficients of the directed edges in the order of ``graph.nodes``, row = cause.
    intervals : iterable of objects, default=None
        Estimates with the attributes ``source``, ``target``, ``weight``, ``lower`` and
        ``upper``, which go before ``weights``. Those of pairs without a directed edge in the
        graph are passed over.
    layout : {"auto", "dot", "layered"}, default="auto"
        ``"dot"`` asks Graphviz, ``"layered"`` is our own; ``"auto"`` is dot where pygraphviz
        is installed.
    precision : int, default=2
        Number of decimals.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes of the picture.
    figure_ : matplotlib Figure
        Figure of the picture.

    Raises
    ------
    GraphError
        If weights do not fit the graph, or intervals name nodes that it does not have.

    See Also
    --------
    Graph.to_dot : The graph as text for Graphviz.
    Graph.to_mermaid : The graph as text for Mermaid.

    Notes
    -----
    The layered drawing follows [1]_.

    References
    ----------
    .. [1] Sugiyama, K., Tagawa, S. and Toda, M. (1981). Methods for visual understanding of
       hierarchical system structures. IEEE Transactions on Systems, Man, and Cybernetics
       11(2), 109-125.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from causalrep import Graph, GraphDisplay
    >>> graph = Graph.from_text("L1 --> X1, L1 --> X2; latent L1")
    >>> display = GraphDisplay(graph, weights=[[0, 0.8, 0.5], [0, 0, 0], [0, 0, 0]]).plot()
    >>> [text.get_text() for text in display.ax_.texts]
    ['L1', 'X1', 'X2', '0.80', '0.50']
    """

    def __init__(
        self,
        graph: Graph,
        *,
        weights: Any = None,
        intervals: Iterable[WeightedEdge] | None = None,
        layout: Literal["auto", "dot", "layered"] = "auto",
        precision: int = 2,
    ) -> None:
        self.graph = graph
        self.weights = weights
        self.intervals = intervals
        self.layout = layout
        self.precision = precision

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        layout: Literal["auto", "dot", "layered"] = "auto",
        precision: int = 2,
        ax: Axes | None = None,
    ) -> Self:
        """Draw the ``graph_`` of a fitted estimator, with its ``weights_`` and ``edges_``.

        Parameters
        ----------
        estimator : object
            Fitted, with ``graph_``. Its ``weights_`` are used where they have one row and
            column a node, and its ``edges_`` as ``intervals``.
        layout, precision
            As for the class.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure where None is given.

        Returns
        -------
        GraphDisplay
        """
        check_is_fitted(estimator, "graph_")
        weights: Any = getattr(estimator, "weights_", None)
        fits = np.shape(weights) == (len(estimator.graph_), len(estimator.graph_))
        display = cls(
            estimator.graph_,
            weights=weights if fits else None,
            intervals=getattr(estimator, "edges_", None),
            layout=layout,
            precision=precision,
        )
        return display.plot(ax=ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure that fits the graph where None is given.

        Returns
        -------
        GraphDisplay
            Itself, with ``ax_`` and ``figure_``.

        Raises
        ------
        ImportError
            If matplotlib is not installed, or pygraphviz with ``layout="dot"``.
        """
        _require_matplotlib()
        place = self._checked_layout()
        looks = self._looks()
        nodes = measured_nodes(self.graph)
        labels = measured_labels(looks)
        sizes = {name: node.size for name, node in nodes.items()}
        layout = place(self.graph, sizes, {edge: label.size for edge, label in labels.items()})
        self.ax_ = draw(self.graph, layout, nodes, looks, labels, ax)
        self.figure_ = self.ax_.figure
        return self

    def _checked_layout(self) -> Any:
        if not isinstance(self.graph, Graph):
            raise GraphError(f"A Graph was wanted, but a {type(self.graph).__name__} came.")
        if self.layout not in ("auto", "dot", "layered"):
            raise GraphError(f"layout is 'auto', 'dot' or 'layered', but {self.layout!r} came.")
        by_dot = self.layout == "dot" or (self.layout == "auto" and dot_is_present())
        return dot_layout if by_dot else layered_layout

    def _looks(self) -> dict[Edge, EdgeLook]:
        """Return what each edge of the graph shows."""
        looks = dict.fromkeys(self.graph.edges, EdgeLook())
        looks |= self._from_weights() | self._from_intervals()
        largest = max((abs(look.weight) for look in looks.values() if look.labels), default=1.0)
        return {edge: look.scaled(largest or 1.0) for edge, look in looks.items()}

    def _from_weights(self) -> dict[Edge, EdgeLook]:
        if self.weights is None:
            return {}
        weights = np.asarray(self.weights, dtype=float)
        if weights.shape != (len(self.graph), len(self.graph)):
            raise GraphError(
                f"weights must have one row (cause) and one column (effect) for each of the "
                f"{len(self.graph)} nodes, but the shape is {weights.shape}."
            )
        place = {node: number for number, node in enumerate(self.graph.nodes)}
        return {
            edge: EdgeLook.of(weights[place[edge.source], place[edge.target]], self.precision)
            for edge in self.graph.edges
            if edge.is_directed
        }

    def _from_intervals(self) -> dict[Edge, EdgeLook]:
        looks = {}
        for estimate in self.intervals or ():
            unknown = {estimate.source, estimate.target} - set(self.graph.nodes)
            if unknown:
                raise GraphError(
                    f"intervals name {', '.join(map(repr, sorted(unknown)))}, which the graph "
                    f"does not have; its nodes are {', '.join(map(repr, self.graph.nodes))}."
                )
            edge = Edge(estimate.source, estimate.target)
            if edge in self.graph:
                bounds = (estimate.lower, estimate.upper)
                looks[edge] = EdgeLook.of(estimate.weight, self.precision, bounds)
        return looks


def _require_matplotlib() -> None:
    try:
        import_module("matplotlib")
    except ImportError as error:
        raise ImportError(
            "Pictures need matplotlib. Install it by `pip install 'causalrep[viz]'`, or write "
            "the graph as text by Graph.to_dot() or Graph.to_mermaid()."
        ) from error
