"""The one gate that every input passes: samples, environment labels, degenerate columns."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from scipy import linalg
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from causalrep.data import Dataset, default_names
from causalrep.entries import refuse_gaps, refuse_kinds
from causalrep.exceptions import DegenerateDataError, EnvironmentLabelError, InvalidDataError
from causalrep.parameters import refuse_numbers

__all__ = [
    "check_columns",
    "check_environments",
    "check_samples",
    "check_sizes",
    "check_spans",
    "feature_names",
    "power_of_two_scales",
    "reference_first",
    "set_features",
]

_ROUND_OFF = 1e-10
_LISTED = 5
_SAFE_EXPONENT = 200


def check_samples(
    estimator: BaseEstimator, X: Any, *, reset: bool = True, min_samples: int = 1
) -> np.ndarray:
    """Turn samples into a finite float64 matrix and remember the features' names.

    Parameters
    ----------
    estimator : BaseEstimator
        Receives ``n_features_in_`` and ``feature_names_in_`` where ``reset``; is compared with
        them otherwise.
    X : Dataset, array-like, pandas or polars frame, or torch tensor
        Shape (n_samples, n_features).
    reset : bool, default=True
        Whether this is a fit.
    min_samples : int, default=1
        Fewest samples to accept.

    Returns
    -------
    ndarray of shape (n_samples, n_features), float64

    Raises
    ------
    InvalidDataError
        If values are masked, missing or infinite, or X holds text or complex numbers.
    ValueError, TypeError
        From scikit-learn: wrong number of dimensions, sparse data, too few samples, other
        features than in fit.
    """
    refuse_kinds(type(estimator).__name__, X)
    if reset:
        refuse_numbers(estimator)
    named = isinstance(X, Dataset) and X.names != default_names(X.shape[1])
    array = validate_data(
        estimator,
        _named_frame(X) if named else X,
        reset=reset,
        dtype=np.float64,
        ensure_all_finite=False,
        ensure_min_samples=min_samples,
    )
    _refuse_missing(estimator, array)
    _refuse_tiny(estimator, array)
    return array


def check_environments(
    estimator: BaseEstimator, X: Any, y: Any, *, min_rows: int = 3
) -> tuple[np.ndarray, np.ndarray]:
    """Validate samples with environment labels, which are ``y`` or else travel with a Dataset.

    Parameters
    ----------
    estimator : BaseEstimator
        See :func:`check_samples`.
    X : Dataset, array-like, pandas or polars frame, or torch tensor
        Shape (n_samples, n_features).
    y : array-like of shape (n_samples,) or None
        Label of the environment of every sample.
    min_rows : int, default=3
        Fewest samples of an environment.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features), float64
    y : ndarray of shape (n_samples,)

    Raises
    ------
    EnvironmentLabelError
        If labels are missing or of the wrong number, there is only one, or an environment has
        too few samples.
    """
    y = X.environments if y is None and isinstance(X, Dataset) else y
    name = type(estimator).__name__
    if y is None:
        raise EnvironmentLabelError(
            f"{name} requires y to be passed, but the target y is None: y holds the environment "
            "label of each sample (or pass a Dataset that has environments)."
        )
    X = check_samples(estimator, X, min_samples=2)
    y = _label_array(name, y, len(X))
    labels, sizes = np.unique(y, return_counts=True)
    if len(labels) < 2:
        raise EnvironmentLabelError(
            f"{name} needs at least two environments, but there is only one: {labels[0]!s}. "
            "Without a change of environment the latents are not identifiable from second moments."
        )
    if sizes.min() < min_rows:
        raise EnvironmentLabelError(
            f"Environment {labels[sizes.argmin()]!s} has {sizes.min()} sample(s); {name} needs at "
            f"least {min_rows} in each. Drop it, merge it with another, or collect more."
        )
    return X, y


def reference_first(labels: np.ndarray, reference: Any) -> np.ndarray:
    """Order environments with the reference first.

    Parameters
    ----------
    labels : ndarray of shape (n_environments,)
    reference : label or None
        Label of the observational environment; where None, 0 if it occurs, and else the first
        of ``labels``.

    Returns
    -------
    ndarray of shape (n_environments,), int
        Positions in ``labels``.

    Raises
    ------
    EnvironmentLabelError
        If the reference does not occur.
    """
    wanted = 0 if reference is None else reference
    if np.ndim(wanted):
        raise EnvironmentLabelError(f"reference must be one label, but is {reference!r}.")
    found = np.flatnonzero(labels == wanted)
    if not len(found):
        found = np.flatnonzero(labels.astype(str) == str(wanted))
    if not len(found) and reference is None:
        found = [0]
    if not len(found):
        raise EnvironmentLabelError(
            f"The reference environment {reference!r} does not occur; the environments are "
            f"{_listed([repr(str(label)) for label in labels])}."
        )
    first = found[0]
    return np.r_[first, np.delete(np.arange(len(labels)), first)]


def check_columns(
    scatter: np.ndarray,
    names: tuple[str, ...],
    *,
    on_degenerate: Literal["raise", "warn", "drop"] = "raise",
    allow_dependent: bool = False,
) -> np.ndarray:
    """Find columns that are constant, duplicates of others, or linear combinations of them.

    Parameters
    ----------
    scatter : ndarray of shape (n_features, n_features)
        Covariance of the columns, or any positive multiple of it.
    names : tuple of str
        Names of the columns.
    on_degenerate : {"raise", "warn", "drop"}, default="raise"
        "raise" refuses degenerate columns, "warn" and "drop" report which remain.
    allow_dependent : bool, default=False
        Accept linear dependence, as of more sensors than latents without noise; constant and
        duplicate columns still count as degenerate.

    Returns
    -------
    ndarray of shape (n_features,), bool
        The columns that carry information of their own.

    Raises
    ------
    DegenerateDataError
        If ``on_degenerate="raise"`` and there is such a column, named in the message.
    """
    variances = np.diag(scatter)
    constant = ~(variances > 0)
    scale = np.sqrt(np.where(constant, 1, variances))
    correlation = scatter / scale[:, None] / scale
    duplicate, partners = _duplicates(correlation, constant)
    dependent = np.zeros(len(names), dtype=bool)
    if not allow_dependent:
        usable = np.flatnonzero(~constant & ~duplicate)
        dependent[usable] = _dependent(correlation[np.ix_(usable, usable)])
    if (constant | duplicate | dependent).all() and on_degenerate != "raise":
        raise DegenerateDataError("No column carries information of its own; all are constant.")
    if on_degenerate == "raise" and (constant | duplicate | dependent).any():
        raise DegenerateDataError(_degeneracy(names, constant, duplicate, partners, dependent))
    return ~(constant | duplicate | dependent)


def check_sizes(labels: np.ndarray, sizes: np.ndarray, n_latents: int) -> None:
    """Refuse environments with too few samples for a covariance of the latents.

    Parameters
    ----------
    labels : ndarray of shape (n_environments,)
    sizes : ndarray of shape (n_environments,)
    n_latents : int

    Raises
    ------
    EnvironmentLabelError
        If an environment has no more samples than there are latents.
    """
    if len(sizes) < 2:
        raise EnvironmentLabelError(
            f"At least two environments are needed, but there is only one: {labels[0]!s}."
        )
    small = np.flatnonzero(sizes <= n_latents)
    if len(small):
        listed = _listed([f"{labels[k]!s} ({sizes[k]})" for k in small])
        raise EnvironmentLabelError(
            f"Every environment needs more samples than the {n_latents} latents, but some have "
            f"too few: {listed}. Drop or merge them, or lower n_latents."
        )


def check_spans(labels: np.ndarray, covariances: np.ndarray) -> None:
    """Refuse environments in which the latents do not vary in every direction.

    Parameters
    ----------
    labels : ndarray of shape (n_environments,)
    covariances : ndarray of shape (n_environments, n_latents, n_latents)
        In coordinates that the first whitens.

    Raises
    ------
    DegenerateDataError
        If one is singular, as under an exact ``do`` or where a sensor is stuck.
    """
    ranks = (np.linalg.eigvalsh(covariances) > _ROUND_OFF).sum(axis=1)
    flat = np.flatnonzero(ranks < covariances.shape[1])
    if len(flat):
        listed = _listed([f"{labels[k]!s} spans {ranks[k]}" for k in flat])
        raise DegenerateDataError(
            f"In every environment the data must vary in all {covariances.shape[1]} dimensions, "
            f"but not in all do they: {listed}. A latent held at one value, or a stuck sensor, "
            "does this: leave the environment out, or lower n_latents."
        )


def power_of_two_scales(X: np.ndarray) -> np.ndarray:
    """Powers of two by which columns are divided so that their squares stay in range.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)

    Returns
    -------
    ndarray of shape (n_features,)
        Ones, except for columns of extreme size.
    """
    _, exponents = np.frexp(np.abs(X).max(axis=0))
    return np.exp2(np.where(np.abs(exponents) > _SAFE_EXPONENT, exponents, 0).astype(float))


def set_features(estimator: BaseEstimator, names: tuple[str, ...]) -> None:
    """Remember the features of a fit that saw no samples.

    Parameters
    ----------
    estimator : BaseEstimator
        Receives ``n_features_in_`` and, where names are not the default, ``feature_names_in_``.
    names : tuple of str
    """
    estimator.n_features_in_ = len(names)
    if names != default_names(len(names)):
        estimator.feature_names_in_ = np.array(names, dtype=object)
    elif hasattr(estimator, "feature_names_in_"):
        del estimator.feature_names_in_


def feature_names(estimator: BaseEstimator) -> tuple[str, ...]:
    """Names of the features seen in fit; ``X1``, ``X2``, ... where they had none."""
    names = getattr(estimator, "feature_names_in_", None)
    if names is None:
        return default_names(estimator.n_features_in_)
    return tuple(str(name) for name in names)


def _named_frame(data: Dataset):
    import pandas as pd

    return pd.DataFrame(data.X, columns=list(data.names), copy=False)


def _refuse_missing(estimator: BaseEstimator, array: np.ndarray) -> None:
    finite = np.isfinite(array)
    if finite.all():
        return
    rows, columns = np.nonzero(~finite)
    names = feature_names(estimator)
    raise InvalidDataError(
        f"{type(estimator).__name__} wants finite numbers, but X contains NaN or inf: "
        f"{np.isnan(array).sum()} NaN and {np.isinf(array).sum()} infinite value(s) in "
        f"{_listed([repr(names[column]) for column in np.unique(columns)])}, the first in row "
        f"{rows[0]}. Impute them or drop their rows."
    )


def _refuse_tiny(estimator: BaseEstimator, array: np.ndarray) -> None:
    """Refuse columns below the range in which numbers have all their digits."""
    largest = np.abs(array).max(axis=0, initial=0.0)
    tiny = np.flatnonzero((largest > 0) & (largest < np.finfo(np.float64).tiny))
    if len(tiny):
        listed = _listed([repr(feature_names(estimator)[column]) for column in tiny])
        raise InvalidDataError(
            f"{type(estimator).__name__} wants numbers with all their digits, but those of "
            f"{listed} are so small that they lost some. Measure them in smaller units."
        )


def _label_array(name: str, y: Any, n_samples: int) -> np.ndarray:
    refuse_gaps(name, y)
    labels = np.asarray(y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or len(labels) != n_samples:
        raise EnvironmentLabelError(
            f"{name} wants one environment label for each of the {n_samples} samples, but y has "
            f"shape {labels.shape}."
        )
    missing = np.array([label is None or label != label for label in labels.tolist()])
    if missing.any():
        raise EnvironmentLabelError(
            f"{missing.sum()} environment label(s) are missing (NaN or None), the first in row "
            f"{np.flatnonzero(missing)[0]}. Label these samples or drop them."
        )
    if labels.dtype.kind == "f" and not (labels == np.round(labels)).all():
        raise EnvironmentLabelError(
            "y holds environment labels (strings, integers or booleans), but it looks like "
            "continuous measurements: Unknown label type: continuous."
        )
    return np.array(labels.tolist()) if labels.dtype.kind == "O" else labels


def _duplicates(correlation: np.ndarray, constant: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Columns perfectly correlated with an earlier one, and which."""
    same = np.abs(correlation) > 1 - _ROUND_OFF
    same = np.tril(same & ~constant[:, None] & ~constant[None, :], -1)
    return np.asarray(same.any(axis=1)), np.argmax(same, axis=1)


