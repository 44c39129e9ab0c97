"""The benchmark: what its numbers depend on, how it goes on, what it refuses."""

import json
import shutil
import signal
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from causalrep import LinearCausalDisentanglement
from causalrep.exceptions import InvalidDataError, PersistenceError
from discovery import PC
from identifiability import Metric, Store, benchmark
from identifiability.benchmarking import planning
from simulators import LinearSCM, linear_disentanglement

CHAIN = LinearSCM([[0, 1, 0], [0, 0, 1], [0, 0, 0]])


def untimed(result):
    """Everything of the records that is not a time."""
    return [replace(record, seconds=0.0, cpu_seconds=0.0) for record in result.records]


def scores(result, estimator, dataset):
    return [
        record.scores["answer"]
        for record in result.records
        if (record.estimator, record.dataset) == (estimator, dataset)
    ]


@pytest.fixture
def run(toys):
    """Run a benchmark of toys."""

    def run(estimators=None, datasets=None, **settings):
        settings = {"metrics": [toys.metric], "n_seeds": 3} | settings
        return benchmark(
            estimators or {"a": toys.Noisy(), "b": toys.Noisy(shift=1.0)},
            datasets or {"few": toys.few, "many": toys.many},
            **settings,
        )

    return run


def test_every_estimator_sees_the_same_draw_and_every_seed_another(run, toys):
    pair = {"a": toys.Noisy(), "b": toys.Noisy(shift=1.0)}
    result = run(pair)
    first, second = (np.array(scores(result, name, "few")) for name in "ab")
    np.testing.assert_allclose(second - first, 1.0)
    assert len({*first}) == 3


def test_numbers_depend_neither_on_order_nor_on_names_nor_on_company(run, toys):
    alone = run({"x": toys.Noisy(shift=1.0)}, {"y": toys.many})
    turned = run({"b": toys.Noisy(shift=1.0), "a": toys.Noisy()}, {"m": toys.many, "f": toys.few})
    assert scores(alone, "x", "y") == scores(turned, "b", "m")


def test_more_seeds_leave_the_first_ones_as_they_are(run):
    assert scores(run(n_seeds=5), "a", "few")[:3] == scores(run(), "a", "few")


def test_another_random_state_gives_other_draws(run):
    assert not {*scores(run(), "a", "few")} & {*scores(run(random_state=1), "a", "few")}


def test_threads_give_the_same_records(run):
    import joblib

    with joblib.parallel_config(backend="threading"):
        assert untimed(run(n_jobs=2)) == untimed(run())


def test_estimators_that_came_are_left_as_they_were(run, toys):
    mine = toys.Noisy(random_state=5)
    run({"mine": mine})
    assert mine.random_state == 5
    assert not hasattr(mine, "answer_")


def test_a_seed_reaches_parts_of_pipelines_and_searches():
    search = GridSearchCV(make_pipeline(StandardScaler(), PC()), {"pc__alpha": [0.05]}, cv=2)
    search.scoring = len_of_edges
    estimators = {
        "pipeline": make_pipeline(StandardScaler(), PC()),
        "search": search,
        "pca": PCA(n_components=2),
    }
    result = benchmark(estimators, {"d": partial(CHAIN.sample, 200)}, "skeleton_f1", n_seeds=2)
    assert not result.failures
    assert [row.median for row in result.rows()][:2] == [1.0, 1.0]


def len_of_edges(estimator, X, y=None):
    """Score of a search."""
    return -float(len(estimator[-1].graph_.edges))


def test_labels_pass_through_a_pipeline():
    pipeline = make_pipeline(StandardScaler(), LinearCausalDisentanglement(n_latents=2))
    problem = partial(linear_disentanglement, 2, 3, n_samples=300)
    result = benchmark({"p": pipeline}, {"d": problem}, ("mcc", "target_accuracy"), n_seeds=1)
    assert not result.failures
    assert result.records[0].scores["mcc"] > 0.8
    assert result.records[0].scores["target_accuracy"] == 1.0


