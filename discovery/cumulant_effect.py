"""Causal effects in a given graph with hidden confounders, from higher cumulants."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, Literal, Self

import numpy as np
from scipy import special
from sklearn.base import BaseEstimator, _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval as In
from sklearn.utils._param_validation import StrOptions

from causalrep.base import CertifiedMixin
from causalrep.covariances import centred
from causalrep.cumulant_fit import (
    CumulantData,
    CumulantFit,
    StructuralMixing,
    equivalent_parameters,
    fit_cumulants,
)
from causalrep.cumulant_fit.swaps import traded
from causalrep.exceptions import (
    BudgetError,
    IdentifiabilityWarning,
    InvalidDataError,
    ModelMismatchWarning,
)
from causalrep.graphs import Graph
from causalrep.results import Identification, StatisticalTest
from causalrep.validation import check_columns, check_samples, feature_names, power_of_two_scales
from discovery.confounded_models import warn_of_two_values
from discovery.effect_regions import CausalEffect, effect_of
from discovery.latent_roots import effect_pairs, graph_over

__all__ = ["CumulantEffect"]

_FURTHER = 1e-6
_REJECTED = 0.001


class CumulantEffect(CertifiedMixin, BaseEstimator):
    r"""Causal effects in a given graph with hidden confounders, with confidence regions.

    .. math:: x = \Lambda x + \Gamma L + \varepsilon

    with independent non-Gaussian latents L and noises. Effects are estimated by fitting joint
    cumulants of several orders, so no instrument, proxy or back-door set is needed, though each
    helps.

    Parameters
    ----------
    graph : Graph, default=None
        Observed nodes are named as the features; latents and bidirected edges are hidden
        confounders. None takes every feature for a possible cause of all later ones, with
        nothing hidden.
    cause, effect : str, default=None
        Names of two observed nodes. Where one is None all causes of an effect, or effects of
        a cause, are estimated; where both are, all causes of the last node in causal order.
    level : float, default=0.95
        Probability with which a region is to contain the true effect.
    orders : "auto" or sequence of int, default="auto"
        Orders of cumulants; "auto" takes (2, 3, 4) for skewed features and (2, 4, 6) for
        symmetric ones.
    n_starts : int, default=32
        Random starts of the fit.
    max_moments : int, default=2500
        Most cumulants to fit.
    on_degenerate : {"raise"}, default="raise"
        Constant, duplicate and linearly dependent features are refused.
    random_state : int, RandomState or None, default=None
        Of the starts.

    Attributes
    ----------
    effects_ : tuple of CausalEffect
        Total effects with standard errors, equivalent values and regions.
    graph_ : Graph
        The graph with every hidden cause a root of two observed children or more. A latent with
        a single child is part of the noise of that child, and left out.
    weights_ : ndarray of shape (n_nodes, n_nodes)
        Direct effects over ``graph_.nodes``; row is cause. Latents have weight 1 on their first
        child.
    standard_errors_ : ndarray of shape (n_nodes, n_nodes)
        Of the weights.
    equivalent_weights_ : tuple of ndarray of shape (n_nodes, n_nodes)
        The weights, and all others for the same graph that explain the features as well.
    noise_variances_ : ndarray of shape (n_nodes,)
        Variances of noises and latents, over ``graph_.nodes``. Zeros say that the model is wrong
        or the samples too few.
    mixing_ : ndarray of shape (n_features, n_nodes)
        Total effect of every node's noise on every feature.
    causal_order_ : tuple of str
        Observed nodes, causes first.
    fit_ : CumulantFit
        The fit, features in the order of ``graph_.observed`` and scaled by powers of two.
    test_log_ : tuple of StatisticalTest
        The test of the model.
    identification_ : Identification
        What is identified, and up to what.
    n_iter_ : int
        Steps of the longest search.
    converged_ : bool
        Whether it ended regularly.
    n_features_in_ : int
        Number of features seen in fit.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, where they have any.

    Notes
    -----
    Identified up to the class of ``equivalent_weights_``: a latent may trade places with the noise
    of a child where the graph has the edges for it [1]_. Of the class, the member with the least
    direct effects between observed nodes is told first. A region is all values at which the
    fitted distance is not much above its minimum. It is one interval where the effect is
    identified, several for a class of equivalent effects or where the samples cannot decide
    between effects ("undecided"), and without end where they say nothing ("unbounded"). Sources
    are kept from having negative variances; where that alone bounds a region, as with Gaussian
    noise, the verdict is "boundary": samples say little, and errors do not keep their level.

    A feature of two values may be a cause without causes of its own, such as a treatment given
    at random. No sum of independent sources has but two values, so elsewhere in the graph it
    brings a ModelMismatchWarning that names it.

    References
    ----------
    .. [1] S. Salehkaleybar, A. Ghassami, N. Kiyavash, K. Zhang, "Learning linear non-Gaussian
       causal models in the presence of latent variables", JMLR 21 (2020) 39.
    .. [2] D. Tramontano, Y. Kivva, S. Salehkaleybar, N. Kiyavash, M. Drton, "Causal effect
       identification in lvLiNGAM from higher-order cumulants", ICML 2025, arXiv:2506.05202.

    Examples
    --------
    >>> from causalrep import Graph
    >>> from discovery import CumulantEffect
    >>> from simulators import confounded_effect
    >>> problem = confounded_effect("proxy", random_state=0)
    >>> graph = problem.scm.graph
    >>> print(graph)
    X --> Y, L1 --> X, L1 --> Y, L1 --> W; latent L1
    >>> data = problem.sample(random_state=0)
    >>> model = CumulantEffect(graph, "X", "Y", random_state=0).fit(data)
    >>> model.effects_[0].verdict
    'identified'
    >>> truth = problem.scm.weights[problem.scm.names.index("X"), problem.scm.names.index("Y")]
    >>> model.effects_[0].covers(truth)
    True
    """

    _parameter_constraints = {
        "graph": [Graph, None],
        "cause": [str, None],
        "effect": [str, None],
        "level": [In(Real, 0, 1, closed="neither")],
        "orders": [StrOptions({"auto"}), "array-like"],
        "n_starts": [In(Integral, 1, None, closed="left")],
        "max_moments": [In(Integral, 1, None, closed="left")],
        "on_degenerate": [StrOptions({"raise"})],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        graph: Graph | None = None,
        cause: str | None = None,
        effect: str | None = None,
        *,
        level: float = 0.95,
        orders: Literal["auto"] | Sequence[int] = "auto",
        n_starts: int = 32,
        max_moments: int = 2500,
        on_degenerate: Literal["raise"] = "raise",
        random_state: Any = None,
    ) -> None:
        self.graph = graph
        self.cause = cause
        self.effect = effect
        self.level = level
        self.orders = orders
        self.n_starts = n_starts
        self.max_moments = max_moments
        self.on_degenerate = on_degenerate
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit the weights of the graph, and find the regions of the effects.

        Parameters
        ----------
        X : Dataset, array-like or frame of shape (n_samples, n_features)
            Samples.
        y : object, default=None
            Ignored.

        Returns
        -------
        CumulantEffect
            The fitted estimator itself.

        Raises
        ------
        InvalidDataError, DegenerateDataError
            If samples or columns cannot be used; the message says which.
        GraphError
            If the graph has a cycle or undirected edges, or its nodes are not the features.
        BudgetError
            If there are more cumulants than ``max_moments``.
        """
        X = check_samples(self, X, min_samples=2)
        names = feature_names(self)
        if len(X) < max(8, 2 * len(names)):
            raise InvalidDataError(
                f"CumulantEffect needs eight samples and two for each feature, but there are "
                f"{len(X)} samples of {len(names)} features. Collect more, or leave features out."
            )
        X, scales = _moderate(X)
        check_columns(X.T @ X / len(X), names, on_degenerate=self.on_degenerate)
        self.graph_ = graph_over(self.graph, names)
        pairs = effect_pairs(self.graph_, self.cause, self.effect)
        place = [names.index(node) for node in self.graph_.observed]
        data = self._moments(X[:, place])
        model = StructuralMixing(self.graph_)
        fit = self._fitted(data, model, X[:, place])
        self.effects_ = tuple(
            effect_of(data, fit, model, pair, scales[place], self.level) for pair in pairs
        )
        self._store(fit, model, scales[place], names)
        warn_of_two_values(X, names, self.graph_, stacklevel=4)
        self._warn()
        return self

    def _moments(self, X: np.ndarray) -> CumulantData:
        """Estimate cumulants, if they are not too many."""
        automatic = isinstance(self.orders, str)
        if not automatic and not all(
            isinstance(order, Integral) and 2 <= order <= 6 for order in self.orders
        ):
            raise InvalidDataError(
                f'orders must be "auto" or whole numbers from 2 to 6, but are {self.orders!r}.'
            )
        largest = 4 if automatic else max(map(int, self.orders), default=2)
        n_moments = sum(special.comb(X.shape[1] + k - 1, k) for k in range(2, largest + 1))
        if n_moments > self.max_moments:
            raise BudgetError(
                f"{X.shape[1]} features have {n_moments:.0f} cumulants up to order {largest}, but "
                f"max_moments is {self.max_moments}. Leave out features that are no ancestors of "
                "the effect, or raise it."
            )
        return CumulantData.from_samples(X, self.orders)

    def _fitted(self, data: CumulantData, model: StructuralMixing, X: np.ndarray) -> CumulantFit:
        """Fit from many starts, and again where latents trade places with noises."""
        if not self.graph_.latent:
            start = _regressions(model, X)
            return fit_cumulants(data, model, start=start, n_starts=0, proper=True)
        state = check_random_state(self.random_state)
        fit = fit_cumulants(data, model, n_starts=self.n_starts, random_state=state, proper=True)
        further = traded(model, fit.theta)
        if not len(further):
            return fit
        other = fit_cumulants(data, model, start=further, n_starts=0, proper=True)
        best = other if other.distance < fit.distance - _FURTHER else fit
        return _representative(data, best, model)

    def _store(
        self, fit: CumulantFit, model: StructuralMixing, scales: np.ndarray, names: Sequence[str]
    ) -> None:
        """Set what the fit says, in the units of the features."""
        units = model.units(scales)
        theta = units * fit.theta
        self.fit_ = fit
        self.weights_ = _over_nodes(model, theta)
        self.standard_errors_ = _over_nodes(model, units * fit.stderr)
        self.equivalent_weights_ = tuple(
            _over_nodes(model, units * some) for some in equivalent_parameters(model, fit.theta)
        )
        columns = [model.sources.index(node) for node in self.graph_.nodes]
        rows = [self.graph_.observed.index(name) for name in names]
        self.mixing_ = model.mixing(theta)[np.ix_(rows, columns)]
        variances = fit.source_cumulants[:, 0] if fit.orders[0] == 2 else np.nan
        self.noise_variances_ = (variances * _source_units(model, scales) ** 2)[columns]
        order = self.graph_.topological_order()
        self.causal_order_ = tuple(node for node in order if not self.graph_.is_latent(node))
        self.n_iter_, self.converged_ = fit.n_iter, fit.converged
        self.test_log_ = (
            StatisticalTest(
                hypothesis="the graph and independent noises explain all cumulants",
                variables=self.graph_.observed,
                statistic=fit.statistic,
                degrees_of_freedom=fit.degrees_of_freedom,
                p_value=fit.p_value,
                rejected=fit.p_value < _REJECTED,
            ),
        )
        self.identification_ = _identification(self.graph_, self.effects_)

    def _warn(self) -> None:
        """Say what contradicts the model, and what the samples leave open."""
        test = self.test_log_[0]
        if test.rejected:
            warnings.warn(
                f"The graph does not fit: J = {test.statistic:.1f} on "
                f"{test.degrees_of_freedom:.0f} degrees of freedom (p = {test.p_value:.1e}). Look "
                "for a missing edge or confounder, or an effect that is not linear.",
                ModelMismatchWarning,
                stacklevel=4,
            )
        open_effects = [effect for effect in self.effects_ if not effect.reliable]
        if open_effects:
            warnings.warn(
                " ".join(effect.statement for effect in open_effects),
                IdentifiabilityWarning,
                stacklevel=4,
            )


