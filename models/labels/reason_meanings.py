"""What a scheme's reason code means for fraud: the bank's own statement of why a payment is disputed.

The outcome of a dispute decides who bears the loss; its reason code tells what the cardholder claims. Labels
are made from the claim. Codes are facts of the Visa (Claims Resolution, 2018 and later) and Mastercard
dispute rules; the words are ours.

- `CARD_ABSENT_FRAUD`: a third person paid at a distance. Visa 10.4, Mastercard 4837 and its predecessor 4863.
- `CARD_PRESENT_FRAUD`: a third person paid with a counterfeit or stolen card at a terminal. It is fraud only
  of payments that were made at one: a label of a payment at a distance never comes from it.
- `CONSUMER`: the cardholder paid and wants the money back. Whatever becomes of it, the cardholder paid.
- `PROCESSING`, `AUTHORISATION`: the parties' own mistakes. They mean nothing for who paid.
- `PROGRAMME`: a scheme acts against the merchant, which means nothing for who paid. Not a label: 10.5, 4849,
  and 4840, where the merchant itself multiplied a payment.
- `UNKNOWN`: not in the table. It is never guessed.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class ReasonMeaning(StrEnum):
    """What is claimed. See the module."""

    CARD_ABSENT_FRAUD = "card_absent_fraud"
    CARD_PRESENT_FRAUD = "card_present_fraud"
    CONSUMER = "consumer"
    PROCESSING = "processing"
    AUTHORISATION = "authorisation"
    PROGRAMME = "programme"
    UNKNOWN = "unknown"


_VISA: Final = {
    ReasonMeaning.CARD_ABSENT_FRAUD: ("10.4",),
    ReasonMeaning.CARD_PRESENT_FRAUD: ("10.1", "10.2", "10.3"),
    ReasonMeaning.PROGRAMME: ("10.5",),
    ReasonMeaning.AUTHORISATION: ("11.1", "11.2", "11.3"),
    ReasonMeaning.PROCESSING: ("12.1", "12.2", "12.3", "12.4", "12.5", "12.6", "12.7"),
    ReasonMeaning.CONSUMER: ("13.1", "13.2", "13.3", "13.4", "13.5", "13.6", "13.7", "13.8", "13.9"),
}
_MASTERCARD: Final = {
    ReasonMeaning.CARD_ABSENT_FRAUD: ("4837", "4863"),
    ReasonMeaning.CARD_PRESENT_FRAUD: ("4870", "4871"),
    ReasonMeaning.PROGRAMME: ("4840", "4849"),
    ReasonMeaning.AUTHORISATION: ("4807", "4808", "4812"),
    ReasonMeaning.PROCESSING: ("4831", "4834", "4842", "4846", "4850", "4999"),
    ReasonMeaning.CONSUMER: ("4841", "4853", "4854", "4855", "4859", "4860"),
}


def _by_code(groups: Mapping[ReasonMeaning, tuple[str, ...]]) -> dict[str, ReasonMeaning]:
    return {code: meaning for meaning, codes in groups.items() for code in codes}


REASONS: Final[Mapping[str, Mapping[str, ReasonMeaning]]] = {
    "visa": _by_code(_VISA),
    "mastercard": _by_code(_MASTERCARD),
}
"""Meaning by scheme and code."""


def reason_meaning(scheme: str | None, code: str) -> ReasonMeaning:
    """What a code of a scheme claims. Without a scheme, a code that only one scheme has speaks for itself.

    >>> reason_meaning("visa", "10.4").value, reason_meaning("Mastercard", " 4853 ").value
    ('card_absent_fraud', 'consumer')
    >>> reason_meaning("visa", "4837").value, reason_meaning(None, "4837").value
    ('unknown', 'card_absent_fraud')
    """
    tables = list(REASONS.values()) if scheme is None else [REASONS.get(scheme.strip().lower(), {})]
    meanings = {table[code.strip()] for table in tables if code.strip() in table}
    return meanings.pop() if len(meanings) == 1 else ReasonMeaning.UNKNOWN
