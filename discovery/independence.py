"""Tests of conditional independence: what a search asks, and the tests of linear dependence.

A test is bound to data (or to a graph, or to a covariance) and answers many questions at a time:
``p_values(first, second, given)`` with one row of variable numbers a question.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import special, stats

from causalrep.argument_arrays import real_array
from causalrep.arguments import array, checked, count, instance, samples
from causalrep.covariances import centred, check_covariance, correlation_of
from causalrep.data import default_names
from causalrep.exceptions import DegenerateDataError, InvalidDataError
from causalrep.ranks import RankTest
from causalrep.validation import check_columns, power_of_two_scales

__all__ = [
    "FisherZTest",
    "IndependenceTest",
    "RankIndependenceTest",
    "RobustTest",
    "same_given",
]

_ROUND_OFF = 1e-10
_VALUES_AT_ONCE = 2**21


class IndependenceTest(ABC):
    """A test that two variables are independent given others, for many triples at once."""

    @property
    @abstractmethod
    def n_variables(self) -> int:
        """Number of variables, which are numbered from 0."""

    @abstractmethod
    def p_values(self, first: np.ndarray, second: np.ndarray, given: np.ndarray) -> np.ndarray:
        """Test many independences with conditioning sets of one size.

        Parameters
        ----------
        first, second : ndarray of shape (n_tests,), int
            The two variables of each test, in any order.
        given : ndarray of shape (n_tests, size), int
            The conditioning set of each test.

        Returns
        -------
        ndarray of shape (n_tests,)

        Raises
        ------
        InvalidDataError
            If there are too few samples for conditioning sets of this size.
        """

    def statistics(self, first: np.ndarray, second: np.ndarray, given: np.ndarray) -> np.ndarray:
        """Return the statistics behind the p-values, for the log; NaN where there are none.

        Parameters
        ----------
        first, second : ndarray of shape (n_tests,), int
        given : ndarray of shape (n_tests, size), int

        Returns
        -------
        ndarray of shape (n_tests,)
        """
        return np.full(len(first), np.nan)


class FisherZTest(IndependenceTest):
    r"""Fisher's z-transform of partial correlations.

    .. math:: z = \sqrt{n - |S| - 3} \; \operatorname{artanh} r_{xy \cdot S}

    is standard normal under independence of Gaussian variables, and nearly so for linear models
    with any noise of finite fourth moments that is independent of the causes.

    Parameters
    ----------
    correlation : ndarray of shape (n_variables, n_variables)
        Correlations, or covariances.
    n_samples : int
        Number of samples behind them.

    References
    ----------
    R. A. Fisher, "The distribution of the partial correlation coefficient", Metron 3 (1924).

    Examples
    --------
    >>> import numpy as np
    >>> from discovery import FisherZTest
    >>> chain = np.array([[1.0, 0.6, 0.36], [0.6, 1.0, 0.6], [0.36, 0.6, 1.0]])
    >>> test = FisherZTest(chain, n_samples=100)
    >>> test.p_values(np.array([0]), np.array([2]), np.array([[1]])).round(3)
    array([1.])
    >>> test.p_values(np.array([0]), np.array([2]), np.zeros((1, 0), dtype=int)).round(5)
    array([0.00021])
    """

    @checked(correlation=array(finite=False), n_samples=count(1))
    def __init__(self, correlation: np.ndarray, n_samples: int) -> None:
        correlation = check_covariance(correlation)
        check_columns(correlation, default_names(len(correlation)), allow_dependent=True)
        self.correlation = correlation_of(correlation)
        self.n_samples = int(n_samples)

    @property
    def n_variables(self) -> int:
        """Number of variables."""
        return len(self.correlation)

    def statistics(self, first: np.ndarray, second: np.ndarray, given: np.ndarray) -> np.ndarray:
        """Return z for each test, shape (n_tests,)."""
        first, second, given = checked_triples(self.n_variables, first, second, given)
        freedom = self.n_samples - given.shape[1] - 3
        _refuse_few_samples(self.n_samples, given.shape[1], freedom)
        r = np.empty(len(first))
        chunk = max(1, _VALUES_AT_ONCE // (given.shape[1] + 2) ** 2)
        for start in range(0, len(first), chunk):
            part = slice(start, start + chunk)
            r[part] = partial_correlations(
                self.correlation, first[part], second[part], given[part]
            )
        return np.sqrt(freedom) * np.arctanh(r)

    def p_values(self, first: np.ndarray, second: np.ndarray, given: np.ndarray) -> np.ndarray:
        """Return two-sided p-values, shape (n_tests,)."""
        return 2 * special.ndtr(-np.abs(self.statistics(first, second, given)))


class RobustTest(IndependenceTest):
    r"""Partial correlation with a standard error that holds for heavy tails.

    With the residuals :math:`e_x, e_y` of least squares on the conditioning set,

    .. math:: t = \frac{\sum_i g_i}{\sqrt{\frac{n}{n - 1} \sum_i (g_i - \bar g)^2}},
              \qquad g_i = e_{x,i} e_{y,i},

    against Student's t with :math:`n - |S| - 2` degrees of freedom. The variance of the products
    is estimated, where Fisher's z takes it from the normal distribution: under elliptical heavy
    tails uncorrelated variables are dependent in size, and Fisher's z rejects far too often.
    The test is the rank test of Kleibergen and Paap for two single variables.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_variables)
        Samples.

    References
    ----------
    F. Kleibergen, R. Paap, "Generalized reduced rank tests using the singular value
    decomposition", Journal of Econometrics 133 (2006).

    R. D. Shah, J. Peters, "The hardness of conditional independence testing and the generalised
    covariance measure", Annals of Statistics 48 (2020), arXiv:1804.07203.

    Examples
    --------
    >>> import numpy as np
    >>> from discovery import RobustTest
    >>> X = np.random.default_rng(0).standard_t(5, size=(300, 2)) @ [[1.0, 0.8], [0.0, 1.0]]
    >>> nothing = np.zeros((1, 0), dtype=int)
    >>> bool(RobustTest(X).p_values(np.array([0]), np.array([1]), nothing)[0] < 1e-6)
    True
    """

    @checked(X=samples(2))
    def __init__(self, X: np.ndarray) -> None:
        X = centred(X / power_of_two_scales(X))
        check_columns(X.T @ X, default_names(X.shape[1]), allow_dependent=True)
        self.X = X / X.std(axis=0)

    @property
    def n_variables(self) -> int:
        """Number of variables."""
        return self.X.shape[1]

    def statistics(self, first: np.ndarray, second: np.ndarray, given: np.ndarray) -> np.ndarray:
        """Return t for each test, shape (n_tests,)."""
        first, second, given = checked_triples(self.n_variables, first, second, given)
        n_samples, size = len(self.X), given.shape[1]
        _refuse_few_samples(n_samples, size, n_samples - size - 2)
        t = np.empty(len(first))
        for members, tests in same_given(given):
            basis, _ = np.linalg.qr(self.X[:, members])
            columns, places = np.unique([first[tests], second[tests]], return_inverse=True)
            residuals = self.X[:, columns] - basis @ (basis.T @ self.X[:, columns])
            e_x, e_y = residuals[:, places.reshape(2, -1)].transpose(1, 0, 2)
            t[tests] = _studentised(e_x * e_y)
        return t

    def p_values(self, first: np.ndarray, second: np.ndarray, given: np.ndarray) -> np.ndarray:
        """Return two-sided p-values, shape (n_tests,)."""
        first, second, given = checked_triples(self.n_variables, first, second, given)
        freedom = len(self.X) - given.shape[1] - 2
        return 2 * stats.t.sf(np.abs(self.statistics(first, second, given)), freedom)


class RankIndependenceTest(IndependenceTest):
    """A rank test asked for rank 0, which is partial uncorrelatedness.

    Parameters
    ----------
    test : RankTest
        Any test of :mod:`causalrep.ranks`, such as the one for ordinal answers.

    Examples
    --------
    >>> import numpy as np
    >>> from causalrep import Graph
    >>> from causalrep.ranks import RankOracle
    >>> from discovery import RankIndependenceTest
    >>> ranks = RankOracle(Graph.from_text("A --> B, B --> C")).bind(["A", "B", "C"])
    >>> RankIndependenceTest(ranks).p_values(np.array([0]), np.array([2]), np.array([[1]]))
    array([1.])
    """

    @checked(test=instance("RankTest", "BoundRankOracle"))
    def __init__(self, test: RankTest) -> None:
        self.test = test

    @property
    def n_variables(self) -> int:
        """Number of variables."""
        return self.test.n_variables

    def p_values(self, first: np.ndarray, second: np.ndarray, given: np.ndarray) -> np.ndarray:
        """Return the p-values of rank 0, shape (n_tests,)."""
        return self.test.p_values(
            np.asarray(first)[:, None], np.asarray(second)[:, None], 0, given
        )


def checked_triples(
    n_variables: int, first: Any, second: Any, given: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the variables of many tests as positions, or say what is wrong with them.

    Parameters
    ----------
    n_variables : int
    first, second : array-like of shape (n_tests,), int
    given : array-like of shape (n_tests, size), int

    Returns
    -------
    first, second, given : ndarray of int

    Raises
    ------
    InvalidDataError
        If shapes do not fit, or something is not a position of a variable.
    """
    sets = [real_array("first, second, given have to be", some) for some in (first, second, given)]
    if [part.ndim for part in sets] != [1, 1, 2] or len({len(part) for part in sets}) != 1:
        raise InvalidDataError(
            "first and second have to name one variable a test, and given one set a test, but "
            f"have shapes {', '.join(str(part.shape) for part in sets)}."
        )
    for part in sets:
        whole = part.dtype.kind in "iu" or not part.size
        if not whole or (part.size and not 0 <= part.min() <= part.max() < n_variables):
            raise InvalidDataError(
                f"There are {n_variables} variables, 0 to {n_variables - 1}, but first, second "
                f"or given names others, such as {part.max()!r}."
            )
    first, second, given = (part.astype(np.intp) for part in sets)
    return first, second, given


