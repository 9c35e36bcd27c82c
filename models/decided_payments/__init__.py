"""Decided payments with what became of them: one row an attempt, from which all reports are computed.

Invariant: a row says what was known at one moment; nothing later is in it. Imports meters, verdict value and
all below.
"""

from models.decided_payments.columns import NEVER, SUM_MAX, DecidedPayments, concatenated, scheme_of
from models.decided_payments.dispute_stages import reported_disputes
from models.decided_payments.from_messages import attempt_of, decided_payments
from models.decided_payments.gathering import AMOUNT_FROM, PlainCells, approved_below, gathered, joined
from models.decided_payments.meter_cells import card_activity, remote_cells
from models.decided_payments.value_rows import RuleActions, value_rows

__all__ = [
    "AMOUNT_FROM",
    "NEVER",
    "SUM_MAX",
    "DecidedPayments",
    "PlainCells",
    "RuleActions",
    "approved_below",
    "attempt_of",
    "card_activity",
    "concatenated",
    "decided_payments",
    "gathered",
    "joined",
    "remote_cells",
    "reported_disputes",
    "scheme_of",
    "value_rows",
]
