"""Score a fitted estimator of latents against the truth, as far as the truth is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from causalrep.arguments import checked
from causalrep.data import Dataset, Truth
from causalrep.exceptions import GraphError, InvalidDataError
from causalrep.graphs import Graph, Mark
from identifiability.alignment import Alignment
from identifiability.angles import row_angles
from identifiability.certificates import Certificate
from identifiability.class_scores import class_residual, off_pattern_energy
from identifiability.class_tests import examine_class
from identifiability.disentanglement_scores import disentanglement_scores
from identifiability.end_marks import end_mark_confusion
from identifiability.failed_answer import FailedAnswer, counted_as_worst, is_failure
from identifiability.graph_distances import (
    as_equivalence_class,
    compare_graphs,
)
from identifiability.metrics import (
    affine_r2,
    mean_correlation_coefficient,
    unique_share,
    unique_spreads,
)
from identifiability.score_case import CERTIFIED, CLOSURE, EQUIVALENCE, Case, NotComputable
from identifiability.score_matching import aligned
from identifiability.score_report import ScoreReport
from identifiability.score_rows import Skipped
from identifiability.targets import target_accuracy, target_rand_index

__all__ = ["score"]


@checked()
def score(
    estimate: Any,
    truth: Dataset | Truth,
    *,
    level: str | Certificate | None = None,
    disentanglement: bool = True,
    random_state: int | np.random.Generator | None = 0,
) -> ScoreReport:
    """Score a fitted estimator against everything the truth says.

    Estimated latents come in no particular order, sign or scale. They are matched to the true
    ones by the environments in which they are intervened on; where targets are not known, by
    the angles between unmixing rows, then by correlation, and last by the graph.

    Parameters
    ----------
    estimate : estimator, exception or None
        Fitted, with (some of) ``components_``, ``weights_``, ``graph_``, ``targets_``,
        ``environments_``, ``edges_`` and ``transform``. The exception that a fit raised, or
        None, is a failed run: it gets the worst value of every score that a fit could get.
    truth : Dataset or Truth
        A Dataset that carries its truth also lets the latents of its samples be scored.
    level : {"permutation-scaling", "transitive-closure", "markov-equivalence"} or Certificate
        What counts as right. None asks the estimator: soft interventions identify the noises
        of the latents and the transitive closure of the graph, perfect ones all of it, and an
        estimated CPDAG claims a Markov equivalence class. A certificate brings its pattern.
    disentanglement : bool, default=True
        Whether to compute :func:`disentanglement_scores`, on at most 1000 samples; about a
        second.
    random_state : int, numpy.random.Generator or None, default=0
        Draws the baselines and the permutations.

    Returns
    -------
    ScoreReport
        Prints as a table.

    Raises
    ------
    InvalidDataError
        If the truth says nothing, contradicts itself about the number of latents, or is about
        other features.
    NotFittedError
        If the estimator is not fitted.

    Notes
    -----
    Estimated coefficients are taken to be standardised: latents of unit variance in the
    reference environment. True ones are brought to that convention by the standard deviations
    of the true latents there, :math:`a_{ij} s_i / s_j`, which follow from the true coefficients
    and the variances of the noises in all environments that leave a latent alone. Coefficients
    that the estimator leaves open (NaN) count as 0. Where it assumes soft interventions its
    ``components_`` are taken for the rows that return the noises.

    Examples
    --------
    >>> import numpy as np
    >>> from types import SimpleNamespace
    >>> from causalrep.data import Truth
    >>> from identifiability import score
    >>> mixing = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 2.0]])
    >>> answer = SimpleNamespace(components_=-3.0 * np.linalg.pinv(mixing)[::-1])
    >>> report = score(answer, Truth(mixing=mixing))
    >>> round(report.rms_row_angle, 12), report.alignment.permutation.tolist()
    (0.0, [1, 0])
    """
    if is_failure(estimate):
        report = score(
            FailedAnswer(truth),
            truth,
            level=level,
            disentanglement=disentanglement,
            random_state=random_state,
        )
        return counted_as_worst(report, estimate)
    case = Case(estimate, truth, level)
    skipped: list[Skipped] = []
    alignment = _attempted(skipped, "matching of latents", lambda: aligned(case))
    parts: dict[str, Any] = {}
    for what, compute in (
        ("row angles", lambda: _row_scores(case, alignment)),
        ("noise row angles", lambda: _noise_row_scores(case, alignment)),
        ("correlations", lambda: _latent_scores(case, random_state)),
        ("unique share", lambda: _share_scores(case)),
        ("R2", lambda: _space_scores(case)),
        ("class residual", lambda: _class_scores(case, random_state)),
        ("off-pattern energy", lambda: _energy_scores(case)),
        ("disentanglement", lambda: _disentanglement(case, disentanglement, random_state)),
        ("targets", lambda: _target_scores(case, alignment)),
        ("graph", lambda: _graph_scores(case, alignment)),
        ("end marks", lambda: _mark_scores(case, alignment)),
        ("weights", lambda: _weight_scores(case, alignment)),
        ("intervals", lambda: _interval_scores(case, alignment)),
    ):
        parts |= _attempted(skipped, what, compute) or {}
    return ScoreReport(
        level=case.level,
        graph_level=case.graph_level,
        certificate=case.certificate,
        n_latents=case.n_latents,
        n_true_latents=case.n_true,
        alignment=alignment,
        skipped=tuple(skipped),
        **parts,
    )


def _attempted(skipped: list[Skipped], what: str, compute: Callable[[], Any]) -> Any:
    """Return the score, or note why it cannot be had."""
    try:
        return compute()
    except NotComputable as reason:
        skipped.append(Skipped(what, str(reason)))
        return None


def _row_scores(case: Case, alignment: Alignment | None) -> dict[str, Any]:
    _refuse_latents(case)
    angles = row_angles(
        case.components,
        case.true_components,
        _required(alignment).permutation,
        mixing=case.mixing,
    )
    return {"row_angles": angles}


def _noise_row_scores(case: Case, alignment: Alignment | None) -> dict[str, Any]:
    angles = row_angles(
        case.noise_components,
        case.true_noise_components,
        _required(alignment).permutation,
        mixing=case.mixing,
    )
    return {"noise_row_angles": angles}


def _latent_scores(case: Case, random_state: Any) -> dict[str, Any]:
    _refuse_latents(case)
    estimated, true = case.latents
    pearson, spearman = (
        mean_correlation_coefficient(estimated, true, method=method, random_state=random_state)
        for method in ("pearson", "spearman")
    )
    return {"pearson": pearson, "spearman": spearman}


def _share_scores(case: Case) -> dict[str, Any]:
    _refuse_latents(case)
    with _not_computable():
        return {"unique_share": unique_share(*case.latents)}


def _space_scores(case: Case) -> dict[str, Any]:
    estimated, true = case.latents
    return {
        "r2_true_from_estimated": affine_r2(estimated, true),
        "r2_estimated_from_true": affine_r2(true, estimated),
        "r2_chance": min(estimated.shape[1] / (len(true) - 1), 1.0),
    }


def _class_scores(case: Case, random_state: Any) -> dict[str, Any]:
    estimated, true = case.latents
    regression = "affine" if case.linear else "splines"
    with _not_computable():
        residual = class_residual(estimated, true, case.pattern, regression=regression)
        if not case.linear:
            return {"class_residual": residual}
        tests = examine_class(estimated, true, case.pattern, random_state=random_state)
    return {"class_residual": residual, "class_tests": tests}


def _energy_scores(case: Case) -> dict[str, Any]:
    """Score the effective mixing itself, with spreads of the latents where they are known."""
    if not case.linear:
        raise NotComputable("The certificate leaves functions open, not linear maps.")
    effective = case.components @ case.mixing
    spreads = None
    if case.truth.Z is not None:
        with _not_computable():
            spreads = unique_spreads(np.asarray(case.truth.Z, dtype=float))
    return {"off_pattern": off_pattern_energy(effective, case.pattern, spreads=spreads)}


def _disentanglement(case: Case, wanted: bool, random_state: Any) -> dict[str, Any]:
    if not wanted:
        return {}
    _refuse_latents(case)
    estimated, true = case.latents
    settings = {"n_permutations": 40, "n_baselines": 1, "max_samples": 1000}
    with _not_computable():
        return {
            "disentanglement": disentanglement_scores(
                estimated, true, random_state=random_state, **settings
            )
        }


@contextmanager
def _not_computable() -> Iterator[None]:
    """Tell of samples that are too few or too dependent as of a score that cannot be had."""
    try:
        yield
    except InvalidDataError as error:
        raise NotComputable(str(error)) from error


def _target_scores(case: Case, alignment: Alignment | None) -> dict[str, Any]:
    estimated, true = case.targets
    told = int((estimated[0], true[0]) == (-1, ()))
    estimated, true = estimated[told:], true[told:]
    if not true:
        raise NotComputable("No environment beside the reference is known to both.")
    return {
        "target_accuracy": target_accuracy(estimated, true, _required(alignment).permutation),
        "target_rand_index": target_rand_index(estimated, true),
        "n_environments": len(true),
    }


def _common_graphs(case: Case, alignment: Alignment | None) -> tuple[Graph, Graph]:
    """Bring the estimated and the true graph over the same nodes."""
    estimate = _required(alignment).graph(case.graph, case.true_names)
    truth = case.true_graph
    spare = [name for name in estimate.nodes if name not in truth.nodes]
    truth = Graph((*truth.nodes, *spare), truth.edges, latent=(*truth.latent, *spare))
    return estimate, truth


def _graph_scores(case: Case, alignment: Alignment | None) -> dict[str, Any]:
    estimate, truth = _common_graphs(case, alignment)
    what = _CLAIMED.get(case.graph_level)
    if what is not None:
        try:
            estimate, truth = what(estimate), what(truth)
        except GraphError as error:
            raise NotComputable(
                f"Only directed acyclic graphs have a {_THING[case.graph_level]}. {error}"
            ) from error
    return {"graph": compare_graphs(estimate, truth)}


def _mark_scores(case: Case, alignment: Alignment | None) -> dict[str, Any]:
    if not any(Mark.CIRCLE in (edge.source_mark, edge.target_mark) for edge in case.graph.edges):
        return {}
    estimate, truth = _common_graphs(case, alignment)
    try:
        return {"end_marks": end_mark_confusion(estimate, truth)}
    except GraphError as error:
        raise NotComputable(str(error)) from error


_CLAIMED = {CLOSURE: Graph.transitive_closure, EQUIVALENCE: as_equivalence_class}
_THING = {CLOSURE: "closure", EQUIVALENCE: "Markov equivalence class"}


def _weight_scores(case: Case, alignment: Alignment | None) -> dict[str, Any]:
    """Compare standardised coefficients; an open one, or of a missing latent, counts as 0."""
    _refuse_latents(case)
    true = _standardised(case.true_weights, case.true_spreads)
    matching = _required(alignment).without_units()
    aligned = matching.weights(case.weights)
    apart = ~np.eye(len(true), dtype=bool)
    errors = (np.nan_to_num(aligned) - true)[apart]
    return {
        "weight_error": _root_mean_square(errors),
        "weight_size": _root_mean_square(true[apart]),
        "true_weights": matching.inverse().weights(true),
    }


def _interval_scores(case: Case, alignment: Alignment | None) -> dict[str, Any]:
    _refuse_latents(case)
    edges = getattr(case.estimate, "edges_", ())
    kept = [edge for edge in edges if edge.identified and edge.lower < edge.upper]
    if not kept:
        raise NotComputable("The estimator gives no intervals.")
    true = _standardised(case.true_weights, case.true_spreads)
    signed = _required(alignment).without_units().inverse().weights(true)
    names = case.graph.nodes
    truths = [signed[names.index(edge.source), names.index(edge.target)] for edge in kept]
    inside = [
        edge.lower <= truth <= edge.upper
        for edge, truth in zip(kept, truths, strict=True)
        if not np.isnan(truth)
    ]
    if not inside:
        raise NotComputable("No interval is between two latents that have a partner.")
    return {"interval_coverage": float(np.mean(inside)), "n_intervals": len(inside)}


def _standardised(weights: np.ndarray, spreads: np.ndarray) -> np.ndarray:
    """Coefficients between latents divided by their spreads: ``a_ij s_i / s_j``."""
    return np.asarray(weights) * spreads[:, None] / spreads[None, :]


def _root_mean_square(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(values)))) if values.size else 0.0


def _refuse_latents(case: Case) -> None:
    if case.level == CLOSURE:
        raise NotComputable(
            "Soft interventions do not identify single latents, only their noises and who is "
            "an ancestor of whom. level='permutation-scaling' computes it all the same."
        )
    if case.level == CERTIFIED:
        raise NotComputable(
            "The certificate does not promise single latents. level='permutation-scaling' "
            "computes it all the same."
        )


def _required(alignment: Alignment | None) -> Alignment:
    if alignment is None:
        raise NotComputable("The latents could not be matched.")
    return alignment
