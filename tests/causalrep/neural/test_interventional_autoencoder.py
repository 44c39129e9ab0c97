"""Autoencoders with interventions that hold latents."""

from __future__ import annotations

import numpy as np
import pytest

from causalrep import Dataset, load, save
from causalrep.exceptions import (
    ConvergenceWarning,
    EnvironmentLabelError,
    IdentifiabilityWarning,
    ModelMismatchWarning,
)
from causalrep.neural import InterventionalAutoencoder
from causalrep.neural import interventional_autoencoder_networks as networks
from identifiability import mean_correlation_coefficient
from simulators import polynomial_decoder

PROBLEM = polynomial_decoder("scm_sparse", n_latents=3, n_features=15, random_state=0)
DATA = PROBLEM.sample(200, random_state=1)


def fitted(data=DATA, **settings):
    return InterventionalAutoencoder(**{"random_state": 0, **settings}).fit(data)


def mcc(model, data):
    return mean_correlation_coefficient(model.transform(data), data.truth.Z).value


def test_noise_free_polynomials_give_the_latents_exactly():
    model = fitted()
    fresh = PROBLEM.sample(50, random_state=2)
    Z, true = model.transform(fresh), fresh.truth.Z
    for place in range(3):
        slope, offset = np.polyfit(Z[:, place], true[:, place], 1)
        np.testing.assert_allclose(slope * Z[:, place] + offset, true[:, place], atol=1e-6)
        assert slope > 0  # the value 2 lies above the mean 0
    np.testing.assert_allclose(model.inverse_transform(Z), fresh.X, atol=1e-5)
    assert model.missed_variance_ < 1e-10
    assert model.identification_.complete


def test_latents_are_standard_in_the_reference_and_held_elsewhere():
    model = fitted()
    Z = model.transform(DATA)
    np.testing.assert_allclose(Z[DATA.environments == 0].mean(axis=0), 0, atol=1e-8)
    np.testing.assert_allclose(Z[DATA.environments == 0].std(axis=0), 1, atol=1e-8)
    assert model.targets_.tolist() == [-1, 0, 1, 2]
    assert np.isnan(model.kept_variances_[0])
    assert model.kept_variances_[1:].max() < 1e-10
    for context in (1, 2, 3):
        held = Z[DATA.environments == context, model.targets_[context]]
        np.testing.assert_allclose(held, model.held_values_[context], atol=1e-6)


@pytest.mark.parametrize("latents", ["uniform", "uniform_corr", "gaussian_mixture", "scm_dense"])
def test_every_kind_of_latents_is_recovered(latents):
    problem = polynomial_decoder(latents, n_latents=4, n_features=20, random_state=3)
    assert mcc(fitted(problem.sample(200, random_state=3)), problem.sample(100, 4)) > 0.9999


def test_cubic_mixings_want_the_degree():
    problem = polynomial_decoder(n_latents=2, n_features=12, degree=3, random_state=0)
    data = problem.sample(200, random_state=0)
    assert mcc(fitted(data, degree=3), data) > 0.9999


def test_independent_supports_identify_without_held_values():
    problem = polynomial_decoder(n_latents=3, n_features=15, random_state=0)
    scm = problem.scm
    from simulators import Perfect, Problem, Uniform

    environments = [(), *(Perfect(node, Uniform(1.0, mean=3.0)) for node in range(3))]
    data = Problem(scm, environments).sample(800, random_state=0)
    model = fitted(data, intervention="imperfect")
    assert mcc(model, data) > 0.995
    assert model.targets_.tolist() == [-1, 0, 1, 2]
    assert model.identification_.complete


def test_order_and_scale_of_columns_do_not_matter():
    model = fitted()
    order = np.arange(15)[::-1]
    scale = np.exp2(np.arange(15) - 7.0)
    other = fitted(Dataset(X=DATA.X[:, order] * scale[order], environments=DATA.environments))
    np.testing.assert_allclose(
        other.transform(DATA.X[:, order] * scale[order]), model.transform(DATA), atol=1e-5
    )


def test_order_of_rows_does_not_matter():
    rows = np.random.default_rng(0).permutation(len(DATA))
    np.testing.assert_allclose(
        fitted(DATA[rows]).transform(DATA), fitted().transform(DATA), atol=1e-5
    )


def test_relabelled_environments_renumber_the_latents():
    labels = np.array(["ref", "c", "b", "a"])[DATA.environments]
    model = fitted(Dataset(X=DATA.X, environments=labels), reference="ref")
    assert model.environments_.tolist() == ["ref", "a", "b", "c"]
    np.testing.assert_allclose(model.transform(DATA), fitted().transform(DATA)[:, ::-1], atol=1e-5)


