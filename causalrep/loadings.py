"""Which features load on which latents, in standard deviations, and the graph that shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from causalrep.data import Dataset
from causalrep.exceptions import InvalidDataError
from causalrep.graphs import Graph
from causalrep.results import EdgeEstimate

__all__ = ["standardised_loadings", "strongest_features", "with_features"]


def standardised_loadings(estimator: Any, data: Dataset) -> np.ndarray:
    """Return the mixing with every feature in its standard deviations in the reference.

    Parameters
    ----------
    estimator : object
        Fitted, with ``mixing_`` of shape (n_features, n_latents), ``environments_`` and
        ``targets_``; the environment with target -1 is the reference.
    data : Dataset
        What it was fitted on.

    Returns
    -------
    ndarray of shape (n_features, n_latents)
        Standard deviations by which a feature changes with one unit of a latent; 0 for a feature
        that is constant in the reference.

    Raises
    ------
    InvalidDataError
        If ``data`` is not a Dataset with environments, of as many features as the estimator's.

    Examples
    --------
    >>> from causalrep import LinearCausalDisentanglement
    >>> from causalrep.loadings import standardised_loadings
    >>> from simulators import linear_disentanglement
    >>> problem = linear_disentanglement(n_latents=2, n_features=4, random_state=0)
    >>> data = problem.sample(500, random_state=0)
    >>> model = LinearCausalDisentanglement(n_latents=2).fit(data)
    >>> standardised_loadings(model, data).shape
    (4, 2)
    """
    check_is_fitted(estimator, "mixing_")
    mixing = np.asarray(estimator.mixing_)
    if not isinstance(data, Dataset) or data.environments is None:
        raise InvalidDataError(
            "Loadings are measured in the standard deviations of the reference, so a Dataset with "
            f"environments is wanted, but {data!r} came. Make one by Dataset(X=..., "
            "environments=...)."
        )
    if data.shape[1] != len(mixing):
        raise InvalidDataError(
            f"The estimator was fitted on {len(mixing)} features, but the data have "
            f"{data.shape[1]}. Give the data that it was fitted on."
        )
    reference = estimator.environments_[int(np.flatnonzero(estimator.targets_ < 0)[0])]
    spread = data.X[data.environments == reference].std(axis=0)[:, None]
    return np.divide(mixing, spread, out=np.zeros(mixing.shape), where=spread > 0)


def strongest_features(loadings: np.ndarray, n_features: int) -> list[np.ndarray]:
    """Return for each latent the rows of its largest loadings, largest first.

    Parameters
    ----------
    loadings : ndarray of shape (n_features, n_latents)
        Standardised loadings.
    n_features : int
        Number of features a latent, at most.
    """
    return [
        order[np.abs(column[order]) > 0]
        for column in loadings.T
        for order in [np.argsort(-np.abs(column), kind="stable")[:n_features]]
    ]


def with_features(
    graph: Graph, loadings: np.ndarray, names: Sequence[str], n_features: int
) -> tuple[Graph, tuple[EdgeEstimate, ...]]:
    """Add to a graph over latents the features that load most on each of them.

    Parameters
    ----------
    graph : Graph
        Graph over the latents, in the order of the columns of ``loadings``.
    loadings : ndarray of shape (n_features, n_latents)
        Standardised loadings.
    names : sequence of str
        Names of the features. One that a latent bears too is followed by "(feature)".
    n_features : int
        Number of features a latent, at most.

    Returns
    -------
    graph : Graph
        The latents with their edges, the features of any of them as observed nodes, and an edge
        from each latent to each of its features.
    loadings : tuple of EdgeEstimate
        The loading of each of these edges.
    """
    strongest = strongest_features(loadings, n_features)
    shown = np.unique(np.concatenate([*strongest, np.empty(0, dtype=int)]))
    taken = {*graph.nodes, *names}
    label = {
        row: _free(names[row], taken) if names[row] in graph else names[row]
        for row in shown.tolist()
    }
    estimates = tuple(
        EdgeEstimate(source=latent, target=label[row], weight=float(loadings[row, column]))
        for column, (latent, rows) in enumerate(zip(graph.nodes, strongest, strict=True))
        for row in rows.tolist()
    )
    edges = [*graph.edges, *((item.source, item.target) for item in estimates)]
    return Graph([*graph.nodes, *label.values()], edges, graph.latent), estimates


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += " (feature)"
    return name
