r"""Which estimated latent is which true one, when nothing but the two graphs is known.

Adjacency is coded per pair of nodes: 0 for none, otherwise the number of a kind of edge (which
marks stand where). A matching scores one for every pair of nodes that is adjacent in both graphs,
and a little more where the kinds are equal too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, permutations
from math import perm

import numpy as np
from scipy.optimize import linear_sum_assignment

from causalrep.arguments import checked
from causalrep.edges import Mark
from causalrep.exceptions import GraphError
from causalrep.graphs import Graph

__all__ = ["LatentMatching", "match_latents"]

_MOST_ENUMERATED = 50_000


@dataclass(frozen=True, kw_only=True)
class LatentMatching:
    """Two graphs brought over the same nodes by :func:`match_latents`.

    Parameters
    ----------
    estimate : Graph
        The estimated graph with its matched latents under their true names. True latents
        without a partner are nodes without edges.
    truth : Graph
        The true graph; estimated latents without a partner are nodes without edges.
    pairs : tuple of (str, str)
        Original name of every matched latent and the true one, in the order of the latter.
    exact : bool
        Whether all matchings were compared; otherwise the best one is the result of a local
        search.
    """

    estimate: Graph
    truth: Graph
    pairs: tuple[tuple[str, str], ...]
    exact: bool


@checked()
def match_latents(estimate: Graph, truth: Graph) -> LatentMatching:
    r"""Rename estimated latents so that the graph agrees best with the true one.

    The matching maximises the number of pairs of nodes, observed or latent, that are adjacent
    in both graphs, which also maximises the F1 of the skeleton; among those the number of pairs
    joined by the same marks. Numbers of latents may differ.

    Parameters
    ----------
    estimate, truth : Graph
        Over the same observed nodes, each with latents of its own.

    Returns
    -------
    LatentMatching
        Its two graphs go to :func:`compare_graphs` and the other scores. Latents that would
        share no neighbour stay without a partner.

    Raises
    ------
    GraphError
        If the observed nodes differ.
    TypeError
        If one is no Graph.

    Notes
    -----
    With :math:`w(s, t) = [s t > 0] (1 + \epsilon [s = t])` for two codes, a matching :math:`\pi`
    scores :math:`\sum_{ix} w(\hat A_{ix}, A_{\pi(i) x}) + \sum_{i<j} w(\hat A_{ij},
    A_{\pi(i) \pi(j)})` over latents i, j and observed x: a quadratic assignment problem. All
    matchings are compared while there are at most 50 000 (8 latents to 8). Beyond that, linear
    assignments with the latents' neighbours held at their last partners are repeated until they
    stop improving, then all exchanges of two partners. Latents that have observed children are
    recognised by them, so the search has little to do; it is not proven to find the optimum.

    References
    ----------
    T. C. Koopmans, M. Beckmann, "Assignment problems and the location of economic activities",
    Econometrica 25 (1957) 53-76, doi:10.2307/1907742.

    Examples
    --------
    >>> from causalrep.graphs import Graph
    >>> from identifiability import compare_graphs, match_latents
    >>> truth = Graph.from_text("L1 --> A, L1 --> B, L2 --> C, L1 --> L2; latent L1, L2")
    >>> found = Graph.from_text("H --> C, G --> A, G --> B; latent G, H")
    >>> matching = match_latents(found, truth)
    >>> matching.pairs
    (('G', 'L1'), ('H', 'L2'))
    >>> compare_graphs(matching.estimate, matching.truth).skeleton.recall
    0.75
    """
    observed = _common_observed(estimate, truth)
    swapped = len(estimate.latent) > len(truth.latent)
    fewer, more = (truth, estimate) if swapped else (estimate, truth)
    kinds = _kinds(fewer, observed), _kinds(more, observed)
    exact = perm(len(more.latent), len(fewer.latent)) <= _MOST_ENUMERATED
    find = _best_of_all if exact else _locally_best
    partners = find(*kinds) if fewer.latent else np.zeros(0, dtype=int)
    gains = _shares(*kinds, partners)
    named = [
        (fewer.latent[place], more.latent[partner])
        for place, (partner, gain) in enumerate(zip(partners, gains, strict=True))
        if gain > 0
    ]
    both = ((b, a) if swapped else (a, b) for a, b in named)
    pairs = tuple(sorted(both, key=lambda pair: truth.latent.index(pair[1])))
    renamed = _renamed(estimate, truth, dict(pairs))
    return LatentMatching(
        estimate=_extended(renamed, truth),
        truth=_extended(truth, renamed),
        pairs=pairs,
        exact=exact,
    )


def _common_observed(estimate: Graph, truth: Graph) -> tuple[str, ...]:
    for graph in (estimate, truth):
        if not isinstance(graph, Graph):
            raise TypeError(f"A Graph was wanted, but a {type(graph).__name__} came.")
    alone = sorted(set(estimate.observed) ^ set(truth.observed))
    if alone:
        raise GraphError(
            "Latents are matched between graphs over the same observed nodes, but "
            f"{', '.join(map(repr, alone))} {'is' if len(alone) == 1 else 'are'} observed in one "
            "only. Mark latents by Graph.with_latent, rename nodes by Graph.rename."
        )
    return truth.observed


def _kinds(graph: Graph, observed: tuple[str, ...]) -> np.ndarray:
    """Codes of edges between latents and all nodes, latents first, shape (n_latents, n_nodes).

    A pair may have several edges; its code has one bit for each kind of edge.
    """
    names = (*graph.latent, *observed)
    position = {name: place for place, name in enumerate(names)}
    marks = tuple(Mark)
    kinds = np.zeros((len(names), len(names)), dtype=np.int64)
    for edge in graph.edges:
        for near, far in (edge.nodes, edge.nodes[::-1]):
            bit = marks.index(edge.mark_at(near)) * len(marks) + marks.index(edge.mark_at(far))
            kinds[position[near], position[far]] |= 1 << bit
    return kinds[: len(graph.latent)]


def _agreement(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """One where both are adjacent, and less than one in a million more for equal kinds."""
    return ((a > 0) & (b > 0)) * (1.0 + 1e-6 * (a == b))


def _linear_part(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Agreement of the observed neighbours of every two latents, shape (n_a, n_b)."""
    return np.stack([_agreement(row[len(a) :], b[:, len(b) :]).sum(axis=1) for row in a])


