"""Bundled data are complete, labelled, and know what is known about them."""

import gzip
import hashlib
from importlib.resources import files

import numpy as np
import pytest

from causalrep.datasets import (
    load_holzinger_swineford,
    load_political_democracy,
    load_sachs,
    sachs_conditions,
)
from causalrep.datasets.bundled import licence

SIZES = (853, 902, 911, 723, 810, 799, 848, 913, 707)
PROTEINS = ("Raf", "Mek", "Plcg", "PIP2", "PIP3", "Erk", "Akt", "PKA", "PKC", "P38", "Jnk")
LOADERS = [load_sachs, load_holzinger_swineford, load_political_democracy]


def mean_log(data, condition, protein):
    rows = data[data.environments == condition]
    return np.log(rows.X[:, data.names.index(protein)]).mean()


def test_sachs_has_nine_conditions_of_the_published_sizes():
    data = load_sachs()
    assert data.shape == (7466, 11)
    assert data.names == PROTEINS
    assert tuple(condition.n_samples for condition in sachs_conditions()) == SIZES
    for condition in sachs_conditions():
        assert (data.environments == condition.label).sum() == condition.n_samples


def test_sachs_conditions_lie_where_their_biology_shows():
    data = load_sachs()
    assert mean_log(data, "cd3cd28+u0126", "Erk") < mean_log(data, "cd3cd28", "Erk") - 1
    assert mean_log(data, "cd3cd28+psitect", "PIP2") < mean_log(data, "cd3cd28", "PIP2") - 2


def test_the_targets_of_sachs_are_measured_molecules():
    targets = [condition.target for condition in sachs_conditions()]
    assert targets == [None, None, "Akt", "PKC", "PIP2", "Mek", "Akt", "PKC", "PKA"]


def test_the_consensus_graph_of_sachs_has_eighteen_edges_and_a_cycle():
    graph = load_sachs().truth.graph
    assert graph.nodes == PROTEINS
    assert len(graph.edges) == 18
    assert graph.is_directed
    assert not graph.is_dag()
    assert set(graph.children("PKA")) == {"Raf", "Mek", "Erk", "Akt", "P38", "Jnk"}
    assert set(graph.children("PKC")) == {"Raf", "Mek", "P38", "Jnk"}


def test_holzinger_and_swineford_tested_two_schools():
    data = load_holzinger_swineford()
    assert data.shape == (301, 9)
    assert {label: (data.environments == label).sum() for label in data.labels} == {
        "Grant-White": 145,
        "Pasteur": 156,
    }
    assert data.X[0, :3].tolist() == [3.3333333, 7.75, 0.375]


def test_the_factors_of_holzinger_and_swineford_are_latent_and_correlated():
    graph = load_holzinger_swineford().truth.graph
    assert graph.latent == ("visual", "textual", "speed")
    assert graph.children("visual") == ("x1", "x2", "x3")
    assert graph.children("textual") == ("x4", "x5", "x6")
    assert set(graph.spouses("speed")) == {"visual", "textual"}


def test_political_democracy_has_three_factors():
    data = load_political_democracy()
    graph = data.truth.graph
    assert data.shape == (75, 11)
    assert data.names == ("y1", "y2", "y3", "y4", "y5", "y6", "y7", "y8", "x1", "x2", "x3")
    assert set(graph.children("ind60")) == {"x1", "x2", "x3", "dem60", "dem65"}
    assert set(graph.children("dem60")) == {"y1", "y2", "y3", "y4", "dem65"}
    assert set(graph.children("dem65")) == {"y5", "y6", "y7", "y8"}
    assert sum(edge.is_bidirected for edge in graph.edges) == 6


@pytest.mark.parametrize("load", LOADERS)
def test_values_are_finite_and_every_feature_is_a_node_of_the_graph(load):
    data = load()
    assert np.isfinite(data.X).all()
    assert set(data.names) == set(data.truth.graph.observed)


@pytest.mark.parametrize("load", LOADERS)
def test_every_call_returns_a_fresh_copy(load):
    load().X[:] = 0.0
    assert load().X.all(axis=0).any()


@pytest.mark.parametrize("name", ["sachs", "holzinger_swineford", "political_democracy"])
def test_the_licence_lies_beside_the_data(name):
    text = licence(name)
    assert text.startswith("MIT License")
    assert "Copyright (c)" in text


def test_the_files_are_those_of_their_sources():
    folder = files("causalrep.datasets") / "data"
    contents = {
        "fc331dcd0bc1d876": gzip.decompress((folder / "sachs.csv.gz").read_bytes()),
        "398bc137b2669432": (folder / "sachs_consensus.csv").read_bytes(),
        "8f68e7688a511c79": (folder / "holzinger_swineford.csv").read_bytes(),
        "16d4fa05c77a336c": (folder / "political_democracy.csv").read_bytes(),
    }
    for start, content in contents.items():
        assert hashlib.sha256(content).hexdigest().startswith(start)
