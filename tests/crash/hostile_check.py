"""Was every hostile message accounted for, every card number masked, and every good payment left unharmed?

Unharmed, exactly: a good payment's vector equals, bit for bit, what the oracle makes of the *good payments
alone* at the engine times that were logged. Hostile payments have entities of their own, so all that they may
change is engine time, and that never runs more than 5 s ahead of the newest message's append time.
"""

import base64
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Message

from models.messages.codec import decode_input
from models.messages.payment import Payment
from tests.crash.hostile_maker import DECISION, LETTER, SILENT, Hostile
from tests.crash.hostile_payments import PANS
from tests.crash.plain_rows import AHEAD_MS, Told, euro_cents, told
from tests.crash.vector_check import compare_vectors, different_rows, journalled, logged, vectors

SHOWN_MAX = 5
Place = tuple[str, int]


@dataclass
class HostileFindings:
    """What became of each kind, and what is wrong."""

    fates: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    reasons: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)

    def wrong(self, detail: str) -> None:
        self.differences.append(detail[:600])


def place_of(message: Message) -> Place:
    """Topic and offset of the record that a decision answers: its CloudEvents id is made of them."""
    id = dict(message.headers())["ce_id"].decode()
    topic, _, offset = id.rsplit("-", 2)
    return topic, int(offset)


def check_fates(
    sent: dict[Place, Hostile], good: set[Place], decisions: list[Message], letters: list[Message]
) -> HostileFindings:
    """Each record is exactly one decision, one dead letter, or a known input that is no payment; and a dead
    letter says rightly whether one refusal answers its payment.
    """
    findings = HostileFindings()
    answers = [json.loads(message.value()) for message in decisions]
    places = [place_of(message) for message in decisions]
    both = list(zip(places, answers, strict=True))
    decided = Counter(place for place, answer in both if answer["type"] == "decision")
    refusals = Counter(place for place, answer in both if answer["type"] == "refusal")
    refused: Counter[Place] = Counter()
    for message in letters:
        letter = json.loads(message.value())
        place = letter["topic"], letter["offset"]
        refused[place] += 1
        findings.reasons[letter["reason"]] += 1
        if refusals.pop(place, 0) != letter.get("answered", False):
            findings.wrong(f"{place} is refused ({letter['reason']}), its answers on decisions are others")
    for place in refusals:
        findings.wrong(f"{place} was answered with a refusal, and is no dead letter")
    for place, hostile in sent.items():
        _check_fate(findings, hostile, place, decided[place], refused[place])
    for place in good:
        if (decided[place], refused[place]) != (1, 0):
            findings.wrong(
                f"good payment at {place}: {decided[place]} decisions, {refused[place]} dead letters"
            )
    for place in (decided.keys() | refused.keys()) - sent.keys() - good:
        findings.wrong(f"{place} was answered, and is none of the messages sent")
    return findings


def _check_fate(
    findings: HostileFindings, hostile: Hostile, place: Place, decided: int, refused: int
) -> None:
    fate = {(1, 0): DECISION, (0, 1): LETTER, (0, 0): SILENT}.get((decided, refused), "more than one")
    findings.fates[hostile.kind][fate] += 1
    if fate not in hostile.allowed:
        value = (hostile.value or b"")[:200]
        findings.wrong(
            f"{hostile.kind} at {place} became {fate}, not one of {set(hostile.allowed)}: {value!r}"
        )


def leaked(messages: Iterable[Message]) -> list[str]:
    """Where a card number that was sent can still be read in our output: bodies, keys, headers, base64."""
    found = []
    for message in messages:
        for part in _parts(message):
            plain = _plain(part)
            found += [
                f"{message.topic()} at {message.offset()}: {pan}" for pan in PANS if pan.encode() in plain
            ]
    return found


def _parts(message: Message) -> list[bytes]:
    parts = [message.value(), message.key() or b"", *(value for _, value in message.headers() or [])]
    if message.topic().endswith(".dead-letters"):
        letter: dict[str, Any] = json.loads(message.value())
        parts += [base64.b64decode(letter["payload"] or ""), letter["detail"].encode()]
    return parts


def _plain(part: bytes) -> bytes:
    """Escapes undone, separators taken out: as a person would read it."""
    unescaped = re.sub(rb"\\u00(3[0-9])", lambda found: bytes.fromhex(found[1].decode()), part)
    return unescaped.replace(b" ", b"").replace(b"-", b"")


def check_windows(
    inputs: dict[str, list[Message]],
    good: set[Place],
    journal: list[dict[str, Any]],
    letters: list[Message],
    decisions: list[Message],
    features: list[Message],
) -> list[str]:
    """Vectors of all payments by the oracle, then those of the good ones by the oracle without the others."""
    refused = {(letter["topic"], letter["offset"]) for letter in (json.loads(m.value()) for m in letters)}
    order = list(journalled(journal, inputs))
    everything = compare_vectors(list(told(order, refused)), features, len(decisions), seed=1)
    return everything.differences[:SHOWN_MAX] + _good_alone(order, good, decisions, features)


def _good_alone(
    order: list[Message], good: set[Place], decisions: list[Message], features: list[Message]
) -> list[str]:
    """The oracle over the good payments only, each at its logged engine time."""
    said = {
        place_of(message): json.loads(message.value()) for message in decisions
    }  # of good ones: decisions
    rows = dict(logged(features))
    rows_of_good, found, differences, newest = [], [], [], 0
    for record in order:
        newest = max(newest, record.timestamp()[1])
        place = record.topic(), record.offset()
        if place not in good:
            continue
        decision, payment = said[place], decode_input(record.value())
        assert isinstance(payment, Payment)
        time = decision["engine_time"]
        if time > newest + AHEAD_MS:
            differences.append(f"engine time of {place} runs {time - newest} ms ahead")
        rows_of_good.append(Told(payment, time, euro_cents(payment.amount, payment.currency, time)))
        found.append(rows[decision["sequence"]])
    return differences[:SHOWN_MAX] + different_rows(vectors(rows_of_good), found)[:SHOWN_MAX]
