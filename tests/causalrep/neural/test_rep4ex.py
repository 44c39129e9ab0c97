"""Latents that actions move linearly, found behind a nonlinear mixing."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from causalrep import load, save
from causalrep.exceptions import (
    ConvergenceWarning,
    DegenerateDataError,
    IdentifiabilityError,
    IdentifiabilityWarning,
    InvalidDataError,
)
from causalrep.neural import Rep4Ex
from causalrep.neural.rep4ex_loss import Rep4ExLoss
from simulators import ActionProblem, LinearMixing, MLPMechanism, extrapolation

DATA = extrapolation(random_state=0).sample(300, random_state=0)


def fitted(X=DATA, y=None, **options):
    return Rep4Ex(**{"max_epochs": 4, "hidden_widths": (8,), "random_state": 0} | options).fit(
        X, y
    )


def explained(data, **options):
    """Share of the true latents that an affine map of those found explains."""
    model = fitted(data, penalties=(30.0,), hidden_widths=(32, 32), **options)
    assert model.identification_.complete
    assert model.test_log_[0].rejected
    phi = model.transform(data)
    return LinearRegression().fit(phi, data.truth.Z).score(phi, data.truth.Z)


def test_finds_latents_up_to_an_affine_map():
    """Short of the accuracy that a long training reaches, but far beyond chance."""
    data = extrapolation(random_state=1).sample(600, random_state=1)
    assert explained(data, max_epochs=100) > 0.9


@pytest.mark.slow
def test_finds_latents_accurately_from_many_samples():
    data = extrapolation(random_state=1).sample(5000, random_state=1)
    assert explained(data, max_epochs=150) > 0.99


def test_latents_are_white_and_effects_are_least_squares():
    model = fitted()
    phi = model.transform(DATA)
    np.testing.assert_allclose(phi.mean(axis=0), 0, atol=1e-10)
    np.testing.assert_allclose(np.cov(phi.T, bias=True), np.eye(2), atol=1e-8)
    by_hand = LinearRegression().fit(DATA.actions, phi).coef_
    np.testing.assert_allclose(model.effects_, by_hand, atol=1e-8)


def test_actions_may_be_y_or_travel_with_the_data():
    np.testing.assert_array_equal(
        fitted().transform(DATA), fitted(DATA.X, DATA.actions).transform(DATA.X)
    )


def test_the_order_of_actions_does_not_matter():
    other = fitted(DATA.X, DATA.actions[:, ::-1])
    np.testing.assert_allclose(other.transform(DATA.X), fitted().transform(DATA), atol=1e-6)


def test_units_of_features_and_actions_do_not_matter():
    units = np.exp2(np.arange(DATA.X.shape[1]) * 40 - 200)
    other = fitted(DATA.X * units, DATA.actions * 1024.0)
    np.testing.assert_array_equal(other.transform(DATA.X * units), fitted().transform(DATA))
    np.testing.assert_allclose(other.effects_ * 1024.0, fitted().effects_, rtol=1e-10)


@pytest.mark.parametrize("invariance", ["independence", "mean"])
@pytest.mark.parametrize("first_chart", ["actions", "reconstruction"])
def test_the_penalty_is_the_largest_that_costs_little(invariance, first_chart):
    options = {"invariance": invariance, "first_chart": first_chart}
    model = fitted(penalties=(100.0, 0.0, 1.0), slack=1e6, **options)
    assert model.penalty_ == 100.0
    assert fitted(penalties=(5.0,), **options).penalty_ == 5.0
    assert len(model.reconstruction_errors_) == 3


def test_the_penalty_sets_in_by_and_by():
    loss = Rep4ExLoss.__new__(Rep4ExLoss)
    seen = []
    for share in (0.0, 0.2, 0.35, 0.5, 0.9):
        loss.anneal(share)
        seen.append(loss.progress)
    np.testing.assert_allclose(seen, [0, 0, 0.5, 1, 1])


def test_training_goes_on_from_a_checkpoint(tmp_path, monkeypatch):
    def steps(self, items, name):
        for item in items:
            if item == 11:
                raise KeyboardInterrupt
            yield item

    path = tmp_path / "training"
    with monkeypatch.context() as patch:
        patch.setattr(Rep4Ex, "_steps", steps)
        with pytest.warns(ConvergenceWarning):
            fitted(max_epochs=13, checkpoint=path)
    resumed, whole = fitted(max_epochs=13, checkpoint=path), fitted(max_epochs=13)
    np.testing.assert_array_equal(resumed.transform(DATA), whole.transform(DATA))
    with pytest.raises(InvalidDataError, match="other data or settings"):
        fitted(max_epochs=13, penalties=(0.0, 31.0), checkpoint=path)


def test_survives_saving(tmp_path):
    model = fitted()
    save(model, tmp_path / "model")
    again = load(tmp_path / "model")
    np.testing.assert_array_equal(again.transform(DATA), model.transform(DATA))
    assert str(again.identification_) == str(model.identification_)


def test_says_when_actions_move_too_few_directions():
    """Both actions push along one line."""
    problem = ActionProblem(
        effects=[[1.0, 0.0], [1.0, 0.0]],
        mixing=LinearMixing(np.random.default_rng(0).normal(size=(5, 2))),
        outcome=MLPMechanism.random(range(2), 4, 0),
        noise_root=np.eye(2),
        confounding=[1.0, 1.0],
    )
    data = problem.sample(1000, random_state=0)
    with pytest.warns(IdentifiabilityWarning, match="you need actions that move them in all 2"):
        model = fitted(data)
    assert not model.identification_.complete


@pytest.mark.parametrize(
    ("X", "y", "options", "error", "sentence"),
    [
        (DATA.X, None, {}, InvalidDataError, "requires y to be passed, but the target y is None"),
        (
            DATA,
            None,
            {"n_latents": 3},
            IdentifiabilityError,
            "at least as many actions as latents",
        ),
        (DATA[:14], None, {}, InvalidDataError, "wants at least 15 samples"),
        (DATA.X[:, :1], DATA.actions, {}, InvalidDataError, "n_features = 1 that"),
        (DATA.X, DATA.actions * [1, 0], {}, DegenerateDataError, "'A2' is constant"),
        (DATA.X, DATA.actions[:, [0, 0]], {}, DegenerateDataError, "'A2' is a linear comb"),
        (DATA.X, DATA.actions[:-1], {}, ValueError, "inconsistent numbers of samples"),
        (DATA.X, np.where(DATA.actions > 0.9, np.nan, 0), {}, ValueError, "y contains NaN"),
        (DATA.X, np.full(300, "high"), {}, InvalidDataError, "y holds text"),
        (DATA, None, {"penalties": (-1.0,)}, ValueError, "weights that are not negative"),
        (DATA, None, {"hidden_widths": (0,)}, ValueError, "whole and positive"),
        (DATA, None, {"device": "nowhere"}, ValueError, "torch finds cpu"),
    ],
)
def test_refuses_what_it_cannot_use(X, y, options, error, sentence):
    with pytest.raises(error, match=sentence):
        fitted(X, y, **options)


def test_refuses_features_that_are_missing():
    X = DATA.X.copy()
    X[3, 4] = np.nan
    with pytest.raises(InvalidDataError, match="1 NaN and 0 infinite"):
        fitted(X, DATA.actions)
