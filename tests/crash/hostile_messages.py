"""Messages that nobody should send, drawn from a seed, and what may become of each.

Controls, labels and outcomes go to the payments topic as often as to their own: there each is a dead letter.
"""

from collections.abc import Callable

from tests.crash import hostile_controls as controls
from tests.crash import hostile_payments as payments
from tests.crash.hostile_maker import DECISION, LETTER, SILENT, Hostile, Maker

KINDS: dict[str, tuple[Callable[[Maker], bytes | None], set[str]]] = {
    "not JSON": (payments.not_json, {LETTER}),
    "wrong type": (payments.wrong_type, {LETTER}),
    "missing field": (payments.missing, {LETTER}),
    "not an object": (payments.not_an_object, {LETTER}),
    "huge and valid": (payments.huge, {DECISION}),
    "huge nonsense": (payments.huge_nonsense, {LETTER}),
    "deep": (payments.deep, {LETTER}),
    "NaN and the like": (payments.not_a_number, {LETTER}),
    "out of range": (payments.out_of_range, {LETTER}),
    "odd but valid": (payments.odd_but_valid, {DECISION}),
    "long ids": (payments.long_ids, {DECISION}),
    "far future": (payments.far_future, {DECISION}),
    "far past": (payments.far_past, {LETTER}),
    "card number": (payments.card_number, {DECISION, LETTER}),
    "card number in nonsense": (payments.card_number_in_nonsense, {LETTER}),
    "duplicate keys": (payments.duplicate_keys, {LETTER}),
    "invalid UTF-8": (payments.invalid_utf8, {LETTER}),
    "lone surrogate": (payments.lone_surrogate, {LETTER}),
    "empty": (payments.empty, {LETTER}),
    "blank": (payments.blank, {LETTER}),
    "unknown type": (payments.unknown_type, {LETTER}),
    "bad currency": (payments.bad_currency, {LETTER}),
    "conflict": (payments.conflict, {DECISION, LETTER}),
    "sent again": (payments.again, {DECISION}),
    "control refused": (controls.control_refused, {LETTER}),
    "control harmless": (controls.control_harmless, {SILENT}),
    "label": (controls.label, {SILENT, LETTER}),
    "outcome": (controls.outcome, {SILENT, LETTER}),
}
"""Name -> how it is made, and what may become of it. `{DECISION, LETTER}`: either, but exactly one."""


def make(maker: Maker, number: int) -> Hostile:
    """The message of that number: every kind in turn, its details at random."""
    kinds = list(KINDS)
    kind = kinds[number % len(kinds)]
    made, allowed = KINDS[kind]
    value, role = made(maker), own_topic(kind)
    if role != "payments" and maker.draw.random() < 0.5:
        return Hostile(kind, "payments", value, frozenset({LETTER}))
    return Hostile(kind, role, value, frozenset(allowed))


def own_topic(kind: str) -> str:
    """Where a message of this kind belongs."""
    if kind.startswith("control"):
        return "controls"
    return kind + "s" if kind in ("label", "outcome") else "payments"
