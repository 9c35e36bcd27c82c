"""Which reason codes speak of fraud."""

import csv
import os
from pathlib import Path

import pytest

from models.labels.reason_meanings import REASONS, ReasonMeaning, reason_meaning

TABLE = Path(__file__).parents[3] / "shared/data/refdata/dispute_reason_codes.csv"


def test_card_absent_fraud_is_these_three_codes_and_no_other() -> None:
    absent = {
        (scheme, code)
        for scheme, codes in REASONS.items()
        for code, meaning in codes.items()
        if meaning is ReasonMeaning.CARD_ABSENT_FRAUD
    }
    assert absent == {("visa", "10.4"), ("mastercard", "4837"), ("mastercard", "4863")}


@pytest.mark.parametrize("code", ["10.1", "10.2", "10.3", "4870", "4871"])
def test_card_present_fraud_is_kept_apart(code: str) -> None:
    assert reason_meaning(None, code) is ReasonMeaning.CARD_PRESENT_FRAUD


@pytest.mark.parametrize("code", ["10.5", "4849", "4840"])
def test_what_a_scheme_does_against_a_merchant_is_no_label(code: str) -> None:
    assert reason_meaning(None, code) is ReasonMeaning.PROGRAMME


@pytest.mark.parametrize(
    ("scheme", "code"),
    [
        ("visa", "10.6"),
        ("visa", "104"),
        ("visa", "10.40"),
        ("amex", "10.4"),
        ("mastercard", "10.4"),
        ("visa", ""),
        (None, "F29"),
    ],
)
def test_an_unknown_code_is_never_guessed(scheme: str | None, code: str) -> None:
    assert reason_meaning(scheme, code) is ReasonMeaning.UNKNOWN


def test_no_code_is_of_two_schemes() -> None:
    visa, mastercard = REASONS["visa"], REASONS["mastercard"]
    assert not visa.keys() & mastercard.keys()


def test_every_code_that_is_published_is_known() -> None:
    if not TABLE.exists():
        assert "CI" not in os.environ, f"{TABLE} is missing"
        pytest.skip(f"{TABLE} is not on this machine")
    with TABLE.open(encoding="utf-8") as file:
        rows = [(row["scheme"], row["code"], row["category"]) for row in csv.DictReader(file)]
    unknown = [row for row in rows if reason_meaning(*row[:2]) is ReasonMeaning.UNKNOWN]
    assert len(rows) > 40
    assert not unknown
    consumer = {row[:2] for row in rows if row[2] in ("Consumer Disputes", "Cardholder Disputes")}
    ours = {row[:2] for row in rows if reason_meaning(*row[:2]) is ReasonMeaning.CONSUMER}
    assert ours == consumer
