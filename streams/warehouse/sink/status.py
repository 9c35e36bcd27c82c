"""How one sink is doing, for `tollgate status`, and who looks on."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Protocol


class SinkWatcher(Protocol):
    """Looks on while a sink works, to measure it."""

    def stored(self, appended_ms: Sequence[int], rows: int) -> None:
        """So many rows are stored; of those whose delay says something of the sink, the append times (ms)."""

    def looked(self, status: "SinkStatus") -> None:
        """The sink's status, about once a second."""


class NoWatcher:
    """Nobody looks on."""

    def stored(self, appended_ms: Sequence[int], rows: int) -> None:
        """Nothing."""

    def looked(self, status: "SinkStatus") -> None:
        """Nothing."""


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
    watcher: SinkWatcher = field(default_factory=NoWatcher, repr=False, compare=False)

    def stored(self, appended_ms: Sequence[int], rows: int) -> None:
        """So many rows are stored; of those whose delay says something of the sink, the append times."""
        self.rows += rows
        self.watcher.stored(appended_ms, rows)

    def figures(self) -> dict[str, Any]:
        """What the status file says."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name != "watcher"}
