"""Features of the payment itself as sentences; what is not known has a sentence as well.

A feature that is yes or no has three: yes, no, not known. A code has one for each of its values. A number has
one with its place.
"""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from dashboards.console.pages.payment.quantities import counted, money_words, number_words

YES_OR_NO: Final[Mapping[str, tuple[str, str, str]]] = {
    "amount_is_round": (
        "The amount is round: a multiple of ten",
        "The amount is not round",
        "Whether it is round is not known",
    ),
    "is_weekend": ("Made at the weekend (UTC)", "Made on a working day (UTC)", "The day is not known"),
    "is_night": (
        "Made at night: from 00:00 to 05:59 UTC",
        "Not made at night (00:00 to 05:59 UTC)",
        "The hour is not known",
    ),
    "bin_is_known": (
        "The BIN is in the table of BINs",
        "The BIN is not in the table of BINs",
        "The payment came without a BIN",
    ),
    "bin_is_prepaid": (
        "A prepaid card, by its BIN",
        "Not a prepaid card, by its BIN",
        "Whether the card is prepaid is not known",
    ),
    "bin_is_debit": (
        "A debit card, by its BIN",
        "Not a debit card, by its BIN",
        "Whether it is a debit card is not known",
    ),
    "bin_is_credit": (
        "A credit or charge card, by its BIN",
        "Not a credit card, by its BIN",
        "Whether it is a credit card is not known",
    ),
    "issuer_country_is_ip_country": (
        "The IP address is in the country where the card was issued",
        "The IP address is in another country than the one where the card was issued",
        "The country of the card or of the IP address is not known",
    ),
    "issuer_country_is_merchant_country": (
        "A domestic payment: the card was issued in the merchant's country",
        "A foreign card: it was not issued in the merchant's country",
        "The country of the card or of the merchant is not known",
    ),
    "ip_country_is_merchant_country": (
        "The IP address is in the merchant's country",
        "The IP address is not in the merchant's country",
        "The country of the IP address or of the merchant is not known",
    ),
    "currency_is_merchant_countrys": (
        "Paid in a currency of the merchant's country",
        "Paid in a currency foreign to the merchant's country",
        "The merchant's country is not known",
    ),
    "three_ds_is_authenticated": (
        "3-D Secure authenticated the payer, tried to or only informed",
        "3-D Secure did not authenticate the payer",
        "There is no result of 3-D Secure",
    ),
    "has_liability_shift": (
        "The issuer bears the loss of a fraud",
        "The merchant bears the loss of a fraud",
        "Who bears the loss of a fraud is not known",
    ),
    "has_sca_exemption": (
        "An exemption from customer authentication is asked for",
        "No exemption from authentication is asked for",
        "The payment says nothing of authentication",
    ),
    "cvv_matches": (
        "The security code is right",
        "The security code is wrong",
        "The security code was not checked",
    ),
    "is_merchant_initiated": (
        "The merchant started the payment without the customer",
        "The customer started the payment",
        "Whether the customer started the payment is not known",
    ),
    "has_customer": (
        "The customer is named",
        "A guest: no customer is named",
        "Whether it is a guest is not known",
    ),
    "has_device": ("The device is known", "No device is named", "Whether there is a device is not known"),
    "has_email": (
        "An e-mail address is given",
        "No e-mail address is given",
        "The e-mail address is not known",
    ),
    "has_ip": (
        "An IP address is given",
        "No well-formed IP address is given",
        "The IP address is not known",
    ),
    "has_delivery_address": (
        "A delivery address is given",
        "No delivery address is given",
        "The delivery address is not known",
    ),
    "ip_is_v6": ("The IP address is of IPv6", "The IP address is of IPv4", "There is no IP address"),
    "has_location": (
        "The place of the device or terminal is given",
        "The place of the device or terminal is not given",
        "Whether there is a place is not known",
    ),
}
CODES: Final[Mapping[str, tuple[Mapping[float, str], str]]] = {
    "day_of_week": (
        {
            float(number): f"Made on a {day} (UTC)"
            for number, day in enumerate(
                ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
            )
        },
        "The day is not known",
    ),
    "phase_code": (
        {0: "Decided before authorisation", 1: "Decided after 3-D Secure", 2: "Decided after authorisation"},
        "When the decision was asked for is not known",
    ),
    "channel_code": (
        {
            0: "Paid online",
            1: "Paid in an app",
            2: "Paid at a point of sale",
            3: "Paid by mail or telephone",
            4: "A recurring payment",
        },
        "The channel is not known",
    ),
    "method_code": (
        {
            0: "Paid by card",
            1: "Paid by wallet",
            2: "Paid by bank debit",
            3: "Paid by bank transfer",
            4: "Paid later",
        },
        "How it is paid is not known",
    ),
    "three_ds_code": (
        {
            0: "3-D Secure: authenticated (Y)",
            1: "3-D Secure: attempted (A)",
            2: "3-D Secure: for information only (I)",
            3: "3-D Secure: a challenge was asked for (C)",
            4: "3-D Secure: could not be done (U)",
            5: "3-D Secure: not authenticated (N)",
            6: "3-D Secure: refused by the issuer (R)",
        },
        "There is no result of 3-D Secure",
    ),
    "avs_match": (
        {
            1: "Address check: all of it matches",
            0.5: "Address check: street or postal code alone matches",
            0: "Address check: nothing matches",
        },
        "The address was not checked",
    ),
}
NUMBERS: Final[Mapping[str, tuple[Callable[[float], str], str]]] = {
    "amount_eur_cents": (
        lambda cents: f"The amount is {money_words(cents)} at the day's rate",
        "The amount in EUR is not known: there was no exchange rate",
    ),
    "amount_log2": (
        lambda steps: (
            f"The amount is about {money_words(2 ** min(steps, 64) - 1)}, as the model sees it (by doublings)"
        ),
        "The amount in EUR is not known: there was no exchange rate",
    ),
    "hour_of_day": (lambda hour: f"Made in the hour from {hour:02.0f}:00 UTC", "The hour is not known"),
    "lag_seconds": (
        lambda seconds: f"Decided {counted(seconds, 'second', 'seconds')} after it was made",
        "How late it was decided is not known",
    ),
    "attempt_number": (
        lambda number: f"Attempt {number:.0f} at this payment",
        "Which attempt it is is not known",
    ),
    "customer_age_days": (
        lambda days: f"The merchant has known the customer for {counted(days, 'day', 'days')}",
        "Since when the merchant knows the customer is not told",
    ),
    "merchant_group": (
        lambda number: f"The merchant sells in group {number_words(number)} of the merchant categories",
        "The merchant's category is not known",
    ),
    "eci_code": (
        lambda number: f"Electronic commerce indicator {number:02.0f}",
        "No electronic commerce indicator was sent",
    ),
}


def payment_phrase(name: str, value: float) -> str | None:
    """What a feature of the payment itself says; None for one that has no words here.

    >>> payment_phrase("is_night", 1.0), payment_phrase("cvv_matches", float("nan"))
    ('Made at night: from 00:00 to 05:59 UTC', 'The security code was not checked')
    >>> payment_phrase("amount_eur_cents", 1250.0)
    "The amount is 12.50 EUR at the day's rate"
    """
    if name in YES_OR_NO:
        yes, no, missing = YES_OR_NO[name]
        return missing if np.isnan(value) else yes if value else no
    if name in CODES:
        words, missing = CODES[name]
        return missing if np.isnan(value) else words.get(value, f"{missing}: code {number_words(value)}")
    if name in NUMBERS:
        worded, missing = NUMBERS[name]
        return missing if np.isnan(value) else worded(value)
    return None