def test_failed_fits_count_as_worst_and_are_named(run, toys):
    result = run({"bad": toys.Failing(above=0.0), "a": toys.Noisy()}, n_seeds=20)
    failed = [record for record in result.records if record.failure]
    assert {record.failure for record in failed} == {"RuntimeError: no luck"}
    assert {record.scores["answer"] for record in failed} == {-10.0}
    row = result.rows("answer")[0]
    assert (row.n, row.n_failed) == (20, sum(r.dataset == "few" for r in failed))
    assert f"{len(failed)} fits failed and count as worst" in str(result)


def test_a_failed_fit_gets_the_worst_value_that_the_truth_has():
    wrong = {"wrong": PC(alpha=-1.0)}
    names = ("graph_distance", "skeleton_f1")
    result = benchmark(wrong, {"d": partial(CHAIN.sample, 50)}, names, n_seeds=2)
    assert [record.scores for record in result.records] == 2 * [
        dict(zip(names, (3, 0), strict=True))
    ]


def test_what_a_failed_fit_explains_is_exactly_nothing():
    draws = {"d": partial(linear_disentanglement, 2, 4, n_samples=100)}
    result = benchmark({"bad": PCA(9)}, draws, "r2_true_from_estimated", n_seeds=3)
    assert {item.scores["r2_true_from_estimated"] for item in result.records} == {0.0}


def test_an_answer_that_cannot_be_scored_counts_as_worst_where_others_can(run, toys, monkeypatch):
    def picky(estimator, data):
        return float("nan") if estimator.answer_ < 0 else estimator.answer_

    monkeypatch.setattr(picky, "__module__", toys.__name__)
    monkeypatch.setattr(picky, "__qualname__", "picky")
    toys.picky = picky
    result = run({"a": toys.Noisy()}, metrics=[Metric("answer", picky, 10.0, -10.0)], n_seeds=9)
    n_worst = sum(record.scores["answer"] == -10.0 for record in result.records)
    assert sum(row.n_failed for row in result.rows()) == n_worst > 0
    assert "Not every answer could be scored" in str(result)


@pytest.mark.parametrize(("best", "worst"), [(10.0, 5.0), (-10.0, -5.0)])
def test_an_answer_worse_than_the_worst_is_no_worse_than_a_failure(run, toys, best, worst):
    result = run(metrics=[Metric("answer", toys.read_answer, best, worst)])
    assert {record.scores["answer"] for record in result.records} == {worst}
    assert f"worse than {worst:g}, the worst of the metric" in str(result)


def test_refuses_an_estimator_that_cannot_be_cloned(run, toys):
    changed = toys.Noisy()
    changed.get_params = lambda deep=True: {"gone": 1}
    with pytest.raises(InvalidDataError, match="Estimator 'a' cannot be cloned"):
        run({"a": changed})


def test_a_metric_that_never_applies_has_no_median():
    result = benchmark({"PC": PC()}, {"d": partial(CHAIN.sample, 50)}, "mcc", n_seeds=2)
    (row,) = result.rows()
    assert np.isnan(row.median)
    assert (row.n, row.n_failed, str(row)) == (0, 0, "-")


def test_a_fit_that_writes_into_the_data_spoils_only_itself(run, toys):
    alone = run({"a": toys.Noisy()})
    beside = run({"w": toys.Writing(), "a": toys.Noisy()})
    assert scores(beside, "a", "few") == scores(alone, "a", "few")
    assert not beside.failures


def test_the_reason_why_a_metric_does_not_apply_is_that_of_the_report():
    result = benchmark({"PC": PC()}, {"d": partial(CHAIN.sample, 50)}, "mcc", n_seeds=1)
    assert "PC, mcc: does not apply: The truth has no latents Z" in str(result)


def test_warnings_are_counted_and_kept_and_not_shown(run, toys, recwarn):
    result = run({"warns": toys.Failing(above=np.inf, warn=True)})
    assert {record.n_warnings for record in result.records} == {1}
    assert {record.warnings for record in result.records} == {("UserWarning: so so",)}
    assert not recwarn.list


def test_a_store_takes_up_where_it_stopped(run, tmp_path):
    store = tmp_path / "s.jsonl"
    whole = run()
    first = run(n_seeds=2, store=store)
    lines = store.read_text().splitlines()
    second = run(store=store)
    assert (first.n_found, second.n_found) == (0, 8)
    assert untimed(second) == untimed(whole)
    assert store.read_text().splitlines()[: len(lines)] == lines
    assert [record.seconds for record in run(store=store).records] == [
        record.seconds for record in second.records
    ]


