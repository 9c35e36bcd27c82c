"""Payments: what an address chooses, what is shown of it, and as CSV."""

import csv
import io
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.console.pages.payments import PAGE, PaymentFilters, filters_of
from dashboards.console.pages.payments.csv_rows import selected_pages
from dashboards.console.pages.payments.filters import COLUMNS, SEQUENCE_END, milliseconds
from dashboards.console.pages.payments.slices import slices
from dashboards.console.warehouse import Rows, WarehouseSlow
from desk.accounts import Role
from desk.database import DeskDatabase
from tests.console.payment_rows import AT, DECISION, SCRIPT, rows, scripted
from tests.console.scene import NOW, Scene
from tests.desk.view_people import known_as

SELECTED = {
    name: DECISION[name]
    for name in (
        "engine_time",
        "sequence",
        "merchant_account",
        "payment_id",
        "attempt",
        "phase",
        "verdict",
        "decided_by",
        "deciding_rule",
        "probability",
        "score",
        "hits",
        "amount",
        "currency",
        "reference_amount",
        "method",
        "channel",
        "merchant_id",
        "merchant_country",
        "issuer_country",
        "bin",
        "degraded",
        "late",
    )
}
QUERY = "payments/selection"


def many(count: int) -> Rows:
    """Rows by descending sequence."""
    return rows(
        *(SELECTED | {"sequence": number, "payment_id": f"order-{number}"} for number in range(count, 0, -1))
    )


def scene(**options: Any) -> Scene:
    made = Scene(shown=[PAGE], **options)
    made.warehouse.answers[QUERY] = at_its_time(rows(SELECTED))
    return made


def at_its_time(found: Rows) -> Callable[[Mapping[str, Any]], Rows]:
    """Gives rows for the slice that they lie in."""
    at_ms = milliseconds(AT.replace(tzinfo=UTC))
    return lambda asked: found if asked["since"] <= at_ms <= asked["until"] else Rows((), [])


def asked(made: Scene, address: str) -> dict[str, Any]:
    made.warehouse.asked_for.clear()
    assert made.client.get(address).status_code == 200
    assert {name for name, _, _ in made.warehouse.asked_for} == {QUERY}
    oldest, newest = made.warehouse.asked_for[-1][1], made.warehouse.asked_for[0][1]
    return {**newest, "since": oldest["since"]}


def test_without_a_choice_the_last_24_hours_are_shown() -> None:
    parameters = asked(scene(), "/payments")
    assert parameters["since"] == int((NOW - timedelta(days=1)).timestamp() * 1000)
    assert parameters["until"] >= int(NOW.timestamp() * 1000)
    assert parameters["verdicts"] == parameters["rules"] == []


def test_every_filter_reaches_the_query() -> None:
    parameters = asked(
        scene(),
        "/payments?verdict=decline&verdict=review&merchant=shop 1, shop 2&account=acme&rule=velocity"
        "&country=fr&merchant_country=DE&bin=411111,52222200&currency=jpy&amount_from=10&amount_to=2000&within=7d",
    )
    assert {
        name: parameters[name] for name in ("verdicts", "merchants", "chosen_accounts", "rules", "bins")
    } == {
        "verdicts": ["decline", "review"],
        "merchants": ["shop 1", "shop 2"],
        "chosen_accounts": ["acme"],
        "rules": ["velocity"],
        "bins": ["411111", "52222200"],
    }
    assert (parameters["countries"], parameters["merchant_countries"]) == (["FR"], ["DE"])
    assert (parameters["in_currency"], parameters["amount_from"], parameters["amount_to"]) == (
        True,
        10,
        2_000,
    )


def test_payments_are_chosen_by_what_labels_say_of_them() -> None:
    made = scene()
    page = made.client.get("/payments?truth=fraud&truth=not_known&truth=perhaps").text
    assert "Not known yet" in page
    assert "perhaps" in page
    assert made.warehouse.asked_for[-1][1]["truths"] == ["fraud", "not_known"]
    assert "Fraud probability" in page


def test_an_amount_is_in_eur_where_no_single_currency_is_chosen() -> None:
    parameters = asked(scene(), "/payments?amount_from=12.34&currency=EUR,USD")
    assert (parameters["in_currency"], parameters["amount_from"]) == (False, 1_234)


def test_fixed_dates_are_utc_and_exclusive_at_the_end() -> None:
    parameters = asked(scene(), "/payments?since=2026-06-01&until=2026-06-02T12:00&within=7d")
    assert parameters["since"] == int(datetime(2026, 6, 1, tzinfo=UTC).timestamp() * 1000)
    assert parameters["until"] == int(datetime(2026, 6, 2, 12, tzinfo=UTC).timestamp() * 1000) - 1


