"""How the distance rises when a total effect is held at other values than its estimate."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from causalrep.arguments import array, checked, instance, number, positions
from causalrep.cumulant_fit.data import CumulantData
from causalrep.cumulant_fit.descent import descend
from causalrep.cumulant_fit.models import MixingModel
from causalrep.cumulant_fit.projection import Local, Projection
from causalrep.exceptions import InvalidDataError

__all__ = ["Profile", "profile_entry"]

_STEPS = 40
_TOLERANCE = 1e-5
_NEAREST = 2


class Profile(NamedTuple):
    """Distance minimised over all else, at rising values of one entry of the mixing.

    Parameters
    ----------
    values : ndarray of shape (n_values,)
        In the units of the data.
    distances : ndarray of shape (n_values,)
        Minimised distances.
    theta : ndarray of shape (n_values, d)
        Where they are taken, in the units of the data.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep.cumulant_fit.profile import Profile
    >>> Profile(np.zeros(1), np.ones(1), np.zeros((1, 2))).distances
    array([1.])
    """

    values: np.ndarray
    distances: np.ndarray
    theta: np.ndarray


@checked(
    data=instance("CumulantData"),
    model=instance("MixingModel"),
    entry=positions(1),
    values=array(1),
    starts=array(2),
    stiffness=number(0),
)
def profile_entry(
    data: CumulantData,
    model: MixingModel,
    entry: tuple[int, int],
    values: np.ndarray,
    starts: np.ndarray,
    *,
    stiffness: float,
    proper: bool = False,
) -> Profile:
    """Minimise the distance with an entry of the mixing held near given values.

    Parameters
    ----------
    data : CumulantData
        What is fitted.
    model : MixingModel
        What is fitted to them.
    entry : (int, int)
        Row and column; a column whose scale the model fixes, such as an observed node's noise.
    values : ndarray of shape (n_values,)
        In the units of the data.
    starts : ndarray of shape (n_starts, d)
        Parameters in the units of the data, the best first. Every value is tried from the first
        and from the nearest two, and then from what was found at its neighbours.
    stiffness : float
        Weight of the squared deviation from the value. It matters little: what is returned is
        the distance without it, and the values that were reached.
    proper : bool, default=False
        Whether to search only where no source has a negative variance.

    Returns
    -------
    Profile
        Sorted by value.

    Raises
    ------
    InvalidDataError
        If the entry is no place of the mixing, or starts are no rows of parameters.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep import Graph
    >>> from causalrep.cumulant_fit import CumulantData, StructuralMixing, fit_cumulants
    >>> from causalrep.cumulant_fit.profile import profile_entry
    >>> model = StructuralMixing(Graph.from_text("x --> y"))
    >>> sources = np.random.default_rng(0).exponential(size=(1000, 2))
    >>> data = CumulantData.from_samples(sources @ model.mixing(np.array([0.5])).T)
    >>> fit = fit_cumulants(data, model, random_state=0)
    >>> grid = fit.theta + fit.stderr * np.array([-2.0, 0.0, 2.0])
    >>> found = profile_entry(data, model, (1, 0), grid, fit.theta[None], stiffness=1e6)
    >>> bool((found.distances > fit.distance - 1e-6).all())
    True
    """
    if len(entry) != 2 or max(entry) >= model.n_features:
        raise InvalidDataError(
            f"entry must be the row and the column of an effect among {model.n_features} "
            f"features, but is {list(entry)}."
        )
    if np.shape(starts)[1] != model.n_parameters:
        raise InvalidDataError(
            f"starts must be rows of {model.n_parameters} parameters, but has the shape "
            f"{np.shape(starts)}."
        )
    units, factors = data.scales[entry[0]] / data.scales[entry[1]], model.units(data.scales)
    projection = Projection(data, model, proper=proper)
    size = float(projection.target @ projection.target)
    held = _held(projection, entry, stiffness * units**2)
    grid = np.sort(np.asarray(values, dtype=float)) / units

    def best_of(first: np.ndarray) -> np.ndarray:
        """Best of several starts for each value: (n_values, n_starts, d) to (n_values, d)."""
        n_starts = first.shape[1]
        goals = np.repeat(grid, n_starts)[:, None]
        rows = np.hstack([first.reshape(len(goals), -1), goals])
        found = descend(held, rows, size=size, max_iter=_STEPS, tol=_TOLERANCE)
        winner = found.cost.reshape(-1, n_starts).argmin(axis=1)
        return found.theta[np.arange(len(grid)) * n_starts + winner, :-1]

    first = np.asarray(starts) / factors
    gaps = np.abs(model.mixing(first)[:, entry[0], entry[1]] - grid[:, None])
    nearest = np.argsort(gaps, axis=1, kind="stable")[:, :_NEAREST]
    theta = best_of(first[np.pad(nearest, ((0, 0), (1, 0)))])
    places = np.arange(len(grid))[:, None] + np.array([-1, 0, 1])
    theta = best_of(theta[np.clip(places, 0, len(grid) - 1)])
    reached = model.mixing(theta)[:, entry[0], entry[1]]
    order = np.argsort(reached, kind="stable")
    distances = projection.at(theta[order]).cost
    if not np.isfinite(distances).all():
        raise InvalidDataError(
            "profile_entry wants starts and values from which a distance can be computed, but it "
            "overflows from these. Take parameters near those that were fitted."
        )
    return Profile(reached[order] * units, distances, theta[order] * factors)


def _held(
    projection: Projection, entry: tuple[int, int], stiffness: float
) -> Callable[[np.ndarray], Local]:
    """Distance plus the squared deviation of the entry from the last coordinate, which rests."""
    model = projection.model

    def local(rows: np.ndarray) -> Local:
        theta, goals = rows[:, :-1], rows[:, -1]
        cost, gradient, hessian = projection.at(theta)
        deviation = model.mixing(theta)[:, entry[0], entry[1]] - goals
        slope = model.jacobian(theta)[:, entry[0], entry[1]]
        hessian = hessian + stiffness * slope[:, :, None] * slope[:, None, :]
        return Local(
            cost + stiffness * deviation**2,
            np.pad(gradient + stiffness * deviation[:, None] * slope, ((0, 0), (0, 1))),
            np.pad(hessian, ((0, 0), (0, 1), (0, 1))),
        )

    return local
