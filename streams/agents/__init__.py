"""Faust agents: what people pace and where a message costs a tenth of a millisecond; never on a payment's
path.
"""

from streams.agents.labels import run_label_agent
from streams.agents.lists import run_list_agent

__all__ = [
    "run_label_agent",
    "run_list_agent",
]
