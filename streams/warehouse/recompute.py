"""Recomputes from the messages of the log what the tables must hold: in Python and numpy, sharing nothing with
the sink and its SQL but the structs of the messages and the bounds of the histograms.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

import msgspec
import numpy as np
from confluent_kafka import Message

from models.dead_letter import DeadLetter
from models.decision import Decision
from streams.warehouse.cells import LOW, Array, Cells, Groups, cell_keys
from streams.warehouse.histograms import LATENCY_BOUNDS, PROBABILITY_BOUNDS, SCORE_BOUNDS, bucket_numbers

Getter = Callable[[Any, Message], Any]

# Times are compared as epoch milliseconds, lists as their elements joined by a character no name has.
DECISION_COLUMNS: dict[str, Getter] = {
    "sequence": lambda d, m: d.sequence,
    "merchant_account": lambda d, m: d.merchant_account,
    "payment_id": lambda d, m: d.payment_id,
    "attempt": lambda d, m: d.attempt,
    "phase": lambda d, m: d.phase.value,
    "verdict": lambda d, m: d.verdict.value,
    "probability": lambda d, m: d.probability,
    "score": lambda d, m: d.score,
    "hits": lambda d, m: "\x1f".join(d.hits),
    "amount": lambda d, m: d.amount,
    "currency": lambda d, m: d.currency,
    "reference_amount": lambda d, m: d.reference_amount,
    "method": lambda d, m: d.method.value,
    "merchant_id": lambda d, m: d.merchant_id,
    "merchant_country": lambda d, m: d.merchant_country or "",
    "occurred_at": lambda d, m: d.occurred_at,
    "received_at": lambda d, m: d.received_at,
    "engine_time": lambda d, m: d.engine_time,
    "decided_at": lambda d, m: m.timestamp()[1],
    "latency_ms": lambda d, m: m.timestamp()[1] - d.received_at,
    "model": lambda d, m: d.versions.model or "",
    "ruleset": lambda d, m: d.versions.ruleset or "",
    "policy": lambda d, m: d.versions.policy or "",
    "catalogue": lambda d, m: d.versions.catalogue,
    "duplicate": lambda d, m: d.duplicate,
    "degraded": lambda d, m: "\x1f".join(d.degraded),
}

DEAD_LETTER_COLUMNS: dict[str, Getter] = {
    "topic": lambda d, m: d.topic,
    "partition": lambda d, m: d.partition,
    "offset": lambda d, m: d.offset,
    "received_at": lambda d, m: d.received_at,
    "decided_at": lambda d, m: m.timestamp()[1],
    "reason": lambda d, m: d.reason.value,
    "detail": lambda d, m: d.detail,
    "payload_bytes": lambda d, m: d.payload_bytes,
    "payload_sha256": lambda d, m: d.payload_sha256,
    "payload_hash": lambda d, m: None if d.payload is None else sha256(d.payload).hexdigest(),
    "masked": lambda d, m: d.masked,
}
decoders: dict[str, Callable[[bytes], Any]] = {
    "decisions": msgspec.json.Decoder(Decision).decode,
    "dead_letters": msgspec.json.Decoder(DeadLetter).decode,
}
COLUMNS = {"decisions": DECISION_COLUMNS, "dead_letters": DEAD_LETTER_COLUMNS}


def expected_rows(table: str, items: Sequence[Any], messages: Sequence[Message]) -> dict[str, list[Any]]:
    """Column by column what the table must hold for these messages, in the order of their offsets."""
    pairs = list(zip(items, messages, strict=True))
    columns = {
        name: [value(item, message) for item, message in pairs] for name, value in COLUMNS[table].items()
    }
    return {"log_offset": [message.offset() for message in messages], **columns}


def add_decisions(cells: dict[int, Cells], groups: Groups, rows: dict[str, list[Any]]) -> None:
    """Adds rows of decisions to the cells of each grain (its length in ms)."""
    engine_time = np.array(rows["engine_time"], np.int64)
    duplicate = np.array(rows["duplicate"], bool)
    named = zip(rows["verdict"], rows["merchant_country"], rows["model"], rows["currency"], strict=True)
    group = np.array([groups.number(names) for names in named], np.int64)
    measures = _measures(rows, duplicate)
    buckets = _buckets(rows)
    ones = np.ones(int((~duplicate).sum()), np.int64)
    for length_ms, sums in cells.items():
        keys = cell_keys(engine_time // length_ms, group)
        sums.add(keys, measures)
        for histogram, places in buckets.items():
            sums.add_counts(keys[~duplicate], places[~duplicate], histogram, ones)


def _measures(rows: dict[str, list[Any]], duplicate: Array) -> Array:
    amount = np.where(duplicate, 0, np.array(rows["amount"], np.int64))
    reference = np.where(duplicate, 0, np.array(rows["reference_amount"], np.int64))
    columns = [~duplicate, duplicate, amount >> 32, amount & LOW, reference >> 32, reference & LOW]
    return np.stack([column.astype(np.int64) for column in columns], axis=1)


def _buckets(rows: dict[str, list[Any]]) -> dict[str, Array]:
    """Places in the bounds; what was not scored comes after the last bucket."""
    probability = np.array(rows["probability"], np.float64)
    millionths = np.rint(np.nan_to_num(probability) * 1e6).astype(np.int64)
    scored = bucket_numbers(millionths, PROBABILITY_BOUNDS)
    return {
        "score_histogram": bucket_numbers(np.array(rows["score"], np.int64), SCORE_BOUNDS),
        "probability_histogram": np.where(np.isnan(probability), len(PROBABILITY_BOUNDS), scored),
        "latency_histogram": bucket_numbers(np.array(rows["latency_ms"], np.int64), LATENCY_BOUNDS),
    }
