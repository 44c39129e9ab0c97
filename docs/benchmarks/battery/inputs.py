"""Bad inputs by the role of what they stand for: samples, matrices, labels, graphs, parameters."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from causalrep import Graph


@dataclass(frozen=True)
class BadInput:
    """One way to spoil a good value.

    Parameters
    ----------
    name : str
    group : str
        Row of the table.
    spoil : callable
        Makes the bad value of a good one.
    refused : bool
        Whether it must be refused or warned of; otherwise a right answer will do.
    """

    name: str
    group: str
    spoil: Callable[[Any], Any]
    refused: bool = True


def with_entry(value):
    """Spoil one entry of an array."""

    def spoil(good):
        bad = np.array(good, dtype=np.result_type(np.asarray(good), type(value)))
        bad[(len(bad) // 2, *(0,) * (bad.ndim - 1))] = value
        return bad

    return spoil


def as_type(dtype):
    """Turn an array into one of another type."""
    return lambda good: np.asarray(good).astype(dtype)


def with_column(make):
    """Replace the last column by one made of the first two."""

    def spoil(good):
        bad = np.array(good, dtype=float)
        bad[:, -1] = make(bad[:, 0], bad[:, min(1, bad.shape[1] - 1)])
        return bad

    return spoil


def masked(good):
    """Hide one entry."""
    mask = np.zeros(np.shape(good), dtype=bool)
    mask.flat[0] = True
    return np.ma.masked_array(good, mask)


def texts(good):
    """Put a word among the numbers."""
    bad = np.array(good, dtype=object)
    bad.flat[0] = "seven"
    return bad


def array(change):
    """Apply a change to the good value as an array."""
    return lambda good: change(np.asarray(good))


VALUES = (
    BadInput("NaN", "values", with_entry(np.nan)),
    BadInput("inf", "values", with_entry(np.inf)),
    BadInput("-inf", "values", with_entry(-np.inf)),
)
TYPES = (
    BadInput("complex", "types", lambda good: np.asarray(good) + 1j),
    BadInput("text", "types", as_type(str)),
    BadInput("object with a word", "types", texts),
    BadInput("object with None", "types", lambda good: with_entry(None)(np.array(good, object))),
    BadInput("masked", "types", masked),
    BadInput("dates", "types", lambda good: np.asarray(good).astype("datetime64[s]")),
    BadInput("None", "types", lambda good: None),
    BadInput("a word", "types", lambda good: "data"),
    BadInput("a set", "types", lambda good: {1.0, 2.0}),
    BadInput("a mapping", "types", lambda good: {"a": 1.0}),
)
SPARSE = BadInput("sparse", "types", lambda good: sparse.csr_matrix(np.asarray(good, float)))
SHAPES = (
    BadInput("0-d", "shapes", lambda good: np.float64(3.0)),
    BadInput(
        "3-d",
        "shapes",
        array(lambda good: good[..., None] if good.ndim > 1 else good[:, None, None]),
    ),
    BadInput("no rows", "shapes", array(lambda good: good[:0])),
    BadInput("a ragged list", "shapes", lambda good: [[1.0, 2.0], [3.0]]),
)
MATRIX_SHAPES = (
    BadInput("1-d", "shapes", array(lambda good: good[:, 0])),
    BadInput("no columns", "shapes", array(lambda good: good[:, :0])),
)
FEW = (
    BadInput("one feature", "few", array(lambda good: good[:, :1]), refused=False),
    BadInput("one row", "few", array(lambda good: good[:1]), refused=False),
    BadInput("two rows", "few", array(lambda good: good[:2]), refused=False),
    BadInput("three rows", "few", array(lambda good: good[:3]), refused=False),
    BadInput(
        "as many rows as columns", "few", array(lambda good: good[: good.shape[1]]), refused=False
    ),
)
DEGENERATE = (
    BadInput(
        "constant column", "degenerate", with_column(lambda a, b: 0 * a + 3.7), refused=False
    ),
    BadInput("zero column", "degenerate", with_column(lambda a, b: 0 * a), refused=False),
    BadInput("duplicate column", "degenerate", with_column(lambda a, b: a), refused=False),
    BadInput("negated copy", "degenerate", with_column(lambda a, b: -3 * a), refused=False),
    BadInput(
        "dependent column", "degenerate", with_column(lambda a, b: 2 * a - 3 * b), refused=False
    ),
    BadInput("all constant", "degenerate", lambda good: np.ones(np.shape(good)), refused=False),
)
SCALES = (
    BadInput("near 1e300", "scales", array(lambda good: good * 2.0**990), refused=False),
    BadInput("near 1e-300", "scales", array(lambda good: good * 2.0**-990), refused=False),
    BadInput("near 1e150", "scales", array(lambda good: good * 2.0**498), refused=False),
    BadInput("near 1e-150", "scales", array(lambda good: good * 2.0**-498), refused=False),
    BadInput("denormal", "scales", array(lambda good: good * 5e-324 * 1000), refused=False),
    BadInput(
        "one column near 1e200",
        "scales",
        array(lambda good: good * 2.0 ** np.r_[664, np.zeros(good.shape[1] - 1)]),
        refused=False,
    ),
    BadInput(
        "int64 near overflow",
        "scales",
        array(lambda good: (good * 2.0**61 / np.abs(good).max()).astype(np.int64)),
        refused=False,
    ),
    BadInput("float16", "scales", as_type(np.float16), refused=False),
)
ENTRIES = (*VALUES, *TYPES, SPARSE, *SHAPES)
SAMPLES = (*ENTRIES, *MATRIX_SHAPES, *FEW, *DEGENERATE, *SCALES)
FEATURES = (  # at transform and score, where one row is as good as many
    *ENTRIES,
    *MATRIX_SHAPES,
    BadInput("a column missing", "features", array(lambda good: good[:, :-1])),
    BadInput("a column too many", "features", array(lambda good: np.c_[good, good[:, 0]])),
)
MATRIX = (
    *ENTRIES,
    *MATRIX_SHAPES,
    BadInput("a row less", "shapes", array(lambda good: good[:-1]), refused=False),
    BadInput("a column less", "shapes", array(lambda good: good[:, :-1]), refused=False),
    BadInput("zeros", "degenerate", lambda good: np.zeros(np.shape(good)), refused=False),
    BadInput("near 1e300", "scales", array(lambda good: good * 2.0**990), refused=False),
    BadInput("near 1e-300", "scales", array(lambda good: good * 2.0**-990), refused=False),
)
COVARIANCE = (
    *ENTRIES,
    *MATRIX_SHAPES,
    BadInput("a row less", "shapes", array(lambda good: good[:-1])),
    BadInput(
        "not symmetric",
        "covariances",
        lambda good: np.asarray(good) + np.triu(np.ones(np.shape(good)), 1),
    ),
    BadInput(
        "negative variance", "covariances", lambda good: np.asarray(good) - 100 * np.eye(len(good))
    ),
    BadInput(
        "indefinite",
        "covariances",
        lambda good: np.asarray(good) * np.where(np.eye(len(good)), 1, 90),
    ),
    BadInput("singular", "covariances", lambda good: np.ones(np.shape(good)), refused=False),
    BadInput(
        "a variance of zero",
        "covariances",
        lambda good: np.asarray(good) * np.outer(*[np.r_[0, np.ones(len(good) - 1)]] * 2),
        refused=False,
    ),
    BadInput("near 1e300", "scales", array(lambda good: good * 2.0**990), refused=False),
    BadInput("near 1e-300", "scales", array(lambda good: good * 2.0**-990), refused=False),
)
VECTOR = (
    *VALUES,
    *TYPES,
    *SHAPES,
    BadInput("one entry less", "shapes", array(lambda good: good[:-1]), refused=False),
    BadInput("one entry more", "shapes", array(lambda good: np.r_[good, good[:1]]), refused=False),
)
POSITIONS = (
    BadInput("NaN", "positions", with_entry(np.nan)),
    BadInput("fractions", "positions", array(lambda good: good + 0.5)),
    BadInput("too large", "positions", array(lambda good: good + 1000)),
    BadInput("negative", "positions", array(lambda good: good - 1000)),
    BadInput("text", "positions", as_type(str)),
    BadInput("bools", "positions", as_type(bool), refused=False),
    BadInput("None", "positions", lambda good: None),
    BadInput("a word", "positions", lambda good: "data"),
    BadInput("0-d", "positions", lambda good: 3),
    BadInput("empty", "positions", lambda good: [], refused=False),
    BadInput("a ragged list", "positions", lambda good: [[0, 1], [2]]),
)
LABELS = (
    BadInput("one label less", "labels", array(lambda good: good[:-1])),
    BadInput("one label more", "labels", array(lambda good: np.r_[good, good[:1]])),
    BadInput("no labels", "labels", lambda good: None),
    BadInput("missing", "labels", with_entry(np.nan)),
    BadInput(
        "missing among words",
        "labels",
        lambda good: with_entry(None)(np.array(good).astype(str).astype(object)),
    ),
    BadInput("measurements", "labels", lambda good: np.linspace(0, 1, len(good))),
    BadInput("infinite", "labels", with_entry(np.inf)),
    BadInput("one environment", "labels", lambda good: np.zeros(len(good), int)),
    BadInput(
        "an environment of one row",
        "labels",
        lambda good: np.where(np.arange(len(good)) == 0, 99, good),
    ),
    BadInput(
        "an environment of two rows",
        "labels",
        lambda good: np.where(np.arange(len(good)) < 2, 99, good),
    ),
    BadInput("each row its own", "labels", lambda good: np.arange(len(good))),
    BadInput(
        "mixed types",
        "labels",
        lambda good: np.array([str(k) if i % 2 else k for i, k in enumerate(good)], object),
    ),
    BadInput("2-d", "labels", lambda good: np.c_[good, good]),
    BadInput("a word", "labels", lambda good: "control"),
    BadInput("complex", "labels", lambda good: np.asarray(good) + 1j),
    BadInput("masked", "labels", masked),
    BadInput(
        "dates with a gap",
        "labels",
        lambda good: np.where(
            np.arange(len(good)) == 5,
            np.datetime64("NaT"),
            np.datetime64("2020-01-01") + np.asarray(good),
        ),
    ),
)
SEED = (
    BadInput("a word", "parameters", lambda good: "seed"),
    BadInput("negative", "parameters", lambda good: -1),
    BadInput("a fraction", "parameters", lambda good: 2.5),
    BadInput("NaN", "parameters", lambda good: np.nan),
    BadInput("bool for int", "parameters", lambda good: True),
    BadInput("a list", "parameters", lambda good: [1, 2]),
    BadInput("beyond 32 bits", "parameters", lambda good: 2**40, refused=False),
)
COUNT = (
    BadInput("negative", "parameters", lambda good: -1),
    BadInput("a fraction", "parameters", lambda good: 2.5),
    BadInput("NaN", "parameters", lambda good: np.nan),
    BadInput("inf", "parameters", lambda good: np.inf),
    BadInput("text", "parameters", lambda good: "3"),
    BadInput("None", "parameters", lambda good: None),
    BadInput("bool for int", "parameters", lambda good: True),
    BadInput("beyond 64 bits", "parameters", lambda good: 2**70, refused=False),
    BadInput("a list", "parameters", lambda good: [good]),
    BadInput("zero", "parameters", lambda good: 0, refused=False),
)
NUMBER = (
    BadInput("NaN", "parameters", lambda good: np.nan),
    BadInput("inf", "parameters", lambda good: np.inf, refused=False),
    BadInput("text", "parameters", lambda good: "0.5"),
    BadInput("None", "parameters", lambda good: None),
    BadInput("complex", "parameters", lambda good: 1j),
    BadInput("a list", "parameters", lambda good: [good]),
    BadInput("negative", "parameters", lambda good: -1.0, refused=False),
    BadInput("beyond all floats", "parameters", lambda good: 10**400, refused=False),
    BadInput("bool for number", "parameters", lambda good: True),
)
FLAG = (
    BadInput("a word", "parameters", lambda good: "no"),
    BadInput("None", "parameters", lambda good: None),
    BadInput("a list", "parameters", lambda good: [False]),
)
WORD = (
    BadInput("unknown", "parameters", lambda good: "unheard-of"),
    BadInput("a number", "parameters", lambda good: 3),
    BadInput("None", "parameters", lambda good: None),
    BadInput("a list", "parameters", lambda good: [good]),
)
RANGE = (
    BadInput("one bound", "parameters", lambda good: (1.0,)),
    BadInput("NaN", "parameters", lambda good: (np.nan, 1.0)),
    BadInput("inf", "parameters", lambda good: (1.0, np.inf)),
    BadInput("turned round", "parameters", lambda good: (2.0, 1.0)),
    BadInput("text", "parameters", lambda good: "ab"),
    BadInput("None", "parameters", lambda good: None),
    BadInput("a number", "parameters", lambda good: 5.0),
)
NAMES = (
    BadInput("repeated", "parameters", lambda good: [next(iter(good))] * len(list(good))),
    BadInput("one less", "parameters", lambda good: list(good)[1:]),
    BadInput("a number", "parameters", lambda good: 5.0),
    BadInput("bytes", "parameters", lambda good: b"A" * max(1, len(list(good)))),
    BadInput("a set", "parameters", set),
)
THING = (
    BadInput("an object", "parameters", lambda good: object()),
    BadInput("a number", "parameters", lambda good: 3.5),
    BadInput("a word", "parameters", lambda good: "thing"),
    BadInput("None", "parameters", lambda good: None),
)
LISTING = (
    BadInput("an object", "parameters", lambda good: object()),
    BadInput("a number", "parameters", lambda good: 3.5),
    BadInput("NaN inside", "parameters", lambda good: [np.nan]),
    BadInput("words", "parameters", lambda good: ["a", "b"]),
    BadInput("empty", "parameters", lambda good: [], refused=False),
    BadInput("negative", "parameters", lambda good: [-1, -2]),
    BadInput("bytes", "parameters", lambda good: b"ab"),
    BadInput("a mapping", "parameters", lambda good: {"a": 1}),
)


def looped(good):
    """Close a directed cycle over the nodes of a graph."""
    names = good.nodes
    return Graph(names, list(zip(names, (*names[1:], names[0]), strict=True)), good.latent)


GRAPH = (
    BadInput("None", "graphs", lambda good: None),
    BadInput("text", "graphs", lambda good: "A --> B"),
    BadInput("a matrix", "graphs", lambda good: np.eye(3)),
    BadInput("an object", "graphs", lambda good: object()),
    BadInput("empty", "graphs", lambda good: Graph([]), refused=False),
    BadInput("one node", "graphs", lambda good: Graph(["A"]), refused=False),
    BadInput("a cycle", "graphs", looped, refused=False),
    BadInput(
        "bidirected", "graphs", lambda good: Graph.from_text("A <-> B, B --> C"), refused=False
    ),
    BadInput("circles", "graphs", lambda good: Graph.from_text("A o-> B, B o-o C"), refused=False),
    BadInput("all latent", "graphs", lambda good: good.with_latent(good.nodes), refused=False),
    BadInput(
        "other names",
        "graphs",
        lambda good: good.rename({name: f"{name}*" for name in good.nodes}),
        refused=False,
    ),
    BadInput(
        "a node more",
        "graphs",
        lambda good: Graph([*good.nodes, "extra"], good.edges, good.latent),
        refused=False,
    ),
)
ROLES = {
    "samples": SAMPLES,
    "features": FEATURES,
    "matrix": MATRIX,
    "covariance": COVARIANCE,
    "vector": VECTOR,
    "positions": POSITIONS,
    "labels": LABELS,
    "seed": SEED,
    "count": COUNT,
    "number": NUMBER,
    "flag": FLAG,
    "word": WORD,
    "range": RANGE,
    "names": NAMES,
    "thing": THING,
    "listing": LISTING,
    "graph": GRAPH,
}
