"""The file of records: what survives, what is cut off, what is refused."""

import json
import os
import threading
import zlib
from dataclasses import replace
from math import inf

import pytest

from causalrep.exceptions import PersistenceError
from identifiability import BenchmarkRecord, Store
from identifiability.benchmarking import store as store_module


def record(number, **more):
    return BenchmarkRecord(
        estimator="PC", dataset="chain", seed=number, scores={"mcc": 0.1}, key=f"k{number}", **more
    )


def append(path, content):
    """Write a line as the store does."""
    line = json.dumps(content).encode()
    with path.open("ab") as file:
        file.write(b"%08x %s\n" % (zlib.crc32(line), line))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "results.jsonl"


@pytest.fixture
def filled(path):
    store = Store(path)
    for number in range(3):
        store.append(record(number))
    return path


def test_records_come_back_as_they_were(path):
    full = record(7, unscored={"graph": "why"}, failure="E: ü\n", warnings=("a", "b"), seconds=0.1)
    Store(path).append(full)
    assert Store(path).records() == {"k7": full}


@pytest.mark.parametrize("value", [0.1 + 0.2, 5e-324, inf, -inf])
def test_scores_come_back_bit_by_bit(path, value):
    Store(path).append(record(0))
    Store(path).append(
        BenchmarkRecord(estimator="", dataset="", seed=1, scores={"x": value}, key="k")
    )
    assert Store(path).records()["k"].scores["x"] == value


def test_lines_are_plain_json_behind_a_checksum(filled):
    lines = filled.read_text().splitlines()
    assert len(lines) == 4
    assert all(line[8] == " " and line.endswith("}") for line in lines)
    assert "Infinity" not in filled.read_text()


def test_whatever_was_cut_off_the_last_line_the_others_are_there(filled):
    whole = filled.read_bytes()
    last = whole[:-1].rfind(b"\n") + 1
    for size in range(last, len(whole)):
        filled.write_bytes(whole[:size])
        store = Store(filled)
        assert list(store.records()) == ["k0", "k1"]
        assert not store.damaged_lines
        assert filled.read_bytes() == whole[:last]


def test_a_file_cut_off_in_its_first_line_begins_anew(path):
    Store(path)
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        Store(path).append(record(0))
        assert list(Store(path).records()) == ["k0"]


def test_a_torn_line_of_another_writer_does_not_spoil_the_next_record(filled):
    store = Store(filled)
    with filled.open("ab") as file:
        file.write(b"deadbeef {torn")
    store.append(record(9))
    assert list(store.records()) == ["k0", "k1", "k2", "k9"]
    assert b"torn" not in filled.read_bytes()


def test_every_flipped_bit_is_seen_and_its_line_left_aside(filled):
    whole = filled.read_bytes()
    begin = whole.index(b"\n") + 1
    end = whole.index(b"\n", begin)
    for position in range(begin, end, 7):
        for bit in (1, 64):
            changed = bytes([whole[position] ^ bit])
            if changed == b"\n":
                continue
            filled.write_bytes(whole[:position] + changed + whole[position + 1 :])
            store = Store(filled)
            assert list(store.records()) == ["k1", "k2"]
            assert store.damaged_lines == (2,)


def test_a_line_broken_in_two_is_left_aside(filled):
    whole = filled.read_bytes()
    middle = whole.index(b"\n") + 30
    filled.write_bytes(whole[:middle] + b"\n" + whole[middle:])
    assert Store(filled).damaged_lines == (2, 3)
    assert list(Store(filled).records()) == ["k1", "k2"]


def test_of_equal_keys_the_first_counts(path):
    for seconds in (1.0, 2.0):
        Store(path).append(record(0, seconds=seconds))
    assert Store(path).records()["k0"].seconds == 1.0


def test_sees_what_others_have_appended_since(path):
    mine, theirs = Store(path), Store(path)
    theirs.append(record(0))
    assert list(mine.records()) == ["k0"]


def test_threads_append_whole_lines(path):
    def write(start):
        store = Store(path)
        for number in range(start, start + 20):
            store.append(record(number, failure="x" * 9000))

    threads = [threading.Thread(target=write, args=(100 * k,)) for k in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store = Store(path)
    assert len(store) == 60
    assert not store.damaged_lines


def test_what_does_not_fit_on_the_disk_is_taken_back(filled, monkeypatch):
    before = filled.read_bytes()
    store = Store(filled)
    write = os.write
    monkeypatch.setattr(store_module.os, "write", lambda file, line: write(file, line[:9]))
    with pytest.raises(PersistenceError, match=r"Only 9 of \d+ bytes .* Is the disk full"):
        store.append(record(9))
    assert filled.read_bytes() == before


def test_an_error_of_the_disk_is_told_and_leaves_nothing_behind(filled, monkeypatch):
    before = filled.read_bytes()
    store = Store(filled)

    def fail(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store_module.os, "fsync", fail)
    with pytest.raises(PersistenceError, match="cannot be written: No space left"):
        store.append(record(9))
    assert filled.read_bytes() == before


def test_a_store_that_vanishes_or_is_cut_in_use_is_told(filled):
    store = Store(filled)
    filled.write_bytes(filled.read_bytes()[:60])
    with pytest.raises(PersistenceError, match="has become shorter while it was in use"):
        store.append(record(9))
    filled.unlink()
    with pytest.raises(PersistenceError, match="cannot be written: No such file"):
        store.records()
    assert not filled.exists()


def test_refuses_a_folder_and_a_missing_one(tmp_path):
    with pytest.raises(PersistenceError, match=r"is a folder\. Name a file in it"):
        Store(tmp_path)
    with pytest.raises(PersistenceError, match=r"does not exist\. Create it before"):
        Store(tmp_path / "missing" / "results.jsonl")


@pytest.mark.parametrize("content", ["a,b\n1,2\n", '{"format":"ours?"}\n', "no newline", "\n"])
def test_refuses_another_file_and_leaves_it_as_it_is(path, content):
    path.write_text(content)
    with pytest.raises(PersistenceError, match="is no store of this version"):
        Store(path)
    assert path.read_text() == content


def test_refuses_what_is_no_regular_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(PersistenceError, match="no regular file"):
        Store(tmp_path / "pipe")


def test_refuses_a_file_that_it_may_not_write(filled, monkeypatch):
    def refuse(*arguments):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(store_module.os, "open", refuse)
    with pytest.raises(PersistenceError, match="cannot be written: Permission denied"):
        Store(filled)


@pytest.mark.parametrize("thing", [5, replace(record(0), key="")])
def test_refuses_what_has_no_key_for_equal_keys_count_once(tmp_path, thing):
    with pytest.raises(PersistenceError, match="BenchmarkRecord objects with a key"):
        Store(tmp_path / "s.jsonl").append(thing)


def test_a_line_without_fields_that_came_later_is_read_and_one_with_unknown_fields_is_not(path):
    store = Store(path)
    store.append(record(1))
    content = json.loads(record(2).to_json())
    for name in ("lacking", "time_limit"):
        del content[name]
    append(path, content)
    append(path, {**content, "key": "k3", "mood": "good"})
    append(path, {name: value for name, value in content.items() if name != "seed"})
    store = Store(path)
    assert store.records() == {"k1": record(1), "k2": record(2)}
    assert store.damaged_lines == (4, 5)
