"""Keeps, changes and deletes a row of a person's own.

A new one goes into one of the person's slots. Two writers may choose the same free slot: the constraint lets
one of them in, and the other chooses again. A change is of the version that the person saw.
"""

from typing import TYPE_CHECKING, Any, Final, LiteralString, NamedTuple

from psycopg.errors import UniqueViolation

from desk.views.refusals import (
    KeptElsewhereError,
    NameTakenError,
    NotYoursError,
    TooManyKeptError,
    ViewRefusedError,
)
from streams.errors import Outage

if TYPE_CHECKING:
    from desk.database import DeskDatabase
    from desk.people import Person

TRIES: Final = 20


def kept(database: "DeskDatabase", insert: LiteralString, row: dict[str, Any], table: str, most: int) -> None:
    """Inserts `row` by `insert`, which takes the lowest free slot.

    Raises NameTakenError, TooManyKeptError.
    """
    for _ in range(TRIES):
        try:
            with database.transaction() as connection:
                if not connection.execute(insert, row).rowcount:
                    raise TooManyKeptError(
                        f"you keep {most} of these already: delete one that you no longer need"
                    )
                return
        except UniqueViolation as taken:
            if taken.diag.constraint_name != f"{table}_slot":
                raise NameTakenError(
                    f"you have one called {row['name']!r} already: overwrite it, or take another name"
                ) from None
    raise Outage("others of your sessions are saving at the same time: try again")


class Refusals(NamedTuple):
    """What a person is told: the name is taken, the row was changed meanwhile, it is not theirs."""

    taken: str
    elsewhere: str
    gone: str


def changed(
    database: "DeskDatabase",
    change: LiteralString,
    own: LiteralString,
    values: dict[str, Any],
    refusals: Refusals,
) -> None:
    """Changes a row by `change`, of this version; `own` finds it whatever its version.

    Raises NameTakenError, KeptElsewhereError, NotYoursError.
    """
    try:
        with database.transaction() as connection:
            if connection.execute(change, values).rowcount:
                return
            found = connection.execute(own, values).fetchone()
    except UniqueViolation:
        raise NameTakenError(refusals.taken) from None
    raise KeptElsewhereError(refusals.elsewhere) if found else NotYoursError(refusals.gone)


def deleted(database: "DeskDatabase", delete: LiteralString, values: dict[str, Any], gone: str) -> None:
    """Deletes a row by `delete`. Raises NotYoursError."""
    with database.transaction() as connection:
        if not connection.execute(delete, values).rowcount:
            raise NotYoursError(gone)


def shared_with(person: "Person") -> dict[str, list[str] | None]:
    """Whom something that this person shares is for: those who see at least the same merchant accounts.

    Raises ViewRefusedError for somebody who sees none.
    """
    if person.accounts is not None and not person.accounts:
        raise ViewRefusedError("you see no merchant account yet: ask an administrator for one")
    return {"needs_accounts": None if person.accounts is None else sorted(person.accounts)}
