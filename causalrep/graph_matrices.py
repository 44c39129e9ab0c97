"""Graphs as matrices, in our own coding and in those of pcalg, causal-learn and lingam."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from enum import IntEnum
from itertools import product
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from causalrep.data import default_names, ordered_items
from causalrep.edges import Edge, GraphParts, Mark
from causalrep.exceptions import GraphError
from causalrep.gaps import refuse_masked

__all__ = [
    "CAUSAL_LEARN",
    "PCALG",
    "Coding",
    "read_codes",
    "read_lingam",
    "read_weights",
    "write_adjacency",
    "write_codes",
    "write_lingam",
]

_LARGEST = 1e300

# The edges of one pair of nodes i, j: the marks at i and at j of each of them.
_Pair = frozenset[tuple[Mark, Mark]]
# What a matrix holds for that pair: the code that stands for the end at i, and that at j.
_Table = dict[tuple[int, int], _Pair]


class Coding(NamedTuple):
    """How a library writes the edges of a pair of nodes into the two places of a matrix.

    Parameters
    ----------
    name : str
        Whose matrix it is.
    table : dict
        The edges that each pair of codes stands for.
    at_column : bool
        Whether the place [i, j] holds the mark at j instead of that at i.
    """

    name: str
    table: _Table
    at_column: bool


class _PcalgCpdag(IntEnum):
    TAIL = 0
    ARROW = 1


class _PcalgPag(IntEnum):
    CIRCLE = 1
    ARROW = 2
    TAIL = 3


class _CausalLearn(IntEnum):
    TAIL = -1
    ARROW = 1
    CIRCLE = 2
    TAIL_AND_ARROW = 4
    ARROW_AND_ARROW = 5


class _Lingam(IntEnum):
    TAIL = 0
    ARROW = 1
    CONFOUNDED = 2


_TO_J = (Mark.TAIL, Mark.ARROW)
_TO_I = (Mark.ARROW, Mark.TAIL)
_UNDIRECTED = (Mark.TAIL, Mark.TAIL)
_BIDIRECTED = (Mark.ARROW, Mark.ARROW)

_CPDAG: _Table = {
    (_PcalgCpdag.TAIL, _PcalgCpdag.ARROW): frozenset({_TO_J}),
    (_PcalgCpdag.ARROW, _PcalgCpdag.TAIL): frozenset({_TO_I}),
    (_PcalgCpdag.ARROW, _PcalgCpdag.ARROW): frozenset({_UNDIRECTED}),
}


def _any_marks(codes: type[IntEnum]) -> _Table:
    """Tabulate a coding in which every combination of two marks is one edge."""
    return {
        (codes[at_i.name], codes[at_j.name]): frozenset({(at_i, at_j)})
        for at_i, at_j in product(Mark, Mark)
    }


_BOTH = _CausalLearn.TAIL_AND_ARROW, _CausalLearn.ARROW_AND_ARROW

PCALG = {
    "cpdag": Coding("pcalg's amat.cpdag", _CPDAG, False),
    "pag": Coding("pcalg's amat.pag", _any_marks(_PcalgPag), True),
}
CAUSAL_LEARN = Coding(
    "causal-learn's matrix",
    _any_marks(_CausalLearn)
    | {
        _BOTH: frozenset({_TO_J, _BIDIRECTED}),
        _BOTH[::-1]: frozenset({_TO_I, _BIDIRECTED}),
        (_BOTH[0], _BOTH[0]): frozenset({_UNDIRECTED, _BIDIRECTED}),
    },
    False,
)
_LINGAM = Coding(
    "lingam's B",
    {
        (_Lingam.TAIL, _Lingam.ARROW): frozenset({_TO_J}),
        (_Lingam.ARROW, _Lingam.TAIL): frozenset({_TO_I}),
        (_Lingam.ARROW, _Lingam.ARROW): frozenset({_TO_J, _TO_I}),
        (_Lingam.CONFOUNDED, _Lingam.CONFOUNDED): frozenset({_BIDIRECTED}),
    },
    False,
)


def write_codes(parts: GraphParts, coding: Coding) -> np.ndarray:
    """Return the integer matrix of a graph in another library's coding.

    Parameters
    ----------
    parts : GraphParts
        The graph.
    coding : Coding
        ``CAUSAL_LEARN`` or an entry of ``PCALG``.

    Returns
    -------
    ndarray of int of shape (n_nodes, n_nodes)

    Raises
    ------
    GraphError
        If the coding has no sign for the edges of some pair of nodes.
    """
    name, table, at_column = coding
    codes = {pair: code for code, pair in table.items()}
    matrix = np.zeros((len(parts.nodes), len(parts.nodes)), dtype=int)
    for (i, j), edges in _by_pair(parts).items():
        ends = (parts.nodes[i], parts.nodes[j])
        pair = frozenset((edge.mark_at(ends[0]), edge.mark_at(ends[1])) for edge in edges)
        if pair not in codes:
            raise GraphError(f"{name} cannot hold {' beside '.join(map(str, edges))}.")
        matrix[i, j], matrix[j, i] = codes[pair]
    return matrix.T.copy() if at_column else matrix


def read_codes(
    matrix: Any, coding: Coding, names: Iterable[str] | None, latent: bool | Iterable[str]
) -> GraphParts:
    """Read the integer matrix of a graph in another library's coding."""
    name, table, at_column = coding
    codes = square_matrix(matrix, name)
    names = _checked_names(names, len(codes), latent)
    if codes.diagonal().any():
        raise GraphError(f"The diagonal of {name} must be zero: graphs hold no self-loops.")
    codes = codes.T if at_column else codes
    edges = []
    for i, j in np.argwhere(np.triu((codes != 0) | (codes.T != 0))):
        code = (codes[i, j].item(), codes[j, i].item())
        if code not in table:
            raise GraphError(
                f"{name} holds {code[0]} and {code[1]} for {names[i]!r} and {names[j]!r}, "
                "which is no edge in that coding. Is it a matrix of another type?"
            )
        edges.extend(Edge(names[i], names[j], *marks) for marks in table[code])
    return GraphParts(names, tuple(edges), _hidden(names, latent))


