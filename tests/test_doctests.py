"""Every example in a docstring runs and prints what it says."""

import importlib
from pathlib import Path

import pytest
from scipy_doctest import DTConfig, testmod

ROOT = Path(__file__).parents[1]
PACKAGES = ("causalrep", "discovery", "identifiability", "simulators")
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in FILES
    if ">>> " in path.read_text()
]

testmod.__test__ = False


@pytest.mark.parametrize("module", MODULES)
def test_examples_print_what_they_say(module, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = DTConfig(rtol=1e-3, stopwords=set())
    result, _ = testmod(importlib.import_module(module), config=config)
    assert result.attempted > 0
    assert result.failed == 0
