"""Sufficient statistics of samples from several environments, merged from any pieces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np

from causalrep.argument_arrays import real_array
from causalrep.covariances import covariance_trouble
from causalrep.data import Dataset
from causalrep.entries import refuse_gaps
from causalrep.exceptions import EnvironmentLabelError, InvalidDataError
from causalrep.moments import Moments, moments_of
from causalrep.streaming import as_rows, checked_names, checked_rows, map_merge, sources_names

__all__ = ["EnvironmentMoments", "Moments"]


@dataclass(frozen=True, eq=False, kw_only=True)
class EnvironmentMoments:
    """One :class:`Moments` for each environment, in the order of the sorted labels.

    Parameters
    ----------
    labels : array-like of shape (n_environments,)
        Labels of the environments, sorted and different.
    moments : sequence of Moments
        Their moments, in the same order and of the same features.

    Raises
    ------
    EnvironmentLabelError
        If the labels are not sorted, repeat, or are not as many as the moments.
    InvalidDataError
        If the environments do not have the same features.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep import EnvironmentMoments
    >>> X = np.array([[0.0, 1.0], [2.0, 3.0], [5.0, 5.0]])
    >>> moments = EnvironmentMoments.from_samples(X, ["control", "control", "treated"])
    >>> moments.labels.tolist(), moments.n_samples.tolist()
    (['control', 'treated'], [2, 1])
    >>> moments.merge(moments)["control"].covariance().tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """

    labels: np.ndarray
    moments: tuple[Moments, ...]

    def __post_init__(self) -> None:
        labels, moments = np.array(self.labels), tuple(self.moments)
        if labels.shape != (len(moments),) or not moments:
            raise EnvironmentLabelError(
                "EnvironmentMoments want one label for each of at least one environment, but "
                f"got labels of shape {labels.shape} for {len(moments)} environments."
            )
        if not np.array_equal(np.unique(labels), labels):
            raise EnvironmentLabelError(
                f"The labels of the environments must be sorted and differ, but are "
                f"{labels.tolist()}."
            )
        if len({part.names for part in moments}) != 1:
            raise InvalidDataError("All environments must have the same features.")
        labels.setflags(write=False)
        object.__setattr__(self, "labels", labels)
        object.__setattr__(self, "moments", moments)

    @classmethod
    def from_dataset(cls, data: Dataset, *, chunk_size: int | None = None) -> Self:
        """Summarise a Dataset by its environment labels.

        Raises
        ------
        EnvironmentLabelError
            If the Dataset has no labels, or one is missing.
        """
        if data.environments is None:
            raise EnvironmentLabelError(
                "The Dataset has no environment labels. Give them: Dataset(X=..., "
                "environments=...) with one label for each sample."
            )
        return cls.from_samples(data, data.environments, chunk_size=chunk_size)

    @classmethod
    def from_samples(
        cls,
        X: Any,
        environments: Any,
        *,
        chunk_size: int | None = None,
        names: Sequence[str] | None = None,
    ) -> Self:
        """Summarise samples by environment in one pass through bounded memory.

        Parameters
        ----------
        X : Dataset, array-like, memory-mapped or dask array of shape (n_samples, n_features)
            The samples, in any order.
        environments : array-like of shape (n_samples,)
            Label of the environment of every sample.
        chunk_size : int, default=None
            Rows read at a time; as many as fit into 32 MiB where None is given. The blocks of
            a dask array are taken as they are.
        names : sequence of str, default=None
            Names of the features; those of the Dataset or frame where None is given.

        Raises
        ------
        EnvironmentLabelError
            If there is not one label for each sample, or one is missing.
        InvalidDataError
            If X is not a matrix of finite real numbers; the sentence names row and column.
        """
        names = sources_names(X) if names is None else names
        rows = as_rows(X)
        summarise = partial(cls._from_chunk, names=checked_names(names, rows.shape[1]))
        return map_merge(
            summarise, rows, _checked_labels(environments, rows.shape[0]), chunk_size=chunk_size
        )

    @classmethod
    def from_chunks(
        cls, chunks: Iterable[tuple[Any, Any]], *, names: Sequence[str] | None = None
    ) -> Self:
        """Summarise samples that an iterable gives chunk by chunk, each used once.

        Parameters
        ----------
        chunks : iterable of (X, environments)
            Samples with their labels, or with the one label that holds for all of them.
        names : sequence of str, default=None
            Names of the features; those of the first chunk where None is given.
        """
        total: Self | None = None
        features: tuple[str, ...] = ()
        start = 0
        for chunk, labels in chunks:
            if total is None:
                known = sources_names(chunk) if names is None else names
                features = checked_names(known, checked_rows(chunk).shape[1])
            n_rows = len(checked_rows(chunk, features))
            labels = np.full(n_rows, labels) if np.ndim(labels) == 0 else labels
            labels = _checked_labels(labels, n_rows)
            part = cls._from_chunk(chunk, labels, names=features, start=start)
            total = part if total is None else total.merge(part)
            start += n_rows
        if total is None:
            raise InvalidDataError("from_chunks wants at least one chunk, but got none.")
        return total

    @classmethod
    def from_covariances(
        cls,
        covariances: Any,
        n_samples: Any,
        *,
        means: Any = None,
        labels: Any = None,
        names: Sequence[str] | None = None,
    ) -> Self:
        """Take moments that were computed elsewhere, or published.

        Parameters
        ----------
        covariances : array-like of shape (n_environments, n_features, n_features)
            Covariance of every environment, its scatter divided by the number of samples.
        n_samples : int or array-like of shape (n_environments,)
            Number of samples in all, or in each, of the environments.
        means : array-like of shape (n_environments, n_features), default=None
            Means of the environments; zeros where None is given.
        labels : array-like of shape (n_environments,), default=None
            Labels of the environments; 0, 1, ... where None is given.
        names : sequence of str, default=None
            Names of the features.

        Raises
        ------
        InvalidDataError
            If a matrix is not a covariance: finite, symmetric, positive semi-definite; or if
            shapes or sizes do not fit.
        EnvironmentLabelError
            If the labels are not as many as the covariances, or repeat.
        """
        S = _checked_covariances(covariances)
        n_environments = len(S)
        sizes = _checked_sizes(n_samples, n_environments)
        labels = np.arange(n_environments) if labels is None else labels
        labels = _checked_labels(labels, n_environments, "environments")
        centres = np.zeros(S.shape[:2]) if means is None else real_array("means have to be", means)
        if centres.shape != S.shape[:2] or not np.isfinite(centres).all():
            raise InvalidDataError(
                f"means must be finite and of shape {S.shape[:2]}, one mean for each "
                f"environment, but have shape {centres.shape}."
            )
        names = checked_names(names, S.shape[1])
        moments = [
            Moments(n_samples=n, mean=mean, scatter=n * covariance, names=names)
            for n, mean, covariance in zip(sizes, centres, S, strict=True)
        ]
        order = np.argsort(labels, kind="stable")
        return cls(labels=labels[order], moments=tuple(moments[k] for k in order))

    @classmethod
    def _from_chunk(
        cls, chunk: Any, labels: np.ndarray, *, names: Sequence[str], start: int = 0
    ) -> Self:
        rows = checked_rows(chunk, names)
        found, moments = [], []
        for label, members in _groups(labels):
            part = _taken(rows, members)
            moments.append(moments_of(part, names=names, start=start + members))
            found.append(label)
        return cls(labels=np.array(found), moments=tuple(moments))

    def merge(self, other: EnvironmentMoments) -> Self:
        """Return the moments of both, environment by environment.

        Raises
        ------
        EnvironmentLabelError
            If the labels of the two are of different types.
        InvalidDataError
            If the two do not have the same features in the same order.
        """
        if _family(self.labels) != _family(other.labels):
            raise EnvironmentLabelError(
                f"Labels must be of one type, but {self.labels.tolist()[0]!r} and "
                f"{other.labels.tolist()[0]!r} are labels of the same data."
            )
        labels = np.union1d(self.labels, other.labels)
        mine = dict(zip(self.labels.tolist(), self.moments, strict=True))
        for label, moments in zip(other.labels.tolist(), other.moments, strict=True):
            mine[label] = mine[label].merge(moments) if label in mine else moments
        return type(self)(labels=labels, moments=tuple(mine[label] for label in labels.tolist()))

    def __getitem__(self, label: Any) -> Moments:
        """Return the moments of one environment."""
        known = self.labels.tolist()
        if label not in known:
            raise EnvironmentLabelError(
                f"There is no environment {label!r}; there are {', '.join(map(repr, known))}."
            )
        return self.moments[known.index(label)]

    def __len__(self) -> int:
        return len(self.moments)

    def __iter__(self) -> Iterator[Moments]:
        return iter(self.moments)

    def __repr__(self) -> str:
        samples, features = sum(self.n_samples.tolist()), len(self.names)
        return (
            f"<EnvironmentMoments: {samples} samples, {features} features, "
            f"{len(self)} environments>"
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the features."""
        return self.moments[0].names

    @property
    def n_samples(self) -> np.ndarray:
        """Number of samples in every environment, of shape (n_environments,)."""
        return np.array([part.n_samples for part in self.moments])

    @property
    def means(self) -> np.ndarray:
        """Means, of shape (n_environments, n_features)."""
        return np.array([part.mean for part in self.moments])

    @property
    def covariances(self) -> np.ndarray:
        """Maximum likelihood covariances, of shape (n_environments, n_features, n_features)."""
        return np.array([part.covariance() for part in self.moments])


