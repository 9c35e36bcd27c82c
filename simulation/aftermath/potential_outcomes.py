"""What would become of each payment: 3-D Secure, the issuer's answer, capture, refund, and what is reported.

Drawn once per payment and independent of any verdict; `aftermath` picks what a verdict lets happen.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

from models.arrays import Bools, Floats, Int64s
from models.messages import DeclineGroup
from models.units import DAY_MS, HOUR_MS
from simulation.chance import Chance, Purpose, chosen, cumulated
from simulation.payments import PaymentColumns, Scenario
from simulation.people import DIGITAL, PARCELS, Shops

NEVER: Final = -1
NOTICE_MEDIAN_DAYS, NOTICE_SIGMA, NOTICE_MAX_DAYS = 5.0, 0.9, 100.0
CHARGEBACK_MEDIAN_DAYS, CHARGEBACK_SIGMA, CHARGEBACK_MAX_DAYS = 22.0, 0.75, 120.0
"""A fraud notice comes after days, a chargeback after weeks; both lognormal, cut at the schemes' limits."""


class ChallengeEnding(IntEnum):
    """How a 3-D Secure challenge would end."""

    PASSED = 0
    FAILED = 1
    ABANDONED = 2


class DisputeClaim(IntEnum):
    """What a dispute would be about. `FRAUD` carries a fraud code, whoever paid."""

    NOTHING = 0
    FRAUD = 1
    NOT_RECEIVED = 2
    NOT_AS_DESCRIBED = 3
    CREDIT_NOT_PROCESSED = 4


@dataclass(frozen=True)
class _Behaviour:
    """Of a scenario: probability that the issuer declines, why it does, how challenges end (passed, failed,
    abandoned), that the fraud is reported at all.
    """

    declined: float
    groups: dict[DeclineGroup, float]
    challenge: tuple[float, float, float]
    reported: float


G = DeclineGroup
_SUSPICIOUS = {G.DO_NOT_HONOUR: 0.4, G.SUSPECTED_FRAUD: 0.3, G.LOST_OR_STOLEN: 0.15, G.LIMIT_EXCEEDED: 0.15}
_USUAL = {
    G.INSUFFICIENT_FUNDS: 0.52, G.DO_NOT_HONOUR: 0.22, G.LIMIT_EXCEEDED: 0.08, G.EXPIRED_CARD: 0.06,
    G.WRONG_CVV: 0.06, G.AUTHENTICATION_REQUIRED: 0.04, G.OTHER: 0.02,
}  # fmt: skip
_BEHAVIOURS: Final = {
    Scenario.ORDINARY: _Behaviour(0.055, _USUAL, (0.92, 0.02, 0.06), 0.0),
    Scenario.CARD_TESTING: _Behaviour(
        0.5, {G.WRONG_CVV: 0.4, G.INVALID_CARD: 0.2, G.LOST_OR_STOLEN: 0.15, G.DO_NOT_HONOUR: 0.25},
        (0.02, 0.3, 0.68), 0.66,
    ),
    Scenario.BIN_ATTACK: _Behaviour(
        0.86, {G.INVALID_CARD: 0.75, G.WRONG_CVV: 0.15, G.EXPIRED_CARD: 0.1}, (0.0, 0.2, 0.8), 0.75
    ),
    Scenario.STOLEN_CARD: _Behaviour(0.24, _SUSPICIOUS, (0.05, 0.45, 0.5), 0.92),
    Scenario.ACCOUNT_TAKEOVER: _Behaviour(0.1, _SUSPICIOUS, (0.34, 0.3, 0.36), 0.85),
    Scenario.MERCHANT_COMPROMISE: _Behaviour(0.16, _SUSPICIOUS, (0.06, 0.44, 0.5), 0.92),
    Scenario.MULE_RING: _Behaviour(0.12, _SUSPICIOUS, (0.22, 0.4, 0.38), 0.82),
}  # fmt: skip
_GROUPS: Final = list(DeclineGroup)
WHOLLY_DECLINED: Final = 0.5
"""Share of BIN attacks of which the issuer lets nothing through."""