@pytest.mark.parametrize(
    "address",
    [
        "verdict=maybe",
        "country=France",
        "bin=41",
        "amount_from=many",
        "amount_from=1.234",
        "amount_from=-1",
        "since=yesterday",
        "rule=A'; DROP",
        "since=2026-06-02&until=2026-06-01",
        "amount_to=1e99",
        "amount_to=NaN",
    ],
)
def test_what_cannot_be_read_is_left_out_and_said(address: str) -> None:
    page = scene().client.get(f"/payments?{address}")
    assert page.status_code == 200
    assert "notice-warning" in page.text


def test_the_list_goes_on_after_the_last_row_shown() -> None:
    made = scene()
    made.warehouse.answers[QUERY] = at_its_time(many(51))
    page = made.client.get("/payments?verdict=decline&within=7d").text
    assert page.count("<tr data-href") == 50
    place = f"place={int(AT.replace(tzinfo=UTC).timestamp() * 1000)}.2"
    assert f"/payments?verdict=decline&amp;within=7d&amp;{place}" in page
    parameters = asked(made, f"/payments?verdict=decline&within=7d&{place}")
    assert (parameters["until"], parameters["below_sequence"]) == (1781429400206, 2)


def test_a_selection_written_as_an_address_reads_the_same_again() -> None:
    filters = PaymentFilters(
        verdicts=("decline",), merchants=("a&b", "c d"), within="", since=datetime(2026, 6, 1, tzinfo=UTC),
        amount_from=Decimal("12.30"), currencies=("EUR",), place=(5, 6),
    )  # fmt: skip
    assert filters_of(parse_qsl(filters.query_string())) == (filters, [])


@given(
    st.lists(
        st.tuples(st.sampled_from(["verdict", "amount_from", "since", "within", "place", "bin"]), st.text())
    )
)
def test_no_address_breaks_the_page(pairs: list[tuple[str, str]]) -> None:
    filters, _ = filters_of(pairs)
    parameters = filters.parameters("live", NOW, 50)
    assert 0 <= parameters["below_sequence"] < 2**64
    assert filters_of(parse_qsl(filters.query_string()))[0] == filters


def test_a_person_of_some_accounts_asks_for_these_only() -> None:
    made = scene(accounts=["acme"])
    made.client.get("/payments?account=other")
    for _, parameters, scope in made.warehouse.asked_for:
        assert scope == frozenset({"acme"})
        assert parameters["chosen_accounts"] == ["other"]


def test_slices_are_disjoint_and_cover_the_whole_time() -> None:
    found = list(slices(1_000, 400 * 86_400_000))
    assert (found[-1][0], found[0][1]) == (1_000, 400 * 86_400_000)
    assert all(older[1] == newer[0] - 1 for newer, older in pairwise(found))
    assert len(found) <= 8


def test_a_page_that_is_full_looks_no_further() -> None:
    made = scene()
    made.warehouse.answers[QUERY] = many(51)
    made.client.get("/payments?within=365d")
    assert len(made.warehouse.asked_for) == 1


def test_what_fits_nothing_is_asked_for_three_times_and_in_the_whole_time() -> None:
    made = scene()
    made.warehouse.answers[QUERY] = Rows((), [])
    made.client.get("/payments?within=365d&country=SE")
    looks = [(asked["since"], asked["until"]) for _, asked, _ in made.warehouse.asked_for]
    assert len(looks) == 3
    assert all(older[1] == newer[0] - 1 for newer, older in pairwise(looks))
    assert looks[0][1] - looks[-1][0] >= 365 * 86_400_000 - 1


def test_a_few_in_the_newest_hours_are_no_reason_to_read_all_that_is_left() -> None:
    made = scene()
    made.warehouse.answers[QUERY] = many(2)
    made.client.get("/payments?within=365d&country=SE")
    assert len(made.warehouse.asked_for) == 5


def test_a_place_bounds_the_newest_slice_alone() -> None:
    made = scene()
    made.client.get("/payments?within=30d&place=1781429400206.2")
    below = [parameters["below_sequence"] for _, parameters, _ in made.warehouse.asked_for]
    assert below == [2, *[SEQUENCE_END] * (len(below) - 1)]


def test_nothing_found_says_what_to_do() -> None:
    made = scene()
    made.warehouse.answers[QUERY] = Rows((), [])
    assert "Choose a longer time" in made.client.get("/payments").text
    assert "Clear the filters" in made.client.get("/payments?verdict=decline").text