def test_wherever_a_store_is_cut_off_the_end_is_the_same(run, tmp_path):
    store, whole = tmp_path / "s.jsonl", untimed(run())
    run(store=store)
    content = store.read_bytes()
    for size in np.linspace(0, len(content), 23).astype(int):
        store.write_bytes(content[:size])
        assert untimed(run(store=store)) == whole


def test_a_damaged_line_is_told_and_computed_again(run, tmp_path):
    store, whole = tmp_path / "s.jsonl", untimed(run())
    run(store=store)
    store.write_bytes(store.read_bytes().replace(b'"seed":1', b'"seed":7', 1))
    result = run(store=store)
    assert untimed(result) == whole
    assert len(result.damaged_lines) == 1
    assert "Damaged lines of the store were left aside" in str(result)


def test_records_of_other_versions_are_left_aside_and_counted(run, tmp_path, monkeypatch):
    store = tmp_path / "s.jsonl"
    run(store=store)
    monkeypatch.setattr(planning, "code_version", lambda: "another")
    result = run(store=store)
    assert (result.n_found, result.n_other_versions) == (0, 12)
    assert "12 records of these settings by other versions of the code" in str(result)


def test_other_settings_share_a_store(run, toys, tmp_path):
    store = tmp_path / "s.jsonl"
    run({"a": toys.Noisy()}, store=store)
    other = run({"a": toys.Noisy(shift=2.0)}, store=store)
    assert (other.n_found, other.n_other_versions) == (0, 0)


def test_equal_settings_under_two_names_are_fitted_once(run, toys, tmp_path):
    store = tmp_path / "s.jsonl"
    result = run({"a": toys.Noisy(), "b": toys.Noisy()}, store=store)
    assert scores(result, "a", "few") == scores(result, "b", "few")
    assert len(store.read_text().splitlines()) == 1 + len(result.records) / 2


def test_two_benchmarks_write_one_store(run, tmp_path):
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    run(store=one)
    shutil.copy(one, two)
    with one.open("ab") as file:
        file.write(b"".join(two.read_bytes().splitlines(keepends=True)[1:]))
    assert untimed(run(store=one)) == untimed(run())


def test_a_record_is_a_line_that_others_can_read(run, tmp_path):
    store = tmp_path / "s.jsonl"
    run(store=store)
    last = json.loads(store.read_text().splitlines()[-1][9:])
    assert {"estimator", "dataset", "seed", "scores", "key", "version"} <= last.keys()


def test_when_time_is_over_the_result_says_what_is_missing(run, tmp_path):
    store = tmp_path / "s.jsonl"
    result = run(store=store, max_time=1e-9)
    assert len(result.missing) == 12
    assert "12 of 12 fits are missing, because max_time of 1e-09 seconds had passed" in str(result)
    assert not run(store=store).missing


def test_data_that_cannot_be_drawn_are_named_and_tried_again(run, toys, monkeypatch):
    def lucky(*, random_state):
        if random_state % 2:
            raise RuntimeError("no data")
        return toys.draw(random_state=random_state)

    monkeypatch.setattr(lucky, "__module__", toys.__name__)
    monkeypatch.setattr(lucky, "__qualname__", "lucky")
    toys.lucky = lucky
    result = run(datasets={"d": lucky}, n_seeds=12)
    assert 0 < len(result.undrawn) < 12
    assert result.undrawn[0].seed == 0
    assert len(result.records) == 2 * (12 - len(result.undrawn))
    assert not result.missing
    assert "draws of data failed, and there are no fits to them" in str(result)
    alone = partial(run, datasets={"d": lucky}, n_seeds=1)
    with pytest.raises(InvalidDataError, match="'d' could not be drawn at seed 0: RuntimeError"):
        alone()


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_keeps_what_was_finished(run, toys, tmp_path):
    store = tmp_path / "s.jsonl"
    with pytest.raises(KeyboardInterrupt):
        run({"a": toys.Noisy(), "b": toys.Interrupted()}, store=store)
    assert run({"a": toys.Noisy()}, store=store).n_found == 1


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_that_a_fit_swallows_ends_the_benchmark_without_its_record(run, toys, tmp_path):
    store = tmp_path / "s.jsonl"
    both = {"a": toys.Noisy(), "b": toys.Interrupted(swallow=True)}
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        run(both, store=store)
    assert signal.getsignal(signal.SIGINT) is before
    assert len(Store(store)) == 1


