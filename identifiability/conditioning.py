r"""How well conditioned a generically identified model is at one point.

Ranks say whether almost all parameters are determined; near the others, estimates are poor
however many samples there are. Here the Jacobian is numeric. A derivative of a covariance counts
as

.. math:: \tfrac{1}{\sqrt 2}\, \Sigma^{-1/2} \, d\Sigma \, \Sigma^{-1/2} ,

so that the Jacobian's Gram matrix is the Fisher information of one normal sample, and does
not depend on the units of the features.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import ArrayLike

from causalrep.arguments import array, checked
from causalrep.covariances import check_covariance
from causalrep.exceptions import InvalidDataError
from causalrep.graphs import Graph
from causalrep.interventions import as_changes
from identifiability.algebra import check_disentanglement
from identifiability.moment_jacobians import DisentanglementMap, Parameter
from identifiability.patterns import arrows_of
from identifiability.structural_algebra import check_structural, mixed_arrays

__all__ = ["Conditioning", "disentanglement_conditioning", "structural_conditioning"]

_NAMED = 3
_OPEN = 1e-8
_ROUND_OFF = 1e-12


@dataclass(frozen=True, kw_only=True, eq=False)
class Conditioning:
    """Singular values of the numeric Jacobian beside the generic rank.

    Parameters
    ----------
    names : tuple of str
        The parameters.
    singular_values : ndarray of shape (rank,)
        The largest as many as the generic rank, descending.
    n_open : int
        Dimensions that are generically open, the scales of latents not counted.
    standard_errors : ndarray of shape (n_parameters,)
        Of efficient estimates from one normal sample; divide by the root of the number of
        samples. Infinite where a parameter is open.
    weakest : tuple of (str, float)
        Parameters that the worst determined direction moves most, with their shares.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep import Graph
    >>> from identifiability import structural_conditioning
    >>> instrument = Graph.from_text("z --> x, x --> y, x <-> y")
    >>> weights = np.array([[0, 0.5, 0], [0, 0, 1.0], [0, 0, 0]])
    >>> errors = np.array([[1, 0, 0], [0, 1, 0.3], [0, 0.3, 1]])
    >>> strong = structural_conditioning(instrument, weights, errors)
    >>> weak = structural_conditioning(instrument, weights * [1, 1e-4, 1], errors)
    >>> bool(strong.condition_number < 20 < 1e4 < weak.condition_number)
    True
    """

    names: tuple[str, ...]
    singular_values: np.ndarray
    n_open: int
    standard_errors: np.ndarray
    weakest: tuple[tuple[str, float], ...]

    @property
    def generic(self) -> bool:
        """Whether almost all parameters are determined, up to finitely many others."""
        return self.n_open == 0

    @property
    def smallest(self) -> float:
        """The smallest singular value that is not zero for all parameters."""
        return float(self.singular_values[-1])

    @property
    def condition_number(self) -> float:
        """The largest singular value over the smallest."""
        smallest = self.smallest
        return float(self.singular_values[0] / smallest) if smallest > 0 else np.inf

    def __str__(self) -> str:
        verdict = (
            "Generically identified, with"
            if self.generic
            else f"{self.n_open} dimensions are generically open; the others have"
        )
        moved = ", ".join(f"{name} ({share:.0%})" for name, share in self.weakest)
        return f"{verdict} condition number {self.condition_number:.2g} here.\nWeakest: {moved}"

    def _repr_html_(self) -> str:
        return "".join(f"<p>{escape(line)}</p>" for line in str(self).splitlines())


@checked(weights=array(2), error_covariance=array(2, finite=False))
def structural_conditioning(
    graph: Graph, weights: ArrayLike, error_covariance: ArrayLike
) -> Conditioning:
    """Return how well covariances determine a structural model at given parameters.

    Parameters
    ----------
    graph : Graph
        Directed and bidirected edges; latent nodes have a noise of known variance.
    weights : array-like of shape (n_nodes, n_nodes)
        Effects over ``graph.nodes``, row = cause.
    error_covariance : array-like of shape (n_nodes, n_nodes)
        Covariance of the noises.

    Returns
    -------
    Conditioning
        Standard errors are in the units of the weights; singular values and the weakest
        direction are for standardised nodes.

    Raises
    ------
    GraphError
        If there are edges of another kind, or nothing is observed.
    InvalidDataError
        If arrays do not fit the graph, or observed nodes are exactly dependent.

    Notes
    -----
    Attributes of a :class:`causalrep.StructuralFit` can be given as they are.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep import Graph
    >>> from identifiability import structural_conditioning
    >>> graph = Graph.from_text("x --> y")
    >>> found = structural_conditioning(graph, [[0, 2.0], [0, 0]], np.eye(2))
    >>> found.names, found.standard_errors.round(3).tolist()
    (('x --> y', 'noise of x', 'noise of y'), [1.0, 1.414, 1.414])
    """
    arrows, confounded = mixed_arrays(graph)
    size = len(graph.nodes)
    Lambda = _array(weights, (size, size), "weights")
    _refuse_others(Lambda, arrows, "weights", graph.nodes)
    Omega = check_covariance(_array(error_covariance, (size, size), "error_covariance"))
    _refuse_others(Omega, confounded | np.eye(size, dtype=bool), "error_covariance", graph.nodes)
    Q = np.linalg.inv(np.eye(size) - Lambda)
    Sigma = Q.T @ Omega @ Q
    observed = [graph.nodes.index(name) for name in graph.observed]
    certificate = check_structural(graph)
    scale = np.sqrt(np.diag(Sigma))
    causes, effects = np.nonzero(arrows)
    first, second = np.nonzero(np.triu(confounded, 1))
    left = np.vstack([Sigma[causes], Q[observed] / 2, Q[first]])
    right = np.vstack([Q[effects], Q[observed], Q[second]])
    moves = left[:, :, None] * right[:, None, :]
    moves = (moves + moves.swapaxes(1, 2))[np.ix_(range(len(moves)), observed, observed)]
    units = np.concatenate(
        [
            scale[effects] / scale[causes],
            scale[observed] ** 2,
            scale[first] * scale[second],
        ]
    )
    names = (
        *(f"{graph.nodes[a]} --> {graph.nodes[b]}" for a, b in zip(causes, effects, strict=True)),
        *(f"noise of {name}" for name in graph.observed),
        *(f"{graph.nodes[a]} <-> {graph.nodes[b]}" for a, b in zip(first, second, strict=True)),
    )
    jacobian = _whitened(moves, Sigma[np.ix_(observed, observed)]) * units
    n_open = certificate.n_parameters - certificate.rank
    return _conditioning(jacobian, names, certificate.rank, n_open, units)


@checked(weights=array(3), variances=array(2))
def disentanglement_conditioning(
    graph: Graph, environments: object, weights: ArrayLike, variances: ArrayLike
) -> Conditioning:
    """Return how well covariances in environments determine linearly mixed latents.

    Parameters
    ----------
    graph : Graph
        DAG over the latents, known.
    environments : iterable of environments
        As in :func:`check_disentanglement`; all count alike.
    weights : array-like of shape (n_environments, n_latents, n_latents)
        Effects in every environment, row = cause.
    variances : array-like of shape (n_environments, n_latents)
        Variances of the noises in every environment.

    Returns
    -------
    Conditioning
        "L1 in L2" is the share of L1 in what is found for L2, in standard deviations of the first
        environment. The scales of latents are free and not counted.

    Raises
    ------
    GraphError, InterventionError
        As :func:`check_disentanglement`.
    InvalidDataError
        If arrays do not fit graph and environments, or a variance is not positive.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep import Change, Graph
    >>> from identifiability import disentanglement_conditioning
    >>> chain = Graph(["L1", "L2"], [("L1", "L2")])
    >>> weights = np.zeros((2, 2, 2))
    >>> numbers = []
    >>> for effect in (0.8, 0.001):
    ...     weights[0, 0, 1] = effect
    ...     found = disentanglement_conditioning(
    ...         chain, [(), Change("L2")], weights, [[1, 1], [1, 1.2]]
    ...     )
    ...     numbers.append(found.condition_number)
    >>> bool(numbers[1] > 100 * numbers[0])
    True
    """
    certificate = check_disentanglement(graph, environments, known="graph")
    latents = graph.subgraph(certificate.names)
    changes = as_changes(environments, certificate.names)
    size, number = len(latents), len(changes)
    B = _array(weights, (number, size, size), "weights").swapaxes(1, 2)
    _refuse_others(np.abs(B).max(axis=0).T, arrows_of(latents), "weights", latents.nodes)
    omega = _array(variances, (number, size), "variances")
    if (omega <= 0).any():
        raise InvalidDataError(
            "variances must be positive: a latent that is held has no density. Give what it still "
            "varies as a small number."
        )
    model = DisentanglementMap(
        arrows_of(latents), arrows_of(latents), changes, np.random.default_rng(0)
    )
    _, parameters = model.jacobian()
    Q = np.linalg.inv(np.eye(size) - B)
    Sigma = Q * omega[:, None] @ Q.swapaxes(1, 2)
    scale = np.sqrt(np.diag(Sigma[0]))
    blocks = [
        _whitened(_moves(model, k, Q[k], Sigma[k], parameters), Sigma[k]) / np.sqrt(number)
        for k in range(number)
    ]
    apart = ~np.eye(size, dtype=bool)
    units = np.concatenate(
        [
            np.outer(scale, 1 / scale)[apart],
            [
                scale[i] * scale[j] ** (1 if what == "variance" else -1)
                for what, i, j, _ in parameters
            ],
        ]
    )
    names = (
        *(f"{latents.nodes[j]} in {latents.nodes[i]}" for i, j in np.argwhere(apart)),
        *(_name(parameter, latents.nodes) for parameter in parameters),
    )
    n_open = len(names) - certificate.rank
    return _conditioning(np.concatenate(blocks) * units, names, certificate.rank, n_open, units)


def _moves(
    model: DisentanglementMap,
    number: int,
    Q: np.ndarray,
    Sigma: np.ndarray,
    parameters: list[Parameter],
) -> np.ndarray:
    """Return what each parameter does to the covariance of the latents in an environment.

    The scales of latents, on the diagonal of the mixing, are left out: they are free.
    """
    size = len(Q)
    D = np.zeros((size * (size - 1) + len(parameters), size, size))
    for move, (i, j) in zip(D, np.argwhere(~np.eye(size, dtype=bool)), strict=False):
        move[i, j] = 1.0
    place = {name: size * (size - 1) + column for column, name in enumerate(parameters)}
    for latent in range(size):
        for cause, name in model.effects_of(number, latent):
            D[place[name], :, cause] = Q[:, latent]
    moves = D @ Sigma
    moves = moves + moves.swapaxes(1, 2)
    for latent in range(size):
        name = model.own_of(number, latent, "variance")
        if name is not None:
            moves[place[name]] = np.outer(Q[:, latent], Q[:, latent])
    return moves


def _name(parameter: Parameter, names: tuple[str, ...]) -> str:
    what, latent, cause, since = parameter
    where = "" if since < 0 else f", environment {since}"
    if what == "effect":
        return f"{names[cause]} --> {names[latent]}{where}"
    return f"noise of {names[latent]}{where}"


def _whitened(moves: np.ndarray, Sigma: np.ndarray) -> np.ndarray:
    """Return derivatives of a covariance as columns, in the metric of Fisher's information."""
    try:
        root = np.linalg.cholesky(Sigma)
    except np.linalg.LinAlgError:
        raise InvalidDataError(
            "At these parameters the covariance is singular: some variable is exactly a "
            "combination of others. Leave it out."
        ) from None
    half = np.linalg.solve(root, moves)
    white = np.linalg.solve(root, half.swapaxes(1, 2))
    return white.reshape(len(moves), -1).T / np.sqrt(2)


