"""The Parquet archive: every vector in exactly one file, whatever is killed when."""

import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from confluent_kafka import Producer

from models.messages.vectors import Vectors
from streams.errors import Misconfigured
from streams.kafka.topics import Topics
from streams.warehouse.parquet.vector_files import SUFFIX, FileRange, file_ranges, to_table
from streams.warehouse.parquet.vector_sink import VectorSink
from tests.support.unreadable_records import send_unreadable
from tests.warehouse.engine_output import make_topics

pytestmark = pytest.mark.kafka

NAMES = {"known": ("card_payment_count_1h", "ip_payment_count_1h", "card_payment_amount_1d")}


def vectors(engine: str, first: int, rows: int, schema_hash: str = "known") -> Vectors:
    numbers = np.arange(first, first + rows)
    matrix = numbers[:, None] / np.array([1.0, 3.0, 7.0])
    matrix[0, 1] = np.nan
    return Vectors(
        engine=engine,
        schema_hash=schema_hash,
        rows=rows,
        columns=3,
        sequence=numbers.astype("<i8").tobytes(),
        engine_time=(1_700_000_000_000 + numbers).astype("<i8").tobytes(),
        merchant_account=[f"account-{number % 2}" for number in numbers],
        payment_id=[f"payment-{number}" for number in numbers],
        attempt=np.ones(rows, "u1").tobytes(),
        phase=["pre_auth"] * rows,
        matrix=matrix.astype("<f8").tobytes(),
    )


class FeaturesTopic:
    def __init__(self, bootstrap: str, engine: str) -> None:
        make_topics(bootstrap, engine)
        self._engine = engine
        self._producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": f"{engine}-engine"})
        self._producer.init_transactions()

    def write(self, *messages: Vectors, commit: bool = True) -> None:
        self._producer.begin_transaction()
        for message in messages:
            self._producer.produce(Topics(self._engine)["features"], msgspec.msgpack.encode(message))
        self._producer.flush()
        if commit:
            self._producer.commit_transaction()
        else:
            self._producer.abort_transaction()


@pytest.fixture
def topic(kafka: str, engine: str) -> FeaturesTopic:
    return FeaturesTopic(kafka, engine)


@pytest.fixture
def archive(kafka: str, engine: str, tmp_path: Path) -> Callable[[int], None]:
    """Runs a sink until the folder holds that many rows."""

    def run(rows: int) -> None:
        stop = threading.Event()
        sink = VectorSink(engine, kafka, tmp_path, NAMES, stop, roll_s=0.1)
        thread = threading.Thread(target=sink.run)
        thread.start()
        try:
            while archived(tmp_path) < rows and thread.is_alive():
                stop.wait(0.05)
        finally:
            stop.set()
            thread.join(30)
        assert sink.status.state == "stopped", sink.status.detail

    return run


def archived(folder: Path) -> int:
    """Rows in finished files: the sink may be writing others."""
    return sum(pq.read_metadata(path).num_rows for path in folder.rglob(f"*{SUFFIX}"))


def sequences(folder: Path) -> list[int]:
    return sorted(ds.dataset(folder, partitioning="hive").to_table(["sequence"])["sequence"].to_pylist())


def test_vectors_come_back_bit_for_bit_under_their_names(
    engine: str, topic: FeaturesTopic, archive: Callable[[int], None], tmp_path: Path
) -> None:
    message = vectors(engine, 1, 100)
    topic.write(message)
    archive(100)
    table = ds.dataset(tmp_path, partitioning="hive").to_table()
    found = np.stack([table[name].to_numpy() for name in NAMES["known"]], axis=1)
    assert found.tobytes() == message.matrix
    assert table["payment_id"][99].as_py() == "payment-100"
    assert table["schema"][0].as_py() == "known"


def test_aborted_vectors_are_not_archived_and_schemas_are_kept_apart(
    engine: str, topic: FeaturesTopic, archive: Callable[[int], None], tmp_path: Path
) -> None:
    topic.write(vectors(engine, 1, 10))
    topic.write(vectors(engine, 11, 10), commit=False)
    topic.write(vectors(engine, 11, 5), vectors(engine, 16, 5, "other"))
    archive(20)
    assert sequences(tmp_path) == list(range(1, 21))
    assert sorted(path.name for path in tmp_path.glob("schema=*")) == ["schema=known", "schema=other"]


