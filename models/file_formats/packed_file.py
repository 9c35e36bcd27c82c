"""Prepared reference tables as files: a magic word, then everything else compressed."""

import struct
import zlib
from collections.abc import Callable
from typing import TypeVar

from models.file_formats.csv_reader import ReferenceTableError

Content = TypeVar("Content")


def pack(magic: bytes, body: bytes) -> bytes:
    """The file of a table."""
    return magic + zlib.compress(body, 9)


def unpack(blob: bytes, magic: bytes, bytes_max: int, what: str, read: Callable[[bytes], Content]) -> Content:
    """What `read` makes of the body of a file. Raises `ReferenceTableError` for whatever `pack` did not make.

    At most `bytes_max` bytes are unpacked: a small file may not swell without end.
    """
    if not blob.startswith(magic):
        raise ReferenceTableError(f"not a prepared table of {what}: it does not start with {magic!r}")
    try:
        return read(_inflated(blob[len(magic) :], bytes_max))
    except (zlib.error, struct.error, ValueError, IndexError) as error:
        raise ReferenceTableError(f"the table of {what} is damaged: {error}") from None


def _inflated(packed: bytes, bytes_max: int) -> bytes:
    unpacker = zlib.decompressobj()
    body = unpacker.decompress(packed, bytes_max)
    if not unpacker.eof or unpacker.unused_data:
        raise ValueError(f"cut, followed by something else, or over {bytes_max:,} bytes unpacked")
    return body
