"""What neural estimators share, on an autoencoder that is as small as can be."""

from __future__ import annotations

import copy
import pickle
import sys
import types
from typing import ClassVar

import numpy as np
import pytest
import torch
from sklearn.base import _fit_context, clone
from sklearn.utils import check_random_state
from torch import nn

from causalrep import load, save
from causalrep.exceptions import ConvergenceWarning, InvalidDataError, PersistenceError
from causalrep.neural import MLP, EnsembleMLP, RandomStreams
from causalrep.neural.estimator import NeuralEstimator, NeuralLatentsMixin, resolved_device
from causalrep.neural.rows import evaluated, held_out, standardisation
from causalrep.progress import reports_progress
from causalrep.validation import check_samples

X = np.random.default_rng(0).normal(size=(60, 3)) @ np.diag([1.0, 5.0, 0.2])


class Autoencoder(NeuralLatentsMixin, NeuralEstimator):
    """One latent of three features."""

    __module__ = "causalrep.tiny_network"
    _parameter_constraints: ClassVar = {**NeuralEstimator._parameter_constraints}

    def __init__(
        self,
        n_restarts=2,
        max_epochs=None,
        batch_size=20,
        learning_rate=1e-2,
        max_time=None,
        checkpoint=None,
        device=None,
        random_state=None,
    ):
        self.n_restarts = n_restarts
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.max_time = max_time
        self.checkpoint = checkpoint
        self.device = device
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)
    @reports_progress
    def fit(self, X, y=None):
        X = check_samples(self, X, min_samples=2)
        self.mean_, self.scale_ = standardisation(X)
        streams = self._streams(check_random_state(self.random_state))
        (x,) = self._tensors(streams, (X - self.mean_) / self.scale_)
        encoder = EnsembleMLP([X.shape[1], 8, 1], streams)
        decoder = EnsembleMLP([1, 8, X.shape[1]], streams)

        def loss(batch):
            return (decoder(encoder(batch[0])) - batch[0]).square().mean(dim=(1, 2))

        self.seen_ = []
        both = nn.ModuleList([encoder, decoder])
        best = self._train(both, loss, (x,), streams, on_epoch=self.seen_.append)
        self.encoder_, self.decoder_ = encoder.member(best), decoder.member(best)
        self.n_latents_ = 1
        return self


@pytest.fixture(autouse=True)
def module(monkeypatch):
    module = types.ModuleType("causalrep.tiny_network")
    module.Autoencoder = Autoencoder
    monkeypatch.setitem(sys.modules, "causalrep.tiny_network", module)


def fitted(**options):
    return Autoencoder(**{"random_state": 0, "max_epochs": 5} | options).fit(X)


def test_what_is_kept_is_the_best_member():
    model = fitted(n_restarts=4)
    rows = (X - model.mean_) / model.scale_
    errors = (evaluated(model.decoder_, model.transform(X)) - rows) ** 2
    assert model.history_.best.argmin() == model.history_.loss[-1].argmin()
    np.testing.assert_allclose(errors.mean(), model.history_.best.min(), rtol=0.2)
    np.testing.assert_allclose(
        model.inverse_transform(model.transform(X)),
        evaluated(model.decoder_, model.transform(X)) * model.scale_ + model.mean_,
    )


def test_networks_are_on_the_cpu_in_double_precision_and_frozen():
    leaves = list(fitted().encoder_.parameters())
    assert {leaf.device.type for leaf in leaves} == {"cpu"}
    assert {leaf.dtype for leaf in leaves} == {torch.float64}
    assert not any(leaf.requires_grad for leaf in leaves)


def test_rows_do_not_depend_on_one_another():
    model = fitted()
    alone = np.vstack([model.transform(row[None]) for row in X])
    np.testing.assert_allclose(alone, model.transform(X), rtol=1e-12, atol=1e-14)


def test_the_same_seed_gives_the_same_answer_and_leaves_global_state_alone():
    torch.manual_seed(3)
    before, dtype = torch.random.get_rng_state(), torch.get_default_dtype()
    first, second = fitted(), fitted()
    np.testing.assert_array_equal(first.transform(X), second.transform(X))
    assert not np.allclose(first.transform(X), fitted(random_state=1).transform(X))
    assert torch.equal(before, torch.random.get_rng_state())
    assert torch.get_default_dtype() == dtype


def test_more_restarts_contain_fewer():
    few, many = fitted(n_restarts=2).history_, fitted(n_restarts=3).history_
    np.testing.assert_allclose(few.loss, many.loss[:, :2], rtol=1e-5)


def test_copies_of_members_share_seeds():
    model = Autoencoder(n_restarts=2, random_state=0)
    numbers = model._streams(np.random.RandomState(0), n_copies=3).uniform(4)
    assert torch.equal(numbers[:2], numbers[2:4])
    assert not torch.equal(numbers[0], numbers[1])


