"""Rows of a report from an engine's own topics: for an installation without a warehouse, and for what the log
still holds (35 days of decisions, where retention was not changed). What it no longer holds is said.

Invariants
- Labels and outcomes are taken from where the engine takes them (`streams.kafka.InputLog`).
- Nothing that was appended after the report's moment is used; of a historical engine, whose log was written
  long after the payments, event times alone count (`models.decided_payments` looks at them in any case).
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec
from confluent_kafka import Message

from dashboards.report_rows.rows import DISPUTE_DAYS, ReportRowsRead
from models.decided_payments import card_activity, decided_payments, remote_cells, reported_disputes
from models.labels import ALWAYS
from models.messages import (
    AnalystVerdict,
    Decision,
    Dispute,
    Label,
    Outcome,
    Payment,
    Refusal,
    decode_answer,
    decode_input,
)
from models.units import DAY_MS
from streams.kafka import (
    HISTORY,
    InputLog,
    Topics,
    check_there,
    input_log,
    offset_at,
    reach,
    readable,
    records,
)

_evidence: Final = msgspec.json.Decoder(Dispute | AnalystVerdict | Outcome).decode
EARLY_MS: Final = 7 * DAY_MS
"""How long before its decision a payment may lie on the log, at most: the deduplication horizon."""


def rows_from_log(
    bootstrap: str,
    engine: str,
    since_ms: int,
    as_of_ms: int,
    acquirer: str | None = None,
    entity: str | None = None,
) -> ReportRowsRead:
    """Payments decided in `[since_ms, as_of_ms)`, with all that was known of them at its end. Raises
    `Misconfigured` where there is no such engine, `Outage`.
    """
    topics, inputs = Topics(engine), input_log(bootstrap, engine)
    check_there(bootstrap, topics["decisions"])
    end_ms = ALWAYS if topics[HISTORY] in inputs.topics else as_of_ms
    decisions = [
        answer
        for record in _since(bootstrap, topics["decisions"], since_ms, end_ms)
        if (answer := _answer(record)) is not None
    ]
    decided = decided_payments(
        decisions, _inputs(inputs, Payment, since_ms - EARLY_MS, end_ms),
        _inputs(inputs, Outcome, since_ms, end_ms), _inputs(inputs, Label, since_ms, end_ms), as_of_ms,
    )  # fmt: skip
    stages_since_ms = since_ms - DISPUTE_DAYS * DAY_MS
    evidence = _evidence_records(bootstrap, topics["disputes"], stages_since_ms, end_ms)
    reported = reported_disputes(
        (each for each in evidence if isinstance(each, Dispute)), decided, as_of_ms, acquirer
    )
    return ReportRowsRead(
        decided, card_activity(decided, reported, acquirer),
        remote_cells(decided, entity) if entity is not None else None, tuple(_notes(decisions, since_ms)),
    )  # fmt: skip


def _since(bootstrap: str, topic: str, since_ms: int, end_ms: int) -> Iterator[Message]:
    start = offset_at(bootstrap, topic, max(0, since_ms))
    if start is None:
        return
    for record in records(bootstrap, topic, start):
        if record.timestamp()[1] < end_ms:
            yield record


def _answer(record: Message) -> Decision | None:
    answer = decode_answer(record.value() or b"")
    return None if isinstance(answer, Refusal) else answer


def _inputs(inputs: InputLog, kind: type[Any], since_ms: int, end_ms: int) -> Iterator[Any]:
    """Messages of one type that the engine takes, from where it takes them."""
    for record, message in readable(inputs.records(kind.__name__.lower()), decode_input):
        in_time = since_ms <= record.timestamp()[1] < end_ms
        if in_time and isinstance(message, kind) and inputs.takes(record, message):
            yield message


def _evidence_records(bootstrap: str, topic: str, since_ms: int, end_ms: int) -> Iterator[Any]:
    """Evidence; none where the label agent's topic was never made."""
    if topic not in reach(bootstrap).topics:
        return
    reading: Callable[[bytes], Any] = _evidence
    for _, message in readable(_since(bootstrap, topic, since_ms, end_ms), reading):
        yield message


def _notes(decisions: list[Decision], since_ms: int) -> Iterator[str]:
    oldest = min((decision.engine_time for decision in decisions), default=None)
    if oldest is not None and oldest > since_ms + DAY_MS:
        days = (oldest - since_ms) // DAY_MS
        yield (
            f"The log begins {days:,} days after what this report looks back to: older payments are in no "
            "figure. Read from the warehouse, or keep decisions for longer (TOLLGATE_KAFKA_RETENTION_DAYS)."
        )
