"""How every kernel is compiled: cached on disk, without the interpreter lock, and never with fast-math."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit, types
from numba.extending import intrinsic

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """Compile `function` on its first call. Sums stay integers and divisions IEEE: every machine agrees."""
    return cast(Function, njit(cache=True, nogil=True)(function))


def inlined(function: Function) -> Function:
    """Like `kernel`, but its code goes into its callers: for the innermost steps.

    Such steps take arrays and offsets, not tuples of arrays or slices: those would count references at every call,
    which cost more than the step itself when it was measured (8 us a payment instead of 2).
    """
    return cast(Function, njit(cache=True, nogil=True, forceinline=True)(function))


@intrinsic  # type: ignore[untyped-decorator]
def _population_count(_typing: Any, value: Any) -> Any:  # noqa: ARG001 - numba types the call by this signature
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.int64(types.int64), generate


population_count = cast(Callable[[int], int], _population_count)
"""Number of set bits of an int64; usable in kernels only."""
