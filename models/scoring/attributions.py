"""What in a payment made the model's score what it is: the change of the expected score along the trees.

In each tree a payment goes from the root to a leaf. Every node has an expected score: the mean of the
leaves below it, weighted by the training rows in each. A split that moves the expectation by d gives d to
its feature (Saabas 2014, "Interpreting random forests"); features are added up by reason code
(`models.scoring.reason_codes`). The sum over all codes is the score less the mean score, which is what SHAP
values add up to as well; unlike with those, features deep in a tree get more than their share. It takes
microseconds where SHAP takes milliseconds, and only + - * / of float64 in a fixed order: the same everywhere.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from models.arrays import Bools, Bytes, Floats, Int32s
from models.kernels import kernel
from models.scoring.lightgbm_text import MISSING_TYPES, TextModel, Tree
from models.scoring.packing import ZERO_MAX
from models.scoring.reason_codes import CODES, NONE, TOP, code_of

STEP_MIN: Final = 0.05
"""Log-odds that a code must add to count as a reason: five per cent of the odds."""


BY_ZERO: Final = MISSING_TYPES.index("Zero")
BY_NAN: Final = MISSING_TYPES.index("NaN")


class AttributionPaths(NamedTuple):
    """All nodes of all trees, splits and leaves; a tree begins at `roots`. `left` is -1 at a leaf."""

    roots: NDArray[np.int32]
    feature: NDArray[np.int32]
    code: NDArray[np.uint8]
    threshold: NDArray[np.float64]
    missing: NDArray[np.uint8]
    default_left: NDArray[np.bool_]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    expected: NDArray[np.float64]

    @classmethod
    def of(cls, model: TextModel, positions: Sequence[int], names: Sequence[str]) -> Self:
        """Of a checked model whose feature i is column `positions[i]`, named `names[positions[i]]`."""
        nodes = [_nodes(tree) for tree in model.trees]
        sizes = [len(each["left"]) for each in nodes]
        roots = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32)
        whole = {name: np.concatenate([each[name] for each in nodes]) for name in nodes[0]}
        starts = np.repeat(roots, sizes)
        split = whole["left"] >= 0
        codes = np.array([code_of(names[position]) for position in positions], np.uint8)
        feature = np.where(split, whole["feature"], 0)
        return cls(
            roots,
            np.array(positions, np.int32)[feature],
            codes[feature],
            whole["threshold"],
            whole["missing"].astype(np.uint8),
            whole["default_left"].astype(np.bool_),
            np.where(split, whole["left"] + starts, -1).astype(np.int32),
            np.where(split, whole["right"] + starts, -1).astype(np.int32),
            whole["expected"],
        )


def _nodes(tree: Tree) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
    """A tree's splits, then its leaves; leaf k is node `splits + k`."""
    splits, leaves = len(tree.threshold), len(tree.leaf_value)
    missing = [tree.missing(split) for split in range(splits)]
    nothing = [0] * leaves

    def node(child: int) -> int:
        return child if child >= 0 else splits - child - 1

    return {
        "feature": np.array(tree.split_feature + nothing, np.int64),
        "threshold": np.array(tree.threshold + nothing, np.float64),
        "missing": np.array([MISSING_TYPES.index(kind) for kind, _ in missing] + nothing, np.int64),
        "default_left": np.array([int(left) for _, left in missing] + nothing, np.int64),
        "left": np.array([node(child) for child in tree.left_child] + [-1] * leaves, np.int64),
        "right": np.array([node(child) for child in tree.right_child] + [-1] * leaves, np.int64),
        "expected": np.array(_expected(tree), np.float64),
    }


def _expected(tree: Tree) -> list[float]:
    """Expected score of each split, then of each leaf."""
    splits = len(tree.threshold)
    values, weights = [0.0] * splits, [0.0] * splits

    def expected_of(child: int) -> tuple[float, float]:
        if child >= 0:
            return values[child], weights[child]
        return tree.leaf_value[-child - 1], float(tree.leaf_count[-child - 1])

    for split in _children_first(tree):
        (left, of_left), (right, of_right) = (
            expected_of(tree.left_child[split]),
            expected_of(tree.right_child[split]),
        )
        weights[split] = of_left + of_right
        values[split] = (left * of_left + right * of_right) / weights[split]
    return values + tree.leaf_value


def _children_first(tree: Tree) -> list[int]:
    order, open_splits = [], [0] if tree.threshold else []
    while open_splits:
        split = open_splits.pop()
        order.append(split)
        open_splits += [child for child in (tree.left_child[split], tree.right_child[split]) if child >= 0]
    return order[::-1]


@kernel
def _contributions(
    matrix: Floats, roots: Int32s, feature: Int32s, code: Bytes, threshold: Floats, missing: Bytes,
    default_left: Bools, left: Int32s, right: Int32s, expected: Floats, out: Floats,
) -> None:  # fmt: skip
    for row in range(matrix.shape[0]):
        for tree in range(len(roots)):
            node = roots[tree]
            while left[node] >= 0:
                value = matrix[row, feature[node]]
                kind = missing[node]
                if kind != BY_NAN and np.isnan(value):
                    value = 0.0
                lacks = (kind == BY_ZERO and abs(value) <= ZERO_MAX) or (kind == BY_NAN and np.isnan(value))
                goes_left = default_left[node] if lacks else value <= threshold[node]
                child = left[node] if goes_left else right[node]
                out[row, code[node]] += expected[child] - expected[node]
                node = child


def contributions(paths: AttributionPaths, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """What each code of `models.scoring.reason_codes.CODES` adds to the raw score (log-odds), shape (n,
    codes)."""
    out = np.zeros((len(matrix), len(CODES)))
    _contributions(np.ascontiguousarray(matrix), *paths, out)
    return out


def top_codes(paths: AttributionPaths, matrix: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The codes that raise each payment's score most, shape (n, `TOP`); `NONE` where there are fewer."""
    added = contributions(paths, matrix)
    order = np.argsort(-added, axis=1, kind="stable")[:, :TOP]
    enough = np.take_along_axis(added, order, axis=1) >= STEP_MIN
    return np.where(enough, order, NONE).astype(np.uint8)
