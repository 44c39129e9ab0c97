"""One fit of a benchmark, and how it is written in a line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from math import inf, nan
from typing import Any, Self

from causalrep.exceptions import PersistenceError

__all__ = ["BenchmarkRecord", "tells"]

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
        Metrics that could not be computed though the fit went well, and why.
    lacking : tuple of str
        Those of them that do not apply, for the answer has nothing that they read, such as
        latents.
    failure : str or None
        What the fit raised.
    time_limit : float or None
        Seconds that the fit was given, where it failed because they had passed.
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
    lacking: tuple[str, ...] = ()
    failure: str | None = None
    time_limit: float | None = None
    n_samples: int = 0
    n_features: int = 0
    seconds: float = nan
    cpu_seconds: float = nan
    n_warnings: int = 0
    warnings: tuple[str, ...] = ()
    key: str = ""
    task: str = ""
    version: str = ""

    def holds_under(self, max_fit_time: float | None) -> bool:
        """Whether a benchmark with this limit takes the record instead of fitting again.

        Parameters
        ----------
        max_fit_time : float or None
            Seconds that a fit may take. A fit that ran out of less time may end in more, so it
            is tried again; any other record holds.
        """
        if self.time_limit is None:
            return True
        return max_fit_time is not None and max_fit_time <= self.time_limit

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
            _refuse_other_fields(cls, content)
            read = {name: _READ.get(name, _as_it_is)(value) for name, value in content.items()}
        except (TypeError, AttributeError, KeyError, ValueError) as error:
            raise PersistenceError(f"A line is no record of a benchmark: {error}") from error
        return cls(**read)


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
    return is_scored or not any(metric in record.lacking for record in answered)


def _refuse_other_fields(kind: type[BenchmarkRecord], content: Mapping[str, Any]) -> None:
    """Refuse fields that are unknown, and the lack of those that have no default."""
    known = fields(kind)
    needed = {
        item.name for item in known if item.default is MISSING and item.default_factory is MISSING
    }
    others = (needed - set(content)) | (set(content) - {item.name for item in known})
    if others:
        raise PersistenceError(f"A record has other fields: {', '.join(sorted(others))}.")


def _plain(value: float) -> float | str:
    number = float(value)
    return number if -inf < number < inf else str(number)


def _number(value: Any) -> float:
    return _SPECIAL[value] if isinstance(value, str) else float(value)


def _as_it_is(value: Any) -> Any:
    return value


def _scores(content: Any) -> dict[str, float]:
    return {str(name): _number(value) for name, value in content.items()}


def _limit(value: Any) -> float | None:
    return None if value is None else _number(value)


_READ: dict[str, Callable[[Any], Any]] = {
    "seed": int,
    "scores": _scores,
    "unscored": dict,
    "lacking": tuple,
    "time_limit": _limit,
    "warnings": tuple,
    "seconds": _number,
    "cpu_seconds": _number,
}
