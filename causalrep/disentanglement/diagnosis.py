"""Test whether each context changes one latent, and say what that identifies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from causalrep.disentanglement.closed_form import ContextSplit
from causalrep.disentanglement.model import LatentModel
from causalrep.disentanglement.reduction import Reduction
from causalrep.results import ContextDiagnosis, Identification, StatisticalTest, names_of

__all__ = ["ContextTests", "context_tests", "diagnose", "identification", "settled_rows"]

_LEVEL = 0.01
"""Probability of calling any context of a right model a misfit."""


@dataclass(frozen=True)
class ContextTests:
    """Tests of all contexts after the reference, each of shape (n_contexts,).

    Parameters
    ----------
    changed : ndarray, bool
        Whether the context differs from the reference at all.
    single : tuple of ndarray
        Statistic, degrees of freedom and p-value of "at most one latent changes".
    perfect : tuple of ndarray
        The same for "all contexts on the target cut it from its parents".
    """

    changed: np.ndarray
    single: tuple[np.ndarray, np.ndarray, np.ndarray]
    perfect: tuple[np.ndarray, np.ndarray, np.ndarray]


def context_tests(
    split: ContextSplit,
    reduction: Reduction,
    sizes: np.ndarray,
    model: LatentModel,
    *,
    samples: Sequence[np.ndarray] | None,
    cut: bool,
) -> ContextTests:
    r"""Test every context against the model.

    A change of one latent moves two eigenvalues of the whitened precision away from one. The
    logarithms of the d - 2 others behave as those of a symmetric matrix with independent
    entries of variance ``1/n_0 + 1/n_k`` (twice that on the diagonal), so
    ``sum log^2 / (2 (1/n_0 + 1/n_k))`` is chi-square with ``(d - 2)(d - 1)/2`` degrees of
    freedom for large samples. It errs on the safe side where fewer than two eigenvalues moved,
    for then the two most extreme of the others are left out. For Gaussian data, that is: with
    samples at hand, each ``1/n`` is multiplied by the mean variance of the entries found in the
    d - 2 directions (the scaling of Satorra and Bentler, 1994); without, by their mean variance
    for Gaussian data, which is 1 but for the sensors' noise.

    A perfect intervention makes the target independent of the latents before it. One context
    cannot show that: any row after a soft intervention is a row that makes it look perfect. R
    contexts on one latent share that row, so the sum over them of ``n_k log(marginal /
    residual variance)`` is chi-square with R - 1 times the number of earlier latents.

    Parameters
    ----------
    split : ContextSplit
    reduction : Reduction
        In the coordinates of ``model.rows``, the reference first.
    sizes : ndarray of shape (n_contexts + 1,)
    model : LatentModel
    samples : sequence of ndarray of shape (n_samples, n_latents) or None
        Samples of all contexts in the same coordinates.
    cut : bool
        Whether to test that the targets are cut from their parents: rows fitted by maximum
        likelihood under perfect interventions are needed.
    """
    d = len(reduction.basis)
    spread = _spread(split, reduction.noise, sizes, samples)
    bulk = np.sort(split.log_eigenvalues**2, axis=1)[:, : max(d - 2, 0)]
    freedom = np.full(len(spread), (d - 2) * (d - 1) / 2 if d > 2 else np.nan)
    statistic = np.where(d > 2, bulk.sum(axis=1) / (2 * spread), np.nan)
    single = (statistic, freedom, special.chdtrc(freedom, statistic))
    latent = model.rows @ reduction.covariances[1:] @ model.rows.T
    if not cut:
        unknown = np.full(len(spread), np.nan)
        return ContextTests(changed=split.changed, single=single, perfect=(unknown,) * 3)
    ratios = np.array(
        [_log_ratio(*item, model) for item in zip(latent, model.targets, strict=True)]
    ).reshape(len(spread), 2)
    statistic, freedom = _shared(sizes[1:] * ratios[:, 0], ratios[:, 1], model.targets)
    return ContextTests(
        changed=split.changed,
        single=single,
        perfect=(statistic, freedom, special.chdtrc(freedom, statistic)),
    )


def _spread(split: ContextSplit, noise, sizes, samples) -> np.ndarray:
    """Variance of an entry of M_k in the directions that context k should leave alone."""
    extreme = np.argsort(split.log_eigenvalues**2, axis=1)[:, -2:]
    spread = []
    for k, (vectors, moved) in enumerate(zip(split.vectors, extreme, strict=True), start=1):
        kept = np.delete(vectors, moved, axis=1)
        if samples is not None:
            both = _entry_variance(samples[0] @ kept), _entry_variance(samples[k] @ kept)
        else:
            both = (_gaussian_entry_variance(np.eye(kept.shape[1]) + kept.T @ noise @ kept),) * 2
        spread.append(both[0] / sizes[0] + both[1] / sizes[k])
    return np.array(spread)


def _entry_variance(sample: np.ndarray) -> float:
    """Mean variance of a product of two coordinates, that of squares halved."""
    centred = sample - sample.mean(axis=0)
    products = centred.T @ centred / len(sample)
    return _mean_entry((centred**2).T @ centred**2 / len(sample) - products**2)


def _gaussian_entry_variance(covariance: np.ndarray) -> float:
    variances = np.diag(covariance)
    return _mean_entry(variances[:, None] * variances + covariance**2)


def _mean_entry(matrix: np.ndarray) -> float:
    """Mean of the lower triangle, its diagonal halved; 1 where there is none."""
    rows, columns = np.tril_indices_from(matrix)
    entries = matrix[rows, columns] / np.where(rows == columns, 2, 1)
    return float(entries.mean()) if len(entries) else 1.0


def _shared(statistics, n_earlier, targets) -> tuple[np.ndarray, np.ndarray]:
    """Add up the statistics of contexts on one target; NaN for a target's only context."""
    same = (targets[:, None] == targets) & (targets >= 0)
    repeats = same.sum(axis=1)
    freedom = np.where((repeats > 1) & (n_earlier > 0), (repeats - 1) * n_earlier, np.nan)
    return same @ np.nan_to_num(statistics), freedom


