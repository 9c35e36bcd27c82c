"""The declaration: stable names and hash; what contradicts itself is refused with file, line and reason."""

import json
from dataclasses import replace
from math import inf, nan
from typing import Any

import numpy as np
import pytest

from features.catalogue import (
    CATALOGUE,
    ENTITIES,
    FAMILIES,
    Catalogue,
    Entity,
    Family,
)
from features.catalogue import measures as m
from features.catalogue.attributes import ATTRIBUTES
from features.catalogue.expansion import PLURALS
from features.catalogue.measures import Measure, Op, Tally
from features.columns.events import TOKENS, Stream
from features.errors import CatalogueError

COUNT = Family("card", m.PAYMENT_COUNT, ("1h",))
SUM = Family("card", m.AMOUNT_SUM, ("1h",))


def test_there_are_over_200_features_of_9_entities_and_5_pairs() -> None:
    entities = [CATALOGUE.by_name[feature.entity] for feature in CATALOGUE.features]
    assert len(CATALOGUE.features) > 200
    assert len({entity.name for entity in entities if not entity.parts}) == 9
    assert len({entity.name for entity in entities if entity.parts}) == 5
    assert {feature.measure.op for feature in CATALOGUE.features} == set(Op)
    assert {feature.measure.stream for feature in CATALOGUE.features} == set(Stream)


def test_names_say_entity_measure_and_window() -> None:
    assert {
        "card_payment_count_1h",
        "card_payment_count_lifetime",
        "customer_amount_ratio_to_mean_30d",
        "customer_hours_since_last_payment",
        "customer_distinct_cards_1h",
        "customer_distinct_devices_7d",
        "bin_merchant_distinct_cards_10m",
        "card_merchant_is_new",
        "merchant_frauds_over_labels_7d",
        "merchant_frauds_over_approved_90d",
        "merchant_cohort_fraud_rate_180d",
        "card_hours_since_last_declined",
        "card_speed_kmh",
        "card_hour_of_week_share",
    } <= set(CATALOGUE.names)


def test_attributes_are_the_first_columns() -> None:
    catalogue = Catalogue(ENTITIES, [COUNT], ATTRIBUTES[:2])
    assert catalogue.names == (ATTRIBUTES[0].name, ATTRIBUTES[1].name, "card_payment_count_1h")
    assert len(CATALOGUE.names) == len(CATALOGUE.attributes) + len(CATALOGUE.features)


def test_the_schema_hash_changes_with_names_order_windows_defaults_and_definitions() -> None:
    two = Family("ip", m.PAYMENT_COUNT, ("1m", "1h"))
    catalogues = [
        Catalogue(ENTITIES, [COUNT]),
        Catalogue(ENTITIES, [replace(COUNT, windows=("2h",))]),
        Catalogue(ENTITIES, [replace(COUNT, default=0.0)]),
        Catalogue(ENTITIES, [replace(COUNT, measure=replace(m.PAYMENT_COUNT, unit="times"))]),
        Catalogue(ENTITIES, [replace(COUNT, measure=replace(m.PAYMENT_COUNT, op=Op.IS_NEW))]),
        Catalogue(ENTITIES, [replace(COUNT, measure=replace(m.PAYMENT_COUNT, op=Op.SUM, tally=m.SMALL))]),
        Catalogue(ENTITIES, [replace(COUNT, measure=replace(m.PAYMENT_COUNT, op=Op.SUM, tally=m.NIGHT))]),
        Catalogue(ENTITIES, [COUNT], ATTRIBUTES[:1]),
        Catalogue(ENTITIES[:2], [COUNT]),
        Catalogue([*ENTITIES[:9], Entity("card_device", "", ("device", "card"))], [COUNT]),
        Catalogue(ENTITIES, [COUNT, two]),
        Catalogue(ENTITIES, [two, COUNT]),
    ]
    assert len({catalogue.schema_hash for catalogue in catalogues}) == len(catalogues)


