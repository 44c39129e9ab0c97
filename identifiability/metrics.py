"""How close recovered latents are to the true ones: correlations, R2, unique share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.stats import rankdata

from causalrep.arguments import checked, count, samples
from causalrep.exceptions import InvalidDataError

__all__ = [
    "CorrelationScore",
    "affine_r2",
    "correlation_matrix",
    "mean_correlation_coefficient",
    "unique_share",
]


@dataclass(frozen=True, kw_only=True)
class CorrelationScore:
    """A mean correlation coefficient with the two levels it has to be read against.

    Parameters
    ----------
    value : float
        Mean over the true latents of the absolute correlation with the partner.
    chance : float
        The same for the recovered latents with their rows permuted.
    mixed : float
        The same for random full mixtures of the true latents, which recover none of them.
    method : str
        Kind of correlation.
    """

    value: float
    chance: float
    mixed: float
    method: str

    @property
    def skill(self) -> float:
        """``(value - mixed) / (1 - mixed)``: 1 for perfect, 0 for a full mixture."""
        return (self.value - self.mixed) / (1.0 - self.mixed) if self.mixed < 1.0 else np.nan


@checked(Z=samples(2), W=samples(2))
def correlation_matrix(Z: np.ndarray, W: np.ndarray, *, method: str = "pearson") -> np.ndarray:
    """Correlate every column of Z with every column of W.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_true)
        First variables.
    W : ndarray of shape (n_samples, n_estimated)
        Second variables.
    method : {"pearson", "spearman"}, default="pearson"
        Spearman's is Pearson's of the ranks, ties sharing their mean rank.

    Returns
    -------
    ndarray of shape (n_true, n_estimated)
        Correlations; 0 for a constant column.

    Examples
    --------
    >>> from identifiability import correlation_matrix
    >>> correlation_matrix([[1.0], [2.0], [3.0]], [[1.0, -2.0], [8.0, -4.0], [27.0, -6.0]])
    array([[ 0.966, -1.   ]])
    >>> correlation_matrix([[1.0], [2.0], [3.0]], [[1.0], [8.0], [27.0]], method="spearman")
    array([[1.]])
    """
    Z, W = checked_pair(Z, W)
    if method not in ("pearson", "spearman"):
        raise ValueError(f"method must be 'pearson' or 'spearman', but is {method!r}.")
    return _cosines(_comparable(Z, method), _comparable(W, method))


@checked(Z_estimated=samples(2), Z=samples(2), n_baselines=count(1))
def mean_correlation_coefficient(
    Z_estimated: np.ndarray,
    Z: np.ndarray,
    *,
    method: str = "pearson",
    n_baselines: int = 20,
    random_state: int | np.random.Generator | None = 0,
) -> CorrelationScore:
    r"""Mean correlation coefficient (MCC) with its baselines.

    .. math:: \mathrm{MCC} = \frac{1}{d} \max_\pi \sum_i |\mathrm{corr}(z_i, \hat z_{\pi(i)})|

    over one-to-one matchings; true latents without a partner count 0. When the latents are
    correlated an answer that mixes all of them has a large MCC too, so the value comes with
    the mean over random full mixtures :math:`\hat z = M' D z`, where :math:`m_{ij} \sim U(0, 1)`,
    z is standardised and the signs D turn every latent towards their first principal axis so
    that the mixture does not cancel.

    Parameters
    ----------
    Z_estimated : ndarray of shape (n_samples, n_estimated)
        Recovered latents.
    Z : ndarray of shape (n_samples, n_true)
        True latents.
    method : {"pearson", "spearman"}, default="pearson"
        Kind of correlation.
    n_baselines : int, default=20
        Draws of each baseline.
    random_state : int, numpy.random.Generator or None, default=0
        Draws the permutations and the mixtures.

    Returns
    -------
    CorrelationScore
        Value, chance, mixed and skill.

    References
    ----------
    A. Hyvarinen and H. Morioka, "Unsupervised feature extraction by time-contrastive learning
    and nonlinear ICA" (NeurIPS 2016) uses this coefficient; the baselines are ours.

    Examples
    --------
    >>> import numpy as np
    >>> from identifiability import mean_correlation_coefficient
    >>> rng = np.random.default_rng(0)
    >>> Z = rng.multivariate_normal(np.zeros(5), 0.1 * np.eye(5) + 0.9, size=2000)
    >>> mixture = Z @ rng.uniform(size=(5, 5))
    >>> result = mean_correlation_coefficient(mixture, Z)
    >>> result.value > 0.95, abs(result.skill) < 0.3
    (True, True)
    """
    Z_estimated, Z = np.asarray(Z_estimated, dtype=float), np.asarray(Z, dtype=float)
    random = np.random.default_rng(random_state)
    value = matched_mean(correlation_matrix(Z, Z_estimated, method=method))
    true, estimated = _comparable(Z, method), _comparable(Z_estimated, method)
    chance = [
        matched_mean(_cosines(true, random.permutation(estimated))) for _ in range(n_baselines)
    ]
    oriented = _oriented(Z)
    mixtures = (oriented @ random.uniform(size=(Z.shape[1],) * 2) for _ in range(n_baselines))
    mixed = [matched_mean(_cosines(true, _comparable(mix, method))) for mix in mixtures]
    return CorrelationScore(
        value=value, chance=float(np.mean(chance)), mixed=float(np.mean(mixed)), method=method
    )


@checked(source=samples(2), target=samples(2))
def affine_r2(source: np.ndarray, target: np.ndarray) -> float:
    """Mean share of the target columns' variance that an affine map of the source explains.

    1 in both directions iff the two are affine functions of each other, so it judges the
    space of latents and says nothing about single ones. Its chance level is
    ``n_source / (n_samples - 1)``; a constant target column counts 0.

    Parameters
    ----------
    source : ndarray of shape (n_samples, n_source)
        Predictors.
    target : ndarray of shape (n_samples, n_target)
        Predicted.

    Examples
    --------
    >>> import numpy as np
    >>> from identifiability import affine_r2
    >>> Z = np.random.default_rng(0).standard_normal((50, 2))
    >>> affine_r2(Z @ [[1.0, 2.0], [0.0, 1.0]] + 3.0, Z)
    1.0
    """
    return float(np.mean(explained_shares(*checked_pair(source, target))))


@checked(Z_estimated=samples(2), Z=samples(2))
def unique_share(Z_estimated: np.ndarray, Z: np.ndarray) -> float:
    r"""Mean share of a recovered latent that belongs to its true partner alone.

    Regress :math:`\hat z_j = \sum_i w_{ji} z_i`; with :math:`s_i^2 = 1 / (\Sigma^{-1})_{ii}`
    the variance of :math:`z_i` given the other latents,

    .. math:: u_{ji} = (w_{ji} s_i)^2 / \sum_k (w_{jk} s_k)^2

    and the score is the mean of :math:`u_{\pi(i) i}` over the true latents under the best
    matching. It is 1 iff the answer is a permutation and scaling, whatever the correlation
    between the latents.

    Parameters
    ----------
    Z_estimated : ndarray of shape (n_samples, n_estimated)
        Recovered latents.
    Z : ndarray of shape (n_samples, n_true)
        True latents, no one a linear function of the others.

    Examples
    --------
    >>> import numpy as np
    >>> from identifiability import unique_share
    >>> Z = np.random.default_rng(0).standard_normal((50, 2))
    >>> unique_share(Z[:, ::-1] * [3.0, -1.0], Z)
    1.0
    """
    slopes = unique_slopes(*checked_pair(Z_estimated, Z))
    return matched_mean(shares_of_columns(slopes**2))


def explained_shares(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """R2 of every target column (n, q) given all columns of the source (n, p), shape (q,)."""
    basis, sizes, _ = np.linalg.svd(unit_columns(source), full_matrices=False)
    spanned = basis[:, sizes > _RANK_TOLERANCE * sizes[0]]
    wanted = unit_columns(target)
    residual = wanted - spanned @ (spanned.T @ wanted)
    return np.sum(wanted**2, axis=0) - np.sum(residual**2, axis=0)


def unique_slopes(Z_estimated: np.ndarray, Z: np.ndarray) -> np.ndarray:
    """Slopes times what each true latent varies given the others, shape (n_true, n_estimated).

    Recovered latents are brought to length one, so units cancel.
    """
    basis, inverse = _inverse_root(unit_columns(Z))
    slopes = inverse @ (basis.T @ unit_columns(Z_estimated))
    return slopes / np.linalg.norm(inverse, axis=1)[:, None]


def unique_spreads(Z: np.ndarray) -> np.ndarray:
    """Spread of every true latent (n, d) given the others, in its own units, shape (d,)."""
    return np.std(Z, axis=0) / np.linalg.norm(_inverse_root(unit_columns(Z))[1], axis=1)


def _inverse_root(scaled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Orthonormal basis (n, d) of columns of length one, and what makes it of them (d, d)."""
    refuse_few_rows(scaled)
    basis, triangle = np.linalg.qr(scaled)
    if np.min(np.abs(np.diag(triangle))) < _RANK_TOLERANCE:
        raise InvalidDataError(
            "The score wants true latents that are linearly independent, but one is "
            "constant or a linear function of the others. Leave that column out."
        )
    return basis, np.linalg.solve(triangle, np.eye(scaled.shape[1]))


