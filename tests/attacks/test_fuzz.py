"""The fuzz, short form: a thousand damaged messages on every input, and what the agents make of theirs."""

import json
from collections import Counter
from pathlib import Path
from uuid import uuid4

import pytest

from models.labels.silence import Silence
from models.lists.requests import AnswerMemory, answer_request
from models.messages import encode
from streams.agents.agent_record import AgentRecord
from streams.agents.dossier_store import DossierStore
from streams.agents.label_keeping import LabelKeeper
from streams.inspect.verify import Verifier
from streams.kafka.topics import INPUTS, Topics
from tests.attacks.fuzz import EXAMPLES, KINDS, is_accounted_for
from tests.attacks.mutations import Mutator
from tests.crash.committed import committed
from tests.crash.hostile_check import place_of
from tests.crash.scene import Scene, drain

NOW = 1_780_000_000_000


def originals(*kinds: str) -> list[bytes]:
    return [path.read_bytes() for kind in kinds for path in sorted((EXAMPLES / kind).glob("*.json"))]


def damaged(kind: str, count: int) -> list[bytes | None]:
    mutator = Mutator(1, originals(kind, kind, "payment", "control", "decision"))
    return [mutator.message() for _ in range(count)]


def test_a_seed_fixes_every_message() -> None:
    assert damaged("payment", 300) == damaged("payment", 300)


@pytest.mark.kafka
def test_damaged_messages_on_every_input_are_accounted_for(kafka: str, tmp_path: Path) -> None:
    scene = Scene(kafka, f"fuzz-{uuid4().hex[:8]}", tmp_path).prepare()
    topics = Topics(scene.engine)
    sent = {}
    for role in INPUTS:
        start = len(committed(kafka, topics[role]))
        values = damaged(KINDS[role], 1_000)
        scene.send(values, role)
        records = committed(kafka, topics[role], start)[-len(values) :]
        sent[role] = {(r.topic(), r.offset()): r.value() for r in records}
        assert len(sent[role]) == len(values)
    engine = scene.started()
    drain(engine)
    engine.close()
    letters = Counter((each["topic"], each["offset"]) for each in scene.read("dead-letters"))
    answers = Counter(place_of(message) for message in committed(kafka, topics["decisions"]))
    wrong = [
        (place, letters[place], answers[place], (value or b"")[:200])
        for role, placed in sent.items()
        for place, value in placed.items()
        if not is_accounted_for(role, value, letters[place], answers[place])
    ]
    assert wrong == []
    assert Verifier(scene.options()).run().difference == ""


def test_damaged_requests_are_each_answered_once() -> None:
    asked = AnswerMemory()
    for offset, value in enumerate(damaged("list_request", 1_000)):
        answer = answer_request(value or b"", offset, NOW, asked).answer
        asked.remember(answer)
        assert answer.offset == offset
        assert json.loads(encode(answer))["status"] in ("accepted", "rejected")


@pytest.mark.parametrize("kind", ["dispute", "analyst_verdict", "outcome"])
def test_damaged_evidence_is_parked_or_taken_in(kind: str, tmp_path: Path) -> None:
    store = DossierStore(tmp_path / "dossiers.sqlite", "fuzz")
    keeper = LabelKeeper("fuzz", "fuzz.disputes", store, Silence(age_days=30))
    position = 0
    for offset, value in enumerate(damaged(kind, 1_000)):
        changes = keeper.changes([AgentRecord("fuzz.disputes", 0, offset, NOW, value or b"")])
        assert len(changes.parked) <= 1
        assert all(isinstance(message.value, bytes | None) for message in changes.messages())
        position += len(changes.dossiers)
        keeper.keep(changes, position)
    store.close()