def partial_correlations(
    covariance: np.ndarray, first: np.ndarray, second: np.ndarray, given: np.ndarray
) -> np.ndarray:
    """Return many partial correlations, by taking out one conditioning variable after another.

    Parameters
    ----------
    covariance : ndarray of shape (n_variables, n_variables)
    first, second : ndarray of shape (n_tests,), int
    given : ndarray of shape (n_tests, size), int

    Returns
    -------
    ndarray of shape (n_tests,)

    Raises
    ------
    DegenerateDataError
        If a variable is a linear combination of a conditioning set.
    """
    sets = np.column_stack([given, first, second])
    blocks = covariance[sets[:, :, None], sets[:, None, :]]
    for _ in range(given.shape[1]):
        pivot, column = blocks[:, 0, 0], blocks[:, 1:, 0]
        _refuse_dependence(pivot)
        blocks = blocks[:, 1:, 1:] - column[:, :, None] * (column / pivot[:, None])[:, None, :]
    variances = blocks[:, [0, 1], [0, 1]]
    _refuse_dependence(variances)
    return np.clip(blocks[:, 0, 1] / np.sqrt(variances.prod(axis=1)), -1, 1)


def same_given(given: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield each conditioning set, and the numbers of the tests that have it.

    Parameters
    ----------
    given : ndarray of shape (n_tests, size), int

    Yields
    ------
    members : ndarray of shape (size,), int
    tests : ndarray of int
    """
    if not given.shape[1]:
        yield np.zeros(0, dtype=int), np.arange(len(given))
        return
    sets, label = np.unique(np.sort(given, axis=1), axis=0, return_inverse=True)
    order = np.argsort(label.ravel(), kind="stable")
    bounds = np.cumsum(np.bincount(label.ravel()))[:-1]
    yield from zip(sets, np.split(order, bounds), strict=True)


def _studentised(products: np.ndarray) -> np.ndarray:
    """Return sums of columns over their standard errors."""
    n_samples = len(products)
    deviations = products - products.mean(axis=0)
    error = np.sqrt(n_samples / (n_samples - 1) * (deviations**2).sum(axis=0))
    return products.sum(axis=0) / error


def _refuse_few_samples(n_samples: int, size: int, freedom: int) -> None:
    if freedom < 1:
        raise InvalidDataError(
            f"{n_samples} samples are too few to test independence given {size} variables. "
            f"Collect more, or choose max_given below {size}."
        )


def _refuse_dependence(variances: Any) -> None:
    if (variances < _ROUND_OFF).any():
        raise DegenerateDataError(
            "Some variable is a linear combination of others, so its independence given them "
            "cannot be tested. Drop it, or choose a smaller max_given."
        )
