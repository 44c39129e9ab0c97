"""The certificate of a fit: what it identifies, and by which theorem."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from causalrep.exceptions import IdentifiabilityError
from causalrep.graphs import Graph
from causalrep.results import Identification
from identifiability.certificates import COLUMNS_ALONE, Certificate
from identifiability.estimator_cards import ESTIMATORS, EstimatorCard
from identifiability.patterns import arrows_of, finest_class, pattern_of
from identifiability.theorems import Mixing, theorem
from identifiability.verdicts import Form, GraphClass, IdentifiabilityClass

__all__ = ["certify"]

_SCOPE = "the fitted model, where the theorem's assumptions hold"


def certify(estimator: Any) -> Certificate:
    """Return the certificate of a fitted estimator.

    Estimators say in ``identification_`` which of their latents the data determine; they know
    nothing of the catalogue. This puts the theorem, its citation and its assumptions beside that.

    Parameters
    ----------
    estimator : estimator
        Fitted, of this package.

    Returns
    -------
    Certificate
        Latents that the fit does not identify may contain all others. Where the theorem behind
        an estimator was not checked, nothing is claimed.

    Raises
    ------
    IdentifiabilityError
        If no theorem is filed for such an estimator.
    NotFittedError
        If it is not fitted.

    Examples
    --------
    >>> from causalrep import LinearCausalDisentanglement
    >>> from identifiability import certify
    >>> from simulators import linear_disentanglement
    >>> data = linear_disentanglement(n_latents=2, n_features=4, random_state=1).sample(
    ...     2000, random_state=1
    ... )
    >>> print(certify(LinearCausalDisentanglement(n_latents=2).fit(data)))
    Identified up to permutation and scaling.
    <BLANKLINE>
      L1  up to its scale
      L2  up to its scale
    <BLANKLINE>
    Graph: identified
    Grounds: LinearCausalDisentanglement
    Source: Squires et al. 2023, Theorem 2 (confirmed by exact computation)
    Assuming: parameters are generic: every intervention changes what it may change
    Scope: the fitted model, where the theorem's assumptions hold
    """
    card = _card(estimator)
    check_is_fitted(estimator)
    within = getattr(estimator, "representation_", None)
    if within is not None:
        return replace(certify(within), grounds=f"{type(estimator).__name__}, by its latents")
    if not card.theorems or hasattr(estimator, "representation_"):
        return _of_nothing(estimator, card)
    row = theorem(_key(estimator, card))
    said = getattr(estimator, "identification_", None)
    latents = _latents(estimator, said)
    outside = _OUTSIDE.get(card.name)
    claims = row.claims and not (outside is not None and outside(estimator))
    pattern = _pattern(row.latents if claims else None, latents, said)
    silent = bool(latents.nodes) and (row.latents is None or not claims)
    up_to = IdentifiabilityClass.MIXED if silent else finest_class(pattern, arrows_of(latents))
    linear = row.form is Form.LINEAR and row.latents is not None and claims
    return Certificate(
        up_to=up_to,
        names=latents.nodes,
        pattern=pattern,
        missing=_missing(said),
        grounds=type(estimator).__name__,
        scope=COLUMNS_ALONE if row.mixing is Mixing.OVERCOMPLETE else _SCOPE,
        form=Form.LINEAR if linear or not latents.nodes else Form.NONLINEAR,
        graph=row.graph if claims else GraphClass.NOTHING,
        citation=str(row.source),
        evidence=row.evidence,
        assumptions=row.assumptions,
        tight=False,
    )


def _of_nothing(estimator: Any, card: EstimatorCard) -> Certificate:
    """Return what is known of a fit that rests on no theorem."""
    latents = _latents(estimator, None)
    names = latents.nodes or tuple(getattr(estimator, "get_feature_names_out", tuple)())
    return Certificate.of_nothing(names, f"{type(estimator).__name__}. {card.note}")


def _card(estimator: Any) -> EstimatorCard:
    families = [
        (cls.__module__.partition(".")[0], cls.__name__) for cls in type(estimator).__mro__
    ]
    for card in ESTIMATORS:
        package, _, name = card.name.rpartition(".")
        if (package.partition(".")[0], name) in families:
            return card
    if isinstance(estimator, type):
        raise IdentifiabilityError(
            f"certify wants a fitted estimator, but got the class {estimator.__name__}. Make one "
            "and fit it first."
        )
    names = [card.name.rpartition(".")[2] for card in ESTIMATORS]
    raise IdentifiabilityError(
        f"There is no theorem on file for {type(estimator).__name__}. Certificates are for "
        f"{', '.join(name for name in names if name[0].isupper())}; of a Pipeline, give the step."
    )


def _key(estimator: Any, card: EstimatorCard) -> str:
    """Return the theorem that the settings of a fit call for: the strongest, or the last."""
    weaker = _WEAKER.get(card.name)
    return card.theorems[-1 if weaker is not None and weaker(estimator) else 0]


_WEAKER: dict[str, Callable[[Any], bool]] = {
    "causalrep.LinearCausalDisentanglement": lambda fit: fit.intervention == "soft",
    "causalrep.CumulantICA": lambda fit: fit.n_components_ > fit.n_features_in_,
    "causalrep.neural.InterventionalAutoencoder": lambda fit: fit.intervention == "imperfect",
    "causalrep.neural.LatentPolynomialVAE": lambda fit: fit.degree > 0,
}


_OUTSIDE: dict[str, Callable[[Any], bool]] = {
    "causalrep.neural.InterventionalAutoencoder": lambda fit: fit.decoder == "mlp",
}
"""Settings that leave what the theorems are about."""


def _latents(estimator: Any, said: Identification | None) -> Graph:
    """Return the graph over the latents; without edges where the fit has none."""
    graph = getattr(estimator, "graph_", None)
    if graph is None:
        return Graph([] if said is None else [name for name, _, _ in said.rows])
    latents = graph.subgraph(graph.latent)
    return Graph(latents.nodes, [edge for edge in latents.edges if edge.is_directed])


def _pattern(
    claimed: IdentifiabilityClass | None, latents: Graph, said: Identification | None
) -> np.ndarray:
    """Return what the theorem leaves open, and all for latents that the fit does not identify."""
    pattern = pattern_of(
        IdentifiabilityClass.MIXED if claimed is None else claimed, arrows_of(latents)
    )
    lost = {name for name, found, _ in said.rows if not found} if said is not None else set()
    rows = [place for place, name in enumerate(latents.nodes) if name in lost]
    pattern[rows] = True
    return pattern


def _missing(said: Identification | None) -> tuple[str, ...]:
    if said is None:
        return ()
    return tuple(f"{name}: {text}" for name, found, text in (*said.rows, *said.edges) if not found)
