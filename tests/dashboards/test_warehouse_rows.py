"""Rows of a report from the warehouse are those of the messages: tables of the embedded engine, no Kafka."""

from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import pytest
from clickhouse_connect.driver.client import Client
from msgspec import structs

from dashboards.report_rows.warehouse_rows import (
    FOLDER,
    WarehouseWindow,
    activity_from_warehouse,
    rows_from_warehouse,
)
from models.decided_payments import (
    SUM_MAX,
    DecidedPayments,
    approved_below,
    card_activity,
    decided_payments,
    remote_cells,
    reported_disputes,
)
from models.fraud_figures import FraudReport, ReportSettings, fraud_report
from models.messages import (
    Channel,
    Decision,
    Label,
    LabelValue,
    Method,
    MethodKind,
    OutcomeKind,
    Payment,
    Phase,
    Verdict,
)
from models.meters import SHIPPED, CardActivity, RemoteCells
from models.policy import CostParameters, ParameterTable
from models.units import DAY_MS, HOUR_MS
from models.verdict_value import rule_actions
from streams.errors import Misconfigured
from streams.warehouse.database import Database
from tests.models.simulated_quarter import RATES, RULES, START_MS, SimulatedQuarter, simulated_quarter
from tests.models.test_gathering import unlike
from tests.warehouse.log_messages import SmallLog

COSTS = ParameterTable((CostParameters(),)).of(None)
BELOW = approved_below(COSTS)
DAYS = 50
DAY = START_MS // DAY_MS + DAYS - 1
AS_OF = START_MS + DAYS * DAY_MS
SETTINGS = ReportSettings("warehouse-rows", maturity_days=15, entity="ltd", entity_country="FR")


@pytest.fixture(scope="module")
def quarter() -> SimulatedQuarter:
    return simulated_quarter(seed=3, per_day=40, days=DAYS, skill=0.02, fraud=0.2)


def decisions_of(made: SimulatedQuarter) -> list[Decision]:
    """The quarter's decisions, and of every ninth payment one after 3-D Secure that says something else."""
    first = [structs.replace(each, engine=SETTINGS.engine) for each in made.decisions]
    later = [
        structs.replace(
            each, phase=Phase.POST_3DS, verdict=list(Verdict)[number % 4], sequence=100_000 + number,
            engine_time=each.engine_time + 60_000, hits=("later",),
        )
        for number, each in enumerate(first) if number % 9 == 0
    ]  # fmt: skip
    return [each for each in (*first, *later, *burst(made)[1]) if each.engine_time < AS_OF]


def burst(made: SimulatedQuarter) -> tuple[list[Payment], list[Decision]]:
    """A dozen cards of one BIN at one shop within a minute, all declined, and four of one device."""
    payments, decisions = [], []
    at = (AS_OF - 3 * DAY_MS) // HOUR_MS * HOUR_MS
    for number in range(16):
        by_bin, paid = number < 12, made.payments[0]
        id, token = f"burst-{number}", f"burst-card-{number}"
        payments.append(structs.replace(
            paid, payment_id=id, occurred_at=at + number, device_id=None if by_bin else "burst-device",
            method=Method(MethodKind.CARD, token, "456789" if by_bin else f"45000{number}", "FR"),
            channel=Channel.ECOMMERCE,
        ))  # fmt: skip
        decisions.append(structs.replace(
            made.decisions[0], engine=SETTINGS.engine, payment_id=id, occurred_at=at + number,
            received_at=at + number, engine_time=at + number, probability=0.9, verdict=Verdict.DECLINE,
            sequence=200_000 + number, method=MethodKind.CARD,
        ))  # fmt: skip
    return payments, decisions


def labels_of(made: SimulatedQuarter) -> list[Label]:
    """The quarter's labels, and one by silence for every third payment that was captured."""
    silent = [
        Label(each.merchant_account, each.payment_id, LabelValue.LEGITIMATE, each.occurred_at + 12 * DAY_MS,
              each.occurred_at, each.amount, each.currency, each.tokens, source="silence")
        for number, each in enumerate(made.outcomes) if each.kind is OutcomeKind.CAPTURED and number % 3 == 0
    ]  # fmt: skip
    return sorted([*made.labels, *silent], key=lambda label: label.known_at)


