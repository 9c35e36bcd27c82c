"""What a model must be before anything computes with it: checked on the parsed text, before native code sees
a byte of it.

LightGBM trusts its files. A child that is its own ancestor makes it run for ever, a feature that is not there
makes it read beside the row, a model of several classes makes it write beside the answer. So a model is
refused here unless

- it gives one raw score: one class, one tree an iteration, an objective of one output;
- every split and leaf has one parent, the root none, and all of them hang on the root: no cycles;
- every split tests a feature that the artefact names, by `value <= threshold`, missing values by one of three
  ways. Categorical splits and linear leaves are refused: nothing here follows them yet;
- leaf values are finite, and so small that sums of them are; thresholds are finite, or plus infinity, which
  LightGBM writes where a split only parts missing values from known ones;
- trees, leaves, splits and depth are bounded: what scoring costs is.

The verdict is a function of the artefact's bytes alone, so engine, follower and replay agree on it.
"""

import math
from collections.abc import Iterable
from typing import Final

from models.scoring.lightgbm_text import MISSING_TYPES, TextModel, Tree

TREES_MAX: Final = 5_000
LEAVES_MAX: Final = 4_096
"""Of one tree."""
SPLITS_MAX: Final = 500_000
"""Of all trees together."""
DEPTH_MAX: Final = 512
LEAF_VALUE_MAX: Final = 1e9
"""Log-odds of one leaf, either way: beyond 40 the probability no longer moves."""
COUNT_MAX: Final = 2**53
"""Training rows of a leaf."""

OBJECTIVES: Final = frozenset({
    "binary", "cross_entropy", "cross_entropy_lambda", "custom", "fair", "gamma", "huber", "lambdarank",
    "mape", "poisson", "quantile", "rank_xendcg", "regression", "regression_l1", "tweedie", "xentropy",
    "xentlambda",
})  # fmt: skip
"""LightGBM's objectives of one output; a text without one is of such a kind as well."""

_CATEGORICAL: Final = 1
_DEFAULT_LEFT: Final = 2
_DECISIONS: Final = frozenset(
    kind << 2 | left for kind in range(len(MISSING_TYPES)) for left in (0, _DEFAULT_LEFT)
)


class UnsoundModelError(ValueError):
    """The trees cannot be computed with; the message says what is wrong, and in which tree."""


def check_model(model: TextModel, features: int) -> None:
    """Raises `UnsoundModelError` unless the model is sound. `features`: how many the artefact names."""
    _check_header(model.header, features)
    if not 0 < len(model.trees) <= TREES_MAX:
        raise UnsoundModelError(f"{len(model.trees)} trees; a model has 1 to {TREES_MAX:,}")
    splits = sum(len(tree.threshold) for tree in model.trees)
    if splits > SPLITS_MAX:
        raise UnsoundModelError(f"{splits:,} splits in all trees; at most {SPLITS_MAX:,} are scored in time")
    for number, tree in enumerate(model.trees):
        problem = _problem(tree, features)
        if problem:
            raise UnsoundModelError(f"tree {number}: {problem}")


def _check_header(header: dict[str, str], features: int) -> None:
    for field in ("num_class", "num_tree_per_iteration"):
        given = header.get(field, "an unknown number of").strip()
        if given != "1":
            raise UnsoundModelError(f"a model of {given[:20]} classes ({field}); a score needs one")
    objective = header.get("objective", "custom").split(" ", 1)[0]
    if objective not in OBJECTIVES:
        raise UnsoundModelError(
            f"objective {objective[:32]!r} is not of one output; train with `binary` or another one that is"
        )
    if header.get("max_feature_idx", "").strip() != str(features - 1):
        raise UnsoundModelError(
            f"the booster has {_following(header)} features, the artefact names {features}"
        )
    for field in ("feature_names", "feature_infos"):
        count = len(header.get(field, "").split())
        if count not in (0, features):
            raise UnsoundModelError(f"{count} {field} for {features} features")


def _following(header: dict[str, str]) -> str:
    last = header.get("max_feature_idx", "?").strip()[:16]
    return str(int(last) + 1) if last.isascii() and last.isdigit() else f"`{last}` + 1"


def _problem(tree: Tree, features: int) -> str | None:
    """What is wrong with one tree; None where it is sound."""
    return (
        _unsupported(tree)
        or _out_of_range("feature", tree.split_feature, 0, features - 1)
        or _no_threshold(tree.threshold)
        or _not_finite("leaf value", tree.leaf_value, LEAF_VALUE_MAX)
        or _out_of_range("leaf count", tree.leaf_count, 0, COUNT_MAX)
        or _misshapen(tree)
    )


def _unsupported(tree: Tree) -> str | None:
    leaves = len(tree.leaf_value)
    if leaves > LEAVES_MAX:
        return f"{leaves:,} leaves; at most {LEAVES_MAX:,}"
    if tree.linear:
        return "linear leaves are not supported: train without `linear_tree`"
    if tree.categories or any(bits & _CATEGORICAL for bits in tree.decision_type):
        return "categorical splits are not supported yet: train on numbers only"
    wrong = next((bits for bits in tree.decision_type if bits not in _DECISIONS), None)
    return None if wrong is None else f"decision type {_number(wrong)} is none of LightGBM's"


def _out_of_range(what: str, values: Iterable[int], low: int, high: int) -> str | None:
    wrong = next((value for value in values if not low <= value <= high), None)
    return None if wrong is None else f"{what} {_number(wrong)} is not within {low} to {high}"


def _number(value: int) -> str:
    return str(value) if abs(value) < COUNT_MAX else "beyond 2**53"


def _no_threshold(values: Iterable[float]) -> str | None:
    wrong = next((value for value in values if math.isnan(value) or value == -math.inf), None)
    return None if wrong is None else f"threshold {wrong} parts nothing"


def _not_finite(what: str, values: Iterable[float], bound: float) -> str | None:
    wrong = next((value for value in values if not abs(value) <= bound), None)
    return None if wrong is None else f"{what} {wrong} is not finite, or beyond {bound:g}"


def _misshapen(tree: Tree) -> str | None:
    """Whether splits and leaves are not one tree on split 0."""
    splits, leaves = len(tree.threshold), len(tree.leaf_value)
    if splits == 0:
        return None
    children = sorted(tree.left_child + tree.right_child)
    if children != [*range(-leaves, 0), *range(1, splits)]:
        return "a split or leaf has no parent, or more than one"
    depths, open_splits, reached = {0: 1}, [0], 0
    while open_splits:
        split = open_splits.pop()
        reached += 1
        for child in (tree.left_child[split], tree.right_child[split]):
            if child >= 0:
                depths[child] = depths[split] + 1
                open_splits.append(child)
    if reached != splits:
        return f"{splits - reached} splits do not hang on the root: they are a cycle"
    deepest = max(depths.values())
    return f"{deepest} levels deep; at most {DEPTH_MAX}" if deepest > DEPTH_MAX else None
