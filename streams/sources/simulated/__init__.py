"""Simulated payments, sent to an engine at a steady pace.

Needs the core dependencies only, unlike `streams.sources.traffic`. Imports the simulation and
`streams.kafka`.
"""

from streams.sources.simulated.pace import Pace
from streams.sources.simulated.simulate import SimulateOptions, SimulateResult, simulate, write_lines

__all__ = [
    "Pace",
    "SimulateOptions",
    "SimulateResult",
    "simulate",
    "write_lines",
]
