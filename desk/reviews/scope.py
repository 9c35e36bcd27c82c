"""What every query of a person is bounded by."""

from datetime import datetime
from pathlib import Path
from typing import Any, Final

from desk.database import SqlFiles
from desk.people import Action, Person

sql: Final = SqlFiles(Path(__file__).parent / "queries")


def scope_of(person: Person, now: datetime) -> dict[str, Any]:
    """Parameters of queries: the person, their merchant accounts (null: all), and how far they may go."""
    return {
        "person": person.user_id,
        "accounts": None if person.accounts is None else sorted(person.accounts),
        "takes_large": person.may(Action.REVIEW_LARGE),
        "now": now,
    }
