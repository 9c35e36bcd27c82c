"""Decisions with verdict review come from ENGINE.decisions into the queue.

Invariants
- Rows and the place on the log are one transaction. After a crash the same records are read again, and rows
  that are there change nothing.
- Whole transactions only are read.
- A review whose payment is not found, or that cannot be stored, is parked and said, never left out silently.

A decision does not carry its payment's tokens. The payment lies where Kafka took it, at `received_at`: the
payments of one batch of decisions are read in one go, from the first such time to the last.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

import msgspec
from confluent_kafka import Message

from desk.bus import next_offset, note_offset, park
from desk.database import DeskConnection
from desk.reviews.desk import ReviewDesk
from desk.reviews.review import ms_of
from desk.reviews.upkeep.arrivals import admit, arrival_of, withdraw
from models.messages import Decision, Payment, Phase, Tokens, Verdict, decode_answer, decode_input, tokens_of
from streams.errors import Damaged
from streams.kafka import (
    RESTING_MS,
    PartitionReader,
    RecordsGone,
    Topics,
    UnreadableRanges,
    UnreadableRecords,
    end_offsets,
    offset_at,
    records,
    start_offsets,
)

log = logging.getLogger(__name__)

CONSUMER: Final = "reviews"
BATCH_MAX: Final = 2_000

Key = tuple[str, str, int, str]


class DecidedRecord(msgspec.Struct, frozen=True):
    """A record of ENGINE.decisions: where it lies, when Kafka took it (ms), its bytes."""

    offset: int
    decided_at: int
    value: bytes


class DecisionLog(Protocol):
    """What the consumer needs of Kafka."""

    def first(self, since_ms: int) -> int:
        """The offset of the first decision that Kafka took at or after a time."""
        ...

    def read(self, offset: int, most: int, wait_s: float) -> "tuple[list[DecidedRecord], int, str]":
        """Records from an offset on, the offset to go on at, and why something between was left out."""
        ...

    def payments(self, decisions: Sequence[Decision]) -> Mapping[Key, Tokens]:
        """The entities of the payments of these decisions, as far as they are found."""
        ...


class ReviewConsumer:
    """Takes the reviews of one engine in."""

    def __init__(self, desk: ReviewDesk, decisions: DecisionLog) -> None:
        self._desk, self._log = desk, decisions
        self._topic = Topics(desk.engine)["decisions"]
        self._next: int | None = None

    def turn(self, now: datetime, wait_s: float = 0.2) -> int:
        """Takes in what has been decided since, `BATCH_MAX` records at most; how many records that were.

        Raises `Outage`: nothing of the turn holds then, and the next one reads it again.
        """
        start = self._place(now)
        self._next = None  # until the turn is over: the database says how far it came
        found, end, left_out = self._log.read(start, BATCH_MAX, wait_s)
        if end > start:
            self._take_in(found, start, end, left_out, now)
        self._next = end
        return len(found)

    def _place(self, now: datetime) -> int:
        """Where to go on. At the very first start: what nobody could judge in time any more is left out."""
        if self._next is not None:
            return self._next
        with self._desk.database.transaction() as connection:
            known = next_offset(connection, CONSUMER, self._topic)
        rules = self._desk.rules
        since = now - (rules.authorisation - rules.margin)
        return self._log.first(ms_of(since)) if known is None else known

    def _take_in(
        self, taken: Sequence[DecidedRecord], start: int, end: int, left_out: str, now: datetime
    ) -> None:
        decided = [(record, decision) for record in taken if (decision := _decision(record)) is not None]
        reviews = [decision for _, decision in decided if decision.verdict is Verdict.REVIEW]
        known = self._log.payments(reviews) if reviews else {}
        with self._desk.database.transaction() as connection:
            for record, decision in decided:
                self._take(connection, record, decision, known, now)
            if left_out:
                log.error("%s: offsets %d to %d: %s", self._topic, start, end - 1, left_out)
                park(connection, CONSUMER, self._topic, start, end, left_out, now)
            note_offset(connection, CONSUMER, self._topic, end)

    def _take(
        self,
        connection: DeskConnection,
        record: DecidedRecord,
        decision: Decision,
        known: Mapping[Key, Tokens],
        now: datetime,
    ) -> None:
        if decision.verdict is not Verdict.REVIEW:
            withdraw(self._desk, connection, decision, now)
            return
        tokens = known.get(key_of(decision))
        arrival = None if tokens is None else arrival_of(decision, tokens, record.decided_at)
        if arrival is None:
            why = "its payment is not on the log" if tokens is None else "it holds what cannot be stored"
            log.error("the review at offset %d of %s is parked: %s", record.offset, self._topic, why)
            park(connection, CONSUMER, self._topic, record.offset, record.offset + 1, why, now)
            return
        admit(self._desk, connection, arrival)


def key_of(message: Decision | Payment) -> Key:
    """What identifies a decision and its payment."""
    return message.merchant_account, message.payment_id, message.attempt, message.phase.value


def _decision(record: DecidedRecord) -> Decision | None:
    """The decision in a record, where the queue cares for it: a review, or a later phase's other verdict."""
    if b'"review"' not in record.value and b'"phase":"pre_auth"' in record.value:
        return None
    try:
        answer = decode_answer(record.value)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None  # a foreign record: every reader of the topic skips it
    if not isinstance(answer, Decision) or answer.duplicate:
        return None
    is_wanted = answer.verdict is Verdict.REVIEW or answer.phase is not Phase.PRE_AUTH
    return answer if is_wanted else None


