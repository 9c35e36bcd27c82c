"""Names for the array types that pass between rooms."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Bytes = NDArray[np.uint8]
Codes = NDArray[np.uint8]
Floats = NDArray[np.float64]
Int16s = NDArray[np.int16]
Int32s = NDArray[np.int32]
Int64s = NDArray[np.int64]
UInt16s = NDArray[np.uint16]
UInt32s = NDArray[np.uint32]
UInt64s = NDArray[np.uint64]

Texts = NDArray[np.object_] | list[str | None]
"""Texts of n rows, None where there is none."""

Exacts = NDArray[np.object_]
"""Whole numbers of any size, as Python has them: sums of amounts, which 64 bits may not hold."""

Records = NDArray[Any]
"""A structured array; kernels read the fields of a record as attributes."""


def plain(array: NDArray[Any], kind: type[np.generic]) -> NDArray[Any]:
    """As kernels take it: of this type, contiguous, writable; copied only where it is not.

    An array of another layout would be compiled for once more: seconds in the middle of a batch.
    """
    return array if array.dtype == kind and array.flags.carray else np.array(array, kind)
