"""Kafka's jars: one version, locked by hash, checked at every use."""

from pathlib import Path

import pytest

from streams.platform.broker import jars as broker_jars
from streams.platform.broker.jars import KAFKA, Jar, jars, locked


def test_every_part_of_kafka_is_of_the_same_version() -> None:
    version = KAFKA.rpartition(":")[2]
    parts = [jar for jar in locked() if jar.coordinate.startswith("org.apache.kafka:")]
    assert len(parts) > 10
    assert {jar.coordinate.rpartition(":")[2] for jar in parts} == {version}


def test_lock_names_each_jar_once() -> None:
    files = [jar.file for jar in locked()]
    assert len(files) == len(set(files))
    assert all(len(jar.sha256) == 64 for jar in locked())


class Store:
    """Stands for Maven Central: fetches are files of known content, and counted."""

    def __init__(self) -> None:
        self.fetches = 0

    def __call__(self, wanted: list[Jar], repository: Path) -> list[Path]:
        self.fetches += 1
        repository.mkdir()
        paths = [repository / jar.file for jar in wanted]
        for path in paths:
            path.write_text(path.name)
        return paths


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    import hashlib

    names = [Jar(f"group:{name}:1", hashlib.sha256(f"{name}-1.jar".encode()).hexdigest()) for name in "ab"]
    store = Store()
    monkeypatch.setattr(broker_jars, "locked", lambda: names)
    monkeypatch.setattr(broker_jars, "_fetch", store)
    return store


def test_jars_are_fetched_once(store: Store, tmp_path: Path) -> None:
    said: list[str] = []
    folder = jars(said.append, tmp_path)
    assert jars(said.append, tmp_path) == folder
    assert sorted(path.name for path in folder.iterdir()) == ["a-1.jar", "b-1.jar"]
    assert store.fetches == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kafka-4.3.1", "kafka.lock"]


def test_changed_jar_is_fetched_again(store: Store, tmp_path: Path) -> None:
    said: list[str] = []
    folder = jars(said.append, tmp_path)
    (folder / "a-1.jar").write_text("torn")
    jars(said.append, tmp_path)
    assert (folder / "a-1.jar").read_text() == "a-1.jar"
    assert store.fetches == 2
    assert any("a-1.jar changed" in line for line in said)


@pytest.mark.usefixtures("store")
def test_interrupted_download_is_started_again(tmp_path: Path) -> None:
    left = tmp_path / "kafka-4.3.1.partial" / "jars"
    left.mkdir(parents=True)
    (left / "a-1.jar").write_text("ha")
    folder = jars(print, tmp_path)
    assert (folder / "a-1.jar").read_text() == "a-1.jar"