def refuse_few_rows(Z: np.ndarray) -> None:
    """Refuse fewer samples (n, d) than a regression on all latents and a constant wants."""
    wanted = Z.shape[1] + 2
    if len(Z) < wanted:
        raise InvalidDataError(
            f"A regression on {Z.shape[1]} latents wants at least {wanted} samples, but there "
            f"are {len(Z)}. Score more samples."
        )


def shares_of_columns(sizes: np.ndarray) -> np.ndarray:
    """Non-negative sizes by the sum of their column; zeros where that is zero."""
    total = sizes.sum(axis=0)
    return np.divide(sizes, total, out=np.zeros_like(sizes), where=total > 0.0)


_RANK_TOLERANCE = 1e-10


def matched_mean(gain: np.ndarray) -> float:
    """Mean over the rows of the best one-to-one choice of non-negative parts of gain."""
    size = np.abs(gain)
    rows, columns = linear_sum_assignment(size, maximize=True)
    return float(size[rows, columns].sum() / len(size))


def _oriented(Z: np.ndarray) -> np.ndarray:
    """Standardise columns (n, d) and turn them towards their first principal axis."""
    scaled = unit_columns(Z)
    axis = np.linalg.svd(scaled, full_matrices=False)[2][0]
    return scaled * np.where(axis < 0.0, -1.0, 1.0)


