"""Changes to how payments are judged. A control takes effect *at its place in the log*, so a replay repeats
it.

Small changes are carried inline; large artefacts (models, tables) by the SHA-256 of a file that lies on
`ENGINE.artefacts` before the control as `ArtefactPart`s. A control that names another is
refused.

So what carries a file is the log itself: every engine, every follower and every replay has the same one, or
has not.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from models.messages.payment import Currency, Identifier, Millis
from models.messages.trust import TrustChange

Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
MicroShare = Annotated[int, Meta(ge=0, le=1_000_000)]
"""A share in micro-units: 1,000,000 is all."""


class RulesetChange(Struct, frozen=True, tag="ruleset", tag_field="kind"):
    """This ruleset goes live."""

    ruleset: dict[str, Any]
    """The parsed YAML document."""


class PolicyChange(Struct, frozen=True, tag="policy", tag_field="kind"):
    """This policy (how probability and rule score become a verdict) goes live."""

    policy: dict[str, Any]
    """The parsed YAML document."""


class ModelChange(Struct, frozen=True, tag="model", tag_field="kind"):
    """This staged model artefact scores payments from here on; where it is another than before, a
    challenger's trial is over.
    """

    sha256: Sha256
    """The staged file."""


class TrialBounds(Struct, frozen=True):
    """The bounds that a challenger must keep; one that leaves them is halted
    (`models.rollout.trial_monitor`). Shares and PSI in micro-units; null: not watched.

    Healthy models of one data set were measured to be 0.3 to 0.9 apart, and each within 0.03 of its own
    reference: with a reference, a `psi_max` of 250,000 or less is in order.
    """

    window_payments: Annotated[int, Meta(ge=100, le=1_000_000)] = 2_000
    """Payments that fill a window; a tenth of them does after `window_hours`."""
    group_payments: Annotated[int, Meta(ge=50, le=1_000_000)] = 500
    """The same for verdicts: payments in the smaller of the two groups."""
    window_hours: Annotated[int, Meta(ge=1, le=720)] = 24
    """Age from which a tenth of the payments is enough."""
    psi_max: Annotated[int, Meta(ge=1, le=100_000_000)] | None = 2_000_000
    """Population stability index of the scores, at most."""
    verdict_gap_max: MicroShare | None = 50_000
    """Difference of a verdict's share inside and outside the challenger's share, at most."""
    errors_max: MicroShare | None = 10_000
    """Share of payments without a probability, at most."""
    reference: tuple[Annotated[int, Meta(ge=0, le=1_000_000_000)], ...] | None = None
    """Payments that a healthy challenger puts into each bin of `models.rollout.score_stability`; null: the
    champion's.
    """


class ChallengerChange(Struct, frozen=True, tag="challenger", tag_field="kind"):
    """This staged model is on trial from here on: it scores every payment as the model in effect, the
    champion, does, and decides those in its share.
    """

    sha256: Sha256 | None
    """The staged file; null: the challenger is withdrawn."""
    share: MicroShare = 0
    """Share of cards or customers whose payments it decides."""
    by: Literal["card", "customer"] = "card"
    """Whether the share is drawn by card or by customer."""
    salt: Annotated[str, Meta(max_length=128)] = ""
    """Another salt draws others."""
    bounds: TrialBounds = TrialBounds()
    """The bounds it must keep."""


class PromoteChange(Struct, frozen=True, tag="promote", tag_field="kind"):
    """The challenger becomes the champion, and its trial is over: at one place of the log, so that every
    payment meets both or neither. Refused unless this artefact is on trial.
    """

    sha256: Sha256
    """The staged file on trial."""


class ChallengerHalt(Struct, frozen=True, tag="challenger_halt", tag_field="kind"):
    """The engine withdraws a challenger that left its bounds: in effect when read back, as any control. The
    control's `reason` is the same in words.
    """

    trial: Annotated[int, Meta(ge=1)]
    """Number of the trial among the engine's: a later one is not meant."""
    sha256: Sha256
    """The challenger's artefact."""
    cause: Literal["scores", "verdicts", "errors"]
    """The bound that was left."""
    measured: int
    """What was measured, micro-units."""
    bound: int
    """What was allowed, micro-units."""


class TableChange(Struct, frozen=True, tag="table", tag_field="kind"):
    """This version of a reference table is used from here on."""

    table: Identifier
    """Name of the table, such as `fx` or `ip_countries`."""
    sha256: Sha256
    """The staged file."""


