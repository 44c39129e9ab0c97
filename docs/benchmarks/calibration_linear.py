"""Tests of ranks, of linear independence, and of one factor, as lines of the table of levels."""

import numpy as np
from calibration_cells import ALL_LAWS, Study, sources

from causalrep.ranks import CorrelationRankTest, OrdinalRankTest, RobustRankTest
from discovery import (
    FisherZTest,
    RobustTest,
    joint_tetrad_test,
    joint_tetrad_test_from_samples,
    one_factor_test,
    one_factor_test_from_samples,
    one_factor_tetrads,
    single_tetrad_tests,
)
from discovery.independence import RankIndependenceTest
from discovery.kernel_independence import KernelTest
from discovery.latent_structure import Indicators, LatentIndependence
from discovery.one_factor_purity import PurityTests

ONE, TWO = np.array([0]), np.array([1])
HEAVY = ("elliptical t5",)
FEW = (100, 1000)
TETRAD = [[0, 1, 2, 3]]
CLOSE = 0.05


def common_causes(a, b, rank, n_given=0, weak=0.5):
    """Sets of a and b variables with as many common causes as the rank, one more if false."""

    def draw(rng, law, n_samples, effect):
        fixed = np.random.default_rng(1)
        loadings = fixed.uniform(0.6, 1.2, (rank + 1, a + b)) * fixed.choice(
            [-1, 1], (rank + 1, a + b)
        )
        loadings[rank] *= weak * effect
        S = sources(rng, law, n_samples, rank + 1 + a + b + n_given)
        given = S[:, rank + 1 + a + b :]
        X = S[:, : rank + 1] @ loadings + 0.7 * S[:, rank + 1 : rank + 1 + a + b]
        return np.column_stack([X + 0.5 * given.sum(axis=1)[:, None], given])

    return draw


def in_categories(n_categories, draw):
    """Variables of which only the category is seen, the upper ones rarer."""

    def cut(rng, law, n_samples, effect):
        X = draw(rng, law, n_samples, effect)
        spread = X.std(axis=0)
        cuts = np.linspace(-0.8, 1.2, n_categories - 1)
        return (X[:, :, None] > spread[:, None] * cuts).sum(axis=2)

    return cut


def near_fit(rng, law, n_samples, effect):
    """Two variables whose correlation is just what close fit allows, or larger."""
    squared = 1 - np.exp(-(CLOSE**2))
    S = sources(rng, law, n_samples, 2)
    r = np.sqrt(squared) + 0.2 * effect
    return np.column_stack([S[:, 0], r * S[:, 0] + np.sqrt(1 - r**2) * S[:, 1]])


def given_causes(n_given):
    """Two variables with some common causes, and an effect of .3 if they are dependent."""

    def draw(rng, law, n_samples, effect):
        S = sources(rng, law, n_samples, n_given + 2)
        X = S[:, :2] + S[:, 2:].sum(axis=1)[:, None]
        X[:, 1] += 0.3 * effect * S[:, 0]
        return np.column_stack([X, S[:, 2:]])

    return draw


def bent_causes(n_given):
    """The same with causes and effects that are not linear."""

    def draw(rng, law, n_samples, effect):
        S = sources(rng, law, n_samples, n_given + 2)
        X = 0.7 * S[:, :2] + (S[:, 2:] ** 2).sum(axis=1)[:, None]
        X[:, 1] += effect * np.abs(S[:, 0])
        return np.column_stack([X, S[:, 2:]])

    return draw


