"""Which estimated latent stands for which true one: three ways to match, one result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from causalrep.arguments import array, checked, count, listed, lists, samples
from causalrep.exceptions import InvalidDataError
from causalrep.graphs import Graph
from identifiability.angles import row_cosines
from identifiability.metrics import correlation_matrix

__all__ = [
    "Alignment",
    "align_by_correlation",
    "align_by_environments",
    "align_by_relation",
    "align_by_rows",
]

MISSING = -1


@dataclass(frozen=True, eq=False, kw_only=True)
class Alignment:
    """A matching of estimated to true latents, with the change of units between them.

    Estimated latent ``permutation[i]``, times ``factors[i] = signs[i] * scales[i]``, stands
    for true latent ``i``.

    Parameters
    ----------
    permutation : ndarray of shape (n_true,)
        Position of the estimated partner of every true latent; -1 where it has none.
    signs : ndarray of shape (n_true,)
        1 or -1.
    scales : ndarray of shape (n_true,)
        Positive; 1 where the matching says nothing about units.
    n_estimated : int
        Number of estimated latents.
    basis : str
        What the matching rests on, in words.

    Examples
    --------
    >>> import numpy as np
    >>> from identifiability import align_by_rows
    >>> unmixing = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])
    >>> alignment = align_by_rows(np.array([[0.0, -2.0, -2.0], [3.0, 0.0, 0.0]]), unmixing)
    >>> alignment.permutation.tolist(), alignment.factors.round(3).tolist()
    ([1, 0], [0.333, -0.5])
    >>> bool(np.allclose(alignment.components([[0, -2, -2], [3, 0, 0]]), unmixing))
    True
    """

    permutation: np.ndarray
    signs: np.ndarray
    scales: np.ndarray
    n_estimated: int
    basis: str

    @property
    def n_true(self) -> int:
        """Number of true latents."""
        return len(self.permutation)

    @property
    def factors(self) -> np.ndarray:
        """Signed scales: true units per unit of the estimated partner."""
        return self.signs * self.scales

    @property
    def missing(self) -> tuple[int, ...]:
        """True latents without an estimated partner."""
        return tuple(np.flatnonzero(self.permutation == MISSING).tolist())

    @property
    def extra(self) -> tuple[int, ...]:
        """Estimated latents that stand for no true one."""
        return tuple(np.setdiff1d(np.arange(self.n_estimated), self.permutation).tolist())

    def inverse(self) -> Alignment:
        """Return the alignment that takes true latents for estimated ones."""
        back = np.full(self.n_estimated, MISSING)
        matched = np.flatnonzero(self.permutation != MISSING)
        back[self.permutation[matched]] = matched
        known = back != MISSING
        return replace(
            self,
            permutation=back,
            signs=np.where(known, self.signs[back], 1.0),
            scales=np.where(known, 1.0 / self.scales[back], 1.0),
            n_estimated=self.n_true,
        )

    def without_units(self) -> Alignment:
        """Keep permutation and signs, forget the scales."""
        return replace(self, scales=np.ones(self.n_true))

    def components(self, components: np.ndarray) -> np.ndarray:
        """Bring unmixing rows (n_estimated, p) to the true order and units; NaN if missing."""
        rows = self._taken(np.asarray(components, dtype=float), "components")
        return rows * self.factors[:, None]

    def latents(self, latents: np.ndarray) -> np.ndarray:
        """Bring latent columns (n_samples, n_estimated) to the true order and units."""
        return self.components(np.asarray(latents).T).T

    def mixing(self, mixing: np.ndarray) -> np.ndarray:
        """Bring mixing columns (p, n_estimated) to the true order and units."""
        columns = self._taken(np.asarray(mixing, dtype=float).T, "mixing columns")
        return (columns / self.factors[:, None]).T

    def weights(self, weights: np.ndarray) -> np.ndarray:
        r"""Bring coefficients (n_estimated, n_estimated), row = cause, to the true latents.

        With :math:`z'_i = f_i z_i` the equation :math:`z_j = \sum_i a_{ij} z_i + e_j` reads
        :math:`z'_j = \sum_i (f_j a_{ij} / f_i)\, z'_i + f_j e_j`. Entries of a missing latent
        are NaN.
        """
        rows = self._taken(np.asarray(weights, dtype=float), "weights")
        both = self._taken(rows.T, "weights").T
        return both * self.factors[None, :] / self.factors[:, None]

    def graph(self, graph: Graph, names: Sequence[str]) -> Graph:
        """Rename the estimated latents to the true ones.

        Parameters
        ----------
        graph : Graph
            Its nodes are the estimated latents, in order.
        names : sequence of str of length n_true
            Names of the true latents.

        Returns
        -------
        Graph
            Over the true names, a missing latent as a node without edges, and one node
            ``extra1``, ``extra2``, ... for each estimated latent that stands for none.
        """
        if len(graph.nodes) != self.n_estimated or len(names) != self.n_true:
            raise InvalidDataError(
                f"The alignment is between {self.n_estimated} estimated and {self.n_true} true "
                f"latents, but got a graph of {len(graph.nodes)} nodes and {len(names)} names."
            )
        matched = {
            graph.nodes[estimated]: names[true]
            for true, estimated in enumerate(self.permutation)
            if estimated != MISSING
        }
        matched |= {
            graph.nodes[estimated]: f"extra{number}"
            for number, estimated in enumerate(self.extra, start=1)
        }
        renamed = graph.rename(matched)
        absent = [names[true] for true in self.missing]
        nodes = (*names, *(name for name in renamed.nodes if name not in names))
        return Graph(nodes, renamed.edges, latent=(*renamed.latent, *absent))

    def _taken(self, values: np.ndarray, what: str) -> np.ndarray:
        if values.ndim != 2 or len(values) != self.n_estimated:
            raise InvalidDataError(
                f"The alignment wants {what} of {self.n_estimated} estimated latents, but got "
                f"an array of shape {values.shape}."
            )
        taken = values[self.permutation]
        taken[self.permutation == MISSING] = np.nan
        return taken


@checked(estimated=listed, true=lists, n_estimated=count(1), n_true=count(1), relation=array(2))
def align_by_environments(
    estimated: Sequence[int],
    true: Sequence[Sequence[int]],
    *,
    n_estimated: int,
    n_true: int,
    relation: np.ndarray | None = None,
) -> Alignment:
    """Match latents that are intervened on in the same environments.

    The matching maximises the number of environments in which the estimated target stands
    for a true one, so it uses nothing of the fitted rows or weights and cannot flatter them.

    Parameters
    ----------
    estimated : sequence of int
        The estimated target of every environment; -1 for none.
    true : sequence of sequence of int
        The true targets of the same environments; empty for none.
    n_estimated, n_true : int
        Numbers of latents.
    relation : ndarray of shape (n_true, n_estimated), default=None
        Cosines or correlations in [-1, 1]. They set the signs, decide between matchings with
        equally many agreements, and match latents that no environment names; without them
        those stay unmatched and signs are 1.

    Returns
    -------
    Alignment
        With scales 1.

    Examples
    --------
    >>> from identifiability import align_by_environments
    >>> alignment = align_by_environments(
    ...     [-1, 1, 0, 0], [(), (0,), (1,), (1,)], n_estimated=2, n_true=2
    ... )
    >>> alignment.permutation.tolist()
    [1, 0]
    """
    if len(estimated) != len(true):
        raise InvalidDataError(
            "align_by_environments wants one estimated target and one tuple of true targets "
            f"for each environment, but got {len(estimated)} and {len(true)}."
        )
    _check_targets(
        estimated, [target for targets in true for target in targets], n_estimated, n_true
    )
    votes = np.zeros((n_true, n_estimated))
    for target, sources in zip(estimated, true, strict=True):
        if target != MISSING:
            votes[list(sources), target] += 1.0
    basis = "the environments they are intervened on in"
    if relation is None:
        return _matched(votes, basis)
    weight = 1.0 / (2.0 * max(n_true, n_estimated))
    return _signed(_matched(votes + weight * np.abs(relation), basis), relation)


@checked(relation=array(2))
def align_by_relation(relation: np.ndarray, basis: str) -> Alignment:
    """Match latents by the largest sum of absolute relations.

    Parameters
    ----------
    relation : ndarray of shape (n_true, n_estimated)
        Cosines or correlations, with their sign.
    basis : str
        What they are, in words.

    Examples
    --------
    >>> import numpy as np
    >>> from identifiability import align_by_relation
    >>> alignment = align_by_relation(np.array([[0.2, -0.9], [0.8, 0.3]]), "cosines")
    >>> alignment.permutation.tolist(), alignment.signs.tolist()
    ([1, 0], [-1.0, 1.0])
    """
    return _signed(_matched(np.abs(relation), basis), relation)


@checked(Z_estimated=samples(2), Z=samples(2))
def align_by_correlation(
    Z_estimated: np.ndarray, Z: np.ndarray, *, method: str = "pearson"
) -> Alignment:
    """Match latents by the largest sum of absolute correlations.

    Parameters
    ----------
    Z_estimated : ndarray of shape (n_samples, n_estimated)
        Recovered latents.
    Z : ndarray of shape (n_samples, n_true)
        True latents.
    method : {"pearson", "spearman"}, default="pearson"
        Kind of correlation.

    Returns
    -------
    Alignment
        Signs from the correlation, scales the ratio of standard deviations.

    Examples
    --------
    >>> import numpy as np
    >>> from identifiability import align_by_correlation
    >>> Z = np.random.default_rng(0).standard_normal((50, 2))
    >>> align_by_correlation(Z[:, ::-1] * [-2.0, 4.0], Z).factors.tolist()
    [0.25, -0.5]
    """
    correlations = correlation_matrix(Z, Z_estimated, method=method)
    alignment = align_by_relation(correlations, "the largest absolute correlations")
    return _scaled(alignment, np.std(Z, axis=0), np.std(Z_estimated, axis=0))


@checked(components=array(2), true_components=array(2))
def align_by_rows(components: np.ndarray, true_components: np.ndarray) -> Alignment:
    """Match latents by the angles between their unmixing rows.

    Parameters
    ----------
    components : ndarray of shape (n_estimated, n_features)
        Estimated unmixing.
    true_components : ndarray of shape (n_true, n_features)
        True unmixing.

    Returns
    -------
    Alignment
        The largest sum of absolute cosines; scales the ratio of the rows' lengths.

    Examples
    --------
    >>> from identifiability import align_by_rows
    >>> alignment = align_by_rows([[0.0, -2.0], [1.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]])
    >>> alignment.permutation.tolist(), alignment.signs.tolist()
    ([1, 0], [1.0, -1.0])
    """
    cosines = row_cosines(true_components, components)
    alignment = align_by_relation(cosines, "the smallest angles between unmixing rows")
    lengths = np.linalg.norm(true_components, axis=1)
    return _scaled(alignment, lengths, np.linalg.norm(components, axis=1))


def _matched(gain: np.ndarray, basis: str) -> Alignment:
    """Pick the matching of largest total gain (n_true, n_estimated); no gain is no match."""
    true, estimated = linear_sum_assignment(gain, maximize=True)
    kept = gain[true, estimated] > 0.0
    permutation = np.full(len(gain), MISSING)
    permutation[true[kept]] = estimated[kept]
    ones = np.ones(len(gain))
    return Alignment(
        permutation=permutation, signs=ones, scales=ones, n_estimated=gain.shape[1], basis=basis
    )


def _signed(alignment: Alignment, relation: np.ndarray) -> Alignment:
    """Set the signs to those of the matched relations (n_true, n_estimated)."""
    taken = alignment.permutation
    opposed = relation[np.arange(len(taken)), taken] < 0.0
    return replace(alignment, signs=np.where((taken != MISSING) & opposed, -1.0, 1.0))


def _scaled(alignment: Alignment, size: np.ndarray, partner: np.ndarray) -> Alignment:
    """Set the scales to the ratios of true (n_true,) to estimated sizes (n_estimated,)."""
    taken = alignment.permutation
    usable = (taken != MISSING) & (partner[taken] > 0.0) & (size > 0.0)
    scales = np.divide(size, partner[taken], out=np.ones(len(taken)), where=usable)
    return replace(alignment, scales=scales)


def _check_targets(
    estimated: Sequence[int], true: Sequence[int], n_estimated: int, n_true: int
) -> None:
    for values, lowest, limit, what in (
        (estimated, MISSING, n_estimated, "an estimated"),
        (true, 0, n_true, "a true"),
    ):
        outside = [value for value in values if not lowest <= value < limit]
        if outside:
            raise InvalidDataError(
                f"Targets are positions below {limit}, the number of latents, but {what} "
                f"target is {outside[0]}."
            )
