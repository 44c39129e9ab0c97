"""Keys: equal for equal settings, different for different ones, refused where they would lie."""

import enum
import functools
import sys
import threading
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from causalrep import Graph, LinearCausalDisentanglement
from causalrep.exceptions import InvalidDataError
from discovery import PC
from identifiability.benchmarking.fingerprints import code_version, digest, fingerprint
from simulators import LinearSCM, linear_disentanglement

FORTRAN = np.asfortranarray(np.arange(6.0).reshape(2, 3))


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


@dataclass(frozen=True)
class Point:
    x: float
    y: object = None


def chain():
    return LinearSCM([[0, 1, 0], [0, 0, 1], [0, 0, 0]])


def text(thing):
    return fingerprint(thing, "it").text


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (1, 1.0),
        (1, True),
        ("1", 1),
        (0.0, -0.0),
        (None, "None"),
        ((1, 2), [1, 2]),
        ((1, (2, 3)), ((1, 2), 3)),
        (("a", "b"), ("a, str 'b'",)),
        (np.zeros(2), np.zeros(2, dtype=np.float32)),
        (np.zeros((2, 3)), np.zeros((3, 2))),
        (np.arange(4), np.arange(4)[::-1]),
        (np.ma.array([1, 2], mask=[0, 1]), np.ma.array([1, 2], mask=[1, 0])),
        (np.array(["a", 1], dtype=object), np.array(["a", 2], dtype=object)),
        ({"a": 1}, {"a": 2}),
        (Colour.RED, Colour.BLUE),
        (Point(1.0), Point(2.0)),
        (PC(), PC(alpha=0.2)),
        (PC(), LinearCausalDisentanglement()),
        (make_pipeline(PCA(2)), make_pipeline(PCA(3))),
        (Graph.from_text("A --> B"), Graph.from_text("B --> A")),
        (linear_disentanglement, chain),
        (partial(chain, 1), partial(chain, n=1)),
        (chain().sample, LinearSCM([[0, 1, 0], [0, 0, 2], [0, 0, 0]]).sample),
    ],
)
def test_different_settings_have_different_texts(first, second):
    assert text(first) != text(second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (np.int64(3), 3),
        (np.float64(0.1), 0.1),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"x", "y", "z"}, {"z", "y", "x"}),
        (FORTRAN, np.ascontiguousarray(FORTRAN)),
        (float("nan"), np.nan),
        (make_pipeline(StandardScaler(), PCA(2)), make_pipeline(StandardScaler(), PCA(2))),
        (chain().sample, chain().sample),
        (partial(partial(chain, 1), b=2), partial(chain, 1, b=2)),
    ],
)
def test_equal_settings_have_equal_texts(first, second):
    assert text(first) == text(second)


def test_what_an_object_has_computed_meanwhile_does_not_count():
    used = chain()
    used.sample(5, random_state=0)
    assert text(used.sample) == text(chain().sample)


@pytest.mark.parametrize(
    ("thing", "reason"),
    [
        (lambda random_state: None, "is a lambda. Write a function at the top of a module"),
        (partial(lambda a: None, 1), "is a lambda"),
        (np.random.default_rng(0), "is a generator, whose draws depend on what drew from it"),
        (partial(chain, rng=np.random.RandomState(0)), "Give an int"),
        (threading.Lock(), "has no description that is the same in every process"),
        (partial(chain, threading.Lock().acquire), "has no description"),
    ],
)
def test_refuses_what_a_key_cannot_hold(thing, reason):
    with pytest.raises(InvalidDataError, match=f"The settings of data set 'd' must .*{reason}"):
        fingerprint(thing, "data set 'd'")


def test_refuses_closures_and_what_holds_itself():
    def closure():
        """Do nothing."""

    with pytest.raises(InvalidDataError, match="is defined inside a function"):
        text(closure)
    endless = []
    endless.append(endless)
    with pytest.raises(InvalidDataError, match="nested too deeply, or holds itself"):
        text(endless)


def test_refuses_what_its_module_does_not_have_under_its_name():
    @functools.wraps(chain)
    def wrapped():
        """Do nothing."""

    with pytest.raises(InvalidDataError, match="is not what its module has under its name"):
        text(wrapped)


def test_sources_outside_of_our_packages_are_noted():
    assert fingerprint(PCA(2), "it").sources
    assert not fingerprint(PC(), "it").sources
    assert len(fingerprint(partial(chain), "it").sources) == 2


def test_the_code_has_one_version_that_is_a_hash():
    assert code_version() == code_version()
    assert len(bytes.fromhex(code_version())) == 32
    assert digest("ab", "c") != digest("a", "bc")


def test_a_changed_source_is_another_version(monkeypatch, tmp_path):
    module = sys.modules["identifiability.benchmarking.fingerprints"]
    before = code_version.__wrapped__()
    read = Path.read_bytes
    monkeypatch.setattr(
        module.Path,
        "read_bytes",
        lambda path: read(path) + (b"#" if path.name == "pc.py" else b""),
    )
    assert code_version.__wrapped__() != before


def test_equal_tensors_have_equal_texts():
    torch = pytest.importorskip("torch")
    assert text(torch.zeros(2)) == text(torch.zeros(2))
    assert text(torch.zeros(2)) != text(torch.ones(2))
    assert text(torch.zeros(2)) != text(torch.zeros(2, dtype=torch.float64))