def test_the_schema_hash_changes_with_the_code_of_a_tally_of_ones_own() -> None:
    one = Tally("own", Stream.ATTEMPT, 1, lambda events: events.amount % 2)
    other = Tally("own", Stream.ATTEMPT, 1, lambda events: events.amount % 3 // 2)
    hashes = {
        Catalogue(ENTITIES, [Family("card", _own("own", tally), ("1h",))]).schema_hash
        for tally in (one, other)
    }
    assert len(hashes) == 2


def test_the_wording_of_a_meaning_does_not_change_the_schema() -> None:
    reworded = replace(COUNT, measure=replace(m.PAYMENT_COUNT, meaning="how often"))
    assert Catalogue(ENTITIES, [reworded]).schema_hash == Catalogue(ENTITIES, [COUNT]).schema_hash


def _own(name: str, tally: Tally | None, op: Op = Op.SUM, stream: Stream = Stream.ATTEMPT) -> Measure:
    return Measure(
        f"{{entity}}_{name}_{{window}}", "things", "of the {entity} in {window}", op, stream, tally
    )


def test_adding_a_feature_is_one_line() -> None:
    more = Catalogue(ENTITIES, [*FAMILIES, Family("ip", m.DISTINCT, ("10m",), other="merchant")])
    assert more.names[:-1] == Catalogue(ENTITIES, FAMILIES).names
    assert more.names[-1] == "ip_distinct_merchants_10m"


def test_every_token_has_a_plural_for_names() -> None:
    assert set(PLURALS) == set(TOKENS)


def test_the_description_is_plain_data_with_type_entity_window_unit_meaning_and_default() -> None:
    description = CATALOGUE.describe()
    assert tuple(description) == CATALOGUE.names
    assert json.loads(json.dumps({name: dict(row) for name, row in description.items()}))[
        "customer_distinct_cards_24h"
    ] == {
        "type": "number",
        "entity": "customer",
        "window": "24h",
        "unit": "cards",
        "meaning": "different cards among the customer's earlier payments in the last 24h "
        "(of at most the last 32); absent ones do not count",
        "default": None,
    }
    assert "in the last lifetime" not in json.dumps([dict(row) for row in description.values()])


def test_a_stated_default_is_described() -> None:
    catalogue = Catalogue(ENTITIES, [replace(COUNT, default=0.0), replace(COUNT, entity="ip", default=nan)])
    assert [row["default"] for row in catalogue.describe().values()] == [0.0, None]


REFUSED = [
    ([COUNT, COUNT], "'card_payment_count_1h' is declared twice, first in"),
    ([replace(COUNT, entity="iban")], "unknown entity 'iban'; known are card"),
    ([Family("card", m.DISTINCT, ("1h",), other="iban")], "unknown other 'iban'"),
    ([Family("card", m.DISTINCT, ("1h",), other="card")], "distinct card of a card is always 1"),
    ([Family("card", m.DISTINCT, ("1h",))], "needs `other`"),
    ([replace(COUNT, other="ip")], "takes no `other`"),
    ([replace(COUNT, windows=("0m",))], "'0m' is not positive"),
    ([replace(COUNT, windows=("-5m",))], "'-5m' is not positive"),
    (
        [replace(COUNT, windows=("5 minutes",))],
        "'5 minutes' is not `lifetime` or a number and one of m, h, d",
    ),
    ([replace(COUNT, windows=("366d",))], "'366d' is longer than the 365d that are kept for COUNT"),
    ([replace(COUNT, windows=("721h",))], "'721h' is over 30d and must be whole days"),
    ([Family("card", m.AMOUNT_MAX_OF, ("31d",))], "'31d' is longer than the 30d that are kept for MAXIMUM"),
    ([Family("card", m.DISTINCT, ("lifetime",), other="ip")], "DISTINCT has no lifetime window"),
    ([Family("card", m.SAME_AMOUNT_COUNT)], "SAME_AMOUNT has no lifetime window"),
    ([Family("card", m.COHORT_FRAUD_RATE)], "COHORT_RATE has no lifetime window"),
    ([Family("card", m.COHORT_FRAUD_RATE, ("181d",))], "'181d' is longer than the 180d"),
    ([replace(COUNT, windows=())], "no windows"),
    ([Family("card", m.HOURS_SINCE_LAST, ("1h", "24h"))], "has no window, so give at most one"),
    ([replace(COUNT, windows="1h")], "windows is '1h', not a tuple of texts"),  # type: ignore[arg-type]
    ([replace(COUNT, windows=(60,))], "windows must be texts such as `24h`"),  # type: ignore[arg-type]
    ([replace(COUNT, default="none")], "default is 'none', not a number"),  # type: ignore[arg-type]
    ([replace(COUNT, default=True)], "default is True, not a number"),
    ([replace(COUNT, measure="count")], "measure is 'count', not a Measure"),  # type: ignore[arg-type]
    ([replace(COUNT, entity=3)], "entity is 3, not a text"),  # type: ignore[arg-type]
    ([replace(COUNT, default=inf)], "default is inf, not a finite number or NaN"),
    (
        [Family("card", m.COHORT_FRAUD_RATE, ("36h",))],
        "'36h' of a cohort rate must be whole days and over the 60",
    ),
    (
        [Family("card", m.COHORT_FRAUD_RATE, ("60d",))],
        "'60d' of a cohort rate must be whole days and over the 60",
    ),
]


@pytest.mark.parametrize(("families", "message"), REFUSED)
def test_a_contradictory_declaration_is_refused_with_file_line_and_reason(
    families: list[Family], message: str
) -> None:
    with pytest.raises(CatalogueError, match=message) as refused:
        Catalogue(ENTITIES, families)
    assert f"{__file__}:" in str(refused.value)


def test_the_line_named_is_that_of_the_declaration() -> None:
    family = Family("iban", m.PAYMENT_COUNT, ("1h",))
    line = test_the_line_named_is_that_of_the_declaration.__code__.co_firstlineno + 1
    with pytest.raises(CatalogueError, match=rf"test_catalogue\.py:{line}: unknown entity"):
        Catalogue(ENTITIES, [family])


LABELS, OUTCOMES = {"stream": Stream.LABEL}, {"stream": Stream.OUTCOME}
MEASURES: list[tuple[dict[str, Any], str]] = [
    ({"op": Op.SUM}, "SUM needs a tally"),
    ({"op": Op.SUM, "tally": m.FRAUD}, "of stream ATTEMPT, its tally of another"),
    ({"op": Op.SUM, "tally": m.SMALL, "over": m.NIGHT}, "SUM takes no `over`"),
    ({"op": Op.SHARE, "tally": m.FRAUD, **LABELS}, "a share of labels needs `over`"),
    ({"op": Op.COUNT, **OUTCOMES}, "COUNT is measured over attempts only"),
    ({"op": Op.COUNT, "tally": m.SMALL}, "COUNT takes no tally"),
    ({"op": Op.IS_NEW, **LABELS}, "IS_NEW is measured over attempts only"),
    ({"op": Op.MAXIMUM, "tally": m.SMALL}, "MAXIMUM is of amounts, not of a tally"),
    ({"op": Op.MAXIMUM, "tally": m.DECLINED, **OUTCOMES}, "MAXIMUM is measured over attempts only"),
    ({"op": Op.RATIO_TO_MEAN, "tally": m.NIGHT}, "RATIO_TO_MEAN is of amounts, not of a tally"),
    ({"op": Op.DISTINCT}, "DISTINCT and nothing else needs another token"),
    ({"op": Op.COHORT_RATE}, "COHORT_RATE is of stream LABEL"),
    (
        {"op": Op.COHORT_RATE, "maturity_days": 180, **LABELS},
        "maturity_days is of cohort rates, and",
    ),
    (
        {"op": Op.COHORT_RATE, "maturity_days": -1, **LABELS},
        "maturity_days is of cohort rates, and",
    ),
    ({"op": Op.RUN, "tally": m.FRAUD, **LABELS}, "RUN needs `over`, a tally of stream LABEL"),
    ({"op": Op.SINCE_RUN, "tally": m.FRAUD, "over": m.NIGHT, **LABELS}, "SINCE_RUN needs `over`, a tally"),
    ({"op": Op.RUN, "tally": m.NIGHT, "over": m.NIGHT}, "RUN is ended by its own events"),
    ({"op": Op.SINCE_LAST_OF, "tally": m.FRAUD, "over": m.CLEARED, **LABELS}, "SINCE_LAST_OF takes no"),
    ({"op": Op.COUNT, "maturity_days": 1}, "maturity_days is of cohort rates"),
    ({"op": 0}, "op of a measure is 0, not of type Op"),
    ({"stream": 0}, "stream of a measure is 0, not of type Stream"),
    ({"op": Op.SUM, "tally": "amount"}, "tally of a measure is 'amount', not a Tally"),
    ({"unit": None}, "unit of a measure is None, not a text"),
    ({"windowed": 1}, "windowed of a measure is 1, not of type bool"),
    ({"name": "{entity}_{what}_{window}"}, "has a field that is not filled in"),
    ({"meaning": "{0}"}, "has a field that is not filled in"),
]


@pytest.mark.parametrize(("fields", "message"), MEASURES)
def test_a_measure_the_kernel_cannot_compute_is_refused_where_it_stands(
    fields: dict[str, Any], message: str
) -> None:
    usual: dict[str, Any] = {"name": "{entity}_x_{window}", "unit": "u", "meaning": "m", "op": Op.COUNT}
    measure = Measure(**(usual | fields))
    with pytest.raises(CatalogueError, match=message) as refused:
        Catalogue(ENTITIES, [Family("card", measure, ("1h",), "ip" if measure.needs_other else None)])
    assert f"{__file__}:" in str(refused.value)


TALLIES: list[tuple[dict[str, Any], str]] = [
    *(({"maximum": top}, r"may add 1 to 1,099,511,627,776 at most") for top in (0, -1, 2**40 + 1, 1.5, "1")),
    ({"name": "my own"}, "tally name 'my own' is not a word in lower case"),
    ({"stream": 0}, "stream of tally 'own' is 0, no Stream"),
    ({"of": None}, "`of` of tally 'own' is None, not a function"),
]


@pytest.mark.parametrize(("fields", "message"), TALLIES)
def test_a_tally_that_cannot_be_summed_is_refused_where_it_stands(
    fields: dict[str, Any], message: str
) -> None:
    zeros: dict[str, Any] = {"of": lambda events: np.zeros(len(events.at), np.int64)}
    tally = Tally(**({"name": "own", "stream": Stream.ATTEMPT, "maximum": 1, **zeros} | fields))
    measure = replace(_own("own", m.AMOUNT), tally=tally)
    with pytest.raises(CatalogueError, match=message) as refused:
        Catalogue(ENTITIES, [Family("card", measure, ("1h",))])
    assert f"{__file__}:" in str(refused.value)


@pytest.mark.parametrize("given", ["card", 3, None])
def test_what_is_no_declaration_is_refused(given: Any) -> None:
    with pytest.raises(CatalogueError, match="is not a Family"):
        Catalogue(ENTITIES, [given])
    with pytest.raises(CatalogueError, match="is not an Entity"):
        Catalogue([given], FAMILIES)


def test_two_tallies_of_one_name_are_refused() -> None:
    first, second = (
        Tally("own", Stream.ATTEMPT, top, lambda events: np.zeros(len(events.at), np.int64)) for top in (1, 2)
    )
    families = [Family("card", _own("a", first), ("1h",)), Family("ip", _own("b", second), ("1h",))]
    with pytest.raises(CatalogueError, match=r"test_catalogue\.py:\d+: tally 'own' is another one than in"):
        Catalogue(ENTITIES, families)


def test_an_attribute_of_a_features_name_is_refused() -> None:
    with pytest.raises(
        CatalogueError, match="'card_payment_count_1h' is declared twice, first in the attributes"
    ):
        Catalogue(ENTITIES, [COUNT], [replace(ATTRIBUTES[0], name="card_payment_count_1h")])


@pytest.mark.parametrize(
    ("entity", "message"),
    [
        (Entity("card", "again"), "entity 'card' is declared twice, first in"),
        (Entity("iban", "unknown token"), "names the unknown token 'iban'"),
        (Entity("three", "", ("card", "ip", "bin")), "needs one token or two different ones"),
        (Entity("twice", "", ("card", "card")), "needs one token or two different ones"),
        (Entity("Card!", ""), "is not a word in lower case"),
    ],
)
def test_a_wrong_entity_is_refused_with_file_line_and_reason(entity: Entity, message: str) -> None:
    with pytest.raises(CatalogueError, match=message) as refused:
        Catalogue([*ENTITIES, entity], FAMILIES)
    assert f"{__file__}:" in str(refused.value)


def test_a_catalogue_without_entities_or_features_is_refused() -> None:
    with pytest.raises(CatalogueError, match="no entities"):
        Catalogue([], [])
    with pytest.raises(CatalogueError, match="no features"):
        Catalogue(ENTITIES, [])
