"""What hypothesis makes up: arrays from nothing or from good ones, graphs, parameters, words."""

import hypothesis
import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from causalrep import Graph
from causalrep.exceptions import GraphError

SPECIAL = [0.0, -0.0, 1.0, -1.0, np.nan, np.inf, -np.inf, 1e300, -1e300, 1e-300, 5e-324, 2.0**53]
DTYPES = [np.float64, np.float32, np.int8, np.int64, np.uint64, bool, complex, "U3", object]
MARKS = ("-->", "<->", "---", "o->", "o-o", "<--")
numbers = st.one_of(st.floats(-10, 10, width=32), st.sampled_from(SPECIAL))
# Between hundreds and billions lie sizes that are no fault, but take minutes.
SIZES = st.one_of(st.integers(-10, 60), st.integers(min_value=2**31), st.integers(max_value=-60))
plain = st.one_of(
    st.none(),
    st.booleans(),
    SIZES,
    st.floats(),
    st.text(max_size=5),
    st.binary(max_size=4),
    st.lists(SIZES, max_size=3),
    st.dictionaries(st.text(max_size=2), st.integers()),
)
FUZZED = ("samples", "features", "matrix", "covariance", "vector", "positions", "labels")
PARAMETERS = ("seed", "count", "number", "flag", "word", "range", "names", "listing", "thing")
WORDS = [
    "fit",
    "demo",
    "benchmark",
    "--seed",
    "--output",
    "--environment",
    "--help",
    "-1",
    "x.csv",
    "--n-latents",
    "0",
    "--method",
    "pickle",
    "--version",
    "--list",
    "\x00",
    "",
    "--drop",
]
# Where a large number is obeyed, however long that takes, or however many processes.
LONG = {"max_epochs": range(-60, 60), "n_jobs": range(2)}
command_lines = st.lists(st.sampled_from(WORDS), max_size=5)
contents = st.binary(max_size=200)


def made_up(strategy, n, seed):
    """Return n values for a seed; the simplest, which hypothesis always tries, is left out."""
    values = []

    @hypothesis.seed(seed)
    @settings(
        max_examples=n + 1,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def keep(value):
        values.append(value)

    keep()
    return values[1:]


def values_for(role, good=None, name=""):
    """Return the strategy of what is put in for a role."""
    if name in LONG:
        return plain.filter(lambda value: not isinstance(value, int) or value in LONG[name])
    if role == "graph":
        return st.one_of(graphs(), graphs(getattr(good, "nodes", None)), plain)
    if role not in FUZZED:
        return plain
    near = changed(np.asarray(good)) if isinstance(good, np.ndarray | list) else tables()
    return st.one_of(near, near, tables(), plain)


@st.composite
def tables(draw):
    """Arrays of any type and shape, special values among them."""
    dtype = draw(st.sampled_from(DTYPES))
    shape = draw(
        st.one_of(
            st.tuples(st.integers(0, 40), st.integers(0, 5)),
            arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=6),
        )
    )
    if dtype in (object, "U3", complex):
        table = np.empty(shape, dtype=dtype)
        table.fill(draw(plain if dtype is object else st.just(1)))
        return table
    if dtype in (np.float64, np.float32):
        seed = draw(st.integers(0, 2**31))
        table = np.random.default_rng(seed).normal(size=shape).astype(dtype)
        return draw(spotted(table))
    return draw(arrays.arrays(dtype, shape))


@st.composite
def spotted(draw, table):
    """An array with a few of its entries replaced by special values."""
    places = st.lists(st.integers(0, max(table.size - 1, 0)), max_size=3 if table.size else 0)
    with np.errstate(all="ignore"):
        for place in draw(places):
            table.flat[place] = draw(numbers)
    return table


@st.composite
def changed(draw, good):
    """A good array with rows repeated, left out or moved, columns rescaled, tied or swapped."""
    table = np.array(good)
    for change in draw(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=3)):
        table = change(draw, table)
    return table


def _other_rows(draw, table):
    if not table.ndim or not len(table):
        return table
    return table[draw(st.lists(st.integers(-len(table), len(table) - 1), max_size=12))]


def _fewer_rows(draw, table):
    return table[: draw(st.integers(0, len(table)))] if table.ndim else table


def _other_columns(draw, table):
    if table.ndim < 2 or not table.shape[1]:
        return table
    width = table.shape[1]
    return table[:, draw(st.lists(st.integers(0, width - 1), max_size=width + 1))]


def _other_units(draw, table):
    if table.dtype.kind not in "fiu" or table.ndim < 2:
        return table
    powers = draw(st.lists(st.integers(-1000, 1000), min_size=1, max_size=3))
    with np.errstate(all="ignore"):
        return table * 2.0 ** np.resize(powers, table.shape[1])


def _other_type(draw, table):
    with np.errstate(all="ignore"):
        return table.astype(draw(st.sampled_from([*DTYPES, np.float16])))


def _other_entries(draw, table):
    return draw(spotted(table.astype(float) if table.dtype.kind in "fiu" else table))


def _coarser(draw, table):
    return np.round(table) if table.dtype.kind == "f" else table


CHANGES = (
    _other_rows,
    _fewer_rows,
    _other_columns,
    _other_units,
    _other_type,
    _other_entries,
    _coarser,
)


@st.composite
def graphs(draw, names=None):
    """Graphs with any marks, cycles and latents; sometimes no graph at all."""
    if names is None:
        few = st.text("ABCL", min_size=1, max_size=2)
        names = draw(st.lists(few, min_size=0, max_size=5, unique=True))
    pairs = [(a, b) for i, a in enumerate(names) for b in names[:i]]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    kinds = draw(st.sampled_from([MARKS[:1], MARKS[:2], MARKS]))
    marks = [draw(st.sampled_from(kinds)) for _ in chosen]
    latent = draw(st.lists(st.sampled_from(names), unique=True)) if names else []
    edges = [f"{a} {mark} {b}" for (a, b), mark in zip(chosen, marks, strict=True)]
    try:
        return Graph(names, edges, latent)
    except GraphError:
        return None
