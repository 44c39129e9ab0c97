"""Causal order with hidden common causes, by components that variables share one at a time."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, NamedTuple, Self

import numpy as np
from scipy import special
from sklearn.base import BaseEstimator, _fit_context
from sklearn.utils._param_validation import Interval

from causalrep.base import CertifiedMixin
from causalrep.exceptions import BudgetError, IdentifiabilityWarning
from causalrep.graphs import Graph
from causalrep.results import Identification, StatisticalTest
from discovery.confounded_models import check_several, confounded_model, standardised
from discovery.cumulant_discovery import UndecidedPair
from discovery.shared_components import (
    Component,
    JointCumulants,
    component_of,
    component_tests,
)

__all__ = ["OneLatentComponent"]

_FEWEST_SAMPLES = 8
_STEP = 1e-20
_NO_SURROGATE = "no variable shares just one component with the others"


class Removal(NamedTuple):
    """The components that were found one after the other, and what was left."""

    components: list[Component]
    left: JointCumulants
    open_pairs: list[tuple[int, int]]
    log: list[StatisticalTest]


class OneLatentComponent(CertifiedMixin, BaseEstimator):
    r"""Causal graph with latents that show themselves one component at a time.

    .. math:: x = \Lambda x + \Gamma L + \varepsilon,

    with acyclic :math:`\Lambda` and independent non-Gaussian latents L and noises. A variable z
    that shares a single component with all others gives the loadings of this component in
    closed form. The component is removed and the search goes on with what is left.

    Parameters
    ----------
    alpha : float, default=0.01
        Level of the tests.
    unbiased : bool, default=True
        Whether cumulants are estimated without bias, or are those of the sample itself.
    max_features : int, default=10
        Most features.

    Attributes
    ----------
    graph_ : Graph
        Features and latents "L1", ...; pairs that stay open are not joined in it.
    weights_ : ndarray of shape (n_nodes, n_nodes)
        Direct effects over ``graph_.nodes``, row = cause, column = effect, for latents of
        variance one.
    mixing_ : ndarray of shape (n_features, n_latents)
        Total effects of the latents.
    causal_order_ : tuple of str
        Features, causes first.
    n_latents_ : int
        Number of latents.
    undecided_ : tuple of UndecidedPair
        Dependent pairs for which no component could be read off.
    identification_ : Identification
        What is identified.
    test_log_ : tuple of StatisticalTest
        The tests that each surrogate passed.
    n_features_in_ : int
        Number of features seen in fit.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, where they have any.

    Notes
    -----
    With :math:`x = a_x S + \dots` and :math:`z = a_z S + \dots`, and nothing else in common,

    .. math:: a_z^2 = \frac{\mathrm{cov}(x, z)\, \mathrm{cum}(x, z, z, z)}
              {\mathrm{cum}(x, x, z, z)}, \qquad a_x = \frac{\mathrm{cov}(x, z)}{a_z}, \qquad
              a_y = \frac{\mathrm{cov}(y, z)}{a_z} .

    The method follows [1]_ as far as its public descriptions tell, with derivations of our
    own in the guide. The condition on {x, y} given z is tested on cumulants of orders two to
    four, by Wald tests. A component that is all there is of one variable is that variable,
    which is exogenous and removed; any other is a latent. Its
    contribution is taken away from the cumulants themselves rather than from the samples, so
    that the noise of the surrogate z is not carried to others; errors of earlier steps enter all
    later tests. Direct effects are those whose Wald test rejects zero.

    Needed are fourth cumulants other than zero, and for every component a variable that shares
    nothing else. In a confounded effect x --> y without a further child of the latent both
    share two components: such pairs stay open, and :class:`CumulantDiscovery` may decide them.

    References
    ----------
    .. [1] R. Cai, Z. Huang, W. Chen, Z. Hao, K. Zhang, "Causal discovery with latent confounders
       based on higher-order cumulants", ICML 2023, arXiv:2305.19582.

    Examples
    --------
    >>> from causalrep import Graph
    >>> from discovery import OneLatentComponent
    >>> from simulators import Exponential, LinearSCM
    >>> graph = Graph.from_text("L --> w, L --> x, L --> y, x --> y; latent L")
    >>> weights = 1.0 * graph.to_array(edge_direction="row->column")
    >>> scm = LinearSCM.from_graph(graph, weights, noise=Exponential())
    >>> model = OneLatentComponent().fit(scm.sample(100_000, random_state=0))
    >>> print(model.graph_)
    nodes w, x, y, L1; x --> y, L1 --> w, L1 --> x, L1 --> y; latent L1
    """

    _parameter_constraints = {
        "alpha": [Interval(Real, 0, 1, closed="neither")],
        "unbiased": ["boolean"],
        "max_features": [Interval(Integral, 2, None, closed="left")],
    }

    def __init__(
        self, *, alpha: float = 0.01, unbiased: bool = True, max_features: int = 10
    ) -> None:
        self.alpha = alpha
        self.unbiased = unbiased
        self.max_features = max_features

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Find components, causal order and graph.

        Parameters
        ----------
        X : Dataset, array-like or frame of shape (n_samples, n_features)
            Samples.
        y : object, default=None
            Ignored.

        Returns
        -------
        OneLatentComponent
            The fitted estimator itself.

        Raises
        ------
        InvalidDataError, DegenerateDataError
            If samples or columns cannot be used; the message says which.
        BudgetError
            If there are more features than ``max_features``.
        """
        X, names = check_several(self, X, min_samples=_FEWEST_SAMPLES)
        self._refuse_many(names)
        samples = standardised(X, names)
        cumulants = JointCumulants.from_samples(samples.Z, unbiased=self.unbiased)
        removal = removed_components(cumulants, self.alpha, names)
        self._answer(removal, names, samples.scales)
        if self.undecided_:
            warnings.warn(
                f"{len(self.undecided_)} dependent pairs stay open, such as "
                f"{self.undecided_[0]}. Fourth cumulants may be too small, as with Gaussian "
                "noise, where only interventions help; or two components be shared, where "
                "CumulantDiscovery may help.",
                IdentifiabilityWarning,
                stacklevel=3,
            )
        return self

    def _refuse_many(self, names: tuple[str, ...]) -> None:
        if len(names) > self.max_features:
            raise BudgetError(
                f"OneLatentComponent uses all cumulants of order four, and max_features="
                f"{self.max_features} allows no {len(names)} features. Leave some out, or raise "
                "max_features."
            )

    def _answer(self, removal: Removal, names: tuple[str, ...], scales: np.ndarray) -> None:
        """Set what was found."""
        effects, loadings, errors = _direct_effects(removal, len(names))
        level = np.sqrt(special.chdtri(1, self.alpha))
        kept = np.where(np.abs(effects) > level * errors[0], effects, 0.0)
        columns = np.where(np.abs(loadings) > level * errors[1], loadings, 0.0)
        model = confounded_model(kept, columns, names, scales)
        self.graph_, self.weights_, self.mixing_ = model
        self.n_latents_ = len(self.graph_.latent)
        order = self.graph_.topological_order()
        self.causal_order_ = tuple(node for node in order if node in names)
        self.undecided_ = tuple(
            UndecidedPair((names[i], names[j]), ("dependent",), _NO_SURROGATE)
            for i, j in removal.open_pairs
        )
        self.test_log_ = tuple(removal.log)
        self.identification_ = _identification(self.graph_, self.undecided_)


