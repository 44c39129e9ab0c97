"""Exogenous actions: the gate they pass, and their linear effects on latents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_array, check_consistent_length, column_or_1d

from causalrep.data import Dataset, default_names
from causalrep.entries import refuse_kinds
from causalrep.exceptions import DegenerateDataError, IdentifiabilityError, InvalidDataError
from causalrep.neural.rows import standardisation
from causalrep.ranks import RobustRankTest
from causalrep.results import StatisticalTest, names_of
from causalrep.validation import check_columns

__all__ = [
    "LinearEffects",
    "actions_of",
    "check_actions",
    "check_observations",
    "check_outcome",
    "effect_rank_test",
    "not_identifiable",
]

_FEWEST = 30


@dataclass(frozen=True, kw_only=True, eq=False)
class LinearEffects:
    """Least squares of latents on actions: ``phi = actions @ effects.T + intercept + residuals``.

    Parameters
    ----------
    effects : ndarray of shape (n_latents, n_actions)
    intercept : ndarray of shape (n_latents,)
    residuals : ndarray of shape (n_samples, n_latents)

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.neural.actions import LinearEffects
    >>> actions = np.array([[0.0], [1.0], [2.0]])
    >>> LinearEffects.of(3 * actions - 1, actions).effects.round(9)
    array([[3.]])
    """

    effects: np.ndarray
    intercept: np.ndarray
    residuals: np.ndarray

    @classmethod
    def of(cls, phi: np.ndarray, actions: np.ndarray) -> Self:
        """Fit latents of shape (n_samples, n_latents) on (n_samples, n_actions)."""
        centre, unit = standardisation(actions)
        design = np.column_stack([(actions - centre) / unit, np.ones(len(actions))])
        solution = np.linalg.lstsq(design, phi, rcond=None)[0]
        effects = solution[:-1].T / unit
        return cls(
            effects=effects,
            intercept=solution[-1] - effects @ centre,
            residuals=phi - design @ solution,
        )

    @classmethod
    def itself(cls, actions: np.ndarray) -> Self:
        """Take actions of shape (n_samples, n_actions) for the latents."""
        n_actions = actions.shape[1]
        nothing = np.zeros(n_actions), np.zeros(actions.shape)
        return cls(effects=np.eye(n_actions), intercept=nothing[0], residuals=nothing[1])

    def centres(self, actions: np.ndarray) -> np.ndarray:
        """Return the mean latents under actions, shape (n_points, n_latents)."""
        return actions @ self.effects.T + self.intercept


def check_actions(estimator: BaseEstimator, X: Any, y: Any) -> np.ndarray:
    """Validate actions, which are ``y`` or else travel with a Dataset.

    Parameters
    ----------
    estimator : BaseEstimator
        Named in messages.
    X : Dataset or array-like of shape (n_samples, n_features)
        Features.
    y : array-like of shape (n_samples, n_actions) or (n_samples,), or None
        Actions.

    Returns
    -------
    ndarray of shape (n_samples, n_actions), float64

    Raises
    ------
    InvalidDataError
        If there are none, or they are no finite numbers.
    DegenerateDataError
        If an action is constant or a linear combination of the others.
    """
    name = type(estimator).__name__
    y = X.actions if y is None and isinstance(X, Dataset) else y
    if y is None:
        raise InvalidDataError(
            f"{name} requires y to be passed, but the target y is None: y holds the actions under "
            "which each sample came about, one column each (or pass a Dataset that has actions)."
        )
    refuse_kinds(name, y, "y")
    if np.asarray(y).dtype.kind in "USO" and _holds_text(y):
        raise InvalidDataError(
            f"{name} wants actions that are numbers, but y holds text. Encode treatments by one "
            "column each, leaving one out."
        )
    try:
        check_consistent_length(X, y)
        actions = check_array(
            y, dtype=np.float64, ensure_2d=False, ensure_min_samples=0, input_name="y"
        )
    except ValueError as error:
        raise InvalidDataError(
            f"{name} wants y to hold the actions of every sample as finite numbers. {error}"
        ) from error
    actions = actions.reshape(len(actions), -1)
    names = tuple(f"{action!s}" for action in getattr(y, "columns", ())) or default_names(
        actions.shape[1], "A"
    )
    if len(actions) > 1:
        _refuse_degenerate(name, actions, names)
    return actions


def actions_of(X: Any) -> Any:
    """Return the actions of a Dataset that has some, and anything else as it is."""
    return X.actions if isinstance(X, Dataset) and X.actions is not None else X


def check_observations(estimator: BaseEstimator, actions: np.ndarray, observations: Any) -> None:
    """Refuse observations that are not one for every row of actions.

    Parameters
    ----------
    estimator : BaseEstimator
        Named in messages.
    actions : ndarray of shape (n_samples, n_actions)
    observations : Dataset, array-like or frame of shape (n_samples, n_features)

    Raises
    ------
    InvalidDataError
        If numbers of samples differ.
    """
    try:
        check_consistent_length(actions, observations)
    except ValueError as error:
        raise InvalidDataError(
            f"{type(estimator).__name__} wants observations of every sample of the actions. "
            f"{error}"
        ) from error


def check_outcome(estimator: BaseEstimator, actions: np.ndarray, y: Any) -> np.ndarray:
    """Return the outcome as a vector of finite numbers.

    Parameters
    ----------
    estimator : BaseEstimator
        Named in messages.
    actions : ndarray of shape (n_samples, n_actions)
    y : array-like of shape (n_samples,) or None

    Raises
    ------
    InvalidDataError
        If there is none, or it is no finite number for every sample.
    """
    if y is None:
        raise InvalidDataError(
            f"{type(estimator).__name__} requires y to be passed, but the target y is None: y "
            "holds the outcome of each sample (or pass a Dataset that has actions and outcome)."
        )
    refuse_kinds(type(estimator).__name__, y, "y")
    try:
        y = check_array(y, dtype=np.float64, ensure_2d=False, input_name="y")
        check_consistent_length(actions, y)
    except ValueError as error:
        raise InvalidDataError(
            f"{type(estimator).__name__} wants y to hold the outcome of every sample as a finite "
            f"number. {error}"
        ) from error
    return column_or_1d(y, warn=True)


def effect_rank_test(
    phi: np.ndarray, actions: np.ndarray, latents: tuple[str, ...], alpha: float
) -> StatisticalTest:
    """Test whether the actions leave some direction of the latents alone.

    Parameters
    ----------
    phi : ndarray of shape (n_samples, n_latents)
        Latents, best of samples that did not shape them.
    actions : ndarray of shape (n_samples, n_actions)
    latents : tuple of str
        Names of the latents.
    alpha : float
        Level.

    Returns
    -------
    StatisticalTest
        Its null hypothesis is that the effects have a rank below the number of latents; NaN
        where there are too few samples.

    Notes
    -----
    The test of Kleibergen and Paap (2006) in the robust form of
    :class:`causalrep.ranks.RobustRankTest`.
    """
    (d, k), n = (phi.shape[1], actions.shape[1]), len(phi)
    p_value = np.nan
    if n >= _FEWEST + d + k and (phi.std(axis=0) > 0).all():
        both = RobustRankTest(np.column_stack([phi, actions]))
        p_value = float(both.p_values([range(d)], [range(d, d + k)], rank=d - 1)[0])
    return StatisticalTest(
        hypothesis=f"the actions move fewer than {d} directions of the latents",
        variables=latents,
        statistic=np.nan,
        degrees_of_freedom=k - d + 1,
        p_value=p_value,
        rejected=bool(p_value <= alpha),
    )


def not_identifiable(n_latents: int, n_actions: int) -> IdentifiabilityError:
    """Return the error for more latents than actions."""
    return IdentifiabilityError(
        f"{n_latents} latents are not identifiable from {n_actions} action(s): you need at least "
        f"as many actions as latents, and that they move the latents in all {n_latents} "
        "directions. Lower n_latents, or observe more actions."
    )


def _holds_text(y: Any) -> bool:
    return any(isinstance(entry, str) for entry in np.asarray(y).ravel()[:100])


def _refuse_degenerate(name: str, actions: np.ndarray, names: tuple[str, ...]) -> None:
    """Refuse actions without a linear effect of their own."""
    constant = np.ptp(actions, axis=0) == 0
    if constant.any():
        listed = names_of([repr(names[place]) for place in np.flatnonzero(constant)])
        raise DegenerateDataError(
            f"{name} wants actions that vary, but {listed} is constant in all samples. Drop it "
            "from y."
        )
    centred = actions - actions.mean(axis=0)
    unit = centred / np.abs(centred).max(axis=0)
    own = check_columns(unit.T @ unit, names, on_degenerate="warn")
    if not own.all():
        listed = names_of([repr(names[place]) for place in np.flatnonzero(~own)])
        raise DegenerateDataError(
            f"{name} wants actions that are linearly independent, but {listed} is a linear "
            "combination of the others, so that its effect is not defined. Drop it from y."
        )
