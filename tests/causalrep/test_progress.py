"""Progress reaches scikit-learn's callbacks, costs nothing without them, and needs no 1.9."""

import inspect
import subprocess
import sys
from time import perf_counter

import pytest
from sklearn.base import BaseEstimator, clone

from causalrep.progress import ProgressMixin, reports_progress

callback = pytest.importorskip("sklearn.callback")


class Patient(ProgressMixin, BaseEstimator):
    def __init__(self, stop_at=None, fail_at=None):
        self.stop_at = stop_at
        self.fail_at = fail_at

    @reports_progress
    def fit(self, X, y=None):
        self.n_iter_ = 0
        for step in self._steps(range(5), "sweep"):
            self.n_iter_ += 1
            if step == self.fail_at:
                raise ArithmeticError(step)
            if step == self.stop_at:
                break
        self.polished_ = list(self._steps(iter("ab"), "polish"))
        return self


class Diary:
    """A callback that writes down what it is told."""

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.entries = []

    def setup(self, estimator, context):
        self.entries.append(("setup", context.task_name))

    def on_fit_task_begin(self, estimator, context):
        self.entries.append(("begin", context.task_name, context.task_id, context.max_subtasks))

    def on_fit_task_end(self, estimator, context):
        self.entries.append(("end", context.task_name, context.task_id))
        return context.task_id == self.stop_after and context.max_subtasks == 0

    def teardown(self, estimator, context):
        self.entries.append(("teardown", context.task_name))


def fitted(diary, **parameters):
    return Patient(**parameters).set_callbacks(diary).fit(None)


def test_every_step_of_every_loop_is_told():
    diary = Diary()
    estimator = fitted(diary)
    assert (estimator.n_iter_, estimator.polished_) == (5, ["a", "b"])
    assert diary.entries[:2] == [("setup", "fit"), ("begin", "fit", 0, None)]
    assert diary.entries[2] == ("begin", "sweep", 0, 5)
    assert [entry for entry in diary.entries if entry[:2] == ("begin", "sweep")][1:] == [
        ("begin", "sweep", step, 0) for step in range(5)
    ]
    assert ("begin", "polish", 1, None) in diary.entries
    assert diary.entries[-2:] == [("end", "fit", 0), ("teardown", "fit")]


def test_a_callback_may_end_a_loop():
    assert fitted(Diary(stop_after=2)).n_iter_ == 3


def test_a_loop_left_early_is_told_as_ended():
    diary = Diary()
    assert fitted(diary, stop_at=1).n_iter_ == 2
    ends = [entry for entry in diary.entries if entry[:2] == ("end", "sweep")]
    assert ends == [("end", "sweep", 0), ("end", "sweep", 0)]


def test_callbacks_are_torn_down_after_an_error():
    diary = Diary()
    estimator = Patient(fail_at=1).set_callbacks(diary)
    with pytest.raises(ArithmeticError):
        estimator.fit(None)
    assert diary.entries[-1] == ("teardown", "fit")
    assert "_callback_fit_ctx" not in vars(estimator)


def test_progress_bar_of_scikit_learn_is_drawn(capsys):
    pytest.importorskip("rich")
    fitted(callback.ProgressBar())
    shown = capsys.readouterr().out
    assert "Patient - fit" in shown
    assert "Patient - sweep" in shown


def test_fit_keeps_its_signature_and_the_estimator_its_parameters():
    assert list(inspect.signature(Patient.fit).parameters) == ["self", "X", "y"]
    assert clone(Patient(stop_at=3)).get_params() == {"stop_at": 3, "fail_at": None}


@pytest.mark.slow
def test_a_step_without_callbacks_costs_less_than_five_microseconds():
    estimator, n_steps = Patient(), 100_000
    start = perf_counter()
    for _ in estimator._steps(range(n_steps), "sweep"):
        pass
    assert (perf_counter() - start) / n_steps < 5e-6


def test_estimators_work_where_scikit_learn_has_no_callbacks():
    code = """
import sys, warnings
sys.modules["sklearn.callback"] = None
from causalrep.progress import ProgressMixin, reports_progress
class Patient(ProgressMixin):
    @reports_progress
    def fit(self, X, y=None):
        self.n_iter_ = len(list(self._steps(range(5), "sweep")))
        return self
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    print(Patient().set_callbacks().fit(None).n_iter_, len(caught))
    print(Patient().set_callbacks(object()).fit(None).n_iter_, caught[0].message)
"""
    shown = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert shown.splitlines() == [
        "5 0",
        "5 Callbacks want scikit-learn 1.9 or later, so these will not be called. "
        "Upgrade scikit-learn to see them.",
    ]
