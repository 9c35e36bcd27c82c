"""What becomes of a payment: its potential outcomes, and the messages that a verdict lets happen.

Invariant: potential outcomes are drawn once a payment, whatever the verdict. Imports `chance`, `payments`,
`people`.
"""

from simulation.aftermath.aftermath import Aftermath, ScheduledMessage
from simulation.aftermath.potential_outcomes import NEVER, DisputeClaim, PotentialOutcomes, potential_outcomes

__all__ = [
    "NEVER",
    "Aftermath",
    "DisputeClaim",
    "PotentialOutcomes",
    "ScheduledMessage",
    "potential_outcomes",
]