@pytest.fixture(scope="module")
def client(database: Database, quarter: SimulatedQuarter) -> Iterator[Client]:
    """All messages of the quarter in the tables, each at its own time."""
    opened = database.client()
    timed: list[tuple[int, int, str, Any]] = []
    timed += [(each.occurred_at, 0, "payments", each) for each in (*quarter.payments, *burst(quarter)[0])]
    timed += [(each.engine_time, 1, "decisions", each) for each in decisions_of(quarter)]
    timed += [(each.at, 2, "outcomes", each) for each in quarter.outcomes]
    timed += [(each.at, 2, "disputes", each) for each in quarter.disputes]
    timed += [(each.known_at, 3, "labels", each) for each in labels_of(quarter)]
    log = SmallLog(SETTINGS.engine)
    for at, _, role, message in sorted(timed, key=lambda row: row[:2]):
        log.now = max(log.now if log.now < at else 0, at - 1)
        log.add(role, message)
    log.sink(opened, size=5_000)
    yield opened
    opened.close()


def window(client: Client, engine: str = SETTINGS.engine) -> WarehouseWindow:
    return WarehouseWindow(client, engine, START_MS - 20 * DAY_MS, AS_OF, "bank", "ltd")


def by_messages(quarter: SimulatedQuarter) -> FraudReport:
    payments = [*quarter.payments, *burst(quarter)[0]]
    decided = decided_payments(decisions_of(quarter), payments, quarter.outcomes, labels_of(quarter), AS_OF)
    activity = card_activity(decided, reported_disputes(quarter.disputes, decided, AS_OF, "bank"), "bank")
    return report(decided, activity, remote_cells(decided, "ltd"))


def report(decided: DecidedPayments, activity: CardActivity, remote: RemoteCells | None) -> FraudReport:
    return fraud_report(
        decided, activity, remote, DAY, SETTINGS, COSTS, {"rules": rule_actions(RULES)}, SHIPPED, RATES
    )


