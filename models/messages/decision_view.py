"""The fields of a decision that our own readers decode: archives, backtests, replays, stories, benches.

Everything else of `models.messages.decision.Decision` is skipped without being built.
"""

from typing import Final

import msgspec

from models.messages.decision import Challenger, Verdict, Versions
from models.messages.payment import MethodKind, Phase


class DecisionView(msgspec.Struct, frozen=True, gc=False):
    """A decision as our readers need it; fields as in `models.messages.Decision`."""

    sequence: int
    merchant_account: str
    payment_id: str
    attempt: int
    phase: Phase
    verdict: Verdict
    probability: float | None
    currency: str
    reference_amount: int
    method: MethodKind
    merchant_id: str
    merchant_country: str | None
    occurred_at: int
    received_at: int
    engine_time: int
    versions: Versions
    duplicate: bool = False
    degraded: tuple[str, ...] = ()
    decided_by: str | None = None
    """None for the policy, which is left out on the wire."""
    propensity: float | None = None
    challenger: Challenger | None = None

    @property
    def key(self) -> tuple[str, str, int, str]:
        """What identifies the payment: merchant account, payment id, attempt, phase."""
        return self.merchant_account, self.payment_id, self.attempt, self.phase.value

    @property
    def champion_probability(self) -> float | None:
        """The champion's probability, also where the challenger decided."""
        if self.challenger is not None and self.challenger.champion is not None:
            return self.challenger.champion.probability
        return self.probability


REFUSAL_PREFIX: Final = b'{"type":"refusal"'
"""The tag comes first in what our encoder writes."""


def is_refusal(value: bytes | None) -> bool:
    """Whether a record of ENGINE.decisions is a refusal, without decoding it.

    >>> is_refusal(b'{"type":"refusal","engine":"live"}'), is_refusal(b'{"type":"decision"}')
    (True, False)
    """
    return value is not None and value.startswith(REFUSAL_PREFIX)


decode_decision_view = msgspec.json.Decoder(DecisionView).decode
