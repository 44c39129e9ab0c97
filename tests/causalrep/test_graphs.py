import copy
import pickle
from itertools import pairwise

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalrep.exceptions import GraphError
from causalrep.graphs import Edge, Graph, Mark

DIAMOND = Graph.from_text("A --> B, A --> C, B --> D, C --> D")
MIXED = Graph.from_text("A --> B, B <-> C, C --- D, D o-> E, E o-o A; latent A")


def test_an_edge_is_written_as_in_the_literature():
    assert str(Edge("X1", "X2", Mark.CIRCLE, Mark.ARROW)) == "X1 o-> X2"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A --> B", "B <-- A"),
        ("A -> B", "B <- A"),
        ("A o-> B", "B <-o A"),
        ("A --o B", "B o-- A"),
        ("A <-> B", "B <-> A"),
        ("A -- B", "B --- A"),
    ],
)
def test_edges_are_equal_however_they_are_written(one, other):
    assert Edge.from_text(one) == Edge.from_text(other)
    assert hash(Edge.from_text(one)) == hash(Edge.from_text(other))


def test_the_source_of_a_directed_edge_is_the_cause():
    edge = Edge("effect", "cause", Mark.ARROW, Mark.TAIL)
    assert edge.nodes == ("cause", "effect")
    assert edge.mark_at("effect") is Mark.ARROW
    assert edge.other("effect") == "cause"


def test_an_edge_knows_its_kind():
    kinds = {
        str(edge): (edge.is_directed, edge.is_undirected, edge.is_bidirected, edge.has_circle)
        for edge in MIXED.edges
    }
    assert kinds == {
        "A --> B": (True, False, False, False),
        "A o-o E": (False, False, False, True),
        "B <-> C": (False, False, True, False),
        "C --- D": (False, True, False, False),
        "D o-> E": (False, False, False, True),
    }


def test_short_names_precede_long_ones_in_symmetric_edges():
    assert str(Edge.from_text("X10 <-> X2")) == "X2 <-> X10"


def test_relations_follow_the_marks():
    assert MIXED.children("A") == ("B",)
    assert MIXED.parents("B") == ("A",)
    assert MIXED.spouses("B") == ("C",)
    assert MIXED.neighbors("C") == ("D",)
    assert MIXED.adjacents("E") == ("A", "D")
    assert MIXED.parents("E") == ()


def test_ancestors_follow_directed_edges_only():
    assert DIAMOND.ancestors("D") == ("A", "B", "C")
    assert DIAMOND.descendants("A") == ("B", "C", "D")
    assert MIXED.descendants("A") == ("B",)


def test_a_bow_is_two_edges_between_one_pair():
    bow = Graph(["X", "Y"], ["X --> Y", "X <-> Y"])
    assert [str(edge) for edge in bow.edges_between("Y", "X")] == ["X --> Y", "X <-> Y"]
    assert bow.adjacent("X", "Y")
    assert len(bow.skeleton().edges) == 1


def test_latent_and_observed_nodes_are_told_apart():
    graph = Graph(["X1", "L1", "X2"], [("L1", "X1")], latent=["L1"])
    assert graph.latent == ("L1",)
    assert graph.observed == ("X1", "X2")
    assert graph.is_latent("L1")
    assert graph.with_latent([]).latent == ()


def test_equality_ignores_orders_but_not_the_latent_mark():
    one = Graph(["A", "B"], ["A <-> B"])
    other = Graph(["B", "A"], ["B <-> A"])
    assert one == other
    assert hash(one) == hash(other)
    assert one != one.with_latent(["A"])
    assert one != "A <-> B"


def test_a_graph_never_changes():
    with pytest.raises(
        AttributeError, match="A Graph never changes, so its 'nodes' cannot be set"
    ):
        DIAMOND.nodes = ()
    with pytest.raises(AttributeError, match="its 'edges' cannot be deleted"):
        del DIAMOND.edges


def test_copies_and_pickles_are_equal():
    assert copy.deepcopy(MIXED) == MIXED
    assert pickle.loads(pickle.dumps(MIXED)) == MIXED