@pytest.mark.parametrize("payments_a_part", [10**9, 300])
def test_the_report_from_the_warehouse_is_that_of_the_messages(
    client: Client, quarter: SimulatedQuarter, payments_a_part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboards.report_rows.warehouse_rows.PAYMENTS_A_PART", payments_a_part)
    read = rows_from_warehouse(window(client), BELOW)
    assert int(read.decided.payments.sum()) == len(quarter.payments) + 16
    assert int(read.activity.attempts.enumerated.sum()) >= 16
    assert len(read.decided) < len(quarter.payments)
    found = msgspec.to_builtins(report(read.decided, read.activity, read.remote))
    expected = msgspec.to_builtins(by_messages(quarter))
    assert expected["value"]["realised"]["total"]
    assert expected["meters"]
    assert list(unlike(expected, found, "report")) == []


def test_what_the_warehouse_does_not_reach_back_to_is_said(client: Client) -> None:
    (note,) = rows_from_warehouse(window(client), BELOW).notes
    assert "begins 20 days after" in note


def test_a_dispute_that_began_before_the_window_is_not_one_of_its_end(client: Client) -> None:
    since_ms = AS_OF - 15 * DAY_MS
    read_since = WarehouseWindow(client, SETTINGS.engine, since_ms, AS_OF, "bank")
    few, all_rows = (
        rows_from_warehouse(each, BELOW).activity.reports for each in (read_since, window(client))
    )
    reported = [
        sorted(zip(each.merchants, each.kinds.tolist(), each.reported_at.tolist(), strict=True))
        for each in (few, all_rows)
    ]
    later = [[row for row in rows if row[2] >= since_ms] for rows in reported]
    assert later[0] == later[1] != []


def test_too_many_rows_are_refused_with_what_to_do(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboards.report_rows.warehouse_rows.ROWS_MAX", 100)
    with pytest.raises(Misconfigured, match=r"more than 100 payments .*--maturity-days"):
        rows_from_warehouse(window(client), 0)


def test_sums_of_a_payment_end_where_no_number_can_overflow(
    client: Client, quarter: SimulatedQuarter
) -> None:
    log, paid = SmallLog("huge-sums"), quarter.payments[0]
    log.now = paid.occurred_at
    log.add("payments", paid)
    log.add("decisions", structs.replace(quarter.decisions[0], engine=log.engine))
    captured = next(each for each in quarter.outcomes if each.kind is OutcomeKind.CAPTURED)
    for number in range(3):
        log.add("outcomes", structs.replace(
            captured, payment_id=paid.payment_id, attempt=paid.attempt,
            merchant_account=paid.merchant_account, at=paid.occurred_at + 1_000 * (number + 1), amount=2**62,
        ))  # fmt: skip
    log.sink(client)
    decided = rows_from_warehouse(window(client, log.engine), 0).decided
    assert decided.captured.tolist() == [SUM_MAX]


def test_meters_read_no_payments_and_have_no_limit(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are those of the report, whatever single rows there are."""
    whole = rows_from_warehouse(window(client), BELOW)
    monkeypatch.setattr("dashboards.report_rows.warehouse_rows.ROWS_MAX", 100)
    asked: list[str] = []
    ask = WarehouseWindow.ask

    def noted(self: WarehouseWindow, name: str, text: str = "", **parameters: Any) -> Any:
        asked.append(name)
        return ask(self, name, text, **parameters)

    monkeypatch.setattr(WarehouseWindow, "ask", noted)
    read = activity_from_warehouse(window(client))
    assert set(asked) == {"window_size", "settled_cells", "dispute_stages", "attempt_cells"}
    assert read.notes == whole.notes
    for part in ("settled", "reports", "attempts"):
        found, expected = (
            sorted(zip(*(column.tolist() for column in vars(getattr(each.activity, part)).values()),
                       strict=True), key=repr)
            for each in (read, whole)
        )  # fmt: skip
        assert found == expected != []


def test_amounts_that_64_bits_do_not_hold_are_summed(database: Database, quarter: SimulatedQuarter) -> None:
    """Three of 2^62 in one cell of plain payments, and in one of the exemption."""
    at, engine = AS_OF - 2 * DAY_MS, "large-amounts"
    log = SmallLog(engine)
    log.now = at
    for number in range(3):
        paid = structs.replace(
            quarter.payments[0], payment_id=f"large-{number}", occurred_at=at, channel=Channel.ECOMMERCE,
            method=Method(MethodKind.CARD, "large-card", "411111", "FR"),
        )  # fmt: skip
        log.add("payments", paid)
        log.add("decisions", structs.replace(
            quarter.decisions[0], engine=engine, payment_id=paid.payment_id, occurred_at=at, received_at=at,
            engine_time=at + number, probability=0.0001, verdict=Verdict.APPROVE, decided_by="policy",
            hits=(), amount=2**62, reference_amount=2**62, degraded=(), sequence=number,
            method=MethodKind.CARD,
        ))  # fmt: skip
    client = database.client()
    log.sink(client, size=100)
    read = rows_from_warehouse(window(client, engine), BELOW)
    client.close()
    assert read.remote is not None
    assert (read.remote.paid.tolist(), read.remote.fraud.tolist()) == ([3 * 2**62], [0])
    assert read.decided.payments.tolist() == [1, 2]
    assert sum(read.decided.reference_amounts.tolist()) == 3 * 2**62


def test_an_engine_without_decisions_has_no_rows(client: Client) -> None:
    read = rows_from_warehouse(window(client, "nobody"), BELOW)
    assert (len(read.decided), len(read.activity.settled.payments), len(read.activity.reports.kinds)) == (
        0,
        0,
        0,
    )
    assert np.array_equal(read.activity.attempts.attempts, np.zeros(0, np.int64))


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.sql")), ids=lambda path: path.stem)
def test_every_query_says_grain_reader_and_cost(path: Any) -> None:
    head = path.read_text(encoding="utf-8").splitlines()[:3]
    assert [line.split(":")[0] for line in head] == ["-- Grain", "-- Reader", "-- Cost"]
