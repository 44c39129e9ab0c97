"""The ordinary fit on noise-free data finds the truth; kernels agree with their definitions."""

import numpy as np
import pytest

from causalrep import LinearCausalDisentanglement
from causalrep.disentanglement.closed_form import assign_targets, initial_rows, split_contexts
from causalrep.disentanglement.likelihood import hessian, perfect_terms, regress, soft_terms
from causalrep.disentanglement.newton import _Curvature
from causalrep.disentanglement.orders import _insert, _insertion_changes, predecessors
from identifiability import score
from simulators import linear_disentanglement

METHODS = ["likelihood", "closed-form", "squires", "lscale"]


def covariance_stack(n_contexts, d, seed=0):
    factors = np.random.default_rng(seed).standard_normal((n_contexts, d, 3 * d))
    return factors @ np.swapaxes(factors, 1, 2) / (3 * d)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("method", METHODS)
def test_finds_the_truth_in_exact_data(method, seed):
    problem = linear_disentanglement(4, 9, random_state=seed)
    data = problem.sample(4000, random_state=seed, exact=True)
    model = LinearCausalDisentanglement(4, method=method, edge_threshold=1e-3).fit(data)
    report = score(model, data)
    assert np.sqrt(np.mean(report.row_angles**2)) < 1e-6
    assert report.graph.distance == 0
    assert report.weight_error < 1e-7
    assert report.target_accuracy == 1


def test_finds_the_noises_of_softly_disturbed_latents_in_exact_data():
    problem = linear_disentanglement(4, 9, kind="soft", random_state=3)
    data = problem.sample(1000, random_state=3, exact=True)
    model = LinearCausalDisentanglement(4, intervention="soft").fit(data)
    report = score(model, data)
    assert report.noise_row_angles.max() < 1e-6
    assert report.graph.closure_distance == 0


def test_the_split_rebuilds_the_precision_of_every_context():
    data = linear_disentanglement(4, 4, random_state=0)
    covariances = np.array(data.covariances())
    whitening = np.linalg.inv(np.linalg.cholesky(covariances[0]))
    whitened = whitening @ covariances[1:] @ whitening.T
    split = split_contexts(whitened, np.full(4, 1e-9))
    signs, targets = assign_targets(split, 4, distinct=True, rng=np.random.RandomState(0))
    v, u = split.before[np.arange(4), signs], split.after[np.arange(4), signs]
    rebuilt = np.eye(4) + u[:, :, None] * u[:, None, :] - v[:, :, None] * v[:, None, :]
    np.testing.assert_allclose(np.linalg.inv(whitened), rebuilt, rtol=1e-8, atol=1e-8)
    before, _ = initial_rows(split, signs, targets, 4)
    np.testing.assert_allclose(before @ before.T, np.eye(4), atol=1e-8)


@pytest.mark.parametrize("build", [perfect_terms, soft_terms])
def test_gradient_and_curvature_are_the_derivatives_of_the_likelihood(build):
    rng = np.random.default_rng(1)
    gamma, direction = rng.standard_normal((2, 5, 5))
    targets = np.array([-1, 0, 1, 2, 2])
    terms = build(covariance_stack(5, 5), np.arange(40, 45), targets, predecessors(np.arange(5)))
    at = lambda step: regress(terms, (np.eye(5) + step * direction) @ gamma).value  # noqa: E731
    fit, h = regress(terms, gamma), 1e-4
    slope, bend = (at(h) - at(-h)) / (2 * h), (at(h) - 2 * at(0) + at(-h)) / h**2
    matrix = hessian(terms, fit)
    product = _Curvature(terms, fit, np.ones((5, 5), dtype=bool)) @ direction
    np.testing.assert_allclose((fit.gradient * direction).sum(), slope, rtol=1e-6)
    np.testing.assert_allclose(
        np.einsum("ab,abcd,cd", direction, matrix, direction), bend, rtol=1e-4
    )
    np.testing.assert_allclose(
        np.einsum("abcd,cd->ab", matrix, direction), product, rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize("build", [perfect_terms, soft_terms])
def test_screened_changes_are_those_of_the_moved_order(build):
    order = np.array([3, 0, 4, 1, 2])
    gamma = np.random.default_rng(2).standard_normal((5, 5))
    targets = np.array([-1, 0, 1, 2, 3, 4])
    terms = build(covariance_stack(6, 5), np.arange(40, 46), targets, predecessors(order))
    fit = regress(terms, gamma)
    changes = _insertion_changes(terms, fit, order)
    for source, destination in np.ndindex(5, 5):
        moved = terms.with_parents(predecessors(_insert(order, source, destination)))
        expected = regress(moved, gamma).value - fit.value
        np.testing.assert_allclose(changes[source, destination], expected, atol=1e-9)


@pytest.mark.filterwarnings(
    "ignore::causalrep.exceptions.ModelMismatchWarning",
    "ignore::causalrep.exceptions.IdentifiabilityWarning",
)
def test_rows_get_better_with_the_root_of_the_sample_size():
    sizes = np.array([400, 1600, 6400])
    problem = linear_disentanglement(3, 6, random_state=5)
    errors = [
        np.mean(
            [
                score(LinearCausalDisentanglement(3).fit(data), data).row_angles.mean()
                for data in (problem.sample(int(n), random_state=seed) for seed in range(6))
            ]
        )
        for n in sizes
    ]
    slope = np.polyfit(np.log(sizes), np.log(errors), 1)[0]
    assert -0.65 < slope < -0.35
