"""What theorems say of a setting: the finest class, and what is missing for a finer one."""

from __future__ import annotations

from dataclasses import replace

from causalrep.graphs import Graph
from causalrep.interventions import Change
from identifiability.algebra import Knowledge, check_disentanglement
from identifiability.certificates import COLUMNS_ALONE, Certificate
from identifiability.check_report import CheckReport, NearMiss, clearest
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
from identifiability.verdicts import Form, GraphClass, IdentifiabilityClass

__all__ = ["check"]

_SHOWN = 4
_MOST_FOR_ALGEBRA = 10
_SUFFICIENT = "models that meet the assumptions; finer may hold where the theorem does not say so"
_KNOWN_ORDER = "the causal order of the latents is known"


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
    return latents, row.form, row.graph.fineness


def _certificate(applicable: list[Theorem], setting: Setting) -> Certificate:
    """Return what theorems show of the latents, or exact ranks where these show more."""
    certificate = _of_nothing(setting)
    if applicable and _is_finer(applicable[0], certificate):
        certificate = _of_theorem(applicable[0], setting)
    exact = _by_algebra(setting, clearest(applicable))
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
    """Return what holds without a theorem; a single latent that is mixed with none is itself."""
    form = Form.LINEAR if setting.mixing is Mixing.LINEAR else Form.NONLINEAR
    grounds = "no theorem of the catalogue says more of the latents"
    nothing = Certificate.of_nothing(setting.names, grounds, form)
    hidden = setting.mixing in (Mixing.MEASUREMENT, Mixing.OVERCOMPLETE)
    return nothing if hidden or len(setting.names) != 1 else replace(nothing, up_to=_FINEST)


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
    graphs = [other.graph.fineness for other in applicable]
    if row.graph.fineness < min(graphs, default=len(GraphClass)):
        return True
    return row.effects and row.open_effects < min(
        (other.open_effects for other in applicable if other.effects), default=2
    )


def _is_finer(row: Theorem, best: Certificate) -> bool:
    return row.latents is not None and (row.latents, row.form) < (best.up_to, best.form)


def _with_missing(best: Certificate, wanted: tuple[str, ...], impossible: bool) -> Certificate:
    missing = () if best.identified else best.missing or wanted
    return replace(best, missing=missing, tight=best.tight or impossible)