class KafkaDecisions:
    """The decisions and payments of one engine on Kafka."""

    def __init__(self, bootstrap: str, engine: str) -> None:
        self._bootstrap, topics = bootstrap, Topics(engine)
        self._decisions, self._payments = topics["decisions"], topics["payments"]
        self._unreadable = UnreadableRanges(bootstrap)
        self._reader: PartitionReader | None = None
        self._at = -1

    def first(self, since_ms: int) -> int:
        found = offset_at(self._bootstrap, self._decisions, since_ms)
        return self._end() if found is None else found

    def read(self, offset: int, most: int, wait_s: float) -> tuple[list[DecidedRecord], int, str]:
        if self._reader is None:
            self._reader = PartitionReader(self._bootstrap, self._decisions, offset, RESTING_MS)
        elif self._at != offset:
            self._reader.seek(offset)
        try:
            found, _ = self._reader.read(most, wait_s)
        except UnreadableRecords as failure:
            end = self._unreadable.end(self._decisions, failure.offset) or offset
            return self._gone_on(end, f"they cannot be read ({failure.detail})")
        except RecordsGone as gone:
            return self._gone_on(max(offset, self._start()), f"they are no longer on the log: {gone}")
        self._at = found[-1].offset() + 1 if found else offset
        return [_record(each) for each in found], self._at, ""

    def payments(self, decisions: Sequence[Decision]) -> Mapping[Key, Tokens]:
        times = [decision.received_at for decision in decisions]
        start = offset_at(self._bootstrap, self._payments, min(times))
        if start is None:
            return {}
        wanted = {key_of(decision): decision.received_at for decision in decisions}
        ids = {key[1].encode() for key in wanted}
        appended = _until(records(self._bootstrap, self._payments, start), max(times))
        return dict(_found(appended, wanted, ids))

    def close(self) -> None:
        """Closes its clients."""
        if self._reader is not None:
            self._reader.close()
        self._unreadable.close()

    def _gone_on(self, end: int, why: str) -> tuple[list[DecidedRecord], int, str]:
        assert self._reader is not None
        self._reader.seek(end)
        self._at = end
        return [], end, why

    def _start(self) -> int:
        (start,) = start_offsets(self._bootstrap, [self._decisions]).values()
        if start == 0:
            raise Damaged(
                f"{self._decisions} ends before where the review queue has read: was the topic made again? "
                "Then delete the row of consumer `reviews` from the table inbox_offsets"
            )
        return start

    def _end(self) -> int:
        (end,) = end_offsets(self._bootstrap, [self._decisions]).values()
        return end


def _record(message: Message) -> DecidedRecord:
    return DecidedRecord(message.offset(), message.timestamp()[1], message.value() or b"")


def _until(messages: Iterable[Message], time_ms: int) -> Iterable[Message]:
    """Records up to those that were appended at a time."""
    for message in messages:
        if message.timestamp()[1] > time_ms:
            return
        yield message


def _found(
    messages: Iterable[Message], wanted: Mapping[Key, int], ids: set[bytes]
) -> Iterable[tuple[Key, Tokens]]:
    """The entities of wanted payments among records, by key. A payment's record has its id as key, or none;
    it counts only at the time that its decision names: another body under the same id is a conflict.
    """
    for message in messages:
        if message.key() is not None and message.key() not in ids:
            continue
        try:
            payment = decode_input(message.value() or b"")
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
        if isinstance(payment, Payment) and wanted.get(key_of(payment)) == message.timestamp()[1]:
            yield key_of(payment), tokens_of(payment)
