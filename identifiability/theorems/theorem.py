"""One theorem of the catalogue: what it asks for, what follows, and where it is proved."""

from __future__ import annotations

from dataclasses import dataclass

from causalrep.interventions import InterventionKind
from causalrep.results import names_of
from identifiability.theorems.terms import Condition, DataRegime, Kind, Mechanism, Mixing, Noise
from identifiability.verdicts import Evidence, Form, GraphClass, IdentifiabilityClass

__all__ = ["Design", "Source", "Theorem"]

_MOST_NAMED = 2


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a theorem is proved.

    Parameters
    ----------
    authors : tuple of str
        Family names.
    year : int
        Of publication.
    venue : str
        Journal or conference.
    arxiv : str, default=""
        Number in arXiv, where there is one.
    where : str, default=""
        Number of the theorem, where it was checked.

    Examples
    --------
    >>> from identifiability.theorems import Source
    >>> print(Source(authors=("A", "B", "C"), year=2023, venue="ICML", where="Theorem 2"))
    A et al. 2023, Theorem 2
    """

    authors: tuple[str, ...]
    year: int
    venue: str
    arxiv: str = ""
    where: str = ""

    def __str__(self) -> str:
        many = len(self.authors) > _MOST_NAMED
        who = f"{self.authors[0]} et al." if many else names_of(self.authors)
        return f"{who} {self.year}, {self.where}" if self.where else f"{who} {self.year}"

    @property
    def reference(self) -> str:
        """All of it, as in a list of references."""
        parts = [names_of(self.authors), self.venue, str(self.year)]
        parts += [f"arXiv:{self.arxiv}"] if self.arxiv else []
        return ", ".join([*parts, self.where] if self.where else parts)


@dataclass(frozen=True, kw_only=True)
class Design:
    """Which interventions a theorem asks for.

    Parameters
    ----------
    kinds : tuple of InterventionKind
        Those that count, the one to ask for first.
    times : int, default=1
        Environments in which every latent is intervened on.
    single : bool, default=True
        Whether each of them acts on one latent alone.
    independent_sets : bool, default=False
        In place of `times`: the sets of targets span the space of all sets.
    mechanisms_beyond_parents : bool, default=False
        In place of `times`: every latent has one mechanism more than it has parents.
    observational : bool, default=True
        Whether an environment without interventions is needed.
    pairs_known : bool, default=False
        Whether it is known which environments act on the same latent.

    Examples
    --------
    >>> from causalrep import InterventionKind
    >>> from identifiability.theorems import Design
    >>> print(Design(kinds=(InterventionKind.PERFECT,), times=2))
    two perfect interventions on every latent, and observational data
    """

    kinds: tuple[InterventionKind, ...]
    times: int = 1
    single: bool = True
    independent_sets: bool = False
    mechanisms_beyond_parents: bool = False
    observational: bool = True
    pairs_known: bool = False

    def __str__(self) -> str:
        kind = self.kinds[0].value
        if self.mechanisms_beyond_parents:
            text = "for every latent one mechanism more than it has parents"
        elif self.independent_sets:
            text = f"{kind} interventions on linearly independent sets of latents"
        elif self.times == 1:
            text = f"a {kind} intervention on every latent"
        else:
            text = f"two {kind} interventions on every latent"
        text += ", known which belong together" if self.pairs_known else ""
        return f"{text}, and observational data" if self.observational else text


@dataclass(frozen=True, kw_only=True)
class Theorem:
    """A theorem of identifiability as data.

    Parameters
    ----------
    key : str
        Its name in the catalogue.
    source : Source
        Where it is proved.
    evidence : Evidence
        How the statement was checked.
    data : DataRegime
        Where samples must come from.
    mixing : Mixing
        The widest for which it holds.
    mechanism : Mechanism
        The widest for which it holds.
    not_mechanism : Mechanism, default=None
        The mechanisms must not be of this kind: what is "sufficiently nonlinear" is not linear.
    noise : Noise, default=Noise.ANY
        The widest for which it holds.
    design : Design, default=None
        Interventions that it asks for.
    conditions : tuple of Condition, default=()
        Named conditions on graph or design.
    needs_targets, needs_graph : bool, default=False
        Whether targets, or the graph, must be known.
    latents : IdentifiabilityClass, default=None
        What follows for the latents; None where it says nothing of them.
    form : Form, default=Form.LINEAR
        Whether what is left open of latents is linear.
    graph : GraphClass, default=GraphClass.NOTHING
        What follows for the graph.
    effects : bool, default=False
        Whether all effects in the graph are determined.
    finitely_many : bool, default=False
        Whether effects are determined as one of finitely many values, not as one value.
    kind : Kind, default=Kind.SUFFICIENT
        Whether its conditions suffice, are necessary, or show a limit.
    assumptions : tuple of str, default=()
        What else it assumes.
    note : str, default=""
        What else is worth knowing.

    Examples
    --------
    >>> from identifiability.theorems import theorem
    >>> theorem("squires-perfect").mixing
    <Mixing.LINEAR: 'linear'>
    """

    key: str
    source: Source
    evidence: Evidence
    data: DataRegime
    mixing: Mixing
    mechanism: Mechanism
    not_mechanism: Mechanism | None = None
    noise: Noise = Noise.ANY
    design: Design | None = None
    conditions: tuple[Condition, ...] = ()
    needs_targets: bool = False
    needs_graph: bool = False
    latents: IdentifiabilityClass | None = None
    form: Form = Form.LINEAR
    graph: GraphClass = GraphClass.NOTHING
    effects: bool = False
    finitely_many: bool = False
    kind: Kind = Kind.SUFFICIENT
    assumptions: tuple[str, ...] = ()
    note: str = ""

    @property
    def claims(self) -> bool:
        """Whether it may show that something is identified."""
        says = self.latents is not None or self.effects or self.graph is not GraphClass.NOTHING
        return self.evidence.verified and self.kind.is_positive and says

    @property
    def open_effects(self) -> int:
        """What is left open of effects: nothing (0), one of finitely many values (1), all (2)."""
        return int(self.finitely_many) if self.effects else 2

    def excludes(self, mechanism: Mechanism) -> bool:
        """Whether some mechanisms of a kind are those that it must not meet.

        Parameters
        ----------
        mechanism : Mechanism
        """
        beyond = self.not_mechanism
        return beyond is not None and (mechanism.includes(beyond) or beyond.includes(mechanism))

    @property
    def conclusion(self) -> str:
        """What follows, in words."""
        if not self.kind.is_positive:
            return self.kind.value
        words = []
        if self.latents is not None:
            words.append(f"latents up to {self.latents.in_words(self.form)}")
        effects = "all effects up to finitely many values" if self.finitely_many else "all effects"
        words += [effects] if self.effects else []
        if not self.graph.says_nothing:
            words.append(f"graph: {self.graph}")
        return "; ".join(words) or "nothing about latents or graph"

    def __str__(self) -> str:
        return f"{self.conclusion}, {self.source} ({self.evidence})"
