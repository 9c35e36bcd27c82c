"""Messages as columns: who took part, what happened and when, in the form that kernels read.

Invariant: a row depends on its own message, its engine time and the reference tables alone. May import
`models` and nothing else of `features`.
"""

from features.columns import hints, location
from features.columns.events import LABEL_CODES, OUTCOME_CODES, TOKENS, Events, Stream
from features.columns.facts import PaymentFacts, codes, payment_facts
from features.columns.location import distance_km
from features.columns.log_amount import LOG_STEPS, log_steps
from features.columns.parties import BIN_DIGITS, PartyHashes, party_hashes, payment_parties, report_parties
from features.columns.reference import CREDIT, DEBIT, KNOWN, PREPAID, ReferenceLookups

__all__ = [
    "BIN_DIGITS",
    "CREDIT",
    "DEBIT",
    "KNOWN",
    "LABEL_CODES",
    "LOG_STEPS",
    "OUTCOME_CODES",
    "PREPAID",
    "TOKENS",
    "Events",
    "PartyHashes",
    "PaymentFacts",
    "ReferenceLookups",
    "Stream",
    "codes",
    "distance_km",
    "hints",
    "location",
    "log_steps",
    "party_hashes",
    "payment_facts",
    "payment_parties",
    "report_parties",
]
