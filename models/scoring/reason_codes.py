"""A model's reasons in words, by stable codes.

A code represents a family of features (velocity of a card, a new device, an unusual amount), so it
stays the same when windows or the model change. Records keep the number of a code: new ones go to the end.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from models.messages import DecisionReason

TOP: Final = 3
"""Codes in a decision at most."""


class ReasonCode(NamedTuple):
    """One code: its text, and the features it represents by the beginning of their names."""

    code: str
    text: str
    prefixes: tuple[str, ...]


CODES: Final = (
    ReasonCode("OTHER", "A combination of further signs", ()),
    ReasonCode("AMOUNT_UNUSUAL", "The amount is unusual", ("amount_",)),
    ReasonCode(
        "CARD_AMOUNT_UNUSUAL",
        "The amount or the total is unusual for this card",
        ("card_amount", "card_max_amount", "card_min_amount", "card_small_amount", "card_mean", "card_sum"),
    ),
    ReasonCode(
        "TIME_UNUSUAL",
        "The hour or day is unusual",
        ("hour_of_day", "day_of_week", "is_weekend", "is_night", "lag_seconds"),
    ),
    ReasonCode(
        "COUNTRY_MISMATCH",
        "Countries of card, address, merchant and currency do not fit together",
        ("issuer_country", "ip_country", "currency_is", "customer_ip_country", "card_speed", "card_distance"),
    ),
    ReasonCode("CARD_KIND", "The kind of card is riskier", ("bin_is_",)),
    ReasonCode("MERCHANT_KIND", "The merchant's category is riskier", ("merchant_group",)),
    ReasonCode("NEW_CUSTOMER", "The customer is new or unknown", ("customer_age", "has_customer")),
    ReasonCode(
        "NEW_DEVICE",
        "The device is new or unknown",
        ("card_device_is_new", "customer_device_is_new", "has_device"),
    ),
    ReasonCode(
        "AUTHENTICATION",
        "The results of authentication, security code or address check speak against it",
        (
            "three_ds_", "eci_code", "has_liability_shift", "has_sca_exemption", "cvv_matches", "avs_match",
            "is_merchant_initiated",
        ),
    ),
    ReasonCode(
        "CHANNEL", "The channel, method or phase is riskier", ("channel_code", "method_code", "phase_code")
    ),
    ReasonCode("REPEATED_ATTEMPT", "The payment was attempted before", ("attempt_number",)),
    ReasonCode("VELOCITY_CARD", "Recent activity of the card is unusual", ("card_",)),
    ReasonCode("VELOCITY_CUSTOMER", "Recent activity of the customer is unusual", ("customer_",)),
    ReasonCode("VELOCITY_DEVICE", "Recent activity of the device is unusual", ("device_",)),
    ReasonCode(
        "VELOCITY_ADDRESS", "Recent activity from this address or network is unusual", ("ip_", "network_")
    ),
    ReasonCode("VELOCITY_EMAIL", "Recent activity of the e-mail address is unusual", ("email_",)),
    ReasonCode("VELOCITY_DELIVERY", "Recent activity of the delivery address is unusual", ("address_",)),
    ReasonCode("VELOCITY_BIN", "Recent activity of cards with these first digits is unusual", ("bin_",)),
    ReasonCode("MERCHANT_ACTIVITY", "Recent activity at the merchant is unusual", ("merchant_",)),
    ReasonCode("DETAILS_MISSING", "Details that most payments have are missing", ("has_",)),
    ReasonCode(
        "KNOWN_FRAUD",
        "Card, device, address or customer took part in known frauds",
        ("card_fraud", "customer_fraud", "device_fraud", "ip_fraud", "network_fraud", "email_fraud",
         "address_fraud", "bin_fraud", "merchant_fraud", "card_hours_since_fraud",
         "customer_hours_since_fraud", "device_hours_since_fraud", "email_hours_since_fraud",
         "merchant_hours_since_fraud"),
    ),
    ReasonCode("PAYMENT_DETAILS", "Details that the payment service sent along are unusual", ("metadata_",)),
)  # fmt: skip
NONE: Final = 255
"""No (further) code."""

_REASONS: Final = tuple(DecisionReason(code.code, code.text) for code in CODES)


def code_of(feature: str) -> int:
    """The number of a feature's code: of the longest prefix that fits.

    >>> [CODES[code_of(name)].code for name in ("card_payment_count_1h", "card_frauds_learned_lifetime", "x")]
    ['VELOCITY_CARD', 'KNOWN_FRAUD', 'OTHER']
    """
    fitting = [
        (len(prefix), number)
        for number, code in enumerate(CODES)
        for prefix in code.prefixes
        if feature.startswith(prefix)
    ]
    return max(fitting, default=(0, 0))[1]


def in_words(numbers: Sequence[int]) -> tuple[DecisionReason, ...]:
    """The reasons of these codes; `NONE` and codes of a later version are left out."""
    return tuple(_REASONS[number] for number in numbers if number < len(_REASONS))
