"""Where one run of the bench happens: a broker, a folder of its own, and the processes it starts.

Every measurement is a process of its own, so that one's threads, caches and garbage do not fall on another.
A step is `python -m bench.<step>` and its last line of standard output is its result as JSON.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STEP_LIMIT_S = 240.0


class StepFailed(Exception):  # noqa: N818 - reads as what happened
    """A measurement ended without a result; its last lines are the message."""


@dataclass(frozen=True)
class Place:
    """`name` is the engine's name, hence the prefix of the topics; other engines of the run add a suffix."""

    bootstrap: str
    home: Path
    cache: Path
    name: str

    def command(self, step: str, *arguments: object) -> list[str]:
        """How `step` is started here by this environment's Python."""
        given = (f"--bootstrap={self.bootstrap}", f"--home={self.home}", *map(str, arguments))
        return [sys.executable, "-m", f"bench.{step}", *given]

    def run(self, step: str, *arguments: object) -> dict[str, Any]:
        """The result of one step. Raises `StepFailed`."""
        return result_of(self.command(step, *arguments))

    @contextmanager
    def running(self, step: str, *arguments: object) -> Iterator["subprocess.Popen[str]"]:
        """One step beside others; killed on leaving where it has not ended by itself."""
        process = subprocess.Popen(
            self.command(step, *arguments), cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def result_of(command: list[str], limit_s: float = STEP_LIMIT_S) -> dict[str, Any]:
    """Runs a command to its end and reads its last line. Raises `StepFailed`."""
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=limit_s, check=False)
    except subprocess.TimeoutExpired:
        raise StepFailed(f"{command[1:3]} was not done after {limit_s:.0f} s") from None
    if done.returncode != 0:
        raise StepFailed(f"{' '.join(command[1:3])} ended with {done.returncode}: {done.stderr[-1500:]}")
    return last_line(done.stdout)


def last_line(text: str) -> dict[str, Any]:
    """The JSON object in the last line."""
    found = json.loads(text.strip().splitlines()[-1])
    assert isinstance(found, dict)
    return found


def announce(result: dict[str, Any]) -> None:
    """Prints a step's result, the last thing it does."""
    print(json.dumps(result), flush=True)


def read_line(process: "subprocess.Popen[str]", limit_s: float = 120.0) -> dict[str, Any]:
    """The next JSON line of a running step. Raises `StepFailed` where it ends first."""
    until = time.monotonic() + limit_s
    assert process.stdout is not None
    while time.monotonic() < until:
        line = process.stdout.readline()
        if not line:
            raise StepFailed(f"{process.args!r} ended before it answered")
        if line.startswith("{"):
            return last_line(line)
    raise StepFailed(f"{process.args!r} gave no answer within {limit_s:.0f} s")
