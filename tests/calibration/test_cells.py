"""How simulations are drawn, kept and resumed, and that no test is left out of the catalogue."""

import importlib
import inspect
import re
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "benchmarks"
TAIL = re.compile(r"chdtrc\(|fdtrc\(|\.sf\(|ndtr\(-|erfc\(|chi2_sf\(")
NO_TEST_OF_THEIR_OWN = {
    "causalrep/ranks/tails.py": "the distribution function itself",
    "causalrep/cumulant_fit/data.py": "a choice of orders",
    "discovery/cumulant_discovery/answer.py": "the sum of statistics of the fits of its parts",
}
REACHED_BY = {
    "causalrep/ranks/wilks.py": "CorrelationRankTest",
    "causalrep/ranks/wald.py": "OrdinalRankTest",
    "causalrep/structural/result.py": "fit_structural",
    "causalrep/structural/fit.py": "fit_structural",
    "causalrep/cumulant_fit/result.py": "fit_cumulants",
    "causalrep/disentanglement/context_tests.py": "LinearCausalDisentanglement",
    "causalrep/disentanglement/edge_table.py": "LinearCausalDisentanglement",
}


@pytest.fixture
def cells(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("calibration_cells")


def means(rng, law, n_samples, effect):
    return rng.normal(size=n_samples) + effect


def p_value(x):
    if abs(x[0]) > 3:
        raise ValueError("refused")
    return float(np.abs(x.mean()) < 0.2)


def around_zero(rng, law, n_samples):
    return rng.normal(size=n_samples), 0.0, 3.0


def within(x):
    return x.mean() - 1, x.mean() + 1


def test_a_run_that_was_cut_off_goes_on_to_the_same_end(cells, tmp_path):
    cell = cells.Cell(cells.Study("mean", np.mean, means, p_value), "gaussian", 20)
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    whole = cell.outcome(one, 450)
    cell.outcome(other, 200)
    (path,) = other.glob("*.jsonl")
    with path.open("a") as file:
        file.write('{"first": 200, "level": [[0.')
    resumed = cell.outcome(other, 450)
    np.testing.assert_array_equal(resumed.level, whole.level)
    np.testing.assert_array_equal(resumed.power, whole.power)
    assert resumed.level.shape == (450, 1)


def test_what_a_method_refuses_is_kept_as_unknown(cells, tmp_path):
    cell = cells.Cell(cells.Study("mean", np.mean, means, p_value), "gaussian", 20)
    level = cell.outcome(tmp_path, 1000).level
    assert 0 < np.isnan(level).sum() < 20


def test_intervals_tell_whether_they_hold_the_truth_and_omit_what_is_wrong(cells, tmp_path):
    study = cells.Study("mean", np.mean, around_zero, within, interval=True)
    found = cells.Cell(study, "gaussian", 100).outcome(tmp_path, 50)
    assert (found.level == 1).all()
    assert (found.power == 1).all()


@pytest.mark.parametrize("law", ["gaussian", "uniform", "exponential", "laplace", "gamma", "t5"])
def test_sources_have_mean_zero_and_variance_one(cells, law):
    S = cells.sources(np.random.default_rng(0), law, 50_000, 2)
    np.testing.assert_allclose(S.mean(axis=0), 0, atol=0.02)
    np.testing.assert_allclose(np.cov(S.T), np.eye(2), atol=0.06)


def test_elliptical_sources_are_uncorrelated_but_large_together(cells):
    S = cells.sources(np.random.default_rng(0), "elliptical t5", 50_000, 2)
    assert abs(np.corrcoef(S.T)[0, 1]) < 0.05
    assert np.corrcoef(np.abs(S).T)[0, 1] > 0.1


@pytest.mark.slow
def test_every_module_that_computes_a_p_value_has_a_line(cells):
    """A new test of significance wants a line in docs/benchmarks/calibration_*.py."""
    catalogue = importlib.import_module("calibration_catalogue").CATALOGUE
    about = [inspect.unwrap(study.about) for study in catalogue]
    files = {str(Path(inspect.getsourcefile(one)).relative_to(ROOT)) for one in about}
    names = {one.__name__ for one in about}
    missing = [
        name
        for package in ("causalrep", "discovery", "identifiability", "simulators")
        for path in sorted((ROOT / package).rglob("*.py"))
        if TAIL.search(path.read_text())
        and (name := str(path.relative_to(ROOT))) not in files | NO_TEST_OF_THEIR_OWN.keys()
        and REACHED_BY.get(name) not in names
    ]
    assert missing == []
