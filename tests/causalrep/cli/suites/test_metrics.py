"""What suites measure: the truth gets the best, and what is wrong gets less."""

from types import SimpleNamespace

import numpy as np
import pytest

from causalrep import Dataset, Graph, Truth
from causalrep.cli.suites import metrics
from simulators import linear_disentanglement

DATA = linear_disentanglement(3, 6, random_state=1).sample(50, random_state=1)


def perfect(**changes):
    """Return the answer that is the truth of `DATA`, latents in the order of their contexts."""
    truth = DATA.truth
    order = [target[0] for target in truth.targets[1:]]
    components = np.linalg.pinv(truth.mixing)[order]
    scale = np.linalg.norm(components, axis=1)
    weights = truth.weights[np.ix_(order, order)]
    causal = [order.index(int(name[1:]) - 1) for name in truth.graph.topological_order()]
    answer = {
        "components_": components,
        "weights_": weights,
        "targets_": np.arange(-1, 3),
        "causal_order_": np.array(causal),
        "transform": lambda data: np.asarray(data.truth.Z)[:, order] * scale,
    }
    return SimpleNamespace(**{**answer, **changes})


def seen(text, n_observed):
    """Return samples of a graph that only the truth matters of."""
    graph = Graph.from_text(text)
    return Dataset(X=np.eye(n_observed), names=graph.observed, truth=Truth(graph=graph))


@pytest.mark.parametrize(
    "metric",
    [metrics.RIGHT_TARGETS, metrics.EXACT_GRAPH, metrics.ROW_ANGLE, metrics.LATENT_MCC],
    ids=lambda metric: metric.name,
)
def test_the_truth_gets_the_best(metric):
    assert metric.compute(perfect(), DATA) == pytest.approx(metric.best, abs=1e-6)


def test_a_wrong_context_makes_targets_and_graph_wrong():
    for targets in ([-1, 0, 0, 2], [-1, 1, 0, 2]):
        answer = perfect(targets_=np.array(targets))
        assert metrics.RIGHT_TARGETS.compute(answer, DATA) == 0.0
        assert metrics.EXACT_GRAPH.compute(answer, DATA) == 0.0


def test_a_missing_edge_and_a_wrong_order_are_wrong():
    assert metrics.EXACT_GRAPH.compute(perfect(weights_=np.zeros((3, 3))), DATA) == 0.0
    reverse = perfect(causal_order_=perfect().causal_order_[::-1])
    assert metrics.RIGHT_TARGETS.compute(reverse, DATA) == 0.0


def test_the_order_of_rows_is_no_error_of_them():
    turned = perfect(components_=-2.0 * perfect().components_[::-1])
    assert metrics.ROW_ANGLE.compute(turned, DATA) == pytest.approx(0.0, abs=1e-6)


def test_an_affine_map_explains_all_of_the_latents():
    answer = SimpleNamespace(transform=lambda data: 3.0 + data.truth.Z @ np.triu(np.ones((3, 3))))
    assert metrics.LATENT_R2.compute(answer, DATA) == pytest.approx(1.0)
    assert metrics.LATENT_MCC.compute(answer, DATA) < 0.99


FACTORS = "L1 --> A, L1 --> B, L1 --> C, L2 --> D, L2 --> E, L2 --> F, L1 --> L2; latent L1, L2"


def test_clusters_are_pairs_of_siblings():
    data = seen(FACTORS, 6)
    right = SimpleNamespace(graph_=data.truth.graph)
    assert metrics.CLUSTER_F1.compute(right, data) == 1.0
    half = Graph.from_text("nodes D, E, F; H --> A, H --> B, H --> C; latent H")
    found = metrics.CLUSTER_F1.compute(SimpleNamespace(graph_=half), data)
    assert found == pytest.approx(2 * 3 / (3 + 6))


def test_hidden_nodes_are_matched_before_the_skeleton_is_judged():
    data = seen(FACTORS, 6)
    renamed = Graph.from_text(FACTORS.replace("L1", "H").replace("L2", "G"))
    assert metrics.HIDDEN_F1.compute(SimpleNamespace(graph_=renamed), data) == 1.0
    empty = SimpleNamespace(graph_=Graph(data.names))
    assert metrics.HIDDEN_F1.compute(empty, data) == 0.0
    assert metrics.HIDDEN_DISTANCE.compute(empty, data) == 7.0


def test_a_hidden_cause_is_a_bidirected_edge_to_who_sees_independences_alone():
    data = seen("A --> B, D --> C, L1 --> B, L1 --> C; latent L1", 4)
    found = SimpleNamespace(graph_=Graph.from_text("A o-> B, D o-> C, B <-> C"))
    assert metrics.MARGINAL_F1.compute(found, data) == 1.0
    assert metrics.MARGINAL_MARKS.compute(found, data) == 1.0
    turned = SimpleNamespace(graph_=Graph.from_text("A o-> B, D o-> C, B --> C"))
    assert metrics.MARGINAL_MARKS.compute(turned, data) == pytest.approx(5 / 6)


@pytest.mark.parametrize(
    ("found", "right"),
    [
        ("X1 --> X2, L1 --> X1, L1 --> X2; latent L1", 1.0),
        ("X1 --> X2", 0.0),
        ("X2 --> X1, L1 --> X1, L1 --> X2; latent L1", 0.0),
        ("X1 <-> X2", 0.0),
        ("X1 o-> X2", 0.0),
    ],
)
def test_the_structure_of_a_pair_is_right_as_a_whole(found, right):
    data = seen("X1 --> X2, L1 --> X1, L1 --> X2; latent L1", 2)
    answer = SimpleNamespace(graph_=Graph.from_text(found))
    assert metrics.PAIR_STRUCTURE.compute(answer, data) == right


def test_a_bidirected_edge_is_a_hidden_cause():
    data = seen("L1 --> X1, L1 --> X2; latent L1", 2)
    answer = SimpleNamespace(graph_=Graph.from_text("X1 <-> X2"))
    assert metrics.PAIR_STRUCTURE.compute(answer, data) == 1.0


def test_columns_are_matched_and_a_right_angle_is_one():
    data = Dataset(X=np.eye(2), truth=Truth(mixing=np.eye(2)))
    turned = SimpleNamespace(mixing_=np.array([[0.0, 5.0], [-1.0, 0.0]]))
    assert metrics.COLUMN_ANGLE.compute(turned, data) == pytest.approx(0.0, abs=1e-7)
    same = SimpleNamespace(mixing_=np.array([[1.0, 1.0], [0.0, 0.0]]))
    assert metrics.COLUMN_ANGLE.compute(same, data) == pytest.approx(0.5)


def test_what_an_answer_lacks_is_named():
    with pytest.raises(AttributeError, match="has no attribute 'targets_'"):
        metrics.RIGHT_TARGETS.compute(SimpleNamespace(), DATA)
