"""Weights of a structure, and the other weights and graphs that would look the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from causalrep.graphs import Graph
from discovery.cumulant_discovery.scoring import Scored
from discovery.cumulant_discovery.structures import Structure

__all__ = ["Estimate", "SwappedModel", "swapped_models"]

_NOTHING = 1e-8
_MOST_MEMBERS = 256


@dataclass(frozen=True, eq=False, kw_only=True)
class SwappedModel:
    """A model with the same distribution, in which noises and latents have changed places.

    Parameters
    ----------
    swaps : tuple of (str, str)
        Latents, each with the feature whose noise it has changed places with; empty for the
        model itself.
    graph : Graph
        Its graph, which may hold more edges.
    weights : ndarray of shape (n_nodes, n_nodes)
        Direct effects over ``graph.nodes``, row = cause, for latents of unit variance.

    Examples
    --------
    >>> import numpy as np
    >>> from discovery import CumulantDiscovery
    >>> latent, x, y = np.random.default_rng(0).exponential(size=(3, 20_000))
    >>> x = x + latent
    >>> model = CumulantDiscovery(random_state=0).fit(np.column_stack([x, y + x + 2 * latent]))
    >>> [some.weights[0, 1].round(1).item() for some in model.swapped_]
    [1.0, 3.0]
    """

    swaps: tuple[tuple[str, str], ...]
    graph: Graph
    weights: np.ndarray


@dataclass(frozen=True, eq=False)
class Estimate:
    """A structure with weights, for latents of unit variance.

    Parameters
    ----------
    structure : Structure
    effects : ndarray of shape (n_features, n_features)
        Direct effects between features; row is effect.
    loadings : ndarray of shape (n_features, n_latents)
        Direct effects of the latents.
    effect_errors : ndarray of shape (n_features, n_features)
        Standard errors of the direct effects.
    variances : ndarray of shape (n_features,)
        Variances of the noises.

    Examples
    --------
    >>> import numpy as np
    >>> from discovery.cumulant_discovery.estimate import Estimate
    >>> from discovery.cumulant_discovery.structures import Structure
    >>> zero = np.zeros((2, 2))
    >>> bow = Structure.of(2, [(0, 1)], [(0, 1)])
    >>> Estimate(bow, np.array([[0, 0], [2, 0]]), np.ones((2, 1)), zero, np.ones(2)).mixing
    array([[1., 0., 1.],
           [2., 1., 3.]])
    """

    structure: Structure
    effects: np.ndarray
    loadings: np.ndarray
    effect_errors: np.ndarray
    variances: np.ndarray

    @classmethod
    def of(
        cls, parts: Sequence[tuple[Sequence[int], Scored | None]], scales: np.ndarray
    ) -> Estimate:
        """Join the structures of groups of features that are independent of one another.

        Parameters
        ----------
        parts : sequence of (sequence of int, Scored or None)
            Features of each group and its fit to standardised samples; None for a group that
            was not searched, whose variances are those of the features.
        scales : ndarray of shape (n_features,)
            Standard deviations of the features.
        """
        p = len(scales)
        effects, errors = np.zeros((p, p)), np.zeros((p, p))
        variances = np.ones(p)
        edges: set[tuple[int, int]] = set()
        latents: list[tuple[tuple[int, ...], np.ndarray]] = []
        for features, scored in parts:
            if scored is None:
                continue
            place = np.asarray(features)
            own, own_errors, loadings, own_variances = _weights(scored)
            effects[np.ix_(place, place)], errors[np.ix_(place, place)] = own, own_errors
            variances[place] = own_variances
            edges |= {(int(place[i]), int(place[j])) for i, j in scored.structure.edges}
            for some, column in zip(scored.structure.latents, loadings.T, strict=True):
                full = np.zeros(p)
                full[place] = column
                latents.append((tuple(sorted(place[list(some)].tolist())), full))
        latents.sort(key=lambda item: item[0])
        columns = np.array([column for _, column in latents]).reshape(-1, p).T
        ratio = scales[:, None] / scales
        with np.errstate(over="ignore"):  # beyond 1e154 the square of a scale is infinite
            squares = scales**2
        return cls(
            Structure.of(p, edges, [some for some, _ in latents]),
            effects * ratio,
            columns * scales[:, None],
            errors * ratio,
            variances * squares,
        )

    @property
    def total(self) -> np.ndarray:
        """Total effects between features; row is effect."""
        return np.linalg.inv(np.eye(len(self.effects)) - self.effects)

    @property
    def mixing(self) -> np.ndarray:
        """Total effects of noises and latents, shape (n_features, n_sources)."""
        return np.concatenate([self.total, self.total @ self.loadings], axis=1)

    def weights(self) -> np.ndarray:
        """Direct effects over features, then latents; row = cause."""
        p, n_latents = self.loadings.shape
        W = np.zeros((p + n_latents, p + n_latents))
        W[:p, :p], W[p:, :p] = self.effects.T, self.loadings.T
        return W


def swapped_models(estimate: Estimate, names: tuple[str, ...]) -> tuple[SwappedModel, ...]:
    r"""List all models with the same sources, the given one first.

    Parameters
    ----------
    estimate : Estimate
    names : tuple of str
        Names of the features.

    Returns
    -------
    tuple of SwappedModel

    Notes
    -----
    A latent acts on the same features as the noise of v if v is one of its children and a cause
    of all others. Nothing but the names tells the two columns of the mixing apart, so either may
    be the noise: with each swap :math:`\Lambda' = I - B_o'^{-1}` and :math:`\Gamma' = (I -
    \Lambda') B_l'` reproduce all cumulants [1]_. With l latents of this kind, of different
    children, there are 2^l models.

    References
    ----------
    .. [1] S. Salehkaleybar, A. Ghassami, N. Kiyavash, K. Zhang, "Learning linear non-Gaussian
       causal models in the presence of latent variables", JMLR 21 (2020) 1-24.

    Examples
    --------
    >>> import numpy as np
    >>> from discovery.cumulant_discovery.estimate import Estimate, swapped_models
    >>> from discovery.cumulant_discovery.structures import Structure
    >>> zero, bow = np.zeros((2, 2)), Structure.of(2, [(0, 1)], [(0, 1)])
    >>> found = Estimate(bow, np.array([[0, 0], [2, 0]]), np.ones((2, 1)), zero, np.ones(2))
    >>> [some.weights[0, 1].item() for some in swapped_models(found, ("x", "y"))]
    [2.0, 3.0]
    """
    hidden = estimate.structure.graph(names).latent
    models = []
    for taken in swap_choices(estimate.structure):
        swaps = tuple((hidden[k], names[v]) for v, k in taken)
        models.append(_swapped(estimate, names, taken, swaps))
        if len(models) == _MOST_MEMBERS:
            break
    return tuple(models)


def owners(structure: Structure) -> list[int | None]:
    """For every latent the child that is a cause of all its other children, if any.

    Examples
    --------
    >>> from discovery.cumulant_discovery.estimate import owners
    >>> from discovery.cumulant_discovery.structures import Structure
    >>> owners(Structure.of(3, [(0, 1)], [(0, 1), (1, 2)]))
    [0, None]
    """
    found: list[int | None] = []
    for some in structure.latents:
        support = structure.below(some)
        found.append(next((v for v in some if structure.below([v]) == support), None))
    return found


def swap_choices(structure: Structure) -> Iterator[list[tuple[int, int]]]:
    """Yield sets of (child, latent that takes its noise's place) by number, none first."""
    by_child: dict[int, list[int]] = {}
    for latent, child in enumerate(owners(structure)):
        if child is not None:
            by_child.setdefault(child, []).append(latent)
    options = [[None, *latents] for latents in by_child.values()]
    for chosen in product(*options):
        pairs = zip(by_child, chosen, strict=True)
        yield [(child, latent) for child, latent in pairs if latent is not None]


def swapped_weights(
    estimate: Estimate, taken: Sequence[tuple[int, int]]
) -> tuple[np.ndarray, np.ndarray]:
    """Exchange noises of children for latents; return direct effects and loadings.

    Parameters
    ----------
    estimate : Estimate
    taken : sequence of (int, int)
        Children, each with the number of the latent that becomes its noise.

    Returns
    -------
    effects : ndarray of shape (n_features, n_features)
        Row is effect.
    loadings : ndarray of shape (n_features, n_latents)

    Examples
    --------
    >>> import numpy as np
    >>> from discovery.cumulant_discovery.estimate import Estimate, swapped_weights
    >>> from discovery.cumulant_discovery.structures import Structure
    >>> zero, bow = np.zeros((2, 2)), Structure.of(2, [(0, 1)], [(0, 1)])
    >>> found = Estimate(bow, np.array([[0, 0], [2, 0]]), np.ones((2, 1)), zero, np.ones(2))
    >>> swapped_weights(found, [(0, 0)])[1].tolist()
    [[1.0], [-1.0]]
    """
    B, p = estimate.mixing, len(estimate.effects)
    for child, latent in taken:
        noise, hidden = B[:, child].copy(), B[:, p + latent].copy()
        if hidden[child]:  # otherwise the latent does nothing
            B[:, child] = hidden / hidden[child]
            B[:, p + latent] = noise * np.sqrt(estimate.variances[child])
    rest = np.linalg.inv(B[:, :p])
    effects, loadings = np.eye(p) - rest, rest @ B[:, p:]
    for matrix in (effects, loadings):
        matrix[np.abs(matrix) < _NOTHING * np.abs(B).max()] = 0.0
    return effects, loadings


def _swapped(
    estimate: Estimate,
    names: tuple[str, ...],
    taken: list[tuple[int, int]],
    swaps: tuple[tuple[str, str], ...],
) -> SwappedModel:
    effects, loadings = swapped_weights(estimate, taken)
    p, hidden = len(names), estimate.structure.graph(names).latent
    nodes = (*names, *hidden)
    weights = np.zeros((len(nodes), len(nodes)))
    weights[:p, :p], weights[p:, :p] = effects.T, loadings.T
    edges = [(nodes[i], nodes[j]) for i, j in np.argwhere(weights).tolist()]
    return SwappedModel(swaps=swaps, graph=Graph(nodes, edges, latent=hidden), weights=weights)


def _weights(scored: Scored) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Weights of a fit with latents of unit variance, positive on their first children."""
    fit, structure = scored.fitted, scored.structure
    p = structure.n_features
    effects, loadings = scored.model.matrices(fit.theta)
    errors, _ = scored.model.matrices(fit.stderr)
    variances = np.maximum(fit.source_cumulants[:, fit.orders.index(2)], 0.0)
    columns = loadings * np.sqrt(variances[p:])
    firsts = [some[0] for some in structure.latents]
    signs = np.sign([columns[first, k] for k, first in enumerate(firsts)])
    columns = columns * np.where(signs == 0, 1.0, signs)
    order = sorted(range(len(firsts)), key=lambda k: structure.latents[k])
    return effects, errors, columns[:, order], variances[:p]
