"""Linear latents disentangled by interventions: the estimator."""

from __future__ import annotations

import warnings
from numbers import Integral, Real
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator, _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions

from causalrep.base import LinearLatentsMixin
from causalrep.data import default_names
from causalrep.disentanglement.context_tests import (
    perfect_tests,
    raised_variances,
    settled_rows,
)
from causalrep.disentanglement.diagnosis import diagnose, identification, worries
from causalrep.disentanglement.edge_table import edge_estimates, edge_tests
from causalrep.disentanglement.fitting import Answer, Options, disentangle, measure
from causalrep.disentanglement.reduction import reduce_dimension
from causalrep.exceptions import ConvergenceWarning, DegenerateDataWarning
from causalrep.graphs import Graph
from causalrep.progress import ProgressMixin, reports_progress
from causalrep.results import names_of
from causalrep.statistics import EnvironmentMoments
from causalrep.validation import (
    check_columns,
    check_environments,
    check_sizes,
    check_spans,
    feature_names,
    power_of_two_scales,
    reference_first,
    set_features,
)

__all__ = ["LinearCausalDisentanglement"]


class LinearCausalDisentanglement(LinearLatentsMixin, ProgressMixin, BaseEstimator):
    r"""Latent causes behind linear measurements, found from interventions on them.

    .. math:: z = A_k z + \Omega_k^{1/2} \varepsilon, \qquad x = G z,

    where the environment (context) k changes the mechanism of one unknown latent. The reference
    environment is undisturbed.

    Parameters
    ----------
    n_latents : int, default=None
        Number of latents; chosen by the BIC of probabilistic principal components where None.
    method : {"likelihood", "closed-form", "squires", "lscale"}, default="likelihood"
        "likelihood" starts from the closed form, maximises the joint Gaussian likelihood over
        rows, causal orders and targets, and keeps edges with ``|z| > sqrt(log N)``.
        "closed-form" stops after the start. "squires" and "lscale" are the published
        algorithms [1]_ [2]_; they need one context for each latent.
    intervention : {"perfect", "soft"}, default="perfect"
        Whether an intervention cuts its target from its parents, or changes its mechanism in
        any way.
    reference : label, default=None
        Label of the reference environment; where None, 0 if it occurs, and else the first in
        sorted order.
    alpha : float, default=0.05
        Intervals have level ``1 - alpha``.
    edge_threshold : float, default=0.1
        Smallest standardised effect that the methods without tests count as an edge.
    on_degenerate : {"raise", "warn", "drop"}, default="raise"
        What to do with constant and duplicate features: refuse them, or leave them out of the
        fit (with or without a warning), with zeros in ``components_``.
    on_misfit : {"exclude", "keep"}, default="exclude"
        Whether contexts that change more than one latent are left out of the fit, for they would
        spoil the answers of the others.
    max_iter : int, default=50
        Most Newton steps of each maximisation.
    tol : float, default=1e-9
        Stop when a Newton step promises to raise the log-likelihood by less than this.
    random_state : int, RandomState or None, default=None
        Draws the restarts of the search for signs where there are more than ten contexts.

    Attributes
    ----------
    components_ : ndarray of shape (n_latents, n_features)
        Unmixing ``z = components_ @ (x - mean_)``. Latents have unit variance in the reference
        environment (perfect), or are the exogenous noises (soft).
    mixing_ : ndarray of shape (n_features, n_latents)
        Pseudo-inverse of ``components_``; the largest standardised entry of a column is positive.
    mean_ : ndarray of shape (n_features,)
        Mean of the reference environment.
    n_latents_ : int
        Number of latents.
    graph_ : Graph
        Edges between the latents "L1", "L2", ..., numbered by the first environment that acts
        on them. Under soft interventions an edge means ancestry.
    weights_ : ndarray of shape (n_latents, n_latents)
        Standardised direct effects, row = cause, column = effect; NaN where not identified.
    noise_variances_ : ndarray of shape (n_latents,)
        Share of each latent's variance that its parents leave unexplained.
    causal_order_ : ndarray of shape (n_latents,)
        Positions of the latents, causes first.
    environments_ : ndarray of shape (n_environments,)
        Labels, the reference first.
    targets_ : ndarray of shape (n_environments,)
        Position of the latent that each environment acts on; -1 for none.
    n_samples_by_environment_ : ndarray of shape (n_environments,)
        Numbers of samples.
    edges_ : tuple of EdgeEstimate
        Every pair tested, with interval and p-value, whether kept in the graph or not.
    contexts_ : tuple of ContextDiagnosis
        Whether each environment is a change of one latent.
    identification_ : Identification
        What is identified, latent by latent and edge by edge.
    test_log_ : tuple of StatisticalTest
        All tests made.
    sensor_noise_variance_ : float
        Variance of isotropic noise on the features, 0 without more features than latents.
    n_iter_ : int
        Newton steps taken.
    converged_ : bool
        Whether the last maximisation converged.
    n_features_in_ : int
        Number of features seen in fit.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, where they have any.

    Notes
    -----
    With a perfect intervention on every latent, rows, edges and weights are identified up to
    sign, scale and relabelling of the latents (Theorem 2 of [1]_). With soft interventions only
    the exogenous noises and the ancestral relations are. A latent without a context is not
    identified; ``identification_`` says so by name. Everything rests on second moments: the
    noise need not be Gaussian for consistency, but intervals and p-values assume that it is.

    With more features than latents, isotropic sensor noise is subtracted, so the units of the
    features matter; intervals do not count the error of that subtraction. With as many features
    as latents the answer is the same in all units, and in any linear coordinates.

    References
    ----------
    .. [1] C. Squires, A. Seigal, S. Bhate, C. Uhler, "Linear causal disentanglement via
       interventions", ICML 2023, arXiv:2211.16467.
    .. [2] B. Varıcı, E. Acarturk, K. Shanmugam, A. Kumar, A. Tajer, "Score-based causal
       representation learning: linear and general transformations", JMLR 26 (2025),
       arXiv:2402.00849.

    Examples
    --------
    >>> from causalrep import LinearCausalDisentanglement
    >>> from simulators import linear_disentanglement
    >>> data = linear_disentanglement(n_latents=3, n_features=6, random_state=1).sample(
    ...     2000, random_state=1
    ... )
    >>> model = LinearCausalDisentanglement(n_latents=3).fit(data)
    >>> model.transform(data).shape
    (8000, 3)
    """

    _parameter_constraints = {
        "n_latents": [Interval(Integral, 1, None, closed="left"), None],
        "method": [StrOptions({"likelihood", "closed-form", "squires", "lscale"})],
        "intervention": [StrOptions({"perfect", "soft"})],
        "reference": "no_validation",
        "alpha": [Interval(Real, 0, 1, closed="neither")],
        "edge_threshold": [Interval(Real, 0, None, closed="left")],
        "on_degenerate": [StrOptions({"raise", "warn", "drop"})],
        "on_misfit": [StrOptions({"exclude", "keep"})],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="neither")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_latents: int | None = None,
        *,
        method: Literal["likelihood", "closed-form", "squires", "lscale"] = "likelihood",
        intervention: Literal["perfect", "soft"] = "perfect",
        reference: Any = None,
        alpha: float = 0.05,
        edge_threshold: float = 0.1,
        on_degenerate: Literal["raise", "warn", "drop"] = "raise",
        on_misfit: Literal["exclude", "keep"] = "exclude",
        max_iter: int = 50,
        tol: float = 1e-9,
        random_state: Any = None,
    ) -> None:
        self.n_latents = n_latents
        self.method = method
        self.intervention = intervention
        self.reference = reference
        self.alpha = alpha
        self.edge_threshold = edge_threshold
        self.on_degenerate = on_degenerate
        self.on_misfit = on_misfit
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)
    @reports_progress
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn latents, targets and graph from samples.

        Parameters
        ----------
        X : Dataset, array-like or frame of shape (n_samples, n_features)
            Samples of all environments.
        y : array-like of shape (n_samples,), default=None
            Environment of every sample; the labels of a Dataset where None.

        Returns
        -------
        LinearCausalDisentanglement
            The fitted estimator itself.

        Raises
        ------
        InvalidDataError, EnvironmentLabelError, DegenerateDataError
            If samples, labels or columns cannot be used; the message says which.
        """
        X, y = check_environments(self, X, y)
        scales = power_of_two_scales(X)
        X = X / scales
        return self._fit_moments(EnvironmentMoments.from_samples(X, y), scales, (X, y))

    @_fit_context(prefer_skip_nested_validation=True)
    @reports_progress
    def fit_from_stats(self, stats: EnvironmentMoments) -> Self:
        """Learn from moments that were accumulated elsewhere.

        Parameters
        ----------
        stats : EnvironmentMoments
            Moments of every environment.

        Returns
        -------
        LinearCausalDisentanglement
            The fitted estimator itself.
        """
        if not isinstance(stats, EnvironmentMoments):
            raise TypeError(
                f"fit_from_stats wants EnvironmentMoments, but got {type(stats).__name__}; "
                "EnvironmentMoments.from_samples makes them."
            )
        set_features(self, stats.names)
        return self._fit_moments(stats, np.ones(len(stats.names)), None)

    def fit_from_covariances(
        self, covariances: Any, n_samples: Any, *, environments: Any = None, names: Any = None
    ) -> Self:
        """Learn from the covariance of every environment, that of the reference included.

        Parameters
        ----------
        covariances : array-like of shape (n_environments, n_features, n_features)
            Maximum likelihood covariances.
        n_samples : int or array-like of shape (n_environments,)
            Numbers of samples behind them.
        environments : array-like of shape (n_environments,), default=None
            Labels; 0, 1, ... where None.
        names : sequence of str, default=None
            Names of the features.

        Returns
        -------
        LinearCausalDisentanglement
            The fitted estimator itself.
        """
        return self.fit_from_stats(
            EnvironmentMoments.from_covariances(
                covariances, n_samples, labels=environments, names=names
            )
        )

    def _fit_moments(
        self,
        moments: EnvironmentMoments,
        scales: np.ndarray,
        samples: tuple[np.ndarray, np.ndarray] | None,
    ) -> Self:
        """Fit from moments of features divided by ``scales``, and the samples where there are."""
        first = reference_first(moments.labels, self.reference)
        sizes, covariances = moments.n_samples[first], moments.covariances[first]
        pooled = np.tensordot(sizes / sizes.sum(), covariances, axes=1)
        usable = check_columns(
            pooled,
            feature_names(self),
            on_degenerate=self.on_degenerate,
            allow_dependent=True,
        )
        reduction = reduce_dimension(
            covariances[:, usable][:, :, usable], sizes, self.n_latents, scales[usable]
        )
        self.environments_, self.n_samples_by_environment_ = moments.labels[first], sizes
        check_sizes(self.environments_, sizes, len(reduction.basis))
        if samples is None:
            whitened, latent_samples = reduction.whitened(), None
        else:
            X, y = samples
            whitened, latent_samples = measure(reduction, X[:, usable], y, self.environments_)
        check_spans(self.environments_, whitened.covariances)
        answer = disentangle(
            reduction,
            whitened,
            sizes.astype(float),
            Options(
                self.method,
                self.intervention,
                self.edge_threshold,
                self.on_misfit,
                self.max_iter,
                self.tol,
            ),
            samples=latent_samples,
            rng=check_random_state(self.random_state),
            steps=self._steps,
        )
        answer, unmixing, loadings = answer.signed(np.sqrt(np.diag(pooled))[usable])
        self.components_ = np.zeros((len(unmixing), len(usable)))
        self.components_[:, usable] = unmixing / scales[usable]
        self.mixing_ = np.zeros((len(usable), len(unmixing)))
        self.mixing_[usable] = loadings * scales[usable, None]
        self.mean_ = moments.means[first[0]] * scales
        unit = float(scales[usable].max())
        self.sensor_noise_variance_ = reduction.noise_variance * unit * unit
        self._store_model(answer)
        self._diagnose(answer, sizes.astype(float))
        self._warn(usable)
        return self

    def _store_model(self, answer: Answer) -> None:
        """Graph and weights between the latents that some context acts on."""
        model = answer.model
        names = default_names(len(model.rows), "L")
        targeted = np.isin(np.arange(len(names)), model.targets)
        edges = answer.parents.T & targeted & targeted[:, None]
        known = model.coefficients.T if self.intervention == "perfect" else np.nan
        unknown = ~(targeted & targeted[:, None]) & ~np.eye(len(names), dtype=bool)
        self.n_latents_ = len(names)
        self.graph_ = Graph(
            names, [(names[i], names[j]) for i, j in np.argwhere(edges)], latent=names
        )
        self.weights_ = np.where(unknown, np.nan, np.where(edges, known, 0.0))
        self.noise_variances_ = model.variances
        self.causal_order_ = model.order
        self.targets_ = np.r_[-1, model.targets]
        self.n_iter_, self.converged_ = answer.n_iter, answer.converged

    def _diagnose(self, answer: Answer, sizes: np.ndarray) -> None:
        """Test the contexts, say what they identify, and list the edges."""
        names, perfect = self.graph_.nodes, self.intervention == "perfect"
        model, covariances = answer.model, answer.reduction.covariances
        tested = perfect and self.method == "likelihood"
        self.contexts_, context_log = diagnose(
            self.environments_,
            sizes,
            names,
            model,
            answer.split,
            answer.single,
            perfect_tests(model, covariances, sizes) if tested else None,
            answer.misfits,
        )
        self.identification_ = identification(
            names,
            self.environments_,
            model,
            self.contexts_,
            settled_rows(model, answer.parents, covariances, sizes),
            answer.contested,
            raised_variances(model, covariances),
            perfect=perfect,
        )
        self.edges_ = edge_estimates(answer, names, self.identification_, self.alpha)
        self.test_log_ = (*context_log, *edge_tests(self.edges_))

    def _warn(self, usable: np.ndarray) -> None:
        """Say aloud what should worry the user."""
        found = worries(self.contexts_, self.identification_)
        dropped = np.array(feature_names(self))[~usable].tolist()
        if dropped and self.on_degenerate == "warn":
            text = f"Left out of the fit, as constant or duplicate: {names_of(dropped)}."
            found.append((text, DegenerateDataWarning))
        if not self.converged_:
            text = (
                f"The likelihood was not maximised within max_iter={self.max_iter} Newton steps."
            )
            found.append((text, ConvergenceWarning))
        for text, category in found:
            warnings.warn(text, category, stacklevel=5)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags
