"""What must not change the answer does not; what must, changes it as theory says."""

import numpy as np
import pytest

from causalrep import Dataset, LinearCausalDisentanglement, load, save
from causalrep.statistics import EnvironmentMoments
from simulators import linear_disentanglement

METHODS = ["likelihood", "closed-form", "squires", "lscale"]


@pytest.fixture(scope="module")
def data():
    return linear_disentanglement(4, 8, random_state=7).sample(600, random_state=7, exact=True)


def fitted(X, y, **parameters):
    return LinearCausalDisentanglement(4, **parameters).fit(X, y)


@pytest.mark.parametrize("method", METHODS)
def test_order_of_rows_does_not_matter(data, method):
    rows = np.random.default_rng(0).permutation(len(data))
    one, two = (LinearCausalDisentanglement(4, method=method).fit(d) for d in (data, data[rows]))
    np.testing.assert_allclose(two.components_, one.components_, atol=1e-7)
    assert two.graph_ == one.graph_


@pytest.mark.parametrize("method", METHODS)
def test_order_of_columns_permutes_the_components(data, method):
    columns = np.random.default_rng(1).permutation(8)
    one = fitted(data.X, data.environments, method=method)
    two = fitted(data.X[:, columns], data.environments, method=method)
    np.testing.assert_allclose(two.components_, one.components_[:, columns], atol=1e-7)
    assert two.graph_ == one.graph_


@pytest.mark.parametrize("exponent", [-490, -3, 5, 490])
def test_units_scale_the_components_and_nothing_else(data, exponent):
    one = fitted(data.X, data.environments)
    two = fitted(data.X * 2.0**exponent, data.environments)
    np.testing.assert_allclose(two.components_ * 2.0**exponent, one.components_, atol=1e-7)
    assert two.graph_ == one.graph_
    assert [edge.p_value for edge in two.edges_] == pytest.approx(
        [edge.p_value for edge in one.edges_], rel=1e-4
    )


def test_with_as_many_features_as_latents_each_column_has_its_own_unit(data):
    X = data.X[:, :4]
    units = 2.0 ** np.array([-450, 0, 8, 450])
    one, two = fitted(X, data.environments), fitted(X * units, data.environments)
    np.testing.assert_allclose(two.components_ * units, one.components_, atol=1e-7)
    assert two.graph_ == one.graph_


@pytest.mark.parametrize("intervention", ["perfect", "soft"])
def test_linear_coordinates_do_not_matter_even_ill_conditioned_ones(intervention):
    data = linear_disentanglement(4, 4, random_state=3).sample(800, random_state=3, exact=True)
    rng = np.random.default_rng(4)
    left, right = (np.linalg.qr(rng.standard_normal((4, 4)))[0] for _ in range(2))
    mixing = left * np.geomspace(1, 1e-4, 4) @ right
    one = fitted(data.X, data.environments, intervention=intervention)
    two = fitted(data.X @ mixing.T, data.environments, intervention=intervention)
    Z, W = one.transform(data.X), two.transform(data.X @ mixing.T)
    np.testing.assert_allclose(np.abs(W), np.abs(Z), atol=1e-6)
    assert two.graph_ == one.graph_


def test_labels_only_name_the_environments(data):
    names = np.array(["control", "zeta", "beta", "alpha", "gamma"])
    one = fitted(data.X, data.environments)
    two = fitted(data.X, names[data.environments], reference="control")
    assert two.environments_.tolist() == ["control", "alpha", "beta", "gamma", "zeta"]
    latent = two.targets_[[3 - 2, 2, 4 - 1, 4]]
    assert sorted(latent) == [0, 1, 2, 3]
    by_name = dict(zip(two.environments_, two.targets_, strict=True))
    for environment, target in zip(one.environments_[1:], one.targets_[1:], strict=True):
        mine = two.components_[by_name[names[environment]]]
        np.testing.assert_allclose(mine, one.components_[target], atol=1e-7)


def test_names_of_features_travel_and_do_not_change_the_answer(data):
    named = Dataset(X=data.X, environments=data.environments, names=tuple("abcdefgh"))
    one, two = LinearCausalDisentanglement(4).fit(data), LinearCausalDisentanglement(4).fit(named)
    assert list(two.feature_names_in_) == list("abcdefgh")
    np.testing.assert_array_equal(two.components_, one.components_)


def test_moments_are_all_it_needs(data):
    one = LinearCausalDisentanglement(4).fit(data)
    stats = EnvironmentMoments.from_dataset(data)
    for two in (
        LinearCausalDisentanglement(4).fit_from_stats(stats),
        LinearCausalDisentanglement(4).fit_from_covariances(stats.covariances, stats.n_samples),
    ):
        np.testing.assert_allclose(two.components_, one.components_, atol=1e-9)
        assert two.graph_ == one.graph_


def test_latents_are_standard_in_the_reference_and_can_be_mapped_back(data):
    model = LinearCausalDisentanglement(4).fit(data)
    Z = model.transform(data)
    reference = Z[data.environments == 0]
    np.testing.assert_allclose(reference.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(reference.var(axis=0), 1, atol=0.15)
    np.testing.assert_allclose(model.inverse_transform(Z), data.X, atol=1e-8)
    assert model.get_feature_names_out().tolist() == ["L1", "L2", "L3", "L4"]


def test_a_saved_model_is_the_same_model(data, tmp_path):
    model = LinearCausalDisentanglement(4).fit(data)
    save(model, tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(again.transform(data), model.transform(data))
    assert again.graph_ == model.graph_
    assert str(again.identification_) == str(model.identification_)
    assert again.edges_ == model.edges_
