"""What a recommendation is asked for, and what each theorem still needs for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from causalrep.graphs import Graph
from causalrep.interventions import InterventionKind
from identifiability.conditions import check_condition
from identifiability.data_facts import DataFacts
from identifiability.estimator_cards import Goal
from identifiability.theorems import (
    Condition,
    DataRegime,
    Design,
    Mechanism,
    Mixing,
    Noise,
    Theorem,
)
from identifiability.verdicts import Answer

__all__ = ["Needs", "Question", "needs"]

_FROM_CHANGES = (DataRegime.INTERVENTIONAL, DataRegime.ENVIRONMENTS)
_OWN_NODES = (Mixing.IDENTITY, Mixing.MEASUREMENT)
_NOT_IN_GRAPHS = (
    Condition.BLOCKS_SEPARATE,
    Condition.TWO_LATENTS,
    Condition.HIERARCHY,
)


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is known and wanted; None where nothing is known.

    Parameters
    ----------
    facts : DataFacts or None
    goal : Goal or None
    mixing : Mixing or None
    mechanism : Mechanism or None
    noise : Noise or None
    interventions : InterventionKind or None
    hidden : bool or None
    graph : Graph or None
    n_latents : int or None
    """

    facts: DataFacts | None
    goal: Goal | None
    mixing: Mixing | None
    mechanism: Mechanism | None
    noise: Noise | None
    interventions: InterventionKind | None
    hidden: bool | None
    graph: Graph | None
    n_latents: int | None

    @property
    def n_changes(self) -> int | None:
        """Number of environments beside the observational one; None where it is not known."""
        if self.facts is None:
            return None if self.interventions else 0
        return self.facts.n_environments - 1

    def uses(self, regime: DataRegime) -> bool:
        """Whether a theorem on such data uses environments or actions, where there are any."""
        if self.facts is None:
            return True
        if regime in _FROM_CHANGES:
            return self.facts.n_environments > 1
        if regime is DataRegime.ACTIONS:
            return self.facts.n_actions > 0
        return self.facts.n_environments == 1 and not self.facts.n_actions


@dataclass(frozen=True)
class Needs:
    """What a theorem needs: things that are not so, and things that nobody knows.

    Parameters
    ----------
    missing : tuple of str
    assumed : tuple of str
    """

    missing: tuple[str, ...]
    assumed: tuple[str, ...]


_Need = tuple[bool, str]
"""Whether something is missing (or else assumed), and what."""


def needs(theorem: Theorem, question: Question) -> Needs | None:
    """Return what a theorem needs beyond what is known; None where it answers something else.

    Parameters
    ----------
    theorem : Theorem
    question : Question
    """
    if not (_answers(theorem, question.goal) and _comparable(theorem, question)):
        return None
    found = [
        *_of_data(theorem, question),
        *_of_model(theorem, question),
        *_of_noise(theorem, question),
        *_of_knowledge(theorem, question),
        *_of_conditions(theorem, question),
    ]
    return Needs(
        tuple(text for is_missing, text in found if is_missing),
        (*(text for is_missing, text in found if not is_missing), *theorem.assumptions),
    )


def _answers(theorem: Theorem, goal: Goal | None) -> bool:
    if goal is Goal.LATENTS:
        return theorem.latents is not None
    if goal is Goal.GRAPH:
        return not theorem.graph.says_nothing
    return goal is None or theorem.effects or theorem.data is DataRegime.ACTIONS


def _comparable(theorem: Theorem, question: Question) -> bool:
    given = question.mixing
    if given is None or given is theorem.mixing:
        return True
    return not (given in _OWN_NODES or theorem.mixing in _OWN_NODES)


def _of_data(theorem: Theorem, question: Question) -> Iterator[_Need]:
    regime = theorem.data
    if regime in _FROM_CHANGES:
        yield from _of_changes(theorem.design, question)
    elif regime is DataRegime.ACTIONS:
        yield from _of_actions(question)
    elif regime is DataRegime.AUXILIARY:
        yield from _of_labels(question)
    elif regime is not DataRegime.OBSERVATIONAL:
        yield True, f"{regime.value} data"


def _of_changes(design: Design | None, question: Question) -> Iterator[_Need]:
    number, kind = question.n_changes, question.interventions
    if number == 0 or design is None:
        yield True, "environments" if design is None else str(design)
        return
    if kind is not None and kind not in design.kinds:
        yield True, f"{design.kinds[0].value} in place of {kind.value} interventions"
    elif kind is None:
        yield False, str(design)
    wanted = None if question.n_latents is None else design.times * question.n_latents
    if number is not None and wanted is not None and number < wanted:
        yield True, f"{wanted} environments beside the observational one, not {number}"
    elif number is not None and wanted is None:
        yield False, f"at most {number // design.times} latents, each of them intervened on"


