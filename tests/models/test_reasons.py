"""What the model found: contributions along the trees, their codes, and texts that leak nothing."""

import msgspec
import numpy as np
import pytest

from features.catalogue import CATALOGUE
from models.messages.decision import Verdict
from models.policy.merchant_text import merchant_text
from models.policy.rows import DecidedBy
from models.scoring import rounded_reasons
from models.scoring.attributions import AttributionPaths, _expected, contributions, top_codes
from models.scoring.lightgbm_text import TextModel, Tree, read_text
from models.scoring.model import Scorer
from models.scoring.reason_codes import CODES, NONE, code_of, in_words
from models.scoring.rounded_reasons import RoundedPaths
from models.scoring.tree_walk import walk, walked_trees
from models.seed import seed_model_artefact

NAMES = CATALOGUE.names


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer.load(seed_model_artefact(), NAMES)


def added(scorer: Scorer, matrix: np.ndarray) -> np.ndarray:
    """What each code adds to the scores of these rows."""
    return contributions(
        scorer._paths.paths, leaves_of(scorer, matrix), np.arange(len(matrix), dtype=np.int32)
    )


def leaves_of(scorer: Scorer, matrix: np.ndarray) -> np.ndarray:
    leaves = scorer.leaves_of(len(matrix))
    scorer.raw_scores(matrix, leaves)
    return leaves


def rows(n: int) -> np.ndarray:
    draw = np.random.default_rng(5)
    matrix = draw.choice([np.nan, 0.0, 1.0, -1.0, 3.0, 50.0, 1e4, 1e-36], (n, len(NAMES)))
    matrix[:, ::3] = np.exp(draw.normal(2, 4, matrix[:, ::3].shape))
    return matrix


def test_contributions_add_up_to_the_score_less_the_mean(scorer: Scorer) -> None:
    matrix = rows(500)
    mean = scorer.raw_scores(matrix) - added(scorer, matrix).sum(axis=1)
    assert np.abs(mean - mean[0]).max() < 1e-9


def test_a_row_is_explained_the_same_in_any_batch(scorer: Scorer) -> None:
    matrix = rows(50)
    whole = scorer.reason_codes(matrix)
    assert all((scorer.reason_codes(matrix[at : at + 1]) == whole[at]).all() for at in range(50))
    some = np.array([3, 41, 8], np.int32)
    assert (scorer.codes_of_leaves(leaves_of(scorer, matrix), some) == whole[some]).all()


def test_the_codes_are_those_that_raise_the_score_most(scorer: Scorer) -> None:
    matrix = rows(50)
    found, top = added(scorer, matrix), scorer.reason_codes(matrix)
    for given, codes in zip(found, top, strict=True):
        named = [code for code in codes.tolist() if code != NONE]
        assert [given[code] for code in named] == sorted(given[given >= 0.05], reverse=True)[:3]


def stump(*, missing: str, default_left: bool) -> TextModel:
    """One split of feature 0 at 5: left -1 (30 rows), right 3 (10 rows)."""
    bits = {"None": 0, "Zero": 4, "NaN": 8}[missing] | (2 if default_left else 0)
    tree = Tree([0], [5.0], [bits], [-1], [-2], [-1.0, 3.0], False, [30, 10])
    return TextModel({}, [tree])


@pytest.mark.parametrize(
    ("value", "missing", "default_left", "expected"),
    [
        (5.0, "None", False, -1.0),
        (5.1, "None", False, 3.0),
        (np.nan, "None", False, -1.0),
        (np.nan, "NaN", False, 3.0),
        (np.nan, "NaN", True, -1.0),
        (0.0, "NaN", False, -1.0),
        (0.0, "Zero", False, 3.0),
        (1e-36, "Zero", False, 3.0),
        (np.nan, "Zero", False, 3.0),
    ],
)
def test_a_split_gives_its_feature_what_it_moves(
    value: float, missing: str, default_left: bool, expected: float
) -> None:
    model, name = stump(missing=missing, default_left=default_left), "card_payment_count_1h"
    leaves = np.zeros((1, 1), np.uint16)
    assert walk(walked_trees(model, [0]), np.array([[value]]), leaves)[0] == expected
    added = contributions(AttributionPaths.of(model, [0], [name]), leaves, np.zeros(1, np.int32))
    assert added[0, code_of(name)] == expected - 0.0


def test_every_feature_of_the_catalogue_has_a_code_of_its_own_kind() -> None:
    assert [name for name in NAMES if code_of(name) == 0] == []