def _groups(labels: np.ndarray) -> Iterator[tuple[Any, np.ndarray]]:
    order = np.argsort(labels, kind="stable")
    starts = np.flatnonzero(np.r_[True, labels[order][1:] != labels[order][:-1]])
    for members in np.split(order, starts[1:]):
        yield labels[members[0]], members


def _taken(rows: np.ndarray, members: np.ndarray) -> np.ndarray:
    first, last = members[0], members[-1]
    together = last - first + 1 == len(members)
    return rows[first : last + 1] if together else rows[members]  # a slice copies nothing


def _family(labels: np.ndarray) -> str:
    return "text" if labels.dtype.kind in "SU" else "number"


def _checked_labels(labels: Any, n_samples: int, of_what: str = "samples") -> np.ndarray:
    refuse_gaps("EnvironmentMoments", labels, mixed=False)
    labels = np.asarray(labels)
    if labels.shape != (n_samples,):
        raise EnvironmentLabelError(
            f"There must be one environment label for each of the {n_samples} {of_what}, "
            f"but the labels have shape {labels.shape}."
        )
    missing = np.flatnonzero([label is None for label in labels] if labels.dtype == object else [])
    if not len(missing) and labels.dtype.kind in "fO":
        missing = np.flatnonzero(labels != labels)  # only NaN differs from itself
    if len(missing):
        raise EnvironmentLabelError(
            f"{len(missing)} of the environment labels are missing, the first in row "
            f"{missing[0]}. Drop these samples or label them."
        )
    if labels.dtype != object:
        return labels
    kinds = sorted({type(label).__name__ for label in labels.tolist()})
    if len(kinds) > 1:
        raise EnvironmentLabelError(
            f"Environment labels must be of one type, but are {' and '.join(kinds)}."
        )
    return np.array(labels.tolist())


