"""Traffic for engines: a world's payments one after the other, with second sendings, conflicts, broken
messages and labels.

Invariants: a payment is a pure function of (parameters, position), and from its id alone follows what is
true of it and of its sending (`delivery_of`).
"""

from simulation.traffic.breakage import BREAKAGES
from simulation.traffic.delivery import Delivery, deliveries_of, delivery_of
from simulation.traffic.parameters import TrafficParameters
from simulation.traffic.payments import SimulatedPayments
from simulation.traffic.traffic import Sending, Traffic, TrafficBatch

__all__ = [
    "BREAKAGES",
    "Delivery",
    "Sending",
    "SimulatedPayments",
    "Traffic",
    "TrafficBatch",
    "TrafficParameters",
    "deliveries_of",
    "delivery_of",
]
