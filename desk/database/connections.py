"""Connections to PostgreSQL, a few kept open, and transactions on them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from streams.errors import Misconfigured, Outage
from streams.masking import masked

DeskConnection = psycopg.Connection[DictRow]
"""A connection whose rows are dictionaries."""

CONNECT_TIMEOUT_S: Final = 5
RETRY_FOR_S: Final = 2
"""How long the pool itself tries again. Longer, its growing pauses would hold up whoever asks when a server
is back: a new caller starts a new attempt at once, but only when the pool has given up."""
STATEMENT_TIMEOUT_MS: Final = 10_000
LOCK_TIMEOUT_MS: Final = 5_000
IDLE_IN_TRANSACTION_TIMEOUT_MS: Final = 60_000
WAITING_MAX: Final = 200
"""Callers that wait for a connection; one more is told at once."""
VERSION_MIN: Final = 150_000


class DeskDatabase:
    """The database of people's work, by its URL. Made at once: whether it answers shows at the first use.

    connections_max: most connections at a time. Usable by several threads.
    """

    def __init__(self, url: str, connections_max: int = 8) -> None:
        self._url = url
        self._pool = ConnectionPool(
            url,
            connection_class=DeskConnection,
            kwargs=_connection_settings(url),
            min_size=0,
            max_size=connections_max,
            timeout=CONNECT_TIMEOUT_S,
            max_waiting=WAITING_MAX,
            check=ConnectionPool.check_connection,  # the database was restarted: connect again
            reconnect_timeout=RETRY_FOR_S,
            num_workers=1,
            open=True,
        )

    @contextmanager
    def transaction(self) -> Iterator[DeskConnection]:
        """What is done within holds in whole or, after an exception, not at all.

        Raises Outage where the database does not answer in time, a lock is not to be had, or the connection
        breaks. Where it broke in the last step nobody knows whether the transaction holds: what is done again
        must not do harm.
        """
        try:
            with self._pool.connection() as connection:
                yield connection
        except (PoolTimeout, TooManyRequests, PoolClosed) as failure:
            raise Outage(self._advice(f"gave no connection within {CONNECT_TIMEOUT_S} s")) from failure
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as failure:
            raise Outage("somebody else is changing the same thing: try again") from failure
        except (psycopg.OperationalError, psycopg.InterfaceError) as failure:
            raise Outage(self._advice(f"did not answer: {_first_line(failure)}")) from failure

    def close(self) -> None:
        """Closes all connections."""
        self._pool.close()

    def _advice(self, what: str) -> str:
        return (
            f"the PostgreSQL at {masked(self._url)} {what}. `tollgate status` shows the local one; yours is "
            "named by DATABASE_URL. Nothing was changed that was not confirmed: try again"
        )


def _connection_settings(url: str) -> dict[str, object]:
    try:
        psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise Misconfigured(
            "DATABASE_URL is no address of a PostgreSQL: give postgresql://user:password@host:port/database"
        ) from None
    limits = {
        "statement_timeout": STATEMENT_TIMEOUT_MS,
        "lock_timeout": LOCK_TIMEOUT_MS,
        "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_TIMEOUT_MS,
        "timezone": "UTC",
    }
    return {
        "row_factory": dict_row,
        "connect_timeout": CONNECT_TIMEOUT_S,
        "application_name": "tollgate",
        "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
        "keepalives_idle": 30,  # a host that is gone is noticed
        "tcp_user_timeout": 10_000,
    }


def _first_line(failure: BaseException) -> str:
    lines = masked(str(failure)).splitlines()
    return lines[0] if lines else type(failure).__name__
