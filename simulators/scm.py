r"""Structural models with additive noise: ``v_j = f_j(parents of v_j) + e_j``.

The nodes are either all latent and seen through a mixing, ``x = g(v)``, or some of them are
hidden and the others are the features themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from causalrep.data import Dataset, Truth, default_names
from causalrep.exceptions import InvalidDataError
from causalrep.graphs import Graph
from simulators.checks import (
    SimulatorError,
    checked_count,
    checked_flag,
    checked_generator,
    checked_values,
)
from simulators.exact import draw_sources
from simulators.interventions import as_environment
from simulators.mechanisms import Mechanism
from simulators.mixing import Mixing, Selection
from simulators.model_checks import (
    causal_order,
    checked_environments,
    checked_labels,
    checked_latent,
    checked_laws,
    checked_mechanisms,
    checked_node_names,
    checked_sizes,
)
from simulators.noise import Gaussian, Noise

__all__ = ["StructuralModel"]


@dataclass(frozen=True, eq=False, repr=False)
class StructuralModel:
    r"""Structural causal model with additive noise and a mixing of its nodes.

    Base class of :class:`LinearSCM`, :class:`PolynomialSCM` and :class:`NonlinearSCM`; it samples
    under interventions and answers counterfactual questions.

    Parameters
    ----------
    mechanisms : sequence of Mechanism
        One for each node; together they must have no cycle.
    noise : Noise or sequence of Noise, default=Gaussian()
        Law of the exogenous noise, one for all nodes or one for each.
    mixing : Mixing, default=None
        How the features come from the nodes, which are then all latent.
    latent : array-like of bool, shape (n_nodes,), default=None
        Hidden nodes where there is no mixing: the features are the other nodes. None hides
        nothing.
    measurement_noise : Noise, default=None
        Law of independent noise added to every feature.
    names : sequence of str, default=()
        Names of the nodes; ``L1``, ... for latent and ``X1``, ... for observed ones if empty.

    Raises
    ------
    GraphError
        If the mechanisms form a cycle, or names repeat.
    SimulatorError
        If the parts do not fit together.
    """

    mechanisms: tuple[Mechanism, ...]
    _: KW_ONLY
    noise: Any = field(default_factory=Gaussian)
    mixing: Mixing | None = None
    latent: Any = None
    measurement_noise: Noise | None = None
    names: Sequence[str] = ()
    _order: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        kind, mechanisms = type(self).__name__, checked_mechanisms(self.mechanisms)
        n_nodes = len(mechanisms)
        latent = checked_latent(kind, self.latent, self.mixing, n_nodes)
        self._set("mechanisms", mechanisms)
        self._set("noise", checked_laws(kind, self.noise, n_nodes))
        self._set("latent", latent)
        self._set("names", checked_node_names(kind, self.names, latent))
        if self.measurement_noise is not None and not isinstance(self.measurement_noise, Noise):
            raise SimulatorError(
                f"{kind}.measurement_noise must be None or a law such as Gaussian(0.1), but is "
                f"{self.measurement_noise!r}."
            )
        self._set("_order", causal_order(self.mechanisms, self.names))

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__}: {self.n_nodes} nodes, {sum(self.latent)} of them latent, "
            f"{len(self.feature_names)} features>"
        )

    @property
    def n_nodes(self) -> int:
        """Number of nodes of the causal graph."""
        return len(self.mechanisms)

    @cached_property
    def view(self) -> Mixing:
        """The mixing that makes the features; a choice of nodes where none was given."""
        if self.mixing is not None:
            return self.mixing
        shown = [position for position, hidden in enumerate(self.latent) if not hidden]
        return Selection(self.n_nodes, tuple(shown))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the features."""
        if self.mixing is not None:
            return default_names(self.mixing.n_features)
        return tuple(
            name for name, hidden in zip(self.names, self.latent, strict=True) if not hidden
        )

    @cached_property
    def graph(self) -> Graph:
        """The causal graph over the nodes, with the latent ones marked."""
        edges = [
            (self.names[parent], self.names[node])
            for node, mechanism in enumerate(self.mechanisms)
            for parent in mechanism.parents
        ]
        latent = [name for name, hidden in zip(self.names, self.latent, strict=True) if hidden]
        return Graph(self.names, edges, latent=latent)

    def intervene(self, interventions: Any = ()) -> Self:
        """Return the model under an environment; the mixing stays the same object.

        Parameters
        ----------
        interventions : Intervention or iterable of Intervention, default=()
            One environment.

        Raises
        ------
        InterventionError
            If a target is not a node or has two interventions.
        GraphError
            If a new mechanism closes a cycle.
        """
        environment = as_environment(interventions, self.names)
        if not environment:
            return self
        mechanisms, noise = list(self.mechanisms), list(self.noise)
        for intervention in environment:
            node = intervention.target
            mechanisms[node], noise[node] = intervention.act(mechanisms[node], noise[node])
        return self._rebuilt(tuple(mechanisms), tuple(noise))

    def sample(
        self,
        n_samples: int,
        interventions: Any = (),
        *,
        random_state: Any = None,
        exact: bool = False,
    ) -> Dataset:
        """Draw samples from one environment.

        Parameters
        ----------
        n_samples : int
            Number of samples.
        interventions : Intervention or iterable of Intervention, default=()
            The environment; ``()`` is the observational one.
        random_state : None, int or numpy.random.Generator, default=None
            Source of randomness.
        exact : bool, default=False
            Give the noise exactly its mean and variances and no correlation (with divisor n),
            so that in a linear model the sample has the population's mean and covariance.

        Returns
        -------
        Dataset
            Features with their whole truth, without environment labels.
        """
        model = self.intervene(interventions)
        n_samples = checked_count("n_samples", n_samples)
        rng, exact = checked_generator(random_state), checked_flag("exact", exact)
        nodes, X = model._draw(n_samples, rng, exact)
        return Dataset(X=X, names=self.feature_names, truth=self._truth(nodes))

    def sample_environments(
        self,
        environments: Sequence[Any],
        n_samples: int | Sequence[int],
        *,
        labels: Sequence[Any] | None = None,
        random_state: Any = None,
        exact: bool = False,
    ) -> Dataset:
        """Draw samples from several environments that share the mixing.

        Parameters
        ----------
        environments : sequence of environments
            Each is ``()``, one intervention, or several; put ``()`` first for observational
            data.
        n_samples : int or sequence of int
            Number of samples in every environment, or in each of them.
        labels : sequence, default=None
            Labels of the environments, all different; 0, 1, ... by default.
        random_state : None, int or numpy.random.Generator, default=None
            Source of randomness.
        exact : bool, default=False
            As in :meth:`sample`, within every environment.

        Returns
        -------
        Dataset
            Labelled samples, one environment after the other, with their whole truth.

        Raises
        ------
        EnvironmentLabelError
            If there is no environment, or not one label and one size for each.
        """
        plans = checked_environments(environments, self.names)
        sizes = checked_sizes(n_samples, len(plans))
        labels = checked_labels(labels, len(plans))
        rng, exact = checked_generator(random_state), checked_flag("exact", exact)
        draws = [
            self.intervene(plan)._draw(size, rng, exact)
            for plan, size in zip(plans, sizes, strict=True)
        ]
        targets = tuple(tuple(action.target for action in plan) for plan in plans)
        return Dataset(
            X=np.concatenate([X for _, X in draws]),
            environments=np.repeat(np.asarray(labels), sizes),
            names=self.feature_names,
            truth=replace(
                self._truth(np.concatenate([nodes for nodes, _ in draws])),
                environments=labels,
                targets=targets,
            ),
        )

    def log_density(self, Z: Any, interventions: Any = ()) -> np.ndarray:
        """Return the log-density of values of all nodes.

        Parameters
        ----------
        Z : array-like of shape (n_samples, n_nodes)
            Values of the nodes (``data.truth.Z`` where all nodes are latent).
        interventions : Intervention or iterable of Intervention, default=()
            The environment. A node under ``Do`` has no density: rows off its value get
            ``-inf``, and on it the density is that of the other nodes.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        model = self.intervene(interventions)
        residuals = model._residuals(model._checked_nodes(Z))
        laws = zip(model.noise, residuals.T, strict=True)
        return np.sum([law.log_density(column) for law, column in laws], axis=0)

    def counterfactual(
        self,
        data: Any,
        interventions: Any = (),
        *,
        given: Any = (),
        random_state: Any = None,
    ) -> Dataset:
        """Say what the same samples would have been under other interventions.

        Abduction, action, prediction: the noise of every sample is read off its nodes, the
        mechanisms are changed, and the changed model is run on that noise. Where the law of a
        node's noise differs between the two environments (other than by its mean), the sample
        says nothing about the new noise, which is then drawn.

        Parameters
        ----------
        data : Dataset or array-like of shape (n_samples, n_nodes)
            Samples of this model, or values of all its nodes. The nodes of a Dataset are its
            ``truth.Z`` (and the observed ones), else the inverse of the mixing.
        interventions : Intervention or iterable of Intervention, default=()
            The environment to imagine.
        given : Intervention or iterable of Intervention, default=()
            The environment in which the samples were taken.
        random_state : None, int or numpy.random.Generator, default=None
            Source of randomness for laws that differ.

        Returns
        -------
        Dataset
            Features and nodes of the same samples in the imagined environment; measurement
            noise is kept where it is known.

        Raises
        ------
        InvalidDataError
            If the nodes are not given and cannot be computed from the features.
        """
        before, after = self.intervene(given), self.intervene(interventions)
        rng = checked_generator(random_state)
        nodes = self._nodes_of(data)
        noise = before._residuals(nodes)
        for column, old, new in zip(noise.T, before.noise, after.noise, strict=True):
            if new.shifted(-new.mean) == old.shifted(-old.mean):
                column += new.mean - old.mean
            else:
                column[:] = new.sample(len(column), rng)
        imagined = after._propagate(noise)
        X = self.view.apply(imagined)
        if isinstance(data, Dataset):
            X += data.X - self.view.apply(nodes)
        elif self.measurement_noise is not None:
            X += self.measurement_noise.sample(X.size, rng).reshape(X.shape)
        return Dataset(X=X, names=self.feature_names, truth=self._truth(imagined))

    def _rebuilt(self, mechanisms: tuple[Mechanism, ...], noise: tuple[Noise, ...]) -> Self:
        return replace(self, mechanisms=mechanisms, noise=noise)

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def _truth(self, nodes: np.ndarray) -> Truth:
        hidden = np.flatnonzero(self.latent)
        Z = nodes if len(hidden) == self.n_nodes else np.ascontiguousarray(nodes[:, hidden])
        mixing = None if self.mixing is None else self.mixing.matrix
        return Truth(graph=self.graph, mixing=mixing, Z=Z)

    def _draw(
        self, n_samples: int, rng: np.random.Generator, exact: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return nodes (n, n_nodes) and features (n, n_features)."""
        laws = list(self.noise)
        if self.measurement_noise is not None:
            laws += [self.measurement_noise] * self.view.n_features
        sources = draw_sources(laws, n_samples, rng, exact)
        nodes = self._propagate(sources[:, : self.n_nodes])
        X = self.view.apply(nodes)
        if self.measurement_noise is not None:
            X += sources[:, self.n_nodes :]
        return nodes, X

    def _propagate(self, noise: np.ndarray) -> np.ndarray:
        """Turn the noise, shape (n, n_nodes), into the nodes, in its place and causal order."""
        nodes = noise
        for node in self._order:
            mechanism = self.mechanisms[node]
            if mechanism.parents:
                nodes[:, node] += mechanism(nodes[:, list(mechanism.parents)])
        return nodes

    def _residuals(self, nodes: np.ndarray) -> np.ndarray:
        """Return the noise that belongs to values of the nodes, shape (n, n_nodes)."""
        noise = np.array(nodes, order="F")
        for node, mechanism in enumerate(self.mechanisms):
            if mechanism.parents:
                noise[:, node] -= mechanism(nodes[:, list(mechanism.parents)])
        return noise

    def _checked_nodes(self, nodes: Any) -> np.ndarray:
        named = f"The values of the nodes {', '.join(self.names)}"
        return checked_values(named, nodes, self.n_nodes)

    def _nodes_of(self, data: Any) -> np.ndarray:
        """Return the values of all nodes, from wherever a Dataset holds them."""
        if not isinstance(data, Dataset):
            return self._checked_nodes(data)
        hidden = np.array(self.latent)
        Z = None if data.truth is None else data.truth.Z
        if Z is None and hidden.any():
            return self._checked_nodes(self._inverted(data.X))
        nodes = np.empty((len(data), self.n_nodes))
        if hidden.any():
            nodes[:, hidden] = Z
        if not hidden.all():
            nodes[:, ~hidden] = data.X
        return self._checked_nodes(nodes)

    def _inverted(self, X: np.ndarray) -> np.ndarray:
        if self.measurement_noise is not None:
            raise InvalidDataError(
                "The nodes cannot be computed from features with measurement noise; give a "
                "Dataset whose truth holds Z, or the values of the nodes themselves."
            )
        return self.view.inverse(X)
