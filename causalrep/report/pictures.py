"""Pictures of a fit, as PNG bytes; matplotlib is loaded when the first one is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from causalrep.data import Dataset
from causalrep.graphs import Graph
from causalrep.plotting import GraphDisplay
from causalrep.report.canvas import (
    BLUE,
    INK,
    ORANGE,
    PALE,
    QUIET,
    ROW_HEIGHT,
    legend_above,
    new_figure,
    png_of,
    png_of_display,
    rows_figure,
)
from causalrep.report.page import Picture

if TYPE_CHECKING:
    from causalrep.results import ContextDiagnosis

__all__ = [
    "angle_picture",
    "can_draw",
    "context_picture",
    "edge_picture",
    "feature_picture",
    "graph_picture",
    "loading_picture",
    "true_graph_picture",
]

_MOST_ROWS = 40
_MOST_NUMBERS = 240
_MOST_LOADINGS, _MOST_FEATURES = 15, 3
_SMALLEST_P = 1e-16


def can_draw() -> bool:
    """Whether matplotlib is installed (the extra ``viz``)."""
    return find_spec("matplotlib") is not None


def graph_picture(estimator: Any, name: str) -> Picture:
    """Draw the recovered graph with the intervals of its edges."""
    caption = "The recovered graph over the latents."
    if any(np.isfinite(edge.weight) for edge in estimator.edges_ if edge.in_graph):
        caption += " Numbers are standardised effects with their 95 % intervals."
    if not estimator.identification_.complete:
        caption += " Dotted edges and latents with dashed outlines are not identified: see below."
    return Picture(name, caption, png_of_display(GraphDisplay.from_estimator(estimator)))


def feature_picture(estimator: Any, data: Dataset, name: str) -> Picture:
    """Draw the recovered graph with the features that load most on each latent."""
    n_latents = len(estimator.graph_)
    n_features = min(max(_MOST_LOADINGS // n_latents, 1), _MOST_FEATURES)
    display = GraphDisplay.from_estimator(estimator, data=data, n_features=n_features)
    most = "the feature that loads" if n_features == 1 else f"the {n_features} features that load"
    caption = (
        f"Latents and what is seen of them: for each latent {most} most on it, with the loading."
    )
    return Picture(name, caption, png_of_display(display))


def true_graph_picture(estimator: Any, true_weights: np.ndarray, name: str) -> Picture:
    """Draw the true graph under the estimator's names, with its standardised coefficients."""
    weights = np.nan_to_num(true_weights)
    graph = Graph.from_weights(weights, names=estimator.graph_.nodes, latent=True)
    caption = (
        "The true graph, its latents named as their estimated partners and turned to their signs."
    )
    return Picture(name, caption, png_of_display(GraphDisplay(graph, weights=weights).plot()))


def edge_picture(estimator: Any, true_weights: np.ndarray | None, name: str) -> Picture:
    """Draw the coefficient of each tested pair with its interval, and the truth if known."""
    place = {node: number for number, node in enumerate(estimator.graph_.nodes)}
    known = [edge for edge in estimator.edges_ if np.isfinite(edge.weight)]
    edges = sorted(known, key=lambda edge: -abs(edge.weight))[:_MOST_ROWS]
    figure, ax, rows = rows_figure([f"{edge.source} → {edge.target}" for edge in edges])
    weights = np.array([edge.weight for edge in edges])
    bounds = np.array([[edge.lower, edge.upper] for edge in edges]).reshape(-1, 2)
    found = np.array([edge.identified for edge in edges], dtype=bool)
    label = "estimate, 95 % interval" if np.isfinite(bounds).any() else "estimate"
    for chosen, colour, style, text in (
        (found, BLUE, "solid", label),
        (~found, PALE, "dotted", f"{label}, not identified"),
    ):
        if chosen.any():
            ax.hlines(rows[chosen], *bounds[chosen].T, color=colour, linewidth=2, linestyle=style)
            ax.plot(weights[chosen], rows[chosen], "o", color=colour, markersize=5, label=text)
    if true_weights is not None:
        true = [true_weights[place[edge.source], place[edge.target]] for edge in edges]
        ax.plot(true, rows, "D", markersize=7, label="truth", fillstyle="none", color=ORANGE)
    ax.axvline(0.0, color=QUIET, linewidth=0.8)
    ax.set_xlabel("standardised effect")
    legend_above(ax)
    left_out = len(known) - len(edges)
    caption = "Coefficients of all tested pairs, largest first"
    caption += f"; {left_out} smaller ones are not shown." if left_out else "."
    return Picture(name, caption, png_of(figure))