def test_no_limit_means_about_one_step_a_sample():
    model = Autoencoder(batch_size=20)
    assert [model._n_epochs(n) for n in (5, 60, 1000, 10**6)] == [20, 20, 20, 1]
    assert Autoencoder(batch_size=1000)._n_epochs(5000) == 1000


def test_progress_of_training_is_told():
    np.testing.assert_allclose(fitted().seen_, [0, 0.2, 0.4, 0.6, 0.8])


def test_time_that_is_over_warns_and_keeps_the_best():
    with pytest.warns(ConvergenceWarning, match=r"max_time=1e-09 was over; the best state"):
        model = fitted(max_time=1e-9)
    assert not model.converged_
    assert np.isfinite(model.transform(X)).all()


def test_ctrl_c_warns_and_keeps_the_best(monkeypatch):
    def steps(self, items, name):
        yield from list(items)[:3]
        raise KeyboardInterrupt

    monkeypatch.setattr(Autoencoder, "_steps", steps)
    with pytest.warns(ConvergenceWarning, match=r"after 3 of 5 epochs because of Ctrl-C"):
        model = fitted()
    assert (model.n_iter_, model.converged_) == (3, False)


def test_networks_that_diverge_are_told_of():
    with pytest.warns(ConvergenceWarning, match="Lower learning_rate"):
        model = fitted(learning_rate=1e30)
    assert not model.converged_


def test_training_goes_on_from_a_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "training.safetensors"
    whole = fitted(max_epochs=30)

    def steps(self, items, name):
        for item in items:
            if item == 25:
                raise KeyboardInterrupt
            yield item

    with monkeypatch.context() as patch:
        patch.setattr(Autoencoder, "_steps", steps)
        with pytest.warns(ConvergenceWarning):
            fitted(max_epochs=30, checkpoint=path)
    resumed = fitted(max_epochs=30, checkpoint=path)
    assert resumed.seen_ == whole.seen_[20:]
    np.testing.assert_array_equal(resumed.transform(X), whole.transform(X))
    with pytest.raises(InvalidDataError, match="other data or settings"):
        fitted(max_epochs=30, n_restarts=2, random_state=4, checkpoint=path)


def test_a_checkpoint_wants_a_seed(tmp_path):
    with pytest.raises(ValueError, match="checkpoint wants random_state to be an integer"):
        fitted(checkpoint=tmp_path / "training.safetensors", random_state=None)


@pytest.mark.parametrize("device", ["tpu9", "cuda:99", ""])
def test_refuses_a_device_that_is_not_there(device):
    with pytest.raises(ValueError, match="torch finds cpu"):
        resolved_device(device)


def test_survives_saving_copying_and_pickling(tmp_path):
    model = fitted(checkpoint=None)
    save(model, tmp_path / "model.safetensors")
    for again in (
        load(tmp_path / "model.safetensors"),
        copy.deepcopy(model),
        pickle.loads(pickle.dumps(model)),
    ):
        np.testing.assert_array_equal(again.transform(X), model.transform(X))
        np.testing.assert_array_equal(again.history_.loss, model.history_.loss)
    assert not hasattr(clone(model), "encoder_")


def test_a_path_among_the_parameters_survives_saving(tmp_path):
    model = Autoencoder(checkpoint=tmp_path / "there")
    save(model, tmp_path / "model.safetensors")
    assert load(tmp_path / "model.safetensors").checkpoint == model.checkpoint


def test_refuses_to_load_arrays_that_do_not_fit():
    arguments, arrays = MLP([2, 3]).to_storage()
    with pytest.raises(PersistenceError, match="A MLP of these sizes holds arrays"):
        MLP.from_storage(arguments, {name: array[:1] for name, array in arrays.items()})


def test_a_member_alone_computes_what_it_does_among_others():
    streams = RandomStreams([0, 1])
    network = EnsembleMLP([3, 5, 2], streams)
    rows = streams.normal(7, 3)
    alone = network.member(1)(rows[1].double())
    torch.testing.assert_close(alone.float(), network(rows)[1])


def test_standardises_columns_of_any_size():
    units = np.array([2.0**700, 2.0**-700, 1.0])
    mean, scale = standardisation(X * units)
    plain = standardisation(X)
    np.testing.assert_array_equal(mean / units, plain[0])
    np.testing.assert_array_equal(scale / units, plain[1])


@pytest.mark.parametrize(("n_rows", "chosen"), [(3, 1), (100, 20)])
def test_holds_out_a_share_of_the_rows(n_rows, chosen):
    assert held_out(n_rows, 0.2, np.random.RandomState(0)).sum() == chosen
