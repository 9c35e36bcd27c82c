"""How far a consumer has read, kept with what it wrote."""

from datetime import datetime
from pathlib import Path
from typing import Final

from desk.database import DeskConnection, SqlFiles

REASON_CHARACTERS_MAX: Final = 500

sql = SqlFiles(Path(__file__).parent / "queries")


def next_offset(connection: DeskConnection, consumer: str, topic: str) -> int | None:
    """The first offset that this consumer has not taken in; None where it never read."""
    row = connection.execute(sql("next_offset"), {"consumer": consumer, "topic": topic}).fetchone()
    return None if row is None else row["next_offset"]


def note_offset(connection: DeskConnection, consumer: str, topic: str, offset: int) -> None:
    """Notes that everything before `offset` was taken in, in the transaction that did. It never goes back."""
    connection.execute(sql("note_offset"), {"consumer": consumer, "topic": topic, "offset": offset})


def park(
    connection: DeskConnection, consumer: str, topic: str, start: int, end: int, reason: str, now: datetime
) -> None:
    """Keeps where records lie that could not be used, and why; the same again changes nothing."""
    where = {"consumer": consumer, "topic": topic, "start": start, "end": end}
    connection.execute(sql("park"), {**where, "reason": reason[:REASON_CHARACTERS_MAX], "now": now})
