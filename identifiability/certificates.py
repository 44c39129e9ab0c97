"""Certificates: what is identified, up to what, by what right, and what would add to it."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Self

import numpy as np

from causalrep.results import names_of
from identifiability.verdicts import Answer, Evidence, Form, GraphClass, IdentifiabilityClass

__all__ = ["COLUMNS_ALONE", "VALUES_UNKNOWN", "Certificate"]

VALUES_UNKNOWN = "Nothing is known of the values of the latents."
COLUMNS_ALONE = (
    "the columns of the mixing; values of latents follow only where features are not fewer"
)
"""Scope of what is said of a mixing with more latents than features."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Certificate:
    """What some assumptions and data determine about latents.

    Parameters
    ----------
    up_to : IdentifiabilityClass
        The finest class that contains all that is left open.
    names : tuple of str
        Names of the latents.
    pattern : ndarray of shape (n_latents, n_latents), bool
        Whether what is found for the latent of a row may contain that of a column.
    missing : tuple of str
        What would identify all latents up to scale; empty where nothing is missing.
    grounds : str
        The theorem or computation behind it.
    scope : str
        For which parameters it holds, and in which sense.
    n_moments, n_parameters, rank : int
        Size of the system of equations behind a computed certificate; zero for a theorem.
    form : Form, default=Form.LINEAR
        Whether what is left open is linear, or any invertible function.
    graph : GraphClass, default=GraphClass.NOTHING
        Up to what the graph of the latents is determined.
    citation : str, default=""
        Source of the theorem behind it.
    evidence : Evidence, default=Evidence.ALGEBRA
        How that was checked.
    assumptions : tuple of str, default=()
        What the theorem asks for that no design shows: genericity, support and the like.
    tight : bool, default=True
        Whether nothing finer holds; a sufficient condition does not tell.

    Examples
    --------
    >>> from causalrep import Change, Graph
    >>> from identifiability import check_disentanglement
    >>> chain = Graph(["L1", "L2"], [("L1", "L2")], latent=["L1", "L2"])
    >>> certificate = check_disentanglement(chain, [(), Change("L1"), Change("L2", "soft")])
    >>> certificate.identified, certificate.contaminants("L2")
    (False, ('L1',))
    """

    up_to: IdentifiabilityClass
    names: tuple[str, ...]
    pattern: np.ndarray
    missing: tuple[str, ...] = ()
    grounds: str
    scope: str
    n_moments: int = 0
    n_parameters: int = 0
    rank: int = 0
    form: Form = Form.LINEAR
    graph: GraphClass = GraphClass.NOTHING
    citation: str = ""
    evidence: Evidence = Evidence.ALGEBRA
    assumptions: tuple[str, ...] = ()
    tight: bool = True

    @classmethod
    def of_nothing(cls, names: tuple[str, ...], grounds: str, form: Form = Form.NONLINEAR) -> Self:
        """Return the certificate that claims nothing: any latent may contain all others.

        Parameters
        ----------
        names : tuple of str
            Names of the latents.
        grounds : str
            Why nothing is claimed.
        form : Form, default=Form.NONLINEAR
            Whether what is left open is linear, or any invertible function.
        """
        return cls(
            up_to=IdentifiabilityClass.MIXED,
            names=names,
            pattern=np.ones((len(names), len(names)), dtype=bool),
            grounds=grounds,
            scope="the theorems of the catalogue",
            form=form,
            evidence=Evidence.UNVERIFIED,
            tight=False,
        )

    @property
    def answer(self) -> Answer:
        """Whether each latent is determined by itself."""
        if self.identified:
            return Answer.YES
        return Answer.NO if self.tight else Answer.INCONCLUSIVE

    @property
    def identified(self) -> bool:
        """Whether every latent is determined by itself, up to its scale or an own function."""
        return self.up_to is IdentifiabilityClass.SCALING

    def contaminants(self, name: str) -> tuple[str, ...]:
        """Return the other latents that what is found for one of them may contain.

        Parameters
        ----------
        name : str
            One of the latents.
        """
        row = self.names.index(name)
        free = np.flatnonzero(self.pattern[row]).tolist()
        return tuple(self.names[column] for column in free if column != row)

    def __bool__(self) -> bool:
        return self.identified

    def __str__(self) -> str:
        width = max(map(len, self.names), default=0)
        lines = [self._verdict, ""]
        lines += [f"  {name:<{width}}  {text}" for name, text in self._rows]
        lines += [
            *([""] if self._rows else []),
            *(f"{head}: {text}" for head, text in self._notes),
        ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        cells = "".join(
            f'<tr><td>{escape(name)}</td><td style="text-align:left">{escape(text)}</td></tr>'
            for name, text in self._rows
        )
        notes = "".join(f"<p>{head}: {escape(text)}</p>" for head, text in self._notes)
        return f"<p><b>{escape(self._verdict)}</b></p><table>{cells}</table>{notes}"

    @property
    def _verdict(self) -> str:
        if not self.names and self.graph is not GraphClass.NOTHING:
            return f"There are no latents; the graph: {self.graph}."
        if self.answer is not Answer.NO and self.claims_nothing:
            return _NOTHING if self.graph.says_nothing else VALUES_UNKNOWN
        if self.answer is Answer.INCONCLUSIVE and self.up_to is IdentifiabilityClass.MIXED:
            return f"Known no better than up to {self.up_to.in_words(self.form)}."
        answer = _VERDICTS[self.answer]
        return f"{answer} up to {self.up_to.in_words(self.form)}."

    @property
    def claims_nothing(self) -> bool:
        """Whether all latents may be mixed in any way."""
        return self.up_to is IdentifiabilityClass.MIXED and self.form is Form.NONLINEAR

    @property
    def _rows(self) -> list[tuple[str, str]]:
        if self.claims_nothing and self.answer is not Answer.NO:
            return []
        return [(name, _row(self.contaminants(name), self.form)) for name in self.names]

    @property
    def _notes(self) -> list[tuple[str, str]]:
        notes = [
            (
                "Graph",
                str(self.graph) if self.names and self.graph is not GraphClass.NOTHING else "",
            ),
            ("What would identify them all", "; ".join(self.missing)),
            ("Grounds", self.grounds),
            ("Source", f"{self.citation} ({self.evidence})" if self.citation else ""),
            ("Assuming", "; ".join(self.assumptions)),
            ("Scope", self.scope),
        ]
        return [(head, text) for head, text in notes if text]


_NOTHING = "Nothing is known to be identified."
_VERDICTS = {
    Answer.YES: "Identified",
    Answer.NO: "Not identified one by one: only",
    Answer.INCONCLUSIVE: "Identified at least",
}


def _row(others: tuple[str, ...], form: Form) -> str:
    if others:
        return f"may contain {names_of(others)}"
    return "up to its scale" if form is Form.LINEAR else "up to an invertible function of its own"
