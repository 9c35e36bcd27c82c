"""The six things that Article 18(2)(c) wants ruled out before a payment counts as of low risk.

Delegated Regulation (EU) 2018/389, Article 18(2)(c): the real-time risk analysis must not have identified any
of (i) abnormal spending or behavioural pattern of the payer; (ii) unusual information about the payer's
device or software access; (iii) malware infection in any session of the authentication procedure; (iv) known
fraud scenario in the provision of payment services; (v) abnormal location of the payer; (vi) high-risk
location of the payee.

Each is a check over the catalogue's features; where a feature is unknown, its part of the check finds
nothing. The steps are ours: the article leaves them to the provider.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.arrays import Bools, Texts

Column = Callable[[str], NDArray[np.float64]]

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


@dataclass(frozen=True)
class RiskFactorEvidence:
    """What is known of n payments in addition to their features."""

    payee_countries: Texts
    """The merchants' countries, or None."""
    malware: Bools | None = None
    """The payment service saw signs of it (`metadata.malware`); None: not known."""
    scenario: Bools | None = None
    """A rule against a known scenario hit; None: no such rule."""


def abnormal_spending(column: Column) -> Bools:
    """(i) An amount far from the card's habit, or a burst of payments."""
    far = column("card_amount_deviation_30d") >= DEVIATIONS
    burst = column("card_payment_count_1h") >= PAYMENTS_AN_HOUR
    return np.asarray(far | burst, np.bool_)


def unusual_device(column: Column) -> Bools:
    """(ii) A card with a history on a device it was never seen with, or on many devices."""
    new = (column("card_device_is_new") == 1) & (column("card_payment_count_lifetime") > 0)
    return np.asarray(new | (column("card_distinct_devices_24h") >= DEVICES_A_DAY), np.bool_)


def known_scenario(column: Column) -> Bools:
    """(iv) Card testing, many cards of one device or address, or a token that was in a fraud before."""
    testing = column("card_small_amount_count_10m") >= SMALL_IN_TEN_MINUTES
    many = column("device_distinct_cards_24h") >= CARDS_OF_A_DEVICE
    many |= column("ip_distinct_cards_1h") >= CARDS_OF_AN_ADDRESS
    known = column("card_frauds_learned_lifetime") > 0
    known |= (column("device_frauds_learned_lifetime") > 0) | (column("email_frauds_learned_lifetime") > 0)
    return np.asarray(testing | many | known, np.bool_)


def abnormal_payer_location(column: Column) -> Bools:
    """(v) A country new to this customer or not the card's, or a journey faster than an aeroplane's."""
    new = (column("customer_ip_country_is_new") == 1) & (column("customer_payment_count_lifetime") > 0)
    elsewhere = column("issuer_country_is_ip_country") == 0
    return np.asarray(new | elsewhere | (column("card_speed_kmh") > KMH), np.bool_)


def high_risk_payee(countries: Texts, high_risk: Collection[str]) -> Bools:
    """(vi) A merchant in one of these countries."""
    return np.array([country in high_risk for country in countries], np.bool_)


def identified(column: Column, signs: RiskFactorEvidence, high_risk: Collection[str]) -> Bools:
    """Which factors were identified, shape (6, n), rows by `RiskFactor`."""
    n = len(signs.payee_countries)
    unknown = np.zeros(n, np.bool_)
    scenario = known_scenario(column)
    return np.stack(
        [
            abnormal_spending(column),
            unusual_device(column),
            unknown if signs.malware is None else signs.malware,
            scenario if signs.scenario is None else scenario | signs.scenario,
            abnormal_payer_location(column),
            high_risk_payee(signs.payee_countries, frozenset(high_risk)),
        ]
    )
