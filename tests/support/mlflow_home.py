"""MLflow's database, made once for all processes of a run of tests, by one that may call nobody: its tables
take ten seconds of processor time.
"""

import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from storage import ProcessLock, write_atomically
from tests.support.leftovers import run_folder
from training.registry import Registry

GUARDED = """
import os, socket, sys, threading
for name in ("CI", "PYTEST_CURRENT_TEST", "MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
    os.environ.pop(name, None)  # each of them keeps MLflow quiet, and users have none
called = []
def refuse(*arguments, **named):
    called.append(arguments)
    raise OSError("no network here")
socket.getaddrinfo = socket.create_connection = refuse
socket.socket.connect = socket.socket.connect_ex = lambda self, address: refuse(address)
from pathlib import Path
from training.registry import Registry
assert "mlflow" not in sys.modules, "MLflow is imported before anybody needs it"
registry = Registry.open("guarded", Path(sys.argv[1]))
registry.register(b"one", "dataset-1", {"average_precision": 0.5})
registry.point("champion", 1)
from mlflow.telemetry.client import get_telemetry_client
assert get_telemetry_client() is None, "MLflow's telemetry is on"
for thread in threading.enumerate():
    if thread is not threading.main_thread() and not thread.daemon:
        thread.join(5)
assert called == [], called
"""


@cache
def guarded() -> tuple[Path, int, str]:
    """The folder, the exit code and what was said on standard error; the model is `tollgate-guarded`."""
    folder = run_folder() / "mlflow"
    ended = folder.with_suffix(".json")
    with ProcessLock(folder.with_suffix(".lock"), wait=True):
        if not ended.exists():
            write_atomically(ended, json.dumps(_made(folder)))
    exit_code, said = json.loads(ended.read_text())
    return folder, exit_code, said


def _made(folder: Path) -> tuple[int, str]:
    """The exit code and what was said on standard error."""
    command = [sys.executable, "-c", GUARDED, str(folder)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        Registry.open("meanwhile", folder / "meanwhile")  # imports MLflow here as well: seconds, side by side
        _, said = process.communicate(timeout=120)
    return process.returncode, said


def fresh(folder: Path) -> Path:
    """A folder for `Registry.open` in which no other engine has registered anything."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(guarded()[0] / "mlflow.db", folder)
    return folder
