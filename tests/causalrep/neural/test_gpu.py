"""What a GPU must do as a CPU does it; conftest.py skips these where there is no CUDA."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from causalrep.neural import (
    ContrastiveCRL,
    EnsembleMLP,
    InterventionalAutoencoder,
    LatentPolynomialVAE,
    RandomStreams,
    Rep4Ex,
    fit_ensemble,
)
from simulators import contrastive, extrapolation, polynomial_decoder, segments

pytestmark = pytest.mark.gpu

X = torch.randn(300, 3, generator=torch.Generator().manual_seed(0))


def trained(device, seeds=(0, 1, 2), n_epochs=6, epochs=iter, **options):
    """Train autoencoders on a device."""
    streams = RandomStreams(seeds, device)
    network = EnsembleMLP([3, 8, 2, 3], streams).to(device)

    def loss(batch):
        return (network(batch[0]) - batch[0]).square().mean(dim=(1, 2))

    data = (X.to(device),)
    options = {"learning_rate": 1e-2, "clip_norm": 0.5} | options
    history = fit_ensemble(
        network, loss, data, streams, n_epochs=n_epochs, batch_size=50, epochs=epochs, **options
    )
    return network, history


def stopped_after(epoch):
    """Wrap the numbers of epochs, and press Ctrl-C before one of them."""

    def epochs(numbers):
        for number in numbers:
            if number == epoch:
                raise KeyboardInterrupt
            yield number

    return epochs


def assert_alike(one, other, tolerance=1e-4):
    """Compare the parameters of two networks, wherever they are."""
    for first, second in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(first.cpu(), second.cpu(), rtol=0, atol=tolerance)


def test_random_numbers_do_not_depend_on_the_device():
    here, there = RandomStreams([0, 1]), RandomStreams([0, 1], "cuda")
    assert torch.equal(here.normal(4), there.normal(4).cpu())
    assert torch.equal(here.permutations(9), there.permutations(9).cpu())


def test_training_on_a_gpu_ends_where_it_does_on_a_cpu():
    network, history = trained("cuda")
    expected, curves = trained("cpu")
    assert all(leaf.is_cuda for leaf in network.parameters())
    assert_alike(network, expected)
    np.testing.assert_allclose(history.loss, curves.loss, rtol=1e-4)


def test_a_member_on_a_gpu_is_what_it_would_be_alone():
    together, _ = trained("cuda")
    alone, _ = trained("cuda", seeds=(1,))
    for wide, narrow in zip(together.parameters(), alone.parameters(), strict=True):
        torch.testing.assert_close(wide[1], narrow[0], rtol=0, atol=1e-4)


@pytest.mark.parametrize(("first", "second"), [("cpu", "cuda"), ("cuda", "cpu"), ("cuda", "cuda")])
def test_a_checkpoint_goes_on_on_another_device(tmp_path, first, second):
    path = tmp_path / "run.safetensors"
    options = {"checkpoint": path, "checkpoint_every": 2}
    _, begun = trained(first, epochs=stopped_after(4), **options)
    resumed, ended = trained(second, **options)
    whole, curves = trained("cpu")
    assert (begun.stopped, ended.stopped) == ("interrupt", "epochs")
    assert_alike(resumed, whole)
    np.testing.assert_allclose(ended.loss, curves.loss, rtol=1e-4)


def test_members_taken_from_a_gpu_are_on_the_cpu():
    network, _ = trained("cuda", n_epochs=1)
    alone = network.member(2)
    rows = X[:5]
    there = network(rows.to("cuda").expand(3, -1, -1))[2].cpu().double()
    torch.testing.assert_close(alone(rows.double()), there, rtol=0, atol=1e-5)


CASES = {
    "contrastive": (
        ContrastiveCRL(hidden_widths=(16,)),
        contrastive(3, 6, n_edges_per_node=1, n_units=16, random_state=0),
    ),
    "autoencoder": (
        InterventionalAutoencoder(3, decoder="mlp", hidden_widths=(16,), n_restarts=2),
        polynomial_decoder(n_latents=3, n_features=12, random_state=0),
    ),
    "polynomial": (
        LatentPolynomialVAE(hidden_widths=(16,)),
        segments(2, 2, n_segments=8, random_state=0),
    ),
    "extrapolation": (Rep4Ex(hidden_widths=(16,)), extrapolation(random_state=0)),
}


@pytest.mark.filterwarnings("ignore::UserWarning")  # three epochs identify nothing
@pytest.mark.parametrize("name", CASES)
def test_a_fit_on_a_gpu_equals_that_on_a_cpu(name):
    estimator, problem = CASES[name]
    data = problem.sample(100, random_state=0)
    options = {"max_epochs": 3, "batch_size": 64, "random_state": 0}
    here, there = (
        type(estimator)(**estimator.get_params() | options | {"device": device}).fit(data)
        for device in ("cpu", "cuda")
    )
    np.testing.assert_allclose(there.history_.loss, here.history_.loss, rtol=1e-3)
    np.testing.assert_allclose(there.transform(data), here.transform(data), rtol=0, atol=0.02)
    assert all(leaf.device.type == "cpu" for leaf in there.encoder_.parameters())


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_gpu_is_taken_where_there_is_one():
    data = extrapolation(random_state=0).sample(200, random_state=0)
    torch.cuda.reset_peak_memory_stats()
    Rep4Ex(hidden_widths=(16,), max_epochs=1, random_state=0).fit(data)
    assert torch.cuda.max_memory_allocated() > 0
