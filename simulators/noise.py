r"""Laws of the exogenous noise: ``mean + scale * u`` with u of mean 0 and variance 1.

Every law knows its exact cumulants up to order 6 and its log-density, so that a linear model
built on it knows its own population answers. ``scale`` is always the standard deviation and
``mean`` always the mean, whatever the other parameters are: two models that differ only in the
shape of their noise have the same means and covariances.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import factorial, sqrt
from typing import Any, Self

import numpy as np
from scipy import special

from simulators.checks import (
    checked_count,
    checked_generator,
    checked_positive,
    checked_real,
    checked_values,
)

__all__ = ["Exponential", "Gamma", "Gaussian", "Laplace", "Noise", "Uniform"]

_HIGHEST_ORDER = 6


@dataclass(frozen=True)
class Noise:
    """A law of exogenous noise with given mean and standard deviation.

    Base class: a law implements the three ``_standard_*`` methods for mean 0 and variance 1.

    Parameters
    ----------
    scale : float, default=1.0
        Standard deviation, positive.
    mean : float, default=0.0
        Mean.

    Raises
    ------
    SimulatorError
        If a parameter is not a finite number, or ``scale`` is not positive.
    """

    scale: float = 1.0
    mean: float = field(default=0.0, kw_only=True)

    def __post_init__(self) -> None:
        self._set("scale", checked_positive(f"{self._law}.scale", self.scale))
        self._set("mean", checked_real(f"{self._law}.mean", self.mean))

    @property
    def variance(self) -> float:
        """Variance, ``scale ** 2``."""
        return self.scale**2

    @property
    def is_gaussian(self) -> bool:
        """Whether the law is normal, so that linear images of it are normal too."""
        return False

    def sample(self, n_samples: int, random_state: Any = None) -> np.ndarray:
        """Draw independent values.

        Parameters
        ----------
        n_samples : int
            Number of values.
        random_state : None, int or numpy.random.Generator, default=None
            Source of randomness; a generator is advanced in place.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        n_samples = checked_count("n_samples", n_samples, minimum=0)
        values = self._standard_sample(n_samples, checked_generator(random_state))
        values *= self.scale
        values += self.mean
        return values

    def cumulant(self, order: int) -> float:
        """Return the exact cumulant of an order from 1 (mean) to 6.

        Raises
        ------
        SimulatorError
            If the order is out of range, or the law has no such cumulant.
        """
        order = checked_count("order", order, maximum=_HIGHEST_ORDER)
        if order == 1:
            return self.mean
        return self.scale**order * (1.0 if order == 2 else self._standard_cumulant(order))

    def log_density(self, x: Any) -> np.ndarray:
        """Return the log-density at every entry of x; ``-inf`` outside the support."""
        u = (checked_values("x", x, None) - self.mean) / self.scale
        return self._standard_log_density(u) - np.log(self.scale)

    def shifted(self, by: float) -> Self:
        """Return the same law with its mean moved."""
        return replace(self, mean=self.mean + by)

    def scaled(self, by: float) -> Self:
        """Return the same law with mean and standard deviation multiplied by a positive factor."""
        return replace(self, scale=self.scale * by, mean=self.mean * by)

    @property
    def _law(self) -> str:
        return type(self).__name__

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def _standard_sample(self, n_samples: int, rng: np.random.Generator) -> np.ndarray:
        raise NotImplementedError

    def _standard_cumulant(self, order: int) -> float:
        raise NotImplementedError

    def _standard_log_density(self, u: np.ndarray) -> np.ndarray:
        raise NotImplementedError


@dataclass(frozen=True)
class Gaussian(Noise):
    """Normal noise.

    Parameters
    ----------
    scale : float, default=1.0
        Standard deviation.
    mean : float, default=0.0
        Mean.

    Examples
    --------
    >>> from simulators import Gaussian
    >>> law = Gaussian(2.0, mean=1.0)
    >>> [law.cumulant(order) for order in (1, 2, 3)]
    [1.0, 4.0, 0.0]
    """

    @property
    def is_gaussian(self) -> bool:
        """Whether the law is normal: yes."""
        return True

    def _standard_sample(self, n_samples: int, rng: np.random.Generator) -> np.ndarray:
        return rng.standard_normal(n_samples)

    def _standard_cumulant(self, order: int) -> float:
        return 0.0

    def _standard_log_density(self, u: np.ndarray) -> np.ndarray:
        return -0.5 * (u**2 + np.log(2 * np.pi))


