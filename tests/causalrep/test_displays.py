"""What every picture does, found from `__all__`."""

import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest

import causalrep.neural
import identifiability
from causalrep.displays import Display
from causalrep.neural import TrainingHistory
from identifiability import compare_scores

SCORES = np.random.default_rng(0).normal([0.9, 0.5], 0.1, size=(20, 2))
CURVES = TrainingHistory(
    loss=np.ones((3, 1)),
    validation=np.ones((3, 1)),
    best_epoch=np.array([1]),
    stopped="epochs",
    seconds=1.0,
)
SHOWN = {
    "GraphDisplay": causalrep.Graph.from_text("A --> B"),
    "HistoryDisplay": CURVES,
    "ComparisonDisplay": compare_scores(SCORES, ["ours", "theirs"]),
}
DISPLAYS = {
    name: getattr(package, name)
    for package in (causalrep, causalrep.neural, identifiability)
    for name in package.__all__
    if name.endswith("Display")
}


@pytest.fixture(autouse=True)
def closing():
    yield
    plt.close("all")


@pytest.mark.parametrize("name", DISPLAYS)
def test_a_picture_is_drawn_where_it_is_told_to_or_in_a_figure_that_pyplot_shows(name):
    display = DISPLAYS[name](SHOWN[name])
    assert display.plot() is display
    assert display.figure_ is display.ax_.figure is plt.gcf()
    ax = plt.figure().subplots()
    assert display.plot(ax).ax_ is ax
    assert len(plt.get_fignums()) == 2


def test_displays_share_one_way_to_plot():
    assert all("plot" not in vars(display) for display in DISPLAYS.values())
    assert all(issubclass(display, Display) for display in DISPLAYS.values())


def test_a_missing_matplotlib_is_named():
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from causalrep.plotting import GraphDisplay\n"
        "from causalrep.graphs import Graph\n"
        "GraphDisplay(Graph(['A'])).plot()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "ImportError: Pictures need matplotlib" in done.stderr
    assert "causalrep[viz]" in done.stderr
