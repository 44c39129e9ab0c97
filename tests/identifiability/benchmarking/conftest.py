"""Estimators, data sets and metrics that take no time."""

import os
import signal
import sys
import time
import types
import warnings
from functools import partial

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from causalrep.data import Dataset, Truth
from causalrep.graphs import Graph
from identifiability import Metric

CHAIN = Graph.from_text("X1 --> X2")


class Noisy(BaseEstimator):
    """Answers the mean of the samples and a number of its own."""

    def __init__(self, shift=0.0, random_state=None):
        self.shift = shift
        self.random_state = random_state

    def fit(self, X, y=None):
        rng = np.random.default_rng(self.random_state)
        self.answer_ = float(np.mean(X)) + self.shift + rng.normal()
        self.graph_ = CHAIN
        return self


class Failing(BaseEstimator):
    """Fails, or warns, on some of the draws."""

    def __init__(self, above=-np.inf, warn=False):
        self.above = above
        self.warn = warn

    def fit(self, X, y=None):
        if self.warn:
            warnings.warn("so so", UserWarning, stacklevel=2)
        if np.mean(X) > self.above:
            raise RuntimeError("no luck")
        self.answer_ = 0.0
        self.graph_ = CHAIN
        return self


class Writing(Noisy):
    """Writes into what it is given."""

    def fit(self, X, y=None):
        np.asarray(X)
        X.X[:] = 0.0
        return super().fit(X)


class Interrupted(BaseEstimator):
    """Is interrupted by Ctrl-C."""

    def __init__(self, swallow=False):
        self.swallow = swallow

    def fit(self, X, y=None):
        self.answer_ = 0.0
        self.graph_ = CHAIN
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(5)
        except KeyboardInterrupt:
            if not self.swallow:
                raise
        return self


class Slow(Noisy):
    """Sleeps before it answers."""

    def __init__(self, seconds=0.0, shift=0.0, random_state=None):
        super().__init__(shift, random_state)
        self.seconds = seconds

    def fit(self, X, y=None):
        time.sleep(self.seconds)
        return super().fit(X)


def draw(n_samples=3, *, truth=True, random_state):
    """Draw normal samples."""
    X = np.random.default_rng(random_state).normal(size=(n_samples, 2))
    return Dataset(X=X, truth=Truth(graph=CHAIN) if truth else None)


def read_answer(estimator, data):
    """Return what the estimator says."""
    return estimator.answer_


def sleep_and_read(estimator, data):
    """Say what the estimator says, later."""
    time.sleep(20.0)
    return estimator.answer_


@pytest.fixture
def interruptible():
    """Let SIGINT interrupt, which processes in the background inherit as ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def alarm():
    """Lend the clock's signal, which the time limit of tests uses, and give it back."""
    left, interval = signal.setitimer(signal.ITIMER_REAL, 0.0)
    before = signal.signal(signal.SIGALRM, signal.SIG_DFL)
    yield
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
    signal.signal(signal.SIGALRM, before)
    signal.setitimer(signal.ITIMER_REAL, left, interval)


@pytest.fixture
def toys(monkeypatch):
    """Put the toys of this file into a module that can be imported, and give it."""
    module = types.ModuleType("toys_of_benchmarks")
    for toy in (Noisy, Writing, Failing, Interrupted, Slow, draw, read_answer, sleep_and_read):
        monkeypatch.setattr(toy, "__module__", module.__name__)
        setattr(module, toy.__name__, toy)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    module.metric = Metric("answer", read_answer, best=10.0, worst=-10.0)
    module.few = partial(draw, 3)
    module.many = partial(draw, n_samples=9)
    return module
