"""One row of the process table: how a part of the platform is started, and how it is known to work."""

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


def _nothing(_: int) -> None:
    return


def _nothing_more() -> None:
    return


def _at_once(_: int) -> bool:
    return True


@dataclass(frozen=True)
class ProcessSpec:
    """A process that the supervisor runs.

    command: makes the command line at each start; may repair files first. Raises Outage to be called again,
        any other TollgateError to give up.
    started: called with the pid as soon as the process runs.
    stopped: called when the supervisor has stopped it for good.
    ready: whether the process of that pid is ready; called until it returns true.
    needs: names of processes that must be ready before this one is started.
    once: ends by itself with exit code 0, and is ready then.
    essential: payments need it: where it never comes up, everything is stopped. Without one that is not, the
        platform counts as up, and goes on; it is started again for as long as that may help.
    stop_signal: what it is asked to end with.
    """

    name: str
    command: Callable[[], list[str]]
    ready: Callable[[int], bool] = _at_once
    started: Callable[[int], None] = _nothing
    stopped: Callable[[], None] = _nothing_more
    needs: tuple[str, ...] = ()
    once: bool = False
    essential: bool = True
    stop_signal: signal.Signals = signal.SIGTERM
    stop_timeout_s: float = 30.0
    folder: Path | None = None
    environment: Mapping[str, str] | None = field(default=None, repr=False)
