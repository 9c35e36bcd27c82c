"""The `controls` topic of an engine: changes of judgement put on the log, and read back from it.

Invariant: what is published together is on the log together, in one transaction: all of it or nothing.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec
from tenacity import Retrying, stop_after_delay, wait_fixed

from models.messages import Change, Control, encode
from streams.errors import Fenced, Outage
from streams.kafka import (
    OutgoingMessage,
    Topics,
    TransactionalProducer,
    check_there,
    cloudevents,
    records,
    transaction_settings,
)

SETTLE_S = 10.0
"""Right after a commit its markers may not be on the topic yet."""
ABANDONED_MS = 10_000
"""After this long the broker gives up on a publisher that died halfway: until then the engine reads
no further control.
"""

_decode = msgspec.json.Decoder(Control).decode


@dataclass(frozen=True)
class LoggedControl:
    """A control and its place in the log."""

    offset: int
    appended_at: int
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

    One publisher an engine: a second one that starts meanwhile takes over, and the first fails. Raises
    `Misconfigured` where there is no such engine.
    """
    topic = Topics(engine)["controls"]
    check_there(bootstrap, topic)
    messages = [
        OutgoingMessage(
            topic, encode(control), control.id, cloudevents.headers(engine, "control", control.id)
        )
        for control in controls
    ]
    settings = transaction_settings(bootstrap, f"{engine}-controls", ABANDONED_MS)
    try:
        producer = TransactionalProducer(settings, "publisher", attempts=1, patience_s=0)
        return producer.commit(messages, reported=len(messages))
    except (Fenced, Outage) as failure:
        raise Outage(
            f"{topic}: nothing was published ({failure}). Another publisher may have been at work: try again"
        ) from failure


def logged(bootstrap: str, engine: str, start: int = 0) -> Iterator[LoggedControl]:
    """The controls on an engine's `controls` topic, in the order they act."""
    for record in records(bootstrap, Topics(engine)["controls"], start):
        try:
            control = _decode(record.value() or b"")
        except msgspec.DecodeError:
            continue  # input topics hold messages of any type; the engine has answered unreadable ones
        yield LoggedControl(record.offset(), record.timestamp()[1], control)


def read_back(bootstrap: str, engine: str, offset: int) -> LoggedControl:
    """The control at this offset, as every reader sees it. Raises `Outage` where it is not there."""
    for attempt in Retrying(stop=stop_after_delay(SETTLE_S), wait=wait_fixed(0.1), reraise=True):
        with attempt:
            found = next(logged(bootstrap, engine, offset), None)
            if found is None or found.offset != offset:
                raise Outage(f"{Topics(engine)['controls']} does not show offset {offset}: look again later")
    assert found is not None
    return found
