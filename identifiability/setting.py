"""A setting to which theorems are compared: graph, interventions and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

import numpy as np

from causalrep.arguments import checked
from causalrep.exceptions import GraphError, IdentifiabilityError
from causalrep.graphs import Graph
from causalrep.interventions import InterventionKind, as_changes
from identifiability.theorems import DataRegime, Mechanism, Mixing, Noise

__all__ = ["Setting", "as_graph", "as_word"]

_Word = TypeVar("_Word", bound=Enum)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What is asked of the catalogue, checked for contradictions.

    Parameters
    ----------
    graph : Graph
        With its observed nodes, where it has any.
    names : tuple of str
        The latents; all nodes where all are observed.
    changes : list of dict from int to InterventionKind
        For every environment, the kinds of intervention by the number of the latent.
    data : DataRegime
    mixing : Mixing
    mechanism : Mechanism
    noise : Noise
    targets_known, graph_known : bool
    """

    graph: Graph
    names: tuple[str, ...]
    changes: list[dict[int, InterventionKind]]
    data: DataRegime
    mixing: Mixing
    mechanism: Mechanism
    noise: Noise
    targets_known: bool
    graph_known: bool

    @classmethod
    @checked(graph=lambda wanted, value: value)
    def of(
        cls,
        graph: Graph,
        interventions: object,
        *,
        mixing: Mixing | str,
        mechanism: Mechanism | str,
        noise: Noise | str,
        data: DataRegime | str | None,
        targets_known: bool,
        graph_known: bool,
    ) -> Setting:
        """Read and check the arguments of :func:`identifiability.check`."""
        how = as_word(Mixing, mixing, "mixing")
        latents = _latents(as_graph(graph), how)
        changes = as_changes(interventions, latents.nodes)
        acting = as_word(Mechanism, mechanism, "mechanism")
        if acting is Mechanism.INDEPENDENT and latents.edges:
            raise IdentifiabilityError(
                f"Independent latents have no edges, but the graph has {latents.edges[0]}. Take "
                "the edges out, or give another mechanism."
            )
        return cls(
            graph=graph,
            names=latents.nodes,
            changes=changes,
            data=_regime(data, changes),
            mixing=how,
            mechanism=_without_edges(acting, how) if not latents.edges else acting,
            noise=as_word(Noise, noise, "noise"),
            targets_known=targets_known,
            graph_known=graph_known,
        )

    @property
    def latents(self) -> Graph:
        """The graph over the latents alone."""
        return self.graph.subgraph(self.names)

    @property
    def is_cause(self) -> np.ndarray:
        """Directed edges among the latents, row = cause."""
        rows = [[a in self.graph.parents(b) for b in self.names] for a in self.names]
        return np.array(rows, dtype=bool)

    @property
    def has_observational(self) -> bool:
        """Whether nothing is intervened on in some environment."""
        return self.data is DataRegime.PAIRED or not all(self.changes)


def _without_edges(mechanism: Mechanism, mixing: Mixing) -> Mechanism:
    """Return independence, unless the mechanism says how latents act on features, too."""
    measures = mixing is Mixing.MEASUREMENT and mechanism is not Mechanism.LINEAR
    return mechanism if measures else Mechanism.INDEPENDENT


def _latents(graph: Graph, mixing: Mixing) -> Graph:
    if mixing is Mixing.IDENTITY:
        return graph
    latents = graph.subgraph(graph.latent or graph.nodes)
    if not latents.is_directed:
        raise GraphError(
            f"Latents must form a DAG, with directed edges alone, but got {latents}. "
            'Bidirected edges are for observed nodes, with mixing="identity".'
        )
    latents.topological_order()
    if mixing is Mixing.MEASUREMENT and not (graph.latent and graph.observed):
        raise GraphError(
            'mixing="measurement" wants a graph of latent and observed nodes, which says what '
            f"each feature measures, but got {graph!r}."
        )
    return latents


def _regime(
    data: DataRegime | str | None, changes: list[dict[int, InterventionKind]]
) -> DataRegime:
    changed = any(changes)
    if data is None:
        return DataRegime.INTERVENTIONAL if changed else DataRegime.OBSERVATIONAL
    regime = as_word(DataRegime, data, "data")
    if regime is DataRegime.OBSERVATIONAL and changed:
        raise IdentifiabilityError(
            'data="observational" and interventions contradict each other. Leave one of them out.'
        )
    if regime is DataRegime.INTERVENTIONAL and not changed:
        raise IdentifiabilityError(
            'data="interventional" wants interventions, such as [(), Change("L1")], but got none.'
        )
    return regime


def as_graph(graph: object) -> Graph:
    """Return a graph that has nodes, or refuse what is none.

    Parameters
    ----------
    graph : Graph

    Raises
    ------
    GraphError
        If it is not a Graph, or is empty.
    """
    if isinstance(graph, Graph) and graph.nodes:
        return graph
    raise GraphError(
        "graph must be a causalrep.Graph with nodes, but is "
        f"{'empty' if isinstance(graph, Graph) else type(graph).__name__}. Graph.from_text, "
        "Graph.from_networkx and others make one."
    )


def as_word(kind: type[_Word], value: _Word | str, what: str) -> _Word:
    """Return a member of an enumeration by its value, or refuse what is none.

    Parameters
    ----------
    kind : type of Enum
    value : Enum or str
    what : str
        Name of the argument.

    Raises
    ------
    IdentifiabilityError
        If there is no such word.
    """
    try:
        return kind(value)
    except ValueError:
        words = ", ".join(repr(word.value) for word in kind)
        raise IdentifiabilityError(f"{what} must be one of {words}, but is {value!r}.") from None
