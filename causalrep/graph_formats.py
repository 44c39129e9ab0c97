"""The ways into and out of a Graph: our text form, matrices, networkx and other programs."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from typing import Any, Literal, Self

import networkx as nx
import numpy as np

from causalrep.edges import Edge, GraphParts, parse_graph, quoted
from causalrep.exceptions import GraphError
from causalrep.graph_languages import (
    read_dagitty,
    read_dot,
    write_dagitty,
    write_dot,
    write_mermaid,
)
from causalrep.graph_matrices import (
    CAUSAL_LEARN,
    PCALG,
    Coding,
    read_codes,
    read_lingam,
    read_weights,
    square_matrix,
    write_adjacency,
    write_codes,
    write_lingam,
)
from causalrep.graph_networkx import (
    read_graphml,
    read_networkx,
    write_graphml,
    write_networkx,
    write_networkx_multigraph,
)

__all__ = ["GraphFormats"]

EdgeDirection = Literal["row->column", "column->row"]
AmatType = Literal["cpdag", "pag"]


class GraphFormats:
    """The converters of :class:`causalrep.Graph`.

    Every ``from_`` method raises :class:`causalrep.exceptions.GraphError` for what it cannot
    read, and every ``to_`` method for what the other format cannot hold; nothing is dropped in
    silence. Matrices hold neither names nor the latent mark: pass ``names=graph.nodes`` and
    ``latent=graph.latent`` on the way back.
    """

    nodes: tuple[str, ...]
    edges: tuple[Edge, ...]
    latent: tuple[str, ...]

    def __init__(self, nodes: Any, edges: Any = (), latent: Any = ()) -> None:
        raise NotImplementedError

    @property
    def _parts(self) -> GraphParts:
        return GraphParts(self.nodes, self.edges, self.latent)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read the text form.

        Parameters
        ----------
        text : str
            Edges such as ``X1 o-> X2`` separated by commas, semicolons or line ends; the
            clause ``latent A, B`` names latent nodes, ``nodes A, B, C`` gives the order or
            nodes without edges. Names with spaces stand in double quotes.

        Raises
        ------
        GraphError
            If a part of the text cannot be read; the message quotes it.

        Examples
        --------
        >>> from causalrep import Graph
        >>> Graph.from_text('"blood pressure" --> stroke, age o-> stroke').nodes
        ('blood pressure', 'stroke', 'age')
        """
        return cls(*parse_graph(text))

    def to_text(self) -> str:
        """Return the text form, which :meth:`from_text` reads back in the same node order."""
        seen = dict.fromkeys(end for edge in self.edges for end in edge.nodes)
        clauses = [", ".join(map(str, self.edges))] if self.edges else []
        if tuple(seen) != self.nodes:
            clauses.insert(0, f"nodes {', '.join(map(quoted, self.nodes))}")
        if self.latent:
            clauses.append(f"latent {', '.join(map(quoted, self.latent))}")
        return "; ".join(clauses)

    @classmethod
    def from_weights(
        cls,
        weights: Any,
        names: Iterable[str] | None = None,
        latent: bool | Iterable[str] = (),
        threshold: float = 0.0,
    ) -> Self:
        """Make a directed graph of a matrix of coefficients.

        Parameters
        ----------
        weights : array-like of shape (n_nodes, n_nodes)
            Row = cause, column = effect.
        names : iterable of str, default=None
            Names of the nodes; ``X1``, ``X2``, ..., or ``L1``, ``L2``, ... where
            ``latent=True``.
        latent : bool or iterable of str, default=()
            Whether all nodes are latent, or the names of those that are.
        threshold : float, default=0.0
            An edge is drawn where the absolute weight exceeds it.

        Examples
        --------
        >>> from causalrep import Graph
        >>> print(Graph.from_weights([[0, 0.8], [0, 0]], latent=True))
        L1 --> L2; latent L1, L2
        """
        return cls(*read_weights(weights, names, latent, threshold))

    @classmethod
    def from_array(
        cls,
        array: Any,
        *,
        edge_direction: EdgeDirection,
        names: Iterable[str] | None = None,
        latent: bool | Iterable[str] = (),
    ) -> Self:
        """Make a directed graph of an adjacency matrix whose direction is said by name.

        Parameters
        ----------
        array : array-like of shape (n_nodes, n_nodes)
            Non-zero where there is an edge.
        edge_direction : {"row->column", "column->row"}
            Which index is the cause.
        names, latent
            As in :meth:`from_weights`.
        """
        matrix = square_matrix(array, "The adjacency matrix")
        return cls(*read_weights(_directed(matrix, edge_direction), names, latent, 0.0))

    def to_array(self, *, edge_direction: EdgeDirection) -> np.ndarray:
        """Return the adjacency matrix of a graph whose edges are all directed.

        Parameters
        ----------
        edge_direction : {"row->column", "column->row"}
            Which index is the cause; always said by name, for libraries differ.

        Returns
        -------
        ndarray of bool of shape (n_nodes, n_nodes)
            In the order of ``nodes``.

        Examples
        --------
        >>> from causalrep import Graph
        >>> Graph.from_text("X1 --> X2").to_array(edge_direction="row->column").tolist()
        [[False, True], [False, False]]
        """
        return _directed(write_adjacency(self._parts), edge_direction)

    @classmethod
    def from_networkx(cls, graph: nx.Graph) -> Self:
        """Read a networkx graph.

        Parameters
        ----------
        graph : networkx.Graph, DiGraph, MultiGraph or MultiDiGraph
            Nodes become strings; a true node attribute ``latent`` is the latent mark. Edges
            of undirected graphs are ``---``, those of directed graphs ``-->`` unless their
            attributes ``source_mark`` and ``target_mark`` are ``"tail"``, ``"arrow"`` or
            ``"circle"``.
        """
        return cls(*read_networkx(graph))

    def to_networkx(self) -> nx.DiGraph:
        """Return a networkx DiGraph with the node attribute ``latent``.

        Raises
        ------
        GraphError
            If an edge is not directed; :meth:`to_networkx_multigraph` holds every graph.

        Examples
        --------
        >>> from causalrep import Graph
        >>> list(Graph.from_text("L --> X; latent L").to_networkx().nodes(data="latent"))
        [('L', True), ('X', False)]
        """
        return write_networkx(self._parts)

    def to_networkx_multigraph(self) -> nx.MultiDiGraph:
        """Return a networkx MultiDiGraph that holds any edge.

        Its edges carry ``source_mark`` and ``target_mark``. They are no arrows by themselves:
        an algorithm of networkx that takes ``X <-> Y`` for ``X --> Y`` answers wrongly.
        """
        return write_networkx_multigraph(self._parts)

    @classmethod
    def from_graphml(cls, source: str | PathLike[str]) -> Self:
        """Read GraphML, given as text or as the Path of a file."""
        return cls(*read_graphml(source))

    def to_graphml(self) -> str:
        """Return GraphML text, with ``latent`` and the marks as attributes."""
        return write_graphml(self._parts)

    @classmethod
    def from_dot(cls, text: str) -> Self:
        """Read Graphviz text.

        Parameters
        ----------
        text : str
            A ``digraph`` or ``graph`` of nodes, edges, chains and groups; subgraphs and ports
            are refused. Arrowheads ``normal``, ``none`` and ``odot`` are the marks, and a node
            with ``latent=true`` is latent; other attributes are passed over.

        Examples
        --------
        >>> from causalrep import Graph
        >>> print(Graph.from_dot('digraph { A -> B -> C; C -> D [dir=both] }'))
        A --> B, B --> C, C <-> D
        """
        return cls(*read_dot(text))

    def to_dot(self) -> str:
        """Return Graphviz text; latent nodes are dashed ellipses with ``latent=true``."""
        return write_dot(self._parts)

    def to_mermaid(self) -> str:
        """Return a Mermaid flowchart.

        Mermaid draws no arrow with a circle at its other end: ``o->`` is an arrow so labelled.
        """
        return write_mermaid(self._parts)

    @classmethod
    def from_dagitty(cls, text: str) -> Self:
        """Read dagitty text of type ``dag``, ``pdag``, ``mag`` or ``pag``.

        Examples
        --------
        >>> from causalrep import Graph
        >>> print(Graph.from_dagitty("pag { A @-> B <-> C }"))
        A o-> B, B <-> C
        """
        return cls(*read_dagitty(text))

    def to_dagitty(self) -> str:
        """Return dagitty text of the narrowest type that holds the edges.

        Raises
        ------
        GraphError
            If there is a directed cycle, or a name holds a double quote or backslash.
        """
        return write_dagitty(self._parts)

    @classmethod
    def from_pcalg(
        cls,
        amat: Any,
        *,
        amat_type: AmatType,
        names: Iterable[str] | None = None,
        latent: bool | Iterable[str] = (),
    ) -> Self:
        """Read an adjacency matrix of the R package pcalg.

        Parameters
        ----------
        amat : array-like of shape (n_nodes, n_nodes)
            Integer codes; see :meth:`to_pcalg`.
        amat_type : {"cpdag", "pag"}
            Which of pcalg's two codings it is.
        names, latent
            As in :meth:`from_weights`.
        """
        return cls(*read_codes(amat, _pcalg(amat_type), names, latent))

    def to_pcalg(self, *, amat_type: AmatType) -> np.ndarray:
        """Return an adjacency matrix of the R package pcalg.

        Parameters
        ----------
        amat_type : {"cpdag", "pag"}
            ``"cpdag"`` (directed and undirected edges): the entry [a, b] is the mark at a, so
            [a, b] = 0 and [b, a] = 1 is ``a --> b``, and two ones are ``a --- b``.
            ``"pag"`` (any one edge for a pair): [a, b] is the mark at b, with 1 a circle, 2 an
            arrow and 3 a tail.

        Returns
        -------
        ndarray of int of shape (n_nodes, n_nodes)

        Notes
        -----
        The coding is that of the help page ``amatType`` of pcalg.

        Examples
        --------
        >>> from causalrep import Graph
        >>> Graph.from_text("X1 --> X2").to_pcalg(amat_type="pag").tolist()
        [[0, 2], [3, 0]]
        """
        return write_codes(self._parts, _pcalg(amat_type))

    @classmethod
    def from_causal_learn(
        cls,
        matrix: Any,
        *,
        names: Iterable[str] | None = None,
        latent: bool | Iterable[str] = (),
    ) -> Self:
        """Read the matrix ``G.graph`` of a causal-learn graph.

        Parameters
        ----------
        matrix : array-like of shape (n_nodes, n_nodes)
            Integer codes; see :meth:`to_causal_learn`.
        names : iterable of str, default=None
            Names of the nodes, such as ``G.get_node_names()``.
        latent : bool or iterable of str, default=()
            As in :meth:`from_weights`.
        """
        return cls(*read_codes(matrix, CAUSAL_LEARN, names, latent))

    def to_causal_learn(self) -> np.ndarray:
        """Return the matrix that a causal-learn graph holds as ``G.graph``.

        The entry [a, b] is the mark at a: -1 a tail, 1 an arrow, 2 a circle, so [b, a] = 1 and
        [a, b] = -1 is ``a --> b``. An arrow or an undirected edge beside ``<->`` has codes of
        its own (4, 5); other double edges are refused.

        Returns
        -------
        ndarray of int of shape (n_nodes, n_nodes)
        """
        return write_codes(self._parts, CAUSAL_LEARN)

    @classmethod
    def from_lingam(
        cls,
        matrix: Any,
        *,
        names: Iterable[str] | None = None,
        latent: bool | Iterable[str] = (),
        threshold: float = 0.0,
    ) -> Self:
        """Read the ``adjacency_matrix_`` of a lingam model.

        Parameters
        ----------
        matrix : array-like of shape (n_nodes, n_nodes)
            [i, j] is the coefficient of the cause j in the effect i; NaN in both places of a
            pair is ``<->``.
        names, latent, threshold
            As in :meth:`from_weights`.
        """
        return cls(*read_lingam(matrix, names, latent, threshold))

    def to_lingam(self) -> np.ndarray:
        """Return a matrix in lingam's direction: [i, j] = 1 for ``j --> i``, NaN for ``<->``.

        Returns
        -------
        ndarray of float of shape (n_nodes, n_nodes)
        """
        return write_lingam(self._parts)


def _directed(matrix: np.ndarray, edge_direction: str) -> np.ndarray:
    if edge_direction not in ("row->column", "column->row"):
        raise GraphError(
            f"edge_direction is 'row->column' (row = cause) or 'column->row', "
            f"but {edge_direction!r} came."
        )
    return matrix if edge_direction == "row->column" else matrix.T.copy()


def _pcalg(amat_type: str) -> Coding:
    if amat_type not in PCALG:
        raise GraphError(f"amat_type is 'cpdag' or 'pag', but {amat_type!r} came.")
    return PCALG[amat_type]
