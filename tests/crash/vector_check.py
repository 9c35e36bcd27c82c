"""Are the logged vectors those of the plain-Python oracle over the inputs in journalled order?

Shares no code with the engine: the journal and the inputs are read by a plain consumer, engine time and the
conversion to euros are written down here a second time, in the plainest way, from their documented rules.
"""

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import numpy as np
import xxhash
from confluent_kafka import Message

from features.catalogue import CATALOGUE

sys.path.insert(0, str(Path(__file__).parent.parent / "features"))
import oracle

DATA = Path(__file__).parents[2] / "models" / "data"
AHEAD_MS = 5_000
HASH_SEED = int.from_bytes(b"tollgate", "big")


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
            records = inputs[topic][first : first + part["records"]]
            offsets = [records[0].offset(), records[-1].offset() + 1] if records else []
            if offsets != [part["start"], part["end"]]:
                raise ValueError(f"journal entry {entry['number']}: {part}, in their place lie {offsets}")
            cursor[topic] = first + part["records"]
            yield from records
    for topic, records in inputs.items():
        if cursor[topic] != len(records):
            raise ValueError(f"{len(records) - cursor[topic]} records of {topic} are in no journal entry")


def attempts(records: Iterable[Message], refused: set[tuple[str, int]]) -> Iterator[oracle.Attempt]:
    """What the oracle is asked: each new payment at its engine time. `refused`: coordinates to skip."""
    time = 0
    decided: set[tuple[object, ...]] = set()
    seen: set[tuple[object, ...]] = set()
    for record in records:
        if (record.topic(), record.offset()) in refused:
            continue
        body = json.loads(record.value())
        latest = record.timestamp()[1] + AHEAD_MS
        if body["type"] in ("label", "outcome"):
            time = max(time, min(body["known_at" if body["type"] == "label" else "at"], latest))
        if body["type"] != "payment":
            continue
        attempt = (body["merchant_account"], body["payment_id"], body.get("attempt", 1))
        request = (*attempt, body.get("phase", "pre_auth"))
        if request in decided:
            continue
        time = max(time, min(body["occurred_at"], latest))
        yield oracle.Attempt(
            time, euro_cents(body["amount"], body["currency"], time), entities(body), attempt not in seen
        )
        decided.add(request)
        seen.add(attempt)


def entities(body: dict[str, Any]) -> dict[str, int]:
    """Hashes of a payment's tokens by the names of the catalogue; absent ones are left out."""
    tokens = {
        "card": body["method"]["token"],
        "customer": (body.get("customer") or {}).get("id"),
        "device": body.get("device_id"),
        "ip": body.get("ip"),
        "merchant": body["merchant"]["id"],
    }
    return {
        name: xxhash.xxh3_64_intdigest(token.encode(), HASH_SEED) or 1
        for name, token in tokens.items()
        if token is not None
    }


def _table(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


EXPONENTS = {
    row["AlphabeticCode"]: int(row["MinorUnit"])
    for row in _table("iso4217.csv")
    if row["MinorUnit"].isdigit()
}
RATES = sorted(_table("fx_sample.csv"), key=lambda row: row["Date"])


@lru_cache(maxsize=1_000)
def cents_a_unit(currency: str, day: str) -> Fraction:
    """EUR cents of one minor unit by the last rate not after `day`, or the first one; 0 without a rate."""
    if currency == "EUR":
        return Fraction(1)
    quoted = [row for row in RATES if row.get(currency)]
    if not quoted:
        return Fraction(0)
    rate = Fraction(([row for row in quoted if row["Date"] <= day] or quoted[:1])[-1][currency])
    return Fraction(100, 10 ** EXPONENTS[currency]) / rate


def euro_cents(amount: int, currency: str, at_ms: int) -> int:
    """Half a cent is rounded away from zero."""
    day = datetime.fromtimestamp(at_ms // 1000, UTC).date().isoformat()
    return int(amount * cents_a_unit(currency, day) + Fraction(1, 2))


def logged(messages: Iterable[Message]) -> Iterator[tuple[int, bytes]]:
    """Sequence and row of every vector on the topic."""
    for message in messages:
        vectors = msgspec.msgpack.decode(message.value())
        width = 8 * vectors["columns"]
        for row, sequence in enumerate(np.frombuffer(vectors["sequence"], "<i8").tolist()):
            yield sequence, vectors["matrix"][width * row : width * (row + 1)]


def compare_vectors(
    asked: list[oracle.Attempt], features: Iterable[Message], sample: int, seed: int
) -> Compared:
    """Compares a random sample of the logged vectors with the oracle's, bit for bit."""
    rows = list(logged(features))
    differences = []
    if [sequence for sequence, _ in rows] != list(range(1, len(asked) + 1)):
        differences.append(f"{len(rows)} vectors are logged for {len(asked)} new payments, or out of order")
    chosen = sorted(Random(seed).sample(range(len(asked)), min(sample, len(asked))))
    expected = oracle.vectors(CATALOGUE, asked, set(chosen))
    kept = [index for index in chosen if index < len(rows)]
    differences += different_rows(expected[: len(kept)], [rows[index][1] for index in kept])
    return Compared(len(rows), len(chosen), differences)


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
