"""Clusters of indicators with one latent cause each: the estimator."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from numbers import Integral, Real
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator, _fit_context
from sklearn.utils._param_validation import Interval, StrOptions

from causalrep.base import CertifiedMixin
from causalrep.covariances import centred, correlation_of
from causalrep.exceptions import IdentifiabilityWarning, InvalidDataError
from causalrep.results import StatisticalTest
from causalrep.validation import check_columns, check_samples, feature_names, power_of_two_scales
from discovery.cluster_growth import grown_clusters
from discovery.covariances import take_covariance
from discovery.latent_structure import Indicators, latent_structure
from discovery.measurement import (
    MeasurementModelMixin,
    canonical_clusters,
    exclusive_labels,
    latent_names,
)
from discovery.one_factor_purity import PurityTests, all_pairs

__all__ = ["OneFactorClusters"]

_FEWEST_SAMPLES = 5
_MAJORITY = 0.5
_NO_CLUSTER = (
    "No {size} features are pure indicators of one latent as far as these data can tell, so there "
    "are no clusters. Collect more samples, or lower min_size or alpha."
)


class OneFactorClusters(MeasurementModelMixin, CertifiedMixin, BaseEstimator):
    r"""Clusters of features that are pure indicators of one latent each.

    .. math:: x_i = \lambda_i L_{c(i)} + \varepsilon_i

    for the features i of a cluster c, whatever the causes of the other features and the relations
    between the latents are. Features that are no pure indicators are left out.

    Parameters
    ----------
    alpha : float, default=0.05
        Level at which any feature is wrongly left out of its cluster; each test is made at
        ``alpha / n_features``.
    null : {"exact", "robust"}, default="exact"
        Reference law of the tests. "exact" is right for linear models with independent noises of
        any law; "robust" uses fourth moments, for heavy tails that the features share.
    min_size : int, default=3
        Smallest cluster.
    on_degenerate : {"raise", "warn", "drop"}, default="raise"
        What to do with constant, duplicate and linearly dependent features: refuse them, or leave
        them out of all clusters (with or without a warning).

    Attributes
    ----------
    clusters_ : tuple of tuple of str
        Names of the indicators of each latent, large clusters first.
    labels_ : ndarray of shape (n_features,)
        Cluster of each feature, -1 for none.
    n_latents_ : int
        Number of clusters.
    graph_ : Graph
        Latents "L1", "L2", ... with their indicators, and between latents a CPDAG.
    test_log_ : tuple of StatisticalTest
        For each cluster the tests that one latent is behind it, inside and towards the other
        features; then the tests between latents.
    n_features_in_ : int
        Number of features seen in fit.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, where they have any.

    Notes
    -----
    Two indicators a, b are effects of one latent and of nothing else that causes other features
    iff their cross-covariance with all the other features has rank 1, which is that all tetrads
    of (a, b) with pairs of the others vanish. One test a pair decides that, where [1]_ tests each
    tetrad of a triple by itself and so rejects more true clusters the more features there are.
    Pairs that overlap are united, the surest first, as long as the union passes a joint test:
    that it shares one dimension with the rest, and that one factor is behind the union and the
    combination of the rest that predicts it best (:func:`~discovery.one_factor_test`).

    Two features that share more than latents, such as the wording of a question, are both impure
    beside each other. Of such a pair the one that fits better is taken in, the other left out;
    no more than one partner is looked for.

    With three or more indicators to every latent, these clusters are the pure clusters of the
    model [1]_; the latents may be related in any way. The CPDAG between them assumes in addition
    that they are linearly related without further common causes.

    References
    ----------
    .. [1] E. Kummerfeld, J. Ramsey, "Causal clustering for 1-factor measurement models", KDD 2016.
    .. [2] R. Silva, R. Scheines, C. Glymour, P. Spirtes, "Learning the structure of linear latent
       variable models", JMLR 7 (2006).

    Examples
    --------
    >>> from discovery import OneFactorClusters
    >>> from simulators import LinearSCM, measurement_graph, random_weights
    >>> graph = measurement_graph(2, n_children=3, density=1.0, random_state=0)
    >>> scm = LinearSCM.from_graph(graph, random_weights(graph, 1.0, 1.5, random_state=0))
    >>> model = OneFactorClusters().fit(scm.sample(500, random_state=0))
    >>> sorted(model.clusters_)
    [('X1', 'X2', 'X3'), ('X4', 'X5', 'X6')]
    """

    _parameter_constraints = {
        "alpha": [Interval(Real, 0, 1, closed="neither")],
        "null": [StrOptions({"exact", "robust"})],
        "min_size": [Interval(Integral, 3, None, closed="left")],
        "on_degenerate": [StrOptions({"raise", "warn", "drop"})],
    }

    def __init__(
        self,
        *,
        alpha: float = 0.05,
        null: Literal["exact", "robust"] = "exact",
        min_size: int = 3,
        on_degenerate: Literal["raise", "warn", "drop"] = "raise",
    ) -> None:
        self.alpha = alpha
        self.null = null
        self.min_size = min_size
        self.on_degenerate = on_degenerate

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Find the clusters of samples.

        Parameters
        ----------
        X : Dataset, array-like or frame of shape (n_samples, n_features)
            Samples, more than features.
        y : object, default=None
            Ignored.

        Returns
        -------
        OneFactorClusters
            The fitted estimator itself.

        Raises
        ------
        InvalidDataError, DegenerateDataError
            If samples or columns cannot be used; the message says which.
        """
        X = check_samples(self, X, min_samples=_FEWEST_SAMPLES)
        X = X / power_of_two_scales(X)
        X = centred(X)
        return self._fit(X.T @ X / len(X), len(X), X if self.null == "robust" else None)

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_from_covariance(
        self, covariance: Any, n_samples: int, *, names: Sequence[str] | None = None
    ) -> Self:
        """Find the clusters behind a covariance or correlation matrix.

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
        OneFactorClusters
            The fitted estimator itself.

        Raises
        ------
        TypeError
            If the null is "robust", for which the samples are needed.
        """
        if self.null == "robust":
            raise TypeError(
                'A covariance is enough for null="exact", but null="robust" needs the samples. '
                "Call fit(X) instead."
            )
        return self._fit(take_covariance(self, covariance, n_samples, names), n_samples, None)

    def _fit(self, covariance: np.ndarray, n_samples: int, samples: np.ndarray | None) -> Self:
        names = feature_names(self)
        if n_samples <= len(names):
            raise InvalidDataError(
                f"OneFactorClusters needs more samples than features, but there are {n_samples} "
                f"samples of {len(names)} features. Collect more, or leave features out."
            )
        usable = np.flatnonzero(check_columns(covariance, names, on_degenerate=self.on_degenerate))
        R = correlation_of(covariance[np.ix_(usable, usable)])
        if samples is not None:
            samples = samples[:, usable] / np.sqrt(np.diag(covariance)[usable])
        purity = PurityTests(R, n_samples, self.alpha / len(usable), samples)
        universe, clusters = self._search(purity)
        if not clusters:
            message = _NO_CLUSTER.format(size=self.min_size)
            warnings.warn(message, IdentifiabilityWarning, stacklevel=2)
        members = [usable[list(cluster)].tolist() for cluster in clusters]
        self._store_clusters(names, members, exclusive_labels(members, len(names)))
        groups = [(name,) for name in latent_names(len(clusters), names)]
        edges, log = latent_structure(
            [Indicators.of(cluster, 1, R) for cluster in clusters],
            purity.rank_test,
            groups,
            alpha=self.alpha / max(1, len(groups)),
        )
        self._store_graph(names, groups, edges)
        tests = zip(self.clusters_, clusters, strict=True)
        self.test_log_ = (
            *(test for pair in tests for test in self._log(purity, universe, *pair)),
            *log,
        )
        return self

    def _search(self, purity: PurityTests) -> tuple[list[int], list[tuple[int, ...]]]:
        """Return the features beside which the clusters are pure, and the clusters."""
        universe = list(range(len(purity.correlation)))
        clusters = self._clusters(purity, universe)
        while (partner := self._worst_partner(purity, universe, clusters)) is not None:
            universe.remove(partner)
            clusters = self._clusters(purity, universe)
        return universe, canonical_clusters(clusters, purity.correlation)

    def _clusters(self, purity: PurityTests, universe: list[int]) -> list[tuple[int, ...]]:
        """Grow clusters from the pairs that share one dimension with the rest."""
        pairs = all_pairs(universe)
        pairs = pairs[purity.correlated()[pairs[:, 0], pairs[:, 1]]]
        if len(universe) < 4 or not len(pairs):
            return []
        p_values = purity.pair_p_values(pairs, universe)
        kept = p_values >= purity.level
        grown = grown_clusters(
            pairs[kept],
            p_values[kept],
            lambda union: purity.p_value(union, universe) >= purity.level,
        )
        return [cluster for cluster in grown if len(cluster) >= self.min_size]

    def _worst_partner(
        self, purity: PurityTests, universe: list[int], clusters: list[tuple[int, ...]]
    ) -> int | None:
        """Find the feature outside of all clusters without which most others could join one."""
        outside = sorted(set(universe).difference(*clusters))
        gains = [
            (*self._gain(purity, [v for v in universe if v != feature], clusters), -feature)
            for feature in outside
        ]
        most = max(gains, default=(0, 0.0, 0))
        return -most[2] if most[0] else None

    def _gain(
        self, purity: PurityTests, universe: list[int], clusters: list[tuple[int, ...]]
    ) -> tuple[int, float]:
        """Count the features that could join a cluster, and say how well the best one would."""
        inside = sorted(set().union(*clusters))
        pairs = all_pairs(universe)
        pairs = pairs[np.isin(pairs, inside).sum(axis=1) == 1]
        if len(universe) < 4 or not len(pairs):
            return 0, 0.0
        related = purity.correlated()
        fits = np.zeros_like(related)
        passed = purity.pair_p_values(pairs, universe) >= purity.level
        fits[tuple(pairs[passed].T)] = True
        fits = (fits | fits.T) & related
        found = {
            feature: purity.p_value(tuple(sorted((*cluster, feature))), universe)
            for cluster in clusters
            for feature in set(universe).difference(inside)
            if fits[feature, list(cluster)].mean() > _MAJORITY
        }
        passing = [p_value for p_value in found.values() if p_value >= purity.level]
        return len(passing), max(passing, default=0.0)

    def _log(
        self,
        purity: PurityTests,
        universe: list[int],
        names: tuple[str, ...],
        cluster: tuple[int, ...],
    ) -> Iterator[StatisticalTest]:
        """Report the tests that one latent is behind a cluster."""
        inside = purity.inside(cluster, universe)
        if inside is not None:
            yield StatisticalTest(
                hypothesis="one latent is behind the cluster: its tetrads vanish",
                variables=names,
                statistic=inside.statistic,
                degrees_of_freedom=inside.degrees_of_freedom,
                p_value=inside.p_value,
                rejected=inside.p_value < purity.level / 2,
            )
        n_rest = len(universe) - len(cluster)
        if n_rest > 1:
            p_value = purity.outside(cluster, universe)
            yield StatisticalTest(
                hypothesis="the cluster shares one dimension with the other features",
                variables=names,
                statistic=np.nan,
                degrees_of_freedom=(len(cluster) - 1) * (n_rest - 1),
                p_value=p_value,
                rejected=p_value < purity.level / 2,
            )
