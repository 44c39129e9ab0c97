"""What a structural model checks before it exists: laws, masks, names, order, environments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import networkx as nx
import numpy as np

from causalrep.data import default_names
from causalrep.exceptions import EnvironmentLabelError, GraphError
from simulators.checks import SimulatorError, checked_count, checked_list, is_list
from simulators.interventions import Intervention, as_environment
from simulators.mechanisms import Mechanism
from simulators.mixing import Mixing
from simulators.noise import Noise

__all__ = [
    "causal_order",
    "checked_environments",
    "checked_labels",
    "checked_latent",
    "checked_laws",
    "checked_mechanisms",
    "checked_node_names",
    "checked_sizes",
]


def causal_order(mechanisms: Sequence[Mechanism], names: Sequence[str]) -> tuple[int, ...]:
    """Return the nodes with causes before effects, or refuse a cycle by name."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(mechanisms)))
    for node, mechanism in enumerate(mechanisms):
        unknown = [parent for parent in mechanism.parents if parent >= len(mechanisms)]
        if unknown:
            raise SimulatorError(
                f"The mechanism of {names[node]} has the parent {unknown[0]}, but there are only "
                f"{len(mechanisms)} nodes, numbered from 0."
            )
        graph.add_edges_from((parent, node) for parent in mechanism.parents)
    try:
        return tuple(nx.lexicographical_topological_sort(graph))
    except nx.NetworkXUnfeasible:
        cycle = [names[source] for source, _ in nx.find_cycle(graph)]
        raise GraphError(
            "The mechanisms must have no cycle, but there is "
            f"{' -> '.join([*cycle, cycle[0]])}. Remove one of these edges."
        ) from None


def checked_mechanisms(mechanisms: Any) -> tuple[Mechanism, ...]:
    """Return one mechanism for each node."""
    listed = checked_list("mechanisms", mechanisms)
    for mechanism in listed:
        if not callable(mechanism) or not hasattr(mechanism, "parents"):
            raise SimulatorError(
                "mechanisms must hold objects such as LinearMechanism((0,), (1.0,)), but holds "
                f"{mechanism!r}."
            )
    return tuple(listed)


def checked_laws(kind: str, noise: Any, n_nodes: int) -> tuple[Noise, ...]:
    """Return one law of noise for each node."""
    laws = (noise,) * n_nodes if isinstance(noise, Noise) else noise
    if not isinstance(laws, Sequence) or not all(isinstance(law, Noise) for law in laws):
        raise SimulatorError(
            f"{kind}.noise must be a law such as Gaussian(scale=1.0) or a list of laws, but is "
            f"{noise!r}."
        )
    if len(laws) != n_nodes:
        raise SimulatorError(
            f"{kind}.noise must hold one law for each of the {n_nodes} nodes, but holds "
            f"{len(laws)}."
        )
    return tuple(laws)


def checked_latent(kind: str, latent: Any, mixing: Any, n_nodes: int) -> tuple[bool, ...]:
    """Return which nodes are hidden; behind a mixing all of them are."""
    if n_nodes == 0:
        raise SimulatorError(f"{kind} needs at least one node.")
    if mixing is not None:
        return _all_latent(kind, latent, mixing, n_nodes)
    mask = np.zeros(n_nodes, dtype=bool) if latent is None else np.asarray(latent)
    if mask.dtype != bool or mask.shape != (n_nodes,):
        raise SimulatorError(
            f"{kind}.latent must be a mask of {n_nodes} booleans, one a node, but is {latent!r}."
        )
    if mask.all():
        raise SimulatorError(
            f"{kind} has no observed node: unmask one in latent=, or give a mixing=."
        )
    return tuple(mask.tolist())


def _all_latent(kind: str, latent: Any, mixing: Any, n_nodes: int) -> tuple[bool, ...]:
    if not isinstance(mixing, Mixing):
        raise SimulatorError(
            f"{kind}.mixing must be a Mixing such as LinearMixing(matrix), but is {mixing!r}."
        )
    if latent is not None and not np.all(latent):
        raise SimulatorError(
            f"{kind} takes either latent= or mixing=: all nodes behind a mixing are latent."
        )
    if mixing.n_latents != n_nodes:
        raise SimulatorError(
            f"{kind} has {n_nodes} nodes, but its mixing takes {mixing.n_latents} latents."
        )
    return (True,) * n_nodes


def checked_node_names(kind: str, names: Any, latent: tuple[bool, ...]) -> tuple[str, ...]:
    """Return one name for each node."""
    if names is None or (isinstance(names, Sequence) and not names):
        letters = {
            True: iter(default_names(len(latent), "L")),
            False: iter(default_names(len(latent))),
        }
        return tuple(next(letters[hidden]) for hidden in latent)
    names = tuple(str(name) for name in checked_list(f"{kind}.names", names))
    if len(names) != len(latent):
        raise SimulatorError(
            f"{kind}.names must hold one name for each of the {len(latent)} nodes, but got "
            f"{len(names)}."
        )
    if len(set(names)) < len(names):
        repeated = sorted({name for name in names if names.count(name) > 1})
        raise GraphError(f"The names of nodes must differ, but {', '.join(repeated)} repeat.")
    return names


def checked_environments(
    environments: Any, names: Sequence[str]
) -> list[tuple[Intervention, ...]]:
    """Return every environment as a tuple of interventions."""
    if isinstance(environments, Intervention) or not isinstance(environments, Sequence):
        raise EnvironmentLabelError(
            "environments must be a list of environments, for example "
            f"[(), Do(target=0, value=1.0)], but is {environments!r}."
        )
    if not len(environments):
        raise EnvironmentLabelError(
            "environments must hold at least one environment; [()] is observational data."
        )
    return [as_environment(environment, names) for environment in environments]


def checked_sizes(n_samples: Any, n_environments: int) -> list[int]:
    """Return the number of samples of each environment."""
    if not is_list(n_samples):
        return [checked_count("n_samples", n_samples)] * n_environments
    if len(n_samples) != n_environments:
        raise EnvironmentLabelError(
            f"n_samples must be one number, or one for each of the {n_environments} environments, "
            f"but holds {len(n_samples)}."
        )
    return [checked_count("n_samples", size) for size in n_samples]


def checked_labels(labels: Any, n_environments: int) -> tuple[Any, ...]:
    """Return one label for each environment."""
    labels = range(n_environments) if labels is None else checked_list("labels", labels)
    labels = tuple(labels)
    if len(labels) != n_environments or len(set(labels)) != len(labels):
        raise EnvironmentLabelError(
            f"labels must hold {n_environments} different labels, one for each environment, but "
            f"got {list(labels)}."
        )
    return labels
