"""Simulated payments, sent to an engine at a steady pace.

Needs the core dependencies only, unlike `streams.sources.traffic`. Imports the simulation and
`streams.kafka`.
"""

from streams.sources.simulated.pace import Pace
from streams.sources.simulated.simulate import SimulateOptions, SimulateResult, simulate, write_lines
from streams.sources.simulated.stories import send_reports, send_stories, told_stories

__all__ = [
    "Pace",
    "SimulateOptions",
    "SimulateResult",
    "send_reports",
    "send_stories",
    "simulate",
    "told_stories",
    "write_lines",
]
