"""What a benchmark returns: records, medians with their intervals, and how they print."""

from __future__ import annotations

import html
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from math import isnan
from numbers import Real
from typing import Any

import numpy as np

from causalrep.exceptions import InvalidDataError
from identifiability.benchmarking.metrics import Metric
from identifiability.benchmarking.records import BenchmarkRecord
from identifiability.benchmarking.rows import BenchmarkRow, row_of
from identifiability.benchmarking.tasks import Undrawn
from identifiability.benchmarking.telling import (
    failures_told,
    missing_told,
    store_told,
    undrawn_told,
    unscored_told,
    warnings_told,
)

__all__ = ["BenchmarkResult"]

_COLUMNS = [
    "dataset",
    "estimator",
    "seed",
    "metric",
    "value",
    "failure",
    "unscored",
    "applies",
    "n_samples",
    "n_features",
    "seconds",
    "cpu_seconds",
    "n_warnings",
]


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
            row_of(self._of(dataset, estimator), dataset, estimator, name, confidence)
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
                "applies": metric.name not in record.lacking,
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
                failures_told(self.failures),
                unscored_told(self.records),
                warnings_told(self.records),
                missing_told(self.missing, len(self.records), self.reason),
                undrawn_told(self.undrawn),
                store_told(self.n_other_versions, self.damaged_lines),
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
                rows = [row_of(records, dataset, estimator, name, 0.95) for name in names]
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