def write_adjacency(parts: GraphParts) -> np.ndarray:
    """Return the boolean matrix of a directed graph, row = cause."""
    mixed = [edge for edge in parts.edges if not edge.is_directed]
    if mixed:
        raise GraphError(
            f"An adjacency matrix holds directed edges only, but {len(mixed)} of "
            f"{len(parts.edges)} are not directed, such as {mixed[0]}. "
            "Call to_pcalg(amat_type='pag') or to_causal_learn() instead."
        )
    position = {node: number for number, node in enumerate(parts.nodes)}
    matrix = np.zeros((len(position), len(position)), dtype=bool)
    for edge in parts.edges:
        matrix[position[edge.source], position[edge.target]] = True
    return matrix


def read_weights(
    weights: Any,
    names: Iterable[str] | None,
    latent: bool | Iterable[str],
    threshold: float,
) -> GraphParts:
    """Read a matrix of coefficients, row = cause."""
    matrix = square_matrix(weights, "The matrix of weights")
    if not np.isfinite(matrix).all():
        raise GraphError("The matrix of weights must be finite, but holds NaN or infinity.")
    names = _checked_names(names, len(matrix), latent)
    number = isinstance(threshold, Real) and not isinstance(threshold, bool)
    if not number or not 0 <= threshold < _LARGEST:
        raise GraphError(f"threshold must be a number from 0 on, but is {threshold!r}.")
    pairs = np.argwhere(np.abs(matrix) > float(threshold))
    edges = tuple(Edge(names[cause], names[effect]) for cause, effect in pairs)
    return GraphParts(names, edges, _hidden(names, latent))


def write_lingam(parts: GraphParts) -> np.ndarray:
    """Return lingam's matrix, row = effect, NaN where two nodes are confounded."""
    matrix = write_codes(parts, _LINGAM).astype(float)
    matrix[matrix == _Lingam.CONFOUNDED] = np.nan
    return matrix


def read_lingam(
    matrix: Any, names: Iterable[str] | None, latent: bool | Iterable[str], threshold: float
) -> GraphParts:
    """Read lingam's matrix, row = effect, NaN where two nodes are confounded."""
    weights = square_matrix(matrix, _LINGAM.name)
    missing = np.isnan(weights)
    if (missing != missing.T).any():
        raise GraphError(
            "lingam's B marks a confounded pair by NaN in both of its places, but has NaN in "
            "only one place of some pair."
        )
    codes = (np.abs(weights) > threshold).astype(int)
    codes[missing] = _Lingam.CONFOUNDED
    return read_codes(codes, _LINGAM, names, latent)


def square_matrix(values: Any, what: str) -> np.ndarray:
    """Return values as a square matrix of numbers, or refuse them."""
    refuse_masked(f"{what} must be complete", values, "this one", GraphError)
    try:
        matrix = np.asarray(values)
    except ValueError as error:
        raise GraphError(f"{what} must be square, but its rows differ in length.") from error
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.dtype.kind not in "biuf":
        raise GraphError(
            f"{what} must be a square matrix of real numbers, one row and column a node, "
            f"but has shape {matrix.shape} and type {matrix.dtype}."
        )
    return matrix


def _by_pair(parts: GraphParts) -> dict[tuple[int, int], list[Edge]]:
    position = {node: number for number, node in enumerate(parts.nodes)}
    pairs = defaultdict(list)
    for edge in parts.edges:
        i, j = sorted(position[end] for end in edge.nodes)
        pairs[i, j].append(edge)
    return pairs


def _checked_names(
    names: Iterable[str] | None, n_nodes: int, latent: bool | Iterable[str]
) -> tuple[str, ...]:
    if names is None:
        return default_names(n_nodes, "L" if latent is True else "X")
    names = ordered_items(names, n_nodes, GraphError)
    if len(names) != n_nodes:
        raise GraphError(
            f"One name for each of {n_nodes} nodes was wanted, but {len(names)} came."
        )
    return names


def _hidden(names: tuple[str, ...], latent: bool | Iterable[str]) -> tuple[str, ...]:
    if isinstance(latent, bool):
        return names if latent else ()
    if not isinstance(latent, Iterable):
        raise GraphError(f"latent must be True, False or a list of names, but is {latent!r}.")
    return tuple(latent)
