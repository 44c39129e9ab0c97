import numpy as np
import pytest
from sklearn.base import BaseEstimator

from causalrep.data import Dataset
from causalrep.exceptions import InvalidDataError
from causalrep.graphs import Graph
from causalrep.loadings import standardised_loadings, strongest_features, with_features

LATENTS = Graph.from_text("L1 --> L2; latent L1, L2")
LOADINGS = np.array([[0.1, -2.0], [0.9, 0.0], [-1.0, 0.0], [0.0, 0.5]])


class Fitted(BaseEstimator):
    def fit(self, X, y=None):
        self.mixing_ = np.ones((2, 1))
        self.environments_, self.targets_ = np.array(["none", "drug"]), np.array([-1, 0])
        return self


def samples(X):
    X = np.asarray(X, dtype=float)
    return Dataset(X=X, environments=np.array(["none", "none", "drug", "drug"])[: len(X)])


def test_features_are_measured_in_their_standard_deviation_in_the_reference():
    data = samples([[-2, 1], [2, 1], [50, 2], [-50, 9]])
    loadings = standardised_loadings(Fitted().fit(None), data)
    np.testing.assert_allclose(loadings, [[0.5], [0.0]])


def test_strongest_features_come_first_and_zeros_never():
    found = [rows.tolist() for rows in strongest_features(LOADINGS, 3)]
    assert found == [[2, 1, 0], [0, 3]]


def test_a_graph_gets_the_strongest_features_of_each_latent():
    graph, loadings = with_features(LATENTS, LOADINGS, ["a", "b", "c", "d"], 2)
    assert graph == Graph.from_text(
        "L1 --> L2, L1 --> c, L1 --> b, L2 --> a, L2 --> d; latent L1, L2"
    )
    assert {(item.source, item.target): item.weight for item in loadings} == {
        ("L1", "c"): -1.0,
        ("L1", "b"): 0.9,
        ("L2", "a"): -2.0,
        ("L2", "d"): 0.5,
    }


def test_a_feature_shared_by_latents_is_one_node():
    graph, loadings = with_features(LATENTS, np.ones((1, 2)), ["a"], 3)
    assert graph.observed == ("a",)
    assert len(loadings) == 2


def test_features_named_as_latents_stay_apart_from_them():
    names = ["L1", "L1 (feature)", "b", "c"]
    graph, _ = with_features(LATENTS, LOADINGS, names, 4)
    assert graph.observed == ("L1 (feature) (feature)", "L1 (feature)", "b", "c")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (np.ones((4, 2)), "a Dataset with environments is wanted"),
        (Dataset(X=np.ones((4, 2))), "a Dataset with environments is wanted"),
        (samples(np.ones((4, 3))), "was fitted on 2 features, but the data have 3"),
    ],
)
def test_refuses_other_data(data, sentence):
    with pytest.raises(InvalidDataError, match=sentence):
        standardised_loadings(Fitted().fit(None), data)
