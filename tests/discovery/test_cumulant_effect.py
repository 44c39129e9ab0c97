import numpy as np
import pandas as pd
import pytest

from causalrep import Graph
from causalrep.exceptions import (
    BudgetError,
    DegenerateDataError,
    GraphError,
    IdentifiabilityWarning,
    InvalidDataError,
    ModelMismatchWarning,
)
from discovery import CumulantEffect
from discovery.latent_roots import with_latent_roots
from simulators import Exponential, Gaussian, LinearSCM, ThreePoint, confounded_effect

PROXY = Graph.from_text("X --> Y, L --> X, L --> Y, L --> W; latent L")
BOW = Graph.from_text("X --> Y, L --> X, L --> Y; latent L")
INSTRUMENT = Graph.from_text("I --> X, X --> Y, L --> X, L --> Y; latent L")


def model_of(graph, noise=None, seed=0):
    rng = np.random.default_rng(seed)
    edges = graph.to_array(edge_direction="row->column")
    weights = edges * rng.uniform(0.6, 1.2, edges.shape) * rng.choice([-1, 1], edges.shape)
    return LinearSCM.from_graph(graph, weights, noise=noise or Exponential())


def effect_in(scm, cause="X", effect="Y"):
    return scm.weights[scm.names.index(cause), scm.names.index(effect)]


@pytest.mark.parametrize("structure", ["proxy", "proxy-edge", "instrument"])
def test_a_sample_that_is_its_population_gives_the_effect_back(structure):
    problem = confounded_effect(structure, noise=ThreePoint(), random_state=1)
    data = problem.scm.sample_factorial()
    data = data[np.tile(np.arange(len(data)), 20)]  # enough for a region with ends
    model = CumulantEffect(problem.scm.graph, "X", "Y", random_state=0).fit(data)
    truth = effect_in(problem.scm)
    assert model.effects_[0].estimate == pytest.approx(truth, abs=1e-8)
    assert model.effects_[0].covers(truth)
    assert model.test_log_[0].p_value > 0.99


@pytest.mark.filterwarnings("ignore::causalrep.exceptions.IdentifiabilityWarning")  # 27 rows
def test_both_effects_of_a_bow_are_told():
    scm = model_of(BOW, ThreePoint())
    model = CumulantEffect(BOW, "X", "Y", random_state=0).fit(scm.sample_factorial())
    direct, to_cause, to_effect = (
        effect_in(scm, *pair) for pair in (("X", "Y"), ("L", "X"), ("L", "Y"))
    )
    expected = sorted([direct, direct + to_effect / to_cause])
    assert sorted(model.effects_[0].members) == pytest.approx(expected, abs=1e-7)
    assert len(model.equivalent_weights_) == 2


def test_a_bow_has_an_interval_for_each_of_its_effects():
    scm = model_of(BOW)
    model = CumulantEffect(BOW, "X", "Y", random_state=0).fit(scm.sample(20_000, random_state=1))
    effect = model.effects_[0]
    assert effect.verdict == "equivalent"
    assert len(effect.intervals) == 2
    assert effect.covers(effect_in(scm))
    assert "one of 2 values" in model.identification_.edges[0][2]


def test_regression_answers_where_nothing_is_hidden():
    graph = Graph.from_text("A --> B, B --> C, A --> C")
    scm = model_of(graph)
    data = scm.sample(3000, random_state=1)
    model = CumulantEffect().fit(pd.DataFrame(data.X, columns=data.names)[["A", "B", "C"]])
    np.testing.assert_allclose(model.weights_, scm.weights, atol=0.1)
    assert [(one.cause, one.effect) for one in model.effects_] == [("A", "C"), ("B", "C")]
    total = effect_in(scm, "A", "C") + effect_in(scm, "A", "B") * effect_in(scm, "B", "C")
    assert model.effects_[0].covers(total)


def test_gaussian_noise_leaves_a_confounded_effect_open():
    scm = model_of(PROXY, Gaussian())
    with pytest.warns(IdentifiabilityWarning, match="not (bounded|decided)"):
        model = CumulantEffect(PROXY, "X", "Y", random_state=0).fit(
            scm.sample(2000, random_state=0)
        )
    assert not model.effects_[0].reliable
    assert model.effects_[0].covers(effect_in(scm))


