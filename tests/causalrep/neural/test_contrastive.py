"""Contrastive learning of Gaussian latents, and its head."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.optimize import approx_fprime

from causalrep.exceptions import (
    ConvergenceWarning,
    EnvironmentLabelError,
    IdentifiabilityWarning,
)
from causalrep.neural import ContrastiveCRL
from causalrep.neural import contrastive as contrastive_module
from causalrep.neural import contrastive_head as head
from causalrep.neural import contrastive_start as start
from causalrep.neural.contrastive_head import _loss, find_causes
from causalrep.neural.contrastive_straightening import GaussianCode, StraightenedEncoder
from causalrep.neural.interventional_autoencoder_networks import SkipMLP
from causalrep.neural.patience import Patience
from causalrep.neural.random_streams import RandomStreams
from simulators import contrastive

PROBLEM = contrastive(3, 6, n_edges_per_node=1, n_units=16, random_state=0)
DATA = PROBLEM.sample(200, random_state=0)
SMALL = {"hidden_widths": (16,), "max_epochs": 3, "random_state": 0}


@pytest.fixture(autouse=True)
def short_search(monkeypatch, request):
    """Search for the linear code only as long as small fits need."""
    if request.node.get_closest_marker("slow"):
        return
    monkeypatch.setattr(ContrastiveCRL, "_LINEAR_STARTS", 1)
    monkeypatch.setattr(ContrastiveCRL, "_LINEAR_STEPS", 20)


def test_the_head_recovers_latents_targets_and_effects_from_affine_codes():
    data = contrastive(4, 8, n_edges_per_node=1, n_units=8, random_state=1).sample(5000, 1)
    Z = data.truth.Z
    codes = Z @ np.random.default_rng(0).normal(size=(4, 4)) + 1
    rng = np.random.RandomState(0)
    found = find_causes(codes, data.environments, 200, rng, Patience(None))
    latents = codes @ found.matrix + found.offset
    assert found.targets.tolist() == [0, 1, 2, 3]
    correlations = np.diag(np.corrcoef(latents.T, Z.T)[:4, 4:])
    assert (np.abs(correlations) > 0.995).all()
    reference = data.environments == 0
    scale = Z[reference].std(axis=0)
    signs = np.sign(correlations)
    expected = data.truth.weights * scale[:, None] / scale * signs[:, None] * signs
    np.testing.assert_allclose(found.effects, expected, atol=0.1)


def test_the_gradient_of_the_contrast_is_its_derivative():
    rng = np.random.default_rng(0)
    H, contexts, flat = rng.normal(size=(50, 2)), rng.integers(0, 3, 50), rng.normal(size=12)
    numerical = approx_fprime(flat, lambda flat: _loss(flat, H, contexts)[0], 1e-7)
    np.testing.assert_allclose(_loss(flat, H, contexts)[1], numerical, atol=1e-6)


@pytest.mark.filterwarnings("ignore::causalrep.exceptions.IdentifiabilityWarning")
def test_equal_seeds_give_equal_answers():
    first, second = (ContrastiveCRL(**SMALL).fit(DATA) for _ in range(2))
    np.testing.assert_array_equal(first.transform(DATA), second.transform(DATA))
    assert first.graph_ == second.graph_
    reference = first.transform(DATA)[DATA.environments == 0]
    np.testing.assert_allclose(reference.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(reference.std(axis=0), 1, atol=1e-6)
    assert first.inverse_transform(first.transform(DATA)).shape == DATA.X.shape


@pytest.mark.filterwarnings("ignore::causalrep.exceptions.IdentifiabilityWarning")
def test_powers_of_two_as_units_do_not_matter():
    scale = np.exp2(np.arange(6) - 3.0)
    model = ContrastiveCRL(**SMALL).fit(DATA)
    other = ContrastiveCRL(**SMALL).fit(DATA.X * scale, DATA.environments)
    np.testing.assert_allclose(other.transform(DATA.X * scale), model.transform(DATA), atol=1e-8)


def test_a_latent_without_an_environment_is_named():
    rows = DATA.environments != 3
    with pytest.warns(IdentifiabilityWarning, match="L3 are not identified"):
        model = ContrastiveCRL(3, **SMALL).fit(DATA.X[rows], DATA.environments[rows])
    assert np.isnan(model.weights_[2, 0])
    assert not model.identification_.complete


def test_nothing_is_called_identified_where_an_environment_acts_on_none():
    with pytest.warns(IdentifiabilityWarning, match="L1 and L2 are not identified"):
        found = ContrastiveCRL(n_latents=2, **SMALL).fit(DATA)
    assert (found.targets_ >= 0).sum() == 2
    assert not any(known for _, known, _ in found.identification_.rows)
    assert np.isnan(found.weights_[~np.eye(2, dtype=bool)]).all()
    assert not any(edge.identified or edge.in_graph for edge in found.edges_)


@pytest.mark.filterwarnings("ignore::causalrep.exceptions.IdentifiabilityWarning")
def test_seconds_of_all_training_count_against_the_limit(monkeypatch):
    left = []

    def counted(*arguments, max_time, fit=contrastive_module.fit_ensemble, **others):
        left.append(max_time)
        return replace(fit(*arguments, max_time=max_time, **others), seconds=10.0)

    monkeypatch.setattr(contrastive_module, "fit_ensemble", counted)
    found = ContrastiveCRL(max_time=100.0, **SMALL).fit(DATA)
    assert left[1] == pytest.approx(left[0] - 10)
    assert found.history_.seconds > 20


def test_refuses_a_single_environment():
    with pytest.raises(EnvironmentLabelError, match="at least two environments"):
        ContrastiveCRL().fit(DATA.X, np.zeros(len(DATA)))


def test_the_gradient_of_the_start_is_its_derivative():
    rng = np.random.RandomState(0)
    Y, contexts = rng.normal(size=(60, 4)), torch.tensor(rng.randint(0, 3, 60))
    sizes, unit = ((4, 2), (5, 2), (2,)), np.array([1.0, 0.5, 2.0, 1.0])
    flat = start._start(sizes, rng)
    arguments = torch.tensor(Y / unit), contexts, Y, unit, sizes
    numerical = approx_fprime(flat, lambda flat: start._loss(flat, *arguments)[0], 1e-7)
    np.testing.assert_allclose(start._loss(flat, *arguments)[1], numerical, atol=1e-5)


def straightening(n_latents=3):
    """Return codes, environments, and a network with random weights for them."""
    rng = np.random.default_rng(0)
    codes, contexts = rng.normal(size=(40, n_latents)), np.repeat([0, 1], 20)
    network = GaussianCode(codes, contexts, (8, 8), RandomStreams([0, 1], dtype=torch.float64))
    with torch.no_grad():
        for leaf in network.parameters():
            leaf += 0.3 * torch.tensor(rng.normal(size=leaf.shape))
    return codes, contexts, network


def test_volumes_grow_by_the_determinant_of_the_derivative():
    codes, _, network = straightening()
    y = torch.tensor(codes[:5])
    _, growth = network(y.expand(2, -1, -1))
    for row in range(5):
        jacobian = torch.autograd.functional.jacobian(
            lambda one: network(one.expand(2, 1, -1))[0][1, 0], y[row]
        )
        expected = torch.linalg.slogdet(jacobian).logabsdet
        torch.testing.assert_close(growth[1, row], expected)


def test_the_likelihood_is_that_of_gaussians():
    codes, contexts, network = straightening()
    z, growth = network(torch.tensor(codes).expand(2, -1, -1))
    expected = growth[0].sum() / 40
    for context in (0, 1):
        root = network.roots[0, context].tril()
        law = torch.distributions.MultivariateNormal(
            network.centres[0, context], precision_matrix=root.T @ root
        )
        expected = expected + law.log_prob(z[0][contexts == context]).sum() / 40
    batch = torch.tensor(codes).expand(2, -1, -1), torch.tensor(contexts).expand(2, -1)
    constant = 1.5 * np.log(2 * np.pi)
    torch.testing.assert_close(network.loss(batch)[0], -expected - constant)


def test_a_straightened_encoder_is_its_parts_and_takes_affine_maps():
    network = straightening()[2]
    rng = np.random.default_rng(1)
    chart = SkipMLP.of(rng.normal(size=(4, 3)), rng.normal(size=3))
    encoder = network.after(chart, 1)
    x = torch.tensor(rng.normal(size=(6, 4)))
    torch.testing.assert_close(encoder(x), network(chart(x).expand(2, -1, -1))[0][1])
    matrix, offset = rng.normal(size=(3, 3)), rng.normal(size=3)
    after = encoder.then_affine(matrix, offset)(x)
    torch.testing.assert_close(after, encoder(x) @ torch.tensor(matrix) + torch.tensor(offset))
    wide, moved = rng.normal(size=(5, 4)), rng.normal(size=4)
    before = encoder.after_affine(wide, moved)
    rows = torch.tensor(rng.normal(size=(6, 5)))
    expected = encoder(rows @ torch.tensor(wide) + torch.tensor(moved))
    torch.testing.assert_close(before(rows), expected)
    assert StraightenedEncoder.from_storage(*encoder.to_storage())(x).equal(encoder(x))


@pytest.mark.filterwarnings("ignore::causalrep.exceptions.IdentifiabilityWarning")
def test_training_behind_the_encoder_is_left_out_where_time_is_over():
    with pytest.warns(ConvergenceWarning, match="max_time"):
        model = ContrastiveCRL(**SMALL, max_time=1e-6).fit(DATA)
    assert not model.converged_
    assert np.isfinite(model.transform(DATA)).all()


@pytest.mark.filterwarnings("ignore::causalrep.exceptions.IdentifiabilityWarning")
def test_the_linear_start_counts_against_the_limit(monkeypatch):
    """Two of its steps take longer than the limit, so that it stops after the second at most."""
    seen = []

    def slow(*arguments, loss=start._loss):
        seen.append(time.sleep(0.02))
        return loss(*arguments)

    monkeypatch.setattr(start, "_loss", slow)
    with pytest.warns(ConvergenceWarning, match="after 0 of 3 epochs because max_time=0.03"):
        model = ContrastiveCRL(**SMALL, max_time=0.03).fit(DATA)
    assert len(seen) <= 2  # of more than twenty
    assert model.history_.seconds > 0.03
    assert np.isfinite(model.transform(DATA)).all()


@pytest.mark.filterwarnings("ignore::causalrep.exceptions.IdentifiabilityWarning")
@pytest.mark.parametrize("module", [start, head], ids=["start", "head"])
def test_ctrl_c_keeps_the_best_so_far(module, interrupt, tmp_path):
    interrupt(3, module, "_loss")
    with pytest.warns(ConvergenceWarning, match="because of Ctrl-C"):
        model = ContrastiveCRL(**SMALL, checkpoint=tmp_path / "run").fit(DATA)
    assert not model.converged_
    assert model.targets_[0] == -1
    assert np.isfinite(model.transform(DATA)).all()
    assert (tmp_path / "run").exists() == (module is head)


@pytest.mark.slow
def test_latents_and_graph_behind_a_perceptron_are_found():
    problem = contrastive(3, 10, n_edges_per_node=1, n_samples=5000, random_state=0)
    data, fresh = problem.sample(random_state=0), problem.sample(1000, random_state=1)
    model = ContrastiveCRL(batch_size=512, random_state=0).fit(data)
    found, true = model.transform(fresh), fresh.truth.Z
    own = model.targets_[1:]
    correlations = np.abs(np.corrcoef(found.T, true.T)[:3, 3:])
    assert (correlations[own, range(3)] > 0.95).all()
    np.testing.assert_array_equal(model.weights_[np.ix_(own, own)] != 0, data.truth.weights != 0)
