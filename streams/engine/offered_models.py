"""Models that a batch's controls name: each scored once in a process of its own before the batch is applied.

Invariants
- A model that ends that process, hangs or takes too much of the machine does not go live: its control is
  skipped, and the journal says so. Follower, replay and verification take it from there; they ask no probe.
- What reading the artefact refuses is left to where the control is applied: that is the same everywhere.
- A model is asked for once a process, whatever the answer; the one that ships with Tollgate never, its tests
  did. Once keys are known, an unsigned control asks for none: it will be refused.
"""

import hashlib
import logging
from collections.abc import Iterator, Mapping
from functools import cache

from models import seed
from models.messages import ChallengerChange, Control, ModelChange
from models.trust import ControlEnvelope
from streams.engine.decision import Artefacts, ArtefactShelf
from streams.engine.input import InputBatch, RefusedRecord, read
from streams.errors import TollgateError
from streams.kafka import carried_types
from streams.model_probe import ModelProbe

log = logging.getLogger(__name__)

REMEMBERED_MAX = 1_024


@cache
def _shipped() -> str:
    return hashlib.sha256(seed.seed_model_artefact()).hexdigest()


class OfferedModels:
    """Asks the probe about models that controls put in effect or on trial."""

    def __init__(self, artefacts: Artefacts, probe: ModelProbe) -> None:
        self._artefacts = artefacts
        self._probe = probe
        self._refusals: dict[str, str | None] = {_shipped(): None}
        """By SHA-256 of the model."""

    def refusals(self, batch: InputBatch, shelf: ArtefactShelf, *, signed: bool) -> Mapping[int, str]:
        """Indices of the controls whose model must not go live, and why. `shelf`: what lies on the log before
        the batch; a control that names anything else is refused where it is applied. `signed`: controls
        without a signature will be refused.
        """
        refused: dict[int, str] = {}
        for index, sha256 in self._named(batch, signed):
            refusal = self._refusal(sha256) if _is_on_log(sha256, batch, shelf) else None
            if refusal is not None:
                why = refused[index] = f"model {sha256[:16]} must not go live: {refusal}"
                log.warning(
                    "control at offset %d of %s: %s", batch.offsets[index], batch.run_of(index).topic, why
                )
        return refused

    def _named(self, batch: InputBatch, signed: bool) -> Iterator[tuple[int, str]]:
        for run in batch.runs:
            if "control" not in carried_types(run.topic):
                continue
            for index in range(run.first, run.last):
                sha256 = _model_of(batch.values[index], signed)
                if sha256 is not None:
                    yield index, sha256

    def _refusal(self, sha256: str) -> str | None:
        if sha256 in self._refusals:
            return self._refusals[sha256]
        try:
            artefact = self._artefacts(sha256)
        except TollgateError:
            return None  # whether that refuses the control is decided where it is applied
        verdict = self._probe.verdict(artefact)
        if len(self._refusals) >= REMEMBERED_MAX:
            self._refusals.pop(next(iter(self._refusals)))
        refusal = self._refusals[sha256] = None if verdict.checked else verdict.refusal
        return refusal


def _is_on_log(sha256: str, batch: InputBatch, shelf: ArtefactShelf) -> bool:
    """Whether it is worth looking for: a name that nobody gave a file is not searched through the log."""
    if not shelf.required or sha256 in shelf:
        return True
    name = sha256.encode()
    return any(
        name in value
        for run in batch.runs
        if "artefact" in carried_types(run.topic)
        for value in batch.values[run.first : run.last]
    )


def _model_of(value: bytes, signed: bool) -> str | None:
    """The SHA-256 of the model that a control puts in effect or on trial."""
    if b"sha256" not in value and b"\\" not in value:  # an escape may spell it otherwise
        return None
    try:
        message = read(value, suspect=False)
    except RefusedRecord:
        return None
    if isinstance(message, ControlEnvelope):
        message = message.statement.control
    elif signed:
        return None
    change = message.change if isinstance(message, Control) else None
    return change.sha256 if isinstance(change, ModelChange | ChallengerChange) else None
