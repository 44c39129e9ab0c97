"""Suites of methods on cumulants: confounded pairs, and more sources than features."""

from __future__ import annotations

from functools import partial
from typing import Any

from causalrep.cli.suites.suite import Suite
from causalrep.report.benchmark_settings import PublishedFigure, Setting

__all__ = ["CONFOUNDED_PAIRS", "OVERCOMPLETE"]

_BEFORE = (
    "Measured by us with prototypes, before the package was written, in 4 runs on data drawn by "
    "the same laws."
)
_STRUCTURES: dict[str, tuple[Any, bool]] = {
    "nothing": ("none", False),
    "hidden cause": ("none", True),
    "edge": ("forward", False),
    "edge and hidden cause": ("forward", True),
}
_N_FEATURES, _N_SOURCES = 4, 6


def _pair_estimators(quick: bool) -> dict[str, Any]:
    from discovery import FCI, CumulantDiscovery, CumulantRanks, LvLiNGAM, OneLatentComponent

    return {
        "cumulant discovery": CumulantDiscovery(),
        "one latent component": OneLatentComponent(),
        "ranks of cumulants": CumulantRanks(),
        "lvLiNGAM": LvLiNGAM(),
        "FCI": FCI(),
    }


def _pair_metrics() -> tuple[Any, ...]:
    from causalrep.cli.suites.metrics import PAIR_STRUCTURE

    return (PAIR_STRUCTURE,)


def _pair_settings(quick: bool) -> tuple[Setting, ...]:
    from simulators import confounded_pair

    sizes = (10_000,) if quick else (10_000, 50_000)
    return tuple(
        Setting(name, n, partial(confounded_pair, edge, latent=latent, n_samples=n))
        for name, (edge, latent) in _STRUCTURES.items()
        for n in sizes
    )


def _mixture_estimators(quick: bool) -> dict[str, Any]:
    from sklearn.decomposition import FastICA

    from causalrep import CumulantICA, ReconstructionICA

    return {
        "GMM": CumulantICA(_N_SOURCES),
        "FOOBI": CumulantICA(_N_SOURCES, method="foobi"),
        "SPM": CumulantICA(_N_SOURCES, method="spm"),
        "RICA": ReconstructionICA(_N_SOURCES, n_starts=1),
        "FastICA": FastICA(whiten="unit-variance", max_iter=500),
    }


def _mixture_metrics() -> tuple[Any, ...]:
    from causalrep.cli.suites.metrics import COLUMN_ANGLE

    return (COLUMN_ANGLE,)


def _mixture_settings(quick: bool) -> tuple[Setting, ...]:
    from simulators import Exponential, Laplace, Uniform, overcomplete_mixture

    laws = {"exponential": Exponential(), "Laplace": Laplace(), "uniform": Uniform()}
    chosen = ["exponential"] if quick else list(laws)
    sizes = (1000, 10_000) if quick else (1000, 10_000, 100_000)
    draw = partial(overcomplete_mixture, _N_FEATURES, _N_SOURCES)
    return tuple(
        Setting(f"{law} sources", n, partial(draw, noise=laws[law], n_samples=n))
        for law in chosen
        for n in sizes
    )


def _of_prototypes() -> tuple[PublishedFigure, ...]:
    angles = {
        "GMM": (0.075, 0.020),
        "FOOBI": (0.20, 0.050),
        "SPM": (0.20, 0.048),
        "RICA": (0.29, 0.30),
    }
    return tuple(
        PublishedFigure(
            f"exponential sources, n={n}", name, "column angle", value, _BEFORE, "median"
        )
        for name, values in angles.items()
        for n, value in zip((1000, 10_000), values, strict=True)
    )


CONFOUNDED_PAIRS = Suite(
    name="confounded-pairs",
    title="An edge, a hidden common cause, or both",
    about=(
        "Two variables of a linear model with exponential noise, with or without an edge and a "
        "hidden common cause: the structures that Salehkaleybar, Ghassami, Kiyavash and Zhang, "
        "Learning linear non-Gaussian causal models in the presence of latent variables (JMLR "
        "21, 2020), show to be told by non-Gaussian data. Weights have sizes from .5 to 1.5.",
        "A run is right if edge, direction and hidden cause are. LvLiNGAM is told that there is "
        "one hidden cause, and the ranks of cumulants that there is one at most. FCI sees "
        "independence alone, and so can never direct an edge between two variables.",
    ),
    estimators=_pair_estimators,
    settings=_pair_settings,
    metrics=_pair_metrics,
    n_quick_seeds=6,
)

OVERCOMPLETE = Suite(
    name="overcomplete",
    title="More sources than features",
    about=(
        f"{_N_SOURCES} independent sources seen through {_N_FEATURES} features, the columns of "
        "the mixing uniform on the sphere. Judged is the mean angle of true columns and those "
        "matched to them, as a share of a right angle.",
        "GMM fits cumulants of second to fourth order, or to sixth, with weights; FOOBI and SPM "
        "are algebraic (De Lathauwer, Castaing and Cardoso 2007; Kileel and Pereira 2019); RICA "
        "is reconstruction ICA (Le, Karpenko, Ngiam and Ng 2011). FastICA finds as many columns "
        "as there are features, and is judged by these.",
    ),
    estimators=_mixture_estimators,
    settings=_mixture_settings,
    metrics=_mixture_metrics,
    published=_of_prototypes(),
    n_quick_seeds=6,
)
