"""What simulated payments are about: ordinary life, travel, and three simple kinds of fraud.

Indexes fall into windows of 1,024. A window may hold one episode, spread evenly over a part of it: *card
testing* (24 payments: one device and address, many cards, small amounts, one shop) or a *stolen card* (8
payments: one card, an unknown device abroad, large amounts at several shops). Besides, single payments come
with an address abroad: mostly travellers, some of them fraud (*ip mismatch*). About 1.2 % of payments are
fraud.
"""

from enum import IntEnum
from typing import Final

import numpy as np

from simulation.draws import Draws

WINDOW: Final = 1024
_EPISODE, _SINGLE = 20, 21
_TESTING_LENGTH, _STOLEN_LENGTH = 24, 8


class StoryKind(IntEnum):
    """What a payment is about."""

    ORDINARY = 0
    TRAVELLER = 1
    CARD_TESTING = 2
    STOLEN_CARD = 3
    IP_MISMATCH = 4

    @property
    def fraud(self) -> bool:
        """Whether the payment is one the customer never made."""
        return self >= StoryKind.CARD_TESTING


def kinds(draws: Draws, indexes: np.ndarray) -> np.ndarray:
    """The `StoryKind` of each index (uint64), as int64."""
    window = indexes // np.uint64(WINDOW)
    choice = draws(_EPISODE, window)
    percent = (choice % np.uint64(100)).astype(np.int64)
    testing, stolen = percent < 25, (percent >= 25) & (percent < 60)
    offset = ((choice >> np.uint64(8)) % np.uint64(512)).astype(np.int64)
    stride = 4 + ((choice >> np.uint64(20)) % np.uint64(8)).astype(np.int64) + np.where(stolen, 12, 0)
    slot = (indexes % np.uint64(WINDOW)).astype(np.int64) - offset
    length = np.where(testing, _TESTING_LENGTH, np.where(stolen, _STOLEN_LENGTH, 0))
    within = (slot >= 0) & (slot % stride == 0) & (slot // stride < length)
    single = draws.below(1000, _SINGLE, indexes)
    alone = np.where(single < 3, StoryKind.IP_MISMATCH, np.where(single < 20, StoryKind.TRAVELLER, 0))
    found: np.ndarray = np.where(
        within, np.where(testing, StoryKind.CARD_TESTING, StoryKind.STOLEN_CARD), alone
    ).astype(np.int64)
    return found
