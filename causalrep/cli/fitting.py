"""``causalrep fit FILE``: latents and the graph between them for a table."""

from __future__ import annotations

import argparse
import time
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import causalrep
from causalrep.cli.folders import usable_folder, write_report
from causalrep.data import Dataset
from causalrep.exceptions import (
    EnvironmentLabelError,
    IdentifiabilityWarning,
    ModelMismatchWarning,
)
from causalrep.report import Report, fit_sections, show
from causalrep.report.words import listed
from causalrep.tables import read_dataset

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Fit", "fitted", "run_fit"]


class Fit(NamedTuple):
    """A fitted estimator, the warnings of its fit as sentences, and how long it took."""

    estimator: causalrep.LinearCausalDisentanglement
    notes: tuple[str, ...]
    seconds: float


def run_fit(arguments: argparse.Namespace, console: Console) -> None:
    """Fit a table, and write a report and the model."""
    folder = usable_folder(arguments.output)
    data = read_dataset(arguments.file, environment=arguments.environment, drop=arguments.drop)
    with console.status(f"Fitting {arguments.file.name}"):
        fit = fitted(
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
    write_report(Report(f"Latent causes in {arguments.file.name}", sections), folder, console)
    model = folder / "model.safetensors"
    causalrep.save(fit.estimator, model)
    console.print(f"The model is in {model}; causalrep.load reads it.", soft_wrap=True)


def fitted(data: Dataset, **settings: Any) -> Fit:
    """Fit, and keep the warnings that the report does not repeat."""
    start = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator = causalrep.LinearCausalDisentanglement(**settings).fit(data)
    seconds = time.perf_counter() - start
    said = (IdentifiabilityWarning, ModelMismatchWarning)
    other = [warning.message for warning in caught if not issubclass(warning.category, said)]
    return Fit(estimator, tuple(dict.fromkeys(f"Note: {message}" for message in other)), seconds)


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
