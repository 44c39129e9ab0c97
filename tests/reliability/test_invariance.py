"""Units, columns and rows: what must not change a graph does not."""

import warnings

import numpy as np
import pandas as pd
import pytest
from battery.estimators import EXAMPLES
from battery.public import PUBLIC

GRAPHS = [
    path
    for path in PUBLIC.ESTIMATORS
    if path.startswith("discovery.") or path.endswith(".LinearCausalDisentanglement")
]
EXPONENTS = (-498, -200, -60, 60, 200, 498)  # 1e-150 to 1e150
# Its sensors' noise is isotropic in the units given, so that only a common factor changes nothing.
ISOTROPIC = ("causalrep.LinearCausalDisentanglement",)
# Positions are part of the answer, or sixty samples leave ties that the order breaks.
ORDERED = (
    *ISOTROPIC,
    "discovery.CumulantEffect",
    "discovery.CumulantRanks",
    "discovery.LvLiNGAM",
)


def graph_of(path, X, columns=None):
    example = EXAMPLES[path]
    X = X if columns is None else pd.DataFrame(X, columns=columns)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return PUBLIC.ESTIMATORS[path](**example.parameters).fit(X, example.y).graph_


@pytest.mark.parametrize("path", GRAPHS)
def test_units_do_not_change_a_graph(path):
    X = EXAMPLES[path].X
    exponents = 498.0 if path in ISOTROPIC else np.resize(EXPONENTS, X.shape[1])
    found = graph_of(path, X)
    assert graph_of(path, X * 2.0**exponents) == found
    assert graph_of(path, X * 2.0**-498) == found


@pytest.mark.parametrize("path", [path for path in GRAPHS if path not in ORDERED])
def test_the_order_of_columns_does_not_change_a_graph(path):
    X = EXAMPLES[path].X
    names = np.array([f"V{place}" for place in range(X.shape[1])])
    order = np.arange(X.shape[1])[::-1]
    forth, back = graph_of(path, X, names), graph_of(path, X[:, order], names[order])
    observed = list(names)
    assert shape_of(forth, observed) == shape_of(back, observed)


def shape_of(graph, observed):
    """Edges between observed nodes, and for each latent its adjacent observed nodes."""
    edges = {frozenset((edge.source, edge.target)): edge for edge in graph.edges}
    seen = {str(edge) for pair, edge in edges.items() if pair <= set(observed)}
    hidden = sorted(
        tuple(sorted(set(graph.adjacents(node)) & set(observed))) for node in graph.latent
    )
    return frozenset(seen), tuple(hidden)


@pytest.mark.parametrize("path", ["discovery.PC", "discovery.FCI", "discovery.OneFactorClusters"])
def test_the_order_of_rows_does_not_change_a_graph(path):
    X = EXAMPLES[path].X
    rows = np.random.default_rng(0).permutation(len(X))
    assert graph_of(path, X[rows]) == graph_of(path, X)
