"""MLflow's database, made once a session by a process that may call nobody: its tables take seconds."""

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

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
    folder = Path(mkdtemp(prefix="mlflow-"))
    command = [sys.executable, "-c", GUARDED, str(folder)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        Registry.open("meanwhile", folder / "meanwhile")  # imports MLflow here as well: seconds, side by side
        _, said = process.communicate(timeout=120)
    return folder, process.returncode, said


def fresh(folder: Path) -> Path:
    """A folder for `Registry.open` in which no other engine has registered anything."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(guarded()[0] / "mlflow.db", folder)
    return folder
