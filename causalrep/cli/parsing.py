"""What can be typed after ``causalrep``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import causalrep
from causalrep.cli.benchmarking import run_benchmark
from causalrep.cli.demonstration import run_demo
from causalrep.cli.fitting import run_fit

__all__ = ["command_parser"]

_METHODS = ("likelihood", "closed-form", "squires", "lscale")
_DEFAULT_FOLDER, _BENCHMARK_FOLDER = "causalrep-report", "causalrep-benchmark"


def command_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; what it returns runs itself by ``run``."""
    parser = argparse.ArgumentParser(
        prog="causalrep",
        description="Find latent causes and the graph between them in data from several contexts.",
    )
    version = f"causalrep {causalrep.__version__}"
    parser.add_argument("--version", action="version", version=version)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_demo(commands)
    _add_fit(commands)
    _add_benchmark(commands)
    return parser


def _add_demo(commands: Any) -> None:
    demo = commands.add_parser(
        "demo",
        help="fit simulated data with known truth, then real data, and write a report",
        description=(
            "Simulate interventions on five latents seen through ten features, recover the "
            "latents and their graph, and score them against the truth; then fit the protein "
            "data of Sachs et al. (2005). Takes less than a minute."
        ),
    )
    demo.add_argument("--seed", type=_count, default=0, metavar="N", help="draws the simulation")
    _add_output(demo)
    demo.set_defaults(run=run_demo)


def _add_fit(commands: Any) -> None:
    fit = commands.add_parser(
        "fit",
        help="fit a table of yours and write a report",
        description=(
            "Fit latents and the graph between them to a table with one sample a row: one column "
            "names the context of the sample, the others are measurements."
        ),
        epilog="Example: causalrep fit cells.csv --environment condition --reference control",
    )
    fit.add_argument("file", metavar="FILE", type=Path, help=".csv, .tsv or .parquet")
    fit.add_argument(
        "--environment", required=True, metavar="COLUMN", help="column that names the context"
    )
    fit.add_argument(
        "--reference", metavar="LABEL", help="context without intervention (default: 0)"
    )
    fit.add_argument(
        "--method", choices=_METHODS, default="likelihood", help="default: %(default)s"
    )
    fit.add_argument(
        "--n-latents", type=_positive, metavar="N", help="default: chosen by the data (BIC)"
    )
    fit.add_argument(
        "--intervention",
        choices=("perfect", "soft"),
        default="perfect",
        help="whether an intervention cuts a latent off its causes (default: %(default)s)",
    )
    fit.add_argument(
        "--drop",
        nargs="+",
        action="extend",
        default=[],
        metavar="COLUMN",
        help="columns to leave out",
    )
    _add_output(fit)
    fit.set_defaults(run=run_fit)


def _add_benchmark(commands: Any) -> None:
    benchmark = commands.add_parser(
        "benchmark",
        help="run the simulations of a paper and write a report",
        description=(
            "Run a suite: estimators and baselines on the simulations of a paper, over many "
            "draws. Every fit is kept as soon as it ends, and the same command goes on from "
            "what is kept."
        ),
        epilog="Example: causalrep benchmark linear-disentanglement --quick",
    )
    benchmark.add_argument("suite", metavar="SUITE", nargs="?", help="name; see --list")
    benchmark.add_argument("--list", action="store_true", help="show all suites, and run none")
    benchmark.add_argument(
        "--quick", action="store_true", help="a small form, under a minute of one core"
    )
    benchmark.add_argument(
        "--seeds", type=_positive, metavar="N", help="draws of each setting (default: the suite's)"
    )
    benchmark.add_argument(
        "--jobs", type=_positive, default=1, metavar="N", help="processes (default: %(default)s)"
    )
    benchmark.add_argument(
        "--store",
        type=Path,
        metavar="FILE",
        help="where every fit is kept (default: records.jsonl in the output folder)",
    )
    benchmark.add_argument(
        "--max-time", type=_seconds, metavar="S", help="seconds after which no draw is begun"
    )
    benchmark.add_argument(
        "--max-fit-time",
        type=_seconds,
        metavar="S",
        help="seconds after which a fit is ended, and counts as failed",
    )
    _add_output(benchmark, _BENCHMARK_FOLDER)
    benchmark.set_defaults(run=run_benchmark)


def _add_output(command: argparse.ArgumentParser, default: str = _DEFAULT_FOLDER) -> None:
    command.add_argument(
        "--output",
        type=Path,
        default=Path(default),
        metavar="FOLDER",
        help="where the report goes (default: ./%(default)s)",
    )


def _count(text: str) -> int:
    value = int(text) if text.isdecimal() else -1
    if value < 0:
        raise argparse.ArgumentTypeError(f"an integer from 0 on is wanted, but {text!r} came")
    return value


def _positive(text: str) -> int:
    value = int(text) if text.isdecimal() else 0
    if value == 0:
        raise argparse.ArgumentTypeError(f"an integer from 1 on is wanted, but {text!r} came")
    return value


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value < float("inf"):
        raise argparse.ArgumentTypeError(
            f"a positive number of seconds is wanted, but {text!r} came"
        )
    return value
