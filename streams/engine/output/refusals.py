"""Refused records as they are sent: each a dead letter, and to who waits for a decision a refusal.

Invariant: a payment whose account and id can be read gets exactly one answer on ENGINE.decisions. What it
says depends on the record and on the log before it only.
"""

from typing import Final

from msgspec.structs import replace

from models.messages import (
    ADVICE,
    PROTOCOL,
    DeadLetter,
    DeadLetterReason,
    EngineProtocol,
    Payment,
    Refusal,
    kept_payload,
    kept_words,
)
from streams.engine.input import InputBatch, PaymentName, RefusedRecord, requested_payment

OTHERWISE: Final = "Do what the detail says, or ask the operators of the engine."
"""No payment is refused for another reason; if one were, that must not stop the engine."""


class RefusalWriter:
    """Writes the dead letters and refusals of one engine."""

    def __init__(self, engine: str) -> None:
        self._engine = engine

    def written(
        self,
        batch: InputBatch,
        index: int,
        refused: RefusedRecord,
        payment: Payment | None = None,
        stands: int | None = None,
        protocol: EngineProtocol = PROTOCOL,
    ) -> tuple[DeadLetter, Refusal | None]:
        """What becomes of record `index`. `payment`: where it could be read; `stands`: the sequence of the
        decision that stands.
        """
        letter = self._dead_letter(batch, index, refused)
        if protocol < EngineProtocol.TYPED_TOPICS:
            return letter, None
        name, is_request = _name(payment) if payment else _requested(batch, index)
        if name is None:
            return letter, None
        letter = replace(letter, merchant_account=name.merchant_account, payment_id=name.payment_id)
        if not is_request:
            return letter, None
        return replace(letter, answered=True), self._refusal(name, refused, stands)

    def _dead_letter(self, batch: InputBatch, index: int, refused: RefusedRecord) -> DeadLetter:
        run = batch.run_of(index)
        return DeadLetter(
            self._engine,
            run.topic,
            run.partition,
            batch.offsets[index],
            batch.appended[index],
            refused.reason,
            kept_words(refused.detail),
            *kept_payload(batch.values[index]),
        )

    def _refusal(self, name: PaymentName, refused: RefusedRecord, stands: int | None) -> Refusal:
        return Refusal(
            self._engine,
            name.merchant_account,
            name.payment_id,
            refused.reason,
            kept_words(refused.detail),
            advice_on(refused.reason, self._engine),
            None if refused.place is None else kept_words(refused.place),
            name.attempt,
            name.phase,
            stands,
            name.masked,
        )


def advice_on(reason: DeadLetterReason, engine: str) -> str:
    """What to do, with this engine's topics."""
    return ADVICE.get(reason, OTHERWISE).replace("ENGINE.", f"{engine}.")


def _name(payment: Payment) -> tuple[PaymentName, bool]:
    return PaymentName(
        "payment", payment.merchant_account, payment.payment_id, payment.attempt, payment.phase
    ), True


def _requested(batch: InputBatch, index: int) -> tuple[PaymentName | None, bool]:
    return requested_payment(batch.values[index], batch.run_of(index).topic)
