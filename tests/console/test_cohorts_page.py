"""Cohorts: weeks at one age, whether one is surely worse, and which merchants moved it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pytest
from clickhouse_connect.driver.client import Client

from dashboards.console.pages.cohorts import PAGE
from dashboards.console.pages.cohorts.cohort import (
    Cohort,
    FraudRate,
    age_of,
    change,
    cohorts_of,
    default_week,
)
from dashboards.console.pages.explore_link import sql_in_full
from dashboards.console.warehouse import Rows, query_text
from desk.accounts import Role
from streams.warehouse.database import Database
from tests.console.busy_warehouse import BusyWarehouse
from tests.console.scene import Scene
from tests.console.test_page_queries import EmbeddedWarehouse

WEEKS: Final = ("week", "payments", "fraud", "fraud_reference_amount", "reference_amount", "labelled")
MERCHANTS: Final = (
    "merchant_id", "payments", "fraud", "fraud_reference_amount", "payments_before", "fraud_before",
    "all_payments", "all_fraud", "all_payments_before", "all_fraud_before", "change",
)  # fmt: skip
W17, W18, W19, W24 = date(2026, 4, 20), date(2026, 4, 27), date(2026, 5, 4), date(2026, 6, 8)
TODAY = date(2026, 6, 15)
ATTACK = "<script>alert(1)</script>"


def weeks() -> Rows:
    return Rows(
        WEEKS,
        [
            (W17, 10_000, 80, 400_000, 50_000_000, 900), (W18, 10_000, 82, 410_000, 50_000_000, 900),
            (W19, 10_000, 160, 900_000, 50_000_000, 950), (W24, 10_000, 3, 9_000, 50_000_000, 40),
        ],
    )  # fmt: skip


def moved(week: date) -> Rows:
    fraud = 160 if week == W19 else 3
    before = 82 if week == W19 else 1
    whole = (10_000, fraud, 10_000, before)
    return Rows(
        MERCHANTS,
        [
            ("jeweller", 900, fraud - 2, 5_000, 1_000, before - 2, *whole, 0.0078),
            (ATTACK, 1, 1, 5, 1, 1, *whole, 0.0),
        ],
    )


@pytest.fixture
def scene() -> Scene:
    made = Scene([Role.ANALYST], None, [PAGE])
    made.warehouse.answers["cohorts/weeks"] = weeks()
    made.warehouse.answers["cohorts/merchants"] = lambda asked: moved(asked["week"])
    return made


def test_it_answers_whether_a_week_rose_and_which_merchants_did_it(scene: Scene) -> None:
    page = scene.client.get(f"/cohorts?week={W19}").text
    assert "rose" in page
    assert "1.60 %" in page
    assert "0.82 %" in page
    assert page.index("jeweller") > page.index("Merchants that moved it")
    assert f"since={W19}" in page.replace("&amp;", "&")
    assert ATTACK not in page
    assert f"merchant=jeweller&since={W19}&until=2026-05-11&truth=fraud" in page.replace("&amp;", "&")


def test_a_week_that_is_not_old_enough_is_marked_and_compared_at_its_own_age(scene: Scene) -> None:
    page = scene.client.get(f"/cohorts?week={W24}").text
    assert page.count("still coming in") == 1
    assert "this week is not 30 days old yet" in page
    asked = [each for each in scene.warehouse.asked_for if each[0] == "cohorts/merchants"]
    assert asked[-1][1]["age"] == 0


def test_the_newest_week_that_is_old_enough_is_shown_first(scene: Scene) -> None:
    assert "W19" in scene.client.get("/cohorts").text.split("cohort-word")[1][:200]
    found = cohorts_of(weeks(), 30, TODAY)
    assert default_week(found) == W19
    assert default_week([found[0], found[2]]) == W19, "no week has one before it: the newest"
    assert default_week([found[0], found[1], found[3]]) == W18
    assert default_week(found[3:]) == W24
    assert default_week([]) is None


def test_without_payments_in_the_week_before_nothing_is_compared(
    scene: Scene,
) -> None:
    scene.warehouse.answers["cohorts/merchants"] = Rows(
        MERCHANTS, [("jeweller", 900, 80, 5_000, 0, 0, 10_000, 80, 0, 0, None)]
    )
    page = scene.client.get(f"/cohorts?week={W17}").text
    assert "There were no payments in the week before." in page
    assert "0.80 %" in page
    for wrong in ("did not clearly change", "jeweller", "merchants.csv", "All of them"):
        assert wrong not in page


def test_a_week_without_a_whole_day_of_labels_is_not_compared(scene: Scene) -> None:
    page = scene.client.get(f"/cohorts?week={W24}").text
    assert "Labels of this week are not complete" in page
    assert "did not clearly change" not in page
    assert "jeweller" not in page


def test_weeks_without_any_label_are_not_compared(scene: Scene) -> None:
    unlabelled = [(*row[:5], 0 if row[0] == W18 else row[5]) for row in weeks().values]
    scene.warehouse.answers["cohorts/weeks"] = Rows(WEEKS, unlabelled)
    page = scene.client.get(f"/cohorts?week={W19}").text
    assert "No payment of the week before has a label." in page
    assert "jeweller" not in page


def test_a_day_of_the_week_means_its_week_and_nonsense_is_refused(scene: Scene) -> None:
    assert "rose" in scene.client.get(f"/cohorts?week={W19 + timedelta(days=3)}").text
    assert scene.client.get("/cohorts?week=soon").status_code == 400
    assert scene.client.get("/cohorts?age=400").status_code in {400, 422}


def test_without_payments_there_is_a_word_and_no_figure(scene: Scene) -> None:
    scene.warehouse.answers["cohorts/weeks"] = Rows(WEEKS, [])
    assert "No payments in the last half year" in scene.client.get("/cohorts").text


def test_who_sees_some_accounts_sees_merchants_that_are_all_theirs() -> None:
    made = Scene([Role.ANALYST], ["shop"], [PAGE])
    made.warehouse.answers["meters/own_merchants"] = Rows(("merchant_id",), [("jeweller",)])
    made.warehouse.answers["cohorts/weeks_of_merchants"] = weeks()
    made.warehouse.answers["cohorts/merchants"] = lambda asked: moved(asked["week"])
    assert "all of whose payments you may see" in made.client.get("/cohorts").text
    asked = {name: (parameters, scope) for name, parameters, scope in made.warehouse.asked_for}
    assert "cohorts/weeks" not in asked
    for name in ("cohorts/weeks_of_merchants", "cohorts/merchants"):
        assert asked[name][0]["merchants"] == ["jeweller"]
        assert asked[name][1] == frozenset({"shop"})


def test_csv_has_all_weeks_and_all_merchants(scene: Scene) -> None:
    lines = scene.client.get("/cohorts/weeks.csv").text.splitlines()
    assert lines[0].endswith("is_old_enough")
    assert lines[3].startswith("2026-05-04,10000,160,0.016,")
    merchants = scene.client.get(f"/cohorts/merchants.csv?week={W19}").text
    assert "jeweller,900,158" in merchants


@pytest.mark.parametrize(
    ("now", "before", "word"),
    [
        (FraudRate(160, 10_000), FraudRate(82, 10_000), "rose"),
        (FraudRate(82, 10_000), FraudRate(160, 10_000), "fell"),
        (FraudRate(11, 1_000), FraudRate(10, 1_000), "no clear change"),
        (FraudRate(0, 0), FraudRate(10, 1_000), "not compared"),
        (FraudRate(10, 1_000), FraudRate(0, 0), "not compared"),
        (FraudRate(1, 1), FraudRate(0, 1), "no clear change"), (FraudRate(12, 10), FraudRate(0, 10), "rose"),
    ],
)  # fmt: skip
def test_a_rate_moved_where_the_interval_of_the_difference_leaves_zero(
    now: FraudRate, before: FraudRate, word: str
) -> None:
    assert change(now, before)[0] == word


def test_two_weeks_are_compared_at_the_age_that_both_have() -> None:
    assert [age_of(W24, 30, TODAY + timedelta(days=more)) for more in (0, 3, 30, 90)] == [0, 3, 30, 30]


class Filled:
    """A warehouse with payments whose truth is known."""

    def __init__(self, client: Client, engine: str) -> None:
        self.now = datetime.now(UTC)
        BusyWarehouse(engine, int(self.now.timestamp() * 1000)).sink(client)
        self.client, self.engine, self.reader = client, engine, EmbeddedWarehouse(client)

    def asked(self, name: str, **parameters: Any) -> Rows:
        return self.reader.rows(f"cohorts/{name}", {"engine": self.engine, **parameters}, None)


@pytest.fixture(scope="module")
def filled(database: Database) -> Iterator[Filled]:
    client = database.client()
    yield Filled(client, "cohorts")
    client.close()


def test_weeks_and_merchants_add_up_to_the_decided_payments_and_their_frauds(filled: Filled) -> None:
    since = (filled.now - timedelta(weeks=26)).date()
    found = cohorts_of(filled.asked("weeks", since=since, age=365), 365, filled.now.date())
    (counted,) = filled.client.query(
        "SELECT uniqExact(merchant_account, payment_id) FROM v_decisions WHERE engine = {engine:String}",
        parameters={"engine": filled.engine},
    ).result_rows
    (frauds,) = filled.client.query(
        "SELECT count() FROM v_payment_labels WHERE engine = {engine:String} AND label = 'fraud'",
        parameters={"engine": filled.engine},
    ).result_rows
    assert sum(each.rate.payments for each in found) == counted[0]
    assert sum(each.rate.fraud for each in found) == frauds[0] > 0
    week: Cohort = found[-1]
    rows = list(filled.asked("merchants", week=week.first, age=365, rows=1_000, merchants=[]))
    assert sum(row["payments"] for row in rows) == week.rate.payments == rows[0]["all_payments"]
    assert sum(row["fraud"] for row in rows) == week.rate.fraud
    assert [abs(row["change"]) for row in rows] == sorted((abs(row["change"]) for row in rows), reverse=True)


def test_merchants_of_a_week_with_nothing_before_it_have_no_change(filled: Filled) -> None:
    since = (filled.now - timedelta(weeks=26)).date()
    first = cohorts_of(filled.asked("weeks", since=since, age=365), 365, filled.now.date())[0].first
    rows = list(filled.asked("merchants", week=first, age=365, rows=1_000, merchants=[]))
    assert rows
    assert {row["change"] for row in rows} == {None}


def test_of_all_merchants_the_weeks_are_those_of_everybody(filled: Filled) -> None:
    since = (filled.now - timedelta(weeks=26)).date()
    everybody = filled.asked("weeks", since=since, age=365)
    text = query_text("cohorts/weeks_of_merchants")
    everyone = filled.client.query("SELECT DISTINCT merchant_id FROM v_decisions").result_rows
    names = [merchant for (merchant,) in everyone]
    asked = {"engine": filled.engine, "since": since, "age": 365, "merchants": names}
    of_merchants = filled.client.query(text, parameters={**asked, "accounts": ["any"]}).result_rows
    assert [tuple(row) for row in of_merchants] == [tuple(row) for row in everybody.values]


def test_the_sql_that_the_page_leads_to_runs_as_it_is(filled: Filled) -> None:
    for name in ("weeks", "merchants"):
        asked = {
            "engine": filled.engine, "since": W17, "week": W17, "age": 30, "rows": 5, "merchants": [],
        }  # fmt: skip
        filled.client.query(sql_in_full(query_text(f"cohorts/{name}"), asked, None))
