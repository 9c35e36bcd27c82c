"""The online store follows the log: every vector finds its payment, in bounded memory, after any restart."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from confluent_kafka import Producer
from hypothesis import given
from hypothesis import strategies as st

from models.messages.codec import encode
from models.messages.payment import Payment
from models.messages.vectors import Vectors
from streams.errors import Misconfigured
from streams.feast.definitions import AS_OF
from streams.feast.matching import WaitingPayments, key_of
from streams.feast.online import OnlineWriter, read
from streams.feast.repository import Repository
from streams.feast.serving import OnlineStream
from streams.kafka.admin import ensure_topics
from tests.streams.feast_rows import NOW, SMALL, need_feast, payment
from tests.support.unreadable_records import send_unreadable

need_feast()

COUNT = "card_payment_count_1h"
pack = msgspec.msgpack.Encoder().encode


@given(
    decided=st.lists(st.booleans(), max_size=60),
    limit=st.integers(2, 20),
    lag=st.integers(1, 12),
)
def test_every_decided_payment_is_found_in_bounded_memory(decided: list[bool], limit: int, lag: int) -> None:
    """Payments are read up to `lag` ahead of their vectors; some never get one."""
    waiting = WaitingPayments(limit=limit)
    payments = [payment(number, 1) for number in range(len(decided))]
    read_to = 0
    for number in [number for number, yes in enumerate(decided) if yes]:
        while (found := waiting.take(key_of(payments[number]))) is None:
            assert read_to < len(payments), "the payment was forgotten"
            if waiting.is_full:
                waiting.give_way()
            waiting.add(read_to, payments[read_to])
            read_to += 1
        assert found is payments[number]
        assert waiting.position == number + 1
        while read_to < min(number + lag, len(payments)) and not waiting.is_full:
            waiting.add(read_to, payments[read_to])
            read_to += 1
        assert len(waiting) <= limit
        assert len(waiting._payments) <= len(waiting)


def test_of_a_repeated_payment_the_first_counts() -> None:
    waiting = WaitingPayments()
    first, again = payment(1, 1), payment(1, 2)
    waiting.add(0, first)
    waiting.add(1, payment(2, 1))
    waiting.add(2, again)
    assert waiting.take(key_of(first)) is first
    assert waiting.take(key_of(payment(2, 1))) is not None
    assert waiting.position == 2


def vectors(
    payments: Iterable[Payment], first: int, value: float, schema_hash: str = SMALL.schema_hash
) -> bytes:
    """A message as the engine logs it: every feature of every payment is `value`."""
    rows = list(payments)
    count, columns = len(rows), len(SMALL.names)
    return pack(
        Vectors(
            "e", schema_hash, count, columns, np.arange(first, first + count, dtype="<i8").tobytes(),
            np.arange(NOW + first, NOW + first + count, dtype="<i8").tobytes(),
            [p.merchant_account for p in rows], [p.payment_id for p in rows],
            np.array([p.attempt for p in rows], np.uint8).tobytes(), [p.phase.value for p in rows],
            np.full((count, columns), value, "<f8").tobytes(),
        )
    )  # fmt: skip


class Log:
    """An engine's topics, written by hand."""

    def __init__(self, bootstrap: str, engine: str) -> None:
        ensure_topics(bootstrap, engine)
        self.bootstrap, self.engine = bootstrap, engine
        self._producer = Producer({"bootstrap.servers": bootstrap})

    def pay(self, *payments: Payment | bytes) -> None:
        for one in payments:
            value = one if isinstance(one, bytes) else encode(one)
            self._producer.produce(f"{self.engine}.payments", value, partition=0)
        self._producer.flush(30)

    def log(self, *messages: bytes) -> None:
        for message in messages:
            self._producer.produce(f"{self.engine}.features", message, partition=0)
        self._producer.flush(30)

    def stream(self, store: Any, **options: Any) -> OnlineStream:
        return OnlineStream(self.bootstrap, self.engine, SMALL, {}, OnlineWriter(store, SMALL), **options)


def until(stream: OnlineStream, done: Callable[[], bool]) -> None:
    """Steps until `done`, then writes and leaves."""
    steps = iter(range(300))
    stream.run(lambda: done() or next(steps, None) is None)
    assert done()


@pytest.fixture
def store(tmp_path: Path) -> Any:
    return Repository(tmp_path / "feast").apply(SMALL, {"all": SMALL.names})


def online(store: Any, *cards: int) -> tuple[list[Any], list[Any]]:
    found = read(store, "card", [COUNT, AS_OF], {"card": [f"card_{card}" for card in cards]})
    return found[COUNT], found[AS_OF]


