"""The text that LightGBM is given: written here from the checked trees, never the supplier's own bytes.

A text has fields that scoring does not need (gains, weights, parameters, importances) and LightGBM reads all
the same, by offsets that it takes from the text. None of them reaches it. Numbers are written as the shortest
text that reads back to the same float64, so scores keep every bit.
"""

from collections.abc import Iterable

from models.scoring.lightgbm_text import TextModel, Tree

MARK = "Tree="


def checked_text(model: TextModel, features: int) -> str:
    """LightGBM's text of a model that `models.scoring.tree_check.check_model` let through."""
    trees = [f"{MARK}{number}\n{_body(tree)}\n\n\n" for number, tree in enumerate(model.trees)]
    names = " ".join(f"Column_{i}" for i in range(features))
    averaged = ["average_output"] if "average_output" in model.header else []
    head = [
        "tree",
        "version=v4",
        "num_class=1",
        "num_tree_per_iteration=1",
        "label_index=0",
        f"max_feature_idx={features - 1}",
        *averaged,
        f"feature_names={names}",
        f"feature_infos={' '.join(['none'] * features)}",
        f"tree_sizes={_joined(map(len, trees))}",
        "",
        "",
    ]
    return "\n".join(head) + "".join(trees) + "end of trees\n"


def _body(tree: Tree) -> str:
    fields: dict[str, Iterable[int | float]] = {
        "split_feature": tree.split_feature,
        "threshold": tree.threshold,
        "decision_type": tree.decision_type,
        "left_child": tree.left_child,
        "right_child": tree.right_child,
        "leaf_value": tree.leaf_value,
    }
    arrays = [f"{name}={_joined(values)}" for name, values in fields.items()]
    return "\n".join(
        [f"num_leaves={len(tree.leaf_value)}", "num_cat=0", *arrays, "is_linear=0", "shrinkage=1"]
    )


def _joined(values: Iterable[int | float]) -> str:
    return " ".join(map(repr, values))
