"""Cumulants of samples that need not fit into memory: central sums that can be merged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from itertools import chain
from math import comb
from typing import Any

import numpy as np

from causalrep.cumulants.index_sets import (
    Slots,
    checked_sets,
    set_keys,
    slots_of_size,
    sorted_sets,
)
from causalrep.cumulants.influence import cofactors, combined_covariance, distinct_products
from causalrep.cumulants.k_statistics import combined_moments
from causalrep.cumulants.products import product_means
from causalrep.exceptions import InvalidDataError
from causalrep.moments import Moments, moments_of
from causalrep.streaming import as_rows, checked_names, checked_rows, map_merge, sources_names

__all__ = ["CumulantMoments"]

_MAX_ORDER = 8
_MAX_SUMS = 2**24


@dataclass(frozen=True, eq=False, kw_only=True)
class CumulantMoments:
    r"""Central moments of a sample up to some order, from which its cumulants follow.

    A value never changes: ``a.merge(b)`` returns the moments of both samples together. Chunks
    of any sizes give the same cumulants as the whole.

    Parameters
    ----------
    moments : Moments
        Size, mean, names and second moments.
    sums : sequence of array-like
        For the orders 3, 4, ..., the sums over samples of the products of centred variables, in
        the order of ``sorted_sets(n_variables, order)``.

    Raises
    ------
    InvalidDataError
        If the shapes do not fit together.

    Notes
    -----
    Sums about one mean become sums about another by expanding the products: with
    :math:`\delta = \bar x_a - \bar x`

    .. math:: \sum_{i \in a} \prod_{j \in I} (x_{ij} - \bar x_j)
              = \sum_{B \subseteq I} S_B^{a} \prod_{j \in I \setminus B} \delta_j ,

    where :math:`S_\emptyset` is the number of samples. There are ``comb(p + r - 1, r)`` sums of
    order r. Moments up to order 8 also give the covariance of cumulants up to order 4.

    References
    ----------
    P. Pebay, "Formulas for robust, one-pass parallel computation of covariances and
    arbitrary-order statistical moments", Sandia report SAND2008-6212 (2008).

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.cumulants import CumulantMoments, k_statistics
    >>> X = np.random.default_rng(0).exponential(size=(1000, 2))
    >>> first, second = (CumulantMoments.from_samples(part) for part in (X[:300], X[300:]))
    >>> both = first.merge(second)
    >>> both
    <CumulantMoments: 1000 samples, 2 features, orders up to 4>
    >>> both.k_statistics([[0, 0, 0, 0]]).round(6) == k_statistics(X, [[0, 0, 0, 0]]).round(6)
    array([ True])
    """

    moments: Moments
    sums: tuple[np.ndarray, ...]

    def __post_init__(self) -> None:
        sums = tuple(np.array(values, dtype=np.float64) for values in self.sums)
        for order, values in enumerate(sums, start=3):
            wanted = (len(sorted_sets(len(self.moments.mean), order)),)
            if values.shape != wanted:
                raise InvalidDataError(
                    f"The sums of order {order} must be of shape {wanted}, "
                    f"but are of shape {values.shape}."
                )
            values.setflags(write=False)
        object.__setattr__(self, "sums", sums)

    @classmethod
    def from_samples(
        cls,
        X: Any,
        *,
        order: int = 4,
        chunk_size: int | None = None,
        names: Sequence[str] | None = None,
    ) -> CumulantMoments:
        """Summarise samples in one pass through bounded memory.

        Parameters
        ----------
        X : Dataset, array-like, memory-mapped or dask array of shape (n_samples, n_features)
            The samples.
        order : int, default=4
            Highest order of the moments, 2 to 8. Cumulants are available up to this order or
            six, their covariance up to half of it.
        chunk_size : int, default=None
            Rows read at a time; as many as fit into 32 MiB where None is given.
        names : sequence of str, default=None
            Names of the features; those of the Dataset or frame where None is given.

        Raises
        ------
        InvalidDataError
            If X is not a matrix of finite real numbers, or there would be too many sums.
        """
        names = sources_names(X) if names is None else names
        rows = as_rows(X)
        _check_order(order, rows.shape[1])
        names = checked_names(names, rows.shape[1])
        summarise = partial(_summarised, order=order, names=names)
        return map_merge(summarise, rows, chunk_size=chunk_size)

    @classmethod
    def from_chunks(
        cls, chunks: Iterable[Any], *, order: int = 4, names: Sequence[str] | None = None
    ) -> CumulantMoments:
        """Summarise samples that an iterable gives chunk by chunk, each used once.

        Parameters
        ----------
        chunks : iterable of array-like of shape (n_samples_of_chunk, n_features)
            The chunks, of any sizes.
        order : int, default=4
            Highest order of the moments, 2 to 8.
        names : sequence of str, default=None
            Names of the features; those of the first chunk where None is given.

        Raises
        ------
        InvalidDataError
            If there is no chunk, the features differ, or a value is not a finite number.
        """
        stream = iter(chunks)
        first = next(stream, None)
        if first is None:
            raise InvalidDataError("from_chunks wants at least one chunk, but got none.")
        n_features = checked_rows(first).shape[1]
        _check_order(order, n_features)
        names = checked_names(sources_names(first) if names is None else names, n_features)
        parts = (_summarised(chunk, order=order, names=names) for chunk in chain([first], stream))
        return reduce(CumulantMoments.merge, parts)

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return self.moments.n_samples

    @property
    def order(self) -> int:
        """Highest order of the moments."""
        return 2 + len(self.sums)

    def merge(self, other: CumulantMoments) -> CumulantMoments:
        """Return the moments of both samples taken together.

        Raises
        ------
        InvalidDataError
            If the two samples do not have the same features in the same order, or their moments
            go up to different orders.
        """
        if self.order != other.order:
            raise InvalidDataError(
                "Only moments up to the same order can be merged, but the orders are "
                f"{self.order} and {other.order}."
            )
        moments = self.moments.merge(other.moments)
        moved = zip(self._moved_to(moments), other._moved_to(moments), strict=True)
        return CumulantMoments(moments=moments, sums=tuple(a + b for a, b in moved))

    def k_statistics(self, sets: Any) -> np.ndarray:
        """Estimate joint cumulants without bias; see :func:`~causalrep.cumulants.k_statistics`.

        Parameters
        ----------
        sets : array-like of shape (n_sets, order), int
            Variables of each cumulant, of an order up to that of the moments.

        Returns
        -------
        ndarray of shape (n_sets,)

        Raises
        ------
        InvalidDataError
            If the sets are out of range or of a higher order, or there are too few samples.
        """
        sets = self._checked(sets, self.order)
        order = sets.shape[1]
        if self.n_samples < order:
            raise InvalidDataError(
                f"These cumulants want at least {order} samples, but there are {self.n_samples}."
            )
        if order == 1:
            return self.moments.mean[sets[:, 0]]
        return combined_moments(self._subsets(sets), order, self.n_samples, unbiased=True)

    def covariance(self, sets: Sequence[Any]) -> np.ndarray:
        """Return the covariance of k-statistics, times the number of samples.

        Parameters
        ----------
        sets : sequence of array-like of shape (n_sets, order), int
            See :func:`~causalrep.cumulants.cumulant_covariance`; of at most half the order of
            the moments.

        Returns
        -------
        ndarray of shape (n_all_sets, n_all_sets)

        Raises
        ------
        InvalidDataError
            If the sets are out of range or of a higher order.
        """
        checked = [self._checked(group, self.order // 2) for group in sets]
        weights = [cofactors(self._subsets(group), group.shape[1]) for group in checked]
        distinct, places = distinct_products(checked, weights)
        means = np.concatenate([self._central(rows) for rows in distinct])
        blocks = [[self._central(_unions(left, right)) for right in distinct] for left in distinct]
        both = np.block(
            [[v.reshape(len(a), -1) for v in row] for a, row in zip(distinct, blocks, strict=True)]
        )
        return combined_covariance(both - np.outer(means, means), weights, places)

    def __repr__(self) -> str:
        size = f"{self.n_samples} samples, {len(self.moments.mean)} features"
        return f"<CumulantMoments: {size}, orders up to {self.order}>"

    def _checked(self, sets: Any, highest: int) -> np.ndarray:
        sets = checked_sets(sets, len(self.moments.mean))
        if sets.shape[1] > highest:
            raise InvalidDataError(
                f"Moments up to order {self.order} give this for cumulants up to order {highest}, "
                f"but the sets are of order {sets.shape[1]}. Accumulate with a higher order."
            )
        return sets

    def _subsets(self, sets: np.ndarray) -> dict[Slots, np.ndarray]:
        order = sets.shape[1]
        return {
            slots: self._central(sets[:, slots])
            for size in range(1, order + 1)
            for slots in slots_of_size(order, size)
        }

    def _central(self, sets: np.ndarray) -> np.ndarray:
        """Central moments of sorted index sets; the order may be 0."""
        return self._sums_of(sets) / self.n_samples

    def _sums_of(self, sets: np.ndarray) -> np.ndarray:
        order, n_features = sets.shape[1], len(self.moments.mean)
        if order < 2:
            return np.full(len(sets), float(self.n_samples) if order == 0 else 0.0)
        if order == 2:
            return self.moments.scatter[sets[:, 0], sets[:, 1]]
        keys = set_keys(sorted_sets(n_features, order), n_features)
        return self.sums[order - 3][np.searchsorted(keys, set_keys(sets, n_features))]

    def _moved_to(self, target: Moments) -> list[np.ndarray]:
        """Return the sums about the mean of another sample."""
        own = self.moments
        shift = (own.mean - target.mean) + (own.remainder - target.remainder)
        return [self._moved(sorted_sets(len(shift), order), shift) for order in self._orders()]

    def _orders(self) -> range:
        return range(3, self.order + 1)

    def _moved(self, sets: np.ndarray, shift: np.ndarray) -> np.ndarray:
        order = sets.shape[1]
        total = np.zeros(len(sets))
        for size in range(order + 1):
            for slots in slots_of_size(order, size):
                rest = [slot for slot in range(order) if slot not in slots]
                total += self._sums_of(sets[:, slots]) * np.prod(shift[sets[:, rest]], axis=1)
        return total


def _check_order(order: Any, n_features: int) -> None:
    if not isinstance(order, int | np.integer) or not 2 <= order <= _MAX_ORDER:
        raise InvalidDataError(
            f"order must be an integer from 2 to {_MAX_ORDER}, but is {order!r}."
        )
    n_sums = comb(n_features + int(order) - 1, int(order))
    if n_sums > _MAX_SUMS:
        raise InvalidDataError(
            f"Moments of order {order} of {n_features} features are {n_sums} numbers, more than "
            f"{_MAX_SUMS}. Take a lower order, or fewer features."
        )


def _summarised(
    chunk: Any, *, order: int, names: Sequence[str], start: int = 0
) -> CumulantMoments:
    moments = moments_of(chunk, names=names, start=start)
    rows = checked_rows(chunk, names).astype(np.float64)
    Y = np.ascontiguousarray((rows - moments.mean - moments.remainder).T)
    with np.errstate(over="ignore", invalid="ignore"):
        sums = [
            product_means(Y, sorted_sets(len(Y), degree)) * len(rows)
            for degree in range(3, order + 1)
        ]
    if not all(np.isfinite(some).all() for some in sums):
        raise InvalidDataError(
            "X holds numbers so large that their products overflow. Divide the columns by a power "
            "of ten or two before."
        )
    return CumulantMoments(moments=moments, sums=tuple(sums))


def _unions(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Join every row of one with every row of another, sorted."""
    rows = np.repeat(left, len(right), axis=0), np.tile(right, (len(left), 1))
    return np.sort(np.concatenate(rows, axis=1), axis=1)
