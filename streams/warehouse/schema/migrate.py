"""Brings a ClickHouse to the tables and views this version needs.

Migrations (`migrations/NNNN_name.sql`, one statement each) build tables and are applied once, in order, and
recorded with the hash of their text. A file that was applied must never change: what is in the tables was
built by its old text. So a change is a new file, and a changed old one is refused. Each statement is
repeatable (`IF NOT EXISTS`), since the process may die between the statement and its record.

Views (`views/*.sql`, and those made from `views/templates`) hold no data and are replaced whenever their text
changes.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from streams.errors import Misconfigured
from streams.warehouse.schema.migration_check import check_migration, check_view
from streams.warehouse.schema.templates import expanded

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

MIGRATIONS: Final = Path(__file__).parent / "migrations"
VIEWS: Final = Path(__file__).parent / "views"
READ_LATER: Final = {
    "v_controls.sql": 1,
    "v_list_history.sql": 2,
    "v_ruleset_history.sql": 2,
}
"""Views that read other views -> after how many of them they are made."""
FILE_NAME: Final = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")

RECORDS: Final = """CREATE TABLE IF NOT EXISTS schema_migrations
(
    name String COMMENT 'file name of the migration or view',
    sha256 String COMMENT 'SHA-256 of its text',
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when it was applied'
)
ENGINE = ReplacingMergeTree(applied_at) ORDER BY name
COMMENT 'What built these tables; a file in it must not change'"""


class MigrationError(Misconfigured):
    """The migrations do not fit what this ClickHouse was built by."""


@dataclass(frozen=True)
class Migration:
    """One SQL file: its name, its statement and the hash of the whole text."""

    name: str
    statement: str
    sha256: str


def load_views(folder: Path = VIEWS) -> list[Migration]:
    """The views: those with a text of their own, in an order in which each finds what it reads, then those of
    templates.
    """
    own = sorted(load(folder), key=lambda view: (_reads_views(view), view.name))
    made = expanded() if folder == VIEWS else ()
    return own + [_migration(name, text) for name, text in made]


def _reads_views(view: Migration) -> int:
    """How deep it stands on other views."""
    return READ_LATER.get(view.name, 0)


def load(folder: Path) -> list[Migration]:
    """The SQL files of a folder in order of their names."""
    return [_read(path) for path in sorted(folder.glob("*.sql"))]


def migrate(client: "Client", migrations: Path = MIGRATIONS, views: Path = VIEWS) -> list[str]:
    """Applies what is missing; the names of what was applied. Raises MigrationError on a misfit, and
    DangerousMigrationError for what may not be done to tables in use, before any change.
    """
    client.command(RECORDS)
    applied = _applied(client)
    pending = plan(load(migrations), applied)
    changed_views = [view for view in load_views(views) if applied.get(view.name) != view.sha256]
    for view in changed_views:
        check_view(view.name, view.statement)
    for migration in pending:
        check_migration(migration.name, migration.statement)
    for migration in pending:
        client.command(migration.statement)
        _record(client, [migration])
    for view in changed_views:
        client.command(view.statement)
    _record(client, changed_views)
    return [migration.name for migration in pending + changed_views]


def _record(client: "Client", migrations: list[Migration]) -> None:
    if migrations:
        client.insert(
            "schema_migrations",
            [[migration.name, migration.sha256] for migration in migrations],
            column_names=["name", "sha256"],
            settings={"async_insert": 0},
        )


def plan(migrations: list[Migration], applied: dict[str, str]) -> list[Migration]:
    """The migrations still to apply, given name -> hash of the applied ones."""
    for place, migration in enumerate(migrations, start=1):
        match = FILE_NAME.match(migration.name)
        if match is None or int(match[1]) != place:
            raise MigrationError(
                f"migration {migration.name} should be number {place:04d}: numbers have no gaps"
            )
        if applied.get(migration.name, migration.sha256) != migration.sha256:
            raise MigrationError(
                f"migration {migration.name} was changed after it was applied: restore its text"
                " and put the change into a new migration"
            )
    unknown = sorted(
        name for name in applied if FILE_NAME.match(name) and name not in {m.name for m in migrations}
    )
    if unknown:
        raise MigrationError(
            f"this ClickHouse was migrated by a newer Tollgate (has {unknown[-1]}): use that version"
        )
    pending = [migration for migration in migrations if migration.name not in applied]
    if pending != migrations[len(migrations) - len(pending) :]:
        raise MigrationError(
            f"migration {pending[0].name} was added before ones already applied: give it the next number"
        )
    return pending


def _read(path: Path) -> Migration:
    return _migration(path.name, path.read_text(encoding="utf-8"))


def _migration(name: str, text: str) -> Migration:
    return Migration(name, text.strip().rstrip(";"), hashlib.sha256(text.encode()).hexdigest())


def _applied(client: "Client") -> dict[str, str]:
    rows = client.query(
        "SELECT name, argMax(sha256, applied_at) FROM schema_migrations GROUP BY name"
    ).result_rows
    return {str(name): str(sha256) for name, sha256 in rows}
