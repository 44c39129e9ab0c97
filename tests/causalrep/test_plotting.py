from dataclasses import dataclass
from itertools import combinations

import matplotlib as mpl
import numpy as np
import pytest
from sklearn.base import BaseEstimator

from causalrep.data import Dataset
from causalrep.graphs import Graph
from causalrep.plotting import GraphDisplay
from causalrep.results import EdgeEstimate, Identification

mpl.use("agg")
plt = pytest.importorskip("matplotlib.pyplot")


@dataclass(frozen=True)
class Estimate:
    source: str
    target: str
    weight: float
    lower: float
    upper: float


def random_weights(n_nodes, density, seed):
    rng = np.random.default_rng(seed)
    kept = rng.random((n_nodes, n_nodes)) < density
    return np.triu(rng.uniform(-1, 1, (n_nodes, n_nodes)) * kept, 1)


def estimates(graph, weights, width=0.2):
    names = graph.nodes
    return [
        Estimate(names[i], names[j], w, w - width, w + width)
        for (i, j), w in np.ndenumerate(weights)
        if w
    ]


LATENT = random_weights(5, 0.75, 1)
LATENT_GRAPH = Graph.from_weights(LATENT, latent=True)
SEVENTEEN = random_weights(17, 0.16, 5)
MEASUREMENT = Graph(
    [*LATENT_GRAPH, *(f"X{i}" for i in range(1, 11))],
    [*LATENT_GRAPH.edges, *((f"L{i // 2 + 1}", f"X{i + 1}") for i in range(10))],
    LATENT_GRAPH,
)
ITEMS = ["Feels comfortable around people", "depression_severity_score", "sleep quality (PSQI)"]
CASES = {
    "latents with intervals": {
        "graph": LATENT_GRAPH,
        "weights": LATENT,
        "intervals": estimates(LATENT_GRAPH, LATENT),
    },
    "a measurement model": {"graph": MEASUREMENT},
    "a partial ancestral graph": {
        "graph": Graph.from_text(
            "A o-> B, C o-> B, B --> D, D <-> E, E o-o F, F <-> B, G --o H, G --- E, H <-> F"
        )
    },
    "correlated errors": {
        "graph": Graph.from_text("F --> A, F --> B, F --> C, A <-> B, A <-> C; latent F")
    },
    "long names": {"graph": Graph(["F", *ITEMS], [("F", item) for item in ITEMS], ["F"])},
    "seventeen nodes": {"graph": Graph.from_weights(SEVENTEEN), "weights": SEVENTEEN},
    "a bow and a cycle": {"graph": Graph.from_text("X --> Y, X <-> Y, Y --> Z, Z --> X")},
    "one node": {"graph": Graph(["A"])},
    "no edges": {"graph": Graph([f"V{i}" for i in range(7)], latent=["V3"])},
    "dollars": {"graph": Graph(["$a$", "$b"], [("$a$", "$b")])},
    "nothing": {"graph": Graph([])},
}
guess, vague = LATENT_GRAPH.edges[:2]
LOADINGS = [EdgeEstimate(source=f"L{i // 2 + 1}", target=f"X{i + 1}", weight=1) for i in range(10)]
CASES["latents, features and everything the legend knows"] = {
    "graph": MEASUREMENT,
    "intervals": [
        EdgeEstimate(source=guess.source, target=guess.target, weight=0.8, identified=False),
        EdgeEstimate(source=vague.source, target=vague.target, weight=0.1, lower=-1, upper=1),
    ],
    "loadings": LOADINGS,
    "unidentified": ["L1", "L2"],
}
LAYOUTS = ["layered", "dot"]


@pytest.fixture(
    scope="module", params=[(case, layout) for case in CASES for layout in LAYOUTS], ids="-".join
)
def display(request):
    case, layout = request.param
    if layout == "dot":
        pytest.importorskip("pygraphviz")
    display = GraphDisplay(**CASES[case], layout=layout).plot()
    plt.close(display.figure_)
    return display


