"""Card numbers that should never have entered a topic: detected in raw bytes, and masked.

Invariant: `suspects` never misses a message in which `find` finds one. Imports `models.kernels`.
"""

from models.card_numbers import detection

__all__ = ["detection"]
