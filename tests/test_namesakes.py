"""Somebody else's package of the same name is refused by name."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("causalrep", "discovery", "identifiability", "simulators")


def import_causalrep(*search_path):
    code = f"import sys; sys.path[:0] = {[str(path) for path in search_path]}; import causalrep"
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=search_path[0]
    ).stderr


@pytest.fixture
def installed(tmp_path):
    """A folder that holds our packages as a wheel lays them out."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / "site" / package)
    return tmp_path / "site"


@pytest.mark.parametrize("name", PACKAGES[1:])
def test_names_a_module_that_hides_ours(name, tmp_path):
    (tmp_path / f"{name}.py").touch()
    message = import_causalrep(tmp_path)
    assert f"ImportError: causalrep brings a package called '{name}'" in message
    assert str(tmp_path / f"{name}.py") in message


def test_names_a_package_that_hides_ours(tmp_path):
    (tmp_path / "discovery").mkdir()
    (tmp_path / "discovery" / "__init__.py").touch()
    assert str(tmp_path / "discovery" / "__init__.py") in import_causalrep(tmp_path)


def test_names_a_package_installed_over_ours(installed):
    intruder = installed / "identifiability" / "__init__.py"
    intruder.write_text('"""Structural identifiability of dynamical systems."""')
    assert f"finds another one: {intruder}" in import_causalrep(installed)


def test_takes_no_offence_at_an_empty_folder_of_the_name(tmp_path):
    (tmp_path / "simulators").mkdir()
    assert import_causalrep(tmp_path) == ""


def test_finds_itself_at_home(installed):
    assert import_causalrep(installed) == ""
