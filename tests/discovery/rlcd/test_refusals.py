"""RLCD: what it refuses, and what it warns of."""

import re

import numpy as np
import pytest

from causalrep import Graph
from causalrep.exceptions import (
    BudgetError,
    DegenerateDataError,
    GraphError,
    InvalidDataError,
    ModelMismatchWarning,
)
from causalrep.ranks import RankOracle
from discovery import RLCD, BackgroundKnowledge
from simulators import LinearSCM, random_weights

PAIR = Graph.from_text(
    "L1 --> L2, L1 --> A, L1 --> B, L1 --> C, L2 --> D, L2 --> E, L2 --> F; latent L1, L2"
)
SCM = LinearSCM.from_graph(PAIR, random_weights(PAIR, 0.6, 1.2, random_state=1))


def fit_exactly(**parameters):
    model = RLCD(n_bootstraps=0, **parameters)
    return model.fit_from_covariance(SCM.covariance(of="X"), 100_000, list(PAIR.observed))


def test_knowledge_about_unknown_features_is_refused():
    with pytest.raises(GraphError, match="'Z'"):
        fit_exactly(background=BackgroundKnowledge(tiers=[["Z"], ["A"]]))


def samples():
    return SCM.sample(200, random_state=0).X


@pytest.mark.parametrize(
    ("X", "error", "sentence"),
    [
        (np.where(np.eye(200, 6) > 0, np.nan, samples()), InvalidDataError, "missing|NaN"),
        (np.c_[samples(), np.ones(200)], DegenerateDataError, "'X7'.*constant|constant.*'X7'"),
        (np.c_[samples(), samples()[:, 0]], DegenerateDataError, "'X7' repeats 'X1'"),
        (np.c_[samples(), samples() @ np.ones(6)], DegenerateDataError, "combination"),
        (samples()[:6], InvalidDataError, "needs more samples than features"),
        (samples()[:, :1], InvalidDataError, "n_features = 1"),
    ],
    ids=["missing", "constant", "duplicate", "sum", "few samples", "one feature"],
)
def test_refuses_data_that_it_cannot_use_by_name(X, error, sentence):
    with pytest.raises(error, match=sentence):
        RLCD(n_bootstraps=0).fit(X)


@pytest.mark.parametrize(
    ("covariance", "sentence"),
    [
        (np.array([[1.0, 2.0], [2.0, 1.0]]), "negative eigenvalue"),
        (np.array([[1.0, 0.2], [0.5, 1.0]]), "symmetric"),
        (np.array([[1.0, np.nan], [np.nan, 1.0]]), "finite|NaN|missing"),
        (np.ones((2, 3)), "square|shape"),
    ],
)
def test_refuses_what_is_no_covariance(covariance, sentence):
    with pytest.raises(InvalidDataError, match=sentence):
        RLCD().fit_from_covariance(covariance, 100)


@pytest.mark.parametrize("test", ["robust", "ordinal"])
def test_says_which_tests_need_samples(test):
    with pytest.raises(TypeError, match=re.escape(f"test='{test}' needs the samples")):
        RLCD(test).fit_from_covariance(np.eye(4), 100)


def test_refuses_more_tests_than_allowed_and_oracles_of_other_graphs():
    with pytest.raises(BudgetError, match="max_tests=5"):
        fit_exactly(max_tests=5)
    with pytest.raises(GraphError, match="no node 'A'"):
        fit_exactly(test=RankOracle(Graph.from_text("X --> Y")))


def test_says_where_no_model_fits_in_the_line_of_the_user():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 3)) @ rng.normal(size=(3, 9)) + 0.3 * rng.normal(size=(400, 9))
    with pytest.warns(ModelMismatchWarning, match="RMSEA") as caught:
        RLCD("exact", alpha=0.01, max_cover_size=1, n_bootstraps=0).fit(X)
    assert caught[0].filename == __file__