def boxes(display, kind):
    """Return the extents of all patches or texts of a kind on the page."""
    artists = [*display.ax_.patches, *display.ax_.artists, *display.ax_.texts]
    found = [artist for artist in artists if (artist.get_gid() or "").startswith(f"{kind}:")]
    return [artist.get_window_extent() for artist in found]


def overlaps(one, other):
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    return width > 0.5 and height > 0.5


def test_every_name_is_drawn_inside_the_picture(display):
    drawn = " ".join(text.get_text() for text in display.ax_.texts)
    for name in display.graph:
        assert name in drawn or name.split("_")[0].split()[0] in drawn
    frame = display.ax_.get_window_extent()
    for text in display.ax_.texts:
        extent = text.get_window_extent()
        assert frame.x0 <= extent.x0
        assert extent.x1 <= frame.x1
        assert frame.y0 <= extent.y0
        assert extent.y1 <= frame.y1


def test_no_two_nodes_overlap(display):
    nodes = boxes(display, "node")
    assert len(nodes) == len(display.graph)
    assert not any(overlaps(one, other) for one, other in combinations(nodes, 2))


def test_names_fit_their_nodes(display):
    nodes = boxes(display, "node")
    for name in boxes(display, "name"):
        assert any(n.x0 < name.x0 and name.x1 < n.x1 and n.y0 < name.y0 < n.y1 for n in nodes)


def test_labels_overlap_neither_nodes_nor_one_another(display):
    labels = boxes(display, "label")
    patches = [box for box in labels if box.width]
    nodes = boxes(display, "node")
    assert not any(overlaps(label, node) for label in patches for node in nodes)
    rectangles = [
        patch.get_window_extent()
        for patch in display.ax_.patches
        if (patch.get_gid() or "").startswith("label:")
    ]
    assert not any(overlaps(one, other) for one, other in combinations(rectangles, 2))


def test_lines_pass_over_no_other_node(display):
    nodes = {
        patch.get_gid().removeprefix("node:"): patch.get_window_extent()
        for patch in display.ax_.patches
        if (patch.get_gid() or "").startswith("node:")
    }
    lines = {line.get_gid().removeprefix("edge:"): line for line in display.ax_.lines}
    for edge in display.graph.edges:
        line = lines[str(edge)]
        path = line.get_transform().transform(line.get_xydata())
        for name in set(nodes) - set(edge.nodes):
            box = nodes[name].padded(-1)
            assert not any(box.contains(x, y) for x, y in path)


def test_marks_are_drawn_at_the_ends():
    graph = Graph.from_text("A o-> B")
    display = GraphDisplay(graph, layout="layered").plot()
    kinds = [type(patch).__name__ for patch in display.ax_.patches]
    assert kinds.count("Circle") == 1
    assert kinds.count("Polygon") == 1
    heads = [p for p in display.ax_.patches if type(p).__name__ == "Polygon"]
    by_gid = {p.get_gid(): p.get_window_extent() for p in display.ax_.patches}
    assert heads[0].get_window_extent().y0 == pytest.approx(by_gid["node:B"].y1, abs=2)
    plt.close("all")


def test_an_interval_over_zero_is_grey_and_dashed():
    graph = Graph.from_text("A --> B, A --> C")
    given = [Estimate("A", "B", 0.1, -0.1, 0.3), Estimate("A", "C", 0.9, 0.7, 1.1)]
    display = GraphDisplay(graph, intervals=given).plot()
    doubtful, sure = (
        next(line for line in display.ax_.lines if line.get_gid() == f"edge:A --> {name}")
        for name in "BC"
    )
    assert doubtful.is_dashed()
    assert not sure.is_dashed()
    assert doubtful.get_color() != sure.get_color()
    assert doubtful.get_linewidth() < sure.get_linewidth()
    plt.close("all")


def line_of(display, edge):
    return next(line for line in display.ax_.lines if line.get_gid() == f"edge:{edge}")


