"""A selection is kept as JSON, is bounded, and comes back from an address as it went in."""

from datetime import UTC, datetime
from urllib.parse import parse_qsl

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.views import BadSelectionError, FixedDates, RelativeDates, Selection, selection_of
from desk.views.selection import checked

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
ALL = [
    ("verdict", "decline"), ("verdict", "review"), ("amount_from", "10.00"), ("within", "7d"),
    ("columns", "amount,verdict"), ("order", "-amount"), ("account", "shop-1"), ("account", "shop-2"),
]  # fmt: skip


def test_an_address_and_its_selection_say_the_same() -> None:
    selection = selection_of(ALL)
    assert selection_of(parse_qsl(selection.query())) == selection
    assert checked(msgspec.json.decode(msgspec.json.encode(selection))) == selection
    assert selection.accounts == ("shop-1", "shop-2")


def test_empty_fields_of_a_form_choose_nothing() -> None:
    assert selection_of([("verdict", ""), ("since", " "), ("columns", "")]) == Selection()


def test_relative_dates_move_and_fixed_ones_do_not() -> None:
    assert RelativeDates(24, "hours").between(NOW)[0] == datetime(2026, 2, 28, 9, 30, tzinfo=UTC)
    assert RelativeDates(1, "days").between(NOW) == (datetime(2026, 3, 1, tzinfo=UTC), NOW)
    fixed = selection_of([("since", "2026-02-28"), ("until", "2026-03-01T00:00")]).dates
    assert fixed == FixedDates(datetime(2026, 2, 28, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))
    assert fixed.between(NOW) == (fixed.start, fixed.end)


def test_dates_may_be_open_and_fixed_ones_win() -> None:
    dates = selection_of([("since", "2026-02-28T10:15"), ("within", "7d")]).dates
    assert dates == FixedDates(datetime(2026, 2, 28, 10, 15, tzinfo=UTC))
    assert dates.between(NOW)[1] == NOW


@pytest.mark.parametrize(
    "pairs",
    [
        [("within", "0d")], [("within", "7w")], [("within", "1000d")], [("within", "٧d")],
        [("since", "2026-02-30")], [("since", "2026-03-02"), ("until", "2026-03-01")],
        [("until", "9999-12-31")], [("until", "0001-01-01T00:00+23:59")],
        [("Robert'); DROP", "x")], [("verdict\n", "x")], [("x" * 41, "x")],
        [("verdict", "a\0b")], [("verdict", "a\nb")], [("verdict", "x" * 201)], [("account", "x" * 101)],
        [("verdict", str(n)) for n in range(51)], [(f"f{n}", "x") for n in range(21)],
        [("columns", ",".join(f"c{n}" for n in range(61)))], [("columns", "a;b")], [("order", "--amount")],
        [(f"f{n}", f"{m}".rjust(200, "x")) for n in range(10) for m in range(10)],
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(BadSelectionError):
        selection_of(pairs)


@pytest.mark.parametrize(
    "document",
    [{"filters": [{"name": "a", "values": []}]}, {"sql": "DROP TABLE x"}, [], None, {"dates": {"kind": "x"}}],
)
def test_a_document_of_another_shape_is_refused(document: object) -> None:
    with pytest.raises(BadSelectionError):
        checked(document)


@given(st.lists(st.tuples(st.text(max_size=50), st.text(max_size=300)), max_size=30))
def test_whatever_an_address_holds_is_a_selection_or_refused(pairs: list[tuple[str, str]]) -> None:
    try:
        selection = selection_of(pairs)
    except BadSelectionError:
        return
    assert checked(msgspec.to_builtins(selection)) == selection
