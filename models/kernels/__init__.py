"""How compiled code is made: the one way to compile a kernel, and what kernels share.

Imports `models.arrays` and nothing else of the house.
"""

from models.kernels.bounded_table import BoundedTable, find
from models.kernels.compile import (
    expanded,
    hot,
    inlined,
    kernel,
    population_count,
    prefetch,
    signed,
)
from models.kernels.stable_hash import mix, splitmix64

__all__ = [
    "BoundedTable",
    "expanded",
    "find",
    "hot",
    "inlined",
    "kernel",
    "mix",
    "population_count",
    "prefetch",
    "signed",
    "splitmix64",
]
