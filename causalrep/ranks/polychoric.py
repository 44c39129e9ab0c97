"""Polychoric correlations: those of Gaussian variables of which only categories are seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

__all__ = ["Polychoric", "bivariate_normal_cdf", "polychoric_correlations"]

_INFINITY = 40.0
_TINY = 1e-300
_LEAST_PROBABILITY = 1e-14
_LARGEST = np.arctanh(0.9995)
_LONGEST_STEP = 0.5
_TOLERANCE = 1e-10
_ITERATIONS = 200
_EMPTY_CELL = 0.5
_ROWS_AT_ONCE = 4096


def bivariate_normal_cdf(h: np.ndarray, k: np.ndarray, rho: np.ndarray) -> np.ndarray:
    r"""Probability that two standard Gaussians of correlation rho are below h and k.

    By Owen's function, with :math:`s = \sqrt{1 - \rho^2}` and :math:`\beta` one half if h and k
    have different signs and 0 otherwise,

    .. math:: \Phi_2 = \frac{\Phi(h) + \Phi(k)}{2} - T\Bigl(h, \frac{k - \rho h}{h s}\Bigr)
              - T\Bigl(k, \frac{h - \rho k}{k s}\Bigr) - \beta .

    Parameters
    ----------
    h, k, rho : ndarray
        Broadcast against each other; finite, and rho between -1 and 1.

    Returns
    -------
    ndarray

    References
    ----------
    D. B. Owen, "Tables for computing bivariate normal probabilities", Annals of Mathematical
    Statistics 27 (1956), equation 2.1.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.ranks.polychoric import bivariate_normal_cdf
    >>> bivariate_normal_cdf(np.zeros(2), np.zeros(2), np.array([0.0, 0.5])).round(6)
    array([0.25    , 0.333333])
    """
    h, k = np.where(h == 0, _TINY, h), np.where(k == 0, _TINY, k)
    s = np.sqrt((1 - rho) * (1 + rho))
    owen = special.owens_t(h, (k - rho * h) / (h * s)) + special.owens_t(
        k, (h - rho * k) / (k * s)
    )
    apart = np.where((h < 0) != (k < 0), 0.5, 0.0)
    return (special.ndtr(h) + special.ndtr(k)) / 2 - owen - apart


@dataclass(frozen=True, kw_only=True)
class Polychoric:
    """Polychoric correlations and what determines their errors.

    Parameters
    ----------
    correlation : ndarray of shape (n_features, n_features)
    thresholds : ndarray of shape (n_features, n_categories - 1)
        Where the Gaussian of each column is cut; 40 stands for those that it does not have.
    pairs : ndarray of shape (n_pairs, 2), int
        The pairs of columns i < j, in lexicographic order.
    influences : ndarray of shape (n_pairs, n_categories, n_categories)
        Influence of a sample, by its two categories, on the correlation of each pair.
    at_bound : ndarray of shape (n_pairs,), bool
        Where the likelihood rises up to a correlation of one.
    filled : ndarray of shape (n_pairs,), bool
        Where half a sample was put into empty cells to keep the correlation off that bound.
    converged : ndarray of shape (n_pairs,), bool
    """

    correlation: np.ndarray
    thresholds: np.ndarray
    pairs: np.ndarray
    influences: np.ndarray
    at_bound: np.ndarray
    filled: np.ndarray
    converged: np.ndarray


def polychoric_correlations(codes: np.ndarray) -> Polychoric:
    r"""Estimate polychoric correlations in two steps, all pairs at once.

    Thresholds are Gaussian quantiles of the cumulative proportions; then each correlation
    maximises :math:`\sum_{kl} n_{kl} \log P_{kl}(\rho)` by Fisher's scoring of its inverse
    hyperbolic tangent. A sample with categories k, l moves the estimate by

    .. math:: \mathcal I_{\rho\rho}^{-1} \Bigl( \frac{\dot P_{kl}}{P_{kl}}
              - \mathcal I_{\rho\sigma}' \psi_k - \mathcal I_{\rho\tau}' \psi_l \Bigr), \qquad
              \psi_k = \Bigl( \frac{1\{k \le m\} - \Phi(\sigma_m)}{\phi(\sigma_m)} \Bigr)_m,

    the second and third term being what the errors of the thresholds do.

    Parameters
    ----------
    codes : ndarray of shape (n_samples, n_features), int
        Categories 0, 1, ..., each of which occurs.

    Returns
    -------
    Polychoric

    References
    ----------
    U. Olsson, "Maximum likelihood estimation of the polychoric correlation coefficient",
    Psychometrika 44 (1979), equations 12 to 16, the two-step method.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.ranks.polychoric import polychoric_correlations
    >>> rng = np.random.default_rng(0)
    >>> z = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], size=4000)
    >>> codes = np.column_stack([z[:, 0] > 0.5, np.digitize(z[:, 1], [-1, 0, 1])])
    >>> float(polychoric_correlations(codes).correlation[0, 1].round(2))
    0.59
    """
    counts = _counts(codes)
    shares = np.einsum("ikik->ik", counts) / len(codes)
    thresholds = np.minimum(special.ndtri(np.cumsum(shares, axis=1)[:, :-1].clip(0, 1)), _INFINITY)
    first, second = np.triu_indices(codes.shape[1], 1)
    tables = counts[first, :, second, :]
    h, k = thresholds[first], thresholds[second]
    start = _correlation_of_scores(counts, thresholds)[first, second]
    rho, converged = _maximised(tables, h, k, start)
    filled = np.abs(np.arctanh(rho)) >= _LARGEST
    if filled.any():
        rho[filled], converged[filled] = _maximised(
            _without_empty_cells(tables[filled]), h[filled], k[filled], start[filled]
        )
    correlation = np.eye(codes.shape[1])
    correlation[first, second] = correlation[second, first] = rho
    return Polychoric(
        correlation=correlation,
        thresholds=thresholds,
        pairs=np.column_stack([first, second]),
        influences=_influences(h, k, rho),
        at_bound=np.abs(np.arctanh(rho)) >= _LARGEST,
        filled=filled,
        converged=converged,
    )


def _counts(codes: np.ndarray) -> np.ndarray:
    """Contingency tables of all pairs, of shape (n_features, K, n_features, K)."""
    n_features, K = codes.shape[1], int(codes.max()) + 1
    total = np.zeros((n_features * K, n_features * K))
    for first in range(0, len(codes), _ROWS_AT_ONCE):
        part = codes[first : first + _ROWS_AT_ONCE]
        indicators = (part[:, :, None] == np.arange(K)).astype(np.float64).reshape(len(part), -1)
        total += indicators.T @ indicators
    return total.reshape(n_features, K, n_features, K)


def _correlation_of_scores(counts: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Correlations of the expected Gaussians of the categories, where the search starts."""
    n_features, K = counts.shape[:2]
    weights = np.einsum("ikik->ik", counts)
    densities = np.pad(np.exp(-(thresholds**2) / 2), ((0, 0), (1, 1)))
    scores = -np.diff(densities, axis=1) / np.maximum(weights, 1)
    spread = np.zeros((n_features, n_features * K))
    spread.reshape(n_features, n_features, K)[np.arange(n_features), np.arange(n_features)] = (
        scores
    )
    S = spread @ counts.reshape(n_features * K, -1) @ spread.T
    scales = np.sqrt(np.diag(S))
    return np.clip(S / scales / scales[:, None], -0.95, 0.95)


