"""What an engine said on its topics is archived once, and put beside the vectors it logged."""

import fcntl
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from confluent_kafka import Producer

from features.catalogue import CATALOGUE, Catalogue, Entity, Family
from features.catalogue.attributes import ATTRIBUTES
from features.catalogue.measures import PAYMENT_COUNT
from learning.commands.dataset import command
from learning.history import log_archive
from learning.history.engine_history import EngineHistory, from_archive
from learning.history.log_archive import LogArchive
from models.messages.codec import encode
from models.messages.dead_letter import DeadLetterReason
from models.messages.decision import Decision, Verdict, Versions
from models.messages.label import Label, LabelValue
from models.messages.outcome import Outcome, OutcomeKind, Tokens
from models.messages.payment import Customer, Merchant, Method, MethodKind, Payment, Phase
from models.messages.refusal import Refusal
from streams.errors import Damaged, Misconfigured
from streams.kafka.admin import ensure_topics
from streams.kafka.input_log import InputLog
from streams.kafka.topics import Topics
from streams.warehouse.parquet.vector_files import FileRange
from training.dataset.dataset import Dataset, build_dataset
from training.dataset.settings import DatasetSettings

DAY = 86_400_000
FIRST = 20_000 * DAY
METHOD = Method(MethodKind.CARD, "tok", "520000", "DE")
SMALL = Catalogue((Entity("card", "a card"),), (Family("card", PAYMENT_COUNT, ("1h",)),), ATTRIBUTES)


def decision(number: int, id: str, verdict: Verdict = Verdict.APPROVE, **more: Any) -> Decision:
    fields: dict[str, Any] = {
        "attempt": 1,
        "phase": Phase.PRE_AUTH,
        "propensity": None,
        "decided_by": "policy",
    } | more
    return Decision(
        "e", number, "acme", id, fields.pop("attempt"), fields.pop("phase"), verdict, 0.25, 0, (), 10_00,
        "USD", 9_00, MethodKind.CARD, "m1", "DE", FIRST, FIRST, FIRST + number * DAY, Versions("c"), **fields,
    )  # fmt: skip


def label(id: str, value: LabelValue, day: float, source: str = "chargeback") -> Label:
    return Label("acme", id, value, FIRST + round(day * DAY), FIRST, 10_00, "USD", Tokens(METHOD, "m1"),
                 source=source, weight=0.9)  # fmt: skip


def outcome(id: str, kind: OutcomeKind, day: float) -> Outcome:
    at = FIRST + round(day * DAY)
    return Outcome("acme", id, kind, at, FIRST, 10_00, "USD", Tokens(METHOD, "m1"))


def write_vectors(folder: Path, sequences: list[int], catalogue: Catalogue = SMALL) -> None:
    """A file as the Parquet sink writes it; every value is the sequence, the channel is `app`."""
    columns: dict[str, Any] = {"sequence": pa.array(sequences, pa.int64())}
    columns |= {name: np.array(sequences, np.float64) for name in catalogue.names}
    columns["channel_code"] = np.full(len(sequences), 1.0)
    folder = folder / f"schema={catalogue.schema_hash}"
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), folder / f"0-{sequences[0]:020d}-{sequences[-1]:020d}.parquet")


class Log:
    """Sends messages to an engine's topics."""

    def __init__(self, bootstrap: str, engine: str) -> None:
        ensure_topics(bootstrap, engine)
        self.engine = engine
        self._producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 0})

    def send(self, role: str, *messages: Any) -> None:
        for message in messages:
            value = message if isinstance(message, bytes) else encode(message)
            self._producer.produce(f"{self.engine}.{role}", value)
            self._producer.flush(30)


@pytest.fixture
def log(kafka: str, request: pytest.FixtureRequest) -> Log:
    return Log(kafka, f"archive-{request.node.name.replace('_', '-')[:50]}")


def _rows(history: EngineHistory) -> dict[str, dict[str, Any]]:
    return {row["payment_id"]: row for row in history.attempts.to_pylist()}