def test_progress_reaches_the_callbacks_of_scikit_learn(run):
    told = []

    class Counting:
        def setup(self, estimator, context):
            told.append("setup")

        def teardown(self, estimator, context):
            told.append("teardown")

        def on_fit_task_begin(self, estimator, context):
            told.append(context.max_subtasks)

        def on_fit_task_end(self, estimator, context):
            told.append("end")

    run(callbacks=[Counting()])
    assert (told[0], told[-1]) == ("setup", "teardown")
    assert told.count("end") == 12 + 2
    assert 12 in told


def test_a_callback_ends_the_benchmark_early(run):
    class Ending:
        def setup(self, estimator, context):
            """Nothing to set up."""

        teardown = on_fit_task_begin = setup

        def on_fit_task_end(self, estimator, context):
            return True

    result = run(callbacks=[Ending()])
    assert len(result.records) == 1
    assert "11 of 12 fits are missing, because a callback ended the benchmark" in str(result)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"estimators": {}}, "estimators is empty. Give a mapping name -> unfitted estimator"),
        ({"estimators": [PC()]}, "estimators must be a mapping .* is of type list"),
        ({"estimators": {3: PC()}}, "Names of estimators must be texts, but 3 is one"),
        ({"estimators": {"PC": PC}}, r"'PC' is the class PC. Give an object: PC\(\)"),
        ({"estimators": {"len": len}}, "'len' must be an estimator with fit"),
        ({"datasets": {}}, "datasets is empty"),
        ({"datasets": {"X": np.zeros((3, 2))}}, "'X' must be a function that is called with"),
        ({"datasets": {"l": lambda random_state: None}}, "functools.partial"),
        (
            {"datasets": {"len": len}},
            "'len' could not be drawn at any of the seeds 0 to 9. .*Type",
        ),
        ({"datasets": {"len": len}, "n_seeds": 1}, "'len' could not be drawn at seed 0: TypeErr"),
        ({"metrics": "speed"}, "no metric 'speed'"),
        ({"n_seeds": 0}, "n_seeds must be an int of at least 1, but is 0"),
        ({"n_seeds": True}, "n_seeds must be an int"),
        ({"random_state": None}, "random_state must be an int of at least 0, but is None"),
        ({"max_time": 0}, "max_time must be a positive number of seconds or None, but is 0"),
        ({"n_jobs": 0}, "n_jobs must be a number of workers, -1 for all cores, or None, but is 0"),
        ({"n_jobs": 1.5}, "n_jobs must be a number of workers"),
        ({"metrics": 3}, "metrics must be a list of names or Metric objects, but is 3"),
        ({"max_time": "1"}, "max_time must be a positive number"),
        ({"max_fit_time": 0}, "max_fit_time must be a positive number of seconds or None"),
    ],
)
def test_refuses_before_anything_is_fitted(run, change, sentence):
    settings = {"estimators": {"PC": PC()}, "datasets": {"d": CHAIN.sample}, **change}
    with pytest.raises(InvalidDataError, match=sentence):
        benchmark(**settings)


def test_refuses_data_without_truth_and_what_is_no_data(run, toys):
    with pytest.raises(InvalidDataError, match=r"'d' could not .* a Dataset without truth"):
        run(datasets={"d": partial(toys.draw, truth=False)})
    with pytest.raises(
        InvalidDataError, match=r"'d' could not .* must return a causalrep\.Dataset.* dict"
    ):
        run(datasets={"d": dict})


def test_refuses_a_store_that_is_none(run, tmp_path):
    with pytest.raises(PersistenceError, match="is a folder"):
        run(store=tmp_path)
    with pytest.raises(PersistenceError, match="give its path, but got 3"):
        run(store=3)
