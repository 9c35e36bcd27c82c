"""Queries of Live, Payments and Payment on the embedded ClickHouse, over payments whose truth is known."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl

import pytest
from clickhouse_connect.driver.client import Client

from dashboards.console.pages.explore_link import sql_in_full
from dashboards.console.pages.live.figures import LiveFigures, read_figures
from dashboards.console.pages.page import FOLDER
from dashboards.console.pages.payment.story import StoryReader, tokens_of
from dashboards.console.pages.payments.csv_rows import selected_pages
from dashboards.console.pages.payments.filters import PaymentFilters, filters_of
from dashboards.console.pages.payments.slices import selected_rows
from dashboards.console.warehouse import Rows, WarehouseReader, query_text
from models.messages import Verdict
from streams.warehouse.database import Database
from tests.console.busy_warehouse import ACCOUNTS, RULES, SCRIPT, BusyWarehouse

ENGINE: Final = "console-pages"
OURS: Final = ("live", "payments", "payment", "review")
QUERIES: Final = sorted(file for room in OURS for file in (FOLDER / room / "queries").glob("*.sql"))
EVERYTHING: Final = PaymentFilters(within="365d")


class EmbeddedWarehouse(WarehouseReader):
    """Asks the tests' ClickHouse without HTTP."""

    def __init__(self, client: Client) -> None:
        super().__init__("")
        self.client = client

    def asked(
        self,
        text: str,
        parameters: Any,
        scope: Any,
        rows_max: int = 1_000,
        settings: Any = None,  # noqa: ARG002
        name: str = "",  # noqa: ARG002
    ) -> Rows:
        answer = self.client.query(text, parameters={**parameters, "accounts": sorted(scope or ())})
        return Rows(
            tuple(answer.column_names), answer.result_rows[:rows_max], len(answer.result_rows) > rows_max
        )


