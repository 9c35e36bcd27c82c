"""Runs a statement that a person wrote, as the warehouse's analyst, within limits.

What may run at all is the warehouse's to say: its gate takes statements that read, refuses files, networks
and other servers, and its limits cannot be raised. Here a user who may write is refused, and limits are
lowered.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from dashboards.console.pages.explore.plain_words import StatementProblem, explained
from dashboards.console.pages.explore.turns import STATEMENT, RunningStatement, Turns
from streams.errors import Misconfigured, TollgateError
from streams.warehouse import connect

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

STATEMENT_BYTES_MAX: Final = 64 << 10
STATEMENT_MAX_S: Final = 20
DOWNLOAD_MAX_S: Final = 60
MEMORY_BYTES_MAX: Final = 1 << 30
ROWS_MAX: Final = 1_000
READONLY: Final = 164


@dataclass(frozen=True)
class ResultColumn:
    """Name, and ClickHouse's type."""

    name: str
    type: str


@dataclass(frozen=True)
class Result:
    """What a statement gave. `is_cut`: there were more rows than are shown."""

    columns: tuple[ResultColumn, ...]
    rows: list[tuple[Any, ...]]
    is_cut: bool
    seconds: float


class StatementRefused(TollgateError):  # noqa: N818 - what happened
    """A statement that cannot run, with what is wrong in it."""

    def __init__(self, problem: StatementProblem) -> None:
        super().__init__(problem.title)
        self.problem = problem


class StatementRunner:
    """Runs statements of people; any thread may ask. `url` says where the warehouse is now, which another
    start of it changes.
    """

    def __init__(
        self,
        url: Callable[[], str] | str,
        turns: Turns | None = None,
        connected: "Callable[..., Client]" = connect,
    ) -> None:
        self._url = url
        self._connected = connected
        self._turns = turns or Turns(time.monotonic)
        self._may_lower = True
        """Whether the server lets limits be lowered: one of your own may fix them in the user's profile."""

    def run(self, person: UUID, text: str) -> Result:
        """The first `ROWS_MAX` rows. Raises StatementRefused, StatementCancelled, ReaderBusy, Outage."""
        began = time.perf_counter()
        with self.opened(person, text, STATEMENT, STATEMENT_MAX_S) as (columns, rows):
            found = list(islice(rows, ROWS_MAX + 1))
        is_cut = len(found) > ROWS_MAX
        return Result(columns, found[:ROWS_MAX], is_cut, time.perf_counter() - began)

    @contextmanager
    def opened(
        self, person: UUID, text: str, kind: str, limit_s: int
    ) -> Iterator[tuple[tuple[ResultColumn, ...], Iterator[tuple[Any, ...]]]]:
        """The columns and all rows of a statement, read while it runs. Raises as `run` does."""
        statement = checked(text)
        with ExitStack() as stack:
            running = stack.enter_context(self._turns.turn(person, kind, limit_s))
            stack.enter_context(_told(statement, running))
            blocks = self._blocks(stack, running, statement, limit_s)
            first: Any = next(iter(blocks), [])
            source = blocks.source
            columns = tuple(
                ResultColumn(name, kind.name)
                for name, kind in zip(source.column_names, source.column_types, strict=True)
            )
            yield columns, _rows(first, blocks, running)

    def cancel(self, person: UUID) -> bool:
        """Whether this person had a statement to cancel."""
        return self._turns.cancel(person)

    def _blocks(self, stack: ExitStack, running: RunningStatement, statement: str, limit_s: int) -> Any:
        client = self._client(running, limit_s)
        stack.callback(client.close)
        try:
            return stack.enter_context(client.query_row_block_stream(statement))
        except Exception as failure:
            if not _is_fixed(failure) or not self._may_lower or not _is_fixed(_asked_for_nothing(client)):
                raise
            self._may_lower = False
            for name in _limits(limit_s):
                client.params.pop(name, None)
            return stack.enter_context(client.query_row_block_stream(statement))

    def _client(self, running: RunningStatement, limit_s: int) -> "Client":
        client = self._connected(
            self._url() if callable(self._url) else self._url,
            dedicated_pool=True,
            compress=False,  # what comes is counted, and repeated text packs a thousandfold
            query_retries=0,
            connect_timeout=3,
            send_receive_timeout=limit_s + 10,
        )
        if client.server_settings["readonly"].value == "0":
            client.close()
            raise Misconfigured(
                "Explore is closed: the user of ClickHouse that the console has may write. Name one that "
                "only reads in CLICKHOUSE_URL, as docs/run-warehouse.md makes `tollgate_analyst`"
            )
        if self._may_lower:
            client.params.update(_limits(limit_s))
        _watch(client.http, running)
        _count(client.http, running)
        return client


