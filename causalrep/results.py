"""What an estimator says beside its arrays: edges with intervals, contexts, what is identified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

__all__ = ["ContextDiagnosis", "EdgeEstimate", "Identification", "StatisticalTest"]


@dataclass(frozen=True, kw_only=True)
class EdgeEstimate:
    """The effect of one variable on another, with its uncertainty.

    Parameters
    ----------
    source, target : str
        Names of cause and effect.
    weight : float
        Effect in standard deviations of the target for one of the source.
    standard_error : float
        NaN where the method gives none.
    lower, upper : float
        Ends of the confidence interval.
    p_value : float
        Two-sided Wald test of no effect.
    in_graph : bool
        Whether the edge is kept in the estimated graph.
    identified : bool
        Whether the data at hand determine the effect at all.
    statement : str
        What the effect means, and what it would need where it is not identified.
    stability : float
        Share of the resamples in which the edge is found; NaN where none were drawn.
    """

    source: str
    target: str
    weight: float
    standard_error: float = np.nan
    lower: float = np.nan
    upper: float = np.nan
    p_value: float = np.nan
    in_graph: bool = True
    identified: bool = True
    statement: str = ""
    stability: float = np.nan

    def __str__(self) -> str:
        text = f"{self.source} --> {self.target}"
        if np.isfinite(self.weight):
            text += f"  {self.weight:+.3f}"
        if np.isfinite(self.lower):
            text += f" [{self.lower:+.3f}, {self.upper:+.3f}]"
        return text


@dataclass(frozen=True, kw_only=True)
class ContextDiagnosis:
    """Whether one context is what the model says: a change of a single latent.

    Parameters
    ----------
    environment : object
        Label of the context.
    n_samples : int
        Number of its samples.
    target : str or None
        Latent whose mechanism changes; None for the reference and for unchanged contexts.
    statistic, degrees_of_freedom, p_value : float
        Test that the context changes at most one latent; NaN where it cannot be tested.
    fits : bool
        Whether nothing contradicts the model.
    statement : str
        What was found.
    """

    environment: object
    n_samples: int
    target: str | None
    statistic: float = np.nan
    degrees_of_freedom: float = np.nan
    p_value: float = np.nan
    fits: bool = True
    statement: str = ""

    def __str__(self) -> str:
        return f"{self.environment} (n = {self.n_samples}): {self.statement}"


@dataclass(frozen=True, kw_only=True)
class StatisticalTest:
    """One entry of an estimator's log of statistical tests.

    Parameters
    ----------
    hypothesis : str
        The null hypothesis in words.
    variables : tuple of str
        What it is about.
    statistic, degrees_of_freedom, p_value : float
        Its outcome; the first two are NaN where p-values of several tests were joined, or
        permutations gave one.
    rejected : bool
        The decision taken from it.
    """

    hypothesis: str
    variables: tuple[str, ...]
    statistic: float
    degrees_of_freedom: float
    p_value: float
    rejected: bool


@dataclass(frozen=True, kw_only=True)
class Identification:
    """What the data and assumptions determine, latent by latent and edge by edge.

    Parameters
    ----------
    rows : tuple of (str, bool, str)
        Name of each latent, whether its row is identified, and up to what or why not.
    edges : tuple of (str, bool, str)
        The same for pairs of latents.
    summary : str
        One sentence on the whole.
    """

    rows: tuple[tuple[str, bool, str], ...]
    edges: tuple[tuple[str, bool, str], ...]
    summary: str

    @property
    def complete(self) -> bool:
        """Whether every latent and every edge is identified."""
        return all(found for _, found, _ in (*self.rows, *self.edges))

    @property
    def doubt(self) -> str:
        """What to warn of where latents are not identified; empty where all are."""
        unknown = [name for name, found, _ in self.rows if not found]
        if not unknown:
            return ""
        return (
            f"Latent(s) {names_of(unknown)} are not identified; identification_ says why and "
            "what it would take."
        )

    def __str__(self) -> str:
        lines = [self.summary]
        width = max((len(name) for name, _, _ in (*self.rows, *self.edges)), default=0)
        for heading, entries in (("Latents", self.rows), ("Edges", self.edges)):
            if entries:
                lines += ["", heading]
                lines += [_line(*entry, width) for entry in entries]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        cells = "".join(
            f"<tr><td>{escape(name)}</td><td>{'yes' if found else 'no'}</td>"
            f'<td style="text-align:left">{escape(text)}</td></tr>'
            for name, found, text in (*self.rows, *self.edges)
        )
        head = "<tr><th></th><th>identified</th><th>up to, or why not</th></tr>"
        return f"<p>{escape(self.summary)}</p><table>{head}{cells}</table>"


def _line(name: str, found: bool, text: str, width: int) -> str:
    return f"  {name:<{width}}  {'identified    ' if found else 'not identified'}  {text}"


def names_of(items: Sequence[str]) -> str:
    """Join names as in a sentence."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
