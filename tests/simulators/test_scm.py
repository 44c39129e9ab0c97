import numpy as np
import pytest

from causalrep.exceptions import EnvironmentLabelError, GraphError, InvalidDataError
from causalrep.graphs import Graph
from simulators import (
    Do,
    Exponential,
    Gaussian,
    InterventionError,
    LinearMechanism,
    LinearMixing,
    LinearSCM,
    MLPMechanism,
    MLPMixing,
    NonlinearSCM,
    Perfect,
    PolynomialMechanism,
    PolynomialMixing,
    PolynomialSCM,
    Shift,
    SimulatorError,
    Soft,
    Uniform,
)

GRAPH = Graph.from_text("C --> A, A --> B, C --> D, D --> B")
ENVIRONMENTS = [(), Do(0, 2.0), (Perfect(1, Uniform(0.3)), Shift(2, 1.0))]


def linear(**fields):
    weights = GRAPH.to_array(edge_direction="row->column") * 0.7
    return LinearSCM(weights, noise=Exponential(), names=GRAPH.nodes, **fields)


MODELS = {
    "linear": linear(),
    "polynomial": PolynomialSCM.random(GRAPH, noise=Uniform(0.5), random_state=0),
    "neural": NonlinearSCM.random(GRAPH, random_state=0),
    "mixed": linear(mixing=LinearMixing.random(4, 5, random_state=0)),
    "bent": NonlinearSCM.random(
        GRAPH, mixing=MLPMixing.random(4, 6, random_state=0), random_state=0
    ),
    "curved": linear(mixing=PolynomialMixing.random(4, 20, random_state=0)),
}
models = pytest.mark.parametrize("scm", MODELS.values(), ids=MODELS.keys())


@models
def test_samples_of_all_environments_carry_their_whole_truth(scm):
    data = scm.sample_environments(ENVIRONMENTS, [5, 6, 7], labels=["o", "a", "b"], random_state=0)
    assert data.truth.targets == ((), (0,), (1, 2))
    assert data.truth.targets_of("b") == (1, 2)
    assert data.environments.tolist() == ["o"] * 5 + ["a"] * 6 + ["b"] * 7
    assert set(data.truth.graph.nodes) == set(GRAPH.nodes)
    assert np.isfinite(data.X).all()
    assert (data.truth.Z.shape[1] == 4) == (scm.mixing is not None)


@models
def test_the_same_seed_gives_the_same_samples(scm):
    seeds = (3, 3, 4)
    first, again, other = (
        scm.sample_environments(ENVIRONMENTS, 10, random_state=seed).X for seed in seeds
    )
    assert (again == first).all()
    assert (other != first).any()


def test_a_seed_a_generator_and_a_legacy_generator_are_all_taken():
    scm = MODELS["linear"]
    rng = np.random.default_rng(0)
    assert (scm.sample(5, random_state=rng).X == scm.sample(5, random_state=0).X).all()
    assert (scm.sample(5, random_state=rng).X != scm.sample(5, random_state=0).X).all()
    legacy = [scm.sample(5, random_state=np.random.RandomState(1)).X for _ in range(2)]
    assert (legacy[0] == legacy[1]).all()


def test_the_global_generator_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    MODELS["neural"].sample(5, random_state=0)
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


@pytest.mark.parametrize("name", ["mixed", "bent", "curved"])
def test_one_mixing_serves_all_environments_and_splits(name):
    scm = MODELS[name]
    assert all(scm.intervene(environment).mixing is scm.mixing for environment in ENVIRONMENTS)
    data = scm.sample_environments(ENVIRONMENTS, 20, random_state=0)
    assert (scm.mixing.apply(data.truth.Z) == data.X).all()
    split = data[data.environments == 1]
    assert np.allclose(scm.mixing.apply(split.truth.Z), split.X)


@models
def test_the_counterfactual_of_nothing_is_the_sample_itself(scm):
    data = scm.sample(20, random_state=0)
    assert np.allclose(scm.counterfactual(data).X, data.X, atol=1e-9)


@models
def test_a_counterfactual_keeps_what_does_not_follow_from_the_change(scm):
    data = scm.sample(20, random_state=0)
    imagined = scm.counterfactual(data, Do(GRAPH.nodes.index("A"), 5.0))
    nodes, changed = (d.X if scm.mixing is None else d.truth.Z for d in (data, imagined))
    kept = [GRAPH.nodes.index(name) for name in "CD"]
    assert np.allclose(changed[:, kept], nodes[:, kept], atol=1e-12)
    assert np.allclose(changed[:, GRAPH.nodes.index("A")], 5.0)


