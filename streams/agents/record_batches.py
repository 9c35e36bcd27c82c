"""Batches of records that an agent's client cannot read, passed over as everywhere else
(`streams.kafka.reader`).

Agents read with aiokafka, which unpacks whatever it is given into memory, and ends at the first batch that it
cannot read: at every start anew. `install` gives it bounds and a way on.

Invariants
- A batch unpacks to at most `UNPACKED_BYTES_MAX` bytes; one that asks for more cannot be read.
- What cannot be read is given up only after it was fetched a second time: a passing error costs nothing.
- What is given up never reaches into the batch behind it, and what was read before it is handled once.
"""

import gzip
import io
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Final

import cramjam
from aiokafka.codec import snappy_decode
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException, UnsupportedCodecError
from aiokafka.record import default_records

from streams.kafka import UNPACKED_BYTES_MAX, UnreadableCount

UNREADABLE: Final = (
    CorruptRecordException, UnsupportedCodecError, cramjam.DecompressionError, zlib.error, EOFError, OSError,
    ValueError,
)  # fmt: skip
"""What aiokafka raises for a batch that is torn, lies about its size, or holds a name that is no text."""


def install() -> None:
    """Makes every consumer of this process read so. aiokafka has no setting for it."""
    fetcher.PartitionRecords = ReadableRecords
    codecs: Any = sys.modules[default_records.DefaultRecordBatch.__module__]
    codecs.gzip_decode, codecs.snappy_decode = _gunzip, _unsnap
    codecs.lz4_decode = _bounded(cramjam.lz4.decompress_into)
    codecs.zstd_decode = _bounded(cramjam.zstd.decompress_into)


left_out: Final = UnreadableCount()
"""Of all topics that this process reads."""


class ReadableRecords(fetcher.PartitionRecords):  # type: ignore[misc] # aiokafka has no types
    """What one fetch gave of one partition."""

    def __init__(self, tp: Any, records: Any, aborted: Any, fetch_offset: int, *others: Any) -> None:
        super().__init__(tp, _Batches(tp, records, fetch_offset), aborted, fetch_offset, *others)


class _Batches:
    """Stands for aiokafka's batches of one fetch; ends at the first that cannot be read, which is fetched
    once more then.
    """

    _failed: Final[dict[Any, int]] = {}
    """By partition, the offset that could not be read at the fetch before."""

    def __init__(self, tp: Any, records: Any, offset: int) -> None:
        self._tp = tp
        self._records = records
        self.offset = offset
        """Of the record to be read next."""
        self._ended = False

    def has_next(self) -> bool:
        return not self._ended and bool(self._records.has_next())

    def next_batch(self) -> "_Batch":
        return _Batch(self._records.next_batch(), self)

    def fail(self, end: int, detail: str) -> int:
        """The offset to go on at: the same one, or `end` where it failed before."""
        start, self._ended = self.offset, True
        if self._failed.pop(self._tp, None) != start:
            self._failed[self._tp] = start
            return start
        left_out.note(self._tp.topic, start, end, detail)
        return end


class _Batch:
    """One batch of aiokafka's, whose records are those that can be read."""

    def __init__(self, batch: Any, batches: _Batches) -> None:
        self._batch = batch
        self._batches = batches
        self._valid = True
        self.next_offset = int(batch.next_offset)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        """The first record: a marker's."""
        return next(self._batch)

    def validate_crc(self) -> bool:
        """Always true: a wrong checksum is found where the records are asked for."""
        self._valid = bool(self._batch.validate_crc())
        return True

    def __iter__(self) -> Iterator[Any]:
        batches = self._batches
        if not self._valid:
            # Where it ends cannot be believed either: one offset at a time.
            self.next_offset = batches.fail(batches.offset + 1, "wrong checksum")
            return
        try:
            for record in self._batch:
                yield record
                batches.offset = max(batches.offset, record.offset + 1)
        except UNREADABLE as error:
            self.next_offset = batches.fail(self.next_offset, f"{type(error).__name__}: {error}")
        else:
            batches.offset = max(batches.offset, self.next_offset)


def _bounded(unpack: Callable[[bytes, bytearray], int]) -> Callable[[bytes], bytes]:
    def unpacked(payload: bytes) -> bytes:
        room = bytearray(UNPACKED_BYTES_MAX)
        return bytes(memoryview(room)[: unpack(payload, room)])

    return unpacked


def _gunzip(payload: bytes) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(payload)) as file:
        return _fitting(file.read(UNPACKED_BYTES_MAX + 1))


def _unsnap(payload: bytes) -> bytes:
    """Snappy unpacks to some twenty times its size at most: looked at afterwards."""
    return _fitting(bytes(snappy_decode(payload)))


def _fitting(content: bytes) -> bytes:
    if len(content) > UNPACKED_BYTES_MAX:
        raise CorruptRecordException(f"it unpacks to more than {UNPACKED_BYTES_MAX} bytes")
    return content
