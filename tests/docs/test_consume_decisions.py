"""The programs of docs/consume-decisions.md, run as they stand on a real broker."""

import json
import os
import re
import sqlite3
import subprocess
import sys
import uuid
from pathlib import Path

import msgspec
import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from models.messages.dead_letter import DeadLetterReason
from models.messages.decision import Decision, Verdict
from models.messages.payment import Payment
from models.messages.refusal import Refusal
from streams.engine.input.reading import read
from streams.kafka.topics import Topics, topic_config

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/consume-decisions.md").read_text(encoding="utf-8")
PROGRAMS = dict(re.findall(r"^```python (\S+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))
APPROVED = msgspec.json.decode((ROOT / "examples/decision/approved.json").read_bytes(), type=Decision)

pytestmark = pytest.mark.kafka


@pytest.fixture
def engine(kafka: str) -> str:
    """Topics of an engine that nobody else uses."""
    name = f"page-{uuid.uuid4().hex[:8]}"
    roles = ("payments", "decisions")
    topics = [NewTopic(Topics(name)[role], 1, config=topic_config(role)) for role in roles]
    admin = AdminClient({"bootstrap.servers": kafka})
    for future in admin.create_topics(topics).values():
        future.result(30)
    return name


def run(program: str, engine: str, kafka: str, folder: Path) -> None:
    """A program of the page for `engine`; the consumer ends after some seconds without messages."""
    code = PROGRAMS[program].replace('"live.', f'"{engine}.').replace("poll(30)", "poll(4)")
    code = code.replace('"checkout"', f'"{engine}"')
    environment = os.environ | {"KAFKA_BOOTSTRAP_SERVERS": kafka}
    subprocess.run([sys.executable, "-c", code], cwd=folder, env=environment, timeout=120, check=True)


def decided(engine: str, kafka: str, folder: Path, rows: int) -> list[tuple[str, str]]:
    """What the consumer of the page has acted on; run again where a busy broker kept it waiting."""
    found: list[tuple[str, str]] = []
    for _ in range(5):
        run("consume.py", engine, kafka, folder)
        store = sqlite3.connect(folder / "decided.db")
        found = store.execute("SELECT key, verdict FROM decided ORDER BY key").fetchall()
        store.close()
        if len(found) >= rows:
            break
    return found


def test_the_payment_that_is_sent_is_one_the_engine_reads(engine: str, kafka: str, tmp_path: Path) -> None:
    run("send.py", engine, kafka, tmp_path)
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": engine, "auto.offset.reset": "earliest"})
    consumer.subscribe([Topics(engine)["payments"]])
    message = consumer.poll(30)
    consumer.close()
    assert message is not None
    payment = read(message.value() or b"", suspect=True)
    assert isinstance(payment, Payment)
    assert payment.payment_id == "order-1001"


def test_each_decision_is_acted_on_once(engine: str, kafka: str, tmp_path: Path) -> None:
    producer = Producer({"bootstrap.servers": kafka, "transactional.id": f"{engine}-engine"})
    producer.init_transactions()

    def transaction(*answers: Decision | Refusal, commit: bool = True) -> None:
        producer.begin_transaction()
        for answer in answers:
            producer.produce(Topics(engine)["decisions"], msgspec.json.encode(answer))
        producer.flush()
        producer.commit_transaction() if commit else producer.abort_transaction()

    first = msgspec.structs.replace(APPROVED, payment_id="p-1")
    second = msgspec.structs.replace(APPROVED, payment_id="p-2", verdict=Verdict.DECLINE)
    transaction(first)
    transaction(msgspec.structs.replace(APPROVED, payment_id="aborted"), commit=False)
    account, attempt, phase = APPROVED.merchant_account, APPROVED.attempt, APPROVED.phase.value
    keys = [json.dumps([account, payment, attempt, phase]) for payment in ("p-1", "p-2")]
    assert decided(engine, kafka, tmp_path, 1) == [(keys[0], "approve")]
    refused = [refusal_of(payment) for payment in ("p-1", "p-2")]
    transaction(*refused)
    assert decided(engine, kafka, tmp_path, 2) == [(keys[0], "approve"), (keys[1], "refused")]
    transaction(msgspec.structs.replace(first, duplicate=True), second)
    run("consume.py", engine, kafka, tmp_path)
    assert decided(engine, kafka, tmp_path, 2) == [(keys[0], "approve"), (keys[1], "decline")]


def refusal_of(payment_id: str) -> Refusal:
    """Of the same attempt and phase as `APPROVED`."""
    return Refusal(
        "live", APPROVED.merchant_account, payment_id, DeadLetterReason.CONFLICT, "why", "what to do",
        attempt=APPROVED.attempt, phase=APPROVED.phase,
    )  # fmt: skip
