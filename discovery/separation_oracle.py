"""Independences read off a graph instead of data: m-separation by reachability on bit masks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

import numpy as np

from causalrep.arguments import checked, names
from causalrep.exceptions import GraphError
from causalrep.graphs import Graph
from discovery.independence import IndependenceTest

__all__ = ["BoundSeparationOracle", "DSeparationOracle"]


class DSeparationOracle:
    """The independences that hold in a graph, in place of a test on data.

    Parameters
    ----------
    graph : Graph
        Directed and acyclic; bidirected edges stand for a latent cause of their own. Nodes that
        are left out when it is bound are latent.
    selection : collection of str, default=()
        Nodes by which the sample is selected: everything is given them.

    Notes
    -----
    Separations follow from the routes that are open given a set [1]_: a route may turn downwards
    anywhere outside the set, and upwards only at ancestors of the set. The nodes reached from
    one node are found once for each conditioning set, as bits of an integer.

    References
    ----------
    .. [1] R. D. Shachter, "Bayes-ball: the rational pastime", UAI 1998, arXiv:1301.7412.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep import Graph
    >>> from discovery import DSeparationOracle
    >>> oracle = DSeparationOracle(Graph.from_text("A --> B, B --> C")).bind(None, ["A", "B", "C"])
    >>> oracle.p_values(np.array([0, 0]), np.array([2, 1]), np.array([[1], [2]]))
    array([1., 0.])
    """

    @checked(selection=names)
    def __init__(self, graph: Graph, selection: Collection[str] = ()) -> None:
        self.graph = graph
        self.selection = tuple(selection)
        unknown = [name for name in self.selection if name not in graph.nodes]
        if unknown:
            raise GraphError(f"{unknown[0]!r} is selected on, but is no node of {graph}.")

    def __repr__(self) -> str:
        return f"DSeparationOracle({self.graph!r})"

    def bind(self, X: object, names: Sequence[str]) -> BoundSeparationOracle:
        """Return the test over some nodes of the graph.

        Parameters
        ----------
        X : object
            Ignored; tests on data take their samples from it.
        names : sequence of str
            The variables, in the order of their numbers.

        Returns
        -------
        BoundSeparationOracle

        Raises
        ------
        GraphError
            If an edge is undirected or has a circle, there is a cycle, or a name is no node.
        """
        return BoundSeparationOracle(self.graph, names, self.selection)


class BoundSeparationOracle(IndependenceTest):
    """The separations between some nodes of a graph: p-values 1 and 0.

    Parameters
    ----------
    graph : Graph
        Directed and bidirected edges without a directed cycle.
    names : sequence of str
        The variables, in the order of their numbers.
    selection : collection of str, default=()
        Nodes that are always given.
    """

    def __init__(
        self, graph: Graph, names: Sequence[str], selection: Collection[str] = ()
    ) -> None:
        missing = [name for name in (*names, *selection) if name not in graph]
        if missing:
            raise GraphError(
                f"The oracle's graph has no node {missing[0]!r}; it has {', '.join(graph)}."
            )
        parents = _parents(graph)
        place = {node: number for number, node in enumerate(graph.nodes)}
        self._bits = [1 << place[name] for name in names]
        self._selected = sum(1 << place[name] for name in selection)
        self._parents = parents
        self._children = _transposed(parents)
        self._reached = lru_cache(maxsize=2**18)(self._search)

    @property
    def n_variables(self) -> int:
        """Number of variables."""
        return len(self._bits)

    def p_values(self, first: np.ndarray, second: np.ndarray, given: np.ndarray) -> np.ndarray:
        """Return 1 for separated variables and 0 for others, shape (n_tests,)."""
        separated = [
            not self._reached(self._bits[a], self._mask(members)) & self._bits[b]
            for a, b, members in zip(first, second, given, strict=True)
        ]
        return np.array(separated, dtype=np.float64)

    def _mask(self, members: np.ndarray) -> int:
        mask = self._selected
        for member in members:
            mask |= self._bits[member]
        return mask

    def _search(self, source: int, given: int) -> int:
        """Return the nodes that an open route from the source enters, as bits."""
        active = self._ancestors(given)
        up, down = source, 0  # entered from an effect, from a cause
        new_up, new_down = up, down
        while new_up | new_down:
            through = (new_up | new_down) & ~given
            above = _union(self._parents, (new_up & ~given) | (new_down & active))
            below = _union(self._children, through)
            new_up, new_down = above & ~up, below & ~down
            up, down = up | new_up, down | new_down
        return up | down

    def _ancestors(self, nodes: int) -> int:
        found, new = nodes, nodes
        while new:
            new = _union(self._parents, new) & ~found
            found |= new
        return found


def _parents(graph: Graph) -> list[int]:
    """Parents of each node as bits, with one further node for each bidirected edge."""
    graph.require_oriented("m-separation")
    graph.require_acyclic()
    place = {node: number for number, node in enumerate(graph.nodes)}
    parents = [0] * len(place)
    for edge in graph.edges:
        if edge.is_directed:
            parents[place[edge.target]] |= 1 << place[edge.source]
            continue
        for end in edge.nodes:
            parents[place[end]] |= 1 << len(parents)
        parents.append(0)
    return parents


def _transposed(parents: list[int]) -> list[int]:
    children = [0] * len(parents)
    for node, mask in enumerate(parents):
        for parent in _members(mask):
            children[parent] |= 1 << node
    return children


def _union(masks: list[int], nodes: int) -> int:
    union = 0
    for node in _members(nodes):
        union |= masks[node]
    return union


def _members(mask: int) -> Iterator[int]:
    while mask:
        yield (mask & -mask).bit_length() - 1
        mask &= mask - 1