def _log_ratio(latent, target, model) -> tuple[float, float]:
    """Log ratio of the target's marginal and residual variance, and the number of predecessors."""
    earlier = model.order[: list(model.order).index(target)] if target >= 0 else []
    if not len(earlier):
        return 0.0, 0.0
    cross = latent[earlier, target]
    explained = cross @ np.linalg.solve(latent[np.ix_(earlier, earlier)], cross)
    return -np.log1p(-min(explained / latent[target, target], 1 - 1e-15)), len(earlier)


def diagnose(
    environments, sizes, names, model: LatentModel, tests: ContextTests, *, perfect
) -> tuple[tuple[ContextDiagnosis, ...], tuple[StatisticalTest, ...]]:
    """Put the tests of the contexts into words, at a level corrected for their number.

    Parameters
    ----------
    environments : ndarray of shape (n_environments,)
        The reference first.
    sizes : ndarray of shape (n_environments,)
    names : sequence of str
        Names of the latents.
    model : LatentModel
    tests : ContextTests
    perfect : bool
        Whether the model claims perfect interventions.
    """
    level = _LEVEL / max(len(model.targets), 1)
    found = [
        ContextDiagnosis(
            environment=environments[0],
            n_samples=int(sizes[0]),
            target=None,
            statement="the reference, to which the others are compared",
        )
    ]
    log = []
    for k, target in enumerate(model.targets):
        name = names[target] if target >= 0 else None
        several, dependent = tests.single[2][k] < level, tests.perfect[2][k] < level
        statement, fits = _verdict(name, tests.changed[k], several, perfect and dependent, perfect)
        statistic, freedom, p_value = (float(part[k]) for part in tests.single)
        found.append(
            ContextDiagnosis(
                environment=environments[k + 1],
                n_samples=int(sizes[k + 1]),
                target=name,
                statistic=statistic,
                degrees_of_freedom=freedom,
                p_value=p_value,
                fits=fits,
                statement=statement,
            )
        )
        label = str(environments[k + 1])
        log.append(_entry(f"{label} changes at most one latent", (label,), tests.single, k, level))
        if perfect and name is not None:
            hypothesis = f"all contexts on {name}, {label} among them, cut it from its parents"
            log.append(_entry(hypothesis, (label, name), tests.perfect, k, level))
    return tuple(found), tuple(entry for entry in log if np.isfinite(entry.p_value))


def _entry(hypothesis, variables, test, k, level) -> StatisticalTest:
    statistic, freedom, p_value = (float(part[k]) for part in test)
    return StatisticalTest(
        hypothesis=hypothesis,
        variables=variables,
        statistic=statistic,
        degrees_of_freedom=freedom,
        p_value=p_value,
        rejected=p_value < level,
    )


