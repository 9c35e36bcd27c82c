"""One record of a topic, as agents take it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class AgentRecord:
    """One record as it is on its topic; `appended_at` in ms."""

    topic: str
    partition: int
    offset: int
    appended_at: int
    value: bytes
