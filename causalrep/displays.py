"""What all pictures share: `plot` draws on given or new axes, and keeps axes and figure."""

from __future__ import annotations

from abc import ABC, abstractmethod
from importlib import import_module
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

__all__ = ["Display"]


class Display(ABC):
    """A picture by matplotlib, which is loaded when it is drawn.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes of the picture.
    figure_ : matplotlib Figure
        Figure of the picture.
    """

    ax_: Axes
    figure_: Figure | SubFigure

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw, and return the display with ``ax_`` and ``figure_``.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure of pyplot that fits the picture where None is given.

        Returns
        -------
        Self
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        try:
            import_module("matplotlib")
        except ImportError as error:
            raise ImportError(
                "Pictures need matplotlib. Install it by `pip install 'causalrep[viz]'`; graphs "
                "are written as text by Graph.to_dot() and Graph.to_mermaid()."
            ) from error
        self.ax_ = self._draw(ax)
        self.figure_ = self.ax_.figure
        return self

    @abstractmethod
    def _draw(self, ax: Axes | None) -> Axes:
        """Refuse what cannot be drawn, draw on the axes or on new ones, and return these."""
