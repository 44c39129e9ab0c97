"""Delete the edges that a fitted structural model can do without."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np

from causalrep.arguments import checked, count, instance, number
from causalrep.edges import Edge
from causalrep.exceptions import GraphError
from causalrep.graphs import Graph
from causalrep.structural.fit import fit_structural
from causalrep.structural.modification import modification_indices
from causalrep.structural.result import StructuralFit

__all__ = ["penalized_score", "prune_edges", "wald_statistics"]

_HOPELESS = 4.0
"""Edges whose Wald statistic is so many times the price of a parameter are not tried."""
_MAX_ITER = 50
_GAIN = 1e-6
"""Rounding errors of the likelihood are less."""


@checked(
    fit=instance("StructuralFit"), penalty=number(0), least_children=count(0), max_fits=count(0)
)
def prune_edges(
    fit: StructuralFit,
    *,
    penalty: float = 0.25,
    protected: Iterable[Edge | str | tuple[str, str]] = (),
    least_children: int = 2,
    max_fits: int = 200,
) -> StructuralFit:
    r"""Delete edges one after the other while the penalised likelihood rises.

    .. math:: \ell(\hat\theta) - \lambda \log(n)\, k

    is made as large as deletions can make it, with k the dimension of the model. On the scale of
    the mean log-likelihood a parameter costs ``penalty * log(n) / n``.

    Parameters
    ----------
    fit : StructuralFit
        Where to start.
    penalty : float, default=0.25
        The factor lambda; 0.5 is the Bayesian information criterion.
    protected : iterable of Edge, str or (str, str), default=()
        Edges of the graph that stay.
    least_children : int, default=2
        Latents keep at least so many children, or all that they have.
    max_fits : int, default=200
        Most models to fit.

    Returns
    -------
    StructuralFit
        Of the smaller graph; ``fit`` itself where no deletion pays.

    Raises
    ------
    GraphError
        If a protected edge is not in the graph.

    Notes
    -----
    Wald statistics propose, refits from the present estimates decide. Edges that cost less than
    their price are deleted together; where that does not pay, the half of them that costs least
    is tried, down to one edge. Then deleted edges whose score statistic exceeds the price of a
    parameter are tried again, and so on until nothing changes. Edges without an identified weight
    stay, as those of latents that can be rotated into one another: deleting one would fix the
    rotation, not the model.

    References
    ----------
    Chou, Bentler. "Model modification in covariance structure modeling: a comparison among
    likelihood ratio, Lagrange multiplier, and Wald tests", Multivariate Behavioral Research 25
    (1990) 115-136.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep import Graph
    >>> from causalrep.structural import fit_structural, prune_edges
    >>> graph = Graph.from_text("A --> B, B --> C, A --> C")
    >>> correlation = np.array([[1, 0.6, 0.3], [0.6, 1, 0.5], [0.3, 0.5, 1]])
    >>> print(prune_edges(fit_structural(graph, correlation, n_samples=500)).graph)
    A --> B, B --> C
    """
    kept = frozenset(Graph(fit.graph.nodes, protected).edges)
    missing = kept - set(fit.graph.edges)
    if missing:
        raise GraphError(
            "Protected edges must be in the graph, but "
            f"{min(map(str, missing))} is not. Leave it out."
        )
    search = _Search(fit, penalty, kept, least_children, max_fits)
    before = None
    while search.best is not before:
        before = search.best
        search.delete()
        search.restore()
    return search.best


@checked(fit=instance("StructuralFit"), penalty=number(0))
def penalized_score(fit: StructuralFit, penalty: float = 0.25) -> float:
    """Return the log-likelihood less ``penalty * log(n)`` for each dimension of the model.

    Parameters
    ----------
    fit : StructuralFit
        The model.
    penalty : float, default=0.25
        Price of one dimension; 0.5 gives the BIC, divided by -2.

    Returns
    -------
    float
        The larger, the better.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.datasets import load_holzinger_swineford
    >>> from causalrep.structural import fit_structural, penalized_score
    >>> data = load_holzinger_swineford()
    >>> fit = fit_structural(data.truth.graph, np.cov(data.X.T, bias=True), len(data), data.names)
    >>> penalized_score(fit, 0.5) == -fit.bic / 2
    True
    """
    return fit.log_likelihood - penalty * np.log(fit.n_samples) * fit.n_parameters


@checked(fit=instance("StructuralFit"))
def wald_statistics(fit: StructuralFit) -> np.ndarray:
    """Return the Wald statistic of each edge, in the order of ``fit.graph.edges``.

    Parameters
    ----------
    fit : StructuralFit
        The model.

    Returns
    -------
    ndarray of shape (n_edges,)
        Squared ratios of standardised weights, or of error covariances, and their standard
        errors; NaN where a weight is not identified.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.datasets import load_holzinger_swineford
    >>> from causalrep.structural import fit_structural, wald_statistics
    >>> data = load_holzinger_swineford()
    >>> fit = fit_structural(data.truth.graph, np.cov(data.X.T, bias=True), len(data), data.names)
    >>> wald_statistics(fit).shape == (len(fit.graph.edges),)
    True
    """
    place = {node: number for number, node in enumerate(fit.graph.nodes)}
    statistics = []
    for edge in fit.graph.edges:
        ends = place[edge.source], place[edge.target]
        if edge.is_directed:
            ratio = fit.standardized_weights[ends] / fit.standardized_errors[ends]
        else:
            ratio = fit.error_covariance[ends] / fit.covariance_errors[ends]
        statistics.append(ratio**2)
    return np.array(statistics, dtype=float)


class _Search:
    """The best model so far, and what has been tried."""

    def __init__(
        self,
        fit: StructuralFit,
        penalty: float,
        protected: frozenset[Edge],
        least_children: int,
        max_fits: int,
    ) -> None:
        self.best, self.first = fit, fit
        self.penalty = penalty
        self.protected = protected
        self.least_children = least_children
        self.fits_left = max_fits

    @property
    def price(self) -> float:
        """What a parameter must be worth in the likelihood-ratio statistic."""
        return 2 * self.penalty * np.log(self.best.n_samples)

    def delete(self) -> None:
        """Try deletions, the least needed edges first, none again that did not pay."""
        refused: frozenset[Edge] = frozenset()
        while self.fits_left > 0:
            batch = self._proposed(refused)
            if not batch:
                break
            cheapest = batch[0]
            while not self._try_without(batch) and len(batch) > 1:
                batch = batch[: len(batch) // 2]
            if cheapest in self.best.graph:
                refused |= {cheapest}

    def restore(self) -> None:
        """Try again the deleted edges that the score test misses."""
        deleted = set(self.first.graph.edges) - set(self.best.graph.edges)
        while deleted and self.fits_left > 0:
            found = modification_indices(
                self.best,
                bidirected=any(edge.is_bidirected for edge in deleted),
            )
            wanted = [c.edge for c in found if c.edge in deleted and c.statistic > self.price]
            if not wanted or not self._try([*self.best.graph.edges, wanted[0]]):
                break
            deleted.discard(wanted[0])

    def _proposed(self, refused: frozenset[Edge]) -> list[Edge]:
        """Edges that should cost less than their price; where there are none, the cheapest one."""
        statistics = wald_statistics(self.best)
        edges = self.best.graph.edges
        ranked = [edges[k] for k in np.argsort(statistics, kind="stable")]
        costs = dict(zip(edges, statistics, strict=True))
        ranked = [e for e in ranked if e not in self.protected | refused]
        ranked = [e for e in ranked if costs[e] < _HOPELESS * self.price]
        ranked = self._spared(ranked)
        cheap = [e for e in ranked if costs[e] < self.price]
        return cheap or ranked[:1]

    def _spared(self, edges: Collection[Edge]) -> list[Edge]:
        """Leave out deletions that would take a latent's last children."""
        graph = self.best.graph
        spare = {node: len(graph.children(node)) - self.least_children for node in graph.latent}
        chosen = []
        for edge in edges:
            if edge.is_directed and edge.source in spare:
                spare[edge.source] -= 1
                if spare[edge.source] < 0:
                    continue
            chosen.append(edge)
        return chosen

    def _try_without(self, batch: Collection[Edge]) -> bool:
        return self._try([edge for edge in self.best.graph.edges if edge not in batch])

    def _try(self, edges: Collection[Edge]) -> bool:
        """Fit the model with these edges, and take it where it is better."""
        if self.fits_left <= 0:
            return False
        self.fits_left -= 1
        best = self.best
        graph = Graph(best.graph.nodes, edges, best.graph.latent)
        found = fit_structural(
            graph, best.sample_covariance, best.n_samples, start=best, max_iter=_MAX_ITER
        )
        gain = penalized_score(found, self.penalty) - penalized_score(best, self.penalty)
        if gain <= _GAIN:
            return False
        self.best = found
        return True
