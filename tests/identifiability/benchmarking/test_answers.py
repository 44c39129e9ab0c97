"""What of a pipeline or search is scored."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from causalrep.data import Dataset
from identifiability.benchmarking.answers import answer_of, origin_of

X = np.random.default_rng(0).normal(size=(30, 3)) * [1.0, 10.0, 100.0]


def test_latents_of_a_pipeline_are_those_of_all_its_steps():
    pipeline = make_pipeline(StandardScaler(), PCA(2)).fit(X)
    answer = answer_of(pipeline, X)
    np.testing.assert_array_equal(answer.transform(X), pipeline.transform(X))
    assert not hasattr(answer, "graph_")


def test_rows_of_a_pipeline_map_features_where_all_its_steps_are_affine():
    answer = answer_of(make_pipeline(StandardScaler(), PCA(2)).fit(X), X)
    differences = (X[1:] - X[:-1]) @ answer.components_.T
    np.testing.assert_allclose(differences, np.diff(answer.transform(X), axis=0), atol=1e-10)


@pytest.mark.parametrize("function", [np.tanh, np.abs])
def test_a_pipeline_that_bends_has_no_rows(function):
    pipeline = make_pipeline(FunctionTransformer(function), PCA(2)).fit(X)
    assert not hasattr(answer_of(pipeline, X), "components_")


def test_an_estimator_is_its_own_answer_and_a_search_that_of_its_best():
    model = PCA(2).fit(X)
    assert answer_of(model, X) is model
    assert answer_of(SimpleNamespace(best_estimator_=model), X) is model


def test_only_pipelines_are_told_labels_a_second_time():
    data = Dataset(X=X, environments=np.zeros(30), actions=np.ones((30, 1)))
    pipeline = make_pipeline(StandardScaler(), PCA(2))
    assert origin_of(PCA(2), data) == ()
    assert origin_of(pipeline, Dataset(X=X)) == ()
    assert origin_of(SimpleNamespace(estimator=pipeline), data)[0] is data.environments
    assert origin_of(pipeline, Dataset(X=X, actions=data.actions))[0].shape == (30, 1)


@pytest.mark.parametrize("name", ["fit", "_private", "mixing_", "mean_"])
def test_what_belongs_to_other_features_is_not_there(name):
    answer = answer_of(make_pipeline(StandardScaler(), PCA(2)).fit(X), X)
    assert not hasattr(answer, name)
