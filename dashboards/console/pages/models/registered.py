"""The registry as the page shows it: asked by a process of its own, one at a time, kept for a minute."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from threading import Lock
from typing import Annotated, Any, Final, Protocol

import msgspec
from fastapi import Depends

from dashboards.console.parts import Parts
from learning.registered import RegistryAnswer
from streams.errors import Misconfigured, Outage
from streams.settings import Settings

LIMIT_S: Final = 60.0
KEPT: Final = timedelta(minutes=1)
COMMAND: Final = ("nice", "-n", "10", sys.executable, "-m", "learning.registered")


class RegisteredModels(Protocol):
    """What is registered for an engine."""

    def newest(self, now: datetime) -> RegistryAnswer | None:
        """None where no registry is set up. Raises `Outage` where it gives no answer in time."""
        ...


class RegistryProcess:
    """The real one."""

    def __init__(self, settings: Settings, engine: str, command: Sequence[str] = COMMAND) -> None:
        """Asks nothing yet."""
        self._settings, self._engine, self._command = settings, engine, command
        self._lock = Lock()
        self._kept: tuple[datetime, RegistryAnswer] | None = None

    def newest(self, now: datetime) -> RegistryAnswer | None:
        """See `RegisteredModels`."""
        if not self._is_set_up():
            return None
        if not self._lock.acquire(timeout=LIMIT_S):
            raise Outage("the registry is being asked by somebody else: try again in a moment")
        try:
            if self._kept is None or not self._kept[0] <= now < self._kept[0] + KEPT:
                self._kept = now, self._asked()
            return self._kept[1]
        finally:
            self._lock.release()

    def _is_set_up(self) -> bool:
        folder = self._settings.home / "mlflow"
        return bool(self._settings.mlflow_tracking_uri) or (folder / "mlflow.db").exists()

    def _asked(self) -> RegistryAnswer:
        try:
            ended = subprocess.run(
                [*self._command, self._engine], capture_output=True, check=True, timeout=LIMIT_S,
                env=self._environment(),
            )  # fmt: skip
            return msgspec.json.decode(ended.stdout, type=RegistryAnswer)
        except subprocess.TimeoutExpired:
            raise Outage(f"the registry gave no answer within {LIMIT_S:g} s: try again later") from None
        except subprocess.CalledProcessError as failure:
            raise Outage(f"the process that asks the registry ended with {failure.returncode}") from None
        except msgspec.MsgspecError as failure:
            raise Outage(f"the process that asks the registry gave no answer ({failure})") from None

    def _environment(self) -> Mapping[str, str]:
        own = {"TOLLGATE_HOME": str(self._settings.home)}
        if self._settings.mlflow_tracking_uri:
            own["MLFLOW_TRACKING_URI"] = self._settings.mlflow_tracking_uri
        return {**os.environ, **own}


def disagreements(answer: RegistryAnswer, champion: str | None) -> list[str]:
    """Where an alias says something else than the log, in words: what judges is what the log says."""
    named = [one for one in answer.models if "champion" in one.aliases]
    return [
        f"The alias champion names version {one.version}, and another model decides: the log says which, not "
        "the alias. Somebody moved it by hand, or a model was published past the registry."
        for one in named
        if one.sha256 != champion
    ]


_processes: Final[dict[tuple[Any, str], RegistryProcess]] = {}
"""One for each home and engine of this process: a handful at most."""


def registered_models(parts: Parts) -> RegisteredModels:
    """The real one; tests put another in its place."""
    settings = parts.settings
    if settings is None:
        raise Misconfigured("this console was started without settings: the registry cannot be read")
    return _processes.setdefault((settings.home, parts.engine), RegistryProcess(settings, parts.engine))


Registered = Annotated[RegisteredModels, Depends(registered_models)]
