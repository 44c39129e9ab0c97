"""The settings of papers on discovery with hidden nodes: rank- and cumulant-based."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from causalrep.graphs import Graph
from simulators.checks import checked_choice, checked_generator, checked_range
from simulators.latent_graphs import factor_group_graph, latent_cover_graph, latent_tree_graph
from simulators.linear import LinearSCM
from simulators.noise import Exponential, Gaussian, Noise
from simulators.problem import Problem
from simulators.random_graphs import random_weights

__all__ = ["confounded_effect", "rlcd"]


def rlcd(
    kind: Literal["tree", "measurement", "general", "gnfm"] = "tree",
    *,
    weight_range: tuple[float, float] = (0.0, 10.0),
    variance_range: tuple[float, float] = (1.0, 5.0),
    n_samples: int = 2000,
    random_state: Any = None,
) -> Problem:
    r"""Draw a problem of rank-based latent discovery (RLCD), observational and Gaussian.

    Parameters
    ----------
    kind : {"tree", "measurement", "general", "gnfm"}, default="tree"
        Class of graphs: a hierarchy of 4 latents (:func:`latent_tree_graph`); 3 latents in a
        tree with 4 children each; groups of 1, 2 and 1 latents with further observed nodes
        (:func:`latent_cover_graph`); groups of 1, 2 and 2 latents with 20 observed nodes
        (:func:`factor_group_graph`).
    weight_range : (float, float), default=(0, 10)
        Sizes of the edge weights; their signs are random.
    variance_range : (float, float), default=(1, 5)
        Variances of the noise.
    n_samples : int, default=2000
        Default number of samples.
    random_state : None, int or numpy.random.Generator, default=None
        Source of randomness.

    Returns
    -------
    Problem
        One observational environment; the columns of the observed nodes are shuffled.

    Notes
    -----
    The graphs are random members of the classes of the paper, not its own drawings.

    References
    ----------
    Dong, Huang, Ng, Song, Zheng, Jin, Legaspi, Spirtes, Zhang. "A versatile causal discovery
    framework to allow causally-related hidden variables", ICLR 2024, arXiv:2312.11001.

    Examples
    --------
    >>> from simulators import rlcd
    >>> rlcd("general", random_state=0).scm
    <LinearSCM: 20 nodes, 4 of them latent, 16 features>
    """
    rng = checked_generator(random_state)
    low, high = checked_range("weight_range", weight_range, positive=False)
    graph = shuffled(_rlcd_graph(kind, rng), rng)
    variances = rng.uniform(*checked_range("variance_range", variance_range), len(graph))
    scm = LinearSCM.from_graph(
        graph,
        random_weights(graph, low, high, rng),
        noise=[Gaussian(float(scale)) for scale in np.sqrt(variances)],
    )
    return Problem(scm, [()], n_samples)


_CONFOUNDED = {
    "none": "nodes X, Y;",
    "edge": "X --> Y",
    "latent": "L1 --> X, L1 --> Y; latent L1",
    "edge-latent": "X --> Y, L1 --> X, L1 --> Y; latent L1",
    "proxy": "X --> Y, L1 --> X, L1 --> Y, L1 --> W; latent L1",
    "proxy-edge": "X --> Y, L1 --> X, L1 --> Y, L1 --> W, W --> X; latent L1",
    "proxy-edge-two-latents": (
        "X --> Y, L1 --> X, L1 --> Y, L1 --> W, L2 --> X, L2 --> Y, L2 --> W, W --> X; "
        "latent L1, L2"
    ),
    "instrument": "I --> X, X --> Y, L1 --> X, L1 --> Y; latent L1",
}


def confounded_effect(
    structure: str = "edge-latent",
    *,
    noise: Noise | None = None,
    weight_range: tuple[float, float] = (0.5, 1.5),
    n_samples: int = 10_000,
    random_state: Any = None,
) -> Problem:
    r"""Draw a small linear non-Gaussian model of a treatment X and an outcome Y.

    Parameters
    ----------
    structure : str, default="edge-latent"
        Pairs: ``"none"``, ``"edge"`` (X --> Y), ``"latent"`` (a hidden common cause),
        ``"edge-latent"`` (both). With the effect and the hidden cause, and more to see:
        ``"proxy"`` (W is another effect of the hidden cause), ``"proxy-edge"`` (W --> X too),
        ``"proxy-edge-two-latents"`` (two hidden causes of W, X and Y), ``"instrument"``
        (I --> X).
    noise : Noise, default=None
        Law of all noise; None takes ``Exponential()``.
    weight_range : (float, float), default=(0.5, 1.5)
        Sizes of the edge weights; their signs are random.
    n_samples : int, default=10000
        Default number of samples.
    random_state : None, int or numpy.random.Generator, default=None
        Source of randomness.

    Returns
    -------
    Problem
        One observational environment. The effect sought is
        ``problem.scm.weights[names.index("X"), names.index("Y")]`` with
        ``names = problem.scm.names``.

    References
    ----------
    Tramontano, Kivva, Salehkaleybar, Kiyavash, Drton. "Causal effect identification in lvLiNGAM
    from higher-order cumulants", ICML 2025 (proxy and instrument graphs).

    Examples
    --------
    >>> from simulators import confounded_effect
    >>> problem = confounded_effect("instrument", random_state=0)
    >>> problem.scm.feature_names
    ('I', 'X', 'Y')
    """
    graph = Graph.from_text(_CONFOUNDED[checked_choice("structure", structure, _CONFOUNDED)])
    rng = checked_generator(random_state)
    low, high = checked_range("weight_range", weight_range)
    scm = LinearSCM.from_graph(
        graph,
        random_weights(graph, low, high, rng),
        noise=Exponential() if noise is None else noise,
    )
    return Problem(scm, [()], n_samples)


def shuffled(graph: Graph, rng: np.random.Generator) -> Graph:
    """Return the same graph with its observed nodes in random order, after the latents."""
    observed = [graph.observed[place] for place in rng.permutation(len(graph.observed))]
    return Graph((*graph.latent, *observed), graph.edges, latent=graph.latent)


def _rlcd_graph(kind: str, rng: np.random.Generator) -> Graph:
    checked_choice("kind", kind, ("tree", "measurement", "general", "gnfm"))
    if kind == "tree":
        return latent_tree_graph(4, random_state=rng)
    if kind == "measurement":
        return latent_cover_graph((1, 1, 1), n_further=0, random_state=rng)
    if kind == "general":
        return latent_cover_graph((1, 2, 1), n_further=2, random_state=rng)
    return factor_group_graph((1, 2, 2), n_children_per_latent=4, random_state=rng)
