"""``causalrep demo``: simulated data with known truth, then real data."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from causalrep.cli.fitting import fitted
from causalrep.cli.folders import usable_folder, write_report
from causalrep.data import Dataset
from causalrep.report import Report, Section, fit_sections, score_section, show
from causalrep.report.abouts import about_sachs, about_simulation

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["run_demo"]

_DEMO_LATENTS = 5
_DEMO_SAMPLES = 1000


def run_demo(arguments: argparse.Namespace, console: Console) -> None:
    """Fit simulated data, then real ones, and write a report."""
    from causalrep.datasets import load_sachs
    from identifiability import score
    from simulators import linear_disentanglement

    folder = usable_folder(arguments.output)
    problem = linear_disentanglement(n_latents=_DEMO_LATENTS, random_state=arguments.seed)
    simulated = problem.sample(_DEMO_SAMPLES, random_state=arguments.seed)
    with console.status("Fitting simulated data"):
        fit = fitted(simulated, n_latents=_DEMO_LATENTS)
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
        fit = fitted(sachs, reference=_first_label(sachs))
    second = (
        Section("Protein data of Sachs et al. (2005)", about_sachs(), level=1),
        *fit_sections(sachs, fit.estimator, prefix="sachs", notes=fit.notes, seconds=fit.seconds),
    )
    show(second, console)
    write_report(Report("causalrep demo", (*first, *second)), folder, console)


def _first_label(data: Dataset) -> Any:
    return np.asarray(data.environments)[0]
