"""How far recovered latents lie outside the class that a certificate promises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.preprocessing import SplineTransformer

from causalrep.arguments import array, checked, samples
from causalrep.exceptions import InvalidDataError
from identifiability.certificates import Certificate
from identifiability.metrics import (
    checked_pair,
    explained_shares,
    refuse_few_rows,
    shares_of_columns,
    unique_slopes,
)

__all__ = ["ClassScore", "checked_pattern", "class_residual", "off_pattern_energy"]

MISSING = -1
REGRESSIONS = ("affine", "splines")


@dataclass(frozen=True, kw_only=True, eq=False)
class ClassScore:
    """Misfit of recovered latents to a pattern of allowed contamination.

    Parameters
    ----------
    value : float
        Mean of the misfits over the true latents: 0 exactly within the class, 1 at worst.
    misfits : ndarray of shape (n_true,)
        That of the partner of each true latent; 1 where it has none.
    permutation : ndarray of shape (n_true,)
        Position of the partner of every true latent, -1 where it has none.
    chance : float
        What unrelated latents are expected to get.
    pattern : ndarray of shape (n_true, n_true), bool
        Which true latents (columns) the partner of each one (row) may contain.
    """

    value: float
    misfits: np.ndarray
    permutation: np.ndarray
    chance: float
    pattern: np.ndarray

    def __float__(self) -> float:
        return self.value


@checked(Z_estimated=samples(2), Z=samples(2))
def class_residual(
    Z_estimated: np.ndarray,
    Z: np.ndarray,
    pattern: Certificate | np.ndarray | None = None,
    *,
    regression: str = "affine",
) -> ClassScore:
    r"""Share of the recovered latents that those allowed by a certificate do not explain.

    .. math:: r_C = \min_\pi \frac{1}{d} \sum_i
       \left(1 - R^2(\hat z_{\pi(i)} \mid z_{S(i)})\right)

    over one-to-one matchings, where S(i) holds what the pattern allows for latent i.

    Parameters
    ----------
    Z_estimated : ndarray of shape (n_samples, n_estimated)
        Recovered latents.
    Z : ndarray of shape (n_samples, n_true)
        True latents, none constant.
    pattern : Certificate, ndarray of shape (n_true, n_true) or None, default=None
        What may contain what; of a certificate its pattern. None allows each latent itself.
    regression : {"affine", "splines"}, default="affine"
        Sums of cubic splines of the latents serve classes that leave monotone maps open.

    Returns
    -------
    ClassScore

    Raises
    ------
    InvalidDataError
        If samples do not fit together, are too few, or a true latent is constant.

    Notes
    -----
    The residual asks whether foreign latents got in, not whether the own one did: copies of a
    root are within the class of ancestors. :func:`affine_r2` of the true latents given the
    recovered ones sees that. Unrelated latents get :math:`1 - |S(i)| / (n - 1)` on average.

    Examples
    --------
    >>> import numpy as np
    >>> from identifiability import class_residual
    >>> Z = np.random.default_rng(0).standard_normal((500, 2))
    >>> mixed = Z @ [[1.0, 1.0], [0.0, 1.0]]  # the second contains the first
    >>> ancestors = np.array([[True, False], [True, True]])
    >>> class_residual(mixed, Z, ancestors).value < 1e-12
    True
    >>> round(class_residual(mixed, Z).value, 2)
    0.25
    """
    Z_estimated, Z = checked_pair(Z_estimated, Z)
    if regression not in REGRESSIONS:
        raise ValueError(f"regression must be 'affine' or 'splines', but is {regression!r}.")
    refuse_constant(Z)
    allowed = checked_pattern(pattern, Z.shape[1])
    blocks = [_basis(column, regression) for column in Z.T]
    kept = (np.flatnonzero(row) for row in allowed)
    sources = [np.column_stack([blocks[place] for place in places]) for places in kept]
    refuse_few_rows(max(sources, key=np.size))
    explained = np.array([explained_shares(source, Z_estimated) for source in sources])
    sizes = np.array([source.shape[1] for source in sources])
    chance = 1.0 - float(np.mean(np.minimum(sizes / (len(Z) - 1), 1.0)))
    return _matched(1.0 - explained, chance, allowed)


@checked(effective=array(2), spreads=array(1))
def off_pattern_energy(
    effective: np.ndarray,
    pattern: Certificate | np.ndarray | None = None,
    *,
    spreads: Sequence[float] | np.ndarray | None = None,
) -> ClassScore:
    r"""Share of an effective mixing's energy that lies outside what a certificate allows.

    With :math:`\hat z = W z` and :math:`s_j` the spread of true latent j,

    .. math:: e = \min_\pi \frac{1}{d} \sum_i
       \frac{\sum_{j \notin S(i)} (w_{\pi(i) j} s_j)^2}{\sum_j (w_{\pi(i) j} s_j)^2}.

    Where S(i) holds i alone and the spreads are those given the other latents, it is one minus
    the :func:`unique_share`.

    Parameters
    ----------
    effective : ndarray of shape (n_estimated, n_true)
        Effective mixing, unmixing times mixing.
    pattern : Certificate, ndarray of shape (n_true, n_true) or None, default=None
        What may contain what; None allows each latent itself.
    spreads : ndarray of shape (n_true,), default=None
        Positive; None takes latents of equal spread.

    Returns
    -------
    ClassScore
        Its chance level is that of isotropic random rows, :math:`1 - |S(i)| / d` on average.

    Examples
    --------
    >>> import numpy as np
    >>> from identifiability import off_pattern_energy
    >>> energy = off_pattern_energy(np.array([[0.0, 2.0], [3.0, 1.0]]))
    >>> round(energy.value, 3), energy.permutation.tolist()
    (0.05, [1, 0])
    """
    effective = np.asarray(effective, dtype=float)
    if effective.ndim != 2 or not np.isfinite(effective).all():
        raise InvalidDataError(
            "An effective mixing must be a finite matrix (estimated, true latents), but has "
            f"shape {effective.shape} and {int((~np.isfinite(effective)).sum())} values that "
            "are not finite."
        )
    allowed = checked_pattern(pattern, effective.shape[1])
    sizes = np.ones(len(allowed)) if spreads is None else np.asarray(spreads, dtype=float)
    if sizes.shape != (len(allowed),) or not (sizes > 0.0).all():
        raise InvalidDataError(
            f"spreads must be {len(allowed)} positive numbers, one for each true latent, but "
            f"are {sizes.tolist()}."
        )
    return energy_of(effective * sizes, allowed)


def sampled_energy(Z_estimated: np.ndarray, Z: np.ndarray, allowed: np.ndarray) -> ClassScore:
    """Off-pattern energy of the regression of recovered (n, k) on true latents (n, d)."""
    return energy_of(unique_slopes(Z_estimated, Z).T, allowed)


def energy_of(weighted: np.ndarray, allowed: np.ndarray) -> ClassScore:
    """Off-pattern energy of slopes (k, d) weighted by spreads; rows of zeros are misfits."""
    shares = shares_of_columns(weighted.T**2)
    outside = np.where(shares.any(axis=0), (~allowed).astype(float) @ shares, 1.0)
    chance = 1.0 - float(allowed.mean(axis=1).mean())
    return _matched(outside, chance, allowed)


def checked_pattern(pattern: Certificate | np.ndarray | None, n_true: int) -> np.ndarray:
    """Return the pattern as bool (n_true, n_true); every latent may contain itself.

    Raises
    ------
    InvalidDataError
        If it is about another number of latents.
    """
    if pattern is None:
        return np.eye(n_true, dtype=bool)
    allowed = np.asarray(pattern.pattern if isinstance(pattern, Certificate) else pattern)
    if allowed.shape != (n_true, n_true):
        raise InvalidDataError(
            f"A pattern over {n_true} true latents must be {n_true} x {n_true}, but has shape "
            f"{allowed.shape}. Take the certificate of the graph that drew them."
        )
    return allowed.astype(bool) | np.eye(n_true, dtype=bool)


def refuse_constant(Z: np.ndarray) -> None:
    """Refuse true latents (n, d) of which one is constant."""
    constant = np.flatnonzero(np.ptp(Z, axis=0) == 0.0)
    if len(constant):
        raise InvalidDataError(
            f"Every true latent must vary, but number {constant[0]} is constant in the samples. "
            "Leave that column out."
        )


def _matched(misfits: np.ndarray, chance: float, allowed: np.ndarray) -> ClassScore:
    """Score the matching of least misfit (n_true, n_estimated)."""
    true, estimated = linear_sum_assignment(misfits)
    permutation = np.full(len(misfits), MISSING)
    permutation[true] = estimated
    taken = np.ones(len(misfits))
    taken[true] = np.clip(misfits[true, estimated], 0.0, 1.0)
    return ClassScore(
        value=float(taken.mean()),
        misfits=taken,
        permutation=permutation,
        chance=chance,
        pattern=allowed,
    )


def _basis(column: np.ndarray, regression: str) -> np.ndarray:
    """Columns (n, k) that span the functions of one latent."""
    if regression == "affine":
        return column[:, None]
    unit = 2.0 ** np.floor(np.log2(np.abs(column).max()))
    splines = SplineTransformer(n_knots=5, knots="quantile", include_bias=False)
    return splines.fit_transform(column[:, None] / unit)
