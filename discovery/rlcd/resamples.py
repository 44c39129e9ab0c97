"""Stability by searches of resamples, as many as time and Ctrl-C allow."""

from __future__ import annotations

import time
import warnings
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import takewhile

from joblib import Parallel, delayed

from discovery.rlcd.naming import NamedCovers
from discovery.rlcd.selection import Candidate, Limits, found
from discovery.rlcd.sources import Source
from discovery.rlcd.stability import Stability, stability_of

__all__ = ["resampled_stability"]


def resampled_stability(
    best: Candidate,
    resamples: Iterable[Source],
    limits: Limits,
    *,
    steps: Iterable[int],
    n_jobs: int | None,
    end: float,
) -> tuple[Stability | None, str]:
    """Search resamples by the setting of the answer to the data, and compare.

    Parameters
    ----------
    best : Candidate
        The answer to the data.
    resamples : iterable of Source
    limits : Limits
    steps : iterable of int
        As many as there are resamples.
    n_jobs : int or None
        How many are searched at once, as in joblib.
    end : float
        Time of ``time.monotonic`` from which on no more answers are waited for.

    Returns
    -------
    stability : Stability or None
        None where not even one resample was searched.
    doubt : str
        Which were left out, and why; empty where none were.
    """
    search, setting = delayed(found), replace(best.setting, groups=None)
    pool = Parallel(n_jobs=n_jobs, return_as="generator")
    with _ended(pool(search(one, setting, limits) for one in resamples)) as answers:
        taken, reason = _taken((one.covers for one in answers), steps, end)
    doubt = (
        f"RLCD stopped after {len(taken)} resamples because {reason}. The graph does not depend "
        "on them, but its stability rests on these alone. Give more time, or lower n_bootstraps."
    )
    stability = stability_of(best.covers, taken) if taken else None
    return stability, doubt if reason else ""


@contextmanager
def _ended(answers: Generator[Candidate, None, None]) -> Generator[Iterator[Candidate]]:
    """Close at the end, without what joblib says of tasks that nobody waits for any more."""
    try:
        yield answers
    finally:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", r"\d+ tasks", UserWarning)
            answers.close()


def _taken(
    answers: Iterator[NamedCovers], steps: Iterable[int], end: float
) -> tuple[list[NamedCovers], str]:
    """Take an answer for every step, and say why there are no more."""
    taken: list[NamedCovers] = []
    late = False

    def in_time(step: int) -> bool:
        nonlocal late
        late = time.monotonic() > end
        return not late

    try:
        for _ in takewhile(in_time, steps):
            taken.append(next(answers))
    except KeyboardInterrupt:
        return taken, "of Ctrl-C"
    return taken, "max_time was over" if late else ""
