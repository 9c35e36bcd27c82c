"""Every feature of the shipped catalogue has words, whatever its value."""

import re

import pytest

from dashboards.console.pages.payment.features_in_words import has_words, in_words, phrase_of
from features.catalogue import CATALOGUE, Attribute

NAN = float("nan")
BY_NAME = {column.name: column for column in CATALOGUE.columns}
VALUES = (NAN, 0.0, 1.0, 2.0, 0.25, 1234.5, -3.0)


def test_every_feature_of_the_catalogue_has_words() -> None:
    assert [column.name for column in CATALOGUE.columns if not has_words(column)] == []


@pytest.mark.parametrize("value", VALUES)
def test_words_of_a_feature_are_a_sentence_whatever_its_value(value: float) -> None:
    texts = {column.name: phrase_of(column, value) for column in CATALOGUE.columns}
    odd = re.compile(r"\bnan\b|[{}_]|\s$|  |^[a-z]|^1 (payments|frauds|different|days|seconds)\b")
    assert {name: text for name, text in texts.items() if odd.search(text) or " " not in text} == {}


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("card_payment_count_1h", 4.0, "4 payments by this card in the last hour"),
        ("device_distinct_cards_1h", 3.0, "3 different cards seen with this device in the last hour"),
        (
            "card_amount_deviation_30d",
            2.5,
            "2.5 standard deviations above the usual amount by this card in the last 30 days",
        ),
        ("card_hours_since_last_payment", 0.5, "30 minutes since the last payment by this card"),
        ("card_hours_since_last_payment", NAN, "This is the first payment by this card"),
        ("card_hours_since_fraud_learned", NAN, "No fraud by this card is known"),
        (
            "merchant_cohort_fraud_rate_180d",
            0.01,
            "1 % of the authorised payments at this merchant in the last 180 days, at least 60 days old, are "
            "known as fraud",
        ),
        ("card_device_is_new", 1.0, "This is the first payment by this card on this device"),
        ("avs_match", 0.5, "Address check: street or postal code alone matches"),
        ("day_of_week", 0.0, "Made on a Monday (UTC)"),
        ("channel_code", NAN, "The channel is not known"),
    ],
)
def test_words_are_those_of_payments_people(name: str, value: float, text: str) -> None:
    assert phrase_of(BY_NAME[name], value) == text


def test_what_a_payment_came_without_is_one_sentence() -> None:
    vector = [NAN] * len(CATALOGUE.names)
    found = in_words(CATALOGUE, vector)
    assert [each.text for each in found if each.group == "Device"] == [
        "The payment came without a device: nothing is known of it"
    ]
    assert not any(each.is_known for each in found)


def test_a_feature_without_words_falls_back_to_its_meaning() -> None:
    own = Attribute("basket_items", "items", "things in the basket", lambda facts: facts.group)
    assert not has_words(own)
    assert phrase_of(own, 3.0) == "things in the basket: 3 items"
