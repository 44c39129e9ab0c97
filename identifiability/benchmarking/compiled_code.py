"""What a function or class that is loaded does, whatever its file says by now."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from itertools import chain
from types import CodeType, FunctionType
from typing import Any

__all__ = ["compiled_code"]


def compiled_code(thing: Any, written: Callable[[Any], str | None]) -> list[str]:
    """Describe a function or class by its compiled code, and by what it reads of its module.

    Parameters
    ----------
    thing : function or class
        Functions and classes of its module that it calls count too.
    written : callable
        Returns the text of a value among its defaults and globals, None for what does not count.

    Returns
    -------
    list of str
        One a function, the same in every process of one version of Python; none for what is
        compiled into Python itself.
    """
    seen: dict[str, str] = {}
    waiting = [thing]
    while waiting:
        for function in _functions(waiting.pop()):
            if function.__qualname__ not in seen:
                read = [function.__globals__.get(name) for name in _names(function.__code__)]
                own = (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())
                values = [written(value) for value in (*read, *own)]
                seen[function.__qualname__] = repr((_told(function.__code__), values))
                waiting += [value for value in read if _is_beside(function, value)]
    return [f"{name}: {seen[name]}" for name in sorted(seen)]


def _is_beside(function: FunctionType, value: Any) -> bool:
    """Whether a value is a function or class of the same module."""
    is_here = callable(value) and getattr(value, "__module__", None) == function.__module__
    return is_here and isinstance(inspect.unwrap(value), FunctionType | type)


def _functions(thing: Any) -> Iterator[FunctionType]:
    """Give a function, or those of a class and of its bases in the same module."""
    thing = inspect.unwrap(thing) if callable(thing) else thing
    if isinstance(thing, FunctionType):
        yield thing
    elif isinstance(thing, type):
        kinds = [kind for kind in thing.__mro__ if kind.__module__ == thing.__module__]
        for member in chain.from_iterable(vars(kind).values() for kind in kinds):
            yield from _functions(_plain_function(member))


def _plain_function(member: Any) -> Any:
    """Return what a property, static or class method wraps; no class, which may hold itself."""
    found = getattr(member, "__func__", getattr(member, "fget", member))
    return None if isinstance(found, type) else found


def _names(code: CodeType) -> list[str]:
    """Return the names that code and the functions in it read, sorted."""
    inner = [const for const in code.co_consts if isinstance(const, CodeType)]
    return sorted({*code.co_names, *(name for part in inner for name in _names(part))})


def _told(thing: Any) -> Any:
    """Return code, or a constant in it, as what has the same ``repr`` in every process."""
    if isinstance(thing, CodeType):
        return thing.co_code.hex(), thing.co_names, [_told(part) for part in thing.co_consts]
    if isinstance(thing, frozenset):
        return sorted(map(repr, thing))
    return [_told(part) for part in thing] if isinstance(thing, tuple) else repr(thing)