def legend(display):
    texts = display.ax_.texts
    return [text.get_text() for text in texts if text.get_gid().startswith("legend:")]


def test_an_edge_that_is_not_identified_is_no_finding():
    graph = Graph.from_text("A --> B, A --> C; latent A, B, C")
    given = [
        EdgeEstimate(source="A", target="B", weight=5, lower=4, upper=6, identified=False),
        EdgeEstimate(source="A", target="C", weight=0.5, lower=0.4, upper=0.6),
    ]
    display = GraphDisplay(graph, intervals=given, unidentified=["B"]).plot()
    guess, finding = line_of(display, "A --> B"), line_of(display, "A --> C")
    assert guess.is_dashed()
    assert guess.get_color() != finding.get_color()
    assert guess.get_linewidth() < finding.get_linewidth()
    colours = {text.get_text(): text.get_color() for text in display.ax_.texts}
    assert colours["5.00"] != colours["0.50"]
    outlines = {patch.get_gid(): patch.get_linestyle() for patch in display.ax_.patches}
    assert outlines["node:B"] != outlines["node:A"] == outlines["node:C"] == "solid"
    assert legend(display) == ["latent, not identified", "effect not identified"]
    plt.close("all")


def test_loadings_are_thin_and_do_not_count_for_the_width_of_effects():
    heavy = [EdgeEstimate(source="L1", target="X1", weight=50.0)]
    display = GraphDisplay(
        MEASUREMENT, intervals=estimates(LATENT_GRAPH, LATENT), loadings=heavy
    ).plot()
    widths = [line.get_linewidth() for line in display.ax_.lines]
    loading = line_of(display, "L1 --> X1")
    assert loading.get_linewidth() == min(widths) < max(widths)
    assert loading.get_color() != line_of(display, LATENT_GRAPH.edges[0]).get_color()
    assert legend(display)[-1] == "loading of a feature"
    plt.close("all")


def test_the_legend_names_only_what_occurs():
    assert legend(GraphDisplay(LATENT_GRAPH, weights=LATENT).plot()) == []
    assert legend(GraphDisplay(MEASUREMENT).plot()) == ["observed", "latent"]
    assert legend(GraphDisplay(MEASUREMENT, legend=False).plot()) == []
    everything = CASES["latents, features and everything the legend knows"]
    assert legend(GraphDisplay(**everything).plot()) == [
        "observed",
        "latent",
        "latent, not identified",
        "interval covers zero",
        "effect not identified",
        "loading of a feature",
    ]
    plt.close("all")


def test_the_legend_stays_below_the_graph(display):
    symbols = boxes(display, "legend")
    others = [box for kind in ("node", "label") for box in boxes(display, kind) if box.width]
    assert not any(overlaps(one, other) for one in symbols for other in others)


def test_labels_show_the_weight_and_its_interval():
    graph = Graph.from_text("A --> B")
    display = GraphDisplay(graph, intervals=[Estimate("A", "B", -0.8, -np.inf, -0.001)]).plot()
    shown = [text.get_text() for text in display.ax_.texts]
    assert shown == ["A", "B", "\N{MINUS SIGN}0.80", "[\N{MINUS SIGN}∞, 0.00]"]
    plt.close("all")


def test_pairs_that_are_no_edges_get_no_label():
    graph = Graph(["A", "B", "C"], [("A", "B")])
    dropped = [Estimate("A", "C", 0.1, -1, 1)]
    display = GraphDisplay(graph, intervals=dropped).plot()
    assert len(display.ax_.texts) == 3
    plt.close("all")


def test_it_fits_axes_of_the_user():
    figure, axes = plt.subplots(1, 2, figsize=(5, 3))
    display = GraphDisplay(MEASUREMENT, layout="layered").plot(ax=axes[1])
    assert display.ax_ is axes[1]
    assert display.figure_ is figure
    frame = axes[1].get_window_extent()
    assert all(frame.contains(*text.get_window_extent().min) for text in axes[1].texts)
    assert not any(overlaps(*pair) for pair in combinations(boxes(display, "name"), 2))
    plt.close("all")


