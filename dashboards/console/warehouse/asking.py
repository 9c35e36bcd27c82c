"""Who asks, known to the warehouse's reader without being passed through every page.

A request has one `Asker`, which its threads share; the gate of its route writes down whose it is. Work of the
console itself has none.
"""

from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID


@dataclass
class Asker:
    """Of one request. `person` is None until the gate has looked."""

    person: UUID | None = None


_asker: ContextVar[Asker | None] = ContextVar("asker", default=None)


def new_asker() -> None:
    """A request begins."""
    _asker.set(Asker())


def is_asked_by(person: UUID) -> None:
    """Whose request it is. Nothing is noted outside of one."""
    asker = _asker.get()
    if asker is not None:
        asker.person = person


def asking_person() -> UUID | None:
    """Whose request this is; None for the console itself."""
    asker = _asker.get()
    return None if asker is None else asker.person