def _checked_sizes(n_samples: Any, n_environments: int) -> list[int]:
    sizes = np.asarray(n_samples)
    sizes = np.full(n_environments, sizes) if sizes.ndim == 0 else sizes
    if sizes.shape != (n_environments,) or sizes.dtype.kind not in "iu" or (sizes < 1).any():
        raise InvalidDataError(
            f"n_samples must be one positive integer, or one for each of the {n_environments} "
            f"environments, but is {n_samples!r}."
        )
    return sizes.tolist()


def _checked_covariances(covariances: Any) -> np.ndarray:
    shapes = {np.shape(matrix) for matrix in covariances}
    if len(shapes) != 1 or np.ndim(covariances) != 3 or len(set(shapes.pop())) != 1:
        raise InvalidDataError(
            "covariances must be of shape (n_environments, n_features, n_features), but are "
            f"{', '.join(str(np.shape(matrix)) for matrix in covariances) or 'none'} in turn."
        )
    S = np.asarray(covariances, dtype=np.float64)
    for position, matrix in enumerate(S):
        trouble = covariance_trouble(matrix)
        if trouble:
            raise InvalidDataError(
                f"covariances[{position}] is not a covariance matrix: it {trouble}."
            )
    return (S + S.transpose(0, 2, 1)) / 2
