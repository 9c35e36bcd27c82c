"""What payment services vary and a world does not: attempts, phases, authentication, metadata, IPv6."""

from typing import Any, Final

import numpy as np

from models.arrays import UInt64s
from models.messages import Authentication, Phase
from simulation.chance import Chance, Purpose
from simulation.payments import PaymentColumns
from simulation.people import objects
from simulation.world import Variety, spelled_addresses

ATTEMPTS: Final = objects([1] * 49 + [2])
PHASES: Final = objects([Phase.PRE_AUTH] * 24 + [Phase.POST_3DS])
AUTHENTICATIONS: Final = objects(
    [None] * 5 + [Authentication("2.2.0", "Y", "05", True), Authentication("2.2.0", "N", "07", False),
                  Authentication(sca_exemption="low_value")]
)  # fmt: skip
BASKETS: Final = objects([None] * 12 + [{"basket_items": items} for items in range(1, 5)])
IPV6_SHARE: Final = 50
"""One in so many addresses is IPv6, of the block kept for documentation."""


def variety(chance: Chance, paid: PaymentColumns) -> Variety:
    """Each a function of the payment's index, an address of itself."""

    def drawn(purpose: Purpose, column: np.ndarray) -> list[Any]:
        return list(column[chance.below(len(column), purpose, paid.index)])

    return Variety(
        drawn(Purpose.ATTEMPT, ATTEMPTS), drawn(Purpose.PHASE, PHASES),
        drawn(Purpose.AUTHENTICATION, AUTHENTICATIONS), drawn(Purpose.BASKET, BASKETS), _addresses(paid.ip),
    )  # fmt: skip


def _addresses(ips: UInt64s) -> list[str | None]:
    spelled = spelled_addresses(ips)
    for row in np.flatnonzero((ips > 0) & (ips % np.uint64(IPV6_SHARE) == 0)).tolist():
        spelled[row] = f"2001:db8::{int(ips[row]) >> 16:x}:{int(ips[row]) & 0xFFFF:x}"
    return spelled
