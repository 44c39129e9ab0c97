"""What a benchmark says, as sections of a report: one a metric, with figures of others beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from causalrep.exceptions import InvalidDataError
from causalrep.report import benchmark_pictures, pictures
from causalrep.report.benchmark_settings import PublishedFigure, Setting
from causalrep.report.benchmark_summaries import are_shares, mean_score, summaries
from causalrep.report.page import Block, Section, Table
from causalrep.report.words import capitalised, in_words, number

if TYPE_CHECKING:
    from identifiability import BenchmarkResult, BenchmarkRow, Metric

__all__ = ["benchmark_sections"]

_NOTHING = "-"
_NUMERIC = (2, 3, 4, 5)


def benchmark_sections(
    result: BenchmarkResult,
    settings: Sequence[Setting],
    published: Sequence[PublishedFigure] = (),
    *,
    samples: str = "samples",
) -> tuple[Section, ...]:
    """Describe a benchmark: every metric with its comparison of estimators, then the time.

    Parameters
    ----------
    result : BenchmarkResult
        What :func:`identifiability.benchmark` returned.
    settings : sequence of Setting
        Its data sets.
    published : sequence of PublishedFigure, default=()
        Figures of others; those of what was not measured are left out.
    samples : str, default="samples"
        What the sample sizes count.
    """
    by_name = {setting.name: setting for setting in settings}
    return (
        *(
            _metric_section(result, metric, by_name, published, samples)
            for metric in result.metrics
        ),
        _time_section(result),
    )


def _metric_section(
    result: BenchmarkResult,
    metric: Metric,
    settings: Mapping[str, Setting],
    published: Sequence[PublishedFigure],
    samples: str,
) -> Section:
    known = [item for item in published if item.metric == metric.name]
    rows = summaries(result, metric.name)
    direction = "More" if metric.larger_is_better else "Less"
    few = any(np.isnan(row.low) for row in rows)
    blocks: list[Block] = [
        f"{direction} is better; {number(metric.best)} is best. A failed fit counts as worst."
        f"{' There are too few draws for intervals.' * few}",
        _score_table(result, metric.name, rows, known),
        *_sources(rows, known),
    ]
    slug = _slug(metric.name)
    if rows and pictures.can_draw():
        blocks.append(
            benchmark_pictures.score_picture(
                rows,
                metric,
                settings,
                known,
                samples=samples,
                statistic="shares" if are_shares(result, metric.name) else "medians",
                name=f"score-{slug}",
            )
        )
    blocks += _comparison(result, metric.name, slug)
    return Section(capitalised(in_words(metric.name)), tuple(blocks))


def _score_table(
    result: BenchmarkResult,
    metric: str,
    rows: Sequence[BenchmarkRow],
    known: Sequence[PublishedFigure],
) -> Table:
    sources = _numbered(rows, known)
    cells = tuple(
        (
            row.dataset,
            row.estimator,
            _value(row.median),
            _interval(row),
            _value(mean_score(result, row)),
            f"{row.n}" if not row.n_failed else f"{row.n} ({row.n_failed} failed)",
            _others(row, known, sources),
        )
        for row in rows
    )
    header = ("data set", "estimator", "median", "95 % interval", "mean", "fits", "elsewhere")
    dropped = {4} if are_shares(result, metric) else set()
    if dropped:
        header = ("data set", "estimator", "share", *header[3:])
    if not sources:
        dropped.add(6)
    if all(np.isnan(row.low) for row in rows):
        dropped.add(3)
    kept = [place for place in range(len(header)) if place not in dropped]
    return Table(
        tuple(header[place] for place in kept),
        _grouped([tuple(row[place] for place in kept) for row in cells]),
        numeric=tuple(new for new, place in enumerate(kept) if place in _NUMERIC),
    )


def _grouped(rows: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """Name a data set in the first of its rows only."""
    names = ("", *(row[0] for row in rows))
    return tuple(
        ("" if row[0] == before else row[0], *row[1:])
        for before, row in zip(names, rows, strict=False)
    )


def _numbered(rows: Sequence[BenchmarkRow], known: Sequence[PublishedFigure]) -> dict[str, int]:
    """Give numbers to the sources of figures that have a row."""
    shown = {(row.dataset, row.estimator) for row in rows}
    sources = dict.fromkeys(
        item.source for item in known if (item.dataset, item.estimator) in shown
    )
    return {source: place for place, source in enumerate(sources, start=1)}


def _others(
    row: BenchmarkRow, known: Sequence[PublishedFigure], sources: Mapping[str, int]
) -> str:
    found = [
        f"{number(item.value)} [{sources[item.source]}]"
        for item in known
        if (item.dataset, item.estimator) == (row.dataset, row.estimator)
    ]
    return ", ".join(found) or _NOTHING


def _sources(rows: Sequence[BenchmarkRow], known: Sequence[PublishedFigure]) -> list[str]:
    statistics = {item.source: item.statistic for item in known}
    return [
        f"[{place}] {source} Given are {statistics[source]}s over runs."
        for source, place in _numbered(rows, known).items()
    ]


def _interval(row: BenchmarkRow) -> str:
    if np.isnan(row.low):
        return _NOTHING
    return f"{_value(row.low)} to {_value(row.high)}"


def _value(score: float) -> str:
    """Write a score; those of failed fits may be infinite."""
    return f"{score:g}" if np.isinf(score) else number(score)


def _comparison(result: BenchmarkResult, metric: str, slug: str) -> list[Block]:
    """Rank the estimators over all data sets, or say why that cannot be."""
    from identifiability import compare_estimators

    if len(result.estimators) < 2:
        return []
    try:
        comparison = compare_estimators(result, metric)
    except InvalidDataError as error:
        return [f"Ranks are not compared. {error}"]
    blocks: list[Block] = [*comparison.sentences()]
    if pictures.can_draw():
        blocks.append(benchmark_pictures.rank_picture(comparison, f"ranks-{slug}"))
    return blocks


def _time_section(result: BenchmarkResult) -> Section:
    groups: dict[tuple[str, str], list[float]] = {}
    for record in result.records:
        groups.setdefault((record.dataset, record.estimator), []).append(record.cpu_seconds)
    rows = tuple(
        (*names, _seconds(np.nanmedian(values)), _seconds(np.nanmax(values)))
        for names, values in groups.items()
        if np.isfinite(values).any()
    )
    header = ("data set", "estimator", "median", "longest")
    blocks: list[Block] = [
        "CPU seconds of a fit, one thread, on the machine that ran it.",
        Table(header, _grouped(rows), numeric=(2, 3)),
    ]
    if rows and pictures.can_draw():
        blocks.append(benchmark_pictures.time_picture(result, "time"))
    return Section("Time", tuple(blocks))


def _seconds(value: float) -> str:
    return f"{value:.3g}" if value >= 1e-3 else "< 0.001"


def _slug(name: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())
