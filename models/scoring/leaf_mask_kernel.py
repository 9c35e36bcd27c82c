"""The compiled scorer over leaf masks: raw scores of blocks of rows, all trees, no branches.

The inner loops run over a fixed number of rows of bytes, which LLVM turns into vector instructions of
whatever the machine has. Leaf values are added tree by tree, the order in which LightGBM adds them, so raw
scores are bit-equal to LightGBM's own.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from models.arrays import Bytes, Floats, Int32s, Int64s, UInt16s
from models.kernels import expanded, kernel
from models.scoring.packing import ZERO_MAX, LeafMaskTables

BLOCK: Final = 512
"""Rows at a time: their ranks (one byte a column) stay in the second-level cache, planes in the first."""

SMALL_BLOCK: Final = 64

COUNTED_MAX: Final = 31
"""Up to so many thresholds it is quicker to compare with each than to search."""

NOTHING_CLEARED: Final = np.uint8(255)


def raw_scores(tables: LeafMaskTables, matrix: Floats, leaves: UInt16s) -> Floats:
    """Raw scores of the rows of a C-contiguous `matrix` (n, F); releases the interpreter lock. Fills in the
    number of the leaf that each tree ends at, shape (trees, n).
    """
    rows, out = len(matrix), np.empty(len(matrix))
    rest = rows % BLOCK
    whole = rows if rest > BLOCK // 2 else rows - rest
    if whole:
        _score_block(matrix[:whole], 0, *tables, out[:whole], leaves)
    if whole < rows:
        _score_small(matrix[whole:], whole, *tables, out[whole:], leaves)
    return out


@expanded
def _rank_feature(
    values: Floats, thresholds: Floats, steps: int, below: Int64s, narrow: Bytes, block: int
) -> None:
    """How many thresholds are below each value: counted, or by a binary search in step for all rows."""
    if len(thresholds) <= COUNTED_MAX:
        for r in range(block):
            narrow[r] = 0
        for k in range(len(thresholds)):
            threshold = thresholds[k]
            for r in range(block):
                narrow[r] += np.uint8(threshold < values[r])
    else:
        below[:] = 0
        half = np.int64(1) << steps
        while half > 1:
            half >>= 1
            for r in range(block):
                below[r] += half if thresholds[below[r] + half - 1] < values[r] else 0
        for r in range(block):
            narrow[r] = below[r]


@expanded
def _place(values: Floats, below: Bytes, missing: int, zero: int, ranks: Bytes, block: int) -> None:
    """A column of ranks: the same, but for missing values and zeros."""
    for r in range(block):
        rank = zero if abs(values[r]) <= ZERO_MAX else below[r]
        ranks[r] = missing if values[r] != values[r] else rank


@expanded
def _rank_block(
    matrix: Floats,
    start: int,
    rows: int,
    feature: Int32s,
    first_column: Int32s,
    first_threshold: Int32s,
    steps: Int32s,
    thresholds: Floats,
    missing_rank: Bytes,
    zero_rank: Bytes,
    ranks: Bytes,
    block: int,
) -> None:
    values, below, narrow = np.zeros(block), np.empty(block, np.int64), np.empty(block, np.uint8)
    for u in range(len(feature)):
        for r in range(rows):
            values[r] = matrix[start + r, feature[u]]
        of_feature = thresholds[first_threshold[u] : first_threshold[u + 1]]
        _rank_feature(values, of_feature, steps[u], below, narrow, block)
        for c in range(first_column[u], first_column[u + 1]):
            _place(values, narrow, missing_rank[c], zero_rank[c], ranks[c], block)


@expanded
def _fill(words: Bytes, planes: int, block: int) -> None:
    for plane in range(planes):
        for r in range(block):
            words[plane, r] = NOTHING_CLEARED


@expanded
def _clear_above(
    start: int,
    end: int,
    entry_column: Int32s,
    entry_plane: Int32s,
    entry_rank: Bytes,
    entry_mask: Bytes,
    ranks: Bytes,
    words: Bytes,
    block: int,
) -> None:
    for e in range(start, end):
        rank, mask = entry_rank[e], entry_mask[e]
        column, word = ranks[entry_column[e]], words[entry_plane[e]]
        for r in range(block):
            word[r] &= mask if column[r] > rank else NOTHING_CLEARED


@expanded
def _clear_upto(
    start: int,
    end: int,
    entry_column: Int32s,
    entry_plane: Int32s,
    entry_rank: Bytes,
    entry_mask: Bytes,
    ranks: Bytes,
    words: Bytes,
    block: int,
) -> None:
    for e in range(start, end):
        rank, mask = entry_rank[e], entry_mask[e]
        column, word = ranks[entry_column[e]], words[entry_plane[e]]
        for r in range(block):
            word[r] &= mask if column[r] <= rank else NOTHING_CLEARED


@expanded
def _lowest_bits(words: Bytes, planes: int, byte: Bytes, leaf: Bytes, block: int) -> None:
    """The number of each row's lowest bit: in its first plane that is not empty (selects by masks)."""
    for r in range(block):
        byte[r] = words[planes - 1, r]
        leaf[r] = np.uint8(8 * (planes - 1))
    for plane in range(planes - 2, -1, -1):
        word, base = words[plane], np.uint8(8 * plane)
        for r in range(block):
            empty = np.uint8(np.uint8(word[r] != 0) - np.uint8(1))
            byte[r] = word[r] | (byte[r] & empty)
            leaf[r] = (base & ~empty) | (leaf[r] & empty)
    for r in range(block):
        bit = np.uint8(byte[r] & np.uint8(np.uint8(0) - byte[r]))
        high = np.uint8((bit & np.uint8(0xF0)) != 0) << np.uint8(2)
        pair = np.uint8((bit & np.uint8(0xCC)) != 0) << np.uint8(1)
        leaf[r] += np.uint8(high | pair | np.uint8((bit & np.uint8(0xAA)) != 0))