def test_a_file_written_before_its_offset_was_committed_is_adopted(
    engine: str,
    topic: FeaturesTopic,
    archive: Callable[[int], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    topic.write(vectors(engine, 1, 10))
    with monkeypatch.context() as patch:
        patch.setattr(VectorSink, "_commit", lambda *_: None)
        archive(10)
    (tmp_path / "schema=known" / "0-torn.parquet.4194305.partial").write_bytes(b"half a file")
    topic.write(vectors(engine, 11, 10))
    archive(20)
    assert sequences(tmp_path) == list(range(1, 21))
    assert not list(tmp_path.rglob("*.partial"))


@pytest.mark.usefixtures("topic")
def test_a_second_archive_of_the_same_folder_is_refused(kafka: str, engine: str, tmp_path: Path) -> None:
    first = VectorSink(engine, kafka, tmp_path, NAMES, threading.Event())
    with pytest.raises(Misconfigured, match="stop the other"):
        VectorSink(engine, kafka, tmp_path, NAMES, threading.Event())
    first.close()


def test_columns_of_an_unknown_schema_are_numbered() -> None:
    table = to_table([vectors("e", 1, 2, "unheard of")], NAMES)
    assert table.column_names[-3:] == ["feature_000", "feature_001", "feature_002"]


def test_ranges_are_read_back_from_names(tmp_path: Path) -> None:
    held = FileRange(0, 7, 120)
    (tmp_path / held.name).touch()
    assert file_ranges(tmp_path) == [held]


def test_what_is_no_vectors_of_this_engine_is_skipped_and_counted(kafka: str, tmp_path: Path) -> None:
    engine = "foreign-vectors"
    topic = FeaturesTopic(kafka, engine)
    good = vectors(engine, 0, 5)
    change = msgspec.structs.replace
    forged = [
        change(good, engine="another"),
        change(good, schema_hash="../../../outside"),
        change(good, rows=6),
        change(good, rows=0),
        change(good, columns=2),
        change(good, schema_hash="new", columns=1_000_000_000),
        change(good, matrix=b""),
        change(good, phase=[]),
        change(good, sequence=good.sequence[:-1]),
    ]
    producer = Producer({"bootstrap.servers": kafka})
    lines = [b"", b"{}", b"\xff" * 9, None, *map(msgspec.msgpack.encode, forged)]
    topic.write(good)
    for line in lines:
        producer.produce(Topics(engine)["features"], line)
    producer.flush(30)
    topic.write(vectors(engine, 5, 5))
    sink = archive_all(kafka, engine, tmp_path / "archive", 10)
    assert sink.status.foreign == len(lines)
    assert sink.status.state == "stopped"
    assert [path.name for path in tmp_path.iterdir()] == ["archive"]


def test_what_cannot_be_read_is_skipped_and_counted(kafka: str, tmp_path: Path) -> None:
    engine = "unreadable-vectors"
    topic = FeaturesTopic(kafka, engine)
    topic.write(vectors(engine, 0, 5))
    send_unreadable(kafka, Topics(engine)["features"], records=2)
    topic.write(vectors(engine, 5, 5))
    sink = archive_all(kafka, engine, tmp_path / "archive", 10)
    assert (sink.status.unreadable, sink.status.state) == (2, "stopped")
    assert sequences(tmp_path / "archive") == list(range(10))


def archive_all(kafka: str, engine: str, folder: Path, rows: int) -> VectorSink:
    """Runs a sink until it has read so many rows."""
    stop = threading.Event()
    sink = VectorSink(engine, kafka, folder, NAMES, stop, roll_s=0.2)
    thread = threading.Thread(target=sink.run)
    thread.start()
    try:
        for _ in range(300):
            if sink.status.rows >= rows or not thread.is_alive():
                break
            stop.wait(0.1)
    finally:
        stop.set()
        thread.join(30)
    assert sink.status.rows == rows
    return sink