def test_a_linear_counterfactual_moves_descendants_by_the_total_effect():
    scm = LinearSCM([[0, 2.0, 1.0], [0, 0, 3.0], [0, 0, 0]], noise=Uniform())
    data = scm.sample(20, random_state=0)
    imagined = scm.counterfactual(data, Shift(0, 1.0))
    assert np.allclose(imagined.X - data.X, [1.0, 2.0, 7.0])
    back = scm.counterfactual(imagined, given=Shift(0, 1.0))
    assert np.allclose(back.X, data.X)


def test_a_counterfactual_from_an_environment_reads_the_noise_under_it():
    scm = MODELS["neural"]
    factual = scm.sample(20, Do(0, 1.0), random_state=0)
    imagined = scm.counterfactual(factual, Do(0, -1.0), given=Do(0, 1.0))
    assert (imagined.X[:, 0] == -1.0).all()
    assert np.allclose(scm.counterfactual(imagined, Do(0, 1.0), given=Do(0, -1.0)).X, factual.X)


def test_noise_of_another_law_is_drawn_anew():
    scm = LinearSCM([[0, 1.0], [0, 0]])
    data = scm.sample(5000, random_state=0)
    imagined = scm.counterfactual(data, Perfect(1, Gaussian(2.0)), random_state=1).X
    assert abs(np.corrcoef(imagined[:, 1], data.X[:, 1])[0, 1]) < 0.05
    assert imagined[:, 1].std() == pytest.approx(2.0, rel=0.05)


@pytest.mark.parametrize("name", ["mixed", "bent", "curved"])
def test_the_nodes_are_computed_from_the_features_where_the_mixing_is_injective(name):
    scm = MODELS[name]
    data = scm.sample(20, random_state=0)
    blind = type(data)(X=data.X)
    known, guessed = (scm.counterfactual(d, Do(1, 0.0)).X for d in (data, blind))
    assert np.allclose(known, guessed, atol=1e-6)


def test_measurement_noise_stays_with_its_sample():
    scm = LinearSCM([[0, 1.0], [0, 0]], mixing=LinearMixing.random(2, 3, random_state=0))
    scm = scm.with_measurement_noise(variance=1.0)
    data = scm.sample(20, random_state=0)
    moved = scm.counterfactual(data, Shift(0, 1.0)).X - data.X
    assert np.allclose(moved, scm.mixing.matrix @ [1.0, 1.0])
    drawn = scm.counterfactual(data.truth.Z, random_state=0).X
    assert not np.allclose(drawn, scm.mixing.apply(data.truth.Z))


def test_exact_noise_makes_no_correlation_between_roots():
    scm = MODELS["neural"]
    data = scm.sample(50, exact=True, random_state=0)
    assert data.X[:, 0].mean() == pytest.approx(0, abs=1e-14)
    assert data.X[:, 0].var() == pytest.approx(1.0, rel=1e-13)


def test_the_density_of_a_nonlinear_model_is_that_of_its_residuals():
    square = PolynomialMechanism((0,), [[2]], [1.0])
    scm = PolynomialSCM([LinearMechanism(), square])
    wanted = -0.5 * (3.0**2 + 1.0**2) - np.log(2 * np.pi)
    assert scm.log_density([[3.0, 10.0]]) == pytest.approx(wanted)


def test_a_polynomial_is_evaluated_in_its_parents():
    mechanism = PolynomialMechanism((0, 2), [[1, 0], [2, 1]], [3.0, -1.0])
    assert mechanism(np.array([[2.0, 5.0]])).tolist() == [6.0 - 20.0]


def test_long_samples_are_evaluated_as_short_ones_are():
    mechanism = MLPMechanism((0, 1), [[1.0, -1.0], [0.5, 2.0]], [0.1, 0.2], [1.0, -3.0])
    values = np.random.default_rng(0).normal(size=(10_000, 2))
    hidden = np.tanh(values @ mechanism.hidden.T + mechanism.bias)
    assert np.allclose(mechanism(values), hidden @ mechanism.output, atol=1e-14)
    assert mechanism(values[:0]).shape == (0,)


def test_a_soft_intervention_may_bring_any_mechanism():
    scm = MODELS["neural"]
    node = GRAPH.nodes.index("B")
    parent = GRAPH.nodes.index("A")
    bent = Soft(
        node, mechanism=MLPMechanism((parent,), [[0.0]], [1.0], [2.0]), noise=Gaussian(1e-6)
    )
    assert np.allclose(scm.sample(5, bent, random_state=0).X[:, node], 2 * np.tanh(1), atol=1e-4)
    straight = Soft(node, weights=np.eye(4)[parent], noise=Gaussian(1e-6))
    X = scm.sample(5, straight, random_state=0).X
    assert np.allclose(X[:, node], X[:, parent], atol=1e-4)


