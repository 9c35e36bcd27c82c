"""Who runs a statement now: a few at a time, one for each person, and each of them can be cancelled.

Invariant: at most `RUNNING_MAX` statements of people are waited for, and at most `PLACES` run in the
warehouse, so that pages get their turn: what was cancelled may run on there until its limit of time, and its
place stays taken as long. No more than `ANSWER_BYTES_MAX` of an answer is in memory: of a statement that is
its whole answer, of a download what comes at a time.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, Protocol
from uuid import UUID

from dashboards.console.warehouse import ReaderBusy
from streams.errors import TollgateError

RUNNING_MAX: Final = 2
PLACES: Final = 3
STATEMENT: Final = "statement"
DOWNLOAD: Final = "download"
ANSWER_BYTES_MAX: Final = 64 << 20
WAIT_MAX_S: Final = 5.0


class StatementCancelled(TollgateError):  # noqa: N818 - what happened
    """Whoever asked does not want the answer any more."""


class Connection(Protocol):
    """A connection of urllib3."""

    sock: Any


class RunningStatement:
    """One statement, from its turn until its end."""

    def __init__(self, person: UUID, kind: str) -> None:
        self.person, self.kind = person, kind
        self.is_cancelled = False
        self._reason = ""
        self._bytes = 0
        self._connections: list[Connection] = []
        self._changing = threading.Lock()

    def watch(self, connection: Connection) -> None:
        """Told of each connection it opens."""
        with self._changing:
            self._connections.append(connection)
        self.check()

    def check(self) -> None:
        """Raises StatementCancelled where it was."""
        if self.is_cancelled:
            raise StatementCancelled(self._reason)

    def read(self, size: int) -> None:
        """So much more of the answer has come. Ends the statement where that is too much to be held."""
        self._bytes += size
        if self._bytes > ANSWER_BYTES_MAX:
            self.cancel(
                f"The answer is larger than {ANSWER_BYTES_MAX >> 20} MiB: ask for fewer rows, narrower "
                "columns, or sums"
            )
        self.check()

    def let_go(self) -> None:
        """What has been read of a download is passed on, and no longer in memory."""
        if self.kind == DOWNLOAD:
            self._bytes = 0

    def cancel(self, reason: str) -> None:
        """Whoever waits for an answer on its connections stops waiting."""
        with self._changing:
            self.is_cancelled, self._reason = True, reason
            for connection in self._connections:
                if connection.sock is not None:
                    with suppress(OSError):  # it ended meanwhile
                        connection.sock.shutdown(socket.SHUT_RDWR)


class Turns:
    """The places for statements. `clock` in seconds."""

    def __init__(self, clock: Callable[[], float], wait_s: float = WAIT_MAX_S) -> None:
        self._clock, self._wait_s = clock, wait_s
        self._running: list[RunningStatement] = []
        self._abandoned_until: list[float] = []
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, person: UUID, kind: str, limit_s: float) -> Iterator[RunningStatement]:
        """A place for what ends within `limit_s`. A statement takes the place of the same person's earlier
        one. Raises ReaderBusy.
        """
        if kind == STATEMENT:
            self.cancel(person, "Another statement that you ran took the place of this one")
        statement = RunningStatement(person, kind)
        with self._changed:
            if not self._changed.wait_for(lambda: self._has_place(person, kind), self._wait_s):
                raise ReaderBusy(
                    f"{RUNNING_MAX} statements of people run at a time, and all places are taken, perhaps by "
                    "one that was cancelled and still ends: try again in some seconds"
                )
            self._running.append(statement)
        began = self._clock()
        try:
            yield statement
        finally:
            with self._changed:
                self._running.remove(statement)
                if statement.is_cancelled:
                    self._abandoned_until.append(began + limit_s)
                self._changed.notify_all()

    def cancel(self, person: UUID, reason: str = "You cancelled this statement") -> bool:
        """Cancels a person's statement; whether there was one. Downloads are the browser's to cancel."""
        with self._changed:
            found = [each for each in self._running if (each.person, each.kind) == (person, STATEMENT)]
        for statement in found:
            statement.cancel(reason)
        return bool(found)

    def _has_place(self, person: UUID, kind: str) -> bool:
        now = self._clock()
        self._abandoned_until = [until for until in self._abandoned_until if until > now]
        running, abandoned = len(self._running), len(self._abandoned_until)
        own = any((each.person, each.kind) == (person, kind) for each in self._running)
        return running < RUNNING_MAX and running + abandoned < PLACES and not own
