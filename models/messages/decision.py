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
    """What judged the payment; null where the log had published none yet. Hashes are the first 16 hex
    digits.
    """

    catalogue: str
    model: str | None = None
    ruleset: str | None = None
    policy: str | None = None


class Sca(Struct, frozen=True, gc=False, omit_defaults=True):
    """Strong customer authentication (PSD2 RTS, see `models.sca.assessment`) of a card payment, and who bears
    the loss if it turns out to be fraud. `exemption` says by which article it is exempt, `scope` why it is
    out of scope.
    """

    status: Literal["required", "exempt", "out_of_scope"]
    liability: Literal["unknown", "issuer", "acquirer", "merchant"] = "unknown"
    exemption: Literal["low_value", "risk_analysis", "trusted_beneficiary", "corporate"] | None = None
    scope: (
        Literal["not_by_card", "not_remote", "mail_or_telephone", "merchant_initiated", "one_leg_out"] | None
    ) = None


class DecisionReason(Struct, frozen=True, gc=False):
    """One reason: a rule that hit (`code` is its id) or what the model found (`models.scoring.reason_codes`).
    For the fraud team, not for the customer: that is `merchant_text`.
    """

    code: str
    text: str


class Champion(Struct, frozen=True, gc=False):
    """What the champion found where the challenger decided: its model's version, and what it would have
    said.
    """

    model: str
    probability: float | None
    verdict: Verdict


class Challenger(Struct, frozen=True, gc=False, omit_defaults=True):
    """What the model on trial found: its version, its probability (null where it could give none: the
    champion decides then), and the verdict it brings about, the holdout's draw aside.

    `champion` is there where the challenger decided (canary): the decision's probability, verdict, reasons
    and `versions.model` are the challenger's then.
    """

    model: str
    probability: float | None
    verdict: Verdict
    champion: Champion | None = None


class Decision(Struct, frozen=True, gc=False, tag="decision", tag_field="type", omit_defaults=True):
    """One decision. Fields that have their default are left out.

    `sequence` counts this engine's new decisions from 1 without gaps; a duplicate repeats the sequence (and
    all else) of the decision it repeats, with `duplicate` true. `probability` is the calibrated probability
    of fraud, rounded to 1e-6; `score` the rules' score in hundredths, 0..100; `reference_amount` is in EUR
    minor units. `degraded` names what could not be used (`model`, `ruleset`, `policy`, `fx`, `rule_error`):
    the verdict is then the fallback. Two words leave the verdict alone: `warming` (features that were added
    lately do not reach back as far as their windows yet) and `hits` (too many sets of rules hit lately: only
    the rule that decided is named).

    `decided_by` is what brought the verdict about (`models.policy.rows.DecidedBy`), `level` that of the rule
    that decided. `shadow_hits` are of rules on trial, which change nothing. `propensity` is how likely a
    payment like this one is approved, where a random-approve holdout runs. `reasons` are the rules that hit
    and, unless approved, what the model found; `merchant_text` may be shown to the merchant: it says nothing
    of rules or model. `challenger` is there while a model is on trial (`models.rollout.trial`).
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
    decided_by: str = "policy"
    level: str | None = None
    tags: tuple[str, ...] = ()
    shadow_hits: tuple[str, ...] = ()
    sca: Sca | None = None
    propensity: float | None = None
    reasons: tuple[DecisionReason, ...] = ()
    merchant_text: str | None = None
    challenger: Challenger | None = None
