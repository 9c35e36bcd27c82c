"""Settings and fixtures for all tests: one real Kafka for the run, one ClickHouse a process, started when
first asked for.
"""

import atexit
import os
import sys
import threading
import uuid
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.support import file_order, open_clients, shared_probe
from tests.support.leftovers import run_folder, watch

if TYPE_CHECKING:
    from streams.warehouse.database import Database

# The first example of a kernel's test compiles the kernel: a deadline an example would measure that.
settings.register_profile("check", deadline=None)
settings.register_profile("long", deadline=None, max_examples=1_000)
settings.load_profile("check")
shared_probe.share()  # before any other conftest imports the probe


END = pytest.StashKey[Callable[[], None]]()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Early, so that what tests register to run at exit runs first.

    What the tests start ends with them, also where they are killed. Of several processes (`pytest -n`) the
    first one watches: the others end when they have no test left.
    """
    open_clients.note()
    if not hasattr(session.config, "workerinput"):
        watch()
    for elsewhere in ("KAFKA_BOOTSTRAP_SERVERS", "CLICKHOUSE_URL", "DATABASE_URL"):
        os.environ.pop(elsewhere, None)
    os.environ["TOLLGATE_HOME"] = str(run_folder() / "homes" / "between-tests")
    session.config.stash[END] = lambda: _end_at_once(session)
    atexit.register(session.config.stash[END])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """See `file_order`."""
    items[:] = file_order.ordered(items)


def pytest_unconfigure(config: pytest.Config) -> None:
    """A thread that a failed test left behind would be waited for, for ever."""
    left = [thread for thread in threading.enumerate() if not thread.daemon]
    if left != [threading.main_thread()] and END in config.stash:
        config.stash[END]()


def _end_at_once(session: pytest.Session) -> None:
    """Skips the taking apart of hundreds of modules: bindings of others report leaks there that are none.
    What `make coverage` saw in this process is written first, since that waits for the same moment.
    """
    coverage = sys.modules.get("coverage")
    measured = coverage.Coverage.current() if coverage else None
    if measured:
        measured.stop()
        measured.save()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(session.exitstatus)


@pytest.fixture(autouse=True)
def _home_of_its_own() -> Iterator[None]:
    """No test sees the installation of whoever runs it (its keys, its servers), or what another test left. A
    file of tests may set a home that its tests share.
    """
    homes, before = run_folder() / "homes", os.environ["TOLLGATE_HOME"]
    if Path(before).parent == homes:
        os.environ["TOLLGATE_HOME"] = str(homes / uuid.uuid4().hex)
    yield
    os.environ["TOLLGATE_HOME"] = before


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, object, object]:
    """See `open_clients`."""
    open_clients.forget()
    try:
        return (yield)
    finally:
        open_clients.close()


@pytest.fixture(scope="session")
def kafka() -> str:
    """Bootstrap address of a real broker that all tests share: use topics of your own, named by the test."""
    from tests.support.shared_broker import shared_broker

    return shared_broker()


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Database]":
    """The embedded ClickHouse, with all tables. A process can have one chdb data directory open: tests share
    it and keep apart by engine name or database.
    """
    from streams.warehouse.database import Database
    from streams.warehouse.schema.migrate import migrate

    opened = Database(
        tmp_path_factory.mktemp("home") / "warehouse", extra_databases=("migrations", "rebuild")
    )
    client = opened.client()
    migrate(client)
    client.close()
    yield opened
    opened.close()
