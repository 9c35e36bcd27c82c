"""Moves the tables of an earlier version out of chdb's database `default` into the one of this version.

Invariant: every step can be repeated. Tables are renamed one by one, each in one step, and never copied, so a
crash at any place leaves each of them in exactly one of the two databases; the next start moves the rest.
What holds no rows (views and what feeds the aggregates) is dropped and made again by the migrations, which
are repeatable: their record is dropped as well.
"""

import logging
from pathlib import Path
from typing import Any, Final

from streams.warehouse.engine_config import DATABASE, write_open_config

log = logging.getLogger(__name__)

MOVED: Final = ("warehouse_identity", "decisions", "dead_letters", "decisions_minute", "decisions_hour")


def move_earlier_tables(chdb: Any, path: Path) -> None:
    """Opens the data directory without the grants, once, where it is one of an earlier version."""
    if not any((path / "metadata" / "default").glob("*.sql")):
        return
    connection = chdb.connect(f"{path}?config-file={write_open_config(path)}")
    try:
        names = _names(connection, "default")
        if names:
            _move(connection, names)
    finally:
        connection.close()


def _move(connection: Any, names: dict[str, str]) -> None:
    log.warning("moving the tables of an earlier version into the database %s", DATABASE)
    connection.query(f"CREATE DATABASE IF NOT EXISTS {DATABASE} ENGINE = Atomic")
    for name, engine in names.items():
        if engine.endswith("View"):
            connection.query(f"DROP VIEW IF EXISTS default.`{name}` SYNC")
    for name in MOVED:
        if name in names:
            connection.query(f"RENAME TABLE default.`{name}` TO {DATABASE}.`{name}`")
    connection.query("DROP TABLE IF EXISTS default.schema_migrations SYNC")


def _names(connection: Any, database: str) -> dict[str, str]:
    """The engine of each table of a database, by name."""
    text = connection.query(
        f"SELECT name, engine FROM system.tables WHERE database = '{database}'", "TabSeparatedRaw"
    ).bytes()
    return dict(line.split("\t") for line in text.decode().splitlines())
