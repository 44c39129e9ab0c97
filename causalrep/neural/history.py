"""Pictures of how training went, by matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from causalrep.displays import Display
from causalrep.exceptions import InvalidDataError
from causalrep.neural.training import TrainingHistory

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["HistoryDisplay"]

_FAINT, _WIDE = 0.35, 1.8


class HistoryDisplay(Display):
    """Learning curves of an ensemble: loss and validation score after every epoch.

    The member with the best score is drawn in full, the others faintly; a dot marks the epoch
    whose state it was kept in. The loss is dashed where a validation score of its own decided.

    Parameters
    ----------
    history : TrainingHistory
        The curves.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes of the picture.
    figure_ : matplotlib Figure
        Figure of the picture.

    Raises
    ------
    InvalidDataError
        If no epoch was trained (when it is drawn).

    Examples
    --------
    >>> from causalrep.neural import HistoryDisplay, Rep4Ex
    >>> from simulators import extrapolation
    >>> data = extrapolation(random_state=0).sample(200, random_state=0)
    >>> model = Rep4Ex(max_epochs=5, random_state=0).fit(data)
    >>> HistoryDisplay.from_estimator(model).ax_.get_xlabel()
    'epoch'
    """

    def __init__(self, history: TrainingHistory) -> None:
        self.history = history

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Axes | None = None) -> Self:
        """Draw the curves of a fitted neural estimator.

        Parameters
        ----------
        estimator : estimator
            With the attribute ``history_``.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure where None.

        Raises
        ------
        InvalidDataError
            If it has no curves.
        """
        check_is_fitted(estimator)
        history = getattr(estimator, "history_", None)
        if not isinstance(history, TrainingHistory):
            raise InvalidDataError(
                f"HistoryDisplay wants a fitted neural estimator, but {type(estimator).__name__} "
                "has no history_."
            )
        return cls(history).plot(ax=ax)

    def _draw(self, ax: Axes | None) -> Axes:
        if not len(self.history.loss):
            raise InvalidDataError("There is nothing to draw: no epoch was trained.")
        if ax is None:
            import matplotlib.pyplot as plt

            _, ax = plt.subplots(layout="constrained")
        scores, losses = self.history.validation, self.history.loss
        best = int(self.history.best.argmin())
        epochs = np.arange(1, len(losses) + 1)
        judged = not np.array_equal(scores, losses, equal_nan=True)
        for member in range(losses.shape[1]):
            look = {"color": "C0", "alpha": 1.0 if member == best else _FAINT}
            ax.plot(epochs, scores[:, member], linewidth=_WIDE if member == best else 1, **look)
        ax.plot([], [], color="C0", label="validation" if judged else "loss")
        if judged:
            ax.plot(epochs, losses[:, best], "--", color="C1", label="loss of the best member")
        kept = int(self.history.best_epoch[best])
        if kept >= 0:
            ax.plot(kept + 1, scores[kept, best], "o", color="C0", label="state that was kept")
        if np.nanmin(np.where(np.isfinite(scores), scores, np.nan)) > 0:
            ax.set_yscale("log")
        ax.set(xlabel="epoch", ylabel="score" if judged else "loss")
        ax.legend(frameon=False)
        return ax
