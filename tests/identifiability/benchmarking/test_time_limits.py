"""Fits that take longer than they may: failed, kept, and tried again with more time."""

import joblib
import pytest

from identifiability import Metric, Store, benchmark

pytestmark = pytest.mark.usefixtures("alarm")
LIMIT = 0.1
TOLD = "TimeLimitError: The fit took longer than the 0.1 s of max_fit_time. Raise it to try again."


@pytest.fixture
def run(toys):
    """Run a benchmark of a slow and a fast toy on one draw."""

    def run(seconds=20.0, **settings):
        settings = {"metrics": [toys.metric], "n_seeds": 1, "max_fit_time": LIMIT} | settings
        return benchmark(
            {"slow": toys.Slow(seconds), "fast": toys.Noisy()}, {"few": toys.few}, **settings
        )

    return run


def failures(result):
    return {record.estimator: record.failure for record in result.records}


def test_a_fit_beyond_its_time_has_failed_and_the_others_go_on(run):
    result = run(n_seeds=2)
    assert failures(result) == {"slow": TOLD, "fast": None}
    assert [record.scores["answer"] for record in result.records][:2] == [-10.0, -10.0]
    assert all(LIMIT <= record.seconds < 10 for record in result.failures)
    assert "2 fits failed and count as worst. 2 x slow: TimeLimitError" in str(result)


def test_in_threads_too_as_soon_as_python_is_back(run):
    with joblib.parallel_config(backend="threading"):
        assert failures(run(0.3, n_jobs=2)) == {"slow": TOLD, "fast": None}


def test_scoring_has_as_much_time_again(run, toys):
    metric = Metric("answer", toys.sleep_and_read, best=10.0, worst=-10.0)
    result = run(0.0, metrics=[metric])
    assert {failure.partition(" took")[0] for failure in failures(result).values()} == {
        "TimeLimitError: Scoring the fit"
    }
    assert {record.scores["answer"] for record in result.records} == {-10.0}


def test_the_same_limit_or_less_finds_the_failure_and_more_time_tries_again(run, tmp_path):
    store = tmp_path / "s.jsonl"
    run(0.3, store=store)
    assert run(0.3, store=store).n_found == 2
    assert run(0.3, store=store, max_fit_time=LIMIT / 2).n_found == 2
    again = run(0.3, store=store, max_fit_time=20.0)
    assert (again.n_found, failures(again)) == (1, {"slow": None, "fast": None})
    assert run(0.3, store=store).n_found == 2
    assert not run(0.3, store=store).failures
    assert len(Store(store)) == 2


def test_without_a_limit_all_that_ran_out_of_time_are_tried_again(run, tmp_path):
    store = tmp_path / "s.jsonl"
    run(0.3, store=store)
    assert not run(0.3, store=store, max_fit_time=None).failures


def test_what_could_not_be_tried_again_is_missing_and_no_failure(run, tmp_path):
    store = tmp_path / "s.jsonl"
    run(0.3, store=store)
    result = run(0.3, store=store, max_fit_time=None, max_time=1e-9)
    assert result.missing == (("few", "slow", 0),)
    assert not result.failures
