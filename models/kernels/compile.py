"""How every kernel of the house is compiled: cached on disk, without the interpreter lock, never fast-math.

Numba's cache notices a change of the file that a function is in, but not of functions and constants it takes
from other files: after an update it would run yesterday's machine code. Here a kernel's file in the cache is
named after all that its machine code depends on (`models.kernels.frozen`). So stale code is never loaded, and
an edit recompiles only the kernels it changes. The name is computed at a kernel's first call; that takes four
milliseconds for the largest. Files of earlier versions stay until `make clean` removes them.

The cache is in `__pycache__` next to the kernel's module, under `NUMBA_CACHE_DIR` where that is set, or in
the user's own cache directory where neither can be written.

ruff refuses any other use of `numba.njit` (TID251 in pyproject.toml).
"""

import pickle
import sys
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

import numpy as np
from llvmlite import ir
from numba import njit, types  # noqa: TID251 - the one place that may
from numba.core import cgutils
from numba.core.caching import FunctionCache, IndexDataCacheFile
from numba.extending import intrinsic

from models.kernels.frozen import content_hash

Function = TypeVar("Function", bound=Callable[..., Any])

signed = cast(Callable[[Any], int], np.int64)
"""Any integer as int64: narrow unsigned numbers would turn mixed arithmetic into floats."""


UNREADABLE = (
    AttributeError, ImportError, EOFError, IndexError, KeyError, TypeError, ValueError,
    pickle.UnpicklingError,
)  # fmt: skip
"""What unpickling a file of the cache raises: its index names a class of arguments that was renamed or moved
since, or the file is empty, torn or not one of ours.
"""


class _KernelCache(FunctionCache):  # type: ignore[misc]
    """Numba's cache of one kernel on disk, in files named by the kernel's content."""

    def __init__(self, kernel: Any) -> None:
        super().__init__(kernel.py_func)
        self._kernel = kernel
        self._is_named = False

    def _load_overload(self, sig: Any, target_context: Any) -> Any:
        self._name_files()
        try:
            return super()._load_overload(sig, target_context)
        except UNREADABLE:
            self._cache_file.flush()
            return None

    def _save_overload(self, sig: Any, data: Any) -> None:
        self._name_files()
        super()._save_overload(sig, data)

    def _name_files(self) -> None:
        if not self._is_named:
            name = f"{self._py_func.__module__}.{self._py_func.__qualname__}".replace("<locals>", "locals")
            content = content_hash(self._kernel)
            file = f"{name}-{content}.{sys.implementation.cache_tag}"
            self._cache_file = IndexDataCacheFile(self._cache_path, file, content)
            self._is_named = True

    def _index_key(self, sig: Any, codegen: Any) -> tuple[Any, ...]:
        """Numba knows a named tuple by its class; the order of its fields is the machine code's as well."""
        return (*super()._index_key(sig, codegen), tuple(_fields(sig)))


def _fields(signature: Any) -> Iterator[tuple[str, ...]]:
    """The fields of the named tuples among these argument types."""
    for kind in getattr(signature, "args", signature):
        if isinstance(kind, types.BaseTuple):
            yield getattr(kind, "fields", ())
            yield from _fields(kind.types)


def _compiled(function: Function, **options: bool | str) -> Function:
    compiled: Any = njit(nogil=True, **options)(function)
    compiled._cache = _KernelCache(compiled)
    return cast(Function, compiled)


def kernel(function: Function) -> Function:
    """Compile `function` on its first call. Sums stay integers and divisions IEEE: every machine agrees."""
    return _compiled(function)


def hot(function: Function) -> Function:
    """Like `kernel`, for code that makes no arrays: references to arrays are not counted in it.

    Counting them, an atomic operation for each array handed on, cost more than the work itself when it was
    measured (12.6 us a payment instead of 4). A hot function must not create an array, a view or a slice.
    """
    return _compiled(function, _nrt=False)


def inlined(function: Function) -> Function:
    """Like `hot`, but its code goes into its callers: for the innermost steps."""
    return _compiled(function, _nrt=False, forceinline=True)


def expanded(function: Function) -> Function:
    """Like `kernel`, but written out in its callers before they are compiled: what is a constant there is a
    constant here, so that loops over a fixed number of rows become vector instructions.
    """
    return cast(Function, njit(inline="always")(function))


@intrinsic  # type: ignore[untyped-decorator]
def _population_count(_typing: Any, value: Any) -> Any:  # noqa: ARG001 - numba types the call by this signature
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.int64(types.int64), generate


population_count = cast(Callable[[int], int], _population_count)
"""Number of set bits of an int64; usable in kernels only."""


@intrinsic  # type: ignore[untyped-decorator]
def _prefetch(_typing: Any, array: Any, index: Any) -> Any:  # noqa: ARG001 - as above
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        address = builder.bitcast(builder.gep(data, [arguments[1]]), ir.IntType(8).as_pointer())
        name = "llvm.prefetch.p0"
        function_type = ir.FunctionType(ir.VoidType(), [address.type] + [ir.IntType(32)] * 3)
        function = cgutils.get_or_insert_function(builder.module, function_type, name)
        read, keep, data_cache = ir.IntType(32)(0), ir.IntType(32)(3), ir.IntType(32)(1)
        builder.call(function, [address, read, keep, data_cache])
        return context.get_dummy_value()

    return types.void(array, types.int64), generate


prefetch = cast(Callable[[Any, int], None], _prefetch)
"""Ask the processor to fetch the cache line of `array[index]`; usable in kernels only, changes nothing."""
