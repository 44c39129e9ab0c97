"""What PC and FCI share: the ways in, the test they ask, and what they say about the skeleton."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Protocol, Self

import numpy as np
from sklearn.base import BaseEstimator, _fit_context
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions

from causalrep.base import CertifiedMixin
from causalrep.covariances import centred, correlation_of
from causalrep.exceptions import ModelMismatchWarning
from causalrep.graphs import Graph
from causalrep.results import StatisticalTest, names_of
from causalrep.validation import (
    check_columns,
    check_samples,
    feature_names,
    power_of_two_scales,
    set_features,
)
from discovery.background import BackgroundKnowledge
from discovery.covariances import take_covariance
from discovery.independence import (
    FisherZTest,
    IndependenceTest,
    RankIndependenceTest,
    RobustTest,
)
from discovery.kernel_independence import KernelTest
from discovery.skeleton import Skeleton, SkeletonSearch

__all__ = ["ConstraintSearch", "Separation", "UnboundTest"]

_FEWEST_SAMPLES = 4


class UnboundTest(Protocol):
    """What can be given as ``test``: an object that makes a test of samples."""

    def bind(self, X: Any, names: Sequence[str]) -> IndependenceTest:
        """Return the test of independence between the columns of X."""
        ...


@dataclass(frozen=True, kw_only=True)
class Separation:
    """A set of variables given which two others were found independent.

    Parameters
    ----------
    first, second : str
        The two variables.
    given : tuple of str
        The set with the largest p-value.
    p_value : float
        That p-value.
    ties : tuple of tuple of str
        Other sets with the same p-value.
    """

    first: str
    second: str
    given: tuple[str, ...]
    p_value: float
    ties: tuple[tuple[str, ...], ...] = ()

    def __str__(self) -> str:
        given = f" given {names_of(self.given)}" if self.given else ""
        return f"{self.first} and {self.second} independent{given} (p = {self.p_value:.3g})"


class ConstraintSearch(CertifiedMixin, BaseEstimator):
    """Base of searches that find a skeleton by tests of independence and then orient it."""

    _confounding: bool
    test: Any
    alpha: float
    max_given: int | None
    background: BackgroundKnowledge | None
    max_tests: int | None

    _parameter_constraints = {
        "test": [StrOptions({"fisher-z", "robust", "rank", "kernel"}), HasMethods(["bind"])],
        "alpha": [Interval(Real, 0, 1, closed="neither")],
        "max_given": [Interval(Integral, 0, None, closed="left"), None],
        "background": [BackgroundKnowledge, None],
        "max_tests": [Interval(Integral, 1, None, closed="left"), None],
    }

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the graph from samples.

        Parameters
        ----------
        X : Dataset, array-like or frame of shape (n_samples, n_features)
            Samples.
        y : object, default=None
            Ignored.

        Returns
        -------
        ConstraintSearch
            The fitted estimator itself.

        Raises
        ------
        InvalidDataError, DegenerateDataError
            If samples or columns cannot be used, or are too few for the conditioning sets.
        BudgetError
            If the search would make more tests than ``max_tests``.
        """
        X = check_samples(self, X, min_samples=_FEWEST_SAMPLES)
        X = X / power_of_two_scales(X)
        Z = centred(X)
        covariance = Z.T @ Z / (len(X) - 1)
        names = feature_names(self)
        check_columns(covariance, names, allow_dependent=len(X) <= len(names))
        return self._search(_bound(self.test, X, covariance, names), names)

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_from_covariance(
        self, covariance: Any, n_samples: int, names: Sequence[str] | None = None
    ) -> Self:
        """Learn the graph from a covariance or correlation matrix.

        Parameters
        ----------
        covariance : array-like of shape (n_features, n_features)
            Covariances or correlations.
        n_samples : int
            Number of samples behind them.
        names : sequence of str, default=None
            Names of the features; X1, X2, ... where None.

        Returns
        -------
        ConstraintSearch
            The fitted estimator itself.

        Raises
        ------
        TypeError
            If the test needs the samples themselves.
        InvalidDataError, DegenerateDataError
            If the matrix is no covariance, or some column is constant, duplicate or dependent.
        """
        matrix = take_covariance(self, covariance, n_samples, names)
        check_columns(matrix, feature_names(self), allow_dependent=n_samples <= len(matrix))
        correlation = correlation_of(matrix)
        if self.test == "rank":
            from causalrep.ranks import CorrelationRankTest

            rank_test = CorrelationRankTest(correlation, n_samples)
            return self._search(RankIndependenceTest(rank_test), feature_names(self))
        if self.test != "fisher-z":
            raise TypeError(
                'A covariance is enough for test="fisher-z" and test="rank", but '
                f"test={self.test!r} needs the samples. Call fit(X) instead."
            )
        return self._search(FisherZTest(correlation, n_samples), feature_names(self))

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_from_test(self, test: Any, names: Sequence[str]) -> Self:
        """Learn the graph by asking a test that needs no samples, such as an oracle.

        Parameters
        ----------
        test : IndependenceTest or UnboundTest
            A bound test of the variables, or an oracle that can be bound to their names.
        names : sequence of str
            The variables.

        Returns
        -------
        ConstraintSearch
            The fitted estimator itself.
        """
        names = tuple(names)
        set_features(self, names)
        bound = test if isinstance(test, IndependenceTest) else test.bind(None, names)
        return self._search(bound, names)

    def _search(self, test: IndependenceTest, names: tuple[str, ...]) -> Self:
        search = SkeletonSearch(
            test,
            names,
            alpha=self.alpha,
            max_given=self.max_given,
            background=self.background,
            confounding=self._confounding,
            max_tests=self.max_tests,
        )
        search.among_adjacent()
        skeleton, self.graph_, contested = self._orient(search)
        self.n_tests_ = skeleton.n_tests
        self.sepsets_ = _separations(skeleton)
        self.test_log_ = _log(skeleton, test, self.alpha)
        pairs = np.argwhere(np.triu(contested | contested.T)).tolist()
        self.conflicts_ = tuple((names[i], names[j]) for i, j in pairs)
        if self.conflicts_:
            warnings.warn(_complaint(self.conflicts_), ModelMismatchWarning, stacklevel=4)
        return self

    @abstractmethod
    def _orient(self, search: SkeletonSearch) -> tuple[Skeleton, Graph, np.ndarray]:
        """Return the final skeleton, the graph, and the pairs with contradictory evidence."""


