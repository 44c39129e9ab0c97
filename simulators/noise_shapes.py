"""Laws of noise with a shape of their own: beta, Student's t, mixtures, three points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import comb, prod, sqrt
from typing import Any

import numpy as np
from scipy import special

from simulators.checks import SimulatorError, checked_array, checked_positive, checked_real
from simulators.noise import Noise

__all__ = ["Beta", "Mixture", "StudentT", "ThreePoint"]


@dataclass(frozen=True)
class Beta(Noise):
    """Beta noise moved and stretched to its mean and standard deviation: bounded, skewed.

    Parameters
    ----------
    scale : float, default=1.0
        Standard deviation.
    mean : float, default=0.0
        Mean.
    a, b : float, default=2.0 and 5.0
        Shape parameters.

    Examples
    --------
    >>> from simulators import Beta
    >>> round(Beta(a=2.0, b=5.0).cumulant(3), 3)
    0.596
    """

    a: float = field(default=2.0, kw_only=True)
    b: float = field(default=5.0, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set("a", checked_positive("Beta.a", self.a))
        self._set("b", checked_positive("Beta.b", self.b))

    @property
    def _centre(self) -> float:
        return self.a / (self.a + self.b)

    @property
    def _deviation(self) -> float:
        total = self.a + self.b
        return sqrt(self.a * self.b / (total + 1)) / total

    def _standard_sample(self, n_samples: int, rng: np.random.Generator) -> np.ndarray:
        return (rng.beta(self.a, self.b, n_samples) - self._centre) / self._deviation

    def _standard_cumulant(self, order: int) -> float:
        a, total = Fraction(self.a), Fraction(self.a) + Fraction(self.b)
        moments = [prod((a + r) / (total + r) for r in range(k)) for k in range(order + 1)]
        return float(_cumulants_from_moments(moments)[order]) / self._deviation**order

    def _standard_log_density(self, u: np.ndarray) -> np.ndarray:
        g = self._centre + self._deviation * u
        within = (g >= 0) & (g <= 1)
        inside = np.where(within, g, 0.5)
        density = special.xlogy(self.a - 1, inside) + special.xlog1py(self.b - 1, -inside)
        density += np.log(self._deviation) - special.betaln(self.a, self.b)
        return np.where(within, density, -np.inf)


@dataclass(frozen=True)
class StudentT(Noise):
    """Student's t noise: heavy tails; moments of order ``df`` and higher do not exist.

    Parameters
    ----------
    scale : float, default=1.0
        Standard deviation (not the usual scale parameter).
    mean : float, default=0.0
        Mean.
    df : float, default=5.0
        Degrees of freedom, larger than 2, so that there is a standard deviation.

    Examples
    --------
    >>> from simulators import StudentT
    >>> StudentT(df=5.0).cumulant(4)
    6.0
    """

    df: float = field(default=5.0, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set("df", checked_positive("StudentT.df", self.df))
        if self.df <= 2:
            raise SimulatorError(
                "StudentT is scaled to a standard deviation, which exists for df > 2 only, but "
                f"df is {self.df}. Take df above 2, or a Mixture with a wide component."
            )

    def _standard_sample(self, n_samples: int, rng: np.random.Generator) -> np.ndarray:
        return rng.standard_t(self.df, n_samples) * sqrt((self.df - 2) / self.df)

    def _standard_cumulant(self, order: int) -> float:
        if order >= self.df:
            raise SimulatorError(
                f"StudentT with df={self.df:g} has no cumulant of order {order}: moments exist "
                "below the degrees of freedom only. Take a larger df or a lower order."
            )
        if order % 2:
            return 0.0
        fourth = 3 * (self.df - 2) / (self.df - 4)
        if order == 4:
            return fourth - 3
        return 5 * fourth * (self.df - 2) / (self.df - 6) - 15 * fourth + 30

    def _standard_log_density(self, u: np.ndarray) -> np.ndarray:
        half = (self.df + 1) / 2
        constant = -special.betaln(0.5, self.df / 2) - 0.5 * np.log(self.df - 2)
        return constant - half * np.log1p(u**2 / (self.df - 2))


@dataclass(frozen=True)
class Mixture(Noise):
    """Mixture of normal laws, moved and stretched to its mean and standard deviation.

    Parameters
    ----------
    scale : float, default=1.0
        Standard deviation of the mixture.
    mean : float, default=0.0
        Mean of the mixture.
    weights : sequence of float, default=(0.5, 0.5)
        Positive weights of the components; they are divided by their sum.
    locations : sequence of float, default=(-1.0, 1.0)
        Relative places of the components.
    widths : sequence of float, default=(0.5, 0.5)
        Relative standard deviations of the components.

    Examples
    --------
    >>> from simulators import Mixture
    >>> heavy = Mixture(weights=(0.9, 0.1), locations=(0.0, 0.0), widths=(1.0, 3.0))
    >>> heavy.cumulant(4) > 3
    True
    """

    weights: Sequence[float] = field(default=(0.5, 0.5), kw_only=True)
    locations: Sequence[float] = field(default=(-1.0, 1.0), kw_only=True)
    widths: Sequence[float] = field(default=(0.5, 0.5), kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        size = np.size(self.weights)
        for name in ("weights", "locations", "widths"):
            array = checked_array(f"Mixture.{name}", getattr(self, name), (size,))
            if name != "locations" and not (array > 0).all():
                raise SimulatorError(f"Mixture.{name} must be positive, but are {array.tolist()}.")
            self._set(name, tuple(array.tolist()))

    @property
    def _components(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Weights, means and widths of the components of the standardised mixture."""
        weights = np.array(self.weights) / sum(self.weights)
        centred = np.array(self.locations) - weights @ np.array(self.locations)
        widths = np.array(self.widths)
        deviation = np.sqrt(weights @ (centred**2 + widths**2))
        return weights, centred / deviation, widths / deviation

    def _standard_sample(self, n_samples: int, rng: np.random.Generator) -> np.ndarray:
        weights, means, widths = self._components
        origin = np.searchsorted(np.cumsum(weights)[:-1], rng.random(n_samples), side="right")
        return means[origin] + widths[origin] * rng.standard_normal(n_samples)

    def _standard_cumulant(self, order: int) -> float:
        weights, means, widths = self._components
        moments = [weights @ _normal_moment(k, means, widths) for k in range(order + 1)]
        return float(_cumulants_from_moments(moments)[order])

    def _standard_log_density(self, u: np.ndarray) -> np.ndarray:
        weights, means, widths = self._components
        z = (u[..., np.newaxis] - means) / widths
        terms = np.log(weights / widths) - 0.5 * (z**2 + np.log(2 * np.pi))
        return special.logsumexp(terms, axis=-1)


