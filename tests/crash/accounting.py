"""Is every payment decided exactly once? Answered from the topics alone, the truth from each payment's id.

Shares no code with engine or sink: messages are read by a plain consumer, parsed by `json`, and what a
payment should come to is recomputed from its id, which is also its Kafka key.
"""

import base64
import json
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import compress
from typing import Any

from confluent_kafka import Message

SHOWN_MAX = 5
LETTER_PAYLOAD_MAX = 256 * 1024


@dataclass
class Accounts:
    """What was counted, and every way in which it is wrong, the first few of each in words."""

    figures: dict[str, int] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)
    _seen: Counter[str] = field(default_factory=Counter)

    def wrong(self, what: str, detail: str) -> None:
        self._seen[what] += 1
        if self._seen[what] <= SHOWN_MAX:
            self.differences.append(f"{what}: {detail}")

    def expect(self, what: str, found: object, wanted: object) -> None:
        if found != wanted:
            self.wrong(what, f"{found}, expected {wanted}")


@dataclass(frozen=True)
class Truth:
    """What should become of a payment: refused for `reason`, or (None) decided."""

    reason: str | None


def check_accounts(
    payments: list[Message],
    answers: list[Message],
    letters: list[Message],
    truth_of: Callable[[str], Truth],
) -> Accounts:
    """Compares what was sent with what came out, message by message."""
    accounts = Accounts()
    truths = [truth_of((message.key() or b"").decode()) for message in payments]
    valid = [message for message, truth in zip(payments, truths, strict=True) if truth.reason is None]
    refused = [(message, t) for message, t in zip(payments, truths, strict=True) if t.reason is not None]
    is_refusal = [json.loads(message.value())["type"] == "refusal" for message in answers]
    decisions = list(compress(answers, (not refusal for refusal in is_refusal)))
    _check_decisions(accounts, valid, decisions)
    _check_letters(accounts, refused, letters)
    _check_refusals(accounts, refused, list(compress(answers, is_refusal)))
    return accounts


def _check_refusals(
    accounts: Accounts, refused: list[tuple[Message, Truth]], refusals: list[Message]
) -> None:
    """One for each refused payment whose account and id a plain reader finds, with its reason; at most one
    for others.
    """
    by_place: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for message in refusals:
        by_place[dict(message.headers())["ce_id"].decode()].append(json.loads(message.value()))
    for message, truth in refused:
        found = by_place.pop(f"{message.topic()}-{message.partition()}-{message.offset()}", [])
        if _names_a_payment(message.value() or b""):
            accounts.expect(f"refusals of offset {message.offset()}", len(found), 1)
        for answer in found[:1]:
            accounts.expect(f"refusal of offset {message.offset()}", answer["reason"], truth.reason)
        for _ in found[1:]:
            accounts.wrong("refused twice", f"offset {message.offset()}")
    for place in by_place:
        accounts.wrong("a refusal of a good message", place)
    accounts.figures["refusals"] = len(refusals)


def _names_a_payment(value: bytes) -> bool:
    try:
        document = json.loads(value)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and {"merchant_account", "payment_id"} <= document.keys()


def _check_decisions(accounts: Accounts, valid: list[Message], decisions: list[Message]) -> None:
    sent: dict[str, list[Message]] = defaultdict(list)
    for message in valid:
        sent[message.key().decode()].append(message)
    originals: dict[str, bytes] = {}
    again: Counter[str] = Counter()
    sequence = 0
    for message in decisions:
        body = json.loads(message.value())
        key = body["payment_id"]
        if not body.get("duplicate"):
            if key in originals:
                accounts.wrong("decided twice", f"payment {key} at offset {message.offset()}")
            originals[key] = message.value()
            sequence += 1
            if body["sequence"] != sequence:
                accounts.wrong(
                    "sequence", f"{body['sequence']} in place of {sequence} at offset {message.offset()}"
                )
                sequence = body["sequence"]
        else:
            again[key] += 1
            _check_duplicate(accounts, key, message, originals.get(key))
    _check_all_decided(accounts, sent, originals, again)
    accounts.figures |= {"decisions": len(originals), "duplicates": sum(again.values())}


def _check_duplicate(accounts: Accounts, key: str, message: Message, original: bytes | None) -> None:
    if original is None:
        accounts.wrong("a duplicate before its original", f"payment {key} at offset {message.offset()}")
    elif original != message.value().replace(b',"duplicate":true', b"", 1):
        accounts.wrong("a duplicate with another answer", f"payment {key} at offset {message.offset()}")


def _check_all_decided(
    accounts: Accounts, sent: dict[str, list[Message]], originals: dict[str, bytes], again: Counter[str]
) -> None:
    for key in sent.keys() - originals.keys():
        accounts.wrong("never decided", f"payment {key} at offset {sent[key][0].offset()}")
    for key in originals.keys() - sent.keys():
        accounts.wrong("a decision without a payment", key)
    for key, messages in sent.items():
        accounts.expect(f"repeated answers to {key}", again[key], len(messages) - 1)
        _check_body(accounts, messages[0], originals.get(key))


def _check_body(accounts: Accounts, payment: Message, decision: bytes | None) -> None:
    """What a decision repeats of its payment is that payment's."""
    if decision is None:
        return
    asked, said = json.loads(payment.value()), json.loads(decision)
    same = ("merchant_account", "payment_id", "amount", "currency", "occurred_at")
    if any(asked[name] != said[name] for name in same) or said["received_at"] != payment.timestamp()[1]:
        accounts.wrong("a decision on another payment", f"{asked['payment_id']} gives {said}")


def _check_letters(accounts: Accounts, refused: list[tuple[Message, Truth]], letters: list[Message]) -> None:
    wanted = {
        (message.topic(), message.partition(), message.offset()): (message, t) for message, t in refused
    }
    found: Counter[tuple[str, int, int]] = Counter()
    for message in letters:
        letter = json.loads(message.value())
        place = (letter["topic"], letter["partition"], letter["offset"])
        found[place] += 1
        if place not in wanted:
            accounts.wrong("a dead letter for a good message", f"{place}: {letter['reason']}")
        else:
            _check_letter(accounts, letter, *wanted[place])
    for place, times in found.items():
        accounts.expect(f"dead letters of {place}", times, 1)
    for place in wanted.keys() - found.keys():
        accounts.wrong("no dead letter", f"{place}")
    accounts.figures["dead_letters"] = len(letters)


def _check_letter(accounts: Accounts, letter: dict[str, Any], message: Message, truth: Truth) -> None:
    value = message.value() or b""
    accounts.expect(f"reason of offset {message.offset()}", letter["reason"], truth.reason)
    accounts.expect(f"size of offset {message.offset()}", letter["payload_bytes"], len(value))
    if letter["masked"] or len(value) > LETTER_PAYLOAD_MAX:
        return
    if base64.b64decode(letter["payload"]) != value:
        accounts.wrong("another payload", f"dead letter of offset {message.offset()}")