@pytest.mark.filterwarnings("ignore::causalrep.exceptions.IdentifiabilityWarning")
def test_what_only_signs_of_variances_bound_is_not_called_reliable():
    scm = model_of(PROXY, Gaussian())
    model = CumulantEffect(PROXY, "X", "Y", random_state=0).fit(scm.sample(2000, random_state=10))
    effect = model.effects_[0]
    assert effect.verdict == "boundary"
    assert not effect.reliable
    assert np.isfinite(effect.intervals).all()
    assert "negative variance" in effect.statement
    assert (model.noise_variances_ >= 0).all()


def test_a_graph_without_the_confounder_is_contradicted():
    scm = model_of(PROXY)
    graph = Graph.from_text("X --> Y, X --> W")
    with pytest.warns(ModelMismatchWarning, match="does not fit: J"):
        CumulantEffect(graph, "X", "Y").fit(scm.sample(5000, random_state=0))


@pytest.mark.parametrize("exponents", [(400, -300, 5), (-30, 3, 30)])
def test_order_and_units_of_columns_do_not_matter(exponents):
    data = model_of(INSTRUMENT).sample(1500, random_state=3)
    frame = pd.DataFrame(data.X, columns=data.names)
    one = CumulantEffect(INSTRUMENT, "X", "Y", random_state=0).fit(frame)
    units = np.exp2(np.array(exponents, dtype=float))
    two = CumulantEffect(INSTRUMENT, "X", "Y", random_state=0).fit((frame * units).iloc[:, ::-1])
    factor = units[data.names.index("Y")] / units[data.names.index("X")]
    assert two.effects_[0].estimate == pytest.approx(one.effects_[0].estimate * factor)
    assert two.effects_[0].intervals[0] == pytest.approx(
        [end * factor for end in one.effects_[0].intervals[0]], rel=1e-6
    )
    np.testing.assert_array_equal(two.mixing_[::-1] != 0, one.mixing_ != 0)
    assert len(two.equivalent_weights_) == len(one.equivalent_weights_) > 0


def test_rows_names_and_order_of_nodes_do_not_matter():
    data = model_of(INSTRUMENT).sample(1500, random_state=3)
    one = CumulantEffect(INSTRUMENT, "X", "Y", random_state=0).fit(data)
    rows = np.random.default_rng(0).permutation(len(data))
    names = {"I": "draw", "X": "service", "Y": "earnings", "L": "class"}
    graph = Graph(["L", "Y", "I", "X"], INSTRUMENT.edges, ["L"]).rename(names)
    frame = pd.DataFrame(data.X[rows], columns=[names[name] for name in data.names])
    two = CumulantEffect(graph, "service", "earnings", random_state=0).fit(frame)
    assert two.effects_[0].estimate == pytest.approx(one.effects_[0].estimate, rel=1e-6)


def test_weights_and_mixing_belong_together():
    scm = model_of(INSTRUMENT)
    data = scm.sample(3000, random_state=0)
    model = CumulantEffect(INSTRUMENT, random_state=0).fit(data)
    nodes = model.graph_.nodes
    total = np.linalg.inv(np.eye(len(nodes)) - model.weights_)
    columns = [nodes.index(name) for name in data.names]
    np.testing.assert_allclose(model.mixing_, total[:, columns].T, atol=1e-10)
    implied = model.mixing_ * model.noise_variances_ @ model.mixing_.T
    np.testing.assert_allclose(implied, np.cov(data.X.T), atol=0.2)


def test_effects_are_those_asked_for():
    data = model_of(INSTRUMENT).sample(800, random_state=0)

    def asked(**names):
        model = CumulantEffect(INSTRUMENT, **names, n_starts=4, random_state=0).fit(data)
        return [(one.cause, one.effect) for one in model.effects_]

    assert asked() == [("I", "Y"), ("X", "Y")]
    assert asked(cause="I") == [("I", "X"), ("I", "Y")]


def test_bidirected_edges_are_hidden_confounders():
    data = model_of(BOW).sample(3000, random_state=0)
    graph = Graph.from_text("X --> Y, X <-> Y")
    one = CumulantEffect(graph, "X", "Y", random_state=0).fit(data)
    assert one.graph_.latent == ("L1",)
    assert len(one.effects_[0].members) == 2


