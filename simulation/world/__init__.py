"""A world of payments: populations, habits, fraud with a story, and what follows a verdict.

Invariant: a payment, its truth and its aftermath are pure functions of its id. Imports the rooms of
`simulation` but `traffic`.
"""

from simulation.world.society import Society
from simulation.world.spelling import Variety, spelled_addresses, spelled_ids, spelled_payments
from simulation.world.truth import PaymentTruth
from simulation.world.world import World, truth_of

__all__ = [
    "PaymentTruth",
    "Society",
    "Variety",
    "World",
    "spelled_addresses",
    "spelled_ids",
    "spelled_payments",
    "truth_of",
]
