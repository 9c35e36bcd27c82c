"""One retraining run: steps in order, each done once for the same inputs.

Invariants
- A run is resumable after any kill: what `run.json` says is done stays done, and a step that died halfway is
  done again from its beginning. So every step may be repeated.
- A step that fails ends the run: no later one is begun, so the champion is what it was, and `run.json` says
  at which step and why. The same command tries again from that step.
- One run at a time per home and engine, by a lock that the kernel drops when its holder dies.

Steps are given by `learning.retraining.steps`; nothing here knows what they do.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from confluent_kafka import KafkaException

from learning.retraining.run_journal import Failure, RunJournal, StepRecord, key_of
from storage import LockHeld, ProcessLock
from streams.errors import Misconfigured, TollgateError
from training.errors import TrainingError

log = logging.getLogger(__name__)

FAILURES: Final = (TollgateError, TrainingError, KafkaException, OSError)
"""What a step may fail with: what somebody has to change, or what may be well again. Else it is a bug."""

Facts = Mapping[str, Any]
"""A step's results for later ones: plain data."""


@dataclass(frozen=True)
class StepResult:
    """What a step did, in words; its `facts`; and, where the run is over with it, why (`held`)."""

    words: str
    facts: Facts = field(default_factory=dict)
    held: str = ""


@dataclass(frozen=True)
class Step:
    """`inputs` gives what the step depends on besides the steps before it, asked when its turn comes; `do`
    gets the facts of all steps before it, by name; `intact` says whether what a done step made is still
    there.
    """

    name: str
    do: Callable[[Mapping[str, Facts]], StepResult]
    inputs: Callable[[], Any] = lambda: None
    intact: Callable[[Facts], bool] = lambda _: True


@dataclass(frozen=True)
class RunResult:
    """What came of a run. `earlier`: steps that an earlier attempt had done. `held` and `failed` say why a
    run ended before its last step: because it was to, or because it could not go on.
    """

    run: str
    steps: tuple[StepRecord, ...]
    earlier: frozenset[str]
    held: str = ""
    failed: Failure | None = None

    @property
    def facts(self) -> dict[str, Facts]:
        """Each step's results, by name."""
        return {step.name: step.facts for step in self.steps}


def run(
    steps: Sequence[Step], folder: Path, say: Callable[[str], None] = lambda _: None,
    is_stopping: Callable[[], bool] = lambda: False,
) -> RunResult:  # fmt: skip
    """Does the steps that are not done yet; the journal is in `folder`. Stops between steps where asked."""
    journal = RunJournal(folder)
    done: list[StepRecord] = []
    earlier: set[str] = set()
    for step in steps:
        if is_stopping():
            return RunResult(
                folder.name, tuple(done), frozenset(earlier), "stopped on request; run it again to continue"
            )
        say(step.name)
        try:
            record, was_done = _one(step, journal, {one.name: one.facts for one in done})
        except FAILURES as error:
            failure = Failure(step.name, str(error), _now())
            journal.fail(failure)
            message = f"run {folder.name} failed at `{step.name}`; the champion stays: {error}"
            log.error(message)  # noqa: TRY400 - the message says all; a traceback would bury it
            return RunResult(folder.name, tuple(done), frozenset(earlier), failed=failure)
        done.append(record)
        earlier |= {step.name} if was_done else set()
        if held := str(record.facts.get("held", "")):
            return RunResult(folder.name, tuple(done), frozenset(earlier), held)
    return RunResult(folder.name, tuple(done), frozenset(earlier))


def _one(step: Step, journal: RunJournal, before: Mapping[str, Facts]) -> tuple[StepRecord, bool]:
    """The record of a step, and whether an earlier attempt had done it."""
    key = key_of(step.name, step.inputs(), before)
    known = journal.done(step.name, key)
    if known is not None and step.intact(known.facts):
        return known, True
    began_at, started = _now(), time.perf_counter()
    did = step.do(before)
    facts = {**did.facts, "held": did.held} if did.held else dict(did.facts)
    seconds = round(time.perf_counter() - started, 3)
    record = StepRecord(step.name, key, did.words, facts, began_at, seconds)
    journal.add(record)
    log.info("run %s: %s: %s (%.1f s)", journal.folder.name, step.name, did.words, seconds)
    return record, False


@contextmanager
def run_lock(folder: Path, engine: str) -> Iterator[None]:
    """Holds the lock of an engine's retraining. Raises `Misconfigured` where another run has it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{engine}.lock"
    try:
        lock = ProcessLock(path)
    except LockHeld as held:
        raise Misconfigured(
            f"process {held.owner} is retraining engine {engine} ({path} is locked): wait until it is done; "
            "nothing was changed"
        ) from None
    with lock:
        yield


def _now() -> int:
    return int(time.time() * 1000)
