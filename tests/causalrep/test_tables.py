"""Tables from files."""

import pandas as pd
import pytest

from causalrep.exceptions import InvalidDataError
from causalrep.tables import read_table


@pytest.fixture
def frame():
    return pd.DataFrame({"a": [1.5, 2.5], "where": ["x", "y"]})


@pytest.mark.parametrize(("ending", "separator"), [("csv", ","), ("tsv", "\t"), ("TAB", "\t")])
def test_reads_text_tables(tmp_path, frame, ending, separator):
    path = tmp_path / f"table.{ending}"
    frame.to_csv(path, sep=separator, index=False)
    pd.testing.assert_frame_equal(read_table(path), frame)


def test_reads_parquet(tmp_path, frame):
    frame.to_parquet(tmp_path / "table.parquet")
    pd.testing.assert_frame_equal(read_table(tmp_path / "table.parquet"), frame)


def test_leaves_out_a_nameless_column_that_counts_rows(tmp_path, frame):
    frame.to_csv(tmp_path / "table.csv")
    assert list(read_table(tmp_path / "table.csv").columns) == ["a", "where"]


def test_keeps_a_nameless_column_that_says_something(tmp_path, frame):
    frame.set_axis([3, 1]).to_csv(tmp_path / "table.csv")
    assert list(read_table(tmp_path / "table.csv").columns) == ["Unnamed: 0", "a", "where"]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("table.xlsx", b"", "ending in .csv, .tsv, .tab, .parquet, .pq, but .*table.xlsx"),
        ("empty.csv", b"", "cannot be read as a table with a header line: No columns"),
        ("ragged.csv", b"a,b\n1,2\n1,2,3\n", "Expected 2 fields in line 3, saw 3"),
        ("binary.csv", b"\xff\xfe\x00", "cannot be read as a table"),
        ("half.csv", b"a;b\n1,5;2\n", "separated by semicolons, but its ending says commas"),
        ("head.csv", b"a,b\n", "holds no rows below its header"),
        ("fake.parquet", b"not parquet", "is no parquet file"),
    ],
)
def test_refuses_what_is_no_table(tmp_path, name, content, sentence):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidDataError, match=sentence):
        read_table(tmp_path / name)


def test_refuses_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InvalidDataError, match=r"There is no file .*missing.csv"):
        read_table(tmp_path / "missing.csv")


def test_names_what_to_install_for_parquet(tmp_path, monkeypatch):
    (tmp_path / "table.parquet").write_bytes(b"PAR1")

    def without_pyarrow(*arguments, **options):
        raise ImportError("no pyarrow")

    monkeypatch.setattr(pd, "read_parquet", without_pyarrow)
    with pytest.raises(InvalidDataError, match=r"pip install pyarrow, or save the table as .csv"):
        read_table(tmp_path / "table.parquet")
