"""Card numbers that should never have entered a topic: detected in raw bytes, and masked."""

from models.card_numbers import detection

__all__ = [
    "detection",
]