def _conditioning(
    jacobian: np.ndarray, names: tuple[str, ...], rank: int, n_open: int, units: np.ndarray
) -> Conditioning:
    """Read singular values, standard errors and the weakest direction off a Jacobian."""
    _, values, directions = np.linalg.svd(jacobian, full_matrices=True)
    kept = values[:rank]
    with np.errstate(divide="ignore"):
        spread = (directions[:rank] / kept[:, None]) ** 2
    is_open = (np.abs(directions[rank:]) > _OPEN).any(axis=0)
    errors = np.where(is_open, np.inf, np.sqrt(spread.sum(axis=0)))
    shares = directions[rank - 1] ** 2
    largest = np.argsort(-shares, kind="stable")[:_NAMED]
    return Conditioning(
        names=names,
        singular_values=kept,
        n_open=n_open,
        standard_errors=errors * units,
        weakest=tuple((names[place], float(shares[place])) for place in largest),
    )


def _array(values: ArrayLike, shape: Sequence[int], what: str) -> np.ndarray:
    found = np.asarray(values, dtype=float)
    if found.shape != tuple(shape) or not np.isfinite(found).all():
        raise InvalidDataError(
            f"{what} must be finite numbers of shape {tuple(shape)}, but its shape is "
            f"{found.shape}{'' if np.isfinite(found).all() else ' and some are not finite'}."
        )
    return found


def _refuse_others(
    values: np.ndarray, allowed: np.ndarray, what: str, names: Sequence[str]
) -> None:
    """Refuse effects, or covariances, for which there is no edge."""
    others = np.argwhere((np.abs(values) > _ROUND_OFF * np.abs(values).max()) & ~allowed)
    if len(others):
        i, j = others[0]
        raise InvalidDataError(
            f"{what} must be 0 where the graph has no edge, but is {values[i, j]:.3g} between "
            f"{names[i]!r} and {names[j]!r}."
        )
