from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.columns.log_amount import AMOUNT_MAX, LOG_STEPS, log_steps


def by_definition(amount: int) -> int:
    """floor(log2(n) x 256) = floor(log2(n^256)): the number of binary digits of n^256, less one."""
    return int((amount + 1) ** LOG_STEPS).bit_length() - 1


@given(st.integers(0, AMOUNT_MAX) | st.integers(0, 40).map(lambda bits: 2**bits))
def test_steps_are_the_exact_logarithm(amount: int) -> None:
    assert log_steps(amount) == by_definition(amount)


def test_every_step_begins_at_the_exact_amount() -> None:
    for step in range(0, 40 * LOG_STEPS, 7):
        low, high = 0, AMOUNT_MAX
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if by_definition(middle) >= step else (middle + 1, high)
        assert log_steps(low) == by_definition(low)
        assert low == 0 or log_steps(low - 1) == by_definition(low - 1)


def test_small_amounts_are_exact_and_never_fall() -> None:
    steps = [log_steps(amount) for amount in range(5_000)]
    assert steps == [by_definition(amount) for amount in range(5_000)]
    assert all(low <= high for low, high in pairwise(steps))


@pytest.mark.parametrize(
    ("amount", "expected"),
    [(-1, 0), (-(2**62), 0), (AMOUNT_MAX, 10_240), (AMOUNT_MAX + 1, 10_240), (2**63 - 1, 10_240)],
)
def test_amounts_outside_the_range_count_as_its_ends(amount: int, expected: int) -> None:
    assert log_steps(amount) == expected
