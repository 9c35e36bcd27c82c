import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.lists.memory import ListMemory, ListsFull
from models.messages.control import ListChange
from models.units import HOUR_MS


def on(lists: ListMemory, value: str | None, at: int, name: str = "blocked") -> bool:
    return bool(lists.contains(name, [value], np.array([at]))[0])


def test_a_value_is_on_the_list_until_it_expires() -> None:
    lists = ListMemory()
    lists.apply(ListChange("blocked", "a", expires_at=100))
    assert [on(lists, "a", at) for at in (0, 99, 100, 101)] == [True, True, False, False]


def test_a_value_without_expiry_stays_until_it_is_taken_off() -> None:
    lists = ListMemory()
    lists.apply(ListChange("blocked", "a"))
    assert on(lists, "a", 2**62)
    lists.apply(ListChange("blocked", "a", present=False))
    assert not on(lists, "a", 0)
    assert len(lists) == 0


def test_the_last_change_of_a_value_wins() -> None:
    lists = ListMemory()
    lists.apply(ListChange("blocked", "a"))
    lists.apply(ListChange("blocked", "a", expires_at=10))
    assert not on(lists, "a", 10)
    assert len(lists) == 1


def test_missing_values_and_unknown_lists_are_on_nothing() -> None:
    lists = ListMemory()
    lists.apply(ListChange("blocked", "a"))
    assert not on(lists, None, 0)
    assert not on(lists, "a", 0, name="other")


def test_lists_are_bounded_and_a_refused_change_changes_nothing() -> None:
    lists = ListMemory(entries_max=2)
    lists.apply(ListChange("blocked", "a"))
    lists.apply(ListChange("trusted", "b"))
    with pytest.raises(ListsFull, match="2 entries"):
        lists.apply(ListChange("blocked", "c"))
    lists.apply(ListChange("blocked", "a", expires_at=5))
    assert lists.to_dict() == {"blocked": {"a": 5}, "trusted": {"b": 2**63 - 1}}


QUARTER_MS = HOUR_MS // 4
"""Entries fall due by the hour: times lie within hours and across them."""

changes = st.builds(
    ListChange,
    st.sampled_from(["x", "y"]),
    st.sampled_from("abc"),
    st.booleans(),
    st.none() | st.integers(0, 50).map(lambda quarter: quarter * QUARTER_MS),
)
times = st.integers(0, 50).map(lambda quarter: quarter * QUARTER_MS)


@given(st.lists(changes, max_size=20), st.lists(times, max_size=5))
def test_when_expired_entries_are_swept_makes_no_difference(log: list[ListChange], sweeps: list[int]) -> None:
    swept, kept = ListMemory(), ListMemory()
    for change in log:
        swept.apply(change)
        kept.apply(change)
    now = max(sweeps, default=0)
    for at in sorted(sweeps):
        swept.expire(at)
    for name in "xy":
        for value in "abc":
            assert on(swept, value, now, name) == on(kept, value, now, name)
    assert ListMemory.from_dict(swept.to_dict()).to_dict() == swept.to_dict()
    assert len(ListMemory.from_dict(swept.to_dict())) == len(swept)


events = st.lists(
    st.tuples(st.integers(0, 3), changes | st.sampled_from("abc") | st.just("sweep")), min_size=1, max_size=30
)


@given(events, st.integers(1, 4))
def test_each_payment_of_a_segment_sees_the_lists_as_of_its_place(
    log: list[tuple[int, ListChange | str]], entries_max: int
) -> None:
    """Against lists that are asked and changed one record at a time."""
    together, single = ListMemory(entries_max), ListMemory(entries_max)
    asked: list[tuple[int, str, int]] = []
    expected: list[bool] = []
    now = 0
    for place, (step, event) in enumerate(log):
        now += step * QUARTER_MS
        if event == "sweep":
            assert together.expire(now, place) == single.expire(now)
        elif isinstance(event, ListChange):
            assert _refused(together, event, place) == _refused(single, event, None)
        else:
            asked.append((place, event, now))
            expected.append(on(single, event, now, "x"))
    if asked:
        places, values, times = zip(*asked, strict=True)
        found = together.contains("x", values, np.array(times), np.array(places))
        assert found.tolist() == expected
    together.settle()
    assert together.to_dict() == single.to_dict()
    assert len(together) == len(single)


def _refused(lists: ListMemory, change: ListChange, place: int | None) -> bool:
    try:
        lists.apply(change, place)
    except ListsFull:
        return True
    return False


def test_a_sweep_visits_what_is_due_and_leaves_no_trace_of_it() -> None:
    lists = ListMemory()
    for hour in range(1, 100):
        lists.apply(ListChange("x", "a", expires_at=hour * HOUR_MS))
        lists.apply(ListChange("x", f"b{hour}", expires_at=hour * HOUR_MS))
    assert len(lists) == 100
    assert lists.expire(50 * HOUR_MS) == 50
    assert sorted(lists._due) == list(range(51, 100))
    assert lists.expire(100 * HOUR_MS) == 50
    assert (lists._due, len(lists)) == ({}, 0)


def test_what_was_overwritten_is_forgotten_when_the_segment_is_judged() -> None:
    lists = ListMemory()
    lists.apply(ListChange("x", "a"), place=5)
    before = np.array([0])
    assert not lists.contains("x", ["a"], np.array([1]), before)[0]
    lists.settle()
    assert lists.contains("x", ["a"], np.array([1]), before)[0]
