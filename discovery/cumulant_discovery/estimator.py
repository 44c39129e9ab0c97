"""Causal discovery with hidden common causes, by the fit of graphs to cumulants."""

from __future__ import annotations

import warnings
from itertools import combinations
from numbers import Integral, Real
from typing import Any, Literal, Self

import networkx as nx
import numpy as np
from sklearn.base import BaseEstimator, _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions

from causalrep.base import CertifiedMixin
from causalrep.cumulant_fit import CumulantData
from causalrep.exceptions import (
    BudgetError,
    ConvergenceWarning,
    IdentifiabilityWarning,
    ModelMismatchWarning,
)
from causalrep.progress import ProgressMixin, reports_progress
from discovery.confounded_models import check_several, standardised, warn_of_two_values
from discovery.cumulant_discovery.answer import (
    CumulantCandidate,
    agreed_graph,
    edges_of,
    identification_of,
    joint_candidates,
    undecided_pairs,
)
from discovery.cumulant_discovery.estimate import Estimate, swapped_models
from discovery.cumulant_discovery.pairs import PairScores, pair_scores
from discovery.cumulant_discovery.records import (
    MISFIT,
    UNSEEN,
    Group,
    fit_log,
    independence_log,
    is_unseen,
    unfitted_pairs,
)
from discovery.cumulant_discovery.scoring import Scorer, checked, quick
from discovery.cumulant_discovery.search import explore, within_reach

__all__ = ["CumulantDiscovery"]

_FEWEST_SAMPLES = 8
_TO_CALLER = 6