@pytest.mark.parametrize(
    ("text", "roots"),
    [
        ("x <-> y", "nodes x, y; L1 --> x, L1 --> y; latent L1"),
        ("L --> x, x --> y; latent L", "x --> y"),
        ("M --> L, L --> x, L --> y; latent L, M", "L --> x, L --> y; latent L"),
        ("x --> L, L --> y, L --> z; latent L", "x --> y, x --> z, L --> y, L --> z; latent L"),
    ],
)
def test_hidden_causes_become_roots(text, roots):
    found, expected = with_latent_roots(Graph.from_text(text)), Graph.from_text(roots)
    assert set(found.observed) == set(expected.observed)
    assert {len(found.children(node)) for node in found.latent} <= {2, 3}
    assert found.subgraph(found.observed) == expected.subgraph(expected.observed)


@pytest.mark.parametrize(
    ("parameters", "error", "words"),
    [
        ({"graph": Graph.from_text("X --> Q, X --> Y")}, GraphError, "not features: Q"),
        (
            {"graph": Graph.from_text("X --- Y, X --> W")},
            GraphError,
            "CumulantEffect wants directed and bidirected edges only",
        ),
        ({"graph": PROXY, "cause": "L"}, GraphError, "observed node of the graph"),
        ({"graph": PROXY, "cause": "Y", "effect": "X"}, GraphError, "no directed path"),
        ({"graph": PROXY, "max_moments": 10}, BudgetError, "31 cumulants"),
        ({"graph": PROXY, "orders": [2, 9]}, InvalidDataError, "from 2 to 6"),
        ({"graph": PROXY, "orders": [2**40]}, InvalidDataError, "from 2 to 6"),
    ],
)
def test_refuses_questions_that_cannot_be_answered(parameters, error, words):
    data = model_of(PROXY).sample(100, random_state=0)
    with pytest.raises(error, match=words):
        CumulantEffect(**parameters).fit(data)


def test_refuses_degenerate_features_by_name():
    data = model_of(PROXY).sample(100, random_state=0)
    frame = pd.DataFrame(data.X, columns=data.names)
    frame["Y"] = 2 * frame["X"]
    with pytest.raises(DegenerateDataError, match="repeats"):
        CumulantEffect(PROXY).fit(frame)


def test_a_caused_feature_of_two_values_is_named_and_a_random_treatment_is_not():
    rng = np.random.default_rng(0)
    treated = rng.binomial(1, 0.3, 1000)
    frame = pd.DataFrame({"X": treated, "Y": 2 * treated + rng.exponential(size=1000)})
    model = CumulantEffect(Graph.from_text("X --> Y"), random_state=0).fit(frame)
    assert model.effects_[0].estimate == pytest.approx(2, abs=0.2)
    with pytest.warns(ModelMismatchWarning) as caught:
        CumulantEffect(Graph.from_text("Y --> X"), random_state=0).fit(frame)
    assert "only two: X." in str(caught[0].message)


def test_a_latent_of_one_child_is_part_of_its_noise():
    data = model_of(Graph.from_text("X --> Y")).sample(1000, random_state=0)
    graph = Graph.from_text("X --> Y, L --> Y; latent L")
    with_latent, without = (
        CumulantEffect(one, random_state=0).fit(data)
        for one in (graph, Graph.from_text("X --> Y"))
    )
    assert not with_latent.graph_.latent
    assert with_latent.effects_ == without.effects_


def test_a_weak_instrument_decides_nothing_and_that_is_said():
    nodes = INSTRUMENT.nodes
    weights = np.zeros((4, 4))
    for (cause, effect), weight in {
        ("I", "X"): 0.02,
        ("X", "Y"): 0.8,
        ("L", "X"): 1.0,
        ("L", "Y"): 1.0,
    }.items():
        weights[nodes.index(cause), nodes.index(effect)] = weight
    scm = LinearSCM.from_graph(INSTRUMENT, weights, noise=Exponential())
    with pytest.warns(IdentifiabilityWarning, match="not decided|not bounded"):
        model = CumulantEffect(INSTRUMENT, "X", "Y", n_starts=8, random_state=0).fit(
            scm.sample(3000, random_state=0)
        )
    assert model.effects_[0].covers(0.8)
    assert model.effects_[0].covers(1.8)  # what it would be if L were the noise of X


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::causalrep.exceptions.ModelMismatchWarning")  # one in 1,000
def test_regions_cover_the_effect_as_often_as_they_say():
    covered = []
    for seed in range(30):
        problem = confounded_effect("instrument", random_state=seed)
        model = CumulantEffect(problem.scm.graph, "X", "Y", n_starts=16, random_state=0)
        model.fit(problem.sample(random_state=seed))
        covered.append(model.effects_[0].covers(effect_in(problem.scm)))
    assert np.mean(covered) >= 0.86
