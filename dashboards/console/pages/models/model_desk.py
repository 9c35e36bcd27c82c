"""Which models score, what they are, and changes of them."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Protocol
from uuid import UUID

import msgspec
from fastapi import Depends

from dashboards.console.parts import Parts
from desk.accounts import Person
from desk.audit import AuditTrail
from desk.changes import AskedChange, ProposalRefused, SecondPerson, noted, stated_reason
from models.rollout import ModelsInEffect
from models.scoring import ModelArtefact
from streams.control_plane import LoggedControl, artefacts_of, model_changes
from streams.errors import Damaged, Misconfigured
from streams.settings import Settings


@dataclass(frozen=True)
class ModelsNow:
    """The models by the log: full SHA-256."""

    models: ModelsInEffect
    before: str | None
    """What a roll back would bring back."""


@dataclass(frozen=True)
class ModelCard:
    """What an artefact says of itself."""

    sha256: str
    features: int
    catalogue: str
    calibration: str
    trained: dict[str, Any]
    """On what, when, with which settings: for people."""


class ModelPlane(Protocol):
    """The log, as far as models go."""

    def now(self) -> ModelsNow:
        """Read from the log's end."""
        ...

    def card(self, sha256: str) -> ModelCard | None:
        """None where the artefact is not staged on this host."""
        ...

    def promote(self, sha256: str, author: str, reason: str) -> int:
        """The challenger becomes champion; the control's offset. Raises `TollgateError`."""
        ...

    def roll_back(self, author: str, reason: str) -> int:
        """The champion before scores again. Raises `TollgateError`."""
        ...

    def withdraw(self, author: str, reason: str) -> int:
        """The trial ends. Raises `TollgateError`."""
        ...


class ControlPlaneModels:
    """The real one."""

    def __init__(self, settings: Settings, engine: str) -> None:
        self._settings, self._engine = settings, engine

    def now(self) -> ModelsNow:
        """See `ModelPlane`."""
        found = model_changes.in_force(self._settings, self._engine)
        return ModelsNow(found.models, found.before)

    def card(self, sha256: str) -> ModelCard | None:
        """See `ModelPlane`."""
        return _card(self._settings, self._engine, sha256)

    def promote(self, sha256: str, author: str, reason: str) -> int:
        """See `ModelPlane`."""
        return _offset(model_changes.promote_challenger(self._settings, self._engine, sha256, author, reason))

    def roll_back(self, author: str, reason: str) -> int:
        """See `ModelPlane`."""
        return _offset(model_changes.rollback(self._settings, self._engine, author, reason))

    def withdraw(self, author: str, reason: str) -> int:
        """See `ModelPlane`."""
        return _offset(model_changes.withdraw_challenger(self._settings, self._engine, author, reason))


def _offset(logged: LoggedControl) -> int:
    return logged.offset


@lru_cache(maxsize=16)
def _card(settings: Settings, engine: str, sha256: str) -> ModelCard | None:
    try:
        artefact = msgspec.json.decode(artefacts_of(settings, engine).load(sha256), type=ModelArtefact)
    except (Misconfigured, Damaged, msgspec.MsgspecError):
        return None
    kind = type(artefact.calibration).__name__
    return ModelCard(sha256, len(artefact.features), artefact.catalogue_hash, kind, artefact.trained)


@dataclass(frozen=True)
class ModelDesk:
    """Changes of an engine's models: noted and published together.

    second: where a promotion waits for another person; None: one is enough. Rolling back and ending a trial
    are the way back to what was decided before, and are always one person's.
    """

    engine: str
    database: Any
    trail: AuditTrail
    plane: ModelPlane
    second: SecondPerson | None = None

    def promote(self, person: Person, sha256: str, reason: str) -> int | None:
        """The challenger that a person saw becomes champion; refused where another one is on trial now. Gives
        None where it waits for a second person."""
        if self.second is None:
            return self._promoted(person, sha256, stated_reason(reason))
        self.second.ask(person, {"sha256": sha256}, reason)
        return None

    def confirm(self, person: Person, asked_id: UUID) -> int:
        """What another person asked for is done. Raises `ProposalRefused`."""
        if self.second is None:
            raise ProposalRefused("models are promoted by one person here: nothing waits")

        def act(asked: AskedChange) -> int:
            return self._promoted(person, asked.fields["sha256"], asked.reason_with(person.name))

        return self.second.confirm(person, asked_id, act)

    def _promoted(self, person: Person, sha256: str, reason: str) -> int:
        return self._noted(
            person,
            "model_promoted",
            sha256,
            reason,
            lambda: self.plane.promote(sha256, *self._who(person, reason)),
        )

    def roll_back(self, person: Person, before: str, reason: str) -> int:
        """The champion before, which the person saw by its SHA-256, scores again."""
        reason, now = stated_reason(reason), self.plane.now()
        if now.before != before:
            raise Misconfigured("the models changed since this page was opened: load it again")
        return self._noted(
            person,
            "model_rolled_back",
            before,
            reason,
            lambda: self.plane.roll_back(*self._who(person, reason)),
        )

    def withdraw(self, person: Person, sha256: str, reason: str) -> int:
        """The trial of the challenger that a person saw ends."""
        reason, trial = stated_reason(reason), self.plane.now().models.trial
        if trial is None or trial.sha256 != sha256:
            raise Misconfigured("another challenger is on trial since this page was opened: load it again")
        return self._noted(
            person,
            "challenger_withdrawn",
            sha256,
            reason,
            lambda: self.plane.withdraw(*self._who(person, reason)),
        )

    def _who(self, person: Person, reason: str) -> tuple[str, str]:
        """A signed control's author is whose key signed it, so the reason names the person."""
        return person.name[:128], f"{reason} (by {person.name})"

    def _noted(self, person: Person, action: str, sha256: str, reason: str, publish: Any) -> int:
        detail = {"engine": self.engine, "sha256": sha256, "reason": reason}
        offset: int = noted(
            self.database, self.trail, person, action, f"model:{sha256[:16]}", detail, publish
        )
        return offset


def model_desk(parts: Parts) -> ModelDesk:
    """The real one; tests put another in its place."""
    if parts.settings is None:
        raise Misconfigured("this console was started without settings: models cannot be read from the log")
    plane = ControlPlaneModels(parts.settings, parts.engine)
    trail, second = AuditTrail(parts.now), None
    if "models" in parts.settings.two_people:
        second = SecondPerson(parts.database, trail, parts.now, parts.engine, "model")
    return ModelDesk(parts.engine, parts.database, trail, plane, second)


Desk = Annotated[ModelDesk, Depends(model_desk)]
