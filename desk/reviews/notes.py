"""What people write about a payment under review."""

from datetime import datetime
from typing import Final

from desk.people import Person
from desk.reviews.claims import keep_claim
from desk.reviews.desk import ReviewDesk
from desk.reviews.errors import ReviewRefused
from desk.reviews.review import Note
from desk.reviews.scope import sql
from models.card_numbers import detection as card_numbers

NOTE_CHARACTERS_MAX: Final = 2_000
REASON_CHARACTERS_MAX: Final = 1_000


def add_note(desk: ReviewDesk, person: Person, review_id: int, note: str, now: datetime) -> None:
    """Adds a note; whoever holds the payment has been active. Raises `ReviewRefused`."""
    text = checked_text(note, NOTE_CHARACTERS_MAX)
    if not text:
        raise ReviewRefused("write something first")
    with desk.database.transaction() as connection:
        review = desk.locked(connection, person, review_id, now)
        asked = desk.bounds(person, now) | {"review": review_id, "name": person.name, "note": text}
        connection.execute(sql("add_note"), asked)
        if review.is_open and review.claimed_by == person.user_id:
            keep_claim(desk, connection, person, review, now)
        desk.note(connection, person, "review_noted", review)


def notes(desk: ReviewDesk, person: Person, review_id: int, now: datetime) -> list[Note]:
    """Notes on a payment, oldest first. Raises `NotFound`."""
    with desk.database.transaction() as connection:
        desk.locked(connection, person, review_id, now)
        return [Note(**row) for row in connection.execute(sql("notes"), {"review": review_id})]


def checked_text(text: str, most: int) -> str:
    """A person's words as they are kept. Raises `ReviewRefused` for too many, and for a card number: it would
    stay for good.
    """
    kept = text.replace("\0", "").replace("\r\n", "\n").strip()
    if len(kept) > most:
        raise ReviewRefused(f"that is {len(kept):,} characters: at most {most:,} are kept")
    if card_numbers.find(kept.encode(errors="replace")):
        raise ReviewRefused("that holds a card number: name the card by its token or last four digits")
    return kept
