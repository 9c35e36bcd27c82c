"""An engine process of our own, for as long as a replay lasts."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from streams.sources.replay import own_process


@contextmanager
def running(
    engine: str, logs: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Callable[[], None]]:
    """Runs `tollgate engine --historical` until the block ends; gives a check that raises `Outage` if it
    died.

    Where an older process of this engine still runs, the new one fences it: both cannot decide.
    """
    arguments = ["engine", "--engine", engine, "--historical"]
    with own_process.running(f"engine-{engine}", arguments, logs, environment) as alive:
        yield alive
