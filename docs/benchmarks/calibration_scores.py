"""Intervals and tests of scores and of comparisons, as lines of the table."""

import numpy as np
from calibration_cells import ALL_LAWS, LAWS, Study, sources

from identifiability import examine_class, score_interval
from identifiability.benchmarking.medians import median_interval
from identifiability.benchmarking.rank_comparison import friedman, signed_rank
from identifiability.data_facts import DataFacts
from identifiability.inference import BY_MOMENTS

D = 3
MIXING = np.eye(D) + 0.3 * np.array([[0.0, 1.0, -0.5], [0.7, 0.0, 1.0], [0.4, -1.0, 0.0]])
CORRELATION = 0.5 + 0.5 * np.eye(D)
NOISE = 0.5
FEW = (100, 1000)
ENERGY = 0.05


def answers(mixing, noise=NOISE):
    """Correlated latents, and an answer that mixes them."""

    def draw(rng, law, n_samples):
        S = sources(rng, law, n_samples, 2 * D)
        Z = S[:, :D] @ np.linalg.cholesky(CORRELATION).T
        return Z @ mixing + noise * S[:, D:], Z

    return draw


def scored(score, mixing=MIXING):
    """The same with the true score, and one that is wrong by .1."""
    answer = mixing.T @ CORRELATION @ mixing + NOISE**2 * np.eye(D)
    joint = np.block([[CORRELATION, CORRELATION @ mixing], [mixing.T @ CORRELATION, answer]])
    if score == "spearman":
        spread = np.sqrt(np.diag(joint))
        r = np.abs(joint / spread / spread[:, None])[:D, D:]
        truth = float(np.mean(np.diag(6 / np.pi * np.arcsin(r / 2))))
    else:
        truth = BY_MOMENTS[score](joint, D)
    draw = answers(mixing)

    def drawn(rng, law, n_samples):
        return draw(rng, law, n_samples), truth, truth - 0.1

    return drawn


def relabelled(rng, law, n_samples, effect):
    """A relabelling with noise; if false, a share of other latents in it."""
    return answers(np.eye(D) + 0.2 * effect * np.roll(np.eye(D), 1, axis=0))(rng, law, n_samples)


def beyond(rng, law, n_samples, effect):
    """An answer whose energy is just what counts as too much; if false, none at all."""
    share = np.sqrt(ENERGY / (1 - ENERGY)) * (1 - effect)
    spread = 1 / np.sqrt(np.diag(np.linalg.inv(CORRELATION)))
    mixing = (np.eye(D) + share * np.roll(np.eye(D), 1, axis=1)) / spread
    return answers(mixing.T)(rng, law, n_samples)


def plain(rng, law, n_samples, effect):
    """Gaussian features; exponential ones if false."""
    return sources(rng, "exponential" if effect else law, n_samples, D)


def four_estimators(rng, law, n_samples, effect):
    """Scores of four estimators on blocks of different difficulty; one is better if false."""
    scores = sources(rng, law, n_samples, 4) + 2 * rng.normal(size=(n_samples, 1))
    scores[:, 0] += effect
    return np.argsort(np.argsort(scores, axis=1), axis=1) + 1.0


def two_estimators(rng, law, n_samples, effect):
    """Differences of the scores of two estimators; one is better if false."""
    return sources(rng, law, n_samples, 1)[:, 0] + effect


def scores_of_runs(rng, law, n_samples):
    """Scores of runs, whose median is sought; half a standard deviation more is wrong."""
    median = np.log(2.0) - 1.0 if law == "exponential" else 0.0
    return sources(rng, law, n_samples, 1)[:, 0], median, median + 1.0


def interval(score):
    """Ends of the interval of a score."""

    def ends(sample):
        found = score_interval(*sample, score=score, n_resamples=100)
        return found.lower, found.upper

    return ends


def exactness(sample):
    return examine_class(*sample, n_permutations=1).p_value


def by_permutations(sample):
    return examine_class(*sample, n_permutations=39).p_permutation


def shown_small(sample):
    """Whether the energy is shown to be below the limit: as a p-value, which is 0 or 1."""
    found = examine_class(*sample, epsilon=ENERGY, n_permutations=1)
    return 0.0 if found.equivalent else 1.0


def gaussian(X):
    return DataFacts.of(X).p_value


def ranked(ranks):
    return friedman(ranks)[1]


def of_median(values):
    return median_interval(values)[1:]


STUDIES = (
    # name, about, draw, statistic
    Study("score, mean correlation: interval", score_interval, scored("pearson"),
          interval("pearson"), ALL_LAWS, sizes=FEW, interval=True, most=500),
    Study("score, mean rank correlation: interval", score_interval, scored("spearman"),
          interval("spearman"), ("gaussian",), sizes=(100, 300), interval=True, most=200),
    Study("score, unique share: interval", score_interval, scored("unique share"),
          interval("unique share"), ALL_LAWS, sizes=FEW, interval=True, most=500),
    Study("score, R2: interval", score_interval, scored("r2"), interval("r2"), ALL_LAWS,
          sizes=FEW, interval=True,
          most=500),
    Study("score, unique share of 1: interval", score_interval, scored("unique share", np.eye(D)),
          interval("unique share"), ALL_LAWS, sizes=FEW, interval=True, most=500),
    Study("exactness of a class, energy", examine_class, relabelled, exactness, ALL_LAWS,
          sizes=FEW, most=1000),
    Study("exactness of a class, permutations", examine_class, relabelled, by_permutations,
          ALL_LAWS, sizes=FEW, beyond=ALL_LAWS[3:], most=500),
    Study("energy shown to be small", examine_class, beyond, shown_small, ALL_LAWS, sizes=FEW,
          most=1000),
    Study("Gaussian features", DataFacts, plain, gaussian, ("gaussian",)),
    Study("comparison, Friedman, 4 estimators", friedman, four_estimators, ranked, LAWS[:1],
          sizes=(10, 20, 100)),
    Study("comparison, signed ranks", signed_rank, two_estimators, signed_rank,
          ("gaussian", "uniform"), sizes=(10, 20, 100)),
    Study("median of runs: interval", median_interval, scores_of_runs, of_median, LAWS[::2],
          sizes=(10, 20, 100), interval=True, promised=20),
)  # fmt: skip
