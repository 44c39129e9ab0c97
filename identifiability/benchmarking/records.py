"""One fit of a benchmark, and how it is written in a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from math import inf, nan
from typing import Any, Self

from causalrep.exceptions import PersistenceError

__all__ = ["LACKING", "BenchmarkRecord", "is_lacking", "tells"]

LACKING = "does not apply: "

_SPECIAL = {"inf": inf, "-inf": -inf, "nan": nan}


@dataclass(frozen=True, kw_only=True)
class BenchmarkRecord:
    """What came of one estimator on one draw of a data set.

    Parameters
    ----------
    estimator, dataset : str
        Names that the benchmark gave them.
    seed : int
        Number of the draw.
    scores : mapping of str to float
        Value of each metric; the worst one where the fit or the metric failed, NaN where not
        even the truth says enough.
    unscored : mapping of str to str
        Metrics that could not be computed though the fit went well, and why. The reason begins
        with "does not apply" where the answer has nothing that the metric reads.
    failure : str or None
        What the fit raised.
    n_samples, n_features : int
        Shape of the data.
    seconds, cpu_seconds : float
        Time of the fit, and CPU time of the thread that did it; NaN where its process died.
    n_warnings : int
        Number of warnings that the fit raised.
    warnings : tuple of str
        The first different ones.
    key : str
        Hash of ``task`` and ``version``.
    task : str
        Hash of all settings and the seed.
    version : str
        Hash of the sources that made the record.
    """

    estimator: str
    dataset: str
    seed: int
    scores: Mapping[str, float]
    unscored: Mapping[str, str] = field(default_factory=dict)
    failure: str | None = None
    n_samples: int = 0
    n_features: int = 0
    seconds: float = nan
    cpu_seconds: float = nan
    n_warnings: int = 0
    warnings: tuple[str, ...] = ()
    key: str = ""
    task: str = ""
    version: str = ""

    def to_json(self) -> str:
        """Return the record as one line of JSON; infinite numbers are texts in it."""
        content = asdict(self)
        content["scores"] = {name: _plain(value) for name, value in self.scores.items()}
        for name in ("seconds", "cpu_seconds"):
            content[name] = _plain(content[name])
        return json.dumps(content, allow_nan=False, ensure_ascii=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what :meth:`to_json` wrote.

        Parameters
        ----------
        text : str
            One line.

        Raises
        ------
        PersistenceError
            If it is not a record.
        """
        try:
            content = json.loads(text)
            missing = {item.name for item in fields(cls)} ^ set(content)
            if missing:
                raise PersistenceError(f"A record has other fields: {', '.join(sorted(missing))}.")
            scores = {str(name): _number(value) for name, value in content["scores"].items()}
            content |= {
                "scores": scores,
                "unscored": dict(content["unscored"]),
                "warnings": tuple(content["warnings"]),
                "seed": int(content["seed"]),
                "seconds": _number(content["seconds"]),
                "cpu_seconds": _number(content["cpu_seconds"]),
            }
        except (TypeError, AttributeError, KeyError, ValueError) as error:
            raise PersistenceError(f"A line is no record of a benchmark: {error}") from error
        return cls(**content)


def is_lacking(record: BenchmarkRecord, metric: str) -> bool:
    """Whether an answer has nothing that a metric reads, such as latents."""
    return record.unscored.get(metric, "").startswith(LACKING)


def tells(metric: str, records: Iterable[BenchmarkRecord]) -> bool:
    """Whether a metric tells of an estimator: some answer is scored, or none lacks what it reads.

    Parameters
    ----------
    metric : str
        Name of the metric.
    records : iterable of BenchmarkRecord
        All of one estimator. Where no answer lacks anything, those that could not be scored,
        NaN for one, count as the worst, though they may be all there are.
    """
    answered = [record for record in records if record.failure is None]
    is_scored = any(metric not in record.unscored for record in answered)
    return is_scored or not any(is_lacking(record, metric) for record in answered)


def _plain(value: float) -> float | str:
    number = float(value)
    return number if -inf < number < inf else str(number)


def _number(value: Any) -> float:
    return _SPECIAL[value] if isinstance(value, str) else float(value)
