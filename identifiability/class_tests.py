"""Tests whether recovered latents lie within a class, and whether they are close enough to it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.optimize import brentq
from scipy.stats import gamma, norm

from causalrep.arguments import checked, count, number, samples
from causalrep.exceptions import InvalidDataError
from identifiability.certificates import Certificate
from identifiability.class_scores import checked_pattern, refuse_constant, sampled_energy
from identifiability.metrics import checked_pair, refuse_few_rows, unit_columns

__all__ = ["ClassTests", "examine_class"]

EPSILON = 0.05


@dataclass(frozen=True, kw_only=True)
class ClassTests:
    """Evidence for and against recovered latents being within a class.

    Parameters
    ----------
    energy : float
        Off-pattern energy: mean share of a recovered latent that the class forbids.
    upper_limit : float
        Upper confidence limit of it.
    epsilon : float
        Energy that still counts as within the class.
    statistic : float
        Energy over what errors alone would make of it on average; infinite where recovered
        latents are missing.
    degrees_of_freedom : float
        Those of the chi-square variable, shifted and scaled, that it is compared with.
    p_value : float
        Of the test of no foreign latent at all, robust to heteroscedastic residuals.
    p_permutation : float
        Of the permutation test of the same.
    confidence : float
        Confidence of the upper limit.
    n_missing : int
        True latents without a partner; none is within the class.

    Examples
    --------
    >>> import numpy as np
    >>> from identifiability import examine_class
    >>> rng = np.random.default_rng(0)
    >>> Z = rng.standard_normal((500, 3))
    >>> print(examine_class(Z + 0.5 * rng.standard_normal((500, 3)), Z))
    off-pattern energy 0.001, below 0.002 with confidence 0.95: within 0.05 of the class
    no foreign latent at all: p = 0.58 (energy), 0.62 (permutations)
    """

    energy: float
    upper_limit: float
    epsilon: float
    statistic: float
    degrees_of_freedom: float
    p_value: float
    p_permutation: float
    confidence: float
    n_missing: int

    @property
    def equivalent(self) -> bool:
        """Whether the energy is below epsilon with confidence."""
        return self.upper_limit < self.epsilon

    @property
    def rejected(self) -> bool:
        """Whether the class itself is rejected, by its energy at one minus the confidence."""
        return self.p_value < 1.0 - self.confidence

    def __str__(self) -> str:
        verdict = "within" if self.equivalent else "not shown to be within"
        return (
            f"off-pattern energy {self.energy:.3f}, below {self.upper_limit:.3f} with confidence "
            f"{self.confidence:g}: {verdict} {self.epsilon:g} of the class\n"
            f"no foreign latent at all: p = {self.p_value:.2g} (energy), "
            f"{self.p_permutation:.2g} (permutations)"
        )


@checked(
    Z_estimated=samples(2),
    Z=samples(2),
    epsilon=number(0),
    confidence=number(0, 1),
    n_permutations=count(),
)
def examine_class(
    Z_estimated: np.ndarray,
    Z: np.ndarray,
    pattern: Certificate | np.ndarray | None = None,
    *,
    epsilon: float = EPSILON,
    confidence: float = 0.95,
    n_permutations: int = 199,
    random_state: int | np.random.Generator | None = 0,
) -> ClassTests:
    r"""Test whether recovered latents hold no foreign ones, and whether they hold few.

    Parameters
    ----------
    Z_estimated : ndarray of shape (n_samples, n_estimated)
        Recovered latents.
    Z : ndarray of shape (n_samples, n_true)
        True latents, linearly independent.
    pattern : Certificate, ndarray of shape (n_true, n_true) or None, default=None
        What may contain what; None allows each latent itself.
    epsilon : float, default=0.05
        Energy that still counts as within the class, in (0, 1).
    confidence : float, default=0.95
        Of the upper limit.
    n_permutations : int, default=199
        Draws of the permutation test.
    random_state : int, numpy.random.Generator or None, default=0
        Draws the permutations.

    Returns
    -------
    ClassTests

    Notes
    -----
    Intervals of a score end at its estimate plus or minus an error, and an energy that is truly 0
    is never estimated as 0: no such interval covers it. Two questions have an answer there.

    *Is the energy small?* The estimate is :math:`e = \lVert u \rVert^2` with u the weighted
    foreign slopes over all recovered latents, asymptotically :math:`N(\mu, V)` with V the
    leverage-corrected (HC3) sandwich. The upper limit is the largest :math:`\lVert\mu\rVert^2`
    with :math:`P(\lVert u \rVert^2 \le e) \ge 1 - \gamma`, the larger over two directions of
    :math:`\mu`, that of u and the first axis of V; the quadratic form is taken for a shifted gamma
    variable of the same first three moments (Imhof 1961).

    *Is it zero?* Then e has the mean :math:`\operatorname{tr} V`, the variance
    :math:`2 \operatorname{tr} V^2` and the third cumulant :math:`8 \operatorname{tr} V^3`, and is
    compared with the same gamma law. Here V has residuals divided by the root of one minus their
    leverage (HC2), whose trace is without bias where errors are homoscedastic; with
    :math:`\psi_i` the influence of a sample on u, :math:`\operatorname{tr} V^2 = \sum_{i \ne j}
    (\psi_i^\top \psi_j)^2`, since the terms i = j, of order 1/n, are large for heavy tails. No
    inverse of V is needed, which made Hotelling's F reject up to .12 at level .05 where tails are
    heavy or foreign slopes many (56 at 300); this rejects .03 to .07. Beside it stands a
    permutation test that permutes the rows of the residuals of the regressions on the allowed
    latents (Freedman and Lane 1983) and compares the sum of the F statistics: it holds its level
    as well, but not for heteroscedastic residuals. A large p-value is no evidence for the class;
    the upper limit is.

    The matching is that of least energy, taken as known.

    References
    ----------
    J. P. Imhof, "Computing the distribution of quadratic forms in normal variables",
    Biometrika 48 (1961). J. G. MacKinnon and H. White, "Some heteroskedasticity-consistent
    covariance matrix estimators with improved finite sample properties", Journal of Econometrics
    29 (1985), for HC2 and HC3. D. Freedman and D. Lane, "A nonstochastic interpretation of
    reported significance levels", Journal of Business & Economic Statistics 1 (1983).

    Examples
    --------
    >>> import numpy as np
    >>> from identifiability import examine_class
    >>> rng = np.random.default_rng(0)
    >>> Z = rng.standard_normal((500, 2))
    >>> mixed = Z @ [[1.0, 1.0], [0.0, 1.0]]  # the second contains the first
    >>> examine_class(mixed, Z).equivalent, examine_class(mixed, Z, [[1, 0], [1, 1]]).equivalent
    (False, True)
    """
    Z_estimated, Z = checked_pair(Z_estimated, Z)
    refuse_constant(Z)
    refuse_few_rows(Z)
    if not (0.0 < epsilon < 1.0 and 0.0 < confidence < 1.0) or n_permutations < 1:
        raise InvalidDataError(
            "Wanted are epsilon and confidence between 0 and 1 and a permutation, but there are "
            f"{epsilon}, {confidence} and {n_permutations}."
        )
    allowed = checked_pattern(pattern, Z.shape[1])
    score = sampled_energy(Z_estimated, Z, allowed)
    varying = np.ptp(Z_estimated, axis=0) > 0.0
    partnered = (score.permutation >= 0) & varying[score.permutation]
    answer = Z_estimated[:, score.permutation[partnered]]
    n_missing = int((~partnered).sum())
    u, influence, leverage = _foreign_slopes(answer, Z, allowed[partnered])
    careful = influence / (1.0 - leverage)[:, None]
    upper = _upper_limit(u, careful.T @ careful, 1.0 - confidence) + n_missing / Z.shape[1]
    unbiased = influence / np.sqrt(1.0 - leverage)[:, None]
    statistic, freedom, p_value = _energy_test(float(u @ u), unbiased)
    random = np.random.default_rng(random_state)
    p_permutation = _permuted_p_value(answer, Z, allowed[partnered], n_permutations, random)
    return ClassTests(
        energy=score.value,
        upper_limit=max(min(upper, 1.0), score.value),
        epsilon=epsilon,
        statistic=np.inf if n_missing else statistic,
        degrees_of_freedom=freedom,
        p_value=0.0 if n_missing else p_value,
        p_permutation=1.0 / (n_permutations + 1.0) if n_missing else p_permutation,
        confidence=confidence,
        n_missing=n_missing,
    )


def upper_energy(Z_estimated: np.ndarray, Z: np.ndarray, tail: float) -> tuple[float, float]:
    """Upper limit of the energy outside single latents, and the p-value of its being zero."""
    found = examine_class(Z_estimated, Z, confidence=1.0 - tail, n_permutations=1)
    return found.upper_limit, found.p_value


def _foreign_slopes(
    answer: np.ndarray, Z: np.ndarray, allowed: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weighted foreign slopes (q,) of all recovered latents (n, k), and where they come from.

    The sum of their squares is the mean energy over all d true latents. Also returned are the
    influences (n, q) of the samples on them, without correction, and their leverages (n,).
    """
    wanted = unit_columns(answer)
    basis, triangle = np.linalg.qr(unit_columns(Z))
    inverse = np.linalg.solve(triangle, np.eye(Z.shape[1]))
    rows = (inverse / np.linalg.norm(inverse, axis=1)[:, None]) @ basis.T
    slopes = rows @ wanted
    residuals = wanted - basis @ (basis.T @ wanted)
    leverage = np.minimum(1.0 / len(Z) + np.sum(basis**2, axis=1), 1.0 - 1e-6)
    sizes = np.sqrt(Z.shape[1] * np.sum(slopes**2, axis=0))
    latent, foreign = np.nonzero(~allowed)
    influence = rows[foreign].T * (residuals / sizes)[:, latent]
    return (slopes / sizes)[foreign, latent], influence, leverage


