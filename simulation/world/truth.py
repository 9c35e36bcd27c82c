"""What is true of a payment, whether or not anybody comes to know it."""

from dataclasses import dataclass

from simulation.aftermath import NEVER, DisputeClaim, PotentialOutcomes
from simulation.payments import Scenario


@dataclass(frozen=True)
class PaymentTruth:
    """What is true of one payment; what follows a verdict is as if we let it through."""

    index: int
    """Which payment of the world it is."""

    scenario: Scenario
    fraud: bool
    """Not the customer's doing."""

    friendly: bool
    """The customer's doing, and yet disputed or refunded in bad faith."""

    reported: bool
    """Whether it is reported with a fraud code."""

    reported_at: int | None
    """When (epoch ms) it is first reported with one."""

    declined: bool
    """Whether the issuer declines it."""

    probability: float
    """That it is reported with a fraud code once captured, to somebody who knows all but that: what a
    perfect model would say."""


def truth_at(index: int, outcomes: PotentialOutcomes, row: int) -> PaymentTruth:
    """The truth of payment `index`, which is row `row` of `outcomes`."""
    reported = bool(outcomes.claim[row] == DisputeClaim.FRAUD)
    known_at = int(outcomes.known_at[row])
    return PaymentTruth(
        index, Scenario(int(outcomes.scenario[row])), bool(outcomes.fraud[row]), bool(outcomes.friendly[row]),
        reported, known_at if reported and known_at != NEVER else None, bool(outcomes.group[row] >= 0),
        round(float(outcomes.probability[row]), 6),
    )  # fmt: skip
