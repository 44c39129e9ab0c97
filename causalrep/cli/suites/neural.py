"""Suites of latents behind nonlinear mixings, found by neural networks."""

from __future__ import annotations

from functools import partial
from typing import Any

from causalrep.cli.suites.suite import Suite
from causalrep.report.benchmark_settings import PublishedFigure, Setting

__all__ = [
    "CHANGING_POLYNOMIALS",
    "CONTRASTIVE",
    "EXTRAPOLATION",
    "POLYNOMIAL_DECODER",
    "SEGMENTS",
]

_LATENTS = ("uniform", "uniform_corr", "gaussian_mixture", "scm_sparse", "scm_dense")
_ALMOST_THE_BOUND_ALONE = 1000.0
_PROTOTYPE = "Measured by us with a prototype, before the package was written, in 3 runs."
_AUTHORS_CONTRASTIVE = (
    "Buchholz, Rajendran, Rosenfeld, Aragam, Schoelkopf and Ravikumar (NeurIPS 2023), measured "
    "by us with the authors' code in one run, edges cut at .3."
)
_AUTHORS_IVAE = (
    "iVAE of Khemakhem, Kingma, Monti and Hyvarinen (AISTATS 2020), measured by us with the "
    "authors' code: the better end of the range from .71 to .78."
)
_QUICK = (
    "The quick form trains for 10 epochs: it shows that all runs, not what the methods can do."
)


def _latent_metrics() -> tuple[Any, ...]:
    from causalrep.cli.suites.metrics import LATENT_MCC, LATENT_R2

    return (LATENT_MCC, LATENT_R2)


def _affine_metrics() -> tuple[Any, ...]:
    from causalrep.cli.suites.metrics import LATENT_R2

    return (LATENT_R2,)


def _contrastive_metrics() -> tuple[Any, ...]:
    from causalrep.cli.suites.metrics import LATENT_MCC, LATENT_R2

    return (LATENT_MCC, "graph_distance", LATENT_R2)


def _contrastive_estimators(quick: bool) -> dict[str, Any]:
    from sklearn.decomposition import PCA

    from causalrep import LinearCausalDisentanglement
    from causalrep.neural import ContrastiveCRL

    return {
        "ContrastiveCRL": ContrastiveCRL(5, max_epochs=10 if quick else None),
        "linear disentanglement": LinearCausalDisentanglement(5),
        "PCA": PCA(5),
    }


def _contrastive_settings(quick: bool) -> tuple[Setting, ...]:
    from simulators import contrastive

    n = 1000 if quick else 10_000
    return (Setting("d=5 p=20", n, partial(contrastive, n_samples=n)),)


def _decoder_estimators(quick: bool) -> dict[str, Any]:
    from sklearn.decomposition import PCA, FastICA

    from causalrep.neural import InterventionalAutoencoder

    return {
        "interventional autoencoder": InterventionalAutoencoder(),
        "PCA": PCA(6),
        "FastICA": FastICA(6, max_iter=500),
    }


def _decoder_settings(quick: bool) -> tuple[Setting, ...]:
    from simulators import polynomial_decoder

    chosen = ("uniform", "scm_sparse") if quick else _LATENTS
    n = 500 if quick else 1000
    return tuple(
        Setting(latents.replace("_", " "), n, partial(polynomial_decoder, latents, n_samples=n))
        for latents in chosen
    )


def _segment_estimators(quick: bool) -> dict[str, Any]:
    from sklearn.decomposition import PCA, FastICA

    from causalrep.neural import LatentPolynomialVAE

    epochs = 10 if quick else None
    return {
        "latent polynomial model": LatentPolynomialVAE(5, max_epochs=epochs),
        "iVAE": LatentPolynomialVAE(5, elbo_weight=_ALMOST_THE_BOUND_ALONE, max_epochs=epochs),
        "PCA": PCA(5),
        "FastICA": FastICA(5, max_iter=500),
    }


def _segment_settings(quick: bool) -> tuple[Setting, ...]:
    from simulators import segments

    sizes = (200,) if quick else (200, 1000)
    return tuple(Setting("d=5 p=5", n, partial(segments, n_samples=n)) for n in sizes)


def _polynomial_estimators(quick: bool) -> dict[str, Any]:
    from sklearn.decomposition import PCA, FastICA

    from causalrep.neural import LatentPolynomialVAE

    epochs = 10 if quick else None
    degrees = {"linear mechanisms": 1, "no mechanisms": 0}
    return {
        **{
            name: LatentPolynomialVAE(5, degree=k, max_epochs=epochs)
            for name, k in degrees.items()
        },
        "PCA": PCA(5),
        "FastICA": FastICA(5, max_iter=500),
    }


def _polynomial_settings(quick: bool) -> tuple[Setting, ...]:
    from simulators import changing_polynomials

    n = 200 if quick else 1000
    draw = partial(changing_polynomials, degree=1, n_samples=n)
    return (Setting("d=5 p=5", n, draw),)


