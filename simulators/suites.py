"""The settings of published papers by name: linear mixtures of linear latents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from simulators.checks import (
    SimulatorError,
    checked_choice,
    checked_count,
    checked_fraction,
    checked_generator,
    checked_list,
    checked_positive,
    checked_range,
)
from simulators.interventions import Perfect, Soft
from simulators.linear import LinearSCM
from simulators.mixing import LinearMixing, with_condition_number
from simulators.noise import Gaussian, Noise
from simulators.problem import Problem

__all__ = ["linear_disentanglement", "lscale"]

_NEAR_DO = 100.0


def linear_disentanglement(
    n_latents: int = 5,
    n_features: int = 10,
    *,
    density: float = 0.75,
    weight_range: tuple[float, float] = (0.25, 1.0),
    root_precision_range: tuple[float, float] = (2.0, 4.0),
    new_root_precision_range: tuple[float, float] = (6.0, 8.0),
    ratio_range: tuple[float, float] | None = None,
    kind: Literal["hard", "soft", "near-do"] = "hard",
    targets: Sequence[int] | None = None,
    n_environments: int | None = None,
    noise: Noise | None = None,
    condition_number: float | None = None,
    decibels: float | None = None,
    n_samples: int = 2500,
    random_state: Any = None,
) -> Problem:
    r"""Draw a problem of Squires et al.: linearly mixed latents, one intervention a context.

    The latents are ``Z = A Z + D^{-1} eps`` with a random DAG A and root precisions D, the
    features ``X = H^+ Z``. A hard intervention on latent t replaces row t of
    ``B = D (I - A)`` by ``lambda e_t'``: the latent loses its parents and gets the standard
    deviation ``1 / lambda``.

    Parameters
    ----------
    n_latents, n_features : int, default=5 and 10
        Numbers of latents and features.
    density : float, default=0.75
        Probability of an edge between two latents.
    weight_range : (float, float), default=(0.25, 1)
        Sizes of the edge weights; their signs are random.
    root_precision_range : (float, float), default=(2, 4)
        Inverse standard deviations of the latents' noise.
    new_root_precision_range : (float, float), default=(6, 8)
        Inverse standard deviations lambda under intervention.
    ratio_range : (float, float), default=None
        Ratio of lambda to the target's own root precision, in place of the range above. Above
        1 an intervention lowers the variance, below 1 it raises it.
    kind : {"hard", "soft", "near-do"}, default="hard"
        ``"soft"`` keeps the parents with new weights from ``weight_range`` and draws lambda as
        for ``"hard"``; ``"near-do"`` is hard with lambda 100 times as large.
    targets : sequence of int, default=None
        Target of every interventional context, in their order; repeated targets are separate
        contexts with their own lambda. None takes every latent, in random order.
    n_environments : int, default=None
        Number of interventional contexts where ``targets`` is None: the first ``n_latents`` have
        different targets, further ones are drawn at random. None takes ``n_latents``.
    noise : Noise, default=None
        Shape of the noise; its scale and mean are ignored. None takes ``Gaussian()``.
    condition_number : float, default=None
        Condition number that H is given; None leaves it.
    decibels : float, default=None
        Signal-to-noise ratio of Gaussian measurement noise, relative to the mean variance of
        the observational features; None adds no noise.
    n_samples : int, default=2500
        Default number of samples a context.
    random_state : None, int or numpy.random.Generator, default=None
        Source of randomness.

    Returns
    -------
    Problem
        Environment 0 is observational, the others hold one intervention each. The order of the
        latents is not a causal order.

    Notes
    -----
    H has entries ``U(-2, 2)`` and rows of unit length. The paper states its ranges for
    ``Omega^{1/2}`` and lambda; we read both as the diagonal of B, so that the default ratio of
    lambda to its observational counterpart is between 1.5 and 4.

    References
    ----------
    Squires, Seigal, Bhate, Uhler. "Linear Causal Disentanglement via Interventions", ICML 2023,
    arXiv:2211.16467, section 5.

    Examples
    --------
    >>> from simulators import linear_disentanglement
    >>> problem = linear_disentanglement(n_latents=3, n_features=6, random_state=1)
    >>> sorted(problem.targets)
    [(), (0,), (1,), (2,)]
    >>> [covariance.shape for covariance in problem.covariances()]
    [(6, 6), (6, 6), (6, 6), (6, 6)]
    """
    n_latents = checked_count("n_latents", n_latents)
    n_features = checked_count("n_features", n_features, minimum=n_latents)
    checked_choice("kind", kind, ("hard", "soft", "near-do"))
    rng = checked_generator(random_state)
    weights = _dag_weights(n_latents, density, weight_range, rng)
    rates = rng.uniform(*checked_range("root_precision_range", root_precision_range), n_latents)
    mixing = _inverse_of_unit_rows(n_latents, n_features, condition_number, rng)
    chosen = _chosen_targets(n_latents, targets, n_environments, rng)
    new_range = checked_range("new_root_precision_range", new_root_precision_range)
    new_rates = _new_rates(rates[chosen], new_range, ratio_range, rng)
    shape = Gaussian() if noise is None else noise
    scm = LinearSCM(weights, noise=laws_of(shape, 1 / rates), mixing=mixing)
    if decibels is not None:
        scm = scm.with_measurement_noise(decibels=decibels)
    if kind == "near-do":
        new_rates = new_rates * _NEAR_DO
    hard = [
        Perfect(int(target), law)
        for target, law in zip(chosen, laws_of(shape, 1 / new_rates), strict=True)
    ]
    soft = [_softened(action, weights, weight_range, rng) for action in hard]
    environments = [(), *(soft if kind == "soft" else hard)]
    return Problem(scm, environments, n_samples)


def lscale(
    n_latents: int = 5,
    n_features: int = 100,
    *,
    density: float = 0.5,
    weight_range: tuple[float, float] = (0.5, 1.5),
    variance_range: tuple[float, float] = (0.5, 1.5),
    variance_factor: float = 5.0,
    n_samples: int = 5000,
    random_state: Any = None,
) -> Problem:
    r"""Draw a problem of LSCALE-I: latents in many dimensions, interventions raise variance.

    Every latent is the target of one hard intervention that cuts its parents and multiplies
    the variance of its noise.

    Parameters
    ----------
    n_latents, n_features : int, default=5 and 100
        Numbers of latents and features.
    density : float, default=0.5
        Probability of an edge between two latents.
    weight_range : (float, float), default=(0.5, 1.5)
        Sizes of the edge weights; their signs are random.
    variance_range : (float, float), default=(0.5, 1.5)
        Variances of the latents' noise.
    variance_factor : float, default=5.0
        What an intervention multiplies its target's noise variance with.
    n_samples : int, default=5000
        Default number of samples an environment.
    random_state : None, int or numpy.random.Generator, default=None
        Source of randomness.

    Returns
    -------
    Problem
        Environment 0 is observational; the mixing has standard normal entries.

    References
    ----------
    Varıcı, Acarturk, Shanmugam, Kumar, Tajer. "Score-based causal representation learning:
    linear and general transformations", JMLR 2025, arXiv:2402.00849.

    Examples
    --------
    >>> from simulators import lscale
    >>> lscale(random_state=0).sample(10, random_state=0)
    <Dataset: 60 samples, 100 features, 6 environments, with truth>
    """
    n_latents = checked_count("n_latents", n_latents)
    n_features = checked_count("n_features", n_features, minimum=n_latents)
    factor = checked_positive("variance_factor", variance_factor)
    rng = checked_generator(random_state)
    weights = _dag_weights(n_latents, density, weight_range, rng)
    scales = np.sqrt(rng.uniform(*checked_range("variance_range", variance_range), n_latents))
    mixing = LinearMixing.random(n_latents, n_features, random_state=rng)
    scm = LinearSCM(weights, noise=laws_of(Gaussian(), scales), mixing=mixing)
    chosen = _chosen_targets(n_latents, None, None, rng)
    laws = laws_of(Gaussian(), np.sqrt(factor) * scales[chosen])
    interventions = [Perfect(int(node), law) for node, law in zip(chosen, laws, strict=True)]
    return Problem(scm, [(), *interventions], n_samples)


def _dag_weights(
    n_nodes: int, density: float, weight_range: tuple[float, float], rng: np.random.Generator
) -> np.ndarray:
    """Weights of a random DAG in a random order of its nodes."""
    present = rng.random((n_nodes, n_nodes)) < checked_fraction("density", density)
    low, high = checked_range("weight_range", weight_range)
    weights = np.triu(present * signed_uniform(low, high, present.shape, rng), k=1)
    order = rng.permutation(n_nodes)
    return weights[np.ix_(order, order)]


def _inverse_of_unit_rows(
    n_latents: int, n_features: int, condition_number: float | None, rng: np.random.Generator
) -> LinearMixing:
    """Mixing ``H^+`` for an unmixing H with entries U(-2, 2) and rows of unit length."""
    H = rng.uniform(-2, 2, (n_latents, n_features))
    H /= np.linalg.norm(H, axis=1, keepdims=True)
    if condition_number is not None:
        H = with_condition_number(H, condition_number)
    return LinearMixing(np.linalg.pinv(H))


def _chosen_targets(
    n_latents: int,
    targets: Sequence[int] | None,
    n_environments: int | None,
    rng: np.random.Generator,
) -> np.ndarray:
    """Target of every interventional environment."""
    if targets is not None:
        if n_environments is not None:
            raise SimulatorError("Give either targets= or n_environments=, not both.")
        return np.array(
            [
                checked_count("a target", t, 0, n_latents - 1)
                for t in checked_list("targets", targets)
            ],
            int,
        )
    wanted = (
        n_latents if n_environments is None else checked_count("n_environments", n_environments)
    )
    further = rng.integers(n_latents, size=max(wanted - n_latents, 0))
    return rng.permutation(np.concatenate([rng.permutation(n_latents)[:wanted], further]))


def _new_rates(
    rates: np.ndarray,
    new_range: tuple[float, float],
    ratio_range: tuple[float, float] | None,
    rng: np.random.Generator,
) -> np.ndarray:
    """Root precision of each target under intervention, from its own ones."""
    if ratio_range is None:
        return rng.uniform(*new_range, len(rates))
    return rates * rng.uniform(*checked_range("ratio_range", ratio_range), len(rates))


def laws_of(shape: Noise, scales: np.ndarray) -> list[Noise]:
    """Laws of one shape and mean zero with the given standard deviations."""
    if not isinstance(shape, Noise):
        raise SimulatorError(f"noise must be a law such as Laplace(), but is {shape!r}.")
    return [replace(shape, scale=float(scale), mean=0.0) for scale in scales]


def _softened(
    action: Perfect,
    weights: np.ndarray,
    weight_range: tuple[float, float],
    rng: np.random.Generator,
) -> Soft:
    """Return the intervention that reweights the target's parents instead of cutting them."""
    parents = weights[:, action.target] != 0
    new = parents * signed_uniform(*weight_range, parents.shape, rng)
    return Soft(action.target, weights=new, noise=action.noise)


def signed_uniform(
    low: float, high: float, shape: tuple[int, ...], rng: np.random.Generator
) -> np.ndarray:
    """Sizes from U(low, high) with random signs."""
    return rng.uniform(low, high, shape) * rng.choice([-1.0, 1.0], shape)
