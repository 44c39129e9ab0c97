"""The brace language that Graphviz DOT and dagitty share, read statement by statement."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from causalrep.exceptions import GraphError

__all__ = ["BraceReader", "Statement"]

_TOKEN = re.compile(
    r"(?P<gap>\s+|//[^\n]*|/\*.*?\*/)"
    r'|(?P<string>"(?:[^"\\]|\\.)*")'
    r"|(?P<arrow><->|@->|<-@|@-@|@--|--@|->|<-|--)"
    r"|(?P<word>-?[\w.]+)"
    r"|(?P<sign>[{}\[\];,=])",
    re.DOTALL,
)


class _Token(NamedTuple):
    kind: str
    text: str


class Statement(NamedTuple):
    """A chain of groups of names with arrows between, and attributes at its end.

    The keyword tells a statement about the default attributes of all edges (``"edge"``) and
    one about appearance (``"other"``) from those about nodes and edges (``""``).
    """

    keyword: str
    groups: list[list[str]]
    arrows: list[str]
    attributes: Mapping[str, str]


class BraceReader:
    """Walks over the tokens of the brace language that DOT and dagitty share."""

    def __init__(self, text: str, language: str) -> None:
        if not isinstance(text, str):
            raise GraphError(f"{language} text is a str, but {text!r} came.")
        self.language = language
        self.tokens = [token for token in self._tokens(text) if token.kind != "gap"]
        self.place = 0

    def _tokens(self, text: str) -> Iterator[_Token]:
        place = 0
        while place < len(text):
            match = _TOKEN.match(text, place)
            if match is None:
                rest = text[place : place + 30]
                raise GraphError(f"This {self.language} text cannot be read from {rest!r} on.")
            yield _Token(match.lastgroup or "", match.group())
            place = match.end()

    def peek(self, ahead: int = 0) -> _Token:
        """Return the next token, or one further ahead, without going on."""
        place = self.place + ahead
        return self.tokens[place] if place < len(self.tokens) else _Token("end", "its end")

    def take(self, *wanted: str) -> str:
        """Return the text of the next token, which must be one of those wanted, if any."""
        token = self.peek()
        if token.kind == "end" or (wanted and token.text not in wanted):
            hint = " or ".join(map(repr, wanted)) or "more"
            raise GraphError(
                f"This {self.language} text should go on with {hint}, but has {token.text!r}."
            )
        self.place += 1
        return token.text

    def name(self) -> str:
        """Return the next token, which must be a word or a quoted string."""
        token = self.peek()
        if token.kind not in ("word", "string"):
            raise GraphError(
                f"This {self.language} text should have a name where it has {token.text!r}."
            )
        self.place += 1
        return self._unquoted(token.text) if token.kind == "string" else token.text

    def _unquoted(self, text: str) -> str:
        return re.sub(r'\\(["\\])', r"\1", text[1:-1]) if self.language == "DOT" else text[1:-1]

    def header(self, kinds: tuple[str, ...]) -> str:
        """Return the kind of the graph and go on to its first statement."""
        if self.peek().text == "strict":
            self.take()
        kind = self.take(*kinds)
        if self.peek().text != "{":
            self.name()
        self.take("{")
        return kind

    def statements(self) -> Iterator[Statement]:
        """Yield the statements up to the brace that closes the graph."""
        while self.peek().text != "}":
            if self.peek().text in (";", ","):
                self.take()
                continue
            yield self._statement()
        self.take("}")
        if self.peek().kind != "end":
            raise GraphError(
                f"After the last brace {self.peek().text!r} follows; one graph is wanted."
            )

    def _statement(self) -> Statement:
        if self.peek().kind == "word" and self.peek(1).text == "=":
            self.name(), self.take("="), self.name()
            return Statement("other", [], [], {})
        if self.language == "DOT" and self.peek().kind == "word":
            if self.peek().text == "subgraph":
                raise GraphError("Subgraphs are not read. Take them out of the DOT text.")
            if self.peek().text in ("edge", "node", "graph"):
                keyword = "edge" if self.take() == "edge" else "other"
                return Statement(keyword, [], [], self._attributes())
        groups, arrows = [self._group()], []
        while self.peek().kind == "arrow":
            arrows.append(self.take())
            groups.append(self._group())
        return Statement("", groups, arrows, self._attributes())

    def _group(self) -> list[str]:
        if self.peek().text != "{":
            return [self.name()]
        self.take("{")
        names = []
        while self.peek().text != "}":
            if self.peek().text in (",", ";"):
                self.take()
            else:
                names.append(self.name())
        self.take("}")
        return names

    def _attributes(self) -> Mapping[str, str]:
        found = {}
        while self.peek().text == "[":
            self.take("[")
            while self.peek().text != "]":
                if self.peek().text in (",", ";"):
                    self.take()
                    continue
                key = self.name()
                found[key] = ""
                if self.peek().text == "=":
                    self.take("=")
                    found[key] = self.name()
            self.take("]")
        return found
