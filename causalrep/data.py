"""The data that every simulator and loader returns and every estimator fits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from causalrep.exceptions import EnvironmentLabelError, InvalidDataError

if TYPE_CHECKING:
    from causalrep.graphs import Graph

__all__ = ["Dataset", "Truth"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Truth:
    """What is known about the process behind a :class:`Dataset`.

    Every field may be None (or empty): real data know little, simulations everything.

    Parameters
    ----------
    graph : Graph, default=None
        The true graph; latent nodes carry the latent mark.
    weights : ndarray of shape (n_latents, n_latents), default=None
        Structural coefficients between the latents, row = cause, column = effect.
    mixing : ndarray of shape (n_features, n_latents), default=None
        Linear mixing ``x = mixing @ z``; None for a nonlinear one.
    Z : ndarray of shape (n_samples, n_latents), default=None
        The latents of every sample.
    environments : tuple, default=()
        Labels of the environments that the simulator knows, in the order of ``targets``.
    targets : tuple of tuple of int, default=()
        The latents intervened on in each environment; ``()`` for the observational one.
    """

    graph: Graph | None = None
    weights: np.ndarray | None = None
    mixing: np.ndarray | None = None
    Z: np.ndarray | None = None
    environments: tuple[Any, ...] = ()
    targets: tuple[tuple[int, ...], ...] = ()

    def __post_init__(self) -> None:
        if len(self.environments) != len(self.targets):
            raise EnvironmentLabelError(
                f"Truth wants one tuple of targets for each environment, but got "
                f"{len(self.targets)} for {len(self.environments)} environments."
            )

    def targets_of(self, environment: Any) -> tuple[int, ...]:
        """Return the latents intervened on in an environment."""
        return self.targets[self.environments.index(environment)]


@dataclass(frozen=True, eq=False, kw_only=True)
class Dataset:
    """Samples that remember where each of them came from.

    A Dataset is array-like: ``np.asarray(data)`` is the sample matrix, and ``data[rows]``
    selects samples together with everything that belongs to them, so scikit-learn's
    splitters, pipelines and searches take it in place of ``X``.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        Measurements, one sample a row.
    environments : array-like of shape (n_samples,), default=None
        Label of the environment (regime, experimental condition) of every sample.
    actions : array-like of shape (n_samples, n_actions), default=None
        Values of exogenous actions that accompany every sample.
    outcome : array-like of shape (n_samples,), default=None
        A response of interest.
    names : sequence of str, default=()
        Names of the features; ``X1``, ``X2``, ... where none are given.
    truth : Truth, default=None
        What is known about the process behind the data.

    Raises
    ------
    InvalidDataError
        If X is not two-dimensional, a field has not one entry for each sample, or the
        names do not match the features or repeat.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep import Dataset
    >>> data = Dataset.from_environments([np.zeros((3, 2)), np.ones((2, 2))])
    >>> data.shape, data.environments.tolist()
    ((5, 2), [0, 0, 0, 1, 1])
    >>> data[data.environments == 1].X.tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """

    X: np.ndarray
    environments: np.ndarray | None = None
    actions: np.ndarray | None = None
    outcome: np.ndarray | None = None
    names: tuple[str, ...] = ()
    truth: Truth | None = None

    def __post_init__(self) -> None:
        for field in ("X", *_ROW_ALIGNED):
            value = getattr(self, field)
            if value is not None:
                object.__setattr__(self, field, np.asarray(value))
        if self.X.ndim != 2:
            raise InvalidDataError(
                f"X must have two dimensions (samples, features), but has {self.X.ndim}. "
                "Reshape your data: X.reshape(-1, 1) makes one feature of a vector."
            )
        for field in _ROW_ALIGNED:
            _check_rows(field, getattr(self, field), len(self.X))
        if self.truth is not None and not isinstance(self.truth, Truth):
            raise InvalidDataError(f"truth must be a Truth, but is {self.truth!r}.")
        unlisted = isinstance(self.names, bytes)
        unlisted |= not isinstance(self.names, Sequence | np.ndarray | None)
        if unlisted:
            raise InvalidDataError(f"names must be a list of names, but are {self.names!r}.")
        if self.truth is not None:
            _check_rows("truth.Z", self.truth.Z, len(self.X))
        unnamed = self.names is None or len(self.names) == 0
        names = default_names(self.X.shape[1]) if unnamed else self.names
        object.__setattr__(self, "names", _checked_names(names, self.X.shape[1]))

    @classmethod
    def from_environments(
        cls,
        samples: Sequence[Any],
        labels: Sequence[Any] | None = None,
        *,
        names: Sequence[str] | None = None,
        truth: Truth | None = None,
    ) -> Dataset:
        """Stack one sample matrix per environment.

        Parameters
        ----------
        samples : sequence of array-like of shape (n_samples_of_environment, n_features)
            One matrix for each environment.
        labels : sequence, default=None
            Labels of the environments; 0, 1, ... where None is given, so that the first
            one is the observational one by convention.
        names : sequence of str, default=None
            Names of the features.
        truth : Truth, default=None
            What is known about the process, its ``Z`` stacked in the same order.
        """
        labels = range(len(samples)) if labels is None else labels
        if len(labels) != len(samples) or not len(samples):
            raise EnvironmentLabelError(
                f"from_environments wants one label for each of at least one environment, "
                f"but got {len(labels)} labels for {len(samples)} sample matrices."
            )
        arrays = [np.asarray(sample) for sample in samples]
        widths = {array.shape[1:] for array in arrays}
        if len(widths) != 1 or arrays[0].ndim != 2:
            raise InvalidDataError(
                "All environments must be matrices with the same features, but the shapes "
                f"are {', '.join(str(array.shape) for array in arrays)}."
            )
        return cls(
            X=np.concatenate(arrays),
            environments=np.repeat(np.asarray(list(labels)), [len(array) for array in arrays]),
            names=() if names is None else tuple(names),
            truth=truth,
        )

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        *,
        environment: str | None = None,
        actions: Sequence[str] = (),
        outcome: str | None = None,
    ) -> Dataset:
        """Take a pandas or polars frame apart into measurements and their origin.

        Parameters
        ----------
        frame : pandas.DataFrame or polars.DataFrame
            One sample a row.
        environment : str, default=None
            Column that holds the environment labels.
        actions : sequence of str, default=()
            Columns that hold exogenous actions.
        outcome : str, default=None
            Column that holds the response.

        Raises
        ------
        InvalidDataError
            If a named column is missing or a remaining one is not numeric.
        """
        columns = [str(column) for column in frame.columns]
        roles = [name for name in (environment, *actions, outcome) if name is not None]
        missing = [name for name in roles if name not in columns]
        if missing:
            raise InvalidDataError(
                f"The frame has no column {', '.join(map(repr, missing))}; "
                f"it has {', '.join(map(repr, columns))}."
            )
        values = dict(
            zip(columns, (np.asarray(frame[column]) for column in frame.columns), strict=True)
        )
        features = [name for name in columns if name not in roles]
        unfit = [name for name in features if values[name].dtype.kind not in "fiub"]
        if unfit:
            raise InvalidDataError(
                f"Columns {', '.join(map(repr, unfit))} are not numeric. Drop or encode them, "
                "or name the environment column by environment=."
            )
        if not features:
            raise InvalidDataError("No column is left for the measurements.")
        return cls(
            X=np.column_stack([values[name] for name in features]),
            environments=None if environment is None else values[environment],
            actions=np.column_stack([values[name] for name in actions]) if actions else None,
            outcome=None if outcome is None else values[outcome],
            names=tuple(features),
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.X, dtype=dtype, copy=copy)

    def __len__(self) -> int:
        return len(self.X)

    def __iter__(self) -> Iterator[np.ndarray]:
        return iter(self.X)

    def __getitem__(self, rows: Any) -> Dataset:
        """Select samples by a slice, mask or array of positions."""
        if isinstance(rows, tuple) and rows[1:] == (...,):  # scikit-learn's ``X[rows, ...]``
            rows = rows[0]
        if np.ndim(rows) == 0 and not isinstance(rows, slice):
            rows = [rows]
        aligned = {
            field: None if getattr(self, field) is None else getattr(self, field)[rows]
            for field in ("X", *_ROW_ALIGNED)
        }
        truth = self.truth
        if truth is not None and truth.Z is not None:
            truth = replace(truth, Z=truth.Z[rows])
        return replace(self, truth=truth, **aligned)

    def __repr__(self) -> str:
        known = [
            field.name
            for field in fields(self)
            if field.name not in ("X", "names", "environments")
            and getattr(self, field.name) is not None
        ]
        regimes = "" if self.environments is None else f", {len(self.labels)} environments"
        extras = f", with {', '.join(known)}" if known else ""
        return f"<Dataset: {len(self)} samples, {self.X.shape[1]} features{regimes}{extras}>"

    @property
    def shape(self) -> tuple[int, int]:
        """Shape (n_samples, n_features) of the sample matrix."""
        return self.X.shape

    @property
    def labels(self) -> np.ndarray:
        """Labels of the environments that occur, sorted; empty where there are none."""
        return np.unique(self.environments) if self.environments is not None else np.array([])

    def to_frame(self) -> Any:
        """Return a pandas frame of the measurements, with the environment as a column."""
        import pandas as pd

        frame = pd.DataFrame(self.X, columns=list(self.names))
        if self.environments is not None:
            frame["environment"] = self.environments
        return frame


_ROW_ALIGNED = ("environments", "actions", "outcome")


def default_names(n_features: int, letter: str = "X") -> tuple[str, ...]:
    """Names ``X1``, ``X2``, ... for features that came without any."""
    return tuple(f"{letter}{position}" for position in range(1, n_features + 1))


def ordered_items(names: Any, n_names: int, error: type[ValueError]) -> tuple[Any, ...]:
    """Return what a collection of names holds, or refuse one that has no order."""
    unordered = isinstance(names, bytes | set | frozenset | Mapping)
    if unordered or not isinstance(names, Iterable):
        raise error(f"names must be {n_names} names in a list, but are {names!r}.")
    return tuple(names)


def _check_rows(field: str, value: np.ndarray | None, n_samples: int) -> None:
    if value is not None and (value.ndim == 0 or len(value) != n_samples):
        found = "a scalar" if value.ndim == 0 else f"{len(value)} entries"
        raise InvalidDataError(
            f"{field} must have one entry for each of the {n_samples} samples, but has {found}."
        )


def _checked_names(names: Sequence[str], n_features: int) -> tuple[str, ...]:
    names = tuple(str(name) for name in names)
    if len(names) != n_features:
        raise InvalidDataError(
            f"names must hold one name for each of the {n_features} features, "
            f"but got {len(names)}."
        )
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InvalidDataError(
            f"Feature names must differ, but {', '.join(map(repr, repeated))} repeat."
        )
    return names
