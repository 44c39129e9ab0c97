"""Coverage of intervals of scores, and level and power of the tests of a class.

Run by ``make bench-scores``; ``--simulations 100`` is quicker, ``--only coverage`` runs one part.
True latents of correlation r, answers ``Z M + noise`` with their true score known in closed form.

coverage  share of 95 % intervals that hold the true score, by four ways to make one of the same
          resamples: ours (bias-corrected, logit scale), logit without correction, BC, percentile
boundary  the same where the answer is a relabelling and noise: the unique share is truly 1. Last
          columns: our one-sided interval
tests     with true energy 0: how often the tests by energy and by permutations reject at .05
          (level), and how often the energy is shown to be below .05 (power). With true energy .05:
          how often the first rejects (power) and how often it is wrongly shown below .05 (level)
chance    how often at least one recovered latent counts as active in a random code, and the mean
          of each metric beside its chance level

Standard error of a share of .95 over 1,000 simulations: .007.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from printed import written
from scipy.special import logit
from scipy.stats import norm
from threadpoolctl import threadpool_limits

from identifiability import disentanglement_scores, examine_class, off_pattern_energy
from identifiability.inference import (
    BY_MOMENTS,
    DIRECT,
    _logit_interval,
    resampled_moments,
    score_interval,
)

RESULTS = Path(__file__).parent / "score-intervals-results.txt"
N_RESAMPLES = 200
EPSILON = 0.05
SCORES = ("pearson", "unique share", "r2")
# Latents, their correlation, size of the mixing, of the noise, and shape of both.
COVERED = (
    (2, 0.0, 0.3, 0.3, "normal"),
    (3, 0.0, 0.3, 1.0, "normal"),
    (5, 0.5, 0.5, 0.3, "normal"),
    (5, 0.9, 0.5, 0.1, "normal"),
    (5, 0.0, 0.1, 0.05, "normal"),
    (5, 0.5, 0.5, 0.3, "t5"),
)
TESTED = (
    (3, 0.0, "normal"),
    (5, 0.5, "normal"),
    (5, 0.9, "t5"),
    (8, 0.0, "t5"),
    (3, 0.5, "spread by the latent"),
)


def drawn(rng, shape, kind):
    """Variables of variance one."""
    if kind == "t5":
        return rng.standard_t(5, shape) / np.sqrt(5.0 / 3.0)
    return rng.standard_normal(shape)


def covariance_of(d, r):
    return r + (1.0 - r) * np.eye(d)


def true_scores(S, M, noise):
    """Closed forms of the three scores of ``Z M + noise``."""
    d = len(S)
    answer = M.T @ S @ M + noise**2 * np.eye(d)
    joint = np.block([[S, S @ M], [M.T @ S, answer]])
    return {score: BY_MOMENTS[score](joint, d) for score in SCORES}


def ways(value, resamples):
    """Intervals by four ways: lower and upper ends."""
    z = norm.isf(0.025)
    centre, logits = logit(value), logit(resamples)
    reach = z * logits.std(ddof=1)
    plain = 1.0 / (1.0 + np.exp(-(centre + np.array([-reach, reach]))))
    shift = 2.0 * norm.ppf(np.clip(np.mean(resamples < value), 1e-3, 1.0 - 1e-3))
    corrected = np.quantile(resamples, norm.cdf(shift + np.array([-z, z])))
    percentile = np.quantile(resamples, [0.025, 0.975])
    return (_logit_interval(value, resamples, 0.025), plain, corrected, percentile)


def covered(setting, n_samples, n_simulations):
    """Share of intervals that hold the truth, by score and way."""
    d, r, mixing, noise, kind = setting
    rng = np.random.default_rng(1)
    S = covariance_of(d, r)
    M = np.eye(d) + mixing * rng.uniform(-1.0, 1.0, (d, d))
    root, truth = np.linalg.cholesky(S), true_scores(S, M, noise)
    hits = {score: np.zeros(4) for score in SCORES}
    for _ in range(n_simulations):
        Z = drawn(rng, (n_samples, d), kind) @ root.T
        W = Z @ M + noise * drawn(rng, (n_samples, d), kind)
        moments = list(resampled_moments(W, Z, N_RESAMPLES, rng))
        for score in SCORES:
            resamples = np.array([BY_MOMENTS[score](moment, d) for moment in moments])
            ends = ways(DIRECT[score](W, Z), np.clip(resamples, 1e-9, 1.0 - 1e-9))
            hits[score] += [low <= truth[score] <= high for low, high in ends]
    return truth, {score: hit / n_simulations for score, hit in hits.items()}


def print_coverage(n_simulations):
    print("\ncoverage of nominal .95")
    print("   d  r   mixing noise kind      n  score          truth   ours  logit     BC   pct.")
    for setting in COVERED:
        for n_samples in (100, 300, 1000):
            truth, shares = covered(setting, n_samples, n_simulations)
            d, r, mixing, noise, kind = setting
            for score, share in shares.items():
                numbers = "  ".join(f"{value:.3f}" for value in share)
                print(
                    f"{d:>4} {r:3.1f} {mixing:6.1f} {noise:6.2f} {kind:<6} {n_samples:>5}  "
                    f"{score:<13} {truth[score]:6.3f}  {numbers}"
                )


def print_boundary(n_simulations):
    print("\nboundary: the unique share is truly 1; coverage of nominal .95")
    print("   d  r       n   logit, corrected  logit   BC    pct.   one-sided  mean lower end")
    share = BY_MOMENTS["unique share"]
    for d, r in ((3, 0.0), (5, 0.5), (5, 0.9)):
        for n_samples in (100, 300, 1000):
            rng = np.random.default_rng(1)
            root = np.linalg.cholesky(covariance_of(d, r))
            hits, ours, lower = np.zeros(4), 0, 0.0
            for _ in range(n_simulations):
                Z = rng.standard_normal((n_samples, d)) @ root.T
                W = Z + 0.5 * rng.standard_normal((n_samples, d))
                moments = resampled_moments(W, Z, 100, rng)
                resamples = np.array([share(moment, d) for moment in moments])
                hits += [high >= 1.0 for _, high in ways(DIRECT["unique share"](W, Z), resamples)]
                interval = score_interval(W, Z, score="unique share", n_resamples=100)
                ours, lower = ours + (1.0 in interval), lower + interval.lower
            numbers = "  ".join(f"{value:.3f}" for value in hits / n_simulations)
            print(
                f"{d:>4} {r:3.1f} {n_samples:>6}   {'':10}{numbers}   "
                f"{ours / n_simulations:9.3f}  {lower / n_simulations:10.3f}"
            )


def tested(setting, n_samples, energy, n_simulations):
    """True energy, and shares rejected by energy, by permutations, and shown to be small."""
    d, r, kind = setting
    rng = np.random.default_rng(1)
    S = covariance_of(d, r)
    spread = 1.0 / np.sqrt(np.diag(np.linalg.inv(S)))
    foreign = rng.standard_normal((d, d)) * ~np.eye(d, dtype=bool)
    foreign /= np.linalg.norm(foreign, axis=1)[:, None]
    M = (np.eye(d) + np.sqrt(energy / (1.0 - energy)) * foreign) / spread
    root, counts = np.linalg.cholesky(S), np.zeros(3)
    for _ in range(n_simulations):
        Z = drawn(rng, (n_samples, d), kind) @ root.T
        noise = drawn(rng, (n_samples, d), kind)
        if kind.startswith("spread"):
            noise = noise * np.sqrt(0.5 + 0.5 * Z**2)
        found = examine_class(
            Z @ M.T + 0.5 * noise / spread,
            Z,
            epsilon=EPSILON,
            n_permutations=1 if energy else 39,
            random_state=rng,
        )
        counts += [found.p_value < EPSILON, found.p_permutation <= EPSILON, found.equivalent]
    return off_pattern_energy(M, spreads=spread).value, counts / n_simulations


def print_tests(n_simulations):
    print("\ntests of the class; levels want .05 or less")
    print(
        "                                   energy 0: level       power |  energy .05: power level"
    )
    print(
        "   d  r  kind                      n energy   perm.   shown small |  energy   shown small"
    )
    for setting in TESTED:
        for n_samples in (100, 300, 1000):
            within = tested(setting, n_samples, 0.0, n_simulations)[1]
            beyond = tested(setting, n_samples, EPSILON, n_simulations)[1]
            d, r, kind = setting
            print(
                f"{d:>4} {r:3.1f} {kind:<20} {n_samples:>6}  {within[0]:.3f}   {within[1]:.3f}    "
                f"{within[2]:9.3f} | {beyond[0]:7.3f} {beyond[2]:12.3f}"
            )


def print_chance(n_simulations):
    print("\na random code of three latents: means over simulations of n = 300")
    rng = np.random.default_rng(1)
    found = [
        disentanglement_scores(*rng.standard_normal((2, 300, 3)), n_baselines=1, random_state=rng)
        for _ in range(max(n_simulations // 10, 10))
    ]
    active = np.mean([result.n_inactive < 3 for result in found])
    print(f"some latent active in {active:.3f} of {len(found)}")
    print("metric                 value  chance")
    for place, (name, _) in enumerate(found[0].scores()):
        scores = [list(result.scores())[place][1] for result in found]
        value, chance = (
            np.mean([getattr(score, part) for score in scores]) for part in ("value", "chance")
        )
        print(f"{name:<21} {value:6.3f}  {chance:6.3f}")


PARTS = {
    "coverage": print_coverage,
    "boundary": print_boundary,
    "tests": print_tests,
    "chance": print_chance,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--simulations", type=int, default=1000)
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--write", action="store_true", help=f"also write {RESULTS.name}")
    chosen = parser.parse_args()
    start = time.process_time()
    with threadpool_limits(1), written(RESULTS, chosen.write):
        for name, part in PARTS.items():
            if chosen.only in (None, name):
                part(chosen.simulations)
        print(
            f"\n{chosen.simulations} simulations a line, {time.process_time() - start:.0f} CPU s"
        )


if __name__ == "__main__":
    main()
