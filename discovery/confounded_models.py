"""What estimators of graphs with hidden common causes do before and after they search."""

from __future__ import annotations

import warnings
from typing import Any, Literal, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator

from causalrep.covariances import centred
from causalrep.exceptions import InvalidDataError, ModelMismatchWarning
from causalrep.graphs import Graph
from causalrep.validation import check_columns, check_samples, feature_names, power_of_two_scales
from discovery.measurement import latent_names

__all__ = [
    "ConfoundedModel",
    "StandardSamples",
    "check_several",
    "confounded_model",
    "standardised",
    "warn_of_two_values",
]

_LISTED = 5


class StandardSamples(NamedTuple):
    """Samples of features with mean zero and variance one.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_features)
    scales : ndarray of shape (n_features,)
        Standard deviations of the features, by which they were divided.
    usable : ndarray of shape (n_features,), bool
        Features that are no combination of others; the rest is only centred.
    """

    Z: np.ndarray
    scales: np.ndarray
    usable: np.ndarray


class ConfoundedModel(NamedTuple):
    """A linear model whose latents are independent causes of several features.

    Parameters
    ----------
    graph : Graph
        Over the features, then the latents.
    weights : ndarray of shape (n_nodes, n_nodes)
        Row is cause.
    mixing : ndarray of shape (n_features, n_latents)
        Total effects of the latents.
    """

    graph: Graph
    weights: np.ndarray
    mixing: np.ndarray


def check_several(
    estimator: BaseEstimator, X: Any, *, min_samples: int
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Check samples of two features or more, and return them with the names of the features."""
    X = check_samples(estimator, X, min_samples=min_samples)
    names = feature_names(estimator)
    if len(names) < 2:
        raise InvalidDataError(
            f"{type(estimator).__name__} looks for relations between features, but "
            "n_features = 1. Give at least two."
        )
    return X, names


def standardised(
    X: np.ndarray,
    names: tuple[str, ...],
    *,
    on_degenerate: Literal["raise", "warn", "drop"] = "raise",
) -> StandardSamples:
    """Standardise features; powers of two in their scales change no digit of the result."""
    powers = power_of_two_scales(X)
    X = centred(X / powers)
    usable = check_columns(X.T @ X / len(X), names, on_degenerate=on_degenerate)
    scales = np.where(usable, X.std(axis=0), 1.0)
    return StandardSamples(X / scales, scales * powers, usable)


def confounded_model(
    effects: np.ndarray, loadings: np.ndarray, names: tuple[str, ...], scales: np.ndarray
) -> ConfoundedModel:
    """Put direct effects and loadings together, latents of a single feature left out.

    Parameters
    ----------
    effects : ndarray of shape (n_features, n_features)
        Of the column on the row, for standardised features; zero where there is no edge.
    loadings : ndarray of shape (n_features, n_latents)
        Direct effects of latents.
    names : tuple of str
        Of the features.
    scales : ndarray of shape (n_features,)
        Their standard deviations.
    """
    effects = effects * scales[:, None] / scales
    loadings = (loadings * scales[:, None])[:, (loadings != 0).sum(axis=0) > 1]
    p, hidden = len(names), latent_names(loadings.shape[1], names)
    nodes = (*names, *hidden)
    weights = np.zeros((len(nodes), len(nodes)))
    weights[:p, :p], weights[p:, :p] = effects.T, loadings.T
    edges = [(nodes[i], nodes[j]) for i, j in np.argwhere(weights).tolist()]
    mixing = np.linalg.solve(np.eye(p) - effects, loadings)
    return ConfoundedModel(Graph(nodes, edges, latent=hidden), weights, mixing)


def warn_of_two_values(
    X: np.ndarray, names: tuple[str, ...], graph: Graph, *, stacklevel: int
) -> None:
    """Name the features of two values that have causes in the graph, which cannot be.

    A sum of two independent sources takes three values at least.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    names : tuple of str
        Of the features.
    graph : Graph
        Over features and latents.
    stacklevel : int
        Of the warning.
    """
    two = ((X.min(axis=0) == X) | (X.max(axis=0) == X)).all(axis=0)
    caused = [name for name, binary in zip(names, two, strict=True) if binary]
    caused = [name for name in caused if graph.parents(name)]
    if caused:
        warnings.warn(
            "A sum of independent sources takes three values or more, but of the features with "
            f"causes in the graph some have only two: {', '.join(caused[:_LISTED])}. The effects "
            "on these mean nothing: take what they were made from, or leave them out.",
            ModelMismatchWarning,
            stacklevel=stacklevel,
        )