def test_the_background_is_white():
    with plt.style.context("dark_background"):
        display = GraphDisplay(LATENT_GRAPH).plot()
    assert display.figure_.get_facecolor() == (1, 1, 1, 1)
    assert display.ax_.get_facecolor() == (1, 1, 1, 1)
    plt.close("all")


def test_long_names_that_look_alike_are_written_in_full():
    names = [f"averyveryveryverylong{middle}identifier_of_item" for middle in ("first", "other")]
    display = GraphDisplay(Graph(names)).plot()
    shown = "".join(text.get_text() for text in display.ax_.texts)
    assert all(name in shown for name in names)
    plt.close("all")


def test_leaves_stand_in_the_order_of_the_graph():
    graph = Graph(["F", *(f"X{i}" for i in range(12))], [("F", f"X{i}") for i in range(12)])
    display = GraphDisplay(graph, layout="layered").plot()
    places = {text.get_text(): text.get_position()[0] for text in display.ax_.texts}
    assert sorted(graph.nodes[1:], key=places.get) == list(graph.nodes[1:])
    plt.close("all")


class Fitted(BaseEstimator):
    def fit(self, X=None, y=None):
        self.graph_ = LATENT_GRAPH
        self.weights_ = LATENT
        self.edges_ = tuple(estimates(LATENT_GRAPH, LATENT))
        self.mixing_ = np.arange(1.0, 16.0).reshape(3, 5)
        self.environments_, self.targets_ = np.array([0, 1]), np.array([-1, 0])
        rows = (("L1", True, ""), ("L2", False, ""))
        self.identification_ = Identification(rows=rows, edges=(), summary="")
        return self


def test_an_estimator_is_drawn_with_its_intervals():
    display = GraphDisplay.from_estimator(Fitted().fit())
    assert display.graph == LATENT_GRAPH
    assert len(display.ax_.texts) - len(legend(display)) == 5 + 2 * len(LATENT_GRAPH.edges)
    assert "latent, not identified" in legend(display)
    plt.close("all")


def test_weights_between_other_variables_are_not_drawn():
    estimator = Fitted().fit()
    estimator.weights_, estimator.edges_ = np.ones((5, 10)), ()
    display = GraphDisplay.from_estimator(estimator, legend=False)
    assert len(display.ax_.texts) == 5
    plt.close("all")


def test_an_estimator_and_its_data_are_drawn_with_the_strongest_features():
    estimator = Fitted().fit()
    estimator.edges_ = ()
    rows = np.random.default_rng(0).standard_normal((20, 3))
    data = Dataset(X=rows, environments=np.repeat([0, 1], 10), names=("a", "b", "L1"))
    display = GraphDisplay.from_estimator(estimator, data=data, n_features=1)
    assert display.graph.latent == LATENT_GRAPH.nodes
    assert display.graph.observed == ("L1 (feature)",)
    assert len(display.graph.edges) == len(LATENT_GRAPH.edges) + 5
    labels = [text for text in display.ax_.texts if text.get_gid().startswith("label:")]
    assert len(labels) == len(display.graph.edges)
    plt.close("all")


def test_an_unknown_interval_leaves_the_weight():
    graph = Graph.from_text("A --> B")
    given = [Estimate("A", "B", 0.5, None, float("nan"))]
    display = GraphDisplay(graph, intervals=given).plot()
    assert [text.get_text() for text in display.ax_.texts] == ["A", "B", "0.50"]
    plt.close("all")


def test_large_graphs_stay_readable():
    graph = Graph(
        ["F", *(f"item_{i}" for i in range(40))], [("F", f"item_{i}") for i in range(40)]
    )
    display = GraphDisplay(graph).plot()
    assert min(text.get_fontsize() for text in display.ax_.texts) > 7
    plt.close("all")