def _dependent(correlation: np.ndarray) -> np.ndarray:
    """Columns that pivoted QR finds to be combinations of the others."""
    if not len(correlation):
        return np.zeros(0, dtype=bool)
    _, triangle, pivots = linalg.qr(correlation, pivoting=True)
    diagonal = np.abs(np.diag(triangle))
    dependent = np.zeros(len(correlation), dtype=bool)
    dependent[pivots[diagonal < _ROUND_OFF * diagonal[0]]] = True
    return dependent


def _degeneracy(names, constant, duplicate, partners, dependent) -> str:
    parts = []
    if constant.any():
        parts.append(f"constant: {_listed([repr(names[i]) for i in np.flatnonzero(constant)])}")
    if duplicate.any():
        pairs = [f"{names[i]!r} repeats {names[partners[i]]!r}" for i in np.flatnonzero(duplicate)]
        parts.append(f"duplicate: {_listed(pairs)}")
    if dependent.any():
        listed = _listed([repr(names[i]) for i in np.flatnonzero(dependent)])
        parts.append(f"a linear combination of the others: {listed}")
    return (
        "Every column must carry information of its own, but some do not; "
        + "; ".join(parts)
        + '. Drop them, or choose on_degenerate="drop".'
    )


def _listed(items: list[str]) -> str:
    """Join the first few items and count the rest."""
    more = f" and {len(items) - _LISTED} more" if len(items) > _LISTED else ""
    return ", ".join(items[:_LISTED]) + more