def _verdict(name, changed, several, dependent, perfect) -> tuple[str, bool]:
    if several:
        strongest = f" ({name} most)" if name else ""
        return (
            f"changes several latents{strongest}, or is not comparable with the reference",
            False,
        )
    if name is None:
        return ("does not differ from the reference" if not changed else "no clear target"), True
    if dependent:
        return f"changes {name} alone, but some contexts on it are soft interventions", False
    return f"an intervention on {name}", True


def settled_rows(
    model: LatentModel, parents: np.ndarray, covariances: np.ndarray, sizes: np.ndarray
) -> np.ndarray:
    r"""Which latents' rows have one solution rather than two.

    The two candidates of v differ by a sign that products with the v of other targets settle,
    unless both are orthogonal to all of them. They are, unless another target is an ancestor. A
    source has one candidate, and two contexts of different strength have one in common.

    Parameters
    ----------
    model : LatentModel
    parents : ndarray of shape (n_latents, n_latents), bool
        Entry (j, i): i is a parent of j.
    covariances : ndarray of shape (n_contexts + 1, n_latents, n_latents)
        In the coordinates of ``model.rows``, the reference first.
    sizes : ndarray of shape (n_contexts + 1,)
    """
    targeted = np.isin(np.arange(len(parents)), model.targets)
    variances = np.einsum("ja,kab,jb->kj", model.rows, covariances, model.rows)[1:]
    several = [
        _differ(variances[model.targets == j, j], sizes[1:][model.targets == j])
        for j in range(len(parents))
    ]
    return targeted & (~parents.any(axis=1) | parents[:, targeted].any(axis=1) | several)


def _differ(variances: np.ndarray, sizes: np.ndarray) -> bool:
    """Whether two of several variances differ, by BIC."""
    distance = (np.log(variances)[:, None] - np.log(variances)) ** 2
    spread = 2 / sizes[:, None] + 2 / sizes
    return bool((distance / spread > np.log(sizes.sum() + 1)).any())


def identification(
    names, environments, model: LatentModel, contexts, settled: np.ndarray, *, perfect: bool
) -> Identification:
    """Say what is identified, latent by latent and pair by pair.

    References
    ----------
    C. Squires, A. Seigal, S. Bhate, C. Uhler, "Linear causal disentanglement via
    interventions", ICML 2023, arXiv:2211.16467, Theorems 1 and 2.
    """
    doubtful = {c.target for c in contexts if not c.fits}
    rows = tuple(
        _row(name, j, environments, model, doubtful, settled=settled[j], perfect=perfect)
        for j, name in enumerate(names)
    )
    known = {name for name, found, _ in rows if found}
    edges = tuple(
        _edge(a, b, known, all_known=len(known) == len(names), perfect=perfect)
        for i, a in enumerate(names)
        for b in names[i + 1 :]
    )
    return Identification(rows=rows, edges=edges, summary=_summary(names, known, perfect=perfect))


def _row(name, latent, environments, model, doubtful, *, settled, perfect):
    acting = [str(environments[k + 1]) for k in np.flatnonzero(model.targets == latent)]
    if not acting:
        return name, False, "no context acts on it; one single-node intervention would identify it"
    source = f"context{'s' if len(acting) > 1 else ''} {names_of(acting)}"
    if name in doubtful:
        return name, False, f"{source} contradict{'s' * (len(acting) < 2)} the model"
    if not settled:
        return (
            name,
            False,
            f"{source} allows two rows; a context on one of its causes, or another on it of a "
            "different strength, would tell them apart",
        )
    if perfect:
        return name, True, f"up to sign and scale ({source})"
    return name, True, f"its exogenous noise, up to sign and scale ({source}, soft)"


def _edge(a, b, known, *, all_known, perfect):
    pair = f"{a}, {b}"
    if not {a, b} <= known:
        return pair, False, f"needs {names_of([n for n in (a, b) if n not in known])} identified"
    if not perfect:
        return pair, True, "ancestry only; perfect interventions would identify the edge"
    if all_known:
        return pair, True, "direction and weight"
    return pair, True, "direction and weight, paths through unidentified latents included"


def _summary(names, known, *, perfect: bool) -> str:
    count = f"{len(known)} of {len(names)}"
    if not known:
        return f"None of the {len(names)} latents is identified."
    if perfect:
        return (
            f"{count} latents are identified up to sign, scale and relabelling, given perfect "
            "single-node interventions (Squires et al. 2023, Theorem 2). That an intervention is "
            "perfect can be tested only where two contexts act on one latent."
        )
    return (
        f"The exogenous noises of {count} latents and the ancestral relations between them are "
        "identified, given soft single-node interventions; the latents and the edges are not."
    )
