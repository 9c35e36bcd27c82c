"""The ClickHouse HTTP protocol over the embedded engine, as a WSGI application.

Enough for an unmodified clickhouse-connect: queries in any format, bound parameters, settings in the URL,
inserts with tokens, ClickHouse's own error codes. It asks for no user or password: the server listens on
the loopback interface only, so whoever may open a socket on this machine may read and write the warehouse.
What is not kept between requests is sessions: `SET`, `USE` and temporary tables end with their request.
"""

import json
import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from secrets import token_hex
from typing import Any, Protocol

from streams.warehouse.database import Database
from streams.warehouse.http.content_encoding import EncodingError
from streams.warehouse.http.request import BadRequestError, Request, read_request

log = logging.getLogger(__name__)

# What a request may use unless it says otherwise. Async inserts would acknowledge rows before they are in a
# table.
DEFAULT_SETTINGS = {
    "async_insert": "0",
    "max_execution_time": "300",
    "max_memory_usage": str(4 << 30),
    "session_timezone": "UTC",
}
ENGINE_ERROR = re.compile(r"Code: (\d+)\. ")
UNKNOWN_ERROR_CODE = 1002
SYNTAX_ERROR_CODE = 62
# ClickHouse's own mapping (src/Server/HTTPHandler.cpp) for the codes analysts meet; everything else is 500.
STATUS_BY_CODE = {
    6: 400,
    26: 400,
    27: 400,
    36: 400,
    38: 400,
    41: 400,
    43: 400,
    53: 400,
    62: 400,
    70: 400,
    72: 400,
}
STATUS_BY_CODE |= {42: 400, 131: 400, 386: 400, 457: 400}
STATUS_BY_CODE |= {16: 404, 46: 404, 47: 404, 50: 404, 56: 404, 60: 404, 63: 404, 81: 404, 115: 404}
STATUS_BY_CODE |= {48: 501, 159: 408, 209: 503}
REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    408: "Request Timeout",
    500: "Internal Server Error",
}
REASONS |= {501: "Not Implemented", 503: "Service Unavailable"}
READS = re.compile(r"\s*\(*\s*(SELECT|WITH|SHOW|DESCRIBE|DESC|EXISTS|EXPLAIN)\b", re.IGNORECASE)
STREAMS = re.compile(r"\s*\(*\s*(SELECT|WITH)\b", re.IGNORECASE)
TRAILING_FORMAT = re.compile(r"\bFORMAT\s+(\w+)\s*;?\s*$", re.IGNORECASE)
# Formats without header or footer: blocks encoded one by one and joined are a valid whole.
STREAMABLE = frozenset({"Native", "TabSeparated", "TSV", "CSV", "RowBinary", "JSONEachRow"})


class StartResponse(Protocol):
    """WSGI's callable that takes the status and the headers."""

    def __call__(self, status: str, headers: list[tuple[str, str]], /) -> object: ...


class ClickHouseApp:
    """Answers requests out of `database`; data of inserts passes through files in `spool`."""

    def __init__(self, database: Database, spool: Path) -> None:
        self._database = database
        self._spool = spool

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        is_statement = environ["REQUEST_METHOD"] == "POST" or "query=" in environ.get("QUERY_STRING", "")
        if not is_statement:
            return _plain(start_response, environ["PATH_INFO"])
        try:
            return self._run(environ, start_response)
        except (BadRequestError, EncodingError) as error:
            return _failed(
                start_response, f"Code: {SYNTAX_ERROR_CODE}. DB::Exception: {error} (SYNTAX_ERROR)"
            )
        except RuntimeError as error:  # how chdb reports every failure of a statement
            return _failed(start_response, str(error))

    def _run(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        with ExitStack() as stack:
            request = stack.enter_context(read_request(environ, self._spool))
            connection = stack.enter_context(self._database.connection())
            _prepare(connection, request)
            output = _output_format(request)
            headers = self._headers(request, output)
            if STREAMS.match(request.statement) and output in STREAMABLE:
                blocks = connection.send_query(request.statement, output, params=request.parameters)
                first = next(blocks, None)
                tag = token_hex(8)
                start_response("200 OK", [*headers, ("X-ClickHouse-Exception-Tag", tag)])
                return Stream(first, blocks, tag, stack.pop_all())
            result = connection.query(request.statement, output, params=request.parameters)
            body = result.bytes() or b""
            start_response(
                "200 OK",
                [*headers, ("Content-Length", str(len(body))), ("X-ClickHouse-Summary", _summary(result))],
            )
            return [body]

    def _headers(self, request: Request, output: str) -> list[tuple[str, str]]:
        headers = [
            ("Content-Type", "application/octet-stream"),
            ("X-ClickHouse-Server-Display-Name", "tollgate"),
        ]
        if READS.match(request.statement):
            headers.append(("X-ClickHouse-Format", output))
        return headers


class Stream:
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
            yield broken_off(_engine_message(str(error)), self._tag)
            raise

    def close(self) -> None:
        close = getattr(self._rest, "close", None)
        if close is not None:
            close()
        self._held.close()


def broken_off(message: str, tag: str) -> bytes:
    """How an error stands at the end of a response whose status was already sent.

    >>> broken_off("Code: 1. No.", "a1b2").split(bytes([13, 10]))
    [b'', b'__exception__', b'a1b2', b'Code: 1. No.\\n13 a1b2', b'__exception__', b'']
    """
    text = message.encode("utf-8", "replace") + b"\n"
    mark = b"\r\n__exception__\r\n"
    return b"%b%b\r\n%b%d %b%b" % (mark, tag.encode(), text, len(text), tag.encode(), mark)


def _prepare(connection: Any, request: Request) -> None:
    if request.database:
        name = request.database.replace("\\", "\\\\").replace("`", "\\`")
        connection.query(f"USE `{name}`")
    for name in request.settings:
        if not name.isidentifier():
            raise BadRequestError(f"{name!r} is not the name of a setting")
    settings = DEFAULT_SETTINGS | request.settings
    connection.query("SET " + ", ".join(f"{name} = {_quoted(value)}" for name, value in settings.items()))


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _output_format(request: Request) -> str:
    match = TRAILING_FORMAT.search(request.statement)
    return match[1] if match and READS.match(request.statement) else request.default_format


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


def _plain(start_response: StartResponse, path: str) -> list[bytes]:
    known = path in {"", "/", "/ping", "/replicas_status"}
    body = b"Ok.\n" if known else b"There is no handle " + path.encode() + b"\n"
    start_response(
        "200 OK" if known else "404 Not Found",
        [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))],
    )
    return [body]


def _engine_message(message: str) -> str:
    """ClickHouse's own words within what chdb says."""
    match = ENGINE_ERROR.search(message)
    if match is None:
        return f"Code: {UNKNOWN_ERROR_CODE}. DB::Exception: {message} (UNKNOWN_EXCEPTION)"
    return message[match.start() :]


def _failed(start_response: StartResponse, message: str) -> list[bytes]:
    match = ENGINE_ERROR.search(message)
    code = int(match[1]) if match else UNKNOWN_ERROR_CODE
    text = (
        message[match.start() :] if match else f"Code: {code}. DB::Exception: {message} (UNKNOWN_EXCEPTION)"
    )
    status = STATUS_BY_CODE.get(code, 500)
    log.info("statement refused: %s", text[:300])
    body = text.encode("utf-8", "replace") + b"\n"
    headers = [("Content-Type", "text/plain; charset=UTF-8"), ("Content-Length", str(len(body)))]
    start_response(f"{status} {REASONS[status]}", [*headers, ("X-ClickHouse-Exception-Code", str(code))])
    return [body]
