"""Sources one after the other, found by ranks of matrices of cumulants of pairs."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import product
from numbers import Integral, Real
from typing import Any, NamedTuple, Self

import numpy as np
from sklearn.base import BaseEstimator, _fit_context
from sklearn.utils._param_validation import Interval

from causalrep.base import CertifiedMixin
from causalrep.cumulants import k_statistics
from causalrep.exceptions import ModelMismatchWarning
from discovery.confounded_models import check_several, confounded_model, standardised

__all__ = ["CumulantRanks"]

_FIRST, _LATER, _POWER = 0.008, 0.8, 0.125
_FEWEST_SAMPLES = 8
_ALIKE = 1e-9
"""Relative difference of what the order of additions may tell apart, such as conjugate roots."""


class PairCumulants:
    """Joint cumulants of every two variables, from which those of sources are taken away.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Standardised samples.
    max_order : int
        Highest order, at most six.

    Examples
    --------
    >>> import numpy as np
    >>> from discovery.cumulant_ranks import PairCumulants
    >>> X = np.random.default_rng(0).exponential(size=(20_000, 2)) @ np.array([[1, 2], [0, 1]])
    >>> PairCumulants(X, 3).sequence(0, 1, 2).round().tolist()  # var(x), cov(x, y)
    [1.0, 2.0]
    """

    def __init__(self, X: np.ndarray, max_order: int) -> None:
        p = X.shape[1]
        self.orders = tuple(range(2, max_order + 1))
        self.tables: dict[int, np.ndarray] = {}
        i, j = np.triu_indices(p, 1)
        for order in self.orders:
            table = np.zeros((order + 1, p, p))
            for many in range(order + 1):
                rows = np.column_stack([i] * (order - many) + [j] * many)
                found = k_statistics(X, rows)
                table[many, i, j] = table[order - many, j, i] = found
            self.tables[order] = table

    def sequence(self, u: int, v: int, order: int) -> np.ndarray:
        """Cumulants with ``order - i`` times u and i times v, for i below the order."""
        return self.tables[order][:order, u, v]

    def matrix(self, u: int, v: int, n_latents: int) -> np.ndarray:
        r"""Windows of the sequences, of rank ``n_latents + 1`` if u is a cause of v.

        All sources of u are among its noise and the latents, so that every sequence is
        :math:`c_i = \sum_j \omega_j b_j^i` and windows longer than the number of sources lie in
        a proper subspace.
        """
        width = n_latents + 2
        rows: list[np.ndarray] = []
        for order in range(width, self.orders[-1] + 1):
            if len(rows) >= width:
                break
            c = self.sequence(u, v, order) / self._scale(u, v, order)
            rows += [c[start : start + width] for start in range(order - width + 1)]
        return np.array(rows)

    def _scale(self, u: int, v: int, order: int) -> np.ndarray:
        variances = np.maximum([self.tables[2][0, u, v], self.tables[2][2, u, v]], 1e-12)
        many = np.arange(order)
        return variances[0] ** ((order - many) / 2) * variances[1] ** (many / 2)

    def ratio(self, u: int, v: int) -> float:
        """Ratio of the scales of two variables: v by u."""
        variances = np.maximum([self.tables[2][0, u, v], self.tables[2][2, u, v]], 1e-12)
        return float(np.sqrt(variances[1] / variances[0]))

    def remove(self, loadings: np.ndarray, omega: np.ndarray) -> None:
        """Take sources away: loadings (n_features, n_sources), cumulants (n_orders, n_sources)."""
        for order, cumulants in zip(self.orders, omega, strict=True):
            for many in range(order + 1):
                left, right = loadings ** (order - many), loadings**many
                self.tables[order][many] -= (left * cumulants) @ right.T


class Found(NamedTuple):
    """A source variable with what it and its latents do to all others."""

    source: int
    loadings: np.ndarray
    n_latents: int


class CumulantRanks(CertifiedMixin, BaseEstimator):
    r"""Causal order, latents and effects by ranks of cumulants of pairs.

    .. math:: x = \Lambda x + \Gamma L + \varepsilon

    with acyclic :math:`\Lambda` and independent non-Gaussian sources. It is a rival for
    comparisons: ranks are told by thresholds, not by tests.

    Parameters
    ----------
    max_latents : int, default=1
        Most latents of a pair, up to two; two need cumulants of order six.
    threshold : float, default=0.008
        Largest ratio of singular values that counts as zero, times the eighth root of the number
        of samples. For sources after the first it is 100 times this, times the number of
        sources found.
    min_effect : float, default=0.1
        Smallest standardised direct effect that counts as an edge.

    Attributes
    ----------
    graph_ : Graph
        Features and latents "L1", ...
    weights_ : ndarray of shape (n_nodes, n_nodes)
        Direct effects over ``graph_.nodes``, row = cause, column = effect. Latents have weight
        one on the source with which they were found.
    mixing_ : ndarray of shape (n_features, n_latents)
        Total effects of the latents.
    causal_order_ : tuple of str
        Features, causes first.
    n_latents_ : int
        Number of latents.
    n_features_in_ : int
        Number of features seen in fit.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, where they have any.

    Notes
    -----
    If u has no causes among the variables left and shares l latents with v, the cumulants
    ``cum(u, ..., u, v, ..., v)`` of one order with at least one u are sums of l + 1 geometric
    sequences. Matrices of their windows of length l + 2 have rank l + 1, and the roots of the
    polynomial in their null space are the total effects on v of the noise of u and of the
    latents. The method follows [1]_: the variable with the fewest latents towards all others is
    the source; its contribution is taken away from the cumulants. Here the null
    vector of all windows is used, where the publication solves some of the equations, and
    sources of different v are matched by their cumulants.

    References
    ----------
    .. [1] D. Schkoda, E. Robeva, M. Drton, "Causal discovery of linear non-Gaussian causal models
       with unobserved confounding", 2024, arXiv:2408.04907.

    Examples
    --------
    >>> from causalrep import Graph
    >>> from discovery import CumulantRanks
    >>> from simulators import Exponential, LinearSCM
    >>> graph = Graph.from_text("x --> y, L --> x, L --> y; latent L")
    >>> weights = 1.0 * graph.to_array(edge_direction="row->column")
    >>> scm = LinearSCM.from_graph(graph, weights, noise=Exponential())
    >>> print(CumulantRanks().fit(scm.sample(50_000, random_state=0)).graph_)
    x --> y, L1 --> x, L1 --> y; latent L1
    """

    _parameter_constraints = {
        "max_latents": [Interval(Integral, 0, 2, closed="both")],
        "threshold": [Interval(Real, 0, None, closed="neither")],
        "min_effect": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self, max_latents: int = 1, *, threshold: float = _FIRST, min_effect: float = 0.1
    ) -> None:
        self.max_latents = max_latents
        self.threshold = threshold
        self.min_effect = min_effect

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Find the sources one after the other.

        Parameters
        ----------
        X : Dataset, array-like or frame of shape (n_samples, n_features)
            Samples.
        y : object, default=None
            Ignored.

        Returns
        -------
        CumulantRanks
            The fitted estimator itself.

        Raises
        ------
        InvalidDataError, DegenerateDataError
            If samples or columns cannot be used; the message says which.
        """
        X, names = check_several(self, X, min_samples=_FEWEST_SAMPLES)
        samples = standardised(X, names)
        cumulants = PairCumulants(samples.Z, max(3, 2 * self.max_latents + 2))
        found = self._sources(cumulants, len(X))
        self._answer(found, names, samples.scales)
        return self

    def _sources(self, cumulants: PairCumulants, n_samples: int) -> list[Found]:
        left = list(range(len(cumulants.tables[2][0])))
        found: list[Found] = []
        misfits = 0
        while len(left) > 1:
            share = self.threshold if not found else 100 * self.threshold * len(found)
            limit = share / n_samples**_POWER
            source, numbers = _next_source(cumulants, left, self.max_latents, limit)
            misfits += sum(number > self.max_latents for number in numbers.values())
            left.remove(source)
            found.append(_effects(cumulants, source, numbers, self.max_latents))
        loadings = np.zeros((len(cumulants.tables[2][0]), 1))
        loadings[left] = 1.0
        found.append(Found(left[0], loadings, 0))
        if misfits:
            warnings.warn(
                f"{misfits} pairs share more than max_latents={self.max_latents} latents as far "
                "as the ranks can tell, or effects are not linear. Raise max_latents, collect "
                "more samples, or use CumulantDiscovery.",
                ModelMismatchWarning,
                stacklevel=5,
            )
        return found

    def _answer(self, found: list[Found], names: tuple[str, ...], scales: np.ndarray) -> None:
        """Set what was found."""
        p = len(names)
        T = np.zeros((p, p))
        for some in found:
            T[:, some.source] = some.loadings[:, 0]
        hidden_columns = np.concatenate([some.loadings[:, 1:] for some in found], axis=1)
        rest = np.linalg.inv(T)
        effects, loadings = np.eye(p) - rest, rest @ hidden_columns
        effects[np.abs(effects) < self.min_effect] = 0.0
        loadings[np.abs(loadings) < self.min_effect] = 0.0
        model = confounded_model(effects, loadings, names, scales)
        self.graph_, self.weights_, self.mixing_ = model
        self.n_latents_ = len(self.graph_.latent)
        self.causal_order_ = tuple(names[some.source] for some in found)