@dataclass(frozen=True)
class Laplace(Noise):
    """Double exponential noise: symmetric, excess kurtosis 3.

    Parameters
    ----------
    scale : float, default=1.0
        Standard deviation (the usual scale parameter times the root of two).
    mean : float, default=0.0
        Mean.

    Examples
    --------
    >>> from simulators import Laplace
    >>> Laplace().cumulant(4)
    3.0
    """

    def _standard_sample(self, n_samples: int, rng: np.random.Generator) -> np.ndarray:
        return rng.laplace(scale=sqrt(0.5), size=n_samples)

    def _standard_cumulant(self, order: int) -> float:
        return 0.0 if order % 2 else 2 * factorial(order - 1) / 2 ** (order // 2)

    def _standard_log_density(self, u: np.ndarray) -> np.ndarray:
        return -0.5 * np.log(2) - sqrt(2) * np.abs(u)


@dataclass(frozen=True)
class Uniform(Noise):
    """Uniform noise: symmetric, bounded, excess kurtosis -1.2.

    Parameters
    ----------
    scale : float, default=1.0
        Standard deviation; the support is ``mean +- sqrt(3) * scale``.
    mean : float, default=0.0
        Mean.

    Examples
    --------
    >>> from simulators import Uniform
    >>> bool(abs(Uniform.on(-5, 5).sample(100, random_state=0)).max() < 5)
    True
    """

    @classmethod
    def on(cls, low: float, high: float) -> Self:
        """Build the uniform law on an interval."""
        low, high = checked_real("low", low), checked_real("high", high)
        return cls((high - low) / sqrt(12), mean=(low + high) / 2)

    def _standard_sample(self, n_samples: int, rng: np.random.Generator) -> np.ndarray:
        return rng.uniform(-sqrt(3), sqrt(3), n_samples)

    def _standard_cumulant(self, order: int) -> float:
        return {4: -6 / 5, 6: 48 / 7}.get(order, 0.0)

    def _standard_log_density(self, u: np.ndarray) -> np.ndarray:
        return np.where(np.abs(u) <= sqrt(3), -0.5 * np.log(12), -np.inf)


@dataclass(frozen=True)
class Exponential(Noise):
    """Exponential noise moved to its mean: skewness 2, excess kurtosis 6.

    Parameters
    ----------
    scale : float, default=1.0
        Standard deviation; the support is ``[mean - scale, inf)``.
    mean : float, default=0.0
        Mean.

    Examples
    --------
    >>> from simulators import Exponential
    >>> Exponential().cumulant(3)
    2.0
    """

    def _standard_sample(self, n_samples: int, rng: np.random.Generator) -> np.ndarray:
        return rng.standard_exponential(n_samples) - 1.0

    def _standard_cumulant(self, order: int) -> float:
        return float(factorial(order - 1))

    def _standard_log_density(self, u: np.ndarray) -> np.ndarray:
        return np.where(u >= -1.0, -(u + 1.0), -np.inf)


@dataclass(frozen=True)
class Gamma(Noise):
    """Gamma noise moved to its mean: skewness ``2 / sqrt(shape)``.

    Parameters
    ----------
    scale : float, default=1.0
        Standard deviation (not the usual scale parameter).
    mean : float, default=0.0
        Mean.
    shape : float, default=2.0
        Shape parameter; 1 is the exponential law, large values are nearly normal.

    Examples
    --------
    >>> from simulators import Gamma
    >>> Gamma(shape=4.0).cumulant(3)
    1.0
    """

    shape: float = field(default=2.0, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set("shape", checked_positive("Gamma.shape", self.shape))

    def _standard_sample(self, n_samples: int, rng: np.random.Generator) -> np.ndarray:
        return (rng.standard_gamma(self.shape, n_samples) - self.shape) / sqrt(self.shape)

    def _standard_cumulant(self, order: int) -> float:
        return factorial(order - 1) * self.shape ** (1 - order / 2)

    def _standard_log_density(self, u: np.ndarray) -> np.ndarray:
        g = self.shape + sqrt(self.shape) * u
        inside = np.where(g >= 0, g, 0.0)
        density = special.xlogy(self.shape - 1, inside) - inside - special.gammaln(self.shape)
        return np.where(g >= 0, density, -np.inf) + 0.5 * np.log(self.shape)
