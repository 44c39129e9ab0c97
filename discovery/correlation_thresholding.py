"""Factors found as cliques of strongly correlated features: the estimator."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator, _fit_context
from sklearn.utils._param_validation import Interval, StrOptions

from causalrep.base import CertifiedMixin
from causalrep.covariances import centred, correlation_of
from causalrep.exceptions import IdentifiabilityWarning
from causalrep.ranks import CorrelationRankTest
from causalrep.validation import check_columns, check_samples, feature_names, power_of_two_scales
from discovery.covariances import take_covariance
from discovery.factor_fit import FactorFit, fit_factors, starting_fit
from discovery.latent_structure import Indicators, latent_structure
from discovery.measurement import MeasurementModelMixin, canonical_clusters, latent_names

__all__ = ["CorrelationThresholding", "independent_cliques"]

_REFINED = 5
_FEW_STEPS = 25
_FEWEST_SAMPLES = 5
_NO_FACTOR = (
    "No two features share a factor as far as the BIC can tell, so there are no clusters. Collect "
    "more samples, or set a threshold."
)


class CorrelationThresholding(MeasurementModelMixin, CertifiedMixin, BaseEstimator):
    r"""Factors and their loadings from cliques of the thresholded correlation graph.

    .. math:: x = \Lambda f + \varepsilon, \qquad \mathrm{cov}(f) = \Phi,

    with sparse loadings. Features may load on several factors, but each factor has one of its
    own. The number of factors and the zeros of the loadings are found together.

    Parameters
    ----------
    threshold : float, default=None
        Correlations of larger size join two features; chosen by the BIC of the factor model
        where None.
    n_thresholds : int, default=51
        Number of thresholds to choose from, evenly spaced between 0 and the largest correlation.
    alpha : float, default=0.01
        Level of the tests behind the edges between factors.
    on_degenerate : {"raise", "warn", "drop"}, default="raise"
        What to do with constant and duplicate features: refuse them, or leave them out of all
        clusters (with or without a warning).

    Attributes
    ----------
    clusters_ : tuple of tuple of str
        Names of the features of each factor, large clusters first; they may overlap.
    labels_ : ndarray of shape (n_features,)
        Factor with the largest loading of each feature, -1 for none.
    n_latents_ : int
        Number of factors.
    graph_ : Graph
        Factors "L1", "L2", ... with their features, and between factors a CPDAG.
    loadings_ : ndarray of shape (n_features, n_latents)
        Maximum likelihood loadings of standardised features on factors of unit variance.
    latent_correlation_ : ndarray of shape (n_latents, n_latents)
        Correlations of the factors.
    noise_variances_ : ndarray of shape (n_features,)
        Share of each feature's variance that the factors leave unexplained.
    threshold_ : float
        The threshold of the answer, in the middle of those that give it.
    thresholds_ : ndarray of shape (n_thresholds,)
        The thresholds tried.
    bic_ : ndarray of shape (n_thresholds,)
        BIC of the model at each threshold, NaN where there is no clique. For the best five
        models it is that of the maximum likelihood, for the others that of a closed form.
    test_log_ : tuple of StatisticalTest
        Tests of the edges between factors.
    n_features_in_ : int
        Number of features seen in fit.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, where they have any.

    Notes
    -----
    Assume that features which share a factor correlate more than any that do not, and that every
    factor has a feature to itself. Then at a threshold in between the features of a factor form
    a maximal clique, a feature of its own lies in no other, and features of which all neighbours
    are neighbours of each other stand for the factors one to one [1]_. A node i is of this kind
    iff the closed adjacency E satisfies :math:`\sum_j E_{ij} (E E)_{ij} = (\sum_j E_{ij})^2`,
    since :math:`(E E)_{ij}` counts the neighbours that i and j share. Its neighbours have at
    least as many neighbours as it has itself, which excludes most nodes beforehand.

    The first assumption is strong: it fails for weak loadings beside strong factor correlations,
    and then clusters fall apart or flow together. The edges between factors are not part of [1]_:
    they come from tests of vanishing partial correlations between composites of each factor's own
    features (see the guide). A factor with fewer than two of them separates no others.

    References
    ----------
    .. [1] D. S. Kim, Q. Zhou, "Structure learning of latent factors via clique search on
       correlation thresholded graphs", ICML 2022, arXiv:2203.01471.

    Examples
    --------
    >>> from discovery import CorrelationThresholding
    >>> from simulators import LinearSCM, measurement_graph, random_weights
    >>> graph = measurement_graph(2, n_children=3, density=0.0, random_state=0)
    >>> scm = LinearSCM.from_graph(graph, random_weights(graph, 1.0, 1.5, random_state=0))
    >>> CorrelationThresholding().fit(scm.sample(500, random_state=0)).clusters_
    (('X1', 'X2', 'X3'), ('X4', 'X5', 'X6'))
    """

    _parameter_constraints = {
        "threshold": [Interval(Real, 0, 1, closed="neither"), None],
        "n_thresholds": [Interval(Integral, 1, None, closed="left")],
        "alpha": [Interval(Real, 0, 1, closed="neither")],
        "on_degenerate": [StrOptions({"raise", "warn", "drop"})],
    }

    def __init__(
        self,
        threshold: float | None = None,
        *,
        n_thresholds: int = 51,
        alpha: float = 0.01,
        on_degenerate: Literal["raise", "warn", "drop"] = "raise",
    ) -> None:
        self.threshold = threshold
        self.n_thresholds = n_thresholds
        self.alpha = alpha
        self.on_degenerate = on_degenerate

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Find the factors of samples.

        Parameters
        ----------
        X : Dataset, array-like or frame of shape (n_samples, n_features)
            Samples.
        y : object, default=None
            Ignored.

        Returns
        -------
        CorrelationThresholding
            The fitted estimator itself.

        Raises
        ------
        InvalidDataError, DegenerateDataError
            If samples or columns cannot be used; the message says which.
        """
        X = check_samples(self, X, min_samples=_FEWEST_SAMPLES)
        X = X / power_of_two_scales(X)
        X = centred(X)
        return self._fit_covariance(X.T @ X / len(X), len(X))

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_from_covariance(
        self, covariance: Any, n_samples: int, *, names: Sequence[str] | None = None
    ) -> Self:
        """Find the factors behind a covariance or correlation matrix.

        Parameters
        ----------
        covariance : array-like of shape (n_features, n_features)
            Sample covariance or correlation matrix.
        n_samples : int
            Number of samples behind it.
        names : sequence of str, default=None
            Names of the features.

        Returns
        -------
        CorrelationThresholding
            The fitted estimator itself.
        """
        return self._fit_covariance(take_covariance(self, covariance, n_samples, names), n_samples)

    def _fit_covariance(self, covariance: np.ndarray, n_samples: int) -> Self:
        names = feature_names(self)
        usable = np.flatnonzero(
            check_columns(
                covariance,
                names,
                on_degenerate=self.on_degenerate,
                allow_dependent=n_samples <= len(names),
            )
        )
        R = correlation_of(covariance[np.ix_(usable, usable)])
        sizes = np.abs(np.triu(R, 1))
        if self.threshold is None:
            self.thresholds_ = np.linspace(0, sizes.max(), self.n_thresholds + 2)[1:-1]
        else:
            self.thresholds_ = np.array([float(self.threshold)])
        patterns = [independent_cliques(sizes + sizes.T > bound).T for bound in self.thresholds_]
        self.bic_, fits = _scored(R, patterns, n_samples)
        fit = FactorFit(np.zeros((len(R), 0)), np.zeros((0, 0)), np.ones(len(R)))
        scores = np.where(np.isnan(self.bic_), np.inf, self.bic_)
        alike = np.flatnonzero(scores == scores.min())
        best = int(alike[len(alike) // 2])
        chosen = fits[best]
        if chosen is not None and self.bic_[best] < fit.bic(R, n_samples):
            fit = fit_factors(R, patterns[best], start=chosen)
        else:
            warnings.warn(_NO_FACTOR, IdentifiabilityWarning, stacklevel=2)
        self.threshold_ = float(self.thresholds_[best])
        self._store_fit(fit, R, n_samples, usable)
        return self

    def _store_fit(
        self, fit: FactorFit, R: np.ndarray, n_samples: int, usable: np.ndarray
    ) -> None:
        """Put the factors into their order, and keep them under the features' names."""
        names = feature_names(self)
        factors = {tuple(np.flatnonzero(f).tolist()): k for k, f in enumerate(fit.loadings.T)}
        clusters = canonical_clusters(list(factors), R)
        order = np.array([factors[cluster] for cluster in clusters], dtype=int)
        signs = np.where(fit.loadings.sum(axis=0) < 0, -1.0, 1.0)
        self.loadings_ = np.zeros((len(names), len(order)))
        self.loadings_[usable] = (fit.loadings * signs)[:, order]
        self.latent_correlation_ = (fit.correlation * np.outer(signs, signs))[np.ix_(order, order)]
        self.noise_variances_ = np.ones(len(names))
        self.noise_variances_[usable] = fit.noise
        sizes = np.abs(np.column_stack([np.zeros(len(names)), self.loadings_]))
        members = [usable[list(cluster)].tolist() for cluster in clusters]
        self._store_clusters(names, members, sizes.argmax(axis=1) - 1)
        groups = [(name,) for name in latent_names(len(order), names)]
        edges, self.test_log_ = latent_structure(
            _own_indicators(clusters, R),
            lambda weights: CorrelationRankTest(weights @ R @ weights.T, n_samples),
            groups,
            alpha=self.alpha,
        )
        self._store_graph(names, groups, edges)


def independent_cliques(adjacent: np.ndarray) -> np.ndarray:
    """Find the maximal cliques that have a node in no other maximal clique.

    Parameters
    ----------
    adjacent : ndarray of shape (n_nodes, n_nodes), bool
        Symmetric; its diagonal does not matter.

    Returns
    -------
    ndarray of shape (n_cliques, n_nodes), bool
        Members of each clique of at least two nodes, in lexicographic order.

    References
    ----------
    D. S. Kim, Q. Zhou, "Structure learning of latent factors via clique search on correlation
    thresholded graphs", ICML 2022, arXiv:2203.01471.

    Examples
    --------
    >>> import numpy as np
    >>> from discovery.correlation_thresholding import independent_cliques
    >>> path = np.eye(4, k=1, dtype=bool) | np.eye(4, k=-1, dtype=bool)
    >>> independent_cliques(path).astype(int)
    array([[0, 0, 1, 1],
           [1, 1, 0, 0]])
    """
    closed = adjacent | np.eye(len(adjacent), dtype=bool)
    degrees = closed.sum(axis=1, dtype=np.float32)
    least = np.where(closed, degrees, np.inf).min(axis=1)
    candidates = closed[(degrees > 1) & (degrees <= least)]
    _, first = np.unique(np.packbits(candidates, axis=1), axis=0, return_index=True)
    candidates = candidates[first]
    counts = candidates.astype(np.float32)
    complete = counts @ closed.astype(np.float32) == counts.sum(axis=1)[:, None]
    return candidates[(complete | ~candidates).all(axis=1)]


def _scored(
    R: np.ndarray, patterns: Sequence[np.ndarray], n_samples: int
) -> tuple[np.ndarray, list[FactorFit | None]]:
    """BIC of the model at each threshold, and the fits of the best few.

    Each pattern is fitted once, in closed form; the best then by maximum likelihood.
    """
    keys = [pattern.tobytes() for pattern in patterns]
    bic = {
        key: starting_fit(R, pattern).bic(R, n_samples)
        for key, pattern in dict(zip(keys, patterns, strict=True)).items()
        if pattern.shape[1]
    }
    fits = {}
    for key in sorted(bic, key=bic.__getitem__)[:_REFINED]:
        fits[key] = fit_factors(R, patterns[keys.index(key)], max_iter=_FEW_STEPS)
        bic[key] = fits[key].bic(R, n_samples)
    return np.array([bic.get(key, np.nan) for key in keys]), [fits.get(key) for key in keys]


def _own_indicators(clusters: Sequence[tuple[int, ...]], R: np.ndarray) -> list[Indicators]:
    """Combine the features that each factor has to itself."""
    times = Counter(member for cluster in clusters for member in cluster)
    own = [[member for member in cluster if times[member] == 1] for cluster in clusters]
    return [Indicators.of(members, 1, R) for members in own]
