"""The label agent on a real broker: killed at any moment, the labels that stand are the same in the end."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import msgspec
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import NewTopic

pytest.importorskip("faust", reason="needs the extra `agents`")

from models.labels.dossier import ParkedEvidence
from models.labels.silence import Silence
from models.messages.codec import encode
from models.messages.dispute import DisputeStage
from models.messages.label import Label
from models.messages.outcome import Outcome, OutcomeKind
from streams.agents.dossier_store import DossierStore
from streams.agents.labels import restore
from streams.agents.transactions import AgentMessage, AgentProducer
from streams.errors import Fenced, Misconfigured
from streams.inspect.label_evidence import dossiers
from streams.kafka.admin import check_agent_topics, ensure_agent_topics, ensure_topics
from streams.kafka.client import admin_client, consumer_settings
from streams.kafka.records import records
from streams.kafka.topics import Topics
from tests.agents.evidence_scene import DAY, PAID, TOKENS, dispute, outcome, strongest, verdict

pytestmark = pytest.mark.kafka
LIMIT_S = 60.0
ENGINE = "label-agent-test"
_parked = msgspec.json.Decoder(ParkedEvidence).decode


class Scene:
    """One engine's topics and the agent beside it."""

    def __init__(self, bootstrap: str, home: Path) -> None:
        self.bootstrap, self.home, self.topics = bootstrap, home, Topics(ENGINE)
        ensure_topics(bootstrap, ENGINE)
        ensure_agent_topics(bootstrap, ENGINE)
        self.reader = Consumer(consumer_settings(bootstrap, f"{ENGINE}-test"))
        self.reader.assign([TopicPartition(self.topics["labels"], 0, 0)])
        self.agent: subprocess.Popen[bytes] | None = None
        self.labels: list[Label] = []

    def start(self) -> None:
        environment = os.environ | {
            "TOLLGATE_HOME": str(self.home),
            "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap,
        }
        command = [
            sys.executable,
            "-m",
            "streams.cli",
            "agents",
            "labels",
            "--engine",
            ENGINE,
            "--silence-days",
            "30",
        ]
        self.agent = subprocess.Popen(command, env=environment)

    def kill(self) -> None:
        if self.agent is not None:
            self.agent.kill()
            self.agent.wait()

    def send(self, *messages: Any) -> None:
        producer = Producer({"bootstrap.servers": self.bootstrap})
        for message in messages:
            role = "outcomes" if isinstance(message, Outcome) else "disputes"
            raw = message if isinstance(message, bytes) else encode(message)
            producer.produce(self.topics[role], raw)
        producer.flush(30)

    def take_back(self, *messages: Any) -> None:
        """Sends evidence in a transaction that is aborted."""
        producer = Producer({"bootstrap.servers": self.bootstrap, "transactional.id": f"{ENGINE}-test"})
        producer.init_transactions(30)
        producer.begin_transaction()
        for message in messages:
            producer.produce(self.topics["disputes"], encode(message))
        producer.flush(30)
        producer.abort_transaction(30)

    def until(self, **standing: str) -> None:
        """Reads labels until these stand (by payment id), as whoever keeps the strongest sees them."""
        began = monotonic()
        while {id: self.standing().get(id) for id in standing} != standing:
            assert monotonic() - began < LIMIT_S, [self.standing().get(id) for id in standing]
            assert self.agent is not None
            assert self.agent.poll() is None, "the agent ended"
            message = self.reader.poll(0.5)
            if message is not None and message.error() is None:
                self.labels.append(msgspec.json.decode(message.value(), type=Label))

    def rebuilt(self) -> Path:
        """Another disk, filled from the ledger alone."""
        store = DossierStore(self.home / "rebuilt.sqlite", "rebuilt")
        restore(self.bootstrap, self.topics["label-ledger"], store, Silence(age_days=30))
        store.close()
        return self.home / "rebuilt.sqlite"

    def standing(self) -> dict[str, str]:
        return strongest(self.labels)


@pytest.fixture
def scene(kafka: str, tmp_path: Path) -> Iterator[Scene]:
    made = Scene(kafka, tmp_path)
    yield made
    made.kill()
    made.reader.close()


def test_a_killed_agent_loses_nothing_and_the_labels_that_stand_are_the_same(scene: Scene) -> None:
    many = [dispute(f"m{number}") for number in range(400)]
    declined = outcome("declined", kind=OutcomeKind.DECLINED)
    scene.send(outcome("silent"), outcome("p"), declined, b"{")
    scene.take_back(dispute("never said"))
    scene.send(*many, dispute("p"))
    scene.start()
    scene.until(m0="fraud chargeback")
    scene.kill()  # in the midst of it, most often
    arbitration = dispute("m1", reason_code=None, stage=DisputeStage.ARBITRATION, at=PAID + 90 * DAY)
    scene.send(verdict("p"), *many[:50], arbitration, verdict("m7", at=PAID + 801 * DAY))
    scene.start()
    scene.until(p="friendly analyst", m1="fraud arbitration", m7="friendly analyst", m399="fraud chargeback")
    scene.until(silent="legitimate silence")
    scene.kill()
    assert {label.tokens for label in scene.labels} == {TOKENS}
    expected = {message.payment_id: "fraud chargeback" for message in many} | {
        "p": "friendly analyst", "m1": "fraud arbitration", "m7": "friendly analyst",
    }  # fmt: skip
    assert scene.standing() == expected | {"silent": "legitimate silence"}
    held = dossiers(scene.bootstrap, ENGINE)
    assert {
        each.payment_id: f"{each.sent.label} {each.sent.source}" for each in held if each.sent
    } == expected
    found = [_parked(record.value()) for record in records(scene.bootstrap, scene.topics["label-parked"])]
    assert {(each.reason.value, each.topic, each.offset, each.payload) for each in found} == {
        ("invalid_json", scene.topics["disputes"], 0, b"{")
    }
    assert _content(scene.home / "agents" / f"{ENGINE}-labels" / "dossiers.sqlite") == _content(
        scene.rebuilt()
    )


def _content(disk: Path) -> list[tuple[Any, ...]]:
    database = sqlite3.connect(disk)
    found = database.execute("select key, due, body from dossiers order by key").fetchall()
    database.close()
    return found


def test_a_second_agent_takes_over_and_the_first_can_write_no_more(kafka: str) -> None:
    engine = "label-agent-fenced-test"
    ensure_agent_topics(kafka, engine)
    record = AgentMessage("label-ledger", "dossier", "k", b"{}", "k")
    first = AgentProducer(kafka, engine, "label")
    assert first.commit([record, record]) == {"label-ledger": 2}
    second = AgentProducer(kafka, engine, "label")
    with pytest.raises(Fenced):
        first.commit([record])
    assert second.commit([record]) == {"label-ledger": 4}, "two records, a marker, one more"


@pytest.mark.parametrize(
    ("role", "setting", "complaint"),
    [
        ("disputes", {"retention.ms": str(10 * DAY)}, r"keeps 10\.0 days of evidence, 30 are needed"),
        ("label-ledger", {"cleanup.policy": "delete"}, r"must have cleanup\.policy=compact"),
    ],
)
def test_topics_that_forget_too_early_are_refused(
    kafka: str, role: str, setting: dict[str, str], complaint: str
) -> None:
    engine = f"forgetful-{role}"
    client = admin_client(kafka)
    for future in client.create_topics([NewTopic(Topics(engine)[role], 1, config=setting)]).values():
        future.result(30)
    ensure_agent_topics(kafka, engine)
    with pytest.raises(Misconfigured, match=complaint):
        check_agent_topics(kafka, engine)
