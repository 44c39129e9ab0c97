"""A bar that says how many fits are done, and how long the others may take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["FitsBar"]


class FitsBar:
    """Callback of scikit-learn that draws one bar on a console.

    Parameters
    ----------
    console : rich.console.Console
        Where to draw.
    """

    def __init__(self, console: Console) -> None:
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )

    def setup(self, estimator: Any, context: Any) -> None:
        """Begin to draw."""
        self._progress.start()

    def on_fit_task_begin(self, estimator: Any, context: Any, **_: Any) -> None:
        """Open the bar when the loop over fits begins."""
        if context.max_subtasks:
            self._bar = self._progress.add_task("Fitting", total=context.max_subtasks)

    def on_fit_task_end(self, estimator: Any, context: Any, **_: Any) -> None:
        """Advance by a fit."""
        if context.max_subtasks == 0:
            self._progress.advance(self._bar)

    def teardown(self, estimator: Any, context: Any) -> None:
        """Take the bar away."""
        self._progress.stop()
