"""The shuffle is reversible and its spelling too."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.chance.permutation import MASK, Permutation, spell, unspell

NUMBERS = st.integers(0, MASK)


@given(seed=st.integers(0, 2**31 - 1), index=NUMBERS)
def test_every_index_is_told_from_its_shuffled_number(seed: int, index: int) -> None:
    shuffle = Permutation(seed)
    shuffled = int(shuffle.apply(np.array([index], np.uint64))[0])
    assert 0 <= shuffled <= MASK
    assert shuffle.invert(shuffled) == index


@given(value=NUMBERS)
def test_spelling_reads_back(value: int) -> None:
    assert unspell(spell(np.array([value], np.uint64))[0]) == value


@pytest.mark.parametrize("text", ["", "bbb", "bbbbbbbbbbba", "bbbbbbbbbbbbb"])
def test_words_that_spell_no_number_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not 12 letters"):
        unspell(text)


def test_neighbouring_indexes_do_not_look_alike() -> None:
    words = spell(Permutation(1).apply(np.arange(1000, dtype=np.uint64)))
    assert len({word[:3] for word in words}) > 600
