"""Changes that one person makes at once, such as a list entry: noted and published together.

The note is written first and committed last: where publishing fails there is none, and what was published is
on the log with its author and reason whatever becomes of the note.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from desk.changes.changes import Noting, Somebody
from desk.changes.turns import TURN

if TYPE_CHECKING:
    from desk.database import DeskDatabase

T = TypeVar("T")


def noted(
    database: "DeskDatabase",
    trail: Noting,
    person: Somebody,
    action: str,
    subject: str,
    detail: Mapping[str, Any],
    publish: Callable[[], T],
) -> T:
    """What `publish` gives, with a note of who did it. Raises as `publish` does, and `Outage` where too many
    publish at once; nothing is noted then.
    """
    with TURN.taken(), database.transaction() as connection:
        trail.note(connection, person, action, subject, detail)
        return publish()