def _of_labels(question: Question) -> Iterator[_Need]:
    """Compare the values of an auxiliary variable to two for each latent, and one."""
    facts = question.facts
    if facts is not None and facts.n_actions:
        return
    n_values = (question.n_changes or 0) + 1
    if n_values == 1:
        yield True, "an auxiliary variable, such as environment labels"
        return
    wanted = 2 * (question.n_latents or 2) + 1
    if n_values < wanted:
        yield True, f"{wanted} environments, not {n_values}"
    elif question.n_latents is None:
        yield False, f"at most {(n_values - 1) // 2} latents"


def _of_actions(question: Question) -> Iterator[_Need]:
    facts = question.facts
    if facts is None or not facts.n_actions:
        yield True, "known actions beside every sample"
    elif facts.few_valued_actions:
        yield True, "actions of many values, not a few levels"
    elif question.n_latents is not None and facts.n_actions < question.n_latents:
        yield True, f"{question.n_latents} actions, as many as latents, not {facts.n_actions}"
    elif question.n_latents is None:
        yield False, f"at most {facts.n_actions} latents, as many as actions"


def _of_model(theorem: Theorem, question: Question) -> Iterator[_Need]:
    mixing, mechanism = question.mixing, question.mechanism
    if mixing is None:
        yield False, _MIXING_WORDS[theorem.mixing]
    elif not theorem.mixing.includes(mixing):
        after_affine_step = mixing is Mixing.POLYNOMIAL and theorem.mixing is Mixing.LINEAR
        yield not after_affine_step, _MIXING_WORDS[theorem.mixing]
    if mechanism is None and theorem.mechanism is not Mechanism.NONPARAMETRIC:
        yield False, _MECHANISM_WORDS[theorem.mechanism]
    elif mechanism is not None and not theorem.mechanism.includes(mechanism):
        yield True, _MECHANISM_WORDS[theorem.mechanism]
    elif theorem.not_mechanism is not None and theorem.excludes(
        mechanism or Mechanism.NONPARAMETRIC
    ):
        yield mechanism is not None, f"mechanisms that are not {theorem.not_mechanism.value}"
    yield from _of_size(theorem, question)


def _of_size(theorem: Theorem, question: Question) -> Iterator[_Need]:
    """Ask an injective mixing for as many features as latents, where both numbers are known."""
    facts, wanted = question.facts, question.n_latents
    if facts is None or wanted is None or theorem.mixing not in _INJECTIVE:
        return
    if facts.n_features < wanted:
        yield True, f"{wanted} features, as many as latents, not {facts.n_features}"


_INJECTIVE = (Mixing.LINEAR, Mixing.POLYNOMIAL, Mixing.DIFFEOMORPHISM)
_MECHANISM_WORDS = {
    Mechanism.INDEPENDENT: "independent latents",
    Mechanism.LINEAR: "linear mechanisms",
    Mechanism.ADDITIVE: "additive mechanisms",
    Mechanism.POLYNOMIAL: "polynomial mechanisms",
}
_MIXING_WORDS = {
    Mixing.IDENTITY: "features that are the causal variables themselves",
    Mixing.LINEAR: "a linear injective mixing",
    Mixing.OVERCOMPLETE: "a linear mixing",
    Mixing.POLYNOMIAL: "a polynomial injective mixing",
    Mixing.DIFFEOMORPHISM: "an injective smooth mixing",
    Mixing.MEASUREMENT: "latents that act linearly on features, each with noise of its own",
}


def _of_noise(theorem: Theorem, question: Question) -> Iterator[_Need]:
    if theorem.noise is Noise.ANY:
        return
    if question.noise is not None:
        if not theorem.noise.includes(question.noise):
            yield True, f"{theorem.noise.value} noise"
        return
    facts = question.facts
    if theorem.noise is Noise.NON_GAUSSIAN and facts is not None:
        if not facts.non_gaussian:
            yield True, "non-gaussian noise, which these samples do not show"
        else:
            yield False, "non-gaussian noise everywhere; these samples show some"
        return
    yield False, f"{theorem.noise.value} noise"


def _told(condition: Condition, question: Question) -> bool | None:
    """Return whether arguments beside the graph say that a condition holds, if they do."""
    if condition is Condition.NOTHING_HIDDEN and question.hidden is not None:
        return not question.hidden
    if condition is Condition.TWO_LATENTS and question.n_latents is not None:
        return question.n_latents == _PAIR
    return None


_PAIR = 2


def _of_knowledge(theorem: Theorem, question: Question) -> Iterator[_Need]:
    if theorem.needs_graph and question.graph is None:
        yield True, "the graph"
    if theorem.needs_targets:
        yield False, "known targets of the interventions"
    if theorem.design is not None and theorem.design.pairs_known:
        yield False, "knowing which environments have the same target"


def _of_conditions(theorem: Theorem, question: Question) -> Iterator[_Need]:
    for condition in theorem.conditions:
        told = _told(condition, question)
        if told is not None:
            if not told:
                yield True, condition.value
        elif question.graph is None or condition in _NOT_IN_GRAPHS:
            yield False, condition.value
        else:
            result = check_condition(condition, question.graph, [{}])
            if result.answer is not Answer.YES:
                yield True, f"{condition.value}: {result.reason.removesuffix('.')}"
