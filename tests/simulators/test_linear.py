import warnings

import numpy as np
import pytest
from scipy import stats

from causalrep.exceptions import BudgetError, GraphError, InvalidDataError
from causalrep.graphs import Graph
from simulators import (
    Do,
    Exponential,
    Gamma,
    Gaussian,
    InterventionError,
    Laplace,
    LinearMixing,
    LinearSCM,
    MLPMechanism,
    MLPMixing,
    Perfect,
    Shift,
    SimulatorError,
    Soft,
    StudentT,
    ThreePoint,
    erdos_renyi_graph,
    random_weights,
)

# No causal order: 2 -> 0 -> 1, 2 -> 3, 3 -> 1.
WEIGHTS = np.array([[0, 0.8, 0, 0], [0, 0, 0, 0], [-1.5, 0, 0, 0.5], [0, 2.0, 0, 0]])
LAWS = [Gamma(0.7, mean=0.5), Laplace(1.2), Exponential(0.5, mean=-1.0), Gamma(2.0, shape=5.0)]
ENVIRONMENTS = [
    (),
    Do(0, 2.0),
    Perfect(3, Laplace(2.0, mean=1.0)),
    Soft(1, weights=[0.0, 0.0, 1.0, 0.0]),
    Soft(0, noise=Gaussian(3.0)),
    (Shift(2, -1.0), Do(1, 0.5), Perfect(3, Gaussian(0.1))),
]


@pytest.fixture
def scm():
    return LinearSCM(WEIGHTS, noise=LAWS, mixing=LinearMixing.random(4, 6, random_state=0))


def empirical_cumulant(X, order):
    """Plug-in joint cumulants: exact on a sample that is its own population."""
    X = X - X.mean(axis=0)
    m2, m3 = X.T @ X / len(X), np.einsum("ni,nj,nk->ijk", X, X, X) / len(X)
    if order < 4:
        return m2 if order == 2 else m3
    m4 = np.einsum("ni,nj,nk,nl->ijkl", X, X, X, X) / len(X)
    pairs = ["ij,kl->ijkl", "ik,jl->ijkl", "il,jk->ijkl"]
    return m4 - sum(np.einsum(pair, m2, m2) for pair in pairs)


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=str)
def test_population_moments_are_those_of_a_large_sample(scm, environment):
    X = scm.sample(200_000, environment, random_state=3).X
    scale = np.sqrt(np.trace(scm.covariance(environment)))
    assert np.allclose(X.mean(axis=0), scm.mean(environment), atol=0.01 * scale)
    assert np.allclose(np.cov(X.T), scm.covariance(environment), atol=0.02 * scale**2)


def test_moments_agree_with_sempler_under_every_kind_of_intervention():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sempler import LGANM
    means, scales = np.array([0.5, 0, -1, 2]), np.array([0.7, 1.2, 0.5, 2.0])
    laws = [Gaussian(s, mean=m) for s, m in zip(scales.tolist(), means.tolist(), strict=True)]
    ours, theirs = LinearSCM(WEIGHTS, noise=laws), LGANM(WEIGHTS, means, scales**2)
    cases = [
        ((), {}),
        (Do(0, 2.0), {"do_interventions": {0: 2.0}}),
        (Perfect(3, Gaussian(2.0, mean=1.0)), {"do_interventions": {3: (1.0, 4.0)}}),
        (Soft(1, noise=Gaussian(3.0, mean=2.0)), {"noise_interventions": {1: (2.0, 9.0)}}),
        (
            (Shift(2, -1.0), Do(1, 0.5)),
            {"shift_interventions": {2: (-1.0, 0.0)}, "do_interventions": {1: 0.5}},
        ),
    ]
    for environment, keywords in cases:
        law = theirs.sample(population=True, **keywords)
        assert np.allclose(ours.mean(environment), law.mean, atol=1e-13)
        assert np.allclose(ours.covariance(environment), law.covariance, atol=1e-13)


