"""``causalrep benchmark SUITE``: a named benchmark, its tables and its report."""

from __future__ import annotations

import argparse
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from causalrep.cli.folders import usable_folder, write_report
from causalrep.cli.progress_bar import FitsBar
from causalrep.cli.suites import SUITES, Suite, find_suite
from causalrep.exceptions import InvalidDataError
from causalrep.report import Report, Section, Table, show
from causalrep.report.benchmark_sections import benchmark_sections
from causalrep.report.benchmark_summaries import remarks
from causalrep.report.words import counted

if TYPE_CHECKING:
    from rich.console import Console

    from identifiability import BenchmarkResult

__all__ = ["INTERRUPTED", "run_benchmark", "suite_sections"]

_STORE, _TABLE = "records.jsonl", "results.csv"
INTERRUPTED = 130


def run_benchmark(arguments: argparse.Namespace, console: Console) -> None:
    """Run a suite, and write its report and its tidy table; or list all suites."""
    if arguments.list:
        show((_listed(),), console)
        return
    if arguments.suite is None:
        raise InvalidDataError(
            "Name a suite, such as `causalrep benchmark linear-disentanglement --quick`; "
            "`causalrep benchmark --list` shows all."
        )
    suite = find_suite(arguments.suite)
    folder = usable_folder(arguments.output)
    n_seeds = arguments.seeds or (suite.n_quick_seeds if arguments.quick else suite.n_seeds)
    result = _result(suite, n_seeds, folder, arguments, console)
    sections = suite_sections(suite, result, quick=arguments.quick)
    show(sections, console)
    write_report(Report(f"causalrep benchmark {suite.name}", sections), folder, console)
    result.to_frame().to_csv(folder / _TABLE, index=False)
    console.print(f"One line for each fit and metric is in {folder / _TABLE}.", soft_wrap=True)


def _listed() -> Section:
    rows = tuple((suite.name, suite.title, str(suite.n_seeds)) for suite in SUITES.values())
    return Section("Suites", (Table(("name", "about", "seeds"), rows, numeric=(2,)),))


def _result(
    suite: Suite, n_seeds: int, folder: Path, arguments: argparse.Namespace, console: Console
) -> BenchmarkResult:
    """Run what the store does not have."""
    from identifiability import benchmark

    store = arguments.store
    if store is None:
        folder.mkdir(parents=True, exist_ok=True)
        store = folder / _STORE
    try:
        return benchmark(
            suite.estimators(arguments.quick),
            suite.datasets(arguments.quick),
            suite.metrics(),
            n_seeds=n_seeds,
            store=store,
            n_jobs=arguments.jobs,
            max_time=arguments.max_time,
            max_fit_time=arguments.max_fit_time,
            callbacks=_callbacks(console),
        )
    except KeyboardInterrupt:
        told = f"Stopped. What was fitted is in {store}; the same command goes on from it."
        console.print(told, soft_wrap=True)
        raise SystemExit(INTERRUPTED) from None


def _callbacks(console: Console) -> tuple[Any, ...]:
    """Draw progress where somebody looks, and scikit-learn (1.9 or later) tells of it."""
    is_told = find_spec("sklearn.callback") is not None
    return (FitsBar(console),) if is_told and console.is_terminal else ()


def suite_sections(suite: Suite, result: BenchmarkResult, *, quick: bool) -> tuple[Section, ...]:
    """Describe a suite and what came of it.

    Parameters
    ----------
    suite : Suite
        What was run.
    result : BenchmarkResult
        What came.
    quick : bool
        Whether it was the quick form.
    """
    about = (*suite.about, suite.about_quick) if quick and suite.about_quick else suite.about
    first = Section(suite.title, (*about, *_told(suite, result, quick)), level=1)
    return (
        first,
        *benchmark_sections(result, suite.settings(quick), suite.published, samples=suite.samples),
    )


def _told(suite: Suite, result: BenchmarkResult, quick: bool) -> tuple[str, ...]:
    """Say what was run, how to run it again, and what the tables do not show."""
    n_fits, n_seeds = len(result.records), result.n_seeds
    found = f", {result.n_found} of them found in the store" if result.n_found else ""
    return (
        f"{counted(n_seeds, 'draw')} of each setting, {counted(n_fits, 'fit')}{found}: "
        f"causalrep benchmark {suite.name} --seeds {n_seeds}{' --quick' * quick} repeats it.",
        *remarks(result),
    )
