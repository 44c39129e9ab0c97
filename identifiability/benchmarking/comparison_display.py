"""Picture of mean ranks, and of which estimators are not told apart, by matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from causalrep.displays import Display
from causalrep.exceptions import InvalidDataError
from identifiability.benchmarking.comparison import EstimatorComparison

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ComparisonDisplay"]

_INK, _QUIET, _BAR = "#1b2733", "#5b6875", "#d1600a"
_WIDTH, _ROW_HEIGHT, _PAD = 7.5, 0.32, 0.12
_BAR_STEP, _GAP, _TICK, _OVERHANG = 0.5, 0.6, 0.015, 0.008  # the last two in axis lengths


class ComparisonDisplay(Display):
    """Estimators on a line of mean ranks, the best on the left.

    A thick bar joins estimators that are not told apart: the critical-difference diagram of
    Demsar (2006), with pairwise tests in place of one critical difference.

    Parameters
    ----------
    comparison : EstimatorComparison
        What :func:`compare_scores` returned.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes of the picture.
    figure_ : matplotlib Figure
        Figure of the picture.

    Raises
    ------
    InvalidDataError
        If what was given is no comparison (when it is drawn).

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import numpy as np
    >>> from identifiability import ComparisonDisplay, compare_scores
    >>> scores = np.random.default_rng(0).normal([0.9, 0.9, 0.5], 0.1, size=(20, 3))
    >>> display = ComparisonDisplay(compare_scores(scores, ["ours", "theirs", "chance"])).plot()
    >>> [text.get_text() for text in display.ax_.texts]
    ['ours  1.50', 'theirs  1.50', 'chance  3.00']
    """

    def __init__(self, comparison: EstimatorComparison) -> None:
        self.comparison = comparison

    def _draw(self, ax: Axes | None) -> Axes:
        if not isinstance(self.comparison, EstimatorComparison):
            raise InvalidDataError(
                "ComparisonDisplay wants what compare_scores returned, but a "
                f"{type(self.comparison).__name__} came."
            )
        n_names, n_groups = len(self.comparison.names), len(self.comparison.groups)
        n_left = (n_names + 1) // 2
        first_row = _GAP + _BAR_STEP * n_groups
        depth = first_row + n_left - 1 + _GAP
        if ax is None:
            import matplotlib.pyplot as plt
            from matplotlib.layout_engine import ConstrainedLayoutEngine

            size = (_WIDTH, _ROW_HEIGHT * (depth + 1) + 0.6)
            layout = ConstrainedLayoutEngine(w_pad=_PAD, h_pad=_PAD)
            ax = plt.figure(figsize=size, layout=layout).subplots()
        self._draw_axis(ax, depth)
        self._draw_groups(ax)
        self._draw_names(ax, n_left, first_row)
        return ax

    def _draw_axis(self, ax: Axes, depth: float) -> None:
        n_names = len(self.comparison.names)
        ax.set_xlim(1, n_names)
        ax.set_ylim(-depth, 0)
        ax.set_yticks([])
        ax.set_xticks(np.arange(1, n_names + 1))
        ax.xaxis.tick_top()
        ax.xaxis.set_label_position("top")
        ax.set_xlabel(f"mean rank over {self.comparison.n_blocks} data sets (1 is best)")
        ax.spines[["left", "right", "bottom"]].set_visible(False)
        ax.tick_params(colors=_INK)

    def _draw_groups(self, ax: Axes) -> None:
        ranks = dict(zip(self.comparison.names, self.comparison.mean_ranks, strict=True))
        beyond = _OVERHANG * (len(ranks) - 1)
        for level, group in enumerate(self.comparison.groups, start=1):
            ends = ranks[group[0]] - beyond, ranks[group[-1]] + beyond
            height = -_BAR_STEP * level
            line = ax.plot(ends, (height, height), color=_BAR, linewidth=5, clip_on=False)
            line[0].set_solid_capstyle("butt")

    def _draw_names(self, ax: Axes, n_left: int, first_row: float) -> None:
        """Write the better half on the left, best on top, and the worse on the right."""
        names, ranks = self.comparison.names, self.comparison.mean_ranks
        reach = _TICK * (len(names) - 1)
        sides = (
            (range(n_left), 1, -reach, "right"),
            (range(len(names) - 1, n_left - 1, -1), len(names), reach, "left"),
        )
        for places, edge, gap, side in sides:
            for row, place in enumerate(places):
                height, rank = -(first_row + row), ranks[place]
                look = {"color": _QUIET, "linewidth": 1, "clip_on": False, "zorder": 1}
                ax.plot((rank, rank, edge + gap / 2), (0, height, height), **look)
                text = f"{names[place]}  {rank:.2f}"
                ax.text(edge + gap, height, text, ha=side, va="center", color=_INK)