@pytest.mark.parametrize("seed", range(10))
def test_moments_of_random_models_agree_with_sempler(seed):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sempler import LGANM
    rng = np.random.default_rng(seed)
    weights = random_weights(erdos_renyi_graph(8, random_state=rng), random_state=rng)
    scales, (set_node, moved) = rng.uniform(0.5, 2, 8), rng.permutation(8)[:2].tolist()
    ours = LinearSCM(weights, noise=[Gaussian(scale) for scale in scales.tolist()])
    law = LGANM(weights, np.zeros(8), scales**2).sample(
        population=True, do_interventions={set_node: (1.0, 0.5)}, shift_interventions={moved: 2.0}
    )
    environment = (Perfect(set_node, Gaussian(np.sqrt(0.5), mean=1.0)), Shift(moved, 2.0))
    assert np.allclose(ours.mean(environment), law.mean, atol=1e-11)
    assert np.allclose(ours.covariance(environment), law.covariance, atol=1e-11)


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=str)
def test_exact_samples_have_the_moments_of_the_population(scm, environment):
    data = scm.with_measurement_noise(decibels=10).sample(40, environment, exact=True)
    population = scm.with_measurement_noise(decibels=10)
    covariance = population.covariance(environment)
    error = np.cov(data.X.T, bias=True) - covariance
    assert np.abs(error).max() < 5e-15 * np.abs(covariance).max()
    assert np.allclose(data.X.mean(axis=0), population.mean(environment), atol=1e-13)


@pytest.mark.parametrize(
    "environment", [(), Do(0, 2.0), (Shift(2, 1.0), Perfect(1, ThreePoint()))]
)
@pytest.mark.parametrize("order", [2, 3, 4])
def test_the_factorial_design_has_the_cumulants_of_the_population(environment, order):
    laws = [ThreePoint(s, skewness=k) for s, k in [(1, 0.5), (2, -0.7), (0.5, 0.1), (1, 0.7)]]
    scm = LinearSCM(WEIGHTS, noise=laws, mixing=LinearMixing.random(4, 3, random_state=1))
    data = scm.sample_factorial(environment)
    assert len(data) == (27 if environment == Do(0, 2.0) else 81)
    assert np.allclose(data.X.mean(axis=0), scm.mean(environment), atol=1e-12)
    wanted = scm.cumulant(order, environment)
    assert np.allclose(empirical_cumulant(data.X, order), wanted, atol=1e-10)


def test_odd_and_high_cumulants_count_measurement_noise():
    noisy = LinearSCM(WEIGHTS, noise=LAWS, measurement_noise=Exponential(0.1))
    clean = LinearSCM(WEIGHTS, noise=LAWS)
    difference = noisy.cumulant(3) - clean.cumulant(3)
    assert np.allclose(difference[np.arange(4), np.arange(4), np.arange(4)], 2e-3)
    assert np.count_nonzero(np.abs(difference) > 1e-12) == 4
    assert (noisy.cumulant(3, of="Z") == clean.cumulant(3)).all()


def test_measurement_noise_in_decibels_is_relative_to_the_mean_variance(scm):
    signal = np.trace(scm.covariance()) / 6
    noisy = scm.with_measurement_noise(decibels=20.0)
    assert noisy.measurement_noise.variance == pytest.approx(signal / 100, rel=1e-12)
    again = noisy.with_measurement_noise(decibels=20.0)
    assert again.measurement_noise == noisy.measurement_noise


def test_permuting_the_nodes_permutes_the_answers():
    order = np.array([3, 1, 0, 2])
    scm = LinearSCM(WEIGHTS, noise=LAWS)
    moved = LinearSCM(WEIGHTS[np.ix_(order, order)], noise=[LAWS[node] for node in order])
    target = int(np.flatnonzero(order == 2)[0])
    expected = scm.covariance(Perfect(2))[np.ix_(order, order)]
    assert np.allclose(moved.covariance(Perfect(target)), expected, atol=1e-14)
    cube = scm.cumulant(3)[np.ix_(order, order, order)]
    assert np.allclose(moved.cumulant(3), cube, atol=1e-13)


def test_doubling_the_noise_doubles_the_samples_exactly():
    scm = LinearSCM(WEIGHTS, noise=LAWS)
    doubled = LinearSCM(WEIGHTS, noise=[law.scaled(2.0) for law in LAWS])
    assert (doubled.sample(50, random_state=0).X == 2 * scm.sample(50, random_state=0).X).all()


def test_hidden_nodes_are_left_out_of_the_features():
    scm = LinearSCM(WEIGHTS, noise=LAWS, latent=[False, False, True, False])
    data = scm.sample(20, random_state=0)
    assert data.names == ("X1", "X2", "X3")
    assert scm.graph.latent == ("L1",)
    assert data.truth.Z.shape == (20, 1)
    full = scm.covariance(of="Z")
    assert (scm.covariance() == full[np.ix_([0, 1, 3], [0, 1, 3])]).all()


def test_a_graph_gives_its_names_and_hidden_nodes():
    graph = Graph.from_text("L --> A, L --> B; latent L")
    scm = LinearSCM.from_graph(graph, graph.to_array(edge_direction="row->column") * 2.0)
    assert scm.feature_names == ("A", "B")
    assert scm.graph == graph
    assert np.allclose(scm.covariance(), [[5, 4], [4, 5]])


