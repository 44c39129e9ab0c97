"""Seeds and generators of any kind lead to the one generator whose draws never change."""

import numpy as np
import pytest

from causalrep.ranks import bootstrap_correlations
from causalrep.seeds import legacy_generator

X = np.random.default_rng(0).normal(size=(30, 2))


@pytest.mark.parametrize(
    "seed",
    [
        7,
        2**32 - 1,
        2**40,
        np.random.SeedSequence(7),
        np.random.RandomState(7),
        np.random.default_rng(7),
        np.random.PCG64(7),
    ],
)
def test_every_kind_of_seed_draws_resamples(seed):
    assert bootstrap_correlations(X, 3, random_state=seed).shape == (3, 2, 2)


def test_small_seeds_draw_what_scikit_learn_draws():
    drawn = legacy_generator(3).standard_normal(4)
    np.testing.assert_array_equal(drawn, np.random.RandomState(3).standard_normal(4))


def test_generators_are_advanced_and_large_seeds_are_not_cut_off():
    generator = np.random.default_rng(0)
    assert legacy_generator(generator).randint(2**31) != legacy_generator(generator).randint(2**31)
    drawn = [legacy_generator(seed).randint(2**31) for seed in (5, 2**32 + 5, 2**33 + 5)]
    assert len(set(drawn)) == 3
