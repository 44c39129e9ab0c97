import networkx as nx
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from causalrep.exceptions import GraphError
from causalrep.graphs import Edge, Graph, Mark

MARKS = st.sampled_from(Mark)
DIRECTED = (Mark.TAIL, Mark.ARROW)
UNDIRECTED = (Mark.TAIL, Mark.TAIL)
BIDIRECTED = (Mark.ARROW, Mark.ARROW)
ANY = st.tuples(MARKS, MARKS)
NAMES = st.text(min_size=1, max_size=8)
FEW = settings(max_examples=40, deadline=None)


@st.composite
def graphs(draw, marks=ANY, names=NAMES, double_edges=True, acyclic=False):
    nodes = draw(st.lists(names, unique=True, max_size=6))
    pairs = [(a, b) for i, a in enumerate(nodes) for b in nodes[i + 1 :]]
    edges = set()
    for a, b in pairs:
        most = 2 if double_edges else 1
        for left, right in draw(st.lists(marks, max_size=most)):
            flip = not acyclic and draw(st.booleans())
            edges.add(Edge(b, a, left, right) if flip else Edge(a, b, left, right))
    latent = [node for node in nodes if draw(st.booleans())]
    return Graph(nodes, edges, latent)


def only(*kinds):
    return st.sampled_from(kinds)


@FEW
@given(graphs())
def test_text_comes_back_in_the_same_order(graph):
    back = Graph.from_text(str(graph))
    assert back == graph
    assert back.nodes == graph.nodes


@FEW
@given(graphs())
def test_the_networkx_multigraph_comes_back(graph):
    assert Graph.from_networkx(graph.to_networkx_multigraph()) == graph


@FEW
@given(graphs(only(DIRECTED)))
def test_the_networkx_digraph_comes_back(graph):
    assert Graph.from_networkx(graph.to_networkx()) == graph


@FEW
@given(graphs())
def test_dot_comes_back(graph):
    back = Graph.from_dot(graph.to_dot())
    assert back == graph
    assert back.nodes == graph.nodes


XML = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn", "Co"]), min_size=1, max_size=8)


@FEW
@given(graphs(names=XML | st.sampled_from(["a\nb", "a\tb", "<&>\"'", " x "])))
def test_graphml_comes_back(graph):
    assert Graph.from_graphml(graph.to_graphml()) == graph


def without_quotes(text):
    return '"' not in text and "\\" not in text


@FEW
@given(graphs(names=NAMES.filter(without_quotes), acyclic=True))
def test_dagitty_comes_back(graph):
    directed = nx.DiGraph(edge.nodes for edge in graph.edges if edge.is_directed)
    assume(nx.is_directed_acyclic_graph(directed))
    back = Graph.from_dagitty(graph.to_dagitty())
    assert back == graph
    assert back.nodes == graph.nodes


@FEW
@given(graphs(double_edges=False))
def test_the_pag_matrix_of_pcalg_comes_back(graph):
    matrix = graph.to_pcalg(amat_type="pag")
    known = {"names": graph.nodes, "latent": graph.latent}
    assert Graph.from_pcalg(matrix, amat_type="pag", **known) == graph


@FEW
@given(graphs(only(DIRECTED, UNDIRECTED), double_edges=False))
def test_the_cpdag_matrix_of_pcalg_comes_back(graph):
    matrix = graph.to_pcalg(amat_type="cpdag")
    known = {"names": graph.nodes, "latent": graph.latent}
    assert Graph.from_pcalg(matrix, amat_type="cpdag", **known) == graph


@FEW
@given(graphs(double_edges=False))
def test_the_matrix_of_causal_learn_comes_back(graph):
    back = Graph.from_causal_learn(graph.to_causal_learn(), names=graph.nodes, latent=graph.latent)
    assert back == graph


@FEW
@given(graphs(only(DIRECTED, BIDIRECTED), double_edges=False))
def test_the_matrix_of_lingam_comes_back(graph):
    assert Graph.from_lingam(graph.to_lingam(), names=graph.nodes, latent=graph.latent) == graph


