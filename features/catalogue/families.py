"""The declaration of every feature that Tollgate comes with.

Adding a feature is one line in `FAMILIES`.
"""

from features.catalogue import measures as m
from features.catalogue.attributes import ATTRIBUTES
from features.catalogue.catalogue import Catalogue
from features.catalogue.declaration import LIFETIME, Entity, Family

ENTITIES = (
    Entity("card", "the payment instrument, by its token"),
    Entity("customer", "the merchant's customer, by id"),
    Entity("device", "the device the payment was made on, by id"),
    Entity("ip", "the IP address the payment came from"),
    Entity("network", "the IP address's network: /24 in IPv4, /48 in IPv6"),
    Entity("email", "the e-mail address, by its token"),
    Entity("merchant", "the merchant being paid, by id"),
    Entity("bin", "the first six digits of the card: its issuer and product"),
    Entity("address", "the delivery address, by its token"),
    Entity("card_device", "this card on this device", ("card", "device")),
    Entity("card_merchant", "this card at this merchant", ("card", "merchant")),
    Entity(
        "customer_ip_country", "this customer from this country of the IP address", ("customer", "ip_country")
    ),
    Entity("email_device", "this e-mail address on this device", ("email", "device")),
    Entity("bin_merchant", "cards of this BIN at this merchant", ("bin", "merchant")),
)

ALL = ("1m", "10m", "1h", "6h", "24h", "7d", "30d")
LONG = ("90d", "365d", LIFETIME)
PERSONAL = ("7d", "30d", "90d", LIFETIME)
"""Over what the labels of a card, customer or e-mail address are looked at."""


def _outcomes(entity: str, windows: tuple[str, ...]) -> list[Family]:
    """Declines by reason of an entity."""
    return [
        Family(entity, measure, windows)
        for measure in (
            m.INSUFFICIENT_FUNDS_COUNT,
            m.DO_NOT_HONOUR_COUNT,
            m.LOST_OR_STOLEN_COUNT,
            m.WRONG_CVV_COUNT,
            m.INVALID_CARD_COUNT,
        )
    ]


def _labels(entity: str, shares: tuple[str, ...], counts: tuple[str, ...] = (LIFETIME,)) -> list[Family]:
    """What became known of an entity's payments."""
    return [
        Family(entity, m.FRAUD_COUNT, counts),
        Family(entity, m.FRAUD_SHARE_OF_LABELS, shares),
        Family(entity, m.FRAUD_SHARE_OF_APPROVED, ("90d",)),
    ]


def _runs(entity: str) -> list[Family]:
    """How an entity's frauds and cleared payments follow each other in time."""
    return [
        Family(entity, measure)
        for measure in (m.HOURS_SINCE_CLEARED, m.FRAUDS_SINCE_CLEARED, m.HOURS_SINCE_FRAUDS_BEGAN)
    ]


