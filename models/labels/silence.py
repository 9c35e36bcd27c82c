"""When silence is a label: captured, not paid back, and no evidence from bank or analyst for long enough.

Silence costs memory for every captured payment, so only a share of payments is watched, drawn by a keyed hash
of the payment (`models.cohort_draw`): the same ones on every machine, until the salt changes. A payment drawn
counts for 1/share of its like.
"""

from collections.abc import Iterable
from typing import Annotated, Final

import numpy as np
import xxhash
from msgspec import Meta, Struct

from models.cohort_draw import draw_seed, in_share
from models.labels.dossier import Dossier, evidence_key
from models.labels.evidence import is_evidence
from models.labels.facts import Fact, LabelContent, OutcomeFact
from models.labels.maturity import Maturity
from models.messages import LabelValue, OutcomeKind
from models.units import DAY_MS, MICRO

GRACE_MS: Final = DAY_MS
"""How long after its time a payment's silence is judged: a refund may reach the log late."""
PURPOSE: Final = "silence"


class Silence(Struct, frozen=True):
    """Which payments are watched for silence, and what it is worth."""

    age_days: Annotated[int, Meta(ge=1, le=3650)] = 120
    """How old a payment must be; 120 days is what Visa and Mastercard give cardholders for fraud disputes."""
    share: Annotated[int, Meta(ge=0, le=MICRO)] = MICRO
    """Share of payments that are watched."""
    watched_max: Annotated[int, Meta(ge=0)] = 1_000_000
    """Payments watched at once; a payment beyond it is not watched."""
    salt: str = ""
    """Another salt draws others."""
    maturity: Maturity | None = None
    """The delay curve that gives the weight; without one it is 1."""
    prior: float = 0.005
    """Share of payments that are fraud."""

    def due(self, dossier: Dossier) -> int | None:
        """When the payment's silence counts (ms); None for one that is not silent any more."""
        return None if dossier.has_evidence else dossier.occurred_at + self.age_days * DAY_MS

    def draws(self, payment: str) -> bool:
        """Whether a payment (`models.labels.dossier.key`) is among those that are watched.

        >>> sum(Silence(share=10_000).draws(f"1|4|acme|p{n}") for n in range(10_000))
        95
        """
        digest = np.array([xxhash.xxh3_64_intdigest(payment.encode())], np.uint64)
        return bool(in_share(digest, draw_seed(PURPOSE, self.salt), self.share)[0])

    def label(self, dossier: Dossier, due: int) -> LabelContent | None:
        """The label of a watched payment that is due (ms); None where its silence means nothing."""
        if not is_silent(dossier.facts, due):
            return None
        return LabelContent(LabelValue.LEGITIMATE, "silence", self.weight, final=False, known_at=due)

    @property
    def weight(self) -> float:
        """Of a label by silence."""
        return 1.0 if self.maturity is None else self.maturity.silent_weight(self.age_days, self.prior)


def watches(silence: Silence, dossier: Dossier, now: int) -> bool:
    """Whether to begin to watch this payment at event time `now` (ms): not where its time is over already."""
    due = silence.due(dossier)
    return due is not None and due + GRACE_MS > now and silence.draws(evidence_key(dossier))


def is_silent(facts: Iterable[Fact], until: int) -> bool:
    """Whether a payment was captured, and nothing spoke against it before `until` (ms): no dispute, no
    verdict, and no money paid back. A declined, abandoned or voided payment is not silent: what was not
    paid cannot be disputed.
    """
    collected = list(facts)
    earlier = [fact.kind for fact in collected if isinstance(fact, OutcomeFact) and fact.at < until]
    undone = OutcomeKind.REFUNDED in earlier or OutcomeKind.VOIDED in earlier
    return OutcomeKind.CAPTURED in earlier and not undone and not any(map(is_evidence, collected))
