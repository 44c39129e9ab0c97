"""What every public estimator, class and function promises, found from `__all__`."""

import dataclasses
import importlib
import inspect
import pkgutil
from enum import EnumType
from types import FunctionType

import pytest
from numpydoc.docscrape import NumpyDocString
from numpydoc.validate import validate
from sklearn.base import BaseEstimator, clone
from sklearn.utils import estimator_checks as checks

PACKAGES = {"causalrep", "discovery", "identifiability", "simulators"}
PARTS_OF_THE_COMMAND = ("causalrep.cli.", "causalrep.report.")
PUBLIC_MODULES = ("causalrep.cover_conditions", "causalrep.equivalence", "causalrep.latent_covers")
METHOD_TYPES = FunctionType | classmethod | staticmethod | property
ESTIMATOR_SECTIONS = ("Parameters", "Attributes", "Notes", "References", "Examples")
OUTPUT_CHECKS = (
    checks.check_set_output_transform,
    checks.check_set_output_transform_pandas,
    checks.check_transformer_get_feature_names_out,
    checks.check_get_feature_names_out_error,
    checks.check_dataframe_column_names_consistency,
    checks.check_param_validation,
)
SUMMARY = {"GL08", "SS01", "SS02", "SS03", "SS04"}
PARAMETERS = {"PR01", "PR02", "PR03", "PR04", "PR07"}


def public_packages():
    for name in sorted(PACKAGES):
        package = importlib.import_module(name)
        yield package
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            is_hidden = f"{found.name}.".startswith(PARTS_OF_THE_COMMAND)
            if found.ispkg and "._" not in found.name and not is_hidden:
                yield importlib.import_module(found.name)
    yield from map(importlib.import_module, PUBLIC_MODULES)


def public_things():
    things = {}
    for package in public_packages():
        for name in getattr(package, "__all__", ()):
            thing = getattr(package, name)
            if inspect.isclass(thing) or inspect.isfunction(thing):
                things.setdefault(thing, f"{package.__name__}.{name}")
    return {path: thing for thing, path in things.items()}


def public_methods(thing):
    """Names of the methods and properties that a class has from us, mixins included."""
    owners = [owner for owner in reversed(getattr(thing, "__mro__", ())) if is_ours(owner)]
    members = {name: member for owner in owners for name, member in vars(owner).items()}
    return [
        name
        for name, member in members.items()
        if isinstance(member, METHOD_TYPES) and not name.startswith("_")
    ]


def is_ours(thing):
    return thing.__module__.partition(".")[0] in PACKAGES


THINGS = public_things()
ESTIMATORS = {
    path: thing
    for path, thing in THINGS.items()
    if inspect.isclass(thing) and hasattr(thing, "fit") and issubclass(thing, BaseEstimator)
}
TRANSFORMERS = {path: thing for path, thing in ESTIMATORS.items() if hasattr(thing, "transform")}
METHODS = [f"{path}.{name}" for path, thing in THINGS.items() for name in public_methods(thing)]


def is_used(thing):
    """Whether users call it, rather than catch it, inherit from it or get it as a result."""
    if not inspect.isclass(thing):
        return True
    is_result = dataclasses.is_dataclass(thing)
    is_kind = issubclass(thing, Exception) or inspect.isabstract(thing) or has_no_parameters(thing)
    return not (is_result or is_kind)


def has_no_parameters(thing):
    """Enumerations and protocols have a constructor that nobody calls."""
    return isinstance(thing, EnumType) or getattr(thing, "_is_protocol", False)


def complaints(path, codes):
    return [f"{code}: {text}" for code, text in validate(path)["errors"] if code in codes]


# scikit-learn's samples with random labels contradict every causal model, and we say so.
rightly_worried = pytest.mark.filterwarnings(
    "ignore::causalrep.exceptions.IdentifiabilityWarning",
    "ignore::causalrep.exceptions.ModelMismatchWarning",
    "ignore:X does not have valid feature names:UserWarning",
)


@rightly_worried
@checks.parametrize_with_checks([estimator() for estimator in ESTIMATORS.values()])
def test_estimators_keep_the_contract_of_scikit_learn(estimator, check):
    check(estimator)


@rightly_worried
@pytest.mark.filterwarnings("ignore:X (has|does not have valid) feature names:UserWarning")
@pytest.mark.parametrize("check", OUTPUT_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("path", TRANSFORMERS)
def test_latents_come_with_their_names(path, check):
    estimator = TRANSFORMERS[path]()
    check(path.rpartition(".")[2], clone(estimator))


@pytest.mark.parametrize("path", ESTIMATORS)
def test_estimators_say_what_they_assume_and_where_they_come_from(path):
    documentation = NumpyDocString(inspect.getdoc(ESTIMATORS[path]))
    assert not [section for section in ESTIMATOR_SECTIONS if not documentation[section]]


@pytest.mark.parametrize("path", THINGS)
def test_public_things_are_documented(path):
    parameters = set() if has_no_parameters(THINGS[path]) else PARAMETERS
    assert not complaints(path, SUMMARY | parameters)


@pytest.mark.parametrize("path", METHODS)
def test_public_methods_are_documented(path):
    assert not complaints(path, SUMMARY | {"PR02"})


@pytest.mark.parametrize("path", [path for path, thing in THINGS.items() if is_used(thing)])
def test_public_things_show_an_example(path):
    assert not complaints(path, {"EX01"})


def test_what_is_public_exists():
    for package in public_packages():
        missing = [name for name in getattr(package, "__all__", ()) if not hasattr(package, name)]
        assert not missing, f"{package.__name__} does not have {missing}"
