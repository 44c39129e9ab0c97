r"""Linear structural models, which know their exact population answers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

import numpy as np
from scipy.linalg import solve_triangular

from causalrep.data import Dataset, Truth
from causalrep.graphs import Graph
from simulators.checks import (
    InterventionError,
    SimulatorError,
    checked_array,
    checked_choice,
    checked_count,
    checked_graph,
    checked_positive,
    checked_real,
    checked_values,
)
from simulators.exact import (
    cumulant_tensor,
    factorial_design,
    gaussian_log_density,
    image_log_volume,
)
from simulators.mechanisms import LinearMechanism, Mechanism
from simulators.noise import Gaussian, Noise
from simulators.noise_shapes import ThreePoint
from simulators.scm import StructuralModel

__all__ = ["LinearSCM"]

_MOST_DECIBELS = 1000


@dataclass(frozen=True, eq=False, repr=False)
class LinearSCM(StructuralModel):
    r"""Linear structural model ``v_j = sum_i weights[i, j] v_i + e_j`` with independent noise.

    With a mixing, the nodes are latent and the features are ``x = g(v)``; without, the features
    are the nodes that ``latent`` does not hide, so that measurement models, hierarchies and
    graphs with hidden confounders are linear models too.

    Parameters
    ----------
    weights : array-like of shape (n_nodes, n_nodes)
        Structural coefficients, row = cause, column = effect; any order of the nodes.
    noise : Noise or sequence of Noise, default=Gaussian()
        Law of the exogenous noise, one for all nodes or one for each.
    mixing : Mixing, default=None
        How the features come from the nodes, which are then all latent.
    latent : array-like of bool, shape (n_nodes,), default=None
        Hidden nodes where there is no mixing.
    measurement_noise : Noise, default=None
        Law of independent noise added to every feature.
    names : sequence of str, default=()
        Names of the nodes; ``L1``, ... for latent and ``X1``, ... for observed ones if empty.

    Attributes
    ----------
    graph : Graph
        The causal graph with its latent marks.
    mechanisms : tuple of LinearMechanism
        The columns of ``weights``.

    Raises
    ------
    GraphError
        If the weights have a cycle.
    SimulatorError
        If the parts do not fit together.

    Notes
    -----
    With ``N = (I - weights')^{-1}`` the nodes are ``v = N e``, and under every intervention the
    cumulants of order k are sums over the sources of their own cumulants times the k-fold outer
    products of the columns of N.

    Examples
    --------
    >>> from simulators import Do, LinearMixing, LinearSCM
    >>> mixing = LinearMixing([[1, 0], [0, 1], [1, 1]])
    >>> scm = LinearSCM([[0, 2], [0, 0]], mixing=mixing)
    >>> scm.covariance()
    array([[ 1.,  2.,  3.],
           [ 2.,  5.,  7.],
           [ 3.,  7., 10.]])
    >>> data = scm.sample_environments([(), Do(target=1, value=1.0)], 100, random_state=0)
    >>> data
    <Dataset: 200 samples, 3 features, 2 environments, with truth>
    """

    mechanisms: tuple[Mechanism, ...] = field(init=False)
    weights: Any = field(kw_only=False)

    def __post_init__(self) -> None:
        weights = checked_array("LinearSCM.weights", self.weights, (None, None))
        if weights.shape[0] != weights.shape[1]:
            raise SimulatorError(
                "LinearSCM.weights must be square, one row and one column a node, but has shape "
                f"{weights.shape}."
            )
        self._set("weights", weights)
        self._set("mechanisms", tuple(map(LinearMechanism.from_column, weights.T)))
        super().__post_init__()

    @classmethod
    def from_graph(
        cls,
        graph: Graph,
        weights: Any,
        *,
        noise: Any = None,
        measurement_noise: Noise | None = None,
    ) -> Self:
        """Build a model that takes its names and hidden nodes from a graph.

        Parameters
        ----------
        graph : Graph
            Directed acyclic graph.
        weights : array-like of shape (n_nodes, n_nodes)
            Structural coefficients in the order of ``graph.nodes``, for instance from
            :func:`random_weights`.
        noise : Noise or sequence of Noise, default=None
            Law of the exogenous noise; None takes ``Gaussian()``.
        measurement_noise : Noise, default=None
            Law of independent noise added to every feature.

        Raises
        ------
        SimulatorError
            If a weight stands where the graph has no edge.
        """
        graph = checked_graph(graph)
        weights = checked_array("weights", weights, (len(graph), len(graph)))
        extra = (weights != 0) & ~graph.to_array(edge_direction="row->column")
        if extra.any():
            cause, effect = (graph.nodes[place] for place in np.argwhere(extra)[0])
            raise SimulatorError(f"The graph has no edge {cause} --> {effect}, but weights has.")
        return cls(
            weights,
            noise=Gaussian() if noise is None else noise,
            latent=[graph.is_latent(name) for name in graph.nodes],
            measurement_noise=measurement_noise,
            names=graph.nodes,
        )

    def mean(self, interventions: Any = (), *, of: Literal["X", "Z"] = "X") -> np.ndarray:
        """Return the population mean of the features, or of all nodes for ``of="Z"``.

        Parameters
        ----------
        interventions : Intervention or iterable of Intervention, default=()
            The environment.
        of : {"X", "Z"}, default="X"
            Features (with measurement noise) or nodes.

        Returns
        -------
        ndarray of shape (n_features,) or (n_nodes,)
        """
        return self.cumulant(1, interventions, of=of)

    def covariance(self, interventions: Any = (), *, of: Literal["X", "Z"] = "X") -> np.ndarray:
        """Return the population covariance of the features, or of all nodes for ``of="Z"``.

        Parameters
        ----------
        interventions, of
            As in :meth:`mean`.

        Returns
        -------
        ndarray of shape (n_features, n_features) or (n_nodes, n_nodes)
        """
        return self.cumulant(2, interventions, of=of)

    def cumulant(
        self, order: int, interventions: Any = (), *, of: Literal["X", "Z"] = "X"
    ) -> np.ndarray:
        """Return the population's tensor of joint cumulants of an order from 1 to 6.

        Parameters
        ----------
        order : int
            1 is the mean, 2 the covariance, 3 holds skewnesses.
        interventions, of
            As in :meth:`mean`.

        Returns
        -------
        ndarray of shape (n_features,) * order or (n_nodes,) * order

        Raises
        ------
        SimulatorError
            If a law has no such cumulant, or the mixing is not linear and ``of="X"``.
        """
        order = checked_count("order", order, maximum=6)
        model = self.intervene(interventions)
        sources = np.array([law.cumulant(order) for law in model.noise])
        tensor = cumulant_tensor(model._loadings(of), sources, order)
        if of == "X" and self.measurement_noise is not None:
            diagonal = (np.arange(len(tensor)),) * order
            tensor[diagonal] += self.measurement_noise.cumulant(order)
        return tensor

    def log_density(
        self, Z: Any, interventions: Any = (), *, of: Literal["Z", "X"] = "Z"
    ) -> np.ndarray:
        """Return the log-density of nodes, or of features for ``of="X"``.

        Parameters
        ----------
        Z : array-like of shape (n_samples, n_nodes) or (n_samples, n_features)
            Values of all nodes, or features.
        interventions : Intervention or iterable of Intervention, default=()
            The environment. A node under ``Do`` has no density: rows off its value get
            ``-inf``, and on it the density is that of the other nodes.
        of : {"Z", "X"}, default="Z"
            What the values are. For more features than nodes and no measurement noise, the
            density of the features is that on the image of the nodes that vary, with respect
            to its volume, and ``-inf`` off it.

        Returns
        -------
        ndarray of shape (n_samples,)

        Raises
        ------
        SimulatorError
            If the density of the features is not known in closed form.
        """
        if checked_choice("of", of, ("Z", "X")) == "Z":
            return super().log_density(Z, interventions)
        model, matrix = self.intervene(interventions), self._mixing_matrix(of)
        X = checked_values("Features", Z, len(matrix))
        if all(law.is_gaussian for law in model._all_laws) and _is_positive(model.covariance()):
            return gaussian_log_density(X, model.mean(), model.covariance())
        if self.measurement_noise is not None or not self.view.is_injective:
            raise SimulatorError(
                "The density of the features is known in closed form only for Gaussian noise, or "
                "for an injective mixing without measurement noise."
            )
        nodes = self.view.inverse(X)
        off = np.abs(X - nodes @ matrix.T).max(axis=1) > 1e-9 * (1 + np.abs(X).max(axis=1))
        varying = [law.scale > 0 for law in model.noise]
        density = model.log_density(nodes) - image_log_volume(matrix[:, varying])
        return np.where(off, -np.inf, density)

    def sample_factorial(self, interventions: Any = ()) -> Dataset:
        """Return a finite sample with exactly the population's cumulants of all orders.

        Every combination of the values of the sources occurs once, so the sources are exactly
        independent: ``3 ** n`` rows for n sources that are not fixed by ``Do``. All noise must
        be :class:`ThreePoint`.

        Parameters
        ----------
        interventions : Intervention or iterable of Intervention, default=()
            The environment.

        Raises
        ------
        SimulatorError
            If a node's noise is not :class:`ThreePoint`, or there is measurement noise.
        BudgetError
            If the design has too many rows.
        """
        model = self.intervene(interventions)
        varying = [node for node, law in enumerate(model.noise) if law.scale > 0]
        laws = [model.noise[node] for node in varying]
        if self.measurement_noise is not None or not all(
            isinstance(law, ThreePoint) for law in laws
        ):
            raise SimulatorError(
                "sample_factorial wants noise=ThreePoint(...) at every node and no measurement "
                "noise: other laws have no finite design with all their cumulants."
            )
        design = factorial_design([law.support for law in laws] or np.empty((0, 3)))
        sources = np.tile([law.mean for law in model.noise], (len(design), 1))
        sources[:, varying] = design
        nodes = model._propagate(sources)
        return Dataset(
            X=self.view.apply(nodes), names=self.feature_names, truth=self._truth(nodes)
        )

    def with_measurement_noise(
        self, *, decibels: float | None = None, variance: float | None = None
    ) -> Self:
        """Return the same model with Gaussian noise added to every feature.

        Parameters
        ----------
        decibels : float, default=None
            Signal-to-noise ratio: the noise has the variance
            ``10 ** (-decibels / 10)`` times the mean variance of the features without
            intervention.
        variance : float, default=None
            Variance of the noise, in place of ``decibels``.

        Examples
        --------
        >>> from simulators import LinearSCM
        >>> LinearSCM([[0, 1], [0, 0]]).with_measurement_noise(variance=0.5).covariance()
        array([[1.5, 1. ],
               [1. , 2.5]])
        """
        if (decibels is None) == (variance is None):
            raise SimulatorError("with_measurement_noise wants either decibels= or variance=.")
        if variance is None:
            signal = np.trace(replace(self, measurement_noise=None).covariance())
            size = checked_real("decibels", decibels)
            if abs(size) > _MOST_DECIBELS:
                bounds = f"from -{_MOST_DECIBELS} to {_MOST_DECIBELS}"
                raise SimulatorError(f"decibels must be {bounds}, but is {decibels!r}.")
            ratio = 10 ** (-size / 10)
            variance = ratio * signal / self.view.n_features
        law = Gaussian(float(np.sqrt(checked_positive("variance", variance))))
        return replace(self, measurement_noise=law)

    def _rebuilt(self, mechanisms: tuple[Mechanism, ...], noise: tuple[Noise, ...]) -> Self:
        weights = np.zeros((self.n_nodes, self.n_nodes))
        for node, mechanism in enumerate(mechanisms):
            if not isinstance(mechanism, LinearMechanism):
                raise InterventionError(
                    f"LinearSCM takes linear mechanisms only, but the one for {self.names[node]} "
                    f"is a {type(mechanism).__name__}. Use NonlinearSCM."
                )
            if any(parent >= self.n_nodes for parent in mechanism.parents):
                raise InterventionError(
                    f"The new weights of {self.names[node]} name a parent that does not exist: "
                    f"the model has {self.n_nodes} nodes."
                )
            weights[list(mechanism.parents), node] = mechanism.weights
        return replace(self, weights=weights, noise=noise)

    def _truth(self, nodes: np.ndarray) -> Truth:
        return replace(super()._truth(nodes), weights=self.weights)

    @property
    def _all_laws(self) -> tuple[Noise, ...]:
        errors = () if self.measurement_noise is None else (self.measurement_noise,)
        return (*self.noise, *errors)

    def _mixing_matrix(self, of: str) -> np.ndarray:
        of = checked_choice("of", of, ("X", "Z"))
        matrix = np.eye(self.n_nodes) if of == "Z" else self.view.matrix
        if matrix is None:
            raise SimulatorError(
                f"The exact moments of features behind a {type(self.view).__name__} are not "
                'known; those of the nodes are: of="Z".'
            )
        return matrix

    def _loadings(self, of: str) -> np.ndarray:
        """Return what each source adds to each feature or node, shape (n_features, n_nodes)."""
        order = list(self._order)
        unmixing = (np.eye(self.n_nodes) - self.weights.T)[np.ix_(order, order)]
        effects = np.empty_like(unmixing)
        effects[np.ix_(order, order)] = solve_triangular(
            unmixing, np.eye(self.n_nodes), lower=True, unit_diagonal=True
        )
        return self._mixing_matrix(of) @ effects


def _is_positive(covariance: np.ndarray) -> bool:
    return bool(np.linalg.matrix_rank(covariance, hermitian=True) == len(covariance))
