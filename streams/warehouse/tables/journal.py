"""The rows of table `journal`: what each batch consisted of."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from msgspec import UNSET

from models.messages import InputRange, JournalEntry
from streams.warehouse.tables.columns import Columns, appended_at, coordinates, lists, numbers, texts, times
from streams.warehouse.tables.ip_network import IpNetworks
from streams.warehouse.tables.row import Row

COUNTS = ("payments", "decisions", "duplicates", "dead_letters")
VERSIONS = ("model", "ruleset", "policy", "catalogue", "scorer", "cpu", "decision_hash", "state_hash")


def journal_columns(rows: Sequence[Row], networks: IpNetworks) -> Columns:  # noqa: ARG001 - as every table's
    """Each batch of the engine."""
    entries: list[JournalEntry] = [row.content for row in rows]
    return {
        "number": numbers((e.number for e in entries), pa.uint64()),
        "engine_time": times([e.engine_time for e in entries]),
        **{name: numbers((getattr(e, name) for e in entries), pa.uint32()) for name in COUNTS},
        "refusals": numbers((e.refusals or 0 for e in entries), pa.uint32()),
        "late": numbers((e.late or 0 for e in entries), pa.uint32()),
        "sequence": numbers((e.sequence for e in entries), pa.uint64()),
        **{name: texts(getattr(e, name) for e in entries) for name in VERSIONS},
        "challenger": texts(e.challenger or "" for e in entries),
        "degraded": lists(e.degraded for e in entries),
        "horizon_ms": numbers((e.horizon_ms for e in entries), pa.int64()),
        "keys_max": numbers((e.keys_max for e in entries), pa.uint64()),
        **_ranges([e.ranges for e in entries]),
        "skipped": lists([f"{s.topic} {s.offset}" for s in e.skipped] for e in entries),
        "withdrawn": lists(
            [f"{w.topic} {w.offset} {w.target}: {w.why}" for w in e.withdrawn or ()] for e in entries
        ),
        "signed_by": lists(_signers(e) for e in entries),
        "trust_version": numbers((_trust(e, "version") for e in entries), pa.uint32()),
        "unauthorised": numbers((_trust(e, "refused") for e in entries), pa.uint64()),
        "protocol": numbers((e.protocol or 1 for e in entries), pa.uint8()),
        "begun_again": texts(e.begun_again.detail if e.begun_again else "" for e in entries),
        "appended_at": appended_at(rows),
        **coordinates(rows),
    }


def _ranges(ranges: Sequence[tuple[InputRange, ...]]) -> Columns:
    return {
        "input_topics": lists([each.topic for each in batch] for batch in ranges),
        "input_starts": pa.array([[each.start for each in batch] for batch in ranges], pa.list_(pa.uint64())),
        "input_ends": pa.array([[each.end for each in batch] for batch in ranges], pa.list_(pa.uint64())),
        "input_records": pa.array(
            [[each.records for each in batch] for batch in ranges], pa.list_(pa.uint32())
        ),
        "lost": lists(
            [
                f"{each.topic} {each.start}-{each.end} {each.lost.reason}: {each.lost.detail}"
                for each in batch
                if each.lost is not UNSET
            ]
            for batch in ranges
        ),
    }


def _signers(entry: JournalEntry) -> list[str]:
    """Each key once, in the order in which they signed."""
    return list(dict.fromkeys(key for signed in entry.signed or () for key in signed.signers))


def _trust(entry: JournalEntry, name: str) -> Any:
    return None if entry.trust is UNSET else getattr(entry.trust, name)
