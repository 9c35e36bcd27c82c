"""Undoes the `Content-Encoding` of a request body: clickhouse-connect compresses what it inserts, lz4 by
default.

Invariant: memory is bounded by one chunk, the output by its limit, whatever a body claims to hold. A body of
25 kB can stand for gigabytes: decompressors are asked for a chunk at a time, never for all there is.
"""

import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, Protocol

DECODED_LIMIT_BYTES: Final = 256 << 20
MEMORY_LIMIT_BYTES: Final = 8 << 20
CHUNK_BYTES: Final = 1 << 20
"""Of memory at a time, whatever a small body would decompress to."""


class EncodingError(ValueError):
    """The body does not have its `Content-Encoding`, or is too large."""


class Decompressor(Protocol):
    """The interface that bz2, lz4 and zstd share; `zlib` has another one, see `_Zlib`."""

    eof: bool
    needs_input: bool
    unused_data: bytes | None

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """At most `max_length` bytes of output; what is left is kept for the next call."""


@contextmanager
def decoded(
    body: IO[bytes], encoding: str, spool: Path, limit: int = DECODED_LIMIT_BYTES
) -> Iterator[IO[bytes]]:
    """The plain body, seekable; in a file under `spool` when it is large. Raises EncodingError."""
    if encoding in {"", "identity"}:
        yield body
        return
    if encoding not in DECOMPRESSORS:
        raise EncodingError(
            f"Content-Encoding {encoding!r} is not supported: use one of {', '.join(sorted(DECOMPRESSORS))}"
        )
    with tempfile.SpooledTemporaryFile(MEMORY_LIMIT_BYTES, "w+b", dir=str(spool)) as plain:
        written = 0
        for part in plain_parts(body, DECOMPRESSORS[encoding]):
            written += len(part)
            if written > limit:
                raise EncodingError(f"the body decompresses to more than {limit} bytes: insert in parts")
            plain.write(part)
        plain.seek(0)
        yield plain


def plain_parts(body: IO[bytes], make: Callable[[], Decompressor]) -> Iterator[bytes]:
    """The plain bytes, `CHUNK_BYTES` at a time at most. Bodies may hold several compressed frames one after
    another: each ends its decompressor.
    """
    current: Decompressor | None = None
    while chunk := body.read(CHUNK_BYTES):
        while chunk or (current is not None and not (current.eof or current.needs_input)):
            current = make() if current is None or current.eof else current
            yield _decompressed(current, chunk)
            chunk = (current.unused_data or b"") if current.eof else b""
    if current is not None and not current.eof:
        raise EncodingError("the body ends within a compressed frame: it is not whole")


def _decompressed(decompressor: Decompressor, chunk: bytes) -> bytes:
    try:
        return decompressor.decompress(chunk, CHUNK_BYTES)
    except Exception as error:  # each library has its own kind
        raise EncodingError(f"the body could not be decompressed: {error}") from error


class _Zlib:
    """zlib with the interface of the other libraries."""

    def __init__(self, window_bits: int) -> None:
        self._inner = zlib.decompressobj(wbits=window_bits)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        part = self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        self.needs_input = not self._inner.unconsumed_tail and len(part) < max_length
        return part


def _lz4() -> Any:
    from lz4.frame import LZ4FrameDecompressor

    return LZ4FrameDecompressor()


def _zstd() -> Any:
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        from backports import zstd  # type: ignore[import-not-found,unused-ignore]
    return zstd.ZstdDecompressor()


DECOMPRESSORS: dict[str, Callable[[], Any]] = {
    "lz4": _lz4,
    "zstd": _zstd,
    "gzip": lambda: _Zlib(31),
    "deflate": lambda: _Zlib(zlib.MAX_WBITS),
}
