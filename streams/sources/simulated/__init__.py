"""Simulated payments sent to an engine, and whether each was answered exactly once."""

from streams.sources.simulated.demonstration import Demonstrated, demonstrate
from streams.sources.simulated.simulate import Sent, SimulateOptions, simulate, write_lines

__all__ = [
    "Demonstrated",
    "Sent",
    "SimulateOptions",
    "demonstrate",
    "simulate",
    "write_lines",
]
