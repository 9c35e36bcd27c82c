"""Draws without state, and the reversible shuffle that makes ids look random.

Imports `models` only.
"""

from simulation.chance.chance import Chance, chosen, cumulated, lognormal
from simulation.chance.permutation import Permutation, spell, unspell
from simulation.chance.purposes import Purpose

__all__ = [
    "Chance",
    "Permutation",
    "Purpose",
    "chosen",
    "cumulated",
    "lognormal",
    "spell",
    "unspell",
]
