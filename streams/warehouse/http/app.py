"""The ClickHouse HTTP protocol over the embedded engine, as a WSGI application.

Enough for an unmodified clickhouse-connect: queries in any format, bound parameters, settings in the URL,
inserts with tokens, ClickHouse's own error codes. Sessions are not kept: `SET`, `USE` and temporary tables
end with their request.

Invariant: a statement runs only when the gate knows its user (`gate`), that user has a turn (`query_slots`),
and the engine's parse of it is allowed (`inspection`). What reads runs on a connection that can do no more,
and no longer than somebody waits for it (`departures`).
"""

import json
import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final

from werkzeug import Request, Response

from streams.warehouse.credentials import WarehouseUser
from streams.warehouse.database import Database
from streams.warehouse.http.access import ACCESS, reader_options, writer_settings
from streams.warehouse.http.content_encoding import EncodingError
from streams.warehouse.http.departures import Departures
from streams.warehouse.http.gate import HttpGate, StatementWatch
from streams.warehouse.http.inspection import Inspector
from streams.warehouse.http.query_slots import QuerySlots
from streams.warehouse.http.refusal import (
    NOT_IMPLEMENTED,
    TOO_MANY_QUERIES,
    RequestRefusedError,
    refusal_headers,
)
from streams.warehouse.http.request import BadRequestError, Statement, read_statement

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger(__name__)

ENGINE_ERROR: Final = re.compile(r"Code: (\d+)\. ")
UNKNOWN_ERROR_CODE: Final = 1002
SYNTAX_ERROR_CODE: Final = 62
STATUS_BY_CODE: Final = (
    dict.fromkeys((6, 26, 27, 36, 38, 41, 42, 43, 53, 62, 70, 72, 131, 386, 457), 400)
    | dict.fromkeys((16, 46, 47, 50, 56, 60, 63, 81, 115), 404)
    | {48: 501, 159: 408, 164: 403, 202: 503, 209: 503, 394: 503, 497: 403}
)
"""ClickHouse's own mapping (src/Server/HTTPHandler.cpp) for the codes analysts meet; all others are 500. 394
is ours: a statement whose client has gone did not fail.
"""
METHODS: Final = frozenset({"GET", "HEAD", "POST"})
READS: Final = re.compile(r"(SELECT|WITH|SHOW|DESCRIBE|DESC|EXISTS|EXPLAIN)\b", re.IGNORECASE)
STREAMS: Final = re.compile(r"(SELECT|WITH)\b", re.IGNORECASE)
FORMAT_NAME: Final = re.compile(r"\w+", re.ASCII)
OPENING_CHARACTERS: Final = 16
"""Longer than the longest of these words, with a character behind it."""
STREAMABLE: Final = frozenset({"Native", "TabSeparated", "TSV", "CSV", "RowBinary", "JSONEachRow"})
"""Formats without header or footer: blocks encoded one by one and joined are a valid whole."""


class ClickHouseApp:
    """Answers requests out of `database`; data of inserts passes through files in `spool`."""

    def __init__(
        self, database: Database, spool: Path, gate: HttpGate, watch: StatementWatch = lambda *_: None
    ) -> None:
        self.gate = gate
        self.departures = Departures(database)
        self._watch = watch
        self._database = database
        self._spool = spool
        self._inspector = Inspector(database)
        self._slots = {user: QuerySlots(each.running_max, each.waiting_max) for user, each in ACCESS.items()}

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        began, request = time.perf_counter(), Request(environ)
        user: list[str] = []
        response = self._answer(request, user)
        if user:
            self._watch(user[0], response.status_code, time.perf_counter() - began)
        return response(environ, start_response)

    def _answer(self, request: Request, asking: list[str]) -> Response:
        """`asking`: gets the user's name where there is a statement."""
        try:
            user = self._user(request)
            if user is None or (request.method != "POST" and "query" not in request.args):
                return _without_statement(request.path)
            asking.append(user.value)
            return self._run(request, user)
        except RequestRefusedError as refusal:
            return _refused(refusal)
        except (BadRequestError, EncodingError) as error:
            return _failure(f"Code: {SYNTAX_ERROR_CODE}. DB::Exception: {error} (SYNTAX_ERROR)")
        except RuntimeError as error:  # how chdb reports every failure of a statement
            return _failure(str(error))

    def _user(self, request: Request) -> WarehouseUser | None:
        if request.method not in METHODS:
            raise RequestRefusedError(NOT_IMPLEMENTED, f"{request.method} is not a method of this server")
        return self.gate.user(request.path, lambda name: request.headers.get(name, ""))

    def _run(self, request: Request, user: WarehouseUser) -> Response:
        access = ACCESS[user]
        may_write = access.may_write and request.method == "POST"
        with ExitStack() as stack:
            stack.enter_context(self._slots[user].slot())
            statement = stack.enter_context(read_statement(request, self._spool, access.body_bytes_max))
            self._inspector.check(statement, may_write=may_write)
            output = _output_format(statement)
            is_streamed = bool(STREAMS.match(_opening(statement.text))) and output in STREAMABLE
            options = {} if may_write else reader_options(statement.settings, is_streamed=is_streamed)
            if not may_write:
                options |= stack.enter_context(self.departures.watched(_departure(request)))
            connection = stack.enter_context(self._connection(statement, options))
            if is_streamed:
                blocks = connection.send_query(statement.text, output, params=statement.parameters)
                first, tag = next(blocks, None), token_hex(8)
                response = _success(ResultStream(first, blocks, tag, stack.pop_all()), statement, output)
                response.headers["X-ClickHouse-Exception-Tag"] = tag
                return response
            result = connection.query(statement.text, output, params=statement.parameters)
            response = _success(result.bytes() or b"", statement, output)
            response.headers["X-ClickHouse-Summary"] = _summary(result)
            return response

    @contextmanager
    def _connection(self, statement: Statement, options: dict[str, str]) -> Iterator[Any]:
        """`options`: of a connection that reads; none for one that may write."""
        with self._database.connection(options) as connection:
            if not options:
                settings = writer_settings(statement.settings)
                connection.query(
                    "SET " + ", ".join(f"{n} = {_quoted(value)}" for n, value in settings.items())
                )
            if statement.database:
                name = statement.database.replace("\\", "\\\\").replace("`", "\\`")
                connection.query(f"USE `{name}`")
            yield connection


