"""One payment as rules see it: read from the log with its vector, lists and tables, or written by hand.

For `tollgate rules explain` and the console; never on the path of a decision.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec
import numpy as np

from features.ingest import reference_amounts
from models.messages import (
    Change,
    Decision,
    ListChange,
    Payment,
    Refusal,
    TableChange,
    Vectors,
    decode_answer,
    decode_input,
)
from models.rules.language import RuleRows
from streams.control_plane import artefacts_of, logged
from streams.engine.admission import request_keys
from streams.engine.decision import Context, InvalidControlError, RuleColumns
from streams.engine.input import redacted
from streams.errors import Misconfigured
from streams.kafka import Topics, backwards, input_log, offset_at, records
from streams.settings import Settings

VECTOR_MESSAGES_MAX: Final = 5_000
FAR_MS: Final = 60_000
"""A vector is appended with its decision; how far around that the search goes."""

_vectors = msgspec.msgpack.Decoder(Vectors).decode


@dataclass(frozen=True)
class PaymentCase:
    """One payment, with what is known of it."""

    payment: Payment
    engine_time: int
    """When it was decided (ms)."""
    decision: Decision | None = None
    vector: np.ndarray | None = None


def parse_payment(text: str) -> PaymentCase:
    """A payment as JSON. Raises `Misconfigured` for anything else."""
    try:
        message = decode_input(text.encode())
    except msgspec.DecodeError as error:
        raise Misconfigured(f"the payment cannot be read: {error}") from error
    if not isinstance(message, Payment):
        raise Misconfigured(f"a payment is needed, this is a {type(message).__name__.lower()}")
    return PaymentCase(message, message.occurred_at)


def find_payment(bootstrap: str, engine: str, payment_id: str, within: int) -> PaymentCase:
    """The newest decision of this payment among the last `within`, with its payment and vector.

    Raises `Misconfigured` where there is none.
    """
    topics, refusal = Topics(engine), None
    for record in backwards(bootstrap, topics["decisions"], within):
        if record.key() == payment_id.encode():
            answer = decode_answer(record.value() or b"")
            if isinstance(answer, Refusal):
                refusal = refusal or answer
            elif not answer.duplicate:
                payment = _payment(bootstrap, engine, answer)
                vector = _vector(bootstrap, topics["features"], answer, record.timestamp()[1])
                return PaymentCase(payment, answer.engine_time, answer, vector)
    if refusal is not None:
        raise Misconfigured(
            f"payment {payment_id!r} was refused, not decided: {refusal.reason} ({refusal.detail}). "
            f"{refusal.advice}"
        )
    raise Misconfigured(
        f"no decision on payment {payment_id!r} among the last {within:,} of {engine}: look further back "
        "with --within, or give the payment itself with --payment"
    )


def payment_decided_at(
    bootstrap: str, engine: str, account: str, payment_id: str, sequence: int, decided_at: int
) -> PaymentCase:
    """The decision of this number, whose record was appended at `decided_at`, with its payment and vector.

    For who knows the time, as the warehouse does: nothing is searched. Raises `Misconfigured` where it is no
    longer on the log.
    """
    topics = Topics(engine)
    start = offset_at(bootstrap, topics["decisions"], decided_at)
    for record in records(bootstrap, topics["decisions"], start) if start is not None else ():
        if record.timestamp()[1] > decided_at:
            break
        answer = decode_answer(record.value() or b"") if record.key() == payment_id.encode() else None
        if isinstance(answer, Decision) and (answer.merchant_account, answer.sequence) == (account, sequence):
            payment = _payment(bootstrap, engine, answer)
            vector = _vector(bootstrap, topics["features"], answer, decided_at)
            return PaymentCase(payment, answer.engine_time, answer, vector)
    raise Misconfigured(
        f"the decision on payment {payment_id!r} is no longer on the log of {engine}: its retention is over"
    )


def _payment(bootstrap: str, engine: str, decision: Decision) -> Payment:
    """The payment as it was decided, from its record by its append time; card numbers in its free text are
    masked.
    """
    wanted = (decision.merchant_account, decision.payment_id, decision.attempt, decision.phase)
    inputs = input_log(bootstrap, engine)
    for topic in reversed(inputs.topics):
        for message, offset in _appended(bootstrap, topic, decision.received_at):
            key = (message.merchant_account, message.payment_id, message.attempt, message.phase)
            if key == wanted and inputs.acts(topic, offset, "payment"):
                return redacted(message)
    raise Misconfigured(f"payment {decision.payment_id!r} is no longer on the log: its retention is over")


def _appended(bootstrap: str, topic: str, time_ms: int) -> Iterator[tuple[Payment, int]]:
    """Payments appended at a time, with their offsets."""
    start = offset_at(bootstrap, topic, time_ms)
    for record in records(bootstrap, topic, start) if start is not None else ():
        if record.timestamp()[1] > time_ms:
            return
        try:
            message = decode_input(record.value() or b"")
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        if isinstance(message, Payment):
            yield message, record.offset()


def _vector(bootstrap: str, topic: str, decision: Decision, time_ms: int) -> np.ndarray | None:
    start = offset_at(bootstrap, topic, time_ms - FAR_MS)
    for number, record in enumerate(records(bootstrap, topic, start) if start is not None else ()):
        part = _vectors(record.value())
        sequences = np.frombuffer(part.sequence, "<i8")
        if (len(sequences) and sequences[0] > decision.sequence) or number >= VECTOR_MESSAGES_MAX:
            return None
        rows = np.flatnonzero(sequences == decision.sequence)
        if len(rows):
            matrix = np.frombuffer(part.matrix, "<f8").reshape(part.rows, part.columns)
            return np.array(matrix[rows[0]])
    return None


def context_at(
    settings: Settings,
    engine: str,
    catalogue: Any,
    as_of_ms: int | None,
    includes: Callable[[Change], bool] = lambda change: isinstance(change, ListChange | TableChange),
) -> Context:
    """The changes that `includes` accepts (lists and tables), as they were in effect when a
    record was appended at `as_of_ms`, or at the log's end.
    """
    context = Context(catalogue, artefacts_of(settings, engine).load)
    for entry in logged(settings.kafka(), engine):
        if as_of_ms is not None and entry.appended_at > as_of_ms:
            break
        if includes(entry.control.change):
            try:
                context = context.applied(entry.control)
            except InvalidControlError:
                continue  # the engine answered it with a dead letter
    return context


def rule_rows(context: Context, case: PaymentCase) -> RuleRows:
    """The payment as the one row that rules run over. Unknown inputs are missing."""
    catalogue, times = context.catalogue, np.array([case.engine_time], np.int64)
    rates = context.tables.get("fx")
    amounts, unrated = reference_amounts(rates, [case.payment], times)
    probability = case.decision.probability if case.decision is not None else None
    challenger = case.decision.challenger if case.decision is not None else None
    on_trial = challenger.probability if challenger is not None else None
    known = {
        "reference_amount": np.where(unrated, np.nan, amounts),
        "probability": np.array([np.nan if probability is None else probability]),
        "challenger_probability": np.array([np.nan if on_trial is None else on_trial]),
        "soft_declined": np.array([None], object),
    }
    matrix = case.vector if case.vector is not None else np.full(len(catalogue.names), np.nan)
    index = {name: place for place, name in enumerate(catalogue.names)}
    column = RuleColumns([case.payment], times, known, index, matrix.reshape(1, -1), context.tables)
    return RuleRows(
        1,
        times,
        request_keys([case.payment])[:, 0],
        column("merchant_id"),
        column,
        lambda name, values: context.lists.contains(name, list(values), times),
        rates,
    )


def with_usable_vector(case: PaymentCase, catalogue: Any) -> PaymentCase:
    """The case without its vector where that was computed with another catalogue."""
    decision = case.decision
    if decision is not None and decision.versions.catalogue != catalogue.schema_hash:
        return replace(case, vector=None)
    return case
