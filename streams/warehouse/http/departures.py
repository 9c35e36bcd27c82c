"""Ends statements of readers that nobody waits for any more.

ClickHouse ends a statement whose client has gone where it is asked to (a setting named
`cancel_http_readonly_queries_on_client_close`). The embedded engine has no such thing, and would work on
until the limit of time while others wait for the turn. So each statement that reads carries a mark, and a
thread looks twice a second whose client has gone, and kills it. What writes is never killed.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from secrets import token_hex
from typing import Final

from streams.warehouse.database import Database

log = logging.getLogger(__name__)

LOOK_S: Final = 0.5
MARK: Final = "log_comment"
"""A setting that changes nothing, and is shown beside the statement."""
KILL: Final = "KILL QUERY WHERE Settings['log_comment'] IN ({marks}) ASYNC"


class Departures:
    """Statements under way, each with whether its client has gone. They are as many as there are turns."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._has_gone: dict[str, Callable[[], bool]] = {}
        self._changing = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, name="warehouse-departures", daemon=True)

    @contextmanager
    def watched(self, has_gone: Callable[[], bool]) -> Iterator[dict[str, str]]:
        """Options of the connection on which the statement runs, until the context ends."""
        mark = token_hex(16)
        with self._changing:
            self._has_gone[mark] = has_gone
        try:
            yield {MARK: mark}
        finally:
            with self._changing:
                self._has_gone.pop(mark, None)

    def end_what_nobody_waits_for(self) -> int:
        """How many statements there were of clients that have gone; all of them are told to end."""
        with self._changing:
            known = dict(self._has_gone)
        marks = [mark for mark, has_gone in known.items() if has_gone()]
        if marks:
            with self._database.connection() as connection:
                connection.query(KILL.format(marks=", ".join(f"'{mark}'" for mark in marks)))
        return len(marks)

    def start(self) -> None:
        """Looks from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Looks no more."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _look(self) -> None:
        while not self._ended.wait(LOOK_S):
            try:
                self.end_what_nobody_waits_for()
            except RuntimeError as failure:  # how chdb reports every failure
                log.warning("a statement whose client has gone could not be ended: %s", failure)
