"""What pictures of graphs refuse."""

import sys

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from causalrep import LinearCausalDisentanglement
from causalrep.exceptions import GraphError
from causalrep.graphs import Graph
from causalrep.plotting import GraphDisplay
from causalrep.results import EdgeEstimate

LATENT_GRAPH = Graph.from_weights(np.triu(np.ones((5, 5)), 1), latent=True)
STRANGER = EdgeEstimate(source="L1", target="Z", weight=1, lower=0, upper=2)
LOADINGS = [EdgeEstimate(source="L1", target="X1", weight=1)]


def test_an_unfitted_estimator_is_refused():
    with pytest.raises(NotFittedError):
        GraphDisplay.from_estimator(LinearCausalDisentanglement())


REFUSED = {
    "weights of another size": (
        {"graph": LATENT_GRAPH, "weights": np.zeros((2, 2))},
        r"one column \(effect\) for each of the 5 nodes, but the shape is \(2, 2\)",
    ),
    "intervals of strangers": (
        {"graph": LATENT_GRAPH, "intervals": [STRANGER]},
        "intervals name 'Z', which the graph does not have",
    ),
    "loadings without an edge": (
        {"graph": LATENT_GRAPH, "loadings": LOADINGS},
        "loadings name L1 --> X1, which the graph does not have",
    ),
    "strangers that are not identified": (
        {"graph": LATENT_GRAPH, "unidentified": ["L1", "Z"]},
        "unidentified names 'Z', but the graph's latents are 'L1', 'L2'",
    ),
    "an unknown layout": (
        {"graph": LATENT_GRAPH, "layout": "circular"},
        "layout is 'auto', 'dot' or 'layered', but 'circular' came",
    ),
    "no graph": ({"graph": "A --> B"}, "A Graph was wanted, but a str came"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses(case):
    arguments, sentence = REFUSED[case]
    with pytest.raises(GraphError, match=sentence):
        GraphDisplay(**arguments).plot()


def test_a_missing_pygraphviz_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    with pytest.raises(ImportError, match=r"pip install 'causalrep\[graphviz\]'"):
        GraphDisplay(LATENT_GRAPH, layout="dot").plot()
