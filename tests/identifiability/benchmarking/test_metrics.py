"""Metrics: names, directions, refusals, and that they read what a report says."""

import numpy as np
import pytest

from causalrep import LinearCausalDisentanglement
from causalrep.exceptions import InvalidDataError
from identifiability import Metric, metric_names, score
from identifiability.benchmarking.metrics import checked_metrics
from simulators import linear_disentanglement


@pytest.fixture(scope="module")
def fitted():
    data = linear_disentanglement(3, 6, n_samples=400, random_state=1).sample(random_state=1)
    return LinearCausalDisentanglement(n_latents=3).fit(data), data


@pytest.fixture(scope="module")
def reports(fitted):
    estimator, data = fitted
    return score(estimator, data), score(None, data)


@pytest.mark.parametrize("name", sorted({*metric_names()} - {"end_mark_accuracy"}))
def test_a_good_fit_is_nearer_to_the_best_than_a_failed_one(name, reports):
    (metric,) = checked_metrics(name)
    good, failed = (metric.read(report) for report in reports)
    assert (good > failed) == metric.larger_is_better
    ends = sorted([metric.best, metric.worst])
    assert ends[0] - 1e-9 <= min(good, failed) <= max(good, failed) <= ends[1] + 1e-9


def test_a_built_in_metric_computes_by_itself_what_the_report_says(fitted, reports):
    (metric,) = checked_metrics("graph_distance")
    assert metric.compute(*fitted) == reports[0].graph.distance


def test_what_a_report_does_not_have_is_none(fitted):
    estimator, data = fitted
    (metric,) = checked_metrics(["mig"])
    assert metric.read(score(estimator, data, disentanglement=False)) is None
    assert metric.is_slow


def test_refuses_unknown_names_with_close_ones():
    with pytest.raises(InvalidDataError, match=r"no metric 'graph_distnace'\. Did you mean"):
        checked_metrics(["graph_distnace"])
    with pytest.raises(InvalidDataError, match=r"no metric 'zzz'\. There are 'mcc', "):
        checked_metrics("zzz")


def test_refuses_no_metrics_others_and_repeated_ones():
    with pytest.raises(InvalidDataError, match=r"metrics is empty\. Name at least one"):
        checked_metrics([])
    with pytest.raises(InvalidDataError, match="but got 3 of type int"):
        checked_metrics([3])
    with pytest.raises(InvalidDataError, match="'mcc' repeat"):
        checked_metrics(["mcc", "mcc"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("", abs, 1.0, 0.0), "wants a name"),
        (("m", 3, 1.0, 0.0), "wants a function of the fitted estimator and the Dataset"),
        (("m", abs, 1.0, 1.0), "best and a worst value that differ"),
        (("m", abs, np.nan, 1.0), "best and a worst value that differ"),
    ],
)
def test_refuses_what_is_no_metric(arguments, sentence):
    with pytest.raises(InvalidDataError, match=sentence):
        Metric(*arguments)


@pytest.mark.parametrize("best", [None, "1", float("nan")])
def test_refuses_ends_of_a_scale_that_are_no_numbers(best):
    with pytest.raises(InvalidDataError, match="a best and a worst value that differ"):
        Metric("m", abs, best, 0.0)
