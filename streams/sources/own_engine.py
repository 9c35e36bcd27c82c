"""An engine process of our own, for as long as a replay lasts."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from streams.errors import Outage

STOP_S: Final = 60.0


@contextmanager
def running(engine: str, logs: Path) -> Iterator[Callable[[], None]]:
    """Runs `tollgate engine --historical` until the block ends; gives a check that raises `Outage` if it
    died.

    Where an older process of this engine still runs, the new one fences it: both cannot decide.
    """
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"engine-{engine}.log"
    command = [sys.executable, "-m", "streams.cli", "engine", "--engine", engine, "--historical"]
    with log.open("ab") as output:
        # A session of its own: Ctrl-C reaches us, and we stop the engine in order.
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
        try:
            yield lambda: _check(process, log)
        finally:
            _stop(process)


def _check(process: subprocess.Popen[bytes], log: Path) -> None:
    code = process.poll()
    if code is not None:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        said = f": {lines[-1]}" if lines else ""
        raise Outage(f"the engine ended with code {code}{said} (see {log})")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
