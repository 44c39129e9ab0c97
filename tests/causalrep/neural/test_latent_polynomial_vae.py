import numpy as np
import pytest

import simulators
from causalrep import Dataset, load, save
from causalrep.exceptions import EnvironmentLabelError, IdentifiabilityWarning, InvalidDataError
from causalrep.neural import LatentPolynomialVAE
from identifiability import mean_correlation_coefficient


@pytest.fixture(scope="module")
def data():
    problem = simulators.segments(2, 3, n_segments=10, n_layers=2, random_state=1)
    return problem.sample(200, random_state=1)


@pytest.fixture(scope="module")
def fitted(data):
    return LatentPolynomialVAE(2, max_epochs=60, n_restarts=1, random_state=0).fit(data)


@pytest.fixture(scope="module")
def dependent():
    problem = simulators.changing_polynomials(3, 3, n_environments=8, random_state=0)
    data = problem.sample(60, random_state=0)
    with pytest.warns(IdentifiabilityWarning, match="up to an affine map"):
        model = LatentPolynomialVAE(degree=1, max_epochs=2, batch_size=100, random_state=0).fit(
            data
        )
    return model, data


@pytest.mark.slow
def test_separates_latents_whose_variances_change():
    data = simulators.segments(3, 3, n_segments=15, random_state=5).sample(600, random_state=5)
    model = LatentPolynomialVAE(random_state=0).fit(data)
    score = mean_correlation_coefficient(model.transform(data), data.truth.Z)
    assert score.value > 0.93 > score.mixed
    assert model.identification_.complete


def test_latents_are_uncorrelated_within_environments_on_average(fitted, data):
    Z = fitted.transform(data)
    within = [np.cov(Z[data.environments == u].T)[0, 1] for u in fitted.environments_]
    assert abs(np.mean(within)) < 0.05
    np.testing.assert_allclose(Z.mean(axis=0), 0, atol=1e-6)


def test_scales_of_features_do_not_matter(fitted, data):
    scaled = Dataset(X=data.X * 2.0**40, environments=data.environments)
    again = LatentPolynomialVAE(2, max_epochs=60, n_restarts=1, random_state=0).fit(scaled)
    np.testing.assert_allclose(again.transform(scaled), fitted.transform(data), rtol=1e-9)


def test_latents_that_depend_on_one_another_are_white(dependent):
    model, data = dependent
    Z = model.transform(data)
    np.testing.assert_allclose(np.cov(Z.T, bias=True), np.eye(3), atol=1e-6)
    assert not any(found for _, found, _ in model.identification_.rows)


def test_features_come_back_from_the_latents(fitted, data):
    again = fitted.inverse_transform(fitted.transform(data))
    assert np.mean((again - data.X) ** 2) < 0.5 * data.X.var(axis=0).mean()


def test_a_file_gives_the_model_back(dependent, tmp_path):
    model, data = dependent
    save(model, tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(again.transform(data), model.transform(data))


def test_says_that_too_few_environments_identify_nothing(data):
    few = data[np.isin(data.environments, [0, 1])]
    with pytest.warns(IdentifiabilityWarning, match="need at least 3 environments"):
        model = LatentPolynomialVAE(2, max_epochs=1, random_state=0).fit(few)
    assert not any(found for _, found, _ in model.identification_.rows)


def test_says_that_proportional_variances_leave_latents_mixed():
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(4), 200)
    X = rng.normal(size=(800, 2)) * (1.0 + labels[:, None])
    with pytest.warns(IdentifiabilityWarning, match="L1 and L2 may change in proportion"):
        LatentPolynomialVAE(max_epochs=1, random_state=0).fit(X, labels)


def test_refuses_more_latents_than_features(data):
    with pytest.raises(InvalidDataError, match="n_latents=4, but X has n_features = 3"):
        LatentPolynomialVAE(4).fit(data)


def test_refuses_polynomials_with_more_coefficients_than_samples(data):
    with pytest.raises(InvalidDataError, match=r"degree 1099511627776 have .* coefficients"):
        LatentPolynomialVAE(2, degree=2**40).fit(data)


@pytest.mark.parametrize("noise_scale", [1e-240, 1e240])
def test_refuses_noise_whose_square_is_no_number(data, noise_scale):
    with pytest.raises(ValueError, match="'noise_scale' parameter"):
        LatentPolynomialVAE(2, noise_scale=noise_scale).fit(data)


def test_refuses_samples_without_environments(data):
    with pytest.raises(EnvironmentLabelError, match="requires y to be passed"):
        LatentPolynomialVAE().fit(data.X)


def test_goes_on_from_a_checkpoint(data, tmp_path):
    settings = {"n_latents": 2, "n_restarts": 1, "random_state": 0}
    whole = LatentPolynomialVAE(max_epochs=4, **settings).fit(data)
    path = tmp_path / "training.safetensors"
    stopped = LatentPolynomialVAE(max_epochs=4, max_time=1e-9, checkpoint=path, **settings)
    with pytest.warns(Warning, match="max_time"):
        stopped.fit(data)
    again = LatentPolynomialVAE(max_epochs=4, checkpoint=path, **settings).fit(data)
    np.testing.assert_array_equal(again.transform(data), whole.transform(data))
