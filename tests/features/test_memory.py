"""Words grow in place where address space could be reserved, and by copying where not."""

import pytest

from features.state.arena import GrowableWords


@pytest.mark.parametrize("reserved", [0, 150, 10**6, 2**62])
def test_words_survive_growth_whatever_could_be_reserved(reserved: int) -> None:
    words = GrowableWords(100, reserved=reserved)
    words.array[:] = range(100)
    for count in (120, 5_000, 200_000):
        words.grow(count)
        assert words.array.shape == (count,)
    assert words.array[:100].tolist() == list(range(100))
    assert not words.array[100:].any()


def test_words_begin_on_a_cache_line() -> None:
    assert GrowableWords(7, reserved=0).array.ctypes.data % 64 == 0


def test_growth_within_the_reservation_moves_nothing() -> None:
    words = GrowableWords(100, reserved=10**6)
    address = words.array.ctypes.data
    words.grow(10**6)
    assert words.array.ctypes.data == address