@dataclass
class PotentialOutcomes:
    """Of n payments; times in epoch ms, `NEVER` where it does not happen. `group`: number in
    `DeclineGroup`, -1 authorised. `refund_share` of the amount. `probability` that it is, once captured,
    reported with a fraud code, to someone who knows everything but that draw. `turns[4, n]` decide a
    dispute's course.
    """

    scenario: Int64s
    fraud: Bools
    friendly: Bools
    challenge: Int64s
    group: Int64s
    captured_at: Int64s
    refunded_at: Int64s
    refund_share: Floats
    claim: Int64s
    notice_at: Int64s
    chargeback_at: Int64s
    probability: Floats
    turns: Floats

    @property
    def known_at(self) -> Int64s:
        """When the first evidence comes, if the payment is captured."""
        early = np.where(self.notice_at == NEVER, self.chargeback_at, self.notice_at)
        late = np.where(self.chargeback_at == NEVER, self.notice_at, self.chargeback_at)
        return np.minimum(early, late)


def potential_outcomes(chance: Chance, shops: Shops, paid: PaymentColumns) -> PotentialOutcomes:
    """What would become of these payments."""
    claim, probability, friendly, abused = _claims(chance, shops, paid)
    scenario = np.where(friendly, Scenario.FRIENDLY_FRAUD, paid.scenario)
    scenario = np.where(abused, Scenario.REFUND_ABUSE, scenario)
    captured = _captured_at(chance, paid)
    notice, chargeback = _evidence(chance, paid, claim)
    refunded = _refunded_at(chance, paid, captured, abused)
    part = np.where(chance.happens(0.25, Purpose.REFUND_PART, paid.index) & ~abused, 0.5, 1.0)
    turns = np.stack([chance.unit(Purpose.REPRESENTED, paid.index, turn) for turn in range(4)])
    return PotentialOutcomes(
        scenario, paid.fraud, friendly | abused, _challenge(chance, paid), _group(chance, paid),
        captured, refunded, part, claim, notice, chargeback, probability, turns,
    )  # fmt: skip


def _by_behaviour(paid: PaymentColumns) -> list[tuple[np.ndarray, _Behaviour]]:
    """Rows by behaviour; a mule's honest payments are ordinary."""
    of = np.where(paid.fraud, paid.scenario, Scenario.ORDINARY)
    return [(np.flatnonzero(of == code), _BEHAVIOURS[Scenario(code)]) for code in np.unique(of).tolist()]


def _group(chance: Chance, paid: PaymentColumns) -> Int64s:
    """The issuer's answer. Attacks that are declined wholesale share one draw."""
    group = np.full(len(paid), -1)
    draw = chance.unit(Purpose.ISSUER_ANSWER, paid.index)
    wholly = (paid.scenario == Scenario.BIN_ATTACK) & chance.happens(
        WHOLLY_DECLINED, Purpose.WHOLLY_DECLINED, paid.group
    )
    reason = chance.unit(Purpose.DECLINE_GROUP, paid.index)
    for rows, behaviour in _by_behaviour(paid):
        shares = cumulated(np.array(list(behaviour.groups.values())))
        codes = np.array([_GROUPS.index(group) for group in behaviour.groups])
        answer = codes[chosen(shares, reason[rows])]
        group[rows] = np.where((draw[rows] < behaviour.declined) | wholly[rows], answer, -1)
    return group


def _challenge(chance: Chance, paid: PaymentColumns) -> Int64s:
    ending = np.zeros(len(paid), np.int64)
    draw = chance.unit(Purpose.THREE_DS, paid.index)
    for rows, behaviour in _by_behaviour(paid):
        ending[rows] = chosen(cumulated(np.array(behaviour.challenge)), draw[rows])
    return ending


