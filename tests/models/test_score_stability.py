"""The population stability index in integers."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rollout.score_stability import BINS, psi_micro

COUNTS = st.lists(st.integers(0, 10**9), min_size=BINS, max_size=BINS)


def by_hand(seen: list[int], expected: list[int]) -> float:
    mine, theirs = [count + 0.5 for count in seen], [count + 0.5 for count in expected]
    shares = [(a / sum(mine), e / sum(theirs)) for a, e in zip(mine, theirs, strict=True)]
    return sum((a - e) * math.log(a / e) for a, e in shares)


@given(seen=COUNTS, expected=COUNTS)
def test_it_is_what_its_definition_says(seen: list[int], expected: list[int]) -> None:
    assert psi_micro(seen, expected) == pytest.approx(by_hand(seen, expected) * 1e6, abs=40)


@given(seen=COUNTS, expected=COUNTS)
def test_it_is_never_negative_and_nothing_for_equal_shares(seen: list[int], expected: list[int]) -> None:
    assert psi_micro(seen, expected) >= 0
    assert psi_micro(seen, seen) == 0
