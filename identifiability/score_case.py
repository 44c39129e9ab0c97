"""An answer beside the truth: what of either is known, in one shape for all scores."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from causalrep.data import Dataset, Truth, default_names
from causalrep.exceptions import InvalidDataError
from causalrep.graphs import Graph
from identifiability.certificates import Certificate
from identifiability.graph_distances import is_cpdag
from identifiability.verdicts import Form, GraphClass, IdentifiabilityClass

__all__ = [
    "LEVELS",
    "Case",
    "NotComputable",
    "count_latents",
    "known_truth",
    "names_of_latents",
]

SINGLE, CLOSURE, EQUIVALENCE = "permutation-scaling", "transitive-closure", "markov-equivalence"
LEVELS = (SINGLE, CLOSURE, EQUIVALENCE)
CERTIFIED = "certificate"


_LEVEL_OF_CLASS = {
    IdentifiabilityClass.SCALING: SINGLE,
    IdentifiabilityClass.ANCESTORS: CLOSURE,
}
_LEVEL_OF_GRAPH = {
    GraphClass.EXACT: SINGLE,
    GraphClass.TRANSITIVE_CLOSURE: CLOSURE,
    GraphClass.MARKOV_EQUIVALENCE: EQUIVALENCE,
}


class NotComputable(Exception):
    """A score lacks something; the text says what."""


class Case:
    """A fitted estimator and the truth, checked against one another.

    Parameters
    ----------
    estimate : estimator
        Fitted.
    truth : Dataset or Truth
        At least one field known.
    level : str, Certificate or None
        One of ``LEVELS``, or what a certificate promises; None asks the estimator.
    """

    def __init__(
        self, estimate: Any, truth: Dataset | Truth, level: str | Certificate | None
    ) -> None:
        self.estimate = _fitted(estimate)
        self.data = truth if isinstance(truth, Dataset) else None
        self.truth = known_truth(truth)
        self.certificate = level if isinstance(level, Certificate) else None
        self.level = self._asked(level)
        self.n_true = count_latents(self.truth)
        self.n_latents = _one_count("estimated", _estimated_counts(estimate))
        self._check_features()

    def _asked(self, level: str | Certificate | None) -> str:
        if isinstance(level, Certificate):
            return _LEVEL_OF_CLASS.get(level.up_to, CERTIFIED)
        if level is not None:
            return _checked_level(level)
        graph = getattr(self.estimate, "graph_", None)
        if graph is not None and not graph.is_dag() and is_cpdag(graph):
            return EQUIVALENCE
        return CLOSURE if self.soft else SINGLE

    @property
    def graph_level(self) -> str:
        """What of the graph counts: all of it, its closure or its equivalence class."""
        told = None if self.certificate is None else self.certificate.graph
        if told in _LEVEL_OF_GRAPH:
            return _LEVEL_OF_GRAPH[told]
        return SINGLE if self.level == CERTIFIED else self.level

    @cached_property
    def pattern(self) -> np.ndarray:
        """Which true latent (column) the partner of each (row) may contain, bool (d, d)."""
        if self.certificate is not None:
            return self._certified_pattern(self.certificate)
        if self.level != CLOSURE:
            return np.eye(self.n_true, dtype=bool)
        closure = self.true_graph.transitive_closure().to_array(edge_direction="row->column")
        return closure.T.astype(bool) | np.eye(self.n_true, dtype=bool)

    def _certified_pattern(self, certificate: Certificate) -> np.ndarray:
        names = self.true_names
        if set(certificate.names) != set(names):
            raise InvalidDataError(
                f"The certificate is about the latents {_listed(certificate.names)}, but the "
                f"truth has {_listed(names)}. Take the certificate of the graph that drew them."
            )
        order = [certificate.names.index(name) for name in names]
        return certificate.pattern[np.ix_(order, order)]

    @property
    def linear(self) -> bool:
        """Whether what the level leaves open is linear."""
        return self.certificate is None or self.certificate.form is Form.LINEAR

    @property
    def soft(self) -> bool:
        """Whether the estimator assumes soft interventions."""
        return getattr(self.estimate, "intervention", "perfect") == "soft"

    @cached_property
    def components(self) -> np.ndarray:
        """Estimated unmixing (n_latents, n_features)."""
        rows = self._matrix("components_", "unmixing rows")
        _refuse_unknown_numbers(rows, "entries of components_")
        return rows

    @cached_property
    def weights(self) -> np.ndarray:
        """Estimated coefficients (n_latents, n_latents), row = cause."""
        return self._matrix("weights_", "coefficients")

    @cached_property
    def mixing(self) -> np.ndarray:
        """True mixing (n_features, n_true)."""
        return _wanted(self.truth.mixing, "the truth has no linear mixing")

    @cached_property
    def true_components(self) -> np.ndarray:
        """True unmixing (n_true, n_features), the pseudo-inverse of the mixing."""
        return np.linalg.pinv(self.mixing)

    @cached_property
    def true_weights(self) -> np.ndarray:
        """True coefficients (n_true, n_true), row = cause."""
        return _wanted(self.truth.weights, "the truth has no coefficients")

    @cached_property
    def noise_components(self) -> np.ndarray:
        """Estimated rows that return the noise of each latent.

        ``(I - A') H``, or the unmixing rows themselves where the estimator assumes soft
        interventions, for then noises are all that it recovers.
        """
        if self.soft:
            return self.components
        return noise_rows(self.weights, self.components)

    @cached_property
    def true_noise_components(self) -> np.ndarray:
        """True rows that return the noise of each latent."""
        return noise_rows(self.true_weights, self.true_components)

    @cached_property
    def latents(self) -> tuple[np.ndarray, np.ndarray]:
        """Recovered and true latents of the samples."""
        true = _wanted(self.truth.Z, "the truth has no latents Z")
        if self.data is None:
            raise NotComputable(
                "Latents are recovered from samples: pass the Dataset instead of its truth."
            )
        if not hasattr(self.estimate, "transform"):
            raise NotComputable("The estimator has no transform.")
        estimated = np.asarray(self.estimate.transform(self.data.X), dtype=float)
        _refuse_unknown_numbers(estimated, "recovered values")
        return estimated, np.asarray(true)

    @cached_property
    def targets(self) -> tuple[list[int], list[tuple[int, ...]]]:
        """Estimated and true targets of the environments that both know, reference first."""
        environments = getattr(self.estimate, "environments_", None)
        found = getattr(self.estimate, "targets_", None)
        if environments is None or found is None:
            raise NotComputable("The estimator names no targets.")
        if not self.truth.environments:
            raise NotComputable("The truth names no targets.")
        shared = [
            (int(target), tuple(self.truth.targets_of(label)))
            for label, target in zip(environments, found, strict=True)
            if label in self.truth.environments
        ]
        if not shared:
            raise NotComputable(
                f"The estimator knows the environments {_listed(environments)}, the truth "
                f"{_listed(self.truth.environments)}: none is in both."
            )
        shared.sort(key=lambda pair: pair != (-1, ()))
        return [pair[0] for pair in shared], [pair[1] for pair in shared]

    @cached_property
    def graph(self) -> Graph:
        """Estimated graph over the latents, or over all nodes where none is latent."""
        graph = getattr(self.estimate, "graph_", None)
        return _latent_part(_wanted(graph, "the estimator has no graph"))

    @cached_property
    def true_graph(self) -> Graph:
        """True graph over the latents, or over all nodes where none is latent."""
        if self.truth.graph is not None:
            return _latent_part(self.truth.graph)
        return Graph.from_weights(
            _wanted(self.truth.weights, "the truth has no graph"), latent=True
        )

    @cached_property
    def true_names(self) -> tuple[str, ...]:
        """Names of the true latents."""
        return names_of_latents(self.truth)

    @cached_property
    def true_spreads(self) -> np.ndarray:
        r"""Standard deviations (n_true,) of the true latents in the reference environment.

        They follow from the true coefficients and the variances of the noises,
        ``(I - A)^{-T} Omega (I - A)^{-1}``. Each noise is measured in all environments that do
        not act on its latent: that is more samples than the reference alone has.
        """
        true = _wanted(self.truth.Z, "without the true latents Z their units are not known")
        noises = np.asarray(true) @ (np.eye(self.n_true) - self.true_weights)
        undisturbed = self._undisturbed()
        if (undisturbed.sum(axis=0) < 2).any():
            raise NotComputable("A true latent is acted on in every environment.")
        variances = [
            noise[kept].var() for noise, kept in zip(noises.T, undisturbed.T, strict=True)
        ]
        total = np.linalg.inv(np.eye(self.n_true) - self.true_weights)
        spreads = np.sqrt(np.square(total.T) @ variances)
        if not (spreads > 0.0).all():
            raise NotComputable("A true latent is constant in the reference environment.")
        return spreads

    def _undisturbed(self) -> np.ndarray:
        """Whether each sample is from an environment that leaves a latent alone, bool (n, d)."""
        if self.data is None or self.data.environments is None or not self.truth.environments:
            raise NotComputable(
                "The units of the true latents are those in the reference environment: pass a "
                "Dataset with environments whose targets the truth names."
            )
        undisturbed = np.zeros((len(self.data), self.n_true), dtype=bool)
        for label, targets in zip(self.truth.environments, self.truth.targets, strict=True):
            alone = np.setdiff1d(np.arange(self.n_true), targets)
            undisturbed[np.ix_(self.data.environments == label, alone)] = True
        return undisturbed

    def _matrix(self, attribute: str, what: str) -> np.ndarray:
        return np.asarray(
            _wanted(getattr(self.estimate, attribute, None), f"the estimator has no {what}"),
            dtype=float,
        )

    def _check_features(self) -> None:
        components = getattr(self.estimate, "components_", None)
        if components is None or self.truth.mixing is None:
            return
        if np.shape(components)[1] != len(self.truth.mixing):
            raise InvalidDataError(
                f"The estimator was fitted to {np.shape(components)[1]} features, but the true "
                f"mixing has {len(self.truth.mixing)}. Score it against the truth of the data "
                "it was fitted to."
            )


def noise_rows(weights: np.ndarray, components: np.ndarray) -> np.ndarray:
    """Rows (d, p) that return the noises, ``e = z - A' z = (I - A') H x``; zeros if unknown."""
    rows = (np.eye(len(weights)) - np.asarray(weights, dtype=float).T) @ components
    return np.where(np.isfinite(rows), rows, 0.0)


def _refuse_unknown_numbers(values: np.ndarray, what: str) -> None:
    n_unknown = int((~np.isfinite(values)).sum())
    if n_unknown:
        raise InvalidDataError(
            f"{n_unknown} {what} are NaN or infinite. score(None, truth) counts a failed run as "
            "the worst answer."
        )


def _fitted(estimate: Any) -> Any:
    if hasattr(estimate, "fit"):
        check_is_fitted(estimate)
    if not _estimated_counts(estimate):
        raise TypeError(
            "score wants a fitted estimator with components_, weights_ or graph_, but "
            f"{type(estimate).__name__} has none of them."
        )
    return estimate


def known_truth(truth: Dataset | Truth) -> Truth:
    """Return the truth of a data set or itself, and refuse one that says nothing."""
    known = truth.truth if isinstance(truth, Dataset) else truth
    if isinstance(known, Truth) and known.Z is not None and np.shape(known.Z)[1:] == (0,):
        known = replace(known, Z=None)  # a model all of whose variables are measured
    if known is not None and not isinstance(known, Truth):
        raise TypeError(
            f"score wants a Dataset with its truth, or a Truth, but got {type(truth).__name__}."
        )
    if known is None or not _true_counts(known):
        raise InvalidDataError(
            "score wants a truth with a graph, weights, a mixing or latents Z, but nothing of "
            "them is known. Real data have no truth: read the estimator's own diagnosis instead."
        )
    return known


def count_latents(truth: Truth) -> int:
    """Return the number of true latents, the same by all that is known."""
    return _one_count("true", _true_counts(truth))


def names_of_latents(truth: Truth) -> tuple[str, ...]:
    """Return the names of the true latents, L1, L2, ... where nothing names them."""
    if truth.graph is not None:
        return _latent_part(truth.graph).nodes
    return default_names(count_latents(truth), "L")


def _checked_level(level: str) -> str:
    if level not in LEVELS:
        raise ValueError(
            f"level must be {' or '.join(map(repr, LEVELS))}, a Certificate or None, but is "
            f"{level!r}."
        )
    return level


def _true_counts(truth: Truth) -> dict[str, int]:
    counts = {
        "graph": None if truth.graph is None else len(_latent_part(truth.graph)),
        "weights": None if truth.weights is None else len(truth.weights),
        "mixing": None if truth.mixing is None else np.shape(truth.mixing)[1],
        "Z": None if truth.Z is None else np.shape(truth.Z)[1],
    }
    return {field: count for field, count in counts.items() if count is not None}


def _estimated_counts(estimate: Any) -> dict[str, int]:
    sizes = {
        field: getattr(estimate, field, None) for field in ("components_", "weights_", "graph_")
    }
    return {
        field: len(_latent_part(value)) if isinstance(value, Graph) else len(value)
        for field, value in sizes.items()
        if value is not None
    }


def _one_count(which: str, counts: dict[str, int]) -> int:
    if len(set(counts.values())) > 1:
        found = ", ".join(f"{count} by {field}" for field, count in counts.items())
        raise InvalidDataError(
            f"The number of {which} latents must be the same everywhere, but it is {found}."
        )
    return next(iter(counts.values()))


def _latent_part(graph: Graph) -> Graph:
    return graph.subgraph(graph.latent) if graph.latent else graph


def _wanted(value: Any, complaint: str) -> Any:
    if value is None:
        raise NotComputable(f"{complaint[0].upper()}{complaint[1:]}.")
    return value


def _listed(labels: Iterable[Any]) -> str:
    return ", ".join(str(label) for label in labels)
