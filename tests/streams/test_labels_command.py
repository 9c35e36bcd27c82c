"""`tollgate labels` against a log of a real broker, with dossiers as the agent leaves them."""

from pathlib import Path

import msgspec
import pytest
from confluent_kafka import Producer

from models.labels.dossier import (
    Dossier,
    ParkedEvidence,
    UnusableReason,
    evidence_key,
    next_label,
    with_evidence,
)
from models.labels.maturity import Maturity
from models.messages.codec import encode
from models.messages.dead_letter import kept_payload
from models.messages.dispute import AnalystVerdict, Dispute, DisputeStage
from models.messages.outcome import Tokens
from models.messages.payment import Method, MethodKind
from models.units import DAY_MS
from streams import cli
from streams.errors import Misconfigured
from streams.inspect.label_evidence import read_maturity
from streams.kafka.admin import ensure_agent_topics, ensure_topics
from streams.kafka.records import records
from streams.kafka.topics import Topics

pytestmark = pytest.mark.kafka
ENGINE = "labels-command-test"
PAID = 1_767_225_600_000
TOKENS = Tokens(Method(MethodKind.CARD, "tok_1"), "m1")


def chargeback(id: str, days: int) -> Dispute:
    return Dispute(
        "acme", id, "d1", DisputeStage.CHARGEBACK, PAID + days * DAY_MS, PAID, 1250, "EUR", TOKENS,
        scheme="visa", reason_code="10.4",
    )  # fmt: skip


def as_sent(message: Dispute) -> Dossier:
    found = next_label(with_evidence(None, message, message.at))
    assert found is not None
    return found[0]


@pytest.fixture(scope="module")
def bootstrap(kafka: str) -> str:
    ensure_topics(kafka, ENGINE)
    ensure_agent_topics(kafka, ENGINE)
    topics, producer = Topics(ENGINE), Producer({"bootstrap.servers": kafka})
    for number, days in enumerate((0, 10, 20, 40)):
        dossier = as_sent(chargeback(f"p{number}", days))
        producer.produce(topics["label-ledger"], encode(dossier), evidence_key(dossier))
    closed = as_sent(chargeback("closed", 3))
    producer.produce(topics["label-ledger"], encode(closed), evidence_key(closed))
    producer.produce(topics["label-ledger"], None, evidence_key(closed))
    why = ("the record has no value", *kept_payload(b""))
    empty = ParkedEvidence(ENGINE, topics["disputes"], 0, 7, PAID, UnusableReason.EMPTY, *why)
    producer.produce(topics["label-parked"], encode(empty))
    producer.flush(30)
    return kafka


@pytest.fixture(autouse=True)
def settings(bootstrap: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path))
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", bootstrap)


def tollgate(*arguments: object) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["labels", *map(str, arguments), "--engine", ENGINE])
    assert ended.value.code in (0, 1)


def test_show_tells_the_evidence_and_the_label(capsys: pytest.CaptureFixture[str]) -> None:
    tollgate("show", "p2")
    shown = capsys.readouterr().out
    assert "acme/p2, attempt 1: fraud by chargeback, weight 1, not final, known since 2026-01-21" in shown
    assert "dispute d1: chargeback  visa 10.4" in shown
    tollgate("show", "closed")
    assert "there is no evidence on payment 'closed'" in capsys.readouterr().err


def test_a_verdict_carries_the_payments_entities(bootstrap: str, capsys: pytest.CaptureFixture[str]) -> None:
    tollgate("add", "p1", "--label", "friendly", "--author", "ana", "--reason", "same device")
    assert f"on {ENGINE}.disputes at offset 0" in capsys.readouterr().out
    (record,) = records(bootstrap, Topics(ENGINE)["disputes"])
    verdict = msgspec.json.decode(record.value(), type=AnalystVerdict)
    assert (verdict.payment_id, verdict.label.value, verdict.author) == ("p1", "friendly", "ana")
    assert (verdict.tokens, verdict.amount, verdict.occurred_at) == (TOKENS, 1250, PAID)
    tollgate("add", "nobody", "--label", "fraud", "--author", "ana")
    assert "no decision on payment 'nobody'" in capsys.readouterr().err


def test_a_card_number_in_the_reason_never_reaches_the_topic(
    bootstrap: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tollgate(
        "add", "p1", "--label", "fraud", "--author", "ana", "--reason", "he read out 4111 1111 1111 1111"
    )
    assert "holds a card number" in capsys.readouterr().err
    assert b"1111" not in b"".join(
        record.value() for record in records(bootstrap, Topics(ENGINE)["disputes"])
    )


def test_an_engine_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["labels", "parked", "--engine", "labels-comand-test"])
    assert (
        "there is no topic labels-comand-test.labels: is the engine's name right?" in capsys.readouterr().err
    )


def test_parked_says_how_much_for_which_reason_and_where_it_lies(capsys: pytest.CaptureFixture[str]) -> None:
    tollgate("parked")
    shown = capsys.readouterr().out
    assert "empty   1" in shown
    assert f"{ENGINE}.disputes 0/7" in shown


def test_maturity_is_learned_from_the_ledger_and_read_by_the_agent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tollgate("maturity", "--out", tmp_path / "curve.json")
    assert "learned from 4 frauds, of payments up to 40 days old" in capsys.readouterr().out
    as_of = PAID + 40 * DAY_MS
    assert read_maturity(tmp_path / "curve.json") == Maturity.learn([0, 10, 20, 40], [40] * 4, as_of)
    (tmp_path / "curve.json").write_text("{}")
    with pytest.raises(Misconfigured, match="holds no delay curve"):
        read_maturity(tmp_path / "curve.json")
