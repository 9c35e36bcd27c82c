"""How one sink is doing, for `tollgate status`."""

from dataclasses import dataclass


@dataclass
class SinkStatus:
    """`state` is starting, running, paused (ClickHouse is away), stopped or failed; `rows` counts since the
    start.
    """

    state: str = "starting"
    detail: str = ""
    rows: int = 0
