"""What a table of a benchmark does not show: failures, warnings, what is missing."""

from __future__ import annotations

from collections.abc import Sequence

from identifiability.benchmarking.records import BenchmarkRecord
from identifiability.benchmarking.tasks import Undrawn

__all__ = [
    "failures_told",
    "missing_told",
    "store_told",
    "undrawn_told",
    "unscored_told",
    "warnings_told",
]

_LISTED = 3
_LACKING = "does not apply: "


def failures_told(failures: Sequence[BenchmarkRecord]) -> str:
    """Count the fits that failed, and name why.

    Parameters
    ----------
    failures : sequence of BenchmarkRecord
        Their records.
    """
    if not failures:
        return ""
    named = _counted([f"{item.estimator}: {item.failure}" for item in failures])
    counts = "counts" if len(failures) == 1 else "count"
    return f"{_number(len(failures), 'fit')} failed and {counts} as worst. {named}"


def unscored_told(records: Sequence[BenchmarkRecord]) -> str:
    """Name metrics that could not be computed, and why.

    Parameters
    ----------
    records : sequence of BenchmarkRecord
        All of them.
    """
    told = [
        f"{record.estimator}, {name}: {_LACKING * (name in record.lacking)}{reason}"
        for record in records
        for name, reason in record.unscored.items()
    ]
    return f"Not every answer could be scored. {_counted(told)}" if told else ""


def warnings_told(records: Sequence[BenchmarkRecord]) -> str:
    """Count the fits that warned, and name the warnings.

    Parameters
    ----------
    records : sequence of BenchmarkRecord
        All of them.
    """
    told = [
        f"{record.estimator}: {text}"
        for record in records
        for text in {text.partition(":")[0]: text for text in reversed(record.warnings)}.values()
    ]
    n_fits = sum(record.n_warnings > 0 for record in records)
    return f"{_number(n_fits, 'fit')} warned. {_counted(told)}" if told else ""


def missing_told(missing: Sequence[tuple[str, str, int]], n_records: int, reason: str) -> str:
    """Count the fits without a record, name the first, and say why.

    Parameters
    ----------
    missing : sequence of (str, str, int)
        Data set, estimator and seed of each.
    n_records : int
        Number of fits with a record.
    reason : str
        Why they are missing.
    """
    if not missing:
        return ""
    names = "; ".join(
        f"{estimator} on {dataset}, seed {seed}" for dataset, estimator, seed in missing[:_LISTED]
    )
    more = "; ..." if len(missing) > _LISTED else "."
    total = n_records + len(missing)
    return f"{len(missing)} of {total} fits are missing, because {reason}: {names}{more}"


def undrawn_told(undrawn: Sequence[Undrawn]) -> str:
    """Count the draws of data that failed, and name why.

    Parameters
    ----------
    undrawn : sequence of Undrawn
        Those draws.
    """
    if not undrawn:
        return ""
    named = _counted([f"{item.dataset}: {item.reason}" for item in undrawn])
    return (
        f"{_number(len(undrawn), 'draw')} of data failed, and there are no fits to them. {named}"
    )


def store_told(n_other_versions: int, damaged_lines: Sequence[int]) -> str:
    """Say what of a store was left aside.

    Parameters
    ----------
    n_other_versions : int
        Number of records by other versions of the code.
    damaged_lines : sequence of int
        Lines whose checksum is wrong.
    """
    parts = []
    if n_other_versions:
        parts.append(
            f"The store also holds {_number(n_other_versions, 'record')} of these "
            "settings by other versions of the code, left aside."
        )
    if damaged_lines:
        numbers = ", ".join(map(str, damaged_lines))
        parts.append(f"Damaged lines of the store were left aside: {numbers}.")
    return " ".join(parts)


def _number(n: int, thing: str) -> str:
    return f"{n} {thing}{'' if n == 1 else 's'}"


def _counted(texts: Sequence[str]) -> str:
    """List the most frequent kinds of texts, an example of each, with how often they occur.

    Texts are of one kind where they begin alike up to their second colon, as do those of one
    estimator and one class of exception.
    """
    kinds: dict[str, list[str]] = {}
    for text in texts:
        kinds.setdefault(": ".join(text.split(": ")[:2]), []).append(text)
    listed = sorted(kinds.items(), key=lambda item: -len(item[1]))
    told = "; ".join(_kind_told(kind, same) for kind, same in listed[:_LISTED])
    if len(listed) > _LISTED:
        told += f"; and {_number(len(listed) - _LISTED, 'other kind')}"
    return told if told.endswith(".") else f"{told}."


def _kind_told(kind: str, texts: Sequence[str]) -> str:
    example, n_others = texts[0], len(set(texts)) - 1
    if n_others:
        example = f"{kind}, such as{example[len(kind) :]}"
    return f"{len(texts)} x {example}"
