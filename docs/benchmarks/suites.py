"""All suites of ``causalrep benchmark``, one after the other, as tables of text.

Run by ``make bench-suites``; that takes hours at the suites' own numbers of seeds, so ``--suites
measurement lscale`` chooses some, ``--seeds 5`` draws fewer data sets, and ``--quick`` takes the
small form of each. Every fit is kept in ``--store`` as soon as it ends, and a run that was cut
short goes on from there. ``--write`` keeps what each suite prints in a file of suites-results.
"""

import argparse
import tempfile
from pathlib import Path

from printed import written
from rich.console import Console

from causalrep.cli.benchmarking import suite_sections
from causalrep.cli.suites import SUITES
from causalrep.report import pictures, show
from identifiability import benchmark

RESULTS = Path(__file__).with_name("suites-results")
STORE = Path(tempfile.gettempdir()) / "causalrep-suites.jsonl"
WIDTH = 100


def shown(suite, arguments):
    """Run a suite, and print its tables."""
    n_seeds = suite.n_quick_seeds if arguments.quick else suite.n_seeds
    result = benchmark(
        suite.estimators(arguments.quick),
        suite.datasets(arguments.quick),
        suite.metrics(),
        n_seeds=arguments.seeds or n_seeds,
        store=arguments.store,
        n_jobs=arguments.jobs,
        max_time=arguments.max_time,
        max_fit_time=arguments.max_fit_time,
    )
    console = Console(width=WIDTH, color_system=None, highlight=False, markup=False, emoji=False)
    with console.capture() as capture:
        show(suite_sections(suite, result, quick=arguments.quick), console)
    print("\n".join(line.rstrip() for line in capture.get().splitlines()), flush=True)


def main():
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--suites", nargs="+", default=list(SUITES), choices=list(SUITES))
    parser.add_argument("--seeds", type=int, help="draws of each setting")
    parser.add_argument("--quick", action="store_true", help="the small form of each suite")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--max-time", type=float, help="seconds for each suite")
    parser.add_argument("--max-fit-time", type=float, help="seconds for each fit")
    parser.add_argument("--store", type=Path, default=STORE)
    parser.add_argument("--write", action="store_true", help=f"keep it in {RESULTS.name}")
    arguments = parser.parse_args()
    pictures.can_draw = lambda: False  # a page of text needs none
    for name in arguments.suites:
        with written(RESULTS / f"{name}.txt", arguments.write):
            shown(SUITES[name], arguments)


if __name__ == "__main__":
    main()
