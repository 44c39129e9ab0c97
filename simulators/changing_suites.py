"""Problems whose mechanisms all change from one environment to the next."""

from __future__ import annotations

from math import factorial
from typing import Any

import numpy as np

from simulators.checks import (
    checked_count,
    checked_fraction,
    checked_generator,
    checked_range,
)
from simulators.interventions import Intervention, Perfect, Soft
from simulators.mechanisms import LinearMechanism, PolynomialMechanism, monomial_exponents
from simulators.noise import Gaussian
from simulators.nonlinear import PolynomialSCM, parent_positions
from simulators.nonlinear_mixing import MLPMixing
from simulators.problem import Problem
from simulators.random_graphs import erdos_renyi_graph

__all__ = ["changing_polynomials"]


def changing_polynomials(
    n_latents: int = 5,
    n_features: int = 5,
    *,
    degree: int = 1,
    n_environments: int = 40,
    density: float = 0.5,
    coefficient_range: tuple[float, float] = (0.3, 1.0),
    scale_range: tuple[float, float] = (0.5, 2.0),
    n_layers: int = 3,
    n_samples: int = 1000,
    random_state: Any = None,
) -> Problem:
    r"""Draw a problem of latent polynomial models: every mechanism changes in every environment.

    Parameters
    ----------
    n_latents, n_features : int, default=5 and 5
        Numbers of latents and features.
    degree : int, default=1
        Degree of the mechanisms; 1 is the linear model with changing weights.
    n_environments : int, default=40
        Number of environments; in environment 0 the latents are independent.
    density : float, default=0.5
        Probability of an edge.
    coefficient_range : (float, float), default=(0.3, 1)
        Sizes of the coefficients, in units of the parents' largest scale and divided by the
        factorial of the monomial's degree; their signs are random.
    scale_range : (float, float), default=(0.5, 2)
        Standard deviations of the noise.
    n_layers : int, default=3
        Layers of the injective mixing.
    n_samples : int, default=1000
        Default number of samples an environment.
    random_state : None, int or numpy.random.Generator, default=None
        Source of randomness.

    Returns
    -------
    Problem
        The graph of the truth has the edges that act in environments from 1 on.

    References
    ----------
    Liu, Zhang, Gong, Gong, Huang, van den Hengel, Zhang, Shi. "Identifiable latent polynomial
    causal models through the lens of change", ICLR 2024, arXiv:2310.15580.

    Examples
    --------
    >>> from simulators import changing_polynomials
    >>> changing_polynomials(3, 3, degree=2, random_state=0).sample(10, random_state=0)
    <Dataset: 400 samples, 3 features, 40 environments, with truth>
    """
    n_latents = checked_count("n_latents", n_latents)
    n_features = checked_count("n_features", n_features, minimum=n_latents)
    n_environments = checked_count("n_environments", n_environments, minimum=2)
    degree, n_layers = checked_count("degree", degree), checked_count("n_layers", n_layers)
    sizes = checked_range("coefficient_range", coefficient_range)
    scales = checked_range("scale_range", scale_range)
    rng = checked_generator(random_state)
    density = checked_fraction("density", density)
    parents = parent_positions(erdos_renyi_graph(n_latents, density=density, random_state=rng))
    mixing = MLPMixing.random(
        n_latents, n_features, widths=(n_features,) * (n_layers - 1), random_state=rng
    )
    mechanisms = tuple(_drawn(some, degree, sizes, scales[1], rng) for some in parents)
    scm = PolynomialSCM(mechanisms, mixing=mixing)
    environments: list[list[Intervention]] = [
        [Perfect(node, Gaussian(rng.uniform(*scales))) for node in range(n_latents)]
    ]
    for _ in range(n_environments - 1):
        environments.append(
            [
                Soft(
                    node,
                    mechanism=_drawn(some, degree, sizes, scales[1], rng),
                    noise=Gaussian(rng.uniform(*scales)),
                )
                for node, some in enumerate(parents)
            ]
        )
    return Problem(scm, environments, n_samples)


def _drawn(
    parents: tuple[int, ...],
    degree: int,
    sizes: tuple[float, float],
    scale: float,
    rng: np.random.Generator,
) -> LinearMechanism | PolynomialMechanism:
    """Draw a polynomial of parents that vary by about ``scale``."""
    if not parents:
        return LinearMechanism()
    exponents = monomial_exponents(len(parents), degree)
    orders = exponents.sum(axis=1)
    units = np.array([factorial(order) * scale ** (order - 1) for order in orders])
    drawn = rng.uniform(*sizes, len(orders)) * rng.choice([-1.0, 1.0], len(orders))
    return PolynomialMechanism(parents, exponents, drawn / units)
