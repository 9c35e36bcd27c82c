"""What the model found: contributions along the trees, their codes, and texts that leak nothing."""

import numpy as np
import pytest

from features.catalogue import CATALOGUE
from models.messages.decision import Verdict
from models.policy.merchant_text import merchant_text
from models.policy.rows import DecidedBy
from models.scoring.attributions import AttributionPaths, contributions, top_codes
from models.scoring.lightgbm_text import Tree
from models.scoring.model import Scorer
from models.scoring.reason_codes import CODES, NONE, code_of, in_words
from models.seed import seed_model_artefact

NAMES = CATALOGUE.names


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer.load(seed_model_artefact(), NAMES)


def paths_of(scorer: Scorer) -> AttributionPaths:
    return scorer._paths


def rows(n: int) -> np.ndarray:
    draw = np.random.default_rng(5)
    matrix = draw.choice([np.nan, 0.0, 1.0, -1.0, 3.0, 50.0, 1e4, 1e-36], (n, len(NAMES)))
    matrix[:, ::3] = np.exp(draw.normal(2, 4, matrix[:, ::3].shape))
    return matrix


def test_contributions_add_up_to_the_score_less_the_mean(scorer: Scorer) -> None:
    matrix = rows(500)
    mean = scorer.raw_scores(matrix) - contributions(paths_of(scorer), matrix).sum(axis=1)
    assert np.abs(mean - mean[0]).max() < 1e-9


def test_a_row_is_explained_the_same_in_any_batch(scorer: Scorer) -> None:
    matrix = rows(50)
    whole = scorer.reason_codes(matrix)
    assert all((scorer.reason_codes(matrix[at : at + 1]) == whole[at]).all() for at in range(50))


def test_the_codes_are_those_that_raise_the_score_most(scorer: Scorer) -> None:
    matrix = rows(50)
    found, top = contributions(paths_of(scorer), matrix), top_codes(paths_of(scorer), matrix)
    for given, codes in zip(found, top, strict=True):
        named = [code for code in codes.tolist() if code != NONE]
        assert [given[code] for code in named] == sorted(given[given >= 0.05], reverse=True)[:3]


def stump(*, missing: str, default_left: bool) -> AttributionPaths:
    """One split of feature 0 at 5: left -1 (30 rows), right 3 (10 rows)."""
    bits = {"None": 0, "Zero": 4, "NaN": 8}[missing] | (2 if default_left else 0)
    tree = Tree([0], [5.0], [bits], [-1], [-2], [-1.0, 3.0], False, [30, 10])
    return AttributionPaths.of(type("Model", (), {"trees": [tree]})(), [0], ["card_payment_count_1h"])


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
    paths = stump(missing=missing, default_left=default_left)
    code = code_of("card_payment_count_1h")
    assert contributions(paths, np.array([[value]]))[0, code] == expected - 0.0


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
