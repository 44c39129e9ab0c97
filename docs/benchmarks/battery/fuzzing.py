"""Feed what hypothesis made up to every argument, file and command line, in one or more processes.

Every argument of every subject is a place of its own, with a seed of its own, so that what is made
up for it depends neither on the other places nor on the number of processes.
"""

import contextlib
import importlib
import io
import pkgutil
import random
import resource
import tempfile
import time
import warnings
import zlib
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis.strategies import SearchStrategy

from battery.accepted import reason_for
from battery.everything import all_subjects
from battery.made_up import FUZZED, PARAMETERS, command_lines, contents, made_up, values_for
from battery.outcomes import PACKAGES, Outcome, Verdict, holds_nan, outcome_of
from battery.promises import must_be_refused
from battery.public import PUBLIC
from causalrep import load
from causalrep.cli import main

BAD = (Verdict.CRYPTIC, Verdict.SILENT)
ELSEWHERE = 20  # One input in so many is a file, another one a command line.
LONGEST_SHOWN = 60
MEMORY = 2**34


@dataclass(frozen=True)
class Place:
    """One argument, or files, or command lines.

    Parameters
    ----------
    kind : str
        Row of the table.
    key : str
        What names it.
    strategy : SearchStrategy
        Makes values up.
    judged : callable
        Takes a value to what became of it.
    """

    kind: str
    key: str
    strategy: SearchStrategy[Any]
    judged: Callable[[Any], Outcome]


@dataclass(frozen=True)
class Met:
    """One made-up input, what became of it, and how long that took."""

    kind: str
    key: str
    value: str
    outcome: Outcome
    seconds: float

    def __str__(self) -> str:
        """Show where it went, what it was and how it was met, in one line."""
        return f"{self.key} {self.value[:LONGEST_SHOWN]!r}: {self.outcome.evidence}"


def called(value):
    """Say what kind of thing a value is, in the words of the reasons."""
    if isinstance(value, list | dict | bytes) and not value:
        return "no rows"
    kinds = {list: "a list", int: "a number", float: "a number", str: "a word", bool: str(value)}
    return kinds.get(type(value), type(value).__name__)


def places_of(subjects):
    """Return every place: arguments first, then files and command lines."""
    kinds = dict.fromkeys(FUZZED, "arrays") | dict.fromkeys(PARAMETERS, "parameters")
    kinds["graph"] = "graphs"
    found = [
        Place(kinds[role], f"{subject.path}({name})", values_for(role, good, name), judge)
        for subject in subjects
        for name, good, role in subject.arguments()
        if role in kinds
        for judge in [ArgumentJudge(subject, name, role, good)]
    ]
    files = Place("files", "causalrep.load", contents, outcome_of_bytes)
    words = Place("command lines", "causalrep", command_lines, outcome_of_words)
    return [*found, files, words]


class ArgumentJudge:
    """Put a value in for one argument of a subject, and judge what comes."""

    def __init__(self, subject, name, role, good):
        self.subject, self.name, self.role, self.good = subject, name, role, good

    def __call__(self, value):
        """Call, and say what became of it."""
        subject, name = self.subject, self.name
        refused = must_be_refused(value, self.role, subject.allows_none(name), self.good)
        before = value.tobytes() if isinstance(value, np.ndarray) else b""
        outcome = outcome_of(
            subject.with_argument(name, value),
            refused=refused,
            accepts=lambda answer: not holds_nan(answer) or self.doubtful(),
        )
        if isinstance(value, np.ndarray) and value.dtype != object and value.tobytes() != before:
            return Outcome(Verdict.SILENT, "the array that was passed was changed")
        strange = isinstance(value, np.ndarray) and not refused
        kind = "a strange array" if strange else called(value)
        why = reason_for(f"{subject.path}({name}: {kind})")
        if outcome.verdict is Verdict.SILENT and why:
            return Outcome(Verdict.RIGHT, why)
        return outcome

    def doubtful(self):
        """Whether the good answer holds a NaN itself."""
        return holds_nan(self.subject.call(**self.subject.good))


def shares_of(places, n, seed):
    """Return how many inputs each place gets: a twentieth for files, one for command lines."""
    *arguments, _, _ = places
    special = n // ELSEWHERE
    each, rest = divmod(n - 2 * special, len(arguments))
    lucky = set(random.Random(seed).sample(range(len(arguments)), rest))
    return [each + (place in lucky) for place in range(len(arguments))] + [special, special]


def met_at(place, n, seed):
    """Make up n inputs for one place, and say how each was met."""
    found = []
    start = zlib.crc32(f"{seed} {place.key}".encode())
    for value in made_up(place.strategy, n, start) if n else ():
        shown = " ".join(repr(value).split())
        np.random.seed(start)  # noqa: NPY002  what random_state=None reads
        begun = time.process_time()
        outcome = place.judged(value)
        found.append(Met(place.kind, place.key, shown, outcome, time.process_time() - begun))
    return found


def fuzzed(subjects, n, seed=0):
    """Yield what became of n made-up inputs, place by place, in this process."""
    places = places_of(subjects)
    for place, share in zip(places, shares_of(places, n, seed), strict=True):
        yield met_at(place, share, seed)


def fuzzed_apart(n, seed=0, jobs=1):
    """Yield what became of n made-up inputs for all subjects, place by place, in processes.

    Hypothesis draws numbers and texts out of the modules that are loaded; so every process loads
    all of them first.
    """
    with ProcessPoolExecutor(jobs, get_context("spawn"), _prepare) as pool:
        n_places = pool.submit(_n_places).result()
        tasks = [(place, n, seed) for place in range(n_places)]
        yield from pool.map(_met_in_process, tasks)


def _prepare():
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for package in PACKAGES:
        found = importlib.import_module(package)
        for module in pkgutil.walk_packages(found.__path__, f"{package}."):
            importlib.import_module(module.name)
    _n_places()


_PLACES: list[Place] = []


def _n_places():
    if not _PLACES:
        _PLACES.extend(places_of(all_subjects(PUBLIC)[0]))
    return len(_PLACES)


def _met_in_process(task):
    place, n, seed = task
    return met_at(_PLACES[place], shares_of(_PLACES, n, seed)[place], seed)


def verdicts_of(met):
    """Count verdicts by kind of input."""
    return Counter((one.kind, one.outcome.verdict) for one in met)


def outcome_of_bytes(content):
    """Load bytes as a model."""
    with tempfile.NamedTemporaryFile(suffix=".safetensors") as file:
        file.write(content)
        file.flush()
        return outcome_of(lambda: load(Path(file.name)), refused=True)


def outcome_of_words(words):
    """Give words to the command line; its exit is an answer if it says what is wrong."""
    said = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        if "demo" in words or "benchmark" in words:
            words = [*words, "--help"]  # its options are read, but nothing is fitted
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            try:
                code = main([word for word in words if word != "\x00"])
            except SystemExit as error:
                code = error.code
            except Exception as error:  # noqa: BLE001  any failure is an outcome to be judged
                return Outcome(Verdict.CRYPTIC, f"{type(error).__name__}: {error}")
    if code == 0 or (code == 2 and said.getvalue().strip()):
        return Outcome(Verdict.CLEAR if code else Verdict.RIGHT, said.getvalue()[-100:])
    return Outcome(Verdict.SILENT, f"exit {code} without a word")
