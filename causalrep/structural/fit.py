"""Fit a linear Gaussian structural model with latent variables to a covariance matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import special

from causalrep.arguments import array, checked, count, instance, number, ordered_names
from causalrep.graphs import Graph
from causalrep.structural.inference import Uncertainty, model_rank, uncertainty
from causalrep.structural.layout import Layout, check_graph
from causalrep.structural.likelihood import Point
from causalrep.structural.problem import Problem, take_covariance
from causalrep.structural.result import StructuralFit
from causalrep.structural.scoring import Optimum, floors, maximise
from causalrep.structural.starts import share_indicators, start_of

__all__ = ["fit_structural"]

_REJECTED = 0.01
_SAME = 1e-9


@checked(
    covariance=array(2, finite=False),
    n_samples=count(1),
    names=ordered_names,
    start=instance("StructuralFit"),
    n_starts=count(1),
    max_iter=count(1),
    tol=number(0),
)
def fit_structural(
    graph: Graph,
    covariance: Any,
    n_samples: int,
    names: Sequence[str] | None = None,
    *,
    start: StructuralFit | None = None,
    n_starts: int = 8,
    max_iter: int = 200,
    tol: float = 1e-11,
) -> StructuralFit:
    r"""Fit a linear Gaussian structural model with latent variables by maximum likelihood.

    The model is ``V = B' V + e`` over the observed and latent nodes of an acyclic graph. The
    errors of two nodes joined by a bidirected edge are correlated, all others independent.

    Parameters
    ----------
    graph : Graph
        Directed and bidirected edges, without directed cycle; ``graph.latent`` are not observed.
    covariance : array-like of shape (n_observed, n_observed)
        Covariance or correlation of the observed nodes. It should be that with divisor
        ``n_samples``; the divisor changes only the scale of the answer.
    n_samples : int
        Number of samples behind it; more than there are observed nodes.
    names : sequence of str, default=None
        Names of its rows, in any order; ``graph.observed`` where None.
    start : StructuralFit, default=None
        A fit of a similar graph to start from: edges keep their weights, new ones start at 0.
        Then no restarts are made.
    n_starts : int, default=8
        Most starts. More than the first are tried only while the fit is rejected at level .01, and
        either latents share their indicators or the search did not converge.
    max_iter : int, default=200
        Most steps of a search.
    tol : float, default=1e-11
        A search ends when the next step promises to lower the discrepancy by less.

    Returns
    -------
    StructuralFit

    Raises
    ------
    GraphError
        If an edge is neither directed nor bidirected, the graph has a directed cycle, or a latent
        has no observed descendant.
    InvalidDataError
        If the covariance is not a symmetric finite matrix over the observed nodes, or there are
        too few samples.
    DegenerateDataError
        If observed nodes are constant, duplicates or linear combinations of others.

    Notes
    -----
    The discrepancy ``F = log|Sigma| + tr(S Sigma^-1) - log|S| - p`` is minimised by Fisher
    scoring with damping and lower bounds on the error variances. Gradient and information of all
    parameters are entries of two Gram matrices of total effects and covariances, so that a step
    costs little more than a few matrix products. The answer does not depend on the order of nodes
    or columns, on names, nor on the scale of the columns.

    References
    ----------
    Jöreskog. "A general method for analysis of covariance structures", Biometrika 57 (1970)
    239-251, doi:10.1093/biomet/57.2.239.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.datasets import load_holzinger_swineford
    >>> from causalrep.structural import fit_structural
    >>> data = load_holzinger_swineford()
    >>> fit = fit_structural(data.truth.graph, np.cov(data.X.T, bias=True), len(data), data.names)
    >>> round(fit.statistic, 3), fit.degrees_of_freedom, round(fit.cfi, 3), round(fit.rmsea, 3)
    (85.306, 24, 0.931, 0.092)
    """
    check_graph(graph)
    sample = take_covariance(graph, covariance, n_samples, names)
    problem = Problem.of(graph, sample)
    if start is None:
        optimum = _best(problem, n_samples, n_starts, max_iter, tol)
    else:
        first = problem.carried(start)
        optimum = maximise(problem.layout, first, problem.data, max_iter=max_iter, tol=tol)
    return _result(graph, problem, optimum, sample, n_samples)


def _best(problem: Problem, n_samples: int, n_starts: int, max_iter: int, tol: float) -> Optimum:
    """Search from several starts, as long as there is reason to."""
    layout, data = problem.layout, problem.data
    log_det = np.linalg.slogdet(data)[1]
    pairs = len(data) * (len(data) + 1) // 2
    best = maximise(layout, start_of(layout, data), data, max_iter=max_iter, tol=tol)
    for attempt in range(1, n_starts):
        statistic = n_samples * (best.point.value - log_det - len(data))
        fits = special.chdtrc(max(pairs - len(layout.free), 1), max(statistic, 0)) > _REJECTED
        if fits or (best.converged and not share_indicators(layout)):
            break
        other = start_of(layout, data, attempt=attempt)
        value = best.point.value
        found = maximise(layout, other, data, max_iter=max_iter, tol=tol, beat=value)
        if found.point.value < best.point.value - _SAME:
            best = found
    return best


def _at_bound(layout: Layout, point: Point) -> np.ndarray:
    """Numbers of the nodes whose error variance rests on its bound."""
    variances = np.diag(point.covariance)
    shares = np.where(layout.is_latent, np.diag(point.parameters.errors) / variances, np.inf)
    shares[layout.observed] = np.diag(point.parameters.errors)[layout.observed]
    return np.flatnonzero(shares <= 1.01 * floors(layout, point.data))


def _result(
    graph: Graph, problem: Problem, optimum: Optimum, sample: np.ndarray, n_samples: int
) -> StructuralFit:
    """Return to the user's order of nodes and scale of columns."""
    layout, units = problem.layout, problem.units
    bound = _at_bound(layout, optimum.point)
    point = _unit_disturbance(layout, optimum.point)
    errors = _edge_errors(layout, uncertainty(layout, point, n_samples, bound + len(layout.edges)))
    number = {node: place for place, node in enumerate(layout.nodes)}
    back = np.ix_(*2 * ([number[node] for node in graph.nodes],))
    relative, product = units / units[:, None], units * units[:, None]
    return StructuralFit(
        graph=graph,
        n_samples=int(n_samples),
        sample_covariance=sample,
        weights=(point.parameters.weights * relative)[back],
        error_covariance=(point.parameters.errors * product)[back],
        implied_covariance=(point.covariance * product)[back],
        standard_errors=(errors[0] * relative)[back],
        standardized_errors=errors[1][back],
        covariance_errors=(errors[2] * product)[back],
        n_parameters=model_rank(layout, point),
        at_bound=tuple(sorted(layout.nodes[place] for place in bound)),
        converged=optimum.converged,
        n_iter=optimum.n_iter,
    )


