"""The features of the catalogue that authentication is judged by, as columns of one matrix."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.arrays import Floats, Int64s

SCA_FEATURES: Final = (
    "channel_code",
    "method_code",
    "is_merchant_initiated",
    "three_ds_code",
    "eci_code",
    "has_liability_shift",
    "has_sca_exemption",
    "card_amount_deviation_30d",
    "card_payment_count_1h",
    "card_device_is_new",
    "card_payment_count_lifetime",
    "card_distinct_devices_24h",
    "card_small_amount_count_10m",
    "device_distinct_cards_24h",
    "ip_distinct_cards_1h",
    "card_frauds_learned_lifetime",
    "device_frauds_learned_lifetime",
    "email_frauds_learned_lifetime",
    "customer_ip_country_is_new",
    "customer_payment_count_lifetime",
    "issuer_country_is_ip_country",
    "card_speed_kmh",
)
CHANNEL, METHOD, INITIATED, THREE_DS, ECI, STATED_SHIFT, ASKED_EXEMPTION = range(7)
DEVIATION, COUNT_1H, DEVICE_IS_NEW, COUNT_LIFETIME, DEVICES_24H, SMALL_10M = range(7, 13)
CARDS_OF_DEVICE, CARDS_OF_IP, CARD_FRAUDS, DEVICE_FRAUDS, EMAIL_FRAUDS = range(13, 18)
IP_COUNTRY_IS_NEW, CUSTOMER_COUNT, ISSUER_IS_IP_COUNTRY, SPEED = range(18, 22)


class FeatureColumns(NamedTuple):
    """Features of n payments."""

    matrix: Floats
    """Shape (n, columns)."""
    places: Int64s
    """The column of each of `SCA_FEATURES`."""

    @classmethod
    def stacked(cls, column: Callable[[str], NDArray[Any]]) -> "FeatureColumns":
        """From columns by name."""
        columns = [np.asarray(column(name), np.float64) for name in SCA_FEATURES]
        return cls(np.column_stack(columns), np.arange(len(SCA_FEATURES)))

    def column(self, feature: int) -> Floats:
        """One feature, by its place in `SCA_FEATURES`."""
        return self.matrix[:, self.places[feature]]
