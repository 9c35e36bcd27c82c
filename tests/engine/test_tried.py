"""What records keep of a trial, beside them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streams.engine.admission.trial_words import NO_TRIAL, Other, Tried, logical_hash, packed, unpacked

PLACES = np.arange(3)
WORDS = packed(np.array([5, -1, 1_000_000]), np.array([0, 3, 2], np.uint8), np.array([True, False, True]))


@given(st.integers(-1, 1_000_000), st.integers(0, 3), st.booleans())
def test_a_word_says_what_was_packed_and_is_never_that_of_no_trial(
    probability: int, verdict: int, decided: bool
) -> None:
    word = packed(np.array([probability]), np.array([verdict], np.uint8), np.array([decided])).tolist()[0]
    assert unpacked(word) == Other(probability, verdict, decided)
    assert word != NO_TRIAL


def test_nothing_is_kept_before_the_first_trial() -> None:
    tried = Tried()
    tried.keep(PLACES, 8, None)
    assert tried.of(PLACES) is None


def test_a_place_that_is_used_again_forgets_its_word() -> None:
    tried = Tried()
    tried.keep(PLACES, 8, WORDS)
    tried.keep(PLACES[1:], 8, None)
    kept = tried.of(PLACES)
    assert kept is not None
    assert kept.tolist() == [WORDS[0], NO_TRIAL, NO_TRIAL]


def test_every_bit_is_in_the_hash_and_places_without_a_word_are_not() -> None:
    whole = logical_hash(PLACES, WORDS)
    assert whole != 0
    for row, bit in ((row, bit) for row in range(3) for bit in range(25)):
        changed = WORDS.copy()
        changed[row] ^= 1 << bit
        assert logical_hash(PLACES, changed) != whole
    wider = np.concatenate([np.zeros(2, np.uint32), WORDS])
    assert logical_hash(np.arange(-2, 3), wider) == whole
    assert logical_hash(PLACES, np.zeros(3, np.uint32)) == logical_hash(PLACES, None) == 0


def test_a_grown_ring_holds_the_same_words_elsewhere() -> None:
    tried = Tried()
    tried.keep(PLACES, 4, WORDS)
    tried.move(PLACES + 3, 8, tried.of(PLACES))
    kept = tried.of(PLACES + 3)
    assert kept is not None
    assert kept.tolist() == WORDS.tolist()