class ResultStream:
    """The blocks of one result; the connection stays open until the response ends.

    An error on the way is written into the response between marks that hold a random tag, as ClickHouse does
    it since 25.11, and then breaks the response off: half a result is never taken for a whole one.
    """

    def __init__(self, first: Any, rest: Iterator[Any], tag: str, held: ExitStack) -> None:
        self._first = first
        self._rest = rest
        self._tag = tag
        self._held = held

    def __iter__(self) -> Iterator[bytes]:
        try:
            if self._first is not None:
                yield self._first.bytes() or b""
            for block in self._rest:
                yield block.bytes() or b""
        except RuntimeError as error:
            yield exception_block(_engine_message(str(error)), self._tag)
            raise

    def close(self) -> None:
        """Ends the statement and closes its connection; WSGI calls it."""
        close = getattr(self._rest, "close", None)
        if close is not None:
            close()
        self._held.close()


def exception_block(message: str, tag: str) -> bytes:
    """An error at the end of a response whose status was already sent.

    >>> exception_block("Code: 1. No.", "a1b2").split(bytes([13, 10]))
    [b'', b'__exception__', b'a1b2', b'Code: 1. No.\\n13 a1b2', b'__exception__', b'']
    """
    text = message.encode("utf-8", "replace") + b"\n"
    mark = b"\r\n__exception__\r\n"
    return b"%b%b\r\n%b%d %b%b" % (mark, tag.encode(), text, len(text), tag.encode(), mark)


def _departure(request: Request) -> Callable[[], bool]:
    """Whether the client has gone. Raises RequestRefusedError where it went while it waited for its turn."""
    has_gone: Callable[[], bool] = request.environ.get("waitress.client_disconnected", lambda: False)
    if has_gone():
        raise RequestRefusedError(TOO_MANY_QUERIES, "the client has gone: nothing was run")
    return has_gone


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _output_format(statement: Statement) -> str:
    words = _without_semicolon(statement.text).rsplit(None, 2)
    named = len(words) > 1 and words[-2].upper().endswith("FORMAT") and FORMAT_NAME.fullmatch(words[-1])
    if not named or FORMAT_NAME.match(words[-2][-7:-6]) or not READS.match(_opening(statement.text)):
        return statement.default_format
    return words[-1]


def _opening(text: str) -> str:
    """The first words of a statement, behind its spaces and parentheses, which are skipped in linear time."""
    rest = text.lstrip().lstrip("(").lstrip()
    return rest[:OPENING_CHARACTERS]


def _without_semicolon(text: str) -> str:
    return text.rstrip().removesuffix(";").rstrip()


def _success(body: bytes | ResultStream, statement: Statement, output: str) -> Response:
    response = Response(body, content_type="application/octet-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-ClickHouse-Server-Display-Name"] = "tollgate"
    if READS.match(_opening(statement.text)):
        response.headers["X-ClickHouse-Format"] = output
    return response


def _summary(result: Any) -> str:
    figures = {
        "read_rows": result.storage_rows_read(),
        "read_bytes": result.storage_bytes_read(),
        "written_rows": result.rows_written(),
        "written_bytes": result.bytes_written(),
        "result_rows": result.rows_read(),
        "elapsed_ns": int(result.elapsed() * 1e9),
    }
    return json.dumps({name: str(value) for name, value in figures.items()})


def _without_statement(path: str) -> Response:
    if path in {"/", "/ping", "/replicas_status"}:
        return Response("Ok.\n")
    return Response(f"There is no handle {path}\n", status=404)


def _engine_message(message: str) -> str:
    """ClickHouse's own message within chdb's."""
    match = ENGINE_ERROR.search(message)
    if match is None:
        return f"Code: {UNKNOWN_ERROR_CODE}. DB::Exception: {message} (UNKNOWN_EXCEPTION)"
    return message[match.start() :]


def _refused(refusal: RequestRefusedError) -> Response:
    log.info("statement refused: %s", refusal.name)
    return Response(f"{refusal.text}\n", status=refusal.status, headers=refusal_headers(refusal))


def _failure(message: str) -> Response:
    text = _engine_message(message)
    code = ENGINE_ERROR.match(text)
    number = int(code[1]) if code else UNKNOWN_ERROR_CODE
    log.info("statement refused: ClickHouse's code %d", number)  # its text may quote what must not be logged
    response = Response(text.encode("utf-8", "replace") + b"\n", status=STATUS_BY_CODE.get(number, 500))
    response.headers["X-ClickHouse-Exception-Code"] = str(number)
    return response
