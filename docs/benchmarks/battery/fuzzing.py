"""Inputs that hypothesis makes up: arrays, labels, graphs, files and command lines."""

import contextlib
import io
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from battery.outcomes import Outcome, Verdict, outcome_of
from causalrep import Graph, load
from causalrep.cli import main
from causalrep.exceptions import GraphError

SPECIAL = [0.0, -0.0, 1.0, -1.0, np.nan, np.inf, -np.inf, 1e300, -1e300, 1e-300, 5e-324, 2.0**53]
DTYPES = [np.float64, np.float32, np.int8, np.int64, np.uint64, bool, complex, "U3", object]
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
    st.lists(st.integers(), max_size=3),
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
        places = st.lists(st.integers(0, max(table.size - 1, 0)), max_size=3 if table.size else 0)
        with np.errstate(over="ignore"):
            for place in draw(places):
                table.flat[place] = draw(numbers)
        return table
    return draw(arrays.arrays(dtype, shape))


@st.composite
def graphs(draw):
    """Graphs with any marks, cycles and latents; sometimes no graph at all."""
    names = draw(
        st.lists(st.text("ABCL", min_size=1, max_size=2), min_size=0, max_size=5, unique=True)
    )
    marks = st.sampled_from(["-->", "<->", "---", "o->", "o-o", "<--"])
    pairs = [(a, b) for i, a in enumerate(names) for b in names[:i]]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    try:
        return Graph(
            names,
            [f"{a} {draw(marks)} {b}" for a, b in chosen],
            draw(st.lists(st.sampled_from(names), unique=True)) if names else [],
        )
    except GraphError:
        return None


def values_for(role):
    """Return the strategy of what is put in for a role."""
    if role == "graph":
        return st.one_of(graphs(), plain)
    return st.one_of(tables(), tables(), plain) if role in FUZZED else plain


def must_be_refused(value, role):
    """Whether an answer to this input can only be wrong."""
    if role not in ("samples", "features", "covariance"):
        return False
    if not isinstance(value, np.ndarray):
        return not isinstance(value, list)
    if value.dtype.kind not in "fiub" or value.ndim != 2 or not value.size:
        return value.dtype.kind != "O" or value.ndim != 2 or not value.size
    return not np.isfinite(value).all()


def fuzzed(subjects, n, seed=0):
    """Call subjects with n made-up inputs, and count the outcomes by kind of input.

    Returns
    -------
    Counter
        Of (kind, verdict).
    list of tuple
        What was cryptic or silent: subject, argument, input and outcome.
    """
    counts, faults = Counter(), []
    places = [
        (subject, name, role)
        for subject in subjects
        for name, _, role in subject.arguments()
        if role in (*FUZZED, *PARAMETERS, "graph")
    ]

    def record(kind, outcome, *where):
        counts[kind, outcome.verdict] += 1
        if outcome.verdict in (Verdict.CRYPTIC, Verdict.SILENT):
            faults.append((*where, outcome))

    @settings(
        max_examples=n,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def call(data):
        choice = data.draw(st.integers(0, 19))
        if choice == 0:
            content = data.draw(st.binary(max_size=200))
            record("files", outcome_of_bytes(content), "load", content)
        elif choice == 1:
            words = data.draw(st.lists(st.sampled_from(WORDS), max_size=5))
            record("command lines", outcome_of_words(words), "causalrep", words)
        else:
            subject, name, role = data.draw(st.sampled_from(places))
            value = data.draw(values_for(role))
            kind = "graphs" if role == "graph" else "arrays" if role in FUZZED else "parameters"
            refused = must_be_refused(value, role)
            record(
                kind,
                outcome_of(subject.with_argument(name, value), refused=refused),
                subject.path,
                name,
                value,
            )

    import hypothesis

    hypothesis.seed(seed)(call)()
    return counts, faults


def outcome_of_bytes(content):
    """Load bytes as a model."""
    with tempfile.NamedTemporaryFile(suffix=".safetensors") as file:
        file.write(content)
        file.flush()
        return outcome_of(lambda: load(Path(file.name)), refused=True)


def outcome_of_words(words):
    """Give words to the command line; its exit is an answer if it says what is wrong."""
    said = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        if "demo" in words or "benchmark" in words:
            words = [*words, "--help"]  # its options are read, but nothing is fitted
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            try:
                code = main([word for word in words if word != "\x00"])
            except SystemExit as error:
                code = error.code
            except Exception as error:  # noqa: BLE001  any failure is an outcome to be judged
                return Outcome(Verdict.CRYPTIC, f"{type(error).__name__}: {error}")
    if code == 0 or (code == 2 and said.getvalue().strip()):
        return Outcome(Verdict.CLEAR if code else Verdict.RIGHT, said.getvalue()[-100:])
    return Outcome(Verdict.SILENT, f"exit {code} without a word")
