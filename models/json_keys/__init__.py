"""JSON messages in which an object has a key twice: found in raw bytes, so that they are refused.

Invariant: `suspects` never misses a message of valid JSON in which `has_repeated_key` finds one. Imports
`models.kernels`.
"""

from models.json_keys import repetition

__all__ = ["repetition"]