def _extrapolation_estimators(quick: bool) -> dict[str, Any]:
    from sklearn.decomposition import PCA

    from causalrep.neural import Rep4Ex

    epochs = 20 if quick else None
    return {
        "independence": Rep4Ex(2, max_epochs=epochs),
        "mean": Rep4Ex(2, invariance="mean", max_epochs=epochs),
        "autoencoder": Rep4Ex(
            2, penalties=(0.0,), first_chart="reconstruction", max_epochs=epochs
        ),
        "PCA": PCA(2),
    }


def _extrapolation_settings(quick: bool) -> tuple[Setting, ...]:
    from simulators import extrapolation

    n = 1000 if quick else 10_000
    return (Setting("d=2 p=10", n, partial(extrapolation, n_samples=n)),)


CONTRASTIVE = Suite(
    name="contrastive",
    title="Contrastive learning of causal latents",
    about=(
        "The simulation of Buchholz, Rajendran, Rosenfeld, Aragam, Schoelkopf and Ravikumar, "
        "Learning linear causal representations from interventions under general nonlinear "
        "mixing (NeurIPS 2023): five Gaussian latents with two edges a node behind a perceptron "
        "of three layers of 512, one perfect intervention on each latent.",
    ),
    about_quick=(
        "The quick form has a tenth of the samples and trains for 10 epochs: it shows that all "
        "runs, not what the method can do."
    ),
    estimators=_contrastive_estimators,
    settings=_contrastive_settings,
    metrics=_contrastive_metrics,
    published=tuple(
        PublishedFigure(
            "d=5 p=20, n=10000",
            "ContrastiveCRL",
            metric,
            value,
            _AUTHORS_CONTRASTIVE,
        )
        for metric, value in (("MCC", 0.95), ("affine R2", 0.929), ("graph_distance", 3.0))
    ),
    samples="samples an environment",
    n_seeds=6,
    n_quick_seeds=2,
)

POLYNOMIAL_DECODER = Suite(
    name="polynomial-decoder",
    title="Interventional autoencoders behind polynomials",
    about=(
        "The simulation of Ahuja, Mahajan, Wang and Bengio, Interventional causal representation "
        "learning (ICML 2023): six latents of five kinds seen through 200 polynomials of degree "
        "two with normal coefficients, and one environment for each latent in which it is set to "
        "2. One mixing serves all environments.",
    ),
    estimators=_decoder_estimators,
    settings=_decoder_settings,
    metrics=_latent_metrics,
    samples="samples an environment",
    n_seeds=10,
    n_quick_seeds=6,
)

SEGMENTS = Suite(
    name="segments",
    title="Latents whose variances change",
    about=(
        "The simulation of Khemakhem, Kingma, Monti and Hyvarinen, Variational autoencoders and "
        "nonlinear ICA (AISTATS 2020): five independent latents behind three injective layers, "
        "with standard deviations from .5 to 3 of their own in each of 40 segments. The latent "
        "polynomial model is that of Liu et al. (ICLR 2024) at degree 0, with the independent "
        "rotation in our training; iVAE is the evidence bound alone.",
    ),
    about_quick=_QUICK,
    estimators=_segment_estimators,
    settings=_segment_settings,
    metrics=_latent_metrics,
    published=(PublishedFigure("d=5 p=5, n=1000", "iVAE", "MCC", 0.78, _AUTHORS_IVAE),),
    samples="samples a segment",
    n_seeds=6,
    n_quick_seeds=2,
)

CHANGING_POLYNOMIALS = Suite(
    name="changing-polynomials",
    title="Latents whose mechanisms change",
    about=(
        "The model of Liu, Zhang, Gong, Gong, Huang, van den Hengel, Zhang and Shi, Identifiable "
        "latent polynomial causal models through the lens of change (ICLR 2024) at degree one: "
        "five latents behind three injective layers, whose linear effects on one another and "
        "variances are drawn anew in each of 40 environments. The laws are ours.",
        "Where all effects change freely, latents are identified up to an affine map at best. So "
        "affine R2 is what counts; MCC tells how far axes that nothing fixes happen to agree.",
    ),
    about_quick=_QUICK,
    estimators=_polynomial_estimators,
    settings=_polynomial_settings,
    metrics=_latent_metrics,
    samples="samples an environment",
    n_seeds=6,
    n_quick_seeds=2,
)

EXTRAPOLATION = Suite(
    name="extrapolation",
    title="Latents that actions move",
    about=(
        "The model of Saengkyongam, Rosenfeld, Ravikumar, Pfister and Peters, Identifying "
        "representations for intervention extrapolation (ICLR 2024): two actions move two latents "
        "linearly, which are seen through ten nonlinear features. The laws of effects, noise and "
        "functions are ours. Judged is how much of the latents' variance an affine map of those "
        "found explains; far outside the support of actions a loss of one per cent matters.",
    ),
    about_quick=(
        "The quick form has a tenth of the samples and trains for 20 epochs: it shows that all "
        "runs, not what the methods can do."
    ),
    estimators=_extrapolation_estimators,
    settings=_extrapolation_settings,
    metrics=_affine_metrics,
    published=tuple(
        PublishedFigure("d=2 p=10, n=10000", name, "affine R2", value, _PROTOTYPE, "median")
        for name, value in (("independence", 0.9974), ("mean", 0.990), ("autoencoder", 0.956))
    ),
    n_seeds=6,
    n_quick_seeds=2,
)
