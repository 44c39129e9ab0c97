"""Moments: any chunking equals one shot, and what is not a number is named."""

import pickle
from functools import reduce

import dask.array
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from joblib import Parallel, delayed

from causalrep import Dataset, Graph, Moments
from causalrep.exceptions import GraphError, InvalidDataError


def agree(found, wanted, tolerance=1e-10):
    scale = np.sqrt(np.diag(wanted.covariance()))
    assert found.n_samples == wanted.n_samples
    assert found.names == wanted.names
    assert (np.abs(found.mean - wanted.mean) < tolerance * (scale + np.abs(wanted.mean))).all()
    difference = (found.covariance() - wanted.covariance()) / np.outer(scale, scale)
    assert np.abs(difference).max() < tolerance


@pytest.fixture
def X():
    rng = np.random.default_rng(3)
    return rng.exponential(size=(500, 4)) @ rng.normal(size=(4, 4)) + [0, 3, -1e3, 1e4]


def test_agrees_with_numpy(X):
    moments = Moments.from_samples(X)
    np.testing.assert_allclose(moments.mean, X.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(moments.covariance(), np.cov(X.T, ddof=0), rtol=1e-10)
    np.testing.assert_allclose(moments.covariance(ddof=1), np.cov(X.T), rtol=1e-10)


@settings(deadline=None, max_examples=60)
@given(
    cuts=st.lists(st.integers(1, 299), unique=True, max_size=20).map(sorted),
    offset=st.sampled_from([0.0, 1.0, 1e4, 1e6]),
    scale=st.sampled_from([1e-100, 1.0, 1e100]),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_chunking_equals_one_shot(cuts, offset, scale, seed):
    X = scale * (np.random.default_rng(seed).normal(size=(300, 3)) + offset)
    whole = Moments.from_samples(X)
    agree(Moments.from_chunks(np.split(X, cuts)), whole)
    agree(Moments.from_samples(X, chunk_size=1 + len(cuts)), whole)


def test_merging_is_symmetric_and_associative(X):
    a, b, c = (Moments.from_samples(part) for part in np.split(X, [7, 300]))
    agree(a.merge(b).merge(c), c.merge(a.merge(b)))
    agree(a.merge(b).merge(c), a.merge(b.merge(c)))


def test_a_large_offset_costs_no_digits():
    X = np.random.default_rng(0).integers(-4, 5, size=(1000, 3)).astype(float)
    exact = Moments.from_samples(X).covariance()
    shifted = Moments.from_chunks(np.split(X + 2.0**30, 10)).covariance()
    np.testing.assert_allclose(shifted, exact, rtol=1e-12, atol=1e-12)


def test_a_drift_of_the_mean_costs_no_digits():
    X = np.linspace(-1e6, 1e6, 20001)[:, None] * [1.0, -2.0]
    exact = (20001**2 - 1) / 12 * 100.0**2
    found = Moments.from_samples(X, chunk_size=17).covariance()
    np.testing.assert_allclose(found, exact * np.array([[1, -2], [-2, 4]]), rtol=1e-12)


def test_a_constant_column_has_no_variance_at_all():
    X = np.random.default_rng(2).normal(size=(1001, 3))
    X[:, 1] = 0.1
    moments = Moments.from_samples(X, chunk_size=100)
    assert moments.mean[1] == 0.1
    assert not moments.covariance()[1].any()


def test_more_samples_than_one_cache_block_agree_with_numpy():
    X = np.random.default_rng(1).normal(size=(300_000, 2)) + np.array([0.0, 50.0])
    np.testing.assert_allclose(Moments.from_samples(X).covariance(), np.cov(X.T, ddof=0), 1e-10)


def test_reads_a_memory_mapped_file_chunk_by_chunk(tmp_path, X):
    np.save(tmp_path / "X.npy", X.astype(np.float32))
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    agree(Moments.from_samples(mapped, chunk_size=64), Moments.from_samples(np.asarray(mapped)))


@pytest.mark.parametrize("chunks", [(500, 4), (70, 3), ((1, 0, 499), (2, 2))])
def test_reads_a_dask_array(X, chunks):
    agree(Moments.from_samples(dask.array.from_array(X, chunks=chunks)), Moments.from_samples(X))


def test_merges_across_joblib_workers(X):
    parts = Parallel(n_jobs=2, backend="threading")(
        delayed(Moments.from_samples)(part) for part in np.array_split(X, 5)
    )
    agree(reduce(Moments.merge, parts), Moments.from_samples(X))
    agree(pickle.loads(pickle.dumps(parts[0])), parts[0], tolerance=1e-15)


@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.float32, bool])
def test_takes_any_real_type(dtype):
    X = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], dtype=dtype)
    assert Moments.from_samples(X).covariance().tolist() == [[0.25, 0.0], [0.0, 0.25]]