@pytest.mark.filterwarnings(
    "ignore::causalrep.exceptions.ModelMismatchWarning",
    "ignore::causalrep.exceptions.IdentifiabilityWarning",
)
def test_equal_seeds_give_equal_answers_and_files_keep_them(tmp_path):
    noisy = DATA.X + np.random.default_rng(0).normal(size=DATA.X.shape)
    settings = {"max_epochs": 2, "hidden_widths": (8,)}
    first, second = (
        InterventionalAutoencoder(random_state=3, **settings).fit(noisy, DATA.environments)
        for _ in range(2)
    )
    assert len(first.history_.loss) == 2
    np.testing.assert_array_equal(first.transform(noisy), second.transform(noisy))
    save(first, tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(again.transform(noisy), first.transform(noisy))
    np.testing.assert_array_equal(
        again.inverse_transform(first.transform(noisy)),
        first.inverse_transform(first.transform(noisy)),
    )


def test_two_environments_on_one_latent_are_joined():
    rows = DATA.environments != 3
    labels = DATA.environments.copy()
    labels[np.flatnonzero(labels == 1)[::2]] = 3
    with pytest.warns(IdentifiabilityWarning, match="L3 are not identified"):
        model = InterventionalAutoencoder(3, random_state=0).fit(DATA.X[rows], labels[rows])
    assert model.targets_.tolist() == [-1, 0, 1, 0]
    known = [known for _, known, _ in model.identification_.rows]
    assert known == [True, True, False]


def test_an_environment_that_holds_nothing_is_named():
    labels = np.where(DATA.environments == 0, np.arange(len(DATA)) % 2 * 7, DATA.environments)
    with (
        pytest.warns(ModelMismatchWarning, match=r"Environment\(s\) 7 do not hold exactly one"),
    ):
        model = InterventionalAutoencoder(3, random_state=0).fit(DATA.X, labels)
    assert model.targets_.tolist() == [-1, 0, 1, 2, -1]


def test_an_environment_that_holds_two_latents_is_named():
    from simulators import Do, Problem

    environments = [(), Do(0, 2.0), (Do(1, 2.0), Do(2, 1.0))]
    data = Problem(PROBLEM.scm, environments).sample(200, random_state=0)
    with (
        pytest.warns(ModelMismatchWarning, match=r"Environment\(s\) 2"),
        pytest.warns(IdentifiabilityWarning, match="L2 and L3"),
    ):
        model = InterventionalAutoencoder(3, random_state=0).fit(data)
    assert "several directions" in str(model.identification_)


@pytest.mark.filterwarnings("ignore::causalrep.exceptions.ModelMismatchWarning")
def test_a_perceptron_as_decoder_promises_nothing():
    with pytest.warns(IdentifiabilityWarning, match="L1, L2 and L3"):
        model = fitted(decoder="mlp", max_epochs=3, hidden_widths=(8,))
    assert model.inverse_transform(model.transform(DATA)).shape == DATA.X.shape


@pytest.mark.filterwarnings(
    "ignore::causalrep.exceptions.ModelMismatchWarning",
    "ignore::causalrep.exceptions.IdentifiabilityWarning",
)
def test_stops_in_time_and_says_so():
    noisy = DATA.X + np.random.default_rng(0).normal(size=DATA.X.shape)
    with pytest.warns(ConvergenceWarning, match="max_time"):
        model = InterventionalAutoencoder(random_state=0, max_time=1e-6, n_restarts=1).fit(
            noisy, DATA.environments
        )
    assert not model.converged_


@pytest.mark.filterwarnings(
    "ignore::causalrep.exceptions.ModelMismatchWarning",
    "ignore::causalrep.exceptions.IdentifiabilityWarning",
)
def test_ctrl_c_in_the_affine_start_keeps_the_best_so_far(interrupt):
    calls = interrupt(4, networks, "missed_share")
    with pytest.warns(ConvergenceWarning, match="after 0 of .* epochs because of Ctrl-C"):
        model = InterventionalAutoencoder(random_state=0, n_restarts=1).fit(DATA)
    assert len(calls) == 4
    assert not model.converged_
    assert np.isfinite(model.transform(DATA)).all()


def test_refuses_a_single_environment():
    with pytest.raises(EnvironmentLabelError, match="at least two environments"):
        InterventionalAutoencoder().fit(DATA.X, np.zeros(len(DATA)))


def test_refuses_a_reference_that_does_not_occur():
    with pytest.raises(EnvironmentLabelError, match="The reference environment 9 does not occur"):
        InterventionalAutoencoder(reference=9).fit(DATA)


@pytest.mark.slow
def test_the_published_setting_is_recovered():
    problem = polynomial_decoder(n_latents=6, degree=2, random_state=0)
    model = fitted(problem.sample(1000, random_state=1))
    assert mcc(model, problem.sample(500, random_state=2)) > 0.999


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"hidden_widths": (0,)}, "whole and positive"),
        ({"device": "nowhere"}, "torch finds cpu"),
        ({"degree": 25}, "degree 25 has 351 coefficients a feature, but X has 90 samples"),
    ],
)
def test_refuses_widths_and_devices_also_where_nothing_is_trained(options, sentence):
    data = polynomial_decoder(n_latents=2, n_features=8, random_state=0).sample(30, 0)
    with pytest.raises(ValueError, match=sentence):
        InterventionalAutoencoder(random_state=0, **options).fit(data)
