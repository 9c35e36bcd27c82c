"""Compiled code: the one way to compile a kernel, and what kernels of several rooms share.

Invariants: kernels use no fast-math and no libm, so that every machine gets the same bits; the cache on disk
never holds code of another version of anything that a kernel froze. Imports `models.arrays` only.
"""

from models.kernels.bounded_table import BoundedTable, find
from models.kernels.compile import expanded, hot, inlined, kernel, population_count, prefetch, signed
from models.kernels.compile_time import compile_seconds
from models.kernels.stable_hash import mix, splitmix64

__all__ = [
    "BoundedTable",
    "compile_seconds",
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
