"""People and shops, the calendar they keep, and their ordinary payments.

Invariant: each trait is a function of (seed, person or shop, day); no payment depends on another. Imports
`chance` and `payments`.
"""

from simulation.people.calendar import Calendar
from simulation.people.countries import COUNTRIES, objects
from simulation.people.ordinary_life import OrdinaryLife
from simulation.people.people import STRANGER, People
from simulation.people.shops import DIGITAL, PARCELS, TERMINAL, Shops

__all__ = [
    "COUNTRIES",
    "DIGITAL",
    "PARCELS",
    "STRANGER",
    "TERMINAL",
    "Calendar",
    "OrdinaryLife",
    "People",
    "Shops",
    "objects",
]
