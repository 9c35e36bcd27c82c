"""Nothing that a run of tests started outlives it, however the run ends.

Processes get a mark in their environment. A watcher, in a session of its own, waits for the run to end, also
by `kill -9`, and kills what still carries the mark: brokers, platforms with their supervisors, harnesses.
Then it deletes the folder that the processes of the run share.
"""

import os
import shutil
import signal
import sys
import tempfile
import time
import uuid
from pathlib import Path

import psutil

MARK = "RUN_OF_TESTS"
POLL_S = 0.5


def watch() -> None:
    """Marks all that this process starts from now on, and starts the watcher."""
    run = uuid.uuid4().hex
    command = [sys.executable, "-m", __name__, run, str(os.getpid())]
    os.spawnv(os.P_NOWAIT, sys.executable, command)
    os.environ[MARK] = run


def run_folder() -> Path:
    """A folder that all processes of this run share."""
    return _folder(os.environ[MARK])


def _folder(run: str) -> Path:
    return Path(tempfile.gettempdir()) / f"run-of-tests-{run}"


def marked(run: str) -> list[psutil.Process]:
    """The living processes of a run."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == run and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:  # it has ended, or is another user's
            continue
    return found


def end(run: str) -> None:
    """Kills until nothing is left: a supervisor may start what was killed before it."""
    while left := marked(run):
        for process in left:
            try:
                process.send_signal(signal.SIGKILL)
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(left, timeout=5)


def main(run: str, parent: str) -> None:
    """The watcher. It is deaf to what ends a terminal's other processes."""
    os.setsid()
    while os.getppid() == int(parent):
        time.sleep(POLL_S)
    end(run)
    shutil.rmtree(_folder(run), ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
