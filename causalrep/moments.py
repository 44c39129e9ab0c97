"""Moments of a sample that need not fit into memory: blocked, stable, mergeable."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial, reduce
from typing import Any

import numpy as np

from causalrep.exceptions import InvalidDataError
from causalrep.streaming import as_rows, checked_names, checked_rows, map_merge, sources_names

__all__ = ["Moments"]

_BLOCK_ELEMENTS = 2**18
_PROBE_ROWS = 64

_Parts = tuple[int, np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False, kw_only=True)
class Moments:
    r"""Size, mean and centred second moments of a sample, all that Gaussian methods need.

    A value never changes: ``a.merge(b)`` returns the moments of both samples together. It is
    small and pickles, so joblib and dask workers can each summarise their part.

    Parameters
    ----------
    n_samples : int
        Number of samples.
    mean : array-like of shape (n_features,)
        Mean of the samples.
    scatter : array-like of shape (n_features, n_features)
        Sum over samples of ``(x - mean) (x - mean)'``.
    names : sequence of str, default=()
        Names of the features; ``X1``, ``X2``, ... where none are given.
    remainder : array-like of shape (n_features,), default=0
        What the rounding of ``mean`` left over, so that merging does not lose it: the mean is
        ``mean + remainder`` to twice the usual number of digits.

    Raises
    ------
    InvalidDataError
        If the shapes do not fit together, or samples are not finite real numbers.

    Notes
    -----
    Rows pass in blocks that fit into the cache. A block far from the origin is shifted by the
    median of some of its rows before it is multiplied, so neither a large offset nor a drift
    costs digits, and a constant column has the variance 0 exactly. Blocks are joined by the
    update of Chan, Golub and LeVeque,

    .. math:: S_{ab} = S_a + S_b + \frac{n_a n_b}{n_a + n_b} \delta \delta', \qquad
              \delta = \bar x_b - \bar x_a .

    References
    ----------
    T. F. Chan, G. H. Golub, R. J. LeVeque, "Algorithms for computing the sample variance:
    analysis and recommendations", The American Statistician 37 (1983), equation 2.1.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep import Moments
    >>> X = np.array([[0.0, 1.0], [2.0, 1.0], [4.0, 4.0]])
    >>> moments = Moments.from_samples(X[:1]).merge(Moments.from_samples(X[1:]))
    >>> moments
    <Moments: 3 samples, 2 features>
    >>> moments.mean.tolist(), moments.covariance(ddof=1).tolist()
    ([2.0, 2.0], [[4.0, 3.0], [3.0, 3.0]])
    """

    n_samples: int
    mean: np.ndarray
    scatter: np.ndarray
    names: tuple[str, ...] = ()
    remainder: np.ndarray = field(default_factory=partial(np.zeros, ()))

    def __post_init__(self) -> None:
        mean = np.array(self.mean, dtype=np.float64)
        scatter = np.array(self.scatter, dtype=np.float64)
        remainder = np.zeros_like(mean) + self.remainder
        if mean.ndim != 1 or scatter.shape != 2 * mean.shape or remainder.shape != mean.shape:
            raise InvalidDataError(
                "Moments want a mean of shape (n_features,) and a scatter of shape "
                f"(n_features, n_features), but got {mean.shape} and {scatter.shape}."
            )
        if self.n_samples < 1:
            raise InvalidDataError(f"Moments want at least one sample, but got {self.n_samples}.")
        for name, value in (("mean", mean), ("scatter", scatter), ("remainder", remainder)):
            value.setflags(write=False)
            object.__setattr__(self, name, value)
        object.__setattr__(self, "n_samples", int(self.n_samples))
        object.__setattr__(self, "names", checked_names(self.names or None, len(mean)))

    @classmethod
    def from_samples(
        cls, X: Any, *, chunk_size: int | None = None, names: Sequence[str] | None = None
    ) -> Moments:
        """Summarise samples in one pass through bounded memory.

        Parameters
        ----------
        X : Dataset, array-like, memory-mapped or dask array of shape (n_samples, n_features)
            The samples.
        chunk_size : int, default=None
            Rows read at a time; as many as fit into 32 MiB where None is given. The blocks of
            a dask array are taken as they are.
        names : sequence of str, default=None
            Names of the features; those of the Dataset or frame where None is given.

        Raises
        ------
        InvalidDataError
            If X is not a matrix of finite real numbers; the sentence names row and column.
        """
        names = sources_names(X) if names is None else names
        rows = as_rows(X)
        names = checked_names(names, rows.shape[1])
        return map_merge(partial(moments_of, names=names), rows, chunk_size=chunk_size)

    @classmethod
    def from_chunks(cls, chunks: Iterable[Any], *, names: Sequence[str] | None = None) -> Moments:
        """Summarise samples that an iterable gives chunk by chunk, each used once.

        Parameters
        ----------
        chunks : iterable of array-like of shape (n_samples_of_chunk, n_features)
            The chunks, of any sizes.
        names : sequence of str, default=None
            Names of the features; those of the first chunk where None is given.

        Raises
        ------
        InvalidDataError
            If there is no chunk, the features differ, or a value is not a finite number.
        """
        total: Moments | None = None
        features: tuple[str, ...] = ()
        for chunk in chunks:
            if total is None:
                known = sources_names(chunk) if names is None else names
                features = checked_names(known, checked_rows(chunk).shape[1])
            start = 0 if total is None else total.n_samples
            part = moments_of(chunk, names=features, start=start)
            total = part if total is None else total.merge(part)
        if total is None:
            raise InvalidDataError("from_chunks wants at least one chunk, but got none.")
        return total

    def merge(self, other: Moments) -> Moments:
        """Return the moments of both samples taken together.

        Raises
        ------
        InvalidDataError
            If the two samples do not have the same features in the same order.
        """
        if self.names != other.names:
            raise InvalidDataError(
                "Only moments of the same features can be merged, but the features are "
                f"{', '.join(self.names)} and {', '.join(other.names)}."
            )
        return _moments(_merged(_parts(self), _parts(other)), self.names)

    def covariance(self, ddof: int = 0) -> np.ndarray:
        """Return the covariance matrix, of shape (n_features, n_features).

        Parameters
        ----------
        ddof : int, default=0
            0 for the maximum likelihood estimate, 1 for the unbiased one: the scatter is
            divided by ``n_samples - ddof``.
        """
        if self.n_samples <= ddof:
            raise InvalidDataError(
                f"A covariance with ddof={ddof} wants more than {ddof} samples, "
                f"but there are {self.n_samples}."
            )
        return self.scatter / (self.n_samples - ddof)

    def __repr__(self) -> str:
        return f"<Moments: {self.n_samples} samples, {len(self.mean)} features>"


def moments_of(rows: Any, *, names: Sequence[str], start: int | np.ndarray = 0) -> Moments:
    """Return the moments of rows that lie in memory, read in blocks of cache size.

    Parameters
    ----------
    rows : array-like of shape (n_samples, n_features)
        Real numbers of any type.
    names : sequence of str
        Names of the features.
    start : int or ndarray of shape (n_samples,), default=0
        Number of the first row, or of every row, in the whole of the data, for the sentence
        that refuses a value.
    """
    rows = checked_rows(rows, names)
    n_features = rows.shape[1]
    size = max(_BLOCK_ELEMENTS // n_features, 4 * n_features)
    blocks = (rows[first : first + size] for first in range(0, len(rows), size))
    with np.errstate(over="ignore", invalid="ignore"):
        parts = reduce(_merged, map(_block_moments, blocks))
    if not np.isfinite(parts[3]).all():
        _refuse_values(rows, names, start)
    return _moments(parts, names)


def _moments(parts: _Parts, names: Sequence[str]) -> Moments:
    n_samples, mean, remainder, scatter = parts
    return Moments(
        n_samples=n_samples, mean=mean, scatter=scatter, names=tuple(names), remainder=remainder
    )


def _block_moments(block: np.ndarray) -> _Parts:
    rows = np.asarray(block, dtype=np.float64)
    n_samples = len(rows)
    probe = np.sort(rows[:: -(-n_samples // _PROBE_ROWS)], axis=0)
    shift = probe[len(probe) // 2]
    if (shift**2 <= probe.var(axis=0)).all():
        shift = np.zeros_like(shift)  # close enough to the centre, and saves a pass
    else:
        rows = rows - shift
    offset = np.ones(n_samples) @ rows / n_samples
    scatter = rows.T @ rows - n_samples * np.outer(offset, offset)
    return n_samples, *_exact_sum(shift, offset), scatter


def _merged(first: _Parts, second: _Parts) -> _Parts:
    n_a, mean_a, remainder_a, scatter_a = first
    n_b, mean_b, remainder_b, scatter_b = second
    n = n_a + n_b
    step = (mean_b - mean_a) + (remainder_b - remainder_a)
    scatter = scatter_a + scatter_b
    scatter += (n_a * n_b / n) * np.outer(step, step)
    return n, *_exact_sum(mean_a, remainder_a + step * (n_b / n)), scatter


def _exact_sum(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the rounded sum and what the rounding left over (Knuth's two-sum)."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def _parts(moments: Moments) -> _Parts:
    return moments.n_samples, moments.mean, moments.remainder, moments.scatter


def _refuse_values(rows: np.ndarray, names: Sequence[str], start: int | np.ndarray) -> None:
    found = np.argwhere(~np.isfinite(rows))
    if not len(found):
        raise InvalidDataError(
            "X holds numbers so large that their squares overflow. "
            "Divide the columns by a power of ten or two before."
        )
    row, column = found[0]
    numbers = start + np.arange(len(rows)) if np.ndim(start) == 0 else np.asarray(start)
    raise InvalidDataError(
        f"X must be finite, but {len(found)} of the values in rows {numbers[0]} to "
        f"{numbers[-1]} are not; the first is {rows[row, column]} in row {numbers[row]}, "
        f"column {names[column]!r}. Drop or impute them before."
    )