class ListChange(Struct, frozen=True, tag="list", tag_field="kind"):
    """One value is put on a list or taken off it; rules give lists their effect."""

    list: Identifier
    """Name of the list."""
    value: Identifier
    """The value, as payments have it."""
    present: bool = True
    """Put on the list; false: taken off."""
    expires_at: Millis | None = None
    """Engine time from which it does not count; null: it stays."""
    purpose: Literal["allow", "block", "watch"] | None = None
    """What being on the list is for."""
    author: Identifier | None = None
    """Who asked for this entry, where it is not the control's author."""
    reason: str | None = None
    """Why, where it is not the control's reason."""


class AmountWaiver(Struct, frozen=True, tag="amount_waiver", tag_field="kind"):
    """Amount limits do not apply from here on: historical data sets hold zero and tiny amounts."""

    currency: Currency | None = None
    """The one currency it is for; null: all."""


class ReviewLoad(Struct, frozen=True, tag="review_load", tag_field="kind"):
    """How full the review queue was: the policy's price of a review follows it. The queue's software reports
    it every few minutes; a report that is too old counts as none.
    """

    waiting: Annotated[int, Meta(ge=0, le=1_000_000_000)]
    """Payments that wait for a reviewer."""
    capacity_per_hour: Annotated[int, Meta(ge=0, le=1_000_000)]
    """Payments that reviewers finish in an hour; 0 outside working hours."""
    as_of: Millis
    """When it was so."""


class TraBand(Struct, frozen=True, tag="tra_band", tag_field="kind"):
    """Up to which amount this legal entity may use the transaction risk analysis exemption in this quarter
    (Delegated Regulation (EU) 2018/389, Article 18 and Annex). Without one for a payment's quarter there is
    no such exemption.
    """

    entity: Identifier
    """The legal entity."""
    quarter: Annotated[str, Meta(pattern="^[0-9]{4}-Q[1-4]$", description="calendar quarter, UTC: 2026-Q4")]
    """Which quarter."""
    band_eur: Literal[0, 100, 250, 500]
    """The exemption threshold value, EUR; 0: no exemption."""
    signature: (
        Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="HMAC-SHA256, see models.sca.tra_bands")]
        | None
    )
    """By those responsible for the fraud rate; null where the control itself is signed."""


JudgePart = Literal["model", "challenger", "ruleset", "policy"]
"""What a control can put in effect so that payments after it are judged by it."""


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
    | TrustChange
)


def artefact_of(change: Change) -> str | None:
    """SHA-256 of the artefact that a change puts into use; None where it needs none. What is promoted or
    halted is on trial already.
    """
    return change.sha256 if isinstance(change, ModelChange | ChallengerChange | TableChange) else None


class Control(Struct, frozen=True, tag="control", tag_field="type"):
    """A change with its author, time and reason."""

    id: Identifier
    """Names the control in audits and answers."""
    issued_at: Millis
    """When it was issued."""
    author: Identifier
    """The person or service that issued it."""
    change: Change
    """What changes."""
    reason: str | None = None
    """Why, in words."""


ARTEFACT_BYTES_MAX = 64 * 1024 * 1024
"""Of one file. The largest table that ships is 160 kB, a model of 2,000 trees some 10 MB."""
PART_BYTES_MAX = 600_000
"""Of a part's `data`: 800 kB in base64, below what Kafka takes as one message by default."""


class ArtefactPart(Struct, frozen=True, tag="artefact", tag_field="type"):
    """One part of a file. Parts come in order, from the file's start to its end."""

    sha256: Sha256
    """SHA-256 of the whole file: what controls name it by."""
    size: Annotated[int, Meta(ge=1, le=ARTEFACT_BYTES_MAX)]
    """Bytes of the whole file, 64 MiB at most."""
    start: Annotated[int, Meta(ge=0, lt=ARTEFACT_BYTES_MAX)]
    """Where in the file this part begins."""
    data: Annotated[bytes, Meta(min_length=1, max_length=PART_BYTES_MAX)]
    """Its bytes (base64), 600,000 at most."""


decode_part = msgspec.json.Decoder(ArtefactPart).decode


def artefact_parts(sha256: str, content: bytes) -> Iterator[ArtefactPart]:
    """A file as its parts.

    >>> [len(part.data) for part in artefact_parts(64 * "0", bytes(1_300_000))]
    [600000, 600000, 100000]
    """
    for start in range(0, len(content), PART_BYTES_MAX):
        yield ArtefactPart(sha256, len(content), start, content[start : start + PART_BYTES_MAX])
