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

import numpy as np
from numpy.typing import NDArray

from models.arrays import Bools, Floats, Texts

AUTHENTICATED: Final = (5, 2)
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


def shifted(stated: Floats, eci: Floats, result: Floats, bins: Texts, merchant_initiated: Bools) -> Bools:
    """Whether the issuer bears a fraud: by stated shift (1, 0, NaN), ECI as a number, 3DS result by code."""
    by_eci = (eci == AUTHENTICATED[0]) | (eci == AUTHENTICATED[1])
    for row in np.flatnonzero((eci == ATTEMPTED_ELSEWHERE) | (eci == ATTEMPTED_MASTERCARD)).tolist():
        by_eci[row] = _attempted(int(eci[row]), bins[row])
    by_3ds = np.where(np.isnan(eci), result <= PROVEN_OR_ATTEMPTED, by_eci) & ~merchant_initiated
    return np.where(np.isnan(stated), by_3ds, stated == 1)


def _attempted(eci: int, bin_digits: str | None) -> bool:
    """06 and 01 mean different things at different schemes; without a BIN they cannot be told apart."""
    if bin_digits is None:
        return False
    return eci == (ATTEMPTED_MASTERCARD if is_mastercard(bin_digits) else ATTEMPTED_ELSEWHERE)


def bearer(shift: Bools, by_issuer: Bools, by_us: Bools, remote_card: Bools) -> NDArray[np.uint8]:
    """`Liability` codes: the issuer's where it is shifted or the issuer exempted it, and so on down."""
    liability = np.where(remote_card, Liability.MERCHANT, Liability.UNKNOWN).astype(np.uint8)
    liability[by_us] = Liability.ACQUIRER
    liability[shift | by_issuer] = Liability.ISSUER
    return liability
