"""Graphs as networkx graphs and, through them, as GraphML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import networkx as nx

from causalrep.edges import Edge, GraphParts, Mark
from causalrep.exceptions import GraphError

__all__ = [
    "read_graphml",
    "read_networkx",
    "write_graphml",
    "write_networkx",
    "write_networkx_multigraph",
]

_UNFIT_FOR_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_networkx(parts: GraphParts) -> nx.DiGraph:
    """Return a DiGraph of a graph whose edges are all directed."""
    mixed = [edge for edge in parts.edges if not edge.is_directed]
    if mixed:
        raise GraphError(
            f"A networkx DiGraph holds directed edges only, but {len(mixed)} of "
            f"{len(parts.edges)} are not directed, such as {mixed[0]}. "
            "Call to_networkx_multigraph(), which keeps the marks as edge attributes."
        )
    graph = nx.DiGraph()
    _add_nodes(graph, parts)
    graph.add_edges_from(edge.nodes for edge in parts.edges)
    return graph


def write_networkx_multigraph(parts: GraphParts) -> nx.MultiDiGraph:
    """Return a MultiDiGraph whose edges carry both marks as attributes."""
    graph = nx.MultiDiGraph()
    _add_nodes(graph, parts)
    for edge in parts.edges:
        marks = {
            "source_mark": edge.source_mark.value,
            "target_mark": edge.target_mark.value,
        }
        graph.add_edge(*edge.nodes, **marks)
    return graph


def read_networkx(graph: Any) -> GraphParts:
    """Read any networkx graph; attributes ``latent`` and the marks are understood."""
    if not isinstance(graph, nx.Graph):
        raise GraphError(
            f"A networkx Graph, DiGraph or MultiDiGraph was wanted, but a "
            f"{type(graph).__name__} came."
        )
    latent = tuple(str(node) for node, hidden in graph.nodes(data="latent") if hidden)
    return GraphParts(tuple(map(str, graph)), tuple(_edges(graph)), latent)


def write_graphml(parts: GraphParts) -> str:
    """Return GraphML text with the attributes of the MultiDiGraph."""
    unfit = [node for node in parts.nodes if _UNFIT_FOR_XML.search(node)]
    if unfit:
        raise GraphError(
            f"GraphML cannot hold the control characters in the name {unfit[0]!r}. "
            "Rename the node first: graph.rename({...})."
        )
    return "\n".join(nx.generate_graphml(write_networkx_multigraph(parts)))


def read_graphml(source: str | PathLike[str]) -> GraphParts:
    """Read GraphML text, or the file at a path."""
    text = Path(source).read_text("utf-8") if isinstance(source, PathLike) else source
    try:
        graph = nx.parse_graphml(text, node_type=str)
    except (ParseError, nx.NetworkXError, KeyError, TypeError) as error:
        raise GraphError(
            f"This is no GraphML that can be read: {error}. A file is given as a Path."
        ) from error
    return read_networkx(graph)


def _add_nodes(graph: nx.Graph, parts: GraphParts) -> None:
    for node in parts.nodes:
        graph.add_node(node, latent=node in parts.latent)


def _edges(graph: nx.Graph) -> Iterator[Edge]:
    for source, target, attributes in graph.edges(data=True):
        ends = (str(source), str(target))
        if not graph.is_directed():
            yield Edge(*ends, Mark.TAIL, Mark.TAIL)
            continue
        yield Edge(
            *ends,
            _mark(attributes.get("source_mark", "tail")),
            _mark(attributes.get("target_mark", "arrow")),
        )


def _mark(value: Any) -> Mark:
    try:
        return Mark(value)
    except ValueError as error:
        allowed = ", ".join(mark.value for mark in Mark)
        raise GraphError(f"An edge mark is one of {allowed}, but {value!r} came.") from error