def test_texts_of_others_are_text() -> None:
    made = scene()
    made.warehouse.answers[QUERY] = rows(scripted(SELECTED))
    text = made.client.get(f"/payments?merchant={SCRIPT}&account={SCRIPT}").text
    assert SCRIPT not in text
    assert "&lt;script&gt;" in text


def test_a_slow_warehouse_is_said() -> None:
    made = scene()
    made.warehouse.answers[QUERY] = WarehouseSlow("narrow the dates")
    page = made.client.get("/payments")
    assert (page.status_code, "narrow the dates" in page.text) == (503, True)


def test_the_csv_is_the_selection_page_by_page() -> None:
    made = scene()
    everything = many(12_000).values

    def page(parameters: Any) -> Rows:
        is_there = parameters["since"] <= milliseconds(AT.replace(tzinfo=UTC)) <= parameters["until"]
        found = [row for row in everything if is_there and row[1] < parameters["below_sequence"]]
        return Rows(tuple(SELECTED), found[: parameters["rows"]])

    made.warehouse.answers[QUERY] = page
    answer = made.client.get("/payments/selection.csv?verdict=decline&within=7d")
    found = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["payment_id"] for row in found] == [f"order-{number}" for number in range(12_000, 0, -1)]
    assert (found[0]["amount"], found[0]["engine_time"]) == ("560.00", "2026-06-14T09:30:00.206Z")
    assert "attachment" in answer.headers["content-disposition"]
    assert all(parameters["rows"] <= 5_000 for _, parameters, _ in made.warehouse.asked_for)


def test_the_csv_is_bounded() -> None:
    endless = many(5_000)
    pages = selected_pages(
        lambda _, rows_max: Rows(endless.columns, endless.values[:rows_max]), PaymentFilters(), 12_000
    )
    assert [len(page) for page in pages] == [5_000, 5_000, 2_000]


def test_no_cell_of_the_csv_is_a_formula() -> None:
    made = scene()
    made.warehouse.answers[QUERY] = at_its_time(
        rows(SELECTED | {"payment_id": "=cmd|' /C calc'!A0", "merchant_id": "@SUM(1)"})
    )
    (row,) = csv.DictReader(io.StringIO(made.client.get("/payments/selection.csv?within=7d").text))
    assert (row["payment_id"], row["merchant_id"]) == ("'=cmd|' /C calc'!A0", "'@SUM(1)")


@pytest.mark.parametrize("start", ["\u00a0=1", "\N{FULLWIDTH EQUALS SIGN}1", "\x0b@SUM(1)"])
def test_the_payments_of_a_csv_are_guarded_as_every_other_export_is(start: str) -> None:
    made = scene()
    made.warehouse.answers[QUERY] = rows(SELECTED | {"merchant_id": start})
    assert f"'{start}" in made.client.get("/payments/selection.csv").text


def test_the_csv_needs_the_right_to_export() -> None:
    assert Scene(shown=[PAGE], roles=None).client.get("/payments/selection.csv").status_code == 303


def test_a_failure_before_the_first_row_of_the_csv_is_a_page_not_a_broken_file() -> None:
    made = scene(roles=[Role.ANALYST])
    made.warehouse.answers[QUERY] = WarehouseSlow("narrow the dates")
    assert made.client.get("/payments/selection.csv").status_code == 503


def test_columns_are_chosen_and_the_payment_stays() -> None:
    def heads(address: str) -> list[str]:
        return re.findall(r"<th scope=.col.[^>]*>([^<]*)</th>", scene().client.get(address).text)

    assert heads("/payments?within=365d&columns=amount&columns=nonsense") == ["Payment", "Amount"]
    for address in ("/payments?within=365d", "/payments?within=365d&columns=nonsense"):
        assert len(heads(address)) == len(COLUMNS)
    assert filters_of([("columns", "amount")])[0].query_string() == "columns=payment%2Camount"


def test_a_selection_is_kept_as_a_view_with_its_columns_and_dates(desk_database: DeskDatabase) -> None:
    made = scene(database=desk_database)
    known_as(desk_database, made.person)
    form = {"page": "payments", "path": "/payments", "name": "Declined"}
    query = "verdict=decline&within=7d&columns=payment%2Camount"
    address = made.post("/views/save", {**form, "query": query}).headers["location"]
    view = address.rpartition("view=")[2]
    assert asked(made, f"{address}")["verdicts"] == ["decline"]
    assert "Declined" in made.client.get(address).text
    assert made.client.get(f"/payments?view={view}").headers["location"] == address
    changed = made.client.get(f"/payments?verdict=review&view={view}").text
    assert "Overwrite" in changed
    assert f'name="view" value="{view}"' in changed
