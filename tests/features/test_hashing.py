"""Entity hashes may never change: states, journals and snapshots of years hold them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.columns.hashing import entity_hash, entity_hashes

PINNED = {
    "card-1": 0x4728C78540CC036C,
    "": 0x5502398CD68B329B,
    "é": 0xA917481825214485,
    "\N{CREDIT CARD}": 0x9B0EE778132A8258,
    "a" * 128: 0x4EA57E71FE3A9027,
}


@pytest.mark.parametrize(("text", "expected"), PINNED.items())
def test_known_tokens_keep_their_hash(text: str, expected: int) -> None:
    assert entity_hash(text) == expected


@given(st.text())
def test_a_hash_fits_64_bits_and_is_never_the_absent_one(text: str) -> None:
    assert 0 < entity_hash(text) < 2**64


def test_a_lone_surrogate_is_hashed_rather_than_refused() -> None:
    assert entity_hash("\ud800") != entity_hash("?")


def test_an_absent_token_hashes_to_zero_in_arrays() -> None:
    hashes = entity_hashes(["card-1", None])
    assert hashes.dtype == np.uint64
    assert hashes.tolist() == [PINNED["card-1"], 0]
