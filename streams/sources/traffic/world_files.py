"""A world as files: payments (map `world`), their labels as they become known, and the truth apart.

Invariants: each file is whole under its own name (written beside and renamed), in order of time, and the same
for the same parameters. Labels are as known if every payment was approved: a payment may have several, each
from when it was known; nothing in a row was known later than its `known_at`. One day is in memory.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from models.arrays import Bools, Int64s
from models.messages import LabelValue, Payment
from models.units import DAY_MS, HOUR_MS
from simulation.aftermath import NEVER, DisputeClaim, PotentialOutcomes
from simulation.payments import PaymentColumns, Scenario
from simulation.world import World
from storage import ParquetFile

SILENCE_DAYS: Final = 30
"""A captured payment of which nothing was heard for so long counts as legitimate, until something is."""

PAYMENTS: Final = pa.schema([
    ("payment_id", pa.string()), ("merchant_account", pa.string()), ("occurred_at", pa.int64()),
    ("amount", pa.int64()), ("currency", pa.string()), ("method", pa.string()), ("method_token", pa.string()),
    ("bin", pa.string()), ("issuer_country", pa.string()), ("merchant_id", pa.string()), ("mcc", pa.string()),
    ("merchant_country", pa.string()), ("customer_id", pa.string()), ("customer_created_at", pa.int64()),
    ("device_id", pa.string()), ("ip", pa.string()), ("email_token", pa.string()),
    ("delivery_address_token", pa.string()), ("channel", pa.string()),
])  # fmt: skip
LABELS: Final = pa.schema([("payment_id", pa.string()), ("label", pa.string()), ("known_at", pa.int64())])
TRUTH: Final = pa.schema([
    ("payment_id", pa.string()), ("scenario", pa.string()), ("fraud", pa.bool_()), ("friendly", pa.bool_()),
    ("declined", pa.bool_()), ("reported", pa.bool_()), ("probability", pa.float64()),
])  # fmt: skip


@dataclass
class WorldFileCounts:
    """What was written."""

    payments: int = 0
    frauds: int = 0
    labels: int = 0
    fraud_labels: int = 0


def write_world(
    world: World,
    payments: Path,
    labels: Path | None = None,
    truth: Path | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> WorldFileCounts:
    """Writes all days of a world; `progress` is called with the days done. Raises `OSError`."""
    written = WorldFileCounts()
    with ExitStack() as stack:
        files = [stack.enter_context(ParquetFile(path, schema)) if path else None
                 for path, schema in ((payments, PAYMENTS), (labels, LABELS), (truth, TRUTH))]  # fmt: skip
        for day in range(world.days):
            paid = world.columns(day)
            made, done = world.spelled(paid), world.potential_outcomes(paid)
            tables = (payment_rows(made), label_rows(made, paid, done), truth_rows(made, done))
            for file, table in zip(files, tables, strict=True):
                if file is not None:
                    file.write(table)
            _count(written, tables[1], paid)
            progress(day + 1)
    return written


def payment_rows(made: list[Payment]) -> pa.RecordBatch:
    """Payments as a table's rows."""
    columns = [
        [p.payment_id for p in made], [p.merchant_account for p in made], [p.occurred_at for p in made],
        [p.amount for p in made], [p.currency for p in made], [p.method.kind.value for p in made],
        [p.method.token for p in made], [p.method.bin for p in made], [p.method.country for p in made],
        [p.merchant.id for p in made], [p.merchant.mcc for p in made], [p.merchant.country for p in made],
        [p.customer and p.customer.id for p in made], [p.customer and p.customer.created_at for p in made],
        [p.device_id for p in made], [p.ip for p in made], [p.email_token for p in made],
        [p.delivery_address_token for p in made], [p.channel.value for p in made],
    ]  # fmt: skip
    return _batch(columns, PAYMENTS)


def label_rows(made: list[Payment], paid: PaymentColumns, done: PotentialOutcomes) -> pa.RecordBatch:
    """Labels of these payments, each payment's in the order in which they become known."""
    rows, words, known = (list(column) for column in zip(*_labels(paid, done), strict=True))
    row = np.concatenate(rows)
    value = np.repeat(words, [len(some) for some in rows])
    at = np.concatenate(known)
    order = np.lexsort((at, row))
    ids = [made[number].payment_id for number in row[order].tolist()]
    return _batch([ids, value[order].tolist(), at[order].tolist()], LABELS)


def truth_rows(made: list[Payment], done: PotentialOutcomes) -> pa.RecordBatch:
    """The truth of these payments; for judging models, never for training them."""
    names = [Scenario(code).name.lower() for code in done.scenario.tolist()]
    return _batch([
        [p.payment_id for p in made], names, done.fraud, done.friendly, done.group >= 0,
        done.claim == DisputeClaim.FRAUD, done.probability,
    ], TRUTH)  # fmt: skip


def _labels(paid: PaymentColumns, done: PotentialOutcomes) -> Iterator[tuple[Int64s, str, Int64s]]:
    """(rows, label, when known). Only captured payments become legitimate by silence."""
    captured = (done.group < 0) & (done.captured_at != NEVER)
    heard = captured & (done.known_at != NEVER)
    fraud = heard & (done.claim == DisputeClaim.FRAUD)
    friendly = heard & (done.claim > DisputeClaim.FRAUD)
    refunded = captured & (done.refunded_at != NEVER)
    silent_at = done.captured_at + SILENCE_DAYS * DAY_MS
    silent = captured & ~(heard & (done.known_at <= silent_at))
    silent &= ~(refunded & (done.refunded_at <= silent_at))
    closed_at = np.where(captured, done.refunded_at, paid.occurred_at + 2 * HOUR_MS)
    for which, word, at in (
        (fraud, LabelValue.FRAUD, done.known_at),
        (friendly, LabelValue.FRIENDLY, done.known_at),
        (silent, LabelValue.LEGITIMATE, silent_at),
        ((~captured | refunded) & ~heard, LabelValue.UNKNOWN, closed_at),
    ):
        yield np.flatnonzero(which), word.value, at[which]


def _count(written: WorldFileCounts, labels: pa.RecordBatch, paid: PaymentColumns) -> None:
    frauds: Bools = paid.fraud
    written.payments += len(paid)
    written.frauds += int(frauds.sum())
    written.labels += labels.num_rows
    written.fraud_labels += labels.column("label").to_pylist().count(LabelValue.FRAUD.value)


def _batch(columns: list[Any], schema: pa.Schema) -> pa.RecordBatch:
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
