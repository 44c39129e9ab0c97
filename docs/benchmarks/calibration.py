"""Levels, powers and covers of every test and interval that causalrep ships.

Run by ``make bench-calibration``; ``--only rank`` runs the lines whose name holds "rank",
``--simulations 400`` is quicker. What was simulated is kept in a folder (``--cache``), so that a
run that was killed goes on where it ended, and ``--kept`` prints what there is; after a method was
changed, name an empty folder.

Columns:

level     share of p-values below .01, .05 and .10 where the hypothesis is true; wanted at .05 are
          .038 to .063. Of an interval, at .05, share of those that leave out the truth: .03 to .07
power     share of p-values below .05, or of intervals without a wrong value, in one alternative
mark      "outside" the bar by more than two standard errors; "near" it, at most that far; in
          parentheses under laws, or with so few samples, that the documentation promises no level
"""

import argparse
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from calibration_catalogue import CATALOGUE
from calibration_cells import Cell, Outcome
from joblib import Parallel, delayed
from printed import written
from threadpoolctl import threadpool_limits

RESULTS = Path(__file__).parent / "calibration-results.txt"
CACHE = Path(tempfile.gettempdir()) / "causalrep-calibration"
LEVELS = (0.01, 0.05, 0.10)
TEST_BAR, INTERVAL_BAR = (0.038, 0.063), (0.03, 0.07)
HEAD = (
    f"{'what':<44} {'law':<14} {'n':>5} {'times':>5} {'.01':>5} {'.05':>5} {'.10':>5} "
    f"{'se':>5} {'power':>5} {'ms':>6}  mark"
)


def mark(cell: Cell, rate: float, error: float) -> str:
    """Say whether a rate lies within the bar."""
    low, high = INTERVAL_BAR if cell.study.interval else TEST_BAR
    distance = max(low - rate, rate - high)
    if distance <= 0:
        return ""
    word = "near" if distance <= 2 * error else "outside"
    return word if cell.is_promised else f"({word})"


def rates(outcome: Outcome, interval: bool) -> tuple[list[float], float]:
    """Return levels and power, of those simulations in which the method did not refuse."""
    level, power = (found[~np.isnan(found)] for found in (outcome.level, outcome.power))
    if interval:
        return [np.nan, float(1 - level.mean()), np.nan], float(power.mean())
    return [float((level <= alpha).mean()) for alpha in LEVELS], float((power <= 0.05).mean())


def row(cell: Cell, outcome: Outcome) -> tuple[str, str]:
    """Write a line of the table; return it and its mark."""
    found, power = rates(outcome, cell.study.interval)
    error = np.sqrt(max(found[1] * (1 - found[1]), 0.03 * 0.97) / len(outcome.level))
    cells = " ".join("    -" if np.isnan(rate) else f"{rate:5.3f}" for rate in found)
    refused = np.isnan(outcome.level).any(axis=1).mean()
    word = mark(cell, found[1], error)
    remark = word + (f" refused {refused:.3f}" if refused else "")
    line = (
        f"{cell.study.name:<44} {cell.law:<14} {cell.n_samples:>5} {len(outcome.level):>5} "
        f"{cells} {error:5.3f} {power:5.2f} "
        f"{1e3 * outcome.seconds / len(outcome.level):6.1f}  {remark}"
    )
    return line.rstrip(), word


def chosen(words: list[str] | None) -> list[Cell]:
    """Return the cells of the lines that are asked for."""
    studies = [s for s in CATALOGUE if not words or any(word in s.name for word in words)]
    return [cell for study in studies for cell in study.cells()]


def measured(cell: Cell, folder: Path, n_simulations: int, kept: bool) -> Outcome | None:
    """Simulate one cell on one thread."""
    with threadpool_limits(1):
        return (cell.kept if kept else cell.outcome)(folder, n_simulations)


def lines(cells: list[Cell], options: argparse.Namespace) -> Iterator[str]:
    """Yield the lines of the table, each when it is known."""
    one = partial(
        measured, folder=options.cache, n_simulations=options.simulations, kept=options.kept
    )
    jobs = Parallel(n_jobs=options.jobs, return_as="generator")
    seconds, missing, marks = 0.0, 0, []
    for cell, outcome in zip(cells, jobs(delayed(one)(cell) for cell in cells), strict=True):
        if outcome is None:
            missing += 1
            continue
        line, found = row(cell, outcome)
        seconds += outcome.seconds
        marks.append(found)
        yield line
    counts = ", ".join(f"{marks.count(word)} {word}" for word in ("outside", "near"))
    yield (
        f"\n{len(marks)} cells, of which {counts} the bar, and {marks.count('(outside)')} outside "
        f"where nothing is promised; {missing} not run; {seconds:.0f} CPU s"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", metavar="NAME", help="part of the name of a line")
    parser.add_argument("--simulations", type=int, default=2000, help="most of a cell")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--cache", type=Path, default=CACHE, help=f"by default {CACHE}")
    parser.add_argument("--kept", action="store_true", help="simulate nothing: print what is kept")
    parser.add_argument("--write", action="store_true", help=f"also write {RESULTS.name}")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    cells = chosen(options.only)
    with written(RESULTS, options.write):
        print(HEAD)
        for line in lines(cells, options):
            print(line, flush=True)


if __name__ == "__main__":
    main()
