"""The codes of strong customer authentication: what decisions keep of it, and what kernels count by."""

from enum import IntEnum
from typing import Final

from models.messages import Channel, MethodKind

POST_AUTH: Final = 2
PROVEN: Final = 0
"""Code of the 3DS result Y."""

_CHANNELS: Final = list(Channel)
_METHODS: Final = list(MethodKind)
ECOMMERCE: Final = _CHANNELS.index(Channel.ECOMMERCE)
APP: Final = _CHANNELS.index(Channel.APP)
POS: Final = _CHANNELS.index(Channel.POS)
MOTO: Final = _CHANNELS.index(Channel.MOTO)
RECURRING: Final = _CHANNELS.index(Channel.RECURRING)
CARD: Final = _METHODS.index(MethodKind.CARD)
WALLET: Final = _METHODS.index(MethodKind.WALLET)

BY_AMOUNT, BY_COUNT = 1, 2
LOW_VALUE_COUNTERS: Final = {"amount": BY_AMOUNT, "count": BY_COUNT, "either": BY_AMOUNT | BY_COUNT}
"""Which limits of Article 16 let a payment go, as bits, by `ScaSettings.low_value_counter`."""

IN_EEA, NO_SHIFT, HIGH_RISK = 1, 2, 4
"""What matters of a country, as bits."""


class ScaStatus(IntEnum):
    """What the law requires. New ones go to the end: codes are kept in snapshots."""

    OUT_OF_SCOPE = 0
    EXEMPT = 1
    REQUIRED = 2


class Exemption(IntEnum):
    """By which article of the RTS a payment is exempt."""

    NONE = 0
    LOW_VALUE = 1
    RISK_ANALYSIS = 2
    TRUSTED_BENEFICIARY = 3
    CORPORATE = 4


class Scope(IntEnum):
    """Why a payment is out of scope."""

    IN_SCOPE = 0
    NOT_BY_CARD = 1
    NOT_REMOTE = 2
    MAIL_OR_TELEPHONE = 3
    MERCHANT_INITIATED = 4
    ONE_LEG_OUT = 5


ISSUERS: Final[dict[str | None, Exemption]] = {
    "trusted_beneficiary": Exemption.TRUSTED_BENEFICIARY,
    "corporate": Exemption.CORPORATE,
}
"""Values of `authentication.sca_exemption` that only the issuer can grant."""
