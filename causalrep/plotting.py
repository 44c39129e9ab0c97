"""Pictures of graphs, by matplotlib."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from causalrep.data import Dataset, default_names
from causalrep.displays import Display
from causalrep.exceptions import GraphError
from causalrep.graph_drawing import Drawing, measured_labels, measured_nodes
from causalrep.graph_layout import layered_layout
from causalrep.graph_layout_dot import dot_is_present, dot_layout
from causalrep.graph_legend import Legend
from causalrep.graph_looks import EdgeKind, EdgeLook
from causalrep.graphs import Edge, Graph
from causalrep.loadings import standardised_loadings, with_features

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["GraphDisplay"]


class WeightedEdge(Protocol):
    """What an element of ``loadings`` has to know."""

    @property
    def source(self) -> str: ...
    @property
    def target(self) -> str: ...
    @property
    def weight(self) -> float: ...


class EdgeWithInterval(WeightedEdge, Protocol):
    """What an element of ``intervals`` has to know; ``identified`` it may know."""

    @property
    def lower(self) -> float: ...
    @property
    def upper(self) -> float: ...


class GraphDisplay(Display):
    """Picture of a graph, with weights and their intervals on its edges.

    Observed nodes are boxes and latent ones ellipses of another colour, with dashes where they
    are not identified. Edges end in what their marks say: nothing, an arrow or a circle.
    Bidirected edges are dashed, an edge whose interval covers zero is grey and dashed, one
    whose effect is not identified light grey and dotted, and loadings are thin and blue. The
    wider a line, the larger its weight. A legend names what occurs of these.

    Parameters
    ----------
    graph : Graph
        The graph.
    weights : array-like of shape (n_nodes, n_nodes), default=None
        Coefficients of the directed edges in the order of ``graph.nodes``, row = cause.
    intervals : iterable of objects, default=None
        Estimates with the attributes ``source``, ``target``, ``weight``, ``lower`` and
        ``upper``, which go before ``weights``. Those of pairs without a directed edge in the
        graph are passed over. Where an attribute ``identified`` is False, the edge is drawn as
        no finding.
    loadings : iterable of objects, default=None
        Loadings of features on latents, with the attributes ``source``, ``target`` and
        ``weight``: edges of the graph that tell how latents are seen, not what acts on what.
    unidentified : collection of str, default=()
        Latents that the data do not identify.
    legend : bool, default=True
        Whether to explain shapes and lines below the picture, where there is more than one
        shape or a line out of the ordinary.
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
        If weights do not fit the graph, intervals name nodes or loadings edges that it does not
        have, or ``unidentified`` names what is no latent of it (when it is drawn).
    ImportError
        If matplotlib is not installed, or pygraphviz with ``layout="dot"`` (when it is drawn).

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
    ['L1', 'X1', 'X2', '0.80', '0.50', 'observed', 'latent']
    """

    def __init__(
        self,
        graph: Graph,
        *,
        weights: Any = None,
        intervals: Iterable[EdgeWithInterval] | None = None,
        loadings: Iterable[WeightedEdge] | None = None,
        unidentified: Collection[str] = (),
        legend: bool = True,
        layout: Literal["auto", "dot", "layered"] = "auto",
        precision: int = 2,
    ) -> None:
        self.graph = graph
        self.weights = weights
        self.intervals = intervals
        self.loadings = loadings
        self.unidentified = unidentified
        self.legend = legend
        self.layout = layout
        self.precision = precision

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        data: Dataset | None = None,
        n_features: int = 3,
        legend: bool = True,
        layout: Literal["auto", "dot", "layered"] = "auto",
        precision: int = 2,
        ax: Axes | None = None,
    ) -> Self:
        """Draw the ``graph_`` of a fitted estimator, with its ``weights_`` and ``edges_``.

        Parameters
        ----------
        estimator : object
            Fitted, with ``graph_``. Its ``weights_`` are used where they have one row and
            column a node, its ``edges_`` as ``intervals``, and the rows of its
            ``identification_`` tell which latents are not identified.
        data : Dataset, default=None
            What it was fitted on. If given, the features that load most on each latent are
            drawn too, with loadings in the standard deviations of the reference.
        n_features : int, default=3
            Number of features a latent, at most. Without ``data`` none are drawn.
        legend, layout, precision
            As for the class.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure where None is given.

        Returns
        -------
        GraphDisplay

        Raises
        ------
        InvalidDataError
            If ``data`` has no environments, or not the features that were fitted.
        """
        check_is_fitted(estimator, "graph_")
        graph, loadings = estimator.graph_, None
        weights: Any = getattr(estimator, "weights_", None)
        if np.shape(weights) != (len(graph), len(graph)):
            weights = None
        if data is not None:
            names = data.names or default_names(data.shape[1], "X")
            values = standardised_loadings(estimator, data)
            graph, loadings = with_features(graph, values, names, n_features)
            if weights is not None:
                weights = np.pad(weights, (0, len(graph) - len(weights)))
        rows = getattr(getattr(estimator, "identification_", None), "rows", ())
        display = cls(
            graph,
            weights=weights,
            intervals=getattr(estimator, "edges_", None),
            loadings=loadings,
            unidentified=tuple(name for name, found, _ in rows if not found),
            legend=legend,
            layout=layout,
            precision=precision,
        )
        return display.plot(ax=ax)

    def _draw(self, ax: Axes | None) -> Axes:
        place = self._checked_layout()
        looks, unidentified = self._looks(), self._unidentified()
        nodes = measured_nodes(self.graph)
        labels = measured_labels(looks)
        sizes = {name: node.size for name, node in nodes.items()}
        layout = place(self.graph, sizes, {edge: label.size for edge, label in labels.items()})
        legend = Legend.of(self.graph, looks.values(), unidentified) if self.legend else Legend()
        drawing = Drawing(self.graph, layout, nodes, looks, labels, unidentified, legend)
        return drawing.draw(ax)

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
        looks |= self._from_weights() | self._from_intervals() | self._from_loadings()
        largest = max(
            (abs(look.weight) for look in looks.values() if look.is_weighed), default=1.0
        )
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
                found = getattr(estimate, "identified", True)
                kind = EdgeKind.KNOWN if found else EdgeKind.UNIDENTIFIED
                bounds = (estimate.lower, estimate.upper)
                looks[edge] = EdgeLook.of(estimate.weight, self.precision, bounds, kind)
        return looks

    def _from_loadings(self) -> dict[Edge, EdgeLook]:
        looks = {
            Edge(item.source, item.target): EdgeLook.of(
                item.weight, self.precision, kind=EdgeKind.LOADING
            )
            for item in self.loadings or ()
        }
        strange = [str(edge) for edge in looks if edge not in self.graph]
        if strange:
            raise GraphError(
                f"loadings name {', '.join(strange)}, which the graph does not have. Add them to "
                "its edges."
            )
        return looks

    def _unidentified(self) -> frozenset[str]:
        strange = sorted(set(self.unidentified) - set(self.graph.latent))
        if strange:
            raise GraphError(
                f"unidentified names {', '.join(map(repr, strange))}, but the graph's latents are "
                f"{', '.join(map(repr, self.graph.latent)) or 'none'}."
            )
        return frozenset(self.unidentified)
