"""What a retraining run has done, in `run.json` of its folder.

Invariants
- A step is written down only when all it made is on disk; the file is synced and renamed into place, so after
  a power cut it holds the steps up to some point, and what they made is there.
- A step counts as done only for the inputs it was done with: its `key` is their hash.
"""

import hashlib
from pathlib import Path
from typing import Any, Final

import msgspec

from storage import write_atomically
from streams.errors import Damaged

NAME: Final = "run.json"


class StepRecord(msgspec.Struct, frozen=True):
    """A step that was done. `facts`: what later steps and people need of it; `began_at` UTC ms."""

    name: str
    key: str
    words: str
    facts: dict[str, Any]
    began_at: int
    seconds: float


class Failure(msgspec.Struct, frozen=True):
    """The step at which a run ended before its end, and why."""

    step: str
    words: str
    at: int


class RunRecord(msgspec.Struct, frozen=True):
    """A run as it stands on disk."""

    run: str
    steps: tuple[StepRecord, ...] = ()
    failure: Failure | None = None


class RunJournal:
    """The journal of one run, in its folder."""

    def __init__(self, folder: Path) -> None:
        """Raises `Damaged` where the file cannot be read."""
        self.folder, self._path = folder, folder / NAME
        self.record = self._read()

    def done(self, name: str, key: str) -> StepRecord | None:
        """The record of a step that was done with these inputs."""
        return next((step for step in self.record.steps if (step.name, step.key) == (name, key)), None)

    def add(self, step: StepRecord) -> None:
        """A step was done: what was noted of it before, and a failure, no longer counts."""
        others = tuple(one for one in self.record.steps if one.name != step.name)
        self._write(RunRecord(self.record.run, (*others, step)))

    def fail(self, failure: Failure) -> None:
        """The run ends here for now."""
        self._write(RunRecord(self.record.run, self.record.steps, failure))

    def _read(self) -> RunRecord:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=RunRecord)
        except FileNotFoundError:
            return RunRecord(self.folder.name)
        except msgspec.MsgspecError as error:
            raise Damaged(
                f"{self._path} cannot be read ({error}): move {self.folder} away, and the run starts again"
            ) from error

    def _write(self, record: RunRecord) -> None:
        content = msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n"
        write_atomically(self._path, content, durable=True)
        self.record = record


def key_of(*inputs: Any) -> str:
    """The hash of a step's inputs, plain data.

    >>> key_of("dataset", 1) == key_of("dataset", 1) != key_of("dataset", 2)
    True
    """
    return hashlib.sha256(msgspec.json.encode(inputs, order="sorted")).hexdigest()[:32]