def _comparable(Z: np.ndarray, method: str) -> np.ndarray:
    """Columns, or their ranks, so scaled that products are correlations."""
    return unit_columns(rankdata(Z, axis=0) if method == "spearman" else Z)


def _cosines(Z: np.ndarray, W: np.ndarray) -> np.ndarray:
    return np.clip(Z.T @ W, -1.0, 1.0)


def unit_columns(values: np.ndarray) -> np.ndarray:
    """Centre columns and scale them to length one; a constant column becomes zeros."""
    largest = np.abs(values).max(axis=0)
    values = values / np.where(largest > 0.0, largest, 1.0)
    values = values - values.mean(axis=0)
    length = np.linalg.norm(values, axis=0)
    negligible = np.finfo(float).eps * len(values)
    return np.divide(values, length, out=np.zeros_like(values), where=length > negligible)


def checked_pair(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    pair = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    for values in pair:
        if values.ndim != 2 or values.shape[1] == 0:
            raise InvalidDataError(
                f"Latents must be a matrix (samples, latents), but have shape {values.shape}."
            )
        if not np.isfinite(values).all():
            raise InvalidDataError(
                f"Latents must be finite, but {int((~np.isfinite(values)).sum())} values are NaN "
                "or infinite. Leave those samples out of both."
            )
    if len(pair[0]) != len(pair[1]) or len(pair[0]) < 2:
        raise InvalidDataError(
            "Recovered and true latents must describe the same samples, at least two, but have "
            f"{len(pair[0])} and {len(pair[1])} rows."
        )
    return pair