def test_a_graph_is_a_container_of_names_and_edges():
    assert list(DIAMOND) == ["A", "B", "C", "D"]
    assert len(DIAMOND) == 4
    assert "A" in DIAMOND
    assert "Z" not in DIAMOND
    assert Edge("A", "B") in DIAMOND
    assert Edge("B", "A") not in DIAMOND


def test_names_may_be_any_text():
    names = ["blood pressure", "a, b", 'say "hi"', "latent", "-->", "λ₁", "x\ny", "back\\slash"]
    graph = Graph(names, pairwise(names), latent=names[:2])
    assert Graph.from_text(str(graph)) == graph


def test_text_may_run_over_lines():
    graph = Graph.from_text("A --> B --> C\nnodes D\n\nlatent A; C <-- D")
    assert graph == Graph.from_text("A --> B, B --> C, D --> C; latent A")
    assert graph.nodes == ("D", "A", "B", "C")


def test_weights_name_latents_by_themselves():
    graph = Graph.from_weights([[0, 0.5, -0.01], [0, 0, 2], [0, 0, 0]], latent=True, threshold=0.1)
    assert str(graph) == "L1 --> L2, L2 --> L3; latent L1, L2, L3"
    assert Graph.from_weights([[0]]).nodes == ("X1",)


def test_the_topological_order_breaks_ties_by_position():
    graph = Graph(["D", "C", "B", "A"], DIAMOND.edges)
    assert graph.topological_order() == ("A", "C", "B", "D")


def test_cycles_are_directed_graphs_but_no_dags():
    cycle = Graph.from_text("A --> B, B --> C, C --> A")
    assert cycle.is_directed
    assert not cycle.is_dag()
    assert not MIXED.is_dag()
    assert DIAMOND.is_dag()


def test_closure_and_reduction_undo_one_another():
    closed = DIAMOND.transitive_closure()
    assert len(closed.edges) == 5
    assert closed.transitive_reduction() == DIAMOND


def test_subgraphs_keep_latents_and_take_the_order_given():
    part = MIXED.subgraph(["C", "B", "A"])
    assert str(part) == "nodes C, B, A; B <-> C, A --> B; latent A"


def test_renaming_keeps_everything_else():
    graph = MIXED.rename({"A": "T", "B": "A"})
    assert graph.nodes == ("T", "A", "C", "D", "E")
    assert graph.latent == ("T",)
    assert graph.children("T") == ("A",)


def test_d_separation_on_the_collider():
    graph = Graph.from_text("A --> C, B --> C, C --> D")
    assert graph.d_separated("A", "B")
    assert not graph.d_separated("A", "B", given="D")
    assert graph.d_separated(["A", "B"], "D", given=["C"])


def test_bidirected_edges_count_as_common_causes():
    graph = Graph.from_text("A --> B, B <-> C")
    assert graph.d_separated("A", "C")
    assert not graph.d_separated("A", "C", given="B")
    assert not graph.d_separated("B", "C")


@settings(max_examples=40, deadline=None)
@given(st.sets(st.tuples(st.integers(0, 4), st.integers(0, 4)).filter(lambda e: e[0] < e[1])))
def test_d_separation_agrees_with_networkx(pairs):
    names = list("ABCDE")
    graph = Graph(names, [(names[i], names[j]) for i, j in pairs])
    reference = nx.DiGraph([(names[i], names[j]) for i, j in pairs])
    reference.add_nodes_from(names)
    assert graph.d_separated("A", "E", given=["C"]) == nx.is_d_separator(
        reference, {"A"}, {"E"}, {"C"}
    )


def test_the_repr_counts_and_shows_a_few_edges():
    assert repr(DIAMOND) == "<Graph: 4 nodes, 4 edges: A --> B, A --> C, B --> D, C --> D>"
    assert repr(Graph(["A"], latent=["A"])) == "<Graph: 1 node (1 latent), 0 edges>"
    names = [f"X{i}" for i in range(20)]
    assert repr(Graph(names, pairwise(names))).endswith(", ...>")


