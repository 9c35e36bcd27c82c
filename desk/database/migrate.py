"""Tables by numbered migrations: `migrations/NUMBER_NAME.sql`, each applied once, in order.

All that are due are applied in one transaction under one lock: of two processes that start together one
waits, and a migration that fails leaves the database as it was.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from desk.database.connections import VERSION_MIN, DeskConnection, DeskDatabase
from streams.errors import Misconfigured

FOLDER: Final = Path(__file__).with_name("migrations")
LOCK: Final = 0x7011_6A7E
"""Of PostgreSQL's advisory locks: any number that nobody else takes."""


@dataclass(frozen=True)
class DeskMigration:
    """One file of SQL."""

    number: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrate(database: DeskDatabase, folder: Path = FOLDER) -> list[str]:
    """Applies what is due; the names of what was applied.

    Raises Misconfigured for a PostgreSQL that is too old, a migration that was altered since it was applied,
    or a database that a newer Tollgate has written.
    """
    known = migrations(folder)
    with database.transaction() as connection:
        _refuse_old(connection)
        connection.execute("SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = '10min'")
        connection.execute(f"SELECT pg_advisory_xact_lock({LOCK})")
        connection.execute(TABLE)
        applied = _applied(connection)
        _refuse_altered(known, applied)
        due = [one for one in known if one.number not in applied]
        for one in due:
            _apply(connection, one)
    return [one.name for one in due]


def migrations(folder: Path = FOLDER) -> list[DeskMigration]:
    """Those of a folder in order. Raises ValueError where two have one number."""
    found = [
        DeskMigration(int(path.stem.partition("_")[0]), path.stem, path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.sql"))
    ]
    if len({one.number for one in found}) != len(found):
        raise ValueError(f"two migrations in {folder} have the same number")
    return found


TABLE: Final = """
CREATE TABLE IF NOT EXISTS migrations (
    number integer PRIMARY KEY,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


def _refuse_old(connection: DeskConnection) -> None:
    version = connection.info.server_version
    if version < VERSION_MIN:
        raise Misconfigured(
            f"the PostgreSQL at DATABASE_URL is version {version // 10_000}: Tollgate needs "
            f"{VERSION_MIN // 10_000} or later"
        )


def _applied(connection: DeskConnection) -> dict[int, tuple[str, str]]:
    rows = connection.execute("SELECT number, name, sha256 FROM migrations").fetchall()
    return {row["number"]: (row["name"], row["sha256"]) for row in rows}


def _refuse_altered(known: list[DeskMigration], applied: dict[int, tuple[str, str]]) -> None:
    here = {one.number: one for one in known}
    for number, (name, sha256) in sorted(applied.items()):
        if number not in here:
            raise Misconfigured(
                f"the database holds migration {name}, which this Tollgate does not know: a newer one has "
                "written it. Install that version, or restore a copy from before"
            )
        if here[number].sha256 != sha256:
            raise Misconfigured(
                f"migration {here[number].name} is not what was applied to the database as {name}: put the "
                "file back as it was, and state the change in a migration of the next number"
            )


def _apply(connection: DeskConnection, due: DeskMigration) -> None:
    connection.execute(due.sql)
    connection.execute(
        "INSERT INTO migrations (number, name, sha256) VALUES (%s, %s, %s)",
        (due.number, due.name, due.sha256),
    )
