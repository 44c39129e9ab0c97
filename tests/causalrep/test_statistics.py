"""Moments by environment: labels travel with the rows through any chunking."""

import dask.array
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalrep import Dataset, EnvironmentMoments, Moments
from causalrep.exceptions import EnvironmentLabelError, InvalidDataError


@pytest.fixture
def data():
    rng = np.random.default_rng(5)
    labels = rng.choice(["pma", "control", "ly"], size=400)
    return Dataset(
        X=rng.normal(size=(400, 3)) + np.array([1, 5, 0]),
        environments=labels,
        names=("a", "b", "c"),
    )


def agree(found, wanted):
    assert found.labels.tolist() == wanted.labels.tolist()
    assert found.n_samples.tolist() == wanted.n_samples.tolist()
    assert found.names == wanted.names
    np.testing.assert_allclose(found.means, wanted.means, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(found.covariances, wanted.covariances, rtol=1e-10, atol=1e-10)


def test_agrees_with_numpy_in_every_environment(data):
    moments = EnvironmentMoments.from_dataset(data)
    assert moments.labels.tolist() == ["control", "ly", "pma"]
    assert moments.covariances.shape == (3, 3, 3)
    for label, mean, covariance in zip(
        moments.labels, moments.means, moments.covariances, strict=True
    ):
        X = data.X[data.environments == label]
        np.testing.assert_allclose(mean, X.mean(axis=0), rtol=1e-12)
        np.testing.assert_allclose(covariance, np.cov(X.T, ddof=0), rtol=1e-12, atol=1e-14)


@settings(deadline=None, max_examples=40)
@given(
    cuts=st.lists(st.integers(1, 199), unique=True, max_size=15).map(sorted),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_chunking_equals_one_shot(cuts, seed):
    rng = np.random.default_rng(seed)
    X, labels = rng.normal(size=(200, 3)), rng.integers(0, 4, size=200)
    chunks = zip(np.split(X, cuts), np.split(labels, cuts), strict=True)
    whole = EnvironmentMoments.from_samples(X, labels)
    agree(EnvironmentMoments.from_chunks(chunks), whole)
    agree(EnvironmentMoments.from_samples(X, labels, chunk_size=1 + len(cuts)), whole)


def test_the_order_of_the_rows_does_not_matter(data):
    order = np.argsort(data.environments, kind="stable")
    agree(EnvironmentMoments.from_dataset(data[order]), EnvironmentMoments.from_dataset(data))


def test_a_chunk_may_have_one_label_for_all_its_rows(data):
    chunks = ((data[data.environments == label], label) for label in data.labels)
    agree(EnvironmentMoments.from_chunks(chunks), EnvironmentMoments.from_dataset(data))


@pytest.mark.parametrize("source", ["dask", "memory map"])
def test_reads_what_does_not_lie_in_memory(tmp_path, data, source):
    np.save(tmp_path / "X.npy", data.X)
    X = np.load(tmp_path / "X.npy", mmap_mode="r")
    X = dask.array.from_array(X, chunks=(90, 2)) if source == "dask" else X
    found = EnvironmentMoments.from_samples(X, data.environments, chunk_size=64, names=data.names)
    agree(found, EnvironmentMoments.from_dataset(data))


def test_labels_of_objects_and_numbers_are_sorted(data):
    as_objects = EnvironmentMoments.from_samples(data, data.environments.astype(object))
    agree(as_objects, EnvironmentMoments.from_dataset(data))
    numbers = EnvironmentMoments.from_samples(np.eye(3), [10, 9, 10])
    assert numbers.labels.tolist() == [9, 10]


def test_an_environment_is_found_by_its_label(data):
    moments = EnvironmentMoments.from_dataset(data)
    assert moments["ly"].n_samples == (data.environments == "ly").sum()
    assert [part.n_samples for part in moments] == moments.n_samples.tolist()
    assert repr(moments) == "<EnvironmentMoments: 400 samples, 3 features, 3 environments>"
    with pytest.raises(EnvironmentLabelError, match=r"no environment 'x'; .* 'control', 'ly', 'p"):
        moments["x"]


def test_merging_unites_the_environments(data):
    first, second = data[:100], data[100:]
    first = first[first.environments != "pma"]
    merged = EnvironmentMoments.from_dataset(first).merge(EnvironmentMoments.from_dataset(second))
    assert merged.labels.tolist() == ["control", "ly", "pma"]
    assert merged.n_samples.sum() == len(first) + len(second)


def test_covariances_computed_elsewhere_come_back(data):
    moments = EnvironmentMoments.from_dataset(data)
    order = [2, 0, 1]
    again = EnvironmentMoments.from_covariances(
        moments.covariances[order],
        moments.n_samples[order],
        means=moments.means[order],
        labels=moments.labels[order],
        names=moments.names,
    )
    agree(again, moments)


def test_covariances_alone_get_labels_and_zero_means():
    moments = EnvironmentMoments.from_covariances([np.eye(2), 2 * np.eye(2)], 100)
    assert moments.labels.tolist() == [0, 1]
    assert moments.n_samples.tolist() == [100, 100]
    assert not moments.means.any()
    assert isinstance(moments[1], Moments)


@pytest.mark.parametrize("scales", [(1e-8, 1e8), (1.0, 0.0)])
def test_a_singular_covariance_of_any_scale_is_one(scales):
    loading = np.outer(scales, [1.0, 1.0])
    S = loading @ loading.T
    found = EnvironmentMoments.from_covariances([S], 10).covariances[0]
    np.testing.assert_allclose(found, S, rtol=1e-15)


@pytest.mark.parametrize(
    ("covariances", "sentence"),
    [
        ([[[1.0, 0.5], [0.4, 1.0]]], r"covariances\[0\] .* is not symmetric"),
        ([np.eye(2), -np.eye(2)], r"covariances\[1\] .* negative variance -1"),
        ([[[1.0, 2.0], [2.0, 1.0]]], "negative eigenvalue -1 as a correlation"),
        ([[[0.0, 0.5], [0.5, 1.0]]], "negative eigenvalue"),
        ([[[np.nan, 0.0], [0.0, 1.0]]], "not finite"),
        ([np.eye(2), np.eye(3)], r"are \(2, 2\), \(3, 3\) in turn"),
        (np.eye(2), r"are \(2,\), \(2,\) in turn"),
        ([], "are none in turn"),
    ],
)
def test_refuses_what_is_not_a_covariance(covariances, sentence):
    with pytest.raises(InvalidDataError, match=sentence):
        EnvironmentMoments.from_covariances(covariances, 10)


@pytest.mark.parametrize("n_samples", [0, -5, [10], [10, 0], 10.5, [1, 2, 3], True])
def test_refuses_sizes_that_are_not_positive_integers(n_samples):
    with pytest.raises(InvalidDataError, match="one positive integer, or one for each of the 2"):
        EnvironmentMoments.from_covariances([np.eye(2)] * 2, n_samples)


def test_refuses_means_and_labels_that_do_not_fit():
    S = [np.eye(2)] * 2
    with pytest.raises(InvalidDataError, match=r"of shape \(2, 2\), .* have shape \(2,\)"):
        EnvironmentMoments.from_covariances(S, 10, means=[0.0, 1.0])
    with pytest.raises(EnvironmentLabelError, match="each of the 2 environments"):
        EnvironmentMoments.from_covariances(S, 10, labels=["a"])
    with pytest.raises(
        EnvironmentLabelError, match=r"must be sorted and differ, but are \['a', 'a'"
    ):
        EnvironmentMoments.from_covariances(S, 10, labels=["a", "a"])


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        ([0, 1], r"each of the 3 samples, but the labels have shape \(2,\)"),
        ([[0], [1], [0]], r"have shape \(3, 1\)"),
        (np.array(["a", None, "b"], dtype=object), "1 of the .* labels are missing, .* row 1"),
        ([0.0, 1.0, np.nan], "1 of the .* labels are missing, .* row 2"),
        (np.array(["a", 1, "b"], dtype=object), "one type, but are int and str"),
    ],
)
def test_refuses_labels_that_do_not_fit_the_samples(labels, sentence):
    with pytest.raises(EnvironmentLabelError, match=sentence):
        EnvironmentMoments.from_samples(np.eye(3), labels)


def test_refuses_labels_of_two_types_in_two_chunks():
    chunks = [(np.eye(2), "a"), (np.eye(2), 0)]
    with pytest.raises(EnvironmentLabelError, match="'a' and 0 are labels of the same data"):
        EnvironmentMoments.from_chunks(chunks)


def test_refuses_a_dataset_without_labels(data):
    with pytest.raises(EnvironmentLabelError, match="The Dataset has no environment labels"):
        EnvironmentMoments.from_dataset(Dataset(X=data.X))


def test_names_the_row_of_what_is_not_finite_in_shuffled_data(data):
    X = data.X.copy()
    X[321, 1] = np.nan
    with pytest.raises(InvalidDataError, match="nan in row 321, column 'b'"):
        EnvironmentMoments.from_samples(X, data.environments, chunk_size=50, names=data.names)
