"""What a benchmark returns: records, medians with their intervals, and how they print."""

from __future__ import annotations

import html
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isnan
from numbers import Real
from typing import Any

import numpy as np

from causalrep.exceptions import InvalidDataError
from identifiability.benchmarking.medians import median_interval
from identifiability.benchmarking.metrics import Metric
from identifiability.benchmarking.records import BenchmarkRecord, tells
from identifiability.benchmarking.tasks import Undrawn
from identifiability.score_rows import written

__all__ = ["BenchmarkResult", "BenchmarkRow"]

_LISTED = 3


@dataclass(frozen=True)
class BenchmarkRow:
    """The scores of one estimator on one data set, over all seeds.

    Parameters
    ----------
    estimator, dataset, metric : str
        Names.
    median : float
        Median score; a failed fit counts as the worst one. NaN where the metric does not apply.
    low, high : float
        Interval that holds the median of the distribution of scores; NaN where there are too few.
    n : int
        Number of scores.
    n_failed : int
        Those of them that are of failed fits, or of answers that could not be scored.
    """

    estimator: str
    dataset: str
    metric: str
    median: float
    low: float
    high: float
    n: int
    n_failed: int

    def __str__(self) -> str:
        if isnan(self.median):
            return "-"
        median, low, high = _shown(self.median, self.low, self.high)
        return median if isnan(self.low) else f"{median} [{low}, {high}]"


@dataclass(frozen=True, eq=False, kw_only=True)
class BenchmarkResult:
    """Records of a benchmark; prints as a table of medians.

    Parameters
    ----------
    records : tuple of BenchmarkRecord
        One for each fit that ended, by data set, estimator and seed.
    metrics : tuple of Metric
        What was measured.
    estimators, datasets : tuple of str
        Names, in the order of the tables.
    n_seeds : int
        Draws asked for of each data set.
    undrawn : tuple of Undrawn
        Data that could not be drawn.
    missing : tuple of (str, str, int)
        Data set, estimator and seed of the other fits without a record.
    reason : str
        Why they are missing.
    n_found : int
        Records that the store had before.
    n_other_versions : int
        Records of the same settings in the store, by other versions of the code: left aside.
    damaged_lines : tuple of int
        Lines of the store whose checksum is wrong: left aside.
    """

    records: tuple[BenchmarkRecord, ...]
    metrics: tuple[Metric, ...]
    estimators: tuple[str, ...]
    datasets: tuple[str, ...]
    n_seeds: int
    undrawn: tuple[Undrawn, ...] = ()
    missing: tuple[tuple[str, str, int], ...] = ()
    reason: str = ""
    n_found: int = 0
    n_other_versions: int = 0
    damaged_lines: tuple[int, ...] = ()

    @property
    def failures(self) -> tuple[BenchmarkRecord, ...]:
        """Records of the fits that raised."""
        return tuple(record for record in self.records if record.failure is not None)

    def rows(
        self, metric: str | None = None, confidence: float = 0.95
    ) -> tuple[BenchmarkRow, ...]:
        """Return the median of one metric, or of all, for each data set and estimator.

        Parameters
        ----------
        metric : str, default=None
            Name of the metric.
        confidence : float, default=0.95
            Least coverage of the intervals.

        Raises
        ------
        InvalidDataError
            If it was not measured, or the confidence is no share.
        """
        self.refuse_unmeasured(metric)
        names = [item.name for item in self.metrics]
        if not isinstance(confidence, Real) or not 0.0 < confidence < 1.0:
            raise InvalidDataError(
                f"confidence must be between 0 and 1, such as 0.95, but is {confidence!r}."
            )
        return tuple(
            _row(self._of(dataset, estimator), dataset, estimator, name, confidence)
            for dataset in self.datasets
            for estimator in self.estimators
            for name in (names if metric is None else [metric])
        )

    def refuse_unmeasured(self, metric: str | None) -> None:
        """Refuse a metric that was not measured.

        Parameters
        ----------
        metric : str or None
            Name; None stands for all.

        Raises
        ------
        InvalidDataError
            If it was not.
        """
        names = [item.name for item in self.metrics]
        if metric is not None and metric not in names:
            raise InvalidDataError(
                f"{metric!r} was not measured; {', '.join(map(repr, names))} were."
            )

    def to_frame(self) -> Any:
        """Return a tidy pandas frame: one line for each fit and metric."""
        import pandas as pd

        lines = [
            {
                "dataset": record.dataset,
                "estimator": record.estimator,
                "seed": record.seed,
                "metric": metric.name,
                "value": record.scores[metric.name],
                "failure": record.failure,
                "unscored": record.unscored.get(metric.name),
                "n_samples": record.n_samples,
                "n_features": record.n_features,
                "seconds": record.seconds,
                "cpu_seconds": record.cpu_seconds,
                "n_warnings": record.n_warnings,
            }
            for record in self.records
            for metric in self.metrics
        ]
        return pd.DataFrame(lines, columns=_COLUMNS)

    def sentences(self) -> tuple[str, ...]:
        """Return what the table does not show: failures, warnings, and what is missing."""
        return tuple(
            sentence
            for sentence in (
                self._failures_told(),
                self._unscored_told(),
                self._warnings_told(),
                self._missing_told(),
                self._undrawn_told(),
                self._store_told(),
            )
            if sentence
        )

    def __str__(self) -> str:
        cells = self._cells()
        widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
        lines = [
            "  ".join(
                cell.ljust(width) if column < 2 else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in cells
        ]
        return "\n".join([self.heading(), *lines, *self.sentences()])

    def __repr__(self) -> str:
        return (
            f"<BenchmarkResult: {len(self.records)} fits of {len(self.estimators)} estimators to "
            f"{len(self.datasets)} data sets, {self.n_seeds} seeds>"
        )

    def _repr_html_(self) -> str:
        head, *body = self._cells()
        top = "".join(f"<th>{html.escape(cell)}</th>" for cell in head)
        rows = "".join(
            f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in line)}</tr>"
            for line in body
        )
        notes = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in self.sentences())
        return (
            f"<p>{html.escape(self.heading())}</p><table><thead><tr>{top}</tr></thead>"
            f"<tbody>{rows}</tbody></table>{f'<ul>{notes}</ul>' if notes else ''}"
        )

    def heading(self) -> str:
        """Return how to read the table, as a sentence."""
        directions = ", ".join(
            f"{metric.name} ({'more' if metric.larger_is_better else 'less'} is better)"
            for metric in self.metrics
        )
        return (
            f"Median over up to {self.n_seeds} seeds [95% interval of the median]: {directions}."
        )

    def _cells(self) -> list[tuple[str, ...]]:
        names = [metric.name for metric in self.metrics]
        lines: list[tuple[str, ...]] = [
            ("data set", "estimator", *names, "fits", "failed", "seconds")
        ]
        for dataset in self.datasets:
            for estimator in self.estimators:
                records = self._of(dataset, estimator)
                rows = [_row(records, dataset, estimator, name, 0.95) for name in names]
                failed = sum(record.failure is not None for record in records)
                seconds = [item.seconds for item in records if not isnan(item.seconds)]
                typical = f"{np.median(seconds):.2g}" if seconds else "-"
                counts = (str(len(records)), str(failed), typical)
                lines.append((dataset, estimator, *map(str, rows), *counts))
        return lines

    def _of(self, dataset: str, estimator: str) -> list[BenchmarkRecord]:
        return self._groups.get((dataset, estimator), [])

    @cached_property
    def _groups(self) -> dict[tuple[str, str], list[BenchmarkRecord]]:
        groups = defaultdict(list)
        for record in self.records:
            groups[record.dataset, record.estimator].append(record)
        return dict(groups)

    def _failures_told(self) -> str:
        if not self.failures:
            return ""
        named = _counted([f"{item.estimator}: {item.failure}" for item in self.failures])
        counts = "counts" if len(self.failures) == 1 else "count"
        return f"{_number(len(self.failures), 'fit')} failed and {counts} as worst. {named}"

    def _unscored_told(self) -> str:
        told = [
            f"{record.estimator}, {name}: {reason}"
            for record in self.records
            for name, reason in record.unscored.items()
        ]
        return f"Not every answer could be scored. {_counted(told)}" if told else ""

    def _warnings_told(self) -> str:
        told = [
            f"{record.estimator}: {text}" for record in self.records for text in record.warnings
        ]
        n_fits = sum(record.n_warnings > 0 for record in self.records)
        return f"{_number(n_fits, 'fit')} warned. {_counted(told)}" if told else ""

    def _missing_told(self) -> str:
        if not self.missing:
            return ""
        total = len(self.records) + len(self.missing)
        names = "; ".join(
            f"{estimator} on {dataset}, seed {seed}"
            for dataset, estimator, seed in self.missing[:_LISTED]
        )
        more = "; ..." if len(self.missing) > _LISTED else "."
        return (
            f"{len(self.missing)} of {total} fits are missing, because {self.reason}: "
            f"{names}{more}"
        )

    def _undrawn_told(self) -> str:
        if not self.undrawn:
            return ""
        named = _counted([f"{item.dataset}: {item.reason}" for item in self.undrawn])
        draws = _number(len(self.undrawn), "draw")
        return f"{draws} of data failed, and there are no fits to them. {named}"

    def _store_told(self) -> str:
        parts = []
        if self.n_other_versions:
            parts.append(
                f"The store also holds {_number(self.n_other_versions, 'record')} of these "
                "settings by other versions of the code, left aside."
            )
        if self.damaged_lines:
            numbers = ", ".join(map(str, self.damaged_lines))
            parts.append(f"Damaged lines of the store were left aside: {numbers}.")
        return " ".join(parts)


