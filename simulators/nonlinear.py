"""Structural models with polynomial and neural mechanisms and additive noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from causalrep.graphs import Graph
from simulators.checks import SimulatorError, checked_count, checked_generator, checked_graph
from simulators.mechanisms import LinearMechanism, MLPMechanism, PolynomialMechanism
from simulators.mixing import Mixing
from simulators.noise import Gaussian, Noise
from simulators.scm import StructuralModel

__all__ = ["NonlinearSCM", "PolynomialSCM"]


@dataclass(frozen=True, eq=False, repr=False)
class NonlinearSCM(StructuralModel):
    r"""Structural model ``v_j = f_j(parents of v_j) + e_j`` with mechanisms of any kind.

    Parameters
    ----------
    mechanisms : sequence of Mechanism
        One for each node, such as :class:`MLPMechanism`; ``LinearMechanism()`` for a node
        without parents. Together they must have no cycle.
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

    Raises
    ------
    GraphError
        If the mechanisms form a cycle.
    SimulatorError
        If the parts do not fit together.

    Examples
    --------
    >>> from causalrep.graphs import Graph
    >>> from simulators import Do, NonlinearSCM
    >>> scm = NonlinearSCM.random(Graph.from_text("X1 --> X2, X2 --> X3"), random_state=0)
    >>> data = scm.sample(100, random_state=0)
    >>> imagined = scm.counterfactual(data, Do(target=1, value=0.0))
    >>> bool((imagined.X[:, 0] == data.X[:, 0]).all())
    True
    """

    @classmethod
    def random(
        cls,
        graph: Graph,
        *,
        n_units: int = 16,
        noise: Any = None,
        mixing: Mixing | None = None,
        measurement_noise: Noise | None = None,
        random_state: Any = None,
    ) -> Self:
        """Draw a perceptron with one hidden layer for every node that has parents.

        Parameters
        ----------
        graph : Graph
            Directed acyclic graph. Its latent mask says what is hidden, unless there is a
            mixing: then all nodes are latent.
        n_units : int, default=16
            Units of the hidden layer.
        noise, mixing, measurement_noise
            As for the class.
        random_state : None, int or numpy.random.Generator, default=None
            Source of randomness.
        """
        rng = checked_generator(random_state)
        n_units = checked_count("n_units", n_units)
        mechanisms = [
            MLPMechanism.random(parents, n_units, rng) if parents else LinearMechanism()
            for parents in parent_positions(graph)
        ]
        return cls(tuple(mechanisms), **_parts_of(graph, noise, mixing, measurement_noise))


@dataclass(frozen=True, eq=False, repr=False)
class PolynomialSCM(StructuralModel):
    r"""Structural model whose mechanisms are polynomials of the parents.

    Parameters
    ----------
    mechanisms : sequence of PolynomialMechanism or LinearMechanism
        One for each node; ``LinearMechanism()`` for a node without parents. Together they must
        have no cycle.
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

    Raises
    ------
    GraphError
        If the mechanisms form a cycle.
    SimulatorError
        If the parts do not fit together, or a mechanism is no polynomial.

    Notes
    -----
    Powers grow along directed paths: a chain of k nodes of degree p has terms of degree
    ``p ** (k - 1)``. For deep graphs take bounded noise and small coefficients.

    Examples
    --------
    >>> from simulators import LinearMechanism, PolynomialMechanism, PolynomialSCM
    >>> square = PolynomialMechanism((0,), exponents=[[2]], coefficients=[1.0])
    >>> scm = PolynomialSCM([LinearMechanism(), square])
    >>> scm.graph.to_text()
    'X1 --> X2'
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, mechanism in zip(self.names, self.mechanisms, strict=True):
            if not isinstance(mechanism, PolynomialMechanism | LinearMechanism):
                raise SimulatorError(
                    f"PolynomialSCM takes polynomial and linear mechanisms, but the one of {name} "
                    f"is a {type(mechanism).__name__}. Use NonlinearSCM."
                )

    @classmethod
    def random(
        cls,
        graph: Graph,
        *,
        degree: int = 2,
        noise: Any = None,
        mixing: Mixing | None = None,
        measurement_noise: Noise | None = None,
        random_state: Any = None,
    ) -> Self:
        """Draw a polynomial with all monomials up to a degree for every node with parents.

        Parameters
        ----------
        graph : Graph
            Directed acyclic graph. Its latent mask says what is hidden, unless there is a
            mixing: then all nodes are latent.
        degree : int, default=2
            Highest total degree of the monomials.
        noise, mixing, measurement_noise
            As for the class.
        random_state : None, int or numpy.random.Generator, default=None
            Source of randomness.
        """
        rng = checked_generator(random_state)
        degree = checked_count("degree", degree)
        mechanisms = [
            PolynomialMechanism.random(parents, degree, rng) if parents else LinearMechanism()
            for parents in parent_positions(graph)
        ]
        return cls(tuple(mechanisms), **_parts_of(graph, noise, mixing, measurement_noise))


def parent_positions(graph: Graph) -> list[tuple[int, ...]]:
    """Return the positions of every node's parents among the nodes of a directed graph."""
    checked_graph(graph).topological_order()
    position = {name: place for place, name in enumerate(graph.nodes)}
    return [tuple(position[parent] for parent in graph.parents(node)) for node in graph.nodes]


def _parts_of(
    graph: Graph, noise: Any, mixing: Mixing | None, measurement_noise: Noise | None
) -> dict[str, Any]:
    """Return the fields of a model besides its mechanisms."""
    hidden = [graph.is_latent(name) for name in graph.nodes]
    return {
        "noise": Gaussian() if noise is None else noise,
        "mixing": mixing,
        "latent": hidden if mixing is None else None,
        "measurement_noise": measurement_noise,
        "names": graph.nodes,
    }