@expanded
def _add(values: Floats, leaf: Bytes, sums: Floats, block: int) -> None:
    for r in range(block):
        sums[r] += values[leaf[r]]


def _kernel(block: int) -> Callable[..., Any]:
    """The scorer for blocks of `block` rows: a constant to the compiler, so that its loops become vectors.

    The inner function must hold nothing of its surroundings but that number: numba's cache on disk never
    finds a function that holds other compiled ones, and each start would compile for seconds.
    """

    @kernel
    def score(
        matrix: Floats, begin: int, first: Int32s, middle: Int32s, entry_column: Int32s, entry_plane: Int32s,
        entry_rank: Bytes, entry_mask: Bytes, planes: Int32s, leaves: Floats, feature: Int32s,
        first_column: Int32s, first_threshold: Int32s, steps: Int32s, thresholds: Floats,
        missing_rank: Bytes, zero_rank: Bytes, leaf_number: UInt16s, out: Floats, leaf_found: UInt16s,
    ) -> None:  # fmt: skip
        ranks = np.empty((len(missing_rank), block), np.uint8)
        words = np.empty((leaves.shape[1] // 8, block), np.uint8)
        byte, leaf, sums = np.empty(block, np.uint8), np.empty(block, np.uint8), np.empty(block)
        for start in range(0, matrix.shape[0], block):
            rows = min(block, matrix.shape[0] - start)
            _rank_block(
                matrix, start, rows, feature, first_column, first_threshold, steps, thresholds,
                missing_rank, zero_rank, ranks, block,
            )  # fmt: skip
            sums[:] = 0.0
            for t in range(len(planes)):
                _fill(words, planes[t], block)
                _clear_above(
                    first[t],
                    middle[t],
                    entry_column,
                    entry_plane,
                    entry_rank,
                    entry_mask,
                    ranks,
                    words,
                    block,
                )
                _clear_upto(
                    middle[t],
                    first[t + 1],
                    entry_column,
                    entry_plane,
                    entry_rank,
                    entry_mask,
                    ranks,
                    words,
                    block,
                )
                _lowest_bits(words, planes[t], byte, leaf, block)
                _add(leaves[t], leaf, sums, block)
                for r in range(rows):
                    leaf_found[t, begin + start + r] = leaf_number[t, leaf[r]]
            out[start : start + rows] = sums[:rows]

    return score


_score_small = _kernel(SMALL_BLOCK)
_score_block = _kernel(BLOCK)