@pytest.mark.kafka
def test_decisions_vectors_outcomes_and_labels_become_a_data_set(
    kafka: str, log: Log, tmp_path: Path
) -> None:
    log.send(
        "decisions", decision(1, "p1"), decision(2, "p2", Verdict.DECLINE), decision(1, "p1", duplicate=True),
        decision(3, "p3", propensity=0.02, decided_by="holdout"), decision(4, "p1", phase=Phase.POST_AUTH),
        decision(5, "p5"), decision(6, "p6"),
        Refusal("archive", "acme", "p9", DeadLetterReason.CONFLICT, "why", "what to do"),
    )  # fmt: skip
    paid = Payment("acme", "p1", FIRST, 10_00, "USD", METHOD, Merchant("m1"), customer=Customer("c1"))
    log.send("payments", label("p2", LabelValue.FRAUD, 30), paid, paid)  # a label on the wrong topic
    log.send("labels", label("p3", LabelValue.FRAUD, 30))
    log.send("outcomes", *(outcome(f"p{number}", OutcomeKind.CAPTURED, 7) for number in (1, 3, 5)))
    log.send("outcomes", outcome("p2", OutcomeKind.DECLINED, 2), outcome("p2", OutcomeKind.DECLINED, 3))
    archive = LogArchive(tmp_path / "log", log.engine)
    archive.update(kafka, with_tokens=True)
    write_vectors(tmp_path / "vectors", [1, 2, 3])
    write_vectors(tmp_path / "vectors", [4, 6])
    other = Catalogue((Entity("card", "x"),), (Family("card", PAYMENT_COUNT, ("24h",)),), ATTRIBUTES)
    write_vectors(tmp_path / "vectors", [5], other)
    history = from_archive(archive, tmp_path / "vectors", SMALL)
    rows = _rows(history)
    assert list(rows) == ["p1", "p2", "p3", "p6"]
    assert [row["passed"] for row in rows.values()] == [True, False, True, True]
    assert (rows["p3"]["propensity"], rows["p3"]["holdout"], rows["p1"]["propensity"]) == (0.02, True, 1.0)
    assert rows["p2"]["stopped_at"] == FIRST + 3 * DAY
    assert rows["p1"]["captured_at"] == FIRST + 7 * DAY
    assert {(row["channel"], row["amount"], row["currency"]) for row in rows.values()} == {
        ("app", 9_00, "USD")
    }
    reasons = {(row["payment_id"], row["reason"]) for row in history.parked.to_pylist()}
    assert reasons == {("p1", "later_phase"), ("p5", "other_catalogue")}
    assert history.tokens["card"].to_pylist() == ["tok", None, None, None]
    assert history.tokens["customer"].to_pylist() == ["c1", None, None, None]
    made = build_dataset(history, DatasetSettings(as_of=FIRST + 200 * DAY), tmp_path / "made")
    assert made.label.tolist() == [0, -1, 1, -1]
    assert made.weight.tolist() == [1.0, 0.0, pytest.approx(0.9 * 20), 0.0]
    assert made.matrix(["card_payment_count_1h"])[:, 0].tolist() == [1, 2, 3, 6]

    # What comes later is added to what was archived, from wherever the log had got to.
    log.send("labels", label("p3", LabelValue.LEGITIMATE, 40, "analyst"), label("gone", LabelValue.FRAUD, 9))
    log.send("labels", label("p5", LabelValue.FRAUD, 9), b"not a message")
    before = {path.name for path in archive.files()}
    archive.update(kafka)
    assert before < {path.name for path in archive.files()}
    again = from_archive(archive, tmp_path / "vectors", SMALL)
    later = build_dataset(again, DatasetSettings(as_of=FIRST + 200 * DAY), tmp_path / "later")
    assert later.label.tolist() == [0, -1, 0, -1]
    assert later.manifest.parked == {
        "later_phase": 1, "other_catalogue": 1, "payment_parked": 1, "unknown_payment": 1,
    }  # fmt: skip
    settled = {path.name: path.read_bytes() for path in archive.files()}
    archive.update(kafka)
    assert settled == {path.name: path.read_bytes() for path in archive.files()}
    assert archive.gaps() == []


