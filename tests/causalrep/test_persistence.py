"""Files of models: everything comes back, nothing else is let in."""

import json
import os
import subprocess
import sys
from dataclasses import fields, is_dataclass

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file
from sklearn.base import BaseEstimator
from sklearn.decomposition import PCA

from causalrep import (
    Dataset,
    EnvironmentMoments,
    Graph,
    LinearCausalDisentanglement,
    Mark,
    Moments,
    Truth,
    load,
    persistence,
    save,
)
from causalrep.datasets import load_political_democracy
from causalrep.exceptions import PersistenceError
from causalrep.results import EdgeEstimate
from simulators import suites


def equal(a, b):
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        same = a.dtype == b.dtype and a.shape == b.shape
        return same and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    if isinstance(a, BaseEstimator):
        return equal(list(vars(a).items()), list(vars(b).items()))
    if is_dataclass(a):
        return all(equal(getattr(a, field.name), getattr(b, field.name)) for field in fields(a))
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(equal(x, y) for x, y in zip(a, b, strict=True))
    return a == b or (a != a and b != b)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -(2**70),
        0.1,
        float("inf"),
        float("nan"),
        "ä\n\0 text",
        (1, [2.0, ("a",)], ()),
        (frozenset({2, 1}), frozenset()),
        Mark.ARROW,
        np.float32(0.1),
        np.int8(-3),
        np.bool_(True),
        np.array(["a", "bcd"]),
        np.array([["a", None], [1, 2.5]], dtype=object),
        np.array([], dtype=object),
        np.zeros((0, 3)),
        np.array(2.5),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(4, dtype=np.uint16)[::2],
        np.array([True, False]),
        np.array([np.nan, np.inf]),
        EdgeEstimate(source="L1", target="L2", weight=1.5),
    ],
    ids=repr,
)
def test_values_come_back_as_they_were(file, value):
    save(value, file)
    assert equal(load(file), value)


def test_arrays_of_the_other_byte_order_come_back_equal(file):
    save(np.arange(3, dtype=">f8"), file)
    assert load(file).tolist() == [0.0, 1.0, 2.0]


def test_graphs_of_every_mark_and_name_come_back(file):
    graph = Graph(
        ["L 1", "o->", "ü, x", "plain", '"q"'],
        ['"o->" o-> plain', '"ü, x" <-> plain', 'plain --- "o->"', ("L 1", "plain")],
        latent=["L 1"],
    )
    save(graph, file)
    assert load(file) == graph
    assert load(file).nodes == graph.nodes


def test_a_dataset_comes_back_with_its_truth(file):
    data = load_political_democracy()
    data = Dataset(
        X=data.X,
        names=data.names,
        environments=np.repeat(["before", "after"], [40, 35]),
        actions=np.ones((75, 2)),
        truth=Truth(graph=data.truth.graph, environments=("before", "after"), targets=((), (1,))),
    )
    save(data, file)
    assert equal(load(file), data)


def test_moments_come_back(file):
    X = np.random.default_rng(0).normal(size=(50, 3))
    moments = EnvironmentMoments.from_samples(X, np.arange(50) % 3)
    save(moments, file)
    assert equal(load(file), moments)
    assert isinstance(load(file)[2], Moments)


def test_an_estimator_comes_back_with_parameters_and_learned_attributes(file, tiny):
    estimator = tiny(scale=2.0, inner=tiny(), choices=("a", None))
    estimator.graph_ = Graph.from_text("L1 --> X1; latent L1")
    estimator.weights_ = np.eye(3)
    estimator.n_features_in_ = 3
    estimator.feature_names_in_ = np.array(["a", "b", "c"], dtype=object)
    estimator.inner_ = tiny(scale=5)
    estimator.inner_.n_iter_ = 7
    save(estimator, file)
    assert equal(load(file), estimator)
    load(file).weights_[0] = 1.0


@pytest.mark.parametrize("method", ["likelihood", "squires"])
def test_a_fitted_estimator_of_ours_gives_the_same_latents(file, method):
    data = suites.linear_disentanglement(random_state=0).sample(500, random_state=1)
    estimator = LinearCausalDisentanglement(5, method=method).fit(data)
    save(estimator, file)
    assert equal(load(file), estimator)
    np.testing.assert_array_equal(load(file).transform(data), estimator.transform(data))


def test_simulators_come_back_and_draw_the_same(file):
    problem = suites.linear_disentanglement(random_state=0)
    save(problem, file)
    drawn = load(file).sample(20, random_state=1)
    np.testing.assert_array_equal(drawn.X, problem.sample(20, random_state=1).X)


def test_output_settings_of_scikit_learn_are_not_part_of_the_file(file, tiny):
    estimator = tiny()
    estimator._sklearn_output_config = {"transform": "pandas"}
    save(estimator, file)
    assert vars(load(file)) == {"scale": 1.0, "inner": None, "choices": ()}


