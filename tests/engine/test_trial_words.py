"""What records keep of a trial, beside them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streams.engine.admission.admission import HEAD, RECORD, Admission
from streams.engine.admission.trial_words import (
    NO_TRIAL,
    TrialOutcome,
    TrialWordRing,
    pack_trial_words,
    trial_word_hash,
    unpack_trial_word,
)

PLACES = np.arange(3)
WORDS = pack_trial_words(
    np.array([5, -1, 1_000_000]), np.array([0, 3, 2], np.uint8), np.array([True, False, True])
)


@given(st.integers(-1, 1_000_000), st.integers(0, 3), st.booleans())
def test_a_word_says_what_was_packed_and_is_never_that_of_no_trial(
    probability: int, verdict: int, decided: bool
) -> None:
    word = pack_trial_words(
        np.array([probability]), np.array([verdict], np.uint8), np.array([decided])
    ).tolist()[0]
    assert unpack_trial_word(word) == TrialOutcome(probability, verdict, decided)
    assert word != NO_TRIAL


def test_a_place_that_is_used_again_forgets_its_word() -> None:
    ring = TrialWordRing(8)
    ring.keep(PLACES, WORDS)
    ring.keep(PLACES[1:], None)
    assert ring.at_positions(PLACES).tolist() == [WORDS[0], NO_TRIAL, NO_TRIAL]


def test_every_bit_is_in_the_hash_and_places_without_a_word_are_not() -> None:
    whole = trial_word_hash(PLACES, WORDS)
    assert whole != 0
    for row, bit in ((row, bit) for row in range(3) for bit in range(25)):
        changed = WORDS.copy()
        changed[row] ^= 1 << bit
        assert trial_word_hash(PLACES, changed) != whole
    wider = np.concatenate([np.zeros(2, np.uint32), WORDS])
    assert trial_word_hash(np.arange(-2, 3), wider) == whole
    assert trial_word_hash(PLACES, np.zeros(3, np.uint32)) == 0


def test_a_grown_ring_holds_the_same_words_elsewhere() -> None:
    rows = 6
    admission = Admission(ring=np.zeros(4, RECORD), table=np.zeros(8, np.int64))
    admission.clock[HEAD] = len(PLACES)
    admission.keep(PLACES, {}, WORDS)
    admission._reserve(rows)
    assert len(admission.ring) > 4
    _, words = admission.kept(PLACES)
    assert words is not None
    assert words.tolist() == WORDS.tolist()


def test_an_engine_keeps_no_words_before_its_first_trial() -> None:
    admission = Admission()
    admission.keep(PLACES, {}, None)
    assert admission.trial_words is None
    assert admission.kept(PLACES)[1] is None