FAMILIES = (
    Family("card", m.PAYMENT_COUNT, (*ALL, *LONG)),
    Family("card", m.AMOUNT_SUM, ("10m", "1h", "24h", "7d", "30d")),
    Family("card", m.AMOUNT_RATIO_TO_MEAN, ("24h", "7d", "30d", LIFETIME)),
    Family("card", m.AMOUNT_DEVIATION, ("30d", LIFETIME)),
    Family("card", m.AMOUNT_MAX_OF, ("24h", "30d")),
    Family("card", m.SMALL_COUNT, ("10m", "1h", "24h")),
    Family("card", m.SAME_AMOUNT_COUNT, ("1h", "24h")),
    Family("card", m.NIGHT_SHARE, ("30d",)),
    Family("card", m.DISTINCT, ("24h", "30d"), other="device"),
    Family("card", m.DISTINCT, ("1h", "24h"), other="ip"),
    Family("card", m.DISTINCT, ("10m", "1h", "24h", "30d"), other="merchant"),
    Family("card", m.DISTINCT, ("24h", "30d"), other="ip_country"),
    Family("card", m.DISTINCT, ("24h",), other="currency"),
    Family("card", m.DISTINCT, ("30d",), other="customer"),
    Family("card", m.DISTINCT, ("30d",), other="email"),
    Family("card", m.DISTINCT, ("30d",), other="address"),
    Family("card", m.HOURS_SINCE_FIRST),
    Family("card", m.HOURS_SINCE_LAST),
    Family("card", m.SPEED),
    Family("card", m.HABIT_SHARE),
    Family("card", m.DECLINED_COUNT, ("10m", "1h", "24h", "30d")),
    *_outcomes("card", ("24h", "30d")),
    Family("card", m.DECLINED_SHARE, ("24h", "30d")),
    Family("card", m.HOURS_SINCE_DECLINED),
    Family("card", m.AUTHENTICATED_COUNT, ("30d", LIFETIME)),
    Family("card", m.AUTHENTICATION_FAILED_COUNT, ("24h", "30d")),
    Family("card", m.CAPTURED_COUNT, ("30d", LIFETIME)),
    Family("card", m.REFUNDED_COUNT, ("30d", "365d")),
    *_labels("card", PERSONAL, ("30d", LIFETIME)),
    Family("card", m.HOURS_SINCE_FRAUD),
    *_runs("card"),
    Family("customer", m.PAYMENT_COUNT, (*ALL, *LONG)),
    Family("customer", m.AMOUNT_SUM, ("1h", "24h", "7d", "30d")),
    Family("customer", m.AMOUNT_MEAN, ("24h", "7d", "30d")),
    Family("customer", m.AMOUNT_RATIO_TO_MEAN, ("24h", "7d", "30d", LIFETIME)),
    Family("customer", m.AMOUNT_DEVIATION, ("30d", LIFETIME)),
    Family("customer", m.AMOUNT_MAX_OF, ("30d",)),
    Family("customer", m.NIGHT_SHARE, ("30d",)),
    Family("customer", m.DISTINCT, ("1h", "24h", "30d"), other="card"),
    Family("customer", m.DISTINCT, ("24h", "7d", "30d"), other="device"),
    Family("customer", m.DISTINCT, ("24h", "30d"), other="merchant"),
    Family("customer", m.DISTINCT, ("24h", "30d"), other="ip_country"),
    Family("customer", m.DISTINCT, ("30d",), other="address"),
    Family("customer", m.HOURS_SINCE_FIRST),
    Family("customer", m.HOURS_SINCE_LAST),
    Family("customer", m.SPEED),
    Family("customer", m.HABIT_SHARE),
    Family("customer", m.DECLINED_COUNT, ("1h", "24h", "30d")),
    Family("customer", m.DECLINED_SHARE, ("30d",)),
    Family("customer", m.HOURS_SINCE_DECLINED),
    Family("customer", m.REFUNDED_SHARE, ("365d",)),
    *_labels("customer", PERSONAL),
    Family("customer", m.HOURS_SINCE_FRAUD),
    Family("device", m.PAYMENT_COUNT, ("10m", "1h", "24h", "7d", "30d", "365d")),
    Family("device", m.AMOUNT_SUM, ("24h", "30d")),
    Family("device", m.AMOUNT_RATIO_TO_MEAN, ("30d",)),
    Family("device", m.SMALL_COUNT, ("1h", "24h")),
    Family("device", m.SAME_AMOUNT_COUNT, ("1h",)),
    Family("device", m.DISTINCT, ("1h", "24h", "30d"), other="card"),
    Family("device", m.DISTINCT, ("24h", "30d"), other="customer"),
    Family("device", m.DISTINCT, ("24h", "30d"), other="email"),
    Family("device", m.HOURS_SINCE_FIRST),
    Family("device", m.HOURS_SINCE_LAST),
    Family("device", m.DECLINED_COUNT, ("1h", "24h", "30d")),
    Family("device", m.DECLINED_SHARE, ("24h",)),
    *_labels("device", ("30d", LIFETIME)),
    Family("device", m.HOURS_SINCE_FRAUD),
    Family("ip", m.PAYMENT_COUNT, ("1m", "10m", "1h", "24h", "7d", "30d")),
    Family("ip", m.AMOUNT_SUM, ("1h", "24h")),
    Family("ip", m.SMALL_COUNT, ("10m", "1h")),
    Family("ip", m.DISTINCT, ("10m", "1h", "24h"), other="card"),
    Family("ip", m.DISTINCT, ("24h",), other="customer"),
    Family("ip", m.DISTINCT, ("24h",), other="email"),
    Family("ip", m.HOURS_SINCE_LAST),
    Family("ip", m.DECLINED_COUNT, ("10m", "1h", "24h")),
    *_labels("ip", ("30d", LIFETIME)),
    Family("network", m.PAYMENT_COUNT, ("10m", "1h", "24h", "30d")),
    Family("network", m.DISTINCT, ("1h", "24h"), other="card"),
    Family("network", m.DISTINCT, ("24h",), other="device"),
    Family("network", m.DECLINED_COUNT, ("1h", "24h")),
    *_labels("network", ("30d",)),
    Family("email", m.PAYMENT_COUNT, ("10m", "1h", "24h", "7d", "30d", "365d")),
    Family("email", m.AMOUNT_SUM, ("24h", "30d")),
    Family("email", m.AMOUNT_RATIO_TO_MEAN, ("30d",)),
    Family("email", m.DISTINCT, ("1h", "24h", "30d"), other="card"),
    Family("email", m.DISTINCT, ("30d",), other="device"),
    Family("email", m.DISTINCT, ("30d",), other="address"),
    Family("email", m.HOURS_SINCE_FIRST),
    Family("email", m.HOURS_SINCE_LAST),
    Family("email", m.DECLINED_COUNT, ("24h", "30d")),
    *_labels("email", PERSONAL, ("30d", LIFETIME)),
    Family("email", m.HOURS_SINCE_FRAUD),
    *_runs("email"),
    Family("merchant", m.PAYMENT_COUNT, ("1m", "10m", "1h", "24h", "7d", "30d")),
    Family("merchant", m.AMOUNT_MEAN, ("24h", "30d")),
    Family("merchant", m.AMOUNT_RATIO_TO_MEAN, ("1h", "24h", "30d")),
    Family("merchant", m.AMOUNT_DEVIATION, ("30d",)),
    Family("merchant", m.SMALL_SHARE, ("1h", "24h")),
    Family("merchant", m.SAME_AMOUNT_COUNT, ("1h",)),
    Family("merchant", m.NIGHT_SHARE, ("30d",)),
    Family("merchant", m.DISTINCT, ("10m", "1h"), other="card"),
    Family("merchant", m.DISTINCT, ("1h",), other="bin"),
    Family("merchant", m.DISTINCT, ("1h",), other="ip"),
    Family("merchant", m.HOURS_SINCE_FIRST),
    Family("merchant", m.DECLINED_SHARE, ("10m", "1h", "24h", "7d", "30d")),
    Family("merchant", m.REFUNDED_SHARE, ("30d", "90d")),
    *_labels("merchant", ("24h", "3d", "7d", "14d", "21d", "30d", "90d", LIFETIME), ("7d", "30d", LIFETIME)),
    Family("merchant", m.HOURS_SINCE_FRAUD),
    *_runs("merchant"),
    Family("merchant", m.COHORT_FRAUD_RATE, ("180d",)),
    Family("bin", m.PAYMENT_COUNT, ("10m", "1h", "24h", "30d")),
    Family("bin", m.SMALL_SHARE, ("1h", "24h")),
    Family("bin", m.DISTINCT, ("10m", "1h"), other="card"),
    Family("bin", m.DISTINCT, ("1h",), other="merchant"),
    Family("bin", m.DECLINED_SHARE, ("1h", "24h", "30d")),
    Family("bin", m.INVALID_CARD_COUNT, ("1h", "24h")),
    *_labels("bin", ("30d", "90d")),
    Family("bin", m.COHORT_FRAUD_RATE, ("180d",)),
    Family("address", m.PAYMENT_COUNT, ("24h", "7d", "30d", "365d")),
    Family("address", m.DISTINCT, ("24h", "30d"), other="card"),
    Family("address", m.DISTINCT, ("30d",), other="customer"),
    Family("address", m.DISTINCT, ("30d",), other="email"),
    Family("address", m.HOURS_SINCE_FIRST),
    Family("address", m.FRAUD_COUNT, (LIFETIME,)),
    Family("address", m.FRAUD_SHARE_OF_LABELS, (LIFETIME,)),
    Family("card_device", m.PAYMENT_COUNT, ("24h", "30d", LIFETIME)),
    Family("card_device", m.IS_NEW),
    Family("card_device", m.HOURS_SINCE_FIRST),
    Family("card_merchant", m.PAYMENT_COUNT, ("1h", "24h", "30d", LIFETIME)),
    Family("card_merchant", m.IS_NEW),
    Family("card_merchant", m.SAME_AMOUNT_COUNT, ("24h", "30d")),
    Family("card_merchant", m.AMOUNT_RATIO_TO_MEAN, ("30d",)),
    Family("card_merchant", m.HOURS_SINCE_LAST),
    Family("customer_ip_country", m.PAYMENT_COUNT, ("30d", LIFETIME)),
    Family("customer_ip_country", m.IS_NEW),
    Family("customer_ip_country", m.HOURS_SINCE_FIRST),
    Family("email_device", m.PAYMENT_COUNT, ("24h", "30d")),
    Family("email_device", m.IS_NEW),
    Family("bin_merchant", m.PAYMENT_COUNT, ("10m", "1h", "24h")),
    Family("bin_merchant", m.DISTINCT, ("10m", "1h", "24h"), other="card"),
    Family("bin_merchant", m.SMALL_COUNT, ("10m", "1h")),
    Family("bin_merchant", m.DECLINED_SHARE, ("1h", "24h")),
)

CATALOGUE = Catalogue(ENTITIES, FAMILIES, ATTRIBUTES)
"""The catalogue Tollgate comes with."""