def test_the_header_says_what_wrote_the_file(file):
    save((1, 2), file)
    with safe_open(file, framework="np") as opened:
        document = json.loads(opened.metadata()["causalrep"])
    assert set(document["versions"]) == {"causalrep", "numpy", "scipy", "scikit-learn"}
    assert document["format"] == 1


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({"a": 1}, r"^dict is of type builtins\.dict, which cannot be saved"),
        ((1, {2}), r"tuple\[1\] is of type builtins\.set"),
        (lambda x: x, "is of type builtins.function"),
        (np.random.default_rng(0), "_generator.Generator"),
        (np.array([1j]), "array of type complex128"),
        (np.array([1], dtype=np.longdouble), "array of type float128"),
        (np.array(["2020-01-01"], dtype="M8[D]"), r"array of type datetime64\[D\]"),
        (np.array([{}], dtype=object), r"ndarray\[0\] is of type builtins\.dict"),
        (PCA(), r"class sklearn\.decomposition\._pca\.PCA, .* only classes of causalrep"),
        (1j, "is of type builtins.complex"),
        (np.ma.masked_array([1.0], mask=[True]), "MaskedArray"),
    ],
)
def test_names_what_cannot_be_saved(file, value, sentence):
    with pytest.raises(PersistenceError, match=sentence):
        save(value, file)
    assert not list(file.parent.iterdir())


def test_names_the_attribute_that_cannot_be_saved(file, tiny):
    estimator = tiny(inner=tiny(scale={}))
    with pytest.raises(PersistenceError, match=r"Tiny\.inner\.scale is of type builtins\.dict"):
        save(estimator, file)
    estimator = tiny()
    estimator._cache = 1
    with pytest.raises(PersistenceError, match="Tiny keeps _cache beside its parameters"):
        save(estimator, file)


def test_refuses_what_refers_to_itself(file):
    endless = []
    endless.append(endless)
    with pytest.raises(PersistenceError, match="refers to itself"):
        save(endless, file)


def test_says_that_the_folder_or_the_file_is_missing(tmp_path):
    with pytest.raises(PersistenceError, match=r"The folder .* does not exist\. Create it"):
        save(1, tmp_path / "none" / "model.safetensors")
    with pytest.raises(FileNotFoundError, match="There is no file"):
        load(tmp_path / "none.safetensors")


def test_a_failed_write_leaves_the_old_file_and_nothing_else(file, monkeypatch):
    save("old", file)

    def fail(descriptor):
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        save("new", file)
    assert load(file) == "old"
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_refuses_files_of_others(file):
    save_file({"a": np.ones(3)}, file)
    with pytest.raises(PersistenceError, match="was not written by causalrep"):
        load(file)
    file.write_bytes(b"")
    with pytest.raises(PersistenceError, match="no intact safetensors file"):
        load(file)


def test_refuses_a_changed_number(file):
    save(np.ones(100), file)
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(PersistenceError, match="is damaged: its checksum"):
        load(file)


@pytest.mark.slow
def test_mutated_files_are_refused_or_load_equal(file, tmp_path):
    data = load_political_democracy()
    save(data, file)
    original = file.read_bytes()
    rng = np.random.default_rng(7)
    refused = 0
    for _ in range(500):
        content = bytearray(original)
        for place in rng.integers(0, len(content), size=rng.integers(1, 4)):
            content[place] = rng.integers(0, 256)
        content = content[: rng.integers(1, len(content))] if rng.random() < 0.2 else content
        (tmp_path / "mutant").write_bytes(content)
        try:
            assert equal(load(tmp_path / "mutant"), data)
        except PersistenceError:
            refused += 1
    assert refused > 400


@pytest.mark.slow
def test_mutants_that_carry_a_valid_checksum_are_refused_cleanly(file):
    save(load_political_democracy(), file)
    with safe_open(file, framework="np") as opened:
        arrays = {name: opened.get_tensor(name) for name in list(opened.keys())}
        document = opened.metadata()["causalrep"]
    rng = np.random.default_rng(8)
    refused = 0
    for _ in range(500):
        mutant = list(document)
        mutant[rng.integers(len(mutant))] = chr(rng.integers(32, 127))
        mutant = "".join(mutant)
        save_file(
            arrays, file, {"causalrep": mutant, "sha256": persistence._digest(mutant, arrays)}
        )
        try:
            load(file)
        except PersistenceError:
            refused += 1
    assert refused > 100


def test_a_file_is_loaded_in_a_fresh_process(file):
    save(load_political_democracy(), file)
    code = f"import causalrep; print(causalrep.load({str(file)!r}))"
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    )
    assert shown.stdout.strip() == "<Dataset: 75 samples, 11 features, with truth>"
