"""Levels and covers of the tests and intervals most used, a part of ``make bench-calibration``.

Beside these stand the calibration tests of single modules: independence (robust, Fisher z and by
kernels), tetrads and one factor, independent noise, ordinal ranks, structural models,
disentanglement, and classes of latents.
"""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "benchmarks"
QUICK = [
    ("linear", "rank, correlation: 2 x 4, r = 1", "exponential", 100, 200),
    ("linear", "rank, correlation: 2 of 22 variables", "uniform", 100, 200),
    ("linear", "rank, correlation: with a composite", "exponential", 300, 200),
    ("linear", "rank, correlation: close fit", "gaussian", 1000, 200),
    ("linear", "rank, robust: 2 x 4, r = 1", "elliptical t5", 100, 200),
    ("linear", "rank, robust, scaled: 2 x 20, r = 1", "elliptical t5", 100, 200),
    ("linear", "independence, robust ranks, given 2", "elliptical t5", 300, 200),
    ("linear", "tetrad, one, Wishart", "gaussian", 100, 200),
    ("linear", "one factor, any law, 8 variables", "elliptical t5", 100, 200),
    ("linear", "purity of a cluster, outside", "uniform", 100, 200),
    ("cumulants", "independence of a pair, permutations", "exponential", 100, 200),
    ("models", "variances change in proportion, 5 contexts", "exponential", 300, 200),
    ("models", "variances change in proportion, 20 contexts", "t5", 1000, 200),
    ("scores", "comparison, Friedman, 4 estimators", "gaussian", 20, 200),
    ("scores", "exactness of a class, energy", "gaussian", 100, 100),
]
SLOW = [
    ("linear", "rank, robust: 3 x 6, r = 2", "elliptical t5", 1000, 400),
    ("linear", "rank, ordinal: 3 categories", "gaussian", 300, 200),
    ("linear", "latents independent given one, any law", "elliptical t5", 300, 150),
    ("linear", "one factor, any law, 12 variables", "gaussian", 150, 400),
    ("linear", "purity of a cluster, inside, any law", "exponential", 300, 150),
    ("scores", "exactness of a class, energy", "elliptical t5", 300, 200),
    ("scores", "score, mean correlation: interval", "elliptical t5", 300, 100),
    ("scores", "score, R2: interval", "exponential", 300, 100),
]


@pytest.fixture
def cell_of(monkeypatch):
    """Find a line of the catalogue by part of it, name, law and size."""
    monkeypatch.syspath_prepend(str(FOLDER))

    def find(part, name, law, n_samples):
        studies = importlib.import_module(f"calibration_{part}").STUDIES
        study = next(study for study in studies if study.name == name)
        return sys.modules["calibration_cells"].Cell(study, law, n_samples)

    return find


def holds(cell, folder, n_simulations):
    """Assert that a level is within four standard errors of .05, and that there is power."""
    found = cell.outcome(folder, n_simulations)
    missed = 1 - found.level if cell.study.interval else found.level <= 0.05
    error = np.sqrt(0.05 * 0.95 / n_simulations)
    assert abs(missed.mean() - 0.05) < 4 * error
    told = found.power if cell.study.interval else found.power <= 0.05
    assert told.mean() > 0.2


@pytest.mark.parametrize(("part", "name", "law", "n_samples", "n_simulations"), QUICK)
def test_levels_are_those_asked_for(cell_of, tmp_path, part, name, law, n_samples, n_simulations):
    holds(cell_of(part, name, law, n_samples), tmp_path, n_simulations)


@pytest.mark.slow
@pytest.mark.parametrize(("part", "name", "law", "n_samples", "n_simulations"), SLOW)
def test_levels_and_covers_of_dearer_methods_are_those_asked_for(
    cell_of, tmp_path, part, name, law, n_samples, n_simulations
):
    holds(cell_of(part, name, law, n_samples), tmp_path, n_simulations)
