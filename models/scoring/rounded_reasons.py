"""Reason codes from whole numbers, where these leave no doubt: three times as fast as step by step.

The steps to a leaf are added up by code once, when the model is loaded, and rounded to whole units; so what a
tree gives is one row of a table, and rows are added as vectors. A sum of them is off by at most half a unit a
tree, and a little for what floating point rounds. Where two codes, or a code and the least that counts, are
not further apart than that, the sums of `models.scoring.attributions` decide, in their fixed order.

Invariant: the codes are those of `attributions.top_codes`, for every row.
"""

import math
from typing import Any, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from models.arrays import Bytes, Int32s, UInt16s
from models.kernels import kernel, signed
from models.scoring.attributions import STEP_MIN, AttributionPaths, top_codes
from models.scoring.reason_codes import CODES, NONE, TOP

WIDTH: Final = -(-len(CODES) // 8) * 8
"""Codes, and zeros up to whole vectors of eight."""
SUM_MAX: Final = 2**31 - 1
FINEST: Final = 2.0**40
"""Units in one of log-odds, at most."""
FLOAT_ERROR: Final = 2.0**-52
"""Of an addition of float64, generously."""
_DOUBT: Final = 254


class RoundedPaths(NamedTuple):
    """What each leaf adds by code, and how sure sums of it are."""

    paths: AttributionPaths
    table: Int32s
    """Units, shape (leaves of all trees, `WIDTH`)."""
    limit: float
    """`STEP_MIN` in units."""
    doubt: float
    """Units by which a sum may be off, at most; without end where a model's sums are."""

    @classmethod
    def of(cls, paths: AttributionPaths) -> Self:
        """Of a model's paths. The unit is a power of two: to multiply by it rounds nothing."""
        trees = len(paths.offsets) - 1
        steps = np.diff(paths.starts)
        of_step = np.repeat(np.arange(len(steps)), steps) * WIDTH + paths.code
        size = len(steps) * WIDTH
        added = np.bincount(of_step, paths.added, size).reshape(-1, WIDTH)
        moved = np.bincount(of_step, np.abs(paths.added), size).reshape(-1, WIDTH)
        most = _most(moved, paths.offsets)
        slack = _most(steps.reshape(-1, 1), paths.offsets) * FLOAT_ERROR * most
        if not math.isfinite(slack):
            return cls(paths, np.zeros(added.shape, np.int32), STEP_MIN, math.inf)
        finest = min(FINEST, (SUM_MAX - trees) / most, 0.25 / slack) if most > 0 else FINEST
        unit = 2.0 ** math.floor(math.log2(finest))
        return cls(paths, np.rint(added * unit).astype(np.int32), STEP_MIN * unit, trees / 2 + 1.0)

    def top_codes(self, leaves: UInt16s, rows: Int32s) -> NDArray[np.uint8]:
        """As `attributions.top_codes`."""
        sums = np.zeros((len(rows), WIDTH), np.int32)
        _add_leaves(self.paths.offsets, self.table, leaves, rows, sums)
        out = np.empty((len(rows), TOP), np.uint8)
        if _choose_surely(sums, self.limit, self.doubt, out):
            unsure = out[:, 0] == _DOUBT
            out[unsure] = top_codes(self.paths, leaves, rows[unsure])
        return out

    def warm(self) -> None:
        """Compiles the kernels, or loads them from the cache, before the first payment."""
        leaves, rows = np.zeros((len(self.paths.offsets) - 1, 1), np.uint16), np.zeros(1, np.int32)
        self.top_codes(leaves, rows)
        top_codes(self.paths, leaves, rows)


def _most(by_leaf: NDArray[Any], offsets: Int32s) -> float:
    """The most that any path along all trees can add up to, of any column."""
    if not len(by_leaf):
        return 0.0
    with np.errstate(over="ignore"):
        return float(np.maximum.reduceat(by_leaf.max(axis=1), offsets[:-1]).sum())


@kernel
def _add_leaves(offsets: Int32s, table: Int32s, leaves: UInt16s, rows: Int32s, out: Int32s) -> None:
    """Tree by tree, as the rows of one tree stay in the first-level cache. The width is an argument: of a
    constant number of columns the compiler makes no vectors.
    """
    width = np.uint64(table.shape[1])
    for tree in range(leaves.shape[0]):
        for at in range(rows.shape[0]):
            leaf, row = np.uint64(offsets[tree] + signed(leaves[tree, rows[at]])), np.uint64(at)
            for code in range(width):
                out[row, code] += table[leaf, code]


@kernel
def _choose_surely(sums: Int32s, limit: float, doubt: float, out: Bytes) -> bool:
    """The codes of each row, `_DOUBT` first where they are not certain; returns whether any is not."""
    is_any = False
    for row in range(sums.shape[0]):
        out[row, :] = NONE
        for place in range(out.shape[1]):
            best, second = -1, -1
            for code in range(len(CODES)):
                is_taken = False
                for earlier in range(place):
                    is_taken = is_taken or out[row, earlier] == code
                if is_taken:
                    continue
                if best < 0 or sums[row, code] > sums[row, best]:
                    best, second = code, best
                elif second < 0 or sums[row, code] > sums[row, second]:
                    second = code
            if sums[row, best] < limit - doubt:
                break
            if sums[row, best] <= limit + doubt or sums[row, best] - sums[row, second] <= 2 * doubt:
                out[row, 0], is_any = _DOUBT, True
                break
            out[row, place] = best
    return is_any
