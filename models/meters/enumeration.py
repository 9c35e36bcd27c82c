"""An estimate of enumeration: attempts that try cards, rather than pay with one.

Visa counts as enumerated what its Account Attack Intelligence scores, approved or declined; that score is not
handed out. What tries cards shows in the log as many cards of one BIN at one merchant within an hour, most of
them declined. So all attempts of a cell (merchant, BIN, hour) are enumerated where the cell has at least
`cards_from` different cards, and at least `declined_from_bp` of its attempts were declined.

It misses slow attacks, attacks on many BINs, and those that issuers mostly approve; a shop that everybody
with one bank's card is declined at (an outage) is a false alarm.

>>> from models.meters.activity import texts
>>> cells = AttemptCells(*[texts(["m"] * 3)] * 4, np.array([1, 1, 2]), np.array([40, 40, 40]),
...                      np.array([20, 19, 40]), np.array([10, 40, 9]))
>>> EnumerationEstimate().enumerated(cells).tolist()
[40, 0, 0]
"""

from typing import Annotated

import numpy as np
from msgspec import Meta, Struct

from models.arrays import Int64s
from models.meters.activity import AttemptCells
from models.units import BASIS_POINTS


class EnumerationEstimate(Struct, frozen=True):
    """From when on a cell counts as enumerated."""

    cards_from: Annotated[int, Meta(ge=2)] = 10
    """Different cards of one BIN at one merchant within an hour."""
    declined_from_bp: Annotated[int, Meta(ge=0, le=BASIS_POINTS)] = 5_000
    """Share of attempts that were declined, basis points."""

    def enumerated(self, cells: AttemptCells) -> Int64s:
        """How many attempts of each cell are enumerated: all or none."""
        many = cells.cards >= self.cards_from
        refused = cells.declined * BASIS_POINTS >= self.declined_from_bp * cells.attempts
        return np.where(many & refused, cells.attempts, 0)
