"""The gate of public functions: what an annotation promises is checked before anything runs."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sized
from math import isfinite
from numbers import Integral, Real
from typing import Any, Literal, ParamSpec, TypeVar, get_args, get_origin

import numpy as np

from causalrep.argument_arrays import array, positions, real_array, samples, shown
from causalrep.exceptions import InvalidArgumentError, NotAGraphError
from causalrep.graphs import Graph

__all__ = [
    "array",
    "checked",
    "count",
    "instance",
    "listed",
    "lists",
    "names",
    "number",
    "ordered_names",
    "positions",
    "real_array",
    "samples",
]

Check = Callable[[str, Any], Any]
_Parameters = ParamSpec("_Parameters")
_Answer = TypeVar("_Answer")
_MOST = 2**31 - 1


def checked(
    **wanted: Check,
) -> Callable[[Callable[_Parameters, _Answer]], Callable[_Parameters, _Answer]]:
    """Refuse arguments that are not of the kind that the annotations of a function name.

    Checked are ``int``, ``float``, ``bool``, ``str``, ``Literal``, ``Graph`` and ``np.ndarray``,
    with ``| None`` or without, and every ``random_state``. A bool is no number, NaN and infinity
    are no float, and text, dates, complex, masked and sparse entries no array. What is called
    ``n_...`` counts things that are made, so it is at most 2 ** 31 - 1.

    Parameters
    ----------
    **wanted : callable
        For an argument of that name: called with name and value, returns what is passed on.

    Returns
    -------
    callable
        The decorator.

    Examples
    --------
    >>> from causalrep.arguments import checked, count
    >>> @checked(n_draws=count(1))
    ... def rolled(n_draws: int, *, fair: bool = True):
    ...     return n_draws
    >>> rolled(2)
    2
    >>> rolled(True)
    Traceback (most recent call last):
    causalrep.exceptions.InvalidArgumentError: rolled wants n_draws to be an integer, but got True.
    """

    def decorate(function: Callable[_Parameters, _Answer]) -> Callable[_Parameters, _Answer]:
        signature = inspect.signature(function)
        wanted_of = functools.partial(_check_of, names_known=function.__globals__)
        checks = {
            name: check
            for name, parameter in signature.parameters.items()
            if (check := wanted_of(parameter, wanted.get(name))) is not None
        }
        caller = function.__qualname__.removesuffix(".__init__")

        @functools.wraps(function)
        def call(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Answer:
            bound = signature.bind(*args, **kwargs)
            for name in bound.arguments.keys() & checks.keys():
                value = checks[name](f"{caller} wants {name} to be", bound.arguments[name])
                bound.arguments[name] = value
            return function(*bound.args, **bound.kwargs)

        return call

    return decorate


def count(least: int | None = None, most: int = _MOST) -> Check:
    """Want an integer within bounds.

    Parameters
    ----------
    least : int, default=None
        The smallest that is allowed; any where None is given.
    most : int, default=2**31 - 1
        The largest that is allowed.

    Returns
    -------
    callable
    """

    def check(wanted: str, value: Any) -> Any:
        value = _integer(wanted, value)
        if least is not None and value < least:
            raise InvalidArgumentError(f"{wanted} at least {least}, but got {shown(value)}.")
        if value > most:
            raise InvalidArgumentError(f"{wanted} at most {most}, but got {shown(value)}.")
        return value

    return check


def number(low: float = -np.inf, high: float = np.inf, *, open_low: bool = False) -> Check:
    """Want a finite number within bounds.

    Parameters
    ----------
    low, high : float
        Bounds, which are allowed themselves.
    open_low : bool, default=False
        The lower bound is not allowed itself.

    Returns
    -------
    callable
    """

    def check(wanted: str, value: Any) -> Any:
        value = _number(wanted, value)
        if not low <= value <= high or (open_low and value == low):
            bounds = f"above {low:g}" if open_low else f"at least {low:g}"
            upper = "" if high == np.inf else f" and at most {high:g}"
            raise InvalidArgumentError(f"{wanted} {bounds}{upper}, but got {value!r}.")
        return value

    return check


def instance(*kinds: type | str) -> Check:
    """Want an object of a class, given itself or, where it is heavy to import, by its name.

    Parameters
    ----------
    *kinds : type or str
        Classes that are allowed.

    Returns
    -------
    callable
    """
    spelled = [kind if isinstance(kind, str) else kind.__name__ for kind in kinds]

    def check(wanted: str, value: Any) -> Any:
        if {cls.__name__ for cls in type(value).__mro__}.isdisjoint(spelled):
            raise InvalidArgumentError(
                f"{wanted} a {' or '.join(spelled)}, but got {shown(value)}."
            )
        return value

    return check


def listed(wanted: str, value: Any) -> Any:
    """Want a list, tuple or array, and leave it to the function what is in it.

    Parameters
    ----------
    wanted : str
        Beginning of the sentence that refuses.
    value : object

    Returns
    -------
    sequence
    """
    unlisted = isinstance(value, str | bytes | Mapping)
    if unlisted or not (isinstance(value, Sized) and hasattr(value, "__getitem__")):
        raise InvalidArgumentError(f"{wanted} a list, but got {shown(value)}.")
    return value


def lists(wanted: str, value: Any) -> Any:
    """Want a list of lists, such as the targets of every environment.

    Parameters
    ----------
    wanted : str
        Beginning of the sentence that refuses.
    value : object

    Returns
    -------
    sequence
    """
    for item in listed(wanted, value):
        if isinstance(item, str | bytes) or not isinstance(item, Iterable):
            raise InvalidArgumentError(
                f"{wanted} a list of lists, but one of them is {shown(item)}."
            )
    return value


def names(wanted: str, value: Any) -> Any:
    """Want names, in any collection, and leave it to the function what they must be.

    Parameters
    ----------
    wanted : str
        Beginning of the sentence that refuses.
    value : object

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> import pandas as pd
    >>> from causalrep.arguments import names
    >>> names("We want them to be", pd.Index(["a", "b"]))
    ('a', 'b')
    """
    many = isinstance(value, Collection) and getattr(value, "shape", None) != ()
    items = tuple(value) if many else (None,)
    if not all(isinstance(name, str) for name in items):
        raise InvalidArgumentError(f"{wanted} a sequence of names, but got {shown(value)}.")
    return items


def ordered_names(wanted: str, value: Any) -> Any:
    """Want names in an order, as those of columns are, so neither a set nor a mapping.

    Parameters
    ----------
    wanted : str
        Beginning of the sentence that refuses.
    value : object

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> from causalrep.arguments import ordered_names
    >>> ordered_names("We want them to be", ["a", "b"])
    ('a', 'b')
    """
    if isinstance(value, set | frozenset | Mapping):
        raise InvalidArgumentError(
            f"{wanted} names in the order of what they name, but got {shown(value)}. Pass a list."
        )
    return names(wanted, value)


def _check_of(
    parameter: inspect.Parameter, wanted: Check | None, names_known: Mapping[str, Any]
) -> Check | None:
    if wanted is None:
        return _promised(parameter, names_known)
    return _optional(wanted) if parameter.default is None else wanted


def _promised(parameter: inspect.Parameter, names_known: Mapping[str, Any]) -> Check | None:
    """Return the check of what an annotation names; None where it names nothing we check."""
    if parameter.name == "random_state":
        return _seed
    kind = parameter.annotation
    text = kind.__name__ if isinstance(kind, type) else str(kind).removeprefix("typing.")
    alias = names_known.get(text)
    if get_origin(alias) is Literal:
        text = f"Literal{list(get_args(alias))}"
    text = text.replace("'", '"')
    kind, _, rest = text.partition(" | ")
    check = _literal(text) if text.startswith("Literal") else _KINDS.get(kind)
    if kind == "int" and parameter.name.startswith("n_"):
        check = count()
    if check is None or (rest and rest != "None"):
        return None
    return _optional(check) if rest or parameter.default is None else check


def _optional(check: Check) -> Check:
    return lambda wanted, value: None if value is None else check(wanted, value)


def _literal(text: str) -> Check | None:
    choices = re.findall(r'"([^"]*)"', text)
    if not choices or "|" in text.partition("]")[2]:
        return None

    def check(wanted: str, value: Any) -> Any:
        if not isinstance(value, str) or value not in choices:
            known = ", ".join(map(repr, choices))
            raise InvalidArgumentError(f"{wanted} one of {known}, but got {shown(value)}.")
        return value

    return check


def _scalar(value: Any) -> Any:
    """Return the entry of an array or tensor without dimensions, and anything else as it is."""
    bare = getattr(value, "shape", None) == () and not isinstance(value, np.generic)
    return value.item() if bare and hasattr(value, "item") else value


def _integer(wanted: str, value: Any) -> Any:
    value = _scalar(value)
    if isinstance(value, bool | np.bool_) or not isinstance(value, Integral):
        raise InvalidArgumentError(f"{wanted} an integer, but got {shown(value)}.")
    if abs(int(value)) > 2**63 - 1:
        raise InvalidArgumentError(f"{wanted} an integer of at most 64 bits, but it is larger.")
    return value


def _number(wanted: str, value: Any) -> Any:
    value = _scalar(value)
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise InvalidArgumentError(f"{wanted} a number, but got {shown(value)}.")
    try:
        finite = isfinite(value)
    except OverflowError:
        finite = False
    if not finite:
        raise InvalidArgumentError(f"{wanted} a finite number, but got {shown(value)}.")
    return value


def _flag(wanted: str, value: Any) -> Any:
    value = _scalar(value)
    if not isinstance(value, bool | np.bool_):
        raise InvalidArgumentError(f"{wanted} True or False, but got {shown(value)}.")
    return value


def _text(wanted: str, value: Any) -> Any:
    if not isinstance(value, str):
        raise InvalidArgumentError(f"{wanted} a word, but got {shown(value)}.")
    return value


def _graph(wanted: str, value: Any) -> Any:
    if not isinstance(value, Graph):
        raise NotAGraphError(
            f"{wanted} a Graph, but got {shown(value)}, of type {type(value).__name__}. "
            "Graph.from_text('A --> B') makes one, and Graph.from_array(A, edge_direction=...)."
        )
    return value


def _seed(wanted: str, value: Any) -> Any:
    numpys = np.random
    kinds = numpys.Generator | numpys.RandomState | numpys.SeedSequence | numpys.BitGenerator
    if value is None or isinstance(value, kinds):
        return value
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 0:
        raise InvalidArgumentError(
            f"{wanted} None, an integer from 0 on or a generator, but got {shown(value)}."
        )
    return value


_KINDS: dict[str, Check] = {
    "int": _integer,
    "float": _number,
    "bool": _flag,
    "str": _text,
    "Graph": _graph,
    "np.ndarray": array(),
    "ndarray": array(),
    "ArrayLike": array(),
}
