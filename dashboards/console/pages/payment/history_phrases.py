"""Features computed from history as sentences about a card, customer, device ...: "4 payments by this card in
the last hour". What is not known has a sentence as well.

In a phrase `{n}` is a number, `{value}` an amount, share or time, `{by}` whose payments they are, `{this}`
the one they are of, `{when}` the window. A count has a phrase for one and one for several.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from dashboards.console.pages.payment.quantities import (
    duration_words,
    money_words,
    number_words,
    share_words,
)
from features.catalogue import LIFETIME, Feature, Op

ENTITIES: Final[Mapping[str, tuple[str, str]]] = {
    "card": ("by this card", "this card"),
    "customer": ("by this customer", "this customer"),
    "device": ("from this device", "this device"),
    "ip": ("from this IP address", "this IP address"),
    "network": ("from this network", "this network"),
    "email": ("with this e-mail address", "this e-mail address"),
    "merchant": ("at this merchant", "this merchant"),
    "bin": ("by cards of this BIN", "this BIN"),
    "address": ("to this delivery address", "this delivery address"),
    "card_device": ("by this card on this device", "this card on this device"),
    "card_merchant": ("by this card at this merchant", "this card at this merchant"),
    "customer_ip_country": ("by this customer from this country", "this customer in this country"),
    "email_device": ("with this e-mail address on this device", "this e-mail address on this device"),
    "bin_merchant": ("by cards of this BIN at this merchant", "this BIN at this merchant"),
}
"""Entity -> whose payments, and what it is."""
OTHERS: Final[Mapping[str, tuple[str, str]]] = {
    "address": ("delivery address", "delivery addresses"),
    "bin": ("BIN", "BINs"),
    "card": ("card", "cards"),
    "currency": ("currency", "currencies"),
    "customer": ("customer", "customers"),
    "device": ("device", "devices"),
    "email": ("e-mail address", "e-mail addresses"),
    "ip": ("IP address", "IP addresses"),
    "ip_country": ("country of the IP address", "countries of the IP address"),
    "merchant": ("merchant", "merchants"),
    "network": ("network", "networks"),
}
NONE_BEFORE: Final = "No earlier payment {by} {when} to compare with"
COUNTS: Final[Mapping[str, tuple[str, str]]] = {
    "payment_count": ("{n} payment {by} {when}", "{n} payments {by} {when}"),
    "small_amount_count": (
        "{n} payment under 2 EUR {by} {when}, as in card testing",
        "{n} payments under 2 EUR {by} {when}, as in card testing",
    ),
    "same_amount_count": (
        "{n} payment of exactly this amount {by} {when}",
        "{n} payments of exactly this amount {by} {when}",
    ),
    "distinct": ("{n} {one} seen with {this} {when}", "{n} different {many} seen with {this} {when}"),
    "declined_count": (
        "{n} payment {by} declined by the issuer {when}",
        "{n} payments {by} declined by the issuer {when}",
    ),
    "insufficient_funds_count": (
        "{n} payment {by} declined for lack of funds {when}",
        "{n} payments {by} declined for lack of funds {when}",
    ),
    "do_not_honour_count": (
        "{n} payment {by} declined as do not honour or suspected fraud {when}",
        "{n} payments {by} declined as do not honour or suspected fraud {when}",
    ),
    "lost_or_stolen_count": (
        "{n} payment {by} declined as a lost or stolen card {when}",
        "{n} payments {by} declined as a lost or stolen card {when}",
    ),
    "wrong_cvv_count": (
        "{n} payment {by} declined for a wrong security code {when}",
        "{n} payments {by} declined for a wrong security code {when}",
    ),
    "invalid_card_count": (
        "{n} payment {by} declined for an invalid or expired card {when}, as when numbers are guessed",
        "{n} payments {by} declined for an invalid or expired card {when}, as when numbers are guessed",
    ),
    "authenticated_count": (
        "{n} payment {by} authenticated by 3-D Secure {when}",
        "{n} payments {by} authenticated by 3-D Secure {when}",
    ),
    "authentication_failed_count": (
        "{n} payment {by} failed 3-D Secure {when}",
        "{n} payments {by} failed 3-D Secure {when}",
    ),
    "captured_count": ("{n} payment {by} captured {when}", "{n} payments {by} captured {when}"),
    "refunded_count": ("{n} payment {by} refunded {when}", "{n} payments {by} refunded {when}"),
    "frauds_learned": (
        "{n} fraud {by} became known {when}",
        "{n} frauds {by} became known {when}",
    ),
    "frauds_since_cleared": (
        "{n} fraud {by} became known since one of its payments was last known as legitimate",
        "{n} frauds {by} became known since one of its payments was last known as legitimate",
    ),
}
"""By measure: for one, for several."""
VALUES: Final[Mapping[str, tuple[str, str]]] = {
    "amount_sum": ("{value} paid {by} {when}", "What was paid {by} {when} is not known"),
    "amount_mean": ("{value} paid on average {by} {when}", NONE_BEFORE),
    "amount_max": ("{value} was the largest payment {by} {when}", NONE_BEFORE),
    "amount_ratio_to_mean": ("{value} times the average amount {by} {when}", NONE_BEFORE),
    "amount_deviation": ("{value} the usual amount {by} {when}", NONE_BEFORE),
    "small_amount_share": ("{value} of the payments {by} {when} were under 2 EUR", NONE_BEFORE),
    "night_share": ("{value} of the payments {by} {when} were made at night", NONE_BEFORE),
    "hour_of_week_share": (
        "{value} of the payments {by} fall on this weekday and time of day",
        "No earlier payment {by} shows a habit",
    ),
    "hours_since_first_payment": ("{value} since the first payment {by}", "This is the first payment {by}"),
    "hours_since_last_payment": ("{value} since the last payment {by}", "This is the first payment {by}"),
    "speed_kmh": (
        "{value} km/h would lead here from the place of the last payment {by}",
        "The place of this payment, or of the last one {by}, is not known",
    ),
    "declined_share": (
        "{value} of the issuers' answers to payments {by} {when} were declines",
        "No issuer's answer to a payment {by} {when} is known",
    ),
    "hours_since_last_declined": (
        "{value} since the issuer last declined a payment {by}",
        "No payment {by} was ever declined by the issuer",
    ),
    "refunds_over_captures": (
        "{value} refunds for each captured payment {by} {when}",
        "No payment {by} was captured {when}",
    ),
    "frauds_over_labels": (
        "{value} of the payments {by} whose truth became known {when} were fraud",
        "Of no payment {by} the truth became known {when}",
    ),
    "frauds_over_approved": (
        "{value} known frauds for each authorised payment {by} {when}",
        "No payment {by} was authorised {when}",
    ),
    "hours_since_fraud_learned": (
        "{value} since a fraud {by} last became known",
        "No fraud {by} is known",
    ),
    "hours_since_cleared": (
        "{value} since a payment {by} last became known as legitimate",
        "No payment {by} is known as legitimate",
    ),
    "hours_since_frauds_began": (
        "{value} since the latest row of frauds {by} began to become known",
        "No fraud {by} is known since its last legitimate payment",
    ),
    "cohort_fraud_rate": (
        "{value} of the authorised payments {by} {when}, at least {days} days old, are known as fraud",
        "No authorised payment {by} {when} is {days} days old",
    ),
}
"""By measure: with a value, and where there is none."""
IS_NEW: Final = ("This is the first payment {by}", "There were payments {by} before")
UNITS: Final = {"m": ("minute", "minutes"), "h": ("hour", "hours"), "d": ("day", "days")}


@dataclass(frozen=True)
class HistoryPhrase:
    """text: what the feature says. `has_words`: the measure and its entity have words of their own."""

    text: str
    has_words: bool


def history_phrase(feature: Feature, value: float) -> HistoryPhrase:
    """What a feature of history says."""
    measure = (
        feature.measure.name.removeprefix("{entity}_").removesuffix("_{window}").removesuffix("_{others}")
    )
    template = _template(measure, feature, value)
    by, this = ENTITIES.get(
        feature.entity, (f"of the {_plain(feature.entity)}", f"the {_plain(feature.entity)}")
    )
    one, many = OTHERS.get(feature.other or "", (_plain(feature.other or ""), _plain(feature.unit)))
    has_words = feature.entity in ENTITIES and (feature.other or "card") in OTHERS
    if not template:
        return HistoryPhrase(f"{_sentence(feature.meaning)}: {value_phrase(feature, value)}", False)
    return HistoryPhrase(
        _sentence(
            template.format(
                n="no" if value == 0 else number_words(value),
                value=value_phrase(feature, value),
                by=by,
                this=this,
                one=one,
                many=many,
                when=window_words(feature.window),
                days=feature.measure.maturity_days,
            )
        ),
        has_words,
    )


def _template(measure: str, feature: Feature, value: float) -> str:
    if feature.measure.op is Op.IS_NEW:
        return (
            IS_NEW[0]
            if value == 1
            else IS_NEW[1]
            if value == 0
            else f"It is not known if {IS_NEW[0].lower()}"
        )
    if measure in COUNTS:
        missing = "How many {many} were seen with {this} {when} is not known"
        if np.isnan(value):
            return missing if measure == "distinct" else "It is not known what happened {by} {when}"
        return COUNTS[measure][0 if value == 1 else 1]
    if measure in VALUES:
        return VALUES[measure][1 if np.isnan(value) else 0]
    return ""


def value_phrase(feature: Feature, value: float) -> str:
    """A value of a feature that is no count.

    >>> from features.catalogue import CATALOGUE
    >>> by_name = {each.name: each for each in CATALOGUE.features}
    >>> value_phrase(by_name["card_amount_deviation_30d"], -2.5)
    '2.5 standard deviations below'
    """
    if np.isnan(value):
        return "not known"
    if feature.measure.op is Op.DEVIATION:
        return f"{number_words(abs(round(value, 2)))} standard deviations {'below' if value < 0 else 'above'}"
    worded = {"EUR cents": money_words, "share": share_words, "hours": duration_words}
    return worded.get(feature.unit, number_words)(value)


def window_words(window: str) -> str:
    """When the payments were made.

    >>> window_words("1h"), window_words("10m"), window_words("365d"), window_words("lifetime")
    ('in the last hour', 'in the last 10 minutes', 'in the last 365 days', 'so far')
    """
    if window == LIFETIME:
        return "so far"
    number, (one, many) = int(window[:-1]), UNITS[window[-1]]
    return f"in the last {one}" if number == 1 else f"in the last {number} {many}"


def _measure(feature: Feature) -> str:
    name = feature.measure.name.removeprefix("{entity}_")
    return name.removesuffix("_{window}").removesuffix("_{others}")


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
