"""The broker's folder: formatted once, healed after a crash, never emptied of records."""

from pathlib import Path

import pytest

from streams.errors import Damaged
from streams.platform.broker.storage import METADATA_LOG, BrokerStorage

IDENTITY = "#\nversion=1\ncluster.id=Tabc\nnode.id=1\ndirectory.id=xyz\n"


class Formatter:
    """Writes what Kafka's formatter writes, and counts."""

    def __init__(self) -> None:
        self.runs = 0

    def __call__(self, folder: Path) -> None:
        self.runs += 1
        (folder / "meta.properties").write_text(IDENTITY)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def storage(tmp_path: Path, said: list[str]) -> BrokerStorage:
    return BrokerStorage(tmp_path / "kafka", said.append)


def write_records(storage: BrokerStorage) -> Path:
    log = storage.data / METADATA_LOG / "00000000000000000000.log"
    log.parent.mkdir()
    log.write_bytes(b"records")
    return log


def test_folder_is_formatted_once(storage: BrokerStorage, said: list[str]) -> None:
    formatter = Formatter()
    storage.ensure(formatter)
    storage.ensure(formatter)
    assert formatter.runs == 1
    assert said == []


def test_format_that_was_interrupted_is_done_again(storage: BrokerStorage, said: list[str]) -> None:
    storage.partial.mkdir(parents=True)
    (storage.partial / "bootstrap.checkpoint").write_bytes(b"half")
    storage.ensure(Formatter())
    assert not (storage.data / "bootstrap.checkpoint").exists()
    assert "half-formatted" in said[0]


@pytest.mark.parametrize("torn", [None, "", "#\nversion=1\ncluster.id=Ta", IDENTITY.replace("abc", "other")])
def test_identity_that_is_missing_torn_or_foreign_is_restored(
    storage: BrokerStorage, said: list[str], torn: str | None
) -> None:
    storage.ensure(Formatter())
    log = write_records(storage)
    (storage.data / "meta.properties").unlink()
    if torn is not None:
        (storage.data / "meta.properties").write_text(torn)
    formatter = Formatter()
    storage.ensure(formatter)
    assert (storage.data / "meta.properties").read_text() == IDENTITY
    assert formatter.runs == 0
    assert log.read_bytes() == b"records"
    assert "restored" in said[0]


def test_half_formatted_folder_of_another_hand_is_formatted_again(
    storage: BrokerStorage, said: list[str]
) -> None:
    (storage.data / METADATA_LOG).mkdir(parents=True)
    storage.ensure(Formatter())
    assert (storage.data / "meta.properties").read_text() == IDENTITY
    assert "half-formatted and holds no records" in said[0]


def test_records_without_identity_are_refused_and_kept(storage: BrokerStorage) -> None:
    storage.data.mkdir(parents=True)
    log = write_records(storage)
    with pytest.raises(Damaged, match=r"holds records but its meta\.properties is missing"):
        storage.ensure(Formatter())
    assert log.read_bytes() == b"records"


def test_lost_copy_is_taken_again_from_the_folder(storage: BrokerStorage) -> None:
    storage.ensure(Formatter())
    storage.identity.unlink()
    storage.ensure(Formatter())
    assert storage.identity.read_text() == IDENTITY
