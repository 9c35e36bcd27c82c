"""The six things that Article 18(2)(c) wants ruled out before a payment counts as of low risk.

Delegated Regulation (EU) 2018/389, Article 18(2)(c): the real-time risk analysis must not have identified any
of (i) abnormal spending or behavioural pattern of the payer; (ii) unusual information about the payer's
device or software access; (iii) malware infection in any session of the authentication procedure; (iv) known
fraud scenario in the provision of payment services; (v) abnormal location of the payer; (vi) high-risk
location of the payee.

Each is a check over the catalogue's features; where a feature is unknown, its part of the check finds
nothing. The steps are ours: the article leaves them to the provider.
"""

from enum import IntEnum
from typing import Final

from models.arrays import Floats, Int64s
from models.kernels import inlined
from models.sca.features import (
    CARD_FRAUDS,
    CARDS_OF_DEVICE,
    CARDS_OF_IP,
    COUNT_1H,
    COUNT_LIFETIME,
    CUSTOMER_COUNT,
    DEVIATION,
    DEVICE_FRAUDS,
    DEVICE_IS_NEW,
    DEVICES_24H,
    EMAIL_FRAUDS,
    IP_COUNTRY_IS_NEW,
    ISSUER_IS_IP_COUNTRY,
    SMALL_10M,
    SPEED,
)

DEVIATIONS: Final = 4.0
PAYMENTS_AN_HOUR: Final = 6
DEVICES_A_DAY: Final = 4
SMALL_IN_TEN_MINUTES: Final = 3
CARDS_OF_A_DEVICE: Final = 4
CARDS_OF_AN_ADDRESS: Final = 6
KMH: Final = 1_000.0


class RiskFactor(IntEnum):
    """The factors, in the article's order."""

    ABNORMAL_SPENDING = 0
    UNUSUAL_DEVICE = 1
    MALWARE = 2
    KNOWN_SCENARIO = 3
    ABNORMAL_PAYER_LOCATION = 4
    HIGH_RISK_PAYEE_LOCATION = 5


@inlined
def abnormal_spending(matrix: Floats, places: Int64s, row: int) -> bool:
    """(i) An amount far from the card's habit, or a burst of payments."""
    far = matrix[row, places[DEVIATION]] >= DEVIATIONS
    return bool(far | (matrix[row, places[COUNT_1H]] >= PAYMENTS_AN_HOUR))


@inlined
def unusual_device(matrix: Floats, places: Int64s, row: int) -> bool:
    """(ii) A card with a history on a device it was never seen with, or on many devices."""
    new = (matrix[row, places[DEVICE_IS_NEW]] == 1) & (matrix[row, places[COUNT_LIFETIME]] > 0)
    return bool(new | (matrix[row, places[DEVICES_24H]] >= DEVICES_A_DAY))


@inlined
def known_scenario(matrix: Floats, places: Int64s, row: int) -> bool:
    """(iv) Card testing, many cards of one device or address, or a token that was in a fraud before."""
    testing = matrix[row, places[SMALL_10M]] >= SMALL_IN_TEN_MINUTES
    many = matrix[row, places[CARDS_OF_DEVICE]] >= CARDS_OF_A_DEVICE
    many |= matrix[row, places[CARDS_OF_IP]] >= CARDS_OF_AN_ADDRESS
    known = matrix[row, places[CARD_FRAUDS]] > 0
    known |= (matrix[row, places[DEVICE_FRAUDS]] > 0) | (matrix[row, places[EMAIL_FRAUDS]] > 0)
    return bool(testing | many | known)


@inlined
def abnormal_payer_location(matrix: Floats, places: Int64s, row: int) -> bool:
    """(v) A country new to this customer or not the card's, or a journey faster than an aeroplane's."""
    new = (matrix[row, places[IP_COUNTRY_IS_NEW]] == 1) & (matrix[row, places[CUSTOMER_COUNT]] > 0)
    elsewhere = matrix[row, places[ISSUER_IS_IP_COUNTRY]] == 0
    return bool(new | elsewhere | (matrix[row, places[SPEED]] > KMH))
