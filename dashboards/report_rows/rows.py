"""What a report is computed from, wherever it was read."""

from dataclasses import dataclass
from typing import Final

from models.decided_payments import DecidedPayments
from models.meters import CardActivity, RemoteCells

DISPUTE_DAYS: Final = 365
"""How long before the payments stages of disputes are read from: a dispute without its chargeback would count
again with its representment or arbitration, which come months later.
"""


@dataclass(frozen=True)
class ActivityRead:
    """What meters alone are computed from."""

    activity: CardActivity
    """What scheme meters are read from."""
    notes: tuple[str, ...] = ()
    """What must be known of it, such as what could not be read."""


@dataclass(frozen=True)
class ReportRowsRead:
    """Payments with what became of them, and what was reported about them."""

    decided: DecidedPayments
    """Payments with their decisions, outcomes and labels."""
    activity: CardActivity
    """What scheme meters are read from."""
    remote: RemoteCells | None = None
    """Remote card payments of the legal entity, where one is named."""
    notes: tuple[str, ...] = ()
    """What must be known of them, such as what could not be read."""
