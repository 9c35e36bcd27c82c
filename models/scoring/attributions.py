"""What in a payment made the model's score what it is: the change of the expected score along the trees.

In each tree a payment goes from the root to a leaf. Every node has an expected score: the mean of the
leaves below it, weighted by the training rows in each. A split that moves the expectation by d gives d to
its feature (Saabas 2014, "Interpreting random forests"); features are added up by reason code
(`models.scoring.reason_codes`). The sum over all codes is the score less the mean score, which is what SHAP
values add up to as well; unlike with those, features deep in a tree get more than their share. It takes
microseconds where SHAP takes milliseconds, and only + - * / of float64 in a fixed order: the same everywhere.

What a tree gives follows from the leaf alone, which scoring has found: the steps to each leaf are kept as a
list, and added in the order in which the payment took them.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from models.arrays import Bytes, Floats, Int32s, UInt16s
from models.kernels import kernel
from models.scoring.lightgbm_text import TextModel, Tree
from models.scoring.reason_codes import CODES, NONE, TOP, code_of

STEP_MIN: Final = 0.05
"""Log-odds that a code must add to count as a reason: five per cent of the odds."""


class AttributionPaths(NamedTuple):
    """The steps to every leaf of every tree, root first; leaf k of tree t has the steps
    `[starts[offsets[t] + k], starts[offsets[t] + k + 1])`.
    """

    offsets: Int32s
    starts: Int32s
    code: Bytes
    """The reason code of the split's feature."""
    added: Floats
    """By how much the step moves the expected score."""

    @classmethod
    def of(cls, model: TextModel, positions: Sequence[int], names: Sequence[str]) -> Self:
        """Of a checked model whose feature i is column `positions[i]`, named `names[positions[i]]`."""
        codes = [code_of(names[position]) for position in positions]
        paths = [path for tree in model.trees for path in _paths(tree, codes)]
        leaves = [len(tree.leaf_value) for tree in model.trees]
        steps = [step for path in paths for step in path]
        return cls(
            np.cumsum([0, *leaves]).astype(np.int32),
            np.cumsum([0, *map(len, paths)]).astype(np.int32),
            np.array([code for code, _ in steps], np.uint8),
            np.array([added for _, added in steps], np.float64),
        )


def _paths(tree: Tree, codes: Sequence[int]) -> Iterator[list[tuple[int, float]]]:
    """The steps to each leaf of a tree, in order of the leaves."""
    splits, expected = len(tree.threshold), _expected(tree)
    paths: dict[int, list[tuple[int, float]]] = {0 if splits else -1: []}
    for split in reversed(_children_first(tree)):
        for child in (tree.left_child[split], tree.right_child[split]):
            node = child if child >= 0 else splits - child - 1
            step = (codes[tree.split_feature[split]], expected[node] - expected[split])
            paths[child] = [*paths[split], step]
    return (paths[-leaf - 1] for leaf in range(len(tree.leaf_value)))


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
def _add_steps(
    offsets: Int32s, starts: Int32s, code: Bytes, added: Floats, leaves: UInt16s, rows: Int32s, out: Floats
) -> None:
    """Tree by tree, as the steps of one tree stay in the first-level cache."""
    for tree in range(leaves.shape[0]):
        for at in range(rows.shape[0]):
            leaf = offsets[tree] + leaves[tree, rows[at]]
            for step in range(starts[leaf], starts[leaf + 1]):
                out[at, code[step]] += added[step]


def contributions(paths: AttributionPaths, leaves: UInt16s, rows: Int32s) -> NDArray[np.float64]:
    """What each code of `models.scoring.reason_codes.CODES` adds to the raw score (log-odds) of these rows,
    shape (len(rows), codes). `leaves`: where each tree (first axis) ends for each row.
    """
    out = np.zeros((len(rows), len(CODES)))
    _add_steps(*paths, leaves, rows, out)
    return out


@kernel
def _choose_top(added: Floats, out: Bytes) -> None:
    """Of equals the lower code first."""
    for row in range(added.shape[0]):
        for place in range(out.shape[1]):
            best = -1
            for code in range(added.shape[1]):
                is_taken = False
                for earlier in range(place):
                    is_taken = is_taken or out[row, earlier] == code
                if not is_taken and (best < 0 or added[row, code] > added[row, best]):
                    best = code
            if added[row, best] < STEP_MIN:
                break
            out[row, place] = best


def top_codes(paths: AttributionPaths, leaves: UInt16s, rows: Int32s) -> NDArray[np.uint8]:
    """The codes that raise the score of these rows most, shape (len(rows), `TOP`); `NONE` where there are
    fewer.
    """
    out = np.full((len(rows), TOP), NONE, np.uint8)
    _choose_top(contributions(paths, leaves, rows), out)
    return out
