"""Confidence intervals of scores by resampling rows, with the matching redone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit
from scipy.stats import t as student

from causalrep.arguments import checked, samples
from causalrep.exceptions import InvalidDataError
from identifiability.class_tests import upper_energy
from identifiability.metrics import (
    affine_r2,
    checked_pair,
    correlation_matrix,
    matched_mean,
    refuse_few_rows,
    shares_of_columns,
    unique_share,
    unit_columns,
)
from identifiability.score_influences import careful_spread

__all__ = ["ScoreInterval", "score_interval"]


@dataclass(frozen=True, kw_only=True)
class ScoreInterval:
    """A score with its confidence interval.

    Parameters
    ----------
    score : str
        What was measured.
    value : float
        Its value in the samples.
    lower, upper : float
        Ends of the interval.
    confidence : float
        Its nominal coverage.
    method : str
        How it was made.
    at_boundary : bool
        Whether the best value of all cannot be excluded, so that the interval is one-sided.
    explanation : str
        Why, and what to do; empty away from the boundary.
    n_resamples : int
        Number of resamples.
    """

    score: str
    value: float
    lower: float
    upper: float
    confidence: float
    method: str
    at_boundary: bool
    explanation: str
    n_resamples: int

    def __contains__(self, value: float) -> bool:
        return self.lower <= value <= self.upper

    def __str__(self) -> str:
        text = f"{self.score} {self.value:.3f} [{self.lower:.3f}, {self.upper:.3f}]"
        return f"{text}. {self.explanation}" if self.explanation else text


@checked(Z_estimated=samples(2), Z=samples(2))
def score_interval(
    Z_estimated: np.ndarray,
    Z: np.ndarray,
    *,
    score: str = "pearson",
    confidence: float = 0.95,
    n_resamples: int = 400,
    random_state: int | np.random.Generator | None = 0,
) -> ScoreInterval:
    r"""Confidence interval of a score of recovered latents, given the map that recovered them.

    Parameters
    ----------
    Z_estimated : ndarray of shape (n_samples, n_estimated)
        Recovered latents.
    Z : ndarray of shape (n_samples, n_true)
        True latents.
    score : {"pearson", "spearman", "unique share", "r2"}, default="pearson"
        Mean correlation coefficients, :func:`unique_share`, or :func:`affine_r2` of the true
        latents.
    confidence : float, default=0.95
        Nominal coverage.
    n_resamples : int, default=400
        Resamples of the rows, at least 100.
    random_state : int, numpy.random.Generator or None, default=0
        Draws them.

    Returns
    -------
    ScoreInterval

    Raises
    ------
    InvalidDataError
        If samples do not fit together, or are fewer than ten for each true latent.

    Notes
    -----
    Every resample is matched anew, for the best matching is part of the score. With
    :math:`\ell` the logit of the score and :math:`\ell^*` those of the resamples the interval is
    :math:`\ell - \mathrm{bias}^* \pm t\, \mathrm{sd}` brought back to (0, 1), where the bias is
    the mean of :math:`\ell^*` less :math:`\ell`. The standard deviation is that of the resamples,
    or that of the influences of single samples, corrected for leverage (HC2), if larger; t is
    the quantile of Student's t with the degrees of freedom that the kurtosis of the influences
    leaves. Both matter for heavy tails, where few samples decide. Rank correlations, whose
    influences are bounded, take the resamples and the normal quantile.

    At the boundary, where the answer truly is a relabelling, a unique share of 1 is never
    estimated and no interval of this kind covers it. Where the exact-class test of
    :func:`examine_class` does not exclude it, the interval of the unique share therefore reaches
    from one minus the upper limit of the off-pattern energy to 1. For the other scores the
    boundary is an answer without any error; then all resamples agree, and the interval says so.

    It is conditional on the fitted map: it tells what more test samples would show, not what
    another fit would.

    References
    ----------
    B. Efron and R. J. Tibshirani, "An introduction to the bootstrap" (1993), chapters 10, 12-14.

    Examples
    --------
    >>> import numpy as np
    >>> from identifiability import score_interval
    >>> rng = np.random.default_rng(0)
    >>> Z = rng.standard_normal((400, 3))
    >>> print(score_interval(Z + 0.5 * rng.standard_normal((400, 3)), Z))
    pearson 0.884 [0.871, 0.896]
    """
    Z_estimated, Z = checked_pair(Z_estimated, Z)
    compute = _scorer(score)
    _refuse(Z, confidence, n_resamples)
    for name, latents in (("Z_estimated", Z_estimated), ("Z", Z)):
        constant = np.flatnonzero(np.ptp(latents, axis=0) == 0)
        if len(constant):
            raise InvalidDataError(
                f"An interval wants latents that vary, but number {constant[0]} of {name} is "
                "constant. Leave it out, or score without an interval."
            )
    tail = (1.0 - confidence) / 2.0
    value = compute(Z_estimated, Z)
    common = {"score": score, "value": value, "confidence": confidence}
    if score == "unique share":
        limit, p_value = upper_energy(Z_estimated, Z, 2.0 * tail)
        if not p_value < 2.0 * tail:
            return ScoreInterval(
                **common,
                lower=1.0 - limit,
                upper=1.0,
                method="one-sided limit of the off-pattern energy",
                at_boundary=True,
                explanation=_NOT_EXCLUDED,
                n_resamples=0,
            )
    drawn = _resampled(score, Z_estimated, Z, n_resamples, np.random.default_rng(random_state))
    if value > 1.0 - _ROUNDING or np.ptp(drawn) < _ROUNDING:
        return ScoreInterval(
            **common,
            lower=value,
            upper=max(value, min(1.0, value + _ROUNDING)),
            method="none: all resamples agree",
            at_boundary=True,
            explanation=_ALL_AGREE,
            n_resamples=n_resamples,
        )
    lower, upper = _logit_interval(value, drawn, tail, *_careful(score, Z_estimated, Z))
    return ScoreInterval(
        **common,
        lower=lower,
        upper=upper,
        method="bias-corrected bootstrap on the logit scale",
        at_boundary=False,
        explanation="",
        n_resamples=n_resamples,
    )


_ROUNDING = 1e-9
_NOT_EXCLUDED = (
    "The data do not exclude that the answer is a relabelling, where no resampling interval "
    "covers the truth; the limit is one-sided. examine_class(..., epsilon=...) asks whether the "
    "rest is small enough"
)
_ALL_AGREE = (
    "All resamples agree, which is no evidence beyond these samples; examine_class(..., "
    "epsilon=...) gives a limit of what is foreign"
)


def _logit_interval(
    value: float, drawn: np.ndarray, tail: float, least: float = 0.0, freedom: float = np.inf
) -> tuple[float, float]:
    """Return the ends of the bias-corrected interval on the logit scale."""
    centre, logits = _logit(value), _logit(drawn)
    bias, spread = logits.mean() - centre, max(float(logits.std(ddof=1)), least)
    reach = student.isf(tail, freedom) * spread
    lower, upper = expit([centre - bias - reach, centre - bias + reach])
    return float(lower), float(upper)


def _logit(values: float | np.ndarray) -> np.ndarray:
    return logit(np.clip(values, _ROUNDING, 1.0 - _ROUNDING))


def _careful(score: str, W: np.ndarray, Z: np.ndarray) -> tuple[float, float]:
    """Least standard deviation of the logit of a score, and its degrees of freedom."""
    if score not in BY_MOMENTS:
        return 0.0, np.inf
    compute, d = BY_MOMENTS[score], Z.shape[1]
    joint = np.column_stack([unit_columns(Z), unit_columns(W)])
    return careful_spread(lambda C: float(_logit(compute(C, d))), joint)


def _resampled(
    score: str, W: np.ndarray, Z: np.ndarray, n_resamples: int, random: np.random.Generator
) -> np.ndarray:
    """Score resamples of the rows of recovered (n, k) and true latents (n, d)."""
    if score in BY_MOMENTS:
        moments = resampled_moments(W, Z, n_resamples, random)
        return np.array([BY_MOMENTS[score](moment, Z.shape[1]) for moment in moments])
    resamples = (random.integers(len(Z), size=len(Z)) for _ in range(n_resamples))
    return np.array([DIRECT[score](W[rows], Z[rows]) for rows in resamples])


def resampled_moments(
    W: np.ndarray, Z: np.ndarray, n_resamples: int, random: np.random.Generator
) -> Iterator[np.ndarray]:
    """Draw covariances (d + k, d + k) of true (n, d) and recovered latents (n, k)."""
    joint = np.column_stack([unit_columns(Z), unit_columns(W)])
    for _ in range(n_resamples):
        yield _covariance(joint[random.integers(len(Z), size=len(Z))])


def _covariance(joint: np.ndarray) -> np.ndarray:
    centred = joint - joint.mean(axis=0)
    return centred.T @ centred


def _correlation_by_moments(moments: np.ndarray, d: int) -> float:
    spread = np.sqrt(np.diag(moments))
    inverse = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0.0)
    return matched_mean(moments[:d, d:] * inverse[:d, None] * inverse[d:])


def _share_by_moments(moments: np.ndarray, d: int) -> float:
    precision = np.linalg.inv(moments[:d, :d])
    slopes = precision @ moments[:d, d:] / np.sqrt(np.diag(precision))[:, None]
    return matched_mean(shares_of_columns(slopes**2))


def _r2_by_moments(moments: np.ndarray, d: int) -> float:
    across = moments[:d, d:]
    solved = np.linalg.pinv(moments[d:, d:], hermitian=True) @ across.T
    return float(np.mean(np.sum(across.T * solved, axis=0) / np.diag(moments)[:d]))


Scorer = Callable[[np.ndarray, np.ndarray], float]
DIRECT: dict[str, Scorer] = {
    "pearson": lambda W, Z: matched_mean(correlation_matrix(Z, W)),
    "spearman": lambda W, Z: matched_mean(correlation_matrix(Z, W, method="spearman")),
    "unique share": unique_share,
    "r2": affine_r2,
}
# The same of the covariance (d + k, d + k) of true and recovered latents: many times faster.
BY_MOMENTS: dict[str, Callable[[np.ndarray, int], float]] = {
    "pearson": _correlation_by_moments,
    "unique share": _share_by_moments,
    "r2": _r2_by_moments,
}


def _scorer(score: str) -> Scorer:
    if score not in DIRECT:
        raise ValueError(f"score must be one of {', '.join(DIRECT)}, but is {score!r}.")
    return DIRECT[score]


def _refuse(Z: np.ndarray, confidence: float, n_resamples: int) -> None:
    refuse_few_rows(Z)
    fewest_rows, fewest_resamples = 10 * Z.shape[1], 100
    if len(Z) < fewest_rows or n_resamples < fewest_resamples or not 0.0 < confidence < 1.0:
        raise InvalidDataError(
            f"An interval wants {fewest_rows} samples for {Z.shape[1]} latents, "
            f"{fewest_resamples} resamples and a confidence between 0 and 1, but got {len(Z)}, "
            f"{n_resamples} and {confidence}."
        )
