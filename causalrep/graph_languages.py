"""Graphs as text of other programs: Graphviz DOT, dagitty and Mermaid."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise, product

import networkx as nx

from causalrep.edges import Edge, GraphParts, Mark
from causalrep.exceptions import GraphError
from causalrep.graph_parser import BraceReader, Statement

__all__ = ["read_dagitty", "read_dot", "write_dagitty", "write_dot", "write_mermaid"]

_DAGITTY_ARROWS = {
    (Mark.TAIL, Mark.ARROW): "->",
    (Mark.TAIL, Mark.TAIL): "--",
    (Mark.ARROW, Mark.ARROW): "<->",
    (Mark.CIRCLE, Mark.ARROW): "@->",
    (Mark.CIRCLE, Mark.CIRCLE): "@-@",
    (Mark.CIRCLE, Mark.TAIL): "@--",
}
_DAGITTY_MARKS = {arrow: marks for marks, arrow in _DAGITTY_ARROWS.items()} | {
    "<-": (Mark.ARROW, Mark.TAIL),
    "<-@": (Mark.ARROW, Mark.CIRCLE),
    "--@": (Mark.TAIL, Mark.CIRCLE),
}
_DOT_HEADS = {Mark.TAIL: "none", Mark.ARROW: "normal", Mark.CIRCLE: "odot"}
_DOT_MARKS = {head: mark for mark, head in _DOT_HEADS.items()}
_DOT_ARROWS = {"digraph": "->", "graph": "--"}
_DOT_ENDS = {
    "none": (False, False),
    "forward": (False, True),
    "back": (True, False),
    "both": (True, True),
}
_MERMAID_ARROWS = {
    (Mark.TAIL, Mark.ARROW): "-->",
    (Mark.TAIL, Mark.TAIL): "---",
    (Mark.ARROW, Mark.ARROW): "<-.->",
    (Mark.CIRCLE, Mark.CIRCLE): "o--o",
    (Mark.TAIL, Mark.CIRCLE): "--o",
    (Mark.CIRCLE, Mark.ARROW): '-->|"o-#gt;"|',
}


def write_dot(parts: GraphParts) -> str:
    """Return Graphviz text; latent nodes are dashed ellipses and carry ``latent=true``."""
    lines = ["digraph {"]
    for node in parts.nodes:
        look = (
            'shape=ellipse, style="filled,dashed", fillcolor="#fde7c8", latent=true'
            if node in parts.latent
            else "shape=box, style=rounded"
        )
        lines.append(f"    {_dot_quoted(node)} [{look}];")
    for edge in parts.edges:
        source, target = map(_dot_quoted, edge.nodes)
        lines.append(f"    {source} -> {target}{_dot_attributes(edge)};")
    return "\n".join([*lines, "}", ""])


def read_dot(text: str) -> GraphParts:
    """Read Graphviz text: nodes, chains of edges and groups, but no subgraphs."""
    reader = BraceReader(text, "DOT")
    kind = reader.header(("digraph", "graph"))
    defaults: dict[str, str] = {}
    found = _Found()
    for statement in reader.statements():
        if statement.keyword == "edge":
            defaults |= statement.attributes
        elif not statement.keyword:
            marks = _dot_marks({**defaults, **statement.attributes}, kind)
            found.add(statement, {_DOT_ARROWS[kind]: marks})
            if statement.attributes.get("latent") == "true":
                found.hide(statement)
    return found.parts()


def write_dagitty(parts: GraphParts) -> str:
    """Return dagitty text of the narrowest graph type that holds the edges."""
    unfit = [node for node in parts.nodes if '"' in node or "\\" in node]
    if unfit:
        raise GraphError(
            f"dagitty cannot hold names with a double quote or backslash, such as {unfit[0]!r}. "
            "Rename the nodes first: graph.rename({...})."
        )
    lines = [f"{_dagitty_type(parts)} {{"]
    for node in parts.nodes:
        lines.append(f'    "{node}"{" [latent]" if node in parts.latent else ""}')
    for edge in parts.edges:
        ends, marks = edge.nodes, edge.marks
        if marks not in _DAGITTY_ARROWS:
            ends, marks = ends[::-1], marks[::-1]
        lines.append(f'    "{ends[0]}" {_DAGITTY_ARROWS[marks]} "{ends[1]}"')
    return "\n".join([*lines, "}", ""])


def read_dagitty(text: str) -> GraphParts:
    """Read dagitty text of type dag, pdag, mag or pag."""
    reader = BraceReader(text, "dagitty")
    reader.header(("dag", "pdag", "mag", "pag"))
    found = _Found()
    for statement in reader.statements():
        if not statement.keyword:
            found.add(statement, _DAGITTY_MARKS)
            if "latent" in statement.attributes:
                found.hide(statement)
    return found.parts()


def write_mermaid(parts: GraphParts) -> str:
    """Return a Mermaid flowchart; bidirected edges are dotted, latent nodes round."""
    number = {node: f"n{position}" for position, node in enumerate(parts.nodes)}
    lines = ["flowchart TD"]
    for node, key in number.items():
        left, right = ('(["', '"]):::latent') if node in parts.latent else ('["', '"]')
        lines.append(f"    {key}{left}{_mermaid_escaped(node)}{right}")
    for edge in parts.edges:
        lines.append(
            f"    {number[edge.source]} {_MERMAID_ARROWS[edge.marks]} {number[edge.target]}"
        )
    if parts.latent:
        lines.append("    classDef latent fill:#fde7c8,stroke-dasharray:4 3")
    return "\n".join([*lines, ""])


class _Found:
    """The nodes and edges met so far, in the order of the text."""

    def __init__(self) -> None:
        self.nodes: dict[str, None] = {}
        self.latent: dict[str, None] = {}
        self.edges: list[Edge] = []

    def add(self, statement: Statement, arrows: Mapping[str, tuple[Mark, Mark]]) -> None:
        """Take the nodes and edges of a statement, whose arrows mean what is given."""
        for group in statement.groups:
            self.nodes.update(dict.fromkeys(group))
        for arrow, (left, right) in zip(statement.arrows, pairwise(statement.groups), strict=True):
            if arrow not in arrows:
                allowed = ", ".join(arrows)
                raise GraphError(f"An edge here is one of {allowed}, but {arrow!r} came.")
            self.edges.extend(Edge(*ends, *arrows[arrow]) for ends in product(left, right))

    def hide(self, statement: Statement) -> None:
        """Count the nodes of a statement as latent, if it is about nodes."""
        if not statement.arrows:
            self.latent.update(dict.fromkeys(statement.groups[0]))

    def parts(self) -> GraphParts:
        return GraphParts(tuple(self.nodes), tuple(self.edges), tuple(self.latent))


def _dot_quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _dot_attributes(edge: Edge) -> str:
    if edge.is_directed:
        return ""
    if edge.is_undirected:
        return " [dir=none]"
    tail, head = (_DOT_HEADS[mark] for mark in edge.marks)
    dashed = ", style=dashed" if edge.is_bidirected else ""
    return f" [dir=both, arrowtail={tail}, arrowhead={head}{dashed}]"


def _dot_marks(attributes: Mapping[str, str], kind: str) -> tuple[Mark, Mark]:
    """Return the marks at the tail and the head of a DOT edge."""
    direction = attributes.get("dir", "forward" if kind == "digraph" else "none")
    heads = [attributes.get(key, "normal") for key in ("arrowtail", "arrowhead")]
    if direction not in _DOT_ENDS or not set(heads) <= set(_DOT_MARKS):
        raise GraphError(
            f"A DOT edge has dir {', '.join(_DOT_ENDS)} and the arrowheads "
            f"{', '.join(_DOT_MARKS)}, but dir={direction} with {' and '.join(heads)} came."
        )
    tail, head = (
        _DOT_MARKS[look] if shown else Mark.TAIL
        for look, shown in zip(heads, _DOT_ENDS[direction], strict=True)
    )
    return tail, head


def _dagitty_type(parts: GraphParts) -> str:
    directed = nx.DiGraph(edge.nodes for edge in parts.edges if edge.is_directed)
    if not nx.is_directed_acyclic_graph(directed):
        raise GraphError("dagitty cannot hold directed cycles. Remove an edge of each first.")
    if any(edge.has_circle for edge in parts.edges):
        return "pag"
    if not any(edge.is_undirected for edge in parts.edges):
        return "dag"
    return "mag" if any(edge.is_bidirected for edge in parts.edges) else "pdag"


def _mermaid_escaped(name: str) -> str:
    """Write everything that Mermaid might take for markup as an entity code."""
    escaped = re.sub(r"[^\w\s.,:()+/-]", lambda sign: f"#{ord(sign.group())};", name)
    return escaped.replace("\n", "<br>")
