"""What an engine decided, read from its log: payments found by their decisions, reports, list changes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from confluent_kafka import Producer

from models.messages.codec import encode
from models.messages.control import Control, ListChange, PolicyChange
from models.messages.dead_letter import DeadLetterReason
from models.messages.decision import Decision, Verdict, Versions
from models.messages.label import Label, LabelValue
from models.messages.outcome import DeclineGroup, Outcome, OutcomeKind, Tokens
from models.messages.payment import Merchant, Method, MethodKind, Payment, Phase
from models.messages.refusal import Refusal
from models.seed import seed_policy
from streams.backtest.cases.from_log import prepare
from streams.backtest.cases.label_history import LABEL_CODES
from streams.kafka.admin import ensure_topics
from tests.backtest.recorded import DAY, FIRST, write_vectors

METHOD = Method(MethodKind.CARD, "tok", "520000", "DE")


def payment(id: str, attempt: int = 1, phase: Phase = Phase.PRE_AUTH, amount: int = 10_00) -> Payment:
    return Payment("acme", id, FIRST, amount, "EUR", METHOD, Merchant("m1"), attempt, phase)


def decision(
    number: int, of: Payment, received_at: int, verdict: Verdict = Verdict.APPROVE, duplicate: bool = False
) -> Decision:
    return Decision(
        "e", number, of.merchant_account, of.payment_id, of.attempt, of.phase, verdict, 0.25, 0, (),
        of.amount, "EUR", of.amount, MethodKind.CARD, "m1", None, FIRST, received_at, FIRST + number,
        Versions("c"), duplicate,
    )  # fmt: skip


def label(id: str, value: LabelValue, day: int, source: str = "unspecified") -> Label:
    tokens = Tokens(METHOD, "m1")
    return Label("acme", id, value, FIRST + day * DAY, FIRST, 10_00, "EUR", tokens, source=source)


def outcome(id: str, kind: OutcomeKind, day: int, group: DeclineGroup | None = None) -> Outcome:
    tokens = Tokens(METHOD, "m1")
    return Outcome("acme", id, kind, FIRST + day * DAY, FIRST, 10_00, "EUR", tokens, decline_group=group)


class Log:
    """Sends messages one by one and says when each was appended."""

    def __init__(self, bootstrap: str, engine: str) -> None:
        ensure_topics(bootstrap, engine)
        self._producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 0})
        self._engine = engine

    def send(self, role: str, message: Any) -> int:
        appended: list[int] = []
        value = message if isinstance(message, bytes) else encode(message)
        self._producer.produce(
            f"{self._engine}.{role}", value, on_delivery=lambda _, sent: appended.append(sent.timestamp()[1])
        )
        self._producer.flush(30)
        return appended[0]


def _rows(folder: Path) -> list[dict[str, Any]]:
    names = ["sequence", "amount", "attempt", "phase", "verdict", "probability_micro", "labels",
             "completed_at", "failed_at", "refunded_at", "soft_declined"]  # fmt: skip
    return list(pq.read_table(folder / "cases", columns=names).to_pylist())


def _labels(row: dict[str, Any]) -> list[tuple[int, int]]:
    """Of each label that stood: the day it was known, and its code."""
    return [((label["known_at"] - FIRST) // DAY, label["label"]) for label in row["labels"]]


def _no_artefact(sha256: str) -> bytes:
    raise AssertionError(sha256)


@pytest.fixture
def log(kafka: str, request: pytest.FixtureRequest) -> Log:
    return Log(kafka, f"backtest-{request.node.name.replace('_', '-')[:60]}")


@pytest.mark.kafka
def test_every_decision_gets_its_payment_and_its_reports(kafka: str, log: Log, tmp_path: Path) -> None:
    one, two, three = payment("p1"), payment("p2", amount=20_00), payment("p3", amount=30_00)
    times = [log.send("payments", each) for each in (one, b"not a message", two, one, three)]
    again = log.send("payments", payment("p1", attempt=2))
    later = log.send("payments", payment("p1", phase=Phase.POST_AUTH))
    decisions = [
        decision(1, one, times[0]),
        decision(2, two, times[2], Verdict.DECLINE),
        decision(1, one, times[3], duplicate=True),
        decision(3, three, times[4]),
        decision(4, payment("p1", attempt=2), again),
        decision(5, payment("p1", phase=Phase.POST_AUTH), later),
        decision(6, payment("gone"), later),
        Refusal("e", "acme", "p9", DeadLetterReason.CONFLICT, "why", "what to do"),
    ]
    for each in decisions:
        log.send("decisions", each)
    log.send("payments", label("p2", LabelValue.FRAUD, 9))  # the engine does not take it from there
    log.send("labels", label("p3", LabelValue.FRAUD, 9))
    log.send("labels", label("p1", LabelValue.FRAUD, 30, "chargeback"))
    log.send("labels", label("p1", LabelValue.FRAUD, 5, "fraud_notice"))
    log.send("labels", label("p1", LabelValue.LEGITIMATE, 40, "review"))
    log.send("outcomes", outcome("p1", OutcomeKind.AUTHORISED, 1))
    log.send("outcomes", outcome("p1", OutcomeKind.CAPTURED, 2))
    log.send("outcomes", outcome("p1", OutcomeKind.REFUNDED, 5))
    found = prepare(kafka, log._engine, tmp_path, _no_artefact)
    rows = _rows(tmp_path)
    assert (found.cases, found.without_payment) == (5, 1)
    assert [row["sequence"] for row in rows] == [1, 2, 3, 4, 5]
    assert [row["amount"] for row in rows] == [10_00, 20_00, 30_00, 10_00, 10_00]
    assert [(row["attempt"], row["phase"]) for row in rows[3:]] == [(2, "pre_auth"), (1, "post_auth")]
    assert [row["verdict"] for row in rows] == [0, 3, 0, 0, 0]
    assert {row["probability_micro"] for row in rows} == {250_000}
    fraud = LABEL_CODES[LabelValue.FRAUD]
    twice, once = [(5, fraud), (30, fraud)], [(9, fraud)]
    none: list[tuple[int, LabelValue]] = []
    assert [_labels(row) for row in rows] == [twice, none, once, none, twice]
    first = rows[0]
    assert [(first[name] - FIRST) // DAY for name in ("completed_at", "refunded_at")] == [1, 5]
    assert rows[1]["failed_at"] == 2**63 - 1


@pytest.mark.kafka
def test_the_log_is_read_again_only_where_it_has_grown(kafka: str, log: Log, tmp_path: Path) -> None:
    notices: list[str] = []
    at = log.send("payments", payment("p1"))
    log.send("decisions", decision(1, payment("p1"), at))
    prepare(kafka, log._engine, tmp_path, _no_artefact, notices.append)
    count = len(notices)
    prepare(kafka, log._engine, tmp_path, _no_artefact, notices.append)
    assert len(notices) == count
    log.send("labels", label("p1", LabelValue.FRAUD, 1))
    prepare(kafka, log._engine, tmp_path, _no_artefact, notices.append)
    assert len(notices) > count
    assert [_labels(row) for row in _rows(tmp_path)] == [[(1, LABEL_CODES[LabelValue.FRAUD])]]


@pytest.mark.kafka
def test_list_changes_and_the_last_policy_are_known(kafka: str, log: Log, tmp_path: Path) -> None:
    at = log.send("controls", Control("c1", 0, "a", ListChange("bad", "tok")))
    log.send("controls", Control("c2", 0, "a", PolicyChange(seed_policy())))
    found = prepare(kafka, log._engine, tmp_path, _no_artefact)
    assert found.policy == seed_policy()
    assert [(when, change.value) for when, change in found.changes] == [(at, "tok")]


@pytest.mark.kafka
def test_an_attempt_behind_a_soft_decline_is_known_as_such(kafka: str, log: Log, tmp_path: Path) -> None:
    before = log.send("payments", payment("p1"))
    log.send("outcomes", outcome("p1", OutcomeKind.DECLINED, 0, DeclineGroup.AUTHENTICATION_REQUIRED))
    other = log.send("payments", payment("p2", attempt=2))
    after = log.send("payments", payment("p1", attempt=2))
    log.send("decisions", decision(1, payment("p1"), before))
    log.send("decisions", decision(2, payment("p2", attempt=2), other))
    log.send("decisions", decision(3, payment("p1", attempt=2), after))
    prepare(kafka, log._engine, tmp_path, _no_artefact)
    assert [row["soft_declined"] for row in _rows(tmp_path)] == [False, False, True]


@pytest.mark.kafka
def test_what_the_log_holds_is_backtested_with_the_archived_vectors(
    kafka: str, log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from click.testing import CliRunner

    from streams.commands.rules.backtest import command

    at = [log.send("payments", payment(f"p{n}", amount=n * 10_00)) for n in range(1, 5)]
    for number, when in enumerate(at, 1):
        log.send("decisions", decision(number, payment(f"p{number}", amount=number * 10_00), when))
    log.send("labels", label("p4", LabelValue.FRAUD, 1))
    vectors = tmp_path / "vectors" / f"engine={log._engine}" / "schema=x" / "0-0-4.parquet"
    write_vectors(vectors, [1, 2, 3, 4], [0.0, 0.0, 5.0, 5.0], feature="card_payment_count_1h")
    rules = tmp_path / "new.yaml"
    rules.write_text(
        "name: new\nversion: 2\nrules:\n"
        "  - {id: fast, description: d, owner: o, when: card_payment_count_1h > 3, action: block}\n"
    )
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path))
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka)
    run: Callable[..., Any] = CliRunner().invoke
    done = run(command, [str(rules), "--engine", log._engine, "--as-of", "2025-12-31", "--by-day", "table"])
    assert done.exit_code == 0, done.output
    words = [line.split() for line in done.output.splitlines()]
    assert ["approve", "->", "decline", "2", "1", "1", "0", "70.00"] in words
    assert ["fast", "block", "2", "1", "0", "0", "1", "2"] in [line[:8] for line in words]
