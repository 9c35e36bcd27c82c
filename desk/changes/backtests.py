"""Backtests that people ask for: one at a time, in a process of its own, for a bounded time.

Invariants
- At most one runs, whatever asks and however many consoles there are (unique index of the table).
- One whose console died is given up after `SILENT_S`; its process ends with its console's pipe, or by its
  own limits.
- What came out is kept with the version it was of: who approves sees the same figures.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Thread
from typing import TYPE_CHECKING, Any, Final, Protocol
from uuid import UUID, uuid4

import msgspec
from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from desk.changes.backtest_process import BacktestAnswer, BacktestRequest
from desk.changes.changes import Somebody
from desk.changes.proposals import ProposalRefused
from desk.changes.statements import statement
from models.versions import content_version
from streams.errors import Outage

if TYPE_CHECKING:
    from desk.database import DeskDatabase

LIMIT_S: Final = 600.0
SILENT_S: Final = 60.0
BEAT_S: Final = 5.0
DAYS_MAX: Final = 400
RESULT_BYTES_MAX: Final = 8 << 20
COMMAND: Final = ("nice", "-n", "10", sys.executable, "-m", "desk.changes.backtest_process")


class BacktestBusy(ProposalRefused):
    """Another one runs; the message says whose."""


@dataclass(frozen=True)
class Backtest:
    """One backtest, and what came of it."""

    backtest_id: UUID
    engine: str
    version: str
    """Of the ruleset tried."""
    base_version: str
    """Of the ruleset it was compared with; empty: with what was decided then."""
    days: int
    asked_by_id: UUID
    asked_by_name: str
    started_at: datetime
    heard_at: datetime
    finished_at: datetime | None
    state: str
    """running, done or failed."""
    result: dict[str, Any] | None
    trouble: str


class Starting(Protocol):
    """Runs a request to its end: bytes of a `BacktestAnswer`. `beat` is called now and then meanwhile."""

    def __call__(self, request: BacktestRequest, beat: Callable[[], None]) -> bytes: ...


class Backtests:
    """Starts backtests and keeps what came of them. `run`: how; by default in a process of its own."""

    def __init__(
        self, database: "DeskDatabase", clock: Callable[[], datetime], run: "Starting | None" = None
    ) -> None:
        self._database, self._clock = database, clock
        self._run = run or OwnProcess()
        self.threads: list[Thread] = []
        """Those that wait for a process; one at most in work."""

    def start(
        self,
        person: Somebody,
        engine: str,
        document: dict[str, Any],
        base: dict[str, Any] | None,
        days: int,
    ) -> UUID:
        """Begins one; it goes on by itself. Raises `BacktestBusy`, `ProposalRefused`."""
        if not 1 <= days <= DAYS_MAX:
            raise ProposalRefused(f"a backtest looks at 1 to {DAYS_MAX} days")
        backtest_id = self._begun(person, engine, content_version(document), _version(base), days)
        request = BacktestRequest(engine, document, base, days)
        thread = Thread(target=self._work, args=(backtest_id, request), name="backtest", daemon=True)
        self.threads = [each for each in self.threads if each.is_alive()] + [thread]
        thread.start()
        return backtest_id

    def backtest(self, backtest_id: UUID) -> Backtest | None:
        """One that was asked for; without a sign of life for too long it has failed."""
        with self._database.transaction() as connection:
            self._give_up(connection)
            row = connection.execute(statement("backtest"), {"backtest_id": backtest_id}).fetchone()
        return None if row is None else Backtest(**row)

    def newest(self, engine: str, version: str) -> Backtest | None:
        """The last one of a version."""
        with self._database.transaction() as connection:
            self._give_up(connection)
            values = {"engine": engine, "version": version}
            row = connection.execute(statement("backtest_of_version"), values).fetchone()
        return None if row is None else Backtest(**row)

    def _begun(self, person: Somebody, engine: str, version: str, base_version: str, days: int) -> UUID:
        values = {
            "backtest_id": uuid4(), "engine": engine, "version": version, "base_version": base_version,
            "days": days, "asked_by_id": person.user_id, "asked_by_name": person.name, "now": self._clock(),
        }  # fmt: skip
        try:
            with self._database.transaction() as connection:
                self._give_up(connection)
                connection.execute(statement("begin_backtest"), values)
        except UniqueViolation:
            raise BacktestBusy(self._who_runs()) from None
        return values["backtest_id"]  # type: ignore[return-value]

    def _who_runs(self) -> str:
        with self._database.transaction() as connection:
            row = connection.execute(statement("running_backtest")).fetchone()
        who = "" if row is None else f" (asked for by {row['asked_by_name']})"
        return f"a backtest is running{who}; one runs at a time: try again when it is done"

    def _give_up(self, connection: Any) -> None:
        values = {"now": self._clock(), "silent_since": self._clock() - timedelta(seconds=SILENT_S)}
        connection.execute(statement("give_up_backtests"), values)

    def _work(self, backtest_id: UUID, request: BacktestRequest) -> None:
        try:
            answer = _answer(self._run(request, lambda: self._beat(backtest_id)))
        except Outage as failure:
            answer = BacktestAnswer(None, str(failure))
        state, figures = ("failed", None) if answer.figures is None else ("done", Jsonb(answer.figures))
        values = {
            "backtest_id": backtest_id, "state": state, "result": figures, "trouble": answer.trouble[:1000],
            "now": self._clock(),
        }  # fmt: skip
        with self._database.transaction() as connection:
            connection.execute(statement("end_backtest"), values)

    def _beat(self, backtest_id: UUID) -> None:
        with self._database.transaction() as connection:
            connection.execute(statement("beat"), {"backtest_id": backtest_id, "now": self._clock()})


class OwnProcess:
    """Runs a request in a process of its own, which gives way to others and ends in time."""

    def __init__(
        self,
        command: Sequence[str] = COMMAND,
        limit_s: float = LIMIT_S,
        beat_s: float = BEAT_S,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._command, self._limit_s, self._beat_s = command, limit_s, beat_s
        self._environment = environment

    def __call__(self, request: BacktestRequest, beat: Callable[[], None]) -> bytes:
        """See `Starting`. Raises `Outage` where it takes too long or dies."""
        process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True, env=None if self._environment is None else dict(self._environment),
        )  # fmt: skip
        try:
            return self._waited(process, msgspec.json.encode(request), beat)
        finally:
            _end(process)

    def _waited(self, process: "subprocess.Popen[bytes]", request: bytes, beat: Callable[[], None]) -> bytes:
        given: bytes | None = request
        for _ in range(max(1, round(self._limit_s / self._beat_s))):
            try:
                output, said = process.communicate(given, timeout=self._beat_s)
            except subprocess.TimeoutExpired:
                given = None
                beat()
                continue
            if process.returncode:
                raise Outage(f"the backtest's process ended with {process.returncode}: {_last_line(said)}")
            return output
        raise Outage(
            f"the backtest took longer than {self._limit_s:.0f} s and was ended: choose fewer days, or run "
            "`tollgate rules backtest`"
        )


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Its session with it."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _answer(output: bytes) -> BacktestAnswer:
    if len(output) > RESULT_BYTES_MAX:
        return BacktestAnswer(None, "the figures are too many to keep: choose fewer days")
    try:
        return msgspec.json.decode(output, type=BacktestAnswer)
    except msgspec.MsgspecError as error:
        return BacktestAnswer(None, f"the backtest's process gave no figures ({error})")


def _last_line(output: bytes) -> str:
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1][:500] if lines else "it said nothing"


def _version(document: dict[str, Any] | None) -> str:
    return "" if document is None else content_version(document)
