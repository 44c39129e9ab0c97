"""Which estimator for which data and assumptions, by the theorems behind each."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from numbers import Integral
from typing import Any

from causalrep.exceptions import IdentifiabilityError
from causalrep.graphs import Graph
from causalrep.interventions import InterventionKind, as_kind
from identifiability.data_facts import DataFacts
from identifiability.estimator_cards import ESTIMATORS, EstimatorCard, Goal
from identifiability.questions import Needs, Question, needs
from identifiability.setting import as_graph, as_word
from identifiability.theorems import THEOREMS, Mechanism, Mixing, Noise, Theorem, theorem
from identifiability.verdicts import IdentifiabilityClass

__all__ = ["Recommendation", "Recommendations", "recommend"]

_SHOWN = 5
_IN_THEORY = "Identified in theory, where what is assumed holds, without an estimator here:"


@dataclass(frozen=True, kw_only=True)
class Recommendation:
    """An estimator, what it would identify, and what that rests on.

    Parameters
    ----------
    estimator : str
        Where it is imported from; empty where no estimator here rests on the theorem.
    theorem : Theorem
        What it rests on.
    missing : tuple of str
        What the data or assumptions given do not meet.
    assumed : tuple of str
        What neither data nor assumptions tell.
    note : str, default=""
        What a user should know before choosing it.

    Examples
    --------
    >>> import numpy as np
    >>> from identifiability import recommend
    >>> X = np.random.default_rng(0).exponential(size=(500, 4))
    >>> first = recommend(X, mixing="linear", goal="latents").options[0]
    >>> first.estimator, first.identified, first.theorem.key
    ('causalrep.CumulantICA', True, 'comon')
    """

    estimator: str
    theorem: Theorem
    missing: tuple[str, ...]
    assumed: tuple[str, ...]
    note: str = ""

    @property
    def identified(self) -> bool:
        """Whether a checked theorem says so, given what is assumed."""
        return not self.missing and self.theorem.claims

    def __str__(self) -> str:
        lines = [f"{self.estimator or 'no estimator here'}: {self.theorem}"]
        lines += [f"    needs    {text}" for text in self.missing]
        lines += [f"    assumes  {text}" for text in self.assumed]
        return "\n".join([*lines, f"    note     {self.note}"] if self.note else lines)

    def _repr_html_(self) -> str:
        items = "".join(
            f"<li>{head}: {escape(text)}</li>"
            for head, texts in (
                ("needs", self.missing),
                ("assumes", self.assumed),
                ("note", (self.note,) if self.note else ()),
            )
            for text in texts
        )
        title = escape(self.estimator or "no estimator here")
        return f"<p><b>{title}</b>: {escape(str(self.theorem))}</p><ul>{items}</ul>"


@dataclass(frozen=True, kw_only=True)
class Recommendations:
    """All that :func:`recommend` found, the best first.

    Parameters
    ----------
    facts : DataFacts or None
        What was read from the data.
    options : tuple of Recommendation
        One for each estimator: those that identify first, then by what is missing.
    in_theory : tuple of Recommendation
        Theorems whose needs are met, but on which no estimator here rests.

    Examples
    --------
    >>> from identifiability import recommend
    >>> bool(recommend(mixing="diffeomorphism", goal="latents"))
    False
    """

    facts: DataFacts | None
    options: tuple[Recommendation, ...]
    in_theory: tuple[Recommendation, ...]

    @property
    def best(self) -> Recommendation | None:
        """The first option that identifies; None where none does."""
        return next((option for option in self.options if option.identified), None)

    def __bool__(self) -> bool:
        return self.best is not None

    def __str__(self) -> str:
        lines = [f"Data: {self.facts}"] if self.facts else []
        lines += [self._headline, ""]
        lines += [str(option) for option in self.options[:_SHOWN]]
        if self.in_theory:
            lines += ["", _IN_THEORY, *(f"  {option.theorem}" for option in self.in_theory)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        facts = f"<p>Data: {escape(str(self.facts))}</p>" if self.facts else ""
        options = "".join(option._repr_html_() for option in self.options[:_SHOWN])
        theory = "".join(f"<li>{escape(str(option.theorem))}</li>" for option in self.in_theory)
        theory = f"<p>{_IN_THEORY}</p><ul>{theory}</ul>" if theory else ""
        return f"{facts}<p><b>{escape(self._headline)}</b></p>{options}{theory}"

    @property
    def _headline(self) -> str:
        if self.best is not None:
            conclusion = self.best.theorem.conclusion
            return f"{self.best.estimator} finds, if what it assumes holds: {conclusion}."
        checked = [option for option in self.options if option.theorem.claims]
        if not checked:
            return "Nothing here identifies this."
        closest = " and ".join(checked[0].missing)
        return f"Nothing here identifies this. The least that you would need: {closest}."


def recommend(
    data: Any = None,
    *,
    goal: Goal | str | None = None,
    mixing: Mixing | str | None = None,
    mechanism: Mechanism | str | None = None,
    noise: Noise | str | None = None,
    interventions: InterventionKind | str | None = None,
    hidden: bool | None = None,
    graph: Graph | None = None,
    n_latents: int | None = None,
) -> Recommendations:
    """Say which estimators identify what, for given data and assumptions.

    Environments, actions, and whether features are Gaussian are read from the data. What is
    left out below counts as unknown, and is listed as assumed where a theorem needs it.

    Parameters
    ----------
    data : Dataset, array-like or frame, default=None
        Shape (n_samples, n_features).
    goal : {"latents", "graph", "effects"}, default=None
        What is wanted.
    mixing : Mixing or str, default=None
        How features come from latents: "identity" where features are the causal variables,
        "measurement" where each measures few latents, else "linear" and so on.
    mechanism : Mechanism or str, default=None
        How latents come from one another.
    noise : Noise or str, default=None
        By default it is tested whether features are Gaussian.
    interventions : InterventionKind or str, default=None
        What the environments are, beside the observational one.
    hidden : bool, default=None
        Whether there may be hidden common causes.
    graph : Graph, default=None
        A graph that is known or supposed; conditions are then checked on it.
    n_latents : int, default=None
        Number of latents.

    Returns
    -------
    Recommendations

    Raises
    ------
    IdentifiabilityError
        If a word is unknown, options contradict each other, or n_latents is not a positive
        integer.
    GraphError
        If graph is not a Graph, or is empty.
    InvalidDataError
        If data is not a matrix of finite numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep import Dataset
    >>> from identifiability import recommend
    >>> X = np.random.default_rng(0).normal(size=(900, 5))
    >>> data = Dataset(X=X, environments=np.repeat([0, 1, 2], 300))
    >>> answer = recommend(data, mixing="linear", interventions="perfect", goal="latents")
    >>> answer.best.estimator
    'causalrep.LinearCausalDisentanglement'
    >>> answer.best.theorem.conclusion
    'latents up to permutation and scaling; graph: identified'
    >>> few = recommend(data, mixing="linear", interventions="perfect", n_latents=3)
    >>> few.options[0].missing
    ('3 environments beside the observational one, not 2',)
    """
    question = Question(
        facts=None if data is None else DataFacts.of(data),
        goal=None if goal is None else as_word(Goal, goal, "goal"),
        mixing=None if mixing is None else as_word(Mixing, mixing, "mixing"),
        mechanism=None if mechanism is None else as_word(Mechanism, mechanism, "mechanism"),
        noise=None if noise is None else as_word(Noise, noise, "noise"),
        interventions=None if interventions is None else as_kind(interventions),
        hidden=hidden,
        graph=None if graph is None else as_graph(graph),
        n_latents=n_latents,
    )
    _refuse_contradictions(question)
    options = [option for card in ESTIMATORS if (option := _option(card, question)) is not None]
    used = {key for card in ESTIMATORS for key in card.theorems}
    in_theory = [
        Recommendation(estimator="", theorem=row, missing=lacks.missing, assumed=lacks.assumed)
        for row in THEOREMS
        if row.key not in used and row.claims and (lacks := needs(row, question)) is not None
    ]
    return Recommendations(
        facts=question.facts,
        options=tuple(sorted(options, key=lambda option: _rank(option, question))),
        in_theory=_one_for_each_conclusion(in_theory, question),
    )


def _refuse_contradictions(question: Question) -> None:
    if question.hidden is not None and not isinstance(question.hidden, bool):
        raise IdentifiabilityError(
            f"hidden must be True, False or None, but is {question.hidden!r}."
        )
    wanted = question.n_latents
    whole = isinstance(wanted, Integral) and not isinstance(wanted, bool)
    if wanted is not None and (not whole or wanted < 1):
        raise IdentifiabilityError(
            f"n_latents must be an integer of at least 1, but is {wanted!r}. Leave it out where "
            "the number of latents is not known."
        )
    if question.interventions and question.facts and question.facts.n_environments == 1:
        raise IdentifiabilityError(
            f"{question.interventions.value} interventions contradict data without environments. "
            "Give their labels: Dataset(X=..., environments=...)."
        )
    if question.hidden is False and question.graph is not None and question.graph.latent:
        raise IdentifiabilityError(
            f"hidden=False contradicts a graph in which {question.graph.latent[0]} is latent."
        )


def _one_for_each_conclusion(
    options: list[Recommendation], question: Question
) -> tuple[Recommendation, ...]:
    """Return what is identified, by the fewest assumptions where several theorems say the same."""
    by_conclusion: dict[str, Recommendation] = {}
    for option in sorted(options, key=lambda option: _rank(option, question)):
        if option.identified:
            by_conclusion.setdefault(option.theorem.conclusion, option)
    return tuple(by_conclusion.values())


def _option(card: EstimatorCard, question: Question) -> Recommendation | None:
    """Return an estimator with that one of its theorems which fits best."""
    if question.goal is not None and question.goal not in card.goals:
        return None
    rows = [(theorem(key), needs(theorem(key), question)) for key in card.theorems]
    options = [_recommended(card, row, lacks) for row, lacks in rows if lacks is not None]
    return min(options, key=lambda option: _rank(option, question), default=None)


def _recommended(card: EstimatorCard, row: Theorem, lacks: Needs) -> Recommendation:
    return Recommendation(
        estimator=card.name,
        theorem=row,
        missing=lacks.missing,
        assumed=lacks.assumed,
        note=card.note,
    )


def _rank(option: Recommendation, question: Question) -> tuple[int, ...]:
    """Order options: what identifies, the least missing, what uses most, the finest, the closest.

    The closest is a theorem on just the mixing that is given, not on a wider one.
    """
    row = option.theorem
    latents = int(IdentifiabilityClass.MIXED + 1 if row.latents is None else row.latents)
    first, second = latents, int(row.form)
    if question.goal is Goal.GRAPH:
        first, second = row.graph.fineness, latents
    elif question.goal is Goal.EFFECTS:
        first, second = row.open_effects, row.graph.fineness
    n_missing = len(option.missing) + 2 * (not row.evidence.verified)
    idle = not question.uses(row.data)
    wider = question.mixing is not None and row.mixing is not question.mixing
    return not option.identified, n_missing, idle, first, second, wider, len(option.assumed)
