"""Keys of configurations: the same text for the same settings, in every process."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import sys
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property, lru_cache, partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from causalrep.exceptions import InvalidDataError
from identifiability.benchmarking.compiled_code import compiled_code

__all__ = ["Fingerprint", "code_version", "digest", "fingerprint"]

_PACKAGES = ("causalrep", "discovery", "identifiability", "simulators")
_LIBRARIES = ("numpy", "scipy", "scikit-learn", "torch", "cvxpy")
_DEEPEST = 30


@dataclass(frozen=True)
class Fingerprint:
    """What a configuration is, and on what sources outside of causalrep it rests.

    Parameters
    ----------
    text : str
        The same for the same settings.
    sources : tuple of str
        Hashes of its functions and classes as they are loaded, and of the files that define
        them, ours excepted.
    """

    text: str
    sources: tuple[str, ...] = ()


def fingerprint(thing: Any, what: str) -> Fingerprint:
    """Describe a function, estimator or value, arrays by their dtype, shape and bytes.

    Parameters
    ----------
    thing : object
        Numbers, texts, arrays, tuples, lists, mappings, sets, enumerations, estimators, importable
        functions and classes, ``functools.partial`` of these, and plain objects that hold them.
    what : str
        How messages call it.

    Returns
    -------
    Fingerprint

    Raises
    ------
    InvalidDataError
        If it holds something that has no such description, such as a lambda or a generator.
    """
    writer = _Writer(what)
    text = writer.written(thing)
    return Fingerprint(text, tuple(sorted(writer.sources)))


def digest(*texts: str) -> str:
    """Return the SHA-256 of texts, which are told apart from their concatenation."""
    total = hashlib.sha256()
    for text in texts:
        encoded = text.encode()
        total.update(f"{len(encoded)}:".encode())
        total.update(encoded)
    return total.hexdigest()


@lru_cache(maxsize=1)
def code_version() -> str:
    """Return a hash of the sources of the four packages and of the libraries' versions.

    Returns
    -------
    str
        Computed once in a process.
    """
    parts = [f"{name} {_version_of(name)}" for name in ("causalrep", *_LIBRARIES)]
    for name in _PACKAGES:
        for folder in map(Path, importlib.import_module(name).__path__):
            for path in sorted(folder.rglob("*.py")):
                parts += [f"{name}/{path.relative_to(folder).as_posix()}", _hash_of(path)]
    return digest(*parts)


def _version_of(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "absent"


def _hash_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@dataclass
class _Writer:
    what: str
    sources: set[str] = field(default_factory=set)
    depth: int = 0

    def written(self, thing: Any) -> str:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.refusal(thing, "is nested too deeply, or holds itself")
        text = self.plain(thing) or self.listed(thing) or self.called(thing) or self.held(thing)
        self.depth -= 1
        return text

    def plain(self, thing: Any) -> str | None:
        """Write values that have no parts."""
        if thing is None or isinstance(thing, bool | np.bool_):
            return str(thing)
        if isinstance(thing, Enum):
            return f"{self.named(type(thing))}.{thing.name}"
        if isinstance(thing, np.ndarray):
            return self.array(thing)
        if type(thing).__module__ == "torch" and type(thing).__name__ == "Tensor":
            return f"tensor {thing.dtype} {self.written(thing.detach().cpu().tolist())}"
        for kind, written in _PLAIN:
            if isinstance(thing, kind):
                return written(thing)
        return None

    def array(self, thing: np.ndarray) -> str:
        if thing.dtype.hasobject:
            return f"objects {thing.shape} {self.written(thing.ravel().tolist())}"
        if isinstance(thing, np.ma.MaskedArray):
            return f"masked {self.array(thing.data)} {self.array(np.ma.getmaskarray(thing))}"
        data = hashlib.sha256(np.ascontiguousarray(thing).tobytes()).hexdigest()
        return f"array {thing.dtype.str} {thing.shape} {data}"

    def listed(self, thing: Any) -> str | None:
        """Write collections; what has no order is sorted."""
        if type(thing) in (tuple, list):
            return f"{type(thing).__name__}({', '.join(map(self.written, thing))})"
        if isinstance(thing, range | slice):
            return repr(thing)
        if isinstance(thing, Set):
            return f"set({', '.join(sorted(map(self.written, thing)))})"
        if isinstance(thing, Mapping):
            pairs = [f"{self.written(key)}: {self.written(thing[key])}" for key in thing]
            return f"mapping({', '.join(sorted(pairs))})"
        return None

    def called(self, thing: Any) -> str | None:
        """Write functions, methods, classes and partial applications of them."""
        if isinstance(thing, partial):
            parts = (thing.func, list(thing.args), thing.keywords)
            return f"partial({', '.join(map(self.written, parts))})"
        owner = getattr(thing, "__self__", None)
        if callable(thing) and owner is not None and not inspect.ismodule(owner):
            return f"method {getattr(thing, '__name__', '')} of {self.written(owner)}"
        named = callable(thing) and hasattr(thing, "__qualname__")
        return self.named(thing) if named or isinstance(thing, np.ufunc) else None

    def held(self, thing: Any) -> str:
        """Write an object by its class and what it holds."""
        if isinstance(thing, np.random.Generator | np.random.RandomState):
            raise self.refusal(
                thing,
                "is a generator, whose draws depend on what drew from it before. Give an int, or "
                "leave random_state to the benchmark",
            )
        if isinstance(thing, BaseEstimator):
            state: Any = thing.get_params(deep=False)
        else:
            state = self.state(thing)
        return f"{self.named(type(thing))}({self.written(state)})"

    def state(self, thing: Any) -> Any:
        """Return what rebuilds an object, as it tells :mod:`copy`; some cannot be told."""
        try:
            rebuilt_from = thing.__reduce_ex__(4)
        except (TypeError, AttributeError):
            rebuilt_from = None
        if not isinstance(rebuilt_from, tuple):
            raise self.refusal(thing, "has no description that is the same in every process")
        parts = [list(part) if hasattr(part, "__next__") else part for part in rebuilt_from[1:]]
        return [_without_caches(type(thing), part) for part in parts]

    def named(self, thing: Any) -> str:
        """Name what can be imported, and note the file that defines it."""
        name = f"{getattr(thing, '__module__', None)}.{getattr(thing, '__qualname__', thing)}"
        if isinstance(thing, np.ufunc):
            return f"numpy.{thing.__name__}"
        if "<lambda>" in name:
            raise self.refusal(thing, f"is a lambda. {_INSTEAD}")
        if "<locals>" in name:
            raise self.refusal(thing, f"is defined inside a function. {_INSTEAD}")
        module = sys.modules.get(getattr(thing, "__module__", None) or "")
        if module is not None and not _is_found(module, thing):
            raise self.refusal(thing, f"is not what its module has under its name. {_INSTEAD}")
        self.note_source(module, thing)
        return name

    def note_source(self, module: Any, thing: Any) -> None:
        """Note the file of a module, and what is loaded, which may be of the file as it was.

        What was typed into a notebook or shell is in no file, so there globals count too.
        """
        name, file = getattr(module, "__name__", ""), getattr(module, "__file__", None)
        if name.partition(".")[0] in _PACKAGES:
            return
        is_source = file is not None and Path(file).suffix == ".py" and Path(file).is_file()
        if is_source:
            self.sources.add(_hash_of(Path(file)))
        written = (lambda value: None) if is_source else self.plain
        self.sources.update(map(digest, compiled_code(thing, written)))

    def refusal(self, thing: Any, reason: str) -> InvalidDataError:
        return InvalidDataError(
            f"The settings of {self.what} must be told in a key, but {_short(thing)} {reason}."
        )


_PLAIN: tuple[tuple[Any, Callable[[Any], str]], ...] = (
    (int | np.integer, lambda value: f"int {int(value)}"),
    (np.longdouble, lambda value: f"longdouble {value!r}"),
    (float | np.floating, lambda value: f"float {float(value).hex()}"),
    (complex, lambda value: f"complex {value.real.hex()} {value.imag.hex()}"),
    (str, lambda value: f"str {str(value)!r}"),
    (bytes, lambda value: f"bytes {hashlib.sha256(value).hexdigest()}"),
    (PurePath, lambda value: f"path {str(value)!r}"),
)
_INSTEAD = (
    "Write a function at the top of a module, and fix its arguments by "
    "functools.partial(function, argument=value)"
)


def _without_caches(kind: type, state: Any) -> Any:
    """Leave out what a ``cached_property`` has stored, for it comes with use."""
    if not isinstance(state, dict):
        return state
    return {
        name: value
        for name, value in state.items()
        if not isinstance(inspect.getattr_static(kind, str(name), None), cached_property)
    }


def _is_found(module: Any, thing: Any) -> bool:
    found = module
    for part in thing.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is thing


def _short(thing: Any) -> str:
    text = repr(thing)
    return text if len(text) <= 80 else f"{text[:77]}..."