@FEW
@given(graphs(only(DIRECTED)), st.sampled_from(["row->column", "column->row"]))
def test_the_adjacency_matrix_comes_back(graph, direction):
    array = graph.to_array(edge_direction=direction)
    known = {"names": graph.nodes, "latent": graph.latent}
    assert Graph.from_array(array, edge_direction=direction, **known) == graph


def test_pcalg_puts_the_mark_at_the_row_in_cpdags_and_at_the_column_in_pags():
    # The two statements of the help page amatType.
    graph = Graph.from_text("nodes a, b; a --> b")
    assert graph.to_pcalg(amat_type="cpdag").tolist() == [[0, 0], [1, 0]]
    assert graph.to_pcalg(amat_type="pag").tolist() == [[0, 2], [3, 0]]


def test_pcalg_reads_the_collider_of_its_own_tests():
    # The Y-structure X1 -> X3 <- X2, X3 -> X4 of pcalg's test of dsepAM.
    matrix = [[0, 0, 2, 0], [0, 0, 2, 0], [3, 3, 0, 2], [0, 0, 3, 0]]
    expected = Graph.from_text("X1 --> X3, X2 --> X3, X3 --> X4")
    assert Graph.from_pcalg(matrix, amat_type="pag") == expected


def test_causal_learn_puts_the_mark_at_the_row():
    graph = Graph.from_text("nodes i, j, k; i --> j, i o-> k")
    matrix = graph.to_causal_learn()
    assert (matrix[1, 0], matrix[0, 1]) == (1, -1)
    assert (matrix[2, 0], matrix[0, 2]) == (1, 2)


@pytest.mark.parametrize("text", ["a --> b, a <-> b", "b --> a, a <-> b", "a --- b, a <-> b"])
def test_causal_learn_holds_an_edge_beside_a_bidirected_one(text):
    graph = Graph.from_text(f"nodes a, b; {text}")
    assert Graph.from_causal_learn(graph.to_causal_learn(), names=graph.nodes) == graph


def test_lingam_has_the_effect_in_the_row():
    graph = Graph.from_text("nodes X1, X2, X3; X1 --> X2, X2 <-> X3")
    matrix = graph.to_lingam()
    assert matrix[1, 0] == 1
    assert matrix[0, 1] == 0
    assert np.isnan([matrix[1, 2], matrix[2, 1]]).all()


def test_lingam_weights_below_the_threshold_are_no_edges():
    matrix = [[0, 0.01], [-0.8, 0]]
    assert Graph.from_lingam(matrix, threshold=0.05) == Graph.from_text("X1 --> X2")


def test_networkx_agrees_on_the_direction_of_arrays():
    graph = Graph.from_text("a --> b, b --> c, a --> c")
    ours = graph.to_array(edge_direction="row->column")
    theirs = nx.to_numpy_array(graph.to_networkx(), nodelist=graph.nodes)
    assert (ours == theirs).all()
    assert (graph.to_array(edge_direction="column->row") == theirs.T).all()


def test_networkx_nodes_become_strings():
    assert Graph.from_networkx(nx.path_graph(3)) == Graph.from_text("0 --- 1, 1 --- 2")


def test_dot_reads_chains_groups_defaults_and_comments():
    text = """
    strict digraph "G" { // a comment
        rankdir=LR; node [shape=box]; edge [arrowhead=odot];
        A -> {B C} [dir=both, arrowtail=none] /* another */
        edge [arrowhead=normal]
        L [latent=true, label="a b"]; L -> A; D
    }"""
    expected = Graph.from_text("nodes A, B, C, L, D; A --o B, A --o C, L --> A; latent L")
    assert Graph.from_dot(text) == expected


def test_dot_is_accepted_by_graphviz():
    pygraphviz = pytest.importorskip("pygraphviz")
    graph = Graph(['a "b"', "c\\", "d\ne"], [('a "b"', "c\\")], ["d\ne"])
    drawn = pygraphviz.AGraph(string=graph.to_dot())
    assert len(drawn.nodes()) == 3
    assert len(drawn.edges()) == 1


