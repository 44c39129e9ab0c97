"""Exact generic identifiability of linear structural models, by ranks over a prime field."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from causalrep.arguments import checked
from causalrep.exceptions import GraphError
from causalrep.graphs import Graph
from causalrep.prime_field import null_space
from identifiability.moment_jacobians import DRAWS, LOCALLY, structural_jacobian

__all__ = ["StructuralCertificate", "check_structural", "mixed_arrays"]


@dataclass(frozen=True, kw_only=True)
class StructuralCertificate:
    """Which effects of a linear structural model its covariance determines.

    Parameters
    ----------
    effects : tuple of (str, str, bool)
        Source and target of every directed edge, and whether its effect is determined.
    n_moments, n_parameters, rank : int
        Size and exact rank of the Jacobian.

    Examples
    --------
    >>> from causalrep import Edge, Graph
    >>> from identifiability import check_structural
    >>> instrument = Graph(["z", "x", "y"], [("z", "x"), ("x", "y"), Edge.from_text("x <-> y")])
    >>> check_structural(instrument).finite
    True
    """

    effects: tuple[tuple[str, str, bool], ...]
    n_moments: int
    n_parameters: int
    rank: int

    @property
    def finite(self) -> bool:
        """Whether all parameters are determined, up to finitely many values."""
        return self.rank == self.n_parameters

    def __bool__(self) -> bool:
        return self.finite

    def __str__(self) -> str:
        verdict = (
            "All parameters are determined up to finitely many values."
            if self.finite
            else f"{self.n_parameters - self.rank} of {self.n_parameters} dimensions of the "
            "parameters are left open."
        )
        width = max((len(f"{a} --> {b}") for a, b, _ in self.effects), default=0)
        lines = [
            f"  {f'{source} --> {target}':<{width}}  {'determined' if found else 'left open'}"
            for source, target, found in self.effects
        ]
        grounds = (
            f"Grounds: exact rank {self.rank} of the Jacobian of {self.n_moments} moments by "
            f"{self.n_parameters} parameters"
        )
        return "\n".join([verdict, "", *lines, "", grounds, f"Scope: {LOCALLY}"])


@checked()
def check_structural(graph: Graph) -> StructuralCertificate:
    r"""Certify which effects the covariance of a linear structural model determines.

    The model is :math:`X = \Lambda' X + \varepsilon` with noises that are correlated where a
    bidirected edge says so. Latent nodes have no covariance of their own; the variance of their
    noise, which fixes their scale, is taken as known.

    Parameters
    ----------
    graph : Graph
        Directed and bidirected edges; cycles are allowed.

    Returns
    -------
    StructuralCertificate
        An effect is determined, up to finitely many values, if no null vector of the Jacobian
        moves it. The sign of a latent is such a finite choice.

    Raises
    ------
    GraphError
        If there are edges of another kind, or nothing is observed.

    References
    ----------
    .. [1] R. Foygel, J. Draisma, M. Drton, "Half-trek criterion for generic identifiability of
       linear structural equation models", Annals of Statistics 40 (2012), arXiv:1107.5552.

    Examples
    --------
    >>> from causalrep import Edge, Graph
    >>> from identifiability import check_structural
    >>> confounded = Graph(["x", "y"], [("x", "y"), Edge.from_text("x <-> y")])
    >>> print(check_structural(confounded))
    1 of 4 dimensions of the parameters are left open.
    <BLANKLINE>
      x --> y  left open
    <BLANKLINE>
    Grounds: exact rank 3 of the Jacobian of 3 moments by 4 parameters
    Scope: almost all parameters, up to finitely many others
    """
    arrows, confounded = mixed_arrays(graph)
    observed = np.array([graph.nodes.index(name) for name in graph.observed], dtype=int)
    if not len(observed):
        raise GraphError("No node is observed, so there is no covariance to look at.")
    jacobians = [
        structural_jacobian(arrows, confounded, observed, np.random.default_rng(seed))
        for seed in range(DRAWS)
    ]
    bases = [null_space(jacobian) for jacobian in jacobians]
    basis = min(bases, key=lambda one: one.shape[1])
    pairs = zip(*np.nonzero(arrows), strict=True)
    effects = tuple(
        (graph.nodes[source], graph.nodes[target], not moves.any())
        for (source, target), moves in zip(pairs, basis, strict=False)
    )
    n_moments, n_parameters = jacobians[0].shape
    return StructuralCertificate(
        effects=effects,
        n_moments=n_moments,
        n_parameters=n_parameters,
        rank=n_parameters - basis.shape[1],
    )


def mixed_arrays(graph: Graph) -> tuple[np.ndarray, np.ndarray]:
    """Return the directed and the bidirected edges as boolean arrays."""
    graph.require_oriented("A structural model")
    size = len(graph.nodes)
    arrows, confounded = np.zeros((2, size, size), dtype=bool)
    place = {name: number for number, name in enumerate(graph.nodes)}
    for edge in graph.edges:
        source, target = place[edge.source], place[edge.target]
        if edge.is_directed:
            arrows[source, target] = True
        else:
            confounded[source, target] = confounded[target, source] = True
    return arrows, confounded
