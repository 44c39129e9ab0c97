"""The mixing matrix of a linear structural model with latent roots."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from causalrep.argument_arrays import shown
from causalrep.cumulant_fit.models import MixingModel
from causalrep.exceptions import GraphError, NotAGraphError
from causalrep.graphs import Graph

__all__ = ["StructuralMixing"]

_NEAR, _FAR = 0.2, 1.2  # starting weights of standardised features, up to sign


@dataclass(frozen=True)
class StructuralMixing(MixingModel):
    r"""Mixing ``B = (I - Lambda)^{-1} [I, Gamma]`` of an acyclic graph with latent roots.

    The sources are the noises of the observed nodes, in the order of ``graph.observed``, then
    the latents, in the order of ``graph.latent``. The parameters are the weights of the edges,
    in the order of ``edges``. Canonical latents have weight 1 on the first of their children in
    the order of ``graph.observed``.

    Parameters
    ----------
    graph : Graph
        Directed and acyclic; latents without parents, each with two children or more.

    Raises
    ------
    GraphError
        If the graph is none such.

    Notes
    -----
    .. math::

        \frac{\partial B}{\partial \Lambda_{ab}} = (I - \Lambda)^{-1}_{\cdot a} B_{b \cdot},
        \qquad
        \frac{\partial B}{\partial \Gamma_{al}} = (I - \Lambda)^{-1}_{\cdot a} e_{p + l}'.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep import Graph
    >>> from causalrep.cumulant_fit import StructuralMixing
    >>> model = StructuralMixing(Graph.from_text("x --> y, L --> x, L --> y; latent L"))
    >>> model.edges
    (('x', 'y'), ('L', 'x'), ('L', 'y'))
    >>> model.mixing(np.array([2.0, 1.0, 3.0]))
    array([[1., 0., 1.],
           [2., 1., 5.]])
    """

    graph: Graph
    n_features: int = field(init=False, repr=False, compare=False)
    n_sources: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _check(self.graph)
        object.__setattr__(self, "n_features", len(self.graph.observed))
        object.__setattr__(self, "n_sources", len(self.graph.nodes))

    @property
    def n_parameters(self) -> int:
        """Number of edges."""
        return len(self.edges)

    @cached_property
    def edges(self) -> tuple[tuple[str, str], ...]:
        """Cause and effect of every edge, those between observed nodes first."""
        hidden = set(self.graph.latent)
        pairs = [edge.nodes for edge in self.graph.edges]
        return (*(e for e in pairs if e[0] not in hidden), *(e for e in pairs if e[0] in hidden))

    @cached_property
    def _places(self) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of the sources that are cause and effect of every edge."""
        number = {node: place for place, node in enumerate(self.sources)}
        pairs = [[number[cause], number[effect]] for cause, effect in self.edges]
        causes, effects = np.array(pairs, dtype=int).reshape(-1, 2).T
        return causes, effects

    @property
    def sources(self) -> tuple[str, ...]:
        """Node of every column of the mixing."""
        return (*self.graph.observed, *self.graph.latent)

    @cached_property
    def _references(self) -> np.ndarray:
        """For every latent the number of the edge to its first child."""
        causes, effects = self._places
        latents = range(self.n_features, self.n_sources)
        edges = [np.flatnonzero(causes == latent) for latent in latents]
        return np.array([some[effects[some].argmin()] for some in edges], dtype=int)

    def matrices(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Weights as ``Lambda`` (..., p, p) and ``Gamma`` (..., p, n_latents); row is effect."""
        causes, effects = self._places
        weights = np.zeros((*theta.shape[:-1], self.n_features, self.n_sources))
        weights[..., effects, causes] = theta
        return weights[..., : self.n_features], weights[..., self.n_features :]

    def parameters(self, Lambda: np.ndarray, Gamma: np.ndarray) -> np.ndarray:
        """Parameters, shape (..., d), of the two matrices; other entries are left out."""
        causes, effects = self._places
        return np.concatenate([Lambda, Gamma], axis=-1)[..., effects, causes]

    def total_effects(self, theta: np.ndarray) -> np.ndarray:
        """``(I - Lambda)^{-1}``, shape (..., p, p); row is effect."""
        return np.linalg.inv(np.eye(self.n_features) - self.matrices(theta)[0])

    def mixing(self, theta: np.ndarray) -> np.ndarray:
        """Total effects of all sources."""
        T = self.total_effects(theta)
        return np.concatenate([T, T @ self.matrices(theta)[1]], axis=-1)

    def jacobian(self, theta: np.ndarray) -> np.ndarray:
        """Column a of the total effects times what the cause is made of."""
        T, content = self._content(theta)
        causes, effects = self._places
        return np.einsum("...id,...dj->...ijd", T[..., effects], content[..., causes, :])

    def pullback(self, theta: np.ndarray, slopes: np.ndarray) -> np.ndarray:
        """Multiply small matrices instead of forming the Jacobian."""
        T, content = self._content(theta)
        causes, effects = self._places
        back = np.swapaxes(T, -1, -2)[..., None, :, :] @ slopes
        by_pair = back @ np.swapaxes(content, -1, -2)[..., None, :, :]
        return by_pair[..., effects, causes]

    def _content(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Total effects, and what of every source is in every node (..., q, q)."""
        T = self.total_effects(theta)
        own = np.zeros((*theta.shape[:-1], self.n_sources - self.n_features, self.n_sources))
        own[..., self.n_features :] = np.eye(self.n_sources - self.n_features)
        B = np.concatenate([T, T @ self.matrices(theta)[1]], axis=-1)
        return T, np.concatenate([B, own], axis=-2)

    def units(self, scales: np.ndarray) -> np.ndarray:
        """Scale of the effect by that of the cause, for latents that of their first child."""
        causes, effects = self._places
        first = effects[self._references]
        return scales[effects] / np.concatenate([scales, scales[first]])[causes]

    def canonical(self, theta: np.ndarray) -> np.ndarray:
        """Latents with weight 1 on their first child."""
        causes, _ = self._places
        size = np.ones((*theta.shape[:-1], self.n_sources))
        size[..., self.n_features :] = theta[..., self._references]
        return theta / size[..., causes]

    def gauge(self, theta: np.ndarray) -> np.ndarray:
        """Weights of latents on their first children."""
        return np.eye(self.n_parameters)[:, self._references]

    def starts(self, keys: np.ndarray, n_starts: int, rng: np.random.Generator) -> np.ndarray:
        """Weights of moderate size with random signs."""
        sizes = rng.uniform(_NEAR, _FAR, size=(n_starts, self.n_parameters))
        draws = sizes * rng.choice([-1.0, 1.0], size=sizes.shape)
        causes, effects = self._places
        ranks = np.argsort(np.argsort(keys))
        latents = range(self.n_features, self.n_sources)
        kin = [tuple(sorted(ranks[effects[causes == latent]].tolist())) for latent in latents]
        own = [(0, rank) for rank in ranks.tolist()] + [(1, *some) for some in kin]
        order = sorted(range(self.n_parameters), key=lambda e: (own[causes[e]], ranks[effects[e]]))
        return draws[:, np.argsort(order)]


def _check(graph: Graph) -> None:
    """Refuse what is no structural model with latent roots."""
    if not isinstance(graph, Graph):
        raise NotAGraphError(f"A structural model wants a Graph, but got {shown(graph)}.")
    graph.topological_order()
    if not graph.observed:
        raise GraphError("A structural model wants observed nodes, but all are latent.")
    for latent in graph.latent:
        if graph.parents(latent):
            raise GraphError(
                f"Latents must have no parents, but {graph.parents(latent)[0]} --> {latent}. "
                "Join what comes before a latent into edges to its children."
            )
        if len(graph.children(latent)) < 2:
            raise GraphError(
                f"Latents must have two children or more, but {latent!r} has "
                f"{len(graph.children(latent))}: it cannot be told from its child's noise. "
                "Leave it out."
            )