@pytest.mark.kafka
def test_vectors_reach_the_store_with_their_payments_keys(kafka: str, store: Any) -> None:
    log = Log(kafka, "feast-plain")
    payments = [payment(number, number % 3) for number in range(9)]
    log.pay(b"not json", *payments[:5], payments[0], *payments[5:])
    log.log(vectors(payments[:4], 0, 1.0), vectors(payments[4:], 4, 2.0))
    stream = log.stream(store)
    until(stream, lambda: stream._matched.rows + stream.served.vectors == 9)
    assert online(store, 0, 1, 2, 3) == ([2.0, 2.0, 2.0, None], [NOW + 6, NOW + 7, NOW + 8, None])
    assert (stream.served.vectors, stream.served.unmatched, stream.served.foreign) == (9, 0, 0)


@pytest.mark.kafka
def test_it_goes_on_where_it_stopped_and_what_is_read_again_changes_nothing(kafka: str, store: Any) -> None:
    log = Log(kafka, "feast-again")
    payments = [payment(number, 1) for number in range(6)]
    log.pay(*payments)
    log.log(vectors(payments[:2], 0, 1.0))
    first = log.stream(store)
    until(first, lambda: first._matched.rows + first.served.vectors == 2)
    log.log(vectors(payments[2:4], 2, 2.0))
    killed = log.stream(store)
    while not killed._matched.batches:
        killed._read()
        killed._match()
    # In the store, but not committed: as if it was killed between the two.
    killed._writer.write(killed._matched.batches)
    killed._consumer.close()
    assert online(store, 1) == ([2.0], [NOW + 3])
    log.log(vectors(payments[4:], 4, 3.0))
    third = log.stream(store)
    until(third, lambda: third._matched.rows + third.served.vectors == 4)
    assert online(store, 1) == ([3.0], [NOW + 5])
    assert third.served.unmatched == 0


@pytest.mark.kafka
def test_payments_that_are_gone_and_other_catalogues_are_counted_and_stop_nothing(
    kafka: str, store: Any
) -> None:
    log = Log(kafka, "feast-odd")
    payments = [payment(number, number) for number in range(4)]
    log.pay(*payments[1:])
    log.log(
        vectors(payments[:2], 0, 1.0),
        vectors(payments[2:3], 2, 1.0, schema_hash="another"),
        vectors(payments[3:], 3, 1.0),
    )
    stream = log.stream(store)
    until(stream, lambda: stream._matched.rows + stream.served.vectors == 2)
    assert online(store, 0, 1, 2, 3)[0] == [None, 1.0, None, 1.0]
    assert (stream.served.unmatched, stream.served.foreign) == (1, 1)


@pytest.mark.kafka
def test_what_cannot_be_read_stops_nothing(kafka: str, store: Any) -> None:
    log = Log(kafka, "feast-unreadable")
    payments = [payment(number, number) for number in range(2)]
    log.pay(payments[0])
    log.log(vectors(payments[:1], 0, 1.0))
    for role in ("payments", "features"):
        send_unreadable(kafka, f"feast-unreadable.{role}")
    log.log(b"somebody else's line")
    log.pay(payments[1])
    log.log(vectors(payments[1:], 1, 2.0))
    stream = log.stream(store)
    until(stream, lambda: stream._matched.rows + stream.served.vectors == 2)
    assert online(store, 0, 1)[0] == [1.0, 2.0]
    assert stream._passing.left_out.count == 2
    assert stream._others.count == 1


@pytest.mark.kafka
def test_an_engine_far_behind_holds_few_payments_in_memory(kafka: str, store: Any) -> None:
    log = Log(kafka, "feast-behind")
    payments = [payment(number, number % 5) for number in range(400)]
    log.pay(*payments)
    stream = log.stream(store, waiting_max=20)
    for _ in range(3):
        stream.step()
    # librdkafka hands out what it had fetched before a pause; beyond that nothing more is taken.
    held = len(stream._waiting)
    stream.step()
    assert len(stream._waiting) == held
    log.log(*(vectors(payments[at : at + 40], at, float(at)) for at in range(0, 400, 40)))
    until(stream, lambda: stream._matched.rows + stream.served.vectors == 400)
    assert stream.served.unmatched == 0
    assert online(store, 4) == ([360.0], [NOW + 399])


@pytest.mark.kafka
def test_an_engine_that_is_not_there_is_said(kafka: str, store: Any) -> None:
    with pytest.raises(Misconfigured, match=r"there is no topic feast-nobody\.features"):
        OnlineStream(kafka, "feast-nobody", SMALL, {}, OnlineWriter(store, SMALL))
