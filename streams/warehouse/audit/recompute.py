"""Recomputes from the messages of the log what the tables must hold, in Python and numpy.

Shares nothing with the sink and its SQL but the structs of the messages and the bounds of the histograms.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from operator import attrgetter
from typing import Any, Final

import msgspec
import numpy as np
from confluent_kafka import Message

from models.messages import DeadLetter, Decision
from streams.warehouse.audit.cells import LOW, AggregateCells, Array, GroupNumbers, cell_keys
from streams.warehouse.sink import LATENCY_BOUNDS, PROBABILITY_BOUNDS, SCORE_BOUNDS, bucket_numbers

# Column -> where the value is in the struct. Null texts are empty in the table; lists are compared joined.
DECISION_FIELDS: Final = (
    "sequence", "merchant_account", "payment_id", "attempt", "phase", "verdict", "probability", "score",
    "amount", "currency", "reference_amount", "method", "merchant_id", "occurred_at", "received_at",
    "engine_time", "duplicate", "decided_by", "propensity",
)  # fmt: skip
DEAD_LETTER_FIELDS: Final = (
    "topic", "partition", "offset", "received_at", "reason", "detail", "payload_bytes", "payload_sha256",
    "masked",
)  # fmt: skip
FIELDS: Final = {
    "decisions": {name: name for name in DECISION_FIELDS} | {"catalogue": "versions.catalogue"},
    "dead_letters": {name: name for name in DEAD_LETTER_FIELDS},
}
NULLABLE_TEXTS: Final = {
    "decisions": {
        "merchant_country": "merchant_country",
        "model": "versions.model",
        "ruleset": "versions.ruleset",
        "policy": "versions.policy",
        "level": "level",
    },
    "dead_letters": {"merchant_account": "merchant_account", "payment_id": "payment_id"},
}
LISTS: Final = {"decisions": ("hits", "degraded", "tags", "shadow_hits"), "dead_letters": ()}
SEPARATOR: Final = "\x1f"
decoders: dict[str, Callable[[bytes], Any]] = {
    "decisions": msgspec.json.Decoder(Decision).decode,
    "dead_letters": msgspec.json.Decoder(DeadLetter).decode,
}


def expected_rows(table: str, items: Sequence[Any], messages: Sequence[Message]) -> dict[str, list[Any]]:
    """Column by column what the table must hold for these messages, in the order of their offsets.

    Times are epoch milliseconds; a dead letter's payload is given by its SHA-256 (`payload_hash`).
    """
    appended = [message.timestamp()[1] for message in messages]
    rows: dict[str, list[Any]] = {
        "log_offset": [message.offset() for message in messages],
        "decided_at": appended,
    }
    rows |= {name: list(map(attrgetter(path), items)) for name, path in FIELDS[table].items()}
    for name, path in NULLABLE_TEXTS[table].items():
        rows[name] = [text or "" for text in map(attrgetter(path), items)]
    for name in LISTS[table]:
        rows[name] = [SEPARATOR.join(names) for names in map(attrgetter(name), items)]
    if table == "decisions":
        rows |= _authentication(items) | _trial(items)
        rows["reasons"] = [SEPARATOR.join(reason.code for reason in item.reasons) for item in items]
        rows["latency_ms"] = [
            at - received for at, received in zip(appended, rows["received_at"], strict=True)
        ]
        rows["redacted"] = [SEPARATOR.join(item.redacted) for item in items]
    else:
        rows["answered"] = [item.answered is True for item in items]
        rows["payload_hash"] = [_hash(item.payload) for item in items]
    return rows


def _authentication(decisions: Sequence[Decision]) -> dict[str, list[Any]]:
    """Column -> text, empty where a decision has no assessment."""
    paths = {"sca": "status", "sca_exemption": "exemption", "liability": "liability"}
    return {
        name: [getattr(decision.sca, path, None) or "" for decision in decisions]
        for name, path in paths.items()
    }


def _trial(decisions: Sequence[Decision]) -> dict[str, list[Any]]:
    """The results of a trial's models: texts are empty and probabilities null where there was none."""
    challengers = [decision.challenger for decision in decisions]
    champions = [getattr(challenger, "champion", None) for challenger in challengers]
    rows: dict[str, list[Any]] = {}
    for model, results in (("challenger", challengers), ("champion", champions)):
        rows[f"{model}_model"] = [getattr(result, "model", "") for result in results]
        rows[f"{model}_probability"] = [getattr(result, "probability", None) for result in results]
        rows[f"{model}_verdict"] = [getattr(result, "verdict", "") for result in results]
    return rows


def _hash(payload: bytes | None) -> str | None:
    return None if payload is None else sha256(payload).hexdigest()


def add_decisions(cells: dict[int, AggregateCells], groups: GroupNumbers, rows: dict[str, list[Any]]) -> None:
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
