"""Fit a mixing model to joint cumulants by the optimally weighted method of moments."""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import Any

import numpy as np
from scipy import linalg

from causalrep.arguments import array, checked, count, instance, number
from causalrep.cumulant_fit.data import CumulantData
from causalrep.cumulant_fit.descent import Minima, descend
from causalrep.cumulant_fit.models import MixingModel
from causalrep.cumulant_fit.projection import Projection
from causalrep.cumulant_fit.rank import generic_rank
from causalrep.cumulant_fit.result import CumulantFit, Minimum
from causalrep.cumulant_fit.specification import specification_statistic
from causalrep.exceptions import InvalidDataError
from causalrep.seeds import legacy_generator

__all__ = ["fit_cumulants", "with_statistic"]

_SCREENING = 20
_WIDE = 0.1
_KEPT = 0.25
_SAME = 1e-4


@checked(
    data=instance("CumulantData"),
    model=instance("MixingModel"),
    n_starts=count(0),
    start=array(finite=False, empty=True),
    max_iter=count(1),
    tol=number(0),
)
def fit_cumulants(
    data: CumulantData,
    model: MixingModel,
    *,
    n_starts: int = 32,
    start: Any = None,
    random_state: Any = None,
    max_iter: int = 200,
    tol: float = 1e-10,
    proper: bool = False,
    test: bool = True,
) -> CumulantFit:
    r"""Fit a mixing model to joint cumulants by the optimally weighted method of moments.

    With cumulants c of the samples, the modelled :math:`\kappa_I = \sum_j \omega_{kj} \prod_{i
    \in I} B_{ij}(\theta)` of every set I of k features, and W from :class:`CumulantData`,

    .. math:: \min_{\theta, \omega} \; |W (c - \Phi(B(\theta)) \omega)|^2 .

    Parameters
    ----------
    data : CumulantData
        What is fitted.
    model : MixingModel
        Of as many features.
    n_starts : int, default=32
        Random starts, beside those given. A quarter of them is followed to the end.
    start : array-like of shape (d,) or (k, d), default=None
        Parameters to start from, in the units of the data.
    random_state : int, Generator, RandomState or None, default=None
        Of the random starts.
    max_iter : int, default=200
        Most steps of a search.
    tol : float, default=1e-10
        A search ends when a step promises less than this share of the distance.
    proper : bool, default=False
        Whether to search only where no source has a negative variance.
    test : bool, default=True
        Whether to compute the test statistic, which may take as long as the fit and is not
        needed to compare models; see :func:`with_statistic`.

    Returns
    -------
    CumulantFit

    Raises
    ------
    InvalidDataError
        If data and model do not fit together, or there is no start.

    Notes
    -----
    The source cumulants are profiled out (variable projection). Random starts go some steps
    with smoother weights; the best few, and all that were given, are followed to the end.
    Standard errors are those of the generalised method of moments for any weights.

    References
    ----------
    Golub, Pereyra. "The differentiation of pseudo-inverses and nonlinear least squares problems
    whose variables separate", SIAM J. Numer. Anal. 10 (1973) 413-432, doi:10.1137/0710036.
    Hansen. "Large sample properties of generalized method of moments estimators", Econometrica 50
    (1982) 1029-1054, doi:10.2307/1912775.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep import Graph
    >>> from causalrep.cumulant_fit import CumulantData, StructuralMixing, fit_cumulants
    >>> model = StructuralMixing(
    ...     Graph.from_text("L --> z, L --> x, L --> y, x --> y; latent L")
    ... )
    >>> sources = np.random.default_rng(0).exponential(size=(50_000, 4))
    >>> X = sources @ model.mixing(np.array([1.5, 1.0, 0.8, 0.6])).T
    >>> fit = fit_cumulants(CumulantData.from_samples(X), model, random_state=0)
    >>> model.edges[0], fit.theta.round(1).tolist(), fit.degrees_of_freedom
    (('x', 'y'), [1.5, 1.0, 0.8, 0.6], 16)
    """
    projection = Projection(data, model, proper=proper)
    starts, n_given = _starts(data, model, n_starts, start, random_state)
    found = _search(projection, starts, n_given, max_iter, tol)
    order = np.argsort(found.cost, kind="stable")
    best = int(order[0])
    factors = model.units(data.scales)
    theta = model.canonical(factors * found.theta[best])
    basis, slopes = projection.jacobian(theta / factors)
    omega = projection.source_cumulants(theta[None] / factors)[0]
    rank = generic_rank(model, data.orders)
    response = _responses(data, model.gauge(theta), slopes / factors)
    return CumulantFit(
        model=model,
        orders=data.orders,
        n_samples=data.n_samples,
        theta=theta,
        covariance=data.estimate_covariance(response @ data.whitening),
        plain_covariance=response @ response.T,
        responses=response @ data.whitening,
        source_cumulants=omega.T * _source_units(data, model, theta, factors),
        distance=float(found.cost[best]),
        degrees_of_freedom=data.n_moments - rank,
        statistic=_statistic(projection, basis, slopes, rank) if test else np.nan,
        alternatives=_others(model, found, order, factors),
        converged=bool(found.converged[best]),
        n_iter=found.n_iter,
    )