def _shares(a: np.ndarray, b: np.ndarray, partners: np.ndarray) -> np.ndarray:
    """Return what each latent contributes, edges between latents counted at both, shape (n_a,)."""
    n_a, n_b = len(a), len(b)
    between = _agreement(a[:, :n_a], b[np.ix_(partners, partners)])
    return between.sum(axis=1) + _agreement(a[:, n_a:], b[partners, n_b:]).sum(axis=1)


def _best_of_all(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Partners (n_a,) of the fewer latents, by comparison of all matchings; ties to the first."""
    n_a, n_b = len(a), len(b)
    orders = np.array(list(permutations(range(n_b), n_a)), dtype=int).reshape(-1, n_a)
    scores = np.zeros(len(orders))
    linear = _linear_part(a, b)
    for i in range(n_a):
        scores += linear[i, orders[:, i]]
    for i, j in combinations(range(n_a), 2):
        if a[i, j]:
            scores += _agreement(a[i, j], b[orders[:, i], orders[:, j]])
    return orders[np.argmax(np.round(scores, 9))]


def _locally_best(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Partners (n_a,) by repeated linear assignment, then by exchanges of two partners."""
    linear = _linear_part(a, b)
    partners, best = np.zeros(0, dtype=int), -1.0
    gain = linear
    while True:
        tried = linear_sum_assignment(-gain)[1]
        score = _score(a, b, linear, tried)
        if score <= best + 1e-9:
            return _exchanged(a, b, linear, partners)
        partners, best = tried, score
        beside = [_agreement(row[: len(a)], b[:, partners]).sum(axis=1) for row in a]
        gain = linear + np.stack(beside)


def _exchanged(
    a: np.ndarray, b: np.ndarray, linear: np.ndarray, partners: np.ndarray
) -> np.ndarray:
    """Exchange partners, or take free ones, as long as that improves the score."""
    best, improved = _score(a, b, linear, partners), True
    while improved:
        improved = False
        for tried in _neighbours(partners, len(b)):
            score = _score(a, b, linear, tried)
            if score > best + 1e-9:
                partners, best, improved = tried, score, True
                break
    return partners


def _neighbours(partners: np.ndarray, n_b: int) -> Iterator[np.ndarray]:
    """Every matching that differs by one exchange."""
    free = np.setdiff1d(np.arange(n_b), partners)
    for i, j in combinations(range(len(partners)), 2):
        tried = partners.copy()
        tried[[i, j]] = tried[[j, i]]
        yield tried
    for i, other in ((i, other) for i in range(len(partners)) for other in free):
        tried = partners.copy()
        tried[i] = other
        yield tried


def _score(a: np.ndarray, b: np.ndarray, linear: np.ndarray, partners: np.ndarray) -> float:
    between = _agreement(a[:, : len(a)], b[np.ix_(partners, partners)])
    return float(linear[np.arange(len(a)), partners].sum() + between.sum() / 2)


def _renamed(estimate: Graph, truth: Graph, new: dict[str, str]) -> Graph:
    """Estimate with matched latents under their new names, and no other name of the truth's."""
    taken = {*truth.nodes, *estimate.nodes}
    for name in estimate.latent:
        if name not in new and name in truth:
            new[name] = _free_name(name, taken)
            taken.add(new[name])
    return estimate.rename(new)


def _free_name(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "'"
    return name


def _extended(graph: Graph, other: Graph) -> Graph:
    missing = [name for name in other.latent if name not in graph]
    return Graph((*graph.nodes, *missing), graph.edges, latent=(*graph.latent, *missing))
