"""Requests to change a list, from people and tools outside, and the answers to them.

Invariant: a request acts at most once. It is known by its `id`; asked again it gets the same answer, marked
`repeated`, and another request under the same id is rejected (`conflict`). An id is remembered for
`REMEMBERED_MS` at least, and a request older than that is rejected (`stale`): it could have acted already.
"""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from models.card_numbers import detection as card_numbers
from models.json_keys import repetition as json_keys
from models.lists.entries import (
    Entity,
    EntryError,
    EntryFault,
    Purpose,
    check_entry,
    check_name,
    purpose_of,
    shown,
)
from models.messages import Control, Identifier, ListChange, Millis, encode
from models.nesting import NESTING_MAX, too_deep_at
from models.units import DAY_MS

REMEMBERED_MS: Final = 7 * DAY_MS
AHEAD_MS: Final = 5 * 60_000
"""How far the clock of a sender may be ahead of ours."""


class ListRequest(Struct, frozen=True, tag="list_request", tag_field="type"):
    """A request to put a value on a list, or to take it off."""

    id: Annotated[str, Meta(min_length=1, max_length=100)]
    """The sender's own id, which makes the request repeatable."""
    requested_at: Millis
    """When it was asked for."""
    author: Identifier
    """The person or tool that asks."""
    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    """Why, in words."""
    list: Identifier
    """Name of the list."""
    value: Identifier
    """The value, as payments have it."""
    action: Literal["add", "remove"] = "add"
    """Put it on the list, or take it off."""
    expires_at: Millis | None = None
    """Until when it counts; null: for good."""
    entity: Entity | None = None
    """What the value is of; by the list's name where it is not given."""
    purpose: Purpose | None = None
    """What the list is for; by its name where it is not given."""


class ListAnswer(Struct, frozen=True, tag="list_answer", tag_field="type"):
    """What became of a request: the audit record."""

    request: str | None
    """Id of the request; null where it could not be read."""
    status: Literal["accepted", "rejected"]
    """Whether it acts."""
    answered_at: Millis
    """When it was answered (ms)."""
    offset: int
    """Offset of the request on its topic."""
    digest: str
    """Stands for the request's content."""
    list: str | None = None
    """Name of the list."""
    value: str | None = None
    """The value, without card numbers."""
    author: str | None = None
    """Who asked."""
    control: str | None = None
    """Id of the control that carries the entry, where accepted."""
    fault: EntryFault | None = None
    """Why it was rejected."""
    detail: str | None = None
    """The same in words."""
    repeated: bool = False
    """The request had been answered before: this is the same answer again."""


@dataclass(frozen=True)
class AnsweredRequest:
    """One request's answer, and the control it gives (none where it was rejected or repeated)."""

    answer: ListAnswer
    control: Control | None = None

    def unauthorised(self, why: str) -> "AnsweredRequest":
        """The same request, rejected: its control may not be signed here."""
        return AnsweredRequest(_rejected(self.answer, EntryError(EntryFault.UNAUTHORISED, why)))


class AnswerMemory:
    """The answers given so far, by request id: at most `most`, the oldest forgotten first.

    What is forgotten early (more than `most` requests in seven days) could act twice; so an accepted answer
    is given only while its id can be remembered: see `floor`.
    """

    def __init__(self, most: int = 1_000_000) -> None:
        """`most` bounds the memory: about 400 bytes each."""
        self._answers: OrderedDict[str, ListAnswer] = OrderedDict()
        self._most = most
        self.floor = 0
        """Requests from before this time may be forgotten."""

    def __len__(self) -> int:
        return len(self._answers)

    def get(self, request: str) -> ListAnswer | None:
        """The first answer to this request."""
        return self._answers.get(request)

    def remember(self, answer: ListAnswer) -> None:
        """Keeps a first answer; forgets those that are too old to be asked for, or too many."""
        if answer.request is None or answer.repeated or answer.request in self._answers:
            return
        self._answers[answer.request] = answer
        while self._answers and self._is_over(answer.answered_at):
            _, oldest = self._answers.popitem(last=False)
            self.floor = max(self.floor, oldest.answered_at)

    def _is_over(self, now: int) -> bool:
        oldest = next(iter(self._answers.values()))
        return len(self._answers) > self._most or oldest.answered_at < now - REMEMBERED_MS - AHEAD_MS


