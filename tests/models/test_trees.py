import json
from functools import cache
from typing import Any

import lightgbm
import numpy as np
import pytest
from numpy.typing import NDArray

from models.scoring import model as trees
from models.scoring.leaf_mask_kernel import BLOCK, SMALL_BLOCK
from models.scoring.model import WALKED_MAX, ArtefactError, Scorer

FEATURES = 12
NAMES = [f"feature_{i}" for i in range(FEATURES)]
CATALOGUE = ["unused", *reversed(NAMES), "also_unused"]
UNUSUAL = [np.nan, 0.0, -0.0, 1e-36, -1e-36, 1e-34, 5e-324, 1e300, -1e300, np.inf, -np.inf, 3.0, -2.5]


def matrix_of(rows: int, seed: int = 0) -> NDArray[np.float64]:
    draw = np.random.default_rng(seed)
    matrix = np.round(draw.normal(0, 3, (rows, FEATURES)), 1)
    matrix[:, 0] = np.floor(matrix[:, 0])
    unusual = draw.random(matrix.shape) < 0.2
    matrix[unusual] = draw.choice(UNUSUAL, int(unusual.sum()))
    return matrix


@cache
def booster_of(**parameters: Any) -> lightgbm.Booster:
    draw, matrix = np.random.default_rng(1), matrix_of(4000)
    label = draw.random(4000) < 1 / (
        1 + np.exp(-np.nan_to_num(matrix[:, :6], posinf=1, neginf=-1).clip(-9, 9).sum(1))
    )
    settings = {
        "objective": "binary",
        "num_leaves": 63,
        "min_data_in_leaf": 3,
        "verbosity": -1,
        "num_threads": 1,
    }
    data = lightgbm.Dataset(matrix, label, feature_name=list(NAMES), params={"verbosity": -1})
    return lightgbm.train(settings | parameters, data, 20)


def artefact_of(of: lightgbm.Booster, **changes: Any) -> bytes:
    document = {
        "kind": "model",
        "format": 1,
        "features": NAMES,
        "catalogue_hash": "0123456789abcdef",
        "calibration": {"kind": "platt", "a": 1.0, "b": 0.0},
        "booster": of.model_to_string(),
        "trained": {"on": "a test"},
    }
    return json.dumps(document | changes).encode()


