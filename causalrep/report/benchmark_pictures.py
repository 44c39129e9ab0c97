"""Pictures of a benchmark: scores against samples, time against features, mean ranks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from causalrep.report.benchmark_settings import PublishedFigure, Setting
from causalrep.report.canvas import QUIET, ROW_HEIGHT, WIDTH, png_of, png_of_display
from causalrep.report.page import Picture
from causalrep.report.words import capitalised, in_words

if TYPE_CHECKING:
    from identifiability import BenchmarkResult, BenchmarkRow, EstimatorComparison, Metric

__all__ = ["rank_picture", "score_picture", "time_picture"]

# Okabe and Ito's colours, which the colour-blind tell apart, yellow left out.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#1b2733", "#8c6d46")
_MARKERS = "osD^vPX*"
_PANELS_A_ROW, _PANEL_HEIGHT = 3, 2.5
_LARGEST_SHIFT = 0.06
_SPREAD = 0.7
_LEAST_SECONDS = 1e-4
_LETTERS, _KEY_WIDTH = 88, 7  # of a legend as wide as the picture, and of a mark in it


def score_picture(
    rows: Sequence[BenchmarkRow],
    metric: Metric,
    settings: Mapping[str, Setting],
    published: Sequence[PublishedFigure],
    *,
    samples: str,
    statistic: str,
    name: str,
) -> Picture:
    """Draw medians or shares with their intervals, against samples where their number changes."""
    sizes: dict[str, set[int]] = {}
    for row in rows:
        setting = settings[row.dataset]
        sizes.setdefault(setting.family, set()).add(setting.n_samples)
    if any(len(found) > 1 for found in sizes.values()):
        figure = _curves(rows, metric, settings, published, samples)
    else:
        figure = _dots(rows, metric, published)
    caption = f"{capitalised(in_words(metric.name))}: {statistic} over draws with 95 % intervals"
    drawn = {(row.dataset, row.estimator) for row in rows}
    if any((item.dataset, item.estimator) in drawn for item in published):
        caption += "; hollow diamonds are the figures from elsewhere"
    return Picture(name, f"{caption}.", png_of(figure))


def time_picture(result: BenchmarkResult, name: str) -> Picture:
    """Draw the CPU seconds of a fit against the number of features."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, 3.8), layout="constrained")
    ax = figure.subplots()
    looks = _looks(result.estimators)
    for estimator, look in looks.items():
        groups: dict[int, list[float]] = {}
        for record in result.records:
            if record.estimator == estimator and np.isfinite(record.cpu_seconds):
                groups.setdefault(record.n_features, []).append(record.cpu_seconds)
        if groups:
            features = sorted(groups)
            seconds = np.array([np.quantile(groups[p], (0.25, 0.5, 0.75)) for p in features])
            low, middle, high = np.maximum(seconds, _LEAST_SECONDS).T
            shifted = _shifted(features, list(looks).index(estimator), len(looks))
            ax.errorbar(shifted, middle, (middle - low, high - middle), label=estimator, **look)
    _time_axis(ax)
    _size_axis(ax, sorted({record.n_features for record in result.records}), "features")
    _legend(figure, ax)
    caption = "CPU seconds against the number of features: medians with quartiles, all data sets."
    return Picture(name, caption, png_of(figure))


def rank_picture(comparison: EstimatorComparison, name: str) -> Picture:
    """Draw the mean ranks of estimators, and who is not told apart."""
    from identifiability import ComparisonDisplay

    caption = "Mean ranks over all data sets and seeds; a bar joins what is not told apart."
    return Picture(name, caption, png_of_display(ComparisonDisplay(comparison).plot()))


def _curves(
    rows: Sequence[BenchmarkRow],
    metric: Metric,
    settings: Mapping[str, Setting],
    published: Sequence[PublishedFigure],
    samples: str,
) -> Any:
    """One panel a family, scores against the number of samples."""
    from matplotlib.figure import Figure

    looks = _looks([row.estimator for row in rows])
    families = list(dict.fromkeys(settings[row.dataset].family for row in rows))
    n_columns = min(len(families), _PANELS_A_ROW)
    n_rows = ceil(len(families) / n_columns)
    figure = Figure(figsize=(WIDTH, _PANEL_HEIGHT * n_rows + 1.1), layout="constrained")
    panels = figure.subplots(n_rows, n_columns, sharey=True, squeeze=False)
    for ax, family in zip(panels.flat, families, strict=False):
        inside = [row for row in rows if settings[row.dataset].family == family]
        for place, (estimator, look) in enumerate(looks.items()):
            own = [row for row in inside if row.estimator == estimator]
            sizes = [settings[row.dataset].n_samples for row in own]
            shifted = _shifted(sizes, place, len(looks))
            _draw_rows(ax, shifted, own, look, estimator)
            _draw_published(ax, shifted, own, published, look)
        _size_axis(ax, sorted({settings[row.dataset].n_samples for row in inside}), samples)
        ax.set_title(family, size=9)
    for ax in panels.flat[len(families) :]:
        ax.set_visible(False)
    for ax in panels[:, 0]:
        ax.set_ylabel(in_words(metric.name))
    _legend(figure, panels[0, 0])
    return figure


