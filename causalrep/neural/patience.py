"""Minimisations that end when time is over or Ctrl-C comes, with the best so far."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
from scipy.optimize import minimize

__all__ = ["Minimum", "Patience"]

_USUALLY = {"maxcor": 20}
_EXACTLY = {"maxcor": 30, "ftol": 1e-15, "gtol": 1e-10}


class Minimum(NamedTuple):
    """Where a function was least, how small it was there, and after how many steps."""

    x: np.ndarray
    value: float
    n_iter: int = 0


class Patience:
    """What lets minimisations by L-BFGS run, and remembers what stopped them.

    Parameters
    ----------
    max_time : float or None
        Seconds from now after which all of them end; None is no limit.

    Attributes
    ----------
    stopped : {"", "time", "interrupt"}
        What ended one of them early.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.neural.patience import Patience
    >>> patience = Patience(None)
    >>> patience.minimum(lambda x: (float(x @ x), 2 * x), np.ones(2), (), 9).x.round(6).tolist()
    [0.0, 0.0]
    >>> patience.stopped
    ''
    """

    def __init__(self, max_time: float | None) -> None:
        self.begin = time.monotonic()
        self.max_time = max_time
        self.stopped: Literal["", "time", "interrupt"] = ""

    @property
    def seconds(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.begin

    def minimum(
        self,
        loss: Callable[..., tuple[float, np.ndarray]],
        start: np.ndarray,
        arguments: tuple[Any, ...],
        max_iter: int,
        *,
        exactly: bool = False,
    ) -> Minimum:
        """Go down from a start.

        Parameters
        ----------
        loss : callable
            Returns value and gradient.
        start : ndarray of shape (d,)
            Where to begin; looked at even if there is no time left.
        arguments : tuple
            What ``loss`` takes besides.
        max_iter : int
            Most steps.
        exactly : bool, default=False
            Whether to go on until hardly a digit changes.

        Returns
        -------
        Minimum
            Where it ended; if it was stopped, the best of all points that were looked at, and
            the start where there is none.
        """
        best = Minimum(start, np.inf)

        def watched(x: np.ndarray, *others: Any) -> tuple[float, np.ndarray]:
            nonlocal best
            value, slope = loss(x, *others)
            if value < best.value:
                best = Minimum(x.copy(), float(value))
            if self.max_time is not None and self.seconds > self.max_time:
                raise _TimeIsOver
            return value, slope

        options = {"maxiter": max_iter, **(_EXACTLY if exactly else _USUALLY)}
        try:
            found = minimize(
                watched, start, arguments, jac=True, method="L-BFGS-B", options=options
            )
            return Minimum(found.x, float(found.fun), int(found.nit))
        except _TimeIsOver:
            self.stopped = self.stopped or "time"
        except KeyboardInterrupt:
            self.stopped = "interrupt"
        return best


class _TimeIsOver(Exception):
    """Ends a minimisation from within."""
