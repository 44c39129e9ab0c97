"""A model fitted to cumulants: its parameters, how sure they are, and whether it fits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import special

from causalrep.cumulant_fit.models import MixingModel

__all__ = ["CumulantFit", "Minimum"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Minimum:
    """Another local minimum of the distance.

    Parameters
    ----------
    theta : ndarray of shape (d,)
        Canonical parameters, in the units of the data.
    statistic : float
        Distance there, at least that of the fit.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.cumulant_fit import Minimum
    >>> Minimum(theta=np.zeros(1), statistic=4.0).statistic
    4.0
    """

    theta: np.ndarray
    statistic: float


@dataclass(frozen=True, eq=False, kw_only=True)
class CumulantFit:
    r"""Minimum of :math:`n\,|W (c - \Phi(B(\theta)) \omega)|^2` over parameters and sources.

    Parameters
    ----------
    model : MixingModel
        What is fitted to them.
    orders : tuple of int
        Orders of the cumulants.
    n_samples : int
        Number of samples.
    theta : ndarray of shape (d,)
        Canonical parameters, in the units of the data.
    covariance : ndarray of shape (d, d)
        Of ``theta``; zero in the directions that its convention fixes.
    plain_covariance : ndarray of shape (d, d)
        The same if the weights were optimal: twice the inverse curvature of the distance.
    responses : ndarray of shape (d, n_moments)
        By how much each parameter moves with each cumulant of the data, to first order.
    source_cumulants : ndarray of shape (n_sources, n_orders)
        Cumulants of the sources for the canonical mixing.
    distance : float
        The minimum.
    degrees_of_freedom : int
        Number of cumulants less the generic rank of the model.
    statistic : float
        Test statistic J of the model, its covariance corrected for the leverage of samples. NaN
        without degrees of freedom, with more than there are samples, or where the fit was made
        without.
    alternatives : tuple of Minimum
        Other local minima, the best first.
    converged : bool
        Whether the search for the minimum ended regularly.
    n_iter : int
        Steps of the longest search.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.cumulant_fit import CumulantData, FreeMixing, fit_cumulants
    >>> sources = np.random.default_rng(0).exponential(size=(2000, 2))
    >>> data = CumulantData.from_samples(sources @ np.array([[1.0, 0.0], [0.5, 1.0]]))
    >>> fit = fit_cumulants(data, FreeMixing(2, 2), random_state=0)
    >>> fit.degrees_of_freedom, bool(fit.p_value > 0.01), fit.proper
    (4, True, True)
    """

    model: MixingModel
    orders: tuple[int, ...]
    n_samples: int
    theta: np.ndarray
    covariance: np.ndarray
    plain_covariance: np.ndarray
    responses: np.ndarray
    source_cumulants: np.ndarray
    distance: float
    degrees_of_freedom: int
    statistic: float
    alternatives: tuple[Minimum, ...]
    converged: bool
    n_iter: int

    @property
    def p_value(self) -> float:
        """Of the test that the model holds; NaN where the statistic is."""
        return float(special.chdtrc(self.degrees_of_freedom, self.statistic))

    @property
    def bic(self) -> float:
        """``distance - df log n``: less is better, among models for the same data."""
        return self.distance - self.degrees_of_freedom * float(np.log(self.n_samples))

    @property
    def stderr(self) -> np.ndarray:
        """Standard errors of ``theta``, shape (d,)."""
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0))

    @cached_property
    def mixing(self) -> np.ndarray:
        """Canonical mixing in the units of the data, shape (n_features, n_sources)."""
        return self.model.mixing(self.theta)

    @cached_property
    def mixing_stderr(self) -> np.ndarray:
        """Standard errors of the mixing, shape (n_features, n_sources)."""
        moves = self.model.jacobian(self.theta)
        variances = np.einsum("ijd,de,ije->ij", moves, self.covariance, moves)
        return np.sqrt(np.maximum(variances, 0.0))

    @property
    def proper(self) -> bool:
        """Whether no source has a negative variance; True where orders lack the second."""
        return 2 not in self.orders or bool(
            (self.source_cumulants[:, self.orders.index(2)] >= 0).all()
        )
