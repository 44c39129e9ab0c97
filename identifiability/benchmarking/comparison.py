"""What a comparison of estimators says: mean ranks, pairs told apart, groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from identifiability.score_rows import written

__all__ = ["EstimatorComparison", "PairComparison"]


@dataclass(frozen=True)
class PairComparison:
    """Two estimators on the same blocks.

    Parameters
    ----------
    first, second : str
        Names, that of the better mean rank first.
    n_better, n_tied, n_worse : int
        Blocks on which the first is better than, as good as, and worse than the second.
    p_value : float
        Of the two-sided signed-rank test of Wilcoxon.
    adjusted_p_value : float
        The same after Holm's correction for all pairs.
    differ : bool
        Whether the adjusted p-value is at most the level asked for.
    """

    first: str
    second: str
    n_better: int
    n_tied: int
    n_worse: int
    p_value: float
    adjusted_p_value: float
    differ: bool


@dataclass(frozen=True, eq=False)
class EstimatorComparison:
    """Mean ranks of estimators, and which of them are told apart; prints as a table.

    Parameters
    ----------
    names : tuple of str
        Estimators, the one with the best mean rank first.
    mean_ranks : ndarray of shape (n_estimators,)
        Mean over blocks of the rank within the block: 1 is best, ties share their ranks.
    n_blocks : int
        Number of blocks: data sets that all estimators were fitted to.
    n_failed : tuple of int
        Blocks on which each estimator failed.
    statistic, p_value : float
        Friedman's statistic in the form of Iman and Davenport, and the p-value of the
        hypothesis that all estimators are equally good.
    pairs : tuple of PairComparison
        All pairs, in the order of the mean ranks.
    alpha : float
        Level at which pairs are told apart.
    """

    names: tuple[str, ...]
    mean_ranks: np.ndarray
    n_blocks: int
    n_failed: tuple[int, ...]
    statistic: float
    p_value: float
    pairs: tuple[PairComparison, ...]
    alpha: float

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """Longest runs of neighbours in rank no two of which are told apart.

        Runs of one are left out; one estimator may be in several.
        """
        apart = {frozenset((pair.first, pair.second)) for pair in self.pairs if pair.differ}
        runs: list[range] = []
        for start in range(len(self.names)):
            stop = start + 1
            while stop < len(self.names) and not any(
                frozenset((self.names[place], self.names[stop])) in apart
                for place in range(start, stop)
            ):
                stop += 1
            if stop - start > 1 and not (runs and stop <= runs[-1].stop):
                runs.append(range(start, stop))
        return tuple(tuple(self.names[place] for place in run) for run in runs)

    def __str__(self) -> str:
        width = max(map(len, (*self.names, "estimator")))
        lines = [f"{'estimator':<{width}}  mean rank  failed"]
        lines += [
            f"{name:<{width}}  {rank:9.2f}  {failed:6d}"
            for name, rank, failed in zip(self.names, self.mean_ranks, self.n_failed, strict=True)
        ]
        return "\n".join([*lines, *self.sentences()])

    def sentences(self) -> tuple[str, ...]:
        """Return in words what the tests say."""
        equal = f"Friedman's test over {self.n_blocks} blocks: p = {written(self.p_value)}."
        n_told = sum(pair.differ for pair in self.pairs)
        level = f"at level {self.alpha:g} (Wilcoxon, Holm)"
        if n_told == len(self.pairs):
            return equal, f"All pairs are told apart {level}."
        if not n_told:
            return equal, f"No two are told apart {level}."
        told = f"{n_told} of {len(self.pairs)} pairs are told apart {level}"
        groups = "; ".join(", ".join(group) for group in self.groups)
        if not groups:
            return equal, f"{told}."
        return equal, f"{told}. Groups that are not: {groups.rstrip('.')}."
