"""What the edges of a graph picture look like, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

__all__ = ["EdgeKind", "EdgeLook"]

_THINNEST, _PLAIN, _THICKEST = 0.8, 1.2, 2.8


class EdgeKind(Enum):
    """What is known about an edge, which decides its colour and its dashes."""

    KNOWN = "known"
    UNCERTAIN = "interval covers zero"
    UNIDENTIFIED = "effect not identified"
    LOADING = "loading of a feature"


_THIN = (EdgeKind.UNIDENTIFIED, EdgeKind.LOADING)


@dataclass(frozen=True)
class EdgeLook:
    """What an edge shows besides its marks.

    Parameters
    ----------
    labels : tuple of str, default=()
        The weight and, if it is known, its interval.
    weight : float, default=0.0
        The weight.
    kind : EdgeKind, default=EdgeKind.KNOWN
        What is known about it.
    width : float
        Width of the line in points.
    """

    labels: tuple[str, ...] = ()
    weight: float = 0.0
    kind: EdgeKind = EdgeKind.KNOWN
    width: float = _PLAIN

    @classmethod
    def of(
        cls,
        weight: float | None,
        precision: int,
        bounds: tuple[float | None, float | None] = (None, None),
        kind: EdgeKind = EdgeKind.KNOWN,
    ) -> EdgeLook:
        """Show a weight and its interval; None and NaN stand for what is not known."""
        width = _THINNEST if kind in _THIN else _PLAIN
        weight, lower, upper = np.array([weight, *bounds], dtype=float).tolist()
        if not np.isfinite(weight):
            return cls(kind=kind, width=width)
        labels = [_number(weight, precision)]
        if not np.isnan([lower, upper]).any():
            labels.append(f"[{_number(lower, precision)}, {_number(upper, precision)}]")
        if kind is EdgeKind.KNOWN and lower <= 0 <= upper:
            kind = EdgeKind.UNCERTAIN
        return cls(tuple(labels), weight, kind, width)

    @property
    def is_weighed(self) -> bool:
        """Whether the weight decides the width: loadings and guesses stay thin."""
        return bool(self.labels) and self.kind not in _THIN

    def scaled(self, largest: float) -> EdgeLook:
        """Return the look with a width in proportion to the largest weight."""
        if not self.is_weighed:
            return self
        share = abs(self.weight) / largest
        return replace(self, width=_THINNEST + share * (_THICKEST - _THINNEST))


def _number(value: float, precision: int) -> str:
    text = f"{value:.{precision}f}"
    text = text if text.strip("-0.") else text.lstrip("-")
    return text.replace("-", "\N{MINUS SIGN}").replace("inf", "∞")
