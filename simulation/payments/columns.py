"""Payments of a world as columns, before they are spelled out as messages."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from enum import IntEnum
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from models.arrays import Bools, Int64s, UInt64s


class Scenario(IntEnum):
    """What a payment is about. Friendly fraud and refund abuse are payments of the true customer."""

    ORDINARY = 0
    CARD_TESTING = 1
    BIN_ATTACK = 2
    STOLEN_CARD = 3
    ACCOUNT_TAKEOVER = 4
    MERCHANT_COMPROMISE = 5
    MULE_RING = 6
    FRIENDLY_FRAUD = 14
    REFUND_ABUSE = 15


class MethodCode(IntEnum):
    """How a payment is made; in the order of `models.messages.payment.MethodKind`."""

    CARD = 0
    WALLET = 1
    BANK_DEBIT = 2
    BANK_TRANSFER = 3
    PAY_LATER = 4


class ChannelCode(IntEnum):
    """In the order of `models.messages.payment.Channel`."""

    ECOMMERCE = 0
    APP = 1
    POS = 2
    MOTO = 3
    RECURRING = 4


@dataclass
class PaymentColumns:
    """n payments. `index` says which, `at` when (epoch ms), `person` who pays (the victim, where it is
    fraud), `cents` how much in EUR; tokens are 48 bits, 0 for none; `group` is the session or campaign.
    """

    index: UInt64s
    occurred_at: Int64s
    scenario: Int64s
    fraud: Bools
    person: UInt64s
    group: UInt64s
    shop: Int64s
    cents: Int64s
    card: UInt64s
    kind: Int64s
    bin: Int64s
    country: Int64s
    customer: UInt64s
    created_at: Int64s
    device: UInt64s
    ip: UInt64s
    email: UInt64s
    address: UInt64s
    channel: Int64s

    def __len__(self) -> int:
        return len(self.index)

    def taken(self, rows: NDArray[Any]) -> Self:
        """Some of the payments, in this order."""
        return replace(self, **{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def at_terminal(self, rows: Bools) -> None:
        """Makes these payments ones at a terminal: nothing is known there but the card."""
        for name in ("customer", "device", "ip", "email", "address"):
            getattr(self, name)[rows] = 0
        self.channel[rows] = ChannelCode.POS


def joined(parts: Sequence[PaymentColumns]) -> PaymentColumns:
    """Payments of all parts, in order of time; payments of one millisecond by index."""
    whole = PaymentColumns(
        *(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(PaymentColumns))
    )
    return whole.taken(np.lexsort((whole.index, whole.occurred_at)))
