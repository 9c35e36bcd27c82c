"""Columns equal what one gets by reading one message after the other, however the log is cut."""

from math import nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.catalogue import CATALOGUE
from features.catalogue.attributes import ATTRIBUTES
from features.catalogue.metadata import with_metadata
from features.columns.events import TOKENS, Events, Stream
from features.columns.hashing import entity_hash
from features.columns.location import pack
from features.ingest import ReferenceAmounts, intake, reference_amounts
from models.messages.label import Label, LabelValue
from models.messages.outcome import DeclineGroup, Outcome, OutcomeKind, Tokens
from models.messages.payment import (
    Authentication,
    Channel,
    Customer,
    Location,
    Merchant,
    Method,
    MethodKind,
    Payment,
    Phase,
)
from models.reference.tables import REFERENCE_TABLES
from tests.support import plain_intake as plain

TABLES = {
    name: table.load(table.prepare(plain.CSV[name].encode())) for name, table in REFERENCE_TABLES.items()
}
KEYS = ("basket_items", "is_gift", "7")
COLUMNS = with_metadata(CATALOGUE, KEYS).attributes
START = 1_704_067_200_000
IPS = [
    *("81.2.69.142", "81.2.70.1", "203.0.127.255", "203.0.111.1", "8.8.8.8", "0.0.0.0", "255.255.255.255"),
    *(
        "2001:db8::1",
        "2001:DB8:0:0::7",
        "2001:db8:1:2:3:4:5:6",
        "2001:db9:1::9",
        "2001:db9:1:1::9",
        "::",
        "::1",
    ),
    *("::5.6.7.8", "fe80::1", "::ffff:81.2.69.142", "::FFFF:5102:458e", "unknown", "081.2.69.142", "81.2.69"),
    *("81.2.69.256", "2001:db8::1%eth0", "2001:db8:::1"),
]

some = st.sampled_from
tokens = some(["a", "tok_7f3k2m", "x" * 128, "éß", "𝒳", "a\nb", " "])
countries = st.none() | some(["GB", "DE", "PA", "US", "AQ", "ZZ"])
ips = st.none() | some(IPS) | st.text(max_size=12)
times = st.integers(0, 8 * 86_400_000).map(lambda after: START + after)
currencies = some(["EUR", "USD", "JPY", "TND", "PAB", "XYZ"])
amounts = some([0, 1, 50, 99, 1_000, 4_999, 100_000, 10**12 - 1]) | st.integers(0, 10**6)
bins = st.none() | some(["411111", "4111112", "41111123", "41111122", "520000", "999999", "41111a", "abcdef"])
methods = st.builds(Method, some(MethodKind), tokens, bins, countries)
hints = st.builds(
    Authentication,
    three_ds_result=st.none() | some([*"YNAUCRI", "YY", "?"]),
    eci=st.none() | some(["05", "5", "07", "00", "x"]),
    liability_shift=some([None, True, False]),
    sca_exemption=some([None, "low_value"]),
    merchant_initiated=st.booleans(),
    avs_result=st.none() | some(list("YXDFMABPTWZNU")),
    cvv_result=st.none() | some(list("MYNPS")),
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | some(
        [
            "12",
            "-0.50",
            "+1e3",
            ".5",
            "5.",
            "007",
            "1e999",
            "1_000",
            "0x1f",
            " 1",
            "1 ",
            "inf",
            "nan",
            "",
            "٣",
        ]
    )
    | st.text(max_size=5)
)
payments = st.builds(
    Payment,
    st.just("acme"),
    tokens,
    times,
    amounts,
    currencies,
    methods,
    st.builds(Merchant, tokens, some([None, "7995", "5411", "0000"]), countries),
    st.integers(1, 255),
    some(Phase),
    st.none() | st.builds(Customer, tokens, st.none() | times),
    st.none() | tokens,
    ips,
    st.none() | tokens,
    st.none() | tokens,
    some(Channel),
    st.none() | hints,
    st.none() | st.dictionaries(some([*KEYS, "other"]), scalars, max_size=3),
    st.none() | st.builds(Location, st.floats(-90, 90), st.floats(-180, 180)),
)
parties = st.builds(Tokens, methods, tokens, *[st.none() | tokens] * 2, ips, *[st.none() | tokens] * 2)
ids = (st.just("acme"), tokens)
outcomes = st.builds(
    Outcome,
    *ids,
    some(OutcomeKind),
    times,
    times,
    amounts,
    currencies,
    parties,
    decline_group=st.none() | some(DeclineGroup),
)
labels = st.builds(Label, *ids, some(LabelValue), times, times, amounts, currencies, parties)
logs = st.lists(
    st.tuples(payments | outcomes | labels, st.integers(-(10**6), 10**6), amounts, st.booleans()), max_size=12
)


def columns(log: list[Any], tables: dict[str, Any] = TABLES) -> tuple[Events, np.ndarray]:
    """The intake of rows (message, milliseconds it is late, EUR cents, adds)."""
    messages = [message for message, *_ in log]
    at = np.array([message.occurred_at + late for message, late, *_ in log], np.int64)
    cents = np.array([cents for _, _, cents, _ in log], np.int64)
    unrated = (cents == 0) & reference_amounts(tables.get("fx"), messages, at).unrated
    adds = np.array([adds for *_, adds in log], np.bool_)
    return intake(messages, at, ReferenceAmounts(cents, unrated), adds, tables, COLUMNS)[:2]


def row_of(events: Events, index: int) -> dict[str, Any]:
    return {name: getattr(events, name)[..., index].tolist() for name in Events._fields}


