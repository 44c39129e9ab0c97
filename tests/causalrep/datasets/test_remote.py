"""Fetched files: once, by hash, whole, with a sentence where it fails. No test uses the net."""

import hashlib
import io
from http.client import IncompleteRead
from pathlib import Path
from urllib.error import URLError

import pytest

from causalrep.datasets import remote
from causalrep.datasets.remote import RemoteFile, default_data_home
from causalrep.exceptions import InvalidDataError

CONTENT = b"a,b\n1,2\n"


@pytest.fixture
def table():
    digest = hashlib.sha256(CONTENT).hexdigest()
    return RemoteFile("table.csv", "https://example.org/table.csv", digest, len(CONTENT))


@pytest.fixture
def answers(monkeypatch):
    """Let the network answer with the given content or error, and count the questions."""
    asked = []

    def answer_with(answer):
        def urlopen(url, timeout):
            asked.append(url)
            if isinstance(answer, Exception):
                raise answer
            return io.BytesIO(answer)

        monkeypatch.setattr(remote, "urlopen", urlopen)
        return asked

    return answer_with


def test_a_file_is_downloaded_once(tmp_path, table, answers):
    asked = answers(CONTENT)
    for _ in range(2):
        assert table.fetch(tmp_path / "new").read_bytes() == CONTENT
    assert asked == ["https://example.org/table.csv"]
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["table.csv"]


def test_a_file_that_is_there_needs_no_network(tmp_path, table, answers):
    asked = answers(URLError("offline"))
    (tmp_path / "table.csv").write_bytes(CONTENT)
    assert table.fetch(tmp_path, download=False) == tmp_path / "table.csv"
    assert asked == []


@pytest.mark.parametrize("content", [b"", CONTENT + b"3,4\n", CONTENT[:-1], bytes(10**7)])
def test_other_content_is_refused_and_not_kept(tmp_path, table, answers, content):
    answers(content)
    with pytest.raises(InvalidDataError, match="is not the file it should be: its sha256"):
        table.fetch(tmp_path)
    assert not list(tmp_path.iterdir())


def test_an_endless_answer_is_not_read_to_its_end(table):
    endless = io.BytesIO(bytes(10**7))
    remote._digest_of(endless, table.size)
    assert endless.tell() < 2 * 10**6


def test_a_damaged_file_in_the_folder_is_refused(tmp_path, table):
    (tmp_path / "table.csv").write_bytes(b"other")
    with pytest.raises(InvalidDataError, match=r"is not the file it should be.*Delete it and try"):
        table.fetch(tmp_path)


@pytest.mark.parametrize("error", [URLError("offline"), TimeoutError("slow"), IncompleteRead(b"")])
def test_says_what_to_do_where_the_network_fails(tmp_path, table, answers, error):
    answers(error)
    with pytest.raises(OSError, match=r"cannot be downloaded: .* put it at '.*table.csv'"):
        table.fetch(tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_network_may_be_forbidden(tmp_path, table, answers):
    asked = answers(CONTENT)
    with pytest.raises(FileNotFoundError, match="may not be downloaded"):
        table.fetch(tmp_path, download=False)
    assert asked == []


def test_only_https_is_used(tmp_path):
    with pytest.raises(InvalidDataError, match="by https only, but the address is file:"):
        RemoteFile("a", "file:///etc/passwd", "", 1).fetch(tmp_path)


def test_the_folder_is_the_users_choice(monkeypatch, tmp_path):
    monkeypatch.setenv("CAUSALREP_DATA", str(tmp_path))
    assert default_data_home() == tmp_path
    monkeypatch.delenv("CAUSALREP_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_data_home() == tmp_path / "causalrep"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_data_home() == Path.home() / ".cache" / "causalrep"
