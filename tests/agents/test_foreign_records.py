"""A line that somebody else wrote to a topic of an agent, or to the journal, keeps nobody from starting."""

from pathlib import Path
from time import time
from uuid import uuid4

import pytest
from confluent_kafka import Producer

pytest.importorskip("faust", reason="needs the extra `agents`")

from models.labels.dossier import evidence_key, with_evidence
from models.labels.silence import Silence
from models.lists.requests import AnswerMemory, ListRequest, answer_request
from models.messages.codec import encode
from streams.agents.answer_log import AnswerLog
from streams.agents.dossier_store import DossierStore
from streams.agents.labels import restore
from streams.engine.recovery import JournalReader, last_entry
from streams.inspect.label_evidence import dossiers, parked
from streams.inspect.verify import Verifier
from streams.kafka import Topics, ensure_agent_topics
from tests.agents.evidence_scene import dispute
from tests.crash.committed import committed
from tests.crash.scene import Scene, drain, simulated
from tests.support.new_engine import new_engine

pytestmark = pytest.mark.kafka

FOREIGN = [
    b"",
    b"{",
    b"null",
    b"\xff",
    b"[" * 50_000,
    b'{"type":"payment"}',
    b'{"type":"dossier"}',
    b"7",
    b'"x"',
]


@pytest.fixture
def engine(kafka: str) -> str:
    name = new_engine(kafka, "foreign")
    ensure_agent_topics(kafka, name)
    return name


def write(bootstrap: str, topic: str, records: list[tuple[bytes | None, bytes | None]]) -> None:
    producer = Producer({"bootstrap.servers": bootstrap})
    for key, value in records:
        producer.produce(topic, value, key)
    assert producer.flush(30) == 0


def test_the_list_agent_starts_and_remembers_what_it_answered(kafka: str, engine: str) -> None:
    request = encode(ListRequest("a", int(time() * 1000), "ana", "testing", "blocked_bins", "411111"))
    answered = answer_request(request, 0, int(time() * 1000), AnswerMemory())
    records = [(b"x", value) for value in [*FOREIGN, None]]
    write(kafka, Topics(engine)["list-audit"], [*records, (b"a", encode(answered.answer)), *records])
    assert AnswerLog(kafka, engine).asked.get("a") == answered.answer


def test_the_label_agent_fills_its_disk_with_the_dossiers_there_are(
    kafka: str, engine: str, tmp_path: Path
) -> None:
    now = int(time() * 1000)
    evidence = dispute("p1")
    dossier = with_evidence(None, evidence, now)
    key = evidence_key(dossier).encode()
    bad: list[tuple[bytes | None, bytes | None]] = [(key, value) for value in FOREIGN]
    bad += [(b"\xff", encode(dossier)), (b"another", encode(dossier)), (b"another", b"{}")]
    ledger = Topics(engine)["label-ledger"]
    write(kafka, ledger, [*bad, (key, encode(dossier)), *bad, (b"gone", None)])
    store = DossierStore(tmp_path / "dossiers.sqlite", "test")
    restore(kafka, ledger, store, Silence(age_days=30))
    assert store.get([key.decode()]) == {key.decode(): dossier}
    assert store.get(["another"]) == {}
    store.close()
    assert dossiers(kafka, engine) == [dossier]


def test_parked_records_that_are_none_are_left_out(kafka: str, engine: str) -> None:
    write(kafka, Topics(engine)["label-parked"], [(b"x", value) for value in FOREIGN])
    assert parked(kafka, engine) == []


def test_an_engine_starts_again_over_a_journal_that_somebody_wrote_to(kafka: str, tmp_path: Path) -> None:
    scene = Scene(kafka, f"foreign-{uuid4().hex[:8]}", tmp_path).prepare()
    journal = Topics(scene.engine)["journal"]
    scene.send(simulated(100))
    first = scene.started()
    drain(first)
    first.close()
    copies = [record.value() for record in committed(kafka, journal)]
    another = [copies[0].replace(scene.engine.encode(), b"another")]
    lines = [*FOREIGN, *copies, *another]
    write(kafka, journal, [(None, value) for value in lines])
    again = scene.started()
    scene.send(simulated(100, first=100))
    drain(again)
    again.close()
    write(kafka, journal, [(None, value) for value in lines])
    reader = JournalReader(kafka, scene.engine, 0, 0)
    entries = [entry for entry, _ in reader.to_end()]
    reader.close()
    assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
    assert reader.foreign.count == 2 * len(lines)
    assert last_entry(kafka, scene.engine) == entries[-1]
    report = Verifier(scene.options()).run()
    assert report.difference == ""
    assert any(f"{2 * len(lines)} foreign records" in note for note in report.notes)
