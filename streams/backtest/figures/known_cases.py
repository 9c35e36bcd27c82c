"""What a recorded payment turned out to be, and what is known of it, on a given day.

*Status*, as Radar splits the payments a rule hits, the first that holds:

    disputed      labelled fraud or friendly: a chargeback or a fraud notice came
    refunded      given back
    stopped       declined by us or by the issuer, or challenged or reviewed and never completed
    succeeded     everything else

*Known label*: fraud, friendly, legitimate or unknown. It is the label that stands on that day. Without one, a
payment that went through and is older than the maturity horizon (disputes come late) counts as legitimate; a
younger one is unknown. So is one that was stopped: nothing that was not paid can be disputed, so silence
shows nothing, and it never counts as good.

Friendly fraud is neither caught fraud nor a mistake: it is in no precision, recall or insult rate.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

from models.arrays import Bools, Codes
from models.messages import LabelValue
from models.policy import APPROVE, CHALLENGE, DECLINE, REVIEW
from streams.backtest.cases import ALWAYS, LABEL_CODES, NO_VERDICT, CaseBlock


class KnownLabel(IntEnum):
    """What a payment is known to be."""

    FRAUD = 0
    FRIENDLY = 1
    LEGITIMATE = 2
    UNKNOWN = 3


class PaymentStatus(IntEnum):
    """How a payment ended."""

    DISPUTED = 0
    REFUNDED = 1
    STOPPED = 2
    SUCCEEDED = 3


COLUMNS: Final = ("verdict", "labels", "completed_at", "failed_at", "refunded_at")
_KNOWN_LABEL: Final = {
    LabelValue.FRAUD: KnownLabel.FRAUD,
    LabelValue.FRIENDLY: KnownLabel.FRIENDLY,
    LabelValue.LEGITIMATE: KnownLabel.LEGITIMATE,
    LabelValue.UNKNOWN: KnownLabel.UNKNOWN,
}
_BY_CODE: Final = np.full(len(LABEL_CODES), KnownLabel.UNKNOWN, np.uint8)
for _label, _known in _KNOWN_LABEL.items():
    _BY_CODE[LABEL_CODES[_label]] = _known


@dataclass(frozen=True)
class KnownCases:
    """What is known of n payments on a day."""

    label: Codes
    """Of `KnownLabel`."""
    status: Codes
    """Of `PaymentStatus`."""
    young: Bools
    """Younger than the maturity horizon."""
    labelled: Bools
    """A label was known."""
    stopped: Bools
    """Not paid in the end, by the engine's verdict, the issuer or the payer."""
    held: Bools
    """Stopped by the engine's verdict."""
    presumed: Bools
    """Counted as legitimate because no label came in time."""
    fraud_later: Bools
    """Not fraud on that day; by a label known later it is."""


def known_cases(block: CaseBlock, as_of_ms: int, maturity_ms: int) -> KnownCases:
    """What is known of these payments on a day (ms)."""
    code = block.labels.standing_at(as_of_ms)
    labelled = code != 0
    stopped = _stopped(block, as_of_ms)
    young = as_of_ms - block.times < maturity_ms
    presumed = ~labelled & ~stopped & ~young
    label = np.where(labelled, _BY_CODE[code], np.uint8(KnownLabel.UNKNOWN))
    label[presumed] = KnownLabel.LEGITIMATE
    disputed = labelled & (label <= KnownLabel.FRIENDLY)
    status = np.full(block.n, PaymentStatus.SUCCEEDED, np.uint8)
    status[stopped] = PaymentStatus.STOPPED
    status[block.integers("refunded_at") <= as_of_ms] = PaymentStatus.REFUNDED
    status[disputed] = PaymentStatus.DISPUTED
    held = stopped & ~went_through(block.integers("verdict"))
    later = (_BY_CODE[block.labels.standing_at(ALWAYS)] == KnownLabel.FRAUD) & (label != KnownLabel.FRAUD)
    return KnownCases(label, status, young, labelled, stopped, held, presumed, later)


def _stopped(block: CaseBlock, as_of_ms: int) -> Bools:
    verdict = block.integers("verdict")
    completed = block.integers("completed_at") <= as_of_ms
    failed = block.integers("failed_at") <= as_of_ms
    asked = (verdict == CHALLENGE) | (verdict == REVIEW)
    stopped: Bools = (verdict == DECLINE) | ((failed | asked) & ~completed)
    return stopped


def went_through(verdict: Codes) -> Bools:
    """Where an engine's verdict, or a data set without one, let the payment through at once."""
    through: Bools = (verdict == APPROVE) | (verdict == NO_VERDICT)
    return through
