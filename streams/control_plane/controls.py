"""The `controls` topic of an engine: changes of judgement put on the log, and read back from it.

Invariant: what is published together lies on the log together, in one transaction: all of it or nothing.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import msgspec
from confluent_kafka import KafkaException, Message, Producer
from tenacity import Retrying, stop_after_delay, wait_fixed

from models.messages import Change, Control, encode
from streams.errors import Outage
from streams.kafka import Topics, check_there, cloudevents, records

TIMEOUT_S = 30.0
SETTLE_S = 10.0
"""Right after a commit its markers may not stand on the topic yet."""
ABANDONED_MS = 10_000
"""After this long the broker gives up on a publisher that died halfway: until then the engine's view of
`controls` stands still.
"""
IN_FLIGHT_MAX = 50_000
"""Records handed to the client before it is waited for; its queue holds 100,000."""

_decode = msgspec.json.Decoder(Control).decode


@dataclass(frozen=True)
class Logged:
    """A control at its place in the log; `at` is the append time (ms)."""

    offset: int
    at: int
    control: Control


def publish(bootstrap: str, engine: str, changes: Iterable[Change], author: str, reason: str) -> list[int]:
    """Publishes changes as controls, all in one transaction; their offsets. Raises `Outage`."""
    now = int(time.time() * 1000)
    return publish_controls(
        bootstrap,
        engine,
        [
            Control(id=f"{now}-{number}", issued_at=now, author=author, change=change, reason=reason)
            for number, change in enumerate(changes)
        ],
    )


def publish_controls(bootstrap: str, engine: str, controls: Sequence[Control]) -> list[int]:
    """Puts controls on the log, all in one transaction; their offsets. Raises `Outage`: none is there then.

    One publisher an engine: a second one that starts meanwhile takes over, and the first is told. Raises
    `Misconfigured` where there is no such engine.
    """
    check_there(bootstrap, Topics(engine)["controls"])
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "transactional.id": f"{engine}-controls",
            "transaction.timeout.ms": ABANDONED_MS,
            "log_level": 3,
        }
    )
    try:
        producer.init_transactions(TIMEOUT_S)
        producer.begin_transaction()
        offsets = _produced(producer, engine, controls)
        producer.commit_transaction(TIMEOUT_S)
    except KafkaException as failure:
        raise Outage(
            f"{Topics(engine)['controls']}: nothing was published ({failure.args[0].str()}). Another "
            "publisher may have been at work: try again"
        ) from failure
    return offsets


def _produced(producer: Producer, engine: str, controls: Sequence[Control]) -> list[int]:
    topic, offsets = Topics(engine)["controls"], dict.fromkeys(range(len(controls)), -1)

    for number, control in enumerate(controls):
        producer.produce(
            topic,
            encode(control),
            control.id,
            headers=cloudevents.headers(engine, "control", control.id),
            on_delivery=partial(_delivered, offsets, number),
        )
        if number % IN_FLIGHT_MAX == IN_FLIGHT_MAX - 1:
            producer.flush(TIMEOUT_S)
    producer.flush(TIMEOUT_S)
    return list(offsets.values())


def _delivered(offsets: dict[int, int], number: int, error: object, message: Message) -> None:
    """A record that could not be delivered fails the commit; nothing is to be done here."""
    if error is None:
        offsets[number] = message.offset()


def logged(bootstrap: str, engine: str, start: int = 0) -> Iterator[Logged]:
    """The controls on an engine's `controls` topic, in the order they act."""
    for record in records(bootstrap, Topics(engine)["controls"], start):
        try:
            control = _decode(record.value() or b"")
        except msgspec.DecodeError:
            continue  # any type may lie on any input topic; the engine has answered what cannot be read
        yield Logged(record.offset(), record.timestamp()[1], control)


def read_back(bootstrap: str, engine: str, offset: int) -> Logged:
    """The control at this offset, as every reader sees it. Raises `Outage` where it is not there."""
    for attempt in Retrying(stop=stop_after_delay(SETTLE_S), wait=wait_fixed(0.1), reraise=True):
        with attempt:
            found = next(logged(bootstrap, engine, offset), None)
            if found is None or found.offset != offset:
                raise Outage(f"{Topics(engine)['controls']} does not show offset {offset}: look again later")
    assert found is not None
    return found