def test_dagitty_reads_what_its_documentation_shows():
    text = 'dag { bb="0,0,1,1" X [exposure, pos="1,0"] U [latent] X <- U -> Y ; X -> {Y Z} }'
    graph = Graph.from_dagitty(text)
    assert graph == Graph.from_text("U --> X, U --> Y, X --> Y, X --> Z; latent U")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("A --> B, A <-> B", "dag"),
        ("A --> B, B --- C", "pdag"),
        ("A <-> B, B --- C", "mag"),
        ("A o-> B", "pag"),
    ],
)
def test_dagitty_gets_the_narrowest_type(text, kind):
    assert Graph.from_text(text).to_dagitty().startswith(f"{kind} {{")


def test_mermaid_draws_every_kind_of_edge():
    graph = Graph.from_text("A --> B, A <-> B, B --- C, C o-o D, D --o A, B o-> D; latent A")
    lines = graph.to_mermaid().splitlines()
    assert lines[0] == "flowchart TD"
    for line in (
        '    n0(["A"]):::latent',
        '    n1["B"]',
        "    n0 --> n1",
        "    n0 <-.-> n1",
        "    n1 --- n2",
        "    n2 o--o n3",
        "    n3 --o n0",
        '    n1 -->|"o-#gt;"| n3',
    ):
        assert line in lines


def test_mermaid_escapes_its_markup():
    text = Graph(['a"b`#;<i>'], []).to_mermaid()
    assert '["a#34;b#96;#35;#59;#60;i#62;"]' in text


def test_graphml_is_read_from_a_file(tmp_path):
    graph = Graph.from_text("A o-> B, B <-> C; latent C")
    path = tmp_path / "graph.graphml"
    path.write_text(graph.to_graphml(), "utf-8")
    assert Graph.from_graphml(path) == graph


