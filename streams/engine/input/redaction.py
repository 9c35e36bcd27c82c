"""Card numbers in a payment's free text: masked, so that the payment is decided all the same.

Free text is what Tollgate does not read by its meaning: values of `metadata`, and fields that it does not
know. A card number anywhere else stands for a token or an id, and the payment is refused: masked, it would be
another card, device or customer.

Invariant: no string of a payment that leaves here holds a card number.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from models.card_numbers import detection as card_numbers
from models.messages import Payment, encode

NAMED_MAX: Final = 16
"""Fields that are named at most."""
LOOKED_AT_MAX: Final = 1_000
"""Strings that may hold a card number looked at, to name them."""
UNNAMED: Final = "(others)"
"""Stands for fields beyond the bounds, and for what is written twice in one object."""
PATH_CHARACTERS_MAX: Final = 128
_MAY_HOLD = re.compile(r"[0-9](?:[ -]?[0-9]){12}")


def redacted(payment: Payment) -> Payment:
    """The payment with card numbers in its metadata's values masked."""
    if payment.metadata is None:
        return payment
    values = {
        key: _masked(value) if isinstance(value, str) and _MAY_HOLD.search(value) else value
        for key, value in payment.metadata.items()
    }
    return replace(payment, metadata=values)


def field_with_card_number(payment: Payment) -> str | None:
    """The first field of a payment that holds a card number; None where none does."""
    if not card_numbers.find(encode(payment)):
        return None
    return next(_fields(msgspec.to_builtins(payment), ""), UNNAMED)


def redacted_fields(value: bytes) -> tuple[str, ...]:
    """The fields of a message that hold card numbers, as paths: `metadata.note`, `lines.description`."""
    try:
        document = msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # in what a payment's reader skips
        return (UNNAMED,)
    named = tuple(islice(dict.fromkeys(_fields(document, "")), NAMED_MAX + 1))
    return (*named[:NAMED_MAX], UNNAMED) if len(named) > NAMED_MAX or not named else named


def _masked(text: str) -> str:
    return card_numbers.mask(text.encode()).decode()


def _fields(document: Any, path: str) -> Iterator[str]:
    """The paths of strings and names that hold card numbers, with repetitions."""
    candidates = ((where, text) for where, text in _strings(document, path) if _MAY_HOLD.search(text))
    for where, text in islice(candidates, LOOKED_AT_MAX):
        if card_numbers.find(encode(text)):
            yield _masked(where)[:PATH_CHARACTERS_MAX] or UNNAMED


def _strings(node: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every string with its path; a name counts to the object that it is in."""
    waiting = [(path, node)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, str):
            yield path, node
        elif isinstance(node, dict):
            yield from ((path, name) for name in node)
            members = [(f"{path}.{name}"[: 2 * PATH_CHARACTERS_MAX].lstrip("."), node[name]) for name in node]
            waiting.extend(reversed(members))
        elif isinstance(node, list):
            waiting.extend((path, element) for element in reversed(node))
