"""What RLCD says: groups of latents, edges with their effects, and what is identified."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from causalrep.edges import Edge
from causalrep.graphs import Graph
from causalrep.results import EdgeEstimate, Identification, names_of
from causalrep.structural import StructuralFit
from discovery.rlcd.covers import Cover
from discovery.rlcd.naming import NamedCovers
from discovery.rlcd.selection import Candidate, Setting
from discovery.rlcd.stability import Stability

__all__ = [
    "LatentCluster",
    "RLCDCandidate",
    "cluster_labels",
    "clusters_of",
    "edges_of",
    "identification_of",
    "misfit_of",
    "score_maps",
]

_QUANTILE = 1.959963984540054
_POOR_FIT = 0.1


@dataclass(frozen=True, kw_only=True)
class LatentCluster:
    """A group of latents with the variables that show it.

    Parameters
    ----------
    latents : tuple of str
        Names of the latents.
    children : tuple of str
        Pure children, observed or latent, and observed variables that depend on nothing else.
    observed : tuple of str
        Observed variables that are parents of the children beside the latents.
    stability : float
        Mean over resamples of the largest Jaccard index between the observed variables below the
        group and those below a group of the resample; NaN where none were drawn.
    exact : float
        Share of the resamples in which a group has just the same observed variables below it.

    Examples
    --------
    >>> from discovery import LatentCluster
    >>> print(LatentCluster(latents=("L1",), children=("x1", "x2"), stability=0.9, exact=0.8))
    L1: x1 and x2 (stability .90, the same in 80 % of resamples)
    """

    latents: tuple[str, ...]
    children: tuple[str, ...]
    observed: tuple[str, ...] = ()
    stability: float = np.nan
    exact: float = np.nan

    def __str__(self) -> str:
        text = f"{names_of(self.latents)}: {names_of(self.children)}"
        if self.observed:
            text += f", beside {names_of(self.observed)}"
        if np.isfinite(self.stability):
            share = f"{self.stability:.2f}".removeprefix("0")
            text += f" (stability {share}, the same in {100 * self.exact:.0f} % of resamples)"
        return text


@dataclass(frozen=True, kw_only=True)
class RLCDCandidate:
    """A graph that one search of RLCD proposed, and how it fared.

    Parameters
    ----------
    setting : Setting
        How the search decided: ``alpha``, ``eps``, ``latents_first``.
    score : float
        Discrepancy and penalty, the smaller the better; infinite where no model was fitted.
    n_latents : int
        Number of its latents.
    n_edges : int
        Number of its edges, before any are pruned.
    rmsea : float
        Error of approximation of its model; NaN where none was fitted.
    n_tests : int
        Number of tests that the search made.

    Examples
    --------
    >>> from causalrep.datasets import load_holzinger_swineford
    >>> from discovery import RLCD
    >>> model = RLCD(alpha=0.05, n_bootstraps=0).fit(load_holzinger_swineford())
    >>> best = min(model.candidates_, key=lambda candidate: candidate.score)
    >>> best.setting == model.setting_
    True
    """

    setting: Setting
    score: float
    n_latents: int
    n_edges: int
    rmsea: float
    n_tests: int

    @classmethod
    def of(cls, candidate: Candidate) -> RLCDCandidate:
        """Describe a candidate of the search by plain numbers."""
        graph, fit = candidate.covers.graph(), candidate.fit
        return cls(
            setting=candidate.setting,
            score=candidate.score,
            n_latents=len(graph.latent),
            n_edges=len(graph.edges),
            rmsea=fit.rmsea if fit else np.nan,
            n_tests=candidate.n_tests,
        )


def misfit_of(fit: StructuralFit) -> str | None:
    """Return a sentence about a model that does not reproduce the correlations, else None."""
    if fit.degrees_of_freedom == 0 or fit.rmsea <= _POOR_FIT:
        return None
    return (
        f"The best graph found does not reproduce the correlations well: RMSEA {fit.rmsea:.2f}, "
        f"CFI {fit.cfi:.2f}. Look at the stability of its groups before you believe them; "
        'test="close" or "ordinal" may suit the data better.'
    )


def clusters_of(
    covers: NamedCovers, graph: Graph, stability: Stability | None
) -> tuple[LatentCluster, ...]:
    """Return the groups of latents, in the order of their names."""
    return tuple(
        LatentCluster(
            latents=covers.latents[group],
            children=tuple(_sorted_names(covers, _children(covers, graph, group))),
            observed=tuple(_sorted_names(covers, group.observed)),
            stability=stability.overlaps[group] if stability else np.nan,
            exact=stability.exact[group] if stability else np.nan,
        )
        for group in covers.groups
    )


def cluster_labels(covers: NamedCovers, graph: Graph) -> np.ndarray:
    """Return, for every observed variable, the number of its cluster; -1 where it has none."""
    labels = np.full(len(covers.names), -1)
    for number, group in enumerate(covers.groups):
        for child in _children(covers, graph, group):
            if not child.is_latent:
                labels[covers.order[child.surrogates[0]]] = number
    return labels


def _children(covers: NamedCovers, graph: Graph, group: Cover) -> tuple[Cover, ...]:
    """Return the pure children of a group, and others that depend on nothing else."""
    lone = [child for child in covers.lone_children(group) if _is_joined(covers, graph, child)]
    return (*group.children, *lone)


def _is_joined(covers: NamedCovers, graph: Graph, child: Cover) -> bool:
    return bool(graph.adjacents(covers.names_at(child)[0]))


def edges_of(
    covers: NamedCovers, graph: Graph, fit: StructuralFit, stability: Stability | None
) -> tuple[EdgeEstimate, ...]:
    """Return every edge of the fitted graph with its standardised effect."""
    place = {
        name: i for i, cover in enumerate(covers.covers.covers) for name in covers.names_at(cover)
    }
    number = {name: i for i, name in enumerate(fit.graph.nodes)}
    known = set(graph.edges)
    estimates = []
    for edge in fit.graph.edges:
        i, j = number[edge.source], number[edge.target]
        weight, error = fit.standardized_weights[i, j], fit.standardized_errors[i, j]
        share = stability.adjacent[place[edge.source], place[edge.target]] if stability else np.nan
        directed = edge in known
        estimates.append(
            EdgeEstimate(
                source=edge.source,
                target=edge.target,
                weight=float(weight),
                standard_error=float(error),
                lower=float(weight - _QUANTILE * error),
                upper=float(weight + _QUANTILE * error),
                identified=directed,
                statement=_statement(edge, directed, share),
                stability=float(share),
            )
        )
    return tuple(estimates)


def identification_of(
    clusters: tuple[LatentCluster, ...], edges: tuple[EdgeEstimate, ...]
) -> Identification:
    """Say what ranks determine of the latents and of the directions of edges."""
    rows = tuple(
        (latent, len(cluster.latents) == 1, _latent_statement(latent, cluster))
        for cluster in clusters
        for latent in cluster.latents
    )
    pairs = tuple((f"{e.source}, {e.target}", e.identified, e.statement) for e in edges)
    n_latents = len(rows)
    directed = sum(edge.identified for edge in edges)
    return Identification(
        rows=rows,
        edges=pairs,
        summary=(
            f"{n_latents or 'No'} latent variable{'s' * (n_latents != 1)}; {directed} of "
            f"{len(edges)} edges have a direction that ranks of covariances determine."
        ),
    )


def _latent_statement(latent: str, cluster: LatentCluster) -> str:
    others = [name for name in cluster.latents if name != latent]
    freedom = f"up to a rotation with {names_of(others)}" if others else "up to sign and scale"
    _, _, shown = str(cluster).partition(": ")
    return f"{freedom}; shown by {shown}"


def _statement(edge: Edge, directed: bool, share: float) -> str:
    text = str(edge) if directed else f"{edge.source} --- {edge.target}, in either direction"
    return text + (f"; in {100 * share:.0f} % of resamples" if np.isfinite(share) else "")


def _sorted_names(covers: NamedCovers, members: tuple[Cover, ...]) -> list[str]:
    ordered = sorted(members, key=lambda cover: (covers.positions_below(cover), cover.surrogates))
    return [name for cover in ordered for name in covers.names_at(cover)]


def score_maps(fit: StructuralFit) -> tuple[np.ndarray, np.ndarray]:
    """Return the maps between standardised features and latents of unit variance.

    Parameters
    ----------
    fit : StructuralFit
        Of standardised features.

    Returns
    -------
    components : ndarray of shape (n_latents, n_features)
        Regression of the latents on the features.
    mixing : ndarray of shape (n_features, n_latents)
        Effects of the latents on the features.
    """
    latent = np.isin(fit.graph.nodes, fit.graph.latent)
    deviations = np.sqrt(np.diag(fit.implied_covariance)[latent])
    between = fit.implied_covariance[np.ix_(~latent, latent)] / deviations
    inner = fit.implied_covariance[np.ix_(latent, latent)] / deviations / deviations[:, None]
    return fit.score_coefficients / deviations[:, None], np.linalg.solve(inner, between.T).T
