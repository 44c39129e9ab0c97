"""What samples themselves say of the setting that they come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import kurtosistest, skewtest

from causalrep.data import Dataset
from causalrep.entries import refuse_kinds
from causalrep.exceptions import InvalidDataError
from causalrep.validation import power_of_two_scales

__all__ = ["DataFacts"]

_LEVEL = 0.001
_DISCRETE = 10
_TINY = 1e-16


@dataclass(frozen=True, kw_only=True)
class DataFacts:
    """Facts of a data set that theorems ask for.

    Parameters
    ----------
    n_samples, n_features : int
        Its size.
    n_environments : int
        Number of labels; 1 where there are none.
    n_actions : int
        Number of known actions.
    few_valued_actions : bool
        Whether some action takes fewer than ten values.
    p_value : float
        That all features are Gaussian, by skewness and kurtosis in the largest environment,
        Bonferroni over features. NaN for few samples.

    Examples
    --------
    >>> import numpy as np
    >>> from identifiability import DataFacts
    >>> X = np.random.default_rng(0).exponential(size=(500, 3))
    >>> facts = DataFacts.of(X)
    >>> facts.non_gaussian, facts.n_environments
    (True, 1)
    """

    n_samples: int
    n_features: int
    n_environments: int = 1
    n_actions: int = 0
    few_valued_actions: bool = False
    p_value: float = np.nan

    @classmethod
    def of(cls, data: Any) -> DataFacts:
        """Read the facts of a Dataset, an array or a frame.

        Parameters
        ----------
        data : Dataset, array-like or frame
            Shape (n_samples, n_features).

        Raises
        ------
        InvalidDataError
            If it is not a matrix of finite numbers.
        """
        refuse_kinds("recommend", data, "data")
        dataset = data if isinstance(data, Dataset) else Dataset(X=data)
        X = _numbers(dataset.X)
        actions = dataset.actions
        n_actions = 0 if actions is None else np.reshape(actions, (len(X), -1)).shape[1]
        columns = [] if actions is None else np.reshape(actions, (len(X), -1)).T
        return cls(
            n_samples=len(X),
            n_features=X.shape[1],
            n_environments=max(1, len(dataset.labels)),
            n_actions=n_actions,
            few_valued_actions=any(len(np.unique(column)) < _DISCRETE for column in columns),
            p_value=_gaussian_p_value(_largest(X, dataset.environments)),
        )

    @property
    def non_gaussian(self) -> bool:
        """Whether the features are not Gaussian, beyond doubt."""
        return bool(self.p_value < _LEVEL)

    def __str__(self) -> str:
        parts = [f"{self.n_samples} samples of {self.n_features} features"]
        if self.n_environments > 1:
            parts.append(f"{self.n_environments} environments")
        if self.n_actions:
            few = ", some of few values" if self.few_valued_actions else ""
            parts.append(f"{self.n_actions} actions{few}")
        if np.isfinite(self.p_value):
            word = "not Gaussian" if self.non_gaussian else "not told from Gaussian"
            p_value = f"p = {self.p_value:.2g}" if self.p_value > _TINY else f"p < {_TINY:g}"
            parts.append(f"{word} ({p_value})")
        return "; ".join(parts)


def _numbers(X: np.ndarray) -> np.ndarray:
    try:
        found = np.asarray(X, dtype=float)
    except (TypeError, ValueError):
        raise InvalidDataError(
            f"data must hold numbers, but are of type {np.asarray(X).dtype}. Encode what is text."
        ) from None
    if not found.size:
        raise InvalidDataError(f"data must hold samples, but has shape {found.shape}.")
    if not np.isfinite(found).all():
        lost = np.flatnonzero(~np.isfinite(found).all(axis=0)).tolist()
        raise InvalidDataError(
            f"data must hold finite numbers, but {len(lost)} of {found.shape[1]} features hold "
            f"NaN or infinity, first that in column {lost[0]}. Drop or fill them."
        )
    return found


def _largest(X: np.ndarray, environments: np.ndarray | None) -> np.ndarray:
    if environments is None:
        return X
    labels, counts = np.unique(environments, return_counts=True)
    return X[environments == labels[counts.argmax()]]


def _gaussian_p_value(X: np.ndarray) -> float:
    """Return the p-value of skewness and kurtosis, Bonferroni over both and over columns.

    Each is brought to a normal variable (D'Agostino, Biometrika 57, 1970; Anscombe and Glynn,
    Biometrika 70, 1983). Their sum of squares (Jarque and Bera) is far from chi-square in the
    tail: of 100 Gaussian samples it rejects .022 at level .001, and these .001.
    """
    X = X / power_of_two_scales(X)
    X = X[:, np.ptp(X, axis=0) > 0]
    if len(X) < _FEWEST or not X.shape[1]:
        return np.nan
    found = np.array([test(X, axis=0).pvalue for test in (skewtest, kurtosistest)])
    return float(min(1.0, found.size * found.min()))


_FEWEST = 50
