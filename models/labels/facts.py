"""Facts: what single messages of evidence add to what is known of one payment, and the label they lead to."""

from msgspec import Struct

from models.messages import Channel, DisputeStage, LabelValue, OutcomeKind, RefundReason, ReversalGround


class DisputeFact(Struct, frozen=True, gc=False, tag="dispute", tag_field="fact", omit_defaults=True):
    """One stage of a dispute."""

    dispute_id: str
    """The dispute, whose stages share one id."""
    stage: DisputeStage
    """What happened to the dispute."""
    at: int
    """When the stage was reached, never before the payment (ms)."""
    disputed_amount: int | None = None
    """The part of the payment that is disputed, minor units of its currency."""
    scheme: str | None = None
    """The card scheme or payment method whose reason codes are used."""
    reason_code: str | None = None
    """The scheme's code of what the cardholder claims, as received."""
    ground: ReversalGround | None = None
    """Why the dispute was reversed."""
    channel: Channel | None = None
    """How the payment was made; decides between card-present and card-absent fraud."""


class VerdictFact(Struct, frozen=True, gc=False, tag="verdict", tag_field="fact", omit_defaults=True):
    """An analyst's verdict."""

    author: str
    """The analyst, by the name the verdict carries."""
    label: LabelValue
    """What the analyst concluded."""
    at: int
    """When they did (ms)."""


class OutcomeFact(Struct, frozen=True, gc=False, tag="outcome", tag_field="fact", omit_defaults=True):
    """A capture, refund or void."""

    kind: OutcomeKind
    """Which of them."""
    at: int
    """When it happened (ms)."""
    amount: int
    """How much was captured or paid back, minor units."""
    refund_reason: RefundReason | None = None
    """Why it was paid back, where the merchant says so."""


Fact = DisputeFact | VerdictFact | OutcomeFact


class LabelContent(Struct, frozen=True, gc=False):
    """A label without its payment; each field as in `models.messages.Label`."""

    label: LabelValue
    """What the payment turned out to be."""
    source: str
    """What the label rests on (`models.labels.strength`)."""
    weight: float
    """How much of a training example it makes, 0..1."""
    final: bool
    """Whether nothing is expected to change it."""
    known_at: int
    """When that was known (ms)."""
