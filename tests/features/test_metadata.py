"""What a value of payments' metadata is as a feature: a number or unknown, never an error."""

from math import inf, isnan, nan

import pytest

from features.catalogue import CATALOGUE
from features.catalogue.metadata import KEYS_MAX, is_key, number_of, with_metadata
from features.errors import CatalogueError
from models.messages.payment import Scalar


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, 0), (-7, -7), (2**63, 2.0**63), (True, 1), (False, 0), (-0.25, -0.25),
        ("12", 12), ("-0.50", -0.5), ("+1e3", 1000), (".5", 0.5), ("5.", 5), ("007", 7), ("0" * 39 + "1", 1),
    ],
)  # fmt: skip
def test_numbers_truths_and_decimal_texts_are_numbers(value: Scalar, expected: float) -> None:
    assert number_of(value) == expected
    assert type(number_of(value)) is float


@pytest.mark.parametrize(
    "value",
    [
        None, inf, -inf, nan, 10**400, "", " 1", "1 ", "1\n", "1_000", "1,5", "12 EUR", "0x1f", "1e", ".",
        "e5", "inf", "nan", "true", "1e999", "٣", "²", "0" * 40 + "1",
    ],
)  # fmt: skip
def test_anything_else_is_unknown(value: Scalar) -> None:
    assert isnan(number_of(value))


@pytest.mark.parametrize("key", ["", "a b", "Basket", "a-b", "é", "x" * 65, 7, None])
def test_a_key_that_is_no_word_cannot_be_a_feature(key: object) -> None:
    assert not is_key(key)
    with pytest.raises(CatalogueError, match="cannot be a feature"):
        with_metadata(CATALOGUE, [key])  # type: ignore[list-item]


def test_keys_may_be_added_in_steps_up_to_as_many_as_a_payment_carries() -> None:
    keys = [f"k{n}" for n in range(KEYS_MAX)]
    catalogue = with_metadata(with_metadata(CATALOGUE, keys[:20]), keys[20:])
    assert catalogue.schema_hash == with_metadata(CATALOGUE, keys).schema_hash
    assert with_metadata(CATALOGUE, ()) is CATALOGUE
    with pytest.raises(CatalogueError, match="more than 50 metadata keys"):
        with_metadata(catalogue, ("one_more",))
    with pytest.raises(CatalogueError, match="metadata key 'k3' is named twice"):
        with_metadata(catalogue, ("k3",))