def test_names_come_from_datasets_frames_and_the_argument(X):
    frame = pd.DataFrame(X, columns=list("abcd"))
    assert Moments.from_samples(frame).names == tuple("abcd")
    assert Moments.from_chunks(iter([frame, frame])).names == tuple("abcd")
    assert Moments.from_samples(Dataset(X=X, names=tuple("wxyz"))).names == tuple("wxyz")
    assert Moments.from_samples(X, names="efgh").names == tuple("efgh")


def test_a_value_cannot_be_changed(X):
    moments = Moments.from_samples(X)
    with pytest.raises(ValueError, match="read-only"):
        moments.mean[0] = 1.0
    with pytest.raises(AttributeError, match="cannot assign"):
        moments.n_samples = 3


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("lazily", [False, True])
def test_names_the_row_and_column_of_what_is_not_finite(X, value, lazily):
    X[[321, 322], 2] = value
    X = dask.array.from_array(X, chunks=(100, 2)) if lazily else X
    sentence = rf"2 of the values in rows 300 to 399 .* {value} in row 321, column 'X3'"
    with pytest.raises(InvalidDataError, match=sentence):
        Moments.from_samples(X, chunk_size=100)


def test_names_the_row_in_the_whole_stream(X):
    X[321, 0] = np.nan
    with pytest.raises(InvalidDataError, match="nan in row 321, column 'X1'"):
        Moments.from_chunks(np.split(X, [10, 300]))


@pytest.mark.parametrize(
    ("X", "sentence"),
    [
        (np.zeros(3), r"two dimensions \(samples, features\), but has 1"),
        (np.zeros((2, 2, 2)), "but has 3"),
        (np.zeros((0, 2)), r"at least one sample and one feature, but has shape \(0, 2\)"),
        (np.zeros((2, 0)), r"but has shape \(2, 0\)"),
        (np.zeros((2, 2), dtype=complex), "real numbers, but is of type complex128"),
        ([["a", "b"]], "real numbers, but is of type <U1"),
        (1e200 * np.eye(2), "so large that their squares overflow"),
        (np.ma.masked_array(np.zeros((2, 2)), mask=True), "X is a masked array"),
        (scipy.sparse.eye_array(3), "dense, but is sparse"),
    ],
)
def test_refuses_what_is_not_a_matrix_of_real_numbers(X, sentence):
    with pytest.raises(InvalidDataError, match=sentence):
        Moments.from_samples(X)


def test_refuses_dask_blocks_of_unknown_size(X):
    lazy = dask.array.from_array(X, chunks=100)
    with pytest.raises(InvalidDataError, match="compute_chunk_sizes"):
        Moments.from_samples(lazy[lazy[:, 0] > 0])


def test_refuses_chunks_that_do_not_belong_together(X):
    with pytest.raises(InvalidDataError, match="at least one chunk"):
        Moments.from_chunks([])
    with pytest.raises(InvalidDataError, match="the 4 features of the first, but one has 2"):
        Moments.from_chunks([X, X[:, :2]])
    with pytest.raises(InvalidDataError, match=r"same features can be merged, .*, X3, X4 a"):
        Moments.from_samples(X).merge(Moments.from_samples(X, names=list("abcd")))


@pytest.mark.parametrize(
    "names", [set("abcde"), frozenset("abcde"), dict.fromkeys("abcde"), b"abcde", 5]
)
def test_refuses_names_without_an_order(X, names):
    with pytest.raises(InvalidDataError, match="names in a list, but are"):
        Moments.from_samples(X, names=names)
    with pytest.raises(GraphError, match="names in a list, but are"):
        Graph.from_weights(np.zeros((5, 5)), names=names)
    with pytest.raises(InvalidDataError, match="a list of names, but are"):
        Dataset(X=X, names=names)


def test_refuses_arguments_out_of_range(X):
    moments = Moments.from_samples(X[:1])
    with pytest.raises(InvalidDataError, match="wants more than 1 samples, but there are 1"):
        moments.covariance(ddof=1)
    with pytest.raises(InvalidDataError, match="chunk_size must be at least 1 row, but is 0"):
        Moments.from_samples(X, chunk_size=0)
    with pytest.raises(InvalidDataError, match="4 different names"):
        Moments.from_samples(X, names=["a", "a", "b", "c"])
    with pytest.raises(InvalidDataError, match=r"but got \(2,\) and \(3, 3\)"):
        Moments(n_samples=1, mean=np.zeros(2), scatter=np.eye(3))
    with pytest.raises(InvalidDataError, match="at least one sample, but got 0"):
        Moments(n_samples=0, mean=np.zeros(2), scatter=np.eye(2))
