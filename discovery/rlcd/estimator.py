"""RLCD: latent variables and the graph over them and the observed ones, from ranks."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from math import inf
from numbers import Integral, Real
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator, _fit_context
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions

from causalrep.base import LinearLatentsMixin
from causalrep.covariances import correlation_of, covariance_of
from causalrep.exceptions import ConvergenceWarning, InvalidDataError, ModelMismatchWarning
from causalrep.graphs import Graph
from causalrep.progress import ProgressMixin, reports_progress
from causalrep.ranks import RankOracle
from causalrep.structural import fit_structural, prune_edges
from causalrep.validation import check_columns, check_samples, feature_names, power_of_two_scales
from discovery.background import BackgroundKnowledge
from discovery.covariances import take_covariance
from discovery.rlcd.answer import (
    RLCDCandidate,
    cluster_labels,
    clusters_of,
    edges_of,
    identification_of,
    misfit_of,
    score_maps,
)
from discovery.rlcd.resamples import resampled_stability
from discovery.rlcd.selection import (
    CLOSE_EPS,
    Candidate,
    Limits,
    Setting,
    best_candidate,
    searched,
)
from discovery.rlcd.sources import Source
from discovery.rlcd.stability import Stability

__all__ = ["RLCD"]

_FEWEST_FEATURES = 2
_FEWEST_SAMPLES = 4
_TO_CALLER = 6
_ORACLE = Setting(alpha=0.5, eps=0.0, latents_first=False)


class RLCD(ProgressMixin, LinearLatentsMixin, BaseEstimator):
    r"""Rank-based discovery of latent variables and of the graph over them and the observed ones.

    The model is linear, ``V_i = sum_j a_ij V_j + e_i`` over observed and latent variables with
    independent errors, any acyclic graph. Groups of latents with enough effects of their own show
    themselves by ranks of cross-covariances that are short; they are found from the leaves
    upwards, then edges between them by tests of conditional independence in which every group is
    seen by two sets of its children.

    Parameters
    ----------
    test : {"auto", "exact", "close", "robust", "ordinal"} or RankOracle, default="auto"
        How ranks are tested: likelihood ratio tests that a rank holds exactly ("exact"), or up to
        a small error of approximation ("close"), or both, the latter where no exact model fits
        ("auto"); tests that bear elliptical heavy tails ("robust"); tests on polychoric
        correlations of few ordered categories ("ordinal"). An oracle knows the true ranks.
    alpha : float, default=None
        Level of the tests. Where None, several are tried and the fit of the models decides.
    eps : float, default=None
        Error of approximation (RMSEA) for ``test="close"``; where None, the fit decides.
    max_cover_size : int, default=2
        Largest number of latents with the same children, observed parents beside them counted.
    max_given : int, default=2
        Most groups or variables in a separating set.
    background : BackgroundKnowledge, default=None
        Tiers, required and forbidden edges between observed variables.
    prune : bool, default=True
        Whether edges that the penalised likelihood can do without are deleted, save those from a
        group of latents to its pure children.
    n_bootstraps : int, default=20
        Number of resamples for the stability of groups and edges; 0 for none.
    max_tests : int, default=10_000_000
        Most tests of a search.
    n_jobs : int, default=None
        Number of resamples searched at once, as in joblib.
    max_time : float, default=None
        Seconds of the fit after which no more resamples are waited for.
    random_state : int, RandomState or None, default=None
        Draws the resamples.

    Attributes
    ----------
    graph_ : Graph
        Observed and latent variables "L1", "L2", ...; edges are directed where all graphs of the
        class agree.
    dag_ : Graph
        One DAG of the class, to which ``weights_`` belong.
    clusters_ : tuple of LatentCluster
        Groups of latents with their pure children and their stability.
    labels_ : ndarray of shape (n_features,)
        Number of the cluster of every feature; -1 where it has none.
    n_latents_ : int
        Number of latents.
    edges_ : tuple of EdgeEstimate
        Edges of ``dag_`` with standardised effects, intervals and stability.
    weights_ : ndarray of shape (n_nodes, n_nodes)
        Standardised effects over ``dag_.nodes``, row = cause, column = effect.
    noise_variances_ : ndarray of shape (n_nodes,)
        Error variances over ``dag_.nodes`` where every variable has variance one.
    components_ : ndarray of shape (n_latents, n_features)
        Regression of the latents on the features.
    mixing_ : ndarray of shape (n_features, n_latents)
        Effects of the latents on the features, direct and through others.
    mean_ : ndarray of shape (n_features,)
        Mean of the features.
    fit_ : StructuralFit
        Maximum likelihood fit of ``dag_`` to the correlations, with RMSEA and CFI.
    candidates_ : tuple of RLCDCandidate
        All graphs proposed, with their settings and scores.
    setting_ : Setting
        The setting chosen.
    identification_ : Identification
        What ranks determine, latent by latent and edge by edge.
    n_tests_ : int
        Number of tests made, those for stability not counted.
    converged_ : bool
        Whether all resamples were searched, not cut short by ``max_time`` or Ctrl-C.
    n_features_in_ : int
        Number of features seen in fit.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, where they have any.

    Notes
    -----
    Where every latent is in exactly one atomic cover, none in a triangle, and common effects of
    covers meet Condition 2 of [1]_, the graph is identified up to Markov equivalence of the graph
    whose nodes are covers, latents that add nothing merged:
    :func:`causalrep.latent_covers.identified_graph` (for covers of two and more latents, Theorem
    12 of [1]_ claims more than ranks tell). Latents of a cover of one are identified up to sign
    and scale, those of larger ones up to rotation. A latent shows itself only with two pure
    children and two more neighbours, in general one more than the size of its cover of each;
    three variables with one common cause and nothing else are returned as a triangle.

    Unlike the published algorithm the search does not start from a graph over the observed
    variables, tests every cover against all others at once through one inverse matrix, replaces
    covers by composites, and lets the likelihood choose among levels. Order does not matter.

    References
    ----------
    .. [1] X. Dong, B. Huang, I. Ng, X. Song, Y. Zheng, S. Jin, R. Legaspi, P. Spirtes, K. Zhang,
       "A versatile causal discovery framework to allow causally-related hidden variables",
       ICLR 2024, arXiv:2312.11001.
    .. [2] S. Sullivant, K. Talaska, J. Draisma, "Trek separation for Gaussian graphical models",
       Annals of Statistics 38 (2010), arXiv:0812.1938.

    Examples
    --------
    >>> from causalrep.datasets import load_holzinger_swineford
    >>> from discovery import RLCD
    >>> model = RLCD(n_bootstraps=0).fit(load_holzinger_swineford())
    >>> model.graph_.observed[:3]
    ('x1', 'x2', 'x3')
    """

    _parameter_constraints = {
        "test": [
            StrOptions({"auto", "exact", "close", "robust", "ordinal"}),
            HasMethods(["bind"]),
        ],
        "alpha": [Interval(Real, 0, 1, closed="neither"), None],
        "eps": [Interval(Real, 0, 1, closed="left"), None],
        "max_cover_size": [Interval(Integral, 1, None, closed="left")],
        "max_given": [Interval(Integral, 0, None, closed="left")],
        "background": [BackgroundKnowledge, None],
        "prune": ["boolean"],
        "n_bootstraps": [Interval(Integral, 0, None, closed="left")],
        "max_tests": [Interval(Integral, 1, None, closed="left")],
        "n_jobs": [Integral, None],
        "max_time": [Interval(Real, 0, None, closed="neither"), None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        test: Literal["auto", "exact", "close", "robust", "ordinal"] | RankOracle = "auto",
        *,
        alpha: float | None = None,
        eps: float | None = None,
        max_cover_size: int = 2,
        max_given: int = 2,
        background: BackgroundKnowledge | None = None,
        prune: bool = True,
        n_bootstraps: int = 20,
        max_tests: int = 10_000_000,
        n_jobs: int | None = None,
        max_time: float | None = None,
        random_state: Any = None,
    ) -> None:
        self.test = test
        self.alpha = alpha
        self.eps = eps
        self.max_cover_size = max_cover_size
        self.max_given = max_given
        self.background = background
        self.prune = prune
        self.n_bootstraps = n_bootstraps
        self.max_tests = max_tests
        self.n_jobs = n_jobs
        self.max_time = max_time
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)
    @reports_progress
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the graph from samples.

        Parameters
        ----------
        X : Dataset, array-like or frame of shape (n_samples, n_features)
            Samples.
        y : object, default=None
            Ignored.

        Returns
        -------
        RLCD
            The fitted estimator itself.

        Raises
        ------
        InvalidDataError, DegenerateDataError
            If samples or columns cannot be used, or there are no more samples than features.
        BudgetError
            If every search would make more tests than ``max_tests``.
        GraphError
            If the background knowledge or the oracle names features that do not exist.
        """
        X = check_samples(self, X, min_samples=2)
        names = feature_names(self)
        scales = power_of_two_scales(X)
        Z = X / scales
        covariance = covariance_of(Z)
        self._refuse_small(len(X), names)
        check_columns(covariance, names)
        return self._learn(covariance, len(X), names, Z, X.mean(axis=0), scales)

    @_fit_context(prefer_skip_nested_validation=True)
    @reports_progress
    def fit_from_covariance(
        self, covariance: Any, n_samples: int, names: Sequence[str] | None = None
    ) -> Self:
        """Learn the graph from a covariance or correlation matrix.

        Parameters
        ----------
        covariance : array-like of shape (n_features, n_features)
            Covariances or correlations.
        n_samples : int
            Number of samples behind them. Resamples are drawn from the normal distribution.
        names : sequence of str, default=None
            Names of the features; X1, X2, ... where None.

        Returns
        -------
        RLCD
            The fitted estimator itself.

        Raises
        ------
        TypeError
            If the test needs the samples themselves.
        InvalidDataError, DegenerateDataError
            If the matrix is no covariance, or some column is constant, duplicate or dependent.
        """
        if self.test in ("robust", "ordinal"):
            raise TypeError(
                f'test={self.test!r} needs the samples; a covariance is enough for "auto", '
                '"exact" and "close". Call fit(X) instead.'
            )
        covariance = take_covariance(self, covariance, n_samples, names)
        names = feature_names(self)
        self._refuse_small(n_samples, names)
        check_columns(covariance, names)
        zeros = np.zeros(len(names))
        return self._learn(covariance, n_samples, names, None, zeros, np.ones(len(names)))

    def _refuse_small(self, n_samples: int, names: tuple[str, ...]) -> None:
        if len(names) < _FEWEST_FEATURES:
            raise InvalidDataError(
                f"RLCD looks for relations between features, but n_features = {len(names)}. "
                "Give at least two."
            )
        if n_samples <= len(names) or n_samples < _FEWEST_SAMPLES:
            raise InvalidDataError(
                f"RLCD needs more samples than features and at least {_FEWEST_SAMPLES}, but "
                f"n_samples = {n_samples} with {len(names)} features. Collect more samples, or "
                "leave features out."
            )

    def _learn(
        self,
        covariance: np.ndarray,
        n_samples: int,
        names: tuple[str, ...],
        X: np.ndarray | None,
        mean: np.ndarray,
        scales: np.ndarray,
    ) -> Self:
        end = time.monotonic() + (inf if self.max_time is None else self.max_time)
        if self.background is not None:
            self.background.may_cause(names)
        correlation = correlation_of(covariance)
        source = Source.of(self.test, correlation, n_samples, names, self.background, X)
        best, self.converged_ = self._best(source), True
        stability = self._stability(source, best, X, end)
        self._answer(best, source, stability)
        components, mixing = score_maps(self.fit_)
        spread = scales * np.sqrt(np.diag(covariance))
        self.mean_, self.mixing_ = mean, mixing * spread[:, None]
        self.components_ = components / spread
        if misfit := misfit_of(self.fit_):
            warnings.warn(misfit, ModelMismatchWarning, stacklevel=_TO_CALLER)
        return self

    @property
    def _limits(self) -> Limits:
        return Limits(self.max_cover_size, self.max_given, self.max_tests)

    @property
    def _epses(self) -> tuple[float, ...] | None:
        """Errors of approximation to try; None leaves it to the fit whether there are any."""
        if self.test in ("exact", "robust", "ordinal"):
            return (0.0,)
        if self.eps is not None:
            return (self.eps,)
        return CLOSE_EPS if self.test == "close" else None

    def _best(self, source: Source) -> Candidate:
        if not isinstance(self.test, str):
            best = searched(source, _ORACLE, self._limits)
            candidates = (best,)
        else:
            alphas = None if self.alpha is None else (self.alpha,)
            best, candidates = best_candidate(
                source, alphas, self._epses, self._limits, self._steps
            )
        self.candidates_ = tuple(map(RLCDCandidate.of, candidates))
        self.setting_ = best.setting
        self.n_tests_ = sum(candidate.n_tests for candidate in candidates)
        return best

    def _stability(
        self, source: Source, best: Candidate, X: np.ndarray | None, end: float
    ) -> Stability | None:
        if not self.n_bootstraps or not isinstance(self.test, str):
            return None
        drawn = source.resampled(self.test, X, self.n_bootstraps, self.random_state)
        steps = self._steps(range(self.n_bootstraps), "resample")
        stability, doubt = resampled_stability(
            best, drawn, self._limits, steps=steps, n_jobs=self.n_jobs, end=end
        )
        self.converged_ = not doubt
        if doubt:
            warnings.warn(doubt, ConvergenceWarning, stacklevel=_TO_CALLER + 1)
        return stability

    def _answer(self, best: Candidate, source: Source, stability: Stability | None) -> None:
        """Set what was found: graphs, groups, edges."""
        covers = best.covers
        fit = best.fit or fit_structural(
            covers.member(), source.correlation, source.n_samples, source.names
        )
        if self.prune and isinstance(self.test, str):
            fit = prune_edges(fit, protected=covers.protected(fit.graph))
        kept = {frozenset(edge.nodes) for edge in fit.graph.edges}
        graph = covers.graph()
        self.fit_ = fit
        self.dag_ = fit.graph
        self.graph_ = Graph(
            graph.nodes,
            [edge for edge in graph.edges if frozenset(edge.nodes) in kept],
            latent=graph.latent,
        )
        self.weights_ = fit.standardized_weights
        self.noise_variances_ = fit.noise_variances / np.diag(fit.implied_covariance)
        self.n_latents_ = len(graph.latent)
        self.labels_ = cluster_labels(covers, self.graph_)
        self.clusters_ = clusters_of(covers, self.graph_, stability)
        self.edges_ = edges_of(covers, self.graph_, fit, stability)
        self.identification_ = identification_of(self.clusters_, self.edges_)

    @property
    def _latent_names(self) -> tuple[str, ...]:
        return self.dag_.latent
