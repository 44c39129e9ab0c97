"""Comparison of estimators by ranks: tests, groups, failures, refusals."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from causalrep.exceptions import InvalidDataError
from identifiability import BenchmarkRecord, BenchmarkResult, Metric, compare_estimators
from identifiability import compare_scores as compare
from identifiability.benchmarking.rank_comparison import friedman, holm, signed_rank

NAMES = ("A", "B", "C")


def scores(n_blocks=30, means=(0.9, 0.5, 0.5), seed=0):
    return np.random.default_rng(seed).normal(means, 0.1, size=(n_blocks, len(means)))


def record(estimator, seed, value, **changes):
    fields = {"dataset": "data", "scores": {"f1": value}, "key": f"{estimator}{seed}"}
    return BenchmarkRecord(estimator=estimator, seed=seed, **{**fields, **changes})


def result(records, metric=None):
    metric = metric or Metric("f1", len, best=1.0, worst=0.0)
    names = tuple(dict.fromkeys(item.estimator for item in records))
    return BenchmarkResult(
        records=tuple(records), metrics=(metric,), estimators=names, datasets=("data",), n_seeds=9
    )


def test_the_best_comes_first_and_equals_form_a_group():
    comparison = compare(scores(), NAMES)
    assert comparison.names[0] == "A"
    assert comparison.mean_ranks[0] == 1.0
    assert comparison.p_value < 1e-6
    assert [set(group) for group in comparison.groups] == [{"B", "C"}]
    assert [pair.differ for pair in comparison.pairs] == [True, True, False]


def test_low_scores_are_good_where_one_says_so():
    comparison = compare(-scores(), NAMES, higher_is_better=False)
    assert comparison.names == compare(scores(), NAMES).names
    assert comparison.p_value == compare(scores(), NAMES).p_value


def test_neither_the_order_of_estimators_nor_any_increasing_map_changes_ranks():
    plain, turned = compare(scores(), NAMES), compare(np.exp(scores())[:, ::-1], NAMES[::-1])
    assert plain.names == turned.names
    assert plain.mean_ranks == pytest.approx(turned.mean_ranks)
    assert plain.statistic == pytest.approx(turned.statistic)


def test_a_failure_is_worse_than_any_score_and_as_bad_as_another():
    values = np.array([[0.1, np.nan, np.nan], [-1e300, np.nan, 0.0]] * 10)
    comparison = compare(values, NAMES)
    assert comparison.n_failed == (0, 10, 20)
    assert comparison.names == ("A", "C", "B")
    assert comparison.mean_ranks == pytest.approx([1.5, 1.75, 2.75])


def test_groups_are_runs_of_neighbours_that_may_overlap():
    values = scores(40, (0.90, 0.86, 0.82, 0.3))
    groups = [set(group) for group in compare(values, "ABCD", alpha=0.02).groups]
    assert groups == [{"A", "B"}, {"B", "C"}]


def test_all_equal_scores_tell_nothing_apart():
    comparison = compare(np.ones((12, 3)), NAMES)
    assert (comparison.statistic, comparison.p_value) == (0.0, 1.0)
    assert comparison.groups == (NAMES,)
    assert comparison.sentences()[1] == "No two are told apart at level 0.05 (Wilcoxon, Holm)."


def test_friedman_is_that_of_scipy_in_another_form():
    ranks = stats.rankdata(np.round(scores(20, (0.9, 0.85, 0.8, 0.8)), 1), axis=1)
    chi2 = stats.friedmanchisquare(*ranks.T).statistic
    n, k = ranks.shape
    assert friedman(ranks)[0] == pytest.approx((n - 1) * chi2 / (n * (k - 1) - chi2))


def test_blocks_that_all_agree_have_the_exact_chance_of_doing_so():
    assert friedman(np.tile([1.0, 2.0, 3.0], (4, 1))) == (np.inf, pytest.approx(6.0**-3))


@pytest.mark.parametrize("n", [6, 11, 40])
def test_signed_ranks_without_ties_are_those_of_scipy(n):
    differences = np.random.default_rng(n).normal(0.3, 1.0, n)
    exact = stats.wilcoxon(differences, method="exact").pvalue
    assert signed_rank(differences) == pytest.approx(exact, rel=1e-12)


def test_signed_ranks_are_exact_with_ties_zeros_and_infinite_differences():
    differences = np.array([1.0, 2, 2, -1, 3, 0, 0, np.inf])
    with np.errstate(all="raise"):
        assert signed_rank(differences) == pytest.approx(0.09375)
    assert signed_rank(np.zeros(9)) == 1.0
    assert signed_rank(np.ones(60)) < 1e-9


def test_holm_is_the_step_down_of_the_textbook():
    adjusted = holm(np.array([0.01, 0.04, 0.03, 0.005]))
    assert adjusted == pytest.approx([0.03, 0.06, 0.06, 0.02])


@pytest.mark.parametrize(
    ("n_blocks", "n_estimators", "n_simulations"),
    [(8, 3, 100), pytest.param(14, 5, 500, marks=pytest.mark.slow)],
)
def test_equal_estimators_are_told_apart_no_more_often_than_the_level(
    n_blocks, n_estimators, n_simulations
):
    rng = np.random.default_rng(n_blocks)
    rejected, told = 0, 0
    for _ in range(n_simulations):
        values = np.round(rng.standard_t(3, (n_blocks, n_estimators)), 1)
        values[rng.random(values.shape) < 0.1] = np.nan
        comparison = compare(values)
        rejected += comparison.p_value <= 0.05
        told += any(pair.differ for pair in comparison.pairs)
    most = stats.binom.ppf(0.999, n_simulations, 0.05)
    assert rejected <= most
    assert told <= most


@pytest.mark.parametrize(
    ("values", "settings", "sentence"),
    [
        (np.ones((9, 1)), {}, r"at least two estimators, but their shape is \(9, 1\)"),
        (np.ones(9), {}, r"their shape is \(9,\)"),
        (np.ones((5, 2)), {}, "at least 6 data sets are wanted, but there are 5. Take more"),
        (np.ones((10, 8)), {}, "To tell 8 estimators apart at level 0.05, at least 11"),
        (np.ones((9, 2)), {"names": ["A", "A"]}, "wants 2 different names"),
        (np.ones((9, 2)), {"alpha": 1.5}, "alpha to be above 0 and at most 1, but got 1.5"),
    ],
)
def test_refuses_what_cannot_be_compared(values, settings, sentence):
    with pytest.raises(InvalidDataError, match=sentence):
        compare(values, **settings)


def test_a_benchmark_is_compared_over_the_draws_that_all_have():
    records = [record("A", seed, 0.5) for seed in range(9)]
    records += [record("B", seed, 0.6, failure="ValueError: no") for seed in range(8)]
    comparison = compare_estimators(result(records))
    assert comparison.n_blocks == 8
    assert comparison.names == ("A", "B")
    assert comparison.n_failed == (0, 8)


def test_the_metric_says_which_scores_are_good():
    records = [
        record(name, seed, value) for name, value in (("A", 2.0), ("B", 1.0)) for seed in range(8)
    ]
    distance = Metric("f1", len, best=0.0, worst=np.inf)
    assert compare_estimators(result(records, distance), "f1").names == ("B", "A")


def test_estimators_that_the_metric_does_not_apply_to_are_left_out():
    records = [record(name, seed, 0.5) for name in "AB" for seed in range(8)]
    records += [
        record("C", seed, 0.0, unscored={"f1": "none"}, lacking=("f1",)) for seed in range(8)
    ]
    assert compare_estimators(result(records)).names == ("A", "B")
    with pytest.raises(InvalidDataError, match="at least two estimators"):
        compare_estimators(result(records[-8:]))


def test_refuses_a_metric_that_was_not_measured():
    with pytest.raises(InvalidDataError, match="'mcc' was not measured; 'f1' were"):
        compare_estimators(result([record("A", 0, 1.0)]), "mcc")


def test_few_differences_among_many_ties_are_judged_exactly():
    differences = np.zeros(60)
    differences[:4] = 1.0
    assert signed_rank(differences) == pytest.approx(2 * 0.5**4)


def test_a_draw_under_two_names_is_one_block():
    records = [record(name, seed, seed + (name == "A")) for name in "AB" for seed in range(8)]
    twice = [*records, *(replace(item, dataset="again") for item in records)]
    assert compare_estimators(result(twice)).n_blocks == 8
    unkeyed = [replace(item, key="") for item in twice]
    assert compare_estimators(result(unkeyed)).n_blocks == 16


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda: compare_estimators(5),
            "wants what identifiability.benchmark returned",
        ),
        (lambda: compare([["a", "b"]]), "scores must be numbers, but: could not convert string"),
        (lambda: compare(scores(), alpha="x"), "wants alpha to be a number, but got 'x'"),
    ],
)
def test_refuses_what_is_no_number_or_result(call, sentence):
    with pytest.raises(InvalidDataError, match=sentence):
        call()
