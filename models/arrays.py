"""Names for the array types that pass between the judges."""

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Codes = NDArray[np.uint8]
