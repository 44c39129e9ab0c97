"""The wheel and the source archive hold what they should, and nothing else."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[1]
PACKAGES = {"causalrep", "discovery", "identifiability", "simulators"}


def files_of_packages():
    return {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    return Path(next(WheelBuilder(str(ROOT)).build(directory=str(folder))))


@pytest.fixture(scope="module")
def files(wheel):
    return set(zipfile.ZipFile(wheel).namelist())


@pytest.fixture(scope="module")
def source_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sdist")
    archive = next(SdistBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"]))
    with tarfile.open(archive) as contents:
        return {PurePosixPath(*Path(name).parts[1:]).as_posix() for name in contents.getnames()}


def test_the_wheel_holds_exactly_four_packages(files):
    folders = {name.split("/")[0] for name in files}
    assert {name for name in folders if not name.endswith(".dist-info")} == PACKAGES


def test_the_wheel_holds_every_file_of_the_packages(files):
    assert {name for name in files if ".dist-info/" not in name} == files_of_packages()


def test_every_package_says_that_it_is_typed(files):
    assert {f"{package}/py.typed" for package in PACKAGES} <= files


def test_the_wheel_carries_the_licence_and_the_command(files):
    names = {name.split(".dist-info/")[1] for name in files if ".dist-info/" in name}
    assert {"licenses/LICENSE", "entry_points.txt"} <= names


def test_bundled_data_come_with_their_licences(files):
    data = {PurePosixPath(name) for name in files if name.endswith((".csv", ".csv.gz", ".txt.gz"))}
    texts = {PurePosixPath(name) for name in files if "LICENSE" in name or "LICENCE" in name}
    licensed = {folder for text in texts for folder in [text.parent]}
    assert {table.parent for table in data} <= licensed


def test_the_source_archive_can_be_built_and_tested(source_files):
    needed = {"pyproject.toml", "Makefile", "constraints.txt", "README.md", "LICENSE"}
    needed |= {"tests/conftest.py", "docs/conf.py"}
    assert needed | files_of_packages() <= source_files


def test_the_source_archive_holds_nothing_built(source_files):
    built = (".venv", "docs/_build", "docs/gallery", "docs/reference", ".git/", "dist/")
    assert not [name for name in source_files if name.startswith(built) or "__pycache__" in name]


@pytest.mark.slow
def test_the_installed_wheel_imports_from_its_own_folder(wheel, tmp_path):
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target"]
    subprocess.run([*install, str(tmp_path), str(wheel)], check=True)
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import causalrep, discovery; "
    code += "print(causalrep.__file__, discovery.__file__)"
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert all(path.startswith(str(tmp_path)) for path in found.stdout.split())
