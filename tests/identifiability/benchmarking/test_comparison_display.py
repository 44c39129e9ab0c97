"""The picture of mean ranks."""

from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from causalrep.exceptions import InvalidDataError
from identifiability import ComparisonDisplay, compare_scores

NAMES = ("RLCD", "PC", "FCI", "GIN", "a method with a rather long name", "PCA", "ICA", "chance")


@pytest.fixture(autouse=True)
def closing():
    yield
    plt.close("all")


def drawn(n_estimators, seed=0):
    means = np.linspace(0.9, 0.4, n_estimators)
    values = np.random.default_rng(seed).normal(means, 0.1, size=(40, n_estimators))
    return ComparisonDisplay(compare_scores(values, NAMES[:n_estimators])).plot()


def boxes(display):
    """Return the boxes of the labels and of the figure, in dots."""
    canvas = FigureCanvasAgg(display.figure_)
    canvas.draw()
    renderer = canvas.get_renderer()
    return [text.get_window_extent(renderer) for text in display.ax_.texts], display.figure_.bbox


@pytest.mark.parametrize("n_estimators", [2, 3, 8])
def test_no_label_touches_another_or_leaves_the_picture(n_estimators):
    labels, figure = boxes(drawn(n_estimators))
    assert len(labels) == n_estimators
    assert not any(one.overlaps(other) for one, other in combinations(labels, 2))
    for label in labels:
        assert figure.x0 <= label.x0 < label.x1 <= figure.x1
        assert figure.y0 <= label.y0 < label.y1 <= figure.y1


def test_every_group_has_a_bar_from_its_best_to_its_worst_rank():
    display = drawn(8)
    ranks = dict(zip(display.comparison.names, display.comparison.mean_ranks, strict=True))
    bars = [line.get_xdata() for line in display.ax_.lines if line.get_linewidth() == 5]
    ends = [(ranks[group[0]], ranks[group[-1]]) for group in display.comparison.groups]
    assert np.asarray(bars) == pytest.approx(np.asarray(ends), abs=0.1)


def test_refuses_what_is_no_comparison():
    with pytest.raises(InvalidDataError, match="compare_scores returned, but a list came"):
        ComparisonDisplay([1, 2]).plot()
