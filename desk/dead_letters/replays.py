"""What people did about dead letters."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from psycopg.errors import UniqueViolation

from desk.audit import AuditTrail
from desk.bus import OutboxMessage, put
from desk.database import DeskConnection, DeskDatabase, SqlFiles
from desk.dead_letters.letter import REPLAYED, DeadLetterRefused, RefusedMessage, Replay, still_refused
from desk.people import Person

LETTERS_MAX: Final = 500
"""Of one act."""
WHY_CHARACTERS: Final = 500
FIXED_BYTES_MAX: Final = 256 * 1024
Place = tuple[str, int, int]

sql: Final = SqlFiles(Path(__file__).parent / "queries")


class DeadLetters:
    """Of one engine."""

    def __init__(
        self, database: DeskDatabase, trail: AuditTrail, clock: Callable[[], datetime], engine: str
    ) -> None:
        self._database, self._trail, self._clock, self._engine = database, trail, clock, engine

    def reinsert(self, person: Person, letters: Sequence[RefusedMessage], why: str) -> int:
        """The same bytes are sent again; how many letters that were, without those acted on before. Raises
        `DeadLetterRefused` where one cannot be: nothing is done then.
        """
        for letter in letters:
            if letter.obstacle:
                raise DeadLetterRefused(f"{letter.place}: {letter.obstacle}")
        values = [(letter, letter.payload) for letter in letters]
        return self._act(person, Replay.REINSERT, values, why)

    def fix(self, person: Person, letter: RefusedMessage, text: str, why: str) -> int:
        """A mended text is sent in its place. Raises `DeadLetterRefused`."""
        value = text.encode("utf-8", "surrogatepass")
        if letter.role not in REPLAYED:
            raise DeadLetterRefused(f"{letter.place}: {letter.obstacle}")
        if len(value) > FIXED_BYTES_MAX:
            raise DeadLetterRefused(f"a message has {FIXED_BYTES_MAX:,} bytes at most")
        problem = still_refused(letter.topic, value)
        if problem:
            raise DeadLetterRefused(problem)
        return self._act(person, Replay.FIX, [(letter, value)], why)

    def drop(self, person: Person, letters: Sequence[RefusedMessage], why: str) -> int:
        """Nothing is sent for them; how many that were."""
        return self._act(person, Replay.DROP, [(letter, None) for letter in letters], why)

    def acted_on(self, places: Iterable[Place]) -> dict[Place, Mapping[str, Any]]:
        """What was done about these, where something was, with how far what was sent has come."""
        asked = list(places)
        values = {
            "engine": self._engine, "topics": [one[0] for one in asked],
            "partitions": [one[1] for one in asked], "offsets": [one[2] for one in asked],
        }  # fmt: skip
        with self._database.transaction() as connection:
            rows = connection.execute(sql("acted_on"), values).fetchall()
        return {(row["topic"], row["partition"], row["log_offset"]): row for row in rows}

    def counts(self) -> dict[str, int]:
        """By reason of the refusal, how many were acted on."""
        with self._database.transaction() as connection:
            rows = connection.execute(sql("counts"), {"engine": self._engine}).fetchall()
        return {row["refused_because"]: row["letters"] for row in rows}

    def newest(self, most: int = 100) -> list[Mapping[str, Any]]:
        """What was done last."""
        with self._database.transaction() as connection:
            values = {"engine": self._engine, "most": most}
            return list(connection.execute(sql("newest"), values).fetchall())

    def _act(
        self,
        person: Person,
        policy: Replay,
        letters: Sequence[tuple[RefusedMessage, bytes | None]],
        why: str,
    ) -> int:
        why = why.strip()
        if not 0 < len(why) <= WHY_CHARACTERS:
            raise DeadLetterRefused(f"say why, in 1 to {WHY_CHARACTERS} characters")
        if len(letters) > LETTERS_MAX:
            raise DeadLetterRefused(f"{LETTERS_MAX} letters at a time: choose fewer")
        try:
            with self._database.transaction() as connection:
                return self._noted(connection, person, policy, letters, why)
        except UniqueViolation:
            raise DeadLetterRefused("one of them was sent again meanwhile: load the page again") from None

    def _noted(
        self,
        connection: DeskConnection,
        person: Person,
        policy: Replay,
        letters: Sequence[tuple[RefusedMessage, bytes | None]],
        why: str,
    ) -> int:
        done = []
        for letter, value in sorted(letters, key=lambda each: each[0].offset):
            outbox_id = None if value is None else uuid4()
            row = self._row(letter, value, outbox_id, policy, person, why)
            if not connection.execute(sql("act"), row).rowcount:
                continue  # somebody was first
            done.append(letter.place)
            if value is not None and outbox_id is not None:
                put(connection, self._message(letter, value, outbox_id))
        if done:
            detail = {"engine": self._engine, "why": why, "letters": len(done), "places": done[:100]}
            self._trail.note(connection, person, f"dead_letter_{policy}", f"engine:{self._engine}", detail)
        return len(done)

    def _row(
        self,
        letter: RefusedMessage,
        value: bytes | None,
        outbox_id: UUID | None,
        policy: Replay,
        person: Person,
        why: str,
    ) -> dict[str, Any]:
        return {
            "engine": self._engine, "topic": letter.topic, "partition": letter.partition,
            "log_offset": letter.offset, "refused_because": letter.reason, "policy": policy.value, "why": why,
            "payload_sha256": letter.payload_sha256, "outbox_id": outbox_id,
            "sent_sha256": None if value is None else hashlib.sha256(value).hexdigest(),
            "acted_by_id": person.user_id, "acted_by_name": person.name, "now": self._clock(),
        }  # fmt: skip

    def _message(self, letter: RefusedMessage, value: bytes, outbox_id: UUID) -> OutboxMessage:
        return OutboxMessage(
            self._engine, letter.role, REPLAYED[letter.role], letter.payment_id or letter.place, value,
            f"dead_letter:{letter.place}", self._clock(), outbox_id=outbox_id,
        )  # fmt: skip
