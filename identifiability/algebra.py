r"""Exact generic identifiability of linearly mixed latents, by ranks over a prime field.

Almost all parameters of a model are determined by its moments, up to finitely many others, if and
only if the Jacobian of the map from parameters to moments has full column rank at a generic
point. Its entries are polynomials, so their rank at random elements of a field of 2^31 - 1 is at
most the generic one, and less with a probability of at most degree / 2^31. No tolerance enters;
the larger of two draws is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from operator import itemgetter
from typing import Literal

import numpy as np

from causalrep.arguments import checked
from causalrep.exceptions import GraphError, IdentifiabilityError
from causalrep.graphs import Graph
from causalrep.interventions import Change, InterventionKind, as_changes, as_kind
from causalrep.prime_field import null_space
from causalrep.results import names_of
from identifiability.certificates import Certificate
from identifiability.moment_jacobians import DRAWS, LOCALLY, DisentanglementMap
from identifiability.patterns import arrows_of, finest_class
from identifiability.verdicts import IdentifiabilityClass

__all__ = [
    "check_disentanglement",
    "minimal_interventions",
]

Knowledge = Literal["graph", "ancestors", "order"]
_MOST_EXACT = 8


@checked()
def check_disentanglement(
    graph: Graph,
    environments: object,
    *,
    known: Knowledge = "ancestors",
    third_order: bool = False,
    means: bool = False,
) -> Certificate:
    r"""Certify what moments in several environments determine about linearly mixed latents.

    The model is :math:`X = G Z` with G injective and shared, and a linear structural model of Z
    whose mechanisms change with the environment. Which latent an intervention acts on is known up
    to the names of the latents, and so is its kind.

    Parameters
    ----------
    graph : Graph
        The true DAG; of its nodes the latent ones, or all where none is latent.
    environments : iterable of environments
        Each one () for none, an intervention, or several: :class:`causalrep.Change`, or those of
        `simulators`.
    known : {"graph", "ancestors", "order"}, default="ancestors"
        What is known of the graph: its edges; who is an ancestor of whom, so that every ancestor
        may be a parent; or a topological order alone, so that every earlier latent may be.
    third_order : bool, default=False
        Whether third cumulants are used: the noises are skewed.
    means : bool, default=False
        Whether means are used beside covariances.

    Returns
    -------
    Certificate

    Raises
    ------
    GraphError
        If the graph over the latents is not a DAG.
    InterventionError
        If an environment is not made of interventions on the latents.

    Notes
    -----
    A null vector of the Jacobian moves G to :math:`G(I + \epsilon M)` and Z to
    :math:`(I - \epsilon M) Z` without any change of the moments, so entry (i, j) of M says
    whether what is found for latent i may contain latent j. See the guide for the derivatives.

    Examples
    --------
    >>> from causalrep import Change, Graph
    >>> from identifiability import check_disentanglement
    >>> graph = Graph(["L1", "L2"], [("L1", "L2")], latent=["L1", "L2"])
    >>> print(check_disentanglement(graph, [(), Change("L1"), Change("L2")]).up_to)
    permutation and scaling
    >>> print(check_disentanglement(graph, [(), Change("L1"), Change("L2", "soft")]))
    Not identified one by one: only up to permutation, scaling and surrounding parents.
    <BLANKLINE>
      L1  up to its scale
      L2  may contain L1
    <BLANKLINE>
    What would identify them all: one more perfect intervention on L2
    Grounds: exact rank 7 of the Jacobian of 9 moments by 10 parameters
    Scope: almost all parameters, up to finitely many others
    """
    model = _LatentModel.of(graph, known, third_order, means)
    changes = as_changes(environments, model.names)
    pattern, shape, rank = model.pattern(changes)
    up_to = finest_class(pattern, model.is_cause)
    missing: tuple[str, ...] = ()
    if up_to is not IdentifiabilityClass.SCALING:
        missing = _advice(model, changes)
    return Certificate(
        up_to=up_to,
        names=model.names,
        pattern=pattern,
        missing=missing,
        grounds=(
            f"exact rank {rank} of the Jacobian of {shape[0]} moments by {shape[1]} parameters"
        ),
        scope=LOCALLY,
        n_moments=shape[0],
        n_parameters=shape[1],
        rank=rank,
    )


@checked()
def minimal_interventions(
    graph: Graph,
    environments: object = ((),),
    *,
    kind: InterventionKind | str = InterventionKind.PERFECT,
    known: Knowledge = "ancestors",
    third_order: bool = False,
    means: bool = False,
) -> tuple[Change, ...]:
    """Return the fewest further interventions that identify all latents up to scale.

    Parameters
    ----------
    graph : Graph
        As in :func:`check_disentanglement`, and so the last three parameters.
    environments : iterable of environments, default=((),)
        What there is already; observational data alone by default.
    kind : InterventionKind or str, default="perfect"
        Kind of the further interventions, one environment and one latent each.
    known : {"graph", "ancestors", "order"}, default="ancestors"
        What is known of the graph.
    third_order, means : bool, default=False
        Whether third cumulants, and whether means, are used beside covariances.

    Returns
    -------
    tuple of Change
        In the order of the latents. All sets are compared up to 8 latents; beyond, latents are
        left out one by one while the rest suffices, so that no smaller part of the answer does.

    Raises
    ------
    IdentifiabilityError
        If not even one such intervention on every latent suffices.

    Examples
    --------
    >>> from causalrep import Graph
    >>> from identifiability import minimal_interventions
    >>> fork = Graph(["L1", "L2", "L3"], [("L1", "L2"), ("L1", "L3")])
    >>> [change.target for change in minimal_interventions(fork, known="graph")]
    ['L2', 'L3']
    """
    model = _LatentModel.of(graph, known, third_order, means)
    changes = as_changes(environments, model.names)
    further = as_kind(kind)
    every = range(len(model.names))
    if not model.suffices(every, changes, further):
        left = model.pattern(changes + [{target: further} for target in every])[0]
        names = [model.names[row] for row in np.flatnonzero(_off_diagonal(left).any(axis=1))]
        raise IdentifiabilityError(
            f"Not even one {further.value} intervention on every latent identifies "
            f'{names_of(names)} up to scale. Try kind="perfect", third_order=True, or more that '
            "is known."
        )
    search = _fewest if len(every) <= _MOST_EXACT else _no_fewer
    chosen = search(model, changes, further)
    return tuple(Change(model.names[target], further) for target in chosen)


@dataclass(frozen=True)
class _LatentModel:
    """A linear model of latents, and what moments of it are seen."""

    names: tuple[str, ...]
    is_cause: np.ndarray
    may_cause: np.ndarray
    third_order: bool
    means: bool

    @classmethod
    def of(cls, graph: Graph, known: Knowledge, third_order: bool, means: bool) -> _LatentModel:
        latents = graph.subgraph(graph.latent or graph.nodes)
        if not latents.is_directed:
            raise GraphError(
                f"Latents must form a DAG, with directed edges alone, but got {latents}."
            )
        if not latents.nodes:
            raise GraphError("A graph with latents was wanted, but this one has none.")
        order = latents.topological_order()
        wider = {
            "graph": lambda: latents,
            "ancestors": latents.transitive_closure,
            "order": lambda: Graph(latents.nodes, combinations(order, 2)),
        }
        if known not in wider:
            raise GraphError(
                f"known must be one of {', '.join(map(repr, wider))}, but is {known!r}."
            )
        is_cause, may_cause = arrows_of(latents), arrows_of(wider[known]())
        return cls(latents.nodes, is_cause, may_cause, third_order, means)

    def pattern(
        self, changes: list[dict[int, InterventionKind]]
    ) -> tuple[np.ndarray, tuple[int, ...], int]:
        """Return which latent may contain which, the shape of the Jacobian and its rank."""
        return max((self._drawn(changes, seed) for seed in range(DRAWS)), key=itemgetter(2))

    def suffices(
        self,
        targets: Iterable[int],
        changes: list[dict[int, InterventionKind]],
        kind: InterventionKind,
    ) -> bool:
        """Whether further interventions leave nothing but scales open.

        One draw that says so proves it, as a draw can only find too small a rank.
        """
        wider = changes + [{target: kind} for target in targets]
        return any(not _off_diagonal(self._drawn(wider, seed)[0]).any() for seed in range(DRAWS))

    def _drawn(
        self, changes: list[dict[int, InterventionKind]], seed: int
    ) -> tuple[np.ndarray, tuple[int, ...], int]:
        size = len(self.names)
        jacobian, _ = DisentanglementMap(
            self.is_cause,
            self.may_cause,
            changes,
            np.random.default_rng(seed),
            self.third_order,
            self.means,
        ).jacobian()
        basis = null_space(jacobian)
        moved = basis[: size**2].any(axis=1).reshape(size, size)
        return moved, jacobian.shape, jacobian.shape[1] - basis.shape[1]


def _fewest(
    model: _LatentModel, changes: list[dict[int, InterventionKind]], kind: InterventionKind
) -> tuple[int, ...]:
    """Return the fewest targets whose interventions suffice, given that all do."""
    every = range(len(model.names))
    smaller = (some for size in every for some in combinations(every, size))
    return next((some for some in smaller if model.suffices(some, changes, kind)), tuple(every))


def _no_fewer(
    model: _LatentModel, changes: list[dict[int, InterventionKind]], kind: InterventionKind
) -> tuple[int, ...]:
    """Return targets of which none can be left out, given that all of them suffice."""
    chosen = tuple(range(len(model.names)))
    for target in chosen:
        fewer = tuple(other for other in chosen if other != target)
        if model.suffices(fewer, changes, kind):
            chosen = fewer
    return chosen


def _advice(model: _LatentModel, changes: list[dict[int, InterventionKind]]) -> tuple[str, ...]:
    """Return perfect interventions that would identify all."""
    if not model.suffices(range(len(model.names)), changes, InterventionKind.PERFECT):
        return ("observational data, and one perfect intervention on every latent",)
    chosen = _no_fewer(model, changes, InterventionKind.PERFECT)
    return tuple(f"one more perfect intervention on {model.names[target]}" for target in chosen)


def _off_diagonal(pattern: np.ndarray) -> np.ndarray:
    return pattern & ~np.eye(len(pattern), dtype=bool)
