"""What a user's own tally counts, as text: for the hash that tells whether two catalogues mean the same."""

import inspect
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

_CONSTANTS = (bool, int, float, str, bytes, tuple, frozenset, type(None))


def source_of(function: Callable[..., Any]) -> str:
    """Source of a function, and of the functions and constants of its own file that it names.

    Raises `OSError` or `TypeError` where there is no source.
    """
    return "\n".join(_sources(function, set()))


def _sources(function: Callable[..., Any], seen: set[Any]) -> Iterator[str]:
    plain = inspect.unwrap(getattr(function, "py_func", function))
    if plain in seen:
        return
    seen.add(plain)
    yield inspect.getsource(plain)
    known = getattr(plain, "__globals__", {})
    for name in sorted(_names(plain.__code__)):
        value = known.get(name)
        value = getattr(value, "py_func", value)
        if inspect.isfunction(value) and value.__module__ == plain.__module__:
            yield from _sources(value, seen)
        elif name in known and isinstance(value, _CONSTANTS):
            yield f"{name} = {value!r}"


def _names(code: CodeType) -> set[str]:
    """Names that code looks up, also in functions inside it."""
    inside = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return set(code.co_names).union(*(_names(one) for one in inside))