def _moderate(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return centred samples with spreads between 1/2 and 1, and powers of two as their units.

    Effects are then of moderate size, whatever the units: those that are not look like zeros.
    """
    scales = power_of_two_scales(X)
    X = centred(X / scales)
    spreads = np.exp2(np.frexp(X.std(axis=0))[1].astype(float))
    return X / spreads, scales * spreads


def _regressions(model: StructuralMixing, X: np.ndarray) -> np.ndarray:
    """Least squares weights of every node on its parents: right where nothing is hidden."""
    observed = model.graph.observed
    Lambda = np.zeros((len(observed), len(observed)))
    for place, node in enumerate(observed):
        parents = [observed.index(parent) for parent in model.graph.parents(node)]
        Lambda[place, parents] = np.linalg.lstsq(X[:, parents], X[:, place], rcond=None)[0]
    return model.parameters(Lambda, np.zeros((len(observed), 0)))


def _representative(data: CumulantData, fit: CumulantFit, model: StructuralMixing) -> CumulantFit:
    """Of equivalent fits the one with the least direct effects between observed nodes."""
    members = equivalent_parameters(model, fit.theta)
    effects = model.matrices(members / model.units(data.scales))[0]
    least = int(np.abs(effects).sum(axis=(1, 2)).argmin())
    if least == 0:
        return fit
    return fit_cumulants(data, model, start=members[least], n_starts=0, proper=True)


def _over_nodes(model: StructuralMixing, theta: np.ndarray) -> np.ndarray:
    """Weights as a matrix over all nodes; row is cause."""
    nodes = model.graph.nodes
    weights = np.zeros((len(nodes), len(nodes)))
    for (cause, effect), weight in zip(model.edges, theta, strict=True):
        weights[nodes.index(cause), nodes.index(effect)] = weight
    return weights


def _source_units(model: StructuralMixing, scales: np.ndarray) -> np.ndarray:
    """Units of the sources: those of the node, for latents those of the first child."""
    observed = model.graph.observed
    first = [
        min(observed.index(child) for child in model.graph.children(latent))
        for latent in model.graph.latent
    ]
    return np.concatenate([scales, scales[first]])


def _identification(graph: Graph, effects: Sequence[CausalEffect]) -> Identification:
    """Say of every effect and latent what is identified."""
    rows = tuple((latent, True, "up to its scale and name") for latent in graph.latent)
    edges = tuple(
        (f"{effect.cause} --> {effect.effect}", effect.verdict == "identified", effect.statement)
        for effect in effects
    )
    settled = sum(found for _, found, _ in edges)
    summary = f"{settled} of {len(edges)} effects are identified and decided by these samples."
    return Identification(rows=rows, edges=edges, summary=summary)