def test_numbers_of_codes_stay_as_records_keep_them() -> None:
    assert [code.code for code in CODES][:6] == [
        "OTHER", "AMOUNT_UNUSUAL", "CARD_AMOUNT_UNUSUAL", "TIME_UNUSUAL", "COUNTRY_MISMATCH", "CARD_KIND",
    ]  # fmt: skip
    assert len({code.code for code in CODES}) == len(CODES) < NONE


def test_codes_of_a_later_version_are_left_out() -> None:
    assert [reason.code for reason in in_words([1, 254, NONE])] == ["AMOUNT_UNUSUAL"]


def test_a_merchant_reads_of_no_rule_model_or_feature() -> None:
    texts = {merchant_text(verdict, by) for verdict in Verdict for by in DecidedBy} - {None}
    assert len(texts) == 4
    assert not any(word in str(text).lower() for text in texts for word in ("rule", "model", "score", "list"))
    assert {merchant_text(Verdict.APPROVE, by) for by in DecidedBy} == {None}


def plainly_added(model: TextModel, row: np.ndarray) -> list[float]:
    """Along each tree from its root: what each step moves the expected score, in the order of the steps."""
    positions = [NAMES.index(name) for name in msgspec.json.decode(seed_model_artefact())["features"]]
    added = [0.0] * len(CODES)
    for tree in model.trees:
        expected, node = _expected(tree), 0
        while node >= 0:
            value = float(row[positions[tree.split_feature[node]]])
            kind, default_left = tree.missing(node)
            value = 0.0 if np.isnan(value) and kind != "NaN" else value
            lacks = np.isnan(value) or (kind == "Zero" and abs(value) < 1e-35)
            left = default_left if lacks else value <= tree.threshold[node]
            child = tree.left_child[node] if left else tree.right_child[node]
            at = child if child >= 0 else len(tree.threshold) - child - 1
            name = NAMES[positions[tree.split_feature[node]]]
            added[code_of(name)] += expected[at] - expected[node]
            node = child
    return added


def test_what_codes_add_is_what_a_plain_walk_along_the_trees_adds_bit_for_bit(scorer: Scorer) -> None:
    model, matrix = read_text(msgspec.json.decode(seed_model_artefact())["booster"]), rows(40)
    assert added(scorer, matrix).tolist() == [plainly_added(model, row) for row in matrix]
    assert added(scorer, matrix[:2]).tolist() == [plainly_added(model, row) for row in matrix[:2]]


def random_paths(draw: np.random.Generator, size: float) -> AttributionPaths:
    """Trees with a few leaves each, and a few steps to each leaf: often the same, and in other orders."""
    trees, leaves = int(draw.integers(1, 40)), int(draw.integers(1, 9))
    steps = draw.integers(0, 7, trees * leaves)
    starts = np.concatenate([[0], np.cumsum(steps)])
    values = draw.choice([0.05, 0.1, -0.05, 0.025, 0.3, 1 / 3, 1e-17, 0.0, 7.5], int(starts[-1])) * size
    codes = draw.integers(0, int(draw.integers(1, len(CODES) + 1)), int(starts[-1]))
    offsets = leaves * np.arange(trees + 1)
    return AttributionPaths(
        offsets.astype(np.int32), starts.astype(np.int32), codes.astype(np.uint8), values.astype(np.float64)
    )


@pytest.mark.parametrize("seed", range(200))
def test_rounded_sums_choose_the_codes_of_the_exact_ones(seed: int) -> None:
    """Steps of a few sizes: sums that are equal, or nearly, or nearly the least that counts are common."""
    draw = np.random.default_rng(seed)
    paths = random_paths(draw, float(draw.choice([1.0, 1e-3, 1.0 / 7, 1e3, 1e9, 1e307])))
    trees = len(paths.offsets) - 1
    leaves = draw.integers(0, paths.offsets[1], (trees, 60)).astype(np.uint16)
    rows = draw.permutation(60)[:50].astype(np.int32)
    chosen = RoundedPaths.of(paths).top_codes(leaves, rows)
    assert chosen.tolist() == top_codes(paths, leaves, rows).tolist()


def test_the_exact_sums_are_seldom_asked(scorer: Scorer, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def counted(paths: AttributionPaths, leaves: np.ndarray, rows: np.ndarray) -> np.ndarray:
        asked.append(len(rows))
        return top_codes(paths, leaves, rows)

    monkeypatch.setattr(rounded_reasons, "top_codes", counted)
    matrix = rows(2_000)
    given = scorer.reason_codes(matrix)
    exact = top_codes(scorer._paths.paths, leaves_of(scorer, matrix), np.arange(2_000, dtype=np.int32))
    assert given.tolist() == exact.tolist()
    assert sum(asked) < 20
