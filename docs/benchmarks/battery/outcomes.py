"""What became of one bad input: refused clearly, warned, answered rightly, cryptic or silent."""

import contextlib
import linecache
import signal
import traceback
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np
from sklearn.exceptions import (
    ConvergenceWarning,
    DataConversionWarning,
    NotFittedError,
)
from sklearn.utils._param_validation import InvalidParameterError

from causalrep.results import StatisticalTest

PACKAGES = ("causalrep", "discovery", "identifiability", "simulators")
ROOT = Path(__file__).parents[3]
GATES = ("sklearn/utils/validation.py", "sklearn/utils/_param_validation.py", "sklearn/base.py")
FEWEST_WORDS = 4
LONGEST = 30
DEEPEST = 5


class Verdict(Enum):
    """How an input that is bad, or strange, was met."""

    CLEAR = "clear"
    WARNED = "warned"
    RIGHT = "right"
    CRYPTIC = "cryptic"
    SILENT = "silent"


@dataclass(frozen=True)
class Outcome:
    """A verdict, and the sentence or answer it rests on."""

    verdict: Verdict
    evidence: str


class TooLongError(Exception):
    """An input kept a call busy for half a minute."""


def outcome_of(call, *, refused, accepts=None):
    """Call, and judge what comes: an error, a warning, an answer.

    Parameters
    ----------
    call : callable
        Without arguments.
    refused : bool
        Whether the input must be refused, or warned of.
    accepts : callable, default=None
        Says whether an answer is right, where an answer is allowed.
    """
    with warnings.catch_warnings(record=True) as caught, limited():
        warnings.simplefilter("always")
        try:
            answer = call()
        except Exception as error:  # noqa: BLE001  any failure is an outcome to be judged
            return judged_error(error)
        except SystemExit as error:
            return Outcome(Verdict.CRYPTIC, f"SystemExit: {error}")
    ours = [warning for warning in caught if is_ours(warning.category)]
    if ours:
        return Outcome(Verdict.WARNED, f"{ours[0].category.__name__}: {ours[0].message}")
    if refused:
        return Outcome(Verdict.SILENT, f"answered {shortened(answer)}")
    if accepts is not None and not accepts(answer):
        return Outcome(Verdict.SILENT, f"answered wrongly {shortened(answer)}")
    if caught:
        first = caught[0]
        return Outcome(Verdict.CRYPTIC, f"only {first.category.__name__}: {first.message}")
    return Outcome(Verdict.RIGHT, shortened(answer))


def judged_error(error):
    """Tell an error of ours, or of scikit-learn's gate, from a traceback out of the depths."""
    sentence = str(error)
    text = f"{type(error).__name__}: {sentence}"
    frame = traceback.extract_tb(error.__traceback__)[-1]
    deliberate = is_ours(type(error)) or isinstance(error, InvalidParameterError | NotFittedError)
    if not deliberate and isinstance(error, ValueError | TypeError | FileNotFoundError):
        deliberate = is_raised(frame)
    if deliberate and len(sentence.split()) >= FEWEST_WORDS:
        return Outcome(Verdict.CLEAR, text)
    return Outcome(Verdict.CRYPTIC, f"{text} [{Path(frame.filename).name}:{frame.lineno}]")


def is_raised(frame):
    """Whether the error comes from a ``raise`` of ours or of scikit-learn's gate."""
    if frame.filename.endswith(GATES):
        return True
    inside = any(frame.filename.startswith(f"{ROOT}/{package}/") for package in PACKAGES)
    return inside and linecache.getline(frame.filename, frame.lineno).strip().startswith("raise")


def is_ours(cls):
    """Whether an error or warning is one of our public kinds, or one we share."""
    shared = (ConvergenceWarning, DataConversionWarning)
    return cls.__module__.partition(".")[0] in PACKAGES or issubclass(cls, shared)


@contextlib.contextmanager
def limited(seconds=LONGEST):
    """Stop what takes too long on a processor, or ten times as long by the clock."""

    def stop(signum, frame):
        raise TooLongError(f"still busy after {seconds} seconds")

    timers = {signal.ITIMER_PROF: (signal.SIGPROF, 1), signal.ITIMER_REAL: (signal.SIGALRM, 10)}
    before = {which: signal.signal(which, stop) for which, _ in timers.values()}
    for timer, (_, factor) in timers.items():
        signal.setitimer(timer, seconds * factor)
    try:
        yield
    finally:
        for timer in timers:
            signal.setitimer(timer, 0)
        for which, handler in before.items():
            signal.signal(which, handler)


def holds_nan(answer, depth=0):
    """Whether an answer holds a number that is none, or is infinite, anywhere."""
    if isinstance(answer, float | np.floating):
        return not np.isfinite(answer)
    if isinstance(answer, np.ndarray):
        return answer.dtype.kind in "fc" and not np.isfinite(answer).all()
    return depth < DEEPEST and any(holds_nan(part, depth + 1) for part in parts_of(answer))


def parts_of(answer):
    """Return the items of a collection, what an estimator learned, or the fields of an object."""
    if isinstance(answer, list | tuple | Mapping):
        return list(answer.values() if isinstance(answer, Mapping) else answer)
    if hasattr(answer, "get_params"):
        return [value for name, value in vars(answer).items() if name.endswith("_")]
    if isinstance(answer, StatisticalTest):
        return [answer.p_value]  # the statistic is NaN where p-values were joined
    ours = type(answer).__module__.partition(".")[0] in PACKAGES
    return list(vars(answer).values()) if ours and hasattr(answer, "__dict__") else []


def shortened(answer):
    """Show an answer in one short line."""
    try:
        text = " ".join(repr(answer).split())
    except Exception as error:  # noqa: BLE001  what cannot be shown is said to be so
        text = f"something whose repr raises {type(error).__name__}"
    return text if len(text) <= 160 else f"{text[:157]}..."