def checked(text: str) -> str:
    """The statement without what ends it. Raises StatementRefused for one that is empty or too long."""
    size = len(text.encode("utf-8", "replace"))
    if size > STATEMENT_BYTES_MAX:
        raise StatementRefused(
            StatementProblem(
                "This statement is too long",
                f"It has {size:,} bytes, and {STATEMENT_BYTES_MAX:,} are read. A long list of values is "
                "better asked for by a condition on a table.",
            )
        )
    statement = text.strip().rstrip(";").rstrip()
    if not _without_comments(statement):
        raise StatementRefused(
            StatementProblem("There is no statement", "Write one, such as SELECT count() FROM v_decisions.")
        )
    return statement


def _is_fixed(failure: Exception | None) -> bool:
    """Whether a setting, or the data, was to be changed by somebody who may not."""
    return getattr(failure, "code", None) == READONLY


def _asked_for_nothing(client: "Client") -> Exception | None:
    """How a statement fails that changes nothing itself: by the limits it is sent with. What a person wrote
    must not decide whether everybody else's limits are sent.
    """
    try:
        with client.query_row_block_stream("SELECT 1") as blocks:
            list(blocks)
    except Exception as failure:
        return failure
    return None


def _limits(limit_s: int) -> dict[str, str]:
    return {"max_execution_time": str(limit_s), "max_memory_usage": str(MEMORY_BYTES_MAX)}


def _rows(first: Any, blocks: Any, running: RunningStatement) -> Iterator[tuple[Any, ...]]:
    yield from first
    for block in blocks:
        running.let_go()
        yield from block


def _without_comments(statement: str) -> str:
    lines = (line.strip() for line in statement.splitlines())
    return "".join(line for line in lines if not line.startswith(("--", "#")))


@contextmanager
def _told(statement: str, running: RunningStatement) -> Iterator[None]:
    """What goes wrong, in our words."""
    try:
        yield
    except (TollgateError, GeneratorExit):
        raise
    except Exception as failure:
        if running.is_cancelled:
            running.check()
        problem = explained(failure, statement)
        if problem is None:
            raise
        raise StatementRefused(problem) from failure


def _watch(manager: Any, running: RunningStatement) -> None:
    """Lets `running` know of each connection that this client opens from now on."""
    manager.clear()
    known = manager.pool_classes_by_scheme
    manager.pool_classes_by_scheme = {scheme: _watched(pool, running) for scheme, pool in known.items()}


def _count(manager: Any, running: RunningStatement) -> None:
    """Lets `running` know of all that comes over this client's connections."""
    request = manager.request

    def counted(*arguments: Any, **options: Any) -> Any:
        response = request(*arguments, **options)
        stream = response.stream

        def counting(*sizes: Any, **how: Any) -> Iterator[bytes]:
            for piece in stream(*sizes, **how):
                running.read(len(piece))
                yield piece

        response.stream = counting
        return response

    manager.request = counted


def _watched(pool: Any, running: RunningStatement) -> Any:
    class Connection(pool.ConnectionCls):  # type: ignore[misc]
        def connect(self) -> None:
            running.check()
            super().connect()
            running.watch(self)

    return type("WatchedPool", (pool,), {"ConnectionCls": Connection})
