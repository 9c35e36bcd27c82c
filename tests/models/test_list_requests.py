"""List requests: each acts at most once, and what cannot act says why."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.lists.entries import EntryFault
from models.lists.requests import (
    AHEAD_MS,
    REMEMBERED_MS,
    AnsweredRequest,
    AnswerMemory,
    ListRequest,
    answer_request,
)
from models.messages.codec import encode
from models.messages.control import ListChange

NOW = 1_780_000_000_000
REQUEST = ListRequest("r1", NOW, "ana", "card testing", "blocked_bins", "411111")


def ask(asked: AnswerMemory, now: int = NOW, **changes: object) -> AnsweredRequest:
    found = answer_request(encode(msgspec.structs.replace(REQUEST, **changes)), 7, now, asked)
    asked.remember(found.answer)
    return found


def test_an_accepted_request_is_a_control_with_author_reason_and_purpose() -> None:
    found = ask(AnswerMemory(), expires_at=NOW + 1)
    assert found.control is not None
    assert (found.control.id, found.control.author, found.control.reason) == (
        "list-r1",
        "ana",
        "card testing",
    )
    assert found.control.change == ListChange("blocked_bins", "411111", True, NOW + 1, "block")
    assert (found.answer.status, found.answer.control, found.answer.offset) == ("accepted", "list-r1", 7)


def test_a_removal_needs_no_value_of_todays_form() -> None:
    found = ask(AnswerMemory(), action="remove", value="41", expires_at=5)
    assert found.control is not None
    assert found.control.change == ListChange("blocked_bins", "41", False, None, "block")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"list": "Blocked bins"}, EntryFault.INVALID_LIST),
        ({"entity": "card"}, EntryFault.INVALID_LIST),
        ({"value": "4111"}, EntryFault.INVALID_VALUE),
        ({"list": "cards", "value": "two words"}, EntryFault.INVALID_VALUE),
        ({"list": "spring", "entity": "ip", "value": "1.2.3"}, EntryFault.INVALID_VALUE),
        ({"list": "countries", "value": "de"}, EntryFault.INVALID_VALUE),
        ({"list": "cards", "value": "4111111111111111"}, EntryFault.CARD_NUMBER),
        ({"reason": "card 4111 1111 1111 1111 was stolen"}, EntryFault.CARD_NUMBER),
        ({"id": "4111111111111111"}, EntryFault.CARD_NUMBER),
        ({"expires_at": NOW}, EntryFault.EXPIRED),
        ({"requested_at": NOW - REMEMBERED_MS - 1}, EntryFault.STALE),
        ({"requested_at": NOW + AHEAD_MS + 1}, EntryFault.INVALID_FIELD),
    ],
)
def test_what_must_not_act_is_rejected_with_its_reason(changes: dict[str, Any], fault: EntryFault) -> None:
    found = ask(AnswerMemory(), **changes)
    assert (found.control, found.answer.status, found.answer.fault) == (None, "rejected", fault)
    assert found.answer.control is None
    assert found.answer.detail
    assert b"411111111111" not in encode(found.answer).replace(b" ", b"")


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"\xff", b"[" * 9_999, b"{}", b'{"type":"payment"}', encode(REQUEST).replace(b"ana", b"")],
)
def test_what_cannot_be_read_is_answered_too(raw: bytes) -> None:
    found = answer_request(raw, 3, NOW, AnswerMemory())
    assert (found.control, found.answer.request, found.answer.fault) == (None, None, EntryFault.INVALID_FIELD)


def test_a_repeated_request_gets_its_answer_again_and_does_not_act() -> None:
    asked = AnswerMemory()
    first = ask(asked)
    again = ask(asked, now=NOW + 60_000)
    assert again.control is None
    assert again.answer == msgspec.structs.replace(first.answer, repeated=True, answered_at=NOW + 60_000)


def test_another_request_under_a_used_id_is_a_conflict_whatever_the_first_became() -> None:
    changes: tuple[dict[str, Any], ...] = ({}, {"value": "41"})
    for first in changes:
        asked = AnswerMemory()
        ask(asked, **first)
        found = ask(asked, value="520000")
        assert (found.control, found.answer.fault) == (None, EntryFault.CONFLICT)


def test_what_is_forgotten_because_there_were_too_many_cannot_act_again() -> None:
    asked = AnswerMemory(most=2)
    first = ask(asked)
    for number in range(2, 5):
        assert ask(asked, now=NOW + number, id=f"r{number}", requested_at=NOW + AHEAD_MS + number).control
    assert first.control is not None
    again = ask(asked, now=NOW + 10)
    assert (again.control, again.answer.fault) == (None, EntryFault.STALE)
    assert len(asked) == 2


steps = st.lists(
    st.tuples(st.integers(0, REMEMBERED_MS), st.integers(0, 4), st.integers(-AHEAD_MS, 2 * REMEMBERED_MS)),
    max_size=40,
)


@given(steps, st.integers(1, 3))
def test_no_request_ever_acts_twice(log: list[tuple[int, int, int]], most: int) -> None:
    """A request is repeated at any later time, also after the answers were read back."""
    asked, now = AnswerMemory(most), NOW
    acted: set[Any] = set()
    made: dict[Any, Any] = {}
    for step, number, age in log:
        now += step
        request = made.setdefault(
            number, msgspec.structs.replace(REQUEST, id=f"r{number}", requested_at=now - age)
        )
        found = answer_request(encode(request), 0, now, asked)
        asked.remember(found.answer)
        if found.control is not None:
            assert request.id not in acted
            acted.add(request.id)


def test_how_deep_a_request_nests_is_bounded_alike_for_every_caller() -> None:
    plain = encode(REQUEST)
    for levels, status in ((127, "accepted"), (129, "rejected"), (600, "rejected"), (100_000, "rejected")):
        nested = plain[:-1] + b',"more":' + b"[" * levels + b"]" * levels + b"}"
        found = answer_request(nested, 7, NOW, AnswerMemory()).answer
        assert found.status == status, levels
        assert found.detail is None or found.detail.startswith("nested deeper than 128 levels at byte ")
