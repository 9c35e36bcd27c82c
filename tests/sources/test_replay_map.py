"""Maps are checked when they are read: errors name the file, the key and the closest known name."""

import pytest
import yaml

from streams.errors import Misconfigured
from streams.sources.files import replay_map
from streams.sources.files.replay_map import check_columns, load, parse

SMALL = """
merchant_account: shop
payment_id: "p-{id}"
occurred_at: {terms: {at: s}}
amount: {column: cents}
currency: EUR
method: {token: "card_{card}"}
merchant: {id: "{shop}"}
"""


def _changed(**fields: object) -> str:
    return yaml.safe_dump(yaml.safe_load(SMALL) | fields)


@pytest.mark.parametrize("name", replay_map.names())
def test_shipped_maps_are_valid(name: str) -> None:
    assert load(name).columns()


def test_the_four_data_sets_and_the_world_have_maps() -> None:
    assert set(replay_map.names()) == {"handbook", "sparkov", "ucsd_fico", "s-ffsd", "world"}


def test_columns_are_listed_with_the_key_that_reads_them() -> None:
    assert parse(SMALL, "small.yaml").columns() == {
        "id": "payment_id",
        "at": "occurred_at.terms.at",
        "cents": "amount.column",
        "card": "method.token",
        "shop": "merchant.id",
    }


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"merchant_acount": "x"}, "unknown field `merchant_acount`; did you mean 'merchant_account'?"),
        ({"method": {"token": "t", "contry": "US"}}, "`contry` - at `method`; did you mean 'country'?"),
        ({"occurred_at": {"terms": {"at": "weeks"}}}, "Invalid enum value 'weeks' - at `occurred_at.terms"),
        ({"occurred_at": {}}, "either `datetime` (a column) or `terms`"),
        ({"occurred_at": {"datetime": "x", "terms": {"at": "s"}}}, "either `datetime` (a column) or `terms`"),
        ({"amount": {"scale": 1}}, "missing required field `column` - at `amount`"),
        ({"label": {"column": "f", "values": {1: "bad"}, "delay": "7d"}}, "Invalid enum value 'bad'"),
        ({"label": {"column": "f", "values": {}, "delay": "a week"}}, "delay 'a week' is not like 7d"),
        ({"currency": None}, "at `currency`"),
    ],
)
def test_mistakes_are_named(fields: dict[str, object], said: str) -> None:
    with pytest.raises(Misconfigured) as error:
        parse(_changed(**fields), "small.yaml")
    assert str(error.value).startswith("map small.yaml: ")
    assert said in str(error.value)


def test_text_that_is_not_yaml_is_refused() -> None:
    with pytest.raises(Misconfigured, match=r"map small.yaml: not YAML"):
        parse("a: [", "small.yaml")


def test_an_unknown_map_is_refused_with_the_closest_name() -> None:
    with pytest.raises(Misconfigured, match="did you mean 'sparkov'"):
        load("sparkof")


def test_a_missing_column_is_named_with_key_and_closest_column() -> None:
    with pytest.raises(Misconfigured) as error:
        check_columns(parse(SMALL, "small.yaml"), ["id", "at", "cent", "card", "shop"], "file.csv")
    assert "file.csv has no column 'cents', which the map reads for `amount.column`" in str(error.value)
    assert "did you mean 'cent'?" in str(error.value)