def answer_request(raw: bytes, offset: int, now: int, asked: AnswerMemory) -> AnsweredRequest:
    """The answer to the request in a record. `now` (ms) is when it arrived; `asked` is left alone."""
    try:
        request = _read(raw)
    except (EntryError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        unread = ListAnswer(None, "rejected", now, offset, _digest(raw))
        return AnsweredRequest(_rejected(unread, EntryError(EntryFault.INVALID_FIELD, str(error))))
    answer = _accepted(request, offset, now)
    known = asked.get(request.id)
    if known is not None and known.digest == answer.digest:
        return AnsweredRequest(msgspec.structs.replace(known, repeated=True, answered_at=now, offset=offset))
    try:
        _check(raw, request, now, asked.floor, known)
    except EntryError as error:
        return AnsweredRequest(_rejected(answer, error))
    return AnsweredRequest(answer, _control(request, now))


def _read(raw: bytes) -> ListRequest:
    """A request by its fields. Raises `EntryError` where it nests deeper than a bound of ours: that of the
    decoder depends on who calls it, and the same request must get the same answer.
    """
    place = too_deep_at(raw)
    if place is not None:
        detail = f"nested deeper than {NESTING_MAX} levels at byte {place}"
        raise EntryError(EntryFault.INVALID_FIELD, detail)
    return _decode(raw)


def _accepted(request: ListRequest, offset: int, now: int) -> ListAnswer:
    return ListAnswer(
        request=shown(request.id),
        status="accepted",
        answered_at=now,
        offset=offset,
        digest=_digest(encode(request)),
        list=shown(request.list),
        value=shown(request.value),
        author=shown(request.author),
        control=_control_id(request),
    )


def _check(raw: bytes, request: ListRequest, now: int, floor: int, known: ListAnswer | None) -> None:
    """Raises `EntryError` for what must not act."""
    if card_numbers.find(raw):
        raise EntryError(EntryFault.CARD_NUMBER, "the request holds a card number; use the card's token")
    if json_keys.has_repeated_key(raw):
        raise EntryError(EntryFault.INVALID_FIELD, "an object has a key twice: write each key once")
    if known is not None:
        raise EntryError(EntryFault.CONFLICT, "this id was used for another request: take a new one")
    asked_at = request.requested_at
    if asked_at > now + AHEAD_MS:
        raise EntryError(EntryFault.INVALID_FIELD, f"requested_at {asked_at} is ahead of our clock ({now})")
    if asked_at < now - REMEMBERED_MS or (floor and asked_at <= floor + AHEAD_MS):
        raise EntryError(
            EntryFault.STALE, f"requested_at {asked_at} is too long ago: ask again, with a new id"
        )
    if request.action == "remove":
        check_name(request.list)
    else:
        check_entry(request.list, request.value, now, request.expires_at, request.entity)


def _control(request: ListRequest, now: int) -> Control:
    present = request.action == "add"
    change = ListChange(
        request.list,
        request.value,
        present,
        request.expires_at if present else None,
        request.purpose or purpose_of(request.list),
    )
    return Control(_control_id(request), now, request.author, change, request.reason)


def _control_id(request: ListRequest) -> str:
    return f"list-{request.id}"


def _rejected(answer: ListAnswer, error: EntryError) -> ListAnswer:
    detail = card_numbers.mask(str(error).encode(errors="replace")).decode(errors="replace")[:500]
    return msgspec.structs.replace(answer, status="rejected", fault=error.fault, detail=detail, control=None)


def _digest(content: bytes) -> str:
    """Stands for a request's content; of a card number only what may be shown goes in."""
    return hashlib.sha256(card_numbers.mask(content)).hexdigest()


_decode = msgspec.json.Decoder(ListRequest).decode
