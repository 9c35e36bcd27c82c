"""Decided payments with what became of them: one row an attempt, from which all reports are computed.

Invariant: a row says what was known at one moment; nothing later is in it. Imports meters, verdict value and
all below.
"""

from models.decided_payments.columns import NEVER, DecidedPayments, scheme_of
from models.decided_payments.dispute_stages import reported_disputes, without_country
from models.decided_payments.from_messages import attempt_of, decided_payments
from models.decided_payments.meter_cells import card_activity, remote_cells, without_scheme
from models.decided_payments.value_rows import RuleActions, value_rows

__all__ = [
    "NEVER",
    "DecidedPayments",
    "RuleActions",
    "attempt_of",
    "card_activity",
    "decided_payments",
    "remote_cells",
    "reported_disputes",
    "scheme_of",
    "value_rows",
    "without_country",
    "without_scheme",
]