def _maximised(
    tables: np.ndarray, h: np.ndarray, k: np.ndarray, start: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Correlation of greatest likelihood of each table, and whether the search ended."""
    n_samples = tables.sum(axis=(1, 2))
    z = np.arctanh(start)
    searching = np.arange(len(z))
    for _ in range(_ITERATIONS):
        rho = np.tanh(z[searching])
        ratios, slopes = _scores(h[searching], k[searching], rho)
        score = (tables[searching] * ratios).sum(axis=(1, 2))
        information = n_samples[searching] * (slopes * ratios).sum(axis=(1, 2))
        with np.errstate(divide="ignore", invalid="ignore"):  # NaN where nothing is known of it
            step = score / information / (1 - rho**2)
        moved = z[searching] + np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)
        moved = np.clip(moved, -_LARGEST, _LARGEST)
        done = np.abs(moved - z[searching]) < _TOLERANCE
        z[searching] = moved
        searching = searching[~done]
        if not len(searching):
            break
    converged = np.ones(len(z), dtype=bool)
    converged[searching] = False
    return np.tanh(z), converged


def _scores(h: np.ndarray, k: np.ndarray, rho: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Differentiate the logarithms of the cells' probabilities, and these, by rho."""
    x, y, r = h[:, :, None], k[:, None, :], rho[:, None, None]
    below = np.pad(bivariate_normal_cdf(x, y, r), ((0, 0), (1, 1), (1, 1)))
    below[:, -1, 1:-1], below[:, 1:-1, -1] = special.ndtr(k), special.ndtr(h)
    below[:, -1, -1] = 1.0
    square = (1 - r) * (1 + r)
    density = np.exp(-(x**2 - 2 * r * x * y + y**2) / (2 * square)) / (2 * np.pi * np.sqrt(square))
    density = np.pad(density, ((0, 0), (1, 1), (1, 1)))
    probabilities = np.diff(np.diff(below, axis=1), axis=2)
    slopes = np.diff(np.diff(density, axis=1), axis=2)
    occurs = probabilities > _LEAST_PROBABILITY
    return np.where(occurs, slopes / np.where(occurs, probabilities, 1.0), 0.0), slopes


def _without_empty_cells(tables: np.ndarray) -> np.ndarray:
    """Put half a sample into the empty cells of categories that occur."""
    occurs = (tables.sum(axis=2) > 0)[:, :, None] & (tables.sum(axis=1) > 0)[:, None, :]
    return np.where(occurs & (tables == 0), _EMPTY_CELL, tables)


def _influences(h: np.ndarray, k: np.ndarray, rho: np.ndarray) -> np.ndarray:
    """Influences of samples on each correlation, of shape (n_pairs, K, K)."""
    ratios, slopes = _scores(h, k, rho)
    of_rows = _threshold_terms(ratios, h, k, rho)
    of_columns = _threshold_terms(np.swapaxes(ratios, 1, 2), k, h, rho)
    information = (ratios * slopes).sum(axis=(1, 2))
    return (ratios - of_rows[:, :, None] - of_columns[:, None, :]) / information[:, None, None]


def _threshold_terms(
    ratios: np.ndarray, h: np.ndarray, k: np.ndarray, rho: np.ndarray
) -> np.ndarray:
    """Sum what the errors of the rows' thresholds do, by category; shape (n_pairs, K)."""
    s = np.sqrt((1 - rho) * (1 + rho))[:, None, None]
    given = special.ndtr((k[:, None, :] - rho[:, None, None] * h[:, :, None]) / s)
    given = np.pad(given, ((0, 0), (0, 0), (1, 1)))
    given[:, :, -1] = 1.0
    information = -(np.diff(ratios, axis=1) * np.diff(given, axis=2)).sum(axis=2)
    K = ratios.shape[1]
    below = np.arange(K)[:, None] <= np.arange(K - 1)
    return np.einsum("pm,pkm->pk", information, below - special.ndtr(h)[:, None, :])
