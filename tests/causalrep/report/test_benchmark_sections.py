"""Sections and pictures of a benchmark."""

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from causalrep.report import Picture, Table, benchmark_pictures, pictures
from causalrep.report.benchmark_sections import benchmark_sections
from causalrep.report.benchmark_settings import PublishedFigure, Setting
from causalrep.report.benchmark_summaries import are_shares, remarks, summaries
from identifiability import BenchmarkRecord, BenchmarkResult, Metric

LONG = "a rather long <b>name</b> of a method"
NAMES = ("RLCD", "PC", "FCI", "GIN", LONG, "PCA", "ICA", "chance")
METRIC = Metric("row_angle", len, best=0.0, worst=1.5)
FIGURE = PublishedFigure("family 0, n=100", "PC", "row_angle", 0.4, "Someone, 1999.", "median")


def settings(n_families=2, sizes=(100, 1000)):
    return [Setting(f"family {k}", n, len) for k, n in product(range(n_families), sizes)]


def result(places, n_estimators=3, n_seeds=6, metric=METRIC, scores=None):
    rng = np.random.default_rng(0)
    records = [
        BenchmarkRecord(
            estimator=NAMES[k],
            dataset=place.name,
            seed=seed,
            scores={metric.name: rng.uniform() + k if scores is None else scores(k, seed)},
            n_samples=place.n_samples,
            n_features=10 * (1 + place.n_samples // 1000),
            cpu_seconds=rng.uniform(0.01, 3.0),
            failure="ValueError: no" if (k, seed) == (1, 0) else None,
        )
        for place in places
        for k in range(n_estimators)
        for seed in range(n_seeds)
    ]
    return BenchmarkResult(
        records=tuple(records),
        metrics=(metric,),
        estimators=NAMES[:n_estimators],
        datasets=tuple(place.name for place in places),
        n_seeds=n_seeds,
    )


@pytest.fixture
def unpictured(monkeypatch):
    monkeypatch.setattr(pictures, "find_spec", lambda name: None)


def blocks(sections, kind):
    return [block for section in sections for block in section.blocks if isinstance(block, kind)]


def test_every_row_has_its_median_interval_mean_and_figure_of_others(unpictured):
    sections = benchmark_sections(result(settings()), settings(), [FIGURE])
    scores, times = blocks(sections, Table)
    assert [section.title for section in sections] == ["Row angle", "Time"]
    assert scores.header[2:] == ("median", "95 % interval", "mean", "fits", "elsewhere")
    assert [row[0] for row in scores.rows[:4]] == ["family 0, n=100", "", "", "family 0, n=1000"]
    assert scores.rows[1][1] == "PC"
    assert scores.rows[1][5:] == ("6 (1 failed)", "0.400 [1]")
    assert scores.rows[0][6] == "-"
    assert times.header == ("data set", "estimator", "median", "longest")
    said = blocks(sections, str)
    assert "[1] Someone, 1999. Given are medians over runs." in said
    assert any(text.startswith("Friedman's test over 24 blocks") for text in said)


def test_scores_that_are_yes_or_no_become_shares(unpictured):
    yes_or_no = replace(METRIC, worst=1.0)
    found = result(settings(1), scores=lambda k, seed: float(seed < 3), metric=yes_or_no)
    [row, *_] = summaries(found, "row_angle")
    assert are_shares(found, "row_angle")
    assert (row.median, row.low, row.high) == pytest.approx((0.5, 0.118, 0.882), abs=1e-3)
    table = blocks(benchmark_sections(found, settings(1)), Table)[0]
    assert table.header == ("data set", "estimator", "share", "95 % interval", "fits")
    assert table.rows[0][2:4] == ("0.500", "0.118 to 0.882")
    counted = result(settings(1), scores=lambda k, seed: float(seed < 3))
    assert not are_shares(counted, "row_angle")


def test_what_a_metric_does_not_apply_to_is_said_in_brief():
    found = result(settings(1))
    lost = [
        replace(r, unscored={"row_angle": "no rows"}, lacking=("row_angle",))
        if r.estimator == "FCI"
        else r
        for r in found.records
    ]
    told = remarks(replace(found, records=tuple(lost)))
    assert told[0] == (
        "What does not apply to the answers of an estimator is left out (FCI: row angle)."
    )
    assert not any("Not every answer could be scored" in text for text in told)
    never = [
        replace(r, unscored={"row_angle": "is not a number"} if r.estimator == "FCI" else {})
        for r in found.records
    ]
    told = remarks(replace(found, records=tuple(never)))
    assert any("FCI, row_angle: is not a number" in text for text in told)
    some = [
        replace(r, unscored={"row_angle": "no rows"} if r.seed == 1 else {}) for r in found.records
    ]
    assert any("scored" in text for text in remarks(replace(found, records=tuple(some))))


def test_too_few_draws_are_said_to_give_no_interval(unpictured):
    sections = benchmark_sections(result(settings(1), n_seeds=2), settings(1))
    assert "too few draws for intervals." in blocks(sections, str)[0]
    assert "95 % interval" not in blocks(sections, Table)[0].header
    assert any(text.startswith("Ranks are not compared.") for text in blocks(sections, str))


def test_scores_of_failed_fits_that_are_infinitely_bad_are_written_so(unpictured):
    distance = Metric("distance", len, best=0.0, worst=np.inf)
    found = result(
        settings(1, (100,)), metric=distance, scores=lambda k, seed: np.inf if seed == 0 else seed
    )
    row = blocks(benchmark_sections(found, settings(1, (100,))), Table)[0].rows[0]
    assert row[2:5] == ("3.500", "1 to inf", "inf")


def test_one_estimator_is_compared_with_nobody(unpictured):
    said = blocks(benchmark_sections(result(settings(1), n_estimators=1), settings(1)), str)
    assert not any("Friedman" in text or "Ranks" in text for text in said)


def test_a_report_has_scores_ranks_and_time_as_pictures():
    found = blocks(benchmark_sections(result(settings()), settings(), [FIGURE]), Picture)
    assert [picture.name for picture in found] == ["score-row-angle", "ranks-row-angle", "time"]
    assert all(picture.png.startswith(b"\x89PNG") for picture in found)
    assert found[0].caption == (
        "Row angle: medians over draws with 95 % intervals; hollow diamonds are the figures from "
        "elsewhere."
    )


def drawn(monkeypatch, places, n_estimators):
    """Return the figure of the scores."""
    figures = []
    monkeypatch.setattr(benchmark_pictures, "png_of", lambda figure: figures.append(figure) or b"")
    found = result(places, n_estimators)
    benchmark_pictures.score_picture(
        summaries(found, "row_angle"),
        METRIC,
        {place.name: place for place in places},
        [FIGURE],
        samples="samples",
        statistic="medians",
        name="x",
    )
    [figure] = figures
    assert isinstance(figure, Figure)
    return figure


@pytest.mark.parametrize("sizes", [(100,), (100, 1000)])
def test_the_legend_of_many_estimators_stays_inside_and_names_all(monkeypatch, sizes):
    figure = drawn(monkeypatch, settings(1, sizes), 8)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    [legend] = figure.legends
    texts = legend.get_texts()
    assert [text.get_text() for text in texts] == list(NAMES)
    edges = [text.get_window_extent(canvas.get_renderer()) for text in texts]
    assert all(figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 for box in edges)
    assert not any(one.overlaps(other) for one, other in combinations(edges, 2))


def test_one_panel_a_family_and_nothing_in_those_left_over(monkeypatch):
    figure = drawn(monkeypatch, settings(4), 2)
    assert [ax.get_title() for ax in figure.axes if ax.get_visible()] == [
        f"family {k}" for k in range(4)
    ]
    hollow = [line for line in figure.axes[0].lines if line.get_markerfacecolor() == "none"]
    assert [line.get_ydata()[0] for line in hollow] == [0.4]