def _upper_limit(u: np.ndarray, V: np.ndarray, tail: float) -> float:
    """Largest squared length of the mean that u (q,) is compatible with."""
    energy = float(u @ u)
    spread, axes = np.linalg.eigh(V) if len(u) else (np.zeros(0), np.zeros((0, 0)))
    spread = np.maximum(spread, 0.0)
    if energy + spread.sum() < _NOTHING:
        return 0.0
    directions = [axes[:, -1], u / np.sqrt(energy)] if energy > 0.0 else [axes[:, -1]]
    return max(_limit_along((axes.T @ each) ** 2, spread, energy, tail) for each in directions)


_NOTHING = 1e-20
_ROUNDING = 1e-12


def _limit_along(shares: np.ndarray, spread: np.ndarray, energy: float, tail: float) -> float:
    """Squared length along squared direction cosines (q,) in the axes of the spread (q,)."""
    excess = partial(_tail_beyond, shares=shares, spread=spread, energy=energy, tail=tail)
    if excess(0.0) <= 0.0:
        return 0.0
    reach = np.sqrt(energy) + 2.0 * norm.isf(tail) * np.sqrt(spread.max()) + np.sqrt(_NOTHING)
    while excess(reach) > 0.0:
        reach *= 2.0
    return float(brentq(excess, 0.0, reach, rtol=1e-6)) ** 2


