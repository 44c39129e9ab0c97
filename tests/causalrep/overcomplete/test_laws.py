"""What must not change the answer, and how it changes with the number of samples."""

import numpy as np
import pandas as pd
import pytest

from causalrep import Dataset, load, save
from causalrep.overcomplete import CumulantICA, ReconstructionICA

A = np.array([[1.0, 0.2, 0.0, 0.7, 0.5], [0.3, 1.0, 0.1, -0.6, 0.5], [0.0, -0.2, 1.0, 0.3, 0.6]])
A = np.vstack([A, [0.4, 0.5, -0.3, 0.9, -0.8]])


def samples(n_samples, seed=0):
    return (np.random.default_rng(seed).exponential(size=(n_samples, 5)) - 1) @ A.T


def angle(found, truth):
    """Mean angle between matched columns, as a share of a right angle."""
    cosines = np.abs(truth.T @ found) / np.linalg.norm(truth, axis=0)[:, None]
    cosines = cosines / np.linalg.norm(found, axis=0)
    return np.mean(np.arccos(np.clip(cosines.max(axis=1), 0, 1))) * 2 / np.pi


MODELS = [
    CumulantICA(5, n_starts=2, random_state=0),
    CumulantICA(5, method="tensor", n_starts=2, random_state=0),
    CumulantICA(5, method="spm", random_state=0),
    CumulantICA(5, method="foobi", random_state=0),
    ReconstructionICA(5, random_state=0),
]
NAMES = ["gmm", "tensor", "spm", "foobi", "rica"]


@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_the_order_of_features_does_not_matter(model):
    X, order = samples(2000), [2, 0, 3, 1]
    plain = model.fit(X).mixing_
    turned = model.fit(X[:, order]).mixing_
    np.testing.assert_allclose(turned, plain[order], atol=2e-4)


@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_the_order_of_samples_does_not_matter(model):
    X = samples(2000)
    plain = model.fit(X).mixing_
    np.testing.assert_allclose(model.fit(X[::-1]).mixing_, plain, atol=2e-4)


@pytest.mark.parametrize("model", MODELS, ids=NAMES)
@pytest.mark.parametrize("exponents", [(3, -5, 0, 1), (400, -300, 0, 1)])
def test_units_scale_the_rows_of_the_mixing(model, exponents):
    X, units = samples(2000), np.exp2(np.array(exponents, dtype=float))
    plain, sources = model.fit(X).mixing_, model.transform(X)
    scaled = model.fit(X * units).mixing_
    np.testing.assert_allclose(scaled / units[:, None], plain, atol=2e-4)
    np.testing.assert_allclose(model.transform(X * units), sources, atol=2e-3)


def test_a_feature_of_the_other_sign_turns_its_row():
    X, signs = samples(2000), np.array([1.0, -1.0, 1.0, 1.0])
    plain = CumulantICA(5, random_state=0).fit(X).mixing_
    turned = CumulantICA(5, random_state=0).fit(X * signs).mixing_ * signs[:, None]
    relative = np.sign(np.sum(plain * turned, axis=0))
    np.testing.assert_allclose(turned * relative, plain, atol=2e-4)


def test_columns_fall_in_explained_variance_and_have_a_positive_largest_entry():
    X = samples(2000)
    standard = CumulantICA(5, random_state=0).fit(X).mixing_ / X.std(axis=0)[:, None]
    shares = np.sum(standard**2, axis=0)
    assert (np.diff(shares) <= 0).all()
    assert (standard[np.abs(standard).argmax(axis=0), range(5)] > 0).all()


def test_the_same_state_gives_the_same_answer_and_any_state_nearly_so():
    X = samples(2000)
    first, again = (CumulantICA(5, random_state=3).fit(X).mixing_ for _ in range(2))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_allclose(CumulantICA(5, random_state=4).fit(X).mixing_, first, atol=1e-3)


def test_datasets_and_frames_give_the_same():
    X, names = samples(500), ["a", "b", "c", "d"]
    model = CumulantICA(5, method="foobi")
    plain = model.fit(X).mixing_
    np.testing.assert_allclose(model.fit(Dataset(X=X)).mixing_, plain, atol=1e-12)
    frame = model.fit(pd.DataFrame(X, columns=names))
    np.testing.assert_allclose(frame.mixing_, plain, atol=1e-12)
    assert frame.feature_names_in_.tolist() == names
    assert frame.get_feature_names_out().tolist() == ["L1", "L2", "L3", "L4", "L5"]


def test_a_fitted_model_survives_a_file(tmp_path):
    X = samples(500)
    model = CumulantICA(5, method="tensor", random_state=0).fit(X)
    save(model, tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(again.transform(X), model.transform(X))
    assert again.identification_ == model.identification_


def test_predicted_sources_are_of_minimum_norm():
    X = samples(2000)
    model = CumulantICA(5, random_state=0).fit(X)
    S = model.transform(X)
    np.testing.assert_allclose(model.inverse_transform(S), X, atol=1e-9)
    inside = np.linalg.pinv(model.mixing_) @ model.mixing_
    np.testing.assert_allclose(S @ inside, S, atol=0.05)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::causalrep.exceptions.ModelMismatchWarning")
@pytest.mark.parametrize("method", ["gmm", "tensor", "spm", "foobi"])
def test_errors_fall_with_the_root_of_the_number_of_samples(method):
    sizes = np.array([4000, 16_000, 64_000])
    errors = [
        np.median(
            [
                angle(CumulantICA(5, method=method, random_state=0).fit(samples(n, s)).mixing_, A)
                for s in range(5)
            ]
        )
        for n in sizes
    ]
    slope = np.polyfit(np.log(sizes), np.log(errors), 1)[0]
    assert -0.75 < slope < -0.3


def test_weighing_cumulants_lowers_the_error():
    X = samples(4000, seed=1)
    errors = {
        method: angle(CumulantICA(5, method=method, random_state=0).fit(X).mixing_, A)
        for method in ("gmm", "tensor", "spm")
    }
    assert errors["gmm"] < errors["tensor"] < errors["spm"]