def _bound(
    test: Any, X: np.ndarray, covariance: np.ndarray, names: tuple[str, ...]
) -> IndependenceTest:
    """Return the test that a name or an unbound object stands for, bound to samples."""
    if test == "fisher-z":
        return FisherZTest(covariance, len(X))
    if test == "robust":
        return RobustTest(X)
    if test == "kernel":
        return KernelTest(X)
    if test == "rank":
        from causalrep.ranks import CorrelationRankTest

        return RankIndependenceTest(CorrelationRankTest(correlation_of(covariance), len(X)))
    bound = test.bind(X, names)
    return bound if isinstance(bound, IndependenceTest) else RankIndependenceTest(bound)


def _separations(skeleton: Skeleton) -> tuple[Separation, ...]:
    names = skeleton.names
    found = []
    for (i, j), sets in sorted(skeleton.separators.items()):
        named = [tuple(names[k] for k in members) for members in sets]
        found.append(
            Separation(
                first=names[i],
                second=names[j],
                given=named[0],
                p_value=float(skeleton.p_values[i, j]),
                ties=tuple(named[1:]),
            )
        )
    return tuple(found)


def _log(skeleton: Skeleton, test: IndependenceTest, alpha: float) -> tuple[StatisticalTest, ...]:
    """Return, for each pair, the test that speaks most for independence."""
    names = skeleton.names
    statistics = _statistics(skeleton, test)
    entries = []
    for (i, j), members in sorted(skeleton.closest.items(), key=lambda item: item[0]):
        given = tuple(names[k] for k in members)
        p_value = float(skeleton.p_values[i, j])
        text = f"{names[i]} and {names[j]} are independent"
        entries.append(
            StatisticalTest(
                hypothesis=text + f" given {names_of(given)}" * bool(given),
                variables=(names[i], names[j], *given),
                statistic=statistics[i, j],
                degrees_of_freedom=np.nan,
                p_value=p_value,
                rejected=p_value < alpha,
            )
        )
    return tuple(entries)


def _statistics(skeleton: Skeleton, test: IndependenceTest) -> dict[tuple[int, int], float]:
    """Ask for the statistics of the logged tests, once for each size of conditioning sets."""
    found: dict[tuple[int, int], float] = {}
    for size in {len(members) for members in skeleton.closest.values()}:
        pairs = [pair for pair, members in skeleton.closest.items() if len(members) == size]
        given = np.array([skeleton.closest[pair] for pair in pairs]).reshape(len(pairs), size)
        first, second = np.array(pairs).T
        values = test.statistics(first, second, given)
        found |= zip(pairs, values.tolist(), strict=True)
    return found


def _complaint(conflicts: tuple[tuple[str, str], ...]) -> str:
    shown = ", ".join(f"{first} - {second}" for first, second in conflicts[:5])
    more = f" and {len(conflicts) - 5} more" if len(conflicts) > 5 else ""
    return (
        f"The independences found contradict one another, or the background knowledge, on the "
        f"direction of {len(conflicts)} edge(s), which therefore stay undecided: {shown}{more}. "
        "More samples, another alpha or another test may settle them; see conflicts_."
    )
