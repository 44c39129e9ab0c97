"""Who works: every backend gives the same records, and the death of a worker is a failure."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from functools import partial
from math import isnan

import joblib
import pytest

from discovery import PC
from identifiability import Store, benchmark
from identifiability.benchmarking import workers
from identifiability.benchmarking.fitting import records_of
from identifiability.benchmarking.tasks import Batch, Fit
from simulators import LinearSCM

CHAIN = LinearSCM([[0, 1, 0], [0, 0, 1], [0, 0, 0]])


def run(**settings):
    """Run a benchmark whose parts workers can import."""
    return benchmark(
        {"PC": PC(), "wrong": PC(alpha=-1.0)},
        {f"n={n}": partial(CHAIN.sample, n) for n in (50, 100)},
        ["skeleton_f1"],
        **{"n_seeds": 3, **settings},
    )


def untimed(result):
    """Everything of the records that is not a time."""
    return [replace(record, seconds=0.0, cpu_seconds=0.0) for record in result.records]


@pytest.fixture(scope="module")
def alone():
    return untimed(run())


def test_a_backend_that_returns_all_at_once_works_in_portions(alone, monkeypatch):
    backend = joblib.parallel.ThreadingBackend
    monkeypatch.setattr(backend, "supports_return_generator", False)
    with joblib.parallel_config(backend="threading"):
        assert untimed(run(n_jobs=2)) == alone


def test_a_worker_with_other_sources_is_refused(monkeypatch):
    monkeypatch.setattr(workers, "_LOCAL", ())
    versions = iter(["mine", "theirs"])
    monkeypatch.setattr(workers, "code_version", lambda: next(versions))
    with pytest.raises(RuntimeError, match="A worker runs other sources of causalrep"):
        run(n_jobs=1)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_a_dask_cluster_gives_the_same_records(alone, tmp_path):
    from distributed import Client, LocalCluster

    store = tmp_path / "s.jsonl"
    settings = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    cluster = LocalCluster(**settings)
    with cluster, Client(cluster), joblib.parallel_config(backend="dask"):
        assert untimed(run(store=store)) == alone
        assert run(store=store).n_found == len(alone)


@pytest.fixture
def deadly(tmp_path, monkeypatch):
    """A module on the path of workers, with an estimator that kills its process."""
    (tmp_path / "deadly_toys.py").write_text(
        textwrap.dedent("""
            import os
            import time
            from sklearn.base import BaseEstimator

            class Deadly(BaseEstimator):
                def __init__(self, parent=0):
                    self.parent = parent

                def fit(self, X, y=None):
                    if os.getpid() != self.parent:
                        os._exit(1)

            class Sleepy(BaseEstimator):
                def fit(self, X, y=None):
                    time.sleep(300)
            """)
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    joblib.externals.loky.get_reusable_executor(max_workers=2).shutdown(wait=True)
    import deadly_toys

    return deadly_toys


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:A worker stopped while some jobs were given:UserWarning")
def test_a_fit_that_kills_its_process_has_failed_and_the_others_have_not(deadly, tmp_path):
    store = tmp_path / "s.jsonl"
    result = benchmark(
        {"deadly": deadly.Deadly(os.getpid()), "PC": PC()},
        {"d": partial(CHAIN.sample, 50)},
        ["skeleton_f1"],
        n_seeds=1,
        n_jobs=2,
        store=store,
    )
    failures = {record.estimator: record.failure for record in result.records}
    assert failures["PC"] is None
    assert failures["deadly"].startswith("ChildProcessError: The process died")
    assert len(Store(store)) == 2


@pytest.mark.slow
def test_a_fit_in_a_worker_that_sleeps_too_long_has_failed_and_the_others_have_not(deadly):
    result = benchmark(
        {"sleepy": deadly.Sleepy(), "PC": PC()},
        {"d": partial(CHAIN.sample, 50)},
        ["skeleton_f1"],
        n_seeds=2,
        n_jobs=2,
        max_fit_time=2.0,
    )
    failures = [(item.failure or "").partition(":")[0] for item in result.records]
    assert failures == ["TimeLimitError", "TimeLimitError", "", ""]
    assert all(item.seconds < 60 for item in result.records)


def test_a_fit_whose_process_was_ended_for_its_time_says_so(monkeypatch):
    def in_a_process(batch, failure):
        return [] if failure is None else list(records_of(batch, failure))

    monkeypatch.setattr(workers, "_in_a_process", in_a_process)
    monkeypatch.setattr(workers, "longest", lambda limit: 0.0)
    fit = Fit("PC", PC(), "key", "task", "version")
    draw = partial(CHAIN.sample, 50)
    (late,) = workers._one_process_a_fit(Batch("d", draw, 3, (0,), (fit,), (), max_fit_time=7.0))
    assert late.failure.startswith("TimeLimitError: The fit took longer than the 7 s of max")
    assert late.time_limit == 7.0
    (died,) = workers._one_process_a_fit(Batch("d", draw, 3, (0,), (fit,), ()))
    assert died.failure.startswith("ChildProcessError: The process died")
    assert died.time_limit is None


def test_draws_that_were_begun_are_finished_so_that_scores_stay_paired(monkeypatch):
    times = iter([False, False])
    monkeypatch.setattr(workers.Clock, "has_passed", lambda clock: next(times, True))
    fitted = {(item.dataset, item.seed, item.estimator) for item in run().records}
    assert fitted == {(f"n={n}", 0, name) for n in (50, 100) for name in ("PC", "wrong")}


def test_a_fit_whose_process_died_has_no_time():
    batch = Batch(
        "d", partial(CHAIN.sample, 50), 0, (0,), (Fit("PC", PC(), "key", "task", "version"),), ()
    )
    _, (died,) = workers._all_records(0, batch, ChildProcessError("gone"))
    assert died.failure == "ChildProcessError: gone"
    assert isnan(died.seconds)
    assert isnan(died.cpu_seconds)


def test_data_that_kill_every_process_are_not_drawn(monkeypatch):
    tried = []
    monkeypatch.setattr(workers, "_in_a_process", lambda *what: tried.append(what) or [])
    batch = Batch("d", len, 3, (0,), (Fit("PC", PC(), "key", "task", "version"),), ())
    (undrawn,) = workers._one_process_a_fit(batch)
    assert (undrawn.dataset, undrawn.seed) == ("d", 3)
    assert undrawn.reason.startswith("The process died")
    assert [failure is None for _, failure in tried] == [True, False]


@pytest.mark.slow
def test_ctrl_c_ends_processes_and_keeps_the_records_that_this_process_would_make(tmp_path):
    store = tmp_path / "s.jsonl"
    code = textwrap.dedent(f"""
        import signal
        from functools import partial
        from discovery import PC
        from identifiability import benchmark
        from simulators import LinearSCM
        signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background
        if __name__ == "__main__":
            draw = partial(LinearSCM([[0, 1, 0], [0, 0, 1], [0, 0, 0]]).sample, 50)
            benchmark({{"PC": PC()}}, {{"n=50": draw}}, ["skeleton_f1"], n_seeds=10**4, n_jobs=2,
                      store={str(store)!r})
        """)
    sweep = subprocess.Popen(
        [sys.executable, "-c", code], start_new_session=True, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 90
    while not store.exists() or store.read_bytes().count(b"\n") < 5:
        assert sweep.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(sweep.pid, signal.SIGINT)
    _, told = sweep.communicate(timeout=60)
    assert "KeyboardInterrupt" in told
    assert not Store(store).damaged_lines
    kept = {record.task: record.scores for record in Store(store).records().values()}
    mine = {
        record.task: record.scores
        for record in run(n_seeds=len(kept) + 8).records
        if (record.estimator, record.dataset) == ("PC", "n=50")
    }
    assert len(kept) >= 4
    assert kept == {task: mine[task] for task in kept}
