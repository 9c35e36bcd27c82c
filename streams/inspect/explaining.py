"""One payment as rules see it: found on the log with its vector, its lists and its tables, or given by hand.

For `tollgate rules explain` and the console; never on the path of a decision.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec
import numpy as np

from features.ingest import reference_amounts
from models.messages import Decision, ListChange, Payment, TableChange, Vectors, decode_input
from models.rules.language import RuleRows
from streams.control_plane import ArtefactStore, logged
from streams.engine.admission import request_keys
from streams.engine.decision import Context, InvalidControlError, RuleColumns
from streams.errors import Misconfigured
from streams.kafka import INPUTS, Topics, backwards, offset_at, records
from streams.settings import Settings

VECTOR_MESSAGES_MAX: Final = 5_000
FAR_MS: Final = 60_000
"""A vector is appended with its decision; how far around it is looked for."""

_decision = msgspec.json.Decoder(Decision).decode
_vectors = msgspec.msgpack.Decoder(Vectors).decode


@dataclass(frozen=True)
class Case:
    """One payment; `at` (ms) is the engine time it was decided at. `decision` and `vector` where known."""

    payment: Payment
    at: int
    decision: Decision | None = None
    vector: np.ndarray | None = None


def given(text: str) -> Case:
    """A payment written down as JSON. Raises `Misconfigured` for anything else."""
    try:
        message = decode_input(text.encode())
    except msgspec.DecodeError as error:
        raise Misconfigured(f"the payment cannot be read: {error}") from error
    if not isinstance(message, Payment):
        raise Misconfigured(f"a payment is needed, this is a {type(message).__name__.lower()}")
    return Case(message, message.occurred_at)


def found(bootstrap: str, engine: str, payment_id: str, within: int) -> Case:
    """The newest decision of this payment among the last `within`, and what it was made of.

    Raises `Misconfigured` where it is not there.
    """
    topics = Topics(engine)
    for record in backwards(bootstrap, topics["decisions"], within):
        if record.key() == payment_id.encode():
            decision = _decision(record.value())
            if not decision.duplicate:
                payment = _payment(bootstrap, topics, decision)
                vector = _vector(bootstrap, topics["features"], decision, record.timestamp()[1])
                return Case(payment, decision.engine_time, decision, vector)
    raise Misconfigured(
        f"no decision on payment {payment_id!r} among the last {within:,} of {engine}: look further back "
        "with --within, or give the payment itself with --payment"
    )


def _payment(bootstrap: str, topics: Topics, decision: Decision) -> Payment:
    """The payment record, known by when it arrived: on `payments`, or any other input."""
    wanted = (decision.merchant_account, decision.payment_id, decision.attempt, decision.phase)
    for role in reversed(INPUTS):
        for message in _arrived(bootstrap, topics[role], decision.received_at):
            key = (message.merchant_account, message.payment_id, message.attempt, message.phase)
            if key == wanted:
                return message
    raise Misconfigured(f"payment {decision.payment_id!r} is no longer on the log: its retention is over")


def _arrived(bootstrap: str, topic: str, at: int) -> Iterator[Payment]:
    start = offset_at(bootstrap, topic, at)
    for record in records(bootstrap, topic, start) if start is not None else ():
        if record.timestamp()[1] > at:
            return
        try:
            message = decode_input(record.value() or b"")
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        if isinstance(message, Payment):
            yield message


def _vector(bootstrap: str, topic: str, decision: Decision, at: int) -> np.ndarray | None:
    start = offset_at(bootstrap, topic, at - FAR_MS)
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


def context_at(settings: Settings, engine: str, catalogue: Any, at: int | None) -> Context:
    """Lists and tables as they stood when a record was appended at `at` (ms), or at the log's end."""
    context = Context(catalogue, ArtefactStore(settings.home / "artefacts").load)
    for entry in logged(settings.kafka(), engine):
        if at is not None and entry.at > at:
            break
        if isinstance(entry.control.change, ListChange | TableChange):
            try:
                context = context.applied(entry.control)
            except InvalidControlError:
                continue  # the engine answered it with a dead letter
    return context


def rule_rows(context: Context, case: Case) -> RuleRows:
    """The payment as the one row that rules run over. What is not known is missing."""
    catalogue, times = context.catalogue, np.array([case.at], np.int64)
    rates = context.tables.get("fx")
    amounts, unrated = reference_amounts(rates, [case.payment], times)
    probability = case.decision.probability if case.decision is not None else None
    challenger = case.decision.challenger if case.decision is not None else None
    tried = challenger.probability if challenger is not None else None
    known = {
        "reference_amount": np.where(unrated, np.nan, amounts),
        "probability": np.array([np.nan if probability is None else probability]),
        "challenger_probability": np.array([np.nan if tried is None else tried]),
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


def usable(case: Case, catalogue: Any) -> Case:
    """The case without its vector where that was computed with another catalogue."""
    decision = case.decision
    if decision is not None and decision.versions.catalogue != catalogue.schema_hash:
        return replace(case, vector=None)
    return case