class Filled:
    """A warehouse that holds a busy engine's payments."""

    def __init__(self, client: Client) -> None:
        self.now = datetime.fromtimestamp(int(time.time()) // 60 * 60 + 6, UTC)
        self.busy = BusyWarehouse(ENGINE, int(self.now.timestamp() * 1000))
        self.busy.sink(client)
        self.reader = EmbeddedWarehouse(client)

    def live(self, scope: frozenset[str] | None = None, now: datetime | None = None) -> LiveFigures:
        return read_figures(self.reader, ENGINE, now or self.now, scope)

    def chosen(self, filters: PaymentFilters, scope: frozenset[str] | None = None) -> list[str]:
        """Ids, in pages of 500."""
        pages = selected_pages(
            lambda each, rows: selected_rows(
                self.reader, each.parameters(ENGINE, self.now, rows), scope, rows
            ),
            filters,
        )
        return [str(row["payment_id"]) for page in pages for row in page]

    def story(self, scope: frozenset[str] | None = None) -> StoryReader:
        return StoryReader(self.reader, ENGINE, scope)


@pytest.fixture(scope="module")
def filled(database: Database) -> Iterator[Filled]:
    client = database.client()
    yield Filled(client)
    client.close()


def test_live_counts_the_minutes_that_are_over(filled: Filled) -> None:
    end_ms = int(filled.now.timestamp()) // 60 * 60_000
    decided = [p.occurred_at + 40 for p in filled.busy.payments]
    expected = Counter(
        (at - end_ms + 3_600_000) // 60_000 for at in decided if end_ms - 3_600_000 <= at < end_ms
    )
    figures = filled.live()
    assert figures.now.minutes["decisions"] == [expected[minute] for minute in range(60)]
    assert figures.now.whole["decisions"] == sum(expected.values())
    assert figures.hour.whole["decisions"] > 0
    assert figures.week.whole["decisions"] > 0
    assert sum(figures.now.whole[each] for each in ("approved", "challenged", "reviewed", "declined")) == sum(
        expected.values()
    )


def test_sums_of_all_accounts_and_single_decisions_tell_the_same(filled: Filled) -> None:
    counted = filled.live(frozenset(ACCOUNTS))
    assert counted == filled.live()


def test_live_of_some_accounts_is_of_these_alone(filled: Filled) -> None:
    each = [filled.live(frozenset({account})).now.whole["decisions"] for account in ACCOUNTS]
    assert all(each)
    assert sum(each) == filled.live().now.whole["decisions"]


def test_live_does_not_look_at_other_engines(filled: Filled) -> None:
    assert read_figures(filled.reader, "nobody", filled.now, None).is_empty


def test_the_sums_of_all_accounts_are_not_given_to_somebody_of_some(filled: Filled) -> None:
    parameters = {"engine": ENGINE, "until": int(filled.now.timestamp())}
    assert len(filled.reader.rows("live/all_accounts", parameters, frozenset({"acme"}))) == 0


def test_an_empty_hour_finds_the_newest_payment(filled: Filled) -> None:
    later = datetime.fromtimestamp(filled.now.timestamp() + 86_400, UTC)
    figures = filled.live(now=later)
    assert figures.is_empty
    assert figures.newest is not None


def test_a_selection_goes_on_without_gaps_and_without_repeats(
    filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboards.console.pages.payments.csv_rows.PAGE_ROWS", 97)
    ids = filled.chosen(EVERYTHING)
    assert sorted(ids) == sorted(p.payment_id for p in filled.busy.payments)


@pytest.mark.parametrize(
    ("address", "fits"),
    [
        ("verdict=decline&rule=card_testing", lambda _, d: "card_testing" in d.hits),
        ("merchant=jeweller&currency=EUR&amount_from=50&amount_to=90.5",
         lambda p, _: p.merchant.id == "jeweller" and 5_000 <= p.amount <= 9_050),
        ("bin=535353", lambda p, _: p.method.bin == "535353"),
        ("country=US&verdict=approve",
         lambda p, d: p.method.country == "US" and d.verdict is Verdict.APPROVE),
        ("account=bakery,cinema&merchant_country=SE",
         lambda p, _: p.merchant_account != "acme" and p.merchant.country == "SE"),
        ("verdict=review,challenge", lambda _, d: d.verdict in (Verdict.REVIEW, Verdict.CHALLENGE)),
        ("currency=USD", lambda *_: False),
    ],
)  # fmt: skip
def test_filters_choose_what_a_plain_look_chooses(filled: Filled, address: str, fits: Any) -> None:
    filters, faults = filters_of([*parse_qsl(address), ("within", "365d")])
    pairs = zip(filled.busy.payments, filled.busy.decisions, strict=True)
    assert faults == []
    assert sorted(filled.chosen(filters)) == sorted(p.payment_id for p, d in pairs if fits(p, d))


@pytest.mark.parametrize(
    ("address", "index"),
    [
        ("rule=card_testing", "hits_bloom"), ("merchant=jeweller", "merchant_id_bloom"),
        ("bin=535353", "bin_bloom"), ("country=SE", "issuer_country_set"),
        ("merchant_country=US", "merchant_country_set"), ("currency=EUR", "currency_set"),
        ("account=bakery", "merchant_account_bloom"),
    ],
)  # fmt: skip
def test_a_selection_passes_over_granules_by_the_index_of_what_is_chosen(
    filled: Filled, address: str, index: str
) -> None:
    filters, _ = filters_of([*parse_qsl(address), ("within", "365d")])
    text = sql_in_full(query_text("payments/selection"), filters.parameters(ENGINE, filled.now, 51), None)
    plan = filled.reader.client.query(f"EXPLAIN indexes = 1 {text}").result_rows
    assert f"Name: {index}" in "".join(str(line) for (line,) in plan)


def test_payments_chosen_by_truth_are_those_of_the_labels_that_stand(filled: Filled) -> None:
    rows = filled.reader.client.query(
        "SELECT payment_id, label FROM v_payment_labels WHERE engine = {engine:String}",
        parameters={"engine": ENGINE},
    ).result_rows
    stands = {str(payment): str(label) for payment, label in rows}
    words = {"fraud": "fraud", "friendly": "not_fraud", "legitimate": "not_fraud"}
    found = {
        each: filled.chosen(PaymentFilters(within="365d", truths=(each,)))
        for each in ("fraud", "not_fraud", "not_known")
    }
    assert found["fraud"]
    for truth, ids in found.items():
        assert {words.get(stands.get(each, ""), "not_known") for each in ids} <= {truth}
    together = sorted(each for ids in found.values() for each in ids)
    assert together == sorted(payment.payment_id for payment in filled.busy.payments)


def test_a_selection_keeps_to_the_accounts_of_the_person(filled: Filled) -> None:
    of_bakery = sorted(p.payment_id for p in filled.busy.payments if p.merchant_account == "bakery")
    scope = frozenset({"bakery"})
    assert sorted(filled.chosen(EVERYTHING, scope)) == of_bakery
    assert filled.chosen(PaymentFilters(within="365d", chosen_accounts=("acme",)), scope) == []


def test_the_story_has_everything(filled: Filled) -> None:
    reader = filled.story()
    story = reader.story(reader.decisions(filled.busy.story, "acme"))
    assert (story.decision["verdict"], story.label) == ("decline", "fraud")
    assert [(r.code, r.is_rule) for r in story.reasons] == [
        ("large_new_device", True), ("NEW_DEVICE", False), ("CARD_AMOUNT_UNUSUAL", False)
    ]  # fmt: skip
    assert story.reasons[0].text == RULES["large_new_device"][0]
    assert story.message["metadata"]["note"] == SCRIPT
    assert [d["stage"] for d in story.disputes] == ["fraud_notice"]
    assert [r["author"] for r in story.reviews] == ["ana"]
    assert {"decision", "label", "outcome", "dispute", "review"} == {e["event"] for e in story.events}


def test_the_habit_is_of_earlier_payments_of_the_customer(filled: Filled) -> None:
    reader = filled.story()
    (decision,) = reader.decisions(filled.busy.story, "acme")
    entity, habit, seen = reader.habit(decision)
    assert entity == "customer"
    assert habit is not None
    assert (habit["payments"], habit["declined"], habit["median_amount"], habit["most_amount"]) == (
        12,
        0,
        2_950 + 190,
        4_090,
    )
    assert seen == {"card": 12, "email": 12, "ip": 12}


def test_linked_payments_share_tokens_and_carry_labels(filled: Filled) -> None:
    reader = filled.story()
    (decision,) = reader.decisions(filled.busy.story, "acme")
    rows, labels = reader.linked(decision, 43)
    tested = {row["payment_id"] for row in rows if "device" in row["shared"]}
    assert len(rows) == rows[0]["linked"] == 42
    assert tested == {f"test-{number}" for number in range(30)}
    assert set(labels.values()) == {"fraud"}


def test_known_frauds_are_payments_on_which_the_label_fraud_stands(filled: Filled) -> None:
    reader = filled.story()
    (decision,) = reader.decisions(filled.busy.story, "acme")
    rows, labels = reader.linked(decision, 43)
    asked = {"engine": ENGINE, "payment_ids": sorted({str(row["payment_id"]) for row in rows})}
    found = list(filled.reader.rows("review/known_frauds", asked, None))
    assert found
    assert {(row["merchant_account"], row["payment_id"]) for row in found} == set(labels)
    assert all(row["source"] and row["last_known_at"] and row["attempt"] for row in found)
    accounts = {str(row["merchant_account"]) for row in found}
    other = frozenset(set(ACCOUNTS) - accounts) or frozenset({"nobody"})
    assert not filled.reader.rows("review/known_frauds", asked, other).values


def test_a_timeline_is_of_one_token(filled: Filled) -> None:
    reader = filled.story()
    (decision,) = reader.decisions(filled.busy.story, "acme")
    rows = reader.timeline("device", tokens_of(decision)["device"], "acme")
    assert {row["payment_id"] for row in rows} == {"story-1", *(f"test-{number}" for number in range(30))}
    cards = reader.cards([row for row in rows if row["event"] == "decision"], "at")
    assert {key[1] for key in cards} == {row["payment_id"] for row in rows}
    assert len(set(cards.values())) == 31
    assert [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)


def test_another_account_finds_nothing_of_a_payment(filled: Filled) -> None:
    (decision,) = filled.story().decisions(filled.busy.story, "acme")
    other = filled.story(frozenset({"bakery"}))
    assert other.decisions(filled.busy.story, "acme") == []
    assert other.decisions(filled.busy.story) == []
    assert other.timeline("device", "device-tester", "acme") == []
    assert other.linked(decision, 43)[0] == []
    assert other.habit(decision)[1]["payments"] == 0  # type: ignore[index]
    story = other.story([decision])
    assert story.message == {}
    for rows in (story.labels, story.disputes, story.reviews, story.events):
        assert list(rows) == []


def test_a_query_with_its_values_put_in_gives_the_same(filled: Filled) -> None:
    parameters = PaymentFilters(within="365d", merchants=("it's", "grocer")).parameters(
        ENGINE, filled.now, 20
    )
    scope = frozenset({"acme", "bakery"})
    text = sql_in_full(query_text("payments/selection"), parameters, scope)
    assert "{" not in text
    plain = filled.reader.client.query(text).result_rows
    assert plain
    assert plain == filled.reader.rows("payments/selection", parameters, scope).values


@pytest.mark.parametrize("file", QUERIES, ids=lambda file: f"{file.parts[-3]}-{file.stem}")
def test_a_query_says_grain_reader_and_cost_and_keeps_to_engine_and_accounts(file: Any) -> None:
    text = file.read_text(encoding="utf-8")
    for word in ("Grain", "Reader", "Cost"):
        assert re.search(rf"^-- {word}: .+\.$", text, re.MULTILINE), word
    assert "engine = {engine:String}" in text
    if file.stem != "rules":  # a ruleset is of no account; it is asked for by who sees a payment
        assert "empty({accounts:Array(String)})" in text
