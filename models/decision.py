"""The answer to one payment: what a payment service waits for.

The body holds only functions of the log, so a replay produces it again byte for byte. Latency is the
decision's append timestamp minus `received_at`, the payment's own append timestamp.
"""

from enum import StrEnum

from msgspec import Struct

from models.payment import MethodKind, Phase


class Verdict(StrEnum):
    """What to do with the payment."""

    APPROVE = "approve"
    CHALLENGE = "challenge"
    REVIEW = "review"
    DECLINE = "decline"


class Versions(Struct, frozen=True, gc=False):
    """What judged the payment; null where the log had published none yet. Hashes are the first 16 hex
    digits.
    """

    catalogue: str
    model: str | None = None
    ruleset: str | None = None
    policy: str | None = None


class Decision(Struct, frozen=True, gc=False, tag="decision", tag_field="type"):
    """One decision.

    `sequence` counts this engine's new decisions from 1 without gaps; a duplicate repeats the sequence (and
    all else) of the decision it repeats, with `duplicate` true. `probability` is the calibrated probability
    of fraud, rounded to 1e-6; `score` the rules' score in hundredths, 0..100; `reference_amount` is in EUR
    minor units. `degraded` names what could not be used (`model`, `ruleset`, `policy`, `fx`, `rule_error`):
    the verdict is then the fallback. `warming` in it leaves the verdict alone: features that were added
    lately do not reach back as far as their windows yet.
    """

    engine: str
    sequence: int
    merchant_account: str
    payment_id: str
    attempt: int
    phase: Phase
    verdict: Verdict
    probability: float | None
    score: int
    hits: tuple[str, ...]
    amount: int
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
