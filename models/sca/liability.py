"""Who bears the loss if a payment turns out to be fraud, as far as this phase knows.

    what is known                                               who
    liability shift stated                                      issuer, or one of the lines below if denied
    ECI 05 or 02 (authenticated)                                issuer
    ECI 06 (attempted), Mastercard: 01; 06 is an exemption there   issuer
    any other ECI (00, 07, Mastercard 04, 06)                   one of the lines below
    no ECI, 3DS result Y or A                                   issuer
    the issuer exempted it (trusted beneficiary, corporate)     issuer
    we exempt it (low value, risk analysis)                     acquirer: PSD2 Article 74(2); a contract may
                                                                pass it on to the merchant
    anything else by card, not at a terminal                    merchant, by chargeback
    not by card, or at a terminal                               not known here

A merchant-initiated payment inherits no authentication: only a stated shift counts. Sources: Visa Secure
(ECI 05, 06, 07; dispute condition 10.4), Mastercard Identity Check (ECI 02, 01, 00, 06; reason code 4837).
"""

from enum import IntEnum
from typing import Final

from models.kernels import inlined

AUTHENTICATED: Final = (5, 2)
"""ECI, as numbers."""
ATTEMPTED_ELSEWHERE: Final = 6
ATTEMPTED_MASTERCARD: Final = 1
PROVEN_OR_ATTEMPTED: Final = 1
"""3DS results up to this code of the catalogue's `three_ds_code` are Y and A."""


class Liability(IntEnum):
    """Who bears the loss. New ones go to the end: codes are kept in snapshots."""

    UNKNOWN = 0
    ISSUER = 1
    ACQUIRER = 2
    MERCHANT = 3


def is_mastercard(bin_digits: str | None) -> bool:
    """Whether these first digits are Mastercard's: 51-55 and 2221-2720 (ISO/IEC 7812 ranges of the scheme).

    >>> [is_mastercard(each) for each in ("510000", "560000", "222100", "272099", "272100", None)]
    [True, False, True, True, False, False]
    """
    if not bin_digits or len(bin_digits) < 4:
        return False
    return "51" <= bin_digits[:2] <= "55" or "2221" <= bin_digits[:4] <= "2720"


def means_attempted(eci: float, bin_digits: str | None) -> bool:
    """06 and 01 mean different things at different schemes; without a BIN they cannot be told apart."""
    if bin_digits is None:
        return False
    return eci == (ATTEMPTED_MASTERCARD if is_mastercard(bin_digits) else ATTEMPTED_ELSEWHERE)


@inlined
def shifted(stated: float, eci: float, attempted: bool, result: float, initiated: bool) -> bool:
    """Whether the issuer bears a fraud: by stated shift (1, 0, NaN), ECI as a number (`attempted`: it means
    that), 3DS result by code.
    """
    if stated == stated:  # noqa: PLR0124 - NaN is not stated
        return bool(stated == 1)
    if initiated:
        return False
    if eci == eci:  # noqa: PLR0124 - NaN is not known
        return bool((eci == AUTHENTICATED[0]) | (eci == AUTHENTICATED[1]) | attempted)
    return bool(result <= PROVEN_OR_ATTEMPTED)


@inlined
def bearer(shift: bool, by_issuer: bool, by_us: bool, remote_card: bool) -> int:
    """Code of `Liability`: the issuer's where it is shifted or the issuer exempted it, and so on down."""
    if shift or by_issuer:
        return Liability.ISSUER.value
    if by_us:
        return Liability.ACQUIRER.value
    return Liability.MERCHANT.value if remote_card else Liability.UNKNOWN.value
