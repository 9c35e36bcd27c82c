"""The counters of Article 16 against a plain dictionary, and what a bounded memory forgets."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.kernels.bounded_table import RECORD, WAYS, BoundedTable
from models.sca.low_value_counters import EXPIRY_MS, CardCounters, CardEvent, LowValueCounters, allowed

PAID, READ, PROVEN, DECLINED = CardEvent.PAID, CardEvent.READ, CardEvent.AUTHENTICATED, CardEvent.DECLINED
Event = tuple[int, int, int, CardEvent]


def run(state: LowValueCounters, events: list[Event]) -> list[tuple[int, int]]:
    """Events (card, time, amount, what); the counters before each."""
    keys, times, amounts, kinds = zip(*events, strict=True)
    found = state.run(
        np.array(keys, np.uint64), np.array(times, np.int64), np.array(amounts, np.int64), np.array(kinds)
    )
    return list(zip(*(column.tolist() for column in found), strict=True))


def test_the_payment_at_hand_does_not_count_itself() -> None:
    events = [(1, 0, 30_00, PAID)] * 7
    before = run(LowValueCounters(100), events)
    assert before == [(i * 30_00, i) for i in range(7)]
    counters = CardCounters(*(np.array(column) for column in zip(*before, strict=True)))
    amounts = np.full(7, 30_00)
    assert allowed(amounts, counters, "amount").tolist() == [True] * 4 + [False] * 3
    assert allowed(amounts, counters, "count").tolist() == [True] * 6 + [False]
    assert allowed(amounts, counters, "either").tolist() == [True] * 6 + [False]


def test_an_authentication_begins_anew() -> None:
    events = [(1, 0, 10, PAID), (2, 0, 7, PAID), (1, 1, 0, PROVEN), (1, 2, 0, READ), (2, 2, 0, READ)]
    assert run(LowValueCounters(100), events)[3:] == [(0, 0), (7, 1)]


def test_a_declined_payment_is_taken_back_and_never_below_zero() -> None:
    events = [(1, 0, 10, PAID), (1, 0, 5, PAID), (1, 1, 10, DECLINED), (1, 1, 0, READ)]
    assert run(LowValueCounters(100), events)[3] == (5, 1)
    late = [(1, 0, 10, PAID), (1, 1, 0, PROVEN), (1, 2, 5, PAID), (1, 3, 10, DECLINED), (1, 3, 0, READ)]
    assert run(LowValueCounters(100), late)[4] == (0, 0)


def test_a_card_is_forgotten_when_untouched_for_the_expiry_and_not_before() -> None:
    paid = [(1, 5, 10, PAID)]
    assert run(LowValueCounters(100), [*paid, (1, 4 + EXPIRY_MS, 0, READ)])[1] == (10, 1)
    assert run(LowValueCounters(100), [*paid, (1, 5 + EXPIRY_MS, 0, READ)])[1] == (0, 0)
    assert run(LowValueCounters(100), [*paid, (1, 5 + EXPIRY_MS, 3, PAID), (1, 5 + EXPIRY_MS, 0, READ)])[
        2
    ] == (3, 1)


def test_reading_a_card_does_not_keep_it() -> None:
    events = [(1, 0, 10, PAID), (1, EXPIRY_MS - 1, 0, READ), (1, EXPIRY_MS, 0, READ)]
    assert run(LowValueCounters(100), events) == [(0, 0), (10, 1), (0, 0)]


def test_when_a_set_is_full_the_card_touched_longest_ago_goes() -> None:
    state = LowValueCounters(WAYS)
    run(state, [(card, card, 10, PAID) for card in range(1, WAYS + 1)])
    run(state, [(1, 100, 10, PAID), (99, 101, 10, PAID)])
    found = run(state, [(card, 102, 0, READ) for card in (1, 2, 3, 99)])
    assert found == [(20, 2), (0, 0), (10, 1), (10, 1)]


def test_an_outcome_of_an_unknown_card_touches_no_other() -> None:
    state = LowValueCounters(WAYS)
    run(state, [(card, card, 10, PAID) for card in range(1, WAYS + 1)])
    run(state, [(99, 50, 10, DECLINED), (99, 50, 0, PROVEN), (99, 50, 0, READ)])
    assert run(state, [(card, 60, 0, READ) for card in range(1, WAYS + 1)]) == [(10, 1)] * WAYS


def plain(events: list[Event]) -> list[tuple[int, int]]:
    """The invariants with a dictionary that never forgets."""
    cards: dict[int, tuple[int, int]] = {}
    found = []
    for card, _, amount, what in events:
        spent, count = cards.get(card, (0, 0))
        found.append((spent, count))
        if what is PAID:
            cards[card] = (spent + amount, count + 1)
        elif what is PROVEN:
            cards.pop(card, None)
        elif what is DECLINED and card in cards:
            cards[card] = (max(spent - amount, 0), max(count - 1, 0))
    return found


events_of_cards = st.lists(
    st.tuples(st.integers(0, 40), st.just(0), st.integers(0, 5_000), st.sampled_from(CardEvent)), min_size=1
)


@given(events_of_cards, st.integers(1, 9))
def test_counters_are_those_of_a_dictionary_however_batches_are_cut(events: list[Event], cut: int) -> None:
    whole, pieces = LowValueCounters(4_096), LowValueCounters(4_096)
    assert run(whole, events) == plain(events)
    found = []
    for start in range(0, len(events), cut):
        pieces = LowValueCounters.from_arrays(pieces.arrays())  # type: ignore[arg-type]
        found += run(pieces, events[start : start + cut])
    assert found == plain(events)
    assert whole.logical_hash() == pieces.logical_hash()


@pytest.mark.parametrize(
    "other",
    [[(1, 0, 11, PAID)], [(2, 0, 10, PAID)], [(1, 1, 10, PAID)], [(1, 0, 5, PAID), (1, 0, 5, PAID)], []],
    ids=str,
)
def test_the_state_hash_sees_card_time_sum_and_number(other: list[Any]) -> None:
    state, changed = LowValueCounters(100), LowValueCounters(100)
    run(state, [(1, 0, 10, PAID)])
    if other:
        run(changed, other)
    assert state.logical_hash() != changed.logical_hash()


def test_a_memory_has_the_size_it_was_made_with_and_no_more() -> None:
    assert [len(BoundedTable(size).records) for size in (1, 8, 9, 1_000)] == [8, 8, 16, 1_024]
    state = LowValueCounters(64)
    run(state, [(key * 2**20 + key, 0, 1, PAID) for key in range(10_000)])
    assert len(state.arrays()["places"]) <= 64
    assert RECORD.itemsize == 32
