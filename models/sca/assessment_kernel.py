"""The assessment of strong customer authentication, row by row; what it says: `models.sca.assessment`."""

from typing import NamedTuple

import numpy as np

from models.arrays import Bools, Bytes, Floats, Int64s, UInt16s
from models.kernels import inlined, kernel, signed
from models.sca.codes import (
    APP,
    BY_AMOUNT,
    BY_COUNT,
    CARD,
    ECOMMERCE,
    HIGH_RISK,
    IN_EEA,
    MOTO,
    NO_SHIFT,
    POS,
    RECURRING,
    WALLET,
    Exemption,
    ScaStatus,
    Scope,
)
from models.sca.features import CHANNEL, ECI, INITIATED, METHOD, STATED_SHIFT, THREE_DS
from models.sca.liability import PROVEN_OR_ATTEMPTED, bearer, shifted
from models.sca.low_value_counters import AMOUNT_MAX, COUNT_MAX, SPENT_MAX
from models.sca.risk_factors import (
    RiskFactor,
    abnormal_payer_location,
    abnormal_spending,
    known_scenario,
    unusual_device,
)


class ScaFacts(NamedTuple):
    """What is known of n payments besides features."""

    amount: Int64s
    """EUR cents."""
    probability_micro: Int64s
    band_eur: Int64s
    spent: Int64s
    """Since the card's last authentication, EUR cents."""
    payments: Int64s
    """Since then."""
    soft_declined: Bools
    malware: Bools
    scenario: Bools
    issuer: Bytes
    """Bits of `models.sca.codes` of the issuer's country."""
    payee: Bytes
    """Of the merchant's, or its acquirer's."""
    granted: Bytes
    """`Exemption` by the issuer."""
    attempted: Bools
    """The ECI says that authentication was attempted."""


@inlined
def scope_of(by_card: bool, channel: float, initiated: bool, inside: bool) -> int:
    """Code of `Scope`: the first reason that holds."""
    if not by_card:
        return Scope.NOT_BY_CARD.value
    if channel == POS:
        return Scope.NOT_REMOTE.value
    if channel == MOTO:
        return Scope.MAIL_OR_TELEPHONE.value
    if initiated:
        return Scope.MERCHANT_INITIATED.value
    return Scope.IN_SCOPE.value if inside else Scope.ONE_LEG_OUT.value


@inlined
def ours(facts: ScaFacts, row: int, has_factor: bool, probability_below: int, counter: int) -> int:
    """The exemption that the payee's provider may use: low value, else risk analysis."""
    within = (counter & BY_AMOUNT) != 0 and facts.spent[row] <= SPENT_MAX
    within = within or ((counter & BY_COUNT) != 0 and facts.payments[row] <= COUNT_MAX)
    if facts.amount[row] <= AMOUNT_MAX and within:
        return Exemption.LOW_VALUE.value
    probability, band = facts.probability_micro[row], facts.band_eur[row]
    if probability < 0 or probability >= probability_below or has_factor or band <= 0:
        return Exemption.NONE.value
    return Exemption.RISK_ANALYSIS.value if facts.amount[row] <= band * 100 else Exemption.NONE.value


@inlined
def find_factors(matrix: Floats, places: Int64s, facts: ScaFacts, row: int, factors: Bools) -> bool:
    """Fills in which risk factors were identified; whether any was."""
    factors[RiskFactor.ABNORMAL_SPENDING.value, row] = abnormal_spending(matrix, places, row)
    factors[RiskFactor.UNUSUAL_DEVICE.value, row] = unusual_device(matrix, places, row)
    factors[RiskFactor.MALWARE.value, row] = facts.malware[row]
    factors[RiskFactor.KNOWN_SCENARIO.value, row] = known_scenario(matrix, places, row) or facts.scenario[row]
    factors[RiskFactor.ABNORMAL_PAYER_LOCATION.value, row] = abnormal_payer_location(matrix, places, row)
    factors[RiskFactor.HIGH_RISK_PAYEE_LOCATION.value, row] = (facts.payee[row] & HIGH_RISK) != 0
    found = False
    for factor in range(factors.shape[0]):
        found = found or factors[factor, row]
    return found


@kernel
def assess_rows(
    matrix: Floats,
    places: Int64s,
    facts: ScaFacts,
    probability_below: int,
    counter: int,
    codes: Bytes,
    tests: Bools,
    factors: Bools,
    word: UInt16s,
) -> None:
    """Fills in the columns of `models.sca.assessment.ScaResult`, in its order: four `codes`, six `tests`."""
    for row in range(matrix.shape[0]):
        channel, method = matrix[row, places[CHANNEL]], matrix[row, places[METHOD]]
        result = matrix[row, places[THREE_DS]]
        by_card = method == CARD or method == WALLET  # noqa: PLR1714 - a kernel has no sets
        initiated = matrix[row, places[INITIATED]] == 1 or channel == RECURRING
        inside = (facts.payee[row] & facts.issuer[row] & IN_EEA) != 0
        scope = scope_of(by_card, channel, initiated, inside)
        has_factor = find_factors(matrix, places, facts, row, factors)
        exemption = signed(facts.granted[row])
        if exemption == Exemption.NONE.value:
            exemption = ours(facts, row, has_factor, probability_below, counter)
        if scope != Scope.IN_SCOPE.value or facts.soft_declined[row]:
            exemption = signed(Exemption.NONE.value)
        status = ScaStatus.EXEMPT.value if exemption > 0 else ScaStatus.REQUIRED.value
        if scope != Scope.IN_SCOPE.value:
            status = ScaStatus.OUT_OF_SCOPE.value
        eci, stated = matrix[row, places[ECI]], matrix[row, places[STATED_SHIFT]]
        shift = shifted(stated, eci, facts.attempted[row], result, initiated)
        by_issuer = exemption >= Exemption.TRUSTED_BENEFICIARY.value
        is_remote = scope != Scope.NOT_BY_CARD.value and scope != Scope.NOT_REMOTE.value  # noqa: PLR1714 - as above
        liability = bearer(shift, by_issuer, exemption > 0 and not by_issuer, is_remote)
        codes[0, row], codes[1, row], codes[2, row], codes[3, row] = status, exemption, scope, liability
        tests[0, row] = status == ScaStatus.REQUIRED.value and not result <= PROVEN_OR_ATTEMPTED
        tests[1, row] = shift
        may_shift = scope == Scope.IN_SCOPE.value or scope == Scope.ONE_LEG_OUT.value  # noqa: PLR1714 - as above
        tests[2, row] = may_shift and (facts.issuer[row] & NO_SHIFT) == 0
        tests[3, row] = result <= PROVEN_OR_ATTEMPTED
        tests[4, row] = initiated
        online = channel == ECOMMERCE or channel == APP  # noqa: PLR1714 - as above
        tests[5, row] = by_card and online and not initiated
        packed = (signed(status) + 1) | exemption << 3 | scope << 6 | liability << 9
        word[row] = 0 if scope == Scope.NOT_BY_CARD.value else np.uint16(packed)
