"""Run the battery: every subject, every argument, every bad input of its role."""

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from battery.accepted import reason_for
from battery.inputs import ROLES
from battery.outcomes import Outcome, Verdict, holds_nan, outcome_of

ALWAYS_NONE = "None"


@dataclass(frozen=True)
class Result:
    """One bad input, where it went, and what became of it."""

    path: str
    argument: str
    input: str
    group: str
    outcome: Outcome

    @property
    def key(self):
        """What names the case."""
        return f"{self.path}({self.argument}: {self.input})"


def results_of(subject):
    """Yield the outcome of every bad input that a subject can be given."""
    doubtful = holds_nan(subject.call(**subject.good))
    for name, good, role in subject.arguments():
        for bad in ROLES[role]:
            if bad.name == ALWAYS_NONE and (good is None or subject.allows_none(name)):
                continue
            outcome = tried(subject, name, good, bad, doubtful)
            if outcome is not None:
                yield judged(Result(subject.path, name, bad.name, bad.group, outcome))


def judged(result):
    """Take an answer for right where the contract says so."""
    why = reason_for(result.key)
    if result.outcome.verdict is not Verdict.SILENT or not why:
        return result
    return replace(result, outcome=Outcome(Verdict.RIGHT, why))


def tried(subject, name, good, bad, doubtful):
    """Spoil one argument and call; None where the good value is none that can be spoiled."""
    try:
        value = bad.spoil(good)
    except (ArithmeticError, AttributeError, IndexError, StopIteration, TypeError, ValueError):
        return None
    if unchanged(good, value):
        return None
    accepts = None if bad.refused else lambda answer: doubtful or not holds_nan(answer)
    return outcome_of(subject.with_argument(name, value), refused=bad.refused, accepts=accepts)


def unchanged(good, value):
    """Whether spoiling left a value as it was."""
    if isinstance(good, np.ndarray):
        return type(value) is np.ndarray and np.array_equal(value, good)
    return (
        isinstance(good, list | tuple) and isinstance(value, list | tuple) and not (good or value)
    )


def table(results):
    """Count the verdicts of every group of inputs."""
    groups = dict.fromkeys(result.group for result in results)
    rows = {
        group: Counter(result.outcome.verdict for result in results if result.group == group)
        for group in groups
    }
    lines = [f"{'input':<14}{'n':>7}" + "".join(f"{verdict.value:>9}" for verdict in Verdict)]
    rows["all"] = sum(rows.values(), Counter())
    for group, counts in rows.items():
        cells = "".join(f"{counts[verdict]:>9}" for verdict in Verdict)
        lines.append(f"{group:<14}{counts.total():>7}{cells}")
    return "\n".join(lines)
