"""Batches that an agent's client cannot read: fetched twice, then passed over, and nothing else with them."""

import gzip
from collections import namedtuple
from typing import Any

import pytest

pytest.importorskip("faust", reason="needs the extra `agents`")

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c

from streams.agents import record_batches
from streams.kafka import UNPACKED_BYTES_MAX

Place = namedtuple("Place", ["topic", "partition"])
GZIP, SNAPPY, LZ4, ZSTD = 1, 2, 3, 4
TOO_LARGE = bytes(UNPACKED_BYTES_MAX + 1)


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_batches._Batches, "_failed", {})
    record_batches.install()


def batch(base: int, *values: bytes, codec: int = 0) -> bytes:
    """As it is on the log: the broker numbers its first record."""
    made = DefaultRecordBatchBuilder(2, codec, 0, -1, -1, -1, 1 << 30)
    for offset, value in enumerate(values):
        made.append(offset, 1, None, value, [])
    return base.to_bytes(8, "big") + bytes(made.build())[8:]


def read(log: list[bytes]) -> tuple[list[bytes], list[int]]:
    """All that can be read, fetch by fetch, and where each fetch began."""
    bases = [int.from_bytes(each[:8], "big") for each in log]
    ends = [*bases[1:], bases[-1] + int.from_bytes(log[-1][23:27], "big") + 1]
    values: list[bytes] = []
    offset, fetches = 0, []
    while any(end > offset for end in ends):
        fetches.append(offset)
        assert len(fetches) < 20, "it does not get on"
        held = b"".join(each for each, end in zip(log, ends, strict=True) if end > offset)
        part = fetcher.PartitionRecords(
            Place("t", 0), MemoryRecords(held), [], offset, None, None, True, fetcher.READ_COMMITTED
        )
        values += [record.value for record in part]
        offset = part.next_fetch_offset
    return values, fetches


def damaged(content: bytes, place: int = -3) -> bytes:
    """A bit of it is another."""
    changed = bytearray(content)
    changed[place] ^= 1
    return bytes(changed)


@pytest.mark.parametrize("codec", [GZIP, SNAPPY, LZ4, ZSTD])
def test_what_fits_is_read_as_it_was_sent(codec: int) -> None:
    assert read([batch(0, b"a" * 100, b"b", codec=codec)]) == ([b"a" * 100, b"b"], [0])


@pytest.mark.parametrize("codec", [GZIP, SNAPPY, LZ4, ZSTD])
def test_a_batch_that_unpacks_to_too_much_is_left_out_alone(codec: int) -> None:
    before = record_batches.left_out.count
    bomb = batch(1, TOO_LARGE, b"x", codec=codec)
    values, fetches = read([batch(0, b"a"), bomb, batch(3, b"b", b"c")])
    assert values == [b"a", b"b", b"c"]
    assert fetches == [0, 1, 3], "fetched once more before it is given up"
    assert record_batches.left_out.count - before == 2


def test_of_a_wrong_checksum_nothing_is_believed() -> None:
    torn = damaged(batch(1, b"x", b"y"), place=26)  # where it ends
    values, fetches = read([batch(0, b"a"), torn, batch(3, b"b")])
    assert values == [b"a", b"b"]
    assert fetches == [0, 1, 2, 2, 3]


def test_a_passing_error_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    failures = iter([True])
    whole = gzip.GzipFile.read

    def once(self: Any, size: int) -> bytes:
        if next(failures, False):
            raise OSError("torn")
        return whole(self, size)

    monkeypatch.setattr("gzip.GzipFile.read", once)
    before = record_batches.left_out.count
    assert read([batch(0, b"a", b"b", codec=GZIP)]) == ([b"a", b"b"], [0, 0])
    assert record_batches.left_out.count == before


def test_what_was_read_of_a_torn_batch_is_handled_once() -> None:
    made = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 1 << 30)
    made.append(0, 1, None, b"a", [])
    made.append(1, 1, None, b"b", [("name", b"")])
    torn = bytearray(made.build())
    torn[torn.index(b"name")] = 0xFF
    checksum = calc_crc32c(bytes(torn[21:]))
    torn[17:21] = checksum.to_bytes(4, "big")
    assert read([bytes(torn), batch(2, b"c")])[0] == [b"a", b"c"]
