"""Models that would make LightGBM run for ever, or read and write beside its arrays: refused before that."""

from typing import Any

import lightgbm
import numpy as np
import pytest

from models.scoring import ArtefactError, Scorer, tree_check
from models.scoring.checked_text import checked_text
from models.scoring.lightgbm_c_api import Booster, LibraryError
from models.scoring.lightgbm_text import TextModel, Tree, read_text
from models.scoring.tree_check import UnsoundModelError, check_model
from tests.models.test_trees import CATALOGUE, FEATURES, artefact_of, booster_of, matrix_of

HEADER = {
    "num_class": "1",
    "num_tree_per_iteration": "1",
    "max_feature_idx": "2",
    "objective": "binary sigmoid:1",
}


def tree(**changes: Any) -> Tree:
    """Three splits, four leaves: 0 -> (1, 2), 1 -> leaves 0 and 1, 2 -> leaves 2 and 3."""
    fields: dict[str, Any] = {
        "split_feature": [0, 1, 2],
        "threshold": [0.5, 1.5, 2.5],
        "decision_type": [2, 8, 10],
        "left_child": [1, -1, -3],
        "right_child": [2, -2, -4],
        "leaf_value": [-0.1, 0.2, 0.3, -0.4],
        "linear": False,
        "leaf_count": [10, 20, 30, 40],
    }
    return Tree(**fields | changes)


def model(*trees: Tree, **header: str) -> TextModel:
    return TextModel(HEADER | header, list(trees or [tree()]))


def test_a_sound_model_is_let_through() -> None:
    check_model(model(tree(), tree(left_child=[2, -1, -3], right_child=[1, -2, -4])), 3)
    check_model(model(Tree([], [], [], [], [], [0.5], False, [1])), 3)
    check_model(model(tree(threshold=[0.5, float("inf"), 2.5])), 3)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"left_child": [1, -1, -2]}, "no parent, or more than one"),
        ({"left_child": [1, 0, -3]}, "no parent, or more than one"),
        ({"left_child": [-1, 2, -3], "right_child": [-2, -4, 1]}, "2 splits do not hang on the root"),
        ({"split_feature": [0, 1, 3]}, "feature 3 is not within 0 to 2"),
        ({"split_feature": [0, -1, 2]}, "feature -1"),
        ({"threshold": [0.5, float("nan"), 2.5]}, "threshold nan"),
        ({"threshold": [0.5, float("-inf"), 2.5]}, "threshold -inf"),
        ({"leaf_value": [-0.1, float("inf"), 0.3, -0.4]}, "leaf value inf"),
        ({"leaf_value": [-0.1, 1e10, 0.3, -0.4]}, "leaf value 10000000000"),
        ({"decision_type": [2, 9, 10]}, "categorical splits are not supported yet"),
        ({"categories": 1}, "categorical splits are not supported yet"),
        ({"decision_type": [2, 12, 10]}, "decision type 12"),
        ({"decision_type": [2, -2, 10]}, "decision type -2"),
        ({"linear": True}, "linear leaves are not supported"),
        ({"leaf_count": [1, 2, 3, 10**400]}, "leaf count beyond"),
    ],
)
def test_an_unsound_tree_is_refused_by_number(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UnsoundModelError, match=f"tree 1: .*{words}"):
        check_model(model(tree(), tree(**changes)), 3)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ({"num_class": "3"}, "a model of 3 classes"),
        ({"num_tree_per_iteration": "3"}, "a model of 3 classes"),
        ({"objective": "multiclass num_class:3"}, "objective 'multiclass' is not of one output"),
        ({"max_feature_idx": "11"}, "12 features, the artefact names 3"),
        ({"feature_names": "a b"}, "2 feature_names for 3 features"),
    ],
)
def test_a_header_of_something_else_is_refused(header: dict[str, str], words: str) -> None:
    with pytest.raises(UnsoundModelError, match=words):
        check_model(model(**header), 3)


def chain(leaves: int) -> Tree:
    """Every right child is a leaf: as deep as it can be."""
    splits = leaves - 1
    return Tree(
        [0] * splits,
        [1.0] * splits,
        [2] * splits,
        [*range(1, splits), -leaves],
        [-k - 1 for k in range(splits)],
        [0.1] * leaves,
        False,
        [1] * leaves,
    )


@pytest.mark.parametrize(
    ("trees", "words"),
    [
        ([], "0 trees"),
        ([tree()] * (tree_check.TREES_MAX + 1), "5001 trees"),
        ([chain(tree_check.DEPTH_MAX + 2)], "513 levels deep"),
        ([chain(tree_check.LEAVES_MAX + 1)], "4,097 leaves"),
        ([chain(500)] * 1_010, "splits in all trees"),
    ],
)
def test_what_would_take_too_long_is_refused(trees: list[Tree], words: str) -> None:
    with pytest.raises(UnsoundModelError, match=words):
        check_model(TextModel(HEADER, trees), 3)


def test_the_deepest_trees_that_are_let_through_are_scored() -> None:
    deep = model(chain(tree_check.DEPTH_MAX))
    check_model(deep, 3)
    scores = Booster(checked_text(deep, 3)).raw_scores(np.array([[0.0, 0, 0], [2.0, 0, 0]]))
    assert scores.tolist() == [0.1, 0.1]


def test_a_model_of_three_classes_is_refused() -> None:
    """LightGBM writes three numbers where the answer has room for one."""
    draw = np.random.default_rng(1)
    parameters = {"objective": "multiclass", "num_class": 3, "verbose": -1, "num_threads": 1}
    data = lightgbm.Dataset(draw.normal(size=(600, FEATURES)), draw.integers(0, 3, 600))
    artefact = artefact_of(lightgbm.train(parameters, data, 5))
    with pytest.raises(ArtefactError, match=r"a model of 3 classes \(num_class\); a score needs one"):
        Scorer.load(artefact, CATALOGUE)


def test_lightgbm_is_asked_how_much_it_will_write() -> None:
    draw = np.random.default_rng(1)
    parameters = {"objective": "multiclass", "num_class": 3, "verbose": -1, "num_threads": 1}
    data = lightgbm.Dataset(draw.normal(size=(600, 2)), draw.integers(0, 3, 600))
    booster = Booster(lightgbm.train(parameters, data, 2).model_to_string())
    with pytest.raises(LibraryError, match="60 scores for 20 rows"):
        booster.raw_scores(np.zeros((20, 2)))


def test_lightgbm_is_given_our_text_and_scores_every_bit_the_same() -> None:
    trained = booster_of(num_leaves=63)
    text = checked_text(read_text(trained.model_to_string()), FEATURES)
    matrix = matrix_of(300, seed=9)
    expected = np.asarray(trained.predict(matrix, raw_score=True, num_threads=1))
    assert Booster(text).raw_scores(matrix).tobytes() == expected.tobytes()
    assert "parameters" not in text
    assert "feature_0" not in text
