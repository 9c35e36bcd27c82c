"""Undoes the `Content-Encoding` of a request body: clickhouse-connect compresses what it inserts, lz4 by
default.
"""

import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

DECODED_LIMIT_BYTES: Final = 2 << 30
MEMORY_LIMIT_BYTES: Final = 8 << 20
CHUNK_BYTES: Final = 1 << 20


class EncodingError(ValueError):
    """The body does not have its `Content-Encoding`, or is too large."""


@contextmanager
def decoded(body: IO[bytes], encoding: str, spool: Path) -> Iterator[IO[bytes]]:
    """The plain body, seekable; in a file under `spool` when it is large. Raises EncodingError."""
    if encoding in {"", "identity"}:
        yield body
        return
    if encoding not in DECOMPRESSORS:
        raise EncodingError(
            f"Content-Encoding {encoding!r} is not supported: use one of {', '.join(sorted(DECOMPRESSORS))}"
        )
    with tempfile.SpooledTemporaryFile(MEMORY_LIMIT_BYTES, "w+b", dir=str(spool)) as plain:
        _decode(body, DECOMPRESSORS[encoding], plain)
        plain.seek(0)
        yield plain


def _decode(body: IO[bytes], decompressor: Callable[[], Any], plain: IO[bytes]) -> None:
    """Bodies may hold several compressed frames one after another: each ends its decompressor."""
    current = decompressor()
    written = 0
    while chunk := body.read(CHUNK_BYTES):
        while chunk:
            if current.eof:
                current = decompressor()
            try:
                part = current.decompress(chunk)
            except Exception as error:  # each library has its own kind
                raise EncodingError(f"the body could not be decompressed: {error}") from error
            chunk = current.unused_data or b""
            written += plain.write(part)
            if written > DECODED_LIMIT_BYTES:
                raise EncodingError(
                    f"the body decompresses to more than {DECODED_LIMIT_BYTES} bytes: insert in parts"
                )


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
    "gzip": lambda: zlib.decompressobj(wbits=31),
    "deflate": zlib.decompressobj,
}