def _next_source(
    cumulants: PairCumulants, left: Sequence[int], max_latents: int, limit: float
) -> tuple[int, dict[int, int]]:
    """Choose the variable with the fewest latents towards all others, and their numbers."""
    ranked = []
    for u in left:
        numbers, ratios = {}, 0.0
        for v in left:
            if v != u:
                spectra = [_ratio(cumulants.matrix(u, v, n)) for n in range(max_latents + 1)]
                small = [n for n, ratio in enumerate(spectra) if ratio < limit]
                numbers[v] = small[0] if small else max_latents + len(left)
                ratios += spectra[-1]
        ranked.append((sum(numbers.values()), ratios, u, numbers))
    _, _, source, numbers = min(ranked, key=lambda item: item[:2])
    return source, numbers


def _ratio(A: np.ndarray) -> float:
    spectrum = np.linalg.svd(A, compute_uv=False)
    return float(spectrum[-1] / spectrum[0]) if spectrum[0] else 0.0


def _effects(cumulants: PairCumulants, u: int, numbers: dict[int, int], max_latents: int) -> Found:
    """Total effects of the noise of a source and of its latents; take them away."""
    roots = {v: _roots(cumulants, u, v, min(n, max_latents)) for v, n in numbers.items()}
    signatures = {v: _signature(cumulants, u, v, b) for v, b in roots.items()}
    omega = signatures[_clearest(cumulants, u, {v: len(b) - 1 for v, b in roots.items()})]
    loadings = np.zeros((len(cumulants.tables[2][0]), omega.shape[1]))
    loadings[u] = 1.0
    for v, b in roots.items():
        loadings[v] = b[_matched(omega, signatures[v])]
    cumulants.remove(loadings, omega)
    noise = _sparsest_noise(loadings)
    order = [noise, *(k for k in range(loadings.shape[1]) if k != noise)]
    return Found(u, loadings[:, order], len(order) - 1)


