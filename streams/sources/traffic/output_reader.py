"""What an engine has answered, read as any consumer would: whole transactions only.

Used to close the books of a run: every payment sent must be a decision, a marked duplicate or a dead letter.
Refusals are counted apart: each answers the payment of one of the dead letters.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

import msgspec
from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition

from models.messages import decode_decision_view, is_refusal
from streams.errors import Outage
from streams.kafka import (
    PASSING,
    ForeignRecords,
    PassingReader,
    Topics,
    consumer,
    consumer_settings,
    end_offsets,
)

STALLED_S: Final = 180.0
"""An engine that writes nothing for this long has stopped: no start-up or recovery takes longer."""
_POLL: Final = 5_000
T = TypeVar("T")


class _DeadLetter(msgspec.Struct):
    reason: str


class _Entry(msgspec.Struct):
    positions: dict[str, int]


@dataclass
class AnswerCounts:
    """Totals of an engine's answers."""

    decisions: int = 0
    duplicates: int = 0
    dead_letters: int = 0
    refusals: int = 0
    """Payments answered without a decision; each is one of the dead letters too."""
    gaps: int = 0
    """New decisions whose sequence is not the one before plus one."""
    last_sequence: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    """Of dead letters."""
    latency_ms: Counter[int] = field(default_factory=Counter)
    positions: dict[str, int] = field(default_factory=dict)
    """By input topic, up to where the engine has journalled it."""

    @property
    def messages(self) -> int:
        """What became of messages: a refusal goes with its dead letter."""
        return self.decisions + self.duplicates + self.dead_letters


class OutputReader:
    """Follows decisions, dead letters and journal of one engine from given offsets (default: all)."""

    def __init__(self, bootstrap: str, engine: str, start: dict[str, int] | None = None) -> None:
        self.answers = AnswerCounts()
        self._bootstrap = bootstrap
        topics = Topics(engine)
        self._decode: dict[str, Callable[[Message], None]] = {
            topics["decisions"]: self._decision,
            topics["dead-letters"]: self._dead_letter,
            topics["journal"]: self._journal,
        }
        self._foreign = {topic: ForeignRecords(topic) for topic in self._decode}
        self._midway = bool(start and start.get(topics["decisions"]))
        self._read_to: dict[str, int] = {}
        self._last_message_s = time.monotonic()
        self._consumer = consumer(consumer_settings(bootstrap, f"{engine}-answers"))
        self._consumer.assign(
            [TopicPartition(topic, 0, (start or {}).get(topic, 0)) for topic in self._decode]
        )
        self._passing = PassingReader(self._consumer, bootstrap)

    def poll(self, wait_s: float = 0.0) -> AnswerCounts:
        """Take in what is there, waiting for it at most `wait_s`. Raises `Outage` when Kafka is gone."""
        for message in self._passing.consume(_POLL, wait_s):
            error = message.error()
            if error is None:
                self._decode[message.topic()](message)
                self._last_message_s = time.monotonic()
            elif error.code() == KafkaError._PARTITION_EOF:
                self._read_to[message.topic()] = message.offset()
            elif error.code() not in PASSING:
                raise KafkaException(error)
        return self.answers

    def wait_until_decided(
        self, ends: dict[str, int], alive: Callable[[], None], progress: Callable[[AnswerCounts], None]
    ) -> AnswerCounts:
        """Read on until the engine has journalled its inputs up to `ends` (offset by topic), and to the end.

        `alive` raises when the engine is dead; `progress` sees the totals. Raises `Outage` after `STALLED_S`
        without a message.
        """
        self._last_message_s = time.monotonic()
        while any(self.answers.positions.get(topic, 0) < end for topic, end in ends.items()):
            progress(self.poll(0.2))
            alive()
            self._check_stalled(ends)
        written = end_offsets(self._bootstrap, list(self._decode))
        while any(self._read_to.get(topic, 0) < end for topic, end in written.items()):
            progress(self.poll(0.2))
            self._check_stalled(written)
        return self.answers

    @property
    def left_out(self) -> int:
        """Offsets that could not be read."""
        return self._passing.left_out.count

    def close(self) -> None:
        """Leave."""
        self._passing.close()
        self._consumer.close()

    def _check_stalled(self, ends: dict[str, int]) -> None:
        if time.monotonic() - self._last_message_s > STALLED_S:
            raise Outage(
                f"the engine wrote nothing for {STALLED_S:.0f} s; it has read up to "
                f"{self.answers.positions}, awaited was {ends}: see its log, or `tollgate status`"
            )

    def _decision(self, message: Message) -> None:
        answers = self.answers
        if is_refusal(message.value()):
            answers.refusals += 1
            return
        decision = self._read(message, decode_decision_view)
        if decision is None:
            return
        if decision.duplicate:
            answers.duplicates += 1
            return
        first = self._midway and not answers.decisions
        answers.gaps += not first and decision.sequence != answers.last_sequence + 1
        answers.last_sequence = decision.sequence
        answers.decisions += 1
        answers.verdicts[decision.verdict.value] += 1
        answers.latency_ms[message.timestamp()[1] - decision.received_at] += 1

    def _dead_letter(self, message: Message) -> None:
        letter = self._read(message, _decode_dead_letter)
        if letter is not None:
            self.answers.dead_letters += 1
            self.answers.reasons[letter.reason] += 1

    def _journal(self, message: Message) -> None:
        entry = self._read(message, _decode_entry)
        if entry is not None:
            self.answers.positions.update(entry.positions)

    def _read(self, message: Message, decode: Callable[[bytes], T]) -> T | None:
        """None for what is none of the engine's: it is no answer."""
        return self._foreign[message.topic()].read(message, decode)


_decode_dead_letter = msgspec.json.Decoder(_DeadLetter).decode
_decode_entry = msgspec.json.Decoder(_Entry).decode


def percentile(counts: Counter[int], share: float) -> float | None:
    """The value at or below which `share` of the counted values lie; None when there are none.

    >>> percentile(Counter({1: 98, 7: 1, 9: 1}), 0.99)
    7.0
    """
    rank = share * counts.total()
    seen = 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= rank:
            return float(value)
    return None
