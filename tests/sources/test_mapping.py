"""Rows become payments by exact rules; what does not fit is sent as it stands and refused by the engine."""

from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.messages.codec import decode_input, encode
from models.messages.payment import Payment
from streams.engine.input.reading import RefusedRecord, read
from streams.sources.files.mapping import amounts, map_rows, texts, times
from streams.sources.files.replay_map import AmountMap, ColumnLookup, TimeMap, parse

MAP = parse(
    """
merchant_account: shop
payment_id: "p-{id}"
occurred_at: {base: 2020-01-01T00:00:00Z, terms: {day: d, second: s}}
amount: {column: euros, scale: 100}
currency: {column: money}
method: {token: "card_{card}", country: {column: land, values: {276: DE}, default: XX}}
customer: {id: "c-{customer}"}
merchant: {id: "m{card}"}
metadata: {land: "{land}", day: {column: day}}
label: {column: fraud, values: {0: legitimate, 1: fraud, 2: none}, delay: 1h}
""",
    "test",
)
ROW = {
    "id": 1,
    "day": 2,
    "second": 3,
    "euros": 12.34,
    "money": "EUR",
    "card": 9,
    "land": 276,
    "customer": 5,
    "fraud": 1,
}
TIME = 1_577_836_800_000 + 2 * 86_400_000 + 3_000


def _batch(*rows: dict[str, object]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([ROW | row for row in rows])


def test_a_row_becomes_a_valid_payment() -> None:
    payment = map_rows(_batch({}), MAP).payments[0]
    assert decode_input(encode(payment)) == payment
    assert (payment.payment_id, payment.occurred_at, payment.amount) == ("p-1", TIME, 1234)
    assert (payment.method.token, payment.method.country) == ("card_9", "DE")
    assert payment.customer is not None
    assert (payment.customer.id, payment.merchant.id) == ("c-5", "m9")
    assert payment.metadata == {"land": "276", "day": 2}


def test_its_label_is_due_after_the_delay_and_carries_its_tokens() -> None:
    mapped = map_rows(_batch({}, {"fraud": 0}, {"fraud": 2}, {"fraud": None}), MAP)
    assert mapped.release.tolist()[0] == TIME + 3_600_000
    assert [label and label.label for label in mapped.labels] == ["fraud", "legitimate", None, None]
    label = mapped.labels[0]
    assert label is not None
    assert decode_input(encode(label)).tokens.customer_id == "c-5"


@pytest.mark.parametrize(
    "row",
    [
        {"euros": None},
        {"euros": float("nan")},
        {"euros": float("inf")},
        {"id": None},
        {"money": None},
        {"money": "EURO"},
        {"card": None},
        {"day": None},
    ],
)
def test_a_bad_row_is_sent_and_refused(row: dict[str, object]) -> None:
    mapped = map_rows(_batch({}, row), MAP)
    assert len(mapped.payments) == 2
    with pytest.raises(RefusedRecord):
        read(encode(mapped.payments[1]), suspect=False)


def test_a_payment_without_time_or_amount_has_no_label() -> None:
    assert map_rows(_batch({"day": None}, {"euros": None}), MAP).labels == [None, None]


def test_a_row_without_a_customer_has_none() -> None:
    assert map_rows(_batch({"customer": None}), MAP).payments[0].customer is None


@given(st.lists(st.decimals(-(10**9), 10**9, places=2), min_size=1, max_size=20))
def test_two_decimals_become_cents_exactly(values: list[Decimal]) -> None:
    floats = pa.RecordBatch.from_pydict({"x": pa.array([float(value) for value in values], pa.float64())})
    assert amounts(floats, AmountMap("x", 100)) == [int(value * 100) for value in values]


@given(st.lists(st.floats(-(10**9), 10**9), min_size=1, max_size=20))
def test_other_floats_are_rounded_half_to_even_by_their_digits(values: list[float]) -> None:
    floats = pa.RecordBatch.from_pydict({"x": pa.array(values, pa.float64())})
    exact = [int((Decimal(repr(value)) * 100).quantize(Decimal(1), ROUND_HALF_EVEN)) for value in values]
    found = amounts(floats, AmountMap("x", 100))
    assert all(abs(a - b) == 0 for a, b in zip(found, exact, strict=True))


def test_text_amounts_of_a_csv_are_exact_and_bad_ones_stay_text() -> None:
    batch = pa.RecordBatch.from_pydict({"x": ["0.29", "1e2", " 7 ", "", None, "12,50"]})
    assert amounts(batch, AmountMap("x", 100)) == [29, 10_000, 700, "", None, "12,50"]


def test_times_come_from_terms_datetimes_and_text() -> None:
    batch = pa.RecordBatch.from_pydict(
        {
            "text": ["2020-01-01 00:00:01", "2020-01-01T00:00:02", "yesterday"],
            "zoned": ["2020-01-01T01:00:00+01:00", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"],
            "stamp": pa.array([datetime(2020, 1, 1)] * 3, pa.timestamp("ns")),
            "number": ["1", "2.5", "x"],
        }
    )
    new_year = 1_577_836_800_000
    assert times(batch, TimeMap(datetime="text")) == [new_year + 1000, new_year + 2000, "yesterday"]
    assert times(batch, TimeMap(datetime="zoned")) == [new_year] * 3
    assert times(batch, TimeMap(datetime="stamp")) == [new_year] * 3
    assert times(batch, TimeMap(terms={"number": "s"})) == [1000, 2500, "x"]


def test_templates_join_columns_and_nulls_make_null() -> None:
    batch = pa.RecordBatch.from_pydict({"a": [1, None], "b": pa.array(["x", "y"]).dictionary_encode()})
    assert texts(batch, "{b}-{a}!") == ["x-1!", None]
    assert texts(batch, "same") == ["same", "same"]
    assert texts(batch, ColumnLookup("b", {"x": "found"}, "other")) == ["found", "other"]
    assert texts(batch, ColumnLookup("a")) == [1, None]


def test_payments_of_wrong_shape_are_still_payments_by_type() -> None:
    assert isinstance(map_rows(_batch({"euros": None}), MAP).payments[0], Payment)