def removed_components(cumulants: JointCumulants, alpha: float, names: tuple[str, ...]) -> Removal:
    """Find and remove one component after the other.

    Parameters
    ----------
    cumulants : JointCumulants
        Of standardised features.
    alpha : float
        Level of the tests.
    names : tuple of str
        Names of the features.

    Returns
    -------
    Removal

    Examples
    --------
    >>> import numpy as np
    >>> from discovery.one_latent_component import removed_components
    >>> from discovery.shared_components import JointCumulants
    >>> x, e = np.random.default_rng(0).exponential(size=(2, 5000)) - 1
    >>> cumulants = JointCumulants.from_samples(np.column_stack([x, x + e]))
    >>> found = removed_components(cumulants, 0.01, ("x", "y"))
    >>> [component.owner for component in found.components]
    [0]
    """
    active = list(range(cumulants.n_variables))
    components: list[Component] = []
    log: list[StatisticalTest] = []
    level = alpha / max(1, cumulants.n_variables * (cumulants.n_variables - 1) // 2)
    while True:
        pairs = [
            (i, j)
            for k, i in enumerate(active)
            for j in active[k + 1 :]
            if cumulants.dependence(i, j).p_value < level
        ]
        found = _surest(cumulants, pairs, alpha)
        if found is None:
            return Removal(components, cumulants, pairs, log)
        component, cumulants, p_value = found
        components.append(component)
        others = np.flatnonzero(component.loadings).tolist()
        log.append(_log_entry(names, component.surrogate, others, p_value, alpha))
        done = {component.surrogate, component.owner}
        active = [variable for variable in active if variable not in done]


def _surest(
    cumulants: JointCumulants, pairs: Sequence[tuple[int, int]], alpha: float
) -> tuple[Component, JointCumulants, float] | None:
    """Find the component of the variable that passes best as sharing only one."""
    ranked = []
    for z in sorted({variable for pair in pairs for variable in pair}):
        others = [j if i == z else i for i, j in pairs if z in (i, j)]
        tests = component_tests(cumulants, z, others)
        p_value = min(1.0, len(tests) * min(test.p_value for test in tests))
        if p_value > alpha:
            ranked.append((p_value, min(test.p_value for test in tests), z, others))
    for p_value, _, z, others in sorted(ranked, key=lambda item: item[:2], reverse=True):
        found = component_of(cumulants, z, others, alpha)
        if found is not None:
            return (*found, p_value)
    return None


def _direct_effects(
    removal: Removal, n_features: int
) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Effects between features, loadings of latents, and the standard errors of both."""
    components = removal.components
    owned = [some for some in components if some.owner is not None]
    hidden = [some for some in components if some.owner is None]
    order = [*owned, *hidden]
    stacked = np.array([some.loadings for some in order]).reshape(-1, n_features)

    def direct(loadings: np.ndarray) -> np.ndarray:
        T = np.eye(n_features, dtype=loadings.dtype)
        for some, column in zip(owned, loadings, strict=False):
            T[:, some.owner] = column / column[some.owner]
        rest = np.linalg.inv(T)
        effects = np.eye(n_features) - rest
        return np.concatenate([effects, rest @ loadings[len(owned) :].T], axis=1)

    values = direct(stacked)
    slopes = np.zeros((values.size, len(removal.left.values)))
    for k, some in enumerate(order):
        for v in np.flatnonzero(some.loadings):
            moved = stacked.astype(complex)
            moved[k, v] += 1j * _STEP
            slopes += np.outer(direct(moved).imag.ravel() / _STEP, some.slopes[v])
    variances = np.einsum("ij,jk,ik->i", slopes, removal.left.covariance, slopes)
    errors = np.sqrt(np.maximum(variances, np.finfo(float).eps)).reshape(values.shape)
    halves = np.s_[:, :n_features], np.s_[:, n_features:]
    return values[halves[0]], values[halves[1]], (errors[halves[0]], errors[halves[1]])


def _log_entry(
    names: tuple[str, ...], z: int, members: list[int], p_value: float, alpha: float
) -> StatisticalTest:
    return StatisticalTest(
        hypothesis=f"{names[z]} shares one component with the others",
        variables=tuple(names[k] for k in members),
        statistic=np.nan,
        degrees_of_freedom=np.nan,
        p_value=p_value,
        rejected=p_value <= alpha,
    )


def _identification(graph: Graph, undecided: tuple[UndecidedPair, ...]) -> Identification:
    rows = tuple((latent, True, "up to sign and scale") for latent in graph.latent)
    edges = tuple((", ".join(some.features), False, some.reason) for some in undecided)
    return Identification(
        rows=rows,
        edges=edges,
        summary=f"{len(graph.latent) or 'No'} latents; {len(undecided)} pairs left open.",
    )
