"""What all neural estimators of latents refuse alike."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.utils._param_validation import InvalidParameterError

from causalrep.exceptions import DegenerateDataError, InvalidDataError
from causalrep.neural import ContrastiveCRL, InterventionalAutoencoder, LatentPolynomialVAE, Rep4Ex

LABELS = np.repeat([0, 1, 2], 40)
RNG = np.random.default_rng(0)
X, ACTIONS = RNG.normal(size=(120, 3)) * (1.0 + LABELS[:, None]), RNG.uniform(size=(120, 2))
ESTIMATORS = [
    (Rep4Ex, ACTIONS),
    (InterventionalAutoencoder, LABELS),
    (ContrastiveCRL, LABELS),
    (LatentPolynomialVAE, LABELS),
]
pytestmark = [
    pytest.mark.parametrize(("estimator", "y"), ESTIMATORS),
    pytest.mark.filterwarnings("ignore::causalrep.exceptions.IdentifiabilityWarning"),
    pytest.mark.filterwarnings("ignore::causalrep.exceptions.ModelMismatchWarning"),
]


@pytest.mark.parametrize("widths", [(0,), (16, -1), (1.5,), ("a",), (2**40,), {4: 4}])
def test_refuses_widths_that_are_no_positive_whole_numbers(estimator, y, widths):
    with pytest.raises(InvalidParameterError, match=r"hidden_widths wants .* whole and positive"):
        estimator(hidden_widths=widths, max_epochs=1, random_state=0).fit(X, y)


def test_refuses_samples_that_are_all_equal(estimator, y):
    with pytest.raises(DegenerateDataError, match="All 120 samples are equal"):
        estimator(max_epochs=1, random_state=0).fit(np.ones((120, 3)), y)


def test_refuses_more_latents_than_features(estimator, y):
    y = np.column_stack([y, RNG.uniform(size=(120, 3))]) if y is ACTIONS else y
    with pytest.raises(InvalidDataError, match="n_latents=4, but X has n_features = 3"):
        estimator(4, max_epochs=1, random_state=0).fit(X, y)


def test_features_may_be_constant_or_come_twice(estimator, y):
    twice = np.column_stack([X, X[:, 0], np.ones(120)])
    model = estimator(max_epochs=1, random_state=0).fit(twice, y)
    Z = model.transform(twice)
    assert np.isfinite(Z).all()
    assert model.inverse_transform(Z).shape == twice.shape


def test_refuses_a_folder_as_checkpoint_before_it_trains(estimator, y, tmp_path):
    with pytest.raises(ValueError, match=r"is a folder\. Name a file in it"):
        estimator(checkpoint=tmp_path, max_epochs=1, random_state=0).fit(X, y)