@given(logs)
def test_columns_equal_reading_message_by_message(log: list[Any]) -> None:
    events, rows = columns(log)
    for index, (message, late, cents, adds) in enumerate(log):
        assert row_of(events, index) == plain.row(message, message.occurred_at + late, cents, adds)
    told = [
        plain.attributes(message, message.occurred_at + late, cents) | plain.metadata(message, KEYS)
        for message, late, cents, _ in log
        if isinstance(message, Payment)
    ]
    assert rows.shape == (len(told), len(COLUMNS))
    for given_row, expected in zip(rows.tolist(), told, strict=True):
        found = dict(zip([attribute.name for attribute in COLUMNS], given_row, strict=True))
        np.testing.assert_equal(found, expected)


@given(logs, st.integers(1, 5))
def test_cutting_the_log_into_batches_changes_nothing(log: list[Any], size: int) -> None:
    whole, rows = columns(log)
    cut = [columns(log[begin : begin + size]) for begin in range(0, len(log), size)]
    for name in Events._fields:
        parts = [getattr(events, name) for events, _ in cut]
        assert np.array_equal(
            np.concatenate(parts, axis=-1) if parts else getattr(whole, name), getattr(whole, name)
        )
    assert np.array_equal(np.concatenate([part for _, part in cut]) if cut else rows, rows, equal_nan=True)


@given(logs)
def test_without_tables_nothing_is_made_up(log: list[Any]) -> None:
    events, rows = columns(log, {})
    names = [attribute.name for attribute in ATTRIBUTES]
    unknown = ["bin_is_prepaid", "bin_is_debit", "merchant_group", "ip_country_is_merchant_country"]
    assert np.isnan(rows[:, [names.index(name) for name in unknown]]).all()
    assert not events.tokens[TOKENS.index("ip_country")].any()


def payment(**fields: Any) -> Payment:
    given: dict[str, Any] = {
        "method": Method(MethodKind.CARD, "tok"),
        "merchant": Merchant("m"),
        "currency": "EUR",
    } | fields
    return Payment("acme", "p", START, 1000, **given)


def test_columns_are_contiguous_and_of_the_types_the_kernel_takes() -> None:
    events, rows = columns([(payment(), 0, 1, True), (payment(ip="::1"), 0, 1, True)])
    assert {name: getattr(events, name).dtype for name in Events._fields} == {
        name: column.dtype for name, column in Events.empty(0)._asdict().items()
    }
    assert all(getattr(events, name).flags.c_contiguous for name in Events._fields)
    assert rows.dtype == np.float64


def test_an_empty_batch_has_no_rows() -> None:
    events, rows = columns([])
    assert events.tokens.shape == (len(TOKENS), 0)
    assert rows.shape == (0, len(COLUMNS))


def test_an_address_mapped_into_ipv6_is_the_ipv4_address() -> None:
    events, _ = columns([(payment(ip=ip), 0, 1, True) for ip in ("81.2.69.142", "::ffff:81.2.69.142")])
    assert np.array_equal(events.tokens[:, 0], events.tokens[:, 1])
    assert events.tokens[TOKENS.index("network"), 0] == entity_hash("81.2.69.0/24")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"location": Location(1.5, 2.5), "ip": "81.2.69.142", "channel": Channel.POS}, pack(1.5, 2.5)),
        ({"merchant": Merchant("m", None, "US"), "channel": Channel.POS, "ip": "81.2.69.142"}, pack(38, -97)),
        ({"merchant": Merchant("m", None, "ZZ"), "channel": Channel.POS, "ip": "81.2.69.142"}, pack(54, -2)),
        ({"merchant": Merchant("m", None, "US"), "ip": "81.2.69.142"}, pack(54, -2)),
        ({"merchant": Merchant("m", None, "US"), "ip": "203.0.113.9"}, 0),
        ({}, 0),
    ],
)
def test_the_place_is_the_nearest_thing_known(fields: dict[str, Any], expected: int) -> None:
    events, _ = columns([(payment(**fields), 0, 1, True)])
    assert events.place.tolist() == [expected]


def test_an_amount_without_a_rate_is_unknown_and_one_of_nothing_is_nothing() -> None:
    log = [(payment(currency="TND"), 0, 0, True), (payment(currency="EUR"), 0, 0, True)]
    _, rows = columns(log)
    assert np.array_equal(rows[:, :2], np.array([[nan, nan], [0.0, 0.0]]), equal_nan=True)


def test_more_different_words_than_are_remembered_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    log = [
        (payment(method=Method(MethodKind.CARD, "t", f"{400000 + n}", "DE")), 0, 1, True) for n in range(50)
    ]
    expected = columns(log)
    monkeypatch.setattr("features.columns.parties.REMEMBERED_MAX", 7)
    for _ in range(2):
        assert np.array_equal(columns(log)[0].tokens, expected[0].tokens)


def test_streams_and_codes_keep_the_order_of_the_log() -> None:
    parties = Tokens(Method(MethodKind.CARD, "tok"), "m")
    outcome = Outcome("acme", "p", OutcomeKind.REFUNDED, 1, 1, 1, "EUR", parties)
    label = Label("acme", "p", LabelValue.FRAUD, 1, 1, 1, "EUR", parties)
    events, rows = columns([(message, 0, 1, True) for message in (label, payment(), outcome, payment())])
    assert events.stream.tolist() == [Stream.LABEL, Stream.ATTEMPT, Stream.OUTCOME, Stream.ATTEMPT]
    assert len(set(events.tokens[TOKENS.index("card")].tolist())) == 1
    assert len(rows) == 2


def test_attribute_names_are_unique_and_say_what_they_are() -> None:
    names = [attribute.name for attribute in ATTRIBUTES]
    assert len(set(names)) == len(names)
    assert all(attribute.unit and attribute.meaning and attribute.default != 0 for attribute in ATTRIBUTES)
