"""How fraud changes over the months, so that a model trained early gets worse.

The mix moves from noisy attacks (card testing, stolen cards in bursts) to quiet ones (accounts taken over,
data breaches, mules). Fraudsters mimic ordinary amounts better and become less greedy, wait longer between
payments, hide behind addresses in the card's country, accounts they bought and telephones; and where they
buy changes every month (`vogue`).
"""

from typing import Final

import numpy as np

from models.arrays import Floats, Int64s
from simulation.payments import Scenario

MATURE_DAYS: Final = 180
"""After so many days the change is over; only the vogue goes on."""

MIX: Final = {
    Scenario.CARD_TESTING: (0.26, 0.12),
    Scenario.BIN_ATTACK: (0.12, 0.08),
    Scenario.STOLEN_CARD: (0.30, 0.18),
    Scenario.ACCOUNT_TAKEOVER: (0.12, 0.26),
    Scenario.MERCHANT_COMPROMISE: (0.12, 0.22),
    Scenario.MULE_RING: (0.08, 0.14),
}
"""Share of fraudulent payments at first, and once the change is over."""


def progress(day: Int64s) -> Floats:
    """How far the change has come, 0 to 1."""
    return np.minimum(day / MATURE_DAYS, 1.0)


def share(scenario: Scenario, day: Int64s) -> Floats:
    """Share of a day's fraud that is of this scenario."""
    first, last = MIX[scenario]
    return first + (last - first) * progress(day)


def vogue(day: Int64s) -> Int64s:
    """Number of the fashion among thieves: a new one every thirty days."""
    return day // 30


def mimicry(day: Int64s) -> Floats:
    """Share of payments whose amount is an ordinary one of the shop."""
    return 0.35 + 0.5 * progress(day)


def prepared(day: Int64s) -> Floats:
    """Share of covers that are well prepared: an old account that was bought, the victim's e-mail address."""
    return 0.1 + 0.45 * progress(day)


def guests(day: Int64s) -> Floats:
    """Share of covers without an account."""
    return 0.55 - 0.4 * progress(day)


def mobile(day: Int64s) -> Floats:
    """Share of devices that pretend to be telephones."""
    return 0.2 + 0.55 * progress(day)


def greed(day: Int64s) -> Floats:
    """What amounts that are no ordinary ones are multiplied by: at first large, later inconspicuous."""
    return 1.3 - 0.9 * progress(day)


def at_home(day: Int64s) -> Floats:
    """Share of payments that come from an address in the card's country."""
    return 0.6 + 0.28 * progress(day)
