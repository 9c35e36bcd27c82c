"""An estimate of enumeration: attempts that try cards, rather than pay with one.

Visa counts as enumerated what its Account Attack Intelligence scores, approved or declined; that score is not
handed out. What tries cards shows in the log as many cards at one merchant within an hour, many of them
declined, that have something in common: their BIN (made-up numbers), or the device that pays (a bought list).
So all attempts of a merchant, hour and BIN are enumerated where it has `bin_cards_from` different cards and
`bin_declined_from_bp` were declined; and the same of a merchant, hour and device.

On the simulated world (`tests/models/test_enumeration.py`) it finds all of the BIN attacks, three in five
attempts of card testing, and nothing else. It misses slow attacks, attacks from many devices on many BINs,
and those that issuers mostly approve; an outage of one bank at a busy shop is a false alarm.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from msgspec import Meta, Struct

from models.arrays import Bools, Int64s
from models.meters.activity import Texts, factorised
from models.units import BASIS_POINTS

Cards = Annotated[int, Meta(ge=2)]
Share = Annotated[int, Meta(ge=0, le=BASIS_POINTS)]


@dataclass(frozen=True)
class CardAttempts:
    """Card-absent authorisation attempts, n rows; every array has shape (n,)."""

    merchants: Texts
    """Merchant ids."""
    hours: Int64s
    """Hours since 1970 (UTC)."""
    bins: Texts
    """First digits of the cards; None where unknown."""
    devices: Texts
    """Devices that pay; None where unknown."""
    cards: Texts
    """Tokens of the cards."""
    declined: Bools
    """By us or by the issuer."""


class EnumerationEstimate(Struct, frozen=True):
    """From when on attempts count as enumerated."""

    bin_cards_from: Cards = 10
    """Different cards of one BIN at one merchant within an hour."""
    bin_declined_from_bp: Share = 5_000
    """Share of those attempts that were declined, basis points."""
    device_cards_from: Cards = 4
    """Different cards of one device at one merchant within an hour."""
    device_declined_from_bp: Share = 3_000
    """Share of those attempts that were declined, basis points."""

    def enumerated(self, attempts: CardAttempts) -> Bools:
        """Which attempts are enumerated."""
        by_bin = _in_bursts(attempts, attempts.bins, self.bin_cards_from, self.bin_declined_from_bp)
        by_device = _in_bursts(
            attempts, attempts.devices, self.device_cards_from, self.device_declined_from_bp
        )
        return by_bin | by_device


def _in_bursts(attempts: CardAttempts, common: Texts, cards_from: int, declined_from_bp: int) -> Bools:
    """Attempts whose merchant, hour and common value have so many cards and declines."""
    keys, cell = factorised(attempts.merchants, attempts.hours, common)
    count = len(keys)
    pairs, _ = factorised(cell, attempts.cards)
    cards = np.bincount(np.array([number for number, _ in pairs], np.int64), minlength=count)
    tried = np.bincount(cell, minlength=count)
    declined = np.bincount(cell[attempts.declined], minlength=count)
    is_known = np.array([value is not None for _, _, value in keys], np.bool_)
    burst = is_known & (cards >= cards_from) & (declined * BASIS_POINTS >= declined_from_bp * tried)
    return np.asarray(burst[cell], np.bool_)