def _clearest(cumulants: PairCumulants, u: int, n_latents: dict[int, int]) -> int:
    """Of the variables that show most sources of u, return the one whose windows fit best.

    Any of them would do where the model holds; the first would depend on the order of columns.
    """
    most = max(n_latents.values())
    showing = [v for v, number in n_latents.items() if number == most]
    return min(showing, key=lambda v: _ratio(cumulants.matrix(u, v, most)))


def _roots(cumulants: PairCumulants, u: int, v: int, n_latents: int) -> np.ndarray:
    """Roots of the recurrence of the sequences: effects of the sources of u on v."""
    null = np.linalg.svd(cumulants.matrix(u, v, n_latents))[2][-1]
    roots = np.asarray(np.polynomial.Polynomial(null).roots()).real.astype(np.float64)
    missing = n_latents + 1 - len(roots)
    return np.concatenate([roots, np.zeros(missing)]) * cumulants.ratio(u, v)


def _signature(cumulants: PairCumulants, u: int, v: int, b: np.ndarray) -> np.ndarray:
    """Cumulants of the sources with given effects, shape (n_orders, n_sources)."""
    found = []
    for order in cumulants.orders:
        powers = b ** np.arange(order)[:, None]
        found.append(np.linalg.lstsq(powers, cumulants.sequence(u, v, order), rcond=_ALIKE)[0])
    return np.array(found)


def _matched(wanted: np.ndarray, seen: np.ndarray) -> list[int]:
    """For every source the like one seen with another variable, where several may be one.

    Where several choices are equally near, as with conjugate roots, it is the first in the order
    of the roots, whatever the last digits say.
    """
    n_wanted, n_seen = wanted.shape[1], seen.shape[1]
    choices = [
        list(places)
        for places in product(range(n_seen), repeat=n_wanted)
        if len(set(places)) == n_seen
    ]
    distances = np.empty(len(choices))
    for number, places in enumerate(choices):
        merged = np.zeros_like(seen)
        np.add.at(merged.T, places, wanted.T)
        distances[number] = np.sum((merged - seen)[-2:] ** 2)
    slack = _ALIKE * (distances.min() + np.sum(seen[-2:] ** 2))
    return choices[int(np.argmax(distances <= distances.min() + slack))]


def _sparsest_noise(loadings: np.ndarray) -> int:
    """Find the source that, taken for the noise, leaves the others the fewest children."""
    gaps = np.abs(loadings[:, :, None] - loadings[:, None]) > _ALIKE
    return int(np.argmin(gaps.sum(axis=(0, 1))))