def _claims(chance: Chance, shops: Shops, paid: PaymentColumns) -> tuple[Int64s, Floats, Bools, Bools]:
    """What is claimed, how likely a fraud code was, which claims are friendly fraud, which refund abuse."""
    plastic = (paid.bin > 0).astype(float)
    category = shops.category[paid.shop]
    trait = chance.unit(Purpose.DISPUTER, paid.person)
    disputer, abuser = trait < 0.03, trait > 0.988
    lies = np.where(disputer, 0.01, 0.0002) * np.where(DIGITAL[category], 3.0, 1.0) * plastic
    probability = lies.copy()
    for rows, behaviour in _by_behaviour(paid):
        if behaviour.reported:
            probability[rows] = behaviour.reported
    draw = chance.unit(Purpose.REPORTED, paid.index)
    claim = np.where(draw < probability, DisputeClaim.FRAUD, DisputeClaim.NOTHING)
    honest = ~paid.fraud
    complains = honest & chance.happens(
        np.where(disputer, 0.012, 0.0007) * plastic, Purpose.FRIENDLY, paid.index
    )
    abused = honest & abuser & PARCELS[category] & chance.happens(0.16, Purpose.REFUND_ABUSE, paid.index)
    kind = chance.unit(Purpose.FRIENDLY, paid.index, 1)
    late = np.where(kind < 0.85, DisputeClaim.NOT_AS_DESCRIBED, DisputeClaim.CREDIT_NOT_PROCESSED)
    consumer = np.where(kind < 0.55, DisputeClaim.NOT_RECEIVED, late)
    disputes = chance.happens(0.45 * plastic, Purpose.REFUND_ABUSE, paid.index, 1)
    claim = np.where((claim == DisputeClaim.NOTHING) & (complains | (abused & disputes)), consumer, claim)
    abused &= claim != DisputeClaim.FRAUD
    friendly = honest & (claim != DisputeClaim.NOTHING) & disputer & ~abused
    friendly |= honest & (claim == DisputeClaim.FRAUD)
    return claim, probability, friendly, abused


def _captured_at(chance: Chance, paid: PaymentColumns) -> Int64s:
    """Most within an hour, parcels when they are sent; two in a hundred are voided (`NEVER`)."""
    draw = chance.unit(Purpose.CAPTURE, paid.index)
    wait = np.where(paid.address > 0, draw * 60 * HOUR_MS, draw * HOUR_MS).astype(np.int64)
    voided = chance.happens(0.02, Purpose.VOID, paid.index)
    return np.where(voided, NEVER, paid.occurred_at + 60_000 + wait)


def _refunded_at(chance: Chance, paid: PaymentColumns, captured: Int64s, abused: Bools) -> Int64s:
    draw = chance.unit(Purpose.REFUND, paid.index)
    share = np.where(paid.address > 0, 0.06, 0.015)
    days = 1 + chance.factor(0.8, Purpose.REFUND_TIME, paid.index) * 9
    comes = ((draw < share) & ~paid.fraud) | abused
    return np.where(comes & (captured != NEVER), captured + (days * DAY_MS).astype(np.int64), NEVER)


def _evidence(chance: Chance, paid: PaymentColumns, claim: Int64s) -> tuple[Int64s, Int64s]:
    """When fraud notice and chargeback come. Fraud codes: 45 % both, 30 % the notice alone."""
    kind = chance.unit(Purpose.EVIDENCE, paid.index)
    soon = _days(chance, Purpose.NOTICE_TIME, paid, NOTICE_MEDIAN_DAYS, NOTICE_SIGMA, NOTICE_MAX_DAYS)
    late = _days(chance, Purpose.CHARGEBACK_TIME, paid, CHARGEBACK_MEDIAN_DAYS, CHARGEBACK_SIGMA,
                 CHARGEBACK_MAX_DAYS)  # fmt: skip
    plastic = paid.bin > 0
    notice = (claim == DisputeClaim.FRAUD) & (kind < 0.75) & plastic
    chargeback = ((claim == DisputeClaim.FRAUD) & ((kind < 0.45) | (kind >= 0.75))) | (
        claim > DisputeClaim.FRAUD
    )
    return np.where(notice, soon, NEVER), np.where(chargeback, late, NEVER)


def _days(
    chance: Chance, purpose: Purpose, paid: PaymentColumns, median: float, sigma: float, most: float
) -> Int64s:
    """Hours to months after the payment; beyond the limit it comes within the last tenth before it."""
    days = 0.3 + median * chance.factor(sigma, purpose, paid.index)
    folded = most * (1 - 0.1 * chance.unit(purpose, paid.index, 1))
    delay = np.where(days < most, days, folded) * DAY_MS
    jitter = chance.below(HOUR_MS, purpose, paid.index, 2)
    return paid.occurred_at + delay.astype(np.int64) + jitter
