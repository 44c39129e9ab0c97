"""The named suites: what they hold fits together, and a quick one runs to its page."""

import pytest
from sklearn.base import BaseEstimator

from causalrep.cli import main
from causalrep.cli.suites import SUITES
from identifiability.benchmarking.metrics import checked_metrics
from identifiability.benchmarking.planning import planned

NAMES = list(SUITES)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("quick", [False, True])
def test_a_suite_can_be_planned(name, quick):
    """Every estimator and data set has a key of its settings."""
    suite = SUITES[name]
    estimators, datasets = suite.estimators(quick), suite.datasets(quick)
    assert suite.name == name
    assert all(isinstance(item, BaseEstimator) for item in estimators.values())
    plan = planned(estimators, datasets, checked_metrics(suite.metrics()), 1, 0)
    assert len({fit.key for _, fit in plan.fits()}) == len(estimators) * len(datasets)


@pytest.mark.parametrize("name", NAMES)
def test_figures_of_others_stand_beside_something_and_name_their_source(name):
    suite = SUITES[name]
    metrics = {metric.name for metric in checked_metrics(suite.metrics())}
    for figure in suite.published:
        assert figure.dataset in suite.datasets(False)
        assert figure.estimator in suite.estimators(False)
        assert figure.metric in metrics
        assert figure.source.endswith(".")
        sources = ("measured by us", "as quoted from the paper")
        assert any(source in figure.source.lower() for source in sources)
    sources = {figure.source: figure.statistic for figure in suite.published}
    assert all(sources[figure.source] == figure.statistic for figure in suite.published)


@pytest.mark.slow
def test_a_quick_suite_runs_from_the_command_to_its_page(tmp_path, capsys):
    arguments = ["benchmark", "measurement", "--quick", "--seeds", "4", "--output", str(tmp_path)]
    assert main(arguments) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "Friedman's test over 16 blocks" in out
    assert "0.250 [1]" in out
    page = (tmp_path / "index.html").read_text()
    assert page.count("data:image/png;base64") == 3
    assert "http" not in page
