"""LightGBM's native text model, read into plain lists: the trees, as `models.scoring.packing` takes them.

What is read is well-formed, not yet sound: `models.scoring.tree_check` says whether it is one to score with.
"""

from dataclasses import dataclass
from typing import Any, Final

MISSING_TYPES: Final = ("None", "Zero", "NaN")
"""What a split takes for missing, by bits 2 and 3 of its decision type."""

_NUMBERS: Final = {
    "split_feature": int,
    "threshold": float,
    "decision_type": int,
    "left_child": int,
    "right_child": int,
    "leaf_value": float,
}


class UnreadableTextError(ValueError):
    """The text is not one of LightGBM's models, or a damaged one."""


@dataclass(frozen=True)
class Tree:
    """One tree. Children are split numbers, or leaf k as -k - 1; a tree without splits is leaf 0."""

    split_feature: list[int]
    threshold: list[float]
    decision_type: list[int]
    left_child: list[int]
    right_child: list[int]
    leaf_value: list[float]
    linear: bool
    leaf_count: list[int]
    """Training rows in each leaf, at least 1; 1 each where the text does not tell."""
    categories: int = 0
    """Sets of categories that splits refer to."""

    def missing(self, split: int) -> tuple[str, bool]:
        """What the split takes for missing, and whether that goes left."""
        bits = self.decision_type[split]
        return MISSING_TYPES[bits >> 2 & 3], bool(bits & 2)


@dataclass(frozen=True)
class TextModel:
    """`header`: the fields before the first tree, as text."""

    header: dict[str, str]
    trees: list[Tree]


def read_text(text: str) -> TextModel:
    """Raises `UnreadableTextError`."""
    body, end, _ = text.partition("\nend of trees\n")
    if not text.startswith("tree\n") or not end:
        raise UnreadableTextError("not a complete LightGBM text: no `tree` at its start or no `end of trees`")
    head, *parts = body.split("\nTree=")
    try:
        trees = [_tree(_fields(part)) for part in parts]
    except (KeyError, ValueError) as error:
        raise UnreadableTextError(f"a damaged tree in LightGBM's text: {repr(error)[:200]}") from None
    header = _fields(head)
    _check_sizes(header.get("tree_sizes", ""), parts)
    return TextModel(header, trees)


def _check_sizes(sizes_text: str, parts: list[str]) -> None:
    """Where the sizes in the header (bytes of each tree) do not fit, the text was cut or changed."""
    sizes = [str(len(part.encode(errors="surrogatepass")) + len("\nTree=")) for part in parts]
    if sizes_text and sizes_text.split() != sizes:
        raise UnreadableTextError("the trees in LightGBM's text are not as long as its tree_sizes state")


def _fields(part: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in part.split("\n"))
    # `average_output` has no value.
    return {name: value for name, _, value in pairs if name}


def _tree(fields: dict[str, str]) -> Tree:
    numbers: dict[str, Any] = {
        name: [kind(word) for word in fields.get(name, "").split()] for name, kind in _NUMBERS.items()
    }
    leaves = int(fields["num_leaves"])
    for name, values in numbers.items():
        if len(values) != (leaves if name == "leaf_value" else leaves - 1):
            raise ValueError(f"{len(values)} values of {name} in a tree of {leaves} leaves")
    for child in numbers["left_child"] + numbers["right_child"]:
        if not -leaves <= child < leaves - 1:
            raise ValueError(f"child {child} in a tree of {leaves} leaves")
    counts = [max(int(word), 1) for word in fields.get("leaf_count", "").split()]
    return Tree(
        **numbers,
        linear=fields.get("is_linear", "0") != "0",
        leaf_count=counts if len(counts) == leaves else [1] * leaves,
        categories=int(fields.get("num_cat", "0")),
    )
