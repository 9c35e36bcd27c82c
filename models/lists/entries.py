"""What may be put on a list, and where it may be seen from its name what the list is of and for.

A list is named by people, in small letters: `blocked_bins`, `trusted_customers`, `watched_devices_spring`. A
word of the name tells the entity its values are of, another its purpose; a name without such words takes any
token. Values are compared with the payment's tokens character by character, so what could never be equal to
one (an e-mail address, a BIN of five digits, an IP address written another way) is refused here rather than
kept on the list without effect.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final, Literal

from models.card_numbers import detection as card_numbers
from models.messages import encode

NAME_PATTERN: Final = "^[a-z][a-z0-9_]{0,63}$"
VALUE_LENGTH_MAX: Final = 128
LATEST_MS: Final = 253_402_300_799_999
"""The end of the year 9999, as everywhere on the wire."""

Purpose = Literal["allow", "block", "watch"]
Entity = Literal["card", "bin", "customer", "device", "ip", "email", "merchant", "country"]

ENTITY_WORDS: Final[Mapping[str, Entity]] = {
    "card": "card",
    "cards": "card",
    "bin": "bin",
    "bins": "bin",
    "customer": "customer",
    "customers": "customer",
    "device": "device",
    "devices": "device",
    "ip": "ip",
    "ips": "ip",
    "email": "email",
    "emails": "email",
    "merchant": "merchant",
    "merchants": "merchant",
    "country": "country",
    "countries": "country",
}
PURPOSE_WORDS: Final[Mapping[str, Purpose]] = {
    "allowed": "allow",
    "allowlist": "allow",
    "trusted": "allow",
    "blocked": "block",
    "blocklist": "block",
    "sanctioned": "block",
    "watched": "watch",
    "watchlist": "watch",
}


class EntryFault(StrEnum):
    """Stable codes of why an entry is not taken."""

    INVALID_LIST = "invalid_list"
    INVALID_VALUE = "invalid_value"
    INVALID_FIELD = "invalid_field"
    CARD_NUMBER = "card_number"
    EXPIRED = "expired"
    STALE = "stale"
    CONFLICT = "conflict"
    UNAUTHORISED = "unauthorised"


class EntryError(ValueError):
    """An entry that cannot go onto a list. `fault` is its code; the message never shows a card number."""

    def __init__(self, fault: EntryFault, message: str) -> None:
        """`message` says what was expected."""
        super().__init__(message)
        self.fault = fault


def entity_of(name: str) -> Entity | None:
    """What a list's values are of, by its name.

    >>> entity_of("blocked_bins"), entity_of("velocity_spring")
    ('bin', None)
    """
    entities = {ENTITY_WORDS[word] for word in name.split("_") if word in ENTITY_WORDS}
    return entities.pop() if len(entities) == 1 else None


def purpose_of(name: str) -> Purpose | None:
    """What a list is for, by its name.

    >>> purpose_of("trusted_customers"), purpose_of("bins")
    ('allow', None)
    """
    purposes = {PURPOSE_WORDS[word] for word in name.split("_") if word in PURPOSE_WORDS}
    return purposes.pop() if len(purposes) == 1 else None


def check_entry(
    name: str, value: str, now: int, expires_at: int | None = None, entity: Entity | None = None
) -> None:
    """Raises `EntryError` unless the value may be put on the list. `now` (ms) is when it is asked for."""
    check_name(name)
    check_value(value, entity or entity_of(name))
    if entity is not None and entity_of(name) not in (None, entity):
        raise EntryError(EntryFault.INVALID_LIST, f"list {name!r} is of another entity than {entity}")
    if expires_at is not None and not now < expires_at <= LATEST_MS:
        raise EntryError(EntryFault.EXPIRED, f"expires_at {expires_at} is not in the future: it is {now} now")


def check_name(name: str) -> None:
    """Raises `EntryError` unless this may be a list's name."""
    if not re.fullmatch(NAME_PATTERN, name):
        raise EntryError(
            EntryFault.INVALID_LIST,
            f"{shown(name)!r} is not a list's name: small letters, digits and _, a letter first, at most 64",
        )


def check_value(value: str, entity: Entity | None) -> None:
    """Raises `EntryError` unless the value has the form that payments name this entity by."""
    if card_numbers.find(encode(value)):
        raise EntryError(EntryFault.CARD_NUMBER, "the value holds a card number; use the card's token")
    if not 0 < len(value) <= VALUE_LENGTH_MAX:
        raise EntryError(EntryFault.INVALID_VALUE, f"a value has 1 to {VALUE_LENGTH_MAX} characters")
    problem = _FORMS.get(entity or "", _token)(value)
    if problem:
        raise EntryError(EntryFault.INVALID_VALUE, f"{shown(value)!r} {problem}")


def shown(text: str) -> str:
    """A text as it may be shown and logged: cut, without card numbers."""
    return card_numbers.mask(text[:VALUE_LENGTH_MAX].encode(errors="replace")).decode(errors="replace")


def _token(value: str) -> str | None:
    if any(character.isspace() for character in value) or not value.isprintable():
        return "is not a token: no spaces and no control characters"
    return None


def _email(value: str) -> str | None:
    return "is an e-mail address: use its token" if "@" in value else _token(value)


def _bin(value: str) -> str | None:
    return None if re.fullmatch("[0-9]{6,8}", value) else "is not a BIN: six to eight digits"


def _country(value: str) -> str | None:
    return None if re.fullmatch("[A-Z]{2}", value) else "is not a country: two capital letters (ISO 3166-1)"


def _ip(value: str) -> str | None:
    try:
        written = str(ipaddress.ip_address(value))
    except ValueError:
        return "is not an IP address"
    return None if written == value else f"is written {written} in payments: use that"


_FORMS: Final[Mapping[str, Callable[[str], str | None]]] = {
    "bin": _bin,
    "country": _country,
    "email": _email,
    "ip": _ip,
}
