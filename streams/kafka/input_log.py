"""Where on an engine's inputs a message of some type acts: what our own readers of those topics go by.

Invariant: the same answer as the engine's. A topic carries its own type, and a history every type. Batches
that were decided before topics had types (`models.messages.journal`) took any type from any topic: the
journal says up to where.
"""

import heapq
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec
from confluent_kafka import Message

from streams.kafka.admin import TIMEOUT_S, end_offsets
from streams.kafka.foreign_records import readable
from streams.kafka.reach import reach
from streams.kafka.records import records
from streams.kafka.topics import HISTORY, Topics, carried_types

TYPED: Final = 2
"""The first protocol under which a topic carries its own type."""


class _Range(msgspec.Struct):
    topic: str
    start: int


class _Entry(msgspec.Struct):
    """What is needed of a journal entry."""

    positions: dict[str, int] = {}
    ranges: list[_Range] = []
    protocol: int = 1


_decode = msgspec.json.Decoder(_Entry).decode


@dataclass(frozen=True)
class InputLog:
    """The inputs of one engine."""

    bootstrap: str
    engine: str
    topics: tuple[str, ...]
    """Those of messages, in the order in which records of one time come; the history last, where there is
    one.
    """
    mixed_until: Mapping[str, int] = field(default_factory=dict)
    """Offset by topic before which any type acted."""

    def acts(self, topic: str, offset: int, kind: str) -> bool:
        """Whether the engine takes a message of this type from this place."""
        return kind in carried_types(topic) or offset < self.mixed_until.get(topic, 0)

    def takes(self, record: Message, message: msgspec.Struct) -> bool:
        """Whether the engine takes this message, which `record` holds, from where it lies."""
        return self.acts(record.topic(), record.offset(), str(message.__struct_config__.tag))

    def records(self, *kinds: str) -> Iterator[Message]:
        """The records among which messages of these types act, by append time; others lie between them on a
        topic that carries several.
        """
        parts = (self._records(topic, kinds) for topic in self.topics)
        return heapq.merge(*parts, key=lambda record: record.timestamp()[1])

    def _records(self, topic: str, kinds: Collection[str]) -> Iterator[Message]:
        carries_any = not set(kinds).isdisjoint(carried_types(topic))
        end = None if carries_any else self.mixed_until.get(topic, 0)
        if end != 0:
            yield from records(self.bootstrap, topic, end=end)


def input_log(bootstrap: str, engine: str) -> InputLog:
    """The inputs of an engine as they are now. Raises as `reach`."""
    topics = Topics(engine)
    present = reach(bootstrap, TIMEOUT_S).topics
    read = topics.read_by(topics[HISTORY] in present)
    names = tuple(name for name in read if name != topics["artefacts"])
    decides = topics["journal"] in present
    return InputLog(bootstrap, engine, names, _mixed_until(bootstrap, topics, names) if decides else {})


def _mixed_until(bootstrap: str, topics: Topics, names: tuple[str, ...]) -> dict[str, int]:
    """Nothing for an engine whose topics have always had types; else found by halving the journal."""
    journal = topics["journal"]
    first = _entry(bootstrap, journal, 0)
    if first is None or first[1].protocol >= TYPED:
        return {}
    low, (high,) = first[0], end_offsets(bootstrap, [journal]).values()
    typed: _Entry | None = None
    while high - low > 1:
        middle = (low + high) // 2
        found = _entry(bootstrap, journal, middle)
        if found is not None and found[1].protocol < TYPED:
            low = found[0]
        else:
            high, typed = middle, found[1] if found is not None else typed
    return end_offsets(bootstrap, list(names)) if typed is None else _before(typed)


def _before(entry: _Entry) -> dict[str, int]:
    """Where an entry's inputs stood before it."""
    places = dict(entry.positions)
    for part in reversed(entry.ranges):
        places[part.topic] = part.start
    return places


def _entry(bootstrap: str, journal: str, offset: int) -> tuple[int, _Entry] | None:
    """The first entry at or after an offset, with its place."""
    for record, entry in readable(records(bootstrap, journal, offset), _decode):
        return record.offset(), entry
    return None
