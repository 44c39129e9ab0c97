"""Mixed causal graphs: named nodes, some of them latent, and edges with a mark at each end."""

from __future__ import annotations

import html
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

import networkx as nx

from causalrep.edges import Edge, Mark, as_edge, check_name
from causalrep.exceptions import GraphError
from causalrep.graph_formats import GraphFormats

__all__ = ["Edge", "Graph", "Mark"]

_SHOWN_EDGES = 8


class Graph(GraphFormats):
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
        found = [as_edge(edge) for edge in _listed(edges, "edges")]
        _refuse_repeated("Edges", [str(edge) for edge in found])
        hidden = dict.fromkeys(_listed(latent, "latent"))
        for name in (*hidden, *(end for edge in found for end in edge.nodes)):
            _refuse_unknown(name, positions)
        found.sort(key=lambda edge: (*(positions[end] for end in edge.nodes), str(edge)))
        state = (tuple(names), tuple(found), tuple(n for n in names if n in hidden))
        for field, value in zip(("nodes", "edges", "latent"), state, strict=True):
            object.__setattr__(self, field, value)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(
            f"A Graph never changes, so its {name!r} cannot be set. Make a new graph."
        )

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"A Graph never changes, so its {name!r} cannot be deleted.")

    def __str__(self) -> str:
        return self.to_text()

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
        hidden = set(self.latent)
        return tuple(node for node in self.nodes if node not in hidden)

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
        return tuple(edge for edge in self._edges_at[a] if b in edge.nodes and a != b)

    @property
    def is_directed(self) -> bool:
        """Whether all edges are directed (cycles allowed)."""
        return all(edge.is_directed for edge in self.edges)

    def is_dag(self) -> bool:
        """Whether all edges are directed and there is no cycle."""
        return self.is_directed and nx.is_directed_acyclic_graph(self._directed_part)

    def require_oriented(self, what: str) -> None:
        """Refuse edges that are neither directed nor bidirected.

        Parameters
        ----------
        what : str
            What wants the graph, such as ``"d-separation"``; the message begins with it.

        Raises
        ------
        GraphError
            If an edge is undirected or has a circle.
        """
        unfit = [edge for edge in self.edges if not (edge.is_directed or edge.is_bidirected)]
        if unfit:
            raise GraphError(
                f"{what} wants directed and bidirected edges only, but {len(unfit)} of "
                f"{len(self.edges)} are neither, such as {unfit[0]}. Orient them first, for "
                "instance as one member of the equivalence class."
            )

    def require_acyclic(self) -> None:
        """Refuse directed cycles with a GraphError that names one; other edges may be there."""
        if not nx.is_directed_acyclic_graph(self._directed_part):
            cycle = [tail for tail, _ in nx.find_cycle(self._directed_part)]
            raise GraphError(
                f"The graph must have no directed cycle, but {' --> '.join([*cycle, cycle[0]])} "
                "is one. Remove one of its edges."
            )

    def topological_order(self) -> tuple[str, ...]:
        """Return the nodes, causes before effects; ties in the order of ``nodes``.

        Raises
        ------
        GraphError
            If an edge is not directed, or there is a cycle, which the message names.
        """
        self._refuse_mixed()
        self.require_acyclic()
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
        kept = dict.fromkeys(_listed(nodes, "nodes"))
        self._check(*kept)
        edges = [edge for edge in self.edges if kept.keys() >= set(edge.nodes)]
        return type(self)(kept, edges, [node for node in self.latent if node in kept])

    def rename(self, mapping: Mapping[str, str]) -> Graph:
        """Return the graph with new names; nodes that the mapping leaves out keep theirs."""
        self._check(*mapping)
        new = {node: mapping.get(node, node) for node in self.nodes}
        _refuse_repeated("Node names", list(new.values()))
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
        self.require_oriented("d-separation")
        self.require_acyclic()
        unlisted = [s for s in (a, b, given) if not isinstance(s, Iterable)]
        if unlisted:
            raise GraphError(f"d-separation wants names of nodes, but {unlisted[0]!r} came.")
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
    def _edges_at(self) -> Mapping[str, list[Edge]]:
        edges = defaultdict(list)
        for edge in self.edges:
            for end in edge.nodes:
                edges[end].append(edge)
        return edges

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
        return self._ordered({edge.other(node) for edge in self._edges_at[node] if wanted(edge)})

    def _check(self, *nodes: str) -> None:
        for node in nodes:
            _refuse_unknown(node, self._positions)

    def _refuse_mixed(self) -> None:
        mixed = [edge for edge in self.edges if not edge.is_directed]
        if mixed:
            raise GraphError(
                f"A graph whose edges are all directed is wanted here, but {len(mixed)} of "
                f"{len(self.edges)} are not, such as {mixed[0]}. Orient or remove them first."
            )


def _listed(items: Any, what: str) -> list[Any]:
    if isinstance(items, str) or not isinstance(items, Iterable):
        raise GraphError(f"{what} must be an iterable such as a list, but {items!r} came.")
    return list(items)


def _refuse_repeated(what: str, items: list[str]) -> None:
    repeated = sorted(item for item, times in Counter(items).items() if times > 1)
    if repeated:
        raise GraphError(f"{what} must differ, but {', '.join(map(repr, repeated))} repeat.")


def _refuse_unknown(name: Any, known: Collection[str]) -> None:
    if name not in known:
        shown = ", ".join(map(repr, known)) or "none"
        raise GraphError(f"There is no node {name!r} in the graph; its nodes are {shown}.")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