@dataclass(frozen=True)
class ThreePoint(Noise):
    r"""Three equally likely values: the law of exact finite designs.

    The values are ``mean + scale * sqrt(2) * cos(t + 2 pi k / 3)`` for k = 0, 1, 2, with t chosen
    for the skewness; the excess kurtosis is -1.5. Since every value has the weight 1/3, all
    combinations of the values of d sources, once each, are a finite sample of ``3 ** d`` rows
    whose sources are exactly independent (:meth:`LinearSCM.sample_factorial`).

    Parameters
    ----------
    scale : float, default=1.0
        Standard deviation.
    mean : float, default=0.0
        Mean.
    skewness : float, default=0.5
        Third standardised cumulant, at most ``sqrt(0.5)`` in absolute value.

    Examples
    --------
    >>> from simulators import ThreePoint
    >>> law = ThreePoint(skewness=0.5)
    >>> [round(float((law.support**order).mean()), 6) for order in (1, 2, 3)]
    [-0.0, 1.0, 0.5]
    """

    skewness: float = field(default=0.5, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        skewness = checked_real("ThreePoint.skewness", self.skewness)
        if abs(skewness) > sqrt(0.5):
            raise SimulatorError(
                "Three equally likely values have a skewness between -sqrt(0.5) and sqrt(0.5) "
                f"(about 0.707), but ThreePoint.skewness is {skewness:g}."
            )
        self._set("skewness", skewness)

    @property
    def support(self) -> np.ndarray:
        """The three values, shape (3,)."""
        return self.mean + self.scale * self._standard_support

    @property
    def _standard_support(self) -> np.ndarray:
        angle = np.arccos(np.clip(self.skewness * sqrt(2), -1, 1)) / 3
        return sqrt(2) * np.cos(angle + 2 * np.pi * np.arange(3) / 3)

    def _standard_sample(self, n_samples: int, rng: np.random.Generator) -> np.ndarray:
        return self._standard_support[rng.integers(3, size=n_samples)]

    def _standard_cumulant(self, order: int) -> float:
        moments = [float(np.mean(self._standard_support**k)) for k in range(order + 1)]
        return _cumulants_from_moments(moments)[order]

    def _standard_log_density(self, u: np.ndarray) -> np.ndarray:
        raise SimulatorError("ThreePoint is a discrete law and has no density.")


def _normal_moment(order: int, means: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """Raw moments E[(m + s g)^order] of normal laws."""
    even = range(0, order + 1, 2)
    terms = [
        comb(order, j) * prod(range(1, j, 2)) * means ** (order - j) * widths**j for j in even
    ]
    return np.sum(terms, axis=0)


def _cumulants_from_moments(moments: Sequence[Any]) -> list[Any]:
    """Cumulants from raw moments 0..r: ``m_n = sum_k C(n-1, k-1) kappa_k m_(n-k)``."""
    cumulants = [moments[0] * 0]
    for n in range(1, len(moments)):
        known = sum(comb(n - 1, k - 1) * cumulants[k] * moments[n - k] for k in range(1, n))
        cumulants.append(moments[n] - known)
    return cumulants