_COLUMNS = [
    "dataset",
    "estimator",
    "seed",
    "metric",
    "value",
    "failure",
    "unscored",
    "n_samples",
    "n_features",
    "seconds",
    "cpu_seconds",
    "n_warnings",
]


def _row(
    records: Sequence[BenchmarkRecord],
    dataset: str,
    estimator: str,
    metric: str,
    confidence: float,
) -> BenchmarkRow:
    """Summarise one metric; where it applies to no answer, failures cannot make it apply."""
    values = [record.scores[metric] for record in records if not isnan(record.scores[metric])]
    if not tells(metric, records):
        values = []
    failed = sum(record.failure is not None or metric in record.unscored for record in records)
    return BenchmarkRow(
        estimator,
        dataset,
        metric,
        *median_interval(values, confidence),
        len(values),
        min(failed, len(values)),
    )


def _shown(*values: float) -> list[str]:
    """Write numbers alike: as integers where all of them are."""
    known = [value for value in values if np.isfinite(value)]
    counts = all(value == int(value) for value in known)
    return [
        f"{'-' if value < 0 else ''}{written(int(abs(value)) if counts else abs(value))}"
        if np.isfinite(value)
        else str(value)
        for value in values
    ]


def _number(n: int, thing: str) -> str:
    return f"{n} {thing}{'' if n == 1 else 's'}"


def _counted(texts: Sequence[str]) -> str:
    """List the most frequent texts with how often they occur."""
    counts = Counter(texts).most_common()
    listed = "; ".join(f"{count} x {text}" for text, count in counts[:_LISTED])
    if len(counts) > _LISTED:
        listed += f"; and {len(counts) - _LISTED} others"
    return listed if listed.endswith(".") else f"{listed}."