def _tail_beyond(
    length: float, shares: np.ndarray, spread: np.ndarray, energy: float, tail: float
) -> float:
    """Probability of no more than the energy, less the tail, for a mean of some length."""
    moved = length**2 * shares
    first = spread.sum() + moved.sum()
    second = np.sum(spread**2) + 2.0 * np.sum(spread * moved)
    third = np.sum(spread**3) + 3.0 * np.sum(spread**2 * moved)
    if third < _NOTHING**3:
        return float(energy >= first) - tail
    height, freedom = _as_chi_square(energy, first, second, third)
    return float(gamma.cdf(height / 2.0, freedom / 2.0)) - tail


def _as_chi_square(
    energy: float, first: float, second: float, third: float
) -> tuple[float, float]:
    """Chi-square value and degrees of freedom of a quadratic form, from traces of powers."""
    freedom = second**3 / third**2
    return (energy - first) * np.sqrt(freedom / second) + freedom, freedom


def _energy_test(energy: float, influence: np.ndarray) -> tuple[float, float, float]:
    """Ratio of an energy to its mean from influences (n, q) alone, freedom and p-value."""
    sizes = np.sum(influence**2, axis=1)
    first = float(sizes.sum())
    if energy + first < _NOTHING:
        return 0.0, 0.0, 1.0
    if first <= _ROUNDING * energy:  # without residuals any foreign slope counts as certain
        return np.inf, 0.0, 0.0
    spread = np.maximum(np.linalg.eigvalsh(influence.T @ influence), 0.0)
    raw = float(np.sum(spread**2))
    second = max(raw - float(np.sum(sizes**2)), first**2 / len(spread))
    third = max(float(np.sum(spread**3)) * (second / raw) ** 1.5, second**2 / first)
    height, freedom = _as_chi_square(energy, first, second, third)
    return energy / first, freedom, float(gamma.sf(max(height, 0.0) / 2.0, freedom / 2.0))


def _permuted_p_value(
    answer: np.ndarray,
    Z: np.ndarray,
    allowed: np.ndarray,
    n_draws: int,
    random: np.random.Generator,
) -> float:
    """Share of permutations of the residuals (n, k) with no smaller sum of F statistics."""
    if not len(allowed):
        return 1.0
    wanted = unit_columns(answer)
    full = np.linalg.qr(unit_columns(Z))[0]
    bases = [np.linalg.qr(unit_columns(Z[:, row]))[0] for row in allowed]
    residuals = np.column_stack(
        [y - basis @ (basis.T @ y) for y, basis in zip(wanted.T, bases, strict=True)]
    )
    if np.sum(residuals**2) < _NOTHING:
        return 1.0
    observed = _sum_of_ratios(residuals, bases, full)
    drawn = [_sum_of_ratios(random.permutation(residuals), bases, full) for _ in range(n_draws)]
    return (1.0 + sum(value >= observed for value in drawn)) / (n_draws + 1.0)


def _sum_of_ratios(values: np.ndarray, bases: list[np.ndarray], full: np.ndarray) -> float:
    """Sum over columns (n, k) of what the foreign latents explain by what nobody explains."""
    total = np.sum(values**2, axis=0)
    within = np.array(
        [np.sum((basis.T @ y) ** 2) for y, basis in zip(values.T, bases, strict=True)]
    )
    all_of_them = np.sum((full.T @ values) ** 2, axis=0)
    left = np.maximum(total - all_of_them, _NOTHING)
    return float(np.sum((all_of_them - within) / left))
