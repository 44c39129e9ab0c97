"""Suites of discovery with hidden nodes: ranks, clusters of measurements, independences."""

from __future__ import annotations

from functools import partial
from typing import Any

from causalrep.cli.suites.suite import Suite
from causalrep.report.benchmark_settings import PublishedFigure, Setting

__all__ = ["LATENT_CONFOUNDING", "MEASUREMENT", "RLCD"]

_AUTHORS_RLCD = (
    "RLCD of Dong, Huang, Ng, Song, Zheng, Jin, Legaspi, Spirtes and Zhang (ICLR 2024), measured "
    "by us with the authors' code on random graphs of the same classes."
)
_PAPER_RLCD = (
    "RLCD in the paper of Dong et al. (ICLR 2024), on its own graphs of these classes, as quoted "
    "from the paper in this project's specification."
)
_PUBLIC_GIN = (
    "GIN of Xie, Cai, Huang, Glymour, Hao and Zhang (NeurIPS 2020), measured by us with the "
    "public implementation, which depends on the order of the columns."
)
_TWO_FACTORS = "two factors"


def _rlcd_estimators(quick: bool) -> dict[str, Any]:
    from discovery import FCI, GIN, PC, RLCD

    return {"RLCD": RLCD(), "GIN": GIN(), "FCI": FCI(), "PC": PC()}


def _rlcd_metrics() -> tuple[Any, ...]:
    from causalrep.cli.suites.metrics import HIDDEN_DISTANCE, HIDDEN_F1

    return (HIDDEN_F1, HIDDEN_DISTANCE)


def _rlcd_settings(quick: bool) -> tuple[Setting, ...]:
    from simulators import rlcd

    kinds = ("measurement",) if quick else ("tree", "measurement", "general")
    sizes = (2000,) if quick else (2000, 5000, 10_000)
    return tuple(
        Setting(kind, n, partial(rlcd, kind, group_sizes="random", n_samples=n))
        for kind in kinds
        for n in sizes
    )


def _of_rlcd() -> tuple[PublishedFigure, ...]:
    sizes = (2000, 5000, 10_000)
    in_paper = {
        "tree": (0.84, 0.92, 0.98),
        "measurement": (0.81, 0.88, 0.91),
        "general": (0.66, 0.72, 0.80),
    }
    run_again = {
        "tree": (0.94, 1.0, 1.0),
        "measurement": (0.86, 0.92, 0.955),
        "general": (0.59, None, 0.77),
    }
    return tuple(
        PublishedFigure(f"{kind}, n={n}", "RLCD", "skeleton F1", value, source)
        for source, table in ((_PAPER_RLCD, in_paper), (_AUTHORS_RLCD, run_again))
        for kind, values in table.items()
        for n, value in zip(sizes, values, strict=True)
        if value is not None
    )


def _measurement_estimators(quick: bool) -> dict[str, Any]:
    from discovery import GIN, CorrelationThresholding, OneFactorClusters

    return {
        "GIN": GIN(),
        "one-factor clusters": OneFactorClusters(),
        "correlation thresholding": CorrelationThresholding(),
    }


def _measurement_metrics() -> tuple[Any, ...]:
    from causalrep.cli.suites.metrics import CLUSTER_F1

    return (CLUSTER_F1,)


def _measurement_settings(quick: bool) -> tuple[Setting, ...]:
    from simulators import gin, one_factor

    families = {
        _TWO_FACTORS: partial(gin, (1, 1)),
        "groups of 1, 2, 1": partial(gin, (1, 2, 1)),
        "weak chain of 3": partial(one_factor, "chain", 3, strength="weak"),
        "impure, 6 dense": partial(one_factor, "dense", 6, n_children=4, n_impurities=3),
    }
    chosen = [_TWO_FACTORS, "weak chain of 3"] if quick else list(families)
    sizes = (300, 1000) if quick else (300, 1000, 3000)
    return tuple(
        Setting(name, n, partial(families[name], n_samples=n)) for name in chosen for n in sizes
    )


def _separation_estimators(quick: bool) -> dict[str, Any]:
    from discovery import FCI, PC

    return {
        "FCI": FCI(),
        "FCI at .01": FCI(alpha=0.01),
        "PC": PC(),
        "PC at .01": PC(alpha=0.01),
    }


def _separation_metrics() -> tuple[Any, ...]:
    from causalrep.cli.suites.metrics import MARGINAL_F1, MARGINAL_MARKS

    return (MARGINAL_F1, MARGINAL_MARKS)


def _separation_settings(quick: bool) -> tuple[Setting, ...]:
    from simulators import latent_confounding

    shapes = ((7, 2),) if quick else ((10, 3), (20, 5))
    sizes = (500, 5000) if quick else (500, 5000, 50_000)
    return tuple(
        Setting(f"{p} seen, {q} hidden", n, partial(latent_confounding, p, q, n_samples=n))
        for p, q in shapes
        for n in sizes
    )


RLCD = Suite(
    name="rlcd",
    title="Discovery with causally related hidden nodes",
    about=(
        "Graph classes of Dong, Huang, Ng, Song, Zheng, Jin, Legaspi, Spirtes and Zhang, A "
        "versatile causal discovery framework to allow causally-related hidden variables (ICLR "
        "2024): trees, measurement models and general graphs, Gaussian, strengths uniform on "
        "[-10, 10]. The graphs are random members of the classes, not the paper's own drawings.",
        "Judged is the skeleton over observed and hidden nodes, against what ranks identify of "
        "the true graph, under the matching of latents that is best for the method. FCI and PC "
        "know no hidden nodes: where no observed nodes are adjacent, no edge of theirs is right.",
    ),
    estimators=_rlcd_estimators,
    settings=_rlcd_settings,
    metrics=_rlcd_metrics,
    published=_of_rlcd(),
    n_seeds=10,
    n_quick_seeds=3,
)

MEASUREMENT = Suite(
    name="measurement",
    title="Clusters of measurements",
    about=(
        "Which observed nodes are children of the same latent: non-Gaussian groups of latents as "
        "in Xie, Cai, Huang, Glymour, Hao and Zhang, Generalized independent noise condition "
        "(NeurIPS 2020), and Gaussian one-factor models, among them some with cross loadings.",
        "A pair of siblings counts as found where the method gives both a common latent parent.",
    ),
    estimators=_measurement_estimators,
    settings=_measurement_settings,
    metrics=_measurement_metrics,
    published=(
        PublishedFigure(f"{_TWO_FACTORS}, n=1000", "GIN", "cluster F1", 0.25, _PUBLIC_GIN),
    ),
    n_quick_seeds=6,
)

LATENT_CONFOUNDING = Suite(
    name="latent-confounding",
    title="Independences with hidden common causes",
    about=(
        "Gaussian linear models of random graphs with three neighbours a node, some nodes of "
        "which are hidden. The target is what independences between the others tell: the partial "
        "ancestral graph that FCI (Spirtes, Glymour and Scheines 2000; Zhang 2008) finds when it "
        "asks the true graph in place of the data. End marks are judged where both graphs have "
        "an edge. PC takes nothing for hidden. Tests are at level .05, or at .01.",
        "Many dependences are weak, and FCI asks for more of them than PC. So both get to the "
        "target slowly: with ten nodes seen, the mean F1 over 8 draws is .74, .82, .89 for FCI "
        "and .79, .87, .93 for PC at 5,000, 50,000 and 500,000 samples.",
    ),
    estimators=_separation_estimators,
    settings=_separation_settings,
    metrics=_separation_metrics,
    n_quick_seeds=6,
)
