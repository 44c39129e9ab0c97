"""The plan of the house: who may import whom, and what importing loads."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("causalrep", "discovery", "identifiability", "simulators")
SEES_EVERYTHING = ("causalrep.cli", "causalrep.report")
AT_MODULE_LEVEL = {"numpy", "scipy", "sklearn", "networkx", "joblib", "array_api_compat"}
HEAVY = {"torch", "cvxpy", "matplotlib", "dask", "pygraphviz"}
HOMELESS = {"utils", "util", "common", "core", "helpers", "misc"}
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def offenders(find):
    """What `find` holds against each file, by module, where it holds anything."""
    return {module_of(path): found for path in FILES if (found := find(path))}


def module_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_type_checking(node):
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def import_statements(body, *, inside_functions=True):
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif not is_type_checking(node) and (
            inside_functions or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ):
            yield from import_statements(
                ast.iter_child_nodes(node), inside_functions=inside_functions
            )


def sees_everything(module):
    return any(f"{module}.".startswith(f"{package}.") for package in SEES_EVERYTHING)


def imported_modules(path, **where):
    for node in import_statements(ast.parse(path.read_text()).body, **where):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif node.module == "causalrep":
            yield from (f"causalrep.{alias.name}" for alias in node.names)
        else:
            yield node.module


def floors():
    """Height of each module of causalrep, read from the contract that import-linter checks."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(c["layers"] for c in settings["contracts"] if c["id"] == "floors")
    return {
        f"causalrep.{name.strip(' ()')}": -depth
        for depth, layer in enumerate(layers)
        for name in layer.split(":")
    }


def test_only_the_ground_floor_is_shared():
    def sideways(path):
        ours = {name.split(".")[0] for name in imported_modules(path)} & set(PACKAGES)
        package = module_of(path).split(".")[0]
        return set() if sees_everything(module_of(path)) else ours - {package, "causalrep"}

    assert not offenders(sideways)


def test_modules_of_causalrep_import_downwards_only():
    height = floors()

    def upwards(path):
        here = ".".join(module_of(path).split(".")[:2])
        seen = {".".join(name.split(".")[:2]) for name in imported_modules(path)}
        return {name for name in seen if height.get(name, -99) > height.get(here, 99)}

    assert not offenders(upwards)


def test_every_module_of_causalrep_has_its_floor():
    found = {".".join(module_of(path).split(".")[:2]) for path in FILES}
    assert {name for name in found if name.startswith("causalrep.")} <= floors().keys()


def test_importing_any_package_loads_no_heavy_library():
    """One process for all: if together with the command line they load none, each loads none."""
    code = f"import sys, causalrep.cli, {', '.join(PACKAGES)}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert not HEAVY & set(loaded)


def test_libraries_of_one_purpose_are_imported_where_they_are_used():
    ours = AT_MODULE_LEVEL | set(PACKAGES) | set(sys.stdlib_module_names)

    def too_early(path):
        outside = {name.split(".")[0] for name in imported_modules(path, inside_functions=False)}
        return outside - ours - ({"torch"} if ".neural" in module_of(path) else set())

    assert not offenders(too_early)


def test_imports_are_absolute_and_name_what_they_import():
    def vague(path):
        statements = import_statements(ast.parse(path.read_text()).body)
        return [
            ast.unparse(node)
            for node in statements
            if getattr(node, "level", 0) or any(alias.name == "*" for alias in node.names)
        ]

    assert not offenders(vague)


def test_there_is_no_room_for_odds_and_ends():
    assert not offenders(lambda path: HOMELESS & {*path.relative_to(ROOT).parts, path.stem})


def test_a_file_is_one_idea_of_at_most_400_lines():
    files = [*FILES, *(ROOT / "tests").rglob("*.py")]
    lengths = {str(path): len(path.read_text().splitlines()) for path in files}
    assert not {path: length for path, length in lengths.items() if length > 400}


def test_tests_are_not_packages():
    assert not list((ROOT / "tests").rglob("__init__.py"))
