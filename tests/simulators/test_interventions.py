import numpy as np
import pytest

from simulators import (
    Do,
    Gaussian,
    Intervention,
    InterventionError,
    LinearMechanism,
    LinearSCM,
    Perfect,
    Shift,
    SimulatorError,
    Soft,
)


@pytest.fixture
def chain():
    return LinearSCM([[0, 2.0, 0], [0, 0, 3.0], [0, 0, 0]], noise=Gaussian(1.0, mean=1.0))


def test_do_leaves_neither_parents_nor_noise(chain):
    Z = chain.sample(5, Do(1, 4.0), random_state=0).X
    assert (Z[:, 1] == 4.0).all()
    assert chain.intervene(Do(1, 4.0)).graph.parents("X2") == ()


def test_perfect_cuts_the_parents_and_keeps_the_children(chain):
    model = chain.intervene(Perfect(1, Gaussian(0.5)))
    assert model.weights.tolist() == [[0, 0, 0], [0, 0, 3.0], [0, 0, 0]]
    assert model.noise == (chain.noise[0], Gaussian(0.5), chain.noise[2])


def test_soft_replaces_the_weights_the_noise_or_both(chain):
    assert chain.intervene(Soft(2, weights=[5.0, 0, 0])).weights[:, 2].tolist() == [5.0, 0, 0]
    assert chain.intervene(Soft(2, noise=Gaussian(9.0))).weights[:, 2].tolist() == [0, 3.0, 0]
    mechanism = LinearMechanism((0,), (7.0,))
    assert chain.intervene(Soft(1, mechanism=mechanism)).weights[0, 1] == 7.0


def test_shift_moves_the_mean_of_the_target_and_of_what_follows(chain):
    difference = chain.mean(Shift(1, 0.5)) - chain.mean()
    assert np.allclose(difference, [0, 0.5, 1.5])
    assert (chain.covariance(Shift(1, 0.5)) == chain.covariance()).all()


def test_the_observational_environment_is_the_model_itself(chain):
    assert chain.intervene(()) is chain
    assert chain.intervene([]) is chain


def test_interventions_on_several_nodes_act_together(chain):
    model = chain.intervene([Shift(2, 1.0), Do(0, 0.0)])
    assert np.allclose(model.mean(), [0.0, 1.0, 5.0])


def test_interventions_one_after_the_other_add_up(chain):
    twice = chain.intervene(Shift(0, 1.0)).intervene(Shift(0, 1.0))
    assert np.allclose(twice.mean(), chain.mean(Shift(0, 2.0)))
    assert np.allclose(chain.intervene(Do(0, 1.0)).mean(Shift(0, 2.0)), chain.mean(Do(0, 3.0)))


def test_interventions_are_values(chain):
    assert Do(1, 2) == Do(target=1, value=2.0)
    assert Do(np.int64(1), np.float32(2)) == Do(1, 2.0)
    assert len({Soft(0, weights=np.zeros(3)), Soft(0, weights=[0.0, 0.0, 0.0])}) == 1


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: Do(-1, 0.0), "Do.target must be at least 0, but is -1"),
        (lambda: Do(1.5, 0.0), "Do.target must be an integer, but is 1.5"),
        (lambda: Do("L1", 0.0), "Do.target must be an integer, but is 'L1'"),
        (lambda: Do(True, 0.0), "Do.target must be an integer, but is True"),
        (lambda: Do(0, np.nan), "Do.value must be finite, but is nan"),
        (lambda: Do(0, 1j), "Do.value must be a number"),
        (lambda: Do(0, np.zeros(2)), "Do.value must be a number, but is array"),
        (lambda: Shift(0, np.inf), "Shift.by must be finite, but is inf"),
        (lambda: Perfect(0, 2.0), "Perfect.noise must be a law such as Gaussian.* but is 2.0"),
        (lambda: Soft(0, noise="wide"), "Soft.noise must be a law"),
        (lambda: Soft(0, mechanism=3), "Soft.mechanism must be an object such as .* but is 3"),
        (lambda: Soft(3), "Soft.target=3. changes nothing"),
        (lambda: Soft(0, weights=[np.nan]), r"Soft.weights must be finite, but entry \(0,\)"),
        (lambda: Soft(0, weights=[[1.0]]), "Soft.weights must have shape"),
        (
            lambda: Soft(0, weights=[0.0], mechanism=LinearMechanism()),
            "takes either weights= or mechanism=, but got both",
        ),
    ],
)
def test_refuses_interventions_that_mean_nothing(build, sentence):
    with pytest.raises(SimulatorError, match=sentence):
        build()


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        (
            Do(3, 1.0),
            "Do has target 3, but the model has 3 nodes, numbered from 0 to 2: X1, X2, X3",
        ),
        ((Do(1, 1.0), Shift(1, 1.0)), "Two interventions on X2 in one environment contradict"),
        (3, r"An environment is \(\) or one or several of Do, .* but got 3"),
        (None, "An environment is .* but got None"),
        ((0, 1.0), "An environment holds objects Do, .* but got 0. Write for example Do"),
        ([()], "An environment holds objects"),
    ],
)
def test_refuses_environments_that_do_not_fit_the_model(chain, environment, sentence):
    with pytest.raises(InterventionError, match=sentence):
        chain.sample(5, environment)


def test_the_base_class_does_nothing_by_itself(chain):
    with pytest.raises(NotImplementedError):
        chain.intervene(Intervention(0))
