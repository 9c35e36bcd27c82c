"""Changes to how payments are judged. A control takes effect *at its place in the log*, so a replay repeats
it.

Small changes are carried inline; large artefacts (models, tables) by the SHA-256 of a file already staged in
`TOLLGATE_HOME/artefacts/<sha256>` on every engine. An engine that cannot load what the log says stops.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from models.messages.payment import Currency, Identifier, Millis

Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
MicroShare = Annotated[int, Meta(ge=0, le=1_000_000)]
"""A share in micro-units: 1,000,000 is all."""


class RulesetChange(Struct, frozen=True, tag="ruleset", tag_field="kind"):
    """This ruleset goes live. `ruleset` is the parsed YAML document."""

    ruleset: dict[str, Any]


class PolicyChange(Struct, frozen=True, tag="policy", tag_field="kind"):
    """This policy (how probability and rule score become a verdict) goes live."""

    policy: dict[str, Any]


class ModelChange(Struct, frozen=True, tag="model", tag_field="kind"):
    """This staged model artefact scores payments from here on; where it is another than before, a
    challenger's trial is over.
    """

    sha256: Sha256


class TrialBounds(Struct, frozen=True):
    """Within what a challenger must stay; one that leaves it is halted (`models.rollout.trial_monitor`).
    Shares and PSI in micro-units; null: not watched.

    A window is full with `window_payments` payments (for verdicts: `group_payments` of the smaller group), or
    `window_hours` old with a tenth of that. `reference`: how many payments a healthy challenger puts into
    each bin of `models.rollout.score_stability`; null: as many as the champion does. Healthy models of one
    data set were measured to lie 0.3 to 0.9 apart, and each within 0.03 of its own reference: with one, a
    `psi_max` of 250,000 or less is in order.
    """

    window_payments: Annotated[int, Meta(ge=100, le=1_000_000)] = 2_000
    group_payments: Annotated[int, Meta(ge=50, le=1_000_000)] = 500
    window_hours: Annotated[int, Meta(ge=1, le=720)] = 24
    psi_max: Annotated[int, Meta(ge=1, le=100_000_000)] | None = 2_000_000
    verdict_gap_max: MicroShare | None = 50_000
    errors_max: MicroShare | None = 10_000
    reference: tuple[Annotated[int, Meta(ge=0, le=1_000_000_000)], ...] | None = None


class ChallengerChange(Struct, frozen=True, tag="challenger", tag_field="kind"):
    """This staged model is on trial from here on: it scores every payment beside the model in effect, the
    champion, and decides those of a `share` (micro-units) of cards or customers, drawn by a hash with `salt`.
    Null: it is withdrawn.
    """

    sha256: Sha256 | None
    share: MicroShare = 0
    by: Literal["card", "customer"] = "card"
    salt: Annotated[str, Meta(max_length=128)] = ""
    bounds: TrialBounds = TrialBounds()


class PromoteChange(Struct, frozen=True, tag="promote", tag_field="kind"):
    """The challenger becomes the champion, and its trial is over: at one place of the log, so that no payment
    meets one without the other. Refused unless it is this artefact that is on trial.
    """

    sha256: Sha256


class ChallengerHalt(Struct, frozen=True, tag="challenger_halt", tag_field="kind"):
    """The engine withdraws a challenger that left its bounds: in effect when read back, as any control.

    `trial` counts the challengers of this engine: a later one is not meant. `measured` and `bound` in
    micro-units; the control's `reason` says it in words.
    """

    trial: Annotated[int, Meta(ge=1)]
    sha256: Sha256
    cause: Literal["scores", "verdicts", "errors"]
    measured: int
    bound: int


class TableChange(Struct, frozen=True, tag="table", tag_field="kind"):
    """This version of a reference table (`fx`, `ip_countries`) is used from here on."""

    table: Identifier
    sha256: Sha256


class ListChange(Struct, frozen=True, tag="list", tag_field="kind"):
    """One value is put on a list, until `expires_at` (engine time; never when null), or taken off it.

    `purpose` says what being on the list is for: rules give it effect. `author` and `reason` are those of the
    entry where they are not the control's, as when a file of entries is imported.
    """

    list: Identifier
    value: Identifier
    present: bool = True
    expires_at: Millis | None = None
    purpose: Literal["allow", "block", "watch"] | None = None
    author: Identifier | None = None
    reason: str | None = None


class AmountWaiver(Struct, frozen=True, tag="amount_waiver", tag_field="kind"):
    """Amount limits do not apply from here on: historical data sets hold zero and tiny amounts.

    `currency` limits the waiver to one currency; null waives all.
    """

    currency: Currency | None = None


class ReviewLoad(Struct, frozen=True, tag="review_load", tag_field="kind"):
    """How full the review queue was at `as_of`: the policy's price of a review follows it.

    `waiting` payments wait for a reviewer; reviewers finish `capacity_per_hour` of them in an hour, 0 where
    nobody works. Whoever runs the queue reports it every few minutes; one that is too old counts as none.
    """

    waiting: Annotated[int, Meta(ge=0, le=1_000_000_000)]
    capacity_per_hour: Annotated[int, Meta(ge=0, le=1_000_000)]
    as_of: Millis


class TraBand(Struct, frozen=True, tag="tra_band", tag_field="kind"):
    """Up to which amount this legal entity may use the transaction risk analysis exemption in this quarter
    (Delegated Regulation (EU) 2018/389, Article 18 and Annex); 0 is: not at all.

    Those responsible for the entity's fraud rate sign it (`models.sca.tra_bands`). Without one
    for the quarter a payment falls in, there is no such exemption.
    """

    entity: Identifier
    quarter: Annotated[str, Meta(pattern="^[0-9]{4}-Q[1-4]$", description="calendar quarter, UTC: 2026-Q4")]
    band_eur: Literal[0, 100, 250, 500]
    signature: Annotated[
        str, Meta(pattern="^[0-9a-f]{64}$", description="HMAC-SHA256, see models.sca.tra_bands")
    ]


ModelsChange = ModelChange | ChallengerChange | PromoteChange | ChallengerHalt
"""Whatever changes which models score (`models.rollout.trial`)."""

Change = (
    RulesetChange
    | PolicyChange
    | ModelChange
    | ChallengerChange
    | PromoteChange
    | ChallengerHalt
    | TableChange
    | ListChange
    | AmountWaiver
    | ReviewLoad
    | TraBand
)


class Control(Struct, frozen=True, tag="control", tag_field="type"):
    """Who changes what, when and why."""

    id: Identifier
    issued_at: Millis
    author: Identifier
    change: Change
    reason: str | None = None
