"""How one sink is doing, for `tollgate status`."""

from dataclasses import dataclass


@dataclass
class SinkStatus:
    """The figures of one sink."""

    state: str = "starting"
    """starting, running, paused (ClickHouse does not answer), stopped or failed."""
    detail: str = ""
    """Why it is paused or failed."""
    rows: int = 0
    """Written since the start."""
    foreign: int = 0
    """Records on its topics that are none of the engine's, skipped since the start."""
    unreadable: int = 0
    """Offsets on its topics that Kafka's client cannot read, left out since the start."""
    refused: int = 0
    """Inputs and evidence without a row since the start, as nobody can make anything of them: their dead
    letters, or ENGINE.label-parked, say why."""
