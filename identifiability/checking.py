"""What theorems say of a setting: the finest class, and what is missing for a finer one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from html import escape

import numpy as np

from causalrep.graphs import Graph
from causalrep.interventions import Change
from identifiability.algebra import Knowledge, check_disentanglement
from identifiability.certificates import COLUMNS_ALONE, Certificate
from identifiability.patterns import pattern_of
from identifiability.requirements import (
    Gap,
    applies_after_affine_step,
    gaps,
    shows_a_limit,
)
from identifiability.setting import Setting
from identifiability.theorems import (
    THEOREMS,
    DataRegime,
    Kind,
    Mechanism,
    Mixing,
    Noise,
    Theorem,
    theorem,
)
from identifiability.verdicts import Evidence, Form, GraphClass, IdentifiabilityClass

__all__ = ["CheckReport", "NearMiss", "check"]

_SHOWN = 4
_MOST_FOR_ALGEBRA = 10
_SUFFICIENT = "models that meet the assumptions; finer may hold where the theorem does not say so"
_KNOWN_ORDER = "the causal order of the latents is known"
_ORDER = tuple(GraphClass).index


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
        return _clearest(self.applicable)

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
        return "Nothing is known of the values of the latents." if silent else ""

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


_SILENT = (GraphClass.NOTHING, GraphClass.KNOWN)


def check(
    graph: Graph,
    interventions: object = ((),),
    *,
    mixing: Mixing | str = Mixing.LINEAR,
    mechanism: Mechanism | str = Mechanism.LINEAR,
    noise: Noise | str = Noise.ANY,
    data: DataRegime | str | None = None,
    targets_known: bool = False,
    graph_known: bool = False,
) -> CheckReport:
    """Compare a setting to all theorems of the catalogue.

    Parameters
    ----------
    graph : Graph
        The true graph: over latents, or over latents and what they act on.
    interventions : iterable of environments, default=((),)
        Each one () for none, an intervention, or several: :class:`causalrep.Change`, or those of
        `simulators`.
    mixing : Mixing or str, default="linear"
        How features come from latents: "identity" where nodes are observed, "measurement" where
        the graph says which feature measures what.
    mechanism : Mechanism or str, default="linear"
        How latents come from one another. "nonparametric" may be linear, "nonlinear" is not.
    noise : Noise or str, default="any"
        Law of the noises.
    data : DataRegime or str, default=None
        Where the samples come from; by default interventional where there are interventions, and
        observational where there are none.
    targets_known, graph_known : bool, default=False
        Whether it is known which latents each environment acts on, and the graph.

    Returns
    -------
    CheckReport

    Raises
    ------
    GraphError
        If latents do not form a DAG.
    InterventionError
        If an environment is not made of interventions on the latents.
    IdentifiabilityError
        If a word is unknown, or options contradict each other.

    Notes
    -----
    Theorems are sufficient conditions: where none applies, nothing is known, which is not the
    same as impossible. Only statements that were checked count, see :class:`Evidence`. Where
    mixing and mechanisms are linear and the targets are known, exact ranks are asked too
    (:func:`check_disentanglement`), and the finer answer is kept.

    Examples
    --------
    >>> from causalrep import Change, Graph
    >>> from identifiability import check
    >>> graph = Graph(["L1", "L2"], [("L1", "L2")])
    >>> environments = [(), Change("L1"), Change("L2", "soft")]
    >>> report = check(graph, environments, targets_known=True)
    >>> print(report.certificate.contaminants("L2"))
    ('L1',)
    >>> print(report.near_misses[0].wanted)
    one more perfect intervention on L2
    """
    setting = Setting.of(
        graph,
        interventions,
        mixing=mixing,
        mechanism=mechanism,
        noise=noise,
        data=data,
        targets_known=targets_known,
        graph_known=graph_known,
    )
    compared = [(row, gaps(row, setting)) for row in THEOREMS]
    fitting = [row for row, lacks in compared if lacks == ()]
    applicable = sorted(filter(lambda row: row.claims, fitting), key=_fineness)
    best = _certificate(applicable, setting)
    shown = [row for row in THEOREMS if row.evidence.verified and shows_a_limit(row, setting)]
    limits = () if best.identified else tuple(shown)
    misses = _near_misses([(row, lacks) for row, lacks in compared if lacks], applicable, best)
    wanted = [miss.wanted for miss in misses if miss.theorem.latents is _FINEST]
    impossible = any(row.kind is Kind.IMPOSSIBILITY for row in limits)
    return CheckReport(
        certificate=_with_missing(best, tuple(wanted[:1]), impossible),
        applicable=tuple(applicable),
        impossible=limits,
        near_misses=misses,
        unverified=tuple(
            row
            for row in fitting
            if not row.evidence.verified and _improves(row, applicable, best)
        ),
        nodes_observed=setting.mixing is Mixing.IDENTITY,
    )


_FINEST = IdentifiabilityClass.SCALING


def _fineness(row: Theorem) -> tuple[int, int, int]:
    latents = IdentifiabilityClass.MIXED + 1 if row.latents is None else row.latents
    return latents, row.form, _ORDER(row.graph) if row.graph not in _SILENT else len(GraphClass)


def _certificate(applicable: list[Theorem], setting: Setting) -> Certificate:
    """Return what theorems show of the latents, or exact ranks where these show more."""
    certificate = _of_nothing(setting)
    if applicable and _is_finer(applicable[0], certificate):
        certificate = _of_theorem(applicable[0], setting)
    exact = _by_algebra(setting, _clearest(applicable))
    if exact is None or (certificate.pattern <= exact.pattern).all():
        return certificate
    return exact if (exact.pattern <= certificate.pattern).all() else certificate


def _of_theorem(row: Theorem, setting: Setting) -> Certificate:
    up_to = IdentifiabilityClass(_fineness(row)[0])
    assumptions = row.assumptions
    if applies_after_affine_step(row, setting):
        step = theorem("ahuja-affine")
        assumptions = (*assumptions, *(f"{text} ({step.source})" for text in step.assumptions))
    return Certificate(
        up_to=up_to,
        names=setting.names,
        pattern=pattern_of(up_to, setting.is_cause),
        grounds=f"{row.design}" if row.design else f"{row.data.value} data",
        scope=COLUMNS_ALONE if setting.mixing is Mixing.OVERCOMPLETE else _SUFFICIENT,
        form=row.form,
        graph=row.graph,
        citation=str(row.source),
        evidence=row.evidence,
        assumptions=assumptions,
        tight=row.kind is Kind.IFF,
    )


def _of_nothing(setting: Setting) -> Certificate:
    size = len(setting.names)
    alone = size == 1 and setting.mixing not in (Mixing.MEASUREMENT, Mixing.OVERCOMPLETE)
    form = Form.LINEAR if setting.mixing is Mixing.LINEAR else Form.NONLINEAR
    return Certificate(
        up_to=_FINEST if alone else IdentifiabilityClass.MIXED,
        names=setting.names,
        pattern=np.ones((size, size), dtype=bool),
        grounds="no theorem of the catalogue says more of the latents",
        scope="the theorems of the catalogue",
        form=form,
        evidence=Evidence.UNVERIFIED,
        tight=False,
    )


def _clearest(rows: Iterable[Theorem]) -> Theorem | None:
    """Return the theorem that says most of the graph."""
    speaking = [row for row in rows if row.graph not in _SILENT]
    return min(speaking, key=lambda row: _ORDER(row.graph), default=None)


def _by_algebra(setting: Setting, found: Theorem | None) -> Certificate | None:
    """Return the certificate of exact ranks, where the setting is one that they decide.

    A theorem may have found the graph, or who is an ancestor of whom.
    """
    linear = setting.mixing is Mixing.LINEAR and Mechanism.LINEAR.includes(setting.mechanism)
    regimes = (DataRegime.INTERVENTIONAL, DataRegime.ENVIRONMENTS)
    if not (linear and setting.targets_known and setting.data in regimes):
        return None
    if len(setting.names) > _MOST_FOR_ALGEBRA:
        return None
    environments = [
        [Change(place, kind) for place, kind in change.items()] for change in setting.changes
    ]
    shown = GraphClass.NOTHING if found is None else found.graph
    known: Knowledge = "graph" if setting.graph_known else _KNOWN.get(shown, "order")
    exact = check_disentanglement(setting.latents, environments, known=known, means=True)
    return replace(exact, graph=shown, assumptions=(_KNOWN_ORDER,) if known == "order" else ())


_KNOWN: dict[GraphClass, Knowledge] = {
    GraphClass.EXACT: "graph",
    GraphClass.TRANSITIVE_CLOSURE: "ancestors",
}


def _near_misses(
    compared: list[tuple[Theorem, tuple[Gap, ...]]], applicable: list[Theorem], best: Certificate
) -> tuple[NearMiss, ...]:
    """Return checked theorems that lack one assumption at most beside interventions."""
    misses = [
        NearMiss(theorem=row, missing=lacks)
        for row, lacks in compared
        if row.claims and _improves(row, applicable, best)
    ]
    close = [miss for miss in misses if miss.cost[0] <= 1]
    close.sort(key=lambda miss: (miss.cost, _fineness(miss.theorem)))
    by_conclusion: dict[str, NearMiss] = {}
    for miss in close:
        by_conclusion.setdefault(miss.theorem.conclusion, miss)
    return tuple(by_conclusion.values())[:_SHOWN]


def _improves(row: Theorem, applicable: list[Theorem], best: Certificate) -> bool:
    if not row.kind.is_positive:
        return False
    if _is_finer(row, best):
        return True
    graphs = [_ORDER(other.graph) for other in applicable if other.graph not in _SILENT]
    if row.graph not in _SILENT and _ORDER(row.graph) < min(graphs, default=len(GraphClass)):
        return True
    return row.effects and row.open_effects < min(
        (other.open_effects for other in applicable if other.effects), default=2
    )


def _is_finer(row: Theorem, best: Certificate) -> bool:
    return row.latents is not None and (row.latents, row.form) < (best.up_to, best.form)


def _with_missing(best: Certificate, wanted: tuple[str, ...], impossible: bool) -> Certificate:
    missing = () if best.identified else best.missing or wanted
    return replace(best, missing=missing, tight=best.tight or impossible)