def test_log_density_of_nodes_is_that_of_their_noise(scm):
    Z = scm.sample(10, random_state=0).truth.Z
    noise = Z - Z @ WEIGHTS
    wanted = sum(law.log_density(column) for law, column in zip(LAWS, noise.T, strict=True))
    assert np.allclose(scm.log_density(Z), wanted, atol=1e-9)


def test_gaussian_features_under_do_have_a_density_on_their_image():
    scm = LinearSCM([[0, 1.0], [0, 0]], mixing=LinearMixing([[1, 0], [0, 1], [1, 1]]))
    X = scm.sample(5, Do(0, 2.0), random_state=0).X
    wanted = stats.norm(2.0).logpdf(X[:, 1]) - 0.5 * np.log(2)
    assert np.allclose(scm.log_density(X, Do(0, 2.0), of="X"), wanted)


def test_log_density_under_do_is_that_of_the_other_nodes(scm):
    Z = scm.sample(10, Do(2, 1.0), random_state=0).truth.Z
    assert np.isfinite(scm.log_density(Z, Do(2, 1.0))).all()
    assert np.isneginf(scm.log_density(Z, Do(2, 1.1))).all()


@pytest.mark.parametrize("noise_variance", [None, 0.3])
def test_gaussian_features_have_a_normal_density(noise_variance):
    scm = LinearSCM(WEIGHTS, mixing=LinearMixing.random(4, 3, random_state=0))
    if noise_variance is not None:
        scm = scm.with_measurement_noise(variance=noise_variance)
    X = scm.sample(10, Shift(0, 1.0), random_state=0).X
    oracle = stats.multivariate_normal(scm.mean(Shift(0, 1.0)), scm.covariance(Shift(0, 1.0)))
    assert np.allclose(scm.log_density(X, Shift(0, 1.0), of="X"), oracle.logpdf(X), atol=1e-10)


def test_features_of_a_square_mixing_change_volume_by_its_determinant():
    mixing = LinearMixing.random(4, 4, random_state=0)
    scm = LinearSCM(WEIGHTS, noise=LAWS, mixing=mixing)
    data = scm.sample(10, random_state=0)
    wanted = scm.log_density(data.truth.Z) - np.linalg.slogdet(mixing.matrix)[1]
    assert np.allclose(scm.log_density(data.X, of="X"), wanted, atol=1e-8)


def test_features_off_the_image_of_a_tall_mixing_have_no_density():
    scm = LinearSCM([[0.0]], mixing=LinearMixing([[3.0], [4.0]]))
    on, off = [[3.0, 4.0]], [[3.0, 4.1]]
    assert scm.log_density(on, of="X") == pytest.approx(stats.norm(scale=5).logpdf(5))
    assert np.isneginf(scm.log_density(off, of="X"))


@pytest.mark.slow
def test_the_density_of_two_non_gaussian_features_integrates_to_one():
    scm = LinearSCM([[0, 1.0], [0, 0]], noise=Gamma(), mixing=LinearMixing([[1, 1], [0, 2]]))
    x, y = np.linspace(-6, 20, 1500), np.linspace(-8, 40, 1500)
    grid = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)
    density = np.exp(scm.log_density(grid, of="X")).reshape(1500, 1500)
    assert np.trapezoid(np.trapezoid(density, y), x) == pytest.approx(1.0, abs=2e-3)


