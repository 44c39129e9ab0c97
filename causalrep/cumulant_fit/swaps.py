"""Which parameters of one graph mean the same: a latent may trade places with a child's noise."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

import numpy as np

from causalrep.arguments import array, checked, instance
from causalrep.cumulant_fit.structural_mixing import StructuralMixing
from causalrep.exceptions import InvalidDataError

__all__ = ["equivalent_parameters", "traded"]

_ROUND_OFF = 1e-8
_LEAST_LOADING = 1e-6
_MOST_CLASSES = 4096

Roles = tuple[int, ...]


@checked(model=instance("StructuralMixing"), theta=array(1, empty=True))
def equivalent_parameters(model: StructuralMixing, theta: np.ndarray) -> np.ndarray:
    r"""Parameters with the same distribution of the observed nodes, those given first.

    Parameters
    ----------
    model : StructuralMixing
        What is fitted to them.
    theta : ndarray of shape (d,)
        Parameters.

    Returns
    -------
    ndarray of shape (n_members, d)
        Canonical parameters. Latents that trade places with one another are not listed.

    Notes
    -----
    The columns of the mixing are known up to order and scale, so which of them is the noise of
    an observed node o is a choice: :math:`\varepsilon_o`, or a latent with an effect on o. The
    chosen columns, scaled to one at their own nodes, make another total effect matrix T', and
    :math:`\Lambda' = I - T'^{-1}`. The choice counts if the new weights, at random parameters, are
    zero wherever the graph has no edge.

    References
    ----------
    Salehkaleybar, Ghassami, Kiyavash, Zhang. "Learning linear non-Gaussian causal models in the
    presence of latent variables", Journal of Machine Learning Research 21 (2020) 39.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep import Graph
    >>> from causalrep.cumulant_fit import StructuralMixing, equivalent_parameters
    >>> bow = StructuralMixing(Graph.from_text("x --> y, L --> x, L --> y; latent L"))
    >>> equivalent_parameters(bow, np.array([2.0, 1.0, 3.0])).tolist()
    [[2.0, 1.0, 3.0], [5.0, 1.0, -3.0]]
    >>> instrument = StructuralMixing(
    ...     Graph.from_text("z --> x, x --> y, L --> x, L --> y; latent L")
    ... )
    >>> len(equivalent_parameters(instrument, np.ones(4)))
    1
    """
    if theta.shape != (model.n_parameters,):
        raise InvalidDataError(
            f"equivalent_parameters wants the {model.n_parameters} parameters of the model, but "
            f"theta has shape {theta.shape}."
        )
    found = [_moved(model, theta, roles)[0] for roles in _classes(model)]
    return np.array([model.canonical(some) for some in found if np.isfinite(some).all()])


def traded(model: StructuralMixing, theta: np.ndarray) -> np.ndarray:
    """Parameters after each latent in turn trades places with each child's noise.

    Weights that the graph has no edge for are left out, so that these are no equivalent
    parameters but near ones where little tells the two apart: good further starts.

    Parameters
    ----------
    model : StructuralMixing
        What is fitted to them.
    theta : ndarray of shape (d,)
        Parameters.

    Returns
    -------
    ndarray of shape (n_trades, d)

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep import Graph
    >>> from causalrep.cumulant_fit.structural_mixing import StructuralMixing
    >>> from causalrep.cumulant_fit.swaps import traded
    >>> bow = StructuralMixing(Graph.from_text("x --> y, L --> x, L --> y; latent L"))
    >>> traded(bow, np.array([2.0, 1.0, 3.0]))[0].tolist()
    [5.0, 1.0, -3.0]
    """
    found = [_moved(model, theta, roles)[0] for roles in _trades(model)]
    usable = [model.canonical(some) for some in found if np.isfinite(some).all()]
    return np.array(usable).reshape(-1, model.n_parameters)


def _trades(model: StructuralMixing) -> list[Roles]:
    """Roles of the observed nodes' noises when one latent trades places with one noise."""
    own = list(range(model.n_features))
    place = {node: number for number, node in enumerate(model.sources)}
    pairs = [
        (place[child], place[latent])
        for latent in model.graph.latent
        for child in model.graph.children(latent)
    ]
    return [tuple(latent if node == child else node for node in own) for child, latent in pairs]


@lru_cache(maxsize=1024)
def _classes(model: StructuralMixing) -> tuple[Roles, ...]:
    """Choices of noises that leave a generic model one of the same graph, the identity first."""
    theta = np.random.default_rng(0).uniform(0.5, 1.5, model.n_parameters)
    single = [roles for roles in _trades(model) if _moved(model, theta, roles)[1]]
    options = [sorted({roles[node] for roles in single} | {node}) for node in _nodes(model)]
    if np.prod([float(len(some)) for some in options]) > _MOST_CLASSES:
        return (tuple(_nodes(model)), *single)
    choices = (roles for roles in product(*options) if len(set(roles)) == len(roles))
    return tuple(roles for roles in choices if _moved(model, theta, roles)[1])


def _nodes(model: StructuralMixing) -> range:
    return range(model.n_features)


def _moved(model: StructuralMixing, theta: np.ndarray, roles: Roles) -> tuple[np.ndarray, bool]:
    """Parameters for other roles, and whether the graph has all the edges that they need."""
    p = model.n_features
    B = model.mixing(theta)
    own = B[np.arange(p), list(roles)]
    left = [source for source in _nodes(model) if source not in roles]
    rest = [left.pop(0) if source in roles else source for source in range(p, model.n_sources)]
    if not (np.abs(own) > _LEAST_LOADING).all():
        return np.full(len(theta), np.nan), False
    T = B[:, list(roles)] / own
    if np.linalg.cond(T) > 1 / _LEAST_LOADING:
        return np.full(len(theta), np.nan), False
    effects = np.linalg.inv(T)
    Lambda, Gamma = np.eye(p) - effects, effects @ B[:, rest]
    found = model.parameters(Lambda, Gamma)
    kept = model.matrices(found)
    gaps = [np.abs(Lambda - kept[0]).max(), np.abs(Gamma - kept[1]).max(initial=0.0)]
    return found, max(gaps) < _ROUND_OFF * max(1.0, np.abs(found).max(initial=0.0))