MIXED = Graph.from_text("A --> B, B o-> C, C <-> D, D --- A")
BOW = Graph.from_text("X --> Y, X <-> Y")
REFUSED = {
    "array of a mixed graph": (
        lambda: MIXED.to_array(edge_direction="row->column"),
        "holds directed edges only, but 3 of 4 are not directed, such as A --- D. Call to_pcalg",
    ),
    "DiGraph of a mixed graph": (
        lambda: MIXED.to_networkx(),
        "DiGraph holds directed edges only.*Call to_networkx_multigraph",
    ),
    "unknown direction": (
        lambda: MIXED.from_array([[0]], edge_direction="down"),
        "edge_direction is 'row->column'.*but 'down' came",
    ),
    "unknown type of amat": (
        lambda: BOW.to_pcalg(amat_type="dag"),
        "amat_type is 'cpdag' or 'pag', but 'dag' came",
    ),
    "circles in a cpdag": (
        lambda: Graph.from_text("B o-> C").to_pcalg(amat_type="cpdag"),
        "pcalg's amat.cpdag cannot hold B o-> C",
    ),
    "a bow in a pag": (
        lambda: BOW.to_pcalg(amat_type="pag"),
        "pcalg's amat.pag cannot hold X --> Y beside X <-> Y",
    ),
    "circles in lingam": (
        lambda: Graph.from_text("B o-> C").to_lingam(),
        "lingam's B cannot hold B o-> C",
    ),
    "codes of another type": (
        lambda: Graph.from_pcalg([[0, 2], [3, 0]], amat_type="cpdag"),
        "amat.cpdag holds 2 and 3 for 'X1' and 'X2', which is no edge in that coding",
    ),
    "one-sided NaN": (
        lambda: Graph.from_lingam([[0, np.nan], [0, 0]]),
        "marks a confounded pair by NaN in both of its places, but has NaN in only one",
    ),
    "a diagonal": (
        lambda: Graph.from_causal_learn([[1]]),
        "diagonal of causal-learn's matrix must be zero",
    ),
    "not square": (
        lambda: Graph.from_weights([[0, 1]]),
        r"matrix of weights must be a square matrix of real numbers.*\(1, 2\)",
    ),
    "not numbers": (
        lambda: Graph.from_causal_learn([["a"]]),
        "must be a square matrix of real numbers",
    ),
    "NaN weights": (
        lambda: Graph.from_weights([[0, np.nan], [0, 0]]),
        "must be finite, but holds NaN",
    ),
    "too few names": (
        lambda: Graph.from_weights([[0, 1], [0, 0]], names=["A"]),
        "One name for each of 2 nodes was wanted, but 1 came",
    ),
    "not networkx": (
        lambda: Graph.from_networkx({"A": ["B"]}),
        "A networkx Graph, DiGraph or MultiDiGraph was wanted, but a dict came",
    ),
    "an unknown mark": (
        lambda: Graph.from_networkx(nx.DiGraph([("A", "B", {"source_mark": "star"})])),
        "An edge mark is one of tail, arrow, circle, but 'star' came",
    ),
    "control characters in GraphML": (
        lambda: Graph(["a\x00b"]).to_graphml(),
        "GraphML cannot hold the control characters in the name",
    ),
    "no GraphML": (lambda: Graph.from_graphml("<a>"), "This is no GraphML that can be read"),
    "a cycle in dagitty": (
        lambda: Graph.from_text("A --> B, B --> A").to_dagitty(),
        "dagitty cannot hold directed cycles",
    ),
    "quotes in dagitty": (
        lambda: Graph(['a"b']).to_dagitty(),
        "dagitty cannot hold names with a double quote or backslash",
    ),
    "an edge DOT does not know": (
        lambda: Graph.from_dot("digraph { A -- B }"),
        "An edge here is one of ->, but '--' came",
    ),
    "a subgraph": (
        lambda: Graph.from_dot("digraph { subgraph c { A } }"),
        "Subgraphs are not read",
    ),
    "an arrowhead DOT knows but we do not": (
        lambda: Graph.from_dot("digraph { A -> B [arrowhead=vee] }"),
        "A DOT edge has dir none, forward, back, both and the arrowheads.*vee came",
    ),
    "a port": (
        lambda: Graph.from_dot("digraph { A:n -> B }"),
        "This DOT text cannot be read from ':n -> B }' on",
    ),
    "an open brace": (
        lambda: Graph.from_dot("digraph { A -> "),
        "This DOT text should have a name where it has 'its end'",
    ),
    "two graphs": (
        lambda: Graph.from_dagitty("dag { A } dag { B }"),
        "After the last brace 'dag' follows",
    ),
    "another language": (
        lambda: Graph.from_dagitty("A -> B"),
        "This dagitty text should go on with 'dag' or 'pdag' or 'mag' or 'pag', but has 'A'",
    ),
    "no text": (lambda: Graph.from_dot(3), "DOT text is a str, but 3 came"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses(case):
    convert, sentence = REFUSED[case]
    with pytest.raises(GraphError, match=sentence):
        convert()


PIECES = ['"', "\\", "A", "B C", "->", "-->", "o->", "<->", "--", "@->", ",", ";", "\n", "latent"]
PIECES += ["{", "}", "[", "]", "=", "dag", "digraph", "graph", "edge", "subgraph", "nodes", "dir"]
PIECES += ["both", "none", "odot", "arrowhead", "strict", "-5", "é", "/*", "//", "<a>", "true"]
JUNK = st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join) | st.text(max_size=20)


@settings(max_examples=150, deadline=None)
@given(
    JUNK, st.sampled_from(["{}", "digraph {{ {} }}", "dag {{ {} }}", "pag{{{}}}", "graph {{ {}"])
)
def test_junk_is_read_or_refused_but_never_crashes(junk, frame):
    text = frame.format(junk)
    for read in (Graph.from_text, Graph.from_dot, Graph.from_dagitty, Graph.from_graphml):
        try:
            found = read(text)
        except GraphError as refusal:
            found = str(refusal)
        assert isinstance(found, Graph | str)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.integers(-2, 6), min_size=3, max_size=3), min_size=3, max_size=3))
def test_matrices_are_read_or_refused_and_what_is_read_comes_back(matrix):
    kinds = [("cpdag", Graph.from_pcalg), ("pag", Graph.from_pcalg)]
    for amat_type, read in kinds:
        try:
            graph = read(matrix, amat_type=amat_type)
        except GraphError:
            continue
        assert graph.to_pcalg(amat_type=amat_type).tolist() == matrix
