"""Trees as nodes to walk along, for a few rows at a time: raw scores, and the leaf that each tree ends at.

A node is one record of half a cache line, so a step down a tree waits for memory once. Leaf values are added
tree by tree, the order in which LightGBM adds them. Values close to zero count as zero, as there.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from models.arrays import Floats, Int32s, Records, UInt16s
from models.kernels import inlined, kernel
from models.scoring.lightgbm_text import MISSING_TYPES, TextModel, Tree
from models.scoring.packing import ZERO_MAX

BY_ZERO: Final = MISSING_TYPES.index("Zero")
BY_NAN: Final = MISSING_TYPES.index("NaN")
NODE: Final = np.dtype(
    [
        ("value", np.float64),
        ("left", np.int32),
        ("right", np.int32),
        ("feature", np.int32),
        ("missing", np.uint8),
        ("default_left", np.uint8),
        ("", np.uint16),
    ]
)
"""Of a split `value` is its threshold and `feature` the column of the caller's matrix; of a leaf they are its
value and -1 - its number. Children are nodes."""


class WalkedTrees(NamedTuple):
    """All nodes of all trees, splits and leaves; a tree begins at its root."""

    roots: Int32s
    nodes: Records


def walked_trees(model: TextModel, positions: Sequence[int]) -> WalkedTrees:
    """Of a checked model whose feature i is column `positions[i]`."""
    sizes = [len(tree.threshold) + len(tree.leaf_value) for tree in model.trees]
    roots = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    nodes = np.zeros(int(roots[-1]), NODE)
    for tree, root, end in zip(model.trees, roots[:-1].tolist(), roots[1:].tolist(), strict=True):
        _fill_in(nodes[root:end], tree, root, np.array(positions, np.int32))
    return WalkedTrees(roots[:-1], nodes)


def _fill_in(nodes: Records, tree: Tree, root: int, positions: Int32s) -> None:
    """A tree's splits, then its leaves."""
    splits, missing = len(tree.threshold), [tree.missing(split) for split in range(len(tree.threshold))]
    for side, children in (("left", tree.left_child), ("right", tree.right_child)):
        child = np.array(children, np.int64)
        nodes[side][:splits] = root + np.where(child >= 0, child, splits - child - 1)
    nodes["value"] = tree.threshold + tree.leaf_value
    nodes["feature"][:splits] = positions[np.array(tree.split_feature, np.int64)]
    nodes["feature"][splits:] = -1 - np.arange(len(tree.leaf_value))
    nodes["missing"][:splits] = [MISSING_TYPES.index(kind) for kind, _ in missing]
    nodes["default_left"][:splits] = [left for _, left in missing]


@inlined
def _goes_left(nodes: Records, node: int, value: float) -> bool:
    """Without a branch: which way it goes cannot be foretold."""
    kind, is_nan = nodes[node].missing, value != value  # noqa: PLR0124 - NaN is missing
    value = 0.0 if is_nan & (kind != BY_NAN) else value
    is_zero = abs(value) <= ZERO_MAX
    is_missing = ((kind == BY_ZERO) & is_zero) | ((kind == BY_NAN) & is_nan)
    is_less = (0.0 if is_zero else value) <= nodes[node].value
    return bool((nodes[node].default_left != 0) if is_missing else is_less)


@kernel
def _walk(roots: Int32s, nodes: Records, matrix: Floats, out: Floats, leaves: UInt16s) -> None:
    """A step down every tree that has one, then the next: the trees' waits for memory overlap."""
    trees = roots.shape[0]
    tree, at, found = np.empty(trees, np.int32), np.empty(trees, np.int32), np.empty(trees, np.int32)
    for row in range(matrix.shape[0]):
        left = 0
        for each in range(trees):
            tree[left], at[left], found[each] = each, roots[each], roots[each]
            left += nodes[roots[each]].feature >= 0
        while left > 0:
            walking, left = left, 0
            for place in range(walking):
                each, node = tree[place], at[place]
                is_left = _goes_left(nodes, node, matrix[row, nodes[node].feature])
                node = nodes[node].left if is_left else nodes[node].right
                tree[left], at[left], found[each] = each, node, node
                left += nodes[node].feature >= 0
        score = 0.0
        for each in range(trees):
            score += nodes[found[each]].value
            leaves[each, row] = -1 - nodes[found[each]].feature
        out[row] = score


def walk(trees: WalkedTrees, matrix: Floats, leaves: UInt16s) -> Floats:
    """Raw scores of the rows of a C-contiguous `matrix` (n, F): the sums of their leaves, whose numbers are
    filled in, shape (trees, n).
    """
    out = np.empty(len(matrix))
    _walk(*trees, matrix, out, leaves)
    return out
