"""Unknown, missing and repeated targets; intervals; honest statements about misfits."""

import numpy as np
import pytest
from scipy import stats

from causalrep import LinearCausalDisentanglement
from causalrep.exceptions import IdentifiabilityWarning
from identifiability import score
from simulators import Exponential, Gaussian, Laplace, Perfect, linear_disentanglement

quiet = pytest.mark.filterwarnings(
    "ignore::causalrep.exceptions.ModelMismatchWarning",
    "ignore::causalrep.exceptions.IdentifiabilityWarning",
)


def contexts_of(problem, environments, n_samples, seed=0):
    return problem.scm.sample_environments(environments, n_samples, random_state=seed)


@quiet
def test_chooses_the_number_of_latents():
    for n_latents in (2, 4):
        problem = linear_disentanglement(n_latents, 12, decibels=15, random_state=n_latents)
        model = LinearCausalDisentanglement().fit(problem.sample(1000, random_state=0))
        assert model.n_latents_ == n_latents
        assert model.sensor_noise_variance_ > 0


@quiet
def test_groups_contexts_that_share_a_target():
    targets = [0, 2, 1, 0, 1, 2, 2]
    problem = linear_disentanglement(3, 6, targets=targets, random_state=1)
    model = LinearCausalDisentanglement(3).fit(problem.sample(2000, random_state=1))
    assert model.targets_.tolist() == [-1, 0, 1, 2, 0, 2, 1, 1]


def test_says_which_latents_no_context_acts_on():
    problem = linear_disentanglement(4, 8, targets=[0, 1], random_state=9)
    data = problem.sample(3000, random_state=9)
    with pytest.warns(IdentifiabilityWarning, match="L3 and L4 are not identified"):
        model = LinearCausalDisentanglement(4).fit(data)
    assert [found for _, found, _ in model.identification_.rows] == [True, True, False, False]
    assert "one single-node intervention would identify it" in str(model.identification_)
    assert np.isnan(model.weights_[2, 0])
    assert not any({"L3", "L4"} & set(edge.nodes) for edge in model.graph_.edges)
    mixed = np.abs(model.components_[:2] @ data.truth.mixing)
    np.testing.assert_allclose(np.sort(mixed, axis=1)[:, -2] / mixed.max(axis=1), 0, atol=0.05)


def test_a_latent_without_targeted_causes_has_two_solutions():
    problem = linear_disentanglement(4, 4, density=0.8, targets=[0, 1], random_state=8)
    data = problem.sample(20_000, random_state=8, exact=True)
    with pytest.warns(IdentifiabilityWarning):
        model = LinearCausalDisentanglement(4).fit(data)
    name, found, statement = model.identification_.rows[0]
    assert (name, found) == ("L1", False)
    assert "allows two rows" in statement
    assert not any(edge.identified for edge in model.edges_)


@quiet
def test_a_second_strength_settles_the_row_of_a_latent_without_targeted_causes():
    problem = linear_disentanglement(3, 3, density=1.0, targets=[0], random_state=2)
    stronger = Perfect(0, Gaussian(0.03))
    data = contexts_of(problem, [*problem.environments, stronger], 5000)
    model = LinearCausalDisentanglement(3).fit(data)
    assert model.targets_.tolist() == [-1, 0, 0]
    assert model.identification_.rows[0][1]
    mixed = np.abs(model.components_[0] @ data.truth.mixing)
    np.testing.assert_allclose(mixed[1:] / mixed[0], 0, atol=0.05)


def test_names_contexts_that_change_several_latents():
    problem = linear_disentanglement(4, 8, random_state=3)
    environments = [*problem.environments, (*problem.environments[1], *problem.environments[2])]
    data = contexts_of(problem, environments, 2000)
    with pytest.warns(UserWarning, match="contradict|not identified") as caught:
        model = LinearCausalDisentanglement(4).fit(data)
    assert "Environment(s) 5 contradict the model" in str(caught[0].message)
    assert [context.fits for context in model.contexts_] == [True] * 5 + [False]
    assert "changes several latents" in model.contexts_[5].statement


def test_names_contexts_compared_to_the_wrong_reference():
    data = linear_disentanglement(5, 8, random_state=4).sample(2000, random_state=4)
    with pytest.warns(UserWarning, match="contradict|not identified"):
        model = LinearCausalDisentanglement(5, reference=3).fit(data)
    assert sum(not context.fits for context in model.contexts_) >= 3


def test_notices_soft_interventions_where_two_contexts_share_a_target():
    problem = linear_disentanglement(
        3, 6, density=1.0, kind="soft", targets=[0, 1, 2] * 2, random_state=5
    )
    with pytest.warns(UserWarning, match="contradict|not identified"):
        model = LinearCausalDisentanglement(3).fit(problem.sample(4000, random_state=5))
    assert any("soft" in context.statement for context in model.contexts_)


@quiet
def test_an_unchanged_context_has_no_target():
    problem = linear_disentanglement(3, 6, random_state=6)
    data = contexts_of(problem, [*problem.environments, ()], 2000)
    model = LinearCausalDisentanglement(3).fit(data)
    assert model.targets_[-1] == -1
    assert model.contexts_[-1].statement == "does not differ from the reference"


