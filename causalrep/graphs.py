"""Mixed causal graphs: named nodes, some of them latent, and edges with a mark at each end."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, Literal

import networkx as nx
import numpy as np

from causalrep.data import default_names
from causalrep.edges import Edge, Mark, check_name, parse_graph, quoted
from causalrep.exceptions import GraphError

__all__ = ["Edge", "Graph", "Mark"]

_SHOWN_EDGES = 8


class Graph:
    """A graph over named nodes, some of which may be latent.

    Edges carry a tail, an arrow or a circle at each end, so that one class holds directed
    acyclic graphs, graphs with bidirected edges (unobserved common causes), and the partially
    oriented answers of discovery methods. Two nodes may be joined by several different edges,
    such as ``X --> Y`` beside ``X <-> Y``. A graph never changes; methods return new ones.

    Parameters
    ----------
    nodes : iterable of str
        Names of the nodes, in the order in which arrays and tables show them.
    edges : iterable of Edge, str or (str, str), default=()
        Edges as objects, as text ``"X1 o-> X2"``, or as pairs (cause, effect).
    latent : iterable of str, default=()
        Names of the nodes that are not observed.

    Attributes
    ----------
    nodes : tuple of str
        Names of all nodes.
    edges : tuple of Edge
        Edges, sorted by the positions of their nodes.
    latent, observed : tuple of str
        Names of the latent and of the observed nodes.

    Raises
    ------
    GraphError
        If names repeat, an edge names an unknown node, is a self-loop or occurs twice, or a
        text cannot be read.

    Notes
    -----
    Graphs are equal where their sets of nodes, latent nodes and edges are; the order of the
    nodes matters only to arrays and pictures.

    References
    ----------
    .. [1] Richardson, T. and Spirtes, P. (2002). Ancestral graph Markov models. Annals of
       Statistics 30(4), 962-1030.
    .. [2] Zhang, J. (2008). On the completeness of orientation rules for causal discovery in
       the presence of latent confounders and selection bias. Artificial Intelligence 172,
       1873-1896.

    Examples
    --------
    >>> from causalrep import Graph
    >>> graph = Graph(["L1", "X1", "X2"], [("L1", "X1"), "L1 --> X2"], latent=["L1"])
    >>> print(graph)
    L1 --> X1, L1 --> X2; latent L1
    >>> graph.children("L1"), graph.observed
    (('X1', 'X2'), ('X1', 'X2'))
    >>> graph == Graph.from_text("L1 --> X2, L1 --> X1; latent L1")
    True
    >>> graph.d_separated("X1", "X2", given="L1")
    True
    """

    nodes: tuple[str, ...]
    edges: tuple[Edge, ...]
    latent: tuple[str, ...]

    def __init__(
        self,
        nodes: Iterable[str],
        edges: Iterable[Edge | str | tuple[str, str]] = (),
        latent: Iterable[str] = (),
    ) -> None:
        names = _listed(nodes, "nodes")
        for name in names:
            check_name(name)
        _refuse_repeated("Node names", names)
        positions = {name: position for position, name in enumerate(names)}
        found = [_as_edge(edge) for edge in _listed(edges, "edges")]
        _refuse_repeated("Edges", [str(edge) for edge in found])
        hidden = _listed(latent, "latent")
        for name in (*hidden, *(end for edge in found for end in edge.nodes)):
            _refuse_unknown(name, positions)
        found.sort(key=lambda edge: (*(positions[end] for end in edge.nodes), str(edge)))
        state = (tuple(names), tuple(found), tuple(n for n in names if n in set(hidden)))
        for field, value in zip(("nodes", "edges", "latent"), state, strict=True):
            object.__setattr__(self, field, value)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(
            f"A Graph never changes, so its {name!r} cannot be set. Make a new graph."
        )

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"A Graph never changes, so its {name!r} cannot be deleted.")

    @classmethod
    def from_text(cls, text: str) -> Graph:
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

    @classmethod
    def from_weights(
        cls,
        weights: Any,
        names: Iterable[str] | None = None,
        latent: bool | Iterable[str] = (),
        threshold: float = 0.0,
    ) -> Graph:
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

        Raises
        ------
        GraphError
            If the matrix is not square and finite or has a self-loop.

        Examples
        --------
        >>> from causalrep import Graph
        >>> print(Graph.from_weights([[0, 0.8], [0, 0]], latent=True))
        L1 --> L2; latent L1, L2
        """
        matrix = square_matrix(weights, "weights")
        if not np.isfinite(matrix).all():
            raise GraphError("weights must be finite, but hold NaN or infinity.")
        default = default_names(len(matrix), "L" if latent is True else "X")
        names = default if names is None else checked_names(names, len(matrix))
        pairs = np.argwhere(np.abs(matrix) > threshold)
        hidden = latent if not isinstance(latent, bool) else names if latent else ()
        return cls(names, [(names[cause], names[effect]) for cause, effect in pairs], hidden)

    @classmethod
    def from_array(
        cls,
        array: Any,
        *,
        edge_direction: Literal["row->column", "column->row"],
        names: Iterable[str] | None = None,
        latent: bool | Iterable[str] = (),
    ) -> Graph:
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
        matrix = square_matrix(array, "array")
        return cls.from_weights(_directed(matrix, edge_direction), names, latent)

    def to_array(self, *, edge_direction: Literal["row->column", "column->row"]) -> np.ndarray:
        """Return the adjacency matrix of a graph whose edges are all directed.

        Parameters
        ----------
        edge_direction : {"row->column", "column->row"}
            Which index is the cause; always said by name, for libraries differ.

        Returns
        -------
        ndarray of bool of shape (n_nodes, n_nodes)
            In the order of ``nodes``.

        Raises
        ------
        GraphError
            If an edge is not directed.
        """
        self._refuse_mixed("to_array", "to_pcalg(amat_type='pag')")
        position = self._positions
        matrix = np.zeros((len(self), len(self)), dtype=bool)
        for edge in self.edges:
            matrix[position[edge.source], position[edge.target]] = True
        return _directed(matrix, edge_direction)

    def to_text(self) -> str:
        """Return the text form, which :meth:`from_text` reads back in the same node order."""
        seen = dict.fromkeys(end for edge in self.edges for end in edge.nodes)
        clauses = [", ".join(map(str, self.edges))] if self.edges else []
        if tuple(seen) != self.nodes:
            clauses.insert(0, f"nodes {', '.join(map(quoted, self.nodes))}" if self.nodes else "")
        if self.latent:
            clauses.append(f"latent {', '.join(map(quoted, self.latent))}")
        return "; ".join(clauses)

    __str__ = to_text

    def __repr__(self) -> str:
        hidden = f" ({len(self.latent)} latent)" if self.latent else ""
        shown = ", ".join(map(str, self.edges[:_SHOWN_EDGES]))
        more = ", ..." if len(self.edges) > _SHOWN_EDGES else ""
        return (
            f"<Graph: {_counted(len(self), 'node')}{hidden}, "
            f"{_counted(len(self.edges), 'edge')}{': ' if shown else ''}{shown}{more}>"
        )

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{html.escape(node)}</td><td>{'latent' if self.is_latent(node) else ''}</td>"
            f"<td>{'<br>'.join(html.escape(str(e)) for e in self.edges if node == e.source)}</td>"
            "</tr>"
            for node in self.nodes
        )
        head = "<tr><th>node</th><th></th><th>edges from it</th></tr>"
        return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Graph):
            return NotImplemented
        return self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[str]:
        return iter(self.nodes)

    def __contains__(self, item: object) -> bool:
        """Whether a node name or an Edge is part of the graph."""
        return item in (self.edges if isinstance(item, Edge) else self.nodes)

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.nodes, self.edges, self.latent))

    @property
    def observed(self) -> tuple[str, ...]:
        """Names of the nodes that are not latent."""
        return tuple(node for node in self.nodes if node not in self.latent)

    def is_latent(self, node: str) -> bool:
        """Whether a node is latent."""
        self._check(node)
        return node in self.latent

    def parents(self, node: str) -> tuple[str, ...]:
        """Return the nodes with ``parent --> node``."""
        return self._others(node, lambda edge: edge.is_directed and edge.target == node)

    def children(self, node: str) -> tuple[str, ...]:
        """Return the nodes with ``node --> child``."""
        return self._others(node, lambda edge: edge.is_directed and edge.source == node)

    def spouses(self, node: str) -> tuple[str, ...]:
        """Return the nodes with ``node <-> spouse``."""
        return self._others(node, lambda edge: edge.is_bidirected)

    def neighbors(self, node: str) -> tuple[str, ...]:
        """Return the nodes with ``node --- neighbor`` (only undirected edges)."""
        return self._others(node, lambda edge: edge.is_undirected)

    def adjacents(self, node: str) -> tuple[str, ...]:
        """Return the nodes joined to a node by any edge."""
        return self._others(node, lambda edge: True)

    def ancestors(self, node: str) -> tuple[str, ...]:
        """Return the nodes with a directed path to a node, itself not counted."""
        self._check(node)
        return self._ordered(nx.ancestors(self._directed_part, node))

    def descendants(self, node: str) -> tuple[str, ...]:
        """Return the nodes that a directed path reaches, the node itself not counted."""
        self._check(node)
        return self._ordered(nx.descendants(self._directed_part, node))

    def adjacent(self, a: str, b: str) -> bool:
        """Whether any edge joins two nodes."""
        return bool(self.edges_between(a, b))

    def edges_between(self, a: str, b: str) -> tuple[Edge, ...]:
        """Return the edges that join two nodes."""
        self._check(a, b)
        return tuple(edge for edge in self.edges if set(edge.nodes) == {a, b})

    @property
    def is_directed(self) -> bool:
        """Whether all edges are directed (cycles allowed)."""
        return all(edge.is_directed for edge in self.edges)

    def is_dag(self) -> bool:
        """Whether all edges are directed and there is no cycle."""
        return self.is_directed and nx.is_directed_acyclic_graph(self._directed_part)

    def topological_order(self) -> tuple[str, ...]:
        """Return the nodes, causes before effects; ties in the order of ``nodes``.

        Raises
        ------
        GraphError
            If an edge is not directed, or there is a cycle, which the message names.
        """
        self._refuse_mixed("topological_order", "skeleton")
        self._refuse_cycle()
        key = self._positions.__getitem__
        return tuple(nx.lexicographical_topological_sort(self._directed_part, key=key))

    def skeleton(self) -> Graph:
        """Return the graph with one undirected edge for each adjacent pair."""
        pairs = {frozenset(edge.nodes): edge.nodes for edge in self.edges}.values()
        return self._with_edges(Edge(*pair, Mark.TAIL, Mark.TAIL) for pair in pairs)

    def transitive_closure(self) -> Graph:
        """Return the DAG with an edge from each ancestor to each descendant."""
        self.topological_order()
        return self._with_edges(nx.transitive_closure_dag(self._directed_part).edges)

    def transitive_reduction(self) -> Graph:
        """Return the DAG with the fewest edges that has the same ancestors."""
        self.topological_order()
        return self._with_edges(nx.transitive_reduction(self._directed_part).edges)

    def subgraph(self, nodes: Iterable[str]) -> Graph:
        """Return the graph over some of the nodes, in the order given."""
        kept = _listed(nodes, "nodes")
        self._check(*kept)
        edges = [edge for edge in self.edges if set(edge.nodes) <= set(kept)]
        return type(self)(kept, edges, [node for node in self.latent if node in kept])

    def rename(self, mapping: Mapping[str, str]) -> Graph:
        """Return the graph with new names; nodes that the mapping leaves out keep theirs."""
        self._check(*mapping)
        new = {node: mapping.get(node, node) for node in self.nodes}
        edges = [Edge(new[edge.source], new[edge.target], *edge.marks) for edge in self.edges]
        return type(self)(new.values(), edges, [new[node] for node in self.latent])

    def with_latent(self, latent: Iterable[str]) -> Graph:
        """Return the graph with exactly these nodes latent."""
        return type(self)(self.nodes, self.edges, latent)

    def d_separated(
        self, a: str | Iterable[str], b: str | Iterable[str], given: str | Iterable[str] = ()
    ) -> bool:
        """Whether two sets of nodes are d-separated given a third.

        A bidirected edge counts as an unobserved common cause, so that on graphs with
        bidirected edges this is m-separation.

        Parameters
        ----------
        a, b, given : str or iterable of str
            Disjoint sets of nodes.

        Raises
        ------
        GraphError
            If an edge is undirected or has a circle, there is a cycle, or the sets overlap.
        """
        unfit = [edge for edge in self.edges if not (edge.is_directed or edge.is_bidirected)]
        if unfit:
            raise GraphError(
                f"d-separation wants directed and bidirected edges, but {unfit[0]} came. "
                "Orient the edge first."
            )
        self._refuse_cycle()
        sets = [{s} if isinstance(s, str) else set(s) for s in (a, b, given)]
        self._check(*set().union(*sets))
        if sum(map(len, sets)) != len(set().union(*sets)):
            raise GraphError("d-separation wants three sets that do not overlap.")
        expanded = self._directed_part.copy()
        for edge in self.edges:
            if edge.is_bidirected:
                expanded.add_edges_from((edge, end) for end in edge.nodes)
        return nx.is_d_separator(expanded, *sets)

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {node: position for position, node in enumerate(self.nodes)}

    @cached_property
    def _key(self) -> tuple[frozenset[Any], ...]:
        return (frozenset(self.nodes), frozenset(self.edges), frozenset(self.latent))

    @cached_property
    def _directed_part(self) -> nx.DiGraph:
        part = nx.DiGraph()
        part.add_nodes_from(self.nodes)
        part.add_edges_from(edge.nodes for edge in self.edges if edge.is_directed)
        return part

    def _with_edges(self, edges: Iterable[Edge | tuple[str, str]]) -> Graph:
        return type(self)(self.nodes, edges, self.latent)

    def _ordered(self, nodes: set[str]) -> tuple[str, ...]:
        return tuple(sorted(nodes, key=self._positions.__getitem__))

    def _others(self, node: str, wanted: Callable[[Edge], bool]) -> tuple[str, ...]:
        self._check(node)
        touching = (edge for edge in self.edges if node in edge.nodes)
        return self._ordered({edge.other(node) for edge in touching if wanted(edge)})

    def _check(self, *nodes: str) -> None:
        for node in nodes:
            _refuse_unknown(node, self._positions)

    def _refuse_mixed(self, wish: str, instead: str) -> None:
        mixed = [edge for edge in self.edges if not edge.is_directed]
        if mixed:
            raise GraphError(
                f"{wish} wants a graph whose edges are all directed, but {len(mixed)} of "
                f"{len(self.edges)} are not, such as {mixed[0]}. Call {instead} instead."
            )

    def _refuse_cycle(self) -> None:
        if not nx.is_directed_acyclic_graph(self._directed_part):
            cycle = [tail for tail, _ in nx.find_cycle(self._directed_part)]
            raise GraphError(
                f"The graph must have no directed cycle, but {' --> '.join([*cycle, cycle[0]])} "
                "is one. Remove one of its edges."
            )


