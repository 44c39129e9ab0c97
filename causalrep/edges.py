"""Edges with a mark at either end, and the text form ``X1 o-> X2`` they are written in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from causalrep.exceptions import GraphError

__all__ = ["Edge", "GraphParts", "Mark", "as_edge", "parse_edges", "parse_graph", "quoted"]


class Mark(Enum):
    """What an edge looks like where it meets a node."""

    TAIL = "tail"
    ARROW = "arrow"
    CIRCLE = "circle"


@dataclass(frozen=True)
class Edge:
    """An edge between two nodes, with a mark at either end.

    An edge has one canonical way of being held, so that two edges which say the same are
    equal: the end with the weaker mark (tail before circle before arrow) is the source.
    The source of a directed edge is therefore the cause.

    Parameters
    ----------
    source, target : str
        Names of two different nodes.
    source_mark, target_mark : Mark, default=Mark.TAIL, Mark.ARROW
        Marks at the two ends; a directed edge where none are given.

    Raises
    ------
    GraphError
        If a name is not a non-empty string, both names are equal, or a mark is no
        :class:`Mark`.

    Examples
    --------
    >>> from causalrep.graphs import Edge, Mark
    >>> print(Edge("X1", "X2", Mark.CIRCLE, Mark.ARROW))
    X1 o-> X2
    >>> Edge("X2", "X1", Mark.ARROW, Mark.TAIL) == Edge("X1", "X2")
    True
    >>> Edge.from_text("X1 <-> X2").is_bidirected
    True
    """

    source: str
    target: str
    source_mark: Mark = Mark.TAIL
    target_mark: Mark = Mark.ARROW

    def __post_init__(self) -> None:
        for name in (self.source, self.target):
            check_name(name)
        for mark in (self.source_mark, self.target_mark):
            if not isinstance(mark, Mark):
                raise GraphError(
                    f"An edge wants Mark.TAIL, Mark.ARROW or Mark.CIRCLE at each end, "
                    f"but got {mark!r}."
                )
        if self.source == self.target:
            raise GraphError(
                f"An edge joins two different nodes, but both ends are {self.source!r}. "
                "Graphs hold no self-loops: leave the edge out."
            )
        if self._end(0) > self._end(1):
            source, target = self.target, self.source
            source_mark, target_mark = self.target_mark, self.source_mark
            object.__setattr__(self, "source", source)
            object.__setattr__(self, "target", target)
            object.__setattr__(self, "source_mark", source_mark)
            object.__setattr__(self, "target_mark", target_mark)

    def _end(self, position: int) -> tuple[int, int, str]:
        """Return the sorting key of one end; shorter names first, so that X2 precedes X10."""
        name = (self.source, self.target)[position]
        mark = (self.source_mark, self.target_mark)[position]
        return (_STRENGTH[mark], len(name), name)

    @classmethod
    def from_text(cls, text: str) -> Edge:
        """Read one edge such as ``X1 o-> X2``; names with spaces stand in double quotes."""
        edges = parse_edges(text)
        if len(edges) != 1:
            raise GraphError(f"One edge such as 'X1 --> X2' was wanted, but {text!r} came.")
        return edges[0]

    @property
    def nodes(self) -> tuple[str, str]:
        """The names of both ends."""
        return (self.source, self.target)

    @property
    def marks(self) -> tuple[Mark, Mark]:
        """The marks of both ends, the source's first."""
        return (self.source_mark, self.target_mark)

    @property
    def is_directed(self) -> bool:
        """Whether the edge is ``source --> target``."""
        return self.marks == (Mark.TAIL, Mark.ARROW)

    @property
    def is_undirected(self) -> bool:
        """Whether the edge is ``source --- target``."""
        return self.marks == (Mark.TAIL, Mark.TAIL)

    @property
    def is_bidirected(self) -> bool:
        """Whether the edge is ``source <-> target``."""
        return self.marks == (Mark.ARROW, Mark.ARROW)

    @property
    def has_circle(self) -> bool:
        """Whether an end is undecided."""
        return Mark.CIRCLE in self.marks

    def mark_at(self, node: str) -> Mark:
        """Return the mark where the edge meets one of its nodes."""
        if node not in self.nodes:
            raise GraphError(f"The edge {self} does not touch a node {node!r}.")
        return self.source_mark if node == self.source else self.target_mark

    def other(self, node: str) -> str:
        """Return the node at the other end."""
        if node not in self.nodes:
            raise GraphError(f"The edge {self} does not touch a node {node!r}.")
        return self.target if node == self.source else self.source

    def __str__(self) -> str:
        return f"{quoted(self.source)} {_ARROWS[self.marks]} {quoted(self.target)}"


class GraphParts(NamedTuple):
    """Nodes, edges and latent nodes, as a reader of some format finds them."""

    nodes: tuple[str, ...]
    edges: tuple[Edge, ...]
    latent: tuple[str, ...]


_STRENGTH = {Mark.TAIL: 0, Mark.CIRCLE: 1, Mark.ARROW: 2}

_ARROWS = {
    (Mark.TAIL, Mark.ARROW): "-->",
    (Mark.TAIL, Mark.TAIL): "---",
    (Mark.ARROW, Mark.ARROW): "<->",
    (Mark.CIRCLE, Mark.ARROW): "o->",
    (Mark.CIRCLE, Mark.CIRCLE): "o-o",
    (Mark.TAIL, Mark.CIRCLE): "--o",
}

_MARKS = {arrow: marks for marks, arrow in _ARROWS.items()} | {
    "<--": (Mark.ARROW, Mark.TAIL),
    "<-o": (Mark.ARROW, Mark.CIRCLE),
    "o--": (Mark.CIRCLE, Mark.TAIL),
    "->": (Mark.TAIL, Mark.ARROW),
    "<-": (Mark.ARROW, Mark.TAIL),
    "--": (Mark.TAIL, Mark.TAIL),
}

