"""What a comparison of a setting to all theorems says, and how it prints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from identifiability.certificates import VALUES_UNKNOWN, Certificate
from identifiability.requirements import Gap
from identifiability.theorems import Theorem

__all__ = ["CheckReport", "NearMiss", "clearest"]


@dataclass(frozen=True, kw_only=True)
class NearMiss:
    """A theorem that would say more, and what it lacks.

    Parameters
    ----------
    theorem : Theorem
        The theorem.
    missing : tuple of Gap
        What it lacks.

    Examples
    --------
    >>> from causalrep import Change, Graph
    >>> from identifiability import check
    >>> graph = Graph(["L1", "L2"], [("L1", "L2")])
    >>> print(check(graph, [(), Change("L1")]).near_misses[0].wanted)
    one more perfect intervention on L2
    """

    theorem: Theorem
    missing: tuple[Gap, ...]

    @property
    def cost(self) -> tuple[int, int]:
        """Further assumptions, and further interventions."""
        n_interventions = sum(gap.n_interventions for gap in self.missing)
        return sum(not gap.is_design for gap in self.missing), n_interventions

    @property
    def wanted(self) -> str:
        """What is missing, as one phrase."""
        return " and ".join(gap.text for gap in self.missing)

    def __str__(self) -> str:
        return f"{self.wanted} -> {self.theorem}"


@dataclass(frozen=True, kw_only=True, eq=False)
class CheckReport:
    """What the catalogue says of a setting.

    Parameters
    ----------
    certificate : Certificate
        The finest class that a theorem or exact ranks show.
    applicable : tuple of Theorem
        All checked theorems whose conditions hold, the one of the certificate first.
    impossible : tuple of Theorem
        Those that show limits.
    near_misses : tuple of NearMiss
        Theorems that would say more, the fewest further needs first.
    unverified : tuple of Theorem
        Those whose conditions hold as far as anybody remembers. They claim nothing here.
    nodes_observed : bool, default=False
        Whether there are no latents to speak of, but a graph and its effects.

    Examples
    --------
    >>> from causalrep import Change, Graph
    >>> from identifiability import check
    >>> chain = Graph(["L1", "L2"], [("L1", "L2")])
    >>> report = check(chain, [(), Change("L1"), Change("L2")])
    >>> bool(report), str(report.certificate.up_to), report.certificate.citation
    (True, 'permutation and scaling', 'Squires et al. 2023, Theorem 2')
    """

    certificate: Certificate
    applicable: tuple[Theorem, ...]
    impossible: tuple[Theorem, ...]
    near_misses: tuple[NearMiss, ...]
    unverified: tuple[Theorem, ...]
    nodes_observed: bool = False

    @property
    def graph(self) -> Theorem | None:
        """The theorem that says most of the graph."""
        return clearest(self.applicable)

    @property
    def effects(self) -> Theorem | None:
        """The theorem that says most of the effects."""
        speaking = [row for row in self.applicable if row.effects]
        return min(speaking, key=lambda row: row.open_effects, default=None)

    def __bool__(self) -> bool:
        if not self.nodes_observed:
            return self.certificate.identified
        return self.effects is not None and not self.effects.open_effects

    def __str__(self) -> str:
        lines = [self._headline or str(self.certificate)]
        for head, entries in self._lists:
            lines += ["", head, *(f"  {entry}" for entry in entries)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        lists = "".join(
            f"<p>{escape(head)}</p><ul>"
            + "".join(f"<li>{escape(entry)}</li>" for entry in entries)
            + "</ul>"
            for head, entries in self._lists
        )
        headline = f"<p><b>{escape(self._headline)}</b></p>"
        return (headline if self._headline else self.certificate._repr_html_()) + lists

    @property
    def _headline(self) -> str:
        """What stands in place of the certificate where it has nothing to say."""
        if self.nodes_observed:
            return f"{'All' if self else 'Not all'} effects are identified."
        silent = self.certificate.claims_nothing and self._others
        return VALUES_UNKNOWN if silent else ""

    @property
    def _others(self) -> list[Theorem]:
        """Theorems that say of graph or effects what the certificate does not."""
        speaking = [row for row in (self.graph, self.effects) if row is not None]
        own = (self.certificate.citation, self.certificate.graph)
        return [row for row in speaking if (str(row.source), row.graph) != own]

    @property
    def _lists(self) -> list[tuple[str, list[str]]]:
        lists = [
            ("Shown:", [str(row) for row in self._others]),
            ("Limits:", [f"{row}. {row.note}".rstrip() for row in self.impossible]),
            ("Would say more:", [str(miss) for miss in self.near_misses]),
            ("Not checked, so no claim:", [str(row) for row in self.unverified]),
        ]
        return [(head, list(dict.fromkeys(entries))) for head, entries in lists if entries]


def clearest(rows: Iterable[Theorem]) -> Theorem | None:
    """Return the theorem that says most of the graph; None where none says anything.

    Parameters
    ----------
    rows : iterable of Theorem
    """
    speaking = [row for row in rows if not row.graph.says_nothing]
    return min(speaking, key=lambda row: row.graph.fineness, default=None)
