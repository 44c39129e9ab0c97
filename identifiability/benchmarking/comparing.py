"""Compare estimators over many data sets by their ranks, and pair by pair."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import ceil, isnan, log2
from typing import Any

import numpy as np
from scipy import stats

from causalrep.arguments import checked, number
from causalrep.exceptions import InvalidDataError
from identifiability.benchmarking.comparison import EstimatorComparison, PairComparison
from identifiability.benchmarking.rank_comparison import friedman, holm, signed_rank
from identifiability.benchmarking.records import BenchmarkRecord, tells
from identifiability.benchmarking.results import BenchmarkResult

__all__ = ["compare_estimators", "compare_scores", "fewest_blocks"]

_LEVEL = number(0, 1, open_low=True)


@checked(alpha=_LEVEL)
def compare_scores(
    scores: Any,
    names: Sequence[str] | None = None,
    *,
    higher_is_better: bool = True,
    alpha: float = 0.05,
) -> EstimatorComparison:
    r"""Compare estimators by their scores on the same data sets.

    Parameters
    ----------
    scores : array-like of shape (n_blocks, n_estimators)
        One row a data set, the same for all estimators. NaN stands for a failure: it is worse
        than any finite score, and as bad as another failure.
    names : sequence of str, default=None
        Names of the estimators; None calls them "E1", "E2", ...
    higher_is_better : bool, default=True
        Whether large scores are good.
    alpha : float, default=0.05
        Level of the family of all pairs.

    Returns
    -------
    EstimatorComparison

    Raises
    ------
    InvalidDataError
        If there are fewer than two estimators, or so few blocks that no two estimators could
        ever be told apart: with m pairs the smallest p-value of n blocks, :math:`2^{1-n}`, must
        not exceed ``alpha / m``.

    Notes
    -----
    Within each block the estimators are ranked, ties at the mean of their ranks. With R_ij the
    rank of estimator j in block i, n blocks and k estimators, and mean ranks
    :math:`\bar R_j`, Friedman's statistic corrected for ties is

    .. math:: \chi^2 = \frac{n^2 (k - 1) \sum_j (\bar R_j - (k + 1) / 2)^2}
                            {\sum_{ij} R_{ij}^2 - n k (k + 1)^2 / 4},

    and :math:`F = (n - 1) \chi^2 / (n (k - 1) - \chi^2)` is referred to
    :math:`F_{k-1, (k-1)(n-1)}` [1]_. Where all blocks agree F is infinite; the p-value is then
    the exact one, :math:`(1 / k!)^{n-1}`, which is never gone below.

    Pairs are compared by the signed-rank test, blocks without a difference by Pratt's method,
    and the p-values are corrected by Holm's step-down procedure [2]_ over all pairs. That alone
    keeps the level of the family, so no pair waits for Friedman's test. The blocks must be
    independent, as are data sets of simulated problems drawn anew; folds of one data set are not.

    References
    ----------
    .. [1] Iman, R. L. and Davenport, J. M. (1980). Approximations of the critical region of the
       Friedman statistic. Communications in Statistics 9(6), 571-595.
    .. [2] Demsar, J. (2006). Statistical comparisons of classifiers over multiple data sets.
       Journal of Machine Learning Research 7, 1-30.

    Examples
    --------
    >>> import numpy as np
    >>> from identifiability import compare_scores
    >>> rng = np.random.default_rng(0)
    >>> scores = rng.normal([0.9, 0.9, 0.5], 0.1, size=(20, 3))
    >>> scores[3, 2] = np.nan
    >>> comparison = compare_scores(scores, ["ours", "theirs", "chance"])
    >>> comparison.names[2], comparison.n_failed, comparison.groups
    ('chance', (0, 0, 1), (('ours', 'theirs'),))
    """
    values, names = _checked(scores, names, alpha)
    utility = np.where(np.isnan(values), -np.inf, values if higher_is_better else -values)
    ranks = stats.rankdata(-utility, axis=1)
    order = np.argsort(ranks.mean(axis=0), kind="stable")
    utility, ranks = utility[:, order], ranks[:, order]
    statistic, p_value = friedman(ranks)
    return EstimatorComparison(
        names=tuple(names[place] for place in order),
        mean_ranks=ranks.mean(axis=0),
        n_blocks=len(values),
        n_failed=tuple(int(count) for count in np.isnan(values).sum(axis=0)[order]),
        statistic=statistic,
        p_value=p_value,
        pairs=_pairs(utility, [names[place] for place in order], alpha),
        alpha=alpha,
    )


@checked(alpha=_LEVEL)
def compare_estimators(
    result: BenchmarkResult, metric: str | None = None, *, alpha: float = 0.05
) -> EstimatorComparison:
    """Compare the estimators of a benchmark over all its data sets and seeds.

    Parameters
    ----------
    result : BenchmarkResult
        What :func:`identifiability.benchmark` returned.
    metric : str, default=None
        Which of its metrics; the first one where None is given.
    alpha : float, default=0.05
        Level of the family of all pairs.

    Returns
    -------
    EstimatorComparison
        Over the draws that all estimators have a record of, a draw under two names being one.
        Data that do not change with the seed are no draws: give them one seed. Estimators to
        whose answers the metric does not apply are left out; a failed fit is worse than any
        score.

    Raises
    ------
    InvalidDataError
        If the metric was not measured, or as :func:`compare_scores`.

    Examples
    --------
    >>> from functools import partial
    >>> from causalrep import LinearCausalDisentanglement
    >>> from identifiability import benchmark, compare_estimators
    >>> from simulators import linear_disentanglement
    >>> ways = ("closed-form", "squires")
    >>> estimators = {way: LinearCausalDisentanglement(2, method=way) for way in ways}
    >>> draws = {"two latents": partial(linear_disentanglement, 2, 4, n_samples=200)}
    >>> result = benchmark(estimators, draws, ["row_angle"], n_seeds=8)
    >>> print(compare_estimators(result))
    estimator    mean rank  failed
    closed-form       1.38       0
    squires           1.62       0
    Friedman's test over 8 blocks: p = 0.516.
    No two are told apart at level 0.05 (Wilcoxon, Holm).
    """
    if not isinstance(result, BenchmarkResult):
        raise InvalidDataError(
            "compare_estimators wants what identifiability.benchmark returned, but a "
            f"{type(result).__name__} came. compare_scores takes arrays."
        )
    names = [item.name for item in result.metrics]
    result.refuse_unmeasured(metric)
    name = names[0] if metric is None else metric
    compared = [item for item in result.estimators if _applies(result, name, item)]
    scores = [
        [_score(record, name) for record in block]
        for block in _blocks(result, compared)
        if not any(isnan(record.scores[name]) for record in block)
    ]
    return compare_scores(
        np.array(scores, dtype=float).reshape(len(scores), len(compared)),
        compared,
        higher_is_better=result.metrics[names.index(name)].larger_is_better,
        alpha=alpha,
    )


def _blocks(result: BenchmarkResult, compared: Sequence[str]) -> list[list[BenchmarkRecord]]:
    """Return the records of each draw that all estimators have one of, equal draws once."""
    by_fit = {(item.dataset, item.seed, item.estimator): item for item in result.records}
    blocks: dict[tuple[str, ...], list[BenchmarkRecord]] = {}
    for draw in dict.fromkeys((item.dataset, item.seed) for item in result.records):
        found = [by_fit.get((*draw, estimator)) for estimator in compared]
        block = [record for record in found if record is not None]
        if len(block) == len(compared):
            keys = tuple(record.key for record in block)
            blocks.setdefault(keys if all(keys) else (draw[0], str(draw[1])), block)
    return list(blocks.values())


def _applies(result: BenchmarkResult, metric: str, estimator: str) -> bool:
    return tells(metric, [item for item in result.records if item.estimator == estimator])


def _score(record: BenchmarkRecord, metric: str) -> float:
    """Return the score, NaN for a failure."""
    failed = record.failure is not None or metric in record.unscored
    return float("nan") if failed else record.scores[metric]


def _checked(
    scores: Any, names: Sequence[str] | None, alpha: float
) -> tuple[np.ndarray, Sequence[str]]:
    """Refuse what cannot be compared; return (n_blocks, n_estimators) floats and names."""
    try:
        values = np.array(scores, dtype=float)
    except (TypeError, ValueError) as error:
        raise InvalidDataError(f"scores must be numbers, but: {error}.") from error
    if values.ndim != 2 or values.shape[1] < 2:
        raise InvalidDataError(
            "A comparison wants scores with one row a data set and one column for each of at "
            f"least two estimators, but their shape is {values.shape}."
        )
    n_blocks, n_estimators = values.shape
    names = [f"E{place}" for place in range(1, n_estimators + 1)] if names is None else list(names)
    if len(names) != n_estimators or len(set(names)) != n_estimators:
        raise InvalidDataError(
            f"names wants {n_estimators} different names, one a column, but {names} came."
        )
    least = fewest_blocks(n_estimators, alpha)
    if n_blocks < least:
        raise InvalidDataError(
            f"To tell {n_estimators} estimators apart at level {alpha:g}, at least {least} data "
            f"sets are wanted, but there are {n_blocks}. Take more seeds."
        )
    return values, names


def fewest_blocks(n_estimators: int, alpha: float) -> int:
    """Return the number of blocks below which no pair can be told apart.

    Parameters
    ----------
    n_estimators : int
        Number of estimators.
    alpha : float
        Level of the family of all pairs.
    """
    n_pairs = n_estimators * (n_estimators - 1) // 2
    return ceil(1 + log2(n_pairs / alpha))


def _pairs(utility: np.ndarray, names: Sequence[str], alpha: float) -> tuple[PairComparison, ...]:
    """Compare all pairs of columns of utilities (n_blocks, n_estimators)."""
    places = list(combinations(range(len(names)), 2))
    differences = [_differences(utility[:, first], utility[:, second]) for first, second in places]
    p_values = np.array([signed_rank(difference) for difference in differences])
    adjusted = holm(p_values)
    return tuple(
        PairComparison(
            first=names[first],
            second=names[second],
            n_better=int(np.sum(difference > 0)),
            n_tied=int(np.sum(difference == 0)),
            n_worse=int(np.sum(difference < 0)),
            p_value=float(p),
            adjusted_p_value=float(corrected),
            differ=bool(corrected <= alpha),
        )
        for (first, second), difference, p, corrected in zip(
            places, differences, p_values, adjusted, strict=True
        )
    )


def _differences(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Subtract; two scores that are equal do not differ, also where both are infinite."""
    same = first == second
    return np.where(same, 0.0, first - np.where(same, 0.0, second))