class CumulantDiscovery(ProgressMixin, CertifiedMixin, BaseEstimator):
    r"""Causal graph with hidden common causes of a linear model with non-Gaussian noise.

    .. math:: x = \Lambda x + \Gamma L + \varepsilon,

    with acyclic :math:`\Lambda` and independent non-Gaussian latents L and noises. Graphs are
    compared by the optimally weighted fit to cumulants of orders two to four and more,
    penalised as in BIC.

    Parameters
    ----------
    alpha : float, default=0.01
        Level of the tests of independence of all pairs together, and of the test that a graph
        fits, below which more seeds are searched.
    reach : float, default=6.0
        By how much a graph's score may exceed the best one for the graph to be a candidate.
    n_starts : int, default=4
        Random starts of every fit, beside those that fits of like graphs lend.
    max_features : int, default=10
        Most features of a group in which all hang together.
    max_fits : int, default=5000
        Most fits of the search in a group. Beyond, the best so far is returned with a warning.
    on_degenerate : {"raise", "warn", "drop"}, default="raise"
        What to do with constant, duplicate and linearly dependent features: refuse them, or leave
        them without edges (with or without a warning).
    random_state : int, RandomState or None, default=None
        Draws the starts.

    Attributes
    ----------
    graph_ : Graph
        What all candidates agree on: features and latents "L1", ..., with circles at both ends
        of an edge between features whose relation is open.
    dag_ : Graph
        The best graph, to which ``weights_`` belong.
    weights_ : ndarray of shape (n_nodes, n_nodes)
        Direct effects over ``dag_.nodes``, row = cause, column = effect. Latents have variance
        one, and a positive effect on their first child.
    mixing_ : ndarray of shape (n_features, n_latents)
        Total effects of the latents.
    noise_variances_ : ndarray of shape (n_nodes,)
        Variances of the noises of features, and of the latents, over ``dag_.nodes``.
    causal_order_ : tuple of str
        Features, causes first.
    n_latents_ : int
        Number of latents of ``dag_``.
    candidates_ : tuple of CumulantCandidate
        All graphs found whose score is within ``reach`` of the best, best first.
    undecided_ : tuple of UndecidedPair
        Pairs on which candidates differ, whose dependence shows in the covariance only, or for
        which no graph fits.
    swapped_ : tuple of SwappedModel
        Models with the same distribution as the best, itself first.
    edges_ : tuple of EdgeEstimate
        Direct effects between features in ``dag_``. Intervals take the graph as given.
    identification_ : Identification
        What is identified, latent by latent and pair by pair.
    p_value_ : float
        Test that the best graph holds; NaN where it cannot be tested.
    test_log_ : tuple of StatisticalTest
        Tests of independence of pairs, and of the fit of each group.
    converged_ : bool
        Whether the search ended within its budget.
    n_iter_ : int
        Number of graphs fitted.
    n_features_in_ : int
        Number of features seen in fit.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, where they have any.

    Notes
    -----
    Identified up to sign and scale of the latents and up to exchanges of a latent with the noise
    of a child that is a cause of all its other children: ``swapped_`` lists all models, two
    to the number of such latents [1]_. Latents are taken without causes; any linear latent
    model can be brought to this form, with a latent for every common source [2]_. Needed are
    non-Gaussian sources and effects that do not cancel; with Gaussian noise nothing beyond
    covariances is known, the pairs are returned as undecided and a warning says so.

    Pairs that look independent are not joined, and groups without a link between them are
    searched each on its own. Every pair chooses among six structures (no edge or an edge either
    way, each with or without a latent) by cumulants of one more order than the
    rest; what its plausible structures exclude is excluded from larger graphs, for a direct
    effect or a common latent does not vanish from the distribution of a pair. From
    the edges of the pairs a hill climb adds what score tests promise, leaves out what is not
    needed, and exchanges edges and latents. Two latents that act on the same pair alone are
    seldom told from one another: see ``candidates_``.

    References
    ----------
    .. [1] S. Salehkaleybar, A. Ghassami, N. Kiyavash, K. Zhang, "Learning linear non-Gaussian
       causal models in the presence of latent variables", JMLR 21 (2020) 1-24.
    .. [2] P. O. Hoyer, S. Shimizu, A. J. Kerminen, M. Palviainen, "Estimation of causal effects
       using linear non-Gaussian causal models with hidden variables", International Journal of
       Approximate Reasoning 49 (2008) 362-378.

    Examples
    --------
    >>> from causalrep import Graph
    >>> from discovery import CumulantDiscovery
    >>> from simulators import Exponential, LinearSCM
    >>> graph = Graph.from_text("x --> y, y --> z, L --> y, L --> z; latent L")
    >>> weights = 1.0 * graph.to_array(edge_direction="row->column")
    >>> scm = LinearSCM.from_graph(graph, weights, noise=Exponential())
    >>> model = CumulantDiscovery(random_state=0).fit(scm.sample(20_000, random_state=0))
    >>> print(model.graph_)
    x --> y, y --> z, L1 --> y, L1 --> z; latent L1
    """

    _parameter_constraints = {
        "alpha": [Interval(Real, 0, 1, closed="neither")],
        "reach": [Interval(Real, 0, None, closed="left")],
        "n_starts": [Interval(Integral, 1, None, closed="left")],
        "max_features": [Interval(Integral, 2, None, closed="left")],
        "max_fits": [Interval(Integral, 1, None, closed="left")],
        "on_degenerate": [StrOptions({"raise", "warn", "drop"})],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        *,
        alpha: float = 0.01,
        reach: float = 6.0,
        n_starts: int = 4,
        max_features: int = 10,
        max_fits: int = 5000,
        on_degenerate: Literal["raise", "warn", "drop"] = "raise",
        random_state: Any = None,
    ) -> None:
        self.alpha = alpha
        self.reach = reach
        self.n_starts = n_starts
        self.max_features = max_features
        self.max_fits = max_fits
        self.on_degenerate = on_degenerate
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)
    @reports_progress
    def fit(self, X: Any, y: Any = None) -> Self:
        """Find the graphs that explain the cumulants of the samples.

        Parameters
        ----------
        X : Dataset, array-like or frame of shape (n_samples, n_features)
            Samples.
        y : object, default=None
            Ignored.

        Returns
        -------
        CumulantDiscovery
            The fitted estimator itself.

        Raises
        ------
        InvalidDataError, DegenerateDataError
            If samples or columns cannot be used; the message says which.
        BudgetError
            If more features hang together than ``max_features``.
        """
        X, names = check_several(self, X, min_samples=_FEWEST_SAMPLES)
        Z, scales, usable = standardised(X, names, on_degenerate=self.on_degenerate)
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        pairs = self._pairs(Z, np.flatnonzero(usable).tolist(), seed)
        groups = self._groups(Z, pairs, names, seed)
        self._answer(groups, pairs, names, scales)
        warn_of_two_values(X, names, self.graph_, stacklevel=_TO_CALLER)
        self._warn(names)
        return self

    def _pairs(self, Z: np.ndarray, usable: list[int], seed: int) -> list[PairScores]:
        """Test and score every pair."""
        chosen = list(combinations(usable, 2))
        level = self.alpha / max(len(chosen), 1)
        starts = 2 * self.n_starts
        return [
            pair_scores(Z, pair, level=level, n_starts=starts, seed=seed)
            for pair in self._steps(chosen, "pair")
        ]

    def _groups(
        self, Z: np.ndarray, pairs: list[PairScores], names: tuple[str, ...], seed: int
    ) -> list[Group]:
        """Search every set of features that hang together and are not all but Gaussian."""
        linked = nx.Graph()
        linked.add_edges_from(some.features for some in pairs if some.dependent)
        components = sorted(tuple(sorted(some)) for some in nx.connected_components(linked))
        self._refuse_large(components, names)
        groups, self.n_iter_, self.converged_ = [], 0, True
        for features in self._steps(components, "group"):
            inside = [some for some in pairs if {*some.features} <= {*features}]
            if any(some.dependent and some.shape_p_value < UNSEEN for some in inside):
                groups.append(self._searched(Z, features, inside, seed))
        return groups

    def _searched(
        self, Z: np.ndarray, features: tuple[int, ...], pairs: list[PairScores], seed: int
    ) -> Group:
        if len(features) == 2:
            self.n_iter_ += len(pairs[0].scored)
            return Group(features, pairs[0].checked(Z, self.reach, seed))
        place = {feature: k for k, feature in enumerate(features)}
        local = [some.renumbered(place) for some in pairs if some.dependent]
        data = CumulantData.from_samples(Z[:, list(features)])
        scorer = Scorer(quick(data), n_starts=self.n_starts, max_fits=self.max_fits, seed=seed)
        try:
            found = explore(scorer, local, reach=self.reach, level=self.alpha)
        except BudgetError:
            found, self.converged_ = within_reach(scorer, self.reach), False
        self.n_iter_ += scorer.n_fits
        return Group(features, checked(found, data, seed))

    def _refuse_large(self, components: list[tuple[int, ...]], names: tuple[str, ...]) -> None:
        largest = max(components, key=len, default=())
        if len(largest) > self.max_features:
            raise BudgetError(
                f"{len(largest)} features hang together ({names[largest[0]]}, "
                f"{names[largest[1]]}, ...), but max_features={self.max_features}: graphs and "
                "cumulants grow too fast beyond. Leave features out, raise max_features if you "
                "have the time, or use RLCD or FCI, which need covariances only."
            )

    def _answer(
        self,
        groups: list[Group],
        pairs: list[PairScores],
        names: tuple[str, ...],
        scales: np.ndarray,
    ) -> None:
        """Set what was found."""
        groups = [group for group in groups if group.found]
        parts = [(group.features, group.found) for group in groups]
        candidates = joint_candidates(parts, len(names), self.reach)
        structures = [structure for structure, _, _ in candidates]
        seen = {pair for group in groups for pair in combinations(group.features, 2)}
        unseen = frozenset(
            some.features for some in pairs if some.dependent and is_unseen(some, seen, structures)
        )
        unfitted = unfitted_pairs(groups, pairs)
        estimate = Estimate.of([(group.features, group.found[0]) for group in groups], scales)
        self.undecided_ = undecided_pairs(structures, names, unseen, unfitted)
        open_pairs = {frozenset(some.features) for some in self.undecided_}
        best = candidates[0]
        self.dag_ = estimate.structure.graph(names)
        self.graph_ = agreed_graph(estimate.structure, names, open_pairs)
        self.n_latents_ = len(self.dag_.latent)
        self.weights_ = estimate.weights()
        self.mixing_ = estimate.mixing[:, len(names) :]
        self.noise_variances_ = np.concatenate([estimate.variances, np.ones(self.n_latents_)])
        observed = set(names)
        self.causal_order_ = tuple(
            node for node in self.dag_.topological_order() if node in observed
        )
        self.candidates_ = tuple(
            CumulantCandidate(
                graph=structure.graph(names), bic=bic, difference=bic - best[1], p_value=p_value
            )
            for structure, bic, p_value in candidates
        )
        self.p_value_ = best[2]
        self.swapped_ = swapped_models(estimate, names)
        self.edges_ = edges_of(estimate, names, open_pairs)
        self.identification_ = identification_of(
            estimate, names, self.undecided_, self.edges_, len(self.swapped_)
        )
        self.test_log_ = (*independence_log(pairs, names), *fit_log(groups, names, self.alpha))

    def _warn(self, names: tuple[str, ...]) -> None:
        """Say what the data leave open, or contradict."""
        if not self.converged_:
            warnings.warn(
                f"The search ended at max_fits={self.max_fits} fits, with the best graph so far. "
                "Raise max_fits, or leave features out.",
                ConvergenceWarning,
                stacklevel=_TO_CALLER,
            )
        if self.p_value_ < MISFIT:
            warnings.warn(
                f"No graph that was tried fits the cumulants (p = {self.p_value_:.1g} for the "
                "best). Effects may not be linear, samples not be independent, or more be hidden "
                "than cumulants of these orders can tell.",
                ModelMismatchWarning,
                stacklevel=_TO_CALLER,
            )
        if self.undecided_:
            shown = "; ".join(map(str, self.undecided_[:3]))
            number = len(self.undecided_)
            counted = "1 pair is" if number == 1 else f"{number} pairs are"
            warnings.warn(
                f"{counted} left open: {shown}"
                f"{'; ...' * (len(self.undecided_) > 3)}. Where it is for lack of non-Gaussian "
                "noise, nothing but interventions will tell; else more samples may.",
                IdentifiabilityWarning,
                stacklevel=_TO_CALLER,
            )