@pytest.mark.parametrize(
    ("build", "error", "sentence"),
    [
        (lambda: LinearSCM([[0, 1], [1, 0]]), GraphError, "X1 -> X2 -> X1. Remove one"),
        (lambda: LinearSCM([[1.0]]), GraphError, "no cycle, but there is X1 -> X1"),
        (lambda: LinearSCM([[0, 1]]), SimulatorError, r"square.*has shape \(1, 2\)"),
        (lambda: LinearSCM([0.0]), SimulatorError, r"shape \(any, any\), but has \(1,\)"),
        (lambda: LinearSCM([["a"]]), SimulatorError, "must be an array of real numbers"),
        (lambda: LinearSCM(np.empty((0, 0))), SimulatorError, "needs at least one node"),
        (lambda: LinearSCM([[np.nan]]), SimulatorError, r"finite, but entry \(0, 0\) is nan"),
        (lambda: LinearSCM([[0]], noise=1.0), SimulatorError, "must be a law such as Gaussian"),
        (lambda: LinearSCM([[0]], noise=LAWS), SimulatorError, "each of the 1 nodes, but holds 4"),
        (lambda: LinearSCM([[0]], mixing=np.eye(1)), SimulatorError, "must be a Mixing such as"),
        (
            lambda: LinearSCM([[0]], mixing=LinearMixing(np.eye(2))),
            SimulatorError,
            "has 1 nodes, but its mixing takes 2 latents",
        ),
        (lambda: LinearSCM([[0]], latent=[True]), SimulatorError, "has no observed node"),
        (lambda: LinearSCM([[0]], latent=[1]), SimulatorError, "a mask of 1 booleans"),
        (
            lambda: LinearSCM([[0]], latent=[False], mixing=LinearMixing([[1.0]])),
            SimulatorError,
            "takes either latent= or mixing=",
        ),
        (
            lambda: LinearSCM([[0]], names=["A", "B"]),
            SimulatorError,
            "each of the 1 nodes, but got 2",
        ),
        (
            lambda: LinearSCM([[0]]).with_measurement_noise(decibels=-1e9),
            SimulatorError,
            "decibels must be from -1000 to 1000",
        ),
        (lambda: LinearSCM(WEIGHTS, names=list("ABCA")), GraphError, "must differ, but A repeat"),
        (
            lambda: LinearSCM([[0]], measurement_noise=0.1),
            SimulatorError,
            "measurement_noise must be",
        ),
        (
            lambda: LinearSCM.from_graph(Graph.from_text("A --> B"), [[0, 0], [1, 0]]),
            SimulatorError,
            "no edge B --> A",
        ),
    ],
)
def test_refuses_parts_that_make_no_model(build, error, sentence):
    with pytest.raises(error, match=sentence):
        build()


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda m: m.mean(of="Y"), SimulatorError, "of must be one of 'X', 'Z', but is 'Y'"),
        (lambda m: m.cumulant(7), SimulatorError, "order must be from 1 to 6, but is 7"),
        (
            lambda m: m.cumulant(4, Perfect(0, StudentT(df=3))),
            SimulatorError,
            "df=3 has no cumulant",
        ),
        (lambda m: m.log_density([[1.0]]), InvalidDataError, r"shape \(n_samples, 4\)"),
        (lambda m: m.log_density([[np.nan] * 4]), InvalidDataError, "must be finite"),
        (lambda m: m.log_density([[1.0]], of="X"), InvalidDataError, r"shape \(n_samples, 6\)"),
        (lambda m: m.sample_factorial(), SimulatorError, "wants noise=ThreePoint"),
        (lambda m: m.with_measurement_noise(), SimulatorError, "either decibels= or variance="),
        (lambda m: m.with_measurement_noise(variance=0), SimulatorError, "must be positive"),
        (
            lambda m: m.covariance(Do(4, 1.0)),
            InterventionError,
            "Do has target 4, but the model has 4",
        ),
        (lambda m: m.covariance(Soft(2, weights=[0, 1, 0, 0])), GraphError, "no cycle"),
        (lambda m: m.covariance(Soft(2, weights=[0] * 4 + [1])), InterventionError, "not exist"),
        (
            lambda m: m.mean(Soft(2, mechanism=MLPMechanism((1,), [[1.0]], [0.0], [1.0]))),
            InterventionError,
            "one for L3 is a MLPMechanism. Use NonlinearSCM",
        ),
    ],
)
def test_refuses_questions_without_an_answer(scm, call, error, sentence):
    with pytest.raises(error, match=sentence):
        call(scm)


def test_refuses_moments_and_densities_behind_a_nonlinear_mixing():
    scm = LinearSCM(WEIGHTS, mixing=MLPMixing.random(4, 5, random_state=0))
    with pytest.raises(
        SimulatorError, match="behind a MLPMixing are not known; those of the nodes"
    ):
        scm.covariance()
    assert scm.covariance(of="Z").shape == (4, 4)


def test_refuses_a_density_that_is_not_known_in_closed_form():
    scm = LinearSCM(WEIGHTS, noise=LAWS, latent=[True, False, False, False])
    with pytest.raises(
        SimulatorError, match="only for Gaussian noise, or for an injective mixing"
    ):
        scm.log_density(np.zeros((1, 3)), of="X")


def test_refuses_a_factorial_design_with_too_many_rows():
    scm = LinearSCM(np.zeros((16, 16)), noise=ThreePoint())
    with pytest.raises(BudgetError, match="16 sources has 43046721 rows; at most 14348907"):
        scm.sample_factorial()
