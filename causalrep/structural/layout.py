"""The parameters of a linear structural model, read out of a graph into arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import networkx as nx
import numpy as np

from causalrep.edges import Edge
from causalrep.exceptions import GraphError
from causalrep.graphs import Graph

__all__ = ["Directions", "Layout", "check_graph", "layout_of"]

_ROUNDS = 4
_TO_CHILDREN, _TO_PARENTS, _TO_SPOUSES = np.sqrt([0.2, 0.3, 0.5])


class Directions(NamedTuple):
    """Derivatives of the covariance by parameters, ``scale (u v' + v u')`` each.

    Parameters
    ----------
    left, right : ndarray of shape (n_parameters,), int
        Rows u and v in the stack of total effects on the observed nodes (rows 0 to n_nodes - 1)
        and covariances with them (the n_nodes rows after these).
    scale : ndarray of shape (n_parameters,)
    """

    left: np.ndarray
    right: np.ndarray
    scale: np.ndarray

    def take(self, places: np.ndarray) -> Directions:
        """Return those of some parameters."""
        return Directions(self.left[places], self.right[places], self.scale[places])


@dataclass(frozen=True, eq=False, kw_only=True)
class Layout:
    """Where the parameters of a model stand: weights, error covariances, error variances.

    Nodes are numbered causes first. Parameters come in the order: weights, error covariances,
    error variances of all nodes.

    Parameters
    ----------
    nodes : tuple of str
        Names of all nodes, causes before effects.
    is_latent : ndarray of shape (n_nodes,), bool
    edges : tuple of Edge
        The directed edges, then the bidirected ones.
    sources, targets : ndarray of shape (n_weights,), int
        Ends of the directed edges.
    firsts, seconds : ndarray of shape (n_covariances,), int
        Ends of the bidirected edges.
    """

    nodes: tuple[str, ...]
    is_latent: np.ndarray
    edges: tuple[Edge, ...]
    sources: np.ndarray
    targets: np.ndarray
    firsts: np.ndarray
    seconds: np.ndarray

    @cached_property
    def latent(self) -> np.ndarray:
        """Numbers of the latent nodes."""
        return np.flatnonzero(self.is_latent)

    @cached_property
    def observed(self) -> np.ndarray:
        """Numbers of the observed nodes."""
        return np.flatnonzero(~self.is_latent)

    @cached_property
    def families(self) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
        """Nodes of equally many parents, shape (n,), with these, shape (n, n_parents)."""
        nodes, starts, counts = np.unique(
            np.sort(self.targets), return_index=True, return_counts=True
        )
        parents = self.sources[np.argsort(self.targets, kind="stable")]
        return tuple(
            (nodes[counts == size], parents[starts[counts == size][:, None] + np.arange(size)])
            for size in np.unique(counts)
        )

    @cached_property
    def directions(self) -> Directions:
        """How the parameters move the covariance."""
        n_nodes = len(self.nodes)
        own = np.arange(n_nodes)
        return Directions(
            left=np.r_[self.targets, self.firsts, own],
            right=np.r_[n_nodes + self.sources, self.seconds, own],
            scale=np.r_[np.ones(len(self.edges)), np.full(n_nodes, 0.5)],
        )

    @cached_property
    def free(self) -> np.ndarray:
        """Numbers of the parameters that stay free once latent disturbances have variance 1."""
        return np.delete(
            np.arange(len(self.edges) + len(self.nodes)), len(self.edges) + self.latent
        )


def check_graph(graph: Graph) -> None:
    """Refuse graphs that are no linear structural model with a likelihood.

    Raises
    ------
    GraphError
        If an edge is neither directed nor bidirected, there is a directed cycle, nothing is
        observed, or a latent node has no observed descendant.
    """
    graph.require_oriented("A structural model")
    graph.require_acyclic()
    if not graph.observed:
        raise GraphError("A structural model wants observed nodes, but all nodes are latent.")
    hidden = set(graph.latent)
    barren = [node for node in graph.latent if hidden.issuperset(graph.descendants(node))]
    if barren:
        raise GraphError(
            f"Every latent node must have an observed descendant, but {barren[0]!r} has none, so "
            "the data say nothing about it. Leave it out of the graph."
        )


def layout_of(graph: Graph, correlation: np.ndarray) -> Layout:
    """Return the layout of a graph; ties among causes are broken by the data, not by position.

    Parameters
    ----------
    graph : Graph
        Passed by :func:`check_graph`.
    correlation : ndarray of shape (n_observed, n_observed)
        Of ``graph.observed``.
    """
    keys = dict(zip(graph.nodes, _keys(graph, correlation), strict=True))
    order = nx.lexicographical_topological_sort(_directed_part(graph), key=keys.__getitem__)
    nodes = tuple(order)
    number = {node: place for place, node in enumerate(nodes)}
    ends = {edge: sorted(number[node] for node in edge.nodes) for edge in graph.edges}
    directed = sorted((e for e in graph.edges if e.is_directed), key=ends.__getitem__)
    both = sorted((e for e in graph.edges if e.is_bidirected), key=ends.__getitem__)
    weights = np.array([ends[edge] for edge in directed], dtype=int).reshape(-1, 2)
    covariances = np.array([ends[edge] for edge in both], dtype=int).reshape(-1, 2)
    hidden = set(graph.latent)
    return Layout(
        nodes=nodes,
        is_latent=np.array([node in hidden for node in nodes]),
        edges=(*directed, *both),
        sources=weights[:, 0],
        targets=weights[:, 1],
        firsts=covariances[:, 0],
        seconds=covariances[:, 1],
    )


def _directed_part(graph: Graph) -> nx.DiGraph:
    part = nx.DiGraph()
    part.add_nodes_from(graph.nodes)
    part.add_edges_from(edge.nodes for edge in graph.edges if edge.is_directed)
    return part


def _keys(graph: Graph, correlation: np.ndarray) -> np.ndarray:
    """One number for each node that depends on its correlations and place, not on its position.

    Rounds of message passing: nodes that play different parts get different keys.
    """
    number = {node: place for place, node in enumerate(graph.nodes)}
    keys = np.ones(len(graph))
    keys[[number[node] for node in graph.observed]] += (correlation**2).sum(axis=0)
    children = np.zeros((len(graph), len(graph)))
    spouses = np.zeros_like(children)
    for edge in graph.edges:
        i, j = (number[node] for node in edge.nodes)
        if edge.is_directed:
            children[i, j] = 1
        else:
            spouses[i, j] = spouses[j, i] = 1
    mixing = _TO_CHILDREN * children + _TO_PARENTS * children.T + _TO_SPOUSES * spouses
    for _ in range(_ROUNDS):
        keys = keys + mixing @ keys / (1 + mixing.sum(axis=1))
    return keys
