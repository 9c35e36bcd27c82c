"""What a report is computed from, wherever it was read."""

from dataclasses import dataclass

from models.decided_payments import DecidedPayments
from models.meters import ReportRows


@dataclass(frozen=True)
class ReportRowsRead:
    """Payments with what became of them, and what was reported about them."""

    decided: DecidedPayments
    reported: ReportRows
    notes: tuple[str, ...] = ()
    """What must be known of them, such as what could not be read."""
