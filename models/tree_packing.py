"""LightGBM trees as tables for `models.tree_kernel`: leaf masks in byte planes, thresholds as ranks.

Each tree keeps a bit per leaf. A split clears the leaves of its *first* child's subtree in every row that
goes to the other child; after all splits the lowest bit left is the leaf (the QuickScorer idea, Lucchese et
al. 2015). The smaller child is taken as the first one, so a split clears few bits. Bits are kept as planes
of eight leaves: a byte a row and plane, so one machine vector holds 16 to 64 rows, and most splits touch
one or two planes.

Values are replaced by ranks: with the model's thresholds of a feature in ascending order, `value <=
threshold[k]` is `rank <= k`. A missing value gets the rank that sends it the default way; as that depends
on the split, a feature has one column of ranks for each way its splits treat missing values. Numeric
splits, at most 255 thresholds a feature and 256 leaves a tree; `pack` raises `NotPackable` for everything
else.
"""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

LEAVES_MAX: Final = 256
THRESHOLDS_MAX: Final = 254
RIGHT: Final = 255
"""The rank of a missing value that goes right everywhere; 0 goes left everywhere."""

ZERO_MAX: Final = float(np.float32(1e-35))
"""LightGBM takes values this close to zero for zero (`kZeroThreshold`)."""


class NotPackable(ValueError):  # noqa: N818 - not an error: LightGBM itself scores such a model
    """The model uses something the kernel does not cover; the message says what."""


class Tables(NamedTuple):
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


@dataclass(frozen=True)
class _Split:
    tree: int
    feature: int
    threshold: float
    missing: tuple[str, bool]
    first: int
    last: int
    clear_left: bool


def pack(model: dict[str, Any], text: str, positions: list[int]) -> Tables:
    """Tables of a model as LightGBM's `dump_model` and `model_to_string` give it.

    Feature i is column `positions[i]` of the matrix. Thresholds are read from the text: the dump cuts
    infinite ones (only missing values go right) down to 1e300. Raises `NotPackable`.
    """
    if model.get("average_output") or model["num_class"] != 1:
        raise NotPackable("averaged or multi-class output")
    splits: list[_Split] = []
    thresholds = _thresholds(text)
    leaves = [
        _grow(info["tree_structure"], tree, thresholds.get(tree, []), splits)
        for tree, info in enumerate(model["tree_info"])
    ]
    if not splits:
        raise NotPackable("no tree splits")
    return _tables(splits, leaves, positions)


def _thresholds(text: str) -> dict[int, list[float]]:
    """Tree -> thresholds by split index."""
    thresholds: dict[int, list[float]] = {}
    tree = -1
    for line in text.splitlines():
        if line.startswith("Tree="):
            tree = int(line.removeprefix("Tree="))
        elif line.startswith("threshold="):
            thresholds[tree] = [float(value) for value in line.removeprefix("threshold=").split()]
    return thresholds


def _grow(root: dict[str, Any], tree: int, thresholds: list[float], splits: list[_Split]) -> list[float]:
    """Leaf values of one tree in bit order; appends its splits."""
    values: list[float] = []

    def visit(node: dict[str, Any]) -> None:
        if "split_feature" not in node:
            values.append(float(node["leaf_value"]))
            return
        if node["decision_type"] != "<=":
            raise NotPackable(f"split {node['decision_type']!r}")
        children = [node["left_child"], node["right_child"]]
        clear_left = _size(children[0]) <= _size(children[1])
        start = len(values)
        visit(children[0 if clear_left else 1])
        middle = len(values)
        visit(children[1 if clear_left else 0])
        missing = (node["missing_type"], bool(node["default_left"]))
        threshold = thresholds[node["split_index"]]
        splits.append(_Split(tree, node["split_feature"], threshold, missing, start, middle, clear_left))

    visit(root)
    if len(values) > LEAVES_MAX:
        raise NotPackable(f"{len(values)} leaves")
    return values


def _size(node: dict[str, Any]) -> int:
    return int(node["internal_count_leaves"]) if "internal_count_leaves" in node else _count(node)


def _count(node: dict[str, Any]) -> int:
    if "split_feature" not in node:
        return 1
    node["internal_count_leaves"] = _count(node["left_child"]) + _count(node["right_child"])
    return int(node["internal_count_leaves"])


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
    # Without a missing type the default direction says nothing: NaN is zero.
    return (missing_type, default_left and missing_type != "None")


def _tables(splits: list[_Split], leaves: list[list[float]], positions: list[int]) -> Tables:
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
    return Tables(
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