@quiet
@pytest.mark.parametrize("method", ["closed-form", "squires", "lscale"])
def test_methods_without_tests_give_no_intervals(method):
    data = linear_disentanglement(3, 6, random_state=8).sample(5000, random_state=8)
    model = LinearCausalDisentanglement(3, method=method).fit(data)
    assert all(np.isnan(edge.p_value) for edge in model.edges_)
    assert all(edge.in_graph == (abs(edge.weight) > 0.1) for edge in model.edges_)


@quiet
def test_soft_interventions_tell_ancestors_but_no_weights():
    problem = linear_disentanglement(3, 6, kind="soft", density=1.0, random_state=9)
    data = problem.sample(5000, random_state=9)
    model = LinearCausalDisentanglement(3, intervention="soft").fit(data)
    report = score(model, data)
    assert report.graph.closure_distance == 0
    assert np.isnan(model.weights_).sum() == 3
    assert report.noise_row_angles.max() < 0.1


@quiet
def test_a_misfitting_context_does_not_spoil_the_others():
    problem = linear_disentanglement(4, 8, random_state=3)
    double = (*problem.environments[1], *problem.environments[2])
    data = contexts_of(problem, [*problem.environments, double], 2000)
    clean = LinearCausalDisentanglement(4).fit(data[data.environments < 5])
    model = LinearCausalDisentanglement(4).fit(data)
    spoiled = LinearCausalDisentanglement(4, on_misfit="keep").fit(data)
    assert model.targets_.tolist() == [*clean.targets_, -1]
    sizes = np.abs(clean.weights_)
    np.testing.assert_allclose(np.abs(model.weights_), sizes, atol=0.01)
    assert np.abs(np.abs(spoiled.weights_) - sizes).max() > 0.02


@quiet
def test_contexts_without_any_change_identify_nothing():
    problem = linear_disentanglement(3, 6, random_state=0)
    model = LinearCausalDisentanglement(3).fit(contexts_of(problem, [(), (), ()], 1000))
    assert model.targets_.tolist() == [-1, -1, -1]
    assert not model.graph_.edges
    assert not any(found for _, found, _ in model.identification_.rows)


def test_edges_that_could_be_reversed_are_called_so():
    data = linear_disentanglement(3, 6, random_state=0).sample(300, random_state=0, exact=True)
    with pytest.warns(IdentifiabilityWarning, match="L1, L2 are almost as likely the other way"):
        model = LinearCausalDisentanglement(3).fit(data)
    assert not any(
        edge.identified for edge in model.edges_ if {edge.source, edge.target} == {"L1", "L2"}
    )


@quiet
def test_axes_of_untargeted_latents_do_not_depend_on_the_order_of_rows_or_columns():
    data = linear_disentanglement(4, 8, targets=[0, 1], random_state=9).sample(
        500, random_state=9, exact=True
    )
    columns = np.random.default_rng(0).permutation(8)
    one = LinearCausalDisentanglement(4).fit(data)
    two = LinearCausalDisentanglement(4).fit(data.X[:, columns], data.environments)
    np.testing.assert_allclose(two.components_, one.components_[:, columns], atol=1e-6)


@quiet
def test_callbacks_hear_of_every_stage():
    pytest.importorskip("sklearn.callback")
    heard = []

    class Listener:
        def setup(self, estimator, context):
            heard.append("setup")

        def on_fit_task_begin(self, estimator, context):
            heard.append(context.task_name)

        def on_fit_task_end(self, estimator, context):
            return False

        def teardown(self, estimator, context):
            heard.append("teardown")

    data = linear_disentanglement(3, 6, random_state=8).sample(500, random_state=8)
    LinearCausalDisentanglement(3).set_callbacks(Listener()).fit(data)
    assert heard[0] == "setup"
    assert {"targets", "pruning"} <= set(heard)
    assert heard[-1] == "teardown"


@pytest.mark.slow
@quiet
def test_intervals_cover_and_tests_hold_their_level():
    covered, single = [], []
    for seed in range(200):
        problem = linear_disentanglement(4, 8, random_state=seed)
        data = problem.sample(1000, random_state=seed)
        model = LinearCausalDisentanglement(4).fit(data)
        report = score(model, data, disentanglement=False)
        covered.append((report.interval_coverage * report.n_intervals, report.n_intervals))
        single += [context.p_value for context in model.contexts_[1:]]
    hits, total = np.sum(covered, axis=0)
    assert 0.93 < hits / total < 0.97
    assert np.mean(np.array(single) < 0.05) < 0.09


@pytest.mark.slow
@quiet
@pytest.mark.parametrize("noise", [Gaussian(), Laplace(), Exponential()])
def test_context_tests_hold_their_level_whatever_the_tails(noise):
    p_values = []
    for seed in range(60):
        problem = linear_disentanglement(5, 10, noise=noise, decibels=10, random_state=seed)
        model = LinearCausalDisentanglement(5).fit(problem.sample(1000, random_state=seed))
        p_values += [context.p_value for context in model.contexts_[1:]]
    assert np.mean(np.array(p_values) < 0.05) < 0.11


@pytest.mark.slow
@quiet
def test_p_values_of_shared_targets_are_uniform():
    p_values = []
    for seed in range(80):
        problem = linear_disentanglement(4, 8, targets=[0, 1, 2, 3] * 2, random_state=seed)
        model = LinearCausalDisentanglement(4).fit(problem.sample(1000, random_state=seed))
        found = {
            test.variables[1]: test.p_value for test in model.test_log_ if "cut" in test.hypothesis
        }
        p_values += found.values()
    assert stats.kstest(p_values, "uniform").pvalue > 0.001
