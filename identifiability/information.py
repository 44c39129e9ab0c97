"""Mutual information between recovered and true latents, with what chance gives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.special import xlogy
from scipy.stats import rankdata

from causalrep.arguments import checked, samples
from causalrep.exceptions import InvalidDataError
from identifiability.class_scores import refuse_constant
from identifiability.metrics import checked_pair

__all__ = ["MutualInformation", "binned", "mutual_information"]

QUANTILE = 0.95


@dataclass(frozen=True, kw_only=True, eq=False)
class MutualInformation:
    """Mutual information of every recovered latent with every true one, in nats.

    Parameters
    ----------
    values : ndarray of shape (n_estimated, n_true)
        Information between the binned variables.
    null : ndarray of shape (n_permutations, n_estimated, n_true)
        The same with the rows of the recovered latents permuted.
    entropies : ndarray of shape (n_true,)
        Entropies of the binned true latents.
    n_bins : int
        Largest number of bins of one variable.
    """

    values: np.ndarray
    null: np.ndarray
    entropies: np.ndarray
    n_bins: int

    @cached_property
    def chance(self) -> np.ndarray:
        """Mean information with permuted rows, (n_estimated, n_true)."""
        return self.null.mean(axis=0)

    @property
    def active(self) -> np.ndarray:
        """Whether a recovered latent tells more than chance of some true one, (n_estimated,).

        Its largest information exceeds the 95 % quantile of the same over the permutations, and
        the largest of all latents exceeds its own.
        """
        return self._beyond(2)

    @property
    def found(self) -> np.ndarray:
        """Whether some recovered latent tells more than chance of a true one, (n_true,)."""
        return self._beyond(1)

    @property
    def normalised(self) -> np.ndarray:
        r"""Adjusted share of each true latent's entropy, (n_estimated, n_true), within [0, 1].

        :math:`(I_{ij} - E_{ij}) / (H_j - E_{ij})` with E the chance level: 0 on average for
        unrelated latents, 1 where one determines the bin of the other.
        """
        gain = np.maximum(self.values - self.chance, 0.0)
        most = self.entropies - self.chance
        shares = np.divide(gain, most, out=np.zeros_like(gain), where=most > 0.0)
        return np.minimum(shares, 1.0)

    def with_values(self, values: np.ndarray) -> MutualInformation:
        """Judge other information (n_estimated, n_true) by the same permutations."""
        other = replace(self, values=values)
        vars(other).update(chance=self.chance, _limits=self._limits)
        return other

    @cached_property
    def _limits(self) -> tuple[np.ndarray, np.ndarray, float]:
        """Quantiles of the largest information by true latent, by recovered one, and of all."""
        each = (self.null.max(axis=axis) for axis in (1, 2, (1, 2)))
        by_factor, by_latent, of_all = (np.quantile(most, QUANTILE, axis=0) for most in each)
        return by_factor, by_latent, float(of_all)

    def _beyond(self, axis: int) -> np.ndarray:
        by_factor, by_latent, of_all = self._limits
        limits = by_factor if axis == 1 else by_latent
        return (self.values.max(axis=axis - 1) > limits) & (self.values.max() > of_all)


@checked(Z_estimated=samples(2), Z=samples(2))
def mutual_information(
    Z_estimated: np.ndarray,
    Z: np.ndarray,
    *,
    n_bins: int | None = None,
    n_permutations: int = 100,
    random_state: int | np.random.Generator | None = 0,
) -> MutualInformation:
    r"""Mutual information of all pairs of latents, by bins of equal frequency.

    Parameters
    ----------
    Z_estimated : ndarray of shape (n_samples, n_estimated)
        Recovered latents.
    Z : ndarray of shape (n_samples, n_true)
        True latents, none constant.
    n_bins : int, default=None
        At least 2. None takes the odd number next to the cube root of the sample size, from 3
        to 21. A variable of fewer values keeps them.
    n_permutations : int, default=100
        Permutations behind the chance levels, at least 20.
    random_state : int, numpy.random.Generator or None, default=0
        Draws the permutations.

    Returns
    -------
    MutualInformation

    Notes
    -----
    Bins, not nearest neighbours: the scores divide by entropies and look for latents that are
    functions of one another, where differential entropies depend on units and the information of
    continuous variables is infinite. Bins of ranks are the same under every increasing map, and
    mirrored by decreasing ones. The plug-in estimate is too large by about
    :math:`(b - 1)^2 / 2n` (Miller 1955); the mean over permutations measures that, as in the
    adjusted mutual information.

    References
    ----------
    N. X. Vinh, J. Epps and J. Bailey, "Information theoretic measures for clusterings
    comparison: variants, properties, normalization and correction for chance", Journal of
    Machine Learning Research 11 (2010).

    Examples
    --------
    >>> import numpy as np
    >>> from identifiability import mutual_information
    >>> Z = np.random.default_rng(0).standard_normal((500, 2))
    >>> result = mutual_information(np.column_stack([-np.exp(Z[:, 1]), np.ones(500)]), Z)
    >>> result.normalised.round(1), result.active.tolist()
    (array([[0., 1.],
           [0., 0.]]), [True, False])
    """
    Z_estimated, Z = checked_pair(Z_estimated, Z)
    refuse_constant(Z)
    size = default_bins(len(Z)) if n_bins is None else n_bins
    refuse_settings(size, n_permutations, len(Z))
    random = np.random.default_rng(random_state)
    rows = [random.permutation(len(Z)) for _ in range(n_permutations)]
    return permuted_information(Z_estimated, Z, size, rows)


def permuted_information(
    W: np.ndarray, Z: np.ndarray, n_bins: int, permutations: list[np.ndarray]
) -> MutualInformation:
    """Information of recovered (n, k) and true latents (n, d) beside given permutations."""
    codes, factors = _Bins.of(W, n_bins), _Bins.of(Z, n_bins)
    return MutualInformation(
        values=codes.information(factors),
        null=np.array([codes.permuted(rows).information(factors) for rows in permutations]),
        entropies=factors.entropies,
        n_bins=n_bins,
    )


def refuse_settings(n_bins: int, n_permutations: int, n_samples: int) -> None:
    """Refuse numbers from which no information or no quantile can be had."""
    fewest_bins, fewest_permutations = 2, 20
    if n_bins < fewest_bins or n_permutations < fewest_permutations:
        raise InvalidDataError(
            f"Mutual information wants at least {fewest_bins} bins and {fewest_permutations} "
            f"permutations, but got {n_bins} and {n_permutations}."
        )
    most = max(n_samples, default_bins(n_samples))
    if n_bins > most:
        raise InvalidDataError(
            f"Mutual information wants at most {most} bins, one for each sample, but n_bins is "
            f"{n_bins}."
        )


def binned(column: np.ndarray, n_bins: int) -> np.ndarray:
    """Return bins (n,) of nearly equal frequency, 0, 1, ...; few values are kept as they are.

    Ties share a bin, and a mirrored variable has mirrored bins.
    """
    values, places = np.unique(column, return_inverse=True)
    if len(values) <= n_bins:
        return places
    ranks = (rankdata(column) - 0.5) / len(column)
    # Counted from the middle, so that rounding treats both halves alike.
    middle = (n_bins - 1) / 2.0
    offset = ranks * n_bins - 0.5 - middle
    steps = np.sign(offset) * np.ceil(np.abs(offset) - 0.5)
    if n_bins % 2 == 0:
        steps = np.where(offset < 0.0, -1, 1) * (np.ceil(np.abs(offset)) - 0.5)
    bins = np.clip(np.rint(steps + middle), 0, n_bins - 1)
    return np.unique(bins, return_inverse=True)[1]


def default_bins(n_samples: int) -> int:
    """Odd number of bins next to the cube root of the number of samples, from 3 to 21."""
    least, most = 3, 21
    nearest = 2 * round((n_samples ** (1.0 / 3.0) - 1.0) / 2.0) + 1
    return min(max(nearest, least), most)


@dataclass(frozen=True, eq=False)
class _Bins:
    """Bins (n, k) of several variables, and how many each has at most."""

    bins: np.ndarray
    size: int
    entropies: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, n_bins: int) -> _Bins:
        bins = np.column_stack([binned(column, n_bins) for column in values.T])
        counts = [np.bincount(column, minlength=n_bins) for column in bins.T]
        shares = np.array(counts) / len(bins)
        return cls(bins, n_bins, -xlogy(shares, shares).sum(axis=1))

    def permuted(self, rows: np.ndarray) -> _Bins:
        return replace(self, bins=self.bins[rows])

    def information(self, other: _Bins) -> np.ndarray:
        """Plug-in information of all pairs (k, d), by one count of all cells."""
        k, d, size = self.bins.shape[1], other.bins.shape[1], self.size
        rows = self.bins + size * np.arange(k)
        columns = other.bins + size * np.arange(d)
        cells = rows[:, :, None] * (d * size) + columns[:, None, :]
        counts = np.bincount(cells.ravel(), minlength=k * d * size**2)
        shares = counts.reshape(k, size, d, size) / len(self.bins)
        joint = xlogy(shares, shares).sum(axis=(1, 3))
        return np.maximum(self.entropies[:, None] + other.entropies + joint, 0.0)
