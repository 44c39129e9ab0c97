"""Cells of a table of levels and covers: what is simulated, and how runs are kept and resumed.

A :class:`Study` is a line of the catalogue: a test or an interval, a model to draw from, and the
laws and sizes at which it is measured. Each law and size of it is a :class:`Cell`.
"""

import hashlib
import inspect
import json
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

import causalrep

BLOCK = 200  # simulations that are kept at once
POWER = 50  # simulations of an alternative
LAWS = ("gaussian", "uniform", "exponential")
ALL_LAWS = (*LAWS, "elliptical t5")
SIZES = (100, 300, 1000)


def sources(rng, law, n_samples, n_sources):
    """Variables of variance one, of shape (n_samples, n_sources).

    They are independent, but for the elliptical law: there all have the size of the sample in
    common, so whatever is linear in them is elliptical.
    """
    shape = (n_samples, n_sources)
    if law == "uniform":
        return rng.uniform(-np.sqrt(3), np.sqrt(3), shape)
    if law == "exponential":
        return rng.exponential(size=shape) - 1.0
    if law == "laplace":
        return rng.laplace(scale=np.sqrt(0.5), size=shape)
    if law == "gamma":
        return (rng.gamma(0.7, size=shape) - 0.7) / np.sqrt(0.7)
    if law == "t5":
        return rng.standard_t(5, shape) / np.sqrt(5 / 3)
    Z = rng.normal(size=shape)
    if law == "elliptical t5":
        Z *= np.sqrt(3 / rng.chisquare(5, size=(n_samples, 1)))
    return Z


@dataclass(frozen=True)
class Study:
    """A test, or an interval, and where it is tried.

    Parameters
    ----------
    name : str
        What is measured.
    about : object
        The public function or class.
    draw : callable
        ``draw(rng, law, n_samples, effect)``: samples under the hypothesis where the effect is
        0. For an interval, ``draw(rng, law, n_samples)``: samples, the truth, and a wrong value.
    statistic : callable
        Takes what was drawn. Of a test the p-value, or several; of an interval its lower and
        upper end, or several of each.
    laws, sizes : tuple
        Of the samples.
    most : int
        Most simulations of a cell: fewer than 2,000 where one is dear.
    interval : bool
        Whether it is one.
    beyond : tuple of str
        Laws under which the documentation does not promise the level.
    promised : int
        Number of samples from which on the documentation promises the level.
    """

    name: str
    about: Any
    draw: Callable[..., Any]
    statistic: Callable[[Any], Any]
    laws: tuple[str, ...] = LAWS
    sizes: tuple[int, ...] = SIZES
    most: int = 2000
    interval: bool = False
    beyond: tuple[str, ...] = ()
    promised: int = 0

    def cells(self) -> Iterator["Cell"]:
        """Yield one for each law and size."""
        for law in self.laws:
            for n_samples in self.sizes:
                yield Cell(self, law, n_samples)


@dataclass(frozen=True)
class Outcome:
    """What the simulations of a cell gave.

    Parameters
    ----------
    level : ndarray of shape (n_simulations, n_values)
        p-values under the hypothesis; of an interval, whether it holds the truth. NaN where the
        method refused.
    power : ndarray of shape (n_simulations, n_values)
        p-values under the alternative; of an interval, whether it leaves out the wrong value.
    seconds : float
        CPU time.
    """

    level: np.ndarray
    power: np.ndarray
    seconds: float


