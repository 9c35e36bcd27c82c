"""The declaration: stable names and hash, and refusal of whatever contradicts itself."""

import json
from dataclasses import replace
from math import nan

import pytest

from features.catalogue import CATALOGUE, ENTITIES, FAMILIES, Catalogue, Entity, Family
from features.errors import CatalogueError
from features.measures import Measure

COUNT = Family("card", Measure.PAYMENT_COUNT, ("1h",))


def test_the_catalogue_has_about_150_features_with_names_that_say_entity_measure_window() -> None:
    assert len(CATALOGUE.names) == 150
    assert {
        "card_payment_count_1h",
        "merchant_amount_sum_30d",
        "device_amount_ratio_to_mean_7d",
        "ip_distinct_cards_24h",
        "customer_ms_since_last_payment",
    } <= set(CATALOGUE.names)


def test_the_schema_hash_is_pinned_because_snapshots_and_models_refer_to_it() -> None:
    assert CATALOGUE.schema_hash == "6dab41e83722f466"


def test_the_schema_hash_changes_with_names_order_windows_and_defaults() -> None:
    two = Family("ip", Measure.PAYMENT_COUNT, ("1m", "1h"))
    catalogues = [
        Catalogue(ENTITIES, [COUNT]),
        Catalogue(ENTITIES, [replace(COUNT, windows=("2h",))]),
        Catalogue(ENTITIES, [replace(COUNT, default=0.0)]),
        Catalogue(ENTITIES[:2], [COUNT]),
        Catalogue(ENTITIES, [COUNT, two]),
        Catalogue(ENTITIES, [two, COUNT]),
    ]
    assert len({catalogue.schema_hash for catalogue in catalogues}) == len(catalogues)


def test_adding_a_feature_is_one_line() -> None:
    more = Catalogue(ENTITIES, [*FAMILIES, Family("ip", Measure.DISTINCT, ("10m",), other="merchant")])
    assert more.names[:-1] == CATALOGUE.names
    assert more.names[-1] == "ip_distinct_merchants_10m"


def test_the_description_is_plain_data_with_type_unit_meaning_and_default() -> None:
    description = CATALOGUE.describe()
    assert tuple(description) == CATALOGUE.names
    assert json.loads(json.dumps(dict(description)))["ip_distinct_cards_24h"] == {
        "type": "number",
        "unit": "cards",
        "meaning": "different cards among the ip's earlier payments in the last 24h "
        "(at most the last 32 of them); absent ones do not count",
        "default": None,
    }


def test_a_stated_default_is_described() -> None:
    catalogue = Catalogue(ENTITIES, [replace(COUNT, default=0.0), replace(COUNT, entity="ip", default=nan)])
    assert [row["default"] for row in catalogue.describe().values()] == [0.0, None]


@pytest.mark.parametrize(
    ("families", "message"),
    [
        ([COUNT, COUNT], "'card_payment_count_1h' is declared twice"),
        ([replace(COUNT, entity="iban")], "unknown entity 'iban'; known are card"),
        ([Family("card", Measure.DISTINCT, ("1h",), other="iban")], "unknown entity 'iban'"),
        ([Family("card", Measure.DISTINCT, ("1h",), other="card")], "distinct card of a card"),
        ([Family("card", Measure.DISTINCT, ("1h",))], "DISTINCT needs `other`"),
        ([replace(COUNT, other="ip")], "PAYMENT_COUNT takes no `other`"),
        ([replace(COUNT, windows=("0m",))], "'0m' is not positive"),
        ([replace(COUNT, windows=("-5m",))], "'-5m' is not positive"),
        ([replace(COUNT, windows=("5 minutes",))], "'5 minutes' is not a number and one of m, h, d"),
        ([replace(COUNT, windows=("31d",))], "'31d' is longer than the 30d"),
        ([replace(COUNT, windows=())], "no windows"),
        ([Family("card", Measure.MS_SINCE_LAST_PAYMENT, ("1h", "1d"))], "exactly one"),
        ([], "no features"),
    ],
)
def test_a_contradictory_declaration_is_refused_and_named(families: list[Family], message: str) -> None:
    with pytest.raises(CatalogueError, match=message):
        Catalogue(ENTITIES, families)


def test_an_entity_declared_twice_is_refused() -> None:
    with pytest.raises(CatalogueError, match="entity 'card' is declared twice"):
        Catalogue([*ENTITIES, Entity("card", "cards", "again")], FAMILIES)


def test_a_catalogue_without_entities_is_refused() -> None:
    with pytest.raises(CatalogueError, match="no entities"):
        Catalogue([], [])
