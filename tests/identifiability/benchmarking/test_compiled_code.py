"""Keys of code: another text, another key, in a notebook and in a file that changed."""

import importlib
import sys
import types

import pytest
from sklearn.base import BaseEstimator

from identifiability.benchmarking.fingerprints import fingerprint

SOURCE = """
import functools
N = 3
STEPS = ("a", "b")

@functools.cache
def helper():
    return 1 if "x" in {"x", "y"} else 2

def draw(n=5, *, random_state):
    return [helper() * N for _ in range(n)]

class Method(BaseEstimator):
    def fit(self, X, y=None):
        return self.step()

    @staticmethod
    def step():
        return helper()
"""


@pytest.fixture
def sources(monkeypatch):
    """Hash what a notebook of some text defines under a name."""

    def hashed(name, old="", new=""):
        notebook = types.ModuleType("a_notebook")
        notebook.BaseEstimator = BaseEstimator
        monkeypatch.setitem(sys.modules, "a_notebook", notebook)
        exec(SOURCE.replace(old, new), vars(notebook))
        thing = getattr(notebook, name)
        found = fingerprint(thing() if isinstance(thing, type) else thing, "it")
        return found.text, found.sources

    return hashed


@pytest.mark.parametrize("name", ["draw", "Method"])
def test_the_same_text_typed_again_has_the_same_key(sources, name):
    assert sources(name) == sources(name)
    assert sources(name)[1]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("draw", "helper() * N", "helper() + N"),
        ("draw", "N = 3", "N = 4"),
        ("draw", "n=5", "n=6"),
        ("draw", "return 1", "return 7"),
        ("Method", "return helper()", "return 2"),
        ("Method", '"y"', '"z"'),
    ],
)
def test_other_code_has_another_version_and_the_same_name(sources, name, old, new):
    before, after = sources(name), sources(name, old, new)
    assert before[0] == after[0]
    assert before[1] != after[1]


def test_a_file_that_changed_after_import_has_a_key_that_no_later_process_finds(
    tmp_path, monkeypatch
):
    file = tmp_path / "changed_toys.py"
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    file.write_text("def draw(): return 1")
    import changed_toys

    before = fingerprint(changed_toys.draw, "it").sources
    file.write_text("def draw(): return 2222")
    stale = fingerprint(changed_toys.draw, "it").sources
    importlib.reload(changed_toys)
    assert len({before, stale, fingerprint(changed_toys.draw, "it").sources}) == 3


def test_what_is_compiled_into_python_has_no_source():
    assert not fingerprint(len, "it").sources
