"""Clusters of indicators and the causal order of their latents, by independent noise."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import pairwise
from numbers import Integral, Real
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator, _fit_context
from sklearn.utils._param_validation import Interval, StrOptions

from causalrep.base import CertifiedMixin
from causalrep.covariances import centred, correlation_of
from causalrep.exceptions import (
    IdentifiabilityWarning,
    InvalidDataError,
    ModelMismatchWarning,
)
from causalrep.ranks import CorrelationRankTest, RankTest
from causalrep.validation import check_columns, check_samples, feature_names, power_of_two_scales
from discovery.gin_clusters import noise_clusters
from discovery.gin_order import AcceptedOrders, SeenGroup, accepted_orders, tiers_of
from discovery.latent_structure import Indicators, dependent, latent_structure
from discovery.measurement import (
    MeasurementModelMixin,
    canonical_clusters,
    exclusive_labels,
    latent_names,
)

__all__ = ["GIN"]


class GIN(MeasurementModelMixin, CertifiedMixin, BaseEstimator):
    r"""Latents of a linear non-Gaussian model, their indicators and their causal order.

    .. math:: L = B L + \varepsilon, \qquad x = \Lambda L + e,

    with acyclic B and independent non-Gaussian noises. The features of a cluster are effects of
    the same one or few latents and of no others.

    Parameters
    ----------
    alpha : float, default=0.05
        Level at which any feature is wrongly left out of its cluster (each test of clusters is
        made at ``alpha / n_features``), and level of the tests of order and of edges.
    max_latents : int, default=2
        Most latents that a cluster may share.
    max_tests : int, default=5_000_000
        Most sets of one size to test for being part of a cluster.
    on_degenerate : {"raise", "warn", "drop"}, default="raise"
        What to do with constant, duplicate and linearly dependent features: refuse them, or leave
        them out of all clusters (with or without a warning).

    Attributes
    ----------
    clusters_ : tuple of tuple of str
        Names of the features of each cluster, large clusters first.
    labels_ : ndarray of shape (n_features,)
        Cluster of each feature, -1 for none.
    n_latents_ : int
        Number of latents.
    latents_ : tuple of tuple of str
        Names of the latents of each cluster.
    causal_order_ : tuple of tuple of str
        Latents, causes first. Those of one tier are not ordered: they share a cluster, or the
        data leave their order open, or neither causes the other.
    graph_ : Graph
        Latents with their indicators. Edges between latents are undirected where neither the
        order nor independences tell their direction.
    test_log_ : tuple of StatisticalTest
        The tests of who comes first, then those of edges between latents.
    n_features_in_ : int
        Number of features seen in fit.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, where they have any.

    Notes
    -----
    (Z, Y) satisfies the GIN condition if :math:`\omega' Y` is independent of Z for a
    :math:`\omega \neq 0` with :math:`\omega' \mathrm{cov}(Y, Z) = 0`. A smallest set Y of k + 1
    features that satisfies it with all other features as Z shares k latents, and sets that
    overlap share the same [1]_. Clusters of one latent are found first; sets are united, the
    surest first, as long as the union passes a test of rank k towards the rest.

    With P and Q halves of the indicators of a latent and R those of another, (Q, (P, R)) satisfies
    GIN if the first is a cause of the second and no third of both, but not the other way
    round [1]_; indicators of latents already ordered join both sides.
    Several latents may pass as the first. All are followed up: an order is accepted if each
    latent passes as the first of those left, and what all accepted orders say is told. The true
    one is rejected at most at level ``alpha``, so this holds for wrong claims too [2]_. The edges
    are those that rank tests find, of which the order directs some; the complete graph along
    the order, as in [1]_, would hold more.

    The order needs non-Gaussian noise. For Gaussian data all orders pass, and a warning says that
    their order is not identified. p-values of one hypothesis are combined by their Cauchy
    combination, which allows them to depend on each other, not by Fisher's method, which does not.

    References
    ----------
    .. [1] F. Xie, R. Cai, B. Huang, C. Glymour, Z. Hao, K. Zhang, "Generalized independent noise
       condition for estimating latent variable causal graphs", NeurIPS 2020, arXiv:2010.04917.
    .. [2] Y. S. Wang, M. Kolar, M. Drton, "Confidence sets for causal orderings", JASA 2025,
       arXiv:2305.14506.

    Examples
    --------
    >>> from causalrep import Graph
    >>> from discovery import GIN
    >>> from simulators import Exponential, LinearSCM
    >>> graph = Graph.from_text(
    ...     "L1 --> L2, L1 --> a, L1 --> b, L1 --> c, L2 --> d, L2 --> e; latent L1, L2"
    ... )
    >>> weights = 1.0 * graph.to_array(edge_direction="row->column")
    >>> scm = LinearSCM.from_graph(graph, weights, noise=Exponential())
    >>> model = GIN().fit(scm.sample(1000, random_state=0))
    >>> model.clusters_, model.causal_order_
    ((('a', 'b', 'c'), ('d', 'e')), (('L1',), ('L2',)))
    """

    _parameter_constraints = {
        "alpha": [Interval(Real, 0, 1, closed="neither")],
        "max_latents": [Interval(Integral, 1, None, closed="left")],
        "max_tests": [Interval(Integral, 1, None, closed="left")],
        "on_degenerate": [StrOptions({"raise", "warn", "drop"})],
    }

    def __init__(
        self,
        *,
        alpha: float = 0.05,
        max_latents: int = 2,
        max_tests: int = 5_000_000,
        on_degenerate: Literal["raise", "warn", "drop"] = "raise",
    ) -> None:
        self.alpha = alpha
        self.max_latents = max_latents
        self.max_tests = max_tests
        self.on_degenerate = on_degenerate

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Find clusters, order and graph.

        Parameters
        ----------
        X : Dataset, array-like or frame of shape (n_samples, n_features)
            Samples, three for each feature at least.
        y : object, default=None
            Ignored.

        Returns
        -------
        GIN
            The fitted estimator itself.

        Raises
        ------
        InvalidDataError, DegenerateDataError
            If samples or columns cannot be used; the message says which.
        BudgetError
            If there are more sets of features than ``max_tests``.
        """
        X = check_samples(self, X, min_samples=2)
        names = feature_names(self)
        if len(X) < 3 * len(names):
            raise InvalidDataError(
                f"GIN needs three samples for each feature, but there are {len(X)} samples of "
                f"{len(names)} features. Collect more, or leave features out."
            )
        X = X / power_of_two_scales(X)
        X = centred(X)
        covariance = X.T @ X / len(X)
        usable = np.flatnonzero(check_columns(covariance, names, on_degenerate=self.on_degenerate))
        R = correlation_of(covariance[np.ix_(usable, usable)])
        samples = X[:, usable] / np.sqrt(np.diag(covariance)[usable])
        found = noise_clusters(
            samples,
            R,
            level=self.alpha / len(usable),
            max_latents=self.max_latents,
            max_tests=self.max_tests,
        )
        sizes = {cluster: size for size, cluster in found}
        clusters = canonical_clusters(list(sizes), R)
        members = [usable[list(cluster)].tolist() for cluster in clusters]
        self._store_clusters(names, members, exclusive_labels(members, len(names)))
        self.latents_ = _grouped([sizes[cluster] for cluster in clusters], names)
        indicators = [Indicators.of(cluster, sizes[cluster], R) for cluster in clusters]
        self._order(indicators, samples, R)
        return self

    def _order(self, indicators: list[Indicators], samples: np.ndarray, R: np.ndarray) -> None:
        """Find the tiers, and the edges that they and independences leave."""
        seen = [SeenGroup.of(some, samples, R) for some in indicators]
        orders = accepted_orders(seen, self.latents_, self.alpha)

        def ranks(weights: np.ndarray) -> RankTest:
            return CorrelationRankTest(weights @ R @ weights.T, len(samples))

        tiers = tiers_of(orders.before, dependent(indicators, ranks, self.alpha))
        self.causal_order_ = tuple(
            tuple(latent for place in tier for latent in self.latents_[place]) for tier in tiers
        )
        edges, log = latent_structure(
            indicators,
            ranks,
            self.latents_,
            alpha=self.alpha / max(1, len(indicators)),
            before=orders.before,
            tiers=tiers,
        )
        self._store_graph(feature_names(self), self.latents_, edges)
        self.test_log_ = (*orders.log, *log)
        self._warn(orders)

    def _warn(self, orders: AcceptedOrders) -> None:
        """Say what the data leave open, or contradict."""
        if not orders.fits:
            warnings.warn(
                "The tests reject every causal order of the latents; the one given comes nearest. "
                "A common cause may be missing, or the model not be linear.",
                ModelMismatchWarning,
                stacklevel=4,
            )
        open_edges = [str(edge) for edge in self.graph_.edges if edge.is_undirected]
        if open_edges:
            warnings.warn(
                f"The direction of {', '.join(open_edges)} is not identified: the noise is nearly "
                "Gaussian, or the samples are too few to tell.",
                IdentifiabilityWarning,
                stacklevel=4,
            )
        if not self.clusters_:
            warnings.warn(
                "No features share latents as far as these data can tell, so there are no "
                "clusters. Collect more samples.",
                IdentifiabilityWarning,
                stacklevel=4,
            )


def _grouped(sizes: Sequence[int], taken: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Name the latents of each cluster."""
    names = latent_names(sum(sizes), taken)
    ends = np.cumsum([0, *sizes]).tolist()
    return tuple(names[start:end] for start, end in pairwise(ends))
