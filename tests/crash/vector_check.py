"""Are the logged vectors those of the plain-Python oracle over the inputs in journalled order?

Shares no code with the engine but the contracts' types: the journal and the inputs are read by a plain
consumer, and made rows by `plain_rows`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import msgspec
import numpy as np
from confluent_kafka import Message

from features.catalogue import CATALOGUE
from models.messages.payment import Payment
from tests.crash.plain_rows import Told, attributes_of, events_of
from tests.support import oracle


@dataclass(frozen=True)
class Compared:
    """How many vectors were compared, of how many, and what differs."""

    vectors: int
    sampled: int
    differences: list[str]


def journalled(journal: Iterable[dict[str, Any]], inputs: dict[str, list[Message]]) -> Iterator[Message]:
    """The input records in the order in which the journal says they were applied.

    Raises ValueError where the journal leaves a record out, repeats one, or names one that is not there.
    """
    cursor = dict.fromkeys(inputs, 0)
    for entry in journal:
        for part in entry["ranges"]:
            topic = part["topic"]
            first = cursor[topic]
            if part.get("lost"):
                behind = inputs[topic][first:]
                cursor[topic] += sum(1 for record in behind if record.offset() < part["end"])
                continue
            records = inputs[topic][first : first + part["records"]]
            offsets = [records[0].offset(), records[-1].offset() + 1] if records else []
            if offsets != [part["start"], part["end"]]:
                raise ValueError(f"journal entry {entry['number']}: {part}, in their place lie {offsets}")
            cursor[topic] = first + part["records"]
            yield from records
    for topic, records in inputs.items():
        if cursor[topic] != len(records):
            raise ValueError(f"{len(records) - cursor[topic]} records of {topic} are in no journal entry")


def logged(messages: Iterable[Message]) -> Iterator[tuple[int, bytes]]:
    """Sequence and row of every vector on the topic."""
    for message in messages:
        vectors = msgspec.msgpack.decode(message.value())
        width = 8 * vectors["columns"]
        for row, sequence in enumerate(np.frombuffer(vectors["sequence"], "<i8").tolist()):
            yield sequence, vectors["matrix"][width * row : width * (row + 1)]


def compare_vectors(rows: list[Told], features: Iterable[Message], sample: int, seed: int) -> Compared:
    """Compares a random sample of the logged vectors with the oracle's, bit for bit."""
    found = list(logged(features))
    asked = sum(isinstance(row.message, Payment) for row in rows)
    differences = []
    if [sequence for sequence, _ in found] != list(range(1, asked + 1)):
        differences.append(f"{len(found)} vectors are logged for {asked} new payments, or out of order")
    chosen = sorted(Random(seed).sample(range(asked), min(sample, asked)))
    expected = vectors(rows, set(chosen))
    kept = [index for index in chosen if index < len(found)]
    differences += different_rows(expected[: len(kept)], [found[index][1] for index in kept])
    return Compared(len(found), len(chosen), differences)


def vectors(rows: list[Told], wanted: set[int] | None = None) -> list[list[float]]:
    """Attributes and the oracle's features of the payments among `rows`; with `wanted`, of these only."""
    payments = [row for row in rows if isinstance(row.message, Payment)]
    chosen = range(len(payments)) if wanted is None else sorted(wanted)
    features = oracle.vectors(CATALOGUE, events_of(rows), wanted)
    return [attributes_of(payments[at]) + row for at, row in zip(chosen, features, strict=True)]


def different_rows(expected: list[list[float]], found: list[bytes]) -> list[str]:
    """The rows that are not equal bit for bit, in words."""
    pairs = zip(expected, found, strict=True)
    return [
        _difference(at, wanted, row)
        for at, (wanted, row) in enumerate(pairs)
        if np.array(wanted, "<f8").tobytes() != row
    ]


def _difference(at: int, wanted: list[float], row: bytes) -> str:
    found = np.frombuffer(row, "<f8").tolist()
    pairs = list(zip(CATALOGUE.names, wanted, found, strict=True))
    unequal = [pair for pair in pairs if np.float64(pair[1]).tobytes() != np.float64(pair[2]).tobytes()]
    name, by_oracle, by_engine = unequal[0]
    return f"vector {at} of those compared, {name}: oracle {by_oracle!r}, logged {by_engine!r}"