@pytest.mark.kafka
def test_the_command_makes_an_engines_data_set_from_its_log_and_vectors(
    kafka: str, log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path))
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka)
    log.send("decisions", decision(1, "p1"), decision(2, "p2"), decision(3, "p3", Verdict.DECLINE))
    log.send("outcomes", outcome("p2", OutcomeKind.CAPTURED, 2.5))
    log.send("labels", label("p1", LabelValue.FRAUD, 9))
    write_vectors(tmp_path / "vectors" / f"engine={log.engine}", [1, 2, 3], CATALOGUE)
    done = CliRunner().invoke(command, ["--engine", log.engine, "--as-of", "2025-06-01"])
    assert done.exit_code == 0, done.output
    made = Dataset.load(tmp_path / "training" / "datasets" / log.engine)
    assert made.label.tolist() == [1, 0, -1]
    assert made.manifest.settings.silence == "captured"
    assert ["rows:", "fraud", "1"] in [line.split() for line in done.output.splitlines()]


@pytest.mark.kafka
def test_two_that_archive_at_once_take_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive, taken = LogArchive(tmp_path, "live"), []
    monkeypatch.setattr(log_archive, "check_there", lambda *_: None)
    inputs = InputLog("nowhere", "live", Topics("live").inputs)
    monkeypatch.setattr(log_archive, "input_log", lambda *_: inputs)
    for name in ("start_offsets", "end_offsets"):
        monkeypatch.setattr(log_archive, name, lambda _, topics: dict.fromkeys(topics, 0))

    def locked(*_: object) -> None:
        with (tmp_path / log_archive.LOCK).open("a") as other, pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        taken.append(True)

    monkeypatch.setattr(LogArchive, "_take", locked)
    archive.update("nowhere")
    archive.update("nowhere")
    assert taken
    assert archive.files() == []


def test_what_expired_before_the_first_archive_is_a_gap_too(tmp_path: Path) -> None:
    archive = LogArchive(tmp_path, "live")
    archive.decisions.mkdir()
    (archive.decisions / FileRange(0, 3, 9).name).touch()
    assert archive.gaps() == ["decisions: offsets 0 to 3 had expired before they were archived"]


def test_a_line_that_somebody_else_wrote_to_the_decisions_is_skipped_and_said(
    kafka: str, log: Log, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    archive = LogArchive(tmp_path, log.engine)
    log.send("decisions", decision(1, "p1"), b"not ours", b"\xff", decision(2, "p2"))
    archive.update(kafka)
    kept = log_archive.read(archive.decisions, log_archive.DECISIONS)
    assert kept["payment_id"].to_pylist() == ["p1", "p2"]
    assert "1 foreign records skipped, the first at offset 1" in caplog.text


def test_a_topic_made_anew_and_a_gap_are_noticed(kafka: str, log: Log, tmp_path: Path) -> None:
    archive = LogArchive(tmp_path, log.engine)
    log.send("decisions", decision(1, "p1"))
    archive.update(kafka)
    (whole,) = archive.decisions.glob("*.parquet")
    whole.rename(archive.decisions / "0-00000000000000000005-00000000000000000009.parquet")
    with pytest.raises(Damaged, match="deleted and made again"):
        archive.update(kafka)
    earlier = archive.decisions / "0-00000000000000000000-00000000000000000002.parquet"
    earlier.write_bytes(b"")
    assert archive.gaps() == ["decisions: offsets 2 to 5 had expired before they were archived"]


def test_vectors_of_another_catalogue_only_are_named(tmp_path: Path) -> None:
    archive = LogArchive(tmp_path / "log", "e")
    with pytest.raises(Misconfigured, match="nor of any other: `tollgate parquet-sink` archives them"):
        from_archive(archive, tmp_path / "vectors", SMALL)
    write_vectors(tmp_path / "vectors", [1])
    other = Catalogue((Entity("card", "x"),), (Family("card", PAYMENT_COUNT, ("24h",)),), ATTRIBUTES)
    with pytest.raises(Misconfigured, match=f"only of {SMALL.schema_hash}: compare TOLLGATE_FEATURES"):
        from_archive(archive, tmp_path / "vectors", other)