def _dots(
    rows: Sequence[BenchmarkRow], metric: Metric, published: Sequence[PublishedFigure]
) -> Any:
    """One line a data set, the estimators above one another in it."""
    from matplotlib.figure import Figure

    looks = _looks([row.estimator for row in rows])
    datasets = list(dict.fromkeys(row.dataset for row in rows))
    height = ROW_HEIGHT * len(datasets) * max(2.0, len(looks) / 2) + 1.4
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    ax = figure.subplots()
    heights = {dataset: -place for place, dataset in enumerate(datasets)}
    for place, (estimator, look) in enumerate(looks.items()):
        own = [row for row in rows if row.estimator == estimator and np.isfinite(row.median)]
        shift = _SPREAD * (0.5 - (place + 0.5) / len(looks))
        levels = [heights[row.dataset] + shift for row in own]
        medians = [row.median for row in own]
        style: Any = {**look, "linestyle": "none"}
        ax.errorbar(medians, levels, xerr=_errors(own), label=estimator, **style)
        for level, row in zip(levels, own, strict=True):
            for value in _figures_of(row, published):
                ax.plot(value, level, **_hollow(look))
    ax.set_yticks(list(heights.values()), datasets)
    ax.set_ylim(-len(datasets) + 0.5, 0.5)
    ax.hlines(np.arange(1, len(datasets)) * -1.0 + 0.5, *ax.get_xlim(), color="#e6eaee", zorder=0)
    ax.set_xlabel(in_words(metric.name))
    ax.tick_params(axis="y", length=0)
    ax.spines[["top", "right", "left"]].set_visible(False)
    _legend(figure, ax)
    return figure


def _draw_rows(
    ax: Any, sizes: np.ndarray, rows: Sequence[BenchmarkRow], look: Any, label: str
) -> None:
    seen = [row if np.isfinite(row.median) else None for row in rows]
    places = [size for size, row in zip(sizes, seen, strict=True) if row]
    own = [row for row in seen if row]
    ax.errorbar(places, [row.median for row in own], _errors(own), label=label, **look)


def _draw_published(
    ax: Any,
    sizes: np.ndarray,
    rows: Sequence[BenchmarkRow],
    published: Sequence[PublishedFigure],
    look: Any,
) -> None:
    for size, row in zip(sizes, rows, strict=True):
        for value in _figures_of(row, published):
            ax.plot(size, value, **_hollow(look))


def _figures_of(row: BenchmarkRow, published: Sequence[PublishedFigure]) -> list[float]:
    return [
        item.value
        for item in published
        if (item.dataset, item.estimator, item.metric) == (row.dataset, row.estimator, row.metric)
    ]


def _errors(rows: Sequence[BenchmarkRow]) -> np.ndarray:
    """Lengths (2, n_rows) of the intervals on both sides; 0 where there is none."""
    ends = np.array([(row.median - row.low, row.high - row.median) for row in rows])
    return np.where(np.isfinite(ends), ends, 0.0).reshape(-1, 2).T


def _looks(estimators: Sequence[str]) -> dict[str, Any]:
    names = list(dict.fromkeys(estimators))
    return {
        name: {
            "color": _COLOURS[place % len(_COLOURS)],
            "marker": _MARKERS[place % len(_MARKERS)],
            "markersize": 5,
            "linewidth": 1.4,
            "elinewidth": 1,
            "capsize": 2,
        }
        for place, name in enumerate(names)
    }


def _hollow(look: Any) -> Any:
    return {
        "marker": "D",
        "markersize": 9,
        "markerfacecolor": "none",
        "markeredgecolor": look["color"],
        "linestyle": "none",
        "clip_on": False,
    }


def _shifted(sizes: Sequence[int], place: int, n_places: int) -> np.ndarray:
    """Move estimators a little apart on a logarithmic axis."""
    return np.asarray(sizes, float) * (
        1 + _LARGEST_SHIFT * (2 * place - n_places + 1) / max(n_places, 2)
    )


def _size_axis(ax: Any, sizes: Sequence[int], label: str) -> None:
    """Label a logarithmic axis by what occurs on it."""
    ax.set_xscale("log")
    ax.set_xticks(sizes, [f"{size:,}" for size in sizes], size=8)
    ax.set_xticks([], minor=True)
    ax.set_xlim(0.75 * min(sizes), 1.33 * max(sizes))
    ax.set_xlabel(label)
    ax.grid(axis="y", color="#e6eaee")
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(colors=QUIET)


def _time_axis(ax: Any) -> None:
    """Label a logarithmic axis of seconds by whole powers of ten, from one to another."""
    ax.set_yscale("log")
    low, high = np.log10(ax.get_ylim())
    powers = np.arange(np.floor(low), np.ceil(high) + 1)
    ax.set_ylim(10 ** powers[0], 10 ** powers[-1])
    ax.set_yticks(10**powers, [f"{10**power:g}" for power in powers])
    ax.set_yticks([], minor=True)
    ax.set_ylabel("CPU seconds of a fit")


def _legend(figure: Any, ax: Any) -> None:
    """Explain colours and marks above all panels, in as many columns as there is room for."""
    handles, labels = ax.get_legend_handles_labels()
    widest = max(map(len, labels)) + _KEY_WIDTH
    columns = max(1, min(len(labels), int(_LETTERS / widest)))
    figure.legend(handles, labels, loc="outside upper center", ncols=columns, frameon=False)
