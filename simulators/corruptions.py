"""What real data do to a model: bend it, coarsen it into categories, measure things twice.

Every function takes a problem or its data and returns a changed copy; the truth stays known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral
from typing import Any

import numpy as np

from causalrep.data import Dataset, Truth
from causalrep.graphs import Graph
from simulators.checks import (
    SimulatorError,
    checked_count,
    checked_fraction,
    checked_generator,
    checked_list,
    checked_real,
)
from simulators.linear import LinearSCM
from simulators.mechanisms import LeakyMechanism
from simulators.nonlinear import NonlinearSCM
from simulators.problem import Problem

__all__ = ["with_categories", "with_copies", "with_leaky_nodes"]


def with_leaky_nodes(problem: Problem, slope: float = 0.5) -> Problem:
    r"""Bend every mechanism of a linear problem by a leaky ReLU.

    A node becomes :math:`v_j = \sigma(\sum_i a_{ij} v_i) + e_j` with
    :math:`\sigma(u) = u` for positive and ``slope * u`` for negative u.

    Parameters
    ----------
    problem : Problem
        Its model must be linear.
    slope : float, default=0.5
        Slope on the negative side, from 0 (a hinge) to 1 (no change).

    Returns
    -------
    Problem
        With the same graph, noise, mixing and number of samples.

    Raises
    ------
    SimulatorError
        If the problem is not linear, or the slope is not between 0 and 1.

    Examples
    --------
    >>> from simulators import rlcd, with_leaky_nodes
    >>> with_leaky_nodes(rlcd("tree", random_state=0), slope=0.2)
    <Problem: NonlinearSCM of 14 nodes, 10 features, 1 environments of 2000 samples>
    """
    slope = checked_fraction("slope", slope)
    scm = getattr(problem, "scm", None)
    if not isinstance(problem, Problem) or not isinstance(scm, LinearSCM):
        raise SimulatorError(
            "with_leaky_nodes wants a Problem with a LinearSCM, such as rlcd() returns, but got "
            f"{problem!r}."
        )
    parents = [mechanism.parents for mechanism in scm.mechanisms]
    bent = NonlinearSCM(
        tuple(
            LeakyMechanism(causes, scm.weights[list(causes), node], slope)
            for node, causes in enumerate(parents)
        ),
        noise=scm.noise,
        mixing=scm.mixing,
        latent=None if scm.mixing is not None else scm.latent,
        measurement_noise=scm.measurement_noise,
        names=scm.names,
    )
    return replace(problem, scm=bent)


def with_categories(
    data: Dataset,
    n_categories: int = 5,
    *,
    skew: float = 0.0,
    names: Sequence[str] | None = None,
    random_state: Any = None,
) -> Dataset:
    r"""Coarsen features into ordered categories ``0, 1, ..., n_categories - 1``.

    The thresholds of a feature lie at equal steps between -2 and 2 of its standard deviations
    from its mean, as answers on a scale are usually modelled, moved by its own ``skew``.

    Parameters
    ----------
    data : Dataset
        Continuous measurements.
    n_categories : int, default=5
        Number of categories, at least 2. Outer ones may stay empty in a small sample.
    skew : float, default=0.0
        Largest shift of a feature's thresholds in standard deviations; the shift is drawn
        between minus and plus it. 1 makes many features as lopsided as items that nearly
        everybody agrees to.
    names : sequence of str, default=None
        Features to coarsen; None takes all of them.
    random_state : None, int or numpy.random.Generator, default=None
        Source of randomness of the shifts.

    Returns
    -------
    Dataset
        The truth is that of the continuous data.

    Raises
    ------
    SimulatorError
        If a name is not a feature, or no number of categories can be made.

    Examples
    --------
    >>> import numpy as np
    >>> from simulators import one_factor, with_categories
    >>> data = with_categories(one_factor(random_state=0).sample(500, random_state=0), 3)
    >>> np.unique(data.X).tolist()
    [0.0, 1.0, 2.0]
    """
    n_categories = checked_count("n_categories", n_categories, minimum=2)
    largest = abs(checked_real("skew", skew))
    rng = checked_generator(random_state)
    chosen = _positions(_checked_data(data), data.names if names is None else names)
    steps = np.linspace(-2.0, 2.0, n_categories + 1)[1:-1]
    X = np.array(data.X, dtype=np.float64)
    for place in chosen:
        column = X[:, place]
        cuts = column.mean() + column.std() * (steps + rng.uniform(-largest, largest))
        X[:, place] = np.digitize(column, cuts)
    return replace(data, X=X)


def with_copies(
    data: Dataset,
    names: Sequence[str] | int = 1,
    *,
    noise: float = 0.0,
    random_state: Any = None,
) -> Dataset:
    """Measure some features twice: append copies of their columns, with noise or without.

    Parameters
    ----------
    data : Dataset
        Any measurements.
    names : sequence of str or int, default=1
        Features to repeat, or how many of them, drawn at random.
    noise : float, default=0.0
        Standard deviation of what is added to a copy, in those of its feature. 0 makes exact
        duplicates, which no method can take apart.
    random_state : None, int or numpy.random.Generator, default=None
        Source of randomness.

    Returns
    -------
    Dataset
        The copy of ``X1`` is called ``X1_copy``; in the true graph it is an effect of ``X1``.

    Raises
    ------
    SimulatorError
        If a name is not a feature, repeats, or is taken, or noise is negative.

    Examples
    --------
    >>> from simulators import one_factor, with_copies
    >>> data = with_copies(one_factor(random_state=0).sample(50, random_state=0), ["X2"])
    >>> data.names[-1], data.truth.graph.parents("X2_copy")
    ('X2_copy', ('X2',))
    """
    share = checked_real("noise", noise)
    if share < 0:
        raise SimulatorError(f"noise must be at least 0, but is {noise!r}.")
    rng = checked_generator(random_state)
    _checked_data(data)
    if isinstance(names, Integral):
        count = checked_count("names", names, minimum=0, maximum=len(data.names))
        chosen = rng.permutation(len(data.names))[:count].tolist()
    else:
        chosen = _positions(data, names)
    columns = np.array(data.X[:, chosen], dtype=np.float64)
    columns += share * columns.std(axis=0) * rng.standard_normal(columns.shape)
    originals = [data.names[place] for place in chosen]
    copies = [f"{name}_copy" for name in originals]
    taken = [name for name in copies if name in data.names]
    if taken or len(set(copies)) < len(copies):
        raise SimulatorError(
            f"Each feature can be copied once, but {', '.join(map(repr, taken or copies))} would "
            "repeat. Name other features."
        )
    return replace(
        data,
        X=np.hstack([data.X, columns]),
        names=(*data.names, *copies),
        truth=_with_effects(data.truth, list(zip(originals, copies, strict=True))),
    )


def _checked_data(data: Any) -> Dataset:
    if not isinstance(data, Dataset):
        raise SimulatorError(
            f"A Dataset was wanted, such as problem.sample() returns, but a "
            f"{type(data).__name__} came."
        )
    return data


def _positions(data: Dataset, names: Any) -> list[int]:
    listed = [str(name) for name in checked_list("names", names)]
    missing = [name for name in listed if name not in data.names]
    if missing:
        raise SimulatorError(
            f"There is no feature {', '.join(map(repr, missing))}; there are "
            f"{', '.join(map(repr, data.names))}."
        )
    return [data.names.index(name) for name in listed]


def _with_effects(truth: Truth | None, edges: list[tuple[str, str]]) -> Truth | None:
    """Truth whose graph has further nodes, each the effect of one that is there.

    Matrices of weights and mixing do not speak of the new nodes, and are left out.
    """
    if truth is None or truth.graph is None:
        return truth
    graph = truth.graph
    known = [(cause, effect) for cause, effect in edges if cause in graph]
    nodes = (*graph.nodes, *(effect for _, effect in known))
    larger = Graph(nodes, [*graph.edges, *known], latent=graph.latent)
    return replace(truth, graph=larger, weights=None, mixing=None)
