"""What is called: a public thing, a good set of arguments, and the role of each of them."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from causalrep import Graph

_MARKED = (
    ("graph", "Graph"),
    ("range", "tuple[float, float]"),
    ("count", "int"),
    ("number", "float"),
    ("word", "str"),
    ("flag", "bool"),
)


@dataclass(frozen=True)
class Subject:
    """A call that works, argument by argument.

    Parameters
    ----------
    path : str
        Name of the public thing, and of its method where there is one.
    call : callable
    good : mapping of str to object
        Arguments with which it works.
    roles : mapping of str to str
        Roles that the values do not tell; "" leaves an argument alone.
    signature : mapping of str to inspect.Parameter
        Parameters that the call itself does not show.
    """

    path: str
    call: Callable[..., Any]
    good: Mapping[str, Any]
    roles: Mapping[str, str] = field(default_factory=dict)
    signature: Mapping[str, Any] = field(default_factory=dict)

    def arguments(self):
        """Yield name, good value and role of every argument that can be spoiled."""
        parameters = inspect.signature(self.call).parameters
        defaults = {
            name: parameter.default
            for name, parameter in parameters.items()
            if parameter.default is not parameter.empty
        }
        for name, value in {**defaults, **self.good}.items():
            marks = str(parameters[name].annotation) if name in parameters else ""
            role = self.roles.get(name, role_of(name, value, marks))
            if role:
                yield name, value, role

    def allows_none(self, name):
        """Whether None is among the values that an argument may take."""
        known = {**inspect.signature(self.call).parameters, **self.signature}
        return name in known and (
            "None" in str(known[name].annotation) or known[name].default is None
        )

    def with_argument(self, name, value):
        """Return the call with one argument replaced."""
        return lambda: self.call(**{**self.good, name: value})


def role_of(name, value, marks):
    """Tell the role of an argument by its name, its good value and its annotation."""
    if name == "random_state":
        return "seed"
    if value is None:
        return next((role for role, mark in _MARKED if mark in marks), "thing")
    for role, kind in (
        ("flag", bool),
        ("count", int),
        ("number", float),
        ("word", str),
        ("graph", Graph),
    ):
        if isinstance(value, kind):
            return role
    if "tuple[float, float]" in marks:
        return "range"
    return role_of_array(value)


def role_of_array(value):
    """Tell what an array, or a list that is one, stands for."""
    if not isinstance(value, np.ndarray | list | tuple):
        return "thing"
    try:
        array = np.asarray(value)
    except ValueError:
        return "listing"
    if array.dtype.kind not in "fiu" or array.ndim not in (1, 2):
        return "listing"
    if not isinstance(value, np.ndarray):
        return "listing" if array.ndim == 1 else "matrix"
    if array.dtype.kind in "iu":
        return "positions"
    return "vector" if array.ndim == 1 else "matrix"