def in_catalogue(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The features where the catalogue has them, beside columns that the model must not read."""
    wide = np.full((len(matrix), len(CATALOGUE)), 1e9)
    wide[:, 1:-1] = matrix[:, ::-1]
    return wide


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"num_leaves": 2},
        {"num_leaves": 9},
        {"num_leaves": 31},
        {"num_leaves": 255, "min_data_in_leaf": 1},
        {"use_missing": False},
        {"zero_as_missing": True},
        {"max_bin": 15},
        {"feature_fraction": 0.3},
        {"boosting": "goss"},
    ],
)
def test_raw_scores_are_bit_equal_to_lightgbm(parameters: dict[str, Any]) -> None:
    booster = booster_of(**parameters)
    scorer = Scorer.load(artefact_of(booster), CATALOGUE)
    assert scorer.kind == "leaf-masks"
    matrix = matrix_of(BLOCK + 17, seed=2)
    expected = booster.predict(matrix, raw_score=True, num_threads=1)
    assert scorer.raw_scores(in_catalogue(matrix)).tobytes() == np.asarray(expected).tobytes()


@pytest.mark.parametrize(
    "rows", [0, 1, WALKED_MAX, WALKED_MAX + 1, SMALL_BLOCK, BLOCK // 2, BLOCK - 1, BLOCK + 1]
)
def test_a_row_scores_the_same_in_a_batch_of_any_size(rows: int) -> None:
    scorer = Scorer.load(artefact_of(booster_of()), CATALOGUE)
    matrix = in_catalogue(matrix_of(BLOCK + 1, seed=3))
    assert scorer.raw_scores(matrix[:rows]).tolist() == scorer.raw_scores(matrix)[:rows].tolist()


def test_values_on_thresholds_and_their_neighbours_go_the_way_lightgbm_sends_them() -> None:
    booster = booster_of()
    thresholds = booster.trees_to_dataframe()[["split_feature", "threshold"]].dropna()
    matrix = matrix_of(len(thresholds) * 3, seed=4)
    for row, (feature, threshold) in enumerate(thresholds.itertuples(index=False)):
        for k, value in enumerate(
            [threshold, np.nextafter(threshold, np.inf), np.nextafter(threshold, -np.inf)]
        ):
            matrix[3 * row + k, NAMES.index(feature)] = value
    expected = booster.predict(matrix, raw_score=True, num_threads=1)
    assert (
        Scorer.load(artefact_of(booster), CATALOGUE).raw_scores(in_catalogue(matrix)).tolist()
        == expected.tolist()
    )


def test_what_the_kernel_does_not_cover_is_scored_by_lightgbm() -> None:
    booster = booster_of(boosting="rf", bagging_fraction=0.5, bagging_freq=1)
    scorer = Scorer.load(artefact_of(booster), CATALOGUE)
    assert scorer.kind == "lightgbm"
    matrix = matrix_of(40, seed=5)
    expected = booster.predict(matrix, raw_score=True, num_threads=1)
    assert scorer.raw_scores(in_catalogue(matrix)).tolist() == expected.tolist()


def test_a_kernel_that_differs_in_one_bit_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    real = vars(trees)["raw_scores"]
    monkeypatch.setattr(trees, "raw_scores", lambda *args: np.nextafter(real(*args), np.inf))
    assert Scorer.load(artefact_of(booster_of()), CATALOGUE).kind == "lightgbm"


def test_probabilities_are_calibrated_micro_units() -> None:
    scorer = Scorer.load(
        artefact_of(booster_of(), calibration={"kind": "platt", "a": 0.5, "b": -1.0}), CATALOGUE
    )
    matrix = in_catalogue(matrix_of(50, seed=6))
    exact = 1e6 / (1 + np.exp(-(0.5 * scorer.raw_scores(matrix) - 1.0)))
    assert np.abs(scorer.probabilities(matrix) - exact).max() <= 0.5 + 1e-6


def test_an_isotonic_calibration_is_served_as_well() -> None:
    points: dict[str, Any] = {"kind": "isotonic", "raw": [-2.0, 0.0, 1.5], "micro": [100, 40_000, 900_000]}
    scorer = Scorer.load(artefact_of(booster_of(), calibration=points), CATALOGUE)
    matrix = in_catalogue(matrix_of(50, seed=6))
    exact = np.interp(scorer.raw_scores(matrix), points["raw"], points["micro"])
    assert np.abs(scorer.probabilities(matrix) - exact).max() <= 0.5 + 1e-6


@pytest.mark.parametrize(
    "points", [{"raw": [0.0, 0.0], "micro": [1, 2]}, {"raw": [], "micro": []}, {"raw": [0.0], "micro": [-1]}]
)
def test_isotonic_points_that_cannot_be_are_refused(points: dict[str, list[float]]) -> None:
    with pytest.raises(ArtefactError, match=r"isotonic|ascend|length|micro|calibration"):
        Scorer.load(artefact_of(booster_of(), calibration={"kind": "isotonic"} | points), CATALOGUE)


def test_the_version_is_of_the_artefact_and_features_are_catalogue_columns() -> None:
    scorer = Scorer.load(artefact_of(booster_of()), CATALOGUE)
    other = Scorer.load(artefact_of(booster_of(), trained={"on": "another day"}), CATALOGUE)
    assert len(scorer.version) == 16
    assert scorer.version != other.version
    assert [CATALOGUE[column] for column in scorer.features] == NAMES


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": 2}, "format 1"),
        ({"kind": "table"}, "kind"),
        ({"calibration": {"kind": "isotonic"}}, "calibration"),
        ({"features": [*NAMES[:-1], "no_such_feature"]}, "no_such_feature"),
        ({"features": NAMES[:-1]}, "12 features, the artefact names 11"),
        ({"booster": ""}, "not a complete LightGBM text"),
        (
            {"booster": "tree\nversion=v4\n\nTree=0\nnum_leaves=2\n\nend of trees\n"},
            "0 values of split_feature",
        ),
        ({"booster": "tree\nversion=v4\n\nend of trees\n"}, "unknown number of classes"),
        ({"trained": {"deep": json.loads("[" * 40 + "]" * 40)}}, "nested deeper than 16 levels"),
        ({"calibration": {"kind": "platt", "a": -1.0, "b": 0.0}}, "a is within 0"),
        ({"calibration": {"kind": "platt", "a": 1e300, "b": 0.0}}, "a is within 0"),
    ],
)
def test_an_artefact_that_does_not_fit_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ArtefactError, match=words):
        Scorer.load(artefact_of(booster_of(), **changes), CATALOGUE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("num_cat=0", "num_cat=00"),
        ("tree_sizes=", "tree_sizes=1 "),
        ("tree_sizes=", "tree_sizes=+1 "),
        ("tree_sizes=", "tree_sizes=\u00b2 "),
        ("shrinkage=", ""),
    ],
)
def test_a_text_whose_trees_are_not_where_its_header_says_is_refused(old: str, new: str) -> None:
    """LightGBM itself would end the process on some of them."""
    text = booster_of().model_to_string()
    with pytest.raises(ArtefactError, match="tree_sizes"):
        Scorer.load(artefact_of(booster_of(), booster=text.replace(old, new, 1)), CATALOGUE)


@pytest.mark.parametrize("blob", [b"", b"{", b"[]", b"\xff", b'{"kind":"model"}'])
def test_what_is_no_artefact_is_refused(blob: bytes) -> None:
    with pytest.raises(ArtefactError):
        Scorer.load(blob, CATALOGUE)
