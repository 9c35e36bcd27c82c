"""The answer to one payment: what a payment service waits for.

The body holds only functions of the log, so a replay produces it again byte for byte. Latency is the
decision's append timestamp minus `received_at`, the payment's own append timestamp.
"""

from enum import StrEnum
from typing import Literal

from msgspec import Struct

from models.messages.payment import MethodKind, Phase


class Verdict(StrEnum):
    """What to do with the payment."""

    APPROVE = "approve"
    CHALLENGE = "challenge"
    REVIEW = "review"
    DECLINE = "decline"


class Versions(Struct, frozen=True, gc=False):
    """What a payment was decided with: first 16 hex digits of hashes; null where the log had published none
    yet.
    """

    catalogue: str
    """The feature catalogue."""
    model: str | None = None
    """The model artefact."""
    ruleset: str | None = None
    """The ruleset."""
    policy: str | None = None
    """The policy."""


class Sca(Struct, frozen=True, gc=False, omit_defaults=True):
    """Strong customer authentication of a card payment (PSD2 RTS, `models.sca.assessment`), and liability for
    a fraud.
    """

    status: Literal["required", "exempt", "out_of_scope"]
    """Whether authentication is required."""
    liability: Literal["unknown", "issuer", "acquirer", "merchant"] = "unknown"
    """Who bears the loss if the payment turns out to be fraud."""
    exemption: Literal["low_value", "risk_analysis", "trusted_beneficiary", "corporate"] | None = None
    """By which article it is exempt."""
    scope: (
        Literal["not_by_card", "not_remote", "mail_or_telephone", "merchant_initiated", "one_leg_out"] | None
    ) = None
    """Why it is out of scope."""


class DecisionReason(Struct, frozen=True, gc=False):
    """One reason for the fraud team; what a merchant may be told is `merchant_text`."""

    code: str
    """The id of a rule that hit, or one of the model's codes (`models.scoring.reason_codes`)."""
    text: str
    """The reason in words."""


class Champion(Struct, frozen=True, gc=False):
    """What the champion would have decided, where the challenger did."""

    model: str
    """Its model's version."""
    probability: float | None
    """Its probability of fraud; null where it could give none."""
    verdict: Verdict
    """The verdict it would have led to."""


class Challenger(Struct, frozen=True, gc=False, omit_defaults=True):
    """The model on trial (`models.rollout.trial`). Where it decided (canary), the decision's probability,
    verdict, reasons and `versions.model` are the challenger's.
    """

    model: str
    """Its model's version."""
    probability: float | None
    """Its probability of fraud; null where it could give none: the champion decides then."""
    verdict: Verdict
    """The verdict it leads to, before the holdout's draw."""
    champion: Champion | None = None
    """The other model, where the challenger decided."""


class Decision(Struct, frozen=True, gc=False, tag="decision", tag_field="type", omit_defaults=True):
    """One decision. Fields that have their default are left out."""

    engine: str
    """The engine that decided."""
    sequence: int
    """Counts the engine's new decisions from 1 without gaps; a duplicate repeats that of the decision it
    repeats.
    """
    merchant_account: str
    """The payment's account."""
    payment_id: str
    """The payment."""
    attempt: int
    """The payment's attempt."""
    phase: Phase
    """The payment's phase."""
    verdict: Verdict
    """What to do with the payment."""
    probability: float | None
    """Calibrated probability of fraud, rounded to 1e-6."""
    score: int
    """The rules' score, 0..100."""
    hits: tuple[str, ...]
    """Ids of the live rules that hit."""
    amount: int
    """The payment's amount, minor units."""
    currency: str
    """What the amount is in."""
    reference_amount: int
    """The amount in EUR minor units."""
    method: MethodKind
    """How the customer pays."""
    merchant_id: str
    """The merchant who is paid."""
    merchant_country: str | None
    """The merchant's country."""
    occurred_at: int
    """When the payment was made (ms)."""
    received_at: int
    """When it was appended to its topic (ms)."""
    engine_time: int
    """The time it was decided at, by the log (ms)."""
    versions: Versions
    """What it was decided with."""
    duplicate: bool = False
    """The payment had been decided before: this is the same decision again."""
    degraded: tuple[str, ...] = ()
    """What could not be used: `model`, `ruleset`, `policy`, `fx`, `rule_error`; the verdict is then the
    fallback. Two words leave it alone: `warming` (features added lately do not reach back as far as their
    windows yet) and `hits` (too many sets of rules hit lately: only the deciding rule is named).
    """
    decided_by: str = "policy"
    """What brought the verdict about (`models.policy.DecidedBy`)."""
    level: str | None = None
    """Level of the rule that decided."""
    tags: tuple[str, ...] = ()
    """Tags of the rules that hit."""
    shadow_hits: tuple[str, ...] = ()
    """Ids of the shadow rules that hit; they change nothing."""
    sca: Sca | None = None
    """Strong customer authentication, for card payments."""
    propensity: float | None = None
    """How likely a payment like this one is approved, where a random-approve holdout runs."""
    reasons: tuple[DecisionReason, ...] = ()
    """The rules that hit and, unless approved, what the model saw."""
    merchant_text: str | None = None
    """What the merchant may be shown; it reveals nothing of rules or model."""
    challenger: Challenger | None = None
    """The model on trial, while there is one."""
    redacted: tuple[str, ...] = ()
    """Fields of this message in which card numbers were masked before it was decided: free text only. Of a
    duplicate, its own.
    """
    late: bool = False
    """The payment arrived more than a day after it was made; its features count it as of its arrival. Never
    said by an engine of history.
    """
