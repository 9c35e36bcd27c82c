"""LightGBM trees as tables for `models.scoring.leaf_mask_kernel`: leaf masks in byte planes, thresholds as
ranks.

Each tree keeps a bit per leaf. A split clears the leaves of its *first* child's subtree in every row that
goes to the other child; after all splits the lowest bit left is the leaf (the QuickScorer idea, Lucchese et
al. 2015). The smaller child is taken as the first one, so a split clears few bits. Bits are kept as planes
of eight leaves: a byte a row and plane, so one machine vector holds 16 to 64 rows, and most splits touch
one or two planes.

Values are replaced by ranks: with the model's thresholds of a feature in ascending order, `value <=
threshold[k]` is `rank <= k`. A missing value gets the rank that sends it the default way; as that depends
on the split, a feature has one column of ranks for each way its splits treat missing values. Numeric
splits, at most 255 thresholds a feature and 256 leaves a tree; `pack` raises `NotPackable` for everything
else. It takes models that `models.scoring.tree_check` let through.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.scoring.lightgbm_text import TextModel, Tree

LEAVES_MAX: Final = 256
THRESHOLDS_MAX: Final = 254
RIGHT: Final = 255
"""The rank of a missing value that goes right everywhere; 0 goes left everywhere."""

ZERO_MAX: Final = float(np.float32(1e-35))
"""LightGBM takes values this close to zero for zero (`kZeroThreshold`)."""


class NotPackable(ValueError):  # noqa: N818 - not an error: LightGBM itself scores such a model
    """The model uses something the kernel does not cover; the message says what."""


class LeafMaskTables(NamedTuple):
    """What the kernel reads. P planes of eight leaves a tree, T trees, E entries, C columns of ranks, U
    used features.

    Entries of tree t are `[first[t], middle[t])`, which clear where rank > entry_rank, and `[middle[t],
    first[t + 1])`, which clear where rank <= entry_rank.
    """

    first: NDArray[np.int32]  # (T + 1,)
    middle: NDArray[np.int32]  # (T,)
    entry_column: NDArray[np.int32]  # (E,)
    entry_plane: NDArray[np.int32]  # (E,)
    entry_rank: NDArray[np.uint8]  # (E,)
    entry_mask: NDArray[np.uint8]  # (E,)
    planes: NDArray[np.int32]  # (T,)
    leaves: NDArray[np.float64]  # (T, 8 * P)
    feature: NDArray[np.int32]  # (U,) column of the caller's matrix
    first_column: NDArray[np.int32]  # (U + 1,) columns of ranks of used feature u
    first_threshold: NDArray[np.int32]  # (U + 1,) into thresholds; 2**steps - 1 of them, padded with infinity
    steps: NDArray[np.int32]  # (U,)
    thresholds: NDArray[np.float64]
    missing_rank: NDArray[np.uint8]  # (C,)
    zero_rank: NDArray[np.uint8]  # (C,)
    leaf_number: NDArray[np.uint16]  # (T, 8 * P) LightGBM's number of the leaf of each bit


@dataclass(frozen=True)
class _Split:
    tree: int
    feature: int
    threshold: float
    missing: tuple[str, bool]
    first: int
    last: int
    clear_left: bool


def pack(model: TextModel, positions: list[int]) -> LeafMaskTables:
    """Tables of a checked model; its feature i is column `positions[i]`. Raises `NotPackable`."""
    if "average_output" in model.header:
        raise NotPackable("averaged output")
    splits: list[_Split] = []
    orders = [_grow(tree, number, splits) for number, tree in enumerate(model.trees)]
    if not splits:
        raise NotPackable("no tree splits")
    values = [
        [tree.leaf_value[leaf] for leaf in order] for tree, order in zip(model.trees, orders, strict=True)
    ]
    return _tables(splits, values, orders, positions)


def _grow(tree: Tree, number: int, splits: list[_Split]) -> list[int]:
    """Leaves of one tree in bit order; appends its splits."""
    leaves = len(tree.leaf_value)
    if leaves > LEAVES_MAX:
        raise NotPackable(f"a large tree ({leaves} leaves)")
    sizes = _sizes(tree)
    order: list[int] = []

    def visit(node: int) -> None:
        if node < 0:
            order.append(-node - 1)
            return
        left, right = tree.left_child[node], tree.right_child[node]
        clear_left = sizes(left) <= sizes(right)
        start = len(order)
        visit(left if clear_left else right)
        middle = len(order)
        visit(right if clear_left else left)
        feature, threshold = tree.split_feature[node], tree.threshold[node]
        splits.append(_Split(number, feature, threshold, tree.missing(node), start, middle, clear_left))

    visit(0 if leaves > 1 else -1)
    return order


def _sizes(tree: Tree) -> Callable[[int], int]:
    """How many leaves hang on a node."""

    @cache
    def size(node: int) -> int:
        return 1 if node < 0 else size(tree.left_child[node]) + size(tree.right_child[node])

    return size


@dataclass(frozen=True)
class _Columns:
    """Columns of ranks: one for every used feature and way in which its splits treat missing values."""

    used: list[int]
    thresholds: dict[int, list[float]]
    ways: dict[int, list[tuple[str, bool]]]

    @property
    def number(self) -> dict[tuple[int, tuple[str, bool]], int]:
        pairs = [(feature, way) for feature in self.used for way in self.ways[feature]]
        return {pair: number for number, pair in enumerate(pairs)}


def _columns(splits: list[_Split]) -> _Columns:
    used = sorted({split.feature for split in splits})
    thresholds = {f: sorted({split.threshold for split in splits if split.feature == f}) for f in used}
    ways = {f: sorted({_way(split) for split in splits if split.feature == f}) for f in used}
    most = max(map(len, thresholds.values()))
    if most > THRESHOLDS_MAX:
        raise NotPackable(f"{most} thresholds of one feature")
    return _Columns(used, thresholds, ways)


def _way(split: _Split) -> tuple[str, bool]:
    missing_type, default_left = split.missing
    # Without a missing type the default direction has no meaning: NaN is zero.
    return (missing_type, default_left and missing_type != "None")


def _tables(
    splits: list[_Split], leaves: list[list[float]], orders: list[list[int]], positions: list[int]
) -> LeafMaskTables:
    columns = _columns(splits)
    entries = _entries(splits, columns)
    trees = np.arange(len(leaves))
    order = np.lexsort((entries["column"], entries["flipped"], entries["tree"]))
    entries = {name: values[order] for name, values in entries.items()}
    first = np.searchsorted(entries["tree"], np.arange(len(leaves) + 1))
    flipped = np.bincount(entries["tree"], weights=entries["flipped"], minlength=len(leaves)).astype(np.int64)
    width = 8 * max((len(values) + 7) // 8 for values in leaves)
    steps = [len(columns.thresholds[f]).bit_length() for f in columns.used]
    ranks = _missing_ranks(columns)
    return LeafMaskTables(
        first=first.astype(np.int32),
        middle=(first[trees + 1] - flipped).astype(np.int32),
        entry_column=entries["column"].astype(np.int32),
        entry_plane=entries["plane"].astype(np.int32),
        entry_rank=entries["rank"].astype(np.uint8),
        entry_mask=entries["mask"].astype(np.uint8),
        planes=np.array([(len(values) + 7) // 8 for values in leaves], np.int32),
        leaves=np.array([values + [0.0] * (width - len(values)) for values in leaves]),
        feature=np.array([positions[f] for f in columns.used], np.int32),
        first_column=_offsets([len(columns.ways[f]) for f in columns.used]),
        first_threshold=_offsets([2**step - 1 for step in steps]),
        steps=np.array(steps, np.int32),
        thresholds=np.concatenate([_padded(columns.thresholds[f]) for f in columns.used]),
        missing_rank=np.array([missing for missing, _ in ranks], np.uint8),
        zero_rank=np.array([zero for _, zero in ranks], np.uint8),
        leaf_number=np.array([order + [0] * (width - len(order)) for order in orders], np.uint16),
    )


def _entries(splits: list[_Split], columns: _Columns) -> dict[str, NDArray[np.int64]]:
    """One entry for every split and plane it clears bits of."""
    number = columns.number
    rank = {f: {value: k for k, value in enumerate(values)} for f, values in columns.thresholds.items()}
    rows = [
        (split.tree, number[split.feature, _way(split)], plane, rank[split.feature][split.threshold],
         _kept(split, plane), not split.clear_left)
        for split in splits
        for plane in range(split.first // 8, (split.last + 7) // 8)
    ]  # fmt: skip
    names = ("tree", "column", "plane", "rank", "mask", "flipped")
    return dict(zip(names, np.array(rows, np.int64).T, strict=True))


def _kept(split: _Split, plane: int) -> int:
    low, high = max(split.first - 8 * plane, 0), min(split.last - 8 * plane, 8)
    return 0xFF & ~((1 << high) - (1 << low))


def _missing_ranks(columns: _Columns) -> list[tuple[int, int]]:
    """Per column: the rank of a NaN and of a zero."""
    ranks = []
    for feature in columns.used:
        zero = int(np.searchsorted(columns.thresholds[feature], 0.0))
        for missing_type, default_left in columns.ways[feature]:
            default = 0 if default_left else RIGHT
            missing = zero if missing_type == "None" else default
            ranks.append((missing, default if missing_type == "Zero" else zero))
    return ranks


def _offsets(counts: list[int]) -> NDArray[np.int32]:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)


def _padded(thresholds: list[float]) -> NDArray[np.float64]:
    size = 2 ** len(thresholds).bit_length() - 1
    return np.array(thresholds + [np.inf] * (size - len(thresholds)))
