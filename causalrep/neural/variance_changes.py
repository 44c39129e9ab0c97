"""What changes of variance between environments tell about latents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Self

import numpy as np
from scipy.special import fdtrc

from causalrep.results import Identification, StatisticalTest, names_of

__all__ = [
    "VarianceChanges",
    "identified_latents",
    "independent_rotation",
    "proportional_variances",
]

_SMALLEST, _LEAST_SPREAD = 1e-300, 1e-3
_MOST_LEVERAGE = 0.9
_MOST_ROUNDS, _ENOUGH, _LONGEST_STEP = 200, 1e-9, 0.5


@dataclass(frozen=True, kw_only=True, eq=False)
class VarianceChanges:
    """Variances of latents in environments.

    Parameters
    ----------
    variances : ndarray of shape (n_environments, n_latents)
    spreads : ndarray of shape (n_latents,)
        Sampling variance of the logarithm of a variance, times the number of samples: the kurtosis
        less one within environments, on average, corrected for leverage.
    sizes : ndarray of shape (n_environments,)
        Numbers of samples.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.neural.variance_changes import VarianceChanges
    >>> Z = np.array([[1.0], [3.0], [0.0], [4.0]])
    >>> VarianceChanges.of(Z, np.array([0, 0, 1, 1])).variances.tolist()
    [[1.0], [4.0]]
    """

    variances: np.ndarray
    spreads: np.ndarray
    sizes: np.ndarray

    @classmethod
    def of(cls, Z: np.ndarray, numbers: np.ndarray) -> Self:
        """Measure latents of shape (n_samples, n_latents), whose environments are numbered."""
        groups = [Z[numbers == u] - Z[numbers == u].mean(axis=0) for u in np.unique(numbers)]
        sizes = np.array([len(some) for some in groups], dtype=float)
        variances = np.array([np.mean(some**2, axis=0) for some in groups])
        influences = np.concatenate([_influences(some) for some in groups])
        return cls(variances=variances, spreads=np.mean(influences**2, axis=0), sizes=sizes)


def independent_rotation(covariances: np.ndarray) -> np.ndarray:
    """Find the linear map that makes covariances of several environments diagonal.

    Parameters
    ----------
    covariances : ndarray of shape (n_environments, d, d)
        Positive definite.

    Returns
    -------
    ndarray of shape (d, d)
        Latents in rows, scaled to mean variance 1.

    Notes
    -----
    It maximises the likelihood of independent normal latents whose variances change, that is,
    minimises the sum of ``log det diag(B C B') - log det (B C B')`` over environments [1]_, by
    steps ``B <- (I + E) B``: to second order, and where the matrices are nearly diagonal, every
    pair (i, j) of E has its own system of two equations,
    ``mean(c_jj / c_ii) E_ij + E_ji = -mean(c_ij / c_ii)``.

    References
    ----------
    .. [1] D. T. Pham, J.-F. Cardoso, "Blind separation of instantaneous mixtures of
       nonstationary sources", IEEE Transactions on Signal Processing 49 (2001).

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.neural.variance_changes import independent_rotation
    >>> mixing = np.array([[1.0, 0.5], [0.2, 1.0]])
    >>> laws = [mixing @ np.diag(v) @ mixing.T for v in ([1.0, 1.0], [4.0, 1.0], [1.0, 9.0])]
    >>> found = independent_rotation(np.array(laws)) @ mixing
    >>> bool((np.sort(np.abs(found), axis=1)[:, 0] < 1e-9).all())
    True
    """
    values, vectors = np.linalg.eigh(covariances.mean(axis=0))
    B = (vectors / np.sqrt(np.maximum(values, values[-1] * 1e-12))).T
    for _ in range(_MOST_ROUNDS):
        step = _rotation_step(B @ covariances @ B.T)
        size = np.abs(step).max(initial=0)
        B = B + (step * min(1, _LONGEST_STEP / max(size, _SMALLEST))) @ B
        if size < _ENOUGH:
            break
    return B / np.sqrt(np.einsum("ij,jk,ik->i", B, covariances.mean(axis=0), B))[:, None]


def proportional_variances(
    changes: VarianceChanges, names: tuple[str, ...], alpha: float
) -> tuple[StatisticalTest, ...]:
    """Test for every pair of latents that their variances change in proportion.

    Parameters
    ----------
    changes : VarianceChanges
    names : tuple of str
        Names of the latents.
    alpha : float
        Level of all tests together (Bonferroni).

    Returns
    -------
    tuple of StatisticalTest
        A pair for which it is not rejected may be mixed by any rotation.

    Notes
    -----
    The logarithm of a variance is estimated with variance ``(kurtosis - 1) / n``, so that
    weighted squares of the log-ratios around their mean are chi-square with one degree of
    freedom less than there are environments; for few samples, that many times Fisher's F. A large
    value raises variance and kurtosis alike, but within n samples the kurtosis stays below n: with
    the influence ``z**2 / variance - 1`` of each sample divided by the root of one less
    its share of the squares [1]_, a test at level .05 rejects .04 to .07 with 50 samples or more
    an environment, and .06 to .35 without.

    References
    ----------
    .. [1] J. G. MacKinnon, H. White, "Some heteroskedasticity-consistent covariance matrix
       estimators with improved finite sample properties", Journal of Econometrics 29 (1985)
       305-325 (HC2, there for regression).

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.neural.variance_changes import VarianceChanges, proportional_variances
    >>> Z = np.random.default_rng(0).normal(size=(300, 2))
    >>> numbers = np.repeat([0, 1, 2], 100)
    >>> Z[numbers == 1, 0] *= 3
    >>> proportional_variances(VarianceChanges.of(Z, numbers), ("L1", "L2"), 0.05)[0].rejected
    True
    """
    logs = np.log(np.maximum(changes.variances, _SMALLEST))
    spreads = np.maximum(changes.spreads, _LEAST_SPREAD)
    pairs = list(combinations(range(len(names)), 2))
    among = len(changes.sizes) - 1.0
    within = max(changes.sizes.sum() - len(changes.sizes), 1.0)
    tests = []
    for i, j in pairs:
        weights = np.maximum(changes.sizes - 1, _SMALLEST) / (spreads[i] + spreads[j])
        ratio = logs[:, i] - logs[:, j]
        statistic = float(weights @ (ratio - np.average(ratio, weights=weights)) ** 2)
        p_value = float(fdtrc(among, within, statistic / among))
        tests.append(
            StatisticalTest(
                hypothesis=f"the variances of {names[i]} and {names[j]} change in proportion",
                variables=(names[i], names[j]),
                statistic=statistic,
                degrees_of_freedom=among,
                p_value=p_value,
                rejected=p_value < alpha / len(pairs),
            )
        )
    return tuple(tests)


def _influences(centred: np.ndarray) -> np.ndarray:
    """Influences of the samples of an environment on the logarithms of its variances."""
    squares = centred**2
    shares = squares / np.maximum(squares.sum(axis=0), _SMALLEST)
    return (len(centred) * shares - 1) / np.sqrt(1 - np.minimum(shares, _MOST_LEVERAGE))


def identified_latents(
    tests: Iterable[StatisticalTest],
    names: tuple[str, ...],
    n_environments: int,
    degree: int,
) -> Identification:
    """Say which latents are identified.

    Parameters
    ----------
    tests : iterable of StatisticalTest
        From :func:`proportional_variances`.
    names : tuple of str
        Names of the latents.
    n_environments : int
    degree : int
        Of the polynomials by which latents depend on one another.

    Returns
    -------
    Identification

    Examples
    --------
    >>> from causalrep.neural.variance_changes import identified_latents
    >>> print(identified_latents((), ("L1",), 3, 0).summary)
    All latents are identified up to order, sign, scale and offset, if the model holds.
    """
    if degree:
        return _affine_at_best(names, n_environments, degree)
    alike: dict[str, list[str]] = {name: [] for name in names}
    for test in tests:
        if not test.rejected:
            first, second = test.variables
            alike[first].append(second)
            alike[second].append(first)
    wanted, up_to = len(names) + 1, "order, sign, scale and offset"
    if n_environments < wanted:
        summary = (
            f"{len(names)} latents need at least {wanted} environments to be identifiable by "
            f"changes of their variances, but there are {n_environments}."
        )
        up_to = f"needs {wanted} environments or more, but there are {n_environments}"
    elif any(alike.values()):
        unsure = names_of([name for name in names if alike[name]])
        summary = (
            f"The variances of {unsure} may change in proportion, so these latents may be mixed "
            "with one another. You need environments that change them differently."
        )
    else:
        summary = f"All latents are identified up to {up_to}, if the model holds."
    rows = tuple(
        (name, n_environments >= wanted and not alike[name], _reason(alike[name], up_to))
        for name in names
    )
    return Identification(rows=rows, edges=(), summary=summary)


def _reason(alike: list[str], otherwise: str) -> str:
    if not alike:
        return otherwise
    return f"may be mixed with {names_of(alike)}, whose variance may change in proportion"


def _affine_at_best(names: tuple[str, ...], n_environments: int, degree: int) -> Identification:
    """Say what is identified of latents that depend on one another."""
    wanted = len(names) * (len(names) + 1) // 2 + 1
    reason = "an affine map of all latents at best"
    if degree > 1:
        summary = (
            f"Nothing is claimed of latents with mechanisms of degree {degree}: no proof could be "
            "checked."
        )
    elif n_environments < wanted:
        summary = (
            f"{len(names)} latents that depend on one another need {wanted} environments to be "
            f"identifiable up to an affine map, but there are {n_environments}."
        )
    else:
        summary = (
            "The latents are identified up to an affine map, if the model holds. You need "
            "environments in which they are independent, and degree=0, to tell them apart."
        )
    return Identification(
        rows=tuple((name, False, reason) for name in names), edges=(), summary=summary
    )


def _rotation_step(covariances: np.ndarray) -> np.ndarray:
    variances = np.einsum("uii->ui", covariances)
    off = (covariances / variances[:, :, None]).mean(axis=0)
    ratio = (variances[:, None, :] / variances[:, :, None]).mean(axis=0)
    determinant = np.maximum(ratio * ratio.T - 1, 1e-6)
    step = (off.T - ratio.T * off) / determinant
    np.fill_diagonal(step, 0)
    return step