def context_picture(contexts: Sequence[ContextDiagnosis], name: str) -> Picture:
    """Draw the p-value of the model in each context that was tested."""
    figure, ax, rows = rows_figure([str(context.environment) for context in contexts])
    values = np.array([max(context.p_value, _SMALLEST_P) for context in contexts])
    fits = np.array([context.fits for context in contexts], dtype=bool)
    for chosen, marker, colour, label in (
        (fits, "o", BLUE, "fits the model"),
        (~fits, "X", ORANGE, "contradicts the model"),
    ):
        if chosen.any():
            ax.plot(values[chosen], rows[chosen], marker, color=colour, markersize=7, label=label)
    ax.set_xscale("log")
    ax.set_xlim(min(1e-3, values.min() / 3.0), 3.0)
    cut = "; 1e-16 stands for all smaller ones" if values.min() == _SMALLEST_P else ""
    ax.set_xlabel(f"p-value of the model (log scale{cut})")
    legend_above(ax)
    caption = "Test in each context that it differs from the reference by one intervention."
    return Picture(name, caption, png_of(figure))


def angle_picture(radians: np.ndarray, partners: np.ndarray, name: str) -> Picture:
    """Draw the angle of each true unmixing row with that of its estimated partner."""
    angles = np.degrees(radians)
    found = [f"found as L{partner + 1}" if partner >= 0 else "not found" for partner in partners]
    figure, ax, rows = rows_figure([f"L{k}, {text}" for k, text in enumerate(found, start=1)])
    ax.hlines(rows, 0.0, angles, color=BLUE, linewidth=2)
    ax.plot(angles, rows, "o", color=BLUE, markersize=6)
    ax.set_xlim(0.0, max(5.0, 1.15 * angles.max()))
    ax.set_xlabel("angle between estimated and true unmixing row (degrees; unrelated: 90)")
    ax.set_ylabel("true latent")
    return Picture(name, "How far each recovered direction is from the true one.", png_of(figure))


def loading_picture(loadings: np.ndarray, features: Any, latents: Any, name: str) -> Picture:
    """Draw standardised loadings (n_features, n_latents) as a heat map."""
    kept = np.sort(np.argsort(-np.abs(loadings).max(axis=1))[:_MOST_ROWS])
    loadings, features = loadings[kept], [str(features[row]) for row in kept]
    figure, ax = new_figure(max(3.5, 0.75 * len(latents) + 2.2), ROW_HEIGHT * len(features) + 1.1)
    limit = float(np.abs(loadings).max()) or 1.0
    image = ax.imshow(loadings, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto")
    ax.set_xticks(range(len(latents)), latents)
    ax.set_yticks(range(len(features)), features)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    if loadings.size <= _MOST_NUMBERS:
        for (row, column), value in np.ndenumerate(loadings):
            colour = "white" if abs(value) > 0.6 * limit else INK
            ax.text(column, row, f"{value:z.2f}", ha="center", va="center", color=colour, size=8)
    figure.colorbar(image, ax=ax, label="loading", shrink=0.9)
    caption = (
        "Loadings: standard deviations by which a feature changes with one standard deviation of "
        "a latent, in the reference context."
    )
    return Picture(name, caption, png_of(figure))
