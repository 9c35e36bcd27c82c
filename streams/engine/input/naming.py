"""Which payment a refused message is about, as far as it can be read.

Invariant: what crashed the engine once cannot do so here. Only the standard library looks at the bytes, one
member of the outermost object after the other, and ends where they stop being JSON: so the ids in front of
broken text are read as well.
"""

import json
import re
from typing import Any, Final, NamedTuple

from models.card_numbers import detection as card_numbers
from models.messages import Phase
from models.nesting import too_deep_at

MEMBERS_MAX: Final = 10_000
"""Members looked at: ids come first in any sensible message."""
ID_CHARACTERS_MAX: Final = 1_024
"""A longer id is not repeated in answers. One that a payment may have holds 128 at most."""
NUMBER_CHARACTERS_MAX: Final = 20
NAMES: Final = frozenset(("type", "merchant_account", "payment_id", "attempt", "phase"))
_UNREADABLE = re.compile("[\ud800-\udfff\ufffd]")
"""Half characters, and what stands for bytes that are not UTF-8."""
_blank = re.compile(r"[ \t\n\r]*").match


def _number(digits: str) -> int | str:
    """Long numbers stay text: how long a number Python reads is a setting of the process."""
    return int(digits) if len(digits) <= NUMBER_CHARACTERS_MAX else digits


_decode = json.JSONDecoder(parse_int=_number).raw_decode


class PaymentName(NamedTuple):
    """What names the payment of a message. Card numbers in ids are masked."""

    type: str | None
    """What the message says it is."""
    merchant_account: str
    payment_id: str
    attempt: int | None = None
    phase: Phase | None = None
    masked: bool = False
    """An id held a card number."""


def payment_name(value: bytes) -> PaymentName | None:
    """The payment that a message is about; None where account and id cannot be read, or are given twice, or
    come after more levels than a message may have.

    >>> payment_name(b'{"merchant_account": "acme", "payment_id": "p1", "amount": 12')
    PaymentName(type=None, merchant_account='acme', payment_id='p1', attempt=None, phase=None, masked=False)
    """
    members = _members(value[: too_deep_at(value)].decode(errors="replace"))
    account, payment = (_id(members.get(name)) for name in ("merchant_account", "payment_id"))
    if account is None or payment is None:
        return None
    kind, attempt, phase = (members.get(name) for name in ("type", "attempt", "phase"))
    shown_account, shown_payment = (card_numbers.mask(text.encode()).decode() for text in (account, payment))
    return PaymentName(
        kind if isinstance(kind, str) else None,
        shown_account,
        shown_payment,
        attempt if type(attempt) is int and 1 <= attempt <= 255 else None,
        Phase(phase) if phase in tuple(Phase) else None,
        (shown_account, shown_payment) != (account, payment),
    )


def _id(value: Any) -> str | None:
    """An id as text: a number that should be a text is one that its sender can find again."""
    if type(value) is int:
        value = str(value)
    readable = isinstance(value, str) and 0 < len(value) <= ID_CHARACTERS_MAX
    return value if readable and not _UNREADABLE.search(value) else None


def _members(text: str) -> dict[str, Any]:
    """The named members of the object that `text` begins with; those that are given twice are None."""
    found: dict[str, Any] = {}
    try:
        end = _token(text, 0, "{")
        for _ in range(MEMBERS_MAX):
            name, end = _decode(text, _token(text, end, '"') - 1)
            value, end = _decode(text, _after_blank(text, _token(text, end, ":")))
            if name in NAMES:
                found[name] = None if name in found else value
            end = _token(text, end, ",")
    except (ValueError, RecursionError):  # the object's end, or where it is no longer JSON
        pass
    return found


def _after_blank(text: str, place: int) -> int:
    blank = _blank(text, place)
    assert blank is not None
    return blank.end()


def _token(text: str, place: int, token: str) -> int:
    """The place after `token`. Raises `ValueError` where something else comes next."""
    place = _after_blank(text, place)
    if text[place : place + 1] != token:
        raise ValueError(f"{token} is missing at {place}")
    return place + 1
