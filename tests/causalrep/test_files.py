"""A file appears complete or not at all."""

import pytest

from causalrep.files import written_whole


def test_a_file_appears_when_all_went_well(tmp_path):
    with written_whole(tmp_path / "a") as aside:
        aside.write_text("new")
        assert not (tmp_path / "a").exists()
    assert [path.read_text() for path in tmp_path.iterdir()] == ["new"]


def write_half(path):
    with written_whole(path) as aside:
        aside.write_text("half")
        raise ZeroDivisionError


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path):
    (tmp_path / "a").write_text("old")
    with pytest.raises(ZeroDivisionError):
        write_half(tmp_path / "a")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]
