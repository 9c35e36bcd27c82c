"""Compressed bodies come out as they were, and never take more memory or disk than they may."""

import gzip
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import cramjam
import lz4.frame
import pytest

from streams.warehouse.http.content_encoding import (
    CHUNK_BYTES,
    DECOMPRESSORS,
    EncodingError,
    decoded,
    plain_parts,
)

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "lz4": lz4.frame.compress,
    "zstd": lambda data: bytes(cramjam.zstd.compress(data)),
    "gzip": gzip.compress,
    "deflate": zlib.compress,
}
TEXT = bytes(range(256)) * 9_000 + b"the end"


def test_every_encoding_is_tried_here() -> None:
    assert COMPRESS.keys() == DECOMPRESSORS.keys()


@pytest.mark.parametrize("encoding", COMPRESS)
@pytest.mark.parametrize(
    "text", [b"", b"x", TEXT, b"\0" * CHUNK_BYTES, b"\0" * (2 * CHUNK_BYTES + 1)], ids=len
)
def test_a_body_comes_out_as_it_was(tmp_path: Path, encoding: str, text: bytes) -> None:
    with decoded(BytesIO(COMPRESS[encoding](text)), encoding, tmp_path) as plain:
        assert plain.read() == text


@pytest.mark.parametrize("encoding", ["lz4", "zstd", "gzip"])
def test_frames_one_after_another_are_one_body(tmp_path: Path, encoding: str) -> None:
    body = COMPRESS[encoding](TEXT) + COMPRESS[encoding](b"more")
    with decoded(BytesIO(body), encoding, tmp_path) as plain:
        assert plain.read() == TEXT + b"more"


@pytest.mark.parametrize("encoding", COMPRESS)
def test_a_bomb_is_opened_in_small_pieces_and_given_up_at_the_limit(tmp_path: Path, encoding: str) -> None:
    """128 MiB of zeros: 128 kB of gzip, 4 kB of zstd."""
    bomb = COMPRESS[encoding](bytes(128 << 20))
    taken: list[int] = []
    parts = plain_parts(BytesIO(bomb), DECOMPRESSORS[encoding])
    while sum(taken) <= 64 << 20:
        taken.append(len(next(parts)))
    assert max(taken) <= CHUNK_BYTES
    with (
        pytest.raises(EncodingError, match="more than 33554432 bytes"),
        decoded(BytesIO(bomb), encoding, tmp_path, 32 << 20),
    ):
        pass


@pytest.mark.parametrize("encoding", COMPRESS)
def test_a_body_that_is_cut_off_or_no_such_thing_is_refused(tmp_path: Path, encoding: str) -> None:
    whole = COMPRESS[encoding](TEXT)
    for body in (whole[: len(whole) // 2], b"nothing of this kind", whole + b"and more"):
        with pytest.raises(EncodingError), decoded(BytesIO(body), encoding, tmp_path):
            pass
