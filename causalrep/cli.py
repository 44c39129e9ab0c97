"""The command line: ``causalrep demo`` and ``causalrep fit FILE``."""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import causalrep
from causalrep.data import Dataset
from causalrep.exceptions import (
    BudgetError,
    EnvironmentLabelError,
    GraphError,
    IdentifiabilityWarning,
    InvalidDataError,
    ModelMismatchWarning,
    PersistenceError,
)
from causalrep.report import Report, Section, fit_sections, score_section, show
from causalrep.report.abouts import about_sachs, about_simulation
from causalrep.report.words import listed
from causalrep.tables import read_dataset

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["main"]

_OURS = (BudgetError, EnvironmentLabelError, GraphError, InvalidDataError, PersistenceError)
_METHODS = ("likelihood", "closed-form", "squires", "lscale")
_DEFAULT_FOLDER = "causalrep-report"
_DEMO_LATENTS = 5
_DEMO_SAMPLES = 1000


class _Fit(NamedTuple):
    """A fitted estimator, the warnings of its fit as sentences, and how long it took."""

    estimator: causalrep.LinearCausalDisentanglement
    notes: tuple[str, ...]
    seconds: float


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, default=None
        Arguments; those of the process where None is given.

    Returns
    -------
    int
        0, or 2 where the input was refused, after one sentence on the standard error.
    """
    from rich.console import Console

    arguments = _parser().parse_args(argv)
    console = Console(highlight=False, markup=False, emoji=False)
    try:
        arguments.run(arguments, console)
    except (*_OURS, OSError) as error:
        reason = _in_words(error) if isinstance(error, OSError) else str(error)
        errors = Console(stderr=True, highlight=False, markup=False, emoji=False)
        errors.print(f"causalrep: {reason}", soft_wrap=True)
        return 2
    return 0


def _in_words(error: OSError) -> str:
    place = f"{error.filename!r} cannot be read or written" if error.filename else "A file failed"
    return f"{place}: {error.strerror or error}. Check the name, and your rights to it."


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="causalrep",
        description="Find latent causes and the graph between them in data from several contexts.",
    )
    version = f"causalrep {causalrep.__version__}"
    parser.add_argument("--version", action="version", version=version)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_demo(commands)
    _add_fit(commands)
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
    demo.set_defaults(run=_demo)


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
    fit.set_defaults(run=_fit)


def _add_output(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--output",
        type=Path,
        default=Path(_DEFAULT_FOLDER),
        metavar="FOLDER",
        help="where the report goes (default: ./%(default)s)",
    )


def _demo(arguments: argparse.Namespace, console: Console) -> None:
    from causalrep.datasets import load_sachs
    from identifiability import score
    from simulators import linear_disentanglement

    folder = _usable(arguments.output)
    problem = linear_disentanglement(n_latents=_DEMO_LATENTS, random_state=arguments.seed)
    simulated = problem.sample(_DEMO_SAMPLES, random_state=arguments.seed)
    with console.status("Fitting simulated data"):
        fit = _fitted(simulated, n_latents=_DEMO_LATENTS)
        result = score(fit.estimator, simulated)
    first = (
        Section("Simulated data", about_simulation(_DEMO_SAMPLES, arguments.seed), level=1),
        *fit_sections(
            simulated,
            fit.estimator,
            prefix="simulated",
            notes=fit.notes,
            seconds=fit.seconds,
            true_weights=result.true_weights,
        ),
        score_section(result, prefix="simulated"),
    )
    show(first, console)
    sachs = load_sachs()
    sachs = replace(sachs, X=np.log(sachs.X))
    with console.status("Fitting the protein data"):
        fit = _fitted(sachs, reference=_first_label(sachs))
    second = (
        Section("Protein data of Sachs et al. (2005)", about_sachs(), level=1),
        *fit_sections(sachs, fit.estimator, prefix="sachs", notes=fit.notes, seconds=fit.seconds),
    )
    show(second, console)
    _written(Report("causalrep demo", (*first, *second)), folder, console)


def _fit(arguments: argparse.Namespace, console: Console) -> None:
    folder = _usable(arguments.output)
    data = read_dataset(arguments.file, environment=arguments.environment, drop=arguments.drop)
    with console.status(f"Fitting {arguments.file.name}"):
        fit = _fitted(
            data,
            n_latents=arguments.n_latents,
            method=arguments.method,
            intervention=arguments.intervention,
            reference=_reference(data, arguments.reference),
        )
    sections = fit_sections(
        data, fit.estimator, prefix="fit", notes=fit.notes, seconds=fit.seconds
    )
    show(sections, console)
    _written(Report(f"Latent causes in {arguments.file.name}", sections), folder, console)
    model = folder / "model.safetensors"
    causalrep.save(fit.estimator, model)
    console.print(f"The model is in {model}; causalrep.load reads it.", soft_wrap=True)


def _reference(data: Dataset, wanted: str | None) -> Any:
    """Find the label that prints as the one wanted; 0 where none is."""
    name = "0" if wanted is None else wanted
    for label in data.labels:
        if str(label) == name:
            return label
    if len(data.labels) == 1:
        raise EnvironmentLabelError(
            f"At least two contexts are wanted, but all samples are of one, {data.labels[0]}. "
            "Without a change of context the latents cannot be told apart."
        )
    shown = listed([str(label) for label in data.labels])
    if wanted is None:
        raise EnvironmentLabelError(
            f"No context is labelled 0, so say by --reference which one has no intervention: "
            f"{shown}."
        )
    raise EnvironmentLabelError(
        f"--reference wants one of the contexts {shown}, but {wanted!r} came."
    )


def _first_label(data: Dataset) -> Any:
    return np.asarray(data.environments)[0]


def _fitted(data: Dataset, **settings: Any) -> _Fit:
    """Fit, and keep the warnings that the report does not repeat."""
    start = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator = causalrep.LinearCausalDisentanglement(**settings).fit(data)
    seconds = time.perf_counter() - start
    said = (IdentifiabilityWarning, ModelMismatchWarning)
    other = [warning.message for warning in caught if not issubclass(warning.category, said)]
    return _Fit(estimator, tuple(dict.fromkeys(f"Note: {message}" for message in other)), seconds)


def _usable(folder: Path) -> Path:
    """Refuse a place where no folder can be written, before anything is fitted."""
    if folder.exists() and not folder.is_dir():
        raise InvalidDataError(
            f"--output wants a folder, but {str(folder)!r} is a file. Name another place."
        )
    nearest = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        raise InvalidDataError(
            f"--output wants a folder that can be written, but {str(nearest)!r} cannot. Name "
            "another place."
        )
    return folder


def _written(report: Report, folder: Path, console: Console) -> None:
    page = report.write(folder)
    console.print()
    if not report.pictures:
        console.print("Pictures need matplotlib: pip install 'causalrep[viz]'.")
    console.print(f"The report is in {page}.", soft_wrap=True)


def _count(text: str) -> int:
    value = int(text) if text.isdecimal() else -1
    if value < 0:
        raise argparse.ArgumentTypeError(f"an integer from 0 on is wanted, but {text!r} came")
    return value


def _positive(text: str) -> int:
    value = _count(text)
    if value == 0:
        raise argparse.ArgumentTypeError("at least 1 is wanted, but '0' came")
    return value


if __name__ == "__main__":
    sys.exit(main())
