"""A suite: the setting of a paper, what is fitted to it, and the figures to stand beside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from causalrep.report.benchmark_settings import PublishedFigure, Setting

__all__ = ["Suite"]


@dataclass(frozen=True)
class Suite:
    """A named benchmark, whose contents are built when they are asked for.

    Parameters
    ----------
    name : str
        What is typed.
    title : str
        What tables and reports call it.
    about : tuple of str
        The paper, its setting, and how ours may differ.
    estimators : callable
        Called with True for the quick form; returns a mapping of names to estimators.
    settings : callable
        The same for the settings.
    metrics : callable
        Returns metrics, or names of those that :func:`identifiability.benchmark` knows.
    about_quick : str, default=""
        What is to be known of the quick form beside.
    published : tuple of PublishedFigure, default=()
        Figures of others.
    samples : str, default="samples"
        What sample sizes count.
    n_seeds, n_quick_seeds : int, default=20 and 3
        Draws of each data set.
    """

    name: str
    title: str
    about: tuple[str, ...]
    estimators: Callable[[bool], Mapping[str, Any]]
    settings: Callable[[bool], Sequence[Setting]]
    metrics: Callable[[], Sequence[Any]]
    about_quick: str = ""
    published: tuple[PublishedFigure, ...] = ()
    samples: str = "samples"
    n_seeds: int = 20
    n_quick_seeds: int = 3

    def datasets(self, quick: bool) -> dict[str, Callable[..., Any]]:
        """Return what draws each setting, by its name."""
        return {setting.name: setting.draw for setting in self.settings(quick)}
