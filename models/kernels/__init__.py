"""How compiled code is made: the one way to compile a kernel, and the tables that kernels share.

Imports nothing of the house.
"""

from models.kernels import ring_table
from models.kernels.compile import hot, inlined, kernel, population_count, prefetch, signed
from models.kernels.ring_table import Memory, count_payments, force_attempts

__all__ = [
    "Memory",
    "count_payments",
    "force_attempts",
    "hot",
    "inlined",
    "kernel",
    "population_count",
    "prefetch",
    "ring_table",
    "signed",
]
