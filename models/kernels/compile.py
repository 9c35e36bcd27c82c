"""How every kernel is compiled: cached on disk, without the interpreter lock, and never with fast-math.

Numba's cache notices a change of the file a function stands in, but not of functions and constants it takes
from other files: after an update it would run yesterday's machine code. So the cache lies in a directory
named after the hash of all sources of this package. `NUMBA_CACHE_DIR` moves it; where nothing can be written,
numba's own places are used.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
import xxhash
from llvmlite import ir
from numba import config, njit, types
from numba.core import cgutils
from numba.extending import intrinsic

HOUSE = Path(__file__).parents[2]
Function = TypeVar("Function", bound=Callable[..., Any])

signed = cast(Callable[[Any], int], np.int64)
"""Any integer as int64: narrow unsigned numbers would turn mixed arithmetic into floats."""


@cache
def source_hash() -> str:
    """16 hex digits over all sources of this package."""
    digest = xxhash.xxh3_64()
    for path in sorted(p for room in ("models", "features") for p in (HOUSE / room).rglob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _compiled(function: Function, **options: bool) -> Function:
    before = config.CACHE_DIR
    base = Path(before) if before else Path(__file__).parent / "__pycache__"
    config.CACHE_DIR = str(base / f"kernels-{source_hash()}")
    try:
        return cast(Function, njit(cache=True, nogil=True, **options)(function))
    finally:
        config.CACHE_DIR = before


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