def _unit_disturbance(layout: Layout, point: Point) -> Point:
    """Scale latents to unit disturbance variance, and turn them towards their children."""
    factors = np.ones(len(layout.nodes))
    factors[layout.latent] = np.diag(point.parameters.errors)[layout.latent] ** -0.5
    return point.rescaled(factors * _signs(layout, point))


def _signs(layout: Layout, point: Point) -> np.ndarray:
    """Turn latents so that the sum of their standardised effects on children is positive."""
    signs = np.ones(len(layout.nodes))
    spread = np.sqrt(np.diag(point.covariance))
    strength = point.parameters.weights / spread
    for latent in layout.latent[::-1]:
        signs[latent] = -1.0 if strength[latent] @ signs < 0 else 1.0
    return signs


def _edge_errors(layout: Layout, found: Uncertainty) -> np.ndarray:
    """Write the standard errors of weights, standardised weights and covariances as matrices."""
    errors = np.full((3, len(layout.nodes), len(layout.nodes)), np.nan)
    n_weights = len(layout.sources)
    errors[0, layout.sources, layout.targets] = found.raw[:n_weights]
    errors[1, layout.sources, layout.targets] = found.standardized
    errors[2, layout.firsts, layout.seconds] = found.raw[n_weights:]
    errors[2, layout.seconds, layout.firsts] = found.raw[n_weights:]
    return errors
