"""What became of a recorded payment, and what is known of it, on a given day.

*Fate*, as Radar splits the payments a rule hits, the first that holds:

    disputed      labelled fraud or friendly: a chargeback or a fraud warning came
    refunded      given back
    stopped       declined by us or by the issuer, or challenged or reviewed and never completed
    succeeded     everything else

*Truth*: fraud, friendly, legitimate or unknown. A label says so where one was known on that day. Where there
is none, silence speaks only for a payment that went through and is older than the maturity horizon (disputes
come late): it counts as legitimate. A younger one is unknown. So is one that was stopped: nobody can dispute
what was never paid, so silence says nothing, and it is never counted as good.

Friendly fraud is neither caught fraud nor a mistake: it is in no precision, recall or insult rate.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

from models.arrays import Bools, Codes
from models.messages import LabelValue
from models.policy import APPROVE, CHALLENGE, DECLINE, REVIEW
from streams.backtest.cases import LABEL_CODES, NO_VERDICT, CaseBlock


class KnownLabel(IntEnum):
    """What a payment is known to be."""

    FRAUD = 0
    FRIENDLY = 1
    LEGITIMATE = 2
    UNKNOWN = 3


class PaymentStatus(IntEnum):
    """What became of a payment."""

    DISPUTED = 0
    REFUNDED = 1
    STOPPED = 2
    SUCCEEDED = 3


COLUMNS: Final = ("verdict", "labels", "completed_at", "failed_at", "refunded_at")
_TRUTH_OF_LABEL: Final = {
    LabelValue.FRAUD: KnownLabel.FRAUD,
    LabelValue.FRIENDLY: KnownLabel.FRIENDLY,
    LabelValue.LEGITIMATE: KnownLabel.LEGITIMATE,
    LabelValue.UNKNOWN: KnownLabel.UNKNOWN,
}
_BY_CODE: Final = np.full(len(LABEL_CODES), KnownLabel.UNKNOWN, np.uint8)
for _label, _truth in _TRUTH_OF_LABEL.items():
    _BY_CODE[LABEL_CODES[_label]] = _truth


@dataclass(frozen=True)
class KnownCases:
    """Of n payments: truth and fate codes, and why so: young (below the horizon), labelled, stopped then (by
    anybody; `held`: by us), or counted as legitimate for want of a label.
    """

    truth: Codes
    fate: Codes
    young: Bools
    labelled: Bools
    stopped: Bools
    held: Bools
    presumed: Bools


def known_cases(block: CaseBlock, as_of: int, maturity_ms: int) -> KnownCases:
    """What is known of these payments at `as_of` (ms)."""
    label = block.labels.standing_at(as_of)
    labelled = label != 0
    stopped = _stopped(block, as_of)
    young = as_of - block.times < maturity_ms
    presumed = ~labelled & ~stopped & ~young
    truth = np.where(labelled, _BY_CODE[label], np.uint8(KnownLabel.UNKNOWN))
    truth[presumed] = KnownLabel.LEGITIMATE
    disputed = labelled & (truth <= KnownLabel.FRIENDLY)
    fate = np.full(block.n, PaymentStatus.SUCCEEDED, np.uint8)
    fate[stopped] = PaymentStatus.STOPPED
    fate[block.integers("refunded_at") <= as_of] = PaymentStatus.REFUNDED
    fate[disputed] = PaymentStatus.DISPUTED
    held = stopped & ~went_through(block.integers("verdict"))
    return KnownCases(truth, fate, young, labelled, stopped, held, presumed)


def _stopped(block: CaseBlock, as_of: int) -> Bools:
    verdict = block.integers("verdict")
    completed = block.integers("completed_at") <= as_of
    failed = block.integers("failed_at") <= as_of
    asked = (verdict == CHALLENGE) | (verdict == REVIEW)
    stopped: Bools = (verdict == DECLINE) | ((failed | asked) & ~completed)
    return stopped


def went_through(verdict: Codes) -> Bools:
    """Where an engine's verdict, or a data set without one, let the payment through at once."""
    through: Bools = (verdict == APPROVE) | (verdict == NO_VERDICT)
    return through
