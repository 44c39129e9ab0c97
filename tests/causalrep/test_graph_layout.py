from itertools import combinations

import numpy as np
import pytest

from causalrep.graph_layout import Size, layered_layout
from causalrep.graph_layout_dot import dot_is_present, dot_layout
from causalrep.graphs import Edge, Graph, Mark

SEEDS = [*range(40), 146]
LAYOUTS = [layered_layout, *([dot_layout] if dot_is_present() else [])]


def random_picture(seed):
    """Return a random mixed graph, sizes of its nodes and, for odd seeds, of edge labels."""
    rng = np.random.default_rng(seed)
    names = [f"N{i}" for i in range(rng.integers(2, 14))]
    edges = set()
    for pair in combinations(names, 2):
        if rng.random() < 2.2 / len(names):
            marks = [list(Mark)[i] for i in rng.integers(3, size=2)]
            edges.add(Edge(*pair) if rng.random() < 0.6 else Edge(*pair, *marks))
    graph = Graph(names, edges, [name for name in names if rng.random() < 0.3])
    sizes = {name: Size(rng.uniform(36, 150), rng.uniform(26, 60)) for name in names}
    directed = [edge for edge in graph.edges if edge.is_directed and seed % 2]
    return graph, sizes, {edge: Size(rng.uniform(25, 70), 22.0) for edge in directed}


def overlap(one, other):
    (centre, size), (other_centre, other_size) = one, other
    distance = np.abs(np.subtract(centre, other_centre))
    return bool((distance < np.add(size, other_size) / 2 - 0.5).all())


def inside(path, box):
    centre, size = box
    return bool((np.abs(path - centre) < np.array(size) / 2 - 1).all(axis=1).any())


@pytest.mark.parametrize("place", LAYOUTS)
@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_overlaps_in_random_graphs(place, seed):
    graph, sizes, labels = random_picture(seed)
    layout = place(graph, sizes, labels)
    nodes = {name: (layout.nodes[name], sizes[name]) for name in graph}
    texts = {edge: (layout.labels[edge], labels[edge]) for edge in labels}
    boxes = [*nodes.values(), *texts.values()]
    assert not any(overlap(*pair) for pair in combinations(boxes, 2))
    for edge, path in layout.paths.items():
        others = [box for name, box in nodes.items() if name not in edge.nodes]
        others += [box for other, box in texts.items() if other != edge]
        assert not any(inside(path, box) for box in others)


@pytest.mark.parametrize("place", LAYOUTS)
def test_lines_run_from_border_to_border(place):
    graph, sizes, labels = random_picture(7)
    layout = place(graph, sizes, labels)
    for edge, path in layout.paths.items():
        for end, name in zip((path[0], path[-1]), edge.nodes, strict=True):
            reach = np.abs(end - layout.nodes[name]) / (np.array(sizes[name]) / 2)
            assert reach.max() < 1.05
            assert np.hypot(*reach) > 0.95


def test_causes_stand_above_effects():
    graph = Graph.from_text("A --> B, B --> C, A --> C, D --> C, C <-> A")
    layout = layered_layout(graph, dict.fromkeys(graph, Size(36.0, 26.0)), {})
    for edge in graph.edges:
        if edge.is_directed:
            assert layout.nodes[edge.source][1] > layout.nodes[edge.target][1]


def test_the_same_graph_is_always_drawn_alike():
    one, other = (layered_layout(*random_picture(11)) for _ in range(2))
    assert one.nodes == other.nodes


def test_a_caterpillar_is_drawn_without_crossings():
    graph = Graph.from_text("A --> D, A --> F, B --> F, B --> E, C --> E")
    layout = layered_layout(graph, dict.fromkeys(graph, Size(36.0, 26.0)), {})
    place = {name: x for name, (x, _) in layout.nodes.items()}
    crossed = sum(
        (place[e.source] - place[f.source]) * (place[e.target] - place[f.target]) < 0
        for e, f in combinations(graph.edges, 2)
    )
    assert crossed == 0


def test_edgeless_graphs_fill_several_rows():
    graph = Graph([f"X{i}" for i in range(17)])
    layout = layered_layout(graph, dict.fromkeys(graph, Size(36.0, 26.0)), {})
    assert len({y for _, y in layout.nodes.values()}) == 3