def test_hidden_nodes_of_a_graph_are_hidden_in_a_nonlinear_model():
    graph = GRAPH.with_latent(["A"])
    scm = PolynomialSCM.random(graph, random_state=0)
    assert scm.graph == graph
    assert scm.feature_names == tuple(name for name in GRAPH.nodes if name != "A")


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda m: m.sample(0), SimulatorError, "n_samples must be at least 1, but is 0"),
        (lambda m: m.sample(2.5), SimulatorError, "n_samples must be an integer, but is 2.5"),
        (
            lambda m: m.sample(3, exact=True),
            SimulatorError,
            "needs more than 4 rows, but n_samples is 3",
        ),
        (
            lambda m: m.sample_environments([], 5),
            EnvironmentLabelError,
            "at least one environment",
        ),
        (
            lambda m: m.sample_environments(Do(0, 1), 5),
            EnvironmentLabelError,
            "must be a list of env",
        ),
        (lambda m: m.sample_environments([0], 5), InterventionError, "but got 0"),
        (
            lambda m: m.sample_environments([()], b" "),
            SimulatorError,
            "n_samples must be an integer",
        ),
        (
            lambda m: m.sample_environments([()], [5, 5]),
            EnvironmentLabelError,
            "each of the 1 env",
        ),
        (
            lambda m: m.sample_environments([(), ()], 5, labels=["a"]),
            EnvironmentLabelError,
            "2 different",
        ),
        (
            lambda m: m.sample_environments([(), ()], 5, labels=["a", "a"]),
            EnvironmentLabelError,
            "2 different",
        ),
        (lambda m: m.counterfactual([[1.0]]), InvalidDataError, r"shape \(n_samples, 4\)"),
        (lambda m: m.counterfactual([[np.inf] * 4]), InvalidDataError, "must be finite"),
    ],
)
def test_refuses_questions_that_make_no_sense(call, error, sentence):
    with pytest.raises(error, match=sentence):
        call(MODELS["linear"])


def test_refuses_counterfactuals_when_the_nodes_are_unknown():
    scm = linear(mixing=LinearMixing.random(4, 5, random_state=0)).with_measurement_noise(
        variance=1
    )
    data = scm.sample(5, random_state=0)
    blind = type(data)(X=data.X)
    with pytest.raises(
        InvalidDataError, match="cannot be computed from features with measurement"
    ):
        scm.counterfactual(blind)
    with pytest.raises(SimulatorError, match="This Selection is not injective by construction"):
        linear(latent=[True, False, False, False]).counterfactual(type(data)(X=data.X[:, :3]))


@pytest.mark.parametrize(
    ("build", "error", "sentence"),
    [
        (
            lambda: PolynomialSCM([MLPMechanism((), np.empty((1, 0)), [0], [1])]),
            SimulatorError,
            "of X1 is a MLP",
        ),
        (lambda: NonlinearSCM([3]), SimulatorError, "mechanisms must hold objects .* but holds 3"),
        (
            lambda: NonlinearSCM([LinearMechanism((1,), [1.0])]),
            SimulatorError,
            "parent 1, but there are only 1",
        ),
        (lambda: NonlinearSCM([LinearMechanism((0,), [1.0])]), GraphError, "X1 -> X1"),
        (
            lambda: PolynomialSCM.random(GRAPH, degree=0),
            SimulatorError,
            "degree must be at least 1",
        ),
        (
            lambda: NonlinearSCM.random(GRAPH, n_units=0),
            SimulatorError,
            "n_units must be at least 1",
        ),
        (lambda: PolynomialSCM.random(Graph.from_text("A <-> B")), GraphError, "directed"),
        (
            lambda: LinearMechanism((0, 0), (1.0, 1.0)),
            SimulatorError,
            "parents of a mechanism must differ",
        ),
        (
            lambda: LinearMechanism((0,), (1.0, 1.0)),
            SimulatorError,
            r"weights must have shape \(1\)",
        ),
        (lambda: PolynomialMechanism((0,), [[-1]], [1.0]), SimulatorError, "integers from 0 on"),
        (
            lambda: PolynomialMechanism((0,), [[1]], [np.nan]),
            SimulatorError,
            "coefficients must be finite",
        ),
        (
            lambda: MLPMechanism((0,), [[1.0]], [0.0, 1.0], [1.0]),
            SimulatorError,
            "bias must have shape",
        ),
    ],
)
def test_refuses_mechanisms_that_make_no_model(build, error, sentence):
    with pytest.raises(error, match=sentence):
        build()