@checked(data=instance("CumulantData"), fit=instance("CumulantFit"))
def with_statistic(data: CumulantData, fit: CumulantFit, *, proper: bool = False) -> CumulantFit:
    """Return a fit with its test statistic, for one that was made without.

    Parameters
    ----------
    data : CumulantData
        What was fitted.
    fit : CumulantFit
        The fit, made with ``test=False``.
    proper : bool, default=False
        As in the fit.

    Returns
    -------
    CumulantFit
        The same as with ``test=True``.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.cumulant_fit import CumulantData, FreeMixing, fit_cumulants, with_statistic
    >>> X = np.random.default_rng(0).exponential(size=(500, 2))
    >>> data, model = CumulantData.from_samples(X), FreeMixing(2, 2)
    >>> fit = fit_cumulants(data, model, random_state=0, test=False)
    >>> with_test = fit_cumulants(data, model, random_state=0)
    >>> fit.p_value, with_statistic(data, fit).p_value == with_test.p_value
    (nan, True)
    """
    projection = Projection(data, fit.model, proper=proper)
    basis, slopes = projection.jacobian(fit.theta / fit.model.units(data.scales))
    rank = data.n_moments - fit.degrees_of_freedom
    return replace(fit, statistic=_statistic(projection, basis, slopes, rank))


def _starts(
    data: CumulantData, model: MixingModel, n_starts: int, start: Any, random_state: Any
) -> tuple[np.ndarray, int]:
    """Return starts for standardised features, given ones first, and how many were given."""
    if model.n_features != data.n_features:
        raise InvalidDataError(
            f"The model is one of {model.n_features} features, but the data have "
            f"{data.n_features}."
        )
    d = model.n_parameters
    given = np.zeros((0, d)) if start is None else np.atleast_2d(np.asarray(start, dtype=float))
    if given.shape[1:] != (d,) or not np.isfinite(given).all():
        raise InvalidDataError(
            f"A start must be {d} finite parameters, but has shape {np.shape(start)}."
        )
    if len(given) + n_starts < 1:
        raise InvalidDataError("A fit wants a start: give one, or n_starts of 1 or more.")
    seed = legacy_generator(random_state).randint(2**31 - 1) if n_starts else 0
    drawn = model.starts(data.keys, n_starts, np.random.default_rng(seed))
    return np.concatenate([given / model.units(data.scales), drawn]), len(given)


def _search(
    projection: Projection, starts: np.ndarray, n_given: int, max_iter: int, tol: float
) -> Minima:
    """Follow all starts for some steps, and the given and the best of them to the end.

    The first steps are made with weights so shrunk that the valleys are wide.
    """
    data, model = projection.data, projection.model
    size = float(projection.target @ projection.target)
    early = min(_SCREENING, max_iter)
    if len(starts) > n_given:
        weights = data.weights(max(_WIDE, data.shrinkage))
        wide = Projection(data, model, weights, proper=bool(projection.variances.any()))
        drawn = descend(wide.at, starts[n_given:], size=size, max_iter=early, tol=tol)
        best = np.argsort(drawn.cost, kind="stable")[: ceil(_KEPT * len(drawn.cost))]
        starts = np.concatenate([starts[:n_given], drawn.theta[best]])
    return descend(projection.at, starts, size=size, max_iter=max_iter, tol=tol)


def _responses(data: CumulantData, fixed: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """Move of the parameters, within the directions not fixed, by that of weighted cumulants."""
    free = linalg.null_space(fixed.T) if fixed.size else np.eye(slopes.shape[1])
    inner = slopes @ free
    size = np.maximum(np.linalg.norm(inner, axis=0), np.finfo(float).tiny)
    return free @ (np.linalg.pinv(inner / size) / size[:, None])


def _statistic(projection: Projection, basis: np.ndarray, slopes: np.ndarray, rank: int) -> float:
    """Test statistic of what no parameter can change: J, for any weights."""
    data = projection.data
    if not 0 < data.n_moments - rank < data.n_samples:
        return np.nan
    residual = projection.target - basis @ (basis.T @ projection.target)
    U, _, _ = np.linalg.svd(slopes, full_matrices=False)
    fitted = np.concatenate([basis, U[:, : rank - basis.shape[1]]], axis=1)
    return specification_statistic(data, residual, linalg.qr(fitted)[0][:, rank:])


def _source_units(
    data: CumulantData, model: MixingModel, theta: np.ndarray, factors: np.ndarray
) -> np.ndarray:
    """Factors, shape (n_sources, n_orders), of source cumulants that go with other columns."""
    ours, theirs = model.mixing(theta), data.scales[:, None] * model.mixing(theta / factors)
    largest = np.abs(theirs).argmax(axis=0)[None]
    ratio = np.take_along_axis(theirs, largest, 0) / np.take_along_axis(ours, largest, 0)
    return ratio.T ** np.array(data.orders)


def _others(
    model: MixingModel, found: Minima, order: np.ndarray, factors: np.ndarray
) -> tuple[Minimum, ...]:
    """Distinct minima beyond the best."""
    kept = [int(order[0])]
    for place in order[1:].tolist():
        if found.converged[place] and found.cost[place] > found.cost[kept[-1]] + _SAME:
            kept.append(place)
    return tuple(
        Minimum(theta=model.canonical(factors * found.theta[k]), statistic=float(found.cost[k]))
        for k in kept[1:]
    )
