"""What the pictures of reports have in common: colours, figures, legends, PNG bytes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from causalrep.displays import Display
from causalrep.report.page import PICTURE_DPI

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "BLUE",
    "INK",
    "ORANGE",
    "PALE",
    "QUIET",
    "ROW_HEIGHT",
    "WIDTH",
    "legend_above",
    "new_figure",
    "png_of",
    "png_of_display",
    "rows_figure",
]

INK, QUIET, PALE = "#1b2733", "#5b6875", "#a5adb5"
BLUE, ORANGE = "#1f6fb4", "#d1600a"
WIDTH = 7.5
ROW_HEIGHT = 0.34


def rows_figure(labels: list[str]) -> tuple[Figure, Any, np.ndarray]:
    """Return a figure with one labelled line a row, first on top, and the rows' heights."""
    figure, ax = new_figure(WIDTH, ROW_HEIGHT * len(labels) + 1.2)
    rows = np.arange(len(labels))[::-1]
    ax.set_yticks(rows, labels)
    ax.set_ylim(-0.7, len(labels) - 0.3)
    ax.grid(axis="x", color="#e6eaee")
    ax.set_axisbelow(True)
    ax.tick_params(axis="y", length=0)
    ax.spines[["top", "right", "left"]].set_visible(False)
    return figure, ax, rows


def new_figure(width: float, height: float) -> tuple[Figure, Any]:
    """Return a figure of a size in inches, and its axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def legend_above(ax: Any) -> None:
    """Explain the marks above the axes."""
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False)


def png_of(figure: Any) -> bytes:
    """Return the picture as a PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=PICTURE_DPI, facecolor="white")
    return buffer.getvalue()


def png_of_display(drawn: Display) -> bytes:
    """Return a display as a PNG, and let pyplot forget its figure."""
    import matplotlib.pyplot as plt

    figure: Any = drawn.figure_
    try:
        return png_of(figure)
    finally:
        plt.close(figure)
