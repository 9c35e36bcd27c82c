"""Faust agents, which turn requests into list entries and evidence into labels. They work at the pace of
people and are never on a payment's path.

Invariants
- Offsets are committed only after what a batch produced, and each batch's output is one transaction: a crash
  repeats records at worst, and repeated records change nothing.
- One agent of a kind per engine: a second one fences the first.

Imports `models`, `streams.kafka`, `streams.control_plane` and `streams.engine.input`.
"""

from streams.agents.agent_record import AgentRecord
from streams.agents.answer_log import SealedAnswer
from streams.agents.label_keeping import LabelChanges
from streams.agents.labels import run_label_agent
from streams.agents.lists import run_list_agent

__all__ = [
    "AgentRecord",
    "LabelChanges",
    "SealedAnswer",
    "run_label_agent",
    "run_list_agent",
]
