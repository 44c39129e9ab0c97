"""Outcomes under actions that were never seen."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.model_selection import cross_val_score
from sklearn.preprocessing import FunctionTransformer

from causalrep import Dataset, load, save
from causalrep.exceptions import IdentifiabilityWarning, InvalidDataError
from causalrep.neural import MLP, InterventionExtrapolator, Rep4Ex
from simulators import extrapolation

PROBLEM = extrapolation(random_state=0)
DATA = PROBLEM.sample(300, random_state=0)
QUICK = Rep4Ex(max_epochs=40, hidden_widths=(8,), random_state=0)


def fitted(*arguments, representation=QUICK, **options):
    options = {"max_epochs": 3, "hidden_widths": (4,), "random_state": 0} | options
    return InterventionExtrapolator(representation, **options).fit(*arguments)


def test_takes_confounding_out_where_everything_is_linear():
    """With nu known, the average over the noise is <b, W (a - mean)> + mean outcome."""
    rng = np.random.default_rng(0)
    actions, noise = rng.normal(size=(50, 2)), rng.normal(size=(50, 2))
    effects, slope = np.array([[1.0, 0.5], [-1.0, 2.0]]), np.array([2.0, -3.0])
    phi = actions @ effects.T + noise
    y = phi @ slope + 5 * noise.sum(axis=1)
    model = fitted(
        Dataset(X=phi, actions=actions, outcome=y), representation=FunctionTransformer()
    )
    network = MLP([2, 1])
    network.layers[0].weight.copy_(network.layers[0].weight.new_tensor(slope[:, None]))
    model.outcome_models_, model.outcome_scale_ = (network,), 1.0
    model.baseline_ = float(y.mean() - (phi @ slope).mean())
    points = 0.2 * actions
    wanted = (points - actions.mean(axis=0)) @ model.effects_.T @ slope + y.mean()
    np.testing.assert_allclose(model.predict(points), wanted, atol=1e-8)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:For . of 4 actions")
def test_beats_the_regression_on_actions_where_latents_are_known():
    problem = extrapolation(random_state=3)
    data = problem.sample(2000, random_state=3)
    known = Dataset(X=data.truth.Z, actions=data.actions, outcome=data.outcome)
    points = np.array([[1.6, 1.6], [-1.6, 1.6], [1.6, -1.6], [-1.6, -1.6]])
    wanted = problem.mean_outcome(points)
    options = {"max_epochs": 100, "hidden_widths": (16,), "n_restarts": 2}
    model = fitted(known, representation=FunctionTransformer(), **options)
    with pytest.warns(IdentifiabilityWarning, match="Without observations"):
        plain = fitted(data.actions, data.outcome, representation=None, **options)
    ours, theirs = (np.mean((one.predict(points) - wanted) ** 2) for one in (model, plain))
    assert ours < 0.5 * theirs


def test_data_come_together_or_apart():
    points = np.array([[0.0, 0.0], [0.5, 0.1]])
    together = fitted(DATA).predict(points)
    apart = fitted(DATA.actions, DATA.outcome, DATA.X).predict(points)
    np.testing.assert_array_equal(together, apart)


def test_the_mean_prediction_in_the_samples_is_about_the_mean_outcome():
    model = fitted(DATA, max_epochs=30)
    assert abs(model.predict(DATA).mean() - DATA.outcome.mean()) < 0.2 * DATA.outcome.std()


def test_coverage_falls_outside_and_predictions_there_warn():
    model = fitted(DATA)
    inside, near, far = model.coverage([[0.0, 0.0], [1.5, 1.5], [20.0, 20.0]])
    assert inside > 0.85
    assert inside > near > far == 0
    with pytest.warns(IdentifiabilityWarning, match="For 1 of 2 actions less than half"):
        model.predict([[0.0, 0.0], [20.0, 20.0]])


def test_predicts_features_by_the_decoder():
    model = fitted(DATA)
    found = model.predict_observations(np.zeros((3, 2)))
    noise = model.noise_ + model.intercept_
    wanted = model.representation_.inverse_transform(noise).mean(axis=0)
    np.testing.assert_allclose(found, np.tile(wanted, (3, 1)), rtol=1e-10)


@pytest.mark.filterwarnings("ignore::causalrep.exceptions.IdentifiabilityWarning")
def test_actions_alone_may_come_in_any_order_and_run_backwards():
    settings = {"max_epochs": 3, "n_restarts": 1, "random_state": 0}
    one = InterventionExtrapolator(**settings).fit(DATA.actions, DATA.outcome)
    two = InterventionExtrapolator(**settings).fit(DATA.actions[:, ::-1], DATA.outcome)
    expected = one.predict(DATA.actions)
    np.testing.assert_allclose(two.predict(DATA.actions[:, ::-1]), expected, atol=1e-6)
    np.testing.assert_array_equal(two.coverage(DATA.actions[:, ::-1]), one.coverage(DATA.actions))


def test_features_want_observations():
    with pytest.warns(IdentifiabilityWarning, match="Without observations"):
        model = fitted(DATA.actions, DATA.outcome)
    with pytest.raises(InvalidDataError, match="wants a fit with observations"):
        model.predict_observations(DATA.actions)


@pytest.mark.filterwarnings("ignore::causalrep.exceptions.IdentifiabilityWarning")
def test_scores_across_folds_and_survives_saving(tmp_path):
    assert np.isfinite(cross_val_score(fitted(DATA), DATA, DATA.outcome, cv=2)).all()
    model = fitted(DATA)
    save(model, tmp_path / "model")
    points = np.zeros((2, 2))
    np.testing.assert_array_equal(load(tmp_path / "model").predict(points), model.predict(points))


def test_refuses_data_without_an_outcome():
    with pytest.raises(InvalidDataError, match="requires y to be passed, but the target y"):
        fitted(Dataset(X=DATA.X, actions=DATA.actions))


def test_refuses_observations_of_other_samples():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        fitted(DATA.actions, DATA.outcome, DATA.X[:-1])
