"""What a benchmark measures of a fitted estimator, and which end of the scale is good."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from math import inf, isnan, pi
from numbers import Real
from operator import attrgetter
from typing import Any

from causalrep.data import Dataset
from causalrep.exceptions import InvalidDataError
from identifiability.score_report import ScoreReport
from identifiability.scoring import score

__all__ = ["BuiltInMetric", "Metric", "checked_metrics", "metric_names"]


@dataclass(frozen=True)
class Metric:
    """A number that a benchmark computes from each fitted estimator.

    Parameters
    ----------
    name : str
        What tables call it.
    compute : callable
        Takes the fitted estimator and the Dataset that it was fitted to, with its truth, and
        returns a float. An importable function, or a ``functools.partial`` of one.
    best : float
        What a perfect answer gets.
    worst : float
        What a failed fit counts as; may be infinite. An answer beyond it counts as no better
        and no worse, and is told of, for else to fail would be better than to answer.

    Raises
    ------
    InvalidDataError
        If ``compute`` cannot be called, or best and worst do not differ.

    Examples
    --------
    >>> from identifiability import Metric
    >>> def missing_edges(estimator, data):
    ...     return len(data.truth.graph.edges) - len(estimator.graph_.edges)
    >>> Metric("missing edges", missing_edges, best=0.0, worst=float("inf")).larger_is_better
    False
    """

    name: str
    compute: Callable[[Any, Dataset], float]
    best: float
    worst: float

    def __post_init__(self) -> None:
        if not (isinstance(self.name, str) and self.name.strip()):
            raise InvalidDataError(f"A Metric wants a name, but got {self.name!r}.")
        if not callable(self.compute):
            raise InvalidDataError(
                f"Metric {self.name!r} wants a function of the fitted estimator and the Dataset, "
                f"but got {self.compute!r}."
            )
        ends = (self.best, self.worst)
        is_scale = all(isinstance(end, Real) and not isnan(end) for end in ends)
        if not is_scale or self.best == self.worst:
            raise InvalidDataError(
                f"Metric {self.name!r} wants a best and a worst value that differ, but got "
                f"{self.best!r} and {self.worst!r}."
            )

    @property
    def larger_is_better(self) -> bool:
        """Whether more is better."""
        return self.best > self.worst


@dataclass(frozen=True)
class BuiltInMetric(Metric):
    """A score of :func:`identifiability.score`; all of them share one report a fit.

    Parameters
    ----------
    name : str
        What tables call it.
    compute : callable
        See :class:`Metric`.
    best, worst : float
        See :class:`Metric`. A failed fit counts as what :func:`identifiability.score` says of
        it, which may depend on the truth, and is nowhere worse than ``worst``.
    path : str
        Where the number is in a :class:`identifiability.ScoreReport`.
    """

    path: str = ""

    def read(self, report: ScoreReport) -> float | None:
        """Return the number, and None where it could not be computed."""
        for part in self.path.split(".")[:-1]:
            if getattr(report, part) is None:
                return None
            report = getattr(report, part)
        value = getattr(report, self.path.rpartition(".")[2])
        return None if value is None else float(value)

    def reason(self, report: ScoreReport) -> str:
        """Return why a report does not have the number, if it says so."""
        part = _PARTS.get(self.path.partition(".")[0])
        return next((item.reason for item in report.skipped if item.score == part), "")

    @property
    def is_slow(self) -> bool:
        """Whether it is one of the metrics of disentanglement, about a second each fit."""
        return self.path.startswith("disentanglement.")


def metric_names() -> tuple[str, ...]:
    """Return the names of the metrics that :func:`identifiability.benchmark` knows.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> from identifiability import metric_names
    >>> metric_names()[:3]
    ('mcc', 'mcc_skill', 'mcc_spearman')
    """
    return tuple(_BUILT_IN)


def checked_metrics(metrics: Sequence[str | Metric] | str | Metric) -> tuple[Metric, ...]:
    """Return metrics, those given by name looked up."""
    if not isinstance(metrics, str | Metric | Iterable):
        raise InvalidDataError(
            f"metrics must be a list of names or Metric objects, but is {metrics!r}."
        )
    listed = [metrics] if isinstance(metrics, str | Metric) else list(metrics)
    if not listed:
        raise InvalidDataError(
            "metrics is empty. Name at least one, such as 'mcc' or 'graph_distance'; "
            "identifiability.metric_names() lists all."
        )
    found = tuple(_looked_up(item) for item in listed)
    names = [metric.name for metric in found]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InvalidDataError(
            f"Metrics must differ in name, but {', '.join(map(repr, repeated))} repeat."
        )
    return found


def _looked_up(item: Any) -> Metric:
    if isinstance(item, Metric):
        return item
    if not isinstance(item, str):
        raise InvalidDataError(
            f"metrics wants names or Metric objects, but got {item!r} of type "
            f"{type(item).__name__}."
        )
    if item not in _BUILT_IN:
        close = get_close_matches(item, _BUILT_IN, n=3, cutoff=0.5)
        known = close or list(_BUILT_IN)
        raise InvalidDataError(
            f"There is no metric {item!r}. {'Did you mean' if close else 'There are'} "
            f"{', '.join(map(repr, known))}{'?' if close else '.'} Others are given as "
            "identifiability.Metric(name, compute, best, worst)."
        )
    return _BUILT_IN[item]


def _from_report(estimate: Any, data: Dataset, *, path: str) -> float:
    report = score(estimate, data, disentanglement=path.startswith("disentanglement."))
    return float(attrgetter(path)(report))


def _built_in(name: str, path: str, best: float, worst: float) -> BuiltInMetric:
    return BuiltInMetric(name, partial(_from_report, path=path), best, worst, path=path)


_PARTS = {
    "pearson": "correlations",
    "spearman": "correlations",
    "unique_share": "unique share",
    "r2_true_from_estimated": "R2",
    "r2_estimated_from_true": "R2",
    "rms_row_angle": "row angles",
    "rms_noise_row_angle": "noise row angles",
    "class_residual": "class residual",
    "off_pattern": "off-pattern energy",
    "disentanglement": "disentanglement",
    "target_accuracy": "targets",
    "target_rand_index": "targets",
    "graph": "graph",
    "end_marks": "end marks",
    "weight_error": "weights",
}
_DISENTANGLEMENT = (
    "dci_disentanglement",
    "dci_completeness",
    "dci_informativeness",
    "mig",
    "sap",
    "modularity",
    "explicitness",
    "info_modularity",
    "info_compactness",
    "info_explicitness",
)
_BUILT_IN = {
    name: _built_in(name, path, best, worst)
    for name, path, best, worst in (
        ("mcc", "pearson.value", 1.0, 0.0),
        ("mcc_skill", "pearson.skill", 1.0, -inf),
        ("mcc_spearman", "spearman.value", 1.0, 0.0),
        ("mcc_spearman_skill", "spearman.skill", 1.0, -inf),
        ("unique_share", "unique_share", 1.0, 0.0),
        ("r2_true_from_estimated", "r2_true_from_estimated", 1.0, 0.0),
        ("r2_estimated_from_true", "r2_estimated_from_true", 1.0, 0.0),
        ("row_angle", "rms_row_angle", 0.0, pi / 2),
        ("noise_row_angle", "rms_noise_row_angle", 0.0, pi / 2),
        ("class_residual", "class_residual.value", 0.0, 1.0),
        ("off_pattern_energy", "off_pattern.value", 0.0, 1.0),
        ("target_accuracy", "target_accuracy", 1.0, 0.0),
        ("target_rand_index", "target_rand_index", 1.0, -1.0),
        ("graph_distance", "graph.distance", 0.0, inf),
        ("closure_distance", "graph.closure_distance", 0.0, inf),
        ("class_distance", "graph.class_distance", 0.0, inf),
        ("skeleton_precision", "graph.skeleton.precision", 1.0, 0.0),
        ("skeleton_recall", "graph.skeleton.recall", 1.0, 0.0),
        ("skeleton_f1", "graph.skeleton.f1", 1.0, 0.0),
        ("arrow_precision", "graph.arrows.precision", 1.0, 0.0),
        ("arrow_recall", "graph.arrows.recall", 1.0, 0.0),
        ("arrow_f1", "graph.arrows.f1", 1.0, 0.0),
        ("end_mark_accuracy", "end_marks.accuracy", 1.0, 0.0),
        ("weight_error", "weight_error", 0.0, inf),
        *((name, f"disentanglement.{name}.value", 1.0, 0.0) for name in _DISENTANGLEMENT),
    )
}