@dataclass(frozen=True)
class Cell:
    """One law and one size of a study."""

    study: Study
    law: str
    n_samples: int
    wanted: int = field(default=2000, compare=False)

    @property
    def title(self) -> str:
        """Name, law and size."""
        return f"{self.study.name} | {self.law} | {self.n_samples}"

    @property
    def is_promised(self) -> bool:
        """Whether the documentation promises the level here."""
        return self.law not in self.study.beyond and self.n_samples >= self.study.promised

    @property
    def key(self) -> str:
        """Hash of the title, of the code that draws and judges, and of the version measured."""
        code = [_source(part) for part in (self.study.draw, self.study.statistic)]
        text = "\0".join([self.title, causalrep.__version__, *code])
        return hashlib.sha256(text.encode()).hexdigest()[:20]

    def outcome(self, folder: Path, n_simulations: int) -> Outcome:
        """Simulate what is not in the folder yet, and return all."""
        n_simulations = min(n_simulations, self.study.most)
        path = folder / f"{self.key}.jsonl"
        blocks = _kept(path)
        for first in range(0, n_simulations, BLOCK):
            numbers = range(first, min(first + BLOCK, n_simulations))
            if len(blocks.get(first, {"level": ()})["level"]) < len(numbers):
                blocks[first] = self._block(numbers)
                with path.open("a") as file:
                    file.write(json.dumps({"first": first, **blocks[first]}) + "\n")
        return _joined(blocks, n_simulations)

    def kept(self, folder: Path, n_simulations: int) -> Outcome | None:
        """Return what the folder holds, without simulating; None where it has nothing."""
        blocks = _kept(folder / f"{self.key}.jsonl")
        return _joined(blocks, min(n_simulations, self.study.most)) if 0 in blocks else None

    def _block(self, numbers: range) -> dict[str, Any]:
        start = time.process_time()
        one = self._covered if self.study.interval else self._tested
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = [one(number) for number in numbers]
        level, power = zip(*found, strict=True)
        return {
            "level": level,
            "power": [some for some in power if some],
            "seconds": time.process_time() - start,
        }

    def _generator(self, *numbers: int) -> np.random.Generator:
        return np.random.default_rng([crc32(self.title.encode()), *numbers])

    def _tested(self, number: int) -> tuple[list[float], list[float]]:
        study, size = self.study, self.n_samples
        null = study.draw(self._generator(number, 0), self.law, size, 0.0)
        level = self._values(null)
        if number >= POWER:
            return level, []
        return level, self._values(study.draw(self._generator(number, 1), self.law, size, 1.0))

    def _covered(self, number: int) -> tuple[list[float], list[float]]:
        drawn, truth, wrong = self.study.draw(self._generator(number, 0), self.law, self.n_samples)
        found = self._values(drawn, 2)
        if np.isnan(found).any():
            return [np.nan] * np.size(truth), [np.nan] * np.size(truth)
        low, high = found
        holds = (low <= np.ravel(truth)) & (np.ravel(truth) <= high)
        omits = (np.ravel(wrong) < low) | (high < np.ravel(wrong))
        return holds.astype(float).tolist(), omits.astype(float).tolist()

    def _values(self, drawn: Any, n_rows: int = 1) -> Any:
        """Apply the statistic; NaN where the method refuses, which is counted and not dropped."""
        try:
            found = np.asarray(self.study.statistic(drawn), dtype=float)
        except (ValueError, ArithmeticError):
            return [np.nan] if n_rows == 1 else [[np.nan]] * n_rows
        if n_rows == 1:
            return [float(f"{value:.6g}") for value in found.ravel()]
        return found.reshape(n_rows, -1)


def _kept(path: Path) -> dict[int, dict[str, Any]]:
    """Blocks of a file; a line that was cut off when the run was killed is no block."""
    blocks = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            block = json.loads(line)
        except json.JSONDecodeError:
            continue
        blocks[block.pop("first")] = block
    return blocks


def _joined(blocks: dict[int, dict[str, Any]], n_simulations: int) -> Outcome:
    """Put blocks together, as far as they go without a gap."""
    used = [blocks[0]]
    while len(used[-1]["level"]) == BLOCK and len(used) * BLOCK in blocks:
        used.append(blocks[len(used) * BLOCK])
    level = np.concatenate([_matrix(block["level"]) for block in used])[:n_simulations]
    seconds = sum(block["seconds"] for block in used)
    return Outcome(level, _matrix(used[0]["power"]), seconds)


def _matrix(rows: Any) -> np.ndarray:
    """Rows of one length, those of refusals filled with NaN."""
    width = max(map(len, rows), default=1)
    return np.array([list(row) + [np.nan] * (width - len(row)) for row in rows], dtype=float)


def _source(part: Any) -> str:
    """Code of a function and, of one that another made, what it was made with."""
    held = [cell.cell_contents for cell in part.__closure__ or ()]
    inner = [_source(some) if inspect.isfunction(some) else repr(some) for some in held]
    return inspect.getsource(part) + "".join(inner)
