"""What numba freezes into a kernel's machine code, as one hash: the name of its file in the cache on disk.

Machine code holds not only a function's own instructions but every constant and every other kernel that it
refers to, and most of those come from other files: the order of an enum's members, a limit, a table.
`content_hash` goes through all of it: the bytecode, the values of the globals, module attributes and outer
variables that it names, and the same of each kernel, intrinsic and function among them. So an edit recompiles
exactly the kernels whose machine code it changes.

Values that numba cannot freeze, such as a dictionary, are passed over: numba refuses to compile a function
that reads one. Names count wherever they occur, as a global or as an attribute; that costs a compilation now
and then, and misses nothing.
"""

from collections.abc import Iterable, Iterator
from enum import Enum
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final

import numpy as np
import xxhash
from numba import types
from numba.core.dispatcher import Dispatcher
from numba.extending import _Intrinsic as Intrinsic

LIBRARIES: Final = frozenset({"builtins", "cmath", "llvmlite", "math", "numba", "numpy", "typing"})
"""What comes from them counts by its name: their versions are pinned, and numba checks its own."""

_SCALARS: Final = (bool, int, float, complex, str, bytes, slice, range, type(None), type(...))
_Frozen = Iterator["str | Dispatcher | Intrinsic | FunctionType"]


def content_hash(kernel: Dispatcher) -> str:
    """16 hex digits over all that a kernel's machine code depends on, but for the types of its arguments. To
    be called once the kernel's module is loaded: constants may be defined below the kernel.
    """
    digest, numbers = xxhash.xxh3_64(), {id(kernel): 0}
    queue: list[Any] = [kernel]
    for function in queue:
        for part in _parts(function):
            if isinstance(part, str):
                digest.update(f"{len(part)}|{part}")
                continue
            if id(part) not in numbers:
                numbers[id(part)] = len(queue)
                queue.append(part)
            digest.update(f"#{numbers[id(part)]}")
    return digest.hexdigest()


def _parts(function: Any) -> _Frozen:
    """What one function freezes: texts that describe it, and the other functions it refers to."""
    if isinstance(function, Dispatcher):
        yield repr(sorted(function.targetoptions.items()))
        function = function.py_func
    elif isinstance(function, Intrinsic):
        function = function._defn
    yield from _of_code(function.__code__)
    yield from _of_value((function.__defaults__, *sorted((function.__kwdefaults__ or {}).items())))
    names = frozenset(_names(function.__code__))
    for cell in function.__closure__ or ():
        yield from _of_named(cell.cell_contents, names)
    for name in sorted(names & function.__globals__.keys()):
        yield name
        yield from _of_named(function.__globals__[name], names)


def _of_code(code: CodeType) -> _Frozen:
    yield from (code.co_code.hex(), code.co_exceptiontable.hex(), *code.co_names)
    for constant in code.co_consts:
        yield from _of_code(constant) if isinstance(constant, CodeType) else _of_value(constant)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _of_named(value: Any, names: Iterable[str]) -> _Frozen:
    """A value; of a module of ours the attributes that may be meant."""
    if not isinstance(value, ModuleType):
        yield from _of_value(value)
    elif not _is_library(value.__name__):
        for name in sorted(vars(value).keys() & names):
            yield f"{value.__name__}.{name}"
            yield from _of_value(vars(value)[name])


def _of_value(value: Any) -> _Frozen:
    match value:
        case Dispatcher() | Intrinsic():
            yield value
        case FunctionType():
            yield f"{value.__module__}.{value.__qualname__}" if _is_library(value.__module__) else value
        case Enum():
            yield f"{type(value).__qualname__}.{value.name}"
            yield from _of_value(value.value)
        case tuple():
            yield f"{type(value).__qualname__}{getattr(value, '_fields', '')}({len(value)}"
            for item in value:
                yield from _of_value(item)
        case type():
            yield from _of_class(value)
        case _:
            yield _text(value)


def _of_class(value: type) -> _Frozen:
    """A class by its name, of an enum the members, of a named tuple the fields and their defaults."""
    yield f"{value.__module__}.{value.__qualname__}{getattr(value, '_fields', '')}"
    members = [(name, member.value) for name, member in getattr(value, "__members__", {}).items()]
    yield from _of_value((*members, *sorted(getattr(value, "_field_defaults", {}).items())))


def _text(value: Any) -> str:
    """A value that is no function and holds none."""
    match value:
        case np.ndarray() | np.generic():
            return f"{value.dtype!r}{value.shape}{xxhash.xxh3_128_hexdigest(value.tobytes())}"
        case frozenset():
            return f"frozenset{sorted(map(repr, value))}"
        case np.dtype() | types.Type():
            return repr(value)
        case _ if isinstance(value, _SCALARS):
            return f"{type(value).__name__}:{value!r}"
        case _ if callable(value):
            return f"{getattr(value, '__module__', '')}.{getattr(value, '__name__', '')}"
        case _:
            return f"a {type(value).__qualname__}"


def _is_library(module: str) -> bool:
    return module.partition(".")[0] in LIBRARIES
