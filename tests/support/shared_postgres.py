"""One PostgreSQL for all processes of a run of tests, and databases of one test each.

At most one process starts it, the first that asks; it lives until the run ends (see `leftovers`). Nothing is
synced to the disk: a test that needs what a crash leaves starts one of its own.

A conftest takes the fixtures by importing them: `from tests.support.shared_postgres import desk_database,
desk_url`.
"""

import uuid
from collections.abc import Iterator
from functools import cache

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from desk.database import DeskDatabase, migrate
from storage import ProcessLock
from streams.platform.postgres import LocalPostgres
from tests.support.leftovers import run_folder

QUICK = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    # A worker of autovacuum belongs to the superuser: while one is in a database, its owner may not drop it.
    "autovacuum": "off",
}
_STARTED: list[LocalPostgres] = []
"""Kept: a process that is forgotten while it runs is a warning."""


def shared_postgres() -> str:
    """The URL of the run's PostgreSQL, which answers; its role may make databases."""
    home = run_folder() / "postgres"
    postgres = LocalPostgres(home, overrides=QUICK)
    with ProcessLock(home / "lock", wait=True):
        if postgres.process is None:
            postgres.start()
            _STARTED.append(postgres)
    return postgres.url


def new_database(template: str = "template0") -> str:
    """The URL of a fresh database."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(shared_postgres(), autocommit=True) as connection:
        connection.execute(
            SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(template))
        )
    return shared_postgres().rpartition("/")[0] + f"/{name}"


def drop_database(url: str) -> None:
    """With whatever is connected to it."""
    with psycopg.connect(shared_postgres(), autocommit=True) as connection:
        connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(url.rpartition("/")[2])))


@cache
def _template() -> str:
    """A database with all migrations, of this process: a copy of it takes a few hundredths of a second."""
    url = new_database()
    database = DeskDatabase(url)
    migrate(database)
    database.close()
    return url.rpartition("/")[2]


@pytest.fixture
def desk_url() -> Iterator[str]:
    """The URL of a database of this test's own, with all migrations applied."""
    url = new_database(_template())
    yield url
    drop_database(url)


@pytest.fixture
def desk_database(desk_url: str) -> Iterator[DeskDatabase]:
    """Connections to a database of this test's own, with all migrations applied."""
    database = DeskDatabase(desk_url)
    yield database
    database.close()
