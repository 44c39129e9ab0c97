"""Suites of linear causal disentanglement."""

from __future__ import annotations

from functools import partial
from typing import Any

from causalrep.cli.suites.suite import Suite
from causalrep.report.benchmark_settings import PublishedFigure, Setting

__all__ = ["LINEAR_DISENTANGLEMENT", "LSCALE"]

_SIZES = {5: (250, 500, 2500), 10: (500, 1000, 2500), 15: (2500,)}
_ALL_VARIANCE = 1 - 1e-9
_LSCALE_FAMILY = "d=5 p=100"
_SQUIRES_CODE = (
    "The algorithm of Squires, Seigal, Bhate and Uhler (ICML 2023), measured by us with the "
    "authors' code on data drawn by the same laws."
)
_SQUIRES_PAPER = (
    "The paper of Squires, Seigal, Bhate and Uhler (ICML 2023), on five latents, as quoted from "
    "the paper in this project's specification."
)
_LSCALE_CODE = (
    "LSCALE-I of Varici, Acarturk, Shanmugam, Kumar and Tajer (JMLR 26, 2025) at the threshold "
    "that suits it best, measured by us with the authors' code on data drawn by the same laws."
)
_EDGES = (
    "The number of latents is found from the rank of the data, and an edge is an "
    "effect above .1 between latents whose unmixing rows have unit length, for all alike."
)


def _estimators(quick: bool) -> dict[str, Any]:
    from sklearn.decomposition import PCA

    from causalrep import LinearCausalDisentanglement

    methods: dict[str, Any] = {
        "likelihood": "likelihood",
        "closed form": "closed-form",
        "Squires et al.": "squires",
        "LSCALE-I": "lscale",
    }
    found = {
        name: LinearCausalDisentanglement(method=method, edge_threshold=0.0)
        for name, method in methods.items()
    }
    return {**found, "PCA": PCA(_ALL_VARIANCE)}


def _metrics() -> tuple[Any, ...]:
    from causalrep.cli.suites.metrics import EXACT_GRAPH, LATENT_MCC, RIGHT_TARGETS, ROW_ANGLE

    return (EXACT_GRAPH, RIGHT_TARGETS, ROW_ANGLE, LATENT_MCC)


def _family(n_latents: int) -> str:
    return f"d={n_latents} p={2 * n_latents}"


def _settings(quick: bool) -> tuple[Setting, ...]:
    from simulators import linear_disentanglement

    sizes = {5: (250, 500)} if quick else _SIZES
    return tuple(
        Setting(_family(d), n, partial(linear_disentanglement, d, 2 * d, n_samples=n))
        for d, numbers in sizes.items()
        for n in numbers
    )


def _lscale_settings(quick: bool) -> tuple[Setting, ...]:
    from simulators import lscale

    sizes = (1000,) if quick else (1000, 5000, 20_000)
    return tuple(Setting(_LSCALE_FAMILY, n, partial(lscale, n_samples=n)) for n in sizes)


def _of_squires() -> tuple[PublishedFigure, ...]:
    shares = {
        (5, 250): (0.17, 0.05),
        (5, 500): (0.29, 0.14),
        (5, 2500): (0.60, 0.54),
        (10, 500): (0.0, 0.0),
        (10, 2500): (0.10, 0.0),
        (15, 2500): (0.0, 0.0),
    }
    name, targets = "Squires et al.", "all targets right"
    in_paper = PublishedFigure(f"{_family(5)}, n=2500", name, targets, 0.53, _SQUIRES_PAPER)
    return (
        in_paper,
        *(
            PublishedFigure(f"{_family(d)}, n={n}", name, metric, value, _SQUIRES_CODE)
            for (d, n), values in shares.items()
            for metric, value in zip((targets, "exact graph"), values, strict=True)
        ),
    )


LINEAR_DISENTANGLEMENT = Suite(
    name="linear-disentanglement",
    title="Linear causal disentanglement",
    about=(
        "The simulation of Squires, Seigal, Bhate and Uhler, Linear causal disentanglement via "
        "interventions (ICML 2023): d Gaussian latents with a random graph of density .75 seen "
        "through p features, and one perfect intervention on each latent, n samples a context. "
        "Which context acts on which latent is not told.",
        _EDGES,
    ),
    estimators=_estimators,
    settings=_settings,
    metrics=_metrics,
    published=_of_squires(),
    samples="samples a context",
    n_quick_seeds=6,
)

LSCALE = Suite(
    name="lscale",
    title="Latents in many dimensions",
    about=(
        "The simulation of Varici, Acarturk, Shanmugam, Kumar and Tajer, Score-based causal "
        "representation learning (JMLR 26, 2025): five latents in a hundred dimensions, one "
        "perfect intervention on each, which raises the variance of its noise five times.",
        _EDGES,
    ),
    estimators=_estimators,
    settings=_lscale_settings,
    metrics=_metrics,
    published=(
        PublishedFigure(
            f"{_LSCALE_FAMILY}, n=5000", "LSCALE-I", "exact graph", 0.13, _LSCALE_CODE
        ),
    ),
    samples="samples a context",
)