def square_matrix(values: Any, what: str) -> np.ndarray:
    """Return values as a square matrix of numbers, or refuse them."""
    matrix = np.asarray(values)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.dtype.kind not in "biuf":
        raise GraphError(
            f"{what} must be a square matrix of real numbers, one row and column a node, "
            f"but has shape {matrix.shape} and type {matrix.dtype}."
        )
    return matrix


def checked_names(names: Iterable[str], n_nodes: int) -> tuple[str, ...]:
    """Return one name for each node, or refuse them."""
    names = tuple(_listed(names, "names"))
    if len(names) != n_nodes:
        raise GraphError(
            f"One name for each of {n_nodes} nodes was wanted, but {len(names)} came."
        )
    return names


def _listed(items: Any, what: str) -> list[Any]:
    if isinstance(items, str) or not isinstance(items, Iterable):
        raise GraphError(f"{what} must be an iterable such as a list, but {items!r} came.")
    return list(items)


def _as_edge(edge: Any) -> Edge:
    if isinstance(edge, Edge):
        return edge
    if isinstance(edge, str):
        return Edge.from_text(edge)
    if isinstance(edge, tuple) and len(edge) == 2:
        return Edge(*edge)
    raise GraphError(
        f"An edge is an Edge, a text such as 'X1 o-> X2' or a pair (cause, effect), "
        f"but {edge!r} came."
    )


def _refuse_repeated(what: str, items: list[str]) -> None:
    repeated = sorted({item for item in items if items.count(item) > 1})
    if repeated:
        raise GraphError(f"{what} must differ, but {', '.join(map(repr, repeated))} repeat.")


def _refuse_unknown(name: object, known: Iterable[str]) -> None:
    if name not in known:
        shown = ", ".join(map(repr, known)) or "none"
        raise GraphError(f"There is no node {name!r} in the graph; its nodes are {shown}.")


def _directed(matrix: np.ndarray, edge_direction: str) -> np.ndarray:
    if edge_direction not in ("row->column", "column->row"):
        raise GraphError(
            f"edge_direction is 'row->column' (row = cause) or 'column->row', "
            f"but {edge_direction!r} came."
        )
    return matrix if edge_direction == "row->column" else matrix.T.copy()


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
