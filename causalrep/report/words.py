"""How a report writes numbers, counts and lists."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["capitalised", "counted", "in_words", "listed", "number", "p_value"]

_NONE = "n/a"
_SMALLEST_SHOWN = 1e-16
_MOST_LISTED = 12


def number(value: float | None) -> str:
    """Write a number with three decimals, integers as such, and nothing for none."""
    if value is None or not np.isfinite(value):
        return _NONE
    if float(value).is_integer():
        return str(int(value))
    return f"{value:.3f}" if abs(value) < 1e4 else f"{value:.3g}"


def p_value(value: float | None) -> str:
    """Write a p-value, small ones in powers of ten."""
    if value is None or not np.isfinite(value):
        return _NONE
    if value < _SMALLEST_SHOWN:
        return "< 1e-16"
    return f"{value:.3f}" if value >= 1e-3 else f"{value:.0e}"


def counted(count: int, noun: str) -> str:
    """Write a count with its noun: ``1 context``, ``2 contexts``."""
    return f"{count} {noun}{'s' * (count != 1)}"


def listed(items: Sequence[str]) -> str:
    """Join items by commas; of a long list only the first ones, and how many more there are."""
    if len(items) <= _MOST_LISTED:
        return ", ".join(items)
    return f"{', '.join(items[:_MOST_LISTED])} and {len(items) - _MOST_LISTED} more"


def in_words(name: str) -> str:
    """Write a name of code in words: ``row angle`` for ``row_angle``."""
    return name.replace("_", " ")


def capitalised(text: str) -> str:
    """Begin a text with a capital: ``Row angle`` for ``row angle``, and MCC stays MCC."""
    return f"{text[:1].upper()}{text[1:]}"
