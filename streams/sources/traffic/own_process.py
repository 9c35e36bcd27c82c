"""A process of our own command, for as long as a block of code lasts."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from streams.errors import Outage

STOP_S: Final = 60.0


@contextmanager
def running_command(
    name: str, arguments: Sequence[str], logs: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Callable[[], None]]:
    """Runs `tollgate` with these arguments until the block ends; gives a check that raises `Outage` if it
    died. Its output goes to `NAME.log`. `environment`: instead of ours.
    """
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"{name}.log"
    command = [sys.executable, "-m", "streams.cli", *arguments]
    with log.open("ab") as output:
        # A session of its own: Ctrl-C reaches us, and we stop it in order.
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            env=None if environment is None else dict(environment),
        )  # fmt: skip
        try:
            yield lambda: _check(name, process, log)
        finally:
            _stop(process)


@contextmanager
def running_engine(
    engine: str, logs: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Callable[[], None]]:
    """As `running_command`, for `tollgate engine --historical`. Where an older process of this engine still
    runs, the new one fences it: both cannot decide.
    """
    arguments = ["engine", "--engine", engine, "--historical"]
    with running_command(f"engine-{engine}", arguments, logs, environment) as check_alive:
        yield check_alive


def _check(name: str, process: subprocess.Popen[bytes], log: Path) -> None:
    code = process.poll()
    if code is not None:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        last_line = f": {lines[-1]}" if lines else ""
        raise Outage(f"{name} ended with code {code}{last_line} (see {log})")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