def test_the_table_for_notebooks_escapes_names():
    shown = Graph(["<b>", "c"], [("<b>", "c")], latent=["c"])._repr_html_()
    assert "&lt;b&gt;&quot; --&gt; c" in shown
    assert "latent" in shown
    assert "<b>" not in shown


REFUSED = {
    "a node nobody declared": (lambda: Graph(["A"], ["A --> B"]), "no node 'B' in the graph"),
    "a latent nobody declared": (lambda: Graph(["A"], latent=["B"]), "no node 'B' in the graph"),
    "a query about nobody": (lambda: DIAMOND.parents("Z"), "its nodes are 'A', 'B', 'C', 'D'"),
    "repeated names": (lambda: Graph(["A", "B", "A"]), "Node names must differ, but 'A' repeat"),
    "repeated edges": (
        lambda: Graph(["A", "B"], ["A --> B", "B <-- A"]),
        "Edges must differ, but 'A --> B' repeat",
    ),
    "self-loops": (lambda: Graph(["A"], ["A --> A"]), "Graphs hold no self-loops"),
    "one string of nodes": (lambda: Graph("AB"), "nodes must be an iterable such as a list"),
    "numbers as nodes": (lambda: Graph([1, 2]), "named by non-empty strings, but 1 came"),
    "empty names": (lambda: Graph([""]), "named by non-empty strings, but '' came"),
    "triples as edges": (
        lambda: Graph(["A", "B"], [("A", "B", 1)]),
        "An edge is an Edge, a text such as 'X1 o-> X2' or a pair",
    ),
    "integer marks": (lambda: Edge("A", "B", -1, 1), "wants Mark.TAIL, Mark.ARROW or Mark.CIRCLE"),
    "marks of strangers": (
        lambda: Edge("A", "B").mark_at("C"),
        "A --> B does not touch a node 'C'",
    ),
    "two edges for one": (lambda: Edge.from_text("A --> B, B --> C"), "One edge such as"),
    "latents in an edge": (lambda: Edge.from_text("A --> B; latent A"), "Only edges such as"),
    "a cycle": (
        lambda: Graph.from_text("A --> B, B --> C, C --> A").topological_order(),
        "no directed cycle, but A --> B --> C --> A is one",
    ),
    "an order of a mixed graph": (
        lambda: MIXED.topological_order(),
        "all directed is wanted here, but 4 of 5 are not, such as A o-o E",
    ),
    "a closure of a mixed graph": (lambda: MIXED.transitive_closure(), "all directed is wanted"),
    "d-separation with circles": (
        lambda: MIXED.d_separated("A", "B"),
        "d-separation wants .* only, but 3 of 5 are neither, such as A o-o E",
    ),
    "d-separation of overlapping sets": (
        lambda: DIAMOND.d_separated("A", "A"),
        "three sets that do not overlap",
    ),
    "renaming to a name in use": (lambda: DIAMOND.rename({"A": "B"}), "Node names must differ"),
    "text without spaces": (lambda: Graph.from_text("A->B"), "Put spaces around the arrow"),
    "text without arrow": (lambda: Graph.from_text("A --> B, C D"), "but 'C D' came"),
    "text without end": (lambda: Graph.from_text("A -->"), "but 'A -->' came"),
    "text with a hole": (lambda: Graph.from_text("A --> B,, C --> D"), "missing beside a comma"),
    "text with an open quote": (lambda: Graph.from_text('"A --> B'), "double quote is not closed"),
    "text with a bad escape": (lambda: Graph.from_text(r'"a\q" --> B'), "cannot be read: Invalid"),
    "latents without comma": (
        lambda: Graph.from_text("A --> B; latent A B"),
        "After 'latent' names separated by commas were wanted, but 'A B' came",
    ),
    "a flag as threshold": (
        lambda: Graph.from_weights([[0, 1], [0, 0]], threshold=True),
        "threshold must be a number from 0 on, but is True",
    ),
    "numbers as text": (lambda: Graph.from_text(3), "is a str, but 3 came"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses(case):
    act, sentence = REFUSED[case]
    with pytest.raises(GraphError, match=sentence):
        act()