def one_factor(m, n_more=None):
    """Variables with one common cause; if false, half of them, or some, have another."""

    def draw(rng, law, n_samples, effect):
        S = sources(rng, law, n_samples, m + 2)
        X = S[:, :1] * np.linspace(0.7, 1.2, m) + 0.8 * S[:, 2:]
        X[:, : n_more or m // 2] += 0.6 * effect * S[:, 1:2]
        return X

    return draw


def latent_chain(rng, law, n_samples, effect):
    """Three latents in a chain, four indicators of each; if false the first acts on the last."""
    S = sources(rng, law, n_samples, 15)
    first = S[:, 0]
    second = 0.8 * first + 0.7 * S[:, 1]
    third = 0.8 * second + 0.6 * S[:, 2] + 0.5 * effect * first
    X = np.repeat(np.column_stack([first, second, third]), 4, axis=1) + 0.6 * S[:, 3:]
    return (X - X.mean(axis=0)) / X.std(axis=0)


def ranks_of(test, a, b, rank, n_given=0):
    """The p-value of a rank test of two sets."""
    sets = np.arange(a)[None], np.arange(a, a + b)[None], rank
    given = np.arange(a + b, a + b + n_given)[None]

    def p_value(X):
        return test(X).p_values(*sets, given)

    return p_value


def against_the_rest(test, a):
    """The p-value of a set being short of rank against all others."""

    def p_value(X):
        return test(X).complement_p_values(np.arange(a)[None], range(X.shape[1]))

    return p_value


def composite(X):
    """Rank 1 of two sets after four members of one were replaced by their composite."""
    test = CorrelationRankTest.from_samples(X).with_composite([0, 1, 2, 3], 1, range(4, 8))
    return test.p_values(np.array([[8, 4]]), np.array([[5, 6, 7]]), 1)


def closely(X):
    return CorrelationRankTest.from_samples(X, eps=CLOSE).p_values([[0]], [[1]], rank=0)


def fisher_z(X):
    return FisherZTest(np.cov(X.T), len(X)).p_values(ONE, TWO, np.arange(2, X.shape[1])[None])


def robust(X):
    return RobustTest(X).p_values(ONE, TWO, np.arange(2, X.shape[1])[None])


def by_ranks(X):
    test = RankIndependenceTest(RobustRankTest(X))
    return test.p_values(ONE, TWO, np.arange(2, X.shape[1])[None])


def by_kernels(X):
    return KernelTest(X).p_values(ONE, TWO, np.arange(2, X.shape[1])[None])


def single_tetrad(X):
    return single_tetrad_tests(np.cov(X.T), len(X), TETRAD).p_values


def joint_tetrads(X):
    S = np.cov(X.T)
    return joint_tetrad_test(S, len(X), one_factor_tetrads(S)).p_value


def joint_tetrads_robust(X):
    return joint_tetrad_test_from_samples(X, one_factor_tetrads(np.cov(X.T))).p_value


def factor(X):
    return one_factor_test(np.cov(X.T), len(X)).p_value


def factor_robust(X):
    return one_factor_test_from_samples(X).p_value


def separated(X, samples=None):
    """First and last latent of the chain, given the one between."""
    R = np.corrcoef(X.T)
    indicators = [Indicators.of(range(4 * k, 4 * k + 4), 1, R) for k in range(3)]
    ranks = PurityTests(R, len(X), 0.05, samples).rank_test
    return LatentIndependence(indicators, ranks).p_values(
        np.array([0]), np.array([2]), np.array([[1]])
    )


def separated_robust(X):
    return separated(X, X)


def pure_inside(X):
    return PurityTests(np.corrcoef(X.T), len(X), 0.05).inside(range(4), range(8)).p_value


def pure_inside_robust(X):
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    return PurityTests(np.corrcoef(X.T), len(X), 0.05, Z).inside(range(4), range(8)).p_value


def pure_outside(X):
    return PurityTests(np.corrcoef(X.T), len(X), 0.05).outside(range(4), range(8))


CORRELATION, ROBUST = CorrelationRankTest.from_samples, RobustRankTest

STUDIES = (
    # name, about, draw, statistic
    Study("rank, correlation: 2 x 4, r = 1", CorrelationRankTest, common_causes(2, 4, 1),
          ranks_of(CORRELATION, 2, 4, 1), ALL_LAWS, beyond=HEAVY),
    Study("rank, correlation: 3 x 6, r = 2", CorrelationRankTest, common_causes(3, 6, 2),
          ranks_of(CORRELATION, 3, 6, 2)),
    Study("rank, correlation: 2 x 4, r = 1, given 2", CorrelationRankTest,
          common_causes(2, 4, 1, 2), ranks_of(CORRELATION, 2, 4, 1, 2)),
    Study("rank, correlation: 2 of 22 variables", CorrelationRankTest, common_causes(2, 20, 1),
          against_the_rest(CORRELATION, 2)),
    Study("rank, correlation: with a composite", CorrelationRankTest, common_causes(4, 4, 1),
          composite),
    Study("rank, correlation: close fit", CorrelationRankTest, near_fit, closely,
          sizes=(300, 1000, 3000)),
    Study("rank, robust: 2 x 4, r = 1", RobustRankTest, common_causes(2, 4, 1),
          ranks_of(ROBUST, 2, 4, 1), ALL_LAWS),
    Study("rank, robust: 3 x 6, r = 2", RobustRankTest, common_causes(3, 6, 2),
          ranks_of(ROBUST, 3, 6, 2), ALL_LAWS),
    Study("rank, robust: 2 x 4, r = 1, given 2", RobustRankTest, common_causes(2, 4, 1, 2),
          ranks_of(ROBUST, 2, 4, 1, 2), ALL_LAWS, sizes=FEW),
    Study("rank, robust, scaled: 2 x 20, r = 1", RobustRankTest, common_causes(2, 20, 1),
          ranks_of(ROBUST, 2, 20, 1), ALL_LAWS, sizes=FEW),
    Study("rank, robust, scaled: 2 of 22 variables", RobustRankTest, common_causes(2, 20, 1),
          against_the_rest(ROBUST, 2), ALL_LAWS, sizes=FEW),
    Study("rank, robust, scaled: 6 x 10, r = 1", RobustRankTest, common_causes(6, 10, 1),
          ranks_of(ROBUST, 6, 10, 1), ALL_LAWS, sizes=(100, 300)),
    Study("rank, ordinal: 3 categories", OrdinalRankTest,
          in_categories(3, common_causes(2, 4, 1)), ranks_of(OrdinalRankTest, 2, 4, 1),
          ("gaussian",), most=1000),
    Study("rank, ordinal: 5 categories", OrdinalRankTest,
          in_categories(5, common_causes(2, 4, 1)), ranks_of(OrdinalRankTest, 2, 4, 1),
          ("gaussian",), most=1000),
    Study("independence, Fisher z", FisherZTest, given_causes(0), fisher_z, ALL_LAWS,
          sizes=FEW, beyond=HEAVY),
    Study("independence, Fisher z, given 2", FisherZTest, given_causes(2), fisher_z, ALL_LAWS,
          beyond=HEAVY),
    Study("independence, robust", RobustTest, given_causes(0), robust, ALL_LAWS),
    Study("independence, robust, given 1", RobustTest, given_causes(1), robust, ALL_LAWS,
          sizes=FEW),
    Study("independence, robust, given 3", RobustTest, given_causes(3), robust, ALL_LAWS,
          sizes=FEW),
    Study("independence, robust ranks, given 2", RankIndependenceTest, given_causes(2), by_ranks,
          ALL_LAWS, sizes=FEW),
    Study("independence, kernel", KernelTest, bent_causes(0), by_kernels, sizes=(100, 300),
          most=1000),
    Study("independence, kernel, given 1", KernelTest, given_causes(1), by_kernels,
          sizes=(100, 300), most=1000),
    Study("independence, kernel, given 1, bent", KernelTest, bent_causes(1), by_kernels,
          sizes=(100, 300), most=1000),
    Study("tetrad, one, Wishart", single_tetrad_tests, one_factor(4), single_tetrad, ALL_LAWS,
          sizes=FEW, beyond=ALL_LAWS[1:]),
    Study("tetrads, joint, 5 variables", joint_tetrad_test, one_factor(5), joint_tetrads,
          ALL_LAWS, sizes=FEW, beyond=ALL_LAWS[1:], promised=1000),
    Study("tetrads, joint, fourth moments, 5 variables", joint_tetrad_test_from_samples,
          one_factor(5), joint_tetrads_robust, ALL_LAWS, sizes=FEW, promised=1000),
    Study("one factor, 4 variables", one_factor_test, one_factor(4), factor, ALL_LAWS,
          sizes=FEW, beyond=ALL_LAWS[1:]),
    Study("one factor, 8 variables", one_factor_test, one_factor(8), factor, ALL_LAWS,
          sizes=FEW, beyond=ALL_LAWS[1:]),
    Study("one factor, any law, 4 variables", one_factor_test_from_samples, one_factor(4),
          factor_robust, ALL_LAWS, sizes=FEW),
    Study("one factor, any law, 8 variables", one_factor_test_from_samples, one_factor(8),
          factor_robust, ALL_LAWS, sizes=FEW),
    Study("one factor, any law, 12 variables", one_factor_test_from_samples, one_factor(12),
          factor_robust, ALL_LAWS, sizes=(150, 1000)),
    Study("purity of a cluster, inside", PurityTests, one_factor(8, 2), pure_inside,
          ALL_LAWS, sizes=FEW, beyond=HEAVY, most=1000),
    Study("purity of a cluster, inside, any law", PurityTests, one_factor(8, 2),
          pure_inside_robust, ALL_LAWS, sizes=FEW, most=1000),
    Study("purity of a cluster, outside", PurityTests, common_causes(4, 4, 1), pure_outside,
          sizes=FEW),
    Study("latents independent given one", LatentIndependence, latent_chain, separated,
          sizes=FEW, most=1000),
    Study("latents independent given one, any law", LatentIndependence, latent_chain,
          separated_robust, ALL_LAWS, sizes=FEW, most=1000),
)  # fmt: skip
