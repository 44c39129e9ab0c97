"""Every example in a docstring or a page of the guide runs and prints what it says."""

import importlib
from pathlib import Path

import pytest
from scipy_doctest import DTConfig, testfile, testmod

ROOT = Path(__file__).parents[1]
PACKAGES = ("causalrep", "discovery", "identifiability", "simulators")
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in FILES
    if ">>> " in path.read_text()
]

PAGES = sorted(
    path for path in (ROOT / "docs" / "guide").rglob("*.rst") if ">>> " in path.read_text()
)
CONFIG = DTConfig(rtol=1e-3, stopwords=set())

testmod.__test__ = testfile.__test__ = False


@pytest.mark.parametrize("module", MODULES)
def test_examples_of_docstrings_print_what_they_say(module, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result, _ = testmod(importlib.import_module(module), config=CONFIG)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.name}")
def test_examples_of_the_guide_print_what_they_say(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result, _ = testfile(str(page), module_relative=False, config=CONFIG)
    assert result.attempted > 0
    assert result.failed == 0
