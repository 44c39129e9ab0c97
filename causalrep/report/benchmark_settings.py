"""What a report of a benchmark has to be told beside its result: settings, figures of others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["PublishedFigure", "Setting"]


@dataclass(frozen=True)
class Setting:
    """A data set of a benchmark: a family of problems at one sample size.

    Parameters
    ----------
    family : str
        What the settings that differ in sample size alone have in common.
    n_samples : int
        Sample size as the paper counts it.
    draw : callable
        Called with ``random_state=``, returns a Dataset with its truth, or a problem.
    """

    family: str
    n_samples: int
    draw: Callable[..., Any]

    @property
    def name(self) -> str:
        """What tables call it."""
        return f"{self.family}, n={self.n_samples}"


@dataclass(frozen=True)
class PublishedFigure:
    """A figure of somebody else, to stand beside ours.

    Parameters
    ----------
    dataset, estimator, metric : str
        Names in the benchmark of what it is the figure of.
    value : float
        The figure.
    source : str
        Who, when and where, or whose code and who ran it; ends in a full stop.
    statistic : {"mean", "median"}, default="mean"
        What over runs it is, the same for all figures of a source.
    """

    dataset: str
    estimator: str
    metric: str
    value: float
    source: str
    statistic: Literal["mean", "median"] = "mean"
