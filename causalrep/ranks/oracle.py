"""The oracle of rank tests: generic ranks of the covariances that a graph allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral

import numpy as np

from causalrep import prime_field
from causalrep.argument_arrays import shown
from causalrep.exceptions import GraphError, InvalidDataError, NotAGraphError
from causalrep.graphs import Graph
from causalrep.ranks.rank_test import RankTest, checked_sets

__all__ = ["BoundRankOracle", "RankOracle"]


@dataclass(frozen=True, repr=False)
class RankOracle:
    """Generic ranks of the covariances of a linear model, exact, in place of tests on data.

    For almost all weights and noise variances of the linear structural model of a directed
    acyclic graph, with or without latent nodes, all ranks of cross-covariances equal those of
    random elements of a prime field, which are computed without tolerance.

    Parameters
    ----------
    graph : Graph
        Directed and acyclic; bidirected edges stand for a latent cause of their own.
    random_state : int, default=0
        Seed of the random elements.

    References
    ----------
    S. Sullivant, K. Talaska, J. Draisma, "Trek separation for Gaussian graphical models",
    Annals of Statistics 38 (2010), arXiv:0812.1938, Theorem 2.8: the generic rank is the least
    size of a pair of sets that t-separates.

    Examples
    --------
    >>> from causalrep import Graph
    >>> from causalrep.ranks import RankOracle
    >>> graph = Graph.from_text("L1 --> A, L1 --> B, L1 --> C, L1 --> D; latent L1")
    >>> oracle = RankOracle(graph).bind(["A", "B", "C", "D"])
    >>> oracle.p_values([[0, 1]], [[2, 3]], rank=1)
    array([1.])
    >>> oracle.p_values([[0]], [[2]], rank=0)
    array([0.])
    """

    graph: Graph
    random_state: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.graph, Graph):
            raise NotAGraphError(f"RankOracle wants a Graph, but got {shown(self.graph)}.")
        whole = isinstance(self.random_state, Integral) and not isinstance(self.random_state, bool)
        if not whole or self.random_state < 0:
            raise InvalidDataError(
                f"random_state must be an integer from 0 on, but is {self.random_state!r}."
            )

    def __repr__(self) -> str:
        return f"RankOracle({self.graph!r})"

    def bind(self, names: Sequence[str]) -> BoundRankOracle:
        """Return the rank test over some nodes of the graph, in the order given.

        Parameters
        ----------
        names : sequence of str

        Raises
        ------
        GraphError
            If the graph has cycles or undirected or circle edges, or lacks a node.
        """
        rng = np.random.default_rng(self.random_state)
        covariance, nodes = _generic_covariance(self.graph, rng)
        missing = [name for name in names if name not in nodes]
        if missing:
            raise GraphError(
                f"The oracle's graph has no node {missing[0]!r}; it has {', '.join(nodes)}."
            )
        places = [nodes.index(name) for name in names]
        return BoundRankOracle(covariance[np.ix_(places, places)], rng)


class BoundRankOracle(RankTest):
    """Exact ranks of a covariance matrix over the prime field.

    Parameters
    ----------
    covariance : ndarray of shape (n_variables, n_variables), int64
        Elements of the field.
    rng : numpy.random.Generator
        Source of the weights of composites.
    """

    def __init__(self, covariance: np.ndarray, rng: np.random.Generator) -> None:
        self.covariance = covariance
        self._rng = rng

    @property
    def n_variables(self) -> int:
        """Number of variables, composites included."""
        return len(self.covariance)

    def ranks(
        self, rows: np.ndarray, columns: np.ndarray, given: np.ndarray | None = None
    ) -> np.ndarray:
        """Return the generic rank of each partial cross-covariance, shape (n_tests,)."""
        rows, columns, given = checked_sets(self.n_variables, rows, columns, 0, given)
        left = np.concatenate([rows, given], axis=1)[:, :, None]
        right = np.concatenate([columns, given], axis=1)[:, None, :]
        return prime_field.ranks(self.covariance[left, right]) - given.shape[1]

    def p_values(
        self, rows: np.ndarray, columns: np.ndarray, rank: int, given: np.ndarray | None = None
    ) -> np.ndarray:
        """Return 1 where the rank is at most the one asked for, else 0."""
        checked_sets(self.n_variables, rows, columns, rank, given)
        return (self.ranks(rows, columns, given) <= rank).astype(np.float64)

    def with_composite(
        self, members: Sequence[int], size: int, against: Sequence[int]
    ) -> BoundRankOracle:
        """Return the oracle with random combinations of the members as further variables."""
        weights = np.zeros((self.n_variables + size, self.n_variables), dtype=np.int64)
        np.fill_diagonal(weights, 1)
        drawn = prime_field.random_elements(self._rng, (size, len(members)))
        weights[self.n_variables :, list(members)] = drawn
        half = prime_field.product(weights, self.covariance)
        return BoundRankOracle(prime_field.product(half, weights.T.copy()), self._rng)


def _generic_covariance(
    graph: Graph, rng: np.random.Generator
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the covariance of all nodes under random parameters, and the nodes."""
    graph.require_oriented("RankOracle")
    graph.require_acyclic()
    weights = np.zeros((len(graph), len(graph)), dtype=np.int64)
    noise = np.diag(prime_field.random_elements(rng, (len(graph),)))
    for edge in graph.edges:
        i, j = (graph.nodes.index(node) for node in edge.nodes)
        value = int(prime_field.random_elements(rng, ())[()])
        if edge.is_directed:
            weights[i, j] = value
        else:
            noise[i, j] = noise[j, i] = value
    paths = prime_field.nilpotent_resolvent(weights)
    half = prime_field.product(paths.T.copy(), noise)
    return prime_field.product(half, paths), graph.nodes