_KEYWORDS = ("latent", "nodes")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[,;\n]|[^\s,;"]+')
_PLAIN_NAME = re.compile(r'(?!.*--)[^\s,;"<>]+')


class _Token(NamedTuple):
    kind: str
    text: str


def check_name(name: object) -> None:
    """Refuse what cannot name a node."""
    if not isinstance(name, str) or not name:
        raise GraphError(f"Nodes are named by non-empty strings, but {name!r} came.")


def as_edge(edge: object) -> Edge:
    """Return the edge that an Edge, a text or a pair of names stands for.

    Parameters
    ----------
    edge : Edge, str or (str, str)
        The edge, its text such as ``"X1 o-> X2"``, or (cause, effect).

    Raises
    ------
    GraphError
        If it is none of these.
    """
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


def quoted(name: str) -> str:
    """Return a name as the text form writes it, in double quotes where it needs them."""
    if _PLAIN_NAME.fullmatch(name) and name not in _KEYWORDS and name not in _MARKS:
        return name
    return json.dumps(name, ensure_ascii=False)


def parse_edges(text: str) -> tuple[Edge, ...]:
    """Read edges such as ``X1 --> X2, X2 o-> X3``; a chain ``A --> B --> C`` is two edges."""
    parts = parse_graph(text)
    if parts.latent or not parts.edges:
        raise GraphError(f"Only edges such as 'X1 --> X2' were wanted, but {text!r} came.")
    return parts.edges


def parse_graph(text: str) -> GraphParts:
    """Read ``nodes A, B, C; A --> B, B o-> C; latent A``.

    Parameters
    ----------
    text : str
        Clauses that end at a semicolon or a line end; items within them at a comma.

    Raises
    ------
    GraphError
        If a part cannot be read; the message quotes it.
    """
    nodes: dict[str, None] = {}
    latent: dict[str, None] = {}
    edges: list[Edge] = []
    for keyword, items in _clauses(text):
        if keyword:
            found = [_single_name(keyword, item) for item in items]
            (latent if keyword == "latent" else nodes).update(dict.fromkeys(found))
            continue
        for item in items:
            edges.extend(_chain(item))
    for edge in edges:
        nodes.update(dict.fromkeys(edge.nodes))
    nodes.update(latent)
    return GraphParts(tuple(nodes), tuple(edges), tuple(latent))


def _clauses(text: str) -> Iterator[tuple[str, list[list[_Token]]]]:
    """Split the text into clauses: the keyword that opens it or '', and its items."""
    items: list[list[_Token]] = [[]]
    for token in [*_tokens(text), _Token("end", ";")]:
        if token.kind == "comma":
            items.append([])
        elif token.kind != "end":
            items[-1].append(token)
        elif items != [[]]:
            keyword = _take_keyword(items)
            if [] in items:
                raise GraphError("A name or an edge is missing beside a comma or a keyword.")
            yield keyword, items
            items = [[]]


def _take_keyword(items: list[list[_Token]]) -> str:
    first = items[0]
    opens = first and first[0].kind == "word" and first[0].text in _KEYWORDS
    if not opens or (len(first) > 1 and first[1].kind == "arrow"):
        return ""
    return first.pop(0).text


def _tokens(text: str) -> Iterator[_Token]:
    if not isinstance(text, str):
        raise GraphError(f"The text form of a graph is a str, but {text!r} came.")
    position = 0
    for match in _TOKEN.finditer(text):
        _refuse_gap(text[position : match.start()])
        position = match.end()
        yield _token(match.group())
    _refuse_gap(text[position:])


def _refuse_gap(gap: str) -> None:
    if gap.strip():
        raise GraphError(f"A double quote is not closed: {gap.strip()!r}.")


def _token(word: str) -> _Token:
    if word == ",":
        return _Token("comma", word)
    if word in ";\n":
        return _Token("end", word)
    if word in _MARKS:
        return _Token("arrow", word)
    if word.startswith('"'):
        return _Token("name", _unquoted(word))
    if not _PLAIN_NAME.fullmatch(word):
        raise GraphError(
            f"{word!r} is neither a name nor an edge. Put spaces around the arrow, as in "
            "'X1 o-> X2', or double quotes around a name that holds one of '<', '>', '--'."
        )
    return _Token("word", word)


def _unquoted(word: str) -> str:
    try:
        return json.loads(word, strict=False)
    except json.JSONDecodeError as error:
        raise GraphError(
            f"The quoted name {word} cannot be read: {error.msg}. "
            'Write a backslash as \\\\ and a double quote as \\".'
        ) from error


def _single_name(keyword: str, item: list[_Token]) -> str:
    if len(item) != 1 or item[0].kind == "arrow":
        found = " ".join(token.text for token in item)
        raise GraphError(
            f"After '{keyword}' names separated by commas were wanted, but {found!r} came. "
            "Put double quotes around a name with spaces."
        )
    return item[0].text


def _chain(item: list[_Token]) -> list[Edge]:
    names, arrows = item[::2], item[1::2]
    alternates = all(t.kind != "arrow" for t in names) and all(t.kind == "arrow" for t in arrows)
    if not alternates or not arrows or len(names) != len(arrows) + 1:
        found = " ".join(token.text for token in item)
        raise GraphError(
            f"An edge such as 'X1 --> X2' was wanted, but {found!r} came. The arrows are "
            f"{', '.join(_ARROWS.values())}; a node without edges is declared by 'nodes X3'."
        )
    return [
        Edge(source.text, target.text, *_MARKS[arrow.text])
        for source, arrow, target in zip(names, arrows, names[1:], strict=False)
    ]
