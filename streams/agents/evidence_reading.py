"""From a record of ENGINE.disputes or ENGINE.outcomes to a message of evidence."""

from typing import Final

import msgspec

from models.card_numbers import detection as card_numbers
from models.json_keys import repetition as json_keys
from models.labels import EvidenceMessage, ParkedEvidence, UnusableEvidence, UnusableReason
from models.messages import (
    AnalystVerdict,
    Dispute,
    Outcome,
    OutcomeKind,
    kept_payload,
    kept_words,
)
from streams.agents.agent_record import AgentRecord
from streams.engine.input import RefusedRecord, read, read_as

TYPES: Final = ("dispute", "analyst_verdict", "outcome")
RELEVANT_OUTCOMES: Final = frozenset({OutcomeKind.CAPTURED, OutcomeKind.REFUNDED, OutcomeKind.VOIDED})
"""Outcomes that matter for labels: a payment that was never captured has none by silence."""

_decode = msgspec.json.Decoder(Dispute | AnalystVerdict | Outcome).decode


def read_evidence(value: bytes) -> EvidenceMessage | None:
    """The evidence in a record of ENGINE.disputes; None where it does not matter.

    Raises `UnusableEvidence`.
    """
    try:
        message: EvidenceMessage = read_as(value, _decode, TYPES)
    except RefusedRecord as refused:
        raise UnusableEvidence(UnusableReason(refused.reason.value), refused.detail) from None
    return _relevant(message)


def read_outcome(value: bytes) -> EvidenceMessage | None:
    """The outcome in a record of ENGINE.outcomes; None where it is none that matters. What cannot be read
    there has its dead letter by the engine.
    """
    try:
        message = read(value, suspect=False)
    except RefusedRecord:
        return None
    if not isinstance(message, Outcome) or _relevant(message) is None:
        return None
    if card_numbers.find(value) or json_keys.has_repeated_key(value):
        return None
    return message


def parked(engine: str, record: AgentRecord, unusable: UnusableEvidence) -> ParkedEvidence:
    """The record as it is parked."""
    return ParkedEvidence(
        engine,
        record.topic,
        record.partition,
        record.offset,
        record.appended_at,
        unusable.reason,
        kept_words(unusable.detail),
        *kept_payload(record.value),
    )


def _relevant(message: EvidenceMessage) -> EvidenceMessage | None:
    return None if isinstance(message, Outcome) and message.kind not in RELEVANT_OUTCOMES else message
